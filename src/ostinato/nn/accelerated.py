"""Our layers that are torch's too: what `accelerate` turns torch's layers into.

Models ask `isinstance(self.rnn, torch.nn.LSTM)` to know what a layer returns, so after `accelerate`
the answer must be what it was. These classes run our code and keep what `torch.nn.RNNBase` keeps.
"""

from __future__ import annotations

from typing import Any

import torch

from ostinato.nn import gru, lstm, rnn
from ostinato.nn._recurrent import Recurrent


class _Accelerated(Recurrent):
    plain: Any  # torch's class

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.__dict__.update(vars(self.plain(*arguments, **options)))
        self.adopt()

    def adopt(self) -> None:
        """Complete what torch's constructor has set with what ours would set."""
        self.__dict__.update(own_attributes(self))

    def __getstate__(self) -> dict[str, Any]:
        theirs = torch.nn.RNNBase.__getstate__(self)  # pyright: ignore
        return {k: v for k, v in super().__getstate__().items() if k in theirs}


class RNN(_Accelerated, rnn.RNN, torch.nn.RNN):
    """`nn.RNN` and `torch.nn.RNN` in one."""

    plain = torch.nn.RNN


class GRU(_Accelerated, gru.GRU, torch.nn.GRU):
    """`nn.GRU` and `torch.nn.GRU` in one."""

    plain = torch.nn.GRU


class LSTM(_Accelerated, lstm.LSTM, torch.nn.LSTM):
    """`nn.LSTM` and `torch.nn.LSTM` in one."""

    plain = torch.nn.LSTM


def options_of(layer: Any) -> dict[str, Any]:
    """What our constructor and torch's both take, as `layer` has it."""
    names = ["num_layers", "bias", "batch_first", "dropout", "bidirectional"]
    names += ["nonlinearity"] if isinstance(layer, (rnn.RNN, torch.nn.RNN)) else []
    names += ["proj_size"] if layer.proj_size else []
    options = {name: getattr(layer, name) for name in names}
    if layer.num_layers == 1:
        options["dropout"] = 0.0  # torch lets it be given and ignores it
    return options


def own_attributes(layer: Any) -> dict[str, Any]:
    """The attributes, parameters apart, that our constructor sets for a layer like torch's."""
    ours = {torch.nn.RNN: rnn.RNN, torch.nn.GRU: gru.GRU, torch.nn.LSTM: lstm.LSTM}
    kind = next(our for their, our in ours.items() if isinstance(layer, their))
    new = kind(layer.input_size, layer.hidden_size, device="meta", **options_of(layer))
    return {k: v for k, v in vars(new).items() if k not in vars(torch.nn.Module())}
