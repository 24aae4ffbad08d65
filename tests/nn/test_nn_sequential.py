"""Layers in a Sequential: with lengths, accelerated, counted, fed step by step."""

from __future__ import annotations

import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError

TOKENS, LENGTHS = torch.arange(12).view(3, 4), torch.tensor([4, 1, 2])
CELLS = [nn.RNN, nn.GRU, nn.LSTM]


def classifier(kind, *, bidirectional=False, base=nn.Sequential, **options):
    size = 12 if bidirectional else 6
    return base(
        nn.Embedding(12, 5),
        kind(5, 6, batch_first=True, bidirectional=bidirectional, **options),
        nn.Last(2 if bidirectional else 1),
        nn.Linear(size, 2),
    )


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", CELLS)
def test_the_last_is_the_output_at_the_length(kind, bidirectional):
    model = classifier(kind, bidirectional=bidirectional, num_layers=2)
    outputs, _ = model[1](model[0](TOKENS), lengths=LENGTHS)
    pool = nn.Pooling("last", outputs.shape[2], directions=1 + bidirectional)
    found = model(TOKENS, lengths=LENGTHS)
    torch.testing.assert_close(found, model[3](pool(outputs, LENGTHS)))
    for row, length in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(found[row], model(TOKENS[row : row + 1, :length])[0])
    one = model[2](model[1](model[0](TOKENS[0])))
    torch.testing.assert_close(model[3](one), model(TOKENS[:1])[0])


@pytest.mark.parametrize("kind", [torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM])
def test_torchs_own_sequential_and_layers(kind):
    model = classifier(kind, base=torch.nn.Sequential)
    x = torch.nn.utils.rnn.pack_padded_sequence(
        model[0](TOKENS), LENGTHS, batch_first=True, enforce_sorted=False
    )
    expected, packed = model(TOKENS), model[2](model[1](x))
    assert isinstance(nn.accelerate(model)[1], nn.Recurrent)
    torch.testing.assert_close(model(TOKENS), expected)
    torch.testing.assert_close(model[2](model[1](x)), packed)
    found = nn.summary(model, TOKENS)
    assert [row.kind for row in found.rows] == ["Embedding", kind.__name__, "Last", "Linear"]
    assert found.rows[2].shape == (3, 6)
    expected.sum().backward()


@pytest.mark.parametrize("kind", CELLS)
def test_outputs_at_every_step_are_fed_step_by_step(kind):
    model = nn.Sequential(
        nn.Embedding(12, 5),
        kind(5, 6, batch_first=True),
        nn.Outputs(),
        kind(6, 6, batch_first=True),
        nn.Outputs(),
        nn.Linear(6, 2),
    ).eval()
    whole = model(TOKENS)
    assert whole.shape == (3, 4, 2)
    state, steps = None, []
    for t in range(4):
        output, state = model.step(TOKENS[:, t], state)
        steps.append(output)
    torch.testing.assert_close(torch.stack(steps, 1), whole)
    traced = model.trace(TOKENS, lengths=LENGTHS)
    assert [*traced] == ["1", "3"]
    torch.testing.assert_close(traced["3"]["h"][0], model[3](model[:3](TOKENS)[:1])[0][0])
    ragged = model[:5](TOKENS, lengths=LENGTHS)
    assert not ragged[1, 1:].any()
    last = nn.Sequential(*model[:4], nn.Last())
    torch.testing.assert_close(last.step(TOKENS[:, 0])[0], last(TOKENS[:, :1]))


def test_a_pooling_hears_the_lengths_too():
    model = nn.Sequential(nn.GRU(3, 4, batch_first=True), nn.Outputs(), nn.Pooling("mean", 4))
    x = torch.randn(3, 4, 3)
    torch.testing.assert_close(model(x, lengths=LENGTHS)[1], model(x[1:2, :1])[0])


def test_what_does_not_fit():
    with pytest.raises(OptionError, match="directions must be 1 or 2, got 3"):
        nn.Last(3)
    with pytest.raises(ShapeError, match=r"Last: the input must be \(outputs, state\)"):
        nn.Last()(torch.zeros(2, 3, 4))
    with pytest.raises(ShapeError, match="Give directions=2 after a bidirectional layer"):
        nn.Last()(nn.GRU(3, 4, bidirectional=True)(torch.zeros(2, 3, 3)))
    with pytest.raises(ShapeError, match="Outputs: the input must be what a recurrent layer"):
        nn.Outputs()(3)
    x = torch.zeros(2, 3, 4)
    assert nn.Outputs()(x) is x
