"""torch's own fused kernels (oneDNN and ATen on a CPU, cuDNN on CUDA), lengths included."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.ops import private
from ostinato.ops.shared import Cell, at_length, live_steps, reverse_within

# σ(1e4) is exactly 1 and σ(-1e4) exactly 0 (or a denormal); float16 still holds 1e4.
FAR = 1e4
DTYPES = {
    "cpu": (torch.float32, torch.float64, torch.bfloat16),
    "cuda": (torch.float32, torch.float64, torch.bfloat16, torch.float16),
}
# Any of these, given, is beyond torch's kernels.
OPTIONS = (
    "resets",
    "recurrent_mask",
    "zoneout",
    "zoneout_rate",
    "zoneout_cell",
    "zoneout_cell_rate",
    "layer_norm",
    "gain_ih",
    "gain_hh",
    "peephole",
    "coupled_gates",
    "cell_sequence",
)


def allows(options: dict[str, Any], device: torch.device, dtype: torch.dtype) -> bool:
    """Whether torch's kernels serve these options on this device and dtype."""
    for name in OPTIONS:
        value = options.get(name)
        if isinstance(value, Tensor) or value:
            return False
    if options.get("activation") == "relu" and options.get("lengths") is not None:
        # The kernel runs on past each length; an unbounded state could overflow there.
        return False
    if options.get("w_hr") is not None and device.type == "cpu":
        # oneDNN has no projection, and torch warns of it.
        return False
    return options.get("reset_after", True) and dtype in DTYPES.get(device.type, ())


def serves(arguments: dict[str, Any]) -> bool:
    """Whether torch's kernels serve this call."""
    x, w_hh = arguments["x"], arguments["w_hh"]
    if not (x.numel() and w_hh.numel() and allows(arguments, x.device, w_hh.dtype)):
        return False
    names = ("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
    given = [arguments[name] for name in names if arguments.get(name) is not None]
    return all(each.dtype == x.dtype and each.device == x.device for each in given)


def _freeze(
    x: Tensor, live: Tensor, w_ih: Tensor, hidden: int, w_hr: Tensor | None
) -> tuple[Tensor, Tensor]:
    """An input column that is 1 on padding and holds c there: it closes i and opens f fully.

    So the kernel's c after the last step is c at the length, to the bit, and so is its gradient.
    """
    column = w_ih.new_zeros(4, hidden, 1)
    column[0] = -FAR
    column[1] = FAR
    padding = live.logical_not().unsqueeze(2).to(x.dtype)
    return torch.cat([x, padding], 2), torch.cat([w_ih, column.view(-1, 1)], 1)


def fused(cell: Cell, arguments: dict[str, Any], need_cell: bool = True) -> tuple[Any, ...]:
    """What `cell.reference` returns, from torch's kernel; LSTM's cells are an empty tensor."""
    x, h0, w_ih = arguments["x"], arguments["h0"], arguments["w_ih"]
    lengths, reverse = arguments["lengths"], arguments["reverse"]
    is_lstm = cell.name == "lstm"
    live = None
    if lengths is not None:
        lengths = lengths.to(x.device, torch.long)
        live = live_steps(lengths, x.shape[1])
        x = torch.where(live.unsqueeze(2), x, 0)
    if reverse:
        x = reverse_within(x, lengths)
    if is_lstm and live is not None and need_cell:
        x, w_ih = _freeze(x, live, w_ih, arguments["c0"].shape[1], arguments["w_hr"])
    weights = [w_ih, arguments["w_hh"]]
    b_ih, b_hh = arguments["b_ih"], arguments["b_hh"]
    biased = b_ih is not None or b_hh is not None
    if biased:
        weights += [w_ih.new_zeros(w_ih.shape[0]) if b is None else b for b in (b_ih, b_hh)]
    # has_biases, layers, dropout, train, bidirectional, batch_first. cuDNN keeps what its
    # backward needs only when told that it trains.
    settings = (biased, 1, 0.0, torch.is_grad_enabled(), False, True)
    states = h0.unsqueeze(0).contiguous()
    c_n = None
    if is_lstm:
        if arguments["w_hr"] is not None:
            weights.append(arguments["w_hr"])
        states = (states, arguments["c0"].unsqueeze(0).contiguous())
        outputs, h_n, c_n = private.rnn_kernels.lstm(x, states, weights, *settings)
        c_n = c_n.squeeze(0) if live is None or need_cell else None
    else:
        kernels = {
            "gru": private.rnn_kernels.gru,
            "tanh": private.rnn_kernels.rnn_tanh,
            "relu": private.rnn_kernels.rnn_relu,
        }
        kernel = kernels[arguments.get("activation", "gru")]
        outputs, h_n = kernel(x, states, weights, *settings)
    h_n = h_n.squeeze(0)
    if live is not None and lengths is not None:
        h_n = at_length(outputs, h0, lengths)
        outputs = torch.where(live.unsqueeze(2), outputs, 0)
    if reverse:
        outputs = reverse_within(outputs, lengths)
    if is_lstm:
        return outputs, h_n, c_n, x.new_empty(0)
    return outputs, h_n
