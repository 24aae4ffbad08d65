"""Recordings changed at random in training, by name, so that a few stand for many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ostinato.errors import check_choice

JITTER = 0.05  # spread of the noise, where a channel's is about 1
SCALING = 0.1  # spread of a channel's factor around 1
WARP, KNOTS = 0.2, 5  # spread of the logarithm of the speed, at places along the recording
CROP = 0.2  # share that is cut away at most
CHANNELS = 0.1  # share of channels hidden
MASK = 0.1  # share of steps hidden, in one stretch, at most
PREFIX = 0.1  # share of a recording that is left at least

Changed = tuple[Tensor, Tensor]


def jitter(x: Tensor, lengths: Tensor) -> Changed:
    """Noise on every value."""
    return x + JITTER * torch.randn_like(x), lengths


def scaling(x: Tensor, lengths: Tensor) -> Changed:
    """A factor for each channel of each recording."""
    return x * (1 + SCALING * torch.randn(x.shape[0], 1, x.shape[2])), lengths


def time_warp(x: Tensor, lengths: Tensor) -> Changed:
    """Some parts slower, others faster; the whole is as long as before."""
    batch, steps, _ = x.shape
    if steps < 2:
        return x, lengths
    speed = torch.exp(WARP * torch.randn(batch, 1, KNOTS))
    speed = torch.nn.functional.interpolate(speed, steps, mode="linear", align_corners=True)
    ends = (lengths - 1).clamp(min=0).unsqueeze(1)
    path = (speed.squeeze(1).cumsum(1) - speed[:, 0, :1]).double()
    last = path.gather(1, ends)
    return _read(x, path / last.clamp(min=1e-9) * ends), lengths


def crop(x: Tensor, lengths: Tensor) -> Changed:
    """A part of at least four fifths, from a random step on."""
    kept = (lengths * (1 - CROP * torch.rand(len(lengths)))).ceil().long().clamp(min=1)
    kept = torch.minimum(kept, lengths)
    start = (torch.rand(len(lengths)) * (lengths - kept + 1)).long()
    places = start.unsqueeze(1) + torch.arange(int(kept.max()))
    return _taken(x, places.clamp(max=x.shape[1] - 1)), kept


def channel_dropout(x: Tensor, lengths: Tensor) -> Changed:
    """Whole channels hidden, never all of a recording."""
    kept = torch.rand(x.shape[0], 1, x.shape[2]) >= CHANNELS
    kept |= ~kept.any(2, keepdim=True)
    return x * kept, lengths


def step_mask(x: Tensor, lengths: Tensor) -> Changed:
    """One stretch of steps hidden."""
    span = torch.rand(len(lengths)) * MASK * lengths
    start = torch.rand(len(lengths)) * (lengths - span)
    steps = torch.arange(x.shape[1])
    hidden = (steps >= start.unsqueeze(1)) & (steps < (start + span).unsqueeze(1))
    return x.masked_fill(hidden.unsqueeze(2), 0), lengths


def prefix(x: Tensor, lengths: Tensor) -> Changed:
    """The end of every second recording cut off, on average, at any step after the first tenth."""
    share = PREFIX + (1 - PREFIX) * torch.rand(len(lengths))
    share = torch.where(torch.rand(len(lengths)) < 0.5, share, 1)
    kept = torch.minimum((lengths * share).ceil().long().clamp(min=1), lengths)
    return x[:, : int(kept.max())], kept


WAYS: dict[str, Callable[[Tensor, Tensor], Changed]] = {
    each.__name__: each
    for each in (jitter, scaling, time_warp, crop, channel_dropout, step_mask, prefix)
}
MOVING = ("time_warp", "crop", "prefix")  # after which a step is no longer where its label is


def augment(names: Sequence[str], x: Tensor, lengths: Tensor) -> Changed:
    """`x` `(batch, steps, channels)`, on a scale of about 1 around 0, changed in each of these
    ways, and the lengths then. Draws come from torch's generator."""
    for name in names:
        check_choice("augment", "name", name, WAYS)
        x, lengths = WAYS[name](x, lengths)
    live = torch.arange(x.shape[1]) < lengths.unsqueeze(1)
    return torch.where(live.unsqueeze(2), x, 0), lengths


def _read(x: Tensor, places: Tensor) -> Tensor:
    """The values at places between steps, along lines."""
    places = places.clamp(0, x.shape[1] - 1)
    before = places.floor().long()
    share = (places - before).to(x.dtype).unsqueeze(2)
    after = (before + 1).clamp(max=x.shape[1] - 1)
    return _taken(x, before) * (1 - share) + _taken(x, after) * share


def _taken(x: Tensor, places: Tensor) -> Tensor:
    return x.take_along_dim(places.unsqueeze(2), 1)
