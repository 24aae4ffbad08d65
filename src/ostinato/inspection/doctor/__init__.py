"""Finds what is wrong with a fitted model and says what to do: `print(diagnose(model))`."""

from __future__ import annotations

from typing import Any

from ostinato.errors import OptionError
from ostinato.inspection.doctor import learned, network, rows
from ostinato.inspection.doctor.alone import diagnose_rows as diagnose_rows
from ostinato.inspection.doctor.findings import Diagnosis as Diagnosis
from ostinato.inspection.doctor.findings import Finding as Finding
from ostinato.inspection.doctor.findings import UncheckedError
from ostinato.inspection.doctor.patient import patient_of
from ostinato.inspection.doctor.watcher import watcher as watcher

CHECKS = {**learned.CHECKS, **network.CHECKS, **rows.CHECKS}
"""Name of a check to its function, the gravest first."""


def diagnose(model: Any, train: Any = None, *, validation: Any = None) -> Diagnosis:
    """What is wrong with a fitted estimator, with the numbers that say so and what to do.

    Each check looks for one fault: a learning rate too high or too low, overfitting, training that
    ended too early, a naive answer that is as good, too few held-out rows; gradients that vanish or
    explode through time, units that do nothing or are stuck, an answer that depends only on the
    end of what is read; held-out copies of training rows, rare classes, unknown words, cut texts, a
    series out of order, a column that knows the future. A check that lacks what it needs is
    skipped, and the diagnosis says why.

    Args:
        model: a fitted estimator.
        train: the rows given to `fit`: `(X, y)`, or X alone.
        validation: as given to `fit`. A share: the rows that this fit held out, which are not saved
            with the model. Or rows of their own to judge by.

    Raises:
        OptionError: `model` is no fitted estimator.
    """
    if not hasattr(model, "kind") or not getattr(model, "_fitted", False):
        raise OptionError(
            f"diagnose: model must be a fitted estimator, got {type(model).__name__}."
        )
    patient = patient_of(model, train, validation)
    findings, healthy, skipped = [], [], {}
    for name, check in CHECKS.items():
        try:
            found = check(patient)
        except UncheckedError as reason:
            skipped[name] = str(reason)
            continue
        if found is None:
            healthy.append(name)
        else:
            findings.append(found)
    return Diagnosis(findings=findings, healthy=healthy, skipped=skipped)
