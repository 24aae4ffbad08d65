"""Sentences with a token a line: CoNLL's columns, and CoNLL-U.

CoNLL-U is read here and not by the `conllu` package, which gives no line numbers for messages,
takes lines with missing fields, and cuts fields at two spaces. The tests compare the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ostinato.data.sources import Source, decode, lines_of
from ostinato.errors import DataError, suggestion

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_ID = re.compile(r"\d+(?:-\d+|\.\d+)?")
_GLOBAL = re.compile(r"#\s*global\.columns\s*=(.*)")
_DOCUMENT = "-DOCSTART-"


class Wanted(NamedTuple):
    """The fields to read, by name or number (None finds them), and whether tags must be there."""

    token: str | int | None = None
    column: str | int | None = None
    names: Sequence[str] | None = None
    tags: bool = True


class Sentence(NamedTuple):
    """Tokens, their tags (as many, or none), and where each stands: the file and the line."""

    tokens: list[str]
    tags: list[str]
    lines: list[int]
    name: str


Found = tuple[list[Sentence], dict[str, Any]]
"""The sentences of a file, and how they were found: fields of a `TaggedLayout`."""


def looks_like_conllu(text: str) -> bool:
    """Whether every line with tokens has ten fields, the first of them an ID."""
    rows = [line.split("\t") for line in lines_of(text) if line.strip() and line[0] != "#"]
    return bool(rows) and all(len(row) == len(CONLLU) and _ID.fullmatch(row[0]) for row in rows)


def read_conll(source: Source, wanted: Wanted) -> Found:
    """A token and its fields a line, tabs or spaces between, empty lines between sentences."""
    column = _whole(source, "column", wanted.column)
    token = _whole(source, "token", wanted.token)
    text = decode(source)
    if looks_like_conllu(text):
        raise DataError(f"{source.name}: is CoNLL-U, not CoNLL. Name the format 'conllu'.")
    lines = lines_of(text)
    cut, tabs, width, known = _shape(lines)
    rows: list[list[tuple[int, list[str]]]] = [[]]
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t") or line.startswith(_DOCUMENT):
            rows.append([])
            continue
        fields = cut(line)
        if line[0] == "#" and not rows[-1]:
            token_line = len(fields) == width and (tabs or fields[-1] in known)
            if not token_line:
                continue  # a comment before a sentence
        if len(fields) != width:
            raise DataError(
                f"{source.name}: line {number} has {len(fields)} fields with "
                f"{'tabs' if tabs else 'spaces'} between them, most lines have {width}: "
                f"{line[:60]!r}. Every line must have the same fields."
            )
        rows[-1].append((number, fields))
    rows = [row for row in rows if row]
    if token is None:
        token = 1 if width > 2 and _numbered(rows) else 0
    place = -1 if column is None else column
    if width == 1 and wanted.tags:
        number, fields = rows[0][0] if rows else (1, [""])
        raise DataError(
            f"{source.name}: line {number} must have a token and a tag, with a tab or a space "
            f"between them, got {fields[0][:60]!r}."
        )
    for name, chosen in (("token", token), *([("column", place)] if wanted.tags else [])):
        if not -width <= chosen < width:
            raise DataError(
                f"{source.name}: there is no {name} {chosen}; its lines have {width} fields, "
                f"numbered from 0."
            )
    found = []
    for row in rows:
        for number, fields in row:
            if not fields[token] or (wanted.tags and not fields[place]):
                raise DataError(
                    f"{source.name}: line {number} must have a token and a tag, got an empty "
                    f"field: {' | '.join(fields)[:60]!r}."
                )
        found.append(
            Sentence(
                [fields[token] for _, fields in row],
                [fields[place] for _, fields in row] if wanted.tags else [],
                [number for number, _ in row],
                source.name,
            )
        )
    separator = "\t" if tabs else " "
    return found, {"format": "conll", "separator": separator, "token": token, "column": place}


def _whole(source: Source, name: str, value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise DataError(f"{source.name}: {name} of a CoNLL file is a number from 0, got {value!r}.")


def _shape(lines: Sequence[str]) -> tuple[Callable[[str], list[str]], bool, int, set[str]]:
    """How a line is cut, whether by tabs, into how many fields, and the last fields seen."""
    filled = [line for line in lines if line.strip(" \t") and not line.startswith(_DOCUMENT)]
    solid = [line for line in filled if line[0] != "#"] or filled
    tabs = any("\t" in line for line in solid)

    def cut(line: str) -> list[str]:
        # Only the space and the tab set fields apart: others belong to a token.
        if tabs:
            return [field.strip(" ") for field in line.split("\t")]
        return [field for field in re.split(r"[ \t]+", line) if field]

    rows = [cut(line) for line in solid]
    widths = Counter(map(len, rows))
    width = widths.most_common(1)[0][0] if widths else 0
    return cut, tabs, width, {row[-1] for row in rows if row}


def _numbered(rows: Sequence[Sequence[tuple[int, list[str]]]]) -> bool:
    """Whether the first field counts the tokens of every sentence from 1."""
    return any(len(row) > 1 for row in rows) and all(
        [fields[0] for _, fields in row] == [str(k) for k in range(1, len(row) + 1)] for row in rows
    )


def read_conllu(source: Source, wanted: Wanted) -> Found:
    """Universal Dependencies, without words of several tokens and empty nodes; CoNLL-U Plus."""
    lines = lines_of(decode(source))
    names = CONLLU
    first = _GLOBAL.match(lines[0])
    if first:
        names = tuple(first[1].lower().split())
        names = tuple(name.removeprefix("ud:") for name in names)
    column = "upos" if wanted.column is None else wanted.column
    token = "form" if wanted.token is None else wanted.token
    for name, chosen in (("column", column), ("token", token)):
        if chosen not in names:
            raise DataError(
                f"{source.name}: {name} must be one of {', '.join(names)}, got {chosen!r}."
                f"{suggestion(chosen, names)}"
            )
    place, word = names.index(str(column)), names.index(str(token))
    rows: list[Sentence] = [Sentence([], [], [], source.name)]
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t"):
            rows.append(Sentence([], [], [], source.name))
            continue
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != len(names):
            raise DataError(
                f"{source.name}: line {number} must have {len(names)} fields with tabs between "
                f"them, got {len(fields)}: {line[:60]!r}."
            )
        if "id" in names:
            mark = fields[names.index("id")]
            if not _ID.fullmatch(mark):
                raise DataError(
                    f"{source.name}: line {number}: an ID is a number such as 3, 3-4 or 3.1, got "
                    f"{mark!r}."
                )
            if not mark.isdigit():
                continue
        rows[-1].tokens.append(fields[word])
        rows[-1].lines.append(number)
        if wanted.tags:
            rows[-1].tags.append(fields[place])
    found = [row for row in rows if row.tokens]
    if wanted.tags and found and {tag for row in found for tag in row.tags} == {"_"}:
        raise DataError(f"{source.name}: column {column!r} holds nothing but '_'.")
    return found, {"format": "conllu", "separator": "\t", "token": token, "column": column}
