"""The native CPU kernels under autograd.

Each sequence's results are the same bits alone or in any batch, with or without padding, in any
order and with any number of threads: every sum runs over k in one fixed order. Weights' gradients
are the same bits from run to run with the same number of threads, since threads' sums are joined
in their order.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.ops.native import load
from ostinato.ops.shared import Cell

CODES = {"tanh": 0, "relu": 1, "gru": 2, "lstm": 3, "coupled": 4}
ITEM_SIZES = {torch.float32: 4, torch.float64: 8}
# Products of one thread before another is worth waking: about 20 microseconds.
THREAD_WORK = 500_000
# Any of these, given, is beyond the kernels so far.
OPTIONS = ("w_hr",)
NORMS = ("gain_ih", "gain_hh", "gain_cell", "bias_cell")
TENSORS = ("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "recurrent_mask", "peephole", *NORMS)


def allows(options: dict[str, Any], device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the kernels are installed and serve these options on this device and dtype."""
    module = load()
    if module is None or not hasattr(module, "run"):
        return False
    for name in OPTIONS:
        value = options.get(name)
        if isinstance(value, Tensor) or value:
            return False
    known = options.get("activation", "tanh") in ("tanh", "relu")
    known = known and options.get("reset_after", True)
    return bool(known) and device.type == "cpu" and dtype in ITEM_SIZES


def steps() -> bool:
    """Whether a step may run beside autograd, a compiler's tracing and torch.func's transforms."""
    return not (
        torch.is_grad_enabled()
        or torch.compiler.is_compiling()
        or torch._C._functorch.peek_interpreter_stack() is not None  # pyright: ignore
    )


def serves(arguments: dict[str, Any]) -> bool:
    """Whether the kernels serve this call."""
    x, w_hh, mask = arguments["x"], arguments["w_hh"], arguments["recurrent_mask"]
    if not (x.numel() and w_hh.numel() and allows(arguments, x.device, w_hh.dtype)):
        return False
    given = [arguments[name] for name in TENSORS if arguments.get(name) is not None]
    if mask is not None and mask.requires_grad:
        return False
    return all(each.dtype == x.dtype and each.device == x.device for each in given)


def native(cell: Cell, arguments: dict[str, Any]) -> tuple[Any, ...]:
    """What `cell.reference` returns, from the kernels; without `cell_sequence` an LSTM's cells are
    an empty tensor."""
    tensors = [arguments.get(name) for name in TENSORS]
    needs_gradient = torch.is_grad_enabled() and any(
        each is not None and each.requires_grad for each in tensors
    )
    if needs_gradient:
        results = _Native.apply(cell, arguments, *tensors)  # pyright: ignore
    else:
        results = _Call(cell, arguments, tensors, keep=False).forward()
    return results if cell.name == "lstm" else results[:2]


def _rows(tensor: Tensor | None) -> Tensor | None:
    """The tensor in a form the kernels read: unit last stride, the others multiples of nothing."""
    return None if tensor is None else tensor.detach().contiguous()


def _steps(tensor: Tensor) -> Tensor:
    """(batch, steps, n), any strides but the last, which is one."""
    tensor = tensor.detach()
    return tensor if tensor.stride(2) == 1 else tensor.contiguous()


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


