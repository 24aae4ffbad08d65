"""Sentences with a row each, or a row a token: JSON lines, Parquet, CSV."""

from __future__ import annotations

import ast
import io
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from ostinato.data.json_lines import json_values
from ostinato.data.sources import Source
from ostinato.data.tables import written_table
from ostinato.data.tagged_columns import Found, Sentence, Wanted
from ostinato.data.tags import Span, tags_of
from ostinato.data.words import word_places
from ostinato.errors import DataError, MissingDependencyError, suggestion

_TOKENS = ("tokens", "words")
_TAGS = ("tags", "ner_tags", "labels", "ner", "pos_tags", "upos", "xpos", "chunk_tags")
_SPANS = ("spans", "entities", "label", "labels")
_WORD = ("word", "token", "words", "tokens", "form")
_TAG = ("tag", "ner", "ner_tag", "label", "tags", "entity", "pos", "upos")
_SENTENCE = ("sentence #", "sentence", "sentence_id", "sentence id", "sent_id", "sent")


def read_jsonl(source: Source, wanted: Wanted) -> Found:
    """An object a line with tokens and tags, or with a text and spans; or a list of tokens, or of
    pairs of a token and a tag."""
    rows = ((f"{source.name}: line {number}", number, row) for number, row in json_values(source))
    return _read_rows(source, rows, wanted, "jsonl", wanted.names)


