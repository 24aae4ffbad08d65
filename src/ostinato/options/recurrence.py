"""The recurrent layers of a model."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options.declaration import Options, option


class RecurrenceOptions(Options):
    """Which cell, how large, and what keeps it from learning by heart."""

    cell: Literal["lstm", "gru", "rnn"] = option(
        "Kind of recurrent layer. lstm and gru remember long; gru is smaller and quicker; rnn is "
        "the plain one of textbooks.",
        default="lstm",
    )
    activation: Literal["tanh", "relu"] = option(
        "What bends the state of cell='rnn'. The other cells have tanh.", default="tanh"
    )
    dropout: float = option(
        "Share of values hidden in training, on the layers' inputs and outputs. Raise it when the "
        "training loss falls and the validation loss does not.",
        default=0.0,
        low=0,
        below=1,
    )
    recurrent_dropout: float = option(
        "Share of the recurrent state hidden in training, the same units at every step (Gal & "
        "Ghahramani, arXiv:1512.05287).",
        default=0.0,
        low=0,
        below=1,
    )
    init: Literal["torch", "keras", "orthogonal"] = option(
        "How the first weights are drawn: as torch does, as Keras does, or orthogonal ones.",
        default="torch",
    )

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.activation != "tanh" and self.cell != "rnn":
            raise OptionError(
                f"{where}: activation must be 'tanh' with cell={self.cell!r}, got "
                f"{self.activation!r}. Only cell='rnn' has another."
            )
