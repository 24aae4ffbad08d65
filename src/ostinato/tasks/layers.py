"""Recurrent layers by an estimator's options."""

from __future__ import annotations

from typing import Any

from ostinato import nn
from ostinato.options import RecurrenceOptions

LAYERS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def recurrent(options: RecurrenceOptions, input_size: int, hidden_size: int, **more: Any) -> Any:
    """The layer of `options.cell`, batch first; `more` are its other arguments."""
    if options.cell == "rnn":
        more["nonlinearity"] = options.activation
    return LAYERS[options.cell](input_size, hidden_size, batch_first=True, **more)
