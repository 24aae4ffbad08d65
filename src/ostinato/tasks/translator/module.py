"""From the tokens of one sequence to those of another."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from ostinato import nn
from ostinato.nn.attention import Attention
from ostinato.nn.dropout import Dropout
from ostinato.nn.product import ProductLinear
from ostinato.tasks.layers import recurrent
from ostinato.tasks.translator.options import TranslatorOptions


@dataclass(frozen=True)
class Memory:
    """What an encoder read.

    Attributes:
        values: outputs `(batch, steps, hidden)`.
        lengths: `(batch,)`.
        summary: the whole as one vector `(batch, 3 * hidden)`, without attention with
            `2 * embedding` more.
        context: without attention, what every step of the decoder is told, `(batch, hidden)`.
        direct: without attention, what is added to every v_t, `(batch, embedding)`.
        keys: of the attention, `(batch, steps, hidden)`.
        tokens: what was read, `(batch, steps)`.
    """

    values: Tensor
    lengths: Tensor
    summary: Tensor
    context: Tensor | None
    direct: Tensor | None
    keys: Tensor | None
    tokens: Tensor

    def pick(self, rows: Tensor) -> Memory:
        """The memory of those rows."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        chosen: Any = {name: None if part is None else part[rows] for name, part in parts.items()}
        return Memory(**chosen)


@dataclass(frozen=True)
class State:
    """Where a decoder stands: (h, c) or (h,), each `(layers, batch, hidden)`, and with input
    feeding the last attentional vector `(batch, embedding)`."""

    layers: tuple[Tensor, ...]
    feed: Tensor | None = None

    def pick(self, rows: Tensor) -> State:
        """The state of those rows."""
        feed = None if self.feed is None else self.feed[rows]
        return State(tuple(each[:, rows] for each in self.layers), feed)


