"""Groups of options, each option declared once: type, default, allowed range, one sentence.

A group is a class of keyword-only fields:

    class WindowOptions(Options):
        past: int = option("Rows that are read.", default=96, low=1)

An estimator is made of groups by inheritance. Its constructor, its checks, the shell's `--help`,
the tables in the docs, the fingerprint of a run and a search for better values all read these
declarations. A subclass may give an option another default alone (`past: int = 48`); the sentence
and the range then stay those of the group.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import numbers
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, Self, TypeGuard, Union, dataclass_transform

from ostinato.errors import OptionError, check_choice, check_number, suggestion


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """What `option` was told: a sentence for people and the range of a number."""

    sentence: str
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    @property
    def bounds(self) -> dict[str, float | None]:
        return {"low": self.low, "high": self.high, "above": self.above, "below": self.below}


def option(
    sentence: str,
    *,
    default: Any,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Any:
    """A field of a group; numbers must be low <= value <= high and above < value < below."""
    rule = Rule(sentence=sentence, low=low, high=high, above=above, below=below)
    return dataclasses.field(default=default, metadata={"rule": rule})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Declared:
    """One option of a class: what its declaration says, and which group has it.

    `depth` counts the groups from the class itself, 0, to the most general.
    """

    name: str
    annotation: Any
    default: Any
    rule: Rule
    group: type
    depth: int


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(option,))
class Options:
    """The base of all groups. Constructors store; `check` checks."""

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        dataclasses.dataclass(kw_only=True, eq=False, repr=False)(cls)
        cls.__init__ = _refusing_unknown_names(cls)

    @classmethod
    def declared(cls) -> dict[str, Declared]:
        """Every option of this class by name, in the order of their groups."""
        return _declared(cls)

    def options(self) -> dict[str, Any]:
        """The value of every option by name."""
        return {name: getattr(self, name) for name in self.declared()}

    def part(self, group: type[Group]) -> Group:
        """The options of one group alone."""
        return group(**{name: getattr(self, name) for name in group.declared()})

    def check(self, where: str | None = None) -> Self:
        """Itself, when every option is allowed.

        Raises:
            OptionError: names the option, its rule and the value.
        """
        place = where or type(self).__name__
        for name, each in self.declared().items():
            check_value(place, name, getattr(self, name), each.annotation, each.rule)
        self._check_together(place)
        return self

    def _check_together(self, where: str) -> None:
        """What options of this group ask of each other; a subclass calls `super()` first."""

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, each in self.declared().items()
            if getattr(self, name) != each.default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"


Group = typing.TypeVar("Group", bound=Options)


def _refusing_unknown_names(cls: type[Options]) -> Any:
    made = cls.__init__

    @functools.wraps(made)
    def init(self: Any, **values: Any) -> None:
        unknown = [name for name in values if name not in self.declared()]
        if unknown:
            known = self.declared()
            raise OptionError(
                f"{type(self).__name__}: unknown option {unknown[0]!r}."
                f"{suggestion(unknown[0], known)} Options: {', '.join(known)}."
            )
        made(self, **values)

    init.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]
    return init


@functools.cache
def _declared(cls: type[Options]) -> dict[str, Declared]:
    hints = typing.get_type_hints(cls)
    found = {}
    for each in dataclasses.fields(cls):  # type: ignore[arg-type]
        rules = {
            depth: rule
            for depth, base in enumerate(cls.__mro__)
            if each.name in inspect.get_annotations(base)
            and (rule := _rule_in(base, each.name)) is not None
        }
        depth = min(rules)
        found[each.name] = Declared(
            name=each.name,
            annotation=hints[each.name],
            default=each.default,
            rule=rules[depth],
            group=cls.__mro__[depth],
            depth=depth,
        )
    return found


def _rule_in(cls: type, name: str) -> Rule | None:
    fields = cls.__dict__.get("__dataclass_fields__", {})
    return fields[name].metadata.get("rule") if name in fields else None


# Values against annotations.

_SEVERAL = (tuple, list, Sequence, Collection)


def members(annotation: Any) -> list[Any]:
    """The alternatives of a union, or the type itself."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return [part for each in typing.get_args(annotation) for part in members(each)]
    return [annotation]


def choices(annotation: Any) -> list[Any]:
    """The values of every `Literal` in an annotation."""
    return [
        value
        for each in members(annotation)
        if typing.get_origin(each) is Literal
        for value in typing.get_args(each)
    ]


def several(annotation: Any) -> list[Any]:
    """The alternatives that hold more than one value, such as `tuple[int, ...]`."""
    return [e for e in members(annotation) if (typing.get_origin(e) or e) in _SEVERAL]


def check_value(where: str, name: str, value: Any, annotation: Any, rule: Rule) -> None:
    """Raise `OptionError` unless `value` has a type of `annotation` and lies in `rule`'s range."""
    kinds = members(annotation)
    if (value is None and type(None) in kinds) or Any in kinds:
        return
    allowed = choices(annotation)
    if allowed and isinstance(value, (str, type(allowed[0]))) and value in allowed:
        return
    if bool in kinds and isinstance(value, bool):
        return
    if str in kinds and isinstance(value, str):
        return
    if _is_series(value) and (group := _fitting(value, several(annotation))) is not None:
        for each in value:
            check_value(where, name, each, _inner(group), rule)
        return
    if dict in [typing.get_origin(each) or each for each in kinds] and isinstance(value, Mapping):
        return
    whole, number = int in kinds, float in kinds
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if (whole or number) and (is_number or set(kinds) <= {int, float, type(None)}):
        check_number(where, name, value, **rule.bounds, whole=not number)  # type: ignore[arg-type]
        return
    if allowed and set(kinds) <= {*kinds[:1], type(None)}:
        check_choice(where, name, value, [*allowed, *([None] if type(None) in kinds else [])])
    raise OptionError(
        f"{where}: {name} must be {described(annotation)}, got {value!r:.80}."
        f"{suggestion(value, allowed) if isinstance(value, str) else ''}"
    )


def _is_series(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _inner(group: Any) -> Any:
    """What each of several values is: `int` of `tuple[int, ...]`."""
    kinds = [each for each in typing.get_args(group) if each is not Ellipsis]
    return kinds[0] if kinds else Any


def _fitting(value: Sequence[Any], groups: list[Any]) -> Any:
    """The first of the types with several values that has room for as many; numbers are at least
    one."""
    for each in groups:
        fixed = _fixed_length(each)
        if fixed == len(value) or (fixed is None and (value or _inner(each) not in (int, float))):
            return each
    return None


def _fixed_length(group: Any) -> int | None:
    kinds = typing.get_args(group)
    return len(kinds) if typing.get_origin(group) is tuple and Ellipsis not in kinds else None


_PLAIN = {
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("True or False", "of True and False"),
    str: ("a text", "texts"),
    type(None): ("None", "None"),
    dict: ("a dictionary", "dictionaries"),
}


def described(annotation: Any) -> str:
    """What an annotation allows, in words: "a whole number or None"."""
    words = [repr(each) for each in choices(annotation)]
    for each in members(annotation):
        origin = typing.get_origin(each) or each
        if origin in _PLAIN:
            words.append(_PLAIN[origin][0])
        elif origin in _SEVERAL:
            kind = _PLAIN.get(_inner(each), ("", "values"))[1]
            words.append(f"{_fixed_length(each) or 'several'} {kind}")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
