"""The kinds of figures, as plain data: names, numbers and roles; no colours and no sizes.

Every kind is a frozen dataclass with keyword arguments. `to_dict` gives what JSON can hold,
`Figure.from_dict` makes the same figure again, and `frame` gives the numbers as a table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ostinato.errors import DataError, check_choice
from ostinato.figures.base import Axis, Data, Figure, Role, Tint, part, parts, same_length
from ostinato.figures.values import names, numbers, places, word


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Line(Data):
    """One series: `x` numbers or times, `y` numbers, NaN for a gap."""

    name: str
    x: Any
    y: Any
    role: Role = "other"

    def __post_init__(self) -> None:
        where = f"Line {self.name!r}"
        self.check_role()
        self.put(name=word(self.name), x=places(where, self.x), y=numbers(where, self.y))
        same_length(where, x=len(self.x), y=len(self.y))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Band(Data):
    """An area between two series, as of a forecast's interval."""

    name: str
    x: Any
    low: Any
    high: Any
    role: Role = "interval"

    def __post_init__(self) -> None:
        where = f"Band {self.name!r}"
        self.check_role()
        low, high = numbers(where, self.low), numbers(where, self.high)
        self.put(name=word(self.name), x=places(where, self.x), low=low, high=high)
        same_length(where, x=len(self.x), low=len(low), high=len(high))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Mark(Data):
    """A vertical line at `x`: the epoch that was kept, or with `known` the end of what the model
    knew when it answered; the picture is shaded up to there."""

    x: Any
    label: str = ""
    known: bool = False

    def __post_init__(self) -> None:
        at = self.x if isinstance(self.x, Mapping) else [self.x]
        if isinstance(self.x, (list, tuple, np.ndarray)) and np.ndim(self.x):
            at = self.x
        self.put(x=places("Mark", at))
        same_length("Mark", x=len(self.x), place=1)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Lines(Figure):
    """Series over one axis of numbers or times, with bands and vertical marks.

    The first lines stand out most; from the seventh on, names fold away.
    """

    kind: ClassVar[str] = "lines"
    lines: Sequence[Line] = ()
    bands: Sequence[Band] = ()
    marks: Sequence[Mark] = ()
    x: Axis = dataclasses.field(default_factory=Axis)
    y: Axis = dataclasses.field(default_factory=Axis)

    def __post_init__(self) -> None:
        self.put(lines=parts(Line, self.lines), bands=parts(Band, self.bands))
        self.put(marks=parts(Mark, self.marks), x=part(Axis, self.x), y=part(Axis, self.y))
        kinds = {
            each.x.dtype.kind for each in (*self.lines, *self.bands, *self.marks) if len(each.x)
        }
        if len(kinds) > 1:
            raise DataError("Lines: x must be numbers in all parts, or times in all parts.")

    @property
    def empty(self) -> bool:
        lines = any(np.isfinite(line.y).any() for line in self.lines)
        return not lines and not any(np.isfinite(band.low + band.high).any() for band in self.bands)

    def table(self) -> dict[str, list[Any]]:
        """Columns series, x, y, and where there are bands low and high: a row for each point."""
        table: dict[str, list[Any]] = {"series": [], "x": [], "y": []}
        if self.bands:
            table |= {"low": [], "high": []}
        for each in (*self.lines, *self.bands):
            gaps = [float("nan")] * len(each.x)
            table["series"] += [each.name] * len(each.x)
            table["x"] += list(each.x) if each.x.dtype.kind == "M" else each.x.tolist()
            table["y"] += each.y.tolist() if isinstance(each, Line) else gaps
            if self.bands:
                band = isinstance(each, Band)
                table["low"] += each.low.tolist() if band else gaps
                table["high"] += each.high.tolist() if band else gaps
        return table


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Points(Data):
    """One group of points; `labels` name each, or none."""

    name: str
    x: Any
    y: Any
    labels: Sequence[str] = ()
    role: Role = "other"

    def __post_init__(self) -> None:
        where = f"Points {self.name!r}"
        self.check_role()
        self.put(name=word(self.name), x=places(where, self.x), y=numbers(where, self.y))
        self.put(labels=names(self.labels))
        labels = len(self.labels) or len(self.x)
        same_length(where, x=len(self.x), y=len(self.y), labels=labels)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Scatter(Figure):
    """Groups of points, as of hidden states in two dimensions."""

    kind: ClassVar[str] = "scatter"
    groups: Sequence[Points] = ()
    x: Axis = dataclasses.field(default_factory=Axis)
    y: Axis = dataclasses.field(default_factory=Axis)

    def __post_init__(self) -> None:
        self.put(groups=parts(Points, self.groups))
        self.put(x=part(Axis, self.x), y=part(Axis, self.y))
        if len({each.x.dtype.kind for each in self.groups if len(each.x)}) > 1:
            raise DataError("Scatter: x must be numbers in all groups, or times in all groups.")

    @property
    def empty(self) -> bool:
        return not any(np.isfinite(each.y).any() for each in self.groups)

    def table(self) -> dict[str, list[Any]]:
        """Columns group, x, y, and where points have names label: a row for each point."""
        table: dict[str, list[Any]] = {"group": [], "x": [], "y": []}
        for each in self.groups:
            table["group"] += [each.name] * len(each.x)
            table["x"] += list(each.x) if each.x.dtype.kind == "M" else each.x.tolist()
            table["y"] += each.y.tolist()
        if any(each.labels for each in self.groups):
            table["label"] = [
                label for each in self.groups for label in each.labels or [""] * len(each.x)
            ]
        return table


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Group(Data):
    """One bar for each name of `Bars`; `low` and `high` are the ends of an interval around it."""

    name: str
    values: Any
    low: Any = None
    high: Any = None
    role: Role = "other"

    def __post_init__(self) -> None:
        where = f"Group {self.name!r}"
        self.check_role()
        self.put(name=word(self.name), values=numbers(where, self.values))
        for end in ("low", "high"):
            if getattr(self, end) is not None:
                self.put(**{end: numbers(where, getattr(self, end))})
                same_length(where, values=len(self.values), **{end: len(getattr(self, end))})


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Bars(Figure):
    """Horizontal bars from zero: for each name one of every group, its number at the end."""

    kind: ClassVar[str] = "bars"
    names: Sequence[str] = ()
    groups: Sequence[Group] = ()
    value: Axis = dataclasses.field(default_factory=Axis)

    def __post_init__(self) -> None:
        self.put(names=names(self.names), groups=parts(Group, self.groups))
        self.put(value=part(Axis, self.value))
        for group in self.groups:
            same_length(f"Bars, {group.name!r}", names=len(self.names), values=len(group.values))

    @property
    def empty(self) -> bool:
        return not any(np.isfinite(group.values).any() for group in self.groups)

    def table(self) -> dict[str, list[Any]]:
        """Column name, and one for each group."""
        table: dict[str, list[Any]] = {"name": list(self.names)}
        for group in self.groups:
            table[group.name] = group.values.tolist()
            for end, values in (("low", group.low), ("high", group.high)):
                if values is not None:
                    table[f"{group.name}, {end}"] = values.tolist()
        return table


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Matrix(Figure):
    """A table of numbers as shades: confusion, attention, gates, weights, a spectrogram.

    Attributes:
        values: `(rows, columns)`, the first row on top; NaN is no value.
        rows, columns: the name, number or time of each; empty numbers them from 0.
        tint: what the shade stands for where it is not `values`, in the same shape: of a
            confusion matrix the share of the row.
        scale: "sequential" from `low` to `high`, "diverging" around zero.
        low, high: values of the palest and the strongest shade; None takes those of the data.
        marks: vertical lines, each at a place in `columns`' numbers or times, or where columns are
            named at a column's number from 0: of a spectrogram where words begin.
        x, y: what the columns and the rows are.
        value: what is shaded, with its unit.
    """

    kind: ClassVar[str] = "matrix"
    values: Any
    rows: Any = ()
    columns: Any = ()
    tint: Any = None
    scale: Tint = "sequential"
    low: float | None = None
    high: float | None = None
    marks: Sequence[Mark] = ()
    x: Axis = dataclasses.field(default_factory=Axis)
    y: Axis = dataclasses.field(default_factory=Axis)
    value: Axis = dataclasses.field(default_factory=Axis)

    def __post_init__(self) -> None:
        check_choice("Matrix", "scale", self.scale, ("sequential", "diverging"))
        values = numbers("Matrix", self.values, 2)
        self.put(values=values, rows=_named(self.rows), columns=_named(self.columns))
        self.put(marks=parts(Mark, self.marks))
        self.put(x=part(Axis, self.x), y=part(Axis, self.y), value=part(Axis, self.value))
        for name, size in (("rows", values.shape[0]), ("columns", values.shape[1])):
            if len(getattr(self, name)) and values.size:
                same_length("Matrix", **{f"values by {name}": size, name: len(getattr(self, name))})
        if self.tint is not None:
            self.put(tint=numbers("Matrix, tint", self.tint, 2))
            if self.tint.shape != values.shape:
                raise DataError(
                    f"Matrix: tint must have the shape of values, {values.shape}, "
                    f"got {self.tint.shape}."
                )

    @property
    def empty(self) -> bool:
        return not np.isfinite(self.values).any()

    def table(self) -> dict[str, list[Any]]:
        """Column row, and one for each column of the matrix."""
        rows, columns = (
            list(given) if len(given) else list(range(size))
            for given, size in zip((self.rows, self.columns), self.values.shape, strict=True)
        )
        found: dict[str, list[Any]] = {"row": rows}
        for name, column in zip(columns, self.values.T, strict=True):
            key = str(name) if str(name) not in found else f"{name} ({len(found)})"
            found[key] = column.tolist()
        return found


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TintedText(Figure):
    """A text whose tokens have each a value or a class.

    Attributes:
        tokens: the text in pieces, as it is read.
        values: a number for each token, NaN for none.
        classes: a class for each token, "" for none.
        scale, low, high: as of `Matrix`.
        separator: what stands between tokens: " " for words, "" for characters.
        value: what the numbers are, with their unit.
    """

    kind: ClassVar[str] = "tinted-text"
    tokens: Sequence[str]
    values: Any = None
    classes: Sequence[str] = ()
    scale: Tint = "sequential"
    low: float | None = None
    high: float | None = None
    separator: str = " "
    value: Axis = dataclasses.field(default_factory=Axis)

    def __post_init__(self) -> None:
        check_choice("TintedText", "scale", self.scale, ("sequential", "diverging"))
        self.put(tokens=names(self.tokens), classes=names(self.classes))
        self.put(value=part(Axis, self.value))
        if self.values is not None:
            self.put(values=numbers("TintedText", self.values))
            same_length("TintedText", tokens=len(self.tokens), values=len(self.values))
        if self.classes:
            same_length("TintedText", tokens=len(self.tokens), classes=len(self.classes))
        if self.classes and self.values is not None:
            raise DataError("TintedText: takes values or classes, not both. Draw two figures.")

    @property
    def empty(self) -> bool:
        return not any(self.tokens)

    def table(self) -> dict[str, list[Any]]:
        """Column token, and value or class."""
        found: dict[str, list[Any]] = {"token": list(self.tokens)}
        if self.values is not None:
            found["value"] = self.values.tolist()
        if self.classes:
            found["class"] = list(self.classes)
        return found


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Column(Data):
    """A column of a table: `form` is a format of Python for its numbers, ".2f" or ".1%"; None
    gives four figures."""

    name: str
    unit: str = ""
    form: str | None = None

    def __post_init__(self) -> None:
        try:
            format(1.0, self.form or "")
        except ValueError as error:
            raise DataError(
                f"Column {self.name!r}: form must be a format of numbers such as '.2f', "
                f"got {self.form!r}."
            ) from error

    @property
    def words(self) -> str:
        """The name with its unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Table(Figure):
    """Rows of words and numbers; the first column names the row. A column may be given by its
    name alone."""

    kind: ClassVar[str] = "table"
    columns: Sequence[Any] = ()
    rows: Sequence[Sequence[Any]] = ()

    def __post_init__(self) -> None:
        made = [Column(name=c) if isinstance(c, str) else part(Column, c) for c in self.columns]
        self.put(columns=tuple(made), rows=tuple(tuple(_cell(v) for v in row) for row in self.rows))
        for k, row in enumerate(self.rows):
            same_length(f"Table, row {k}", columns=len(made), cells=len(row))

    @property
    def empty(self) -> bool:
        return not self.rows

    def table(self) -> dict[str, list[Any]]:
        """The columns as they are."""
        cells = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        return {c.name: list(cell) for c, cell in zip(self.columns, cells, strict=True)}


def _named(values: Any) -> Any:
    """Names of rows: words as they are, numbers and times as positions."""
    if isinstance(values, Mapping) or hasattr(values, "tz_localize"):
        return places("Matrix", values)
    listed = list(values)
    return (
        names(listed)
        if any(isinstance(each, str) for each in listed)
        else places("Matrix", listed if listed else ())
    )


def _cell(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (int, float)) or value is None else word(value)
