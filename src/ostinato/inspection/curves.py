"""Learning curves of one run and of several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ostinato.errors import DataError, suggestion
from ostinato.figures import Axis, Line, Lines, Mark
from ostinato.inspection.picture import Picture


def learning_curves(runs: Any, measure: str = "loss") -> Picture:
    """One measure by epoch.

    Args:
        runs: a fitted estimator or its `history_`; or several by name. One shows training and
            validation; of several validation is drawn where all have it, else training.
        measure: what was measured, as "loss".

    Returns:
        columns run, part ("training" or "validation"), epoch (from 1), value.

    Raises:
        DataError: a run has no such measure.
    """
    several = isinstance(runs, Mapping) and all(
        hasattr(each, "history_") or isinstance(each, Mapping) for each in runs.values()
    )
    named = dict(runs) if several else {"": runs}
    rows, best = [], {}
    for run, given in named.items():
        history = getattr(given, "history_", given)
        best[run] = getattr(getattr(given, "fit_result_", None), "best_epoch", None)
        parts = (("training", f"train_{measure}"), ("validation", f"val_{measure}"))
        there = [(part, history[key]) for part, key in parts if len(history.get(key, ()))]
        if not there:
            known = sorted({name.split("_", 1)[1] for name in history if "_" in name})
            raise DataError(
                f"learning_curves: {run or 'the run'} has no measure {measure!r}."
                f"{suggestion(measure, known)} Measures: {', '.join(known)}."
            )
        for part, values in there:
            rows += [(run, part, k, float(value)) for k, value in enumerate(values, 1)]
    table: Any = pd.DataFrame(rows, columns=["run", "part", "epoch", "value"])
    lines, marks = [], []
    if len(named) == 1:
        for part, own in table.groupby("part", sort=False):
            lines.append(Line(name=part, x=own["epoch"], y=own["value"], role=part))
        kept = next(iter(best.values()))
        marks = [Mark(x=kept, label="kept")] if kept else []
        what = measure
    else:
        judged = table[table["part"] == "validation"]
        part = "validation" if judged["run"].nunique() == len(named) else "training"
        for run, own in table[table["part"] == part].groupby("run", sort=False):
            lines.append(Line(name=str(run), x=own["epoch"], y=own["value"]))
        what = f"{part} {measure}"
    figure = Lines(
        title=f"{what} by epoch",
        caption="Where validation turns away from training, the model begins to learn by heart."
        if len(lines) == 2 and len(named) == 1
        else "",
        lines=lines,
        marks=marks,
        x=Axis(label="epoch", whole=True),
        y=Axis(label=measure),
    )
    return Picture(figure, table)
