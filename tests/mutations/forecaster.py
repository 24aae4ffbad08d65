"""Mistakes in the forecaster."""

from __future__ import annotations

from tests.mutations import Mutation

FORECASTER = "src/ostinato/tasks/forecaster"
INTERVALS = "tests/tasks/forecaster/test_forecaster_intervals.py"
COMPARE = "tests/tasks/forecaster/test_forecaster_compare.py"
OUTPUTS = "tests/tasks/forecaster/test_forecaster_outputs.py"
ORIGINS = "tests/tasks/forecaster/test_forecaster_origins.py"
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
        '            "schedule": "cosine" if several else "constant",\n',
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
        "known = places - first[own] + past - 1",
        "known = places - first[own] + past",
        INTERVALS,
    ),
    # Intervals on the scale of the first series for all.
    Mutation(
        f"{FORECASTER}/intervals.py",
        "output.values(said, shift[:, k, None], scales, series)",
        "output.values(said, shift[:, k, None], scales, series * 0)",
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
    # Croston's forecast without its correction.
    Mutation(
        "src/ostinato/measures/forecasts.py",
        "((1 - rate / 2) * size / between)",
        "(size / between)",
        COMPARE,
    ),
    # A drift that begins at the row before the last.
    Mutation(
        "src/ostinato/measures/forecasts.py",
        "(window[:, -1:] - window[:, :1])",
        "(window[:, -1:] - window[:, -2:-1])",
        COMPARE,
    ),
    # Better than any naive forecast in place of all.
    Mutation(
        f"{FORECASTER}/measures.py",
        "(own < np.min(others, axis=0))",
        "(own < np.max(others, axis=0))",
        COMPARE,
    ),
    # A statistical model that sees one row of what it forecasts.
    Mutation(
        f"{FORECASTER}/backtest.py",
        "parts[k].values[: at + 1, each]",
        "parts[k].values[: at + 2, each]",
        COMPARE,
    ),
    # The season that errs least an hour ahead.
    Mutation(
        f"{FORECASTER}/season.py",
        "max(period, day or 0) + 1",
        "period + 1",
        BY_HAND,
    ),
    # The shipped network reads the rows that it forecasts.
    Mutation(
        f"{FORECASTER}/at_once.py",
        "windows.truth[max(a, b - _ROWS) : b, k]",
        "windows.truth[max(a, b - _ROWS) : b + 3, k]",
        COMPARE,
    ),
    # Counts scored by the share at or below them.
    Mutation(
        f"{FORECASTER}/outputs.py",
        "nbinom.pmf(truth, size, share) / 2",
        "nbinom.pmf(truth, size, share)",
        OUTPUTS,
    ),
    # Counts that forget where zero lies.
    Mutation(
        f"{FORECASTER}/outputs.py",
        "counts = torch.round((truth - zero) / unit)",
        "counts = torch.round(truth / unit)",
        OUTPUTS,
    ),
    # Samples whose rows know nothing of each other.
    Mutation(
        f"{FORECASTER}/intervals.py",
        "noise[:, step] = self.along * noise[:, step - 1] + fresh",
        "noise[:, step] = noise[:, step]",
        OUTPUTS,
    ),
    # All series draw the same.
    Mutation(
        f"{FORECASTER}/answering.py",
        'np.random.default_rng([seed, int.from_bytes(name, "little")])',
        "np.random.default_rng([seed])",
        OUTPUTS,
    ),
    # A window that is not brought back to its spread.
    Mutation(
        f"{FORECASTER}/module.py",
        "answer = self.output.stretched(answer, spread)",
        "pass",
        OUTPUTS,
    ),
    # Models fitted anew to the rows that they forecast.
    Mutation(
        f"{FORECASTER}/origins.py",
        "fresh.fit(until(first * every + horizon)",
        "fresh.fit(until(first * every)",
        ORIGINS,
    ),
]
