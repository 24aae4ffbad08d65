"""A recording read step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ostinato import nn
from ostinato.errors import DataError, OptionError, suggestion
from ostinato.tasks.recordings.channels import Channels
from ostinato.tasks.recordings.module import CAUSAL_POOLINGS, RecordingModule
from ostinato.tasks.recordings.options import RecordingOptions


class RecordingSteps:
    """What the network says after each step of a recording, with the bits that it says of the steps
    so far at once. Memory does not grow.

    Args:
        where: what messages name.

    Raises:
        OptionError: the model needs the whole recording.
    """

    def __init__(
        self, where: str, options: RecordingOptions, rows: Channels, module: RecordingModule
    ) -> None:
        check_causal(where, options, module)
        self.rows, self.module = rows, module
        self._steppers = [nn.Stepper(layer) for layer in module.layers]
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        self.steps = 0
        self._windows: list[Any] = [None] * len(self.module.convolutions)
        self._sums: list[Any] = [None] * len(self.module.poolings)
        self._highest: list[Any] = [None] * len(self.module.poolings)
        self._fixed = nn.FixedWeights()
        norms: Any = self.module.norms
        with torch.no_grad():
            self._lines = [tuple(part.numpy() for part in norm.line()) for norm in norms]
        for each in self._steppers:
            each.reset()

    def step(self, x: Any) -> np.ndarray:
        """The network's numbers `(outputs,)` after one more step.

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
            found = self.module.head(joined).numpy()[0]
        self.steps += 1
        return found

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


def check_causal(where: str, options: RecordingOptions, module: RecordingModule) -> None:
    """Refuse a stream of a model that needs the whole recording.

    Raises:
        OptionError: says which option it is.
    """
    needed = {
        "bidirectional=False": not options.bidirectional,
        "scale 'channel' or 'none'": options.scale != "sequence",
        "pooling 'last', 'mean', 'max' or 'meanmax'": (
            module.by_step or options.pooling in CAUSAL_POOLINGS
        ),
        "stride 1": module.stride == 1,
    }
    for what, there in needed.items():
        if not there:
            raise OptionError(
                f"{where}: needs {what}. Such a model must see the whole recording: use "
                "predict, or fit one with that option."
            )
