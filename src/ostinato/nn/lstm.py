"""The long short-term memory layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ostinato.errors import OptionError
from ostinato.nn._recurrent import Recurrent
from ostinato.nn.options import options_of
from ostinato.ops import lstm

OWN = ("peephole", "coupled_gates", "forget_bias", "return_cell_sequence")


class LSTM(Recurrent):
    """Long short-term memory over a batch of sequences, a superset of `torch.nn.LSTM`.

        i  = σ(W_ii x + b_ii + W_hi h + b_hi)     input
        f  = σ(W_if x + b_if + W_hf h + b_hf)     forget
        g  = tanh(W_ig x + b_ig + W_hg h + b_hg)  candidate
        o  = σ(W_io x + b_io + W_ho h + b_ho)     output
        c' = f ⊙ c + i ⊙ g
        h' = o ⊙ tanh(c')

    Rows of every weight and bias are stacked i, f, g, o; `proj_size` projects h' (weight_hr).

    Args:
        peephole: the gates see c (Gers et al. 2000).
        coupled_gates: f = 1 − i (Greff et al., arXiv:1503.04069); weights have 3 * hidden_size
            rows, stacked i, g, o.
        forget_bias: initial bias of the forget gate (Jozefowicz et al. 2015 use 1).
        return_cell_sequence: a third result, c of the last layer at every step, `(batch, steps,
            directions * hidden_size)`.
        others: those of `RNN`, the shapes and what is raised too; the state is the pair (h, c).
    """

    cell, gates = "lstm", 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        peephole: bool = False,
        coupled_gates: bool = False,
        forget_bias: float | None = None,
        return_cell_sequence: bool = False,
        **options: Any,
    ) -> None:
        if coupled_gates and forget_bias is not None:
            raise OptionError("LSTM: forget_bias must be None with coupled_gates, which has no f.")
        self.coupled_gates = coupled_gates
        self.return_cell_sequence = return_cell_sequence
        self.gates = 3 if coupled_gates else 4
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size=proj_size,
            peephole=peephole,
            forget_bias=forget_bias,
            device=device,
            dtype=dtype,
            **options_of("LSTM", options, *OWN),
        )

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"coupled_gates": self.coupled_gates}
        if self.return_cell_sequence:
            settings["cell_sequence"] = True
        return settings

    def _call(self, *arguments: Any, **options: Any) -> tuple[Tensor, ...]:
        return lstm(*arguments, **options)
