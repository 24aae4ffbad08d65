"""Images to regions: a small convolutional network, and what needs no learning beside it."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

TURNS = 8  # directions of edges
LEVELS = 4  # of each colour in the histogram
MEASURED = 6 + 2 * TURNS + LEVELS**3  # numbers of a region that are measured


class SmallEncoder(torch.nn.Module):
    """Images to a grid of regions, each of what four convolutions learned and what is measured.

    Convolutions of stride 2 (5 by 5, then 3 by 3, channels c, 2c, 3c, 4c), each with a
    normalisation over its channels (Wu & He, arXiv:1803.08494) and a rectifier; the mean of each
    region is taken. The last has stride 1. Beside it stand numbers that need no learning: mean and
    spread of red, green and blue, how strong edges are in eight directions at two scales (after
    Dalal & Triggs 2005), and which of 64 colours the region has.

    Shape:
        - images `(batch, 3, size, size)`, 0 to 1; returns `(batch, grid * grid, output_size)`,
          row by row.
    """

    def __init__(self, channels: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        sizes = [3, channels, 2 * channels, 3 * channels, 4 * channels]
        kernels, strides = (5, 3, 3, 3), (2, 2, 2, 1)
        self.layers = torch.nn.Sequential()
        for before, after, kernel, stride in zip(sizes, sizes[1:], kernels, strides, strict=False):
            self.layers.extend(
                [
                    torch.nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False),
                    torch.nn.GroupNorm(_groups(after), after),
                    torch.nn.ReLU(),
                ]
            )
        self.output_size = sizes[-1] + MEASURED

    def forward(self, images: Tensor) -> Tensor:
        learned = functional.adaptive_avg_pool2d(self.layers(2 * images - 1), self.grid)
        both = torch.cat([learned, measured(images, self.grid)], 1)
        return both.flatten(2).transpose(1, 2)


def _groups(channels: int) -> int:
    """As many groups as divide the channels, at most 8."""
    return math.gcd(channels, 8)


def measured(images: Tensor, grid: int) -> Tensor:
    """`(batch, 86, grid, grid)` of images `(batch, 3, size, size)`, each number from about -1
    to 1."""

    def pool(values: Tensor) -> Tensor:
        return functional.adaptive_avg_pool2d(values, grid)

    mean = pool(images)
    spread = (pool(images * images) - mean * mean).clamp(min=0).sqrt()
    parts = [2 * mean - 1, 4 * spread - 1]
    grey = images.mean(1, keepdim=True)
    for scale in (1, 2):
        small = functional.avg_pool2d(grey, scale) if scale > 1 else grey
        parts.append(2 * torch.log1p(20 * pool(edges(small))) - 1)
    parts.append(2 * pool(colours(images)).sqrt())
    return torch.cat(parts, 1)


def colours(images: Tensor) -> Tensor:
    """Which of 64 colours each pixel has, `(batch, 64, h, w)` of zeros and ones."""
    red, green, blue = (images * LEVELS).long().clamp(0, LEVELS - 1).unbind(1)
    numbers = (red * LEVELS + green) * LEVELS + blue
    return functional.one_hot(numbers, LEVELS**3).permute(0, 3, 1, 2).to(images.dtype)


def edges(grey: Tensor) -> Tensor:
    """How strong edges in each of eight directions are at each pixel, `(batch, 8, h, w)`."""
    padded = functional.pad(grey, (1, 1, 1, 1), mode="replicate")
    across = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    down = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    found = []
    for k in range(TURNS):
        # Half a turn: a line has the same direction from both of its sides.
        angle = math.pi * k / TURNS
        along = across * math.cos(angle) + down * math.sin(angle)
        found.append(along * along)
    strength = across * across + down * down
    # The share of each direction, sharpened, times the strength.
    shares = [(each / (strength + 1e-6)) ** 2 for each in found]
    return torch.cat([share * strength.clamp(min=1e-12).sqrt() for share in shares], 1)


def changed(images: Tensor, strength: float, draw: torch.Generator) -> Tensor:
    """Images `(batch, 3, size, size)` mirrored, cut, moved, lighter and darker, each by chance."""
    if not strength:
        return images
    batch = len(images)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(batch, *shape, generator=draw)

    wide = 1 - strength * between(0, 0.3, 1) * torch.ones(1, 2)
    wide = wide * (1 + 0.15 * strength * (between(-1, 1, 2)))
    shift = between(-1, 1, 2) * (1 - wide).abs()
    mirrored = torch.where(torch.rand(batch, generator=draw) < 0.5, -1.0, 1.0)
    theta = torch.zeros(batch, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = wide[:, 0] * mirrored, wide[:, 1]
    theta[:, :, 2] = shift
    places = functional.affine_grid(theta, list(images.shape), align_corners=False)
    found = functional.grid_sample(
        images, places, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    light = between(-0.15, 0.15, 1, 1, 1) * strength
    contrast = 1 + between(-0.2, 0.2, 1, 1, 1) * strength
    tint = between(-0.03, 0.03, 3, 1, 1) * strength
    return ((found - 0.5) * contrast + 0.5 + light + tint).clamp(0, 1)
