"""What `MusicComposer`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.options import RecurrenceOptions, option
from ostinato.tasks.options import EstimatorOptions


class MusicComposerOptions(RecurrenceOptions, EstimatorOptions):
    """Options of `MusicComposer`."""

    representation: Literal["chain", "roll"] = option(
        "How a step's notes are told. chain: voice after voice from the top, each given those "
        "above it, so that they fit each other. roll: every key of the piano by itself, as papers "
        "report it.",
        default="chain",
    )
    steps_per_beat: int = option(
        "Steps of the grid in a quarter note: files are read on it, and arrays are meant on it.",
        default=4,
        low=1,
        high=96,
    )
    transpose: int = option(
        "Semitones, up or down, by which chance shifts a piece in training. 0 is off.",
        default=6,
        low=0,
        high=24,
    )
    early_transpose: float = option(
        "Share of the epochs that shift pieces. The epochs after them, and partial_fit, learn "
        "pieces where they stand, and so which keys and ranges are usual.",
        default=0.8,
        low=0,
        high=1,
    )
    hidden_size: int = option("Units of each recurrent layer.", default=256, low=1)
    num_layers: int = option("Recurrent layers, one upon the other.", default=1, low=1, high=100)
    chain_size: int = option(
        "Units that choose a voice's note with representation='chain'.", default=128, low=1
    )
    chunk: int = option(
        "Most steps of a piece that are learned in one go; longer pieces are cut in training.",
        default=256,
        low=2,
    )
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    dropout: float = 0.3
    epochs: int = 100
    batch_size: int = option(
        "Pieces in one optimizer step. Few make many steps, which small collections need.",
        default=2,
        low=1,
    )
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"] = "adamw"
    learning_rate: float = 4e-3
    weight_decay: float = 0.01
    clip_norm: float | None = 0.2
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )
    average: float = 0.99
