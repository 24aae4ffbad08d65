"""A learning rate for an estimator and its rows, and the curve that it was read from."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.base import clone

from ostinato.errors import OptionError
from ostinato.figures import Axis, Line, Lines, Mark, number
from ostinato.inspection.picture import Picture
from ostinato.training import find_learning_rate


class _Found(Exception):  # noqa: N818 (it ends a fit before its first step, and is no error)
    """What a fit was about to do."""


def learning_rate(model: Any, *rows: Any, **options: Any) -> Picture:
    """The loss by learning rate, with the rate that the range test proposes.

    Args:
        model: an estimator, fitted or not; it stays as it is.
        rows: as `fit` takes them.
        options: of `ostinato.training.find_learning_rate`.

    Returns:
        columns rate, loss (a running mean), proposed (True in one row, the nearest rate tried).

    Raises:
        OptionError: `model` is no estimator.
        TrainingError: the loss never fell.
    """
    if not hasattr(model, "kind") or not hasattr(model, "fit"):
        raise OptionError(
            f"learning_rate: model must be an estimator, got {type(model).__name__}. For a module "
            "there is ostinato.training.find_learning_rate."
        )
    probe: Any = clone(model)

    def stop(learn: Any, held_out: Any, *, loss: Any, options: Any, **_: Any) -> None:
        raise _Found(learn, loss, options)

    probe._learn = stop
    try:
        probe.fit(*rows, validation=None, progress=False)
    except _Found as found:
        learn, loss, training = found.args
    else:
        raise OptionError(f"learning_rate: a {model.kind} does not learn in epochs.")
    test = find_learning_rate(probe.module_, learn, loss=loss, options=training, **options)
    table = pd.DataFrame({"rate": test.rates, "loss": test.losses})
    nearest = (table["rate"] - test.rate).abs().idxmin()
    table["proposed"] = table.index == nearest
    figure = Lines(
        title=f"A learning rate of {number(test.rate)} suits these rows",
        caption="The loss while the rate rises with every batch. Proposed is a tenth of the rate "
        "with the least loss, where it still falls quickly.",
        lines=[Line(name="loss", x=test.rates, y=test.losses, role="model")],
        marks=[Mark(x=test.rate, label="proposed")],
        x=Axis(label="learning rate", scale="log"),
        y=Axis(label="loss"),
    )
    return Picture(figure, table)
