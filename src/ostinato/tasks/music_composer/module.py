"""What sounds next: recurrent layers over the steps, and a head over a step's notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor

from ostinato import nn
from ostinato.data.music import KEYS, PITCHES, RESTING, roll_of_keys
from ostinato.tasks.layers import recurrent
from ostinato.tasks.music_composer.options import MusicComposerOptions


class MusicModule(torch.nn.Module):
    """Scores of the notes of each step, given the steps before it.

    The head reads the layers' outputs and, beside them, the last step itself, so that what stays
    need not go through the layers.

    Args:
        options: see `MusicComposerOptions`.
        voices: how many there are.
        ordered: no voice sounds as high as the one above it, and none below a rest.

    Shape:
        - keys `(batch, steps, voices)`: 0 to 87 for a piano's keys, 88 for a rest; lengths
          `(batch,)`, and `(batch,)` whether a piece begins at the first step; None: all the steps,
          and all do.
        - returns scores: of a roll logits `(batch, steps, 88)`; of a chain those of a softmax
          `(batch, steps, voices, 89)`, of each voice given the true notes of those above it.
    """

    def __init__(self, options: MusicComposerOptions, *, voices: int, ordered: bool) -> None:
        super().__init__()
        self.voices, self.roll = voices, options.representation == "roll"
        self.inputs = (KEYS if self.roll else voices * PITCHES) + 1  # the last tells a beginning
        self.dropout = nn.Dropout(options.dropout)
        self.layer = recurrent(
            options,
            self.inputs,
            options.hidden_size,
            num_layers=options.num_layers,
            dropout=options.dropout if options.num_layers > 1 else 0.0,
            recurrent_dropout=options.recurrent_dropout,
            init=options.init,
        )
        self.head: KeysHead | ChainHead
        width = options.hidden_size + self.inputs
        if self.roll:
            self.head = KeysHead(width, KEYS)
        else:
            self.head = ChainHead(options, width, voices, ordered)

    def encode(self, keys: Tensor, begins: Tensor | None = None) -> Tensor:
        """What the layers read: `(batch, steps + 1, inputs)`, first the sign of a beginning, then
        every step."""
        batch, steps, voices = keys.shape
        x = torch.zeros(batch, steps + 1, self.inputs)
        if self.roll:
            x[:, 1:].scatter_(2, keys, 1.0)
            x[:, :, -1] = 0  # where rests fell
        else:
            x[:, 1:].scatter_(2, keys + PITCHES * torch.arange(voices), 1.0)
        x[:, 0, -1] = 1 if begins is None else begins.to(x.dtype)
        return x

    def forward(
        self, keys: Tensor, lengths: Tensor | None = None, begins: Tensor | None = None
    ) -> Tensor:
        values = self.encode(keys, begins)[:, :-1]
        outputs, _ = self.layer(values, lengths=lengths)
        return self.head(torch.cat([self.dropout(outputs), values], -1), keys)

    @torch.no_grad()
    def read(self, keys: np.ndarray) -> Tensor:
        """What the head reads `(steps + 1, hidden + inputs)` before each step of a piece
        `(steps, voices)` and after its last."""
        values = self.encode(torch.from_numpy(keys)[None])
        return torch.cat([self.layer(values)[0], values], -1)[0]

    @torch.no_grad()
    def told(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of a piece the nats of each step `(steps,)`, and the notes that were expected there
        `(steps, 88)`."""
        outputs = self.read(keys)[:-1]
        scores = self.head(outputs, torch.from_numpy(keys))
        return self.head.nats(scores.double(), torch.from_numpy(keys)).numpy(), self.likely(outputs)

    def likely(self, outputs: Tensor) -> np.ndarray:
        """The notes that are expected after `(steps, hidden + inputs)`: `(steps, 88)`."""
        if isinstance(self.head, KeysHead):
            return self.head.shares(outputs) >= 0.5
        return roll_of_keys(self.head.likeliest(outputs)[0])

    def frame(self, keys: Sequence[int] | np.ndarray | None) -> np.ndarray:
        """What the layers read of one step, or of a beginning: `(1, inputs)`."""
        x = np.zeros((1, self.inputs), dtype=np.float32)
        if keys is None:
            x[0, -1] = 1
            return x
        for voice, key in enumerate(keys):
            if not self.roll:
                x[0, key + voice * PITCHES] = 1
            elif key != RESTING:
                x[0, key] = 1
        return x


class KeysHead(nn.Linear):
    """The logit of every key by itself."""

    def forward(self, input: Tensor, keys: Tensor | None = None) -> Tensor:  # pyright: ignore
        return super().forward(input)

    def nats(self, logits: Tensor, keys: Tensor) -> Tensor:
        """The negative log probability of steps `(..., voices)`: summed over the keys."""
        truth = logits.new_zeros(*keys.shape[:-1], PITCHES).scatter_(-1, keys, 1.0)[..., :KEYS]
        entropy = torch.nn.functional.binary_cross_entropy_with_logits
        return entropy(logits, truth, reduction="none").sum(-1)

    @torch.no_grad()
    def expect(self, share: np.ndarray) -> None:
        """Begin with these probabilities `(1, 88)`, whatever the steps before."""
        self.bias.copy_(torch.from_numpy(np.log(share[0]) - np.log1p(-share[0])))

    def shares(self, outputs: Tensor) -> np.ndarray:
        """How likely each key sounds, `(steps, 88)`, after `(steps, hidden + inputs)`."""
        with torch.no_grad():
            return expit(self(outputs).double().numpy())


