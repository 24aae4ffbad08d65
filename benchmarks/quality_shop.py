"""Sales of shops with promotions, prices and holidays known ahead: the forecaster beside gradient
boosting on the same columns.

    python -m benchmarks.quality_shop shops [--test] [--set epochs=30]

The rows are made up (examples/shop_sales.py). Each shop's last 120 days are test, the 120 before
them validation; forecasts of a fortnight start at every day. Boosting (scikit-learn's
HistGradientBoostingRegressor) learns a shop's day from its promotion, price, holiday, weekday, day
of the year, number and shop; with lags it also has the sales 14, 21, 28 and 364 days before and
their means over 7 and 28 days.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from benchmarks._quality import chosen, parser, rounded, told
from examples.shop_sales import sales
from sklearn.ensemble import HistGradientBoostingRegressor

from ostinato import Forecaster

HORIZON, HELD = 14, 120
SETS = {"shop": {"shops": 1, "seed": 3}, "shops": {"shops": 6, "seed": 0}}
OPTIONS = {
    "target": "sold",
    "future": ("promotion", "price", "closed"),
    "horizon": HORIZON,
}


def boosting(table: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, lags: bool) -> float:
    """The mean over shops of the mean absolute error between two days, learned before the first."""
    rows = table.copy()
    rows["promotion"] = rows["promotion"].map({"none": 0, "flyer": 1, "radio": 2})
    rows["shop"] = rows["shop"].astype("category").cat.codes
    day = rows["day"].dt
    rows = rows.assign(weekday=day.day_of_week, year_day=day.day_of_year, month_day=day.day)
    rows["number"] = (rows["day"] - rows["day"].min()).dt.days
    by = rows.groupby("shop")
    rows["eve"] = by["closed"].shift(-1).fillna(False).astype(float)
    rows["after"] = by["closed"].shift(1).fillna(False).astype(float)
    if lags:
        for k in (14, 21, 28, 364):
            rows[f"lag{k}"] = by["sold"].shift(k)
        for k in (7, 28):
            rows[f"mean{k}"] = by["sold"].transform(
                lambda x, k=k: x.shift(14).rolling(k, min_periods=1).mean()
            )
    columns = [name for name in rows.columns if name not in ("day", "sold")]
    learn, judge = rows[rows["day"] < first], rows[(rows["day"] >= first) & (rows["day"] < last)]
    model = HistGradientBoostingRegressor(
        loss="absolute_error", max_iter=400, learning_rate=0.05, random_state=0
    )
    model.fit(learn[columns], learn["sold"])
    gap = np.abs(model.predict(judge[columns]) - judge["sold"])
    return float(gap.groupby(judge["shop"]).mean().mean())


def main() -> None:
    options = parser(__doc__, *SETS).parse_args()
    table = sales(**SETS[options.name])
    days = np.sort(table["day"].unique())
    cut, end = pd.Timestamp(days[-2 * HELD]), pd.Timestamp(days[-HELD])
    before = table[table["day"] < end]
    made = chosen(OPTIONS | ({"series": "shop"} if options.name == "shops" else {}), options.set)
    model = Forecaster(**made).fit(
        before[before["day"] < cut], validation=before[before["day"] >= cut], progress=False
    )
    found = told(model, made)
    last = pd.Timestamp(days[-1]) + pd.Timedelta(days=1)
    found["boosting"] = rounded(
        {
            name: boosting(before, cut, end, lags)
            for name, lags in (("known", False), ("lags", True))
        }
    )
    if options.test:
        past = getattr(model, "past_", model.past)
        test = table[table["day"] >= end - pd.Timedelta(days=int(past))]
        found["test"] = rounded(model.evaluate(test))
        found["boosting test"] = rounded(
            {name: boosting(table, end, last, lags)
             for name, lags in (("known", False), ("lags", True))}
        )  # fmt: skip
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
