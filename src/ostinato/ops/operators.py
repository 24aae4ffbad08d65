"""`torch.ops.ostinato.rnn`, `gru`, `lstm`: one node each in a compiled or exported graph.

The operator keeps only its inputs. Its backward, an operator too (`..._backward`), runs the forward
again and takes its vector-Jacobian product; the backward's own derivative goes through the
reference, so that second derivatives exist whatever path served the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import register_flop_formula

from ostinato.ops import private
from ostinato.ops.dispatch import OPERATORS, execute, fastest
from ostinato.ops.gru import GRU
from ostinato.ops.lstm import LSTM
from ostinato.ops.rnn import RNN
from ostinato.ops.shared import Cell


def _schema(cell: Cell) -> str:
    tensors = [f"Tensor{'?' if t.endswith('?') else ''} {t.rstrip('?')}" for t in cell.tensors]
    settings = [f"{kind} {name}" for kind, name in cell.settings]
    return ", ".join(tensors + settings)


def _named(cell: Cell, values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(cell.names, values, strict=True))


def _shapes(cell: Cell, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    named = _named(cell, values)
    batch, steps, _ = named["x"].shape
    state = named["h0"].shape[1]
    shapes: list[tuple[Any, ...]] = [(batch, steps, state), (batch, state)]
    if cell.name == "lstm":
        hidden = named["c0"].shape[1]
        cells = (batch, steps, hidden) if named["cell_sequence"] else (0,)
        shapes += [(batch, hidden), cells]
    return shapes


def _dtype(cell: Cell, values: Sequence[Any]) -> torch.dtype:
    """The results' dtype: under autocast x may be narrower than the weights."""
    named = _named(cell, values)
    return torch.promote_types(named["x"].dtype, named["w_hh"].dtype)


def _differentiable(cell: Cell, values: Sequence[Any]) -> list[int]:
    """Positions of the tensors that a gradient can flow to and that are given."""
    return [k for k in range(len(cell.tensors)) if values[k] is not None]


def _function(cell: Cell, values: Sequence[Any], any_path: bool) -> Callable[..., Any]:
    """The forward as a function of its given differentiable tensors alone."""
    places = _differentiable(cell, values)

    def forward(*tensors: Tensor) -> tuple[Tensor, ...]:
        full = list(values)
        for place, tensor in zip(places, tensors, strict=True):
            full[place] = tensor
        named = _named(cell, full)
        results = fastest(cell, named) if any_path else cell.reference(**named)
        if cell.name == "lstm" and not named["cell_sequence"]:
            results = (*results[:3], results[3].new_empty(0))
        return results

    return forward


def _vjp(cell: Cell, grads: Sequence[Tensor], values: Sequence[Any]) -> Any:
    tensors = [values[k] for k in _differentiable(cell, values)]
    pull = torch.func.vjp(_function(cell, values, any_path=False), *tensors)[1]
    return pull(tuple(grads))


def _forward(cell: Cell, *values: Any) -> tuple[Tensor, ...]:
    """The operator's answer."""
    named = _named(cell, values)
    found = execute(cell, named)
    if cell.name == "lstm" and not named["cell_sequence"]:
        found = (*found[:3], found[3].new_empty(0))
    dtype = _dtype(cell, values)
    # An operator may not return its input, and the graph counts on contiguous results.
    return tuple(
        f.reshape(s).to(dtype).clone(memory_format=torch.contiguous_format)
        for f, s in zip(found, _shapes(cell, values), strict=True)
    )


def _backward(cell: Cell, grads: Sequence[Tensor], *values: Any) -> list[Tensor]:
    """Gradients of the differentiable tensors."""
    with private.autograd_inside():
        places = _differentiable(cell, values)
        tensors = [values[k].detach().requires_grad_() for k in places]
        outputs = _function(cell, values, any_path=True)(*tensors)
        reached = [k for k, output in enumerate(outputs) if output.requires_grad]
        found = torch.autograd.grad(
            [outputs[k] for k in reached],
            tensors,
            [grads[k] for k in reached],
            allow_unused=True,
            materialize_grads=True,
        )
    return [grad.contiguous().clone() for grad in found]


