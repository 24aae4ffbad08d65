"""Draw strokes of a few classes; a network learns them on the spot, and then tells them while they
are drawn."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ostinato.errors import DataError, check_choice
from ostinato.serving.panels.request import PanelRequest, numbers
from ostinato.serving.panels.shapes import shapes
from ostinato.serving.panels.strokes import read_points, steps_of

KINDS: tuple[str, ...] = ()
CLASSES = 8
LEAST, MOST = 2, 60  # drawings of a class
KEPT = 16  # trained networks, the last ones
# Causal, so that a drawing is told while it is drawn; small, so that it is learned in seconds.
OPTIONS: dict[str, Any] = {
    "bidirectional": False,
    "hidden_size": 32,
    "filters": 24,
    "pooling": "meanmax",
    "augmentation": ("jitter", "time_warp"),
    "epochs": 60,
    "learning_rate": 1e-2,
    "progress": False,
}

_models: OrderedDict[str, Any] = OrderedDict()
_numbers = itertools.count(1)
_lock = threading.Lock()


def answer(request: PanelRequest) -> dict[str, Any]:
    """ "do" is "train": learn from "drawings", a list of {"label", "strokes"}; "tell": the class of
    "strokes" so far by "network"; or "shapes": drawings made by chance, by "seed".

    Strokes are lists of points [x, y], from 0 to 1 of the pad's side.

    Raises:
        DataError: drawings are too few, or no drawings; or the network is no longer known.
    """
    do = request.text("do", "tell")
    check_choice("The page", "do", do, ("train", "tell", "shapes"))
    if do == "shapes":
        return {"drawings": shapes(request.number("seed", 0, low=0, whole=True))}
    return _train(request) if do == "train" else _tell(request)


def _train(request: PanelRequest) -> dict[str, Any]:
    from ostinato import SequenceClassifier

    drawings, labels = _drawings(request.question.get("drawings"))
    begun = time.perf_counter()
    with _one_thread():
        model = SequenceClassifier(**OPTIONS, seed=0).fit(drawings, labels, validation=None)
    seconds = time.perf_counter() - begun
    right = float(np.mean(model.predict(drawings) == np.asarray(labels)))
    with _lock:
        name = f"network-{next(_numbers)}"
        _models[name] = model
        while len(_models) > KEPT:
            _models.popitem(last=False)
    parameters = sum(each.numel() for each in model.module_.parameters())
    return {
        "network": name,
        "classes": [str(each) for each in model.classes_],
        "seconds": seconds,
        "drawings": len(drawings),
        "right": right,
        "parameters": parameters,
    }


@contextmanager
def _one_thread() -> Iterator[None]:
    """So small a network learns quicker by one thread, and far quicker on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _drawings(given: Any) -> tuple[list[np.ndarray], list[str]]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise DataError("drawings must be a list of labels and strokes. Draw some first.")
    found: dict[str, list[np.ndarray]] = {}
    for each in given:
        label = str(each.get("label", "")).strip()
        if not label:
            raise DataError("A drawing has no name. Name its class first.")
        found.setdefault(label, []).append(steps_of(read_points(each.get("strokes"))))
    if not 2 <= len(found) <= CLASSES:
        raise DataError(f"Draw at least 2 classes and at most {CLASSES}, got {len(found)}.")
    for label, rows in found.items():
        if not LEAST <= len(rows) <= MOST:
            raise DataError(
                f"{label!r} has {len(rows)} drawing{'' if len(rows) == 1 else 's'}; {LEAST} to "
                f"{MOST} are needed, and about 10 are best."
            )
    labels = [label for label, rows in found.items() for _ in rows]
    return [row for rows in found.values() for row in rows], labels


def _tell(request: PanelRequest) -> dict[str, Any]:
    """How sure the network is of each class after each step of the strokes so far."""
    name = request.text("network")
    with _lock:
        model = _models.get(name)
    if model is None:
        raise DataError("The network is no longer there. Train it again.")
    stream, shares, last = model.stream(), [], None
    for step in steps_of(read_points(request.question.get("strokes"))):
        last = stream.step(step)
        shares.append(list(last.probabilities.values()))
    assert last is not None
    return {
        "classes": [str(each) for each in model.classes_],
        "label": str(last.label),
        "confidence": last.confidence,
        "shares": numbers(shares[-1], 4),
        "course": numbers(shares, 3),
    }
