"""Checks of how a model learned, and how well beside naive answers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ostinato.figures import number
from ostinato.inspection.doctor.findings import Finding, UncheckedError
from ostinato.inspection.doctor.patient import Patient
from ostinato.inspection.reading import module_answer
from ostinato.training.nonfinite import where_it_began

Z = 1.96  # standard errors of a 95 % interval


def curve(patient: Patient, name: str, least: int) -> np.ndarray:
    """A column of the history with at least so many epochs."""
    found = np.asarray(patient.history.get(name, ()), dtype=np.float64)
    if len(found) < least:
        raise UncheckedError(f"needs {name} of {least} epochs or more.")
    if not np.isfinite(found).all():
        raise UncheckedError(f"{name} is not a number in every epoch.")
    return found


def not_a_number(patient: Patient) -> Finding | None:
    """A figure of the history that is NaN or infinite."""
    for name, values in patient.history.items():
        bad = np.flatnonzero(~np.isfinite(np.asarray(values, dtype=np.float64)))
        if len(bad):
            return Finding(
                name="not-a-number",
                title="A figure is not a number",
                evidence=f"{name} is {values[bad[0]]} in epoch {bad[0] + 1}.{_began(patient)}",
                remedies=(
                    "Look for NaN, infinite or huge values in the rows.",
                    f"Lower learning_rate, now {patient.options['learning_rate']}.",
                    "Set clip_norm, for example to 1.0.",
                ),
            )
    return None


def _began(patient: Patient) -> str:
    """Where the network itself makes one of some rows, as far as there are any."""
    try:
        reading = patient.reading
    except UncheckedError:
        return ""
    began = where_it_began(reading.module, reading.inputs, lambda: module_answer(reading))
    return f" {began}" if began else ""


def rate_too_high(patient: Patient) -> Finding | None:
    """The training loss jumps up, or ends far above where it once was."""
    loss = curve(patient, "train_loss", 3)
    spread = loss.max() - loss.min()
    rises = np.flatnonzero(np.diff(loss) > 0.1 * spread) + 2
    ends_high = loss[-1] > loss.min() + 0.5 * spread and loss[-1] > loss[0]
    if spread < 0.02 * abs(loss).mean() or not (ends_high or len(rises) >= max(2, len(loss) / 4)):
        return None
    where = ", ".join(map(str, rises[:6]))
    return Finding(
        name="rate-too-high",
        title="The learning rate is too high",
        evidence=f"The training loss went from {number(loss[0])} to {number(loss[-1])}, its least "
        f"was {number(loss.min())}; it jumped up in epochs {where}.",
        remedies=(
            f"Lower learning_rate, now {patient.options['learning_rate']}, three to ten times; "
            "ostinato.training.find_learning_rate measures one.",
            "Use schedule='one_cycle', which begins low.",
            "Set clip_norm, for example to 1.0.",
        ),
    )


def rate_too_low(patient: Patient) -> Finding | None:
    """The training loss falls with every epoch, and has hardly fallen at the end."""
    loss = curve(patient, "train_loss", 3)
    fall = 1 - loss[-1] / loss[0] if loss[0] > 0 else math.inf
    if not (np.all(np.diff(loss) <= 0) and fall < 0.1):
        return None
    return Finding(
        name="rate-too-low",
        title="The learning rate is too low",
        evidence=f"In {len(loss)} epochs the training loss fell steadily, but only from "
        f"{number(loss[0])} to {number(loss[-1])}, {fall:.1%}.",
        remedies=(
            f"Raise learning_rate, now {patient.options['learning_rate']}, three to ten times; "
            "ostinato.training.find_learning_rate measures one.",
            f"Train longer: it had {len(loss)} epochs.",
        ),
    )


def stopped_early(patient: Patient) -> Finding | None:
    """The held-out loss still falls when training ends."""
    loss = curve(patient, "val_loss", 3)
    whole, last = loss[0] - loss[-1], loss[-2] - loss[-1]
    if not (loss.argmin() == len(loss) - 1 and whole > 0 and last > 0.2 * whole and len(loss) > 3):
        return None
    return Finding(
        name="underfitting",
        title="Training ended while the model was still getting better",
        evidence=f"The last of {len(loss)} epochs brought {last / whole:.0%} of all that the "
        f"held-out loss fell, from {number(loss[-2])} to {number(loss[-1])}.",
        remedies=(
            f"Train longer: it had {len(loss)} epochs.",
            f"Raise learning_rate, now {patient.options['learning_rate']}.",
            "Take more units: hidden_size.",
        ),
    )


def overfitting(patient: Patient) -> Finding | None:
    """The held-out loss rises while the training loss falls."""
    train, held = curve(patient, "train_loss", 4), curve(patient, "val_loss", 4)
    best = int(held.argmin())
    after = len(held) - 1 - best
    if after < 2 or held[-1] < 1.15 * held[best] or train[-1] > 0.95 * train[best]:
        return None
    dropout = patient.options.get("dropout")
    return Finding(
        name="overfitting",
        title="The model learns its training rows by heart",
        evidence=f"After epoch {best + 1} the held-out loss rose from {number(held[best])} to "
        f"{number(held[-1])}, while the training loss fell from {number(train[best])} to "
        f"{number(train[-1])}.{patient.kept}",
        remedies=(
            "Give it more rows, if there are any.",
            f"Raise dropout, now {dropout}, or recurrent_dropout.",
            "Take fewer units, or set weight_decay.",
            "Set patience=2, which ends training in time.",
        ),
    )


def baseline_wins(patient: Patient) -> Finding | None:
    """A naive answer is as good as the model's."""
    scores = patient.scores
    names = scores.compared()
    if not names:
        raise UncheckedError("needs figures beside a baseline's on held-out rows.")
    name = names[0]
    if scores.wins(name) is not False:
        return None
    best = scores.strongest(name)
    return Finding(
        name="baseline-wins",
        title="A naive answer is as good as the model's",
        evidence=f"{name} on held-out rows: the model {number(scores.model[name])}, {best.name} "
        f"{number(scores.naive[best.prefix][name])}.",
        remedies=(
            "Look at the other findings first: they may say why.",
            "Ask whether the columns hold what decides the answer, and whether labels are right.",
            f"Use {best.name}: it is simpler.",
        ),
    )


