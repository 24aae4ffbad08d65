"""Recurrent layers by an estimator's options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ostinato import nn
from ostinato.options import RecurrenceOptions

LAYERS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def recurrent(options: RecurrenceOptions, input_size: int, hidden_size: int, **more: Any) -> Any:
    """The layer of `options.cell`, batch first; `more` are its other arguments."""
    if options.cell == "rnn":
        more["nonlinearity"] = options.activation
    return LAYERS[options.cell](input_size, hidden_size, batch_first=True, **more)


def stacked(
    options: RecurrenceOptions,
    input_size: int,
    hidden_sizes: Sequence[int],
    *,
    bidirectional: bool = False,
    **more: Any,
) -> torch.nn.ModuleList:
    """One layer for each of `hidden_sizes`, each reading the one before, with the recurrent
    dropout and the first weights of `options`."""
    directions = 2 if bidirectional else 1
    sizes = [input_size, *(directions * size for size in hidden_sizes[:-1])]
    more |= {"recurrent_dropout": options.recurrent_dropout, "init": options.init}
    return torch.nn.ModuleList(
        recurrent(options, size, hidden_size, bidirectional=bidirectional, **more)
        for size, hidden_size in zip(sizes, hidden_sizes, strict=True)
    )
