"""What a forecaster of the first version kept, in today's words."""

from __future__ import annotations

from typing import Any


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """What was learned, whichever version wrote it. The first had one scaler for all series, and
    did not keep how timestamps are written."""
    if "clock" in document:
        return document
    layout, scaler, known = document["layout"], document["scaler"], document["known"]
    names, columns = [part["name"] for part in known], len(scaler["center"])
    targets = len(layout["target"])

    def scales(count: int) -> dict[str, Any]:
        return {
            "center": [scaler["center"]] * count,
            "scale": [scaler["scale"]] * count,
            "power": None,
            "shift": [[0.0] * targets] * count,
            "spread": [scaler["scale"][:targets]] * count,
            "values": "any",
        }

    frequency = document["frequency"]
    pace = {"frequency": frequency, "open": [0, 1, 2, 3, 4] if frequency == "B" else []}
    clock = {
        "name": layout["time"] or None,
        "reading": None,
        "paces": [] if frequency is None else [pace | {"closed": []}],
        "of": [],
        "gaps": "error",
        "first": "",
        "last": "",
    }
    return {
        **document,
        "layout": {
            "target": layout["target"],
            "past": layout["features"],
            "future": [],
            "static": [],
            "time": layout["time"],
            "series": layout["series"],
        },
        "scaling": {
            "kind": scaler["kind"],
            "transform": "none",
            "scales": scales(len(names)),
            "whole": scales(1),
            "apart": [False] * columns,
        },
        "names": names,
        "regressors": {"words": {}, "level": {}, "statics": []},
        "statics": [],
        "dates": {
            "calendar": document["calendar"],
            "holidays": [],
            "events": {},
            "frequency": frequency,
        },
        "clock": None if layout["time"] is None else clock,
        "naive_scale": [document["naive_scale"]] * len(names),
        "known": [{**part, "static": [], "ahead": None} for part in known],
    }
