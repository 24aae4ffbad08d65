"""Rows scored one after the other, or all rows of a series: the same steps, the same bits."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato import data, nn
from ostinato.errors import DataError
from ostinato.nn.stack import StackStepper
from ostinato.tasks.anomaly_detector.learning import network_rows
from ostinato.tasks.anomaly_detector.module import Autoencoder, Predictor
from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.anomaly_detector.rows import AnomalyRows, Part
from ostinato.tasks.anomaly_detector.thresholds import Alarms

_WHERE = "AnomalyStream.step"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdicts:
    """What was found in one series, row by row; in the user's units where there are units.

    Attributes:
        score: `(rows,)`, the error in usual errors.
        threshold: `(rows,)`, what each score was compared with.
        above, alarm: `(rows,)` truth values.
        event: `(rows,)`, the number of the event from 1, 0 for none.
        expected: `(rows, columns)`.
        blame: `(rows, columns)`, the share of each column in the error; they add up to 1.
    """

    score: np.ndarray
    threshold: np.ndarray
    above: np.ndarray
    alarm: np.ndarray
    event: np.ndarray
    expected: np.ndarray
    blame: np.ndarray


def errors_of(
    rows: AnomalyRows, module: Predictor | Autoencoder, part: Part
) -> tuple[np.ndarray, np.ndarray]:
    """What is expected of each row and how far off it is, in scales: `(rows, columns)` each."""
    scaled = rows.scaled(part)
    expected = module.expected(network_rows(scaled))
    errors = scaled - expected
    errors[: module.warm] = 0
    return expected, errors


def scores_of(errors: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The size of each row's errors `(rows,)`, and blame `(rows, columns)`."""
    squares = (errors / spread) ** 2
    total = squares[:, 0].copy()  # added up in one order, for any number of rows
    for k in range(1, squares.shape[1]):
        total += squares[:, k]
    columns = squares.shape[1]
    blame = np.where(total[:, None] > 0, squares / np.where(total > 0, total, 1)[:, None], 0)
    return np.sqrt(total / columns), blame


def smoothed(errors: np.ndarray, rows: int) -> np.ndarray:
    """The scores of the errors `(rows,)` of one series."""
    if rows == 1:
        return errors
    mean = _Mean(rows)
    return np.array([mean.step(each) for each in errors.tolist()])


class _Mean:
    """A row's error and twice the mean error lately, by thirds: that of single odd rows and that of
    stretches which are a little off."""

    def __init__(self, rows: int) -> None:
        self.share, self.mean = 1 / rows, 0.0

    def step(self, error: float) -> float:
        self.mean += self.share * (error - self.mean)
        return error if self.share == 1 else (error + 2 * self.mean) / 3


def judge(
    options: AnomalyDetectorOptions,
    rows: AnomalyRows,
    module: Predictor | Autoencoder,
    part: Part,
) -> Verdicts:
    """What is found in all rows of one series."""
    expected, errors = errors_of(rows, module, part)
    scores, blame = scores_of(errors, rows.spread)
    scores = smoothed(scores, options.smooth)
    alarms = Alarms(options, rows.tail)
    found = [alarms.step(each) for each in scores.tolist()]
    center, scale = rows.scale_of(part.name)
    return Verdicts(
        score=scores,
        threshold=np.array([each.threshold for each in found]),
        above=np.array([each.above for each in found], dtype=bool),
        alarm=np.array([each.alarm for each in found], dtype=bool),
        event=np.array([each.event for each in found], dtype=np.int64),
        expected=expected * scale + center,
        blame=blame,
    )


