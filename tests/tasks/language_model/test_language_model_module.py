"""The language model's network: its stack, its dropouts and penalties, its softmaxes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ostinato import nn
from ostinato.nn.stack import Stack, StackStepper
from ostinato.ops import native
from ostinato.tasks.language_model.module import LanguageModelModule
from ostinato.tasks.language_model.options import LanguageModelOptions
from ostinato.tasks.language_model.softmax import (
    AdaptiveSoftmax,
    SampledSoftmax,
    Softmax,
    best_cutoffs,
)


def made_net(vocabulary=30, **options):
    return LanguageModelModule(LanguageModelOptions(**options), vocabulary=vocabulary)


SMALL = {
    "vocabulary": 30,
    "embedding_size": 6,
    "cell": "lstm",
    "hidden_size": 8,
    "num_layers": 2,
    "tied": False,
    "dropout": 0.0,
    "embedding_dropout": 0.0,
    "recurrent_dropout": 0.0,
}


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_stack_is_the_layers_one_upon_the_other(kind):
    torch.manual_seed(1)
    whole = kind(3, 8, 2, batch_first=True).eval()
    stack = Stack(kind, 3, [8, 8], nn.Dropout(0.0)).eval()
    for name, weight in whole.state_dict().items():
        stem, _, depth = name.rpartition("_l")
        stack.layers[int(depth)].load_state_dict({f"{stem}_l0": weight}, strict=False)
    x, lengths = torch.randn(3, 7, 3), torch.tensor([7, 2, 5])
    expected, final = whole(x, lengths=lengths)
    found, state = stack(x, lengths=lengths)
    torch.testing.assert_close(found, expected)
    parts = final if isinstance(final, tuple) else (final,)
    for k, part in enumerate(parts):
        for depth in range(2):
            torch.testing.assert_close(state[depth * len(parts) + k][0], part[depth])
    # A state goes on where it was.
    first, middle = stack(x[:, :4])
    second, _ = stack(x[:, 4:], middle)
    torch.testing.assert_close(torch.cat([first, second], 1), stack(x)[0])


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_a_stack_is_stepped_with_the_same_bits(kind):
    stack = Stack(kind, 3, [8, 5], nn.Dropout(0.0)).eval()
    x = torch.randn(3, 6, 3)
    with torch.no_grad():
        expected, final = stack(x)
    stepper = StackStepper(stack, 3)
    steps = [stepper.step(x[:, k].numpy()) for k in range(4)]
    kept = StackStepper(stack, 3)
    kept.state = stepper.state
    kept.keep([2])
    last = kept.step(x[2:, 4].numpy())
    if hasattr(native.load(), "StackFloat"):
        assert np.array_equal(np.stack(steps, 1), expected[:, :4].numpy())
        assert np.array_equal(last, expected[2:, 4].numpy())
    np.testing.assert_allclose(last, expected[2:, 4].numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.stack(steps, 1), expected[:, :4].numpy(), rtol=1e-4, atol=1e-6)
    stepper.reset()
    assert all(not part.any() for part in stepper.state)
    assert len(final) == len(stepper.state)


def test_locked_dropout_has_one_mask_for_all_steps():
    net = made_net(**SMALL | {"dropout": 0.5, "locked": True, "final_size": 40}).train()
    dropped = net.dropout(torch.ones(2, 9, 40))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert 0 < (dropped == 0).float().mean() < 1
    assert isinstance(net.layer.dropout, nn.SequenceDropout)
    assert net.layer.dropout.p == 0.5
    plain = made_net(**SMALL | {"dropout": 0.5, "layer_dropout": 0.2, "final_size": 40})
    assert isinstance(plain.layer.dropout, nn.Dropout)
    assert plain.layer.dropout.p == 0.2


def test_word_dropout_drops_a_word_at_all_its_places():
    net = made_net(**SMALL | {"word_dropout": 0.5}).train()
    seen = []
    net.embedding_dropout.register_forward_hook(lambda *call: seen.append(call[2]))
    tokens = torch.arange(30).repeat(2)[None]
    net.outputs(tokens)
    first, second = seen[0][0, :30], seen[0][0, 30:]
    assert torch.equal(first, second)
    kept = first.any(1)
    assert 5 < kept.sum() < 25
    torch.testing.assert_close(first[kept], 2 * net.embedding.weight[kept])
    net.eval()
    net.outputs(tokens)
    assert torch.equal(seen[1][0, :30], net.embedding.weight)


class _Double(torch.nn.Module):
    def forward(self, values):
        return 2 * values


def test_penalties_are_means_of_squares_in_training_alone():
    penalties = {"activation_penalty": 2.0, "change_penalty": 3.0}
    net, plain = made_net(**SMALL | penalties), made_net(**SMALL)
    plain.load_state_dict(net.state_dict())
    tokens, targets = torch.randint(30, (2, 5)), torch.randint(30, (10,))
    outputs, _ = plain.outputs(tokens)
    change = outputs[:, 1:] - outputs[:, :-1]
    bare = plain.loss(tokens, targets)[0]
    added = 2 * outputs.square().mean() + 3 * change.square().mean()
    torch.testing.assert_close(net.loss(tokens, targets)[0], bare + added)
    # Large outputs are those behind dropout, changes those before it (arXiv:1708.01009).
    net.dropout = plain.dropout = _Double()
    added = 2 * (2 * outputs).square().mean() + 3 * change.square().mean()
    doubled = plain.loss(tokens, targets)[0]
    torch.testing.assert_close(net.loss(tokens, targets)[0], doubled + added)
    net.dropout = plain.dropout = torch.nn.Identity()
    torch.testing.assert_close(net.eval().loss(tokens, targets)[0], bare)
    logits, _ = plain(tokens)
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets)
    torch.testing.assert_close(bare, expected)


@pytest.mark.parametrize("cutoffs", [None, (3,), (5, 12, 29)])
def test_adaptive_shares_sum_to_one_and_training_sees_the_same(cutoffs):
    torch.manual_seed(2)
    head = AdaptiveSoftmax(6, 30, cutoffs)
    outputs, targets = torch.randn(80, 6, requires_grad=True), torch.randint(30, (80,))
    scores = head(outputs)
    torch.testing.assert_close(scores.exp().sum(1), torch.ones(80))
    expected = -scores.gather(1, targets[:, None]).mean()
    found = head.loss(outputs, targets)
    torch.testing.assert_close(found, expected)
    parts = [outputs, *head.parameters()]
    for one, other in zip(
        torch.autograd.grad(found, parts), torch.autograd.grad(expected, parts), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(head.eval().loss(outputs, targets), expected)


def test_the_loss_is_the_same_in_parts(monkeypatch):
    head = Softmax(6, 30).eval()
    outputs, targets = torch.randn(80, 6), torch.randint(30, (80,))
    whole = head.loss(outputs, targets)
    monkeypatch.setattr("ostinato.tasks.language_model.softmax.ANSWER_SCORES", 100)
    torch.testing.assert_close(head.loss(outputs, targets), whole)


def test_many_samples_come_to_the_whole_softmax():
    torch.manual_seed(3)
    head, whole = SampledSoftmax(6, 30, 60_000), Softmax(6, 30)
    whole.load_state_dict(head.state_dict())
    outputs, targets = torch.randn(40, 6), torch.randint(30, (40,))
    found, expected = head.loss(outputs, targets), whole.loss(outputs, targets)
    torch.testing.assert_close(found, expected, rtol=0.01, atol=0)
    for one, other in zip(
        torch.autograd.grad(found, list(head.parameters())),
        torch.autograd.grad(expected, list(whole.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=0.1, atol=0.003)
    counts = torch.bincount(head.draw(outputs.device), minlength=30)
    torch.testing.assert_close(
        counts.float(), head.expected(torch.arange(30)).exp(), rtol=0.2, atol=0
    )
    torch.testing.assert_close(head.eval().loss(outputs, targets), expected)


def test_cutoffs_grow_with_the_vocabulary():
    assert best_cutoffs(3) == [1]
    for vocabulary in (1_000, 33_278, 267_735):
        one, two = best_cutoffs(vocabulary)
        assert 0.02 * vocabulary < one < two < vocabulary / 2


@pytest.mark.parametrize("softmax", ["full", "adaptive", "sampled"])
def test_a_tied_softmax_has_the_embedding_s_vectors(softmax):
    net = made_net(**SMALL | {"tied": True, "softmax": softmax})
    assert net.head.weight is net.embedding.weight
    loss, _ = net.loss(torch.zeros(1, 4, dtype=torch.int64), torch.full((4,), 9))
    loss.backward()
    assert net.embedding.weight.grad[9].any()
    assert net.embedding.weight.grad[0].any()
