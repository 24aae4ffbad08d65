"""Attention of a decoder over the steps that an encoder read."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.errors import ShapeError, check_choice, check_number
from ostinato.nn.inputs import settled
from ostinato.nn.product import ProductLinear
from ostinato.ops.shared import live_steps

ATTENTIONS = ("additive", "multiplicative")


class Attention(torch.nn.Module):
    """A weighted mean of a memory for each query, the weights from how well the two fit.

    With a query q and the memory's steps m_1, m_2, ...:

        multiplicative   s_j = q · K m_j               (Luong et al., arXiv:1508.04025, "general")
        additive         s_j = v · tanh(Q q + K m_j)   (Bahdanau et al., arXiv:1409.0473, A.1.2)

        a = softmax(s) over the steps inside the memory's length, context = Σ_j a_j m_j

    K m_j, the keys, depend on the memory alone: `keys` computes them once for many queries.

    Args:
        query_size, memory_size: numbers in a query and in a step of the memory.
        kind: "multiplicative" or "additive".
        size: of keys and tanh in the additive kind; query_size where it is not given.

    Shape:
        - query `(batch, queries, query_size)`, memory `(batch, steps, memory_size)`.
        - lengths `(batch,)`: steps of each memory that count; None counts all. A memory of
          length 0 gives weights and a context of zeros. What stands past a length, NaN too, changes
          no bit.
        - returns context `(batch, queries, memory_size)`, weights `(batch, queries, steps)`.

    Raises:
        OptionError: an unknown kind, or a size below 1.
        ShapeError: query or memory does not fit.
    """

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        kind: str = "multiplicative",
        *,
        size: int | None = None,
    ) -> None:
        super().__init__()
        check_choice("Attention", "kind", kind, ATTENTIONS)
        size = size or query_size
        for name, value in (
            ("query_size", query_size),
            ("memory_size", memory_size),
            ("size", size),
        ):
            check_number("Attention", name, value, low=1, whole=True)
        self.query_size, self.memory_size, self.kind = query_size, memory_size, kind
        if kind == "multiplicative":
            self.key = ProductLinear(memory_size, query_size, bias=False)
        else:
            self.key = ProductLinear(memory_size, size, bias=False)
            self.query = ProductLinear(query_size, size)
            self.score = torch.nn.Parameter(torch.empty(size).uniform_(-(size**-0.5), size**-0.5))

    def keys(self, memory: Tensor, lengths: Tensor | None = None) -> Tensor:
        """K m_j of every step, `(batch, steps, size)`, K times zeros past each length."""
        if memory.dim() != 3 or memory.shape[2] != self.memory_size:
            raise ShapeError(
                f"Attention: memory must have shape (batch, steps, {self.memory_size}), got "
                f"{tuple(memory.shape)}."
            )
        return self.key(_within(memory, _live(memory, lengths)))

    def forward(
        self,
        query: Tensor,
        memory: Tensor,
        lengths: Tensor | None = None,
        keys: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        if query.dim() != 3 or query.shape[2] != self.query_size or len(query) != len(memory):
            raise ShapeError(
                f"Attention: query must have shape (batch, queries, {self.query_size}) with the "
                f"memory's batch of {len(memory)}, got {tuple(query.shape)}."
            )
        live = _live(memory, lengths)
        keys = self.keys(memory, lengths) if keys is None else _within(keys, live)
        if self.kind == "multiplicative":
            scores = torch.bmm(query, keys.transpose(1, 2))
        else:
            joined = torch.tanh(self.query(query).unsqueeze(2) + keys.unsqueeze(1))
            scores = (joined * self.score).sum(3)
        weights = _softmax(scores, live)
        return torch.bmm(weights, _within(memory, live)), weights

    def extra_repr(self) -> str:
        return f"{self.query_size}, {self.memory_size}, {self.kind!r}"


def _live(memory: Tensor, lengths: Tensor | None) -> Tensor | None:
    """(batch, steps) booleans: which steps count; None where all do."""
    if lengths is None:
        return None
    batch, steps, _ = memory.shape
    return live_steps(settled("Attention", lengths, batch, steps, memory.device), steps)


def _within(values: Tensor, live: Tensor | None) -> Tensor:
    """Zeros in padding: its NaN times a weight of zero would be NaN."""
    return values if live is None else torch.where(live.unsqueeze(2), values, 0)


def _softmax(scores: Tensor, live: Tensor | None) -> Tensor:
    if live is None:
        return torch.softmax(scores, 2)
    live = live.unsqueeze(1)
    return torch.softmax(scores.masked_fill(~live, torch.finfo(scores.dtype).min), 2) * live
