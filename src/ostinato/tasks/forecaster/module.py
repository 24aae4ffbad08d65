"""What comes next in a series, from the window before it."""

from __future__ import annotations

import dataclasses
from math import gcd
from typing import Any

import torch
from torch import Tensor

from ostinato import nn
from ostinato.errors import ShapeError
from ostinato.tasks.forecaster.options import SizedOptions
from ostinato.tasks.forecaster.outputs import Output
from ostinato.tasks.layers import stacked

_LONGEST_SEGMENT = 48
_CODE = 16  # numbers that tell the rows ahead apart
_EFFECT = 64  # units between known columns and what they add
_FLAT = 1e-2  # the least spread of a window


def segment_of(options: SizedOptions) -> int:
    """Rows that make one step: as given, or the largest that divides past and horizon."""
    if options.segment is not None:
        return options.segment
    if options.strategy == "encoder_decoder":
        return 1
    common = gcd(options.past, options.horizon)
    return max(n for n in range(1, _LONGEST_SEGMENT + 1) if common % n == 0)


class ForecasterModule(torch.nn.Module):
    """Windows of series in, the steps that follow out, all of them at once.

    `segment=1` reads the window step by step: the cell sees every input column at each step, and
    one linear map turns its last output into all targets of all future steps.

    `segment=n` reads each target on its own with shared weights, n rows as one step, and
    decodes every future segment in one step from the same state, told apart by a learned code of
    its position and of its column (SegRNN, arXiv:2308.11200). Steps are n times fewer, and errors
    do not add up from segment to segment. Further input columns are read beside each target.

    With strategy "encoder_decoder" a second network begins with the state of the one that read row
    by row, and takes one step for each row ahead, told apart by a learned code (after Sutskever et
    al., arXiv:1409.3215; it does not read its own answers, as in Wen et al., arXiv:1711.11053).

    Several members have weights of their own, and answer their mean. With `scale_by="window"` the
    targets of each window are brought to a spread of 1 after the last value was subtracted, and
    what is answered back again (Kim et al., ICLR 2022, without learned scales).

    What is known ahead adds to each row's targets by a small network of its own, the same for every
    row: it is taken off the rows that are read and put on those that are answered, so that a
    promotion is learned from all rows that had one.

    Args:
        targets: columns to forecast, the first ones of the input.
        inputs: columns of the input: targets, regressors known up to now, columns known ahead.
        known: columns known ahead, the last of the input.
        statics: numbers that stay the same through a series.

    Attributes:
        horizon: steps that are answered at once: the options' horizon, or with strategy
            "recursive" one segment.
        output: what is said of each row to come.

    Shape:
        - x: `(batch, past, inputs)`, on the scale the caller chose.
        - future: `(batch, horizon, known)`, the known columns of the rows to come.
        - static: `(batch, statics)`.
        - returns: `(batch, horizon, targets, output.size)`, on the same scale.

    Raises:
        ShapeError: the input does not fit `past` and `inputs`.
    """

    def __init__(
        self,
        options: SizedOptions,
        *,
        targets: int,
        inputs: int,
        known: int = 0,
        statics: int = 0,
    ) -> None:
        super().__init__()
        sizes, segment = options.layer_sizes, segment_of(options)
        horizon = options.horizon
        if options.strategy == "recursive":
            horizon = min(segment, horizon)
        self.targets, self.past, self.horizon, self.inputs = targets, options.past, horizon, inputs
        self.known, self.statics = known, statics
        self.segment, self.subtract_last = segment, options.subtract_last
        self.by_window = options.scale_by == "window"
        self.output = Output(options.output, options.output_levels)
        width = sizes[0] if segment > 1 else inputs + statics
        self.layers = stacked(options, width, sizes)
        self.dropout = torch.nn.Dropout(options.dropout)
        self.effect = None
        if known:
            self.effect = torch.nn.Sequential(
                nn.Linear(known + statics, _EFFECT),
                torch.nn.ReLU(),
                torch.nn.Dropout(options.dropout),
                nn.Linear(_EFFECT, targets),
            )
        self.others = torch.nn.ModuleList()
        self._build(options, segment, width)
        alone = dataclasses.replace(options, members=1)
        for _ in range(options.members - 1):
            shape = {"targets": targets, "inputs": inputs, "known": known, "statics": statics}
            self.others.append(ForecasterModule(alone, **shape))

    def _build(self, options: SizedOptions, segment: int, width: int) -> None:
        """What decodes the state."""
        sizes, horizon, targets = options.layer_sizes, self.horizon, self.targets
        inputs, known, statics, size = self.inputs, self.known, self.statics, self.output.size
        self.decoder = None
        if options.strategy == "encoder_decoder":
            self.decoder = stacked(options, _CODE + known + statics, sizes)
            self.position_code = torch.nn.Parameter(torch.randn(horizon, _CODE))
            self.head = nn.Linear(sizes[-1], targets * size)
            return
        if segment == 1:
            self.head = nn.Linear(sizes[-1] + horizon * known, horizon * targets * size)
            return
        self.future = -(-horizon // segment)
        self.embedding = nn.Linear(segment * (1 + inputs - targets) + statics, width)
        self.ahead = nn.Linear(segment * known, width) if known else None
        self.position_code = torch.nn.Parameter(torch.randn(self.future, width // 2))
        self.column_code = torch.nn.Parameter(torch.randn(targets, width - width // 2))
        self.head = nn.Linear(sizes[-1], segment * size)

    def forward(self, x: Tensor, future: Tensor, static: Tensor) -> Tensor:
        answer = self.alone(x, future, static)
        for other in self.others:
            answer = answer + other(x, future, static)
        return answer / (1 + len(self.others)) if len(self.others) else answer

    def answers(self, x: Tensor, future: Tensor, static: Tensor) -> list[Tensor]:
        """What each member says, as `forward`: they learn by themselves, and answer together."""
        own = self.alone(x, future, static)
        return [own, *(other(x, future, static) for other in self.others)]

    def alone(self, x: Tensor, future: Tensor, static: Tensor) -> Tensor:
        """What the first member says."""
        if x.dim() != 3 or x.shape[1:] != (self.past, self.inputs):
            raise ShapeError(
                f"Forecaster: input must have shape (batch, {self.past}, {self.inputs}), got "
                f"{tuple(x.shape)}. The axes are batch, past and inputs."
            )
        own, extra = x[..., : self.targets], x[..., self.targets :]
        if self.effect is not None:
            own = own - self._effect(x[..., self.inputs - self.known :], static)
        last = own[:, -1:]
        if self.subtract_last:
            own = own - last
        if self.by_window:
            spread = (own.square().mean(1, keepdim=True) + _FLAT**2).sqrt()
            own = own / spread
        read = self._segments if self.segment > 1 else self._steps
        read = read if self.decoder is None else self._decoded
        answer = self.output.bounded(read(own, extra, future, static))
        if self.by_window:
            answer = self.output.stretched(answer, spread)
        if self.subtract_last:
            answer = self.output.moved(answer, last)
        if self.effect is not None:
            answer = self.output.moved(answer, self._effect(future, static))
        return answer

    def _effect(self, known: Tensor, static: Tensor) -> Tensor:
        """What known columns add to the targets of their row."""
        assert self.effect is not None
        beside = static[:, None].expand(-1, known.shape[1], -1)
        return self.effect(torch.cat([known, beside], dim=-1))

    def _steps(self, own: Tensor, extra: Tensor, future: Tensor, static: Tensor) -> Tensor:
        beside = static[:, None].expand(-1, own.shape[1], -1)
        outputs, _ = self._run(torch.cat([own, extra, beside], dim=-1), None)
        found = torch.cat([self.dropout(outputs[:, -1]), future.flatten(1)], dim=-1)
        return self.head(found).unflatten(1, (self.horizon, self.targets, self.output.size))

    def _decoded(self, own: Tensor, extra: Tensor, future: Tensor, static: Tensor) -> Tensor:
        beside = static[:, None].expand(-1, own.shape[1], -1)
        _, states = self._run(torch.cat([own, extra, beside], dim=-1), None)
        codes = self.position_code.expand(len(own), -1, -1)
        beside = static[:, None].expand(-1, self.horizon, -1)
        outputs, _ = self._run(torch.cat([codes, future, beside], -1), states, self.decoder)
        return self.head(self.dropout(outputs)).unflatten(2, (self.targets, self.output.size))

    def _segments(self, own: Tensor, extra: Tensor, future: Tensor, static: Tensor) -> Tensor:
        batch, steps = len(own), self.past // self.segment
        x = own.transpose(1, 2).reshape(batch * self.targets, steps, self.segment)
        if extra.shape[-1]:
            beside = extra.reshape(batch, 1, steps, -1).expand(-1, self.targets, -1, -1)
            x = torch.cat([x, beside.flatten(0, 1)], dim=-1)
        if static.shape[-1]:
            beside = static[:, None, None].expand(-1, self.targets, steps, -1)
            x = torch.cat([x, beside.flatten(0, 1)], dim=-1)
        _, states = self._run(torch.relu(self.embedding(x)), None)
        codes = torch.cat(
            [
                self.position_code[None].expand(self.targets, -1, -1),
                self.column_code[:, None].expand(-1, self.future, -1),
            ],
            dim=-1,
        )
        codes = codes[None].expand(batch, -1, -1, -1)
        if self.ahead is not None:
            beyond = self.future * self.segment - self.horizon
            padded = torch.nn.functional.pad(future, (0, 0, 0, beyond))
            codes = codes + self.ahead(padded.reshape(batch, 1, self.future, -1))
        codes = codes.flatten(0, 2)[:, None]  # (batch * targets * future, 1, width)
        outputs, _ = self._run(codes, [_repeat(state, self.future) for state in states])
        answer = self.head(self.dropout(outputs[:, 0]))
        answer = answer.reshape(batch, self.targets, self.future * self.segment, self.output.size)
        return answer[:, :, : self.horizon].transpose(1, 2)

    def _run(
        self, x: Tensor, states: list[Any] | None, layers: Any = None
    ) -> tuple[Tensor, list[Any]]:
        after = []
        for depth, layer in enumerate(self.layers if layers is None else layers):
            if depth:
                x = self.dropout(x)
            x, state = layer(x, None if states is None else states[depth])
            after.append(state)
        return x, after

    @torch.inference_mode()
    def roll(self, x: Tensor, future: Tensor, static: Tensor) -> Tensor:
        """What is said of any number of steps, `(batch, steps, targets, output.size)`; beyond what
        is answered at once the network reads its own forecasts, and columns that are not known
        ahead as they were in the last row. The bits of a row do not depend on the others.

        Args:
            x: `(batch, past, inputs)`.
            future: `(batch, steps, known)`, the columns of the input that are known ahead.
            static: `(batch, statics)`.
        """
        steps = future.shape[1]
        answers, done = [], 0
        while done < steps:
            known = future[:, done : done + self.horizon]
            missing = self.horizon - known.shape[1]
            padded = torch.cat([known, known[:, -1:].expand(-1, missing, -1)], dim=1)
            answer = self(x, padded, static)[:, : steps - done]
            answers.append(answer)
            done += answer.shape[1]
            if done < steps:
                held = x[:, -1:, self.targets : self.inputs - self.known]
                held = held.expand(-1, answer.shape[1], -1)
                x = torch.cat(
                    [x, torch.cat([self.output.middle(answer), held, known], dim=-1)], dim=1
                )
                x = x[:, -self.past :]
        return torch.cat(answers, dim=1)


def _repeat(state: Any, times: int) -> Any:
    """The state of each sequence, `times` times in a row."""
    if isinstance(state, tuple):
        return tuple(_repeat(part, times) for part in state)
    return state.repeat_interleave(times, dim=1)
