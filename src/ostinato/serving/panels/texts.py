"""Type a text: its class, its entities or its translation, with each key."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.serving.panels.request import PanelRequest, numbers

KINDS = ("text-classifier", "sequence-tagger", "translator")
TINTS = ("influence", "unit", "none")
LONGEST = 5_000  # characters of a text that is read with each key


def answer(request: PanelRequest) -> dict[str, Any]:
    """What the model says of the question's "text".

    Raises:
        DataError: the text is too long to be read with each key.
        OptionError: the question asks for what the model does not have.
    """
    text = request.text("text")
    if len(text) > LONGEST:
        raise DataError(
            f"The text has {len(text):,} characters; the page reads {LONGEST:,}. Longer ones: "
            "ostinato predict."
        )
    kind = request.model.kind
    if kind == "sequence-tagger":
        return {"kind": kind, "text": text, "spans": _entities(request.model, text)}
    if kind == "translator":
        return {"kind": kind, **_translation(request.model, text)}
    return {"kind": kind, **_classes(request, text)}


def _classes(request: PanelRequest, text: str) -> dict[str, Any]:
    model, tint = request.model, request.text("tint", "influence")
    check_choice("The page", "tint", tint, TINTS)
    (shares,) = model.predict_proba([text])
    order = np.argsort(-shares, kind="stable")
    (label,) = model.predict([text])
    units = units_of(model)
    found = {
        "label": ", ".join(map(str, label)) if model.multilabel_ else str(label),
        "classes": [[str(model.classes_[k]), float(shares[k])] for k in order],
        "units": units,
        "tokens": [],
    }
    if tint == "none" or not len(model.rows_.sequences([text])[0]):
        return found
    from ostinato import inspection

    if tint == "unit":
        unit = request.number("unit", 0, low=0, whole=True)
        check_number("The page", "unit", unit, low=0, below=units, whole=True)
        table = inspection.activations(model, text, int(unit)).table
    else:
        table = inspection.attribution(model, text, "gradient", to=None).table
    tokens = list(map(str, table["token"]))
    found["tokens"] = [[t, v] for t, v in zip(tokens, numbers(table.iloc[:, -1]), strict=True)]
    found["separator"] = " " if model.rows_.encoder.level == "word" else ""
    return found


def units_of(model: Any) -> int:
    """Outputs of the first recurrent layer."""
    layer = next(each for each in model.module_.modules() if hasattr(each, "hidden_size"))
    return int(layer.hidden_size) * (2 if layer.bidirectional else 1)


def _entities(model: Any, text: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    (found,) = model.entities([text])
    return [
        {
            "start": each.start,
            "end": each.end,
            "type": each.type,
            "text": each.text,
            "confidence": each.confidence,
        }
        for each in found
    ]


def _translation(model: Any, text: str) -> dict[str, Any]:
    if not text.strip():
        return {"answers": [], "weights": []}
    (answers,) = model.predict_best([text])
    found: dict[str, Any] = {"answers": [[each, score] for each, score in answers], "weights": []}
    try:
        (aligned,) = model.align([text])
    except OptionError:  # a translator without attention
        return found
    weights = aligned.weights[: len(aligned.target)]
    return found | {
        "source": [*aligned.source, "(end)"],
        "target": list(aligned.target),
        "weights": numbers(weights, 4),
    }
