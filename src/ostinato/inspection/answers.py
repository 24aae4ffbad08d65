"""What a model answers, and where it looked: next tokens, attention, tags, classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import OptionError, check_number
from ostinato.figures import Axis, Bars, Group, Matrix, TintedText
from ostinato.figures.classes import confusion_figure
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import answer, chosen, watch
from ostinato.inspection.units import shown


def token_probabilities(model: Any, text: str, *, top: int = 3) -> Picture:
    """The probability that a language model gave each token before it was read, as a tint.

    Args:
        top: alternatives that are told.

    Returns:
        columns token, probability (0 to 1), and of the likeliest "likely K" and "probability K".
    """
    where = "token_probabilities"
    _check_kind(where, model, "language-model")
    reading = read(where, model, text)
    call = chosen(where, watch(where, reading), None, reading)
    scores = answer(reading, call.name, call.x)[0].detach().double()
    shares = scores.log_softmax(-1).exp()[:-1].numpy()
    numbers = reading.inputs[0][0, 1:].numpy()
    check_number(where, "top", top, low=0, high=shares.shape[1], whole=True)
    tokens = list(reading.tokens or ())[1:]
    columns: dict[str, Any] = {"token": tokens}
    columns["probability"] = shares[np.arange(len(numbers)), numbers]
    order = np.argsort(-shares, axis=1, kind="stable")[:, :top]
    for k in range(top):
        decode = model.rows_.encoder.decode
        columns[f"likely {k + 1}"] = [decode([int(n)]) for n in order[:, k]]
        columns[f"probability {k + 1}"] = shares[np.arange(len(order)), order[:, k]]
    mean = float(np.mean(columns["probability"])) if len(tokens) else 0.0
    figure = TintedText(
        title="How sure the model was of each token",
        caption=f"The stronger the tint, the better it was foreseen; the mean is {mean:.0%}.",
        tokens=tokens,
        values=columns["probability"],
        low=0.0,
        high=1.0,
        separator=reading.separator,
        value=Axis(label="probability"),
    )
    return Picture(figure, pd.DataFrame(columns))


def next_tokens(model: Any, text: str, *, top: int = 10) -> Picture:
    """The likeliest tokens after a text, of a language model.

    Returns:
        columns token, probability (0 to 1), the likeliest first.
    """
    _check_kind("next_tokens", model, "language-model")
    found = model.predict_next(text, top)
    table = pd.DataFrame(found, columns=["token", "probability"])
    figure = Bars(
        title=f"Probability of what comes after {text[-40:]!r}",
        names=[shown(token) for token, _ in found],
        groups=[Group(name="", values=table["probability"], role="model")],
        value=Axis(low=0.0),
    )
    return Picture(figure, table)


def attention(model: Any, text: Any) -> Picture:
    """Where a translator looked in the source while it wrote each token of its answer, or a
    captioner in an image, of any kind that it reads, while it wrote each word.

    Args:
        text: a text or an image; of a list the first is taken.

    Returns:
        of a translator column target, and one for each token of the source and its end; each row's
        sum is 1. Of a captioner columns name, row, column and value; each name's sum is 1.
    """
    text = text[0] if isinstance(text, list | tuple) else text
    if getattr(model, "kind", None) == "image-captioner":
        from ostinato.tasks.image_captioner.evidence import look_figure

        looks = look_figure(model, text)
        return Picture(looks, looks.frame())
    _check_kind("attention", model, "translator")
    (found,) = model.align([text])
    columns, rows = [*found.source, "(end)"], list(found.target)
    weights = found.weights[: len(rows)]
    figure = Matrix(
        title="Where the translator looked",
        caption=f"The answer: {found.text}. Each row says where the model looked for one token.",
        values=weights,
        rows=rows,
        columns=columns,
        low=0.0,
        high=1.0,
        x=Axis(label="source"),
        y=Axis(label="answer"),
        value=Axis(label="share of attention"),
    )
    table = pd.DataFrame(figure.table()).rename(columns={"row": "target"})
    return Picture(figure, table)


def crf_scores(model: Any, names: Sequence[str] | None = None) -> Picture:
    """What a conditional random field adds to the score of a tag after another.

    Args:
        model: a fitted SequenceTagger, or an `nn.CRF`.
        names: of the tags of an `nn.CRF`.

    Returns:
        column from, and one for each tag that follows; NaN where the step is not allowed.
    """
    crf = (
        model
        if hasattr(model, "transitions")
        else getattr(getattr(model, "module_", None), "crf", None)
    )
    if crf is None:
        raise OptionError(
            "crf_scores: model must be an nn.CRF, or a SequenceTagger with a conditional random "
            f"field, got {type(model).__name__} without one."
        )
    values = crf.transitions.detach().double().numpy().copy()
    if crf.moves is not None:
        values[~np.asarray(crf.moves, dtype=bool)] = np.nan
    tags = list(names or getattr(model, "tags_", range(len(values))))
    figure = Matrix(
        title="Scores of tags that follow each other",
        caption="Positive: the field likes to see the column's tag after the row's. Empty: it is "
        "not allowed.",
        values=values,
        rows=[str(each) for each in tags],
        columns=[str(each) for each in tags],
        scale="diverging",
        x=Axis(label="next tag"),
        y=Axis(label="tag"),
        value=Axis(label="score", unit="nats"),
    )
    return Picture(figure, pd.DataFrame(figure.table()).rename(columns={"row": "from"}))


def confusion(truth: Sequence[Any], answers: Sequence[Any]) -> Picture:
    """Truth beside answers; its table has a row for each true class."""
    figure = confusion_figure(truth, answers)
    return Picture(figure, figure.frame().rename(columns={"row": "truth"}))


def _check_kind(where: str, model: Any, kind: str) -> None:
    if getattr(model, "kind", None) != kind:
        raise OptionError(
            f"{where}: model must be a fitted {kind}, got "
            f"{getattr(model, 'kind', type(model).__name__)}."
        )
