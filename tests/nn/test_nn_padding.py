"""Whatever takes lengths: what stands past them changes no bit of an answer or a gradient."""

from __future__ import annotations

import inspect

import pytest
import torch

from ostinato import nn
from ostinato.errors import ShapeError

BATCH, STEPS, SIZE = 4, 6, 4
LENGTHS = torch.tensor([6, 3, 0, 1])
LIVE = torch.arange(STEPS) < LENGTHS.unsqueeze(1)
DIRT = [float("nan"), float("inf"), -float("inf"), 3e38]
RECURRENT = {
    "plain": {},
    "both ways": {"bidirectional": True, "num_layers": 2},
    "options": {"zoneout": 0.2, "layer_norm": True, "learn_initial_state": True},
    "masks": {"recurrent_dropout": 0.3, "zoneout": 0.3},
}


def recurrent(kind, options):
    def make():
        return getattr(nn, kind)(SIZE, 5, batch_first=True, **options)

    return make, lambda layer, x: [p for r in layer(x, lengths=LENGTHS) for p in (*r,)]


def pooling(mode, directions=1):
    return (
        lambda: nn.Pooling(mode, SIZE, directions=directions),
        lambda layer, x: [layer(x, LENGTHS)],
    )


def attention(kind, with_keys):
    query = torch.linspace(-1, 1, BATCH * 2 * 3).view(BATCH, 2, 3).requires_grad_()

    def run(layer, x):
        keys = layer.keys(x, LENGTHS) if with_keys else None
        context, weights = layer(query.to(x.dtype), x, LENGTHS, keys)
        return [context, weights]

    return lambda: nn.Attention(3, SIZE, kind), run


def crf():
    tags = torch.zeros(BATCH, STEPS, dtype=torch.int64)

    def run(layer, x):
        found = [layer.log_likelihood(x, tags, LENGTHS), layer.log_partition(x, LENGTHS)]
        return [*found, layer.marginals(x, LENGTHS), *layer.viterbi(x, LENGTHS)]

    return lambda: nn.CRF(SIZE), run


CASES = {
    **{
        f"{kind} {name}": recurrent(kind, options)
        for kind in ("RNN", "GRU", "LSTM")
        for name, options in RECURRENT.items()
    },
    "GRU before": recurrent("GRU", {"reset_after": False}),
    "LSTM peephole": recurrent("LSTM", {"peephole": True, "return_cell_sequence": True}),
    "LSTM projected": recurrent("LSTM", {"proj_size": 3}),
    **{
        f"Pooling {mode}": pooling(mode) for mode in ("last", "mean", "max", "meanmax", "attention")
    },
    "Pooling last of two": pooling("last", 2),
    **{
        f"Attention {kind} {keys}": attention(kind, keys)
        for kind in ("additive", "multiplicative")
        for keys in (False, True)
    },
    "CRF": crf(),
    "BatchNorm": (lambda: nn.BatchNorm(SIZE), lambda layer, x: [layer(x, LENGTHS)]),
    "BatchNorm answering": (
        lambda: nn.BatchNorm(SIZE).eval(),
        lambda layer, x: [layer(x, LENGTHS)],
    ),
    "Convolution": (
        lambda: nn.Convolution(SIZE, 5, 3, stride=2),
        lambda layer, x: [*layer(x, LENGTHS)],
    ),
    "Convolution causal": (
        lambda: nn.Convolution(SIZE, 5, 4, causal=True),
        lambda layer, x: [layer(x, LENGTHS)[0]],
    ),
    "Sequential": (
        lambda: nn.Sequential(
            nn.Linear(SIZE, SIZE), nn.GRU(SIZE, 5, batch_first=True), nn.Last(), nn.Linear(5, 2)
        ),
        lambda layer, x: [layer(x, lengths=LENGTHS)],
    ),
    "Sequential steps first": (
        lambda: nn.Sequential(nn.Linear(SIZE, SIZE), nn.LSTM(SIZE, 5), nn.Outputs()),
        lambda layer, x: [layer(x.transpose(0, 1), lengths=LENGTHS)],
    ),
}
# What runs another layer, which has cases of its own, or is only a description.
APART = {"Recurrent", "WeightDrop", "Stepper", "Memory", "Writer"}


