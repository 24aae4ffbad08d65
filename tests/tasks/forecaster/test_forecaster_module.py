"""The forecaster's module: shapes, columns apart, and refusals."""

from __future__ import annotations

import pytest
import torch

from ostinato.errors import OptionError, ShapeError
from ostinato.tasks.forecaster.learning import loss_of
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.options import ForecasterOptions, SizedOptions


def ask(model, x):
    """The answer to `x`, whose last columns are known ahead as zeros."""
    future = torch.zeros(len(x), model.horizon, model.known)
    return model(x, future, torch.zeros(len(x), model.statics))[..., 0]


def made(*, targets, inputs=None, known=0, statics=0, dropout=0.0, **options):
    return ForecasterModule(
        SizedOptions(dropout=dropout, **options).check(),
        targets=targets,
        inputs=inputs or targets,
        known=known,
        statics=statics,
    )


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
@pytest.mark.parametrize("segment", [1, 4, 6])
@pytest.mark.parametrize("sizes", [8, (7, 5)])
def test_every_form_answers_and_learns(cell, segment, sizes):
    model = made(
        targets=2,
        inputs=5,
        known=2,
        statics=3,
        past=24,
        horizon=8,
        segment=segment,
        cell=cell,
        hidden_size=sizes,
    )
    answer = model(torch.randn(3, 24, 5), torch.randn(3, 8, 2), torch.randn(3, 3))
    assert answer.shape == (3, 8, 2, 1)
    answer.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        if name != "effect.3.bias":  # taken off the last row and put on again
            assert parameter.grad.abs().sum() > 0, name


def test_segments_keep_each_target_apart():
    torch.manual_seed(1)
    model = made(targets=3, past=24, horizon=12, segment=6, hidden_size=8)
    x = torch.randn(2, 24, 3)
    changed = x.clone()
    changed[..., 1] += torch.randn(2, 24)
    before, after = ask(model, x), ask(model, changed)
    assert torch.equal(before[..., [0, 2]], after[..., [0, 2]])
    assert not torch.equal(before[..., 1], after[..., 1])


def test_order_within_and_of_segments_counts():
    torch.manual_seed(1)
    model = made(targets=1, past=12, horizon=4, segment=4, hidden_size=8)
    x = torch.randn(1, 12, 1)
    for order in ([1, 0, *range(2, 12)], [*range(4, 8), *range(4), *range(8, 12)]):
        assert not torch.allclose(ask(model, x), ask(model, x[:, order]))


@pytest.mark.parametrize("segment", [1, 4])
def test_the_level_moves_with_the_last_value(segment):
    torch.manual_seed(1)
    model = made(targets=2, past=12, horizon=4, segment=segment, hidden_size=8)
    x, level = torch.randn(2, 12, 2), torch.tensor([3.0, -2.0])
    torch.testing.assert_close(ask(model, x + level), ask(model, x) + level, rtol=1e-5, atol=1e-5)
    plain = made(targets=2, past=12, horizon=4, segment=segment, hidden_size=8, subtract_last=False)
    assert not torch.allclose(ask(plain, x + level), ask(plain, x) + level, atol=1e-2)


def test_refusals():
    with pytest.raises(OptionError, match=r"segment must divide past 10, got 4\."):
        made(targets=1, past=10, horizon=4, segment=4)
    with pytest.raises(OptionError, match=r"got 'gruu'\. Did you mean 'gru'\?"):
        made(targets=1, past=10, horizon=4, cell="gruu")
    with pytest.raises(OptionError, match="hidden_size must be"):
        made(targets=1, past=10, horizon=4, hidden_size=())
    with pytest.raises(ShapeError, match=r"\(batch, 10, 1\), got \(2, 9, 1\)"):
        ask(made(targets=1, past=10, horizon=4), torch.zeros(2, 9, 1))


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_decoder_takes_one_step_for_each_row_ahead(cell):
    torch.manual_seed(1)
    sizes = {"targets": 2, "inputs": 5, "known": 2, "statics": 3}
    options = {"past": 12, "horizon": 4, "hidden_size": (8, 6), "cell": cell}
    model = made(**sizes, **options, strategy="encoder_decoder")
    x, future, static = torch.randn(3, 12, 5), torch.randn(3, 4, 2), torch.randn(3, 3)
    answer = model(x, future, static)
    assert answer.shape == (3, 4, 2, 1)
    answer.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    later = future.clone()
    later[:, 2] += 1
    changed = model(x, later, static)
    assert torch.equal(answer[:, :2], changed[:, :2])  # a step knows nothing of those after it
    assert not torch.equal(answer[:, 3], changed[:, 3])
    with pytest.raises(OptionError, match=r"segment must be 1 or None with strategy='encoder_"):
        made(targets=1, past=12, horizon=4, segment=4, strategy="encoder_decoder")


def test_members_answer_their_mean_and_learn_by_themselves():
    torch.manual_seed(1)
    model = made(targets=1, past=12, horizon=4, hidden_size=8, members=3)
    window = torch.randn(5, 12, 1), torch.zeros(5, 4, 0), torch.zeros(5, 0)
    each = model.answers(*window)
    assert not torch.allclose(each[0], each[1])
    torch.testing.assert_close(model(*window), torch.stack(each).mean(0))
    truth = torch.randn(5, 4, 1)
    parts = (*window, truth, torch.zeros(5, 1, 2))
    batch = dict(zip(("x", "future", "static", "y", "level"), parts, strict=True))
    found = loss_of(ForecasterOptions())(model, batch)
    losses = torch.stack([(answer[..., 0] - truth).abs().mean() for answer in each])
    torch.testing.assert_close(found["loss"], losses.mean())
    assert found["mae"] < losses.mean()
    alone = made(targets=1, past=12, horizon=4, hidden_size=8)
    assert set(alone.state_dict()) < set(model.state_dict())
