"""What the quality scripts share: options typed as words, and what a fit tells of itself."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def parser(description: str | None, *names: str) -> argparse.ArgumentParser:
    """A parser of the words common to all; with `names`, what to measure comes first."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if names:
        made.add_argument("name", choices=names)
    made.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    made.add_argument("--test", action="store_true", help="measure the test rows too")
    made.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE")
    return made


def chosen(options: Mapping[str, Any], typed: list[str]) -> dict[str, Any]:
    """The options, with those that were typed as OPTION=VALUE instead."""
    found = dict(options)
    for each in typed:
        name, _, value = each.partition("=")
        try:
            found[name] = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            found[name] = value
    return found


def told(model: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options, time and history of a fit, and the figures of its validation rows."""
    return {
        "options": options,
        "seconds": round(model.fit_result_.seconds, 1),
        "best_epoch": model.fit_result_.best_epoch,
        "history": {k: [round(v, 4) for v in values] for k, values in model.history_.items()},
        "validation": rounded(model.baseline_),
    }


def rounded(scores: Mapping[str, float], digits: int = 4) -> dict[str, float]:
    return {name: round(value, digits) for name, value in scores.items()}
