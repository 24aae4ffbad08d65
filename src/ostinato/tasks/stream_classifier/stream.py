"""A stream of rows: an answer to each, its truth when it comes, a step of learning now and then."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, NamedTuple

import numpy as np
import torch

from ostinato import nn
from ostinato.errors import DataError, OptionError
from ostinato.measures.drift import PageHinkley
from ostinato.measures.prequential import Prequential, softmax
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.tasks.stream_classifier.learning import loss_of
from ostinato.tasks.stream_classifier.measures import PREFIXES
from ostinato.tasks.stream_classifier.module import StreamClassifierModule
from ostinato.tasks.stream_classifier.options import StreamClassifierOptions
from ostinato.tasks.stream_classifier.rows import UNKNOWN, StreamRows
from ostinato.training.online import OnlineLearner
from ostinato.training.snapshots import check_columns, read_snapshot, write_snapshot

KIND = "stream-classifier"


class Answer(NamedTuple):
    """What a stream says of a row.

    Attributes:
        row: the row's number, from 0; its truth may come by it.
        label: the likeliest class; None before any class is known.
        probabilities: of each class.
    """

    row: int
    label: Any
    probabilities: dict[Any, float]


class Waiting(NamedTuple):
    """A row without a truth: the answers to it, network's and linear model's probabilities
    `(2, classes)`, and what the network read."""

    answers: tuple[int, ...]
    shares: np.ndarray
    read: np.ndarray


class RowStream:
    """Answers row after row, and learns from their truths where `online` is given.

    Memory does not grow. A row or truth that cannot be used is an error, and changes nothing.

    Args:
        online: how to learn, or None: the network and what was learned of the rows then stay as
            they are for others.
        snapshot: a file for all that is needed to go on; the stream goes on from it where it is
            there.

    Attributes:
        count: rows taken.
        alarms: rows at which the drift alarm rose.

    Raises:
        StorageError: the snapshot is damaged, or of another model.
        OptionError: the snapshot was made with other options, or `memory` is too small.
    """

    def __init__(
        self,
        options: StreamClassifierOptions,
        rows: StreamRows,
        module: StreamClassifierModule,
        online: OnlineOptions | None = None,
        snapshot: str | os.PathLike[str] | None = None,
    ) -> None:
        self.options, self.module, self.online, self.snapshot = options, module, online, snapshot
        self.rows = rows.copy() if online is None else rows
        self.learner: OnlineLearner | None = None
        self.kept = 20_000 if online is None else online.memory
        if online is not None:
            rate = options.learning_rate if online.rate is None else online.rate
            self.learner = OnlineLearner(
                module,
                loss_of(self.rows),
                {"x": np.zeros(rows.inputs, dtype=np.float32), "y": np.int64(UNKNOWN)},
                length=options.window,
                training=dataclasses.replace(options.part(TrainingOptions), learning_rate=rate),
                online=online,
            )
        self.scored = {prefix: Prequential(rows.room) for prefix in PREFIXES}
        alarm = None if online is None else online.alarm
        self.drift = None if alarm is None else PageHinkley(alarm)
        self.alarms: list[int] = []
        self.count, self.saved = 0, 0
        self._stepper = nn.Stepper(module.layer)
        self.reset()
        if snapshot is not None and os.path.exists(snapshot):
            self._restore(snapshot)

    def reset(self) -> None:
        """Forget the rows before, but not what was learned and counted; rows without a truth stay
        without."""
        self._stepper.reset()
        self._read_head()
        self.last, self.last_row = UNKNOWN, -1
        self.waiting: dict[int, Waiting] = {}

    def _read_head(self) -> None:
        self._weight = self.module.head.weight.detach().numpy()
        self._bias = self.module.head.bias.detach().numpy()

    def step(self, x: Any) -> Answer:
        """The answer to a row.

        Args:
            x: columns by name (others are not looked at), or their values in order.

        Raises:
            DataError: a column is missing, or a value is no finite number.
        """
        return self._step(self.rows.values(f"stream, row {self.count}", x))

    def _step(self, values: np.ndarray) -> Answer:
        self._snapshot_if_due()  # here, so that it has every truth of the rows before
        read = self.rows.scaled(values, self.last)
        state = self._stepper.step(read)[0]
        classes, row = self.rows.classes, self.count
        known = len(classes)
        both = np.zeros((2, known))
        if not known:
            found, answers = Answer(row, None, {}), (UNKNOWN,) * len(PREFIXES)
        else:
            both[0] = softmax((self._weight @ state + self._bias)[:known])
            both[1] = self.rows.linear.shares(read, known)
            shares = self.rows.weights() @ both if self.options.wide else both[0]
            best = int(shares.argmax())
            found = Answer(row, classes[best], dict(zip(classes, shares.tolist(), strict=True)))
            answers = (best, max(self.last, 0), int(both[1].argmax()))
        self.waiting[row] = Waiting(answers, both, read)
        if len(self.waiting) > self.kept:
            del self.waiting[next(iter(self.waiting))]
        if self.learner is not None:
            self.learner.memory.add({"x": read, "y": UNKNOWN})
        self.count += 1
        return found

    def truth(self, label: Any, row: int | None = None) -> None:
        """Give the truth of a row; late ones too, in any order.

        Args:
            label: its class; one not seen before becomes a class.
            row: its number, from `Answer.row`; None is the oldest row without a truth.

        Raises:
            DataError: there is no such row, it has its truth, or it is forgotten; or the label
                cannot be used.
        """
        where = "stream.truth"
        if row is None:
            if not self.waiting:
                raise DataError(f"{where}: every row has its truth. Give a row first.")
            row = next(iter(self.waiting))
        if row not in self.waiting:
            raise DataError(f"{where}: {self._why_not(row)}")
        number = self.rows.number(where, label)
        answers, both, read = self.waiting.pop(row)
        known = len(self.rows.classes)
        if number < both.shape[1]:
            self.rows.judge(both, number)
        if answers[0] != UNKNOWN:
            for prefix, answer in zip(PREFIXES, answers, strict=True):
                self.scored[prefix].step(number, answer)
        self.rows.linear.learn(read, number, known)
        if row > self.last_row:
            self.last, self.last_row = number, row
        if self.drift is not None and self.drift.step(float(answers[0] != number)):
            self.alarms.append(row)
        if self.learner is not None and row >= self.learner.memory.first:
            self.learner.memory.change(row, "y", number)
            self.learner.known(row)

    def _why_not(self, row: Any) -> str:
        if not isinstance(row, (int, np.integer)) or isinstance(row, bool) or row < 0:
            return f"row must be a whole number from 0, got {row!r:.60}."
        if row >= self.count:
            return f"row {row} has not come yet; there were {self.count:,}."
        if self.waiting and row < next(iter(self.waiting)) and self.count - row > self.kept:
            return f"row {row} is forgotten: the last {self.kept:,} are kept. Raise memory."
        return f"row {row} has its truth already."

    def learn(self, x: Any, y: Any) -> Answer:
        """The answer to a row, given before its truth `y` was looked at; then the truth.

        Raises:
            DataError: as `step` and `truth`; nothing was changed then.
        """
        where, classes = f"stream, row {self.count}", len(self.rows.classes)
        values = self.rows.values(where, x)
        self.rows.number(where, y)  # a wrong label must not leave half a row
        del self.rows.classes[classes:]
        found = self._step(values)
        self.truth(y, found.row)
        return found

    def scores(self) -> dict[str, float]:
        """`MEASURES` of all rows whose truth came, each answered before it; with the prefixes of
        `BASELINES` those of no change and of the linear model on the same rows."""
        return {
            prefix + name: value
            for prefix, each in self.scored.items()
            for name, value in each.scores().items()
        }

    # To go on later.

    def _snapshot_if_due(self) -> None:
        if self.snapshot is None or self.online is None:
            return
        if self.count - self.saved >= self.online.snapshot_every:
            self.save(self.snapshot)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all that is needed to go on, whole or not at all. A stream that goes on from it
        has the bits of one that never stopped.

        Raises:
            OptionError: the stream does not learn.
            StorageError: the file cannot be written; the one before is whole.
        """
        if self.learner is None or self.online is None:
            raise OptionError("stream.save: needs a stream that learns: stream(learn=True).")
        tensors, numbers = self.learner.state()
        for place, each in enumerate(self._stepper.state):
            tensors[f"state.{place}"] = torch.from_numpy(each)
        reads = [each.read for each in self.waiting.values()]
        tensors["waiting"] = torch.from_numpy(
            np.stack(reads) if reads else np.zeros((0, self.rows.inputs), dtype=np.float32)
        )
        document = {
            "rows": self.rows.to_dict(),
            "learner": numbers,
            "waiting": [
                [row, list(each.answers), each.shares.tolist()]
                for row, each in self.waiting.items()
            ],
            "last": [self.last, self.last_row],
            "count": self.count,
            "alarms": self.alarms,
            "drift": None if self.drift is None else self.drift.to_dict(),
            "scored": {prefix: each.to_dict() for prefix, each in self.scored.items()},
        }
        write_snapshot(path, KIND, self.options, self.online, tensors, document)
        self.saved = self.count

    def _restore(self, path: Any) -> None:
        if self.learner is None or self.online is None:
            raise OptionError("stream: a snapshot needs learn=True.")
        with read_snapshot(path, KIND, self.options, self.online) as archive:
            document = archive.document
            rows = StreamRows.from_dict(document["rows"])
            check_columns(rows.columns, self.rows.columns)
            tensors = dict(archive.tensors)
            reads = tensors.pop("waiting").numpy()
            states = [k for k in tensors if k.startswith("state.")]
            self._stepper.state = tuple(tensors.pop(name).numpy() for name in sorted(states))
            self.learner.restore(tensors, document["learner"])
            vars(self.rows).update(vars(rows))
            self.waiting = {
                int(row): Waiting(tuple(int(each) for each in answers), np.array(shares), read)
                for (row, answers, shares), read in zip(document["waiting"], reads, strict=True)
            }
            self.last, self.last_row = (int(each) for each in document["last"])
            self.count = self.saved = int(document["count"])
            self.alarms = [int(each) for each in document["alarms"]]
            if self.drift is not None:
                self.drift = PageHinkley.from_dict(document["drift"])
            self.scored = {
                prefix: Prequential.from_dict(document["scored"][prefix]) for prefix in PREFIXES
            }
