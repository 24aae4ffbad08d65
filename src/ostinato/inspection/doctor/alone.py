"""What is wrong with rows that no model has learned from yet."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ostinato.errors import DataError
from ostinato.inspection.doctor import rows as checks
from ostinato.inspection.doctor.findings import Diagnosis, Finding, UncheckedError

EMPTY, TWICE = 0.05, 0.01  # of the rows


def diagnose_rows(table: Any, label: str | None = None) -> Diagnosis:
    """What is wrong with a table, with the numbers that say so and what to do.

    Args:
        table: a pandas table, or what makes one.
        label: the column with the labels, where there is one; None takes "label" if it is there.

    Raises:
        DataError: it is no table, is empty, or lacks the column.
    """
    try:
        frame = pd.DataFrame(table)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"diagnose_rows: table must be a table, got {type(table).__name__}."
        ) from error
    if frame.empty:
        raise DataError("diagnose_rows: the table has no rows.")
    if label is None:
        label = "label" if "label" in frame else None
    elif label not in frame:
        raise DataError(
            f"diagnose_rows: no column {label!r}. Columns: {', '.join(map(str, frame))}."
        )
    findings, healthy, skipped = [], [], {}
    for name, check in CHECKS.items():
        try:
            found = check(frame, label)
        except UncheckedError as reason:
            skipped[name] = str(reason)
            continue
        if found is None:
            healthy.append(name)
        else:
            findings.append(found)
    return Diagnosis(findings=findings, healthy=healthy, skipped=skipped)


def class_imbalance(frame: pd.DataFrame, label: str | None) -> Finding | None:
    """A label far rarer than the most frequent one."""
    if label is None:
        raise UncheckedError("needs a column with labels: name it.")
    return checks.imbalance(frame[label].dropna().tolist())


def shuffled_time(frame: pd.DataFrame, label: str | None) -> Finding | None:
    """Numbers of which no row is like those before it."""
    if label is not None:
        raise UncheckedError("rows with labels need no order.")
    return checks.shuffled(checks.series_columns(frame))


def doubled(frame: pd.DataFrame, label: str | None) -> Finding | None:
    """Equal rows, which land on both sides of a split."""
    own: Any = frame if label is None else frame.drop(columns=label)
    again = own.astype(str).duplicated() if own.shape[1] else pd.Series(False, index=own.index)
    more = int(again.sum())
    if more < max(2, TWICE * len(frame)):
        return None
    first = " ".join(map(str, own[again].iloc[0]))
    return Finding(
        name="copies",
        title="Rows stand in the table more than once",
        evidence=f"{more:,} of {len(frame):,} rows are copies, for example {first[:60]!r}. "
        "A split puts some of them on both sides, and the figures are too good.",
        remedies=(
            "Remove the copies before the rows are split.",
            "Where rows belong together (a person, a day), hold out whole groups.",
        ),
    )


def empty(frame: pd.DataFrame, label: str | None) -> Finding | None:
    """Columns in which much is missing."""
    missing: Any = frame.isna().mean()
    worst = str(missing.idxmax())
    share = float(missing.max())
    if share < EMPTY:
        return None
    return Finding(
        name="missing",
        title="Values are missing",
        evidence=f"{share:.0%} of {worst!r} is empty; {int((missing >= EMPTY).sum())} of "
        f"{frame.shape[1]} columns lack {EMPTY:.0%} or more.",
        remedies=(
            "Leave out the column, or the rows, where they tell nothing.",
            "Fill them in by what is known, and tell so in a column of its own.",
        ),
    )


CHECKS = {
    "copies": doubled,
    "shuffled-time": shuffled_time,
    "class-imbalance": class_imbalance,
    "missing": empty,
}
