"""What the three recurrences share: the cell's table of arguments, time, masks and the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

State = tuple[Tensor, ...]
Step = Callable[[Tensor, State], tuple[State, tuple[Tensor, ...]]]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One recurrence: its reference and the arguments that the reference takes.

    `tensors` are those a gradient can flow to, in the operator's order; a trailing `?` marks one
    that may be None. `settings` are the others, as (type in the operator's schema, name).
    """

    name: str
    reference: Callable[..., tuple[Tensor, ...]]
    tensors: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = [name.rstrip("?") for name in self.tensors] + [name for _, name in self.settings]
        object.__setattr__(self, "names", tuple(names))


COMMON_TENSORS = ("w_ih", "w_hh", "b_ih?", "b_hh?", "recurrent_mask?", "gain_ih?", "gain_hh?")
RESET_STATES = ("h_reset?", "c_reset?")
COMMON_SETTINGS = (
    ("Tensor?", "lengths"),
    ("Tensor?", "resets"),
    ("Tensor?", "zoneout"),
    ("float", "zoneout_rate"),
    ("bool", "reverse"),
    ("float", "eps"),
)


def live_steps(lengths: Tensor, steps: int) -> Tensor:
    """(batch, steps) booleans: True where the step lies inside the sequence."""
    return torch.arange(steps, device=lengths.device) < lengths.unsqueeze(1)


def reverse_within(values: Tensor, lengths: Tensor | None) -> Tensor:
    """`values` (batch, steps, ...) with each sequence reversed inside its length; padding stays."""
    if lengths is None:
        return values.flip(1)
    batch, steps = values.shape[:2]
    time = torch.arange(steps, device=values.device)
    within = lengths.unsqueeze(1)
    source = torch.where(time < within, within - 1 - time, time)
    rows = source + torch.arange(batch, device=values.device).unsqueeze(1) * steps
    return values.flatten(0, 1).index_select(0, rows.flatten()).view(values.shape)


def reverse_resets(resets: Tensor, lengths: Tensor | None) -> Tensor:
    """The same borders between episodes, met from the other side.

    A border lies between a step and the one before it, so backwards the state returns one step
    later than the flag: before the last step of the earlier episode. A border before the first step
    is past the end of the run.
    """
    backwards = reverse_within(resets, lengths)
    return F.pad(backwards, (1, 0))[:, :-1] if resets.shape[1] else backwards


def at_length(outputs: Tensor, initial: Tensor, lengths: Tensor) -> Tensor:
    """(batch, hidden): the output at each length, or the initial state for an empty sequence."""
    if outputs.shape[1] == 0:
        return initial.clone()
    last = (lengths - 1).clamp(min=0)
    final = outputs.take_along_dim(last.view(-1, 1, 1), 1).squeeze(1)
    return torch.where((lengths > 0).unsqueeze(1), final, initial)


def normalise(values: Tensor, gain: Tensor, eps: float, blocks: Sequence[int]) -> Tensor:
    """Layer normalisation (without bias) over each block of the last axis, times `gain`."""
    parts = zip(values.split(list(blocks), -1), gain.split(list(blocks)), strict=True)
    return torch.cat([F.layer_norm(v, (v.shape[-1],), g, None, eps) for v, g in parts], -1)


def _zoned(new: Tensor, old: Tensor, keep: Tensor | None, rate: float, time: int) -> Tensor:
    if keep is not None:
        return torch.where(keep[:, time], old, new)
    return rate * old + (1 - rate) * new if rate else new


