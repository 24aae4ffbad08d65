"""Long short-term memory, with the variants that Greff et al. (2017) compare."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ostinato.ops.checks import arguments_of
from ostinato.ops.dispatch import run
from ostinato.ops.shared import (
    COMMON_SETTINGS,
    COMMON_TENSORS,
    RESET_STATES,
    Cell,
    State,
    Time,
    input_products,
    recur,
    recurrent_product,
)

GATES = ("i", "f", "g", "o")


def _reference(
    *,
    x: Tensor,
    h0: Tensor,
    c0: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
    recurrent_mask: Tensor | None,
    gain_ih: Tensor | None,
    gain_hh: Tensor | None,
    gain_cell: Tensor | None,
    bias_cell: Tensor | None,
    peephole: Tensor | None,
    w_hr: Tensor | None,
    h_reset: Tensor | None,
    c_reset: Tensor | None,
    lengths: Tensor | None,
    resets: Tensor | None,
    zoneout: Tensor | None,
    zoneout_rate: float,
    reverse: bool,
    eps: float,
    zoneout_cell: Tensor | None,
    zoneout_cell_rate: float,
    coupled_gates: bool,
    cell_sequence: bool,
    record: dict[str, Tensor] | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rates = (zoneout_rate, zoneout_cell_rate)
    time = Time.of(x, lengths, resets, reverse, (zoneout, zoneout_cell), rates)
    hidden = c0.shape[1]
    blocks = (w_hh.shape[0],)
    w_t = w_hh.t()
    w_hr_t = None if w_hr is None else w_hr.t()
    peep_i, peep_f, peep_o = (None,) * 3 if peephole is None else peephole.chunk(3)

    def step(product: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        h, c = state
        if recurrent_mask is not None:
            h = h * recurrent_mask
        rows = recurrent_product(product, h, w_t, gain_hh, eps, blocks)
        if coupled_gates:
            i, g, o = rows.chunk(3, 1)
            f = None
        else:
            i, f, g, o = rows.chunk(4, 1)
        i = torch.sigmoid(i if peep_i is None else i + peep_i * c)
        f = 1 - i if f is None else torch.sigmoid(f if peep_f is None else f + peep_f * c)
        g = torch.tanh(g)
        c = f * c + i * g
        o = torch.sigmoid(o if peep_o is None else o + peep_o * c)
        seen = c
        if gain_cell is not None:
            seen = F.layer_norm(c, (hidden,), gain_cell, bias_cell, eps)
        h = o * torch.tanh(seen)
        if w_hr_t is not None:
            h = h @ w_hr_t
        return (h, c), (i, f, g, o)

    products = input_products(time.x, w_ih, gain_ih, eps, blocks, b_ih, b_hh)
    (outputs, cells), (h_n, c_n) = recur(
        step, products, (h0, c0), (h_reset, c_reset), time, GATES, record
    )
    return outputs, h_n, c_n, cells


LSTM = Cell(
    name="lstm",
    reference=_reference,
    tensors=(
        "x",
        "h0",
        "c0",
        *COMMON_TENSORS,
        "gain_cell?",
        "bias_cell?",
        "peephole?",
        "w_hr?",
        *RESET_STATES,
    ),
    settings=(
        *COMMON_SETTINGS,
        ("Tensor?", "zoneout_cell"),
        ("float", "zoneout_cell_rate"),
        ("bool", "coupled_gates"),
        ("bool", "cell_sequence"),
    ),
    results=("outputs", "h_n", "c_n", "cells"),
)


def lstm(
    x: Tensor,
    h0: Tensor,
    c0: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    lengths: Tensor | None = None,
    resets: Tensor | None = None,
    h_reset: Tensor | None = None,
    c_reset: Tensor | None = None,
    reverse: bool = False,
    recurrent_mask: Tensor | None = None,
    zoneout: Tensor | float | None = None,
    zoneout_cell: Tensor | float | None = None,
    layer_norm: tuple[Tensor, ...] | None = None,
    eps: float = 1e-5,
    peephole: Tensor | None = None,
    coupled_gates: bool = False,
    cell_sequence: bool = False,
    w_hr: Tensor | None = None,
    need_cell: bool = True,
    record: dict[str, Tensor] | None = None,
) -> tuple[Tensor, ...]:
    """Long short-term memory, one layer, one direction.

        i  = σ(W_ii x + b_ii + W_hi h + b_hi + p_i ⊙ c)     input
        f  = σ(W_if x + b_if + W_hf h + b_hf + p_f ⊙ c)     forget
        g  = tanh(W_ig x + b_ig + W_hg h + b_hg)            candidate
        c' = f ⊙ c + i ⊙ g
        o  = σ(W_io x + b_io + W_ho h + b_ho + p_o ⊙ c')    output
        h' = W_hr (o ⊙ tanh(c'))                            W_hr only with a projection

    Rows are stacked i, f, g, o, as in `torch.nn.LSTM`. The peephole weights p (Gers et al. 2000)
    are absent unless given. `coupled_gates` sets f = 1 − i (Greff et al. 2017); its weights have
    3 * hidden rows in the order i, g, o, and p_f is not used.

    Shape:
        - x `(batch, steps, input)`, h0 `(batch, hidden or proj)`, c0 `(batch, hidden)`.
        - w_ih `(4 * hidden, input)`, w_hh `(4 * hidden, hidden or proj)`, biases `(4 * hidden,)`,
          peephole `(3 * hidden,)` in the order i, f, o, w_hr `(proj, hidden)`.
        - returns: outputs `(batch, steps, hidden or proj)`, h_n, c_n; with `cell_sequence` also
          cells `(batch, steps, hidden)`, c at every step, zero past each length.

    Args:
        layer_norm: `(gain_ih, gain_hh, gain_cell, bias_cell)`: both products are normalised over
            all rows before the biases are added, and h' = o ⊙ tanh(LN(c')) with the last two,
            `(hidden,)` each (Ba et al. 2016, equations 20 to 22).
        zoneout, zoneout_cell: what `rnn` says of zoneout, for h and for c. As in the paper, the
            new h is made from c' before c' is zoned out.
        h_reset, c_reset: what `rnn` says of h_reset, for h and for c.
        need_cell: False allows c_n to be None for a batch with `lengths`, where that saves time.
        others: as in `rnn`.

    Raises:
        ShapeError: a tensor does not fit the others.
        OptionError: a value that is not allowed.
    """
    arguments = arguments_of(
        LSTM,
        zones={"zoneout": zoneout, "zoneout_cell": zoneout_cell},
        layer_norm=layer_norm,
        eps=eps,
        x=x,
        h0=h0,
        c0=c0,
        w_ih=w_ih,
        w_hh=w_hh,
        b_ih=b_ih,
        b_hh=b_hh,
        lengths=lengths,
        resets=resets,
        h_reset=h_reset,
        c_reset=c_reset,
        reverse=reverse,
        recurrent_mask=recurrent_mask,
        peephole=peephole,
        w_hr=w_hr,
        coupled_gates=coupled_gates,
        cell_sequence=cell_sequence,
    )
    outputs, h_n, c_n, cells = run(LSTM, arguments, need_cell, record)
    return (outputs, h_n, c_n, cells) if cell_sequence else (outputs, h_n, c_n)


def lstm_step(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    zoneout: Tensor | float | None = None,
    zoneout_cell: Tensor | float | None = None,
    **options,
) -> tuple[Tensor, Tensor]:
    """One step of `lstm`: x `(batch, input)`, h and c to the next h and c.

    Takes the options of `lstm` but for lengths, resets, reverse and cell_sequence, and what belongs
    to them; zoneout and zoneout_cell are `(batch, hidden)`.
    """
    zones = {"zoneout": zoneout, "zoneout_cell": zoneout_cell}
    options |= {k: z.unsqueeze(1) if isinstance(z, Tensor) else z for k, z in zones.items()}
    _, h, c = lstm(x.unsqueeze(1), h, c, w_ih, w_hh, b_ih, b_hh, **options)
    return h, c