class ChainHead(torch.nn.Module):
    """Scores of each voice's pitch, given the notes of the voices above it in the same step.

    With what the head reads, h, and the pitches p of the voices above:

        z_v = relu(W_v h + c_v + Σ_{u < v} E_u[p_u])
        scores_v = V_v z_v + b_v

    as in a neural autoregressive estimator, over voices instead of keys (Larochelle & Murray 2011;
    Boulanger-Lewandowski et al., arXiv:1206.6392, put one behind a recurrent network). Where voices
    are ordered, a key that is not below the voice above has the score minus infinity, and so has
    every key below a rest: the steps' probabilities then add up to 1 over sets of notes.
    """

    def __init__(
        self, options: MusicComposerOptions, width: int, voices: int, ordered: bool
    ) -> None:
        super().__init__()
        size = options.chain_size
        self.voices, self.size, self.ordered = voices, size, ordered
        self.base = nn.Linear(width, voices * size)
        self.above = torch.nn.ModuleList(nn.Embedding(PITCHES, size) for _ in range(voices - 1))
        for each in self.above:
            torch.nn.init.normal_(each.weight, std=0.1)  # pyright: ignore[reportArgumentType]
        self.dropout = nn.Dropout(options.dropout)
        self.out = torch.nn.ModuleList(nn.Linear(size, PITCHES) for _ in range(voices))

    def forward(self, outputs: Tensor, keys: Tensor) -> Tensor:
        chain, scores = Chain(self, outputs), []
        for voice in range(self.voices):
            scores.append(chain.scores())
            chain.take(keys[..., voice])
        return torch.stack(scores, -2)

    def nats(self, scores: Tensor, keys: Tensor) -> Tensor:
        """The negative log probability of steps `(..., voices)`: summed over the voices."""
        shares = scores.log_softmax(-1)
        return -shares.gather(-1, keys.unsqueeze(-1)).squeeze(-1).sum(-1)

    @torch.no_grad()
    def expect(self, share: np.ndarray) -> None:
        """Begin with these probabilities `(voices, 89)`, whatever the steps before."""
        for voice, each in zip(self.out, share, strict=True):
            voice.bias.copy_(torch.from_numpy(np.log(each)))  # pyright: ignore

    @torch.no_grad()
    def likeliest(self, outputs: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """After `(steps, hidden + inputs)` the likeliest key of each voice `(steps, voices)`, and
        the probability of each of its keys `(steps, voices, 89)`, where the voices above it have
        theirs."""
        chain, keys, shares = Chain(self, outputs), [], []
        for _ in range(self.voices):
            scores = log_shares(chain.scores())
            keys.append(scores.argmax(-1))
            shares.append(np.exp(scores))
            chain.take(torch.from_numpy(keys[-1]))
        return np.stack(keys, -1), np.stack(shares, -2)


class Chain:
    """The voices of steps, one after the other.

    Args:
        head: what scores them.
        outputs: what the head reads, `(..., hidden + inputs)`.

    Attributes:
        voice: the next.
    """

    def __init__(self, head: ChainHead, outputs: Tensor) -> None:
        self.head, self.voice = head, 0
        self.base = head.base(outputs).unflatten(-1, (head.voices, head.size))
        self.total = torch.zeros_like(self.base[..., 0, :])
        self.last: Tensor | None = None

    def scores(self) -> Tensor:
        """Of the next voice's keys, `(..., 89)`."""
        head = self.head
        hidden = head.dropout(torch.relu(self.base[..., self.voice, :] + self.total))
        scores = head.out[self.voice](hidden)
        if self.last is None or not head.ordered:
            return scores
        bound = torch.where(self.last == RESTING, 0, self.last).unsqueeze(-1)
        places = torch.arange(PITCHES)
        return scores.masked_fill((places >= bound) & (places < RESTING), -torch.inf)

    def take(self, keys: Tensor) -> None:
        """The next voice has these keys, `(...)`."""
        if self.voice < len(self.head.above):
            self.total = self.total + self.head.above[self.voice](keys)
        self.last, self.voice = keys, self.voice + 1

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows of the first axis."""
        self.base, self.total = self.base[rows], self.total[rows]
        self.last = None if self.last is None else self.last[rows]


def log_shares(scores: Tensor) -> np.ndarray:
    """Scores `(rows, keys)` as log probabilities in nats; a row's bits do not depend on others."""
    values = scores.double().numpy()
    values = values - values.max(-1, keepdims=True)
    return values - np.log(np.exp(values).sum(-1, keepdims=True))
