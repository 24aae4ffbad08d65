"""Which pictures suit a fitted estimator, and one page of a choice of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ostinato.errors import OptionError, check_choice
from ostinato.figures import page
from ostinato.inspection.answers import attention, crf_scores, token_probabilities
from ostinato.inspection.attribution import attribution
from ostinato.inspection.curves import learning_curves
from ostinato.inspection.gates import (
    gate_values,
    gradient_histograms,
    saturation,
    weight_histograms,
)
from ostinato.inspection.picture import Picture
from ostinato.inspection.states import hidden_states
from ostinato.inspection.task_answers import (
    alignment,
    anomalies,
    blame,
    forecasts,
    piano_roll,
    spectrogram,
)
from ostinato.inspection.through_time import gradient_norms, influence
from ostinato.inspection.units import activations

ALONE: dict[str, Callable[[Any], Picture]] = {
    "learning-curves": learning_curves,
    "weights": weight_histograms,
    "crf": crf_scores,
}
"""Pictures of a model alone."""

WITH_DATA: dict[str, Callable[[Any, Any], Picture]] = {
    "forecasts": forecasts,
    "anomalies": anomalies,
    "blame": blame,
    "spectrogram": spectrogram,
    "alignment": alignment,
    "piano-roll": piano_roll,
    "attribution": attribution,
    "attention": attention,
    "tokens": token_probabilities,
    "activations": activations,
    "influence": influence,
    "gradient-norms": gradient_norms,
    "gates": gate_values,
    "saturation": saturation,
    "hidden-states": hidden_states,
    "gradients": gradient_histograms,
}
"""Pictures of a model that reads something."""

OF_TASKS = {
    "forecaster": ("forecasts",),
    "anomaly-detector": ("anomalies", "blame"),
    "speech-recognizer": ("spectrogram", "alignment"),
    "music-composer": ("piano-roll",),
    "language-model": ("tokens",),
}
"""Those that only models of one kind have."""


def names_for(model: Any, data: Any = None) -> list[str]:
    """The pictures that can be made of a fitted estimator and this data."""
    crf = getattr(model.module_, "crf", None) is not None
    found = [name for name in ALONE if name != "crf" or crf]
    if data is None:
        return found
    bidirectional = getattr(model, "bidirectional", model.kind == "sequence-tagger")
    left_out = {"gradient-norms"} if bidirectional else set()
    for kind, names in OF_TASKS.items():
        left_out |= set() if kind == model.kind else set(names)
    left_out |= {"blame"} if len(_watched(model)) < 2 else set()
    looks = model.kind in ("translator", "image-captioner") and model.attention != "none"
    looks = looks and getattr(model, "encoder", "") != "features"
    left_out |= set() if looks else {"attention"}
    return [*found, *(name for name in WITH_DATA if name not in left_out)]


def _watched(model: Any) -> Sequence[str]:
    return model.layout_.target if model.kind == "anomaly-detector" else ()


def pictures_of(model: Any, data: Any = None, names: Sequence[str] = ()) -> dict[str, Picture]:
    """Pictures of a fitted estimator by name.

    Args:
        data: what the model's `predict` takes: texts, sentences, rows, recordings, pieces, images;
            None makes the pictures of the model alone.
        names: the choice, as `names_for` gives them; empty takes all.

    Raises:
        OptionError: there is no such picture, or not of this model and data.
    """
    offered = names_for(model, data)
    for name in names:
        check_choice("inspect", "pictures", name, (*ALONE, *WITH_DATA))
        if name not in offered:
            need = " without data" if data is None and name in WITH_DATA else ""
            raise OptionError(
                f"inspect: there is no picture {name!r} of a {model.kind}{need}. "
                f"There are: {', '.join(offered)}."
            )
    made = {}
    for name in names or offered:
        made[name] = ALONE[name](model) if name in ALONE else WITH_DATA[name](model, data)
    return made


def picture_page(found: dict[str, Picture], title: str, lead: str = "") -> str:
    """One offline HTML page of pictures, each with its numbers to unfold."""
    return page([each.figure for each in found.values()], title, lead)
