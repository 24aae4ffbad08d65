"""Attention beside the formulas written out, and dropout's mask."""

from __future__ import annotations

import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_attention_follows_its_formula(kind):
    layer = nn.Attention(5, 4, kind, size=None if kind == "multiplicative" else 3).double()
    query, memory = torch.randn(2, 3, 5).double(), torch.randn(2, 6, 4).double()
    lengths = torch.tensor([6, 2])
    context, weights = layer(query, memory, lengths)
    for row, length in enumerate(lengths.tolist()):
        for place in range(3):
            q, steps = query[row, place], memory[row, :length]
            keys = steps @ layer.key.weight.T
            if kind == "multiplicative":
                scores = keys @ q
            else:
                inner = layer.query.weight @ q + layer.query.bias + keys
                scores = torch.tanh(inner) @ layer.score
            expected = torch.softmax(scores, 0)
            torch.testing.assert_close(weights[row, place, :length], expected)
            assert not weights[row, place, length:].any()
            torch.testing.assert_close(context[row, place], expected @ steps)


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_attention_has_gradients_and_takes_keys_computed_before(kind):
    layer = nn.Attention(3, 2, kind).double()
    query = torch.randn(2, 2, 3).double().requires_grad_()
    memory = torch.randn(2, 4, 2).double().requires_grad_()
    lengths = torch.tensor([4, 0])
    assert torch.autograd.gradcheck(lambda q, m: layer(q, m, lengths), (query, memory))
    context, weights = layer(query, memory, lengths)
    again, _ = layer(query, memory, lengths, layer.keys(memory))
    assert torch.equal(context, again)
    assert not weights[1].any()
    assert not context[1].any()
    whole, _ = layer(query, memory)
    torch.testing.assert_close(whole[0], context[0])


def test_attention_refuses_what_does_not_fit():
    with pytest.raises(OptionError, match="kind must be one of .* Did you mean 'additive'"):
        nn.Attention(3, 2, "aditive")
    with pytest.raises(OptionError, match="memory_size must be a whole number"):
        nn.Attention(3, 0)
    layer = nn.Attention(3, 2)
    with pytest.raises(ShapeError, match=r"memory must have shape \(batch, steps, 2\)"):
        layer(torch.zeros(1, 1, 3), torch.zeros(1, 1, 3))
    with pytest.raises(ShapeError, match=r"query must have shape \(batch, queries, 3\)"):
        layer(torch.zeros(2, 1, 3), torch.zeros(1, 1, 2))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_its_share_and_the_mean(p):
    layer, x = nn.Dropout(p), torch.ones(501, 401, requires_grad=True)
    y = layer(x)
    dropped = float((y == 0).double().mean())
    assert abs(dropped - p) < 0.01
    torch.testing.assert_close(
        y[y != 0], torch.full_like(y[y != 0], 1 / (1 - p)), rtol=1e-4, atol=0
    )
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())
    # Neighbours, which come from the same random bits, are dropped independently.
    zero = (y == 0).flatten()
    pairs = (zero[:-1] & zero[1:]).double().mean()
    assert abs(float(pairs) - p * p) < 0.01


def test_dropout_rests_outside_training_and_repeats_with_the_seed():
    layer, x = nn.Dropout(0.5), torch.ones(3, 5)
    assert layer.eval()(x) is x
    layer.train()
    torch.manual_seed(4)
    first = layer(x)
    torch.manual_seed(4)
    assert torch.equal(layer(x), first)
    assert nn.Dropout(0)(x) is x
    with pytest.raises(OptionError, match="p must be a number at least 0 and below 1"):
        nn.Dropout(1)


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_transforms_and_batches_of_gradients(kind):
    layer = nn.Attention(3, 2, kind)
    query, memory = torch.randn(2, 2, 3), torch.randn(2, 4, 2, requires_grad=True)
    lengths = torch.tensor([4, 2])

    def context(memory):
        return layer(query, memory, lengths)[0]

    found = torch.func.jacrev(context)(memory).flatten(0, 2)
    (batched,) = torch.autograd.grad(
        context(memory).flatten(), memory, torch.eye(8), is_grads_batched=True
    )
    torch.testing.assert_close(found, batched)
    alone = torch.func.vmap(lambda q, m, n: layer(q[None], m[None], n[None])[0][0])
    torch.testing.assert_close(alone(query, memory, lengths), context(memory))
