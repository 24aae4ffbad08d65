"""From the regions of an image to the words of its caption."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato import nn
from ostinato.data import PADDING, UNKNOWN
from ostinato.nn.attention import Attention
from ostinato.nn.product import ProductLinear
from ostinato.tasks.image_captioner.backbone import Backbone
from ostinato.tasks.image_captioner.options import ImageCaptionerOptions
from ostinato.tasks.image_captioner.vision import SmallEncoder
from ostinato.tasks.layers import stacked


class CaptionModule(nn.Writer):
    """An encoder of images, and a decoder with attention over their regions: see `nn.Writer`.

    A region is r_j = relu(W x_j), with x_j what the encoder, or the user, says of it. The summary
    is the mean and the maximum over regions; besides beginning the decoder's state, d = U summary
    is added to every v_t, a short way from what is in the image to its words. E d + b can be
    trained to tell them: see `told`.

    Args:
        options: see `ImageCaptionerOptions`.
        size: numbers of a region where features are given.
        target: size of the vocabulary, the end included.

    Shape:
        - looks: images `(batch, 3, size, size)` from 0 to 1, or features `(batch, regions, size)`
          with lengths `(batch,)`.
        - owner `(captions,)`: the image of each caption; fed `(captions, steps)`, the caption with
          the end in front, and its lengths `(captions,)`.
        - returns logits `(sum of caption lengths, target)`, row after row.
    """

    never = (PADDING, UNKNOWN)

    def __init__(self, options: ImageCaptionerOptions, *, size: int, target: int) -> None:
        hidden_size, embedding_size = options.hidden_size, options.embedding_size
        num_layers, parts = options.num_layers, 2 if options.cell == "lstm" else 1
        super().__init__(
            nn.token_embedding(target, embedding_size),
            ProductLinear(2 * hidden_size, parts * num_layers * hidden_size),
            stacked(options, embedding_size, [hidden_size] * num_layers),
            Attention(hidden_size, hidden_size, options.attention),
            memory_size=hidden_size,
            dropout=options.dropout,
        )
        self.encoder = None
        if options.encoder == "small":
            self.encoder = SmallEncoder(options.channels, options.grid)
        elif options.encoder != "features":
            self.encoder = Backbone(options.encoder, options.image_size)
        width = size if self.encoder is None else self.encoder.output_size
        self.region = ProductLinear(width, hidden_size)
        self.whole = nn.Pooling("meanmax", hidden_size)
        self.direct = ProductLinear(2 * hidden_size, embedding_size)

    def see(self, images: Tensor) -> Tensor:
        """Images to regions, `(batch, regions, size)`."""
        assert self.encoder is not None
        return self.encoder(images)

    def encode(self, regions: Tensor, lengths: Tensor) -> nn.Memory:
        """What the decoder needs of images' regions."""
        values = self.dropout(torch.relu(self.region(regions)))
        summary = self.dropout(self.whole(values, lengths))
        assert self.attention is not None
        return nn.Memory(
            values=values,
            lengths=lengths,
            summary=summary,
            keys=self.attention.keys(values),
            direct=self.direct(summary),
        )

    def told(self, memory: nn.Memory) -> Tensor:
        """Logits `(batch, target)` of each word being somewhere in the captions."""
        assert memory.direct is not None
        return self.logits(memory.direct)

    def forward(
        self, regions: Tensor, regions_lengths: Tensor, owner: Tensor, fed: Tensor, lengths: Tensor
    ) -> Tensor:
        return self.write(fed, self.encode(regions, regions_lengths).pick(owner), lengths)
