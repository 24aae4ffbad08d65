"""Pictures of what a task answers, as its report has them: forecasts, anomalies, sound, music."""

from __future__ import annotations

import re
from typing import Any

from ostinato.errors import DataError, OptionError
from ostinato.figures import Figure, Matrix
from ostinato.inspection.picture import Picture
from ostinato.tasks.registry import TASKS


def held_out_pictures(model: Any, rows: Any = None) -> dict[str, Picture]:
    """Every picture that a report has of held-out rows, by its title in small letters.

    Args:
        rows: as `fit` takes them for validation, with the truth; None: those that `fit` held out,
            which are not saved with a model.

    Raises:
        OptionError: `model` is no fitted estimator.
        DataError: there are no held-out rows.
    """
    task = TASKS.get(getattr(model, "kind", ""))
    if task is None:
        raise OptionError(
            f"held_out_pictures: model must be a fitted estimator, got {type(model).__name__}."
        )
    model._check_fitted()
    rows = model.held_out_ if rows is None else rows
    if rows is None:
        raise DataError("held_out_pictures: fit held no rows out. Give rows.")
    figures = task.part("evidence").evidence(model, rows).figures
    found: dict[str, Picture] = {}
    for each in figures:
        name = re.sub(r"[^a-z0-9]+", "-", each.title.lower()).strip("-")
        found[name if name not in found else f"{name}-{len(found)}"] = _picture(each)
    return found


def forecasts(model: Any, data: Any) -> Picture:
    """Forecast after forecast of the first series that is worth it, each from the rows before it
    alone, with its interval and what came.

    Args:
        data: a table with more rows than a forecaster reads.
    """
    return _first("forecasts", "forecaster", model, data)


def anomalies(model: Any, data: Any) -> Picture:
    """The column of a series that is most to blame, the band in which it raises no alarm, and the
    alarms."""
    return _first("anomalies", "anomaly-detector", model, data)


def blame(model: Any, data: Any) -> Picture:
    """The share of each column in the error of the rows with the highest scores.

    Raises:
        DataError: there is one column.
    """
    figures = _figures("blame", "anomaly-detector", model, data)
    found = [each for each in figures if isinstance(each, Matrix)]
    if not found:
        raise DataError("blame: data must have two columns or more that are watched.")
    return _picture(found[0])


def spectrogram(model: Any, data: Any) -> Picture:
    """The first recording as a speech recognizer reads it, the words where they were heard."""
    evidence = _evidence("spectrogram", "speech-recognizer", model)
    (heard,) = model.transcribe(data[:1])
    return _picture(evidence.spectrogram(model, _sound(model, data), heard))


def alignment(model: Any, data: Any) -> Picture:
    """How sure a speech recognizer is of a label and of the blank at each moment of the first
    recording, the words where they were heard."""
    evidence = _evidence("alignment", "speech-recognizer", model)
    (heard,) = model.transcribe(data[:1])
    return _picture(evidence.certainty(model, _sound(model, data), heard))


def piano_roll(model: Any, data: Any) -> Picture:
    """The notes of the first piece, and how it goes on by the model, in another shade."""
    return _first("piano_roll", "music-composer", model, data)


def _sound(model: Any, data: Any) -> Any:
    from ostinato.tasks.speech_recognizer.sounds import read_sounds

    return read_sounds("inspect", data[:1], None, model.sampling_rate)[0]


def _first(where: str, kind: str, model: Any, data: Any) -> Picture:
    figures = _figures(where, kind, model, data)
    if not figures:
        raise DataError(f"{where}: data has too few rows to show anything.")
    return _picture(figures[0])


def _figures(where: str, kind: str, model: Any, data: Any) -> list[Figure]:
    return _evidence(where, kind, model).evidence(model, data).figures


def _evidence(where: str, kind: str, model: Any) -> Any:
    if getattr(model, "kind", None) != kind:
        raise OptionError(
            f"{where}: model must be a fitted {kind}, got "
            f"{getattr(model, 'kind', type(model).__name__)}."
        )
    model._check_fitted()
    return TASKS[kind].part("evidence")


def _picture(figure: Figure) -> Picture:
    return Picture(figure, figure.frame())
