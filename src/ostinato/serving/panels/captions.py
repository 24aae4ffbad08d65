"""Drop an image: its caption, and where the model looked for each word."""

from __future__ import annotations

from typing import Any

from ostinato.errors import OptionError
from ostinato.serving.panels.request import PanelRequest, numbers, uploaded

KINDS = ("image-captioner",)
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")


def answer(request: PanelRequest) -> dict[str, Any]:
    """The best captions of the uploaded image, and of the first the attention of each word.

    Raises:
        OptionError: the model takes features computed elsewhere, not images.
        DataError: the file is no image.
    """
    model = request.model
    if model.encoder == "features":
        raise OptionError(
            "This model reads features that were computed elsewhere, not images. "
            "Fit one with encoder='small' to drop images here."
        )
    with uploaded(request, *SUFFIXES) as path:
        (best,) = model.predict_best([str(path)])
        (seen,) = model.look([str(path)])
    return {
        "captions": [[text, score] for text, score in best],
        "words": list(seen.words),
        "maps": numbers(seen.weights, 4),
    }
