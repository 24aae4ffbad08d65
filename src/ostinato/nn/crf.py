"""A linear-chain conditional random field over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import ShapeError
from ostinato.nn.inputs import is_whole, settled, within
from ostinato.ops import kernels
from ostinato.ops.shared import live_steps

# Of a move that is not legal. Finite, since infinities turn into NaN in gradients; far below any
# sum of scores, and so far from the smallest float64 that thousands may be added.
NEVER = -1e30
TINY = 1e-200  # what float64 loses below it, near 1e-308, is nothing beside it
Through = Callable[[Tensor], Tensor]


class CRF(torch.nn.Module):
    """The probability of a whole sequence of tags (Lafferty, McCallum & Pereira 2001).

        score(y) = start[y_1] + Σ_t emissions[t, y_t] + Σ_t transitions[y_t, y_t+1] + end[y_T]
        p(y)     = exp(score(y)) / Σ_y' exp(score(y'))

    The sum runs over every sequence of legal moves, exactly, by the forward recursion in float64.
    All but `viterbi` and `marginals` can be differentiated, twice and under torch.func too.

    Args:
        tags: how many there are.
        moves: `(tags, tags)` booleans, whether the second may follow the first; None allows all.
        first, last: `(tags,)` booleans, whether a sequence may begin, or end, with the tag.

    Shape:
        - emissions `(batch, steps, tags)`, tags `(batch, steps)` and lengths `(batch,)` whole
          numbers of any type. What lies past a length counts for nothing, whatever it is. A
          sequence of length 0 has one answer, the empty one, with score 0 and probability 1.

    Raises:
        ShapeError: what is given does not fit, or a tag inside a length is no tag.
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
            allowed = torch.ones(shape, dtype=torch.bool)
            allowed = allowed if given is None else torch.as_tensor(given).clone()
            if tuple(allowed.shape) != shape:
                raise ShapeError(
                    f"CRF: {name} must have shape {shape}, got {tuple(allowed.shape)}."
                )
            self.register_buffer(name, allowed.bool(), persistent=False)

    def _scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Transitions, starts and ends in float64, `NEVER` where a move is not legal."""
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

    def _settle(self, emissions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Emissions in float64, zero in padding; lengths as int64; which steps count."""
        if emissions.dim() != 3 or emissions.shape[2] != self.tags:
            raise ShapeError(
                f"CRF: emissions must have shape (batch, steps, {self.tags}), got "
                f"{tuple(emissions.shape)}."
            )
        batch, steps, _ = emissions.shape
        lengths = settled("CRF", lengths, batch, steps, emissions.device)
        live = live_steps(lengths, steps)
        values = torch.where(live.unsqueeze(2), emissions.double(), 0)
        return values.clamp(min=NEVER), lengths, live

    def log_partition(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """log Σ exp(score) over all legal sequences, `(batch,)` float64; -inf where none is."""
        values, lengths, live = self._settle(emissions, lengths)
        scores = self._scores()
        if values.shape[1] == 0:
            return values.new_zeros(len(values))
        quick = values.is_cpu and kernels.plain()
        through = _quickly(scores[0]) if quick else _one_by_one(scores[0], _at_once)
        last = _forward(values, live, scores, through)[-1]
        total = torch.logsumexp(last + scores[2], 1)
        return _legal(torch.where(lengths > 0, total, 0))

    def score(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """The scores of given sequences, `(batch,)` float64; -inf where a move is not legal."""
        values, lengths, live = self._settle(emissions, lengths)
        tags = self._tags(tags, live)
        if values.shape[1] == 0:
            return values.new_zeros(len(values))
        moves, start, end = self._scores()
        here = values.take_along_dim(tags.unsqueeze(2), 2).squeeze(2)
        steps = torch.where(live[:, 1:], moves[tags[:, :-1], tags[:, 1:]], 0)
        last = tags.take_along_dim((lengths - 1).clamp(min=0).unsqueeze(1), 1).squeeze(1)
        total = here.masked_fill(~live, 0).sum(1) + steps.sum(1) + start[tags[:, 0]] + end[last]
        return _legal(torch.where(lengths > 0, total, 0))

    def log_likelihood(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """log p of given sequences in nats, `(batch,)` float64; -inf where one is not legal."""
        partition = self.log_partition(emissions, lengths)
        # Where nothing is legal: -inf less -inf would be NaN.
        return self.score(emissions, tags, lengths) - partition.clamp(min=NEVER)

    @torch.no_grad()
    def viterbi(self, emissions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The best legal sequence of each row and its score.

        Returns:
            tags `(batch, steps)`, 0 past each length, and scores `(batch,)` float64. A row's
            answer has the same bits in any batch.
        """
        values, lengths, live = self._settle(emissions, lengths)
        moves, start, end = self._scores()
        steps = values.shape[1]
        if steps == 0:
            return lengths.new_zeros(len(values), 0), values.new_zeros(len(values))
        best = start + values[:, 0]
        origins = []
        for step in range(1, steps):
            reached, origin = (best.unsqueeze(2) + moves).max(1)
            best = torch.where(live[:, step, None], reached + values[:, step], best)
            origins.append(origin)
        scores, tag = (best + end).max(1)
        found = []
        for step in range(steps - 1, -1, -1):
            found.append(torch.where(live[:, step], tag, 0))
            if step:
                before = origins[step - 1].gather(1, tag.unsqueeze(1)).squeeze(1)
                tag = torch.where(live[:, step], before, tag)
        return torch.stack(found[::-1], 1), _legal(torch.where(lengths > 0, scores, 0))

    @torch.no_grad()
    def marginals(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """The probability of each tag at each step, `(batch, steps, tags)` float64, 0 past each
        length and where nothing is legal. A row's answer has the same bits in any batch."""
        values, _, live = self._settle(emissions, lengths)
        scores = self._scores()
        if values.shape[1] == 0:
            return values
        alphas = _forward(values, live, scores, _one_by_one(scores[0], _in_order))
        betas = _backward(values, live, scores)
        total = _in_order((alphas[-1] + scores[2]).unsqueeze(2))
        weights = torch.stack(alphas, 1) + torch.stack(betas, 1) - total.unsqueeze(2)
        legal = live.unsqueeze(2) & (total > NEVER / 2).unsqueeze(2)
        return torch.where(legal, weights.exp(), 0)

    def _tags(self, tags: Tensor, live: Tensor) -> Tensor:
        """Tags as int64, 0 in padding, where -100 and the like may stand."""
        if tags.shape != live.shape or not is_whole(tags):
            raise ShapeError(
                f"CRF: tags must be integers of shape {tuple(live.shape)}, got {tags.dtype} of "
                f"shape {tuple(tags.shape)}."
            )
        tags = torch.where(live, tags.to(live.device, torch.int64), 0)
        if not within(tags, 0, self.tags - 1):
            raise ShapeError(
                f"CRF: tags must be from 0 to {self.tags - 1} inside the lengths, got "
                f"{int(tags.min())} to {int(tags.max())}."
            )
        return tags

    def extra_repr(self) -> str:
        return f"{self.tags}"


def _legal(scores: Tensor) -> Tensor:
    """Scores with -inf, and no gradient, where a move that is not legal is among them."""
    return torch.where(scores < NEVER / 2, float("-inf"), scores)


def _at_once(terms: Tensor) -> Tensor:
    """log Σ exp over axis 1 of `(batch, n, m)`."""
    return torch.logsumexp(terms, 1)


def _in_order(terms: Tensor) -> Tensor:
    """The same with one order of sums, whatever the number of rows."""
    top = terms.amax(1)
    parts = (terms - top.unsqueeze(1)).exp()
    total = parts[:, 0]
    for k in range(1, parts.shape[1]):
        total = total + parts[:, k]
    return total.log() + top


def _one_by_one(moves: Tensor, sums: Through) -> Through:
    """alpha `(batch, tags)` to log(exp(alpha) exp(moves)), each pair of tags in logarithms."""
    return lambda alpha: sums(alpha.unsqueeze(2) + moves)


def _quickly(moves: Tensor) -> Through:
    """The same as a product of matrices, unless terms would vanish in it."""
    highest = moves.detach().amax()
    matrix = (moves - highest).exp()

    def through(alpha: Tensor) -> Tensor:
        top = alpha.detach().amax(1, keepdim=True)
        total = (alpha - top).exp() @ matrix
        if not bool((total > TINY).all()):
            return _at_once(alpha.unsqueeze(2) + moves)
        return total.log() + (top + highest)

    return through


def _forward(values: Tensor, live: Tensor, scores: Any, through: Through) -> list[Tensor]:
    """Log weights of all beginnings that end in each tag, at each step; past a length they stay."""
    alpha = scores[1] + values[:, 0]
    found = [alpha]
    for step in range(1, values.shape[1]):
        reached = through(alpha) + values[:, step]
        alpha = torch.where(live[:, step, None], reached, alpha)
        found.append(alpha)
    return found


def _backward(values: Tensor, live: Tensor, scores: Any) -> list[Tensor]:
    """Log weights of all endings that follow each tag, at each step."""
    back = scores[0].T
    beta = scores[2].expand(len(values), -1)
    found = [beta]
    for step in range(values.shape[1] - 1, 0, -1):
        going = _in_order((beta + values[:, step]).unsqueeze(2) + back)
        beta = torch.where(live[:, step, None], going, beta)
        found.append(beta)
    return found[::-1]
