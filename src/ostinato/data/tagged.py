"""Tagged sentences from files: CoNLL's columns, CoNLL-U, JSON lines with spans."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ostinato.data.sources import Source, decode, read_sources
from ostinato.data.tags import SCHEMES, Span, convert_tags, fault, guess_scheme, tags_of
from ostinato.data.words import word_places
from ostinato.errors import DataError, check_choice, suggestion

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
FORMATS = ("auto", "conll", "conllu", "jsonl")
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_SPANS = ("spans", "entities", "label", "labels")


class Sentence(NamedTuple):
    """Tokens, their tags, and where each stands: the file and the line (from 1)."""

    tokens: list[str]
    tags: list[str]
    lines: list[int]
    name: str


def read_tagged(
    paths: Paths,
    *,
    format: str = "auto",
    column: str | int | None = None,
    scheme: str = "auto",
    convert: str | None = None,
    errors: str = "strict",
) -> tuple[list[list[str]], list[list[str]]]:
    """Tokens and tags of every sentence.

    Args:
        paths: files, patterns or "-"; also in .gz, .xz, .bz2 or .zip.
        format: "conll": a token a line, fields set apart by tabs or spaces, an empty line between
            sentences; "conllu": Universal Dependencies, without words of several tokens and empty
            nodes; "jsonl": an object a line with "tokens" and "tags", or with "text" and "spans",
            a list of {"start", "end", "type"} or [start, end, type] in characters. "auto" goes by
            the file's suffix (.conllu, .jsonl, else CoNLL).
        column: the tag's field: a name for CoNLL-U ("upos", "xpos", "lemma", "deprel", ...; None is
            "upos"), a number from 0 for CoNLL (None is the last).
        scheme: what the tags must keep to: "bio", "iob1", "iobes", "bilou", "none" (no spans), or
            "auto", which guesses and then checks.
        convert: the scheme to turn them into; None leaves them.
        errors: "replace" reads bytes that are not UTF-8 as U+FFFD.

    Returns:
        X, lists of tokens, and y, lists of tags.

    Raises:
        DataError: a file cannot be used, a line does not fit or breaks the scheme; the message has
            the line.
    """
    where = "read_tagged"
    check_choice(where, "format", format, FORMATS)
    check_choice(where, "scheme", scheme, ("auto", *SCHEMES))
    check_choice(where, "errors", errors, ("strict", "replace"))
    if convert is not None:
        check_choice(where, "convert", convert, SCHEMES[:-1])
    found: list[Sentence] = []
    for source in read_sources(paths, errors):
        kind = format if format != "auto" else _KINDS.get(source.suffix, "conll")
        # Only "\n" ends a line: str.splitlines would also cut at U+2028.
        lines = [line.removesuffix("\r") for line in decode(source).split("\n")]
        found += _READERS[kind](source, lines, column)
    if not found:
        raise DataError(f"{where}: there is no sentence in the files.")
    rows = [each.tags for each in found]
    used = guess_scheme(rows) if scheme == "auto" else scheme
    for sentence in found:
        wrong = fault(sentence.tags, used)
        if wrong is not None:
            place, why = wrong
            raise DataError(
                f"{sentence.name}: line {sentence.lines[place]} ({sentence.tokens[place]!r}): "
                f"{why}. Mend the line, or name another scheme; 'none' takes tags as they are."
            )
    if convert is not None and used != "none":
        rows = convert_tags(rows, convert)
    return [each.tokens for each in found], rows


def _conll(source: Source, lines: Sequence[str], column: Any) -> Iterator[Sentence]:
    if not (column is None or (isinstance(column, int) and not isinstance(column, bool))):
        raise DataError(f"{source.name}: column of a CoNLL file is a number, got {column!r}.")
    place = -1 if column is None else column
    tabs = any("\t" in line.strip() for line in lines)
    held = Sentence([], [], [], source.name)
    for number, line in enumerate([*lines, ""], 1):
        if not line.strip() or line.startswith("-DOCSTART-"):
            if held.tokens:
                yield held
                held = Sentence([], [], [], source.name)
            continue
        fields = line.rstrip().split("\t") if tabs else line.split()
        if len(fields) < 2 or not -len(fields) <= place < len(fields) or not fields[0].strip():
            raise DataError(
                f"{source.name}: line {number} must have a token and a tag"
                f"{'' if column is None else f' in field {column}'}, with "
                f"{'a tab' if tabs else 'space'} between fields, got {line[:60]!r}."
            )
        held.tokens.append(fields[0])
        held.tags.append(fields[place].strip())
        held.lines.append(number)


def _conllu(source: Source, lines: Sequence[str], column: Any) -> Iterator[Sentence]:
    name = "upos" if column is None else column
    if name not in CONLLU:
        raise DataError(
            f"{source.name}: column must be one of {', '.join(CONLLU)}, got {name!r}."
            f"{suggestion(name, CONLLU)}"
        )
    place = CONLLU.index(name)
    held = Sentence([], [], [], source.name)
    for number, line in enumerate([*lines, ""], 1):
        if not line.strip():
            if held.tokens:
                yield held
                held = Sentence([], [], [], source.name)
            continue
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != len(CONLLU):
            raise DataError(
                f"{source.name}: line {number} must have {len(CONLLU)} fields with tabs between "
                f"them, got {len(fields)}: {line[:60]!r}."
            )
        if "-" in fields[0] or "." in fields[0]:
            continue
        held.tokens.append(fields[1])
        held.tags.append(fields[place])
        held.lines.append(number)


def _jsonl(source: Source, lines: Sequence[str], column: Any) -> Iterator[Sentence]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{source.name}: line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{where} is no JSON: {error}.") from None
        if not isinstance(row, dict):
            raise DataError(f"{where} must be an object, got {line[:40]!r}.")
        if "tokens" in row:
            tokens, tags = row["tokens"], row.get("tags", [])
            if not _words(tokens) or not _words(tags) or len(tokens) != len(tags):
                raise DataError(f"{where}: tokens and tags must be lists of strings, as many each.")
        elif isinstance(row.get("text"), str):
            tokens, tags = _from_spans(where, row)
        else:
            raise DataError(
                f"{where} must have 'tokens' and 'tags', or 'text' and 'spans', got "
                f"{', '.join(map(repr, row)) or 'nothing'}."
            )
        if tokens:
            yield Sentence(tokens, tags, [number] * len(tokens), source.name)


def _words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _from_spans(where: str, row: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Tokens and BIO tags. Tokens are cut where a span begins or ends inside of them."""
    text = row["text"]
    given = next((row[name] for name in _SPANS if name in row), [])
    spans: list[Span] = []
    for each in given:
        try:
            if isinstance(each, dict):
                kind = each["type"] if "type" in each else each["label"]
                start, end = each["start"], each["end"]
            else:
                start, end, kind = each
            fits = 0 <= int(start) < int(end) <= len(text) and text[start:end].strip()
        except (KeyError, TypeError, ValueError):
            raise DataError(
                f"{where}: a span must have start, end and type, got {each!r}."
            ) from None
        if not fits or not str(kind):
            raise DataError(
                f"{where}: a span must lie within the text's {len(text)} characters and have a "
                f"type, got {each!r}."
            )
        spans.append(Span(str(kind), int(start), int(end)))
    spans.sort(key=lambda each: each.start)
    for one, other in itertools.pairwise(spans):
        if other.start < one.end:
            raise DataError(f"{where}: spans must not overlap, got {tuple(one)}, {tuple(other)}.")
    cuts = {place for each in spans for place in (each.start, each.end)}
    places = [piece for each in word_places(text) for piece in _cut(each, cuts)]
    tokens = [text[a:b] for a, b in places]
    inside = [
        Span(
            each.type,
            next(k for k, (_, b) in enumerate(places) if b > each.start),
            next((k for k, (a, _) in enumerate(places) if a >= each.end), len(places)),
        )
        for each in spans
    ]
    return tokens, tags_of(inside, len(tokens))


def _cut(place: tuple[int, int], cuts: set[int]) -> list[tuple[int, int]]:
    start, end = place
    inner = [start, *sorted(each for each in cuts if start < each < end), end]
    return list(itertools.pairwise(inner))


_KINDS = {".conllu": "conllu", ".jsonl": "jsonl", ".json": "jsonl"}
_READERS = {"conll": _conll, "conllu": _conllu, "jsonl": _jsonl}
