"""The conditional random field against the sum over every sequence."""

from __future__ import annotations

import itertools

import pytest
import torch

from ostinato.errors import ShapeError
from ostinato.nn import CRF

MOVES = [[True, True, False], [True, True, True], [False, True, True]]
LIMITS = {"moves": MOVES, "first": [True, True, False], "last": [True, False, True]}


def case(limits, steps=5):
    crf = CRF(3, **limits)
    for each in crf.parameters():
        torch.nn.init.normal_(each)
    lengths = torch.tensor([steps, 1, 3, 2])
    emissions = torch.randn(4, steps, 3, dtype=torch.float64, requires_grad=True)
    return crf, emissions, lengths


def every(crf, emissions, length):
    """Each legal sequence of a row and its score, one by one."""
    found = {}
    for tags in itertools.product(range(3), repeat=length):
        legal = crf.first[tags[0]] and crf.last[tags[-1]]
        legal = legal and all(crf.moves[a, b] for a, b in itertools.pairwise(tags))
        if legal:
            score = crf.start[tags[0]] + crf.end[tags[-1]]
            score = score + sum(emissions[t, tag] for t, tag in enumerate(tags))
            found[tags] = score + sum(crf.transitions[a, b] for a, b in itertools.pairwise(tags))
    return found


@pytest.mark.parametrize("limits", [{}, LIMITS])
def test_against_every_sequence(limits):
    crf, emissions, lengths = case(limits)
    tags, best = crf.viterbi(emissions, lengths)
    marginals = crf.marginals(emissions, lengths)
    totals = crf.log_partition(emissions, lengths)
    likelihoods = crf.log_likelihood(emissions, tags, lengths)
    expected = []
    for row, length in enumerate(lengths.tolist()):
        scores = every(crf, emissions[row], length)
        top = max(scores, key=scores.get)
        assert tuple(tags[row, :length].tolist()) == top
        assert not tags[row, length:].any()
        total = torch.stack([*scores.values()]).logsumexp(0)
        expected.append(total)
        torch.testing.assert_close(best[row], scores[top], check_dtype=False)
        torch.testing.assert_close(totals[row], total)
        torch.testing.assert_close(likelihoods[row], scores[top] - total)
        wanted = torch.zeros(5, 3, dtype=torch.float64)
        for sequence, score in scores.items():
            for step, tag in enumerate(sequence):
                wanted[step, tag] += (score - total).exp().item()
        torch.testing.assert_close(marginals[row], wanted)
    weights = torch.randn(4, dtype=torch.float64)
    inputs = [emissions, crf.transitions, crf.start, crf.end]
    ours = torch.autograd.grad((totals * weights).sum(), inputs)
    theirs = torch.autograd.grad((torch.stack(expected) * weights).sum(), inputs)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_one_row_has_the_same_bits_in_any_batch():
    crf, emissions, lengths = case(LIMITS)
    tags, scores = crf.viterbi(emissions, lengths)
    whole = crf.marginals(emissions, lengths)
    for row, length in enumerate(lengths.tolist()):
        one = emissions[row : row + 1, :length], lengths[row : row + 1]
        assert torch.equal(crf.viterbi(*one)[0][0], tags[row, :length])
        assert torch.equal(crf.viterbi(*one)[1][0], scores[row])
        assert torch.equal(crf.marginals(*one)[0], whole[row, :length])


def test_an_illegal_sequence_has_no_probability():
    crf, emissions, _ = case(LIMITS)
    tags = torch.tensor([[0, 2]] * 4)
    assert (
        crf.log_likelihood(emissions[:, :2], tags, torch.tensor([2] * 4)).tolist()
        == [float("-inf")] * 4
    )


def test_great_scores_neither_overflow_nor_vanish():
    crf = CRF(2)
    emissions = torch.tensor([[[900.0, -900.0]] * 50]).double()
    lengths = torch.tensor([50])
    torch.testing.assert_close(
        crf.log_partition(emissions, lengths), torch.tensor([45_000.0]).double()
    )
    assert crf.marginals(emissions, lengths)[0, :, 0].tolist() == [1.0] * 50


def test_what_does_not_fit():
    crf = CRF(3)
    with pytest.raises(ShapeError, match="emissions must have shape"):
        crf.viterbi(torch.zeros(1, 2, 4), torch.tensor([2]))
    with pytest.raises(ShapeError, match="lengths must have shape"):
        crf.viterbi(torch.zeros(1, 2, 3), torch.tensor([3]))
    with pytest.raises(ShapeError, match="moves must have shape"):
        CRF(3, moves=[[True]])
