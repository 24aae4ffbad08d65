"""What comes next in a series, from the window before it."""

from __future__ import annotations

from typing import Any

import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError, check_choice, check_number

CELLS = ("gru", "lstm", "rnn")


class ForecasterModel(torch.nn.Module):
    """Windows of a series in, the steps that follow out, all of them at once.

    `segment=1` reads the window step by step: the cell sees every input column at each step, and
    one linear map turns its last output into all targets of all future steps.

    `segment=n` reads each target on its own with shared weights, n rows as one step, and
    decodes every future segment in one step from the same state, told apart by a learned code of
    its position and of its column (SegRNN, arXiv:2308.11200). Steps are n times fewer, and errors
    do not add up from segment to segment. Further input columns are read beside each target.

    Args:
        targets: columns to forecast, the first ones of the input.
        past: steps in the window.
        horizon: steps to forecast.
        inputs: columns of the input, at least `targets`; None for no more than the targets.
        segment: rows that make one step; divides `past`.
        cell: "gru", "lstm" or "rnn".
        hidden_size: units of each layer.
        dropout: share of the values hidden between layers and before the last map.
        recurrent_dropout: share of the state hidden, one mask per sequence.
        subtract_last: the targets' last values are taken from the window and added to the
            forecast, so that the level of the series need not be learned.

    Shape:
        - input: `(batch, past, inputs)`, on the scale the caller chose.
        - returns: `(batch, horizon, targets)`, on the same scale.

    Raises:
        OptionError: an argument is not allowed.
        ShapeError: the input does not fit `past` and `inputs`.
    """

    def __init__(
        self,
        *,
        targets: int,
        past: int,
        horizon: int,
        inputs: int | None = None,
        segment: int = 1,
        cell: str = "gru",
        hidden_size: int | tuple[int, ...] = 128,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        subtract_last: bool = True,
    ) -> None:
        super().__init__()
        where = "ForecasterModel"
        sizes = (hidden_size,) if isinstance(hidden_size, int) else tuple(hidden_size)
        for name, value in (("targets", targets), ("past", past), ("horizon", horizon)):
            check_number(where, name, value, low=1, whole=True)
        check_number(where, "segment", segment, low=1, high=past, whole=True)
        check_choice(where, "cell", cell, CELLS)
        if not sizes:
            raise OptionError(f"{where}: hidden_size must have at least one layer, got ().")
        for size in sizes:
            check_number(where, "hidden_size", size, low=1, whole=True)
        if past % segment:
            raise OptionError(
                f"{where}: segment must divide past {past}, got {segment}. "
                "Choose another segment, or 1 to read step by step."
            )
        self.targets, self.past, self.horizon = targets, past, horizon
        self.inputs = targets if inputs is None else inputs
        self.segment, self.subtract_last = segment, subtract_last
        extra = self.inputs - targets
        width = sizes[0] if segment > 1 else self.inputs
        kind = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}[cell]
        options: dict[str, Any] = {}
        if recurrent_dropout:
            options["recurrent_dropout"] = recurrent_dropout
        self.layers = torch.nn.ModuleList(
            kind(before, size, batch_first=True, **options)
            for before, size in zip((width, *sizes[:-1]), sizes, strict=True)
        )
        self.dropout = torch.nn.Dropout(dropout)
        if segment == 1:
            self.head = nn.Linear(sizes[-1], horizon * targets)
            return
        self.future = -(-horizon // segment)
        self.embedding = nn.Linear(segment * (1 + extra), width)
        self.position_code = torch.nn.Parameter(torch.randn(self.future, width // 2))
        self.column_code = torch.nn.Parameter(torch.randn(targets, width - width // 2))
        self.head = nn.Linear(sizes[-1], segment)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() != 3 or x.shape[1:] != (self.past, self.inputs):
            raise ShapeError(
                f"ForecasterModel: input must have shape (batch, {self.past}, {self.inputs}), got "
                f"{tuple(x.shape)}. The axes are batch, past and inputs."
            )
        own, extra = x[..., : self.targets], x[..., self.targets :]
        last = own[:, -1:]
        if self.subtract_last:
            own = own - last
        answer = self._segments(own, extra) if self.segment > 1 else self._steps(own, extra)
        return answer + last if self.subtract_last else answer

    def _steps(self, own: torch.Tensor, extra: torch.Tensor) -> torch.Tensor:
        outputs, _ = self._run(torch.cat([own, extra], dim=-1), None)
        answer = self.head(self.dropout(outputs[:, -1]))
        return answer.unflatten(1, (self.horizon, self.targets))

    def _segments(self, own: torch.Tensor, extra: torch.Tensor) -> torch.Tensor:
        batch, steps = len(own), self.past // self.segment
        x = own.transpose(1, 2).reshape(batch * self.targets, steps, self.segment)
        if extra.shape[-1]:
            beside = extra.reshape(batch, 1, steps, -1).expand(-1, self.targets, -1, -1)
            x = torch.cat([x, beside.flatten(0, 1)], dim=-1)
        _, states = self._run(torch.relu(self.embedding(x)), None)
        codes = torch.cat(
            [
                self.position_code[None].expand(self.targets, -1, -1),
                self.column_code[:, None].expand(-1, self.future, -1),
            ],
            dim=-1,
        )
        codes = codes.flatten(0, 1).repeat(batch, 1)[
            :, None
        ]  # (batch * targets * future, 1, width)
        outputs, _ = self._run(codes, [_repeat(state, self.future) for state in states])
        answer = self.head(self.dropout(outputs[:, 0]))
        answer = answer.reshape(batch, self.targets, self.future * self.segment)
        return answer[..., : self.horizon].transpose(1, 2)

    def _run(self, x: torch.Tensor, states: list[Any] | None) -> tuple[torch.Tensor, list[Any]]:
        after = []
        for depth, layer in enumerate(self.layers):
            if depth:
                x = self.dropout(x)
            x, state = layer(x, None if states is None else states[depth])
            after.append(state)
        return x, after


def _repeat(state: Any, times: int) -> Any:
    """The state of each sequence, `times` times in a row."""
    if isinstance(state, tuple):
        return tuple(_repeat(part, times) for part in state)
    return state.repeat_interleave(times, dim=1)
