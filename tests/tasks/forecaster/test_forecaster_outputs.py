"""What is said of a row: losses against torch's distributions, scores and values against scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from ostinato.errors import DataError, OptionError
from ostinato.tasks import Forecaster, load
from ostinato.tasks.forecaster.intervals import Intervals
from ostinato.tasks.forecaster.outputs import Output
from ostinato.tasks.forecaster.scaling import Scales

OPTIONS: dict[str, Any] = {
    "past": 6,
    "horizon": 3,
    "hidden_size": 4,
    "epochs": 2,
    "progress": False,
}
LEVELS = (0.1, 0.5, 0.9)
NAMES = ("point", "quantiles", "gaussian", "student_t", "negative_binomial")


def scales(center=0.0, scale=1.0, values="any"):
    one = np.ones((1, 1))
    return Scales(
        center=center * one, scale=scale * one, power=None, shift=0 * one, spread=one, values=values
    )


def said(name, *numbers):
    output = Output(name, LEVELS if name == "quantiles" else ())
    return output, np.array(numbers, dtype=np.float64)[None, None, None]


def counts(rows=300, seed=0):
    draw = np.random.default_rng(seed)
    days = pd.date_range("2026-01-01", periods=rows)
    return pd.DataFrame({"day": days, "sold": draw.negative_binomial(2, 0.4, rows)})


def test_losses_are_torchs_distributions():
    torch.manual_seed(0)
    raw, truth = torch.randn(5, 4, 2, 3), torch.randn(5, 4, 2)
    level = torch.zeros(5, 2, 2)
    place, spread, freedom = Output("student_t").bounded(raw).unbind(-1)
    assert (spread > 0).all()
    assert (freedom > 2).all()
    wanted = -torch.distributions.StudentT(freedom, place, spread).log_prob(truth).mean()
    answer = torch.stack([place, spread, freedom], -1)
    found = Output("student_t").loss(torch.nn.functional.l1_loss, answer, truth, level)
    torch.testing.assert_close(found, wanted - 0.5 * np.log(np.pi))
    wanted = -torch.distributions.Normal(place, spread).log_prob(truth).mean()
    found = Output("gaussian").loss(torch.nn.functional.l1_loss, answer[..., :2], truth, level)
    torch.testing.assert_close(found, wanted - 0.5 * np.log(2 * np.pi))


def test_the_loss_of_counts_is_scipys():
    """Scaled by a mean of 4 and a spread of 2: zero lies at -2, one unit is a half."""
    level = torch.tensor([[[-2.0, 0.5]]])
    answer = torch.tensor([[[[1.5, 0.25]], [[-3.0, 2.0]]]])  # (1, 2 steps, 1 target, 2)
    truth = (torch.tensor([[[7.0], [0.0]]]) - 4) / 2
    found = Output("negative_binomial").loss(torch.nn.functional.l1_loss, answer, truth, level)
    wanted = []
    for (place, dispersion), count in zip(((1.5, 0.25), (-3.0, 2.0)), (7, 0), strict=True):
        mean = np.log1p(np.exp(place + 2)) / 0.5 + 1e-3
        size = 1 / dispersion
        wanted.append(-stats.nbinom.logpmf(count, size, size / (size + mean)))
    assert float(found) == pytest.approx(np.mean(wanted), rel=1e-5)
    output, numbers = said("negative_binomial", 1.5, 0.25)
    mean, own = np.log1p(np.exp(3.5)) / 0.5 + 1e-3, scales(4.0, 2.0, "counts")
    there = stats.nbinom(4.0, 4.0 / (4.0 + mean))
    for share in (0.1, 0.5, 0.9):
        value = output.values(numbers, stats.norm.ppf(share), own, [0])
        assert value.item() == there.ppf(share)
    score = output.scores(numbers, np.zeros((1, 1, 1)), np.full((1, 1, 1), 5.0), own, [0])
    assert stats.norm.cdf(score.item()) == pytest.approx(there.cdf(4) + there.pmf(5) / 2)


def test_pinball_loss_by_hand():
    answer = torch.tensor([[[[1.0, 2.0, 4.0]]]])
    found = Output("quantiles", LEVELS).loss(
        torch.nn.functional.l1_loss, answer, torch.tensor([[[3.0]]]), torch.zeros(1, 1, 2)
    )
    assert float(found) == pytest.approx((0.1 * 2 + 0.5 * 1 + 0.1 * 1) / 3)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("point", [2.0]),
        ("quantiles", [4.0, 1.0, 2.0]),  # crossed
        ("gaussian", [2.0, 0.5]),
        ("student_t", [2.0, 0.5, 3.0]),
    ],
)
def test_a_value_comes_back_from_its_score(name, numbers):
    output, there = said(name, *numbers)
    own = scales(10.0, 3.0)
    for at in (-1.0, 0.3, 2.0, 2.5, 9.0):
        scaled = np.full((1, 1, 1), at)
        score = output.scores(there, scaled, 10 + 3 * scaled, own, [0])
        assert output.values(there, score, own, [0]).item() == pytest.approx(10 + 3 * at, rel=1e-4)


def test_scores_are_those_of_a_normal_distribution():
    output, there = said("student_t", 2.0, 0.5, 3.0)
    share = stats.t.cdf((2.7 - 2.0) / 0.5, 3.0)
    score = output.scores(there, np.full((1, 1, 1), 2.7), np.zeros((1, 1, 1)), scales(), [0])
    assert score.item() == pytest.approx(stats.norm.ppf(share))
    output, there = said("quantiles", 1.0, 2.0, 4.0)
    score = output.scores(there, np.full((1, 1, 1), 3.0), np.zeros((1, 1, 1)), scales(), [0])
    assert score.item() == pytest.approx(stats.norm.ppf(0.9) / 2)  # half the way to it
    for k, level in enumerate(LEVELS):
        value = output.values(there, stats.norm.ppf(level), scales(), [0])
        assert value.item() == pytest.approx(there[..., k].item())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strategy", ["direct", "encoder_decoder", "recursive"])
def test_intervals_of_every_output_rise_and_cover(name, strategy):
    rows, options = counts(), {**OPTIONS, "output": name, "strategy": strategy}
    options |= {"segment": 1} if strategy == "recursive" else {}
    model = Forecaster(**options, members=2).fit(rows, validation=0.4)
    found = model.forecast(7, level=80, future=None)
    assert (found["sold_q10"] <= found["sold"]).all()
    assert (found["sold"] <= found["sold_q90"]).all()
    assert found["sold_q90"].gt(found["sold_q10"]).any()
    assert 0.7 < model.evaluate(counts(seed=1))["coverage_80"] <= 0.97
    alone = model.predict(rows[-6:], h=7, level=80)
    np.testing.assert_array_equal(alone.to_numpy(), found.to_numpy())


@pytest.mark.parametrize("name", NAMES[1:])
def test_saved_streamed_and_without_held_out_rows(name, tmp_path):
    rows = counts()
    model = Forecaster(**OPTIONS, output=name).fit(rows, validation=None)
    assert model.intervals_.count == 0
    found = model.forecast(level=80)
    assert (found["sold_q10"] < found["sold_q90"]).all()
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(again.forecast(level=80), found)
    stream = again.stream()
    for row in rows.to_dict("records")[:8]:
        answer = stream.step(row)
    pd.testing.assert_frame_equal(answer, model.predict(rows[:8]), check_freq=False)


def test_samples_are_spread_as_quantiles_say_and_alike_along_the_rows():
    draw = np.random.default_rng(0)
    walk = pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=600),
            "a": draw.normal(size=600).cumsum(),
            "b": draw.normal(size=600),
        }
    )
    model = Forecaster(**OPTIONS).fit(walk, validation=0.4)
    assert model.intervals_.along > 0.4
    found = model.sample(4000, h=5)
    assert found.index.names == ["sample", "day"]
    rows = found["a"].to_numpy().reshape(4000, 5)
    wanted = model.forecast(5, quantiles=[0.1, 0.5, 0.9])
    for k, level in enumerate(LEVELS):
        near = wanted.iloc[:, wanted.columns.get_loc("a_q10") + k].to_numpy()
        np.testing.assert_allclose(np.quantile(rows, level, axis=0), near, atol=0.7)
    alike = np.corrcoef(rows[:, 0], rows[:, 1])[0, 1]
    assert alike == pytest.approx(model.intervals_.along, abs=0.08)
    pd.testing.assert_frame_equal(model.sample(3, walk, h=5), found.loc[:2].head(15))
    with pytest.raises(OptionError, match="count must be a whole number at least 1, got 0"):
        model.sample(0)


def test_samples_of_a_series_do_not_depend_on_others():
    rows = pd.concat([counts(seed=k).assign(shop=f"s{k}") for k in range(3)])
    model = Forecaster(**OPTIONS, series="shop", output="negative_binomial")
    model.fit(rows, validation=0.3)
    found = model.sample(20, rows)
    alone = model.sample(20, rows[rows["shop"] == "s1"])
    np.testing.assert_array_equal(found.xs("s1", level="shop"), alone.xs("s1", level="shop"))
    assert (found["sold"] == np.rint(found["sold"])).all()
    other = found.xs("s0", level="shop")["sold"].to_numpy()
    assert abs(np.corrcoef(other, alone["sold"])[0, 1]) < 0.6  # each series has chances of its own
    assert not found.equals(model.sample(20, rows, seed=1))


def test_told_intervals_are_a_normal_distributions():
    found = Intervals.told(3).at(3, [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found, np.tile(stats.norm.ppf([0.1, 0.5, 0.9]), (3, 1)))


def test_a_window_brings_its_rows_to_one_spread():
    rows = counts()
    model = Forecaster(**OPTIONS, scale_by="window").fit(rows, validation=0.3)
    module, x = model.module_, torch.randn(3, 6, 1)
    empty = torch.zeros(3, 3, model.rows_.sizes["known"]), torch.zeros(3, 0)
    with torch.no_grad():
        module.effect = None
        x = torch.cat([x, torch.zeros(3, 6, model.rows_.sizes["known"])], -1)
        large = x.clone()
        large[..., :1] = 5 * x[..., :1] + 2
        one, five = module(x, *empty), module(large, *empty)
    torch.testing.assert_close(five, 5 * one + 2, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"output": "normal"}, OptionError, "output must be one of 'point', 'quantiles', 'gau"),
        ({"output_levels": (0.1, 0.9, 0.95)}, OptionError, "0.5 among them, got"),
        ({"output_levels": (0.9, 0.5, 0.1)}, OptionError, "three or more that rise"),
        ({"output_levels": (0.5,)}, OptionError, "three or more that rise"),
        ({"output_levels": (0.0, 0.5, 1.0)}, OptionError, "output_levels must be"),
        (
            {"output": "negative_binomial", "transform": "log"},
            OptionError,
            "transform must be 'none' with output='negative_binomial', got 'log'",
        ),
        ({"output": "negative_binomial"}, DataError, "values='counts' needs whole numbers of at"),
    ],
)
def test_refusals(options, error, message):
    rows = counts().assign(sold=lambda t: t["sold"] + 0.5)
    with pytest.raises(error, match=message):
        Forecaster(**{**OPTIONS, **options}).fit(rows, validation=0.3)
