"""Forecasts in the shell: a table of rows in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import TableWords, layout_of, load_series, remembered, table

if TYPE_CHECKING:
    import pandas as pd

ANSWER = ("horizon", "level", "future", "errors")
MEASURE = ("errors",)
BACKTEST = ("every", "origins", "refit", "beside", "level", "errors")


COLUMNS = ("target", "time", "series")  # options that name columns
Words = TableWords


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    return load_series(sources, words, validation, options, COLUMNS)


def _table(estimator: Any, sources: Sequence[str], typed: Mapping[str, Any]) -> pd.DataFrame:
    """A table read as training's was."""
    words = remembered(TableWords, estimator, errors=typed.get("errors"))
    return table(sources, words, layout=layout_of(estimator)).frame


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each step of each series."""
    horizon, level, layout = typed.get("horizon"), typed.get("level"), estimator.layout_
    future = typed.get("future")
    later = None if future is None else _table(estimator, [future], typed)
    if not sources:
        frame = estimator.forecast(horizon, future=later, level=level)
    else:
        frame = estimator.predict(_table(estimator, sources, typed), later, horizon, level=level)
    names = [*([layout.series] if layout.series else []), layout.time or "step"]
    return frame.rename_axis(names).reset_index().to_dict("records")


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    frame = _table(estimator, sources, typed)
    return estimator.evaluate(frame), len(frame)


def backtest(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`ostinato backtest`: the rows that were read, and what `Forecaster.backtest` says of them."""
    frame = _table(estimator, sources, typed)
    how = {name: value for name, value in typed.items() if name != "errors"}
    return frame, estimator.backtest(frame, **how)


class Feed:
    """The streams behind `ostinato stream`: rows in, forecasts out; one stream for each series.

    A line has the columns of one row; "future" may have a list of rows to come with the columns
    that are known ahead. Where the model learns, every row is the truth of the forecasts before
    it, and all rows are of one series.
    """

    def __init__(self, estimator: Any, learn: bool, snapshot: Any, online: dict[str, Any]) -> None:
        self.estimator, self.learn = estimator, learn
        self.layout = estimator.layout_
        self.taken = 0
        self.streams: dict[Any, Any] = {}
        if learn:
            self.only = estimator.stream(learn=True, snapshot=snapshot, **online)

    @property
    def count(self) -> int:
        return self.only.count if self.learn else self.taken

    @property
    def alarms(self) -> list[int]:
        return self.only.alarms if self.learn else []

    def scores(self) -> Mapping[str, float]:
        return self.only.scores() if self.learn else {}

    def save(self, path: Any) -> None:
        self.only.save(path)

    def take(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The forecast after a row; null before there are rows enough.

        Raises:
            DataError: the line cannot be used.
        """
        number, future = self.count, row.get("future") if "future" in row else None
        if isinstance(future, list):
            import pandas as pd

            future = pd.DataFrame(future)
        values = {name: _number(each) for name, each in row.items() if name != "future"}
        if self.learn:
            stream = self.only
        else:
            name = values.get(self.layout.series)
            stream = self.streams.get(name)
            if stream is None:
                stream = self.streams[name] = self.estimator.stream()
        found = stream.step(values, future=future)
        self.taken += 1
        if found is None:
            return {"row": number, "forecast": None}
        named = found.rename_axis(self.layout.time or "step").reset_index()
        return {"row": number, "forecast": named.to_dict("records")}


def _number(typed: Any) -> Any:
    """A field of CSV as the number that it is, an empty one as missing."""
    if not isinstance(typed, str):
        return typed
    if not typed.strip():
        return float("nan")
    for kind in (int, float):
        try:
            return kind(typed)
        except ValueError:
            continue
    return typed


def feed(estimator: Any, *, learn: bool, snapshot: Any = None, **online: Any) -> Feed:
    """The streams of `ostinato stream`."""
    return Feed(estimator, learn, snapshot, online)
