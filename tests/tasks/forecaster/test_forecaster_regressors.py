"""Columns beside the targets: known up to now, known ahead, one for a series; words and days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import DataError, OptionError
from ostinato.tasks import Forecaster, load

SMALL: dict[str, Any] = {"past": 14, "horizon": 7, "hidden_size": 8, "epochs": 1}
SMALL |= {"calendar": "none"}
SHOP: dict[str, Any] = {
    **SMALL,
    "target": "sold",
    "series": "shop",
    "features": ["visitors"],
    "future": ["promotion", "price"],
    "static": ["region", "size"],
}


def shop(name: str, rows: int = 80, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    promotion = draw.choice(["none", "flyer", "radio"], rows)
    return pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=rows, freq="D"),
            "shop": name,
            "sold": 50 + 20 * (promotion == "flyer") + draw.normal(0, 1, rows),
            "visitors": draw.poisson(30, rows),
            "promotion": promotion,
            "price": 10 + draw.choice([0, -1.0], rows),
            "region": "north" if name == "a" else "south",
            "size": 100.0 * (1 + seed),
        }
    )


def shops(rows: int = 80) -> pd.DataFrame:
    return pd.concat([shop("a", rows), shop("b", rows, 1)], ignore_index=True)


def to_come(table: pd.DataFrame, rows: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows up to now, and the future columns of those after."""
    later = table.groupby("shop").tail(rows)
    return table.drop(later.index), later[["shop", "day", "promotion", "price"]]


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster(**SHOP).fit(shops(), progress=False)


def test_columns_become_inputs(fitted):
    # sold | visitors | three promotions, price; north, south, size, how far zero is
    assert fitted.rows_.sizes == {"targets": 1, "inputs": 6, "known": 4, "statics": 4}
    assert fitted.rows_.regressors.words["region"] == ["north", "south"]
    values = fitted.rows_.windows(*fitted.rows_.read(shops(), "here")[:1], [80, 80], "here").values
    flyer = fitted.rows_.regressors.words["promotion"].index("flyer")
    np.testing.assert_array_equal(values[:, 2 + flyer], shops()["promotion"] == "flyer")


def test_what_comes_is_given_in_three_ways(fitted, tmp_path):
    rows, later = to_come(shops())
    answer = fitted.predict(rows, future=later)
    whole = shops()
    whole.loc[later.index, ["sold", "visitors"]] = np.nan
    pd.testing.assert_frame_equal(fitted.predict(whole), answer, check_exact=True)
    # Rows of other days are not read, nor is their order asked for between the series.
    pd.testing.assert_frame_equal(fitted.predict(rows, future=shops()[::-1].sort_values("day")),
                                  answer, check_exact=True)  # fmt: skip
    known = Forecaster(**SHOP).fit(whole, validation=None, progress=False)
    other = Forecaster(**SHOP).fit(rows, validation=None, progress=False)
    pd.testing.assert_frame_equal(known.forecast(), other.forecast(future=later), check_exact=True)
    known.save(tmp_path / "m.safetensors")
    again: Any = load(tmp_path / "m.safetensors")
    pd.testing.assert_frame_equal(again.forecast(), known.forecast(), check_exact=True)
    pd.testing.assert_frame_equal(
        again.predict(rows, future=later), known.predict(whole), check_exact=True
    )


