"""Anomalies in the shell: a table of rows in time, or rows on standard input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.errors import OptionError
from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import TableWords, layout_of, remembered, table

if TYPE_CHECKING:
    import pandas as pd

    from ostinato.data import TableLayout

ANSWER = ("errors",)
MEASURE = ("label", "errors")


class Words(TableWords):
    """What `train anomaly-detector` is told of the files."""

    columns: tuple[str, ...] | None = option(
        "Columns to watch, with commas or typed again for each; without it every column of "
        "numbers.",
        default=None,
    )
    time: str | None = option(
        "Column with the timestamps; without it one is looked for.", default=None
    )
    series: str | None = option(
        "Column that tells several series apart, such as the machine of each row.", default=None
    )
    label: str | None = option(
        "Column that says which rows are known to be anomalous (1, true).", default=None
    )


def _named(words: Words) -> dict[str, Any]:
    return {
        "columns": words.columns or (),
        "time": words.time,
        "series": words.series,
        "label": words.label,
    }


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    options |= {name: value or None for name, value in _named(words).items()}
    columns = {name: value for name, value in _named(words).items() if value}
    frame, layout = table(sources, words, **columns)
    held_out, said = validation, validation
    if isinstance(validation, str):
        held_out = table([validation], words, layout=layout, **columns).frame
    elif validation is not None:
        said = f"{validation:.0%} of the rows, the last ones"
    return Loaded(
        arguments=(frame,),
        validation=held_out,
        source=words.options() | {"layout": layout.to_dict()},
        facts={
            "files": ", ".join(sources),
            "columns": ", ".join(words.columns or ()) or "every column of numbers",
            "rows": f"{len(frame):,}",
            "held out": said or "none",
        },
    )


def _table(
    estimator: Any, sources: Sequence[str], typed: Mapping[str, Any], label: str | None = None
) -> pd.DataFrame:
    """A table read as training's was."""
    words = remembered(Words, estimator, errors=typed.get("errors"))
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
    """The stream behind `ostinato stream`: lines in, answers out; one stream for each series."""

    alarms: tuple[int, ...] = ()  # of drift, which a detector's moving threshold follows

    def __init__(self, estimator: Any) -> None:
        self.estimator, self.streams, self.count = estimator, {}, 0

    def scores(self) -> Mapping[str, float]:
        return {}

    def take(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a row.

        Raises:
            DataError: the row cannot be used; nothing was changed.
        """
        series = self.estimator.layout_.series
        name = row.get(series) if series else None
        if name not in self.streams:
            self.streams[name] = self.estimator.stream(name)
        found = self.streams[name].step(row)
        self.count += 1
        expected, blame = found.pop("expected"), found.pop("blame")
        told = {series: name} if series else {}
        for each in expected:
            found |= {f"{each} expected": expected[each], f"{each} blame": blame[each]}
        return {**told, **found}


def feed(estimator: Any, *, learn: bool, snapshot: Any = None, **online: Any) -> Feed:
    """The stream of `ostinato stream`.

    Raises:
        OptionError: it is to learn.
    """
    if learn:
        raise OptionError(
            "stream: an anomaly-detector does not learn while it streams; its threshold follows "
            "the rows without --learn."
        )
    return Feed(estimator)
