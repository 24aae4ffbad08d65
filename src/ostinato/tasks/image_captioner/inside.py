"""What the decoder of a captioner reads while it writes an image's caption."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.tasks.image_captioner.estimator import ImageCaptioner
from ostinato.tasks.image_captioner.rows import load_looks, read_images
from ostinato.tasks.inside import Examples, Inside


def read(where: str, model: ImageCaptioner, data: Any) -> Inside:
    """A list of images. The recurrent layers read the best caption of each, from the sign of its
    beginning on."""
    images, encoder = read_images(where, data), model.rows_.text
    best = [each[0] for each in model._search(where, images, model.beam, None)]
    regions = model._regions(load_looks(where, model, images))
    fed = [torch.tensor([len(encoder), *each.tokens]) for each in best]
    lengths = torch.tensor([len(each) for each in fed])
    filled = torch.nn.utils.rnn.pad_sequence(fed, batch_first=True)
    live = torch.arange(filled.shape[1]) < lengths[:, None]

    def scores(answer: Tensor) -> Tensor:
        found = answer.new_zeros(*live.shape, answer.shape[1])
        return found.masked_scatter(live[..., None], answer)

    return Inside(
        inputs=(
            torch.nn.utils.rnn.pad_sequence(regions, batch_first=True),
            torch.tensor([len(each) for each in regions]),
            torch.arange(len(images)),
            filled,
            lengths,
        ),
        tokens=["", *(encoder.decode([int(k)]) for k in best[0].tokens)],
        answers=[*encoder.vocabulary, "(end)"],
        separator=" ",
        first="decoder.0",
        scores=scores,
    )


def examples(model: ImageCaptioner, X: Any, y: Any, *, steps: bool) -> Examples:
    """Images as `fit` takes them."""
    images = read_images("doctor", X)
    return Examples(count=len(images), sample=images[:FEW])


FEW = 8  # images that are looked at
