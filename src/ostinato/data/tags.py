"""Tags of tokens that mark spans: schemes, their rules, spans out of them, repairs.

    bio     B begins an entity, I is inside it, O is outside (also called IOB2)
    iob1    B only where an entity begins right behind another of its type, else I
    iobes   besides, E ends an entity and S is one of a single token (also called BIOES)
    bilou   the same with L for E and U for S
    bmes    the same with M for I
    bmewo   the same with M for I and W for S
    none    tags without spans, such as parts of speech

A tag is "O", or a letter and a type in one of these forms: "B-person", "B_person", "person-B",
"person_B", or the letter alone where entities have no type. `read_tagged` gives "B-person", which
the tagger learns; `reform_tags` turns one form into another.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato.errors import DataError, check_choice

SCHEMES = ("bio", "iob1", "iobes", "bilou", "bmes", "bmewo", "none")
LETTERS = {
    "bio": "BIO",
    "iob1": "BIO",
    "iobes": "BIOES",
    "bilou": "BIOLU",
    "bmes": "BMOES",
    "bmewo": "BMOEW",
}
FORMS = ("B-type", "B_type", "type-B", "type_B", "B")
"""How a tag is written: where the letter stands, and the sign between it and the type."""
UNTYPED = "entity"
"""The type of entities whose tags are letters alone."""
REPAIRS = ("begin", "drop", "convert")
_ALL = "BIOESLUMW"
_SAME = str.maketrans("LUMW", "ESIS")
_WRITTEN = {  # inside, last, single
    "bio": "IIB",
    "iob1": "III",
    "iobes": "IES",
    "bilou": "ILU",
    "bmes": "MES",
    "bmewo": "MEW",
}


class Span(NamedTuple):
    """Tokens from `start` up to, not including, `end` are one entity."""

    type: str
    start: int
    end: int


def split_tag(tag: str) -> tuple[str, str]:
    """The letter and the type: ("B", "person") of "B-person" or "person_B", ("O", "") of "O".

    A tag that marks no span is all letter: ("NOUN", "").
    """
    letter, kind, _ = _parts(tag)
    return letter, kind


@functools.lru_cache(maxsize=4096)
def _parts(tag: str) -> tuple[str, str, str]:
    """The letter, the type, and the form; the form is "" for "O" and for what marks no span."""
    if len(tag) > 2 and tag[1] in "-_" and tag[0] in _ALL:
        return tag[0], tag[2:], f"B{tag[1]}type"
    if len(tag) > 2 and tag[-2] in "-_" and tag[-1] in _ALL:
        return tag[-1], tag[:-2], f"type{tag[-2]}B"
    return tag, "", "B" if len(tag) == 1 and tag in _ALL and tag != "O" else ""


def form_of(rows: Iterable[Sequence[str]]) -> str:
    """How the first tag that marks a span is written, one of `FORMS`; "B-type" if none does."""
    return next((form for row in rows for tag in row if (form := _parts(tag)[2])), FORMS[0])


def _write(letter: str, kind: str, form: str) -> str:
    if not kind:
        return letter
    sign = "_" if "_" in form else "-"
    return f"{kind}{sign}{letter}" if form.startswith("type") else f"{letter}{sign}{kind}"


def reform_tags(rows: Iterable[Sequence[str]], form: str = FORMS[0]) -> list[list[str]]:
    """The same tags written in another of `FORMS`.

    Entities without a type get the type "entity" where the form asks for one; "B" drops types.
    """
    check_choice("reform_tags", "form", form, FORMS)

    def written(tag: str) -> str:
        letter, kind, own = _parts(tag)
        if not own:
            return tag
        return letter if form == "B" else _write(letter, kind or UNTYPED, form)

    return [[written(tag) for tag in row] for row in rows]


def odd_tag(rows: Iterable[Sequence[str]]) -> tuple[str, str] | None:
    """A tag that fits no span scheme among tags that do, and why; None where all are of a kind.

    Tags mark spans where most of them have one form; then every other must be "O" or have it too.
    """
    counts = Counter(tag for row in rows for tag in row)
    forms = {tag: _parts(tag)[2] for tag in counts}
    marks = Counter(form for form in forms.values() if form)
    small = [tag for tag in counts if not forms[tag] and _parts(tag[:1].upper() + tag[1:])[2]]
    if not marks and small and all(tag in small or tag in "oO" for tag in counts):
        return small[0], "the letters B, I, O must be capitals"
    if not marks:
        return None
    form, many = marks.most_common(1)[0]
    begins = any(_parts(tag)[0] in "BI" for tag in counts if forms[tag] == form)
    if not begins or (2 * many <= len(counts) and "O" not in counts):
        return None
    for tag in counts:
        if tag != "O" and forms[tag] != form:
            return tag, f"the other tags are 'O' or written as {form!r}"
    return None


def guess_scheme(rows: Iterable[Sequence[str]]) -> str:
    """The scheme that rows of tags were written in; "none" where they mark no spans.

    Raises:
        DataError: most tags mark spans, but one does not fit.
    """
    rows = list(rows)
    odd = odd_tag(rows)
    if odd is not None:
        raise DataError(
            f"guess_scheme: tag {odd[0]!r} does not fit: {odd[1]}. Mend it, or name the scheme; "
            "'none' takes tags as they are."
        )
    tags = {tag for row in rows for tag in row}
    letters = {split_tag(tag)[0] for tag in tags}
    if not letters <= set(_ALL) or letters <= {"O"} or not letters & set("BIMESLUW"):
        return "none"
    if not all(tag == "O" or _parts(tag)[2] for tag in tags):
        return "none"
    if letters & set("MW"):
        return "bmewo" if "W" in letters else "bmes"
    if letters & set("LU"):
        return "bilou"
    if letters & set("ES"):
        return "iobes"
    return "bio" if any(fault(row, "iob1") for row in rows) else "iob1" if "I" in letters else "bio"


def fault(row: Sequence[str], scheme: str) -> tuple[int, str] | None:
    """The first place where a row of tags breaks its scheme, and why; None where it does not."""
    check_choice("fault", "scheme", scheme, SCHEMES)
    if scheme == "none":
        return None
    letters = LETTERS[scheme]
    form = form_of([row])
    before = "O"
    for place, tag in enumerate([*row, None]):
        end = tag is None
        tag = "O" if tag is None else tag
        letter, _, own = _parts(tag)
        if letter not in letters or (letter == "O") != (tag == "O"):
            listed = ", ".join(letters.replace("O", ""))
            return place, f"{tag!r} is no tag of {scheme}: O, or {listed} with a type"
        if own and own != form:
            return place, f"{tag!r} is not written as {form!r}, like those before it"
        if not _may_follow(before, tag, scheme):
            if end:
                return place - 1, f"{before!r} cannot end a sentence in {scheme}"
            return place, f"{tag!r} cannot follow {before!r} in {scheme}"
        before = tag
    return None


def _may_follow(before: str, tag: str, scheme: str) -> bool:
    (one, kind), (letter, own) = split_tag(before), split_tag(tag)
    one, letter = one.translate(_SAME), letter.translate(_SAME)
    if scheme == "iob1":
        return letter != "B" or (one in "BI" and kind == own)
    continues = one in "BI" and kind == own
    if scheme == "bio":
        return letter != "I" or continues
    open_before = one in "BI"
    return continues if letter in "IE" else not open_before


def check_tags(where: str, rows: Iterable[Sequence[str]], scheme: str) -> None:
    """Raise DataError at the first row that breaks the scheme or is not written as "B-type"."""
    for number, row in enumerate(rows):
        form = form_of([row])
        if scheme != "none" and form != FORMS[0]:
            raise DataError(
                f"{where}: row {number} has tags written as {form!r}; they must be written as "
                f"{FORMS[0]!r}. Use data.reform_tags(y), or scheme 'none' to take them as they are."
            )
        found = fault(row, scheme)
        if found is not None:
            raise DataError(f"{where}: row {number}, tag {found[0]}: {found[1]}.")


def spans_of(row: Sequence[str]) -> list[Span]:
    """The entities of one row of tags in any scheme, as seqeval's default mode counts them.

    An entity ends before B, S and O, behind E and S, and where the type changes; a row that breaks
    its scheme has spans nonetheless: "I-x" behind "O" begins one.
    """
    found: list[Span] = []
    kind, start = "", 0
    before = "O"
    for place, tag in enumerate([*row, "O"]):
        letter, own = split_tag(tag)
        letter = letter.translate(_SAME)
        ends = before != "O" and (before in "ES" or letter in "BSO" or own != kind)
        begins = letter != "O" and (letter in "BS" or before in "OES" or own != kind)
        if ends:
            found.append(Span(kind, start, place))
        if begins:
            start = place
        before, kind = letter, own
    return found


def tags_of(
    spans: Iterable[Span], length: int, scheme: str = "bio", *, form: str = "B-type"
) -> list[str]:
    """The row of `length` tags that marks the spans, written in one of `FORMS`.

    Raises:
        DataError: two spans overlap, or one lies outside.
    """
    check_choice("tags_of", "scheme", scheme, tuple(LETTERS))
    check_choice("tags_of", "form", form, FORMS)
    row = ["O"] * length
    before = Span("", 0, 0)
    inside, last, single = _WRITTEN[scheme]
    for span in sorted(spans, key=lambda each: each.start):
        kind, start, end = span
        if start < before.end or not start < end <= length:
            raise DataError(f"tags_of: {span} overlaps {before} or lies outside {length} tokens.")
        letters = ["B", *inside * (end - start - 2), last] if end - start > 1 else [single]
        if scheme == "iob1":
            touches = before.end == start and before.type == kind and start
            letters[0] = "B" if touches else "I"
        row[start:end] = [_write(letter, kind, form) for letter in letters]
        before = span
    return row


def convert_tags(rows: Iterable[Sequence[str]], scheme: str) -> list[list[str]]:
    """Rows of tags of any scheme in another: the same spans, written in the same form."""
    rows = list(rows)
    form = form_of(rows)
    return [tags_of(spans_of(row), len(row), scheme, form=form) for row in rows]


def repair_tags(row: Sequence[str], scheme: str, how: str = "begin") -> list[str]:
    """A row of tags that keeps to its scheme, made from one that may not.

    Args:
        row: tags of one sentence, in the letters of `scheme`.
        scheme: "none" changes nothing.
        how: what becomes of tags that break the rules, for example of I-y in "O I-y" and "B-x I-y".
            "begin": it begins an entity, as conlleval (the CoNLL-2000 script) counts: O B-y, and
            B-x B-y. "drop": its entity is left out: O O, and B-x O. "convert": behind an open
            entity it takes the type of that entity: B-x I-x; elsewhere it begins one: O B-y.

    Tags that keep to the scheme come back as they are.
    """
    check_choice("repair_tags", "scheme", scheme, SCHEMES)
    check_choice("repair_tags", "how", how, REPAIRS)
    row = list(row)
    if fault(row, scheme) is None:
        return row
    form = form_of([row])
    if how == "convert":
        row = _of_one_type(row, form)
    spans = spans_of(row)
    if how == "drop":
        legal = tags_of(spans, len(row), scheme, form=form)
        spans = [
            span for span in spans if row[span.start : span.end] == legal[span.start : span.end]
        ]
    return tags_of(spans, len(row), scheme, form=form)


def _of_one_type(row: list[str], form: str) -> list[str]:
    """The row where what is inside an open entity has the type of that entity."""
    open_kind, result = None, []
    for tag in row:
        letter, kind = split_tag(tag)
        plain = letter.translate(_SAME)
        if plain in "IE" and open_kind is not None:
            kind = open_kind
        open_kind = kind if plain in "BI" else None
        result.append(tag if letter == "O" else _write(letter, kind, form))
    return result


def legal_moves(tags: Sequence[str], scheme: str) -> dict[str, Any]:
    """Which tag may follow which, stand first and last: what `nn.CRF` takes, boolean arrays."""
    check_choice("legal_moves", "scheme", scheme, SCHEMES)
    if scheme == "none":
        return {}
    return {
        "moves": np.array([[_may_follow(a, b, scheme) for b in tags] for a in tags]),
        "first": np.array([_may_follow("O", tag, scheme) for tag in tags]),
        "last": np.array([_may_follow(tag, "O", scheme) for tag in tags]),
    }
