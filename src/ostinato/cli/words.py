"""Command-line options from an estimator's constructor, and values from the words typed."""

from __future__ import annotations

import functools
import inspect
import operator
import re
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any, Literal, Union

from ostinato.errors import OptionError, suggestion

_SERIES = (tuple, list, typing.get_origin(typing.Sequence[int]))


def parameters(made: type, taken: Collection[str] = ()) -> dict[str, inspect.Parameter]:
    """The constructor's options by name, with types for annotations, except those `taken`."""
    try:
        hints = typing.get_type_hints(made.__init__)
    except NameError:
        hints = {}
    return {
        name: each.replace(annotation=hints.get(name, _of_default(each.default)))
        for name, each in inspect.signature(made).parameters.items()
        if name not in taken and each.kind is not inspect.Parameter.VAR_KEYWORD
    }


def _of_default(default: Any) -> Any:
    return Any if default is None or default is inspect.Parameter.empty else type(default)


def options(
    made: type, taken: Collection[str] = (), shared: type = object
) -> list[inspect.Parameter]:
    """One Typer option for every constructor option of `made`.

    Booleans become `--name/--no-name`; everything else is read by `value`, so that
    `--hidden-size 64,32` gives a tuple. An option not typed is not passed on: the constructor's
    own default holds. Options that `made` does not describe may be described by `shared`.
    """
    import typer

    about = {**descriptions(shared.__doc__ or ""), **descriptions(made.__doc__ or "")}
    made_options = []
    for name, each in parameters(made, taken).items():
        flag = name.replace("_", "-")
        shown = "" if each.default is inspect.Parameter.empty else f"[default: {each.default}]"
        words = " ".join(part for part in (about.get(name, ""), shown) if part)
        if bool in members(each.annotation):
            kind: Any = bool | None
            decls = [f"--{flag}/--no-{flag}"]
        else:
            kind, decls = str | None, [f"--{flag}"]
        made_options.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=typing.Annotated[
                    kind,
                    typer.Option(*decls, help=words, show_default=False, metavar=_metavar(each)),
                ],
            )
        )
    return made_options


def _metavar(each: inspect.Parameter) -> str | None:
    kinds = members(each.annotation)
    if bool in kinds:
        return None
    choices = [
        str(c)
        for kind in kinds
        if typing.get_origin(kind) is Literal
        for c in typing.get_args(kind)
    ]
    if choices:
        return "|".join(choices)
    if any(typing.get_origin(kind) in _SERIES or kind in _SERIES for kind in kinds):
        return "VALUE,..."
    return "NUMBER" if kinds <= {int, float, type(None)} else "VALUE"


def members(annotation: Any) -> set[Any]:
    """The alternatives of a union, or the type itself."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return {part for each in typing.get_args(annotation) for part in members(each)}
    return {annotation}


def descriptions(docstring: str) -> dict[str, str]:
    """The first sentence about each argument in the `Args:` part of a Google-style docstring."""
    match = re.search(
        r"^(?:Args|Attributes):\n(.*?)(?=^\S|\Z)", inspect.cleandoc(docstring), re.M | re.S
    )
    found: dict[str, str] = {}
    if match is None:
        return found
    for block in re.split(r"^ {4}(?=\S)", match[1], flags=re.M):
        names, colon, words = block.partition(":")
        if colon:
            sentence = re.split(r"(?<=\.)\s", " ".join(words.split()), maxsplit=1)[0]
            for name in re.split(r",\s*", re.sub(r"\(.*\)", "", names)):
                found[name.strip(" `*")] = sentence
    return found


def values(made: type, typed: Mapping[str, Any], taken: Collection[str] = ()) -> dict[str, Any]:
    """Constructor arguments from what was typed; what was not typed (None) is left out.

    Raises:
        OptionError: a word cannot be read as the option's type.
    """
    known = parameters(made, taken)
    return {
        name: word if isinstance(word, bool) else value(name, word, known[name].annotation)
        for name, word in typed.items()
        if word is not None and name in known
    }


def value(name: str, word: str, annotation: Any) -> Any:
    """One word as the first of the annotation's types that fits it.

    Raises:
        OptionError: none fits; the message says what would.
    """
    kinds = members(annotation)
    flag = f"--{name.replace('_', '-')}"
    if type(None) in kinds and word.lower() in ("none", ""):
        return None
    for kind in kinds:
        if typing.get_origin(kind) is Literal:
            choices = {str(choice): choice for choice in typing.get_args(kind)}
            if word in choices:
                return choices[word]
            if not kinds - {kind, type(None)}:
                listed = ", ".join(repr(choice) for choice in choices)
                raise OptionError(
                    f"{flag} must be one of {listed}, got {word!r}.{suggestion(word, choices)}"
                )
    series = [k for k in kinds if k in _SERIES or typing.get_origin(k) in _SERIES]
    if series and ("," in word or not kinds - {*series, type(None)}):
        inner = [each for k in series for each in typing.get_args(k) if each is not Ellipsis]
        each_kind = functools.reduce(operator.or_, inner) if inner else Any
        found = [value(name, part.strip(), each_kind) for part in word.split(",") if part.strip()]
        return found if all((typing.get_origin(k) or k) is list for k in series) else tuple(found)
    loose = Any in kinds or object in kinds
    for kind, reader in ((int, int), (float, float)):
        if kind in kinds or loose:
            try:
                return reader(word)
            except ValueError:
                continue
    if str in kinds or loose:
        return word
    wanted = {int: "a whole number", float: "a number", type(None): "none"}
    rule = [words for kind, words in wanted.items() if kind in kinds]
    rule += ["several separated by commas"] if series else []
    raise OptionError(f"{flag} must be {' or '.join(rule) or 'of another type'}, got {word!r}.")
