"""A detector that goes on learning what is usual, row by row."""

from __future__ import annotations

import dataclasses
import os
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ostinato.errors import DataError
from ostinato.measures.drift import PageHinkley
from ostinato.measures.prequential import LinearForecaster
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.tasks.anomaly_detector.learning import loss_of, network_rows
from ostinato.tasks.anomaly_detector.module import Autoencoder, Predictor
from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.anomaly_detector.rows import LIMIT, SURE, AnomalyRows
from ostinato.tasks.anomaly_detector.stream import AnomalyStream
from ostinato.training.online import OnlineLearner
from ostinato.training.snapshots import check_columns, read_snapshot, write_snapshot

KIND = "anomaly-detector"
PREFIXES = ("", "nochange_", "linear_")
_SHARE = 1 / 2000  # of a row in the usual errors
_LAGS = 16  # rows that the linear model reads


class LearningAnomalyStream:
    """As `AnomalyStream`, and the network and the usual errors learn from the rows.

    A row above the threshold is not learned, unless its truth says that nothing was wrong, or rows
    have been above for longer than `past`: then that is how things are now. Memory does not grow.
    A row that cannot be used is an error, and changes nothing.

    Args:
        online: how to learn.
        snapshot: a file for all that is needed to go on; the stream goes on from it where it is
            there.

    Attributes:
        alarms: rows at which errors became larger than they were, for a stretch: drift, not
            anomalies.

    Raises:
        StorageError: the snapshot is damaged, or of another model.
        OptionError: the snapshot was made with other options, or `memory` is too small.
    """

    def __init__(
        self,
        options: AnomalyDetectorOptions,
        rows: AnomalyRows,
        module: Predictor | Autoencoder,
        series: Any,
        online: OnlineOptions,
        snapshot: str | os.PathLike[str] | None = None,
    ) -> None:
        self.options, self.rows, self.online, self.snapshot = options, rows, online, snapshot
        self.stream = AnomalyStream(options, rows, module, series)
        columns = len(rows.layout.target)
        ahead = options.horizon if options.method == "prediction" else 0
        rate = options.learning_rate / 10 if online.rate is None else online.rate
        like = {"rows": np.zeros(columns, dtype=np.float32), "clean": np.True_, "above": np.True_}
        self.learner = OnlineLearner(
            module,
            loss_of(options),
            like,
            length=options.past + ahead,
            training=dataclasses.replace(options.part(TrainingOptions), learning_rate=rate),
            online=online,
        )
        self.linear = LinearForecaster(np.ones(columns), _LAGS, 1)
        self.kept: deque[np.ndarray] = deque(maxlen=_LAGS + 1)
        self.errors, self.judged = np.zeros(len(PREFIXES)), 0
        self.hits = np.zeros((2, 2), dtype=np.int64)  # truth, above
        self.drift = None if online.alarm is None else PageHinkley(online.alarm)
        self.alarms: list[int] = []
        self.first, self.last = -1, -1  # rows of the event under way that are above
        self.saved = 0
        if snapshot is not None and os.path.exists(snapshot):
            self._restore(snapshot)

    @property
    def count(self) -> int:
        """Rows taken."""
        return self.learner.memory.count

    def step(
        self, row: Mapping[str, Any] | Sequence[float] | float, *, time: Any = None
    ) -> dict[str, Any]:
        """What is found in the next row, as `AnomalyStream.step`, and its number as `row`; then
        learn, where a step is due.

        Raises:
            DataError: as there; nothing was changed then.
        """
        if self.snapshot is not None and self.count - self.saved >= self.online.snapshot_every:
            self.save(self.snapshot)
        found = self.stream.step(row, time=time)
        scaled, error = self.stream.scaled, self.stream.error
        number = self.count
        usual = self._is_usual(number, found["above"])
        # A row taken for anomalous is no truth to learn.
        self.learner.memory.add(
            {"rows": network_rows(scaled), "clean": usual, "above": found["above"]}
        )
        self._measure(number, scaled, error, usual)
        if self.learner.known(number):
            self.stream.weights_changed()
        return {"row": number, **found}

    def truth(self, anomalous: Any, row: int) -> None:
        """Say whether a row was anomalous; it is learned, or not, accordingly from now on.

        Args:
            anomalous: true or 1, false or 0.
            row: its number.

        Raises:
            DataError: there is no such row any more, or `anomalous` is no truth value.
        """
        where, memory = "stream.truth", self.learner.memory
        if isinstance(row, bool) or not isinstance(row, (int, np.integer)):
            raise DataError(f"{where}: row must be a whole number, got {row!r:.60}.")
        if not memory.first <= row < memory.count:
            raise DataError(
                f"{where}: row {row} is not among those kept, {memory.first} to "
                f"{memory.count - 1}. Raise memory for truths that come later."
            )
        if anomalous not in (0, 1):
            raise DataError(
                f"{where}: a truth must be 1 or true for an anomalous row and 0 or false for "
                f"another, got {anomalous!r:.60}."
            )
        memory.change(row, "clean", not anomalous)
        above = bool(memory.arrays["above"][row % memory.size])
        self.hits[int(anomalous), int(above)] += 1

    def _is_usual(self, number: int, above: bool) -> bool:
        if not above:
            return True
        if self.first < 0 or number - self.last > self.options.merge + 1:
            self.first = number
        self.last = number
        return number - self.first >= self.options.past

    def _measure(self, number: int, scaled: np.ndarray, error: np.ndarray, usual: bool) -> None:
        """Errors beside the baselines', the usual errors, and the drift alarm."""
        row = np.clip(scaled, -LIMIT, LIMIT)
        cold = number < self.learner.module.warm  # type: ignore[operator]
        if len(self.kept) > _LAGS and not cold:
            window = np.stack(self.kept)
            said = [row - error, window[-1], self.linear.answer(window)[0]]
            self.errors += [np.minimum(np.abs(row - each), LIMIT).mean() for each in said]
            self.judged += 1
            self.linear.learn(window, row[None])
        self.kept.append(row)
        if not usual or cold:
            return
        squares = np.minimum(np.abs(error), LIMIT) ** 2
        spread = np.sqrt(self.rows.spread**2 + _SHARE * (squares - self.rows.spread**2))
        self.rows.spread = np.maximum(spread, SURE)
        if self.drift is not None and self.drift.step(float(np.sqrt(squares).mean())):
            self.alarms.append(number)

    def scores(self) -> dict[str, float]:
        """`error`: the mean distance of rows from what was expected of them, in spreads, each
        before it was learned; with the prefixes `nochange_` and `linear_` that of the row before,
        and of a linear model that learns row by row too. Where truths came, `precision` and
        `recall` of the rows above the threshold among those rows."""
        if not self.judged:
            return {}
        found = {
            f"{prefix}error": float(value / self.judged)
            for prefix, value in zip(PREFIXES, self.errors, strict=True)
        }
        if self.hits[:, 1].sum():
            found["precision"] = float(self.hits[1, 1] / self.hits[:, 1].sum())
        if self.hits[1].sum():
            found["recall"] = float(self.hits[1, 1] / self.hits[1].sum())
        return found

    # To go on later.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all that is needed to go on, whole or not at all. A stream that goes on from it
        has the bits of one that never stopped.

        Raises:
            StorageError: the file cannot be written; the one before is whole.
        """
        tensors, numbers = self.learner.state()
        arrays, stream = self.stream.pack()
        columns = len(self.rows.layout.target)
        arrays |= {
            "kept": np.array(self.kept, dtype=np.float64).reshape(-1, columns),
            "inverse": self.linear.inverse,
            "weights": self.linear.weights,
            "errors": self.errors,
            "hits": self.hits,
            "spread": self.rows.spread,
        }
        tensors |= {
            f"own.{name}": torch.from_numpy(np.array(each)) for name, each in arrays.items()
        }
        document = {
            "columns": self.rows.layout.columns,
            "learner": numbers,
            "stream": stream,
            "counts": [self.judged, self.first, self.last],
            "alarms": self.alarms,
            "drift": None if self.drift is None else self.drift.to_dict(),
        }
        write_snapshot(path, KIND, self.options, self.online, tensors, document)
        self.saved = self.count

    def _restore(self, path: Any) -> None:
        with read_snapshot(path, KIND, self.options, self.online) as archive:
            document = archive.document
            check_columns(document["columns"], self.rows.layout.columns)
            own, tensors = {}, {}
            for name, each in archive.tensors.items():
                if name.startswith("own."):
                    own[name.removeprefix("own.")] = each.numpy().copy()
                else:
                    tensors[name] = each
            self.learner.restore(tensors, document["learner"])
            self.stream.unpack(own, document["stream"])
            self.kept.extend(own["kept"])
            self.linear.inverse, self.linear.weights = own["inverse"], own["weights"]
            self.errors, self.hits, self.rows.spread = own["errors"], own["hits"], own["spread"]
            self.judged, self.first, self.last = (int(each) for each in document["counts"])
            self.alarms = [int(each) for each in document["alarms"]]
            if self.drift is not None:
                self.drift = PageHinkley.from_dict(document["drift"])
            self.saved = self.count
