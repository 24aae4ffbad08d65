"""Drop a table: its columns are recognised, and it is forecast or looked through for anomalies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ostinato.errors import OptionError
from ostinato.serving.panels.request import PanelRequest, numbers, uploaded

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("forecaster", "anomaly-detector")
SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".csv.gz", ".parquet")
LEVEL = 80.0  # per cent of the values to come that the interval should hold
DRAWN = 5_000  # rows before a forecast, and rows with scores, that are drawn
SERIES = 50  # that are drawn; the download has all


def answer(request: PanelRequest) -> dict[str, Any]:
    """What comes after the table, or which of its rows are not as they should be.

    Without a model the network that comes with the package forecasts it, untrained.

    Raises:
        DataError: the file cannot be read, or lacks the model's columns.
    """
    with uploaded(request, *SUFFIXES) as path:
        if request.model is None:
            return _pretrained(request, path)
        if request.model.kind == "anomaly-detector":
            return _anomalies(request.model, path)
        return _forecast(request, path)


def _pretrained(request: PanelRequest, path: Path) -> dict[str, Any]:
    from ostinato import Forecaster

    horizon = request.number("horizon", 24, low=1, high=2_000, whole=True)
    model = Forecaster.pretrained(horizon=horizon, level=LEVEL)
    ahead = model.predict(str(path))
    layout, parts = model._read(str(path), "The page")
    return {"kind": "forecast", "found": [model.found_]} | _drawn(ahead, layout, parts)


def _forecast(request: PanelRequest, path: Path) -> dict[str, Any]:
    from ostinato.tasks.forecaster import shell

    model = request.model
    horizon = request.number("horizon", None, low=1, high=2_000, whole=True)
    frame = shell._table(model, [str(path)], {})
    try:
        ahead, sure = model.predict(frame, h=horizon, level=LEVEL), True
    except OptionError:
        if model.intervals_ is not None:
            raise
        ahead, sure = model.predict(frame, h=horizon), False
    parts, _ = model.rows_.read(frame, "The page")
    found = [f"{name}: {words}" for name, words in model.rows_.found(parts).items()]
    if not sure:
        found.append("There is no interval: the model was fitted without held-out rows.")
    return {"kind": "forecast", "found": found} | _drawn(ahead, model.layout_, parts)


def _drawn(ahead: pd.DataFrame, layout: Any, parts: Any) -> dict[str, Any]:
    """Each series' rows and forecast, and the whole forecast as CSV."""
    series = []
    for part in list(parts)[:SERIES]:
        after = ahead if layout.series is None else ahead.loc[part.name]
        series += [_line(layout, part, k, after) for k in range(len(layout.target))]
    return {
        "series": series,
        "left_out": max(0, len(parts) - SERIES),
        "time": layout.time or "",
        "csv": ahead.rename_axis([n or "step" for n in ahead.index.names]).to_csv(),
    }


def _line(layout: Any, part: Any, k: int, after: pd.DataFrame) -> dict[str, Any]:
    """One column of one series, with what comes after it."""
    name = str(layout.target[k])
    ends = [each for each in after.columns if str(each).startswith(f"{name}_q")]
    return {
        "name": name if part.name is None else f"{part.name}: {name}",
        "x": _places(part.index[-DRAWN:]),
        "y": numbers(part.values[-DRAWN:, k]),
        "after": _places(after.index),
        "forecast": numbers(after[name].to_numpy()),
        "low": numbers(after[ends[0]].to_numpy()) if ends else None,
        "high": numbers(after[ends[-1]].to_numpy()) if ends else None,
    }


def _anomalies(model: Any, path: Path) -> dict[str, Any]:
    from ostinato.tasks.anomaly_detector import shell

    frame = shell._table(model, [str(path)], {})
    found, layout = model.predict(frame), model.layout_
    parts, _ = model.rows_.read(frame, "The page")
    series = []
    for part in parts[:SERIES]:
        rows = found if layout.series is None else found.loc[part.name]
        rows = rows.iloc[-DRAWN:]
        blame = rows[[f"{name} blame" for name in layout.target]].to_numpy()
        series.append(
            {
                "name": "" if part.name is None else str(part.name),
                "x": _places(rows.index),
                "score": numbers(rows["score"].to_numpy()),
                "threshold": numbers(rows["threshold"].to_numpy()),
                "alarms": [int(k) for k in rows["alarm"].to_numpy().nonzero()[0]],
                "blame": [str(layout.target[k]) for k in blame.argmax(1)],
                "columns": [
                    {"name": str(name), "y": numbers(part.values[-DRAWN:, k])}
                    for k, name in enumerate(layout.target)
                ],
            }
        )
    alarms = int(found["alarm"].sum())
    told = [f"{len(found):,} rows, {alarms} alarm{'' if alarms == 1 else 's'}"]
    told += [f"columns: {', '.join(map(str, layout.target))}; time: {layout.time or 'none'}"]
    csv = found.rename_axis([n or "row" for n in found.index.names]).to_csv()
    left = max(0, len(parts) - SERIES)
    time = layout.time or ""
    return {"kind": "anomalies", "found": told, "series": series, "left_out": left, "csv": csv} | {
        "time": time
    }


def _places(index: Any) -> list[Any]:
    """Seconds since 1970, or positions."""
    if isinstance(index, pd.DatetimeIndex):
        return [each.timestamp() for each in index]
    return [float(each) for each in index]
