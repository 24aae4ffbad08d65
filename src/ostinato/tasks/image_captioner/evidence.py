"""A captioner on held-out images, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.data import read_image
from ostinato.figures import Column, Figure, Looks, Table
from ostinato.measures.captions import ciders
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.image_captioner.estimator import ImageCaptioner
from ostinato.tasks.image_captioner.rows import Captions, read_pairs

SHOWN = 3  # images whose attention is drawn
SAMPLES = 10  # captions that are shown, and as many of the worst
JUDGED = 300  # images among which the worst are looked for
PIXELS = 240  # of the longer side of an image that is drawn


def evidence(estimator: ImageCaptioner, held_out: Any) -> Evidence:
    """What the model says of `held_out`, images and references."""
    images, truth = read_pairs("evidence", *held_out)
    images, truth = images[:JUDGED], estimator.said(truth[:JUDGED])
    answers = estimator.predict(images)
    figures: list[Figure] = []
    if estimator.encoder != "features":
        figures += [look_figure(estimator, each) for each in images[:SHOWN]]
    names = [_name(each, row) for row, each in enumerate(images)]
    rows = list(zip(names, answers, (row[0] for row in truth), strict=True))
    columns = [Column(name=name) for name in ("image", "caption", "a reference")]
    figures += [
        Table(
            title="Captions beside references",
            caption="The first held-out images. Read a few: a figure does not tell what is wrong.",
            columns=columns,
            rows=rows[:SAMPLES],
        ),
        Table(
            title="The captions least like their references",
            caption="The image, what the model said, and what a person said.",
            columns=columns,
            rows=[rows[k] for k in _worst(answers, truth)],
        ),
    ]
    different = len(set(answers))
    facts: dict[str, object] = {"different captions": f"{different} of {len(answers)} images"}
    return Evidence(figures=figures, facts=facts)


def look_figure(estimator: ImageCaptioner, image: Any) -> Looks:
    """Where each word of an image's caption looked."""
    (seen,) = estimator.look([image])
    photograph = read_image("look", image)
    photograph.thumbnail((PIXELS, PIXELS))
    return Looks(
        title=seen.caption,
        caption="The image, then for each word where the model looked: light where it looked most.",
        image=np.asarray(photograph),
        names=seen.words,
        maps=seen.weights,
    )


def _name(image: Any, row: int) -> str:
    return str(image) if isinstance(image, str) or hasattr(image, "__fspath__") else f"row {row}"


def _worst(answers: list[str], truth: Captions) -> list[int]:
    """The rows of the lowest CIDEr-D, the worst first."""
    return np.argsort(ciders(answers, truth), kind="stable")[:SAMPLES].tolist()
