"""What `ImageCaptioner`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, VocabularyOptions, option
from ostinato.tasks.options import EstimatorOptions

MOST_BEAM = 1_000  # a wider beam would answer for hours and no better


class ImageCaptionerOptions(RecurrenceOptions, VocabularyOptions, EstimatorOptions):
    """Options of `ImageCaptioner`."""

    encoder: str = option(
        "What looks at the images. small: a small convolutional network that is trained along. "
        "features: nothing, since the images are given as arrays of numbers computed elsewhere. "
        "Otherwise the name of a model of torchvision, or timm, whose weights stay as they are.",
        default="small",
    )
    weights: str | None = option(
        "File with the weights of the model that `encoder` names (.pth or .safetensors). Without "
        "it they must be in torch's folder of downloads. Nothing is downloaded.",
        default=None,
    )
    image_size: int = option(
        "Pixels of an image's sides when it is looked at; images are stretched to it. A named "
        "encoder mostly wants 224. More pixels show smaller things, and take longer.",
        default=64,
        low=16,
        high=1024,
    )
    grid: int = option(
        "Regions along each side among which attention chooses. For encoder='small'.",
        default=4,
        low=1,
        high=32,
    )
    channels: int = option(
        "Width of the small encoder: its last layer has four times as many. More see more, with "
        "thousands of images to learn from.",
        default=32,
        low=1,
        high=1024,
    )
    augment: float = option(
        "How strongly images are changed in training: mirrored, cut, moved, made lighter or "
        "darker. 0 leaves them as they are; 1 is what few photographs need. Use 0 where left and "
        "right or colours matter.",
        default=1.0,
        low=0,
        high=2,
    )
    level: Literal["word", "char", "bpe"] = "word"
    min_count: int = 5
    lowercase: bool = True
    embedding_size: int = option(
        "Numbers in the vector that stands for a word.", default=128, low=1
    )
    hidden_size: int = option(
        "Units of each recurrent layer, and numbers that stand for a region.", default=256, low=1
    )
    num_layers: int = option("Recurrent layers.", default=1, low=1, high=100)
    attention: Literal["multiplicative", "additive"] = option(
        "How each word looks at the regions. multiplicative: by products (arXiv:1508.04025), "
        "quick. additive: by a small network (arXiv:1409.0473).",
        default="multiplicative",
    )
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    dropout: float = 0.5
    init: Literal["torch", "keras", "orthogonal"] = "keras"
    label_smoothing: float = option(
        "Share of the probability that training gives to all words alike, instead of to the right "
        "one. It keeps the model from being too sure.",
        default=0.1,
        low=0,
        below=1,
    )
    word_prediction: float = option(
        "Weight of a second task in training: to tell which words an image's captions have from "
        "the image alone. It teaches the encoder what is worth seeing. 0 is off.",
        default=1.0,
        low=0,
    )
    beam: int = option(
        "Beginnings of captions that are kept at each step. More often find better ones, and take "
        "longer. 1 takes the likeliest word at each step, which is the quickest.",
        default=5,
        low=1,
        high=MOST_BEAM,
    )
    length_penalty: float = option(
        "How much longer captions are favoured (arXiv:1609.08144, section 7). Raise it where "
        "captions are too short.",
        default=1.0,
        low=0,
        high=100,
    )
    min_length: int = option("Fewest words of a caption.", default=1, low=0, high=10_000)
    epochs: int = 20
    batch_size: int = 32
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"] = "adamw"
    weight_decay: float = 0.01
    learning_rate: float = 2e-3
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )
    warmup: float = 0.2

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.weights is not None and self.encoder in ("small", "features"):
            raise OptionError(
                f"{where}: weights needs the name of a model as encoder, got encoder="
                f"{self.encoder!r}. For example encoder='resnet18'."
            )
        if self.encoder == "small" and self.grid > self.image_size // 4:
            raise OptionError(
                f"{where}: grid must be at most a quarter of image_size, {self.image_size // 4}, "
                f"got {self.grid}. Regions need pixels."
            )
