"""From a model's outputs to the next token: three ways to train a softmax over a vocabulary."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ostinato import nn
from ostinato.nn.product import product

ANSWER_SCORES = 1 << 23  # scores that are made at once where no gradient is wanted


class Softmax(nn.ProductLinear):
    """Scores of every token: the product with a vector for each.

    Shape:
        - outputs `(..., inputs)`; `forward` returns scores `(..., vocabulary)`, of which a softmax
          gives the probabilities.
        - targets `(rows,)`; `loss` returns their mean negative log probability, in nats.
    """

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Of outputs `(rows, inputs)`: exact, without gradients in bounded memory."""
        if self.training and torch.is_grad_enabled():
            return self.training_loss(outputs, targets)
        rows = max(1, ANSWER_SCORES // self.out_features)
        losses = [
            self.exact_loss(outputs[k : k + rows], targets[k : k + rows])
            * len(targets[k : k + rows])
            for k in range(0, len(targets), rows)
        ]
        return torch.stack(losses).sum() / len(targets)

    def exact_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss itself."""
        return torch.nn.functional.cross_entropy(self(outputs), targets)

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What is minimised."""
        return self.exact_loss(outputs, targets)


class SampledSoftmax(Softmax):
    """A softmax that in training sees the target and a sample of the other tokens.

    Candidates are drawn log-uniformly, P(k) = ln((k + 2) / (k + 1)) / ln(vocabulary + 1), as tokens
    are numbered by frequency. The logarithm of how often each is expected is taken from its score,
    so that the sum over the sample is on average the one over the vocabulary (importance sampling,
    Bengio & Senécal 2008; Jean et al., arXiv:1412.2007, section 3). Answers, and the loss without
    gradients, are of the whole vocabulary.

    Args:
        samples: candidates drawn for each batch.
    """

    def __init__(self, inputs: int, vocabulary: int, samples: int) -> None:
        super().__init__(inputs, vocabulary)
        self.samples = samples
        self.scale = math.log(vocabulary + 1)

    def expected(self, tokens: Tensor) -> Tensor:
        """The logarithm of how often each token is among the candidates, on average."""
        share = torch.log1p(1 / (tokens + 1.0)) / self.scale
        return torch.log(share * self.samples)

    def draw(self, device: torch.device) -> Tensor:
        """The candidates `(samples,)`, some perhaps twice."""
        places = torch.rand(self.samples, device=device) * self.scale
        return (torch.exp(places).long() - 1).clamp_(0, self.out_features - 1)

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        drawn = self.draw(outputs.device)
        tokens, count = torch.cat([targets, drawn]), len(targets)
        lookup = torch.nn.functional.embedding  # whose gradient is quicker than an index's
        vectors = lookup(tokens, self.weight)
        offsets = lookup(tokens, self.bias[:, None])[:, 0]
        own = (outputs * vectors[:count]).sum(1) + offsets[:count]
        others = product(outputs, vectors[count:], offsets[count:] - self.expected(drawn))
        # A target is no candidate against itself.
        others = others.masked_fill(drawn == targets[:, None], -torch.inf)
        scores = torch.cat([own[:, None], others], 1)
        return (torch.logsumexp(scores, 1) - own).mean()


class AdaptiveSoftmax(Softmax):
    """A softmax in two steps: frequent tokens and groups of rare ones, then the token in its group.

    log P(token) = log P(group) + log P(token | group); a group's scores are only made for the rows
    whose target is in it (Grave et al., arXiv:1609.04309, here with vectors of one size for all
    tokens, so that they may be the embedding's). Tokens are numbered by frequency.

    Args:
        cutoffs: the numbers at which groups begin; None chooses one or two.

    Scores are log probabilities.
    """

    def __init__(self, inputs: int, vocabulary: int, cutoffs: Sequence[int] | None) -> None:
        super().__init__(inputs, vocabulary)
        self.cutoffs = list(best_cutoffs(vocabulary) if cutoffs is None else cutoffs)
        self.groups = nn.ProductLinear(inputs, len(self.cutoffs))
        ends = [0, *self.cutoffs, vocabulary]
        self.sizes = [b - a for a, b in itertools.pairwise(ends)]

    def forward(self, input: Tensor) -> Tensor:
        first, *rest = super().forward(input).split(self.sizes, -1)
        first = torch.cat([first, self.groups(input)], -1).log_softmax(-1)
        shares = [first[..., : self.sizes[0]]]
        for group, scores in enumerate(rest, self.sizes[0]):
            shares.append(scores.log_softmax(-1) + first[..., group : group + 1])
        return torch.cat(shares, -1)

    def exact_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        weights, biases = self.weight.split(self.sizes), self.bias.split(self.sizes)
        groups = torch.bucketize(
            targets, torch.tensor(self.cutoffs, device=targets.device), right=True
        )
        first = torch.cat([weights[0], self.groups.weight])
        scores = product(outputs, first, torch.cat([biases[0], self.groups.bias]))
        wanted = torch.where(groups > 0, self.sizes[0] + groups - 1, targets)
        entropy = torch.nn.functional.cross_entropy
        total = entropy(scores, wanted, reduction="sum")
        for group, begin in enumerate(self.cutoffs, 1):
            (rows,) = torch.nonzero(groups == group, as_tuple=True)
            if len(rows):
                scores = product(outputs[rows], weights[group], biases[group])
                total = total + entropy(scores, targets[rows] - begin, reduction="sum")
        return total / len(targets)


def best_cutoffs(vocabulary: int) -> list[int]:
    """The one or two cutoffs with the fewest products a token by Zipf's law."""
    harmonic = math.log(vocabulary + 1)

    def beyond(cutoff: int) -> float:
        return 1 - math.log(cutoff + 1) / harmonic

    places = sorted({round(vocabulary ** (k / 40)) for k in range(1, 40)} - {0, vocabulary})
    found = (math.inf, list[int]())
    for k, one in enumerate(places):
        found = min(found, (one + 1 + beyond(one) * (vocabulary - one), [one]))
        for two in places[k + 1 :]:
            cost = one + 2 + beyond(one) * (two - one) + beyond(two) * (vocabulary - two)
            found = min(found, (cost, [one, two]))
    return found[1]
