"""A layer's packed weights, which are never older than the layer's own."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from ostinato.ops import call, kernels, native, private

EPS = 1e-5  # of layer normalisation, as in `ostinato.ops`
# The kernels' names where the layers' differ.
FIELDS = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
FIELDS["weight_hr"] = "w_hr"
WEIGHTS = (*FIELDS.values(), "peephole", *call.NORMS)
# Hooks of torch's older kind that make a weight from others before each forward call.
MAKERS = (WeightNorm, SpectralNorm, BasePruningMethod)


class Packed(NamedTuple):
    """A layer's weights in the kernels' order; nothing in it changes."""

    stack: Any
    dtype: torch.dtype
    layers: int
    input: int
    states: tuple[int, ...]  # values of h, and of an LSTM's c, for one sequence and layer


# The tables of the blocks that this thread is in, the innermost first: (table, (table, ...)).
_fixed: ContextVar[tuple[dict[Any, Any] | None, Any]] = ContextVar("fixed", default=(None, None))


class FixedWeights:
    """A promise that no weight changes, for loops of many small calls.

    Without gradients, `nn.Linear` and a layer's `step` compare their weights with the packed ones
    at every call, so that no change escapes them; for few rows that takes as long as the
    arithmetic. Inside `with fixed:` they look once, and then trust. What changes later is seen
    after `refresh`.

    It may be entered and left as often as one likes, by several threads too; a thread outside knows
    nothing of it. In a generator leave it before each `yield`.

    >>> import torch, ostinato.nn as nn
    >>> layer, state, fixed = nn.GRU(3, 4), torch.zeros(1, 1, 4), nn.FixedWeights()
    >>> with torch.no_grad(), fixed:
    ...     for x in torch.ones(5, 1, 3):
    ...         output, state = layer.step(x, state)
    """

    def __init__(self) -> None:
        self._table: dict[Any, Any] = {}

    def refresh(self) -> None:
        """Look at every weight again."""
        self._table.clear()

    def __enter__(self) -> FixedWeights:
        _fixed.set((self._table, _fixed.get()))
        return self

    def __exit__(self, *_: Any) -> None:
        _fixed.set(_fixed.get()[1])

    def __getstate__(self) -> dict[str, Any]:
        return {"_table": {}}  # a copy packs its own


def fixed_table() -> dict[Any, Any] | None:
    """What the `FixedWeights` around this call knows, by layer; None outside one."""
    return _fixed.get()[0]


def make_weights(layer: Any) -> None:
    """What torch's older weight_norm, spectral_norm and pruning do before each forward call."""
    for hook in layer._forward_pre_hooks.values():
        if isinstance(hook, MAKERS):
            hook(layer, ())


def packed(layer: Any) -> Packed | None:
    """The layer's weights as they are now, whatever stands behind their names, packed; None where
    the kernels do not serve. What was packed before is used again if every bit is the same."""
    table = fixed_table()
    if table is not None and layer in table:
        return table[layer]
    found = described(layer)
    if found is None:
        return None
    dtype, fields, _held = found
    before: Packed | None = layer.__dict__.get("_packed")
    if before is None or before.dtype is not dtype or not before.stack.same(fields):
        before = pack(layer, dtype, fields)
        layer.__dict__["_packed"] = before
    if table is not None:
        table[layer] = before
    return before


def pack(layer: Any, dtype: torch.dtype, fields: list[dict[str, Any]]) -> Packed:
    module = cast(Any, native.load())
    stack = (module.StackFloat if dtype is torch.float32 else module.StackDouble)(fields)
    return Packed(stack, dtype, layer.num_layers, layer.input_size, state_sizes(layer))


def state_sizes(layer: Any) -> tuple[int, ...]:
    """Values of h, and of an LSTM's c, for one sequence and layer."""
    h = layer.proj_size or layer.hidden_size
    return (h, layer.hidden_size) if layer.cell == "lstm" else (h,)


def described(
    layer: Any, widen: bool = False
) -> tuple[torch.dtype, list[dict[str, Any]], list[Tensor]] | None:
    """The dtype, the kernels' fields of every layer of the stack, and the tensors behind their
    addresses; with `widen` in float32 where the layer is narrower."""
    if layer.bidirectional:
        return None
    make_weights(layer)
    options, parameters = layer._settings(), layer._parameters
    dtype, code = None, call.code(layer.cell, options)
    fields, held = [], []
    for weights, sizes in _plan(
        *(layer.cell == "lstm", layer.gates, layer.input_size, layer.hidden_size),
        *(layer.proj_size, layer.layer_norm, layer.peephole, tuple(layer.suffixes)),
    ):
        one: dict[str, Any] = {**sizes, "cell": code}
        one["zoneout_rate"] = one["zoneout_cell_rate"] = layer.zoneout
        for name, field, shape in weights:
            each: Tensor | None = parameters.get(name)
            if each is None:  # made by a parametrisation, or a plain attribute
                each = getattr(layer, name, None)
            if each is None:
                if not name.startswith("bias_"):
                    return None
                continue
            if each.shape != shape or not private.dense(each):
                return None
            if widen and each.dtype in kernels.NARROW:
                each = each.detach().float()
            dtype = dtype or each.dtype
            if each.dtype is not dtype:
                return None
            if not each.is_contiguous():
                each = each.detach().contiguous()
            held.append(each)
            one[field] = each.data_ptr()
        fields.append(one)
    if dtype not in call.DTYPES or not kernels.allows(options, held[0].device, dtype):
        return None
    return dtype, fields, held


@functools.lru_cache(maxsize=256)
def _plan(
    lstm: bool,
    gates: int,
    entering: int,
    hidden: int,
    proj_size: int,
    layer_norm: bool,
    peephole: bool,
    suffixes: tuple[str, ...],
) -> list[tuple[list[tuple[str, str, tuple[int, ...]]], dict[str, Any]]]:
    """For every layer of a stack its weights, as (name, the kernels' name, shape), and the fields
    that are the same whatever their values."""
    rows, state = gates * hidden, proj_size or hidden
    names = {"weight_hh": (rows, state), "bias_ih": (rows,), "bias_hh": (rows,)}
    if layer_norm:
        names |= {"gain_ih": (rows,), "gain_hh": (rows,)}
        if lstm:
            names |= {"gain_cell": (hidden,), "bias_cell": (hidden,)}
    if peephole:
        names["peephole"] = (3 * hidden,)
    if proj_size:
        names["weight_hr"] = (state, hidden)
    plan = []
    for depth, suffix in enumerate(suffixes):
        inner = state if depth else entering
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inner)} | names
        weights = [(f"{n}{suffix}", FIELDS.get(n, n), shape) for n, shape in shapes.items()]
        sizes = {"input": inner, "hidden": hidden, "state": state, "eps": EPS}
        plan.append((weights, dict.fromkeys(WEIGHTS) | sizes))
    return plan
