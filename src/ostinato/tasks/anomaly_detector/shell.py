"""Anomalies in the shell: a table of rows in time, or rows on standard input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.errors import DataError, OptionError
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import TableWords, layout_of, load_series, remembered, table

if TYPE_CHECKING:
    import pandas as pd

    from ostinato.data import TableLayout

ANSWER = ("errors",)
MEASURE = ("label", "errors")


COLUMNS = ("columns", "time", "series", "label")  # options that name columns
Words = TableWords


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    return load_series(sources, words, validation, options, COLUMNS)


def _table(
    estimator: Any, sources: Sequence[str], typed: Mapping[str, Any], label: str | None = None
) -> pd.DataFrame:
    """A table read as training's was."""
    words = remembered(TableWords, estimator, errors=typed.get("errors"))
    layout: TableLayout | None = layout_of(estimator)
    return table(sources or ["-"], words, layout=layout, label=label).frame


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each row of each series."""
    found = estimator.predict(_table(estimator, sources, typed))
    layout = estimator.layout_
    names = [*([layout.series] if layout.series else []), layout.time or "row"]
    return found.rename_axis(names).reset_index().to_dict("records")


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    label = typed.get("label") or estimator.label
    if label is None:
        raise OptionError("evaluate: --label must name the column that tells which rows are wrong.")
    frame = _table(estimator, sources, typed, label=str(label))
    return estimator.evaluate(frame, frame[str(label)]), len(frame)


class Feed:
    """The streams behind `ostinato stream`: lines in, answers out; one stream for each series.

    Where the model learns, all rows are of one series. A line that has the label too tells the
    truth of its row, which is looked at after the answer; a line with "row" and the label alone
    that of a row before.
    """

    def __init__(self, estimator: Any, learn: bool, snapshot: Any, online: dict[str, Any]) -> None:
        self.estimator, self.learn, self.taken = estimator, learn, 0
        self.streams: dict[Any, Any] = {}
        self.label = estimator.label or estimator.source_.get("label") or "label"
        self.only = estimator.stream(learn=True, snapshot=snapshot, **online) if learn else None

    @property
    def count(self) -> int:
        return self.taken if self.only is None else self.only.count

    @property
    def alarms(self) -> Sequence[int]:
        """Rows at which errors became larger than they were, for a stretch."""
        return () if self.only is None else self.only.alarms

    def scores(self) -> Mapping[str, float]:
        return {} if self.only is None else self.only.scores()

    def save(self, path: Any) -> None:
        assert self.only is not None
        self.only.save(path)

    def take(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a row; None to a truth alone.

        Raises:
            DataError: the row cannot be used; nothing was changed.
        """
        truth = row.get(self.label)
        if self.only is not None and set(row) == {"row", self.label}:
            self.only.truth(_truth(truth), row["row"])
            return None
        series = self.estimator.layout_.series
        name = row.get(series) if series else None
        if self.only is not None:
            found = self._learned(row, truth, name)
        else:
            if name not in self.streams:
                self.streams[name] = self.estimator.stream(name)
            found = self.streams[name].step(row)
        self.taken += 1
        expected, blame = found.pop("expected"), found.pop("blame")
        told = {series: name} if series else {}
        for each in expected:
            found |= {f"{each} expected": expected[each], f"{each} blame": blame[each]}
        return {**told, **found}

    def _learned(self, row: Mapping[str, Any], truth: Any, name: Any) -> dict[str, Any]:
        stream, first = self.only, self.streams.setdefault("series", name)
        if name != first:
            raise DataError(
                f"stream: the row is of series {name!r}, and those before it of {first!r}. A model "
                "learns from one series at a time."
            )
        assert stream is not None
        known = truth is not None and truth != ""
        if known and _truth(truth) not in (0, 1):
            raise DataError(f"stream: {self.label!r} must be 1 or 0, got {truth!r}.")
        found = stream.step(row)
        if known:
            stream.truth(_truth(truth), found["row"])
        return found


def _truth(typed: Any) -> Any:
    words = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0}
    return words.get(typed.lower(), typed) if isinstance(typed, str) else typed


def feed(estimator: Any, *, learn: bool, snapshot: Any = None, **online: Any) -> Feed:
    """The streams of `ostinato stream`."""
    return Feed(estimator, learn, snapshot, online)
