"""A tagger's rows: sentences and tags read, checked, split and encoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.data.held_out import hold_out
from ostinato.data.inputs import column_of
from ostinato.data.tags import (
    FORMS,
    check_tags,
    convert_tags,
    form_of,
    guess_scheme,
    legal_moves,
    reform_tags,
    split_tag,
)
from ostinato.errors import DataError
from ostinato.tasks.sequence_tagger.options import SequenceTaggerOptions
from ostinato.tasks.sequence_tagger.words import WordReader

Rows = list[list[str]]
OUTSIDE = "O"


def read_sentences(where: str, X: Any, name: str = "X") -> Rows:
    """Sentences as lists of tokens, or rows of tags as lists of tags.

    Raises:
        DataError: a row is a text, or holds something that is no string.
    """
    rows = []
    for number, row in enumerate(column_of(where, name, X)):
        if isinstance(row, (str, bytes)) or not hasattr(row, "__iter__"):
            raise DataError(
                f"{where}: {name} must be lists of tokens; row {number} is {row!r:.60}. Cut texts "
                "into words first; entities(texts) does it itself."
            )
        rows.append(list(row))
        for each in rows[-1]:
            if not isinstance(each, str):
                raise DataError(
                    f"{where}: row {number} of {name} has {each!r:.60}, which is no string."
                )
    return rows


def read_pairs(where: str, X: Any, y: Any) -> tuple[Rows, Rows]:
    """Sentences and their tags, as many of each; empty sentences are left out.

    Raises:
        DataError: they are no lists of strings, or do not fit each other.
    """
    words, tags = read_sentences(where, X), read_sentences(where, y, "y")
    if len(words) != len(tags):
        raise DataError(
            f"{where}: X and y must have the same number of rows, got {len(words):,} and "
            f"{len(tags):,}."
        )
    for number, (one, other) in enumerate(zip(words, tags, strict=True)):
        if len(one) != len(other):
            raise DataError(
                f"{where}: row {number} has {len(one)} tokens and {len(other)} tags; it begins "
                f"{' '.join(one[:8])!r}."
            )
    kept = [k for k, row in enumerate(words) if row]
    return [words[k] for k in kept], [tags[k] for k in kept]


def split(
    where: str, words: Rows, tags: Rows, validation: Any, seed: int
) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows] | None]:
    """Sentences to learn from, and held-out ones or None.

    Raises:
        DataError: there are fewer than two sentences, or the held-out ones cannot be used.
    """
    if len(words) < 2:
        raise DataError(f"{where}: X must have at least 2 sentences, got {len(words)}.")

    def read(X: Any, y: Any) -> tuple[Rows, Rows]:
        return read_pairs(f"{where}: validation", X, y)

    return hold_out(where, (words, tags), validation, read=read, seed=seed)


@dataclasses.dataclass(kw_only=True)
class TaggerRows:
    """What was learned of the rows: the words, the scheme and the tags.

    Inside, tags are written "B-type" whatever form the user's have: `plain` brings theirs in, and
    `written` writes answers as theirs.

    Attributes:
        reader: words to numbers.
        scheme: of the tags as the user has them.
        form: how the user writes them, one of `data.tags.FORMS`.
        inner: the scheme inside the network.
        tags: inside the network, sorted.
    """

    reader: WordReader
    scheme: str
    form: str
    inner: str
    tags: list[str]

    @classmethod
    def learn(
        cls, where: str, options: SequenceTaggerOptions, words: Rows, tags: Rows
    ) -> TaggerRows:
        """The scheme and all of `tags`, and the vocabulary of `words`, the training rows.

        Raises:
            DataError: tags break their scheme, or there is one tag.
        """
        scheme = guess_scheme(tags) if options.scheme == "auto" else options.scheme
        form = FORMS[0] if scheme == "none" else form_of(tags)
        tags = _plain(where, tags, scheme)
        inner = "none" if scheme == "none" else options.tagging
        names = {tag for row in tags for tag in row}
        if scheme != "none":
            kinds = {split_tag(tag)[1] for tag in names if tag != OUTSIDE}
            letters = "BIES" if inner == "iobes" else "BI"
            names = {OUTSIDE} | {f"{letter}-{kind}" for letter in letters for kind in kinds}
        if len(names) < 2:
            raise DataError(
                f"{where}: y must have two tags or more, got only {sorted(names)}. Is the right "
                "column named?"
            )
        reader = WordReader.fit(
            words,
            max_vocabulary=options.max_vocabulary,
            min_count=options.min_count,
            max_chars=options.max_chars,
        )
        return cls(reader=reader, scheme=scheme, form=form, inner=inner, tags=sorted(names))

    @property
    def spans(self) -> bool:
        """Tags mark runs of tokens."""
        return self.scheme != "none"

    @property
    def sizes(self) -> dict[str, int]:
        return {**self.reader.sizes, "tags": len(self.tags)}

    @property
    def counts(self) -> list[int]:
        """How often training has each word of the vocabulary."""
        return [0, 0, *self.reader.counts]

    @property
    def limits(self) -> dict[str, Any]:
        """Which tag may follow which, as `nn.CRF` takes it."""
        return legal_moves(self.tags, self.inner)

    def plain(self, where: str, tags: Rows) -> Rows:
        """The user's tags written as "B-type".

        Raises:
            DataError: a row breaks the scheme.
        """
        return _plain(where, tags, self.scheme)

    def written(self, tags: Rows) -> Rows:
        """Tags as the user writes them."""
        return reform_tags(tags, self.form) if self.spans else tags

    def inside(self, tags: Sequence[Sequence[str]]) -> Rows:
        """Rows of plain tags in the scheme of the network."""
        if not self.spans:
            return [list(row) for row in tags]
        return convert_tags(tags, self.inner)

    def known(self, tags: Sequence[Sequence[str]]) -> np.ndarray:
        """For each row whether training has all of its tags, `(rows,)` booleans."""
        names = set(self.tags)
        return np.array([names.issuperset(row) for row in self.inside(tags)], dtype=bool)

    def targets(self, where: str, tags: Rows) -> list[np.ndarray]:
        """The numbers of each row's tags.

        Raises:
            DataError: a row breaks the scheme, or has a tag that training lacks.
        """
        check_tags(where, tags, self.scheme)
        places = {tag: k for k, tag in enumerate(self.tags)}
        for number, row in enumerate(self.inside(tags)):
            unknown = [k for k, tag in enumerate(row) if tag not in places]
            if unknown:
                raise DataError(
                    f"{where}: row {number} has the tag {tags[number][unknown[0]]!r}, which "
                    f"training lacks. Its tags: {', '.join(self.tags[:40])}."
                )
        return [np.array([places[tag] for tag in row], dtype=np.int64) for row in self.inside(tags)]

    def names(self, numbers: Sequence[np.ndarray]) -> Rows:
        """Plain tags in the scheme of the user."""
        rows = [[self.tags[k] for k in row] for row in numbers]
        return rows if self.inner == self.scheme else convert_tags(rows, self.scheme)

    def check_some_known(self, where: str, tags: Sequence[Sequence[str]]) -> None:
        """Refuse tags of which the model knows none: they are of another kind.

        Raises:
            DataError: names some of them and some of the model's.
        """
        given = {tag for row in tags for tag in row}
        shared = {tag for row in self.inside(tags) for tag in row} & set(self.tags)
        if given and not shared:
            raise DataError(
                f"{where}: the model knows none of these tags: {', '.join(sorted(given)[:8])}. Its "
                f"own are {', '.join(self.tags[:8])}. Is the right column named?"
            )

    def to_dict(self) -> dict[str, Any]:
        return {
            "reader": self.reader.to_dict(),
            "scheme": self.scheme,
            "form": self.form,
            "tags": self.tags,
        }

    @classmethod
    def from_dict(cls, options: SequenceTaggerOptions, document: dict[str, Any]) -> TaggerRows:
        scheme = document["scheme"]
        return cls(
            reader=WordReader.from_dict(document["reader"]),
            scheme=scheme,
            form=document.get("form", FORMS[0]),
            inner="none" if scheme == "none" else options.tagging,
            tags=document["tags"],
        )


def _plain(where: str, tags: Rows, scheme: str) -> Rows:
    if scheme != "none":
        tags = reform_tags(tags)
    check_tags(where, tags, scheme)
    return tags
