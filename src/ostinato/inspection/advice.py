"""What to begin with: task, cell, direction, layers, units and dropout, from the rows alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError, check_choice
from ostinato.inspection.advice_rules import RULES, Choice

FEW_CLASSES = 0.2  # of the rows, at most, are different labels
WORDS = 1.5  # a text has more of them on average


@dataclasses.dataclass(frozen=True, kw_only=True)
class Advice:
    """What to begin with.

    Attributes:
        facts: what was seen in the rows.
        choices: the task first.
    """

    facts: dict[str, Any]
    choices: Sequence[Choice]

    @property
    def options(self) -> dict[str, Any]:
        """The options by name, as the estimator takes them."""
        return {each.option: each.value for each in self.choices if each.option != "task"}

    def __str__(self) -> str:
        seen = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        lines = [f"Seen: {seen}.", ""]
        lines += [f"{each.option} = {each.value!r}\n  {each.why}" for each in self.choices]
        return "\n".join([*lines, "", "Measured by benchmarks/advice.py."])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "facts": self.facts,
            "choices": [dataclasses.asdict(each) for each in self.choices],
        }


def advise(data: Any, *, task: str | None = None) -> Advice:
    """A task and options to begin with, and why.

    Each rule stands on fits of `benchmarks/advice.py`; what made no difference there is left as the
    estimator has it. It is a beginning: with enough rows, try more units and judge by held-out
    rows.

    Args:
        data: a table; or a list of texts, of sentences (lists of words) or of recordings
            `(steps, channels)`.
        task: the kind of estimator, where it is known: "text-classifier", "sequence-tagger",
            "sequence-classifier" or "forecaster"; None finds it.

    Raises:
        OptionError: there is no advice for the task.
        DataError: the task cannot be told from the rows.
    """
    seen, kind, why = _seen(data)
    if task is not None:
        check_choice("advise", "task", task, RULES)
        kind, why = task, "As you said."
    if kind not in RULES:
        raise DataError(f"advise: {why} Name the task: task={', '.join(map(repr, RULES))}.")
    steps = next((value for name, value in seen.items() if "of half of them" in name), 0)
    first = Choice(option="task", value=kind, why=why)
    return Advice(facts=seen, choices=[first, *RULES[kind](seen["rows"], steps)])


def _seen(data: Any) -> tuple[dict[str, Any], str, str]:
    """Facts, the kind of task ("" unknown), and why."""
    if isinstance(data, pd.DataFrame):
        return _table(data)
    rows = list(data) if hasattr(data, "__len__") and not isinstance(data, str) else []
    if not rows:
        raise DataError("advise: data must be a table or a list of rows, and not empty.")
    if all(isinstance(each, str) for each in rows):
        return (
            _lengths([len(each.split()) for each in rows], "words"),
            "text-classifier",
            ("The rows are texts."),
        )
    lengths = [len(each) for each in rows if hasattr(each, "__len__")]
    if len(lengths) < len(rows):
        raise DataError("advise: rows must be texts, lists of words or arrays (steps, channels).")
    if all(isinstance(word, str) for each in rows for word in each):
        return _lengths(lengths, "words"), "sequence-tagger", "The rows are lists of words."
    return _lengths(lengths, "steps"), "sequence-classifier", "The rows are recordings."


def _lengths(lengths: Sequence[int], unit: str) -> dict[str, Any]:
    return {
        "rows": len(lengths),
        f"{unit} of half of them": int(np.median(lengths)),
        f"{unit} of the longest": int(max(lengths, default=0)),
    }


def _table(frame: pd.DataFrame) -> tuple[dict[str, Any], str, str]:
    rows = len(frame)
    if not rows:
        raise DataError("advise: the table has no rows.")
    words = {
        str(name): values.dropna().astype(str).str.split().str.len()
        for name, values in frame.items()
        if not pd.api.types.is_numeric_dtype(values)
        and not pd.api.types.is_datetime64_any_dtype(values)
    }
    times = [name for name in words if _is_time(frame[name])]
    times += [str(name) for name in frame.select_dtypes("datetime")]
    numbers = [str(name) for name in frame.select_dtypes("number").columns]
    if numbers and times:
        facts = {"rows": rows, "columns of numbers": len(numbers)}
        return facts, "forecaster", f"{times[0]!r} has timestamps, and there are numbers."
    texts = [name for name, count in words.items() if len(count) and count.mean() > WORDS]
    labels = [
        str(name)
        for name, values in frame.items()
        if name not in texts and 1 < values.nunique() <= max(2, FEW_CLASSES * rows)
    ]
    if len(texts) == 1 and labels:
        name = "label" if "label" in labels else labels[-1]
        facts = _lengths(words[texts[0]].tolist(), "words") | {"classes": frame[name].nunique()}
        why = f"{texts[0]!r} has texts, {name!r} few different values."
        return facts, "text-classifier", why
    if texts:
        return _lengths(words[texts[0]].tolist(), "words"), "", "There are texts without labels."
    return {"rows": rows}, "", "It cannot be told what is to be learned of this table."


def _is_time(values: Any) -> bool:
    try:
        pd.to_datetime(values.dropna().head(50).astype(str), format="ISO8601")
    except (ValueError, TypeError):
        return False
    return True
