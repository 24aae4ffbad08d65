"""Tagged sentences from files of many kinds, and back into files."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ostinato.data.labels import is_missing
from ostinato.data.sources import PARQUET, Source, read_sources
from ostinato.data.tagged_columns import (
    CONLLU,
    Sentence,
    Wanted,
    looks_like_conllu,
    read_conll,
    read_conllu,
)
from ostinato.data.tagged_rows import read_csv, read_jsonl, read_parquet
from ostinato.data.tags import (
    FORMS,
    SCHEMES,
    convert_tags,
    fault,
    form_of,
    guess_scheme,
    odd_tag,
    reform_tags,
)
from ostinato.errors import DataError, check_choice

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Rows = list[list[str]]
FORMATS = ("auto", "conll", "conllu", "jsonl", "csv", "parquet")
_KINDS = {
    ".conllu": "conllu",
    ".conllup": "conllu",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNWRITABLE = re.compile("[\t\n\r\0\ud800-\udfff]|^-DOCSTART-|^\ufeff")
_READERS = {
    "conll": read_conll,
    "conllu": read_conllu,
    "jsonl": read_jsonl,
    "csv": read_csv,
    "parquet": read_parquet,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaggedLayout:
    """How tagged sentences stand in a file: what was found once and holds for the next file.

    Attributes:
        format: "conll", "conllu", "jsonl", "csv" or "parquet".
        token, column: the fields of the tokens and the tags: a number from 0 (CoNLL) or a name.
        separator: what stands between fields; " " is any number of spaces.
        scheme: the tags' scheme, one of `SCHEMES`.
        form: how tags are written, one of `FORMS`.
        names: what whole-number tags stand for; None where tags are words.
        sentence: CSV: the column whose filled cells begin sentences.
    """

    format: str = "conll"
    token: str | int | None = None
    column: str | int | None = None
    separator: str = "\t"
    scheme: str = "none"
    form: str = FORMS[0]
    names: tuple[str, ...] | None = None
    sentence: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        result = dataclasses.asdict(self)
        return {**result, "names": None if self.names is None else list(self.names)}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TaggedLayout:
        """The layout that `to_dict` described."""
        names = state.get("names")
        return cls(**{**state, "names": None if names is None else tuple(names)})


class Tagged(NamedTuple):
    """Tokens, tags, and how they stood in the files."""

    X: Rows
    y: Rows
    layout: TaggedLayout


def read_tagged(
    paths: Paths,
    *,
    format: str = "auto",
    column: str | int | None = None,
    scheme: str = "auto",
    convert: str | None = None,
    errors: str = "strict",
    token: str | int | None = None,
    names: Sequence[str] | None = None,
    layout: TaggedLayout | None = None,
) -> tuple[Rows, Rows]:
    """Tokens and tags of every sentence.

    Args:
        paths: files, patterns or "-"; also in .gz, .xz, .bz2, .zst or .zip.
        format: "conll": a token a line, fields set apart by tabs or spaces, an empty line between
            sentences, "# ..." lines before them left out; "conllu": Universal Dependencies,
            without words of several tokens and empty nodes; "jsonl": an object a line with
            "tokens" and "tags" (or "ner_tags"), or with "text" and "spans", a list of {"start",
            "end", "type"} or [start, end, type] in characters, or a list of [token, tag];
            "csv": a token a row, as Kaggle's NER data; "parquet": columns of lists. "auto" goes by
            the file's suffix and what is in it.
        column: the tags' field: a name ("upos", "xpos", "ner_tags", "Tag", ...; CoNLL-U: None is
            "upos"), a number from 0 for CoNLL (None is the last).
        scheme: what the tags must keep to: "bio", "iob1", "iobes", "bilou", "bmes", "bmewo",
            "none" (no spans), or "auto", which guesses and then checks.
        convert: the scheme to turn them into; None leaves them.
        errors: "replace" reads bytes that are not UTF-8 as U+FFFD.
        token: the tokens' field, as `column`; None finds it.
        names: what whole-number tags stand for, from 0 on.
        layout: what `load_tagged` found in another file: its fields, scheme and names are used
            where they are not named here.

    Returns:
        X, lists of tokens, and y, lists of tags. Tags of spans are written as "B-type" whatever
        form the file has ("B_type", "type-B", or letters alone, which get the type "entity").

    Raises:
        DataError: a file cannot be used, a line does not fit or breaks the scheme; the message has
            the line.
    """
    read = load_tagged(
        paths,
        format=format,
        column=column,
        scheme=scheme,
        convert=convert,
        errors=errors,
        token=token,
        names=names,
        layout=layout,
    )
    return read.X, read.y


def load_tagged(
    paths: Paths,
    *,
    format: str = "auto",
    column: str | int | None = None,
    scheme: str = "auto",
    convert: str | None = None,
    errors: str = "strict",
    token: str | int | None = None,
    names: Sequence[str] | None = None,
    layout: TaggedLayout | None = None,
) -> Tagged:
    """`read_tagged`, and the layout of the files besides, for a model to remember."""
    where = "read_tagged"
    check_choice(where, "scheme", scheme, ("auto", *SCHEMES))
    if convert is not None:
        check_choice(where, "convert", convert, SCHEMES[:-1])
    found, fields = _read(paths, format, Wanted(token, column, names), errors, layout)
    if scheme == "auto" and layout is not None:
        scheme = layout.scheme
    used, form = _keep_to_scheme(found, scheme)
    rows = [each.tags for each in found]
    if used != "none":
        rows = reform_tags(rows)
        if convert is not None:
            rows = convert_tags(rows, convert)
    known = {**fields, "scheme": used, "form": form}
    return Tagged([each.tokens for each in found], rows, TaggedLayout(**known))


def read_tokens(
    paths: Paths,
    *,
    format: str = "auto",
    errors: str = "strict",
    token: str | int | None = None,
    layout: TaggedLayout | None = None,
) -> Rows:
    """The tokens of every sentence, read as `read_tagged` reads them; tags may be there or not.

    In JSON lines a row may be a list of tokens alone, and a row without tokens stays, as an empty
    sentence, so that answers stand beside their rows.

    Raises:
        DataError: a file cannot be used.
    """
    found, _ = _read(paths, format, Wanted(token, tags=False), errors, layout)
    return [each.tokens for each in found]


def _read(
    paths: Paths, format: str, wanted: Wanted, errors: str, layout: TaggedLayout | None
) -> tuple[list[Sentence], dict[str, Any]]:
    where = "read_tagged"
    check_choice(where, "format", format, FORMATS)
    check_choice(where, "errors", errors, ("strict", "replace"))
    found: list[Sentence] = []
    fields: dict[str, Any] = {}
    for source in read_sources(paths, errors):
        kind = format if format != "auto" else _kind_of(source, layout)
        here = wanted
        if layout is not None and layout.format == kind:
            here = Wanted(
                layout.token if wanted.token is None else wanted.token,
                layout.column if wanted.column is None and wanted.tags else wanted.column,
                layout.names if wanted.names is None else wanted.names,
                wanted.tags,
            )
        sentences, seen = _READERS[kind](source, here)
        found += sentences
        fields = fields or seen
    if not found:
        raise DataError(f"{where}: there is no sentence in the files.")
    return found, fields


def _kind_of(source: Source, layout: TaggedLayout | None) -> str:
    """The format by the name's end; for names that do not tell, by what is in the file."""
    if source.content.startswith(PARQUET):
        return "parquet"
    if source.suffix in _KINDS:
        return _KINDS[source.suffix]
    text = source.content.decode("utf-8-sig", errors="replace")
    if source.suffix == "" and text.lstrip().startswith(('{"', "[[", '["')):
        return "jsonl"
    if looks_like_conllu(text):
        return "conllu"
    return layout.format if layout is not None and layout.format == "csv" else "conll"


