"""What is measured of a speech recognizer, and the naive answer beside it."""

from __future__ import annotations

from ostinato.measures.speech import COMMONEST as BASELINES
from ostinato.measures.speech import SPEECH as MEASURES
from ostinato.measures.speech import measure_speech
from ostinato.tasks.speech_recognizer.rows import SpeechRows
from ostinato.tasks.speech_recognizer.sounds import Texts

__all__ = ["BASELINES", "MEASURES", "measure"]


def measure(rows: SpeechRows, truth: Texts, heard: Texts) -> dict[str, float]:
    """The answers' figures, and with `baseline_` those of always answering the most frequent text
    of training."""
    said = [rows.plain(text) for text in truth]
    naive = measure_speech(said, [rows.commonest] * len(said))
    found = measure_speech(said, heard)
    return found | {f"baseline_{name}": value for name, value in naive.items()}
