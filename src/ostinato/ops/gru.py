"""The gated recurrent unit of Cho et al. (2014), in both published variants."""

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
    normalise,
    recur,
    recurrent_product,
)

GATES = ("r", "z", "n")


def _reference(
    *,
    x: Tensor,
    h0: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
    recurrent_mask: Tensor | None,
    gain_ih: Tensor | None,
    gain_hh: Tensor | None,
    h_reset: Tensor | None,
    lengths: Tensor | None,
    resets: Tensor | None,
    zoneout: Tensor | None,
    zoneout_rate: float,
    reverse: bool,
    eps: float,
    reset_after: bool,
    record: dict[str, Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    time = Time.of(x, lengths, resets, reverse, (zoneout,), (zoneout_rate,))
    hidden = w_hh.shape[1]
    blocks = (2 * hidden, hidden)
    w_rz, w_n = w_hh.split(blocks)
    w_t, w_rz_t, w_n_t = w_hh.t(), w_rz.t(), w_n.t()
    gain_rz, gain_n = (None, None) if gain_hh is None else gain_hh.split(blocks)

    def after(product: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        (h,) = state
        entering = h if recurrent_mask is None else h * recurrent_mask
        if gain_hh is None:
            recurrent = F.linear(entering, w_hh, b_hh)
        else:
            recurrent = normalise(entering @ w_t, gain_hh, eps, blocks)
            recurrent = recurrent if b_hh is None else recurrent + b_hh
        rz, n = product.split(blocks, 1)
        recurrent_rz, recurrent_n = recurrent.split(blocks, 1)
        r, z = torch.sigmoid(rz + recurrent_rz).chunk(2, 1)
        n = torch.tanh(n + r * recurrent_n)
        return (n + z * (h - n),), (r, z, n)

    def before(product: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        (h,) = state
        entering = h if recurrent_mask is None else h * recurrent_mask
        rz, n = product.split(blocks, 1)
        rz = recurrent_product(rz, entering, w_rz_t, gain_rz, eps, (2 * hidden,))
        r, z = torch.sigmoid(rz).chunk(2, 1)
        n = torch.tanh(recurrent_product(n, r * entering, w_n_t, gain_n, eps, (hidden,)))
        return (n + z * (h - n),), (r, z, n)

    # Resetting after the product, b_hn stands inside the reset gate's reach and cannot join b_in.
    late = None if reset_after else b_hh
    products = input_products(time.x, w_ih, gain_ih, eps, blocks, b_ih, late)
    (outputs,), (h_n,) = recur(
        after if reset_after else before, products, (h0,), (h_reset,), time, GATES, record
    )
    return outputs, h_n


GRU = Cell(
    name="gru",
    reference=_reference,
    tensors=("x", "h0", *COMMON_TENSORS, RESET_STATES[0]),
    settings=(*COMMON_SETTINGS, ("bool", "reset_after")),
    results=("outputs", "h_n"),
)


def gru(
    x: Tensor,
    h0: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    lengths: Tensor | None = None,
    resets: Tensor | None = None,
    h_reset: Tensor | None = None,
    reverse: bool = False,
    recurrent_mask: Tensor | None = None,
    zoneout: Tensor | float | None = None,
    layer_norm: tuple[Tensor, ...] | None = None,
    eps: float = 1e-5,
    reset_after: bool = True,
    record: dict[str, Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Gated recurrent unit, one layer, one direction.

        r  = σ(W_ir x + b_ir + W_hr h + b_hr)              reset
        z  = σ(W_iz x + b_iz + W_hz h + b_hz)              update
        n  = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))     candidate
        h' = (1 − z) ⊙ n + z ⊙ h

    The reset gate acts after the product W_hn h, as in cuDNN and `torch.nn.GRU`;
    `reset_after=False` gives the variant of arXiv:1406.1078v3, which resets before it:
    n = tanh(W_in x + b_in + W_hn (r ⊙ h) + b_hn). Rows are stacked r, z, n.

    Shape:
        - x `(batch, steps, input)`, h0 `(batch, hidden)`.
        - w_ih `(3 * hidden, input)`, w_hh `(3 * hidden, hidden)`, b_ih and b_hh `(3 * hidden,)`.
        - returns: outputs `(batch, steps, hidden)` and h_n `(batch, hidden)`.

    Args:
        layer_norm: `(gain_ih, gain_hh)`, each `(3 * hidden,)`. Both products are normalised before
            the biases are added: r and z together, n by itself (Ba et al. 2016, equation 25 ff.).
        others: as in `rnn`. The recurrent mask multiplies h where it enters W_hh, not in z ⊙ h.

    Raises:
        ShapeError: a tensor does not fit the others.
        OptionError: a value that is not allowed.
    """
    arguments = arguments_of(
        GRU,
        zones={"zoneout": zoneout},
        layer_norm=layer_norm,
        eps=eps,
        x=x,
        h0=h0,
        w_ih=w_ih,
        w_hh=w_hh,
        b_ih=b_ih,
        b_hh=b_hh,
        lengths=lengths,
        resets=resets,
        h_reset=h_reset,
        reverse=reverse,
        recurrent_mask=recurrent_mask,
        reset_after=reset_after,
    )
    outputs, h_n = run(GRU, arguments, record=record)
    return outputs, h_n


def gru_step(
    x: Tensor,
    h: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    *,
    zoneout: Tensor | float | None = None,
    **options,
) -> Tensor:
    """One step of `gru`: x `(batch, input)` and h to the next h, both `(batch, hidden)`.

    Takes the options of `gru` but for lengths, resets and reverse, and what belongs to them;
    zoneout is `(batch, hidden)`.
    """
    keep = zoneout.unsqueeze(1) if isinstance(zoneout, Tensor) else zoneout
    return gru(x.unsqueeze(1), h, w_ih, w_hh, b_ih, b_hh, zoneout=keep, **options)[1]