def _keep_to_scheme(found: list[Sentence], scheme: str) -> tuple[str, str]:
    """The scheme and the form of the tags.

    Raises:
        DataError: a tag does not fit; the message has the file and the line.
    """
    rows = [each.tags for each in found]
    if scheme == "auto":
        odd = odd_tag(rows)
        for sentence in found if odd else ():
            if odd and odd[0] in sentence.tags:
                raise _misfit(sentence, sentence.tags.index(odd[0]), f"tag {odd[0]!r}: {odd[1]}")
        scheme = guess_scheme(rows)
    if scheme == "none":
        return scheme, FORMS[0]
    form = form_of(rows)
    for sentence in found:
        wrong = fault(sentence.tags, scheme)
        if wrong is not None:
            raise _misfit(sentence, *wrong)
    return scheme, form


def _misfit(sentence: Sentence, place: int, why: str) -> DataError:
    return DataError(
        f"{sentence.name}: line {sentence.lines[place]} ({sentence.tokens[place]!r}): {why}. Mend "
        "the line, or name another scheme; 'none' takes tags as they are."
    )


def write_tagged(
    path: str | os.PathLike[str],
    X: Iterable[Sequence[str]],
    y: Iterable[Sequence[str]],
    *,
    format: str = "conll",
    layout: TaggedLayout | None = None,
) -> None:
    """Sentences and their tags in a file that `read_tagged` reads back.

    Args:
        path: the file's name, or "-" for standard output.
        X: lists of tokens.
        y: lists of tags, as many as tokens.
        format: "conll": token, tab, tag a line; "conllu": the tag in "upos", or in the layout's
            column, all other fields "_"; "jsonl": an object with "tokens" and "tags" a line.
        layout: what `load_tagged` found: tags are written in its form.

    Raises:
        DataError: X and y do not fit together, or CoNLL cannot hold them: an empty sentence, or a
            token that is empty or holds a tab or a line's end. JSON lines hold every token.
    """
    text = format_tagged(X, y, format=format, layout=layout, where="write_tagged")
    if os.fspath(path) == "-":
        sys.stdout.write(text)
        return
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def format_tagged(
    X: Iterable[Sequence[str]],
    y: Iterable[Sequence[str]],
    *,
    format: str = "conll",
    layout: TaggedLayout | None = None,
    where: str = "format_tagged",
) -> str:
    """The content of the file that `write_tagged` writes."""
    check_choice(where, "format", format, ("conll", "conllu", "jsonl"))
    words, tags = [list(row) for row in X], [list(row) for row in y]
    if len(words) != len(tags):
        raise DataError(f"{where}: X has {len(words)} rows and y {len(tags)}.")
    for number, (one, other) in enumerate(zip(words, tags, strict=True)):
        if len(one) != len(other):
            raise DataError(f"{where}: row {number} has {len(one)} tokens and {len(other)} tags.")
    if layout is not None and layout.scheme != "none":
        tags = reform_tags(tags, layout.form)
    pairs = list(zip(words, tags, strict=True))
    if format == "jsonl":
        return "".join(f"{_json({'tokens': one, 'tags': other})}\n" for one, other in pairs)
    _check_writable(pairs)
    column = layout.column if layout is not None and layout.format == "conllu" else "upos"
    blocks = [
        "".join(
            f"{_line(format, place, token, tag, column)}\n"
            for place, (token, tag) in enumerate(zip(one, other, strict=True), 1)
        )
        for one, other in pairs
    ]
    return "\n".join(blocks) + ("\n" if format == "conllu" else "")


def _json(row: dict[str, list[str]]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8, but an escape.
    return json.dumps(row) if _SURROGATE.search(line) else line


def _line(format: str, place: int, token: str, tag: str, column: Any) -> str:
    if format == "conll":
        return f"{token}\t{tag}"
    fields = ["_"] * len(CONLLU)
    fields[0], fields[1], fields[CONLLU.index(column)] = str(place), token, tag
    return "\t".join(fields)


def _check_writable(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> None:
    for number, row in enumerate(pairs):
        if not row[0]:
            raise _unwritable(number, "is empty")
        for token in (*row[0], *row[1]):
            if is_missing(token) or not isinstance(token, str):
                raise _unwritable(number, f"has {token!r}, which is no string")
            if token.strip(" ") != token or _UNWRITABLE.search(token) or not token:
                raise _unwritable(number, f"has {token!r}")


def _unwritable(number: int, what: str) -> DataError:
    return DataError(
        f"write_tagged: row {number} {what}; CoNLL has no way to hold it. Write format='jsonl'."
    )
