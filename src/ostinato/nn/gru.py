"""The gated recurrent layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ostinato.nn._recurrent import Recurrent
from ostinato.nn.options import options_of
from ostinato.ops import gru


class GRU(Recurrent):
    """Gated recurrent unit over a batch of sequences, a superset of `torch.nn.GRU`.

    For each step, with input x and the state h before it:

        r  = σ(W_ir x + b_ir + W_hr h + b_hr)              reset
        z  = σ(W_iz x + b_iz + W_hz h + b_hz)              update
        n  = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))     candidate
        h' = (1 − z) ⊙ n + z ⊙ h

    The reset gate acts after the product W_hn h, as in cuDNN and `torch.nn.GRU`;
    `reset_after=False` gives the variant of arXiv:1406.1078v3, which resets before it.
    Rows of every weight and bias are stacked r, z, n.

    The other options, the shapes and what is raised are those of `RNN`.
    """

    cell, gates = "gru", 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        reset_after: bool = True,
        **options: Any,
    ) -> None:
        self.reset_after = reset_after
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
            **options_of("GRU", options, "reset_after"),
        )

    def _settings(self) -> dict[str, Any]:
        return {"reset_after": self.reset_after}

    def _call(self, *arguments: Any, **options: Any) -> tuple[Tensor, ...]:
        return gru(*arguments, **options)
