"""How well `SequenceRegressor` tells tomorrow's peak of Victoria's demand from today's half hours.

    python -m benchmarks run quality_regression            choose by the year after training
    python -m benchmarks run quality_regression -- --test  report July to December 2014

A recording is a day of 48 half hours, demand and temperature; the number is the next day's highest
demand in MW. Learned to June 2013. Beside it stand today's peak again, training's mean, the nearest
day, and ridge regression on the same numbers, as strong as serves the year after training best.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from benchmarks._quality import chosen, parser, rounded
from benchmarks.quality_forecast import vic
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from ostinato import SequenceRegressor
from ostinato.measures.numbers import measure_numbers

HALVES = 48


def days(frame: Any) -> tuple[np.ndarray, np.ndarray]:
    """`(days, 48, 2)` and the next day's peak of each."""
    values = frame[["Demand", "Temperature"]].to_numpy(dtype=np.float64)
    whole = values[: len(values) // HALVES * HALVES].reshape(-1, HALVES, 2)
    return whole[:-1], whole[1:, :, 0].max(1)


def main() -> None:
    typed = parser(__doc__).parse_args()
    learn, judge, test = (days(part) for part in vic(typed.data, 0))
    shown = test if typed.test else judge
    options = chosen({}, typed.set)
    model = SequenceRegressor(**options).fit(*learn, validation=judge, progress=False)
    scale = StandardScaler().fit(learn[0].reshape(len(learn[0]), -1))
    flat = [scale.transform(part[0].reshape(len(part[0]), -1)) for part in (learn, judge, shown)]
    ridges = [Ridge(alpha).fit(flat[0], learn[1]) for alpha in np.logspace(-1, 5, 25)]
    ridge = max(ridges, key=lambda each: each.score(flat[1], judge[1])).predict(flat[2])
    today = shown[0][:, :, 0].max(1)
    found: dict[str, Any] = {"options": options, "test": typed.test, "days": len(shown[1])}
    found["seconds"] = round(model.fit_result_.seconds, 1)
    found["model"] = rounded(model.evaluate(*shown))
    for name, said in (("today's peak again", today), ("ridge", ridge)):
        found[name] = rounded(measure_numbers(shown[1][:, None], said[:, None]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
