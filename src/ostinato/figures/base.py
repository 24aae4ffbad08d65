"""What every kind of figure is made of: a plain form and back, axes, a title and a caption."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from ostinato.errors import DataError, check_choice, suggestion
from ostinato.figures.values import names, plain

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["truth", "model", "baseline", "training", "validation", "interval", "other"]
ROLES: tuple[Role, ...] = (
    *("truth", "model", "baseline", "training", "validation"),
    *("interval", "other"),
)
"""What a line or bar stands for; it chooses colour, dash and marker, alike in every picture."""

Scale = Literal["linear", "log"]
Tint = Literal["sequential", "diverging"]
Part = TypeVar("Part")
KINDS: dict[str, type[Figure]] = {}
"""Every kind of figure by its name in JSON."""
NOTEBOOKS: dict[str, Callable[[Figure], str]] = {}
"""How a notebook shows a figure; filled by `page`, which draws."""


class Data:
    """A frozen dataclass that is equal to another with the same data, and has a plain form."""

    def to_dict(self) -> dict[str, Any]:
        """The fields, as JSON can hold them."""
        return {
            field.name: _plain(getattr(self, field.name))
            for field in dataclasses.fields(self)  # pyright: ignore[reportArgumentType]
        }

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Data)
            and type(self) is type(other)
            and (self.to_dict() == other.to_dict())
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def put(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def check_role(self) -> None:
        check_choice(type(self).__name__, "role", self.role, ROLES)  # pyright: ignore


def _plain(value: Any) -> Any:
    if isinstance(value, Data):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return plain(value)


def part(kind: type[Part], value: Any) -> Part:
    """`value`, or the part that a dictionary of its fields describes.

    Raises:
        DataError: a field is missing or unknown.
    """
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise DataError(f"figures: must be a {kind.__name__}, got {type(value).__name__}.")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # pyright: ignore[reportArgumentType]
    for name in value:
        if name not in fields:
            raise DataError(
                f"{kind.__name__}: there is no field {name!r}.{suggestion(name, fields)} "
                f"Fields: {', '.join(fields)}."
            )
    for name, field in fields.items():
        missing = dataclasses.MISSING
        if name not in value and field.default is missing and field.default_factory is missing:
            raise DataError(f"{kind.__name__}: the field {name!r} is missing. Give it a value.")
    return kind(**value)


def parts(kind: type[Part], values: Any) -> tuple[Part, ...]:
    return tuple(part(kind, value) for value in values)


def same_length(where: str, **sizes: int) -> None:
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise DataError(f"{where}: must have as many of each, got {told}.")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Axis(Data):
    """What is measured along an axis.

    Attributes:
        label: what it is, "error".
        unit: its unit, "ppm"; shown in parentheses behind the label.
        scale: "linear", or "log" (base 10; values of zero and below leave gaps).
        low, high: the ends of the axis; None fits the data. Lines are cut off there.
        whole: ticks at whole numbers only, as for epochs.
        names: what stands at 0, 1, 2, ... instead of numbers, as for tokens.
    """

    label: str = ""
    unit: str = ""
    scale: Scale = "linear"
    low: float | None = None
    high: float | None = None
    whole: bool = False
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_choice("Axis", "scale", self.scale, ("linear", "log"))
        self.put(names=names(self.names))
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise DataError(f"Axis: low must be below high, got {self.low} and {self.high}.")

    @property
    def words(self) -> str:
        """The label with its unit."""
        if self.label and self.unit:
            return f"{self.label} ({self.unit})"
        return self.label or self.unit


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Figure(Data):
    """A picture as data.

    Attributes:
        title: what it is, in a few words.
        caption: one plain sentence: what one sees, and what is good.
    """

    kind: ClassVar[str] = ""
    title: str
    caption: str = ""

    def __init_subclass__(cls, **words: Any) -> None:
        super().__init_subclass__(**words)
        KINDS[cls.kind] = cls

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw; a sentence is drawn instead."""
        raise NotImplementedError

    def table(self) -> dict[str, list[Any]]:
        """The numbers behind the picture: name to column."""
        raise NotImplementedError

    def frame(self) -> pd.DataFrame:
        """The numbers behind the picture as a table."""
        import pandas as pd

        return pd.DataFrame(self.table())

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON can hold it; `Figure.from_dict` makes it again."""
        return {"kind": self.kind, **super().to_dict()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Figure:
        """The figure that `to_dict` described.

        Raises:
            DataError: no such kind of figure, or a field is missing, unknown or of another form.
        """
        if not isinstance(document, Mapping):
            raise DataError(f"figures: must be a dictionary, got {type(document).__name__}.")
        kind, known = document.get("kind"), sorted(KINDS)
        if kind not in KINDS:
            raise DataError(
                f"figures: kind must be one of {', '.join(known)}, got {kind!r}."
                f"{suggestion(kind, known)}"
            )
        return part(KINDS[kind], {k: v for k, v in document.items() if k != "kind"})

    def _repr_html_(self) -> str:
        return NOTEBOOKS["html"](self)