@dataclass(frozen=True, kw_only=True)
class Time:
    """The tensors that depend on time, already turned to the direction of the run."""

    x: Tensor
    lengths: Tensor | None
    resets: Tensor | None
    live: Tensor | None
    zoneout: tuple[Tensor | None, ...]
    rates: tuple[float, ...]
    reverse: bool

    @classmethod
    def of(
        cls,
        x: Tensor,
        lengths: Tensor | None,
        resets: Tensor | None,
        reverse: bool,
        zoneout: tuple[Tensor | None, ...],
        rates: tuple[float, ...],
    ) -> Time:
        live = None
        if lengths is not None:
            lengths = lengths.to(x.device, torch.long)
            live = live_steps(lengths, x.shape[1])
            # Padding may hold anything, NaN too: 0 * NaN would reach the weights' gradients.
            x = torch.where(live.unsqueeze(2), x, 0)
        if reverse:
            x = reverse_within(x, lengths)
            resets = None if resets is None else reverse_resets(resets, lengths)
            zoneout = tuple(z if z is None else reverse_within(z, lengths) for z in zoneout)
        if resets is not None and live is not None:
            resets = resets & live
        return cls(
            x=x,
            lengths=lengths,
            resets=resets,
            live=live,
            zoneout=zoneout,
            rates=rates,
            reverse=reverse,
        )

    def restore(self, values: Tensor) -> Tensor:
        """`values` (batch, steps, n) of the run in the input's order, zero past each length."""
        if self.live is not None:
            values = torch.where(self.live.unsqueeze(2), values, 0)
        return reverse_within(values, self.lengths) if self.reverse else values


def recur(
    step: Step,
    products: Tensor,
    initial: State,
    reset_to: tuple[Tensor | None, ...],
    time: Time,
    gates: tuple[str, ...],
    record: dict[str, Tensor] | None,
) -> tuple[list[Tensor], State]:
    """Run `step` over time.

    `products` (batch, steps, rows) are the input's products; `initial` is one tensor per state, and
    so is `reset_to`, what a reset returns to, or None for zeros.

    Returns every state's sequence (batch, steps, size) in the input's order, and the final states.
    `record` receives the sequences of the gates, by the names given, and of the states.
    """
    state = initial
    sequences: list[list[Tensor]] = [[] for _ in initial]
    opened: list[tuple[Tensor, ...]] = []
    for t, product in enumerate(products.unbind(1)):
        if time.resets is not None:
            start = time.resets[:, t].unsqueeze(1)
            state = tuple(
                torch.where(start, 0 if r is None else r, s)
                for r, s in zip(reset_to, state, strict=True)
            )
        new, values = step(product, state)
        new = tuple(
            _zoned(n, s, keep, rate, t)
            for n, s, keep, rate in zip(new, state, time.zoneout, time.rates, strict=True)
        )
        if time.live is not None:
            inside = time.live[:, t].unsqueeze(1)
            new = tuple(torch.where(inside, n, s) for n, s in zip(new, state, strict=True))
        state = new
        for sequence, value in zip(sequences, state, strict=True):
            sequence.append(value)
        if record is not None:
            opened.append(values)
    if not sequences[0]:
        whole = [value.new_zeros(*value.shape).unsqueeze(1)[:, :0] for value in initial]
        state = tuple(value.clone() for value in initial)
    else:
        whole = [time.restore(torch.stack(sequence, 1)) for sequence in sequences]
    if record is not None:
        for name, values in zip(gates, zip(*opened, strict=True), strict=bool(opened)):
            record[name] = time.restore(torch.stack(values, 1))
        record |= dict(zip(("h", "c"), whole, strict=False))
    return whole, state


def input_products(
    x: Tensor, w_ih: Tensor, gain: Tensor | None, eps: float, blocks: Sequence[int], *biases: Any
) -> Tensor:
    """W_ih x for every step at once, normalised where `gain` is given, plus the biases."""
    # Steps first in memory: the loop takes whole contiguous rows.
    products = F.linear(x.transpose(0, 1), w_ih).transpose(0, 1)
    if gain is not None:
        products = normalise(products, gain, eps, blocks)
    for bias in biases:
        if bias is not None:
            products = products + bias
    return products


def recurrent_product(
    product: Tensor, h: Tensor, w_t: Tensor, gain: Tensor | None, eps: float, blocks: Sequence[int]
) -> Tensor:
    """The input's product plus the state's, which is normalised where `gain` is given."""
    if gain is None:
        return torch.addmm(product, h, w_t)
    return product + normalise(h @ w_t, gain, eps, blocks)
