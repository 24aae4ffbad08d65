"""Losses by hand, and what a tagger once got wrong."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from ostinato.errors import DataError, OptionError
from ostinato.tasks import SequenceTagger
from ostinato.tasks.sequence_tagger.learning import loss_of

X = [["Ann", "sees", "Rome"], ["Bob", "runs"], ["In", "Oslo", "it", "rains"]] * 12
Y = [["B-p", "O", "B-q"], ["B-p", "O"], ["O", "B-q", "O", "O"]] * 12
SMALL = {
    "epochs": 2,
    "hidden_size": 4,
    "num_layers": 1,
    "embedding_size": 4,
    "affix_size": 2,
    "char_hidden": 0,
    "batch_size": 8,
}


def fitted(**options):
    return SequenceTagger(**SMALL | options).fit(X, Y, progress=False)


class _Emissions(torch.nn.Module):
    """Scores as given, and a random field without weights."""

    def __init__(self, scores):
        super().__init__()
        from ostinato import nn

        self.scores, self.crf = scores, nn.CRF(scores.shape[2])

    def forward(self):
        return self.scores


@pytest.mark.parametrize("crf", [True, False])
def test_the_loss_is_a_mean_over_tokens_without_padding(crf):
    scores = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    truth, lengths = torch.tensor([[0, 1, 2, 1, 0], [2, 1, 0, 0, 0]]), torch.tensor([5, 2])
    batch = {"inputs": (), "tags": truth, "forms_lengths": lengths}
    shares = torch.log_softmax(scores.double(), 2)
    # without moves that cost anything the field's tags are independent
    wanted = -sum(float(shares[r, t, truth[r, t]]) for r in (0, 1) for t in range(lengths[r])) / 7
    found = loss_of(crf)(_Emissions(scores), batch)["loss"]
    assert float(found.detach()) == pytest.approx(wanted, rel=1e-6)


def test_going_on_keeps_the_balance_out_of_the_loss():
    model, other = fitted(balance=False), fitted(balance=False)
    other.shift_ = 1.5
    other._lower_outside(1.5)
    model.partial_fit(X, Y)
    other.partial_fit(X, Y)
    difference = model.module_.head.bias - other.module_.head.bias
    wanted = torch.zeros(len(model.tags_))
    wanted[model.tags_.index("O")] = 1.5
    torch.testing.assert_close(difference.detach(), wanted, atol=1e-6, rtol=0)
    assert model.history_["train_loss"] == pytest.approx(other.history_["train_loss"], rel=1e-6)


def test_going_on_counts_words():
    model = fitted()
    before = model.module_.rates.clone()
    place = model.rows_.reader.numbers["words"]["oslo"]
    count = model.rows_.reader.counts[place - 2]
    model.partial_fit([["Oslo", "rains"]] * 5, [["B-q", "O"]] * 5)
    assert model.module_.rates[place] == pytest.approx(0.5 / (0.5 + count + 5))
    assert model.module_.rates[place] < before[place]


def test_a_plain_cell_may_bend_otherwise():
    model = fitted(cell="rnn", activation="relu", char_hidden=4)
    assert all(layer.nonlinearity == "relu" for layer in model.module_.layers)
    with pytest.raises(OptionError, match="activation must be 'tanh' with cell='gru'"):
        fitted(activation="relu")


@pytest.mark.parametrize("output", ["crf", "softmax"])
def test_probabilities_have_their_own_bits_at_any_length(output):
    model, chance = fitted(output=output), random.Random(0)
    words = ["Ann", "Rome", "sees", "in", "new", "Oslo", "it", "..."]
    rows = [chance.choices(words, k=chance.randrange(0, 20)) for _ in range(150)]
    whole = model.predict_proba(rows)
    for k in range(0, 150, 3):
        assert np.array_equal(model.predict_proba([rows[k]])[0], whole[k])
    some = chance.sample(range(150), 37)
    for k, found in zip(some, model.predict_proba([rows[k] for k in some]), strict=True):
        assert np.array_equal(found, whole[k])


def test_empty_sentences():
    model = fitted()
    assert model.predict([]) == []
    assert model.predict([[], []]) == [[], []]
    assert [each.shape for each in model.predict_proba([[]])] == [(0, len(model.tags_))]
    assert model.entities(["", []]) == [[], []]
    with pytest.raises(DataError, match="at least 1 sentence"):
        model.evaluate([[]], [[]])
