"""From the tokens of one sequence to those of another."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato import nn
from ostinato.nn.attention import Attention
from ostinato.nn.product import ProductLinear
from ostinato.tasks.layers import stacked
from ostinato.tasks.translator.options import TranslatorOptions


class TranslatorModule(nn.Writer):
    """Encoder, and a decoder with attention over it: see `nn.Writer`.

    The encoder's layers read the source from both ends. The source's summary has last outputs,
    mean and maximum over steps. Without attention tanh(V summary) stands for the context; the
    summary then holds mean and maximum of the embeddings too, and U context is added to v_t, a
    short way from the source's words to the target's.

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
        embedding_size, hidden_size = options.embedding_size, options.hidden_size
        num_layers, attends = options.num_layers, options.attention != "none"
        directions = 2 if options.bidirectional else 1

        # Weights are drawn in this order, whatever order the parts are kept in.
        embedding = nn.token_embedding(target, embedding_size)
        read = (
            embedding if options.shared_vocabulary else nn.token_embedding(source, embedding_size)
        )
        half = [hidden_size // directions] * num_layers
        encoder = stacked(options, embedding_size, half, bidirectional=options.bidirectional)
        bag = None if attends else nn.Pooling("meanmax", embedding_size)
        summary = 3 * hidden_size + (bag.output_size if bag else 0)
        parts = 2 if options.cell == "lstm" else 1
        bridge = ProductLinear(summary, parts * num_layers * hidden_size)
        attention = context = direct = None
        if attends:
            attention = Attention(hidden_size, hidden_size, options.attention)
            extra = embedding_size if options.input_feeding else 0
        else:
            extra = hidden_size
            context = ProductLinear(summary, hidden_size)
            direct = ProductLinear(hidden_size, embedding_size)
        super().__init__(
            embedding,
            bridge,
            stacked(options, embedding_size + extra, [hidden_size] * num_layers),
            attention,
            memory_size=hidden_size,
            dropout=options.dropout,
            step_mask=options.step_mask,
            input_feeding=options.input_feeding,
        )
        self.source_embedding, self.encoder = read, encoder
        self.last = nn.Pooling("last", hidden_size, directions=directions)
        self.whole = nn.Pooling("meanmax", hidden_size)
        self.bag, self.context, self.direct = bag, context, direct
        self.gate = ProductLinear(embedding_size, 1) if options.pointer else None
        told = summary if attends else hidden_size
        self.words = ProductLinear(told, embedding_size) if options.word_prediction else None

    def encode(self, source: Tensor, lengths: Tensor) -> nn.Memory:
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
        if self.attention is not None:
            keys = self.attention.keys(values)
        elif self.context is not None and self.direct is not None:
            context = self.dropout(torch.tanh(self.context(summary)))
            direct = self.direct(context)
        return nn.Memory(
            values=values,
            lengths=lengths,
            summary=summary,
            keys=keys,
            context=context,
            direct=direct,
            tokens=source,
        )

    def forward(
        self, source: Tensor, source_lengths: Tensor, fed: Tensor, lengths: Tensor
    ) -> Tensor:
        return self.write(fed, self.encode(source, source_lengths), lengths)

    def told(self, memory: nn.Memory) -> Tensor:
        """Logits `(batch, target)` of the target's tokens, in any order, from the summary alone
        (word prediction: Weng et al., arXiv:1708.01771)."""
        assert self.words is not None
        seen = memory.summary if memory.context is None else memory.context
        return self.logits(self.dropout(torch.tanh(self.words(seen))))

    def scores(self, vectors: Tensor, weights: Tensor | None, tokens: Tensor | None) -> Tensor:
        """Of rows of vectors, their attention and the tokens it goes to."""
        logits = self.logits(vectors)
        if self.gate is None or weights is None or tokens is None:
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
            scores = self.scores(vectors.flatten(0, 1), looked, tokens)
            written = scores.argmax(1).view(fed.shape).roll(1, 1)
            chosen = torch.rand(fed.shape, device=fed.device) < share
            chosen[:, 0] = False
            return torch.where(chosen, written, fed)
