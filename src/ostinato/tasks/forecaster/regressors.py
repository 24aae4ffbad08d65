"""Columns beside the targets as the network reads them: words as codes, one value for a series,
and what is known of the rows to come."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_table import Layout, Series, check_columns
from ostinato.errors import DataError

UNSEEN = 0.0  # the code of a word that training rows did not have
MOST = 64  # words of a column that have a code; rarer ones are as unseen


@dataclasses.dataclass(kw_only=True)
class Regressors:
    """How regressors and statics become numbers.

    Attributes:
        words: for each column of words the words, in the order of their codes from 1. A word that
            is not there is as UNSEEN: every one of its column's switches is off.
        level: centre and scale of each static column of numbers, over the series.
        statics: the statics of each series of `fit`, by name, as the network reads them.
    """

    words: dict[str, list[Any]]
    level: dict[str, tuple[float, float]]
    statics: dict[Any, np.ndarray]

    @classmethod
    def learn(cls, frame: pd.DataFrame, layout: Layout, named: Any, where: str) -> Regressors:
        """The words of every column of words, those of `named` among them; `settle` drops those
        that only held-out rows have.

        Raises:
            DataError: `named` has another column.
        """
        several = isinstance(named, Sequence) and not isinstance(named, str)
        named = [str(name) for name in (named if several else [named])]
        beside = [*layout.past, *layout.future, *layout.static]
        for name in named:
            if name not in beside:
                raise DataError(
                    f"{where}: categorical column {name!r} must be one of features, future and "
                    f"static: {', '.join(beside) or 'none is named'}."
                )
        words = {
            name: _common(frame[name])
            for name in beside
            if name in named or _holds_words(frame[name])
        }
        return cls(words=words, level={}, statics={})

    def encode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The table with codes in place of the words."""
        codes = {}
        for name, words in self.words.items():
            if name in frame.columns:
                place = {word: k + 1.0 for k, word in enumerate(words)}
                codes[name] = [place.get(each, UNSEEN) for each in _plain(frame[name])]
        return frame.assign(**codes) if codes else frame

    def settle(
        self, layout: Layout, parts: list[Series], cuts: Sequence[int], known: list[Series]
    ) -> tuple[list[Series], list[Series]]:
        """Forget the words that no training row has, in the series too, and give the series their
        statics. Rows of `parts` from `cuts` on are held out; `known` may be among `parts`."""
        learn = [part.values[:cut] for part, cut in zip(parts, cuts, strict=True)]
        changes = self._keep(layout, learn)
        done = [self._recoded(part, changes) for part in parts]
        same = {id(part): new for part, new in zip(parts, done, strict=True)}
        return done, [same.get(id(part)) or self._recoded(part, changes) for part in known]

    def _recoded(self, part: Series, changes: dict[int, np.ndarray]) -> Series:
        values, ahead = part.values.copy(), None if part.ahead is None else part.ahead.copy()
        first = values.shape[1] - (0 if ahead is None else ahead.shape[1])
        for column, table in changes.items():
            values[:, column] = table[values[:, column].astype(int)]
            if ahead is not None and column >= first:
                ahead[:, column - first] = table[ahead[:, column - first].astype(int)]
        static = self.statics.get(part.name, np.zeros(0))
        return dataclasses.replace(part, values=values, ahead=ahead, static=static)

    def decode(self, frame: pd.DataFrame | None) -> pd.DataFrame | None:
        """The table with words in place of the codes; words that are not known are missing."""
        if frame is None or not self.words:
            return frame
        columns = {}
        for name, known in self.words.items():
            if name in frame.columns:
                words = [None, *known]
                decoded = [words[int(code)] for code in frame[name]]
                columns[name] = pd.Series(decoded, index=frame.index, dtype=object)
        return frame.assign(**columns)

    def _keep(self, layout: Layout, learn: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
        """Forget the words that no training row has; the new code of every old one, by column."""
        changes: dict[int, np.ndarray] = {}
        for column, name in enumerate(layout.columns):
            if name not in self.words:
                continue
            seen = np.unique(np.concatenate([rows[:, column] for rows in learn]).astype(int))
            words = self.words[name]
            kept = [k for k in range(1, len(words) + 1) if k in seen]
            table = np.full(len(words) + 1, UNSEEN)
            table[kept] = np.arange(1, len(kept) + 1)
            self.words[name] = [words[k - 1] for k in kept]
            changes[column] = table
        return changes

    # Statics.

    def learn_statics(self, frame: pd.DataFrame, layout: Layout, where: str) -> None:
        """The scale of each static column of numbers, and the statics of each series."""
        if not layout.static:
            return
        raw = _static_rows(frame, layout, where)
        for name in layout.static:
            if name not in self.words:
                values = np.array([float(row[name]) for row in raw.values()])
                spread = float(values.std())
                self.level[name] = float(values.mean()), spread if spread > 0 else 1.0
        self.statics = {name: self._static(row, layout) for name, row in raw.items()}

    def with_statics(
        self, frame: pd.DataFrame, layout: Layout, parts: list[Series], where: str
    ) -> list[Series]:
        """Series with their statics: from the table where it has them, or as `fit` learned."""
        if not layout.static:
            return parts
        given: Mapping[Any, np.ndarray] = {}
        if set(layout.static) <= set(frame.columns):
            raw = _static_rows(frame, layout, where)
            given = {name: self._static(row, layout) for name, row in raw.items()}
        found = []
        for part in parts:
            own = given.get(part.name, self.statics.get(part.name))
            if own is None:
                check_columns(frame, layout.static, _place(where, part.name))
            found.append(dataclasses.replace(part, static=own))
        return found

    def _static(self, row: Mapping[str, Any], layout: Layout) -> np.ndarray:
        parts = []
        for name in layout.static:
            if name in self.words:
                parts.append(switches(np.array([row[name]]), len(self.words[name]))[0])
            else:
                center, scale = self.level[name]
                parts.append(np.array([(float(row[name]) - center) / scale]))
        return np.concatenate(parts)

    # Columns.

    def width(self, name: str) -> int:
        """Columns of the network's input that a column becomes."""
        return len(self.words[name]) if name in self.words else 1

    def spread(self, values: np.ndarray, codes: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """`(rows, columns)` scaled, and the same with codes, to `(rows, widths)`: numbers as they
        are, words as switches."""
        if not any(name in self.words for name in names):
            return values
        parts = [
            switches(codes[:, k], len(self.words[name]))
            if name in self.words
            else values[:, k : k + 1]
            for k, name in enumerate(names)
        ]
        return np.concatenate(parts, axis=1) if parts else values

    def to_dict(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "level": {name: list(pair) for name, pair in self.level.items()},
            "statics": [each.tolist() for each in self.statics.values()],
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any], names: Sequence[Any]) -> Regressors:
        return cls(
            words=document["words"],
            level={name: (pair[0], pair[1]) for name, pair in document["level"].items()},
            statics={
                name: np.array(each, dtype=np.float64)
                for name, each in zip(names, document["statics"], strict=True)
            },
        )


def switches(codes: np.ndarray, count: int) -> np.ndarray:
    """`(rows,)` codes to `(rows, count)`: 1 in the column of each word, 0 elsewhere."""
    return (codes[:, None] == np.arange(1, count + 1)).astype(np.float64)


def _holds_words(column: Any) -> bool:
    """Whether a column has anything but numbers (and texts that are numbers)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_numeric_dtype(column):
        return False
    try:
        column.dropna().astype(np.float64)
    except (TypeError, ValueError):
        return True
    return bool(column.isna().all())


def _plain(column: Any) -> list[Any]:
    """Values that JSON can hold and that compare by value; every missing one is ""."""
    values = column.astype(object).where(column.notna(), "")
    return [
        each.item()
        if isinstance(each, np.generic)
        else each
        if isinstance(each, (str, int, float, bool))
        else str(each)
        for each in values
    ]


def _common(column: Any) -> list[Any]:
    counts: dict[Any, int] = {}
    for each in _plain(column):
        counts[each] = counts.get(each, 0) + 1
    kept = sorted(counts, key=lambda each: -counts[each])[:MOST]
    return [each for each in counts if each in set(kept)]


def _static_rows(frame: pd.DataFrame, layout: Layout, where: str) -> dict[Any, dict[str, Any]]:
    """The static columns of each series.

    Raises:
        DataError: a value is missing, no number, or differs from row to row of a series.
    """
    check_columns(frame, layout.static, where)
    columns = frame[layout.static]
    groups: Any = [(None, columns)]
    if layout.series is not None:
        groups = columns.groupby(frame[layout.series].to_numpy(), sort=False)
    found = {}
    for name, part in groups:
        label = data.plain_name(name)
        place, row = _place(where, label), {}
        for column in layout.static:
            values = part[column].dropna().unique()
            if len(values) != 1:
                said = "no value" if not len(values) else f"{values[0]!r} and {values[1]!r}"
                raise DataError(
                    f"{place}: static column {column!r} must have one value for each series, got "
                    f"{said}. Name columns that change with features=... or future=..."
                )
            try:
                row[column] = float(values[0])
            except (TypeError, ValueError) as error:
                raise DataError(f"{place}: static column {column!r}: {error}.") from error
        found[label] = row
    return found


def _place(where: str, name: Any) -> str:
    return where if name is None else f"{where}: series {name!r}"
