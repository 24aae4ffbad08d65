"""Sales of some shops with promotions, prices and holidays, and the fortnight to come.

    python examples/shop_sales.py [--shops 3] [--days 500] [--epochs 10]

The sales are made up: each shop has a level, a week and a year of its own, promotions and lower
prices sell more and leave a dip behind them, and shops are closed on public holidays.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from ostinato import Forecaster


def sales(shops: int = 6, days: int = 1000, seed: int = 0) -> pd.DataFrame:
    """A table with one row for each shop and day."""
    import holidays

    draw = np.random.default_rng(seed)
    index = pd.date_range("2023-01-02", periods=days, freq="D")
    free = holidays.country_holidays("DE", years=range(2022, 2028))
    closed = np.array([day in free for day in index.date])
    eve = np.append(closed[1:], False) & ~closed
    parts = []
    for shop in range(shops):
        level = 300 * np.exp(draw.normal(0, 1.0))
        week = 1 + np.array([-0.1, -0.1, -0.05, 0, 0.2, 0.35, -0.3]) + draw.normal(0, 0.05, 7)
        year = np.asarray(index.day_of_year) / 365.25 * 2 * np.pi
        season = 1 + draw.uniform(0.05, 0.2) * np.sin(year + draw.uniform(0, 6.3))
        season += 0.4 * np.exp(-(((np.asarray(index.day_of_year) - 355) / 9) ** 2))
        drift = np.exp(np.cumsum(draw.normal(0, 0.004, days)))
        promotion = np.full(days, "none", dtype=object)
        dip = np.zeros(days)
        day = int(draw.integers(5, 20))
        while day < days:
            length = int(draw.integers(3, 9))
            promotion[day : day + length] = draw.choice(["flyer", "radio"])
            dip[day + length : day + length + 4] = -0.12
            day += length + int(draw.integers(10, 35))
        price = 10 * np.where(draw.random(days // 14 + 1) < 0.2, 0.85, 1.0).repeat(14)[:days]
        lift = np.select([promotion == "flyer", promotion == "radio"], [0.5, 0.3], 0.0)
        noise = np.zeros(days)
        for k in range(1, days):
            noise[k] = 0.6 * noise[k - 1] + draw.normal(0, 0.05)
        mean = level * drift * week[np.asarray(index.day_of_week)] * season
        mean = mean * (1 + lift + dip + 0.25 * eve) * (price / 10) ** -1.8 * np.exp(noise)
        sold = np.where(closed, 0, draw.poisson(mean))
        parts.append(
            pd.DataFrame(
                {"day": index, "shop": f"shop {shop}", "sold": sold, "promotion": promotion,
                 "price": price, "closed": closed}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=3)
    parser.add_argument("--days", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    table = sales(options.shops, options.days)

    # The last fortnight has not come yet: what was sold is kept from `fit`, promotions, prices and
    # holidays are known.
    later = table["day"] > table["day"].max() - pd.Timedelta(days=14)
    known, plan = table[~later], table[later].drop(columns="sold")
    model = Forecaster(
        target="sold",
        series="shop",
        future=("promotion", "price", "closed"),
        horizon=14,
        epochs=options.epochs,
    )
    model.fit(known, progress=False)
    print("held-out rows, mean over the shops:")
    for name, prefix in (("forecast", ""), ("last week again", "seasonal_")):
        mae, mase = model.baseline_[prefix + "mae"], model.baseline_[prefix + "mase"]
        print(f"  {name:16} MAE {mae:8.1f}  MASE {mase:.3f}")

    answer = model.predict(known, future=plan)
    truth = table[later].set_index(["shop", "day"])["sold"]
    gap = (answer["sold"] - truth).abs().groupby("shop").mean()
    print("the fortnight to come, mean error of each shop:")
    print(gap.round(1).to_string())

    # What would a flyer sell next week?
    flyer = model.predict(known, future=plan.assign(promotion="flyer"))["sold"]
    none = model.predict(known, future=plan.assign(promotion="none"))["sold"]
    share = flyer.groupby("shop").sum() / none.groupby("shop").sum() - 1
    print(f"a flyer every day would sell {share.mean():.0%} more (made up with 50 %)")


if __name__ == "__main__":
    main()
