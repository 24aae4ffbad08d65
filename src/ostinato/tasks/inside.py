"""What a task's `inside.py` tells: `read`, what its network reads of the user's rows, and
`examples`, what the doctor asks of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.data import UNKNOWN, pad
from ostinato.errors import DataError


def as_scores(answer: Any) -> Tensor:
    """A module's answer without what stands beside it, such as lengths or a state."""
    return answer[0] if isinstance(answer, tuple) else answer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inside:
    """One batch for a fitted estimator's module, and what it is made of.

    Attributes:
        inputs: positional arguments of the module.
        tokens: what each step of the first sequence reads, of a text.
        columns: names of the inputs of a step.
        answers: names of the outputs.
        separator: what stands between tokens.
        first: the recurrent layer that reads the steps; None takes the one that runs first.
        index: where the steps of the first sequence stand: timestamps, or numbers whose name is
            their unit; None counts them.
        scores: the module's answer as scores `(batch, outputs)`, or `(batch, steps, outputs)` where
            each step has its own.
    """

    inputs: tuple[Any, ...]
    tokens: Sequence[str] | None = None
    columns: Sequence[str] | None = None
    answers: Sequence[str] | None = None
    separator: str = ""
    first: str | None = None
    index: Any = None
    scores: Callable[[Any], Tensor] = as_scores


@dataclasses.dataclass(frozen=True, kw_only=True)
class Examples:
    """Rows as `fit` takes them, as far as the doctor's checks ask.

    Attributes:
        count: how many there are.
        keys: one hashable value a row, equal for equal rows; None where rows may well repeat.
        labels: one a row, where the task has classes.
        lengths: steps of each row as the network reads it; None where no check asks.
        whole: steps of each row before any were cut away.
        unknown: share of the tokens that the vocabulary lacks.
        needed: least steps for each row's labels, where they are aligned with the steps (CTC).
        sample: some rows, as `read` takes them.
        table: the rows of series, in their order.
        judged: answers of which `accuracy` is the share that is right; None: one a row.
    """

    count: int
    keys: Sequence[Hashable] | None = None
    labels: Sequence[Any] | None = None
    lengths: np.ndarray | None = None
    whole: np.ndarray | None = None
    unknown: float | None = None
    needed: np.ndarray | None = None
    sample: Any = None
    table: Any = None
    judged: int | None = None


SAMPLE = 64  # rows that the network reads for the checks of its inside


def texts_of(where: str, data: Any) -> list[Any]:
    """A text or several, none of them empty.

    Raises:
        DataError: there are none, or one is empty.
    """
    found = [data] if isinstance(data, str) else list(data)
    if not found or not all(len(each) for each in found):
        raise DataError(f"{where}: data must be a text or a list of texts, none of them empty.")
    return found


def padded(sequences: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Token numbers `(batch, steps)` and lengths `(batch,)`."""
    tokens, lengths = pad(sequences)
    return torch.from_numpy(tokens).long(), torch.from_numpy(lengths)


def share_unknown(tokens: Sequence[np.ndarray]) -> float | None:
    """The share of tokens that a vocabulary lacks; None of none."""
    every = np.concatenate(tokens) if len(tokens) else np.zeros(0)
    return float((every == UNKNOWN).mean()) if len(every) else None


def series_examples(X: Any) -> Examples:
    """A table of series; a file's name tells nothing."""
    known = hasattr(X, "__len__") and not isinstance(X, str | bytes)
    return Examples(count=len(X) if known else 1, sample=X, table=X)


def between(encoder: Any) -> str:
    """What stands between the tokens of an encoder."""
    return " " if encoder.level == "word" else ""
