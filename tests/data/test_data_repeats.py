"""Rows of one time, as where a clock was set back: one is made of them, where asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import DataError
from ostinato.tasks import AnomalyDetector, Forecaster, load

SMALL = {"epochs": 1, "hidden_size": 4, "progress": False}


def set_back() -> pd.DataFrame:
    """Two machines by the hour; the clock of the second goes back for three hours."""
    hours = pd.date_range("2026-01-01", periods=90, freq="h")
    calm = pd.DataFrame({"machine": "a", "at": hours, "heat": np.arange(90.0), "state": "on"})
    late = pd.concat([calm[:50], calm[47:]]).assign(machine="b")
    late.iloc[50:53, 2] += 4.0  # the second time 47 to 49 are told
    late.iloc[50:53, 3] = "off"
    return pd.concat([calm, late], ignore_index=True)


def test_means_by_hand_first_words_and_highest_labels():
    from ostinato.data.series_reading import one_a_time

    rows = set_back().assign(broken=0, count=2)
    rows.loc[141, "broken"] = 1  # machine b's second hour 48
    groups = pd.factorize(rows["machine"])[0].astype(np.int64)
    found = one_a_time(rows, pd.DatetimeIndex(rows["at"]), groups, highest=["broken"])
    assert found["machine"].tolist() == ["a"] * 90 + ["b"] * 90
    assert found["at"].tolist() == [*rows["at"][:90]] * 2
    heat = found["heat"].to_numpy()[90:]
    assert heat[46:51].tolist() == [46.0, 49.0, 50.0, 51.0, 50.0]
    untouched = np.delete(np.arange(90), [47, 48, 49])
    assert heat[untouched].tolist() == untouched.tolist()
    assert set(found["state"]) == {"on"}
    assert np.flatnonzero(found["broken"]).tolist() == [90 + 48]
    assert found["count"].dtype == rows["count"].dtype
    again = one_a_time(found, pd.DatetimeIndex(found["at"]), np.repeat([0, 1], 90))
    assert again.equals(found)


def test_a_forecaster_goes_on_where_it_is_told_to(tmp_path):
    rows, options = set_back(), {"series": "machine", "past": 12, "horizon": 3, **SMALL}
    with pytest.raises(DataError, match="'b': not in order: row 50 .* repeats='mean' goes on"):
        Forecaster(**options).fit(rows)
    model = Forecaster(repeats="mean", **options).fit(rows)
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    shuffled = rows.sample(frac=1, random_state=0).sort_values("machine", kind="stable")
    for table in (rows, shuffled[["machine", "at", "heat"]]):
        assert again.predict(table).loc["b"].equals(model.forecast().loc["b"])
    plain = Forecaster(**options).fit(rows[:90])
    with pytest.raises(DataError, match="not in order"):
        plain.predict(rows[90:])


def test_a_detector_answers_once_for_each_time():
    rows = set_back()[90:].drop(columns=["machine", "state"]).assign(broken=False)
    rows.loc[141, "broken"] = True
    options = {"label": "broken", "past": 12, "horizon": 3, **SMALL}
    with pytest.raises(DataError, match="repeats='mean' goes on"):
        AnomalyDetector(**options).fit(rows, validation=None)
    model = AnomalyDetector(repeats="mean", **options).fit(rows, validation=None)
    assert len(model.predict(rows)) == 90
