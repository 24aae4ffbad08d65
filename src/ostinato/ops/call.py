"""One call of a native CPU kernel: what it reads and writes, by the names of the kernel's fields.

Each sequence's results are the same bits alone or in any batch, with or without padding, in any
order and with any number of threads: every sum runs over k in one fixed order. Weights' gradients
are the same bits from run to run with the same number of threads, since threads' sums are joined
in their order.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.ops.native import load
from ostinato.ops.shared import Cell

CODES = {"tanh": 0, "relu": 1, "gru": 2, "lstm": 3, "coupled": 4, "before": 5}
DTYPES = (torch.float32, torch.float64)
# Products of one thread before another is worth waking, which may take as long: 40 microseconds or
# more.
THREAD_WORK = 1_000_000
NORMS = ("gain_ih", "gain_hh", "gain_cell", "bias_cell")
TENSORS = ("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "recurrent_mask", "peephole", *NORMS)
TENSORS += ("h_reset", "c_reset", "w_hr")
SAVED = ("gates", "cells", "norm", "outputs")
# Tensors that are no number a gradient flows to.
CHOICES = ("lengths", "resets", "zoneout", "zoneout_cell")
OTHERS = (*TENSORS[1:], *CHOICES)  # all inputs but x
ABSENT = dict.fromkeys((*TENSORS, *CHOICES, *SAVED))
NO_GRADIENTS = dict.fromkeys(
    [f"grad_{name}" for name in ("out", "h_n", "c_n", "cell_sequence", *TENSORS)]
)
NO_GRADIENTS.pop("grad_recurrent_mask")


def code(cell: str, options: dict[str, Any]) -> int:
    """The kernels' number of a cell with these options."""
    if options.get("coupled_gates"):
        return CODES["coupled"]
    return CODES[options.get("activation", cell if options.get("reset_after", True) else "before")]


def _dense(tensor: Tensor) -> Tensor:
    return tensor if tensor.is_contiguous() else tensor.detach().contiguous()


def _rows(tensor: Tensor) -> Tensor:
    """(batch, steps, n), any strides but the last, which is one."""
    return tensor if tensor.stride(2) == 1 else tensor.detach().contiguous()


class Call:
    """The inputs of one call, kept alive, and their places in the kernel's fields.

    `arguments` are those of the cell's reference. `forward` may run more than once.
    """

    def __init__(self, cell: Cell, arguments: dict[str, Any]) -> None:
        self.module: Any = load()
        x = arguments["x"]
        self.read = read = {"x": _rows(x)}
        given = arguments.get
        for name in OTHERS:
            each = given(name)
            if each is not None:  # a call of `_dense` for each would cost a microsecond
                read[name] = each if each.is_contiguous() else each.detach().contiguous()
        if "lengths" in read:
            read["lengths"] = read["lengths"].to(torch.int64)
        self.is_lstm = cell.name == "lstm"
        self.cell_sequence = self.is_lstm and arguments["cell_sequence"]
        self.batch, self.steps, self.input = x.shape
        self.state = read["h0"].shape[1]
        self.hidden = read["c0"].shape[1] if self.is_lstm else self.state
        self.native = (
            self.module.CallFloat if x.dtype is torch.float32 else self.module.CallDouble
        )()
        batch_stride, step_stride, _ = read["x"].stride()
        weights = read["w_ih"].numel() + read["w_hh"].numel()
        work = self.batch * self.steps * weights // THREAD_WORK
        addresses = {name: each.data_ptr() for name, each in read.items()}
        self.native.set(
            **ABSENT | addresses,
            cell=code(cell.name, arguments),
            batch=self.batch,
            steps=self.steps,
            input=self.input,
            hidden=self.hidden,
            state=self.state,
            x_batch=batch_stride,
            x_step=step_stride,
            reverse=arguments["reverse"],
            zoneout_rate=arguments["zoneout_rate"],
            zoneout_cell_rate=arguments.get("zoneout_cell_rate", 0.0),
            eps=arguments["eps"],
            threads=max(1, min(torch.get_num_threads(), work)),
        )

    def forward(self, *, keep: bool) -> tuple[tuple[Tensor, ...], tuple[Tensor | None, ...]]:
        """The results: outputs, h_n and of an LSTM c_n and the cells, which may be an empty tensor;
        and with `keep` what the backward pass reads."""
        new, hidden = self.read["x"].new_empty, self.hidden
        out = new((self.batch, self.steps, self.state))
        results = {"out": out, "h_n": new((self.batch, self.state))}
        if self.is_lstm:
            results["c_n"] = new((self.batch, hidden))
            cells = (self.batch, self.steps, hidden) if self.cell_sequence else (0,)
            results["cell_sequence"] = new(cells)
        saved: dict[str, Tensor] = self._room_for_saved() if keep else {}
        addresses = {name: each.data_ptr() for name, each in (results | saved).items()}
        strides = {"out_batch": self.steps * self.state, "out_step": self.state}
        self.native.set(**addresses, **strides, keep=keep)
        self.native.forward()
        return tuple(results.values()), tuple(saved.get(name) for name in SAVED)

    def _room_for_saved(self) -> dict[str, Tensor]:
        lengths = self.read.get("lengths")
        rows = self.batch * self.steps if lengths is None else int(lengths.sum())
        values: Sequence[int] = self.native.saved_values()
        new = self.read["x"].new_empty
        return {name: new(rows * n) for name, n in zip(SAVED, values, strict=True) if n}

    def backward(
        self,
        out: Tensor,
        saved: Sequence[Tensor | None],
        grads: Sequence[Tensor | None],
        wanted: Container[str],
    ) -> dict[str, Tensor]:
        """Gradients of the inputs that are wanted, by name, from those of the results.

        `out` are the outputs and `saved` what `forward` saved with them; both are only read.
        """
        given = dict(zip(("out", "h_n", "c_n", "cell_sequence"), grads, strict=False))
        if not self.cell_sequence:
            given.pop("cell_sequence", None)
        found = {n: _dense(g) for n, g in given.items() if g is not None and n != "out"}
        strides = (0, 0, 1)
        if given["out"] is not None:
            found["out"] = _rows(given["out"])
            strides = found["out"].stride()
        into = {
            name: torch.empty_like(each, memory_format=torch.contiguous_format)
            for name, each in self.read.items()
            if name in TENSORS and name in wanted
        }
        addresses = {f"grad_{name}": each.data_ptr() for name, each in (found | into).items()}
        kept = {n: s.data_ptr() for n, s in zip(SAVED, saved, strict=True) if s is not None}
        out_batch, out_step, _ = out.stride()
        self.native.set(
            **NO_GRADIENTS | addresses,
            **kept,
            keep=True,
            h_n=None,
            out=out.data_ptr(),
            out_batch=out_batch,
            out_step=out_step,
            grad_out_batch=strides[0],
            grad_out_step=strides[1],
            cell_sequence=None,
        )
        self.native.backward()
        return into
