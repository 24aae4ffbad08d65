"""The simple recurrent layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ostinato.errors import OptionError, check_choice
from ostinato.nn._recurrent import Recurrent
from ostinato.nn.options import options_of
from ostinato.ops import rnn


class RNN(Recurrent):
    """Simple (Elman) recurrence over a batch of sequences, a superset of `torch.nn.RNN`.

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    Args:
        nonlinearity: "tanh" or "relu", torch's name for what `activation` says too.
        recurrent_dropout: probability; one mask a sequence on the state that enters W_hh (Gal &
            Ghahramani, arXiv:1512.05287).
        zoneout: probability that a unit keeps its state (Krueger et al., arXiv:1606.01305).
        layer_norm: layer normalisation inside the cell (Ba et al., arXiv:1607.06450).
        learn_initial_state: the initial state is a parameter, `initial_h`.
        init: "torch", "keras" or "orthogonal".

    Shape:
        - input: `(batch, steps, input_size)` with `batch_first=True`, else `(steps, batch, ...)`;
          unbatched `(steps, input_size)`; or a `PackedSequence`.
        - lengths: `(batch,)`, steps that count in each sequence, 0 to `steps`.
        - resets: `(batch, steps)` booleans; before the step the state returns to zero, or to the
          learned initial state, whatever `hx` is: a new episode begins there.
        - returns: outputs `(batch, steps, directions * hidden_size)`, zero past each length, and
          the state `(layers * directions, batch, hidden_size)` after the last step that counts.

    Raises:
        ShapeError: input or state does not fit `input_size` or `hidden_size`.
        OptionError: an option is not allowed.
    """

    cell, gates = "rnn", 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        activation: str | None = None,
        **options: Any,
    ) -> None:
        if activation is not None and nonlinearity not in ("tanh", activation):
            raise OptionError(
                f"RNN: activation and nonlinearity are one option, got {activation!r} and "
                f"{nonlinearity!r}. Give one."
            )
        self.nonlinearity = activation or nonlinearity
        check_choice("RNN", "activation", self.nonlinearity, ("tanh", "relu"))
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
            **options_of("RNN", options),
        )

    def _settings(self) -> dict[str, Any]:
        return {"activation": self.nonlinearity}

    def _call(self, *arguments: Any, **options: Any) -> tuple[Tensor, ...]:
        return rnn(*arguments, **options)
