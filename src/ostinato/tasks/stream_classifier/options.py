"""What `StreamClassifier`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.options import RecurrenceOptions, option
from ostinato.tasks.options import EstimatorOptions


class StreamClassifierOptions(RecurrenceOptions, EstimatorOptions):
    """Options of `StreamClassifier`."""

    window: int = option(
        "Rows that a step of learning looks at, one after the other; the network remembers about "
        "as long.",
        default=48,
        low=2,
    )
    hidden_size: int = option("Units of each recurrent layer.", default=32, low=1)
    num_layers: int = option("Recurrent layers, one above the other.", default=1, low=1, high=8)
    scale_memory: int = option(
        "Rows, about, over which each column's mean and spread are taken.", default=2000, low=2
    )
    recent: int = option(
        "Rows, about, of a second, quicker scale: each column is read beside its recent mean too.",
        default=24,
        low=2,
    )
    last_label: bool = option(
        "Read the last label that is known beside each row's columns.", default=True
    )
    wide: bool = option(
        "Let a logistic regression answer beside the network, each counting by how well it did "
        "lately: it learns sooner, the network better.",
        default=True,
    )
    max_classes: int = option(
        "Classes that there is room for; labels not seen before may come in the stream.",
        default=16,
        low=2,
    )
    batch_size: int = 8
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    learning_rate: float = 2e-3
    clip_norm: float | None = 1.0