def test_the_future_counts_and_does_not_leak(fitted):
    rows, later = to_come(shops())
    answer = fitted.predict(rows, future=later)
    assert not fitted.predict(rows, future=later.assign(promotion="flyer")).equals(answer)
    # Poison in what is not known yet: targets and visitors of the rows to come.
    poisoned = shops()
    poisoned[["sold", "visitors"]] = poisoned[["sold", "visitors"]].astype(float)
    poisoned.loc[later.index, ["sold", "visitors"]] = 1e9
    assert fitted.predict(rows, future=poisoned).equals(answer)
    # Held-out rows change nothing that was learned: neither weights, scales, words nor statics.
    cut = shops()["day"] < "2026-03-14"
    held = shops()
    held["price"] = held["price"].where(cut, 1e9)
    held["sold"] = held["sold"].where(cut, -1e9)
    held["promotion"] = held["promotion"].where(cut, "television")
    one = Forecaster(**SHOP).fit(shops(), progress=False)
    other = Forecaster(**SHOP).fit(held, progress=False)
    assert other.history_["train_loss"] == one.history_["train_loss"]
    assert other.rows_.to_dict() | {"known": 0} == one.rows_.to_dict() | {"known": 0}


def test_words_never_seen_are_answered(fitted):
    rows, later = to_come(shops())
    answer = fitted.predict(rows, future=later.assign(promotion="television"))
    assert np.isfinite(answer.to_numpy()).all()
    assert fitted.predict(rows, future=later.assign(promotion="posters")).equals(answer)
    new = shop("c", 30, 5).assign(region="west")
    assert np.isfinite(fitted.predict(*to_come(new)).to_numpy()).all()
    with pytest.raises(DataError, match=r"series 'c': no column 'region'"):
        fitted.predict(new.drop(columns="region"))
    # Series of `fit` keep their statics.
    given = fitted.predict(rows.drop(columns=["region", "size"]), future=later)
    assert given.equals(fitted.predict(rows, future=later))


def test_a_missing_future_value_is_refused_or_filled(fitted):
    rows, later = to_come(shops())
    with pytest.raises(DataError, match=r"series 'a': future column 'promotion' has no value for "
                       r"2026-03-15 00:00:00, one of 7 of 7"):  # fmt: skip
        fitted.predict(rows)
    holed = later.assign(price=later["price"].where(later["day"] != "2026-03-17"))
    with pytest.raises(
        DataError, match="'price' has no value for 2026-03-17 00:00:00, one of 1 of"
    ):
        fitted.predict(rows, future=holed)
    last = rows.groupby("shop")["price"].last()
    for how, value in (("zero", [0.0, 0.0]), ("season", None), ("last", last.tolist())):
        model: Any = Forecaster(**SHOP, missing_future=how).fit(rows, progress=False)
        answer = model.predict(
            rows, future=later[["shop", "day", "promotion"]].assign(price=np.nan)
        )
        assert np.isfinite(answer.to_numpy()).all()
        if value is not None:
            given = later.assign(price=later["shop"].map({"a": value[0], "b": value[1]}))
            assert answer.equals(model.predict(rows, future=given))
    with pytest.raises(OptionError, match="no column is known ahead"):
        Forecaster(**SMALL, target="sold").fit(shop("a"), progress=False).predict(
            shop("a"), future=later
        )


def test_statics_must_not_change_and_categories_be_columns():
    rows = shops()
    rows.loc[3, "region"] = "west"
    with pytest.raises(DataError, match="series 'a': static column 'region' must have one value"):
        Forecaster(**SHOP).fit(rows, progress=False)
    with pytest.raises(DataError, match="categorical column 'sold' must be one of features"):
        Forecaster(**SHOP, categorical="sold").fit(shops(), progress=False)
    model = Forecaster(**SHOP, categorical="price").fit(shops(), progress=False)
    assert model.rows_.sizes["known"] == 5


