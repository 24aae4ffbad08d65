"""Mistakes in the forecaster."""

from __future__ import annotations

from tests.mutations import Mutation

FORECASTER = "src/ostinato/tasks/forecaster"
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
        "known = future[:, done : done + answer.shape[1]]",
        "known = future[:, : answer.shape[1]]",
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
        f"{FORECASTER}/rows.py",
        "[last.pop(part.name, part) for part in self.known] + list(last.values())",
        "list(last.values())",
        BY_HAND,
    ),
    # Every series with the timestamps of the first.
    Mutation(
        f"{FORECASTER}/answering.py",
        "        key = (_key(part.index), part.frequency)\n",
        "        key = part.frequency\n",
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
        "        values=part.values[-past:],\n",
        "        values=part.values[:past],\n",
        BY_HAND,
    ),
]
