"""A recording read step by step, with an answer at each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from ostinato import nn
from ostinato.errors import DataError, OptionError, suggestion
from ostinato.tasks.sequence_classifier.module import (
    CAUSAL_POOLINGS,
    SequenceClassifierModule,
    probabilities,
)
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions
from ostinato.tasks.sequence_classifier.rows import SequenceRows


class Answer(NamedTuple):
    """What a stream says after a step.

    Attributes:
        step: its number, from 0.
        label: the likeliest class of the recording so far, or of the step where steps have labels;
            where a recording has several labels, a list of those at or above one half.
        confidence: the probability of that class; of several labels, the least certain one's.
        probabilities: of each class.
        decided: whether enough was seen; it stays so until `reset`, and so does the label.
    """

    step: int
    label: Any
    confidence: float
    probabilities: dict[Any, float]
    decided: bool


class SequenceStream:
    """`step(x)` takes the next step of a recording and answers for all so far.

    The answers are `predict_proba`'s of the steps so far, bit for bit. Memory does not grow.

    Args:
        threshold: confidence at which the class is decided, or None: never.

    Raises:
        OptionError: the model needs the whole recording.
    """

    def __init__(
        self,
        options: SequenceClassifierOptions,
        rows: SequenceRows,
        module: SequenceClassifierModule,
        threshold: float | None = None,
    ) -> None:
        check_causal(options, rows, module)
        self.rows, self.module, self.threshold = rows, module, threshold
        self._steppers = [nn.Stepper(layer) for layer in module.layers]
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        self.steps = 0
        self.decision: Any = None
        self._decided = False
        self._windows: list[Any] = [None] * len(self.module.convolutions)
        self._sums: list[Any] = [None] * len(self.module.poolings)
        self._highest: list[Any] = [None] * len(self.module.poolings)
        self._fixed = nn.FixedWeights()
        norms: Any = self.module.norms
        with torch.no_grad():
            self._lines = [tuple(part.numpy() for part in norm.line()) for norm in norms]
        for each in self._steppers:
            each.reset()

    def step(self, x: Any) -> Answer:
        """The answer after one more step.

        Args:
            x: channels by name, or their values in order; NaN is missing.

        Raises:
            DataError: a channel is missing, or a value is no number or infinite.
        """
        values = self._values(x)
        with torch.inference_mode(), self._fixed:
            read = self.rows.scaled(values[None])
            parts = self._outputs(read)
            if not self.module.by_step:
                parts = [self._pooled(k, part) for k, part in enumerate(parts)]
            joined = torch.from_numpy(np.concatenate(parts, 1))
            logits = self.module.head(joined).numpy()
        return self._answer(probabilities(logits, self.rows.several)[0])

    def _outputs(self, read: np.ndarray) -> list[np.ndarray]:
        """The convolutions' outputs, where there are, and the recurrent layers', `(1, size)`."""
        found = []
        pairs = zip(self.module.convolutions, self._lines, strict=True)
        for number, (convolution, (scale, shift)) in enumerate(pairs):
            values = torch.from_numpy(read)
            out, self._windows[number] = convolution.step(values, self._windows[number])  # pyright: ignore
            read = np.maximum(out.numpy() * scale + shift, 0)
        if self._lines:
            found.append(read)
        for each in self._steppers:
            read = each.step(read)
        return [*found, read]

    def _pooled(self, number: int, values: np.ndarray) -> np.ndarray:
        mode = self.module.pooling
        if mode == "last":
            return values
        first, parts = self._sums[number] is None, []
        self._sums[number] = values.astype(np.float64) if first else self._sums[number] + values
        self._highest[number] = values if first else np.maximum(self._highest[number], values)
        if mode != "max":
            parts.append((self._sums[number] / (self.steps + 1)).astype(np.float32))
        if mode != "mean":
            parts.append(self._highest[number])
        return np.concatenate(parts, 1)

    def _answer(self, found: np.ndarray) -> Answer:
        classes, step = self.rows.classes, self.steps
        self.steps += 1
        shares = dict(zip(classes, found.tolist(), strict=True))
        if self.rows.several:
            label: Any = [name for name, share in shares.items() if share >= 0.5]
            sure = float(np.maximum(found, 1 - found).min())
        else:
            label, sure = classes[int(found.argmax())], float(found.max())
        if not self._decided and self.threshold is not None and sure >= self.threshold:
            self._decided, self.decision = True, label
        return Answer(step, self.decision if self._decided else label, sure, shares, self._decided)

    def _values(self, x: Any) -> np.ndarray:
        names, where = self.rows.channels, f"stream, step {self.steps}"
        if isinstance(x, Mapping):
            for name in names:
                if name not in x:
                    raise DataError(
                        f"{where}: no channel {name!r}. Channels: {', '.join(map(str, x))}."
                        f"{suggestion(name, x)}"
                    )
            x = [x[name] for name in names]
        try:
            values = np.asarray(x, dtype=np.float64).reshape(-1)
        except (TypeError, ValueError):
            raise DataError(f"{where}: a step must be numbers, got {x!r:.80}.") from None
        if len(values) != len(names):
            raise DataError(
                f"{where}: a step must have {len(names)} channels as in fit, got {len(values)}."
            )
        if np.isinf(values).any():
            channel = int(np.isinf(values).argmax())
            raise DataError(
                f"{where}: channel {names[channel]} is infinite. Use NaN for what is missing."
            )
        return values.astype(np.float32)


def check_causal(
    options: SequenceClassifierOptions, rows: SequenceRows, module: SequenceClassifierModule
) -> None:
    """Refuse a stream of a model that needs the whole recording.

    Raises:
        OptionError: says which option it is.
    """
    where = "SequenceClassifier.stream"
    needed = {
        "bidirectional=False": not options.bidirectional,
        "scale 'channel' or 'none'": options.scale != "sequence",
        "pooling 'last', 'mean', 'max' or 'meanmax'": (
            rows.by_step or options.pooling in CAUSAL_POOLINGS
        ),
        "stride 1": module.stride == 1,
    }
    for what, there in needed.items():
        if not there:
            raise OptionError(
                f"{where}: needs {what}. Such a model must see the whole recording: use "
                "predict_proba, or fit one with that option."
            )
