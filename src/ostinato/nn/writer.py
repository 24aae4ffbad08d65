"""A recurrent decoder with attention: what writes a sequence from anything that was read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from ostinato.nn.attention import Attention
from ostinato.nn.dropout import Dropout
from ostinato.nn.embedding import Embedding
from ostinato.nn.lstm import LSTM
from ostinato.nn.masks import StepMask
from ostinato.nn.product import ProductLinear


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What an encoder read, for a `Writer`.

    Attributes:
        values: what attention goes to: steps of a text, regions of an image,
            `(batch, steps, size)`.
        lengths: `(batch,)`, steps that count.
        summary: the whole as one vector `(batch, summary size)`.
        keys: of the attention, `(batch, steps, hidden)`.
        context: without attention, what every step of the decoder is told, `(batch, hidden)`.
        direct: without attention, what is added to every v_t, `(batch, embedding)`.
        tokens: the source's tokens `(batch, steps)`, where they can be copied.
    """

    values: Tensor
    lengths: Tensor
    summary: Tensor
    keys: Tensor | None = None
    context: Tensor | None = None
    direct: Tensor | None = None
    tokens: Tensor | None = None

    def pick(self, rows: Tensor) -> Memory:
        """The memory of those rows."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        chosen: Any = {name: None if part is None else part[rows] for name, part in parts.items()}
        return Memory(**chosen)


@dataclass(frozen=True)
class Written:
    """Where a decoder stands: (h, c) or (h,), each `(layers, batch, hidden)`, and with input
    feeding the last attentional vector `(batch, embedding)`."""

    layers: tuple[Tensor, ...]
    feed: Tensor | None = None

    def pick(self, rows: Tensor) -> Written:
        """The state of those rows."""
        feed = None if self.feed is None else self.feed[rows]
        return Written(tuple(each[:, rows] for each in self.layers), feed)


class Writer(torch.nn.Module):
    """A decoder over a `Memory`, the base of modules that read something and write tokens.

    Its layers start from the memory's summary, h_0 = tanh(W summary). Attention acts after the last
    layer, so that under teacher forcing all steps run as one recurrence, then once for all:

        context, a = attention(h_t, memory);  v_t = tanh(W [context; h_t])   (Luong et al.,
        logits = E v_t + b                                                    arXiv:1508.04025)

    with E the target's embedding (Press & Wolf, arXiv:1608.05859). With input feeding v_t also
    enters the next step (section 3.3 there), and steps run one by one. Without attention the
    memory's context stands for the context and also enters every step (Cho et al.,
    arXiv:1406.1078), and its direct part is added to v_t.

    The embedding's last number ends a sequence, and is also what the decoder is fed first.

    Args:
        embedding: of the target's tokens.
        bridge: from the summary to the first state, `parts * layers * hidden_size`; it is cut into
            the parts of the state (LSTM: h, then c), those into layers.
        layers: recurrent ones, batch first, one direction. The first takes the embedding, and
            behind it v_t with input feeding, or the context without attention.
        attention: over the memory, or None.
        memory_size: numbers in a step of the memory, or in its context.
        dropout, step_mask: in training, on inputs, between layers and on v_t.

    Attributes:
        end: the number of the end.
        never: numbers of tokens that are not to be written.
    """

    never: tuple[int, ...] = (0,)

    def __init__(
        self,
        embedding: Embedding,
        bridge: ProductLinear,
        layers: torch.nn.ModuleList,
        attention: Attention | None,
        *,
        memory_size: int,
        dropout: float = 0.0,
        step_mask: float = 0.0,
        input_feeding: bool = False,
    ) -> None:
        super().__init__()
        first: Any = layers[0]
        self.end = embedding.num_embeddings - 1
        self.parts = 2 if isinstance(first, LSTM) else 1
        self.input_feeding = input_feeding
        self.target_embedding = embedding
        self.step_mask = StepMask(step_mask)
        self.dropout = Dropout(dropout)
        self.bridge = bridge
        self.attention = attention
        self.decoder = layers
        width = embedding.embedding_dim
        self.combine = ProductLinear(memory_size + first.hidden_size, width)
        self.output = ProductLinear(width, embedding.num_embeddings)
        self.output.weight = embedding.weight
        torch.nn.init.zeros_(self.output.bias)

    def start(self, memory: Memory) -> Written:
        """The decoder's state before its first step."""
        batch, layers = len(memory.lengths), len(self.decoder)
        parts = self.bridge(memory.summary).view(batch, self.parts, layers, -1)
        first, *rest = (each.transpose(0, 1).contiguous() for each in parts.unbind(1))
        width = self.combine.out_features
        feed = memory.values.new_zeros(batch, width) if self.input_feeding else None
        return Written((torch.tanh(first), *rest), feed)

    def decode(self, fed: Tensor, memory: Memory, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        """Attentional vectors `(batch, steps, embedding)` for every token fed, and the weights
        `(batch, steps, memory steps)`; None without attention."""
        inputs = self.dropout(self.step_mask(self.target_embedding(fed)))
        state = self.start(memory)
        if self.input_feeding:
            return self._fed_steps(inputs, memory, state)
        if memory.context is not None:
            whole = memory.context.unsqueeze(1).expand(-1, fed.shape[1], -1)
            inputs = torch.cat([inputs, whole], 2)
        for k, layer in enumerate(self.decoder):
            hx = self._hx(state, k)
            inputs, _ = layer(inputs, hx, lengths=lengths, need_state=False)
            inputs = self.dropout(inputs)
        return self._attend(inputs, memory)

    def write(self, fed: Tensor, memory: Memory, lengths: Tensor) -> Tensor:
        """Scores `(sum of lengths, target)` of the token after each one fed, row after row, no
        padding among them."""
        vectors, weights = self.decode(fed, memory, lengths)
        live = torch.arange(fed.shape[1], device=fed.device) < lengths.unsqueeze(1)
        tokens = None if memory.tokens is None else memory.tokens.repeat_interleave(lengths, 0)
        return self.scores(vectors[live], None if weights is None else weights[live], tokens)

    def step(
        self, tokens: Tensor, state: Written, memory: Memory
    ) -> tuple[Tensor, Tensor | None, Written]:
        """One step of one or several rows for each memory, row after row: tokens `(rows,)` to
        scores `(rows, target)`, weights `(rows, memory steps)` and the state after it. Without
        dropout."""
        vectors, weights, state = self._step(self.target_embedding(tokens), state, memory)
        source = memory.tokens
        if source is not None:
            source = source.repeat_interleave(len(vectors) // len(source), 0)
        return self.scores(vectors, weights, source), weights, state

    def logits(self, vectors: Tensor) -> Tensor:
        """`(..., embedding)` to `(..., target)`."""
        return self.output(vectors)

    def scores(self, vectors: Tensor, weights: Tensor | None, tokens: Tensor | None) -> Tensor:
        """Of rows of vectors, their attention and the tokens it goes to: logits, up to a constant
        for each row."""
        return self.logits(vectors)

    def _hx(self, state: Written, layer: int) -> Any:
        parts = tuple(each[layer : layer + 1] for each in state.layers)
        return parts if self.parts == 2 else parts[0]

    def _attend(self, hidden: Tensor, memory: Memory) -> tuple[Tensor, Tensor | None]:
        if self.attention is None:
            assert memory.context is not None
            context = memory.context.unsqueeze(1).expand(-1, hidden.shape[1], -1)
            weights = None
        else:
            context, weights = self.attention(hidden, memory.values, memory.lengths, memory.keys)
        vectors = torch.tanh(self.combine(torch.cat([context, hidden], 2)))
        if memory.direct is not None:
            vectors = vectors + memory.direct.unsqueeze(1)
        return self.dropout(vectors), weights

    def _step(
        self, values: Tensor, state: Written, memory: Memory
    ) -> tuple[Tensor, Tensor | None, Written]:
        rows, sources = len(values), len(memory.lengths)
        if memory.context is not None:
            whole = memory.context.repeat_interleave(rows // sources, 0)
            values = torch.cat([values, whole], 1)
        elif state.feed is not None:
            values = torch.cat([values, state.feed], 1)
        after = []
        for k, layer in enumerate(self.decoder):
            if torch.is_grad_enabled():
                values, new = layer(values.unsqueeze(1), self._hx(state, k))
                values = self.dropout(values[:, 0])
            else:
                values, new = layer.step(values, self._hx(state, k))  # pyright: ignore
            after.append(new if self.parts == 2 else (new,))
        vectors, weights = self._attend(values.view(sources, rows // sources, -1), memory)
        vectors = vectors.flatten(0, 1)
        layers = tuple(torch.cat(each) for each in zip(*after, strict=True))
        state = Written(layers, None if state.feed is None else vectors)
        return vectors, None if weights is None else weights.flatten(0, 1), state

    def _fed_steps(self, inputs: Tensor, memory: Memory, state: Written) -> tuple[Tensor, Tensor]:
        vectors, weights = [], []
        for values in inputs.unbind(1):
            vector, weight, state = self._step(values, state, memory)
            vectors.append(vector)
            weights.append(weight)
        return torch.stack(vectors, 1), torch.stack(weights, 1)


def token_embedding(size: int, width: int) -> Embedding:
    """Vectors of tokens for a `Writer`, number 0 padding."""
    layer = Embedding(size, width, 0)
    # torch's standard deviation of 1 would drown what the layers begin with.
    torch.nn.init.normal_(layer.weight, std=0.1)
    with torch.no_grad():
        layer.weight[0] = 0
    return layer
