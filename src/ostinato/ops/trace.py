"""Every gate and state of a recurrence at every step, by name: for pictures and diagnoses."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ostinato.errors import check_choice
from ostinato.ops.gru import gru
from ostinato.ops.lstm import lstm
from ostinato.ops.rnn import rnn

CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm}


def trace(cell: str, *arguments: Tensor | None, **options: Any) -> dict[str, Tensor]:
    """What `cell` ("rnn", "gru" or "lstm") computes on the way, for the arguments it takes.

    Returns:
        name to `(batch, steps, hidden)`, zero past each length, in the input's order: "h" for an
        RNN, "r", "z", "n", "h" for a GRU, "i", "f", "g", "o", "h", "c" for an LSTM. It costs what
        the reference path costs.

    Raises:
        OptionError: unknown cell.
    """
    check_choice("ops.trace", "cell", cell, CELLS)
    record: dict[str, Tensor] = {}
    CELLS[cell](*arguments, **options, record=record)
    return record
