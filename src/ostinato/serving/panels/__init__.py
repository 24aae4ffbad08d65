"""Panels in which a model is tried: plain functions of an estimator and JSON."""

from ostinato.serving.panels import (
    captions,
    generation,
    gestures,
    music,
    sound,
    tables,
    texts,
)
from ostinato.serving.panels.request import Answer as Answer
from ostinato.serving.panels.request import Panel as Panel
from ostinato.serving.panels.request import PanelRequest as PanelRequest

PANELS: tuple[Panel, ...] = (
    Panel(name="texts", title="Read a text", kinds=texts.KINDS, answer=texts.answer),
    Panel(name="generation", title="Write on", kinds=generation.KINDS, answer=generation.answer),
    Panel(name="tables", title="Forecast a table", kinds=tables.KINDS, answer=tables.answer),
    Panel(name="instant", title="Forecast at once", kinds=(), answer=tables.answer),
    Panel(name="sound", title="Listen", kinds=sound.KINDS, answer=sound.answer),
    Panel(name="music", title="Compose", kinds=music.KINDS, answer=music.answer),
    Panel(name="captions", title="Caption an image", kinds=captions.KINDS, answer=captions.answer),
    Panel(name="gestures", title="Teach it gestures", kinds=gestures.KINDS, answer=gestures.answer),
)
