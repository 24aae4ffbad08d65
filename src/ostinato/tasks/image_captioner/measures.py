"""What is measured of a captioner, and the naive captions beside it."""

from __future__ import annotations

from ostinato.measures import Baseline, measure_captions
from ostinato.measures.captions import CAPTIONS
from ostinato.tasks.image_captioner.rows import Captions

MEASURES = CAPTIONS
BASELINES = (
    Baseline(
        prefix="baseline_",
        name="the commonest caption",
        sentence="Says of every image what was said of most training images.",
    ),
    Baseline(
        prefix="nearest_",
        name="the nearest image's caption",
        sentence="Says what was said of the training image with the likest colours, or features.",
    ),
)


def measure(
    answers: list[str], common: str, nearest: list[str], references: Captions
) -> dict[str, float]:
    """The captions' figures, with `baseline_` those of the commonest caption, with `nearest_` those
    of the nearest training image's."""
    found = dict(measure_captions(answers, references))
    others = {"baseline_": [common] * len(answers), "nearest_": nearest}
    for prefix, texts in others.items():
        found |= {prefix + k: v for k, v in measure_captions(texts, references).items()}
    return found
