"""What an estimator shows of itself in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ostinato.figures import number
from ostinato.figures.learning import learning_figures
from ostinato.measures import Scores


def shown(
    name: str, options: Mapping[str, Any], fit: Any = None, scores: Scores | None = None
) -> str:
    """HTML: name, options that are not the defaults, and of a fitted one its scores beside the best
    baseline's and its first learning curve.

    Args:
        fit: the `FitResult` of a fitted estimator.
        scores: of its held-out rows.
    """
    told = ", ".join(f"{key}={value!r}" for key, value in options.items())
    state = "not fitted" if fit is None else f"fitted: {_fit_words(fit)}"
    parts = [f"<p><b>{escape(name)}</b>({escape(told)}), {escape(state)}</p>"]
    if scores is not None:
        parts.append(_scores(scores))
    if fit is not None:
        drawn = learning_figures(fit.history, best=fit.best_epoch)
        parts += [each._repr_html_() for each in drawn[:1]]
    return "\n".join(part for part in parts if part)


def _fit_words(fit: Any) -> str:
    epochs = max(map(len, fit.history.values()), default=0)
    return f"{fit.status}, {epochs} epochs, the best {fit.best_epoch}, {fit.seconds:.1f} s"


def _scores(scores: Scores) -> str:
    """A row for each measure that a baseline has too."""
    rows = []
    for name in scores.compared():
        best = scores.strongest(name)
        if best is None:
            continue
        own, naive = scores.model[name], scores.naive[best.prefix][name]
        cells = (name, number(float(own)), number(float(naive)), best.name)
        rows.append("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in cells) + "</tr>")
    if not rows:
        return ""
    head = "".join(f"<th>{each}</th>" for each in ("held-out rows", "model", "best naive", ""))
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"
