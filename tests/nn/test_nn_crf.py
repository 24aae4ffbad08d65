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
    with pytest.raises(
        ShapeError, match="lengths must be from 0 to 2, the steps that there are, got 3 to 3"
    ):
        crf.viterbi(torch.zeros(1, 2, 3), torch.tensor([3]))
    with pytest.raises(ShapeError, match="moves must have shape"):
        CRF(3, moves=[[True]])


DIRT = [float("nan"), float("inf"), -float("inf"), 1e30]
KINDS = [torch.uint8, torch.int16, torch.int32, torch.int64]


def bits(crf, emissions, tags, lengths, weights):
    """Everything that a caller sees, gradients too, as one list."""
    emissions = emissions.detach().clone().requires_grad_()
    likelihood = crf.log_likelihood(emissions, tags, lengths)
    grads = torch.autograd.grad((likelihood * weights).sum(), [emissions, *crf.parameters()])
    decoded = crf.viterbi(emissions, lengths)
    return [likelihood.detach(), *grads, *decoded, crf.marginals(emissions, lengths)]


@pytest.mark.parametrize("steps", [1, 30])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("limits", [{}, LIMITS])
def test_padding_of_any_kind_changes_no_bit(limits, dtype, steps):
    crf = CRF(3, **limits).to(dtype)
    for each in crf.parameters():
        torch.nn.init.normal_(each)
    lengths = torch.tensor([steps, 1, 0, (steps + 1) // 2])
    live = torch.arange(steps) < lengths.unsqueeze(1)
    emissions = torch.randn(4, steps, 3, dtype=dtype).masked_fill(~live.unsqueeze(2), 0)
    tags = crf.viterbi(emissions, lengths)[0]
    weights = torch.rand(4, dtype=torch.float64)
    clean = bits(crf, emissions, tags, lengths, weights)
    assert all(each.isfinite().all() for each in clean)
    assert not clean[1][~live].any()
    assert (clean[0] <= 0).all()
    assert clean[0][2] == 0  # the empty sequence is certain
    for value, tag in zip(DIRT, (-100, 3, 200, -1), strict=True):
        dirty = emissions.masked_fill(~live.unsqueeze(2), value)
        for one, other in zip(
            clean, bits(crf, dirty, tags.masked_fill(~live, tag), lengths, weights), strict=True
        ):
            assert torch.equal(one, other), value


@pytest.mark.parametrize("kind", KINDS)
def test_whole_numbers_of_any_type(kind):
    crf, emissions, lengths = case(LIMITS)
    tags = crf.viterbi(emissions, lengths)[0]
    weights = torch.rand(4, dtype=torch.float64)
    expected = bits(crf, emissions, tags, lengths, weights)
    for one, other in zip(
        expected, bits(crf, emissions, tags.to(kind), lengths.to(kind), weights), strict=True
    ):
        assert torch.equal(one, other)


def test_no_steps_at_all():
    crf, lengths = CRF(3), torch.zeros(2, dtype=torch.int64)
    emissions, tags = torch.zeros(2, 0, 3), torch.zeros(2, 0, dtype=torch.int64)
    assert crf.log_likelihood(emissions, tags, lengths).tolist() == [0.0, 0.0]
    assert crf.viterbi(emissions, lengths)[0].shape == (2, 0)
    assert crf.marginals(emissions, lengths).shape == (2, 0, 3)


def test_a_tag_without_a_successor_may_only_end():
    moves = [[True, True, True], [False, False, False], [True, True, True]]
    crf, emissions, lengths = case({"moves": moves})
    totals = crf.log_partition(emissions, lengths)
    for row, length in enumerate(lengths.tolist()):
        wanted = torch.stack([*every(crf, emissions[row], length).values()]).logsumexp(0)
        torch.testing.assert_close(totals[row], wanted)
    grads = torch.autograd.grad(totals.sum(), [emissions, *crf.parameters()])
    assert all(each.isfinite().all() for each in grads)
    assert not grads[1][1].any()  # the moves from it
    assert not crf.marginals(emissions, lengths)[0, :-1, 1].any()


def test_where_nothing_is_legal():
    crf = CRF(2, moves=[[False, False], [False, False]])
    emissions, lengths = torch.randn(2, 3, 2, requires_grad=True), torch.tensor([3, 1])
    tags = torch.zeros(2, 3, dtype=torch.int64)
    likelihood = crf.log_likelihood(emissions, tags, lengths)
    assert likelihood[0] == crf.log_partition(emissions, lengths)[0] == float("-inf")
    assert likelihood[1].isfinite()
    grads = torch.autograd.grad(likelihood[1], [emissions, *crf.parameters()], retain_graph=True)
    grads += torch.autograd.grad(likelihood.sum(), [emissions, *crf.parameters()])
    assert all(each.isfinite().all() for each in grads)
    assert not crf.marginals(emissions, lengths)[0].any()
    assert crf.viterbi(emissions, lengths)[1][0] == float("-inf")


def test_emissions_that_rule_a_tag_out():
    crf, emissions, lengths = case({})
    masked = emissions.detach().clone()
    masked[:, 0, 1] = -float("inf")
    masked.requires_grad_()
    totals = crf.log_partition(masked, lengths)
    for row, length in enumerate(lengths.tolist()):
        wanted = torch.stack([*every(crf, masked[row], length).values()]).logsumexp(0)
        torch.testing.assert_close(totals[row], wanted)
    (grad,) = torch.autograd.grad(totals.sum(), masked)
    assert grad.isfinite().all()
    assert not grad[:, 0, 1].any()


def test_a_way_far_below_the_others_is_not_lost():
    """Tag 2 is reached from tag 1 alone, whose weight beside tag 0's is below float64's least."""
    crf = CRF(3, moves=[[True, False, False], [False, False, True], [False, False, True]])
    emissions = torch.zeros(1, 2, 3, dtype=torch.float64)
    emissions[0, 0, 1], emissions[0, 0, 2] = -900, -2000
    emissions[0, 1, 2] = 2000
    emissions.requires_grad_()
    total = crf.log_partition(emissions, torch.tensor([2]))
    assert total.item() == pytest.approx(1100)
    (grad,) = torch.autograd.grad(total.sum(), emissions)
    torch.testing.assert_close(grad[0], torch.tensor([[0.0, 1, 0], [0, 0, 1]]).double())


def test_a_tag_that_is_none_is_named():
    crf = CRF(3)
    with pytest.raises(ShapeError, match="tags must be from 0 to 2 inside the lengths, got 0 to 7"):
        crf.score(torch.zeros(1, 2, 3), torch.tensor([[0, 7]]), torch.tensor([2]))
    with pytest.raises(ShapeError, match="tags must be integers of shape"):
        crf.score(torch.zeros(1, 2, 3), torch.zeros(1, 2), torch.tensor([2]))
    with pytest.raises(ShapeError, match="lengths must be integers of shape"):
        crf.viterbi(torch.zeros(1, 2, 3), torch.tensor([2.0]))


@pytest.mark.parametrize("limits", [{}, LIMITS])
def test_transforms_and_second_derivatives(limits):
    crf, emissions, lengths = case(limits)
    tags = crf.viterbi(emissions, lengths)[0]
    crf = crf.double()

    def loss(emissions, tags=tags, lengths=lengths):
        return crf.log_likelihood(emissions, tags, lengths)

    rows = [torch.autograd.grad(loss(emissions)[row], emissions)[0] for row in range(4)]
    expected = torch.stack(rows)
    torch.testing.assert_close(torch.func.jacrev(loss)(emissions), expected)
    torch.testing.assert_close(torch.func.jacfwd(loss)(emissions), expected)
    alone = torch.func.vmap(torch.func.grad(lambda e, t, n: loss(e[None], t[None], n[None]).sum()))(
        emissions, tags, lengths
    )
    torch.testing.assert_close(alone, expected.sum(0))
    (batched,) = torch.autograd.grad(
        loss(emissions), emissions, torch.eye(4, dtype=torch.float64), is_grads_batched=True
    )
    torch.testing.assert_close(batched, expected)
    decoded = torch.func.vmap(lambda e, n: crf.viterbi(e[None], n[None])[0][0])(emissions, lengths)
    assert torch.equal(decoded, tags)
    assert torch.autograd.gradcheck(loss, emissions)
    assert torch.autograd.gradgradcheck(loss, emissions)


def test_it_compiles_without_a_graph_break():
    crf, emissions, lengths = case(LIMITS)
    tags = crf.viterbi(emissions, lengths)[0]
    torch._dynamo.reset()
    compiled = torch.compile(crf.log_likelihood, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(
        compiled(emissions, tags, lengths), crf.log_likelihood(emissions, tags, lengths)
    )


def test_a_short_row_beside_a_long_one_has_finite_gradients():
    crf = CRF(17)
    emissions = torch.zeros(2, 300, 17, requires_grad=True)
    tags = torch.zeros(2, 300, dtype=torch.long)
    crf.log_likelihood(emissions, tags, torch.tensor([1, 300])).sum().backward()
    assert emissions.grad is not None
    assert emissions.grad.isfinite().all()
    assert not emissions.grad[0, 1:].any()
    # Every tag is as likely as any other.
    torch.testing.assert_close(emissions.grad[0, 0, 1:], torch.full((16,), -1 / 17))
    assert crf.transitions.grad is not None
    torch.testing.assert_close(crf.transitions.grad[0, 0].item(), 299 - 299 / 17**2)
