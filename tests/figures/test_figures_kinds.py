"""Figures as data: the same after JSON, checked when made, and a table of what they show."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from figures_cases import CASES

from ostinato.errors import DataError, OptionError
from ostinato.figures import Axis, Band, Figure, Group, Line, Lines, Mark, Matrix, Table, TintedText


@pytest.mark.parametrize("name", CASES)
def test_json_and_back_is_the_same_figure(name):
    figure = CASES[name]
    document = json.loads(json.dumps(figure.to_dict(), allow_nan=False))
    made = Figure.from_dict(document)
    assert type(made) is type(figure)
    assert made == figure
    assert made.to_dict() == figure.to_dict()


@pytest.mark.parametrize("name", CASES)
def test_every_figure_has_its_numbers_as_a_table(name):
    frame = CASES[name].frame()
    assert isinstance(frame, pd.DataFrame)


def test_frame_has_a_row_for_each_point():
    figure = Lines(
        title="t",
        lines=[Line(name="a", x=[0, 1], y=[5, None]), Line(name="b", x=[7], y=[8])],
        bands=[Band(name="c", x=[2], low=[3], high=[4])],
    )
    frame = figure.frame()
    assert frame["series"].tolist() == ["a", "a", "b", "c"]
    assert frame["x"].tolist() == [0, 1, 7, 2]
    assert frame["y"].tolist()[:1] == [5]
    assert frame["y"].isna().tolist() == [False, True, False, True]
    assert frame["high"].tolist()[3] == 4


def test_matrix_frame_has_its_names():
    frame = Matrix(title="t", values=[[1, 2]], rows=["r"], columns=["c", "c"]).frame()
    assert list(frame.columns) == ["row", "c", "c (2)"]
    assert frame.iloc[0].tolist() == ["r", 1.0, 2.0]


def test_different_data_are_different_figures():
    one, other = (Lines(title="t", lines=[Line(name="a", x=[0], y=[y])]) for y in (1, 2))
    assert one != other
    assert one != "t"


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2025-10-25", periods=3, freq="D", tz="Europe/Berlin"),
        pd.date_range("2025-10-25", periods=3, freq="D"),
        pd.period_range("2025-10-25", periods=3, freq="D"),
        [datetime.datetime(2025, 10, 25 + k, tzinfo=datetime.UTC) for k in range(3)],
        [datetime.date(2025, 10, 25 + k) for k in range(3)],
        np.array(["2025-10-25", "2025-10-26", "2025-10-27"], dtype="datetime64[ns]"),
    ],
)
def test_times_keep_their_own_clock(times):
    line = Line(name="a", x=times, y=[1, 2, 3])
    assert [str(t)[:16] for t in line.x] == [f"2025-10-{k}T00:00" for k in (25, 26, 27)]


def test_values_that_are_not_finite_are_gaps():
    line = Line(name="a", x=[0, 1, 2, 3], y=[1, np.inf, -np.inf, None])
    assert np.isnan(line.y).tolist() == [False, True, True, True]


def test_a_figure_does_not_follow_the_array_it_was_made_from():
    values = np.zeros(3)
    line = Line(name="a", x=[0, 1, 2], y=values)
    values[0] = 9
    assert line.y.tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        line.y[0] = 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Line(name="a", x=[0], y=[1, 2]), "Line 'a': must have as many of each"),
        (lambda: Line(name="a", x=["x"], y=[1]), "must be numbers, got"),
        (lambda: Line(name="a", x=[0], y=[[1]]), r"must have 1 axis, got shape \(1, 1\)"),
        (lambda: Line(name="a", x=[0], y=[1], role="modell"), "Did you mean 'model'?"),
        (lambda: Axis(scale="logg"), "Did you mean 'log'?"),
        (lambda: Axis(low=2, high=1), "low must be below high, got 2 and 1"),
        (lambda: Matrix(title="t", values=[[1, 2]], rows=["a", "b"]), "1 values by rows, 2 rows"),
        (lambda: Matrix(title="t", values=[[1, 2]], tint=[[1]]), "tint must have the shape"),
        (lambda: TintedText(title="t", tokens=["a"], values=[1, 2]), "1 tokens, 2 values"),
        (lambda: Table(title="t", columns=["a"], rows=[(1, 2)]), "row 0: must have as many"),
        (
            lambda: Lines(
                title="t",
                lines=[Line(name="a", x=[0], y=[1])],
                marks=[Mark(x=datetime.datetime(2025, 1, 1))],
            ),
            "x must be numbers in all parts, or times",
        ),
        (lambda: Figure.from_dict({"kind": "line"}), "Did you mean 'lines'?"),
        (lambda: Figure.from_dict([]), "must be a dictionary, got list"),
        (lambda: Figure.from_dict({"kind": "lines"}), "the field 'title' is missing"),
        (
            lambda: Figure.from_dict({"kind": "lines", "title": "t", "line": []}),
            "no field 'line'. Did you mean 'lines'?",
        ),
        (lambda: Figure.from_dict({"kind": "lines", "title": "t", "lines": [3]}), "must be a Line"),
        (lambda: Table(title="t", columns=[{"name": "a", "form": "zz"}]), "form must be a format"),
        (lambda: Group(name="g", values=[1], low=[1, 2]), "must have as many of each"),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises((DataError, OptionError), match=message):
        make()


def test_a_column_of_a_table_is_a_place_on_an_axis():
    days = pd.date_range("2024-01-01", periods=2)
    for given in (pd.Series(days), pd.Series(days.tz_localize("Europe/Rome"))):
        assert Line(name="", x=given, y=[1, 2]) == Line(name="", x=days, y=[1, 2])
    assert Line(name="", x=pd.Series([3, 4], index=[7, 9]), y=[1, 2]).x.tolist() == [3, 4]
