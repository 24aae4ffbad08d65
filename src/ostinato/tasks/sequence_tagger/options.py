"""What `SequenceTagger`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.options import EmbeddingOptions, RecurrenceOptions, option
from ostinato.tasks.options import EstimatorOptions


class SequenceTaggerOptions(RecurrenceOptions, EmbeddingOptions, EstimatorOptions):
    """Options of `SequenceTagger`."""

    scheme: Literal["auto", "bio", "iob1", "iobes", "bilou", "bmes", "bmewo", "none"] = option(
        "How the tags mark runs of words such as names. none: each tag stands for itself, as parts "
        "of speech do. auto finds it out. Answers come in the same scheme.",
        default="auto",
    )
    tagging: Literal["bio", "iobes"] = option(
        "The scheme inside the network, for tags that mark runs of words. iobes also tells the "
        "last word of a run and a run of one word apart; it sometimes finds a little more.",
        default="bio",
    )
    output: Literal["auto", "softmax", "crf"] = option(
        "What chooses the tags. crf scores the tags of a whole sentence together (a conditional "
        "random field). softmax scores each tag alone. Neither breaks the scheme. auto takes crf "
        "where tags mark runs of words, else softmax.",
        default="auto",
    )
    max_vocabulary: int | None = option(
        "Most words that the model knows, the most frequent ones; None keeps all. Two are for "
        "padding and unknown words.",
        default=None,
        low=3,
    )
    min_count: int = option(
        "Words that training has fewer times are unknown to the model.", default=1, low=1
    )
    max_chars: int = option(
        "Most characters that are read of a word. Of a longer one the middle is left out.",
        default=24,
        low=1,
    )
    affix_size: int = option(
        "Numbers for each of the first and last 1 to 4 letters of a word, and for its shape, such "
        "as Xx00 for Ab12.",
        default=24,
        low=1,
    )
    char_size: int = option("Numbers for a character.", default=32, low=1)
    char_hidden: int = option(
        "Units of the network that reads a word letter by letter, in each direction; 0 goes "
        "without it.",
        default=75,
        low=0,
    )
    word_dropout: float = option(
        "How often a rare word is hidden in training: one that comes n times, with probability "
        "word_dropout / (word_dropout + n). The model then learns to go by spelling and "
        "neighbours (Kiperwasser & Goldberg, arXiv:1603.04351, section 4.2).",
        default=0.5,
        low=0,
    )
    affix_dropout: float = option(
        "Share of first and last letters hidden in training. Raise it where the words to be tagged "
        "will be new, as on social media.",
        default=0.0,
        low=0,
        below=1,
    )
    char_dropout: float = option(
        "Share of the numbers of characters hidden in training.", default=0.0, low=0, below=1
    )
    num_layers: int = option(
        "Recurrent layers over the sentence. Each reads it from both ends.",
        default=2,
        low=1,
        high=100,
    )
    hidden_size: int = option(
        "Units of each recurrent layer, in each direction.", default=200, low=1
    )
    balance: bool = option(
        "After training, make 'O' less likely, by 0 to 2 nats: whatever gives the best F1 of "
        "entities on the held-out rows. Without it rare entities are found too seldom. False "
        "leaves the likeliest answer.",
        default=True,
    )
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    dropout: float = 0.4
    batch_size: int = 32
    learning_rate: float = 3e-3
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )
    average: float = 0.99
    monitor: str = option(
        "The figure that says which epoch is best, a column of history.csv. auto takes val_f1 "
        "where tags mark runs of words, else val_accuracy, and without held-out rows train_loss; "
        "`mode` then goes by it.",
        default="auto",
    )
    mode: Literal["min", "max"] = "max"