def _second(
    cell: Cell, grads: Sequence[Tensor], values: Sequence[Any], seconds: Sequence[Tensor]
) -> tuple[list[Tensor], list[Any]]:
    """Gradients of `_backward`: of its `grads`, and of the values."""
    places = _differentiable(cell, values)

    def gradient(grads: tuple[Tensor, ...], tensors: tuple[Tensor, ...]) -> Any:
        full = list(values)
        for place, tensor in zip(places, tensors, strict=True):
            full[place] = tensor
        return _vjp(cell, grads, full)

    tensors = tuple(values[k] for k in places)
    pull = torch.func.vjp(gradient, tuple(grads), tensors)[1]
    by_grads, by_tensors = pull(tuple(seconds))
    return list(by_grads), _in_places(len(values), places, by_tensors)


def _in_places(count: int, places: Sequence[int], given: Sequence[Any]) -> list[Any]:
    found: list[Any] = [None] * count
    for place, each in zip(places, given, strict=True):
        found[place] = each
    return found


def _keep(ctx: Any, inputs: Sequence[Any]) -> None:
    """Save an operator's inputs; tensors through autograd."""
    is_tensor = [isinstance(value, Tensor) for value in inputs]
    ctx.save_for_backward(*[v for v, t in zip(inputs, is_tensor, strict=True) if t])
    ctx.rest = [None if t else v for v, t in zip(inputs, is_tensor, strict=True)]
    ctx.is_tensor = is_tensor


def _kept(ctx: Any) -> list[Any]:
    saved = iter(ctx.saved_tensors)
    return [next(saved) if t else v for v, t in zip(ctx.rest, ctx.is_tensor, strict=True)]


def _register(cell: Cell) -> Callable[..., tuple[Tensor, ...]]:
    """The operator of a cell and the one of its gradients, each with what graphs ask of it."""
    name, arguments = f"ostinato::{cell.name}", _schema(cell)
    returned = ", ".join(["Tensor"] * len(cell.results))

    def forward(*values: Any) -> tuple[Tensor, ...]:
        return _forward(cell, *values)

    def fake(*values: Any) -> tuple[Tensor, ...]:
        dtype = _dtype(cell, values)
        return tuple(values[0].new_empty(shape, dtype=dtype) for shape in _shapes(cell, values))

    def backward(grads: Sequence[Tensor], *values: Any) -> list[Tensor]:
        return _backward(cell, grads, *values)

    def fake_backward(grads: Sequence[Tensor], *values: Any) -> list[Tensor]:
        return [values[k].new_empty(values[k].shape) for k in _differentiable(cell, values)]

    op = torch.library.custom_op(
        name, forward, mutates_args=(), schema=f"({arguments}) -> ({returned})"
    )
    op.register_fake(fake)
    schema = f"(Tensor[] grads, {arguments}) -> Tensor[]"
    back = torch.library.custom_op(f"{name}_backward", backward, mutates_args=(), schema=schema)
    back.register_fake(fake_backward)

    def keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        _keep(ctx, inputs)

    def derive(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        values = _kept(ctx)
        places = _differentiable(cell, values)
        return tuple(_in_places(len(values), places, back(grads, *values)))

    def keep_backward(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        grads, *values = inputs
        ctx.grads = len(grads)
        _keep(ctx, (*grads, *values))

    def derive_backward(ctx: Any, seconds: Sequence[Tensor]) -> tuple[Any, ...]:
        everything = _kept(ctx)
        by_grads, by_values = _second(
            cell, everything[: ctx.grads], everything[ctx.grads :], seconds
        )
        return (by_grads, *by_values)

    op.register_autograd(derive, setup_context=keep)
    back.register_autograd(derive_backward, setup_context=keep_backward)
    _count_flops(cell, name)
    return op


def _count_flops(cell: Cell, name: str) -> None:
    """Tell torch's FlopCounterMode: two for each multiply-add of the products, as for a matrix
    product, and as many again for the gradients of either factor."""

    def count(shapes: Sequence[Any]) -> int:
        named = _named(cell, shapes)
        batch, steps, _ = named["x"]
        weights = [named[n] for n in ("w_ih", "w_hh", "w_hr") if named.get(n) is not None]
        return 2 * batch * steps * sum(math.prod(each) for each in weights)

    def forward(*shapes: Any, out_shape: Any = None, **_: Any) -> int:
        return count(shapes)

    def backward(grads: Any, *shapes: Any, out_shape: Any = None, **_: Any) -> int:
        return 2 * count(shapes)

    namespace = torch.ops.ostinato
    register_flop_formula(getattr(namespace, name.partition("::")[2]))(forward)
    register_flop_formula(getattr(namespace, f"{name.partition('::')[2]}_backward"))(backward)


OPERATORS.update({cell.name: _register(cell) for cell in (RNN, GRU, LSTM)})
