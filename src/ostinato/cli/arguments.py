"""Declared options as options of a command, and their values from the words typed."""

from __future__ import annotations

import functools
import inspect
import operator
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ostinato.errors import OptionError, suggestion
from ostinato.options import Declared, choices, described, members, several


def parameters(declared: Iterable[Declared]) -> list[inspect.Parameter]:
    """One Typer option for each declared one.

    Booleans become `--name/--no-name`, or `--no-name` alone where they are called so; a pair of
    numbers takes two words, and everything else is read by `value`, so that `--hidden-size 64,32`
    gives a tuple. What is not typed is None: the declared default holds.
    """
    import typer

    made = []
    for each in declared:
        flag = each.name.replace("_", "-")
        kind, metavar = _kind(each.annotation)
        text = f"{each.rule.sentence} [default: {_shown(each.default)}]"
        single = metavar is not None or flag.startswith("no-")
        names = [f"--{flag}"] if single else [f"--{flag}/--no-{flag}"]
        made.append(
            inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=typing.Annotated[
                    kind, typer.Option(*names, help=text, show_default=False, metavar=metavar)
                ],
            )
        )
    return made


def _shown(default: Any) -> str:
    return "none" if default is None or default == () else str(default)


def _kind(annotation: Any) -> tuple[Any, str | None]:
    """The type that Typer reads, and what stands for the value in a line of help; None of a
    flag."""
    kinds, groups = members(annotation), several(annotation)
    if bool in kinds:
        return bool | None, None
    if length := _length(annotation):
        return tuple[tuple([str] * length)] | None, "NUMBER NUMBER"  # type: ignore[misc]
    if groups:
        return list[str] | None, "VALUE,..."
    if choices(annotation):
        return str | None, "|".join(map(str, choices(annotation)))
    return str | None, "NUMBER" if set(kinds) <= {int, float, type(None)} else "VALUE"


def _length(annotation: Any) -> int | None:
    """How many values a tuple of fixed length has, where the annotation is one, or None."""
    for each in several(annotation):
        inner = typing.get_args(each)
        if typing.get_origin(each) is tuple and Ellipsis not in inner:
            return len(inner)
    return None


def own(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """A word of a command that is no declared option, annotated as Typer reads it."""
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def command(call: Callable[..., None], wanted: Sequence[inspect.Parameter]) -> Callable[..., None]:
    """`call`, which takes every word by name, as a command with these words."""
    call.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in wanted}
    return call


def values(declared: Mapping[str, Declared], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Options by name from what was typed; what was not typed is left out.

    Raises:
        OptionError: a word cannot be read as the option's type.
    """
    found = {}
    for name, words in typed.items():
        if words is None or words == [] or name not in declared:
            continue
        annotation = declared[name].annotation
        if isinstance(words, bool):
            found[name] = words
        elif isinstance(words, tuple):
            kinds = _inner(several(annotation))
            found[name] = tuple(value(name, each, kinds) for each in words)
        else:
            word = words if isinstance(words, str) else ",".join(words)
            found[name] = value(name, word, annotation)
    return found


def value(name: str, word: str, annotation: Any) -> Any:
    """One word as the first of the annotation's types that fits it.

    Raises:
        OptionError: none fits; the message says what would.
    """
    kinds, groups, allowed = members(annotation), several(annotation), choices(annotation)
    flag = f"--{name.replace('_', '-')}"
    if type(None) in kinds and word.lower() in ("none", ""):
        return None
    for choice in allowed:
        if word == str(choice):
            return choice
    plain = [each for each in kinds if each in (int, float, str)]
    if allowed and not plain and not groups:
        listed = ", ".join(repr(choice) for choice in allowed)
        raise OptionError(
            f"{flag} must be one of {listed}, got {word!r}.{suggestion(word, allowed)}"
        )
    if groups and ("," in word or not plain):
        inner = _inner(groups)
        return tuple(value(name, part.strip(), inner) for part in word.split(",") if part.strip())
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(word)
            except ValueError:
                continue
    if str in kinds:
        return word
    raise OptionError(f"{flag} must be {described(annotation)}, got {word!r}.")


def _inner(groups: list[Any]) -> Any:
    """What the values of a series may be."""
    kinds = [each for group in groups for each in typing.get_args(group) if each is not Ellipsis]
    return functools.reduce(operator.or_, kinds) if kinds else str
