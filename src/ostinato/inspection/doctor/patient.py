"""What the doctor knows of a model: its fit, and rows that it learned from and was judged by."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.inspection import estimators as inside
from ostinato.inspection.doctor.findings import UncheckedError
from ostinato.inspection.reading import Call, Reading, chosen, watch
from ostinato.inspection.through_time import gradient_norms
from ostinato.tasks.inside import Examples
from ostinato.tasks.registry import TASKS
from ostinato.tasks.scores import scores_of

BACK = 20  # steps back at which a gradient is looked at


@dataclasses.dataclass(frozen=True, kw_only=True)
class Patient:
    """A fitted estimator and its rows.

    Attributes:
        model: the estimator.
        train: rows it learned from; None where they were not given.
        held_out: rows it was judged by; None where there are none.
    """

    model: Any
    train: Examples | None = None
    held_out: Examples | None = None

    @property
    def history(self) -> Mapping[str, Sequence[float]]:
        return self.model.history_

    @property
    def options(self) -> dict[str, Any]:
        return self.model.options()

    @property
    def scores(self) -> Any:
        return scores_of(self.model.kind, self.model.baseline_)

    @property
    def kept(self) -> str:
        """Which epoch's weights the model has."""
        return f" The weights of epoch {self.model.fit_result_.best_epoch} were kept."

    def rows(self, which: str) -> Examples:
        """The training or held-out rows."""
        found = getattr(self, which)
        if found is None or not found.count:
            word = {"train": "the rows that it learned from", "held_out": "held-out rows"}[which]
            raise UncheckedError(f"needs {word}.")
        return found

    @property
    def table(self) -> Any:
        """The rows of series in their order; those of training where they were given."""
        found = [each.table for each in (self.train, self.held_out) if each is not None]
        return next((each for each in found if each is not None), None)

    @property
    def any_rows(self) -> Examples:
        held = self.held_out
        return held if held is not None and held.count else self.rows("train")

    @functools.cached_property
    def reading(self) -> Reading:
        """Some rows as the network reads them."""
        return inside.read("doctor", self.model, self.any_rows.sample)

    @functools.cached_property
    def inside(self) -> tuple[Reading, Call]:
        """The network reading some rows, and what the layer that reads the steps did."""
        call = chosen("doctor", watch("doctor", self.reading), None, self.reading)
        if not call.outputs.isfinite().all():
            raise UncheckedError("the network puts out what is no number.")
        return self.reading, call

    @functools.cached_property
    def norms(self) -> np.ndarray:
        """The size of a gradient 0, 1, ... steps back, as a share of that at the last step."""
        _, call = self.inside
        if call.layer.bidirectional:
            raise UncheckedError("the layer reads from both ends: there is no single way back.")
        steps = int(call.lengths.max()) - 1
        if steps < 5:
            raise UncheckedError("needs rows of 6 steps or more.")
        found: Any = gradient_norms(self.model, self.any_rows.sample, steps=min(BACK, steps))
        return found.table["norm"].to_numpy()


def patient_of(model: Any, train: Any, validation: Any) -> Patient:
    """A fitted estimator with rows as its `fit` takes them; a share held out stands among them."""
    shared = validation is None or isinstance(validation, int | float)
    held_out = model.held_out_ if shared else validation
    read = TASKS[model.kind].part("inside").examples
    held = None if held_out is None else read(model, *_both(held_out), steps=True)
    looked_at = held is not None and held.count > 0  # the training rows' steps are not asked then
    learned = None if train is None else read(model, *_both(train), steps=not looked_at)
    if shared and learned is not None and learned.keys and held is not None and held.keys:
        learned = dataclasses.replace(learned, keys=_without(learned.keys, held.keys))
    return Patient(model=model, train=learned, held_out=held)


def _without(keys: Sequence[Hashable], others: Sequence[Hashable]) -> list[Hashable]:
    """The keys, less one for each of the others."""
    left, kept = Counter(others), []
    for key in keys:
        if left[key]:
            left[key] -= 1
        else:
            kept.append(key)
    return kept


def _both(rows: Any) -> tuple[Any, Any]:
    if isinstance(rows, tuple) and len(rows) == 2:
        return rows
    return (rows[0] if isinstance(rows, tuple) else rows), None