def too_few_rows(patient: Patient) -> Finding | None:
    """Held-out figures that may be chance."""
    held, scores = patient.rows("held_out"), patient.scores
    rows = held.count if held.judged is None else held.judged
    share = scores.model.get("accuracy")
    if share is None:
        raise UncheckedError("needs an accuracy on held-out rows.")
    low, high = wilson(share, rows)
    best = scores.strongest("accuracy")
    naive = None if best is None else scores.naive[best.prefix]["accuracy"]
    unsure = naive is not None and low <= naive <= high and share > naive
    if high - low < 0.2 and not (unsure and high - low > 0.1):
        return None
    within = f", and {best.name}'s {naive:.1%} lies within" if best and unsure else ""
    return Finding(
        name="too-few-rows",
        title="Too few held-out rows to tell how good the model is",
        evidence=f"Accuracy {share:.1%} of {rows:,} answers: the true one lies between {low:.1%} "
        f"and {high:.1%} (95 % interval){within}.",
        remedies=(
            "Hold out more rows: validation=0.3, or a file of its own.",
            "Train with several seeds and look at the mean.",
        ),
    )


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `count` rows (Wilson 1927)."""
    centre = share + Z**2 / (2 * count)
    half = Z * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    scale = 1 + Z**2 / count
    return (centre - half) / scale, (centre + half) / scale


CHECKS: dict[str, Callable[[Patient], Finding | None]] = {
    "not-a-number": not_a_number,
    "rate-too-high": rate_too_high,
    "rate-too-low": rate_too_low,
    "baseline-wins": baseline_wins,
    "overfitting": overfitting,
    "underfitting": stopped_early,
    "too-few-rows": too_few_rows,
}
