"""What the rooms above ask of a task's files: Protocols, and the data that goes between.

A task's folder has `shell.py` (these names: `Words`, `ANSWER`, `MEASURE`, `read`, `answer`,
`measure`, and `feed` where it has a stream), `evidence.py` (`evidence`), `export.py` (`example`)
and an estimator whose `stream()` returns a `Stream`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ostinato.options import Options


class Stream(Protocol):
    """A causal model fed one step at a time; its answers are `predict`'s, bit for bit."""

    def step(self, x: Any) -> Any:
        """The answer after `x`, the next of what is read."""
        ...

    def reset(self) -> None:
        """Begin anew."""
        ...


@dataclass(kw_only=True)
class Loaded:
    """Rows that the shell read for one fit.

    Attributes:
        arguments: positional arguments of `fit`.
        validation: as `fit` takes it: a fraction, or held-out rows.
        source: what the shell was told about the data (columns, separators, formats), as values
            JSON can hold; the model remembers it, and `predict` and `evaluate` use it.
        facts: what the report says about the data, name to value.
        example: words that follow `ostinato predict MODEL` in an example.
    """

    arguments: tuple[Any, ...]
    validation: Any
    source: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    example: Sequence[str] = ()


class Shell(Protocol):
    """A task's `shell.py`. Importing it must not import torch.

    Attributes:
        Words: `train`'s own options, declared as estimators' are; a field's value is what was
            typed, or its default.
        ANSWER: options of `predict` that the task understands.
        MEASURE: options of `evaluate` that the task understands.
    """

    Words: type[Options]
    ANSWER: Sequence[str]
    MEASURE: Sequence[str]

    def read(
        self, sources: Sequence[str], words: Any, validation: Any, options: dict[str, Any]
    ) -> Loaded:
        """The rows of a fit.

        Args:
            sources: files, patterns or "-".
            words: an instance of `Words`.
            validation: a fraction, or the name of a file.
            options: of the constructor, as typed; `read` may set more of them.
        """
        ...

    def answer(
        self, estimator: Any, sources: Sequence[str], typed: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """`predict`: one dictionary a row; `typed` has those of `ANSWER` that were typed."""
        ...

    def measure(
        self, estimator: Any, sources: Sequence[str], typed: dict[str, Any]
    ) -> tuple[Mapping[str, float], int]:
        """`evaluate`: the scores and the number of rows."""
        ...


class Feed(Protocol):
    """What `feed` of a task's `shell.py` returns: the stream behind `ostinato stream`.

    Attributes:
        count: rows taken.
        alarms: rows at which errors became more frequent.
    """

    count: int
    alarms: Sequence[int]

    def take(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to one line, a row or a truth that comes late; None where it asks nothing.

        Raises:
            DataError: the line cannot be used; nothing was changed.
        """
        ...

    def scores(self) -> Mapping[str, float]:
        """As the estimator's `evaluate`, of the answers so far."""
        ...

    def save(self, path: Any) -> None:
        """Write all that is needed to go on."""
        ...


@dataclass(kw_only=True)
class Evidence:
    """Pictures of a fitted estimator on rows: what report, studio and doctor show.

    Attributes:
        figures: data of the `figures` room, the most telling first.
        facts: further facts for the report, name to value.
        units: of curves whose figures are not in the user's units: what to multiply them by, and
            the unit then.
    """

    figures: list[Any] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    units: dict[str, tuple[float, str]] = field(default_factory=dict)
