"""Mistakes in the forecaster."""

from __future__ import annotations

from tests.mutations import Mutation

FORECASTER = "src/ostinato/tasks/forecaster"
INTERVALS = "tests/tasks/forecaster/test_forecaster_intervals.py"
BY_HAND = "tests/tasks/forecaster/test_forecaster_by_hand.py"

MUTATIONS = [
    # Validation windows one row early.
    Mutation(
        f"{FORECASTER}/windows.py",
        "first = offset + cut - past\n",
        "first = offset + cut - past - 1\n",
        BY_HAND,
    ),
    # Windows to learn from that reach into the held-out rows.
    Mutation(
        f"{FORECASTER}/windows.py",
        "offset + cut - past - horizon + 1)",
        "offset + cut - past - horizon + 2)",
        BY_HAND,
    ),
    # A recursive forecast that reads the first calendar rows again and again.
    Mutation(
        f"{FORECASTER}/module.py",
        "known = future[:, done : done + self.horizon]",
        "known = future[:, : self.horizon]",
        BY_HAND,
    ),
    # The first season of the window in place of the last.
    Mutation(
        "src/ostinato/measures/forecasts.py",
        "window[:, -season:]",
        "window[:, :season]",
        BY_HAND,
    ),
    # The first row of the window in place of the last.
    Mutation(
        "src/ostinato/measures/forecasts.py",
        "np.repeat(window[:, -1:], horizon, axis=1)",
        "np.repeat(window[:, :1], horizon, axis=1)",
        BY_HAND,
    ),
    # partial_fit that keeps the schedule.
    Mutation(
        "src/ostinato/tasks/base.py",
        '            "schedule": "constant",\n',
        "",
        BY_HAND,
    ),
    # partial_fit that forgets the other series.
    Mutation(
        f"{FORECASTER}/succession.py",
        "found = {part.name: part for part in known}",
        "found = {}",
        BY_HAND,
    ),
    # Every series with the timestamps of the first.
    Mutation(
        f"{FORECASTER}/answering.py",
        "key = (id(part.index), part.pace)",
        "key = part.pace",
        BY_HAND,
    ),
    # A scaler that learns from held-out rows too.
    Mutation(
        f"{FORECASTER}/rows.py",
        "learn = [part.values[:cut] for part, cut in zip(parts, cuts, strict=True)]",
        "learn = [part.values for part in parts]",
        "tests/tasks/forecaster/test_forecaster.py",
    ),
    # The oldest rows in place of the last.
    Mutation(
        f"{FORECASTER}/answering.py",
        "values, index = part.values[-past:], indices[key]",
        "values, index = part.values[:past], indices[key]",
        BY_HAND,
    ),
    # Intervals judged by the rows that they were learned from.
    Mutation(
        f"{FORECASTER}/measures.py",
        "each.only(late[done",
        "each.only(~late[done",
        INTERVALS,
    ),
    # A backtest whose origins are one row late.
    Mutation(
        f"{FORECASTER}/backtest.py",
        "origins = places - first[own] + past - 1",
        "origins = places - first[own] + past",
        INTERVALS,
    ),
    # Intervals on the scale of the first series for all.
    Mutation(
        f"{FORECASTER}/intervals.py",
        "scales.inverse(scaled + shift[:, k, None], series)",
        "scales.inverse(scaled + shift[:, k, None], series * 0)",
        INTERVALS,
    ),
    # Errors of the first step for every step.
    Mutation(
        f"{FORECASTER}/intervals.py",
        "self.errors[k]) for k in known]",
        "self.errors[0]) for k in known]",
        INTERVALS,
    ),
    # The wrong side of a quantile weighs more.
    Mutation(
        "src/ostinato/measures/forecasts.py",
        "np.maximum(level * gap, (level - 1) * gap)",
        "np.maximum((1 - level) * gap, -level * gap)",
        INTERVALS,
    ),
]