class TranslatorModule(torch.nn.Module):
    """Encoder, decoder, and attention of the one over the other.

    The encoder's layers read the source from both ends. The decoder's start from the source's
    summary (last outputs, mean and maximum over steps). Attention acts after the last layer, so
    that under teacher forcing all steps run as one recurrence, then once for all:

        context, a = attention(h_t, memory);  v_t = tanh(W [context; h_t])   (Luong et al.,
        logits = E v_t + b                                                    arXiv:1508.04025)

    with E the target's embedding (Press & Wolf, arXiv:1608.05859). With input feeding v_t also
    enters the next step (section 3.3 there), and steps run one by one. Without attention
    tanh(V summary) stands for the context, and also enters every step (Cho et al.,
    arXiv:1406.1078); the summary then holds mean and maximum of the embeddings too, and U context
    is added to v_t, a short way from the source's words to the target's.

    With a pointer, p = (1 − g) softmax(logits) + g Σ_j a_j [source_j], with g = σ(u · v_t): the
    source's tokens can be copied (See et al., arXiv:1704.04368, section 2.2).

    Number `target - 1` of a target, and `source - 1` of a source, is the end of a sequence; the
    target's is also what the decoder is fed first.

    Args:
        options: see `TranslatorOptions`.
        source, target: sizes of the vocabularies, the end included.

    Shape:
        - source `(batch, steps)`, source_lengths `(batch,)`; fed `(batch, target_steps)`, the
          target with the end in front, and its lengths `(batch,)`.
        - returns logits `(sum of target lengths, target)`, with a pointer log p, row after row, no
          padding among them.
    """

    def __init__(
        self,
        options: TranslatorOptions,
        *,
        source: int,
        target: int,
    ) -> None:
        super().__init__()
        self.end = target - 1
        cell, attention = options.cell, options.attention
        embedding_size, hidden_size = options.embedding_size, options.hidden_size
        num_layers, input_feeding = options.num_layers, options.input_feeding
        self.input_feeding = input_feeding
        self.target_embedding = _embedding(target, embedding_size)
        self.source_embedding = (
            self.target_embedding
            if options.shared_vocabulary
            else _embedding(source, embedding_size)
        )
        self.step_mask = nn.StepMask(options.step_mask)
        self.dropout = Dropout(options.dropout)
        directions = 2 if options.bidirectional else 1

        def layers(size: int, width: int, **more: Any) -> torch.nn.ModuleList:
            sizes = [size, *[hidden_size] * (num_layers - 1)]
            more |= {"recurrent_dropout": options.recurrent_dropout, "init": options.init}
            return torch.nn.ModuleList(recurrent(options, each, width, **more) for each in sizes)

        self.encoder = layers(
            embedding_size, hidden_size // directions, bidirectional=options.bidirectional
        )
        self.last = nn.Pooling("last", hidden_size, directions=directions)
        self.whole = nn.Pooling("meanmax", hidden_size)
        self.parts = 2 if cell == "lstm" else 1
        self.bag = nn.Pooling("meanmax", embedding_size) if attention == "none" else None
        summary = 3 * hidden_size + (self.bag.output_size if self.bag else 0)
        self.bridge = ProductLinear(summary, self.parts * num_layers * hidden_size)
        if attention == "none":
            self.attention, extra = None, hidden_size
            self.context = ProductLinear(summary, hidden_size)
            self.direct = ProductLinear(hidden_size, embedding_size)
        else:
            self.attention = Attention(hidden_size, hidden_size, attention)
            extra = embedding_size if input_feeding else 0
        self.decoder = layers(embedding_size + extra, hidden_size)
        self.combine = ProductLinear(2 * hidden_size, embedding_size)
        self.output = ProductLinear(embedding_size, target)
        self.output.weight = self.target_embedding.weight
        torch.nn.init.zeros_(self.output.bias)
        self.gate = ProductLinear(embedding_size, 1) if options.pointer else None
        told = hidden_size if attention == "none" else summary
        self.words = ProductLinear(told, embedding_size) if options.word_prediction else None

    # Reading.

    def encode(self, source: Tensor, lengths: Tensor) -> Memory:
        """What the decoder needs of the sources."""
        values = read = self.dropout(self.step_mask(self.source_embedding(source)))
        for layer in self.encoder:
            values, _ = layer(values, lengths=lengths, need_state=False)
            values = self.dropout(values)
        parts = [self.last(values, lengths), self.whole(values, lengths)]
        if self.bag is not None:
            parts.append(self.bag(read, lengths))
        summary = torch.cat(parts, 1)
        keys = context = direct = None
        if self.attention is None:
            context = self.dropout(torch.tanh(self.context(summary)))
            direct = self.direct(context)
        else:
            keys = self.attention.keys(values)
        return Memory(values, lengths, summary, context, direct, keys, source)

    def start(self, memory: Memory) -> State:
        """The decoder's state before its first step."""
        batch, layers = len(memory.lengths), len(self.decoder)
        parts = self.bridge(memory.summary).view(batch, self.parts, layers, -1)
        first, *rest = (each.transpose(0, 1).contiguous() for each in parts.unbind(1))
        width = self.combine.out_features
        feed = memory.values.new_zeros(batch, width) if self.input_feeding else None
        return State((torch.tanh(first), *rest), feed)

    # Writing.

    def decode(self, fed: Tensor, memory: Memory, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        """Attentional vectors `(batch, steps, embedding)` for every token fed, and the weights
        `(batch, steps, source steps)`; None without attention."""
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

    def logits(self, vectors: Tensor) -> Tensor:
        """`(..., embedding)` to `(..., target)`."""
        return self.output(vectors)

    def step(
        self, tokens: Tensor, state: State, memory: Memory
    ) -> tuple[Tensor, Tensor | None, State]:
        """One step of one or several rows for each memory, row after row: tokens `(rows,)` to
        logits `(rows, target)`, weights `(rows, source steps)` and the state after it. Without
        dropout."""
        vectors, weights, state = self._step(self.target_embedding(tokens), state, memory)
        tokens = memory.tokens.repeat_interleave(len(vectors) // len(memory.tokens), 0)
        return self._scores(vectors, weights, tokens), weights, state

    def forward(
        self, source: Tensor, source_lengths: Tensor, fed: Tensor, lengths: Tensor
    ) -> Tensor:
        return self.write(fed, self.encode(source, source_lengths), lengths)

    def write(self, fed: Tensor, memory: Memory, lengths: Tensor) -> Tensor:
        """What the whole module returns, from sources that were read."""
        vectors, weights = self.decode(fed, memory, lengths)
        live = torch.arange(fed.shape[1], device=fed.device) < lengths.unsqueeze(1)
        tokens = memory.tokens.repeat_interleave(lengths, 0)
        return self._scores(vectors[live], None if weights is None else weights[live], tokens)

    def told(self, memory: Memory) -> Tensor:
        """Logits `(batch, target)` of the target's tokens, in any order, from the summary alone
        (word prediction: Weng et al., arXiv:1708.01771)."""
        assert self.words is not None
        seen = memory.summary if memory.context is None else memory.context
        return self.logits(self.dropout(torch.tanh(self.words(seen))))

    def _scores(self, vectors: Tensor, weights: Tensor | None, tokens: Tensor) -> Tensor:
        """Of rows of vectors, their attention and the tokens it goes to."""
        logits = self.logits(vectors)
        if self.gate is None or weights is None:
            return logits
        share = torch.sigmoid(self.gate(vectors))
        p = (torch.softmax(logits, 1) * (1 - share)).scatter_add(1, tokens, share * weights)
        return torch.log(p + 1e-9)

    def mixed(self, source: Tensor, source_lengths: Tensor, fed: Tensor, share: float) -> Tensor:
        """`fed` with a share of its tokens, but never the first, replaced by what the model would
        have written there: scheduled sampling (Bengio et al., arXiv:1506.03099) in two passes
        (Mihaylova & Martins, arXiv:1906.07651), so that the decoder still runs as one recurrence.
        """
        with torch.no_grad():
            every = torch.full_like(source_lengths, fed.shape[1])
            vectors, weights = self.decode(fed, self.encode(source, source_lengths), every)
            looked = None if weights is None else weights.flatten(0, 1)
            tokens = source.repeat_interleave(fed.shape[1], 0)
            scores = self._scores(vectors.flatten(0, 1), looked, tokens)
            written = scores.argmax(1).view(fed.shape).roll(1, 1)
            chosen = torch.rand(fed.shape, device=fed.device) < share
            chosen[:, 0] = False
            return torch.where(chosen, written, fed)

    def _hx(self, state: State, layer: int) -> Any:
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
        self, values: Tensor, state: State, memory: Memory
    ) -> tuple[Tensor, Tensor | None, State]:
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
        state = State(layers, None if state.feed is None else vectors)
        return vectors, None if weights is None else weights.flatten(0, 1), state

    def _fed_steps(self, inputs: Tensor, memory: Memory, state: State) -> tuple[Tensor, Tensor]:
        vectors, weights = [], []
        for values in inputs.unbind(1):
            vector, weight, state = self._step(values, state, memory)
            vectors.append(vector)
            weights.append(weight)
        return torch.stack(vectors, 1), torch.stack(weights, 1)


def _embedding(size: int, width: int) -> nn.Embedding:
    layer = nn.Embedding(size, width, 0)
    # torch's standard deviation of 1 would drown what the layers begin with.
    torch.nn.init.normal_(layer.weight, std=0.1)
    with torch.no_grad():
        layer.weight[0] = 0
    return layer
