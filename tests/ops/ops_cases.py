"""Arguments for the recurrences: all weights random, states random, lengths ragged."""

from __future__ import annotations

import torch

from ostinato import ops

CELLS = {"rnn": 1, "gru": 3, "lstm": 4}
COMMON = [
    "lengths",
    "resets",
    "reset_states",
    "reverse",
    "recurrent_mask",
    "zoneout",
    "zoneout_rate",
    "layer_norm",
    "no_bias",
]
OPTIONS = {
    "rnn": [*COMMON, "relu"],
    "gru": [*COMMON, "reset_before"],
    "lstm": [
        *COMMON,
        "zoneout_cell",
        "zoneout_cell_rate",
        "peephole",
        "coupled_gates",
        "cell_sequence",
        "projection",
    ],
}
EXCLUSIVE = [{"zoneout", "zoneout_rate"}, {"zoneout_cell", "zoneout_cell_rate"}]


def arguments(cell, options=(), *, seed=0, batch=5, steps=6, inputs=3, hidden=4):
    """Every argument of `ops.<cell>` by name, float64."""
    make = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=make, dtype=torch.float64)

    def coin(*shape):
        return torch.rand(*shape, generator=make) < 0.4

    chosen = set(options)
    state = 3 if "projection" in chosen else hidden
    rows = (3 if "coupled_gates" in chosen else CELLS[cell]) * hidden
    found = {"x": normal(batch, steps, inputs), "h0": normal(batch, state)}
    if cell == "lstm":
        found["c0"] = normal(batch, hidden)
    found |= {"w_ih": normal(rows, inputs), "w_hh": normal(rows, state)}
    biases = {"b_ih": normal(rows), "b_hh": normal(rows)}
    if "no_bias" in chosen:
        biases = {"b_ih": None, "b_hh": None}
    found |= biases
    lengths = torch.randint(0, steps + 1, (batch,), generator=make)
    if batch > 1:
        lengths[:2] = torch.tensor([steps, 0])
    flags = coin(batch, steps)
    reset_states = {"h_reset": normal(batch, state)}
    if cell == "lstm":
        reset_states["c_reset"] = normal(batch, hidden)
    norms = (normal(rows), normal(rows))
    if cell == "lstm":
        norms += (normal(hidden), normal(hidden))
    extra = {
        "lengths": {"lengths": lengths},
        "resets": {"resets": flags},
        "reset_states": {"resets": flags, **reset_states},
        "reverse": {"reverse": True},
        "recurrent_mask": {"recurrent_mask": coin(batch, state) / 0.6},
        "zoneout": {"zoneout": coin(batch, steps, state)},
        "zoneout_rate": {"zoneout": 0.3},
        "layer_norm": {"layer_norm": norms},
        "no_bias": {},
        "relu": {"activation": "relu"},
        "reset_before": {"reset_after": False},
        "zoneout_cell": {"zoneout_cell": coin(batch, steps, hidden)},
        "zoneout_cell_rate": {"zoneout_cell": 0.2},
        "peephole": {"peephole": normal(3 * hidden)},
        "coupled_gates": {"coupled_gates": True},
        "cell_sequence": {"cell_sequence": True},
        "projection": {"w_hr": normal(state, hidden)},
    }
    extra["recurrent_mask"]["recurrent_mask"] = extra["recurrent_mask"]["recurrent_mask"].double()
    for name in options:
        found |= extra[name]
    return found


def cast(given, dtype):
    """The same arguments in another float dtype."""

    def one(value):
        if isinstance(value, tuple):
            return tuple(one(each) for each in value)
        is_float = isinstance(value, torch.Tensor) and value.is_floating_point()
        return value.to(dtype) if is_float else value

    return {name: one(value) for name, value in given.items()}


def split(given):
    """The float tensors as a flat list, and a function that puts others in their place."""
    places = []
    for name, value in given.items():
        several = value if isinstance(value, tuple) else (value,)
        for k, each in enumerate(several):
            if isinstance(each, torch.Tensor) and each.is_floating_point():
                places.append((name, k))
    tensors = [given[n][k] if isinstance(given[n], tuple) else given[n] for n, k in places]

    def join(new):
        full = {n: list(v) if isinstance(v, tuple) else v for n, v in given.items()}
        for (name, k), tensor in zip(places, new, strict=True):
            if isinstance(full[name], list):
                full[name][k] = tensor
            else:
                full[name] = tensor
        return {n: tuple(v) if isinstance(v, list) else v for n, v in full.items()}

    return tensors, join


def call(cell, given):
    return getattr(ops, cell)(**given)


def gradients(cell, given, seed=1):
    """Gradients of a random weighting of every result, for every float tensor."""
    tensors, join = split(given)
    tensors = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    results = call(cell, join(tensors))
    make = torch.Generator().manual_seed(seed)
    weights = [torch.randn(r.shape, generator=make, dtype=torch.float64).to(r) for r in results]
    loss = sum((w * r).sum() for w, r in zip(weights, results, strict=True))
    return torch.autograd.grad(loss, tensors, allow_unused=True, materialize_grads=True)
