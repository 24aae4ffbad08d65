"""Units, gates and states of layers whose numbers are known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from ostinato import inspection, nn
from ostinato.errors import DataError, OptionError
from ostinato.inspection.units import text_feature


def copying_rnn() -> nn.RNN:
    """Unit 1 puts out the second input column, unit 0 nothing."""
    layer = nn.RNN(2, 3, nonlinearity="relu", bias=False, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0.zero_()
        layer.weight_ih_l0.copy_(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    return layer


@pytest.fixture
def table() -> pd.DataFrame:
    chance = np.random.default_rng(0)
    return pd.DataFrame(chance.uniform(0, 1, (30, 2)).astype(np.float32), columns=["load", "wind"])


def test_a_unit_that_copies_a_column_is_found(table):
    found = inspection.find_units(copying_rnn(), table, "wind").table
    assert found["unit"][0] == 1
    assert found["correlation"][0] == pytest.approx(1.0)
    given = inspection.find_units(copying_rnn(), table, -table["load"].to_numpy()).table
    assert (given["unit"][0], given["correlation"][0]) == (2, pytest.approx(-1.0))


def test_activations_are_the_outputs(table):
    figure, found = inspection.activations(copying_rnn(), table, [1, 2])
    assert found["unit 1"].to_numpy() == pytest.approx(table["wind"].to_numpy())
    assert [line.name for line in figure.lines] == ["unit 1", "unit 2"]


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("quotes", 'a"b"c', [0, 1, 1, 0, 0]),
        ("brackets", "(a[b])", [1, 1, 2, 2, 1, 0]),
        ("line-length", "ab\nc", [1, 2, 0, 1]),
        ("capitals", "aBc", [0, 1, 0]),
    ],
)
def test_features_of_text(name, text, wanted):
    assert text_feature(name, list(text)).tolist() == wanted


def test_gates_that_stand_open_and_shut_are_counted():
    layer = nn.GRU(2, 4, batch_first=True)
    with torch.no_grad():
        for each in layer.parameters():
            each.zero_()
        layer.bias_ih_l0[4:6] = 9.0  # z of units 0 and 1: 0.9999
        layer.bias_ih_l0[6] = -9.0  # z of unit 2
    x = torch.ones(2, 5, 2)
    figure, found = inspection.saturation(layer, (x,), margin=0.1)
    z = found[found["gate"] == "z"]
    assert z["near_1"].tolist() == [1, 1, 0, 0]
    assert z["near_0"].tolist() == [0, 0, 1, 0]
    assert "38%" in figure.caption  # 3 of the 8 gates
    values = inspection.gate_values(layer, x, "z").table
    assert values["unit 3"].tolist() == [0.5] * 5


def test_weights_are_counted_by_gate():
    layer = nn.LSTM(2, 3, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0.zero_()
        layer.weight_hh_l0[3:6] = 1.0
    found = inspection.weight_histograms(layer).table
    forget = found[found["gate"] == "f"]
    assert forget["share"].iloc[-1] == 1.0
    assert found.groupby("gate")["share"].sum().tolist() == pytest.approx([1.0] * 4)
    slopes = inspection.gradient_histograms(layer, torch.ones(2, 5, 2)).table
    assert slopes.groupby("gate")["share"].sum().tolist() == pytest.approx([1.0] * 4)


@pytest.mark.parametrize("method", ["integrated-gradients", "gradient", "occlusion"])
def test_attribution_of_a_copy_is_the_input(table, method):
    layer = copying_rnn()
    found = inspection.attribution(layer, table, method, to=1).table
    assert found["wind"].iloc[-1] == pytest.approx(table["wind"].iloc[-1], rel=1e-5)
    assert found["load"].abs().max() == 0
    assert found["wind"].iloc[:-1].abs().max() == 0


def test_integrated_gradients_add_up_to_the_answer():
    torch.manual_seed(0)
    layer = nn.GRU(3, 4, batch_first=True)
    x = torch.randn(1, 6, 3)
    found = inspection.attribution(layer, x, to=2, points=200).table
    with torch.no_grad():
        whole, zeros = (layer(each)[0][0, -1, 2] for each in (x, torch.zeros(1, 6, 3)))
    assert found.iloc[:, 1:].to_numpy().sum() == pytest.approx(float(whole - zeros), rel=1e-3)


def test_a_repeated_span_is_found_again():
    chance = torch.Generator().manual_seed(0)
    x = torch.rand(1, 40, 2, generator=chance)
    x[0, 25:29] = x[0, 5:9]
    found = inspection.similar_spans(copying_rnn(), x, 5, 9).table
    assert (found["start"][0], found["similarity"][0]) == (25, pytest.approx(1.0))
    assert not ((found["start"] > 1) & (found["start"] < 9)).any()


def test_states_on_a_line_need_one_dimension(table):
    flat = table.assign(load=0.0)
    found = inspection.hidden_states(copying_rnn(), flat)
    assert "100%" in found.figure.caption
    assert found.table["second"].abs().max() == pytest.approx(0, abs=1e-9)


def test_learning_curves_of_one_run_and_of_two():
    one, two = {"train_loss": [3, 2], "val_loss": [3, 4]}, {"train_loss": [1], "val_loss": [2]}
    figure, found = inspection.learning_curves(one)
    assert [line.name for line in figure.lines] == ["training", "validation"]
    figure, found = inspection.learning_curves({"a": one, "b": two})
    assert [line.y.tolist() for line in figure.lines] == [[3, 4], [2]]
    assert found["epoch"].tolist() == [1, 2, 1, 2, 1, 1]


def test_scores_of_a_field_leave_out_what_is_not_allowed():
    field = nn.CRF(2, moves=[[True, False], [True, True]])
    found = inspection.crf_scores(field, ["A", "B"]).table
    assert np.isnan(found["B"][0])
    assert found["A"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: inspection.activations(copying_rnn(), x, 3), OptionError, "units"),
        (lambda x: inspection.find_units(copying_rnn(), x, "rain"), OptionError, "load, wind"),
        (lambda x: inspection.find_units(copying_rnn(), x, np.ones(30)), DataError, "change"),
        (lambda x: inspection.gate_values(copying_rnn(), x, "z"), OptionError, "gate"),
        (lambda x: inspection.attribution(copying_rnn(), x, "magic"), OptionError, "method"),
        (lambda x: inspection.similar_spans(copying_rnn(), x, 9, 5), OptionError, "span"),
        (lambda x: inspection.next_tokens(copying_rnn(), "a"), OptionError, "language-model"),
        (lambda x: inspection.learning_curves({"train_loss": [1]}, "f1"), DataError, "loss"),
        (lambda x: inspection.crf_scores(copying_rnn()), OptionError, "CRF"),
        (lambda x: inspection.influence(copying_rnn(), x, layer="l"), OptionError, "layer"),
    ],
)  # fmt: skip
def test_mistakes_get_a_sentence(table, call, error, words):
    with pytest.raises(error, match=words):
        call(table)
