"""The simple recurrence of Elman (1990)."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.errors import check_choice
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

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}


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
    activation: str,
    record: dict[str, Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    time = Time.of(x, lengths, resets, reverse, (zoneout,), (zoneout_rate,))
    blocks = (w_hh.shape[0],)
    w_t = w_hh.t()
    function = ACTIVATIONS[activation]

    def step(product: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        (h,) = state
        if recurrent_mask is not None:
            h = h * recurrent_mask
        return (function(recurrent_product(product, h, w_t, gain_hh, eps, blocks)),), ()

    products = input_products(time.x, w_ih, gain_ih, eps, blocks, b_ih, b_hh)
    (outputs,), (h_n,) = recur(step, products, (h0,), (h_reset,), time, (), record)
    return outputs, h_n


RNN = Cell(
    name="rnn",
    reference=_reference,
    tensors=("x", "h0", *COMMON_TENSORS, RESET_STATES[0]),
    settings=(*COMMON_SETTINGS, ("str", "activation")),
    results=("outputs", "h_n"),
)


def rnn(
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
    activation: str = "tanh",
    record: dict[str, Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Simple recurrence, one layer, one direction.

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    Shape:
        - x `(batch, steps, input)`, h0 `(batch, hidden)`.
        - w_ih `(hidden, input)`, w_hh `(hidden, hidden)`, b_ih and b_hh `(hidden,)` or None.
        - returns: outputs `(batch, steps, hidden)`, zero past each length, and h_n
          `(batch, hidden)`, the state at the length (h0 where the length is 0).

    Args:
        lengths: `(batch,)` integers from 0 to steps; padding stands on the right and is not read.
        resets: `(batch, steps)` booleans; before such a step the state returns to `h_reset`,
            whatever h0 is, so that a new episode begins with it. With `reverse` the same borders
            hold, met from the other side, and h0 is the state after the last step.
        h_reset: `(batch, hidden)`, the state to which resets return; None for zeros.
        reverse: run from the last step (of each length) to the first.
        recurrent_mask: `(batch, hidden)`, multiplies the state that enters W_hh (Gal & Ghahramani
            2016); scaled by the caller.
        zoneout: `(batch, steps, hidden)` booleans, True keeps the unit's last state (Krueger et
            al. 2017, training); or a probability p for the expectation p h + (1 − p) h'.
        layer_norm: `(gain_ih, gain_hh)`, each `(hidden,)`: W_ih x and W_hh h are normalised, each
            over the hidden units, before the biases are added (Ba et al. 2016).
        activation: "tanh" or "relu".
        record: a dictionary to fill with what `trace` returns, on the reference path.

    Raises:
        ShapeError: a tensor does not fit the others.
        OptionError: a value that is not allowed.
    """
    check_choice("ops.rnn", "activation", activation, ACTIVATIONS)
    arguments = arguments_of(
        RNN,
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
        activation=activation,
    )
    outputs, h_n = run(RNN, arguments, record=record)
    return outputs, h_n


def rnn_step(
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
    """One step of `rnn`: x `(batch, input)` and h to the next h, both `(batch, hidden)`.

    Takes the options of `rnn` but for lengths, resets and reverse, and what belongs to them;
    zoneout is `(batch, hidden)`.
    """
    keep = zoneout.unsqueeze(1) if isinstance(zoneout, Tensor) else zoneout
    return rnn(x.unsqueeze(1), h, w_ih, w_hh, b_ih, b_hh, zoneout=keep, **options)[1]