class _Foreteller:
    """A predictor fed row by row: it keeps what was foretold of the next rows."""

    def __init__(self, module: Predictor) -> None:
        self.stepper, self.head, self.fixed = (
            StackStepper(module.layers),
            module.head,
            nn.FixedWeights(),
        )
        self.total = np.zeros((module.horizon, module.columns))
        self.count, self.shape = 0, (module.horizon, module.columns)

    def pack(self) -> dict[str, np.ndarray]:
        states = {f"state{k}": each for k, each in enumerate(self.stepper.state)}
        return {**states, "total": self.total, "foretold": np.array(self.count)}

    def unpack(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.stepper.state = [arrays[f"state{k}"] for k in range(len(self.stepper.state))]
        self.total[:], self.count = arrays["total"], int(arrays["foretold"])

    def step(self, row: np.ndarray) -> np.ndarray:
        """What is expected of `row`, before it is read."""
        count = min(self.count, len(self.total))
        expected = self.total[0] / count if count else row.astype(np.float64)
        with torch.inference_mode(), self.fixed:
            output = torch.from_numpy(self.stepper.step(row[None]))
            found = self.head(output).numpy().reshape(self.shape)
        self.total[:-1] = self.total[1:]
        self.total[-1] = 0
        self.total += found
        self.count += 1
        return expected


class _Rewriter:
    """An autoencoder fed row by row: it keeps the last rows."""

    def __init__(self, module: Autoencoder) -> None:
        self.module, self.fixed = module, nn.FixedWeights()
        self.rows: deque[np.ndarray] = deque(maxlen=module.past)

    def pack(self) -> dict[str, np.ndarray]:
        shape = (-1, self.module.columns)
        return {"past": np.array(self.rows, dtype=np.float32).reshape(shape)}

    def unpack(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.rows.extend(arrays["past"])

    def step(self, row: np.ndarray) -> np.ndarray:
        self.rows.extend([row] * (1 if self.rows else self.module.past))
        with torch.inference_mode(), self.fixed:
            answer = self.module.write(torch.from_numpy(np.stack(self.rows)[None]), 1)
        return answer[0, 0].numpy().astype(np.float64)


class AnomalyStream:
    """Scores one row of one series after the other; equal to `predict`, bit for bit.

    Memory does not grow. A row costs a step of the network and a comparison.

    Args:
        series: which series of `fit` it is, or None for one that `fit` did not see, or where there
            is one alone.
    """

    def __init__(
        self,
        options: AnomalyDetectorOptions,
        rows: AnomalyRows,
        module: Predictor | Autoencoder,
        series: Any = None,
    ) -> None:
        self.options, self.rows, self.module = options, rows, module
        self.name = None if series is None else data.plain_name(series)
        self.reset()

    def reset(self) -> None:
        """Forget every row, and return to the threshold of training."""
        module = self.module
        self._expecting = (
            _Foreteller(module) if isinstance(module, Predictor) else _Rewriter(module)
        )
        self._mean = _Mean(self.options.smooth)
        self._alarms = Alarms(self.options, self.rows.tail)
        self._center, self._scale = self.rows.scale_of(self.name)
        self._last: np.ndarray | None = None
        self._time: Any = None
        self.count = 0

    def step(
        self, row: Mapping[str, Any] | Sequence[float] | float, *, time: Any = None
    ) -> dict[str, Any]:
        """What is found in the next row.

        Args:
            row: columns by name, or their values in order.
            time: the row's timestamp, if `row` is not a mapping that has it. It is looked at only
                to see that rows come in order.

        Returns:
            score, threshold, above, alarm and event, as in `predict`; `expected` and `blame` by
            column.

        Raises:
            DataError: a value is missing (and missing='error') or no finite number, or the time is
                not after the last.
        """
        values = self._values(row)
        self._check_time(row, time)
        self._last = values
        scaled = (values - self._center) / self._scale
        expected = self._expecting.step(network_rows(scaled))
        errors = scaled - expected
        if self.count < self.module.warm:
            errors[:] = 0
        self.scaled, self.error = scaled, errors
        scores, blame = scores_of(errors[None], self.rows.spread)
        score = self._mean.step(float(scores[0]))
        self.count += 1
        names = self.rows.layout.target
        expected = expected * self._scale + self._center
        return {
            "score": score,
            **self._alarms.step(score)._asdict(),
            "expected": dict(zip(names, expected.tolist(), strict=True)),
            "blame": dict(zip(names, blame[0].tolist(), strict=True)),
        }

    def weights_changed(self) -> None:
        """See the weights as they are now."""
        self._expecting.fixed = nn.FixedWeights()

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and plain values by which `unpack` goes on."""
        time = [] if self._time is None else [data.pack_times(pd.DatetimeIndex([self._time]))]
        return self._expecting.pack(), {
            "mean": self._mean.mean,
            "alarms": self._alarms.pack(),
            "last": None if self._last is None else self._last.tolist(),
            "time": time,
            "count": self.count,
        }

    def unpack(self, arrays: Mapping[str, np.ndarray], document: Mapping[str, Any]) -> None:
        """Go on from what `pack` gave."""
        self.reset()
        self._expecting.unpack(arrays)
        self._mean.mean = float(document["mean"])
        self._alarms.unpack(document["alarms"])
        self._last = None if document["last"] is None else np.array(document["last"])
        for packed in document["time"]:
            self._time = data.unpack_times(packed)[0]
        self.count = int(document["count"])

    def _values(self, row: Any) -> np.ndarray:
        names = self.rows.layout.target
        if isinstance(row, (Mapping, pd.Series)):
            given = {str(name): value for name, value in row.items()}
            for name in names:
                if name not in given:
                    raise DataError(f"{_WHERE}: no value for {name!r}.")
            row = [given[name] for name in names]
        try:
            values = np.atleast_1d(np.asarray(row, dtype=np.float64))
        except (TypeError, ValueError):
            values = np.array([np.inf])
        fills = self.rows.missing == "ffill" and self._last is not None
        if fills and values.shape == (len(names),):
            assert self._last is not None
            values = np.where(np.isnan(values), self._last, values)
        if values.shape != (len(names),) or not np.isfinite(values).all():
            raise DataError(
                f"{_WHERE}: row must be {len(names)} finite numbers ({', '.join(names)}), got "
                f"{row!r:.200}."
            )
        return values

    def _check_time(self, row: Any, time: Any) -> None:
        clock = self.rows.clock
        if clock is None:
            return
        if time is None and isinstance(row, (Mapping, pd.Series)):
            time = row.get(self.rows.layout.time or clock.name)
        if time is None:
            return
        stamp = clock.read_one(time, _WHERE)
        if self._time is not None and stamp <= self._time:
            raise DataError(f"{_WHERE}: {stamp} is not after the last row's {self._time}.")
        self._time = stamp
