"""Which path serves a call, and the question which one would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import ShapeError, check_choice
from ostinato.ops import fused, kernels, native, private
from ostinato.ops.double_backward import differentiable_twice
from ostinato.ops.shared import Cell

CELLS = ("rnn", "gru", "lstm")
# A cell's registered operator, for graphs; `operators`, which knows the cells, fills it.
OPERATORS: dict[str, Callable[..., tuple[Tensor, ...]]] = {}
PATH_OPTIONS = (*fused.OPTIONS, "lengths", "reverse", "activation", "reset_after", "w_hr")


def path(cell: str, *, device: Any = "cpu", dtype: torch.dtype = torch.float32, **options) -> str:
    """The path that serves `cell` ("rnn", "gru" or "lstm") with these options.

    Options are those of `rnn`, `gru` and `lstm`; a tensor may be stood for by True.

    Returns:
        "native" (our CPU kernels, for a call that transforms of torch.func do not reach into),
        "torch" (torch's fused kernels on a CPU), "cudnn" (the same on CUDA) or "reference".

    Raises:
        OptionError: unknown cell or option.

    >>> path("lstm", dtype=torch.complex64)
    'reference'
    """
    check_choice("ops.path", "cell", cell, CELLS)
    for name in options:
        check_choice("ops.path", "option", name, PATH_OPTIONS)
    device = torch.device(device)
    if kernels.allows(options, device, dtype):
        return "native"
    return _fused_name(device) if fused.allows(options, device, dtype) else "reference"


def run(
    cell: Cell,
    arguments: dict[str, Any],
    need_cell: bool = True,
    record: dict[str, Tensor] | None = None,
) -> tuple[Any, ...]:
    """The results of `cell` for a complete set of arguments, from the fastest correct path."""
    arguments = _own_times(arguments)
    if record is not None:
        return cell.reference(**arguments, record=record)
    if kernels.serves(arguments):  # nobody watches, and every value is there
        native.announce_once()
        return kernels.native(cell, _settle_lengths(cell, arguments))
    if private.transformed():
        # Transforms (vmap, jvp, ...) reach through the reference's plain operations only.
        return cell.reference(**arguments)
    if private.watched() or any(map(private.fake, _tensors(arguments))):
        return OPERATORS[cell.name](*arguments.values())
    return execute(cell, arguments, need_cell)


def execute(cell: Cell, arguments: dict[str, Any], need_cell: bool = True) -> tuple[Any, ...]:
    """`run` outside a graph: values are known and may be looked at."""
    native.announce_once()
    if private.transformed():
        return cell.reference(**arguments)
    return fastest(cell, _settle_lengths(cell, arguments), need_cell)


def fastest(cell: Cell, arguments: dict[str, Any], need_cell: bool = True) -> tuple[Any, ...]:
    """The results from the first path that serves."""
    if kernels.serves(arguments):
        return kernels.native(cell, arguments)
    if (wide := kernels.widened(arguments)) is not None:
        dtype = torch.promote_types(arguments["x"].dtype, arguments["w_hh"].dtype)
        return tuple(each.to(dtype) for each in kernels.native(cell, wide))
    if fused.serves(arguments):
        if arguments["x"].is_cuda and torch.is_grad_enabled():
            return differentiable_twice(cell, arguments, need_cell)
        return fused.fused(cell, arguments, need_cell)
    return cell.reference(**arguments)


def _fused_name(device: torch.device) -> str:
    cudnn = device.type == "cuda" and torch.backends.cudnn.is_available()
    return "cudnn" if cudnn else "torch"


def _tensors(arguments: dict[str, Any]) -> list[Tensor]:
    return [each for each in arguments.values() if isinstance(each, Tensor)]


def _own_times(arguments: dict[str, Any]) -> dict[str, Any]:
    """Lengths and resets that stay what they are: a caller may fill its buffers anew before the
    backward pass reads them, and torch counts no change that NumPy makes."""
    lengths, resets = arguments["lengths"], arguments["resets"]
    if lengths is None and resets is None:
        return arguments
    grad = torch.is_grad_enabled()
    own = dict(arguments)
    if lengths is not None:
        own["lengths"] = lengths.to(torch.int64, copy=grad)
    if resets is not None and grad:
        own["resets"] = resets.clone()
    return own


def _settle_lengths(cell: Cell, arguments: dict[str, Any]) -> dict[str, Any]:
    """Lengths checked, and dropped where every sequence is full."""
    lengths: Tensor | None = arguments["lengths"]
    if lengths is None or lengths.numel() == 0:
        return arguments
    steps = arguments["x"].shape[1]
    shortest, longest = (int(each) for each in lengths.aminmax())
    if shortest < 0 or longest > steps:
        raise ShapeError(
            f"ops.{cell.name}: lengths must be from 0 to {steps}, the steps of x, "
            f"got {shortest} to {longest}."
        )
    return arguments | {"lengths": None} if shortest == steps else arguments
