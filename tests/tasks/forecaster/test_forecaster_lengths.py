"""What is left open: rows to read and to answer, epochs; and series that are too short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import DataError
from ostinato.tasks import Forecaster, load
from ostinato.tasks.forecaster.lengths import find_lengths

SMALL: dict[str, Any] = {"past": 14, "horizon": 7, "hidden_size": 8, "epochs": 1}
SMALL |= {"calendar": "none"}


def days(rows: int, name: str = "a", start: str = "2026-01-05") -> pd.DataFrame:
    draw = np.random.default_rng(rows)
    week = np.array([1, 2, 3, 4, 5, 9, 0])[np.arange(rows) % 7]
    index = pd.date_range(start, periods=rows, freq="D")
    return pd.DataFrame({"day": index, "shop": name, "sold": 20 + week + draw.normal(0, 1, rows)})


@pytest.mark.parametrize(
    ("lengths", "seasons", "given", "found"),
    [
        ([126], [12, 12], (None, None), (36, 12)),  # eleven years of months
        ([1000] * 4, [7, 7, 365], (None, None), (98, 14)),
        ([700], [24, 24, 168], (None, 48), (192, 48)),
        ([5000], [48, 48, 336], (None, None), (336, 48)),
        ([90], [1], (None, 13), (26, 13)),
        ([40], [12, 12], (None, None), (15, 5)),
        ([9], [1], (None, None), (4, 1)),
        ([500], [24], (96, None), (96, 24)),
        ([30], [7], (None, 28), (1, 28)),
    ],
)
def test_lengths_fit_the_data(lengths, seasons, given, found):
    assert find_lengths(lengths, seasons, *given) == found


def test_what_was_found_is_kept(tmp_path):
    model = Forecaster(hidden_size=8, batch_size=256).fit(days(130)[["day", "sold"]],
                                                          progress=False)  # fmt: skip
    assert (model.past_, model.horizon_, model.season_) == (42, 14, 7)
    assert model.past is None
    assert len(model.forecast()) == 14
    model.save(tmp_path / "m.safetensors")
    again: Any = load(tmp_path / "m.safetensors")
    assert (again.past_, again.horizon_) == (42, 14)
    assert again.forecast().equals(model.forecast())
    stream = again.stream()
    answers = [stream.step(row) for row in days(42)[["day", "sold"]].to_dict("records")]
    assert answers[-2] is None
    assert len(answers[-1]) == 14


def test_without_held_out_rows_every_epoch_is_run():
    options = SMALL | {"epochs": 40, "patience": 1, "learning_rate": 0.05}
    model = Forecaster(**options).fit(days(40)[["day", "sold"]], validation=None, progress=False)
    assert len(model.history_["train_loss"]) == 40


def test_short_series_are_skipped_and_answered():
    table = pd.concat([days(80), days(60, "b"), days(12, "short"), days(3, "new")])
    model = Forecaster(**SMALL, series="shop").fit(table, progress=False)
    assert model.skipped_ == ["short", "new"]
    answer = model.forecast()
    assert list(answer.index.get_level_values(0).unique()) == ["a", "b", "short", "new"]
    assert np.isfinite(answer.to_numpy()).all()
    assert answer.loc["new"].index[0] == pd.Timestamp("2026-01-08")
    # A short series reads as if its first season had come before.
    week = days(7, "w")
    longer = pd.concat([week.assign(day=week["day"] - pd.Timedelta(days=7)), week])
    assert model.predict(week).equals(model.predict(longer))
    numbered = Forecaster(**SMALL, series="shop", target="sold")
    numbered.fit(table.drop(columns="day"), progress=False)
    assert numbered.forecast().loc["new"].index.tolist() == list(range(3, 10))
    assert model.evaluate(table)["mae"] > 0
    with pytest.raises(DataError, match="series 'short': 12 rows to learn from are too few"):
        model.evaluate(days(12, "short"))
    with pytest.raises(DataError, match="a forecast reads 14 rows, got 12"):
        Forecaster(**SMALL).fit(days(80)[["day", "sold"]], progress=False).predict(
            days(12)[["day", "sold"]]
        )
