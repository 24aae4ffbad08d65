"""One call of a native CPU kernel: what it reads and writes, and how long that is kept alive.

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

CODES = {"tanh": 0, "relu": 1, "gru": 2, "lstm": 3, "coupled": 4, "before": 5}
ITEM_SIZES = {torch.float32: 4, torch.float64: 8}
# Products of one thread before another is worth waking: about 20 microseconds.
THREAD_WORK = 500_000
NORMS = ("gain_ih", "gain_hh", "gain_cell", "bias_cell")
TENSORS = ("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "recurrent_mask", "peephole", *NORMS)
TENSORS += ("h_reset", "c_reset")


def code(cell: str, options: dict[str, Any]) -> int:
    """The kernels' number of a cell with these options."""
    if options.get("coupled_gates"):
        return CODES["coupled"]
    return CODES[options.get("activation", cell if options.get("reset_after", True) else "before")]


def _rows(tensor: Tensor | None) -> Tensor | None:
    """The tensor in a form that the kernels read: dense rows."""
    return tensor if tensor is None or tensor.is_contiguous() else tensor.detach().contiguous()


def _steps(tensor: Tensor) -> Tensor:
    """(batch, steps, n), any strides but the last, which is one."""
    return tensor if tensor.stride(2) == 1 else tensor.detach().contiguous()


def _addresses(*tensors: Tensor | None) -> list[int]:
    return [0 if each is None else each.data_ptr() for each in tensors]


# Numbers that a call's list ends with where it has no gradients, and where it has no options.
NO_GRADIENTS, NO_OPTIONS = [0] * 14, [0] * 17


class Call:
    """One call of a kernel: the tensors it reads and writes, kept alive, and their addresses."""

    def __init__(
        self, cell: Cell, arguments: dict[str, Any], tensors: list[Any], *, keep: bool
    ) -> None:
        self.module: Any = load()
        x = tensors[0]
        self.x = _steps(x)
        self.read = [_rows(each) for each in tensors[1:]]
        h0, c0, w_ih, w_hh, b_ih, b_hh, mask, peephole, *norms, h_reset, c_reset = self.read
        self.is_lstm, dtype = cell.name == "lstm", x.dtype
        self.code = code(cell.name, arguments)
        lengths, resets = arguments["lengths"], arguments["resets"]
        self.lengths = None if lengths is None else lengths.to(torch.int64).contiguous()
        self.resets = None if resets is None else resets.contiguous()
        zones = (arguments["zoneout"], arguments.get("zoneout_cell"))
        rates = (arguments["zoneout_rate"], arguments.get("zoneout_cell_rate", 0.0))
        self.cell_sequence = self.is_lstm and arguments["cell_sequence"]
        self.normalised, self.keep = norms[0] is not None, keep
        self.batch, self.steps, self.input = x.shape
        self.hidden = w_hh.shape[1]  # pyright: ignore
        work = self.batch * self.steps * w_ih.numel()  # pyright: ignore
        work += self.batch * self.steps * w_hh.numel()  # pyright: ignore
        self.threads = max(1, min(torch.get_num_threads(), work // THREAD_WORK))
        self.bytes = ITEM_SIZES[dtype]
        batch_stride, step_stride, _ = self.x.stride()
        self.given = [
            *(self.code, self.batch, self.steps, self.input, self.hidden),
            *_addresses(self.x, h0, c0, w_ih, w_hh, b_ih, b_hh),
            *(batch_stride, step_stride),
            *_addresses(self.lengths, self.resets, mask),
            *(bool(arguments["reverse"]), keep),
        ]
        self.starts = _addresses(h_reset, c_reset)
        self.options = None
        given = any(each is not None for each in (*zones, peephole))
        if given or any(rates) or self.cell_sequence or self.normalised:
            self.zones = [_rows(each) for each in zones]
            self.rates = torch.tensor(rates, dtype=dtype) if any(rates) else None
            self.eps = torch.tensor(arguments["eps"], dtype=dtype)
            self.options = _addresses(*self.zones, self.rates, peephole)
            self.norms = _addresses(*norms, self.eps)

    def forward(self, out: Tensor | None = None) -> tuple[Tensor, ...]:
        """Outputs, h_n and of an LSTM c_n and the cells, which may be an empty tensor."""
        new, size = self.x.new_empty, (self.batch, self.hidden)
        self.out = new((self.batch, self.steps, self.hidden)) if out is None else out
        results = [self.out, new(size)]
        if self.is_lstm:
            results += [new(size), new((*self.out.shape,) if self.cell_sequence else 0)]
        self.saved: list[Tensor | None] = [None, None, None]
        if self.keep:
            rows = self.batch * self.steps if self.lengths is None else int(self.lengths.sum())
            per_row = self.module.saved_values(self.bytes, self.code, self.hidden)
            needed = (True, self.is_lstm, self.normalised)
            self.saved = [
                new(rows * each) if need else None
                for each, need in zip(per_row, needed, strict=True)
            ]
        self.fields = [
            *self.given,
            *_addresses(self.out, results[1], results[2] if self.is_lstm else None),
            *(self.steps * self.hidden, self.hidden),
            *_addresses(*self.saved[:2]),
            self.threads,
        ]
        options = NO_OPTIONS
        if self.options:
            sequence = results[3].data_ptr() if self.cell_sequence else 0
            norm = _addresses(self.saved[2])
            options = [*self.options, sequence, 0, 0, *self.norms, *norm, *[0] * 4]
        fields = [*self.fields, *NO_GRADIENTS, *options, *self.starts, 0, 0]
        self.module.run(self.bytes, fields, False)
        return tuple(results)

    def backward(
        self, grads: tuple[Tensor | None, ...], needs_x: bool
    ) -> tuple[Tensor | None, ...]:
        out, h_n, c_n, cells = (*grads, None, None)[:4]
        cells = _rows(cells) if self.cell_sequence else None
        out = None if out is None else _steps(out)
        h_n, c_n = _rows(h_n), _rows(c_n)
        strides = (0, 0) if out is None else out.stride()[:2]
        shape = (self.batch, self.steps, self.input)
        x = self.x.new_empty(shape) if needs_x else None
        wanted = [*self.read[:6], None, *self.read[7:]]  # a mask has no gradient
        into = [None if each is None else torch.empty_like(each) for each in wanted]
        if into[4] is None and into[5] is not None:
            into[4] = torch.empty_like(into[5])  # the kernels make b_hh's from b_ih's
        options = NO_OPTIONS
        if self.options:
            others = _addresses(cells, into[7])
            saved = _addresses(self.saved[2])
            options = [*self.options, 0, *others, *self.norms, *saved, *_addresses(*into[8:12])]
        self.module.run(
            self.bytes,
            [
                *self.fields,
                *_addresses(out, h_n, c_n),
                *strides,
                *_addresses(x, *into[:6]),
                *(self.steps * self.input, self.input),
                *options,
                *self.starts,
                *_addresses(*into[12:]),
            ],
            True,
        )
        if self.read[4] is None:
            into[4] = None
        return (x, *into)