def read_parquet(source: Source, wanted: Wanted) -> Found:
    """Columns of lists. The names of whole-number tags are in files that `datasets` wrote."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependencyError(
            f"{source.name}: Parquet needs pyarrow. "
            'Install it with: pip install "ostinato[parquet]"'
        ) from None
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(source.content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{source.name}: is not a readable Parquet file: {error}.") from error
    names = wanted.names
    if names is None:
        column = wanted.column or next((name for name in _TAGS if name in table.column_names), "")
        names = _class_names((table.schema.metadata or {}).get(b"huggingface"), str(column))
    rows = (
        (f"{source.name}: row {number}", number, row)
        for number, row in enumerate(table.to_pylist())
    )
    return _read_rows(source, rows, wanted, "parquet", names)


def _class_names(document: bytes | None, column: str) -> Sequence[str] | None:
    """The names of a column of `datasets.ClassLabel`, out of the file's own description."""
    try:
        feature = json.loads(document or b"{}")["info"]["features"][column]
        return list(feature.get("feature", feature)["names"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _read_rows(
    source: Source,
    rows: Iterable[tuple[str, int, Any]],
    wanted: Wanted,
    kind: str,
    names: Sequence[str] | None,
) -> Found:
    found: list[Sentence] = []
    token: Any = wanted.token
    column: Any = wanted.column
    for where, number, row in rows:
        if isinstance(row, list):
            tokens, tags = _from_list(where, row, wanted)
        elif not isinstance(row, dict):
            raise DataError(f"{where} must be an object or a list, got {str(row)[:40]!r}.")
        else:
            field = token if token is not None else next((k for k in _TOKENS if k in row), None)
            if field is not None and field in row:
                token = field
                tokens = _strings(where, str(field), row[field])
                tags = []
                if wanted.tags:
                    column = column or next((k for k in _TAGS if k in row and k != field), None)
                    tags = _tags(where, row, column, names)
            elif isinstance(row.get("text"), str):
                tokens, tags = _from_spans(where, row, wanted.column if wanted.tags else None)
                tags = tags if wanted.tags else []
            else:
                raise DataError(
                    f"{where} must have 'tokens' and 'tags', or 'text' and 'spans', got "
                    f"{', '.join(map(repr, row)) or 'nothing'}."
                )
        if wanted.tags and len(tokens) != len(tags):
            raise DataError(
                f"{where}: tokens and tags must be lists of strings, as many each, got "
                f"{len(tokens)} and {len(tags)}."
            )
        if tokens or not wanted.tags:
            found.append(Sentence(tokens, tags, [number] * len(tokens), source.name))
    return found, {
        "format": kind,
        "token": token,
        "column": column,
        "names": None if names is None else tuple(names),
    }


def _strings(where: str, name: str, value: Any) -> list[str]:
    """The value, if it is a list of strings."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise DataError(f"{where}: {name!r} must be a list of strings, got {str(value)[:60]}.")
    return value


def _tags(where: str, row: dict[str, Any], column: Any, names: Sequence[str] | None) -> list[str]:
    if column is None or column not in row:
        raise DataError(
            f"{where}: no tags{'' if column is None else f' {column!r}'}, got "
            f"{', '.join(map(repr, row))}. Name their field with column."
            f"{suggestion(column, row) if column is not None else ''}"
        )
    value = row[column]
    whole = isinstance(value, list) and all(
        isinstance(each, int) and not isinstance(each, bool) for each in value
    )
    if not whole or not value:
        return _strings(where, str(column), value)
    if names is None:
        raise DataError(
            f"{where}: {column!r} are numbers. Say what they stand for, from 0 on: "
            "names=['O', 'B-PER', ...] (in the shell, --names O,B-PER,...)."
        )
    wrong = next((each for each in value if not 0 <= each < len(names)), None)
    if wrong is not None:
        raise DataError(
            f"{where}: tag {wrong} has no name; there are {len(names)}, for 0 to {len(names) - 1}."
        )
    return [str(names[each]) for each in value]


def _from_list(where: str, row: list[Any], wanted: Wanted) -> tuple[list[str], list[str]]:
    pairs = [each for each in row if isinstance(each, list) and len(each) == 2]
    if row and len(pairs) == len(row):
        tokens = _strings(where, "tokens", [one for one, _ in pairs])
        return tokens, _strings(where, "tags", [other for _, other in pairs])
    if wanted.tags:
        raise DataError(f"{where} must be a list of pairs [token, tag], got {str(row)[:40]}.")
    return _strings(where, "tokens", row), []


def _from_spans(where: str, row: dict[str, Any], column: Any) -> tuple[list[str], list[str]]:
    """Tokens and BIO tags. Tokens are cut where a span begins or ends inside of them."""
    text = row["text"]
    if column is not None and column not in row:
        raise DataError(f"{where}: no {column!r}, got {', '.join(map(repr, row))}.")
    chosen = [column] if column is not None else [name for name in _SPANS if name in row]
    given = row[chosen[0]] if chosen else []
    spans: list[Span] = []
    for each in given if isinstance(given, list) else [given]:
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


def read_csv(source: Source, wanted: Wanted) -> Found:
    """A token a row. A filled cell in the sentence's column begins a sentence (Kaggle's NER data,
    where the others are empty), or another value in it does, or an empty row.

    Also Kaggle's other shape: a sentence a row, its tags written as a Python list.
    """
    frame, layout = written_table(source)
    names = [str(name) for name in frame.columns]
    small = {name.lower(): name for name in reversed(names)}

    def find(option: str, given: Any, candidates: Sequence[str]) -> str | None:
        if given is not None:
            if given not in names:
                raise DataError(
                    f"{source.name}: no column {given!r} for {option}. Columns: "
                    f"{', '.join(names)}.{suggestion(given, names)}"
                )
            return str(given)
        return next((small[each] for each in candidates if each in small), None)

    sentence = find("the sentence", None, _SENTENCE)
    column = find("column", wanted.column, _TAG)
    token = find("token", wanted.token, _WORD)
    if wanted.tags and column is None:
        raise DataError(
            f"{source.name}: no column of tags. Columns: {', '.join(names)}. Name it with column."
        )
    values = {name: frame[name].tolist() for name in (sentence, token, column) if name is not None}
    fields = {
        "format": "csv",
        "separator": layout.separator,
        "token": token,
        "column": column,
        "sentence": sentence,
    }
    tags = values[column] if column is not None and wanted.tags else None
    if token is None:
        if sentence is None:
            raise DataError(
                f"{source.name}: no column of tokens. Columns: {', '.join(names)}. Name it with "
                "token."
            )
        return _whole_sentences(source, values[sentence], tags), fields
    marks = values[sentence] if sentence is not None else [""] * len(frame)
    blank = "" in marks
    found, before = [Sentence([], [], [], source.name)], ""
    for row, word in enumerate(values[token]):
        tag = "" if tags is None else tags[row]
        if (blank and marks[row]) or (not blank and marks[row] != before) or not (word or tag):
            found.append(Sentence([], [], [], source.name))
        before = marks[row]
        if not word and not tag:
            continue
        if not word or (tags is not None and not tag):
            raise DataError(
                f"{source.name}: row {row} must have a token and a tag, got {word!r} and {tag!r}."
            )
        found[-1].tokens.append(word)
        found[-1].lines.append(row + 2)
        if tags is not None:
            found[-1].tags.append(tag)
    return [each for each in found if each.tokens], fields


def _whole_sentences(source: Source, texts: list[str], tags: list[str] | None) -> list[Sentence]:
    found = []
    for row, text in enumerate(texts):
        tokens, given = text.split(" "), []
        if tags is not None:
            try:
                given = ast.literal_eval(tags[row])
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                given = None
            if not isinstance(given, list) or len(given) != len(tokens):
                raise DataError(
                    f"{source.name}: row {row} must have a list of {len(tokens)} tags, as many as "
                    f"words with a space between, got {tags[row][:60]!r}."
                )
        found.append(
            Sentence(tokens, [str(each) for each in given], [row + 2] * len(tokens), source.name)
        )
    return found
