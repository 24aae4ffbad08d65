"""Resets against a loop over episodes, each of them run by itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from ostinato import nn

STEPS, LENGTHS = 9, torch.tensor([9, 6, 1, 0])
# A first step that begins an episode, one that does not, neighbours, and flags in the padding.
RESETS = torch.zeros(4, STEPS, dtype=torch.bool)
RESETS[0, [0, 3, 4]] = RESETS[1, [2, 5, 7]] = RESETS[2, [0, 3]] = True
CASES = [
    (nn.RNN, {}),
    (nn.RNN, {"activation": "relu", "learn_initial_state": True, "layer_norm": True}),
    (nn.GRU, {}),
    (nn.GRU, {"learn_initial_state": True, "zoneout": 0.2}),
    (nn.GRU, {"reset_after": False, "learn_initial_state": True}),
    (nn.LSTM, {}),
    (nn.LSTM, {"learn_initial_state": True, "peephole": True, "coupled_gates": True}),
    (nn.LSTM, {"proj_size": 3, "learn_initial_state": True}),
]


def layer_of(ours, options, **more):
    layer = ours(3, 5, batch_first=True, **options, **more).double().eval()
    for value in layer.parameters():
        torch.nn.init.normal_(value, std=0.5)
    return layer


def halves(layer):
    """A layer of one direction for each of a bidirectional one's, with the same parameters."""
    options = {name: getattr(layer, name) for name in ("zoneout", "layer_norm", "proj_size")}
    if isinstance(layer, nn.RNN):
        options["activation"] = layer.nonlinearity
    elif isinstance(layer, nn.GRU):
        options["reset_after"] = layer.reset_after
    else:
        options |= {"peephole": layer.peephole, "coupled_gates": layer.coupled_gates}
    if not isinstance(layer, nn.LSTM):
        del options["proj_size"]
    found = []
    for index, suffix in enumerate(layer.suffixes):
        one = type(layer)(3, 5, batch_first=True, **options).double().eval()
        for name, _ in list(one.named_parameters()):
            del one._parameters[name]
            setattr(one, name, getattr(layer, name.replace("_l0", suffix)))
        initial = [getattr(layer, f"initial_{n}", None) for n in "hc"]
        found.append((one, [None if i is None else i[index : index + 1] for i in initial]))
    return found


def episodes(layer, x, state, length, flags, initial, backwards):
    """Outputs of one sequence `(steps, n)` and its last state, episode by episode."""
    marks = [0, *(t for t in range(1, length) if flags[t]), length]
    parts = [slice(*pair) for pair in pairwise(marks)] if length else []
    fresh = [torch.zeros_like(s) if i is None else i for s, i in zip(state, initial, strict=False)]
    if length and flags[0] and not backwards:
        state = fresh
    outputs = []
    for k, part in enumerate(reversed(parts) if backwards else parts):
        state = fresh if k else state
        steps = x[part].flip(0) if backwards else x[part]
        given = tuple(state) if layer.cell == "lstm" else state[0]
        output, state = layer(steps, given)
        state = list(state) if layer.cell == "lstm" else [state]
        outputs.append(output.flip(0) if backwards else output)
    outputs = outputs[::-1] if backwards else outputs
    padding = x.new_zeros(len(x) - length, layer.proj_size or layer.hidden_size)
    return torch.cat([*outputs, padding]), state


def loop(layer, x, hx, lengths, resets):
    """What `layer` returns, from episodes run one by one."""
    outputs, finals = [], []
    for direction, (one, initial) in enumerate(halves(layer)):
        rows = [
            episodes(
                one,
                x[row],
                [part[direction : direction + 1, row] for part in hx],
                int(lengths[row]),
                resets[row],
                initial,
                bool(direction),
            )
            for row in range(len(x))
        ]
        outputs.append(torch.stack([row[0] for row in rows]))
        finals.append([torch.cat(part) for part in zip(*(row[1] for row in rows), strict=True)])
    return [torch.cat(outputs, 2), *(torch.stack(part) for part in zip(*finals, strict=True))]


def state_of(layer, batch=4):
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    count = 2 if layer.cell == "lstm" else 1
    make = [torch.randn(len(layer.suffixes), batch, size) for size in sizes[:count]]
    return [part.double().requires_grad_() for part in make]


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forwards", "both"])
@pytest.mark.parametrize(("ours", "options"), CASES)
def test_resets_are_a_loop_over_episodes(ours, options, bidirectional):
    layer = layer_of(ours, options, bidirectional=bidirectional)
    x = torch.randn(4, STEPS, 3).double().requires_grad_()
    hx = state_of(layer)
    given = tuple(hx) if layer.cell == "lstm" else hx[0]
    outputs, state = layer(x, given, lengths=LENGTHS, resets=RESETS)
    found = [outputs, *(state if layer.cell == "lstm" else [state])]
    expected = loop(layer, x, hx, LENGTHS, RESETS)
    inputs = [x, *hx, *layer.parameters()]
    weights = [torch.randn_like(each) for each in found]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
    ours_, theirs = (
        torch.autograd.grad(r, inputs, weights, allow_unused=True, materialize_grads=True)
        for r in (found, expected)
    )
    for one, other in zip(ours_, theirs, strict=True):
        torch.testing.assert_close(one, other)
    if layer.learn_initial_state:
        assert ours_[len(hx) + 1 + [*dict(layer.named_parameters())].index("initial_h")].any()


@pytest.mark.parametrize("learn", [False, True])
@pytest.mark.parametrize("ours", [nn.RNN, nn.GRU, nn.LSTM])
def test_an_episode_does_not_know_the_chunk_before(ours, learn):
    """What reinforcement learning counts on: `hx` of the last chunk ends where an episode ends."""
    layer = layer_of(ours, {"learn_initial_state": learn}, num_layers=2)
    x = torch.randn(4, STEPS, 3).double()
    resets = torch.zeros(4, STEPS, dtype=torch.bool)
    resets[:, 4] = True
    hx = state_of(layer)
    outputs, _ = layer(x, tuple(hx) if layer.cell == "lstm" else hx[0], resets=resets)
    alone, _ = layer(x[:, 4:])
    torch.testing.assert_close(outputs[:, 4:], alone)
    for part in torch.autograd.grad(outputs[:, 4:].sum(), hx):
        assert not part.any()
    assert all(
        part.any()
        for part in torch.autograd.grad(layer(x, resets=resets)[0].sum(), [layer.weight_hh_l1])
    )