class _Call:
    """One call of a kernel: the tensors it reads and writes, kept alive, and their addresses."""

    def __init__(
        self, cell: Cell, arguments: dict[str, Any], tensors: list[Any], *, keep: bool
    ) -> None:
        self.module: Any = load()
        x, h0, c0, *weights = tensors
        coupled = arguments.get("coupled_gates")
        self.code = CODES["coupled" if coupled else arguments.get("activation", cell.name)]
        self.x = _steps(x)
        self.read = [_rows(each) for each in (h0, c0, *weights)]
        lengths, resets = arguments["lengths"], arguments["resets"]
        self.lengths = None if lengths is None else lengths.to(torch.int64).contiguous()
        self.resets = None if resets is None else resets.to(torch.bool).contiguous()
        zones = (arguments["zoneout"], arguments.get("zoneout_cell"))
        self.zones = [None if z is None else z.to(torch.bool).contiguous() for z in zones]
        rates = (arguments["zoneout_rate"], arguments.get("zoneout_cell_rate", 0.0))
        self.rates = torch.tensor(rates, dtype=self.x.dtype) if any(rates) else None
        self.cell_sequence = bool(arguments.get("cell_sequence"))
        self.normalised = arguments.get("gain_ih") is not None
        self.eps = torch.tensor(arguments["eps"], dtype=self.x.dtype) if self.normalised else None
        self.reverse, self.keep = bool(arguments["reverse"]), keep
        self.batch, self.steps, self.input = self.x.shape
        self.hidden = weights[1].shape[1]
        work = self.batch * self.steps * weights[0].shape[0] * (self.input + self.hidden)
        self.threads = max(1, min(torch.get_num_threads(), self.batch, work // THREAD_WORK))
        self.bytes = ITEM_SIZES[self.x.dtype]
        self.is_lstm = cell.name == "lstm"

    def forward(self, out: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x, size = self.x, (self.batch, self.hidden)
        steps = (self.batch, self.steps, self.hidden) if self.cell_sequence else (0,)
        cells = x.new_empty(steps)
        self.out = x.new_empty(self.batch, self.steps, self.hidden) if out is None else out
        h_n, c_n = x.new_empty(size), x.new_empty(size if self.is_lstm else 0)
        self.gates = self.cells = self.norm = x.new_empty(0)
        if self.keep:
            rows = self.batch * self.steps if self.lengths is None else int(self.lengths.sum())
            *per_row, norm = self.module.saved_values(self.bytes, self.code, self.hidden)
            self.gates, self.cells = (x.new_empty(rows * each) for each in per_row)
            self.norm = x.new_empty(rows * norm if self.normalised else 0)
        self.fields = [
            *(self.code, self.batch, self.steps, self.input, self.hidden),
            *map(_address, (x, *self.read[:6])),
            *x.stride()[:2],
            *map(_address, (self.lengths, self.resets, self.read[6])),
            *(self.reverse, self.keep),
            *map(_address, (self.out, h_n, c_n)),
            *self.out.stride()[:2],
            *map(_address, (self.gates, self.cells)),
            self.threads,
        ]
        self.options = [*map(_address, (*self.zones, self.rates, self.read[7]))]
        sequence = cells.data_ptr() if self.cell_sequence else 0
        self.norms = [*map(_address, (*self.read[8:], self.eps, self.norm))]
        forward = [*self.fields, *[0] * 14, *self.options, sequence, 0, 0, *self.norms, *[0] * 4]
        self.module.run(self.bytes, forward, False)
        return self.out, h_n, c_n, cells

    def backward(
        self, grads: tuple[Tensor | None, ...], needs_x: bool
    ) -> tuple[Tensor | None, ...]:
        out, h_n, c_n, cells = grads
        cells = _rows(cells) if self.cell_sequence else None
        out = None if out is None else _steps(out)
        h_n, c_n = _rows(h_n), _rows(c_n) if self.is_lstm else None
        strides = (0, 0) if out is None else out.stride()[:2]
        x = torch.empty_like(self.x, memory_format=torch.contiguous_format) if needs_x else None
        into = [None if each is None else torch.empty_like(each) for each in self.read[:6]]
        if into[4] is None and into[5] is not None:
            into[4] = torch.empty_like(into[5])  # the kernels make b_hh's from b_ih's
        others = [None if each is None else torch.empty_like(each) for each in self.read[7:]]
        self.module.run(
            self.bytes,
            [
                *self.fields,
                *map(_address, (out, h_n, c_n)),
                *strides,
                *map(_address, (x, *into)),
                *((0, 0) if x is None else x.stride()[:2]),
                *(*self.options, 0, *map(_address, (cells, others[0]))),
                *(*self.norms, *map(_address, others[1:])),
            ],
            True,
        )
        if self.read[4] is None:
            into[4] = None
        return (x, *into, None, *others)


class _Native(torch.autograd.Function):
    @staticmethod
    def forward(ctx, cell: Cell, arguments: dict[str, Any], *tensors: Tensor | None):
        call = _Call(cell, arguments, list(tensors), keep=True)
        results = call.forward()
        ctx.cell, ctx.call = cell, call
        ctx.settings = {k: v for k, v in arguments.items() if k not in TENSORS}
        ctx.save_for_backward(*tensors, results[0])
        # Saved above and let go here: held by the call as well it would be a cycle.
        del call.out
        ctx.spent = False
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    def backward(ctx, *grads):
        *tensors, out = ctx.saved_tensors
        if torch.is_grad_enabled():
            return (None, None, *_differentiable(ctx, tensors, grads))
        call = ctx.call
        if ctx.spent:
            # The gates were overwritten by the first backward pass: make them again.
            call.forward(out=torch.empty_like(out))
        ctx.spent = True
        found = call.backward(grads, needs_x=ctx.needs_input_grad[2])
        wanted = ctx.needs_input_grad[2:]
        return (
            None,
            None,
            *(g if w else None for g, w in zip(found, wanted, strict=True)),
        )


def _differentiable(ctx, tensors: list[Tensor | None], grads: tuple[Tensor, ...]):
    """The gradients as a graph of their own, through the reference: for double backward."""
    with torch.enable_grad():
        given = dict(zip(TENSORS, tensors, strict=True))
        given = {name: given[name] for name in TENSORS if name in ctx.cell.names}
        results = ctx.cell.reference(**given, **ctx.settings)
        wanted = [
            each
            for each, needed in zip(tensors, ctx.needs_input_grad[2:], strict=True)
            if needed and each is not None
        ]
        pairs = [
            (r, g)
            for r, g in zip(results, grads, strict=False)
            if g is not None and r.requires_grad
        ]
        found = iter(
            torch.autograd.grad(
                [r for r, _ in pairs],
                wanted,
                [g for _, g in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return [
        next(found) if needed and each is not None else None
        for each, needed in zip(tensors, ctx.needs_input_grad[2:], strict=True)
    ]