def test_there_is_a_case_for_everything_that_takes_lengths():
    names = {name.split()[0] for name in CASES}
    for name, each in vars(nn).items():
        if not inspect.isclass(each) or name in APART:
            continue
        takes = any(
            "lengths" in inspect.signature(method).parameters
            for method in vars(each).values()
            if inspect.isfunction(method)
        ) or (issubclass(each, nn.Recurrent) and name in ("RNN", "GRU", "LSTM"))
        assert not takes or name in names, f"add {name} to CASES"


def answers(layer, run, x):
    """Results and every gradient, after the same seed."""
    torch.manual_seed(0)
    x = x.detach().clone().requires_grad_()
    results = [each for each in run(layer, x) if each is not None]
    loss = sum(
        (r * torch.linspace(0.5, 1, r.numel()).view(r.shape)).sum()
        for r in results
        if r.requires_grad
    )
    grads = torch.autograd.grad(
        loss, [x, *layer.parameters()], allow_unused=True, materialize_grads=True
    )
    with torch.no_grad():
        torch.manual_seed(0)
        without = [each for each in run(layer, x) if each is not None]
    return [r.detach() for r in results], list(grads), without


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", CASES)
def test_padding_changes_no_bit(name, dtype):
    make, run = CASES[name]
    layer = make().to(dtype)
    for value in layer.parameters():
        torch.nn.init.normal_(value, std=0.5)
    x = torch.randn(BATCH, STEPS, SIZE, dtype=dtype)
    clean = answers(layer, run, x.masked_fill(~LIVE.unsqueeze(2), 0))
    assert all(each.isfinite().all() for part in clean for each in part)
    assert not clean[1][0][~LIVE].any()  # the gradient of padding is exactly zero
    assert clean[1][0][LIVE].any()
    for value in DIRT:
        dirty = answers(layer, run, x.masked_fill(~LIVE.unsqueeze(2), value))
        for part, other in zip(clean, dirty, strict=True):
            for one, two in zip(part, other, strict=True):
                assert torch.equal(one, two), value


@pytest.mark.parametrize("kind", [torch.uint8, torch.int8, torch.int16, torch.int32])
@pytest.mark.parametrize(
    "name", ["GRU plain", "Pooling mean", "Pooling last", "CRF", "Attention additive False"]
)
def test_lengths_of_any_type_are_the_same(name, kind, monkeypatch):
    make, run = CASES[name]
    layer = make()
    x = torch.randn(BATCH, STEPS, SIZE)
    expected = answers(layer, run, x)[0]
    monkeypatch.setitem(globals(), "LENGTHS", LENGTHS.to(kind))
    for one, other in zip(answers(layer, run, x)[0], expected, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "name", ["GRU plain", "Pooling mean", "CRF", "Attention additive False", "Convolution"]
)
@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1, 2], r"lengths must be integers of shape \(4,\)"),
        ([1.0, 2.0, 3.0, 4.0], "lengths must be integers of shape .* got torch.float32"),
        ([7, 1, 1, 1], "lengths must be from 0 to 6, .* got 1 to 7"),
        ([1, 1, -1, 1], "lengths must be from 0 to 6, .* got -1 to 1"),
    ],
)
def test_lengths_that_do_not_fit_hear_the_rule(name, lengths, message, monkeypatch):
    make, run = CASES[name]
    monkeypatch.setitem(globals(), "LENGTHS", torch.tensor(lengths))
    with pytest.raises(ShapeError, match=message):
        run(make(), torch.randn(BATCH, STEPS, SIZE))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_trace_does_not_read_padding(kind):
    layer, x = kind(SIZE, 5, batch_first=True, bidirectional=True), torch.randn(BATCH, STEPS, SIZE)
    found = layer.trace(x.masked_fill(~LIVE.unsqueeze(2), float("nan")), lengths=LENGTHS)
    for name, values in layer.trace(x, lengths=LENGTHS).items():
        assert torch.equal(found[name], values), name


@pytest.mark.parametrize("layer", [nn.SequenceDropout(0.5), nn.StepMask(0.5)])
def test_what_is_dropped_is_gone_even_nan(layer):
    x = torch.full((3, 50, 4), float("nan"), requires_grad=True)
    y = layer(x)
    gone = y.isfinite()
    assert gone.any()
    assert not gone.all()
    y[gone].sum().backward()
    assert x.grad is not None
    assert not x.grad.any()
