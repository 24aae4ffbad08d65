"""Forecasts in the shell: a table of rows in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import OptionError
from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, table

ANSWER = ("horizon", "errors")
MEASURE = ("errors",)


class Words(FileWords):
    """What `train forecaster` is told of the files."""

    target: tuple[str, ...] | None = option(
        "Columns to forecast, with commas or typed again for each; without it every column of "
        "numbers.",
        default=None,
    )
    time: str | None = option(
        "Column with the timestamps; without it one is looked for.", default=None
    )
    series: str | None = option(
        "Column that tells several series apart, such as the shop of each row.", default=None
    )


def _named(words: Words) -> dict[str, Any]:
    return {"target": words.target or (), "time": words.time, "series": words.series}


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    options |= {name: value or None for name, value in _named(words).items()}
    columns = {name: value for name, value in _named(words).items() if value}
    frame = table(sources, words.errors, **columns)
    held_out, said = validation, validation
    if isinstance(validation, str):
        held_out = table([validation], words.errors, **columns)
    elif validation is not None:
        said = f"{validation:.0%} of the rows, the last ones"
    return Loaded(
        arguments=(frame,),
        validation=held_out,
        source=words.options(),
        facts={
            "files": ", ".join(sources),
            "targets": ", ".join(words.target or ()) or "every column of numbers",
            "rows": f"{len(frame):,}",
            "held out": said or "none",
        },
    )


def _errors(estimator: Any, typed: Mapping[str, Any]) -> str:
    """What training was told of wrong bytes, or what is typed now."""
    return typed.get("errors") or estimator.source_.get("errors", "strict")


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each step of each series."""
    horizon, layout = typed.get("horizon"), estimator.layout_
    if not sources:
        frame = estimator.forecast(horizon)
    elif horizon is None or horizon <= estimator.horizon:
        frame = estimator.predict(table(sources, _errors(estimator, typed)))
        if horizon is not None:
            frame = frame.groupby(level=0).head(horizon) if layout.series else frame.head(horizon)
    else:
        raise OptionError(
            f"predict: with data, --horizon must be at most {estimator.horizon}, what the model "
            f"was trained for, got {horizon}."
        )
    names = [*([layout.series] if layout.series else []), layout.time or "step"]
    return frame.rename_axis(names).reset_index().to_dict("records")


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    frame = table(sources, _errors(estimator, typed))
    return estimator.evaluate(frame), len(frame)
