"""Tags of tokens that mark spans: schemes, their rules, and spans out of them.

    BIO     B begins an entity, I is inside it, O is outside (also called IOB2)
    IOB1    B only where an entity begins right behind another of its type, else I
    IOBES   besides, E ends an entity and S is one of a single token
    BILOU   the same with L for E and U for S

A tag is a letter and a type with "-" between them, "B-person", or "O". A scheme "none" has tags
without spans, such as parts of speech.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato.errors import DataError, check_choice

SCHEMES = ("bio", "iob1", "iobes", "bilou", "none")
LETTERS = {"bio": "BIO", "iob1": "BIO", "iobes": "BIOES", "bilou": "BIOLU"}
_SAME = str.maketrans("LU", "ES")


class Span(NamedTuple):
    """Tokens from `start` up to, not including, `end` are one entity."""

    type: str
    start: int
    end: int


def split_tag(tag: str) -> tuple[str, str]:
    """The letter and the type: ("B", "person") of "B-person", ("O", "") of "O"."""
    letter, _, kind = tag.partition("-")
    return letter, kind


def guess_scheme(rows: Iterable[Sequence[str]]) -> str:
    """The scheme that rows of tags were written in.

    "none" where a tag is neither "O" nor a letter of B, I, E, S, L, U with "-" and a type, or
    where none but "O" is there.
    """
    rows = list(rows)
    tags = {tag for row in rows for tag in row}
    letters = {split_tag(tag)[0] for tag in tags}
    typed = all(tag == "O" or (tag[1:2] == "-" and len(tag) > 2) for tag in tags)
    if not typed or not letters <= set("BIOESLU") or letters <= {"O"}:
        return "none"
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
    before = "O"
    for place, tag in enumerate([*row, None]):
        end = tag is None
        tag = tag or "O"
        letter, kind = split_tag(tag)
        if letter not in letters or (letter == "O") != (tag == "O") or (tag != "O" and not kind):
            return place, f"{tag!r} is no tag of {scheme}: O, or {', '.join(letters)} with a type"
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
    """Raise DataError at the first row that breaks the scheme."""
    for number, row in enumerate(rows):
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


def tags_of(spans: Iterable[Span], length: int, scheme: str = "bio") -> list[str]:
    """The row of `length` tags that marks the spans.

    Raises:
        DataError: two spans overlap, or one lies outside.
    """
    check_choice("tags_of", "scheme", scheme, tuple(LETTERS))
    row = ["O"] * length
    before = Span("", 0, 0)
    last, single = {"iobes": "ES", "bilou": "LU"}.get(scheme, "IB")
    for span in sorted(spans, key=lambda each: each.start):
        kind, start, end = span
        if start < before.end or not start < end <= length:
            raise DataError(f"tags_of: {span} overlaps {before} or lies outside {length} tokens.")
        letters = ["B", *"I" * (end - start - 2), last] if end - start > 1 else [single]
        if scheme == "iob1" and not (before.end == start and before.type == kind and start):
            letters[0] = "I"
        row[start:end] = [f"{letter}-{kind}" for letter in letters]
        before = span
    return row


def convert_tags(rows: Iterable[Sequence[str]], scheme: str) -> list[list[str]]:
    """Rows of tags of any scheme in another: the same spans."""
    return [tags_of(spans_of(row), len(row), scheme) for row in rows]


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
