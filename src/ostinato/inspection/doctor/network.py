"""Checks of what happens inside: gradients through time, memory, units that do nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ostinato.inspection.doctor.findings import Finding, UncheckedError
from ostinato.inspection.doctor.patient import Patient
from ostinato.inspection.through_time import influence, memory_length

VANISHED, EXPLODED = 1e-4, 100.0  # of the gradient at the last step
STILL = 1e-3  # a unit whose state moves less, as standard deviation
STUCK = 0.95  # share of the steps at which a state of tanh is near -1 or 1
MANY = 0.3  # of the units
LONG = 50  # steps
SCALE = 1e-2, 10.0  # spreads that are still learned from


def vanishing(patient: Patient) -> Finding | None:
    """Gradients that hardly reach back."""
    norms = patient.norms
    if (size := float(norms[-1])) > VANISHED:
        return None
    return Finding(
        name="vanishing-gradients",
        title="Gradients vanish on their way back in time",
        evidence=f"{len(norms) - 1} steps back a gradient has {size:.1e} of its size: what was "
        "read earlier cannot be learned from.",
        remedies=(
            *_gated(patient),
            "Set init='orthogonal', or for an LSTM a forget bias of 1 or 2.",
            "Shorten the way: a larger segment, pooling over all steps, attention.",
        ),
    )


def exploding(patient: Patient) -> Finding | None:
    """Gradients that grow as they go back."""
    norms = patient.norms
    if (size := float(norms.max())) < EXPLODED:
        return None
    return Finding(
        name="exploding-gradients",
        title="Gradients explode on their way back in time",
        evidence=f"{int(norms.argmax())} steps back a gradient is {size:,.0f} times as large.",
        remedies=(
            "Set clip_norm, for example to 1.0.",
            *_gated(patient),
            "Set init='orthogonal', or lower learning_rate.",
        ),
    )


def short_memory(patient: Patient) -> Finding | None:
    """Sequences far longer than what the answer depends on."""
    rows = patient.any_rows
    if rows.lengths is None or (longest := int(np.median(rows.lengths))) < LONG:
        raise UncheckedError(f"needs rows of {LONG} steps or more.")
    length = memory_length(influence(patient.model, rows.sample[:8]).table)
    if 4 * length >= longest:
        return None
    return Finding(
        name="short-memory",
        title="The answer depends only on the end of what is read",
        evidence=f"Half of the rows have {longest:,} steps or more; what lies over {length:,} "
        "steps back changes the answer by less than a hundredth.",
        remedies=(
            "Set pooling='meanmax' or 'attention', which look at all steps.",
            "Read from both ends: bidirectional=True.",
            *_gated(patient),
            "Or cut the rows: what is not used costs time.",
        ),
    )


def dead_units(patient: Patient) -> Finding | None:
    """Units whose state never moves, though what is read does."""
    _, call = patient.inside
    spread = call.live(call.outputs).double().std(0).numpy()
    still = int((spread < STILL).sum())
    if still < MANY * len(spread):
        return None
    return Finding(
        name="dead-units",
        title="Many units do nothing",
        evidence=f"The state of {still} of {len(spread)} units in {call.name!r} never moves.",
        remedies=(
            f"Lower learning_rate, now {patient.options['learning_rate']}: one large step can kill "
            "units of a relu for good.",
            "Set activation='tanh', or cell='gru'.",
            "Take fewer units: hidden_size.",
        ),
    )


def saturated_units(patient: Patient) -> Finding | None:
    """States that stand at the ends of tanh, where no gradient passes."""
    _, call = patient.inside
    states = call.live(call.outputs).double().abs().numpy()
    if states.max() > 1:
        return None  # relu, or a projection
    stuck = (states > STUCK).mean(0) > STUCK
    if stuck.sum() < MANY * len(stuck):
        return None
    return Finding(
        name="saturated-units",
        title="Many units are stuck at -1 or 1",
        evidence=f"{int(stuck.sum())} of {len(stuck)} units in {call.name!r} are beyond "
        f"{STUCK} at {STUCK:.0%} of the steps or more: they let no gradient pass.",
        remedies=(
            f"Lower learning_rate, now {patient.options['learning_rate']}.",
            "Set weight_decay, or init='orthogonal'.",
            "Scale the inputs, where you feed a module of your own.",
        ),
    )


def not_scaled(patient: Patient) -> Finding | None:
    """Columns that reach the network far from 0 or with a spread far from 1."""
    reading, _ = patient.inside
    if not reading.plain:
        raise UncheckedError("needs rows of numbers.")
    values = reading.inputs[0].double().flatten(0, 1).numpy()
    names = list(reading.columns or range(values.shape[1]))
    centre, spread = np.abs(values.mean(0)), values.std(0)
    low, high = SCALE
    bad = np.flatnonzero((centre > high) | (spread > high) | ((spread > 0) & (spread < low)))
    if not len(bad):
        return None
    worst = bad[np.argmax(np.maximum(centre[bad], spread[bad]))]
    return Finding(
        name="not-scaled",
        title="The network reads numbers that are not scaled",
        evidence=f"{len(bad)} of {len(names)} columns; {names[worst]!r} has the mean "
        f"{values[:, worst].mean():,.4g} and the spread {spread[worst]:,.4g}, where about 0 and 1 "
        "are learned from quickly.",
        remedies=(
            *_scaling(patient),
            "Look for outliers, such as a sign for what is missing (-999).",
            "Scale the columns before, or take their logarithms where they grow by factors.",
        ),
    )


def _scaling(patient: Patient) -> tuple[str, ...]:
    """The option that left the rows as they were."""
    for name, scaled in (("scaler", "standard"), ("scale", "channel")):
        if patient.options.get(name) == "none":
            return (f"Set {name}={scaled!r}, now 'none'.",)
    return ()


def _gated(patient: Patient) -> tuple[str, ...]:
    return ("Set cell='gru' or 'lstm'.",) if patient.options.get("cell") == "rnn" else ()


CHECKS: dict[str, Callable[[Patient], Finding | None]] = {
    "not-scaled": not_scaled,
    "exploding-gradients": exploding,
    "vanishing-gradients": vanishing,
    "saturated-units": saturated_units,
    "dead-units": dead_units,
    "short-memory": short_memory,
}
