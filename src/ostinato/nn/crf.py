"""A linear-chain conditional random field over the steps of a sequence."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ostinato.errors import ShapeError

NEVER = float("-inf")


class CRF(torch.nn.Module):
    """The probability of a whole sequence of tags (Lafferty, McCallum & Pereira 2001).

        score(y) = start[y_1] + Σ_t emissions[t, y_t] + Σ_t transitions[y_t, y_t+1] + end[y_T]
        p(y)     = exp(score(y)) / Σ_y' exp(score(y'))

    The sum runs over every sequence of legal moves, exactly, by the forward recursion in float64;
    the gradient is the backward recursion's marginals rather than torch's record of it all.

    Args:
        tags: how many there are.
        moves: `(tags, tags)` booleans, whether the second may follow the first; None allows all.
        first, last: `(tags,)` booleans, whether a sequence may begin, or end, with the tag.

    Shape:
        - emissions `(batch, steps, tags)`, tags `(batch, steps)` whole numbers, lengths `(batch,)`
          from 1 to steps; what lies past a length counts for nothing.

    Raises:
        ShapeError: what is given does not fit.
    """

    def __init__(
        self, tags: int, *, moves: Any = None, first: Any = None, last: Any = None
    ) -> None:
        super().__init__()
        self.tags = tags
        self.transitions = torch.nn.Parameter(torch.zeros(tags, tags))
        self.start = torch.nn.Parameter(torch.zeros(tags))
        self.end = torch.nn.Parameter(torch.zeros(tags))
        for name, given, shape in (
            ("moves", moves, (tags, tags)),
            ("first", first, (tags,)),
            ("last", last, (tags,)),
        ):
            allowed = torch.ones(shape, dtype=torch.bool) if given is None else torch.tensor(given)
            if tuple(allowed.shape) != shape:
                raise ShapeError(
                    f"CRF: {name} must have shape {shape}, got {tuple(allowed.shape)}."
                )
            self.register_buffer(name, allowed.bool(), persistent=False)

    def _scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Transitions, starts and ends in float64, -inf where a move is not legal."""
        pairs = (
            (self.transitions, self.moves),
            (self.start, self.first),
            (self.end, self.last),
        )
        moves, start, end = (
            value.double().masked_fill(~allowed, NEVER)  # pyright: ignore
            for value, allowed in pairs
        )
        return moves, start, end

    def _check(self, emissions: Tensor, lengths: Tensor) -> None:
        if emissions.dim() != 3 or emissions.shape[2] != self.tags:
            raise ShapeError(
                f"CRF: emissions must have shape (batch, steps, {self.tags}), got "
                f"{tuple(emissions.shape)}."
            )
        steps = emissions.shape[1]
        if tuple(lengths.shape) != (len(emissions),) or not (
            len(lengths) == 0 or (int(lengths.min()) >= 1 and int(lengths.max()) <= steps)
        ):
            raise ShapeError(
                f"CRF: lengths must have shape ({len(emissions)},) and lie from 1 to {steps}."
            )

    def log_partition(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """log Σ exp(score) over all legal sequences, `(batch,)` float64."""
        self._check(emissions, lengths)
        return _Partition.apply(emissions, lengths, *self._scores())  # pyright: ignore

    def score(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """The scores of given sequences, `(batch,)` float64; -inf where a move is not legal."""
        self._check(emissions, lengths)
        moves, start, end = self._scores()
        live = _live(lengths, emissions.shape[1])
        here = emissions.double().take_along_dim(tags.unsqueeze(2), 2).squeeze(2)
        steps = moves[tags[:, :-1], tags[:, 1:]]
        last = tags.take_along_dim((lengths - 1).unsqueeze(1), 1).squeeze(1)
        return (
            here.masked_fill(~live, 0).sum(1)
            + steps.masked_fill(~live[:, 1:], 0).sum(1)
            + start[tags[:, 0]]
            + end[last]
        )

    def log_likelihood(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """log p of given sequences in nats, `(batch,)` float64; -inf where one is not legal."""
        return self.score(emissions, tags, lengths) - self.log_partition(emissions, lengths)

    @torch.no_grad()
    def viterbi(self, emissions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The best legal sequence of each row and its score.

        Returns:
            tags `(batch, steps)`, 0 past each length, and scores `(batch,)` float64. A row's
            answer has the same bits in any batch.
        """
        self._check(emissions, lengths)
        moves, start, end = self._scores()
        batch, steps, _ = emissions.shape
        best = start + emissions[:, 0].double()
        origins = []
        for step in range(1, steps):
            reached, origin = (best.unsqueeze(2) + moves).max(1)
            live = (step < lengths).unsqueeze(1)
            best = torch.where(live, reached + emissions[:, step].double(), best)
            origins.append(origin)
        scores, tag = (best + end).max(1)
        answer = torch.zeros(batch, steps, dtype=torch.int64, device=emissions.device)
        for step in range(steps - 1, -1, -1):
            live = step < lengths
            answer[:, step] = torch.where(live, tag, 0)
            if step:
                before = origins[step - 1].gather(1, tag.unsqueeze(1)).squeeze(1)
                tag = torch.where(live, before, tag)
        return answer, scores

    @torch.no_grad()
    def marginals(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """The probability of each tag at each step, `(batch, steps, tags)` float64, 0 past each
        length. A row's answer has the same bits in any batch."""
        self._check(emissions, lengths)
        scores = self._scores()
        values = emissions.detach().double()
        alphas = _forward(values, lengths, scores, _in_order)
        betas = _backward(values, lengths, scores, _in_order)
        weights = alphas + betas
        total = _ending(alphas, lengths, scores[2], _in_order)
        found = (weights - total.view(-1, 1, 1)).exp()
        return found.masked_fill(~_live(lengths, values.shape[1]).unsqueeze(2), 0)

    def extra_repr(self) -> str:
        return f"{self.tags}"


def _live(lengths: Tensor, steps: int) -> Tensor:
    return torch.arange(steps, device=lengths.device) < lengths.unsqueeze(1)


def _product(rows: Tensor, matrix: Tensor) -> Tensor:
    return rows @ matrix


def _in_order(rows: Tensor, matrix: Tensor) -> Tensor:
    """The product with one order of sums, whatever the number of rows."""
    total = rows[:, :1] * matrix[0]
    for k in range(1, len(matrix)):
        total = total + rows[:, k : k + 1] * matrix[k]
    return total


def _through(rows: Tensor, matrix: Tensor, product: Any) -> Tensor:
    """log(exp(rows) matrix), for matrix ≥ 0."""
    top = rows.amax(1, keepdim=True).clamp(min=torch.finfo(rows.dtype).min)
    return product((rows - top).exp(), matrix).log() + top


def _forward(emissions: Tensor, lengths: Tensor, scores: Any, product: Any) -> Tensor:
    """Log weights of all beginnings that end in each tag at each step."""
    matrix = scores[0].exp()
    alpha = scores[1] + emissions[:, 0]
    found = [alpha]
    for step in range(1, emissions.shape[1]):
        alpha = _through(alpha, matrix, product) + emissions[:, step]
        found.append(alpha)
    return torch.stack(found, 1)


def _backward(emissions: Tensor, lengths: Tensor, scores: Any, product: Any) -> Tensor:
    """Log weights of all endings that follow each tag at each step."""
    matrix = scores[0].exp().T
    ending = scores[2].expand(len(emissions), -1)
    beta, found = ending, []
    for step in range(emissions.shape[1] - 1, -1, -1):
        if step + 1 < emissions.shape[1]:
            going = _through(beta + emissions[:, step + 1], matrix, product)
            beta = torch.where((step + 1 < lengths).unsqueeze(1), going, ending)
        found.append(beta)
    return torch.stack(found[::-1], 1)


def _ending(alphas: Tensor, lengths: Tensor, end: Tensor, product: Any) -> Tensor:
    """The log of the total weight, `(batch,)`."""
    last = alphas.take_along_dim((lengths - 1).view(-1, 1, 1), 1).squeeze(1)
    return _through(last + end, last.new_ones(last.shape[1], 1), product).squeeze(1)


class _Partition(torch.autograd.Function):
    """log Σ exp(score); its gradient is the expected number of times each score is used."""

    @staticmethod
    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, emissions: Tensor, lengths: Tensor, moves: Tensor, start: Tensor, end: Tensor
    ) -> Tensor:
        values, scores = emissions.double(), (moves, start, end)
        alphas = _forward(values, lengths, scores, _product)
        total = _ending(alphas, lengths, end, _product)
        ctx.save_for_backward(values, lengths, moves, start, end, alphas, total)
        ctx.kind = emissions.dtype
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore
        values, lengths, moves, start, end, alphas, total = ctx.saved_tensors
        betas = _backward(values, lengths, (moves, start, end), _product)
        live = _live(lengths, values.shape[1])
        total = total.view(-1, 1, 1)
        share = grad.view(-1, 1, 1)
        each = (alphas + betas - total).exp() * live.unsqueeze(2) * share
        # A move's expectation factors into what came before it, itself, and what follows.
        before = alphas[:, :-1]
        after = betas[:, 1:] + values[:, 1:] - total
        tops = before.amax(2, keepdim=True)
        left = (before - tops).exp()
        right = (after + tops).exp() * live[:, 1:].unsqueeze(2) * share
        counts = (left.flatten(0, 1).T @ right.flatten(0, 1)) * moves.exp()
        last = each.take_along_dim((lengths - 1).view(-1, 1, 1), 1).squeeze(1).sum(0)
        return each.to(ctx.kind), None, counts, each[:, 0].sum(0), last
