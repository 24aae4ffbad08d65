"""Learning curves of one fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ostinato.figures.base import Axis, Role
from ostinato.figures.kinds import Line, Lines, Mark


def learning_figures(
    history: Mapping[str, Sequence[float]],
    *,
    best: int | None = None,
    units: Mapping[str, tuple[float, str]] | None = None,
) -> list[Lines]:
    """A figure for each measure by epoch, training and validation; the loss first.

    Args:
        history: `train_NAME` and `val_NAME` to the figure of each epoch.
        best: the epoch whose weights were kept, from 1.
        units: of some measures what their figures are multiplied by, and their unit then.
    """
    units = units or {}
    curves = {
        name: [float(v) for v in values]
        for name, values in history.items()
        if name.startswith(("train_", "val_")) and not name.endswith("_seconds") and len(values)
    }
    named = {name.split("_", 1)[1] for name in curves}
    found = []
    for measure in sorted(named, key=lambda name: (name != "loss", name)):
        factor, unit = units.get(measure, (1.0, ""))
        roles: tuple[tuple[str, Role], ...] = (
            (f"train_{measure}", "training"),
            (f"val_{measure}", "validation"),
        )
        lines = [
            Line(name=role, x=range(1, len(y) + 1), y=np.array(y) * factor, role=role)
            for key, role in roles
            if (y := curves.get(key))
        ]
        kept = [Mark(x=best, label="kept")] if best else []
        found.append(
            Lines(
                title=f"{measure} by epoch",
                caption=_course(lines, best),
                lines=lines,
                marks=kept,
                x=Axis(label="epoch", whole=True),
                y=Axis(label=measure, unit=unit),
            )
        )
    return found


def _course(lines: Sequence[Line], best: int | None) -> str:
    if len(lines) > 1:
        return "Where validation turns away from training, the model begins to learn by heart."
    kept = f" The weights of epoch {best} were kept." if best else ""
    return f"On {'held-out' if lines[0].role == 'validation' else 'training'} rows.{kept}"
