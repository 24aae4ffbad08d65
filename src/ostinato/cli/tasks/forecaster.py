"""Forecasts in the shell: a table of rows in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from ostinato.cli.tasks.common import Loaded, Task, fraction, table
from ostinato.errors import OptionError

if TYPE_CHECKING:
    from ostinato.inspection import Evidence


def _read(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    sources = typed["data"]
    targets = [name for each in typed["target"] or [] for name in each.split(",") if name]
    if targets:
        options["target"] = targets[0] if len(targets) == 1 else tuple(targets)
    named = {"target": targets, "time": options.get("time"), "series": options.get("series")}
    frame = table(sources, **named)
    share = fraction(typed["validation"])
    held_out: Any = share if share is not None else table([typed["validation"]], **named)
    facts: dict[str, object] = {
        "files": ", ".join(sources),
        "targets": ", ".join(targets) or "every column of numbers",
        "rows": f"{len(frame):,}",
        "held out": f"{share:.0%} of the rows, the last ones" if share else typed["validation"],
    }
    return Loaded(training=(frame,), validation=held_out, facts=facts, example=[])


def _judge(estimator: Any, loaded: Loaded) -> Evidence:
    from ostinato.cli.series import held_out
    from ostinato.inspection import Evidence

    tests = held_out(estimator, loaded.training[0], loaded.validation)
    columns = [(test, k) for test in tests for k in range(len(test.columns))]
    naive = {"last value repeated": [test.naive[:, k] for test, k in columns]}
    again = [test.seasonal[:, k] for test, k in columns if test.seasonal is not None]
    if len(again) == len(columns):
        naive["last season repeated"] = again
    return Evidence(
        scores=estimator.baseline_,
        truth=[test.truth[:, k] for test, k in columns],
        answers=[test.answers[:, k] for test, k in columns],
        naive=naive,
        times=[test.times for test, _ in columns],
        columns=[" ".join(filter(None, (test.name, test.columns[k]))) for test, k in columns],
        facts=loaded.facts,
    )


def _answer(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    horizon, layout = options.get("horizon"), estimator.layout_
    if not sources:
        frame = estimator.forecast(horizon)
    elif horizon is None or horizon <= estimator.horizon:
        frame = estimator.predict(table(sources))
        if horizon is not None:
            frame = frame.groupby(level=0).head(horizon) if layout.series else frame.head(horizon)
    else:
        raise OptionError(
            f"predict: with data, --horizon must be at most {estimator.horizon}, what the model "
            f"was trained for, got {horizon}."
        )
    names = [*([layout.series] if layout.series else []), layout.time or "step"]
    return frame.rename_axis(names).reset_index().to_dict("records")


def _measure(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    frame = table(sources)
    return estimator.evaluate(frame), len(frame)


def _estimator() -> type:
    from ostinato.estimators import Forecaster

    return Forecaster


TASK = Task(
    estimator=_estimator,
    words={
        "target": (
            list[str] | None,
            typer.Option(
                help="Column to forecast; may be repeated, or A,B,... [default: all numbers]",
                metavar="COL",
            ),
            None,
        ),
    },
    read=_read,
    evidence=_judge,
    answer=_answer,
    asks=("horizon",),
    measure=_measure,
)
