"""A convolution over steps whose answer for a sequence does not depend on the batch around it."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.errors import OptionError, ShapeError, check_number
from ostinato.nn.inputs import settled
from ostinato.nn.linear import Linear
from ostinato.ops.shared import live_steps

State = tuple[Tensor, int]


class Convolution(torch.nn.Module):
    """A linear map of each window of `width` steps, one window every `stride` steps.

    For each step k of the answer, with x_t = 0 before the first step and past the length:

        y_k = b + Σ_j W_j x_{k · stride + j − left}     j = 0 … width − 1

    `left` is (width − 1) // 2, so that a window of odd width lies around its step, or with
    `causal=True` width − 1, so that it ends with its step and `step` works. The weights are one
    `nn.Linear` over the window's steps, the earliest first: without gradients a sequence has the
    same bits alone, in any batch and step by step.

    Args:
        input_size: numbers of a step.
        output_size: numbers of a step of the answer.
        width: steps of a window.
        stride: steps from one window to the next; the answer has steps / stride, rounded up.
        causal: no window looks ahead.

    Shape:
        - input: `(batch, steps, input_size)`; lengths `(batch,)`, without them all steps count.
        - returns: `(batch, ceil(steps / stride), output_size)`, zero past each length, and the
          lengths `(batch,)` of the answers, ceil(length / stride).

    Raises:
        ShapeError: the input does not fit `input_size`.
        OptionError: a size is below 1.
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        width: int,
        *,
        stride: int = 1,
        causal: bool = False,
    ) -> None:
        super().__init__()
        sizes = {"input_size": input_size, "output_size": output_size}
        for name, value in (sizes | {"width": width, "stride": stride}).items():
            check_number("Convolution", name, value, low=1, whole=True)
        self.input_size, self.output_size = input_size, output_size
        self.width, self.stride, self.causal = width, stride, causal
        self.left = width - 1 if causal else (width - 1) // 2
        self.linear = Linear(width * input_size, output_size)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if x.dim() != 3 or x.shape[2] != self.input_size:
            raise ShapeError(
                f"Convolution: input must have shape (batch, steps, {self.input_size}), got "
                f"{tuple(x.shape)}. The last axis is input_size; batches come first."
            )
        batch, steps, _ = x.shape
        count = -(-steps // self.stride)
        if lengths is None:
            lengths = torch.full((batch,), steps, device=x.device)
        lengths = settled("Convolution", lengths, batch, steps, x.device)
        after = (lengths + self.stride - 1) // self.stride
        if not count:
            return x.new_zeros(batch, 0, self.output_size), after
        x = torch.where(live_steps(lengths, steps).unsqueeze(2), x, 0)
        right = (count - 1) * self.stride + self.width - self.left - steps
        x = torch.nn.functional.pad(x, (0, 0, self.left, right))
        answer = self._learning(x) if torch.is_grad_enabled() else self._alone(x)
        return torch.where(live_steps(after, count).unsqueeze(2), answer, 0), after

    def _alone(self, x: Tensor) -> Tensor:
        windows = x.unfold(1, self.width, self.stride).transpose(2, 3).flatten(2)
        return self.linear(windows)

    def _learning(self, x: Tensor) -> Tensor:
        """torch's convolution trains faster than a product of copied windows; the one of pictures,
        here one step high, ten times as fast on short sequences as the one of sequences."""
        weight = self.linear.weight.unflatten(1, (1, self.width, self.input_size))
        outputs = torch.nn.functional.conv2d(
            x.transpose(1, 2).unsqueeze(2),
            weight.permute(0, 3, 1, 2),
            self.linear.bias,
            (1, self.stride),
        )
        return outputs.squeeze(2).transpose(1, 2)

    def step(self, x: Tensor, state: State | None = None) -> tuple[Tensor | None, State]:
        """The next step `(batch, input_size)`: the answer `(batch, output_size)`, or None where no
        window ends with this step; and the state for the next call. None begins.

        Raises:
            OptionError: the windows look ahead.
        """
        if not self.causal:
            raise OptionError("Convolution.step: needs causal=True; these windows look ahead.")
        if state is None:
            state = x.new_zeros(len(x), self.width - 1, self.input_size), 0
        before, place = state
        window = torch.cat([before, x.unsqueeze(1)], 1)
        answer = None if place else self.linear(window.flatten(1))
        return answer, (window[:, 1:], (place + 1) % self.stride)

    def extra_repr(self) -> str:
        named = f", stride={self.stride}" if self.stride > 1 else ""
        named += ", causal=True" if self.causal else ""
        return f"{self.input_size}, {self.output_size}, {self.width}{named}"