def test_holidays_and_events_are_known_ahead():
    pytest.importorskip("holidays")
    rows = shop("a", 120)[["day", "sold"]]
    options: dict[str, Any] = {"holidays": "DE", "events": {"sale": ["2026-02-10/2026-02-12"]}}
    model = Forecaster(**SMALL, **options).fit(rows, progress=False)
    dates = model.rows_.dates.of(pd.DatetimeIndex(["2025-12-31", "2026-01-01", "2026-01-02",
                                                   "2026-02-09", "2026-02-11"]))  # fmt: skip
    wanted = [[0, 1, 0] + [0] * 3, [1] + [0] * 5, [0, 0, 1] + [0] * 3, [0] * 4 + [1, 0]]
    assert dates.tolist() == [*wanted, [0, 0, 0, 1, 1, 1]]
    with pytest.raises(OptionError, match="no country 'XX'"):
        Forecaster(**SMALL, holidays="XX").fit(rows, progress=False)
    with pytest.raises(OptionError, match="'sale': 'soon' is no date"):
        Forecaster(**SMALL, events={"sale": ("soon",)}).fit(rows, progress=False)
    with pytest.raises(DataError, match="holidays .* needs timestamps"):
        Forecaster(**SMALL, holidays="DE").fit(rows["sold"], progress=False)


def test_events_may_be_a_file(tmp_path):
    (tmp_path / "events.csv").write_text("name,date\nsale,2026-02-10\nfair,2026-03-01\n")
    rows = shop("a")[["day", "sold"]]
    model = Forecaster(**SMALL, events=str(tmp_path / "events.csv")).fit(rows, progress=False)
    assert model.rows_.dates.events == {"sale": ["2026-02-10"], "fair": ["2026-03-01"]}
    (tmp_path / "events.csv").write_text("what,date\nsale,2026-02-10\n")
    with pytest.raises(DataError, match="no column 'name'"):
        Forecaster(**SMALL, events=str(tmp_path / "events.csv")).fit(rows, progress=False)


def test_each_series_has_its_own_scale():
    """Levels of 50 and 5e7 in one table: the small one is forecast near its level."""
    small, large = shop("a", 120), shop("b", 120, 1)
    large["sold"] *= 1e6
    model = Forecaster(**SMALL | {"epochs": 3}, target="sold", series="shop")
    model.fit(pd.concat([small, large]), progress=False)
    answer = model.forecast()
    assert answer.loc["a", "sold"].between(20, 100).all()
    assert answer.loc["b", "sold"].between(2e7, 1e8).all()
    alone = model.evaluate(small), model.evaluate(large)
    both = model.evaluate(pd.concat([small, large]))
    assert both["mase"] == pytest.approx((alone[0]["mase"] + alone[1]["mase"]) / 2)
    # A series that was not there in fit has its own scale too.
    new = small.assign(shop="c", sold=small["sold"] / 1000)
    assert model.predict(new)["sold"].between(0.02, 0.1).all()


def prices(rows: int = 150) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    index = pd.date_range("2026-01-01", periods=rows, freq="D")
    return pd.DataFrame({"day": index, "close": 100 * np.exp(draw.normal(0, 0.02, rows).cumsum())})


def test_indicators_are_read_beside_prices(tmp_path):
    rows = prices()
    model = Forecaster(**SMALL, indicators=("rsi14", "sma5")).fit(rows, progress=False)
    assert model.rows_.layout.past == ["close.rsi14", "close.sma5"]
    assert model.rows_.sizes["inputs"] == 3
    assert model.evaluate(model.held_out_)["mae"] == model.baseline_["mae"]
    assert model.predict(rows).equals(model.forecast())
    model.save(tmp_path / "m.safetensors")
    again: Any = load(tmp_path / "m.safetensors")
    stream = again.stream()
    for count, row in enumerate(rows.to_dict("records")[:45], 1):
        answer = stream.step(row)
        if count >= 14:
            np.testing.assert_array_equal(answer, model.predict(rows[:count]))
    # A validation table goes on from the rows before it.
    given = Forecaster(**SMALL, indicators="rsi14,sma5").fit(
        rows[:135], validation=rows[135:], progress=False
    )
    assert given.history_["val_loss"] == model.history_["val_loss"]
    with pytest.raises(OptionError, match="no indicator 'rsy14'.* Did you mean 'rsi14'"):
        Forecaster(**SMALL, indicators="rsy14").fit(rows, progress=False)
