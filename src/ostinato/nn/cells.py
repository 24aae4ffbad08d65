"""One step of a recurrence as a layer: supersets of torch.nn's cells."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from ostinato.errors import OptionError, ShapeError, check_choice, check_number
from ostinato.nn.dropout import chosen_quickly
from ostinato.nn.initial import INITS, fill
from ostinato.nn.options import described
from ostinato.ops import gru_step, lstm_step, rnn_step


class Cell(torch.nn.Module):
    """The base of RNNCell, GRUCell and LSTMCell; see those."""

    cell: ClassVar[str]
    gates: int
    suffixes: ClassVar[list[str]] = [""]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        device: Any,
        dtype: Any,
        *,
        zoneout: float = 0.0,
        layer_norm: bool = False,
        init: str = "torch",
        peephole: bool = False,
        forget_bias: float | None = None,
    ) -> None:
        super().__init__()
        where = type(self).__name__
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size)):
            check_number(where, name, value, low=1, whole=True)
        check_number(where, "zoneout", zoneout, low=0, high=1)
        check_choice(where, "init", init, INITS)
        if forget_bias is not None and not bias:
            raise OptionError(
                f"{where}: forget_bias must be None with bias=False, got {forget_bias!r}."
            )
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.zoneout, self.layer_norm, self.init = zoneout, layer_norm, init
        self.peephole, self.forget_bias = peephole, forget_bias
        rows = self.gates * hidden_size
        shapes: dict[str, tuple[int, ...] | None] = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,) if bias else None,
            "bias_hh": (rows,) if bias else None,
        }
        if layer_norm:
            shapes |= {"gain_ih": (rows,), "gain_hh": (rows,)}
            if self.cell == "lstm":
                shapes |= {"gain_cell": (hidden_size,), "bias_cell": (hidden_size,)}
        if peephole:
            shapes["weight_peephole"] = (3 * hidden_size,)
        for name, shape in shapes.items():
            made = None if shape is None else torch.empty(*shape, device=device, dtype=dtype)
            held = made if made is None else torch.nn.Parameter(made)
            self.register_parameter(name, held)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every parameter anew, by `init`."""
        fill(self)

    def _run(self, input: Tensor, states: tuple[Tensor | None, ...]) -> tuple[Tensor, ...]:
        """The next states, batched as the input is."""
        where, size = type(self).__name__, self.input_size
        if input.dim() not in (1, 2) or input.shape[-1] != size:
            raise ShapeError(
                f"{where}: input must have shape (batch, {size}) or ({size},), got "
                f"{tuple(input.shape)}."
            )
        single = input.dim() == 1
        x = input.unsqueeze(0) if single else input
        shape = (len(x), self.hidden_size)
        given = []
        for name, each in zip("hc", states, strict=False):
            each = x.new_zeros(shape) if each is None else each.unsqueeze(0) if single else each
            if tuple(each.shape) != shape:
                raise ShapeError(
                    f"{where}: state {name} must have shape {shape[single:]}, got "
                    f"{tuple(each.shape[single:])}."
                )
            given.append(each)
        weights = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
        options = self._settings()
        names = ("zoneout", "zoneout_cell")[: len(given)]
        if self.zoneout:
            for name in names:
                drawn = chosen_quickly(shape, self.zoneout, x.device) if self.training else None
                options[name] = self.zoneout if drawn is None else drawn
        if self.layer_norm:
            norms = ("gain_ih", "gain_hh", "gain_cell", "bias_cell")
            options["layer_norm"] = tuple(getattr(self, n) for n in norms if hasattr(self, n))
        steps = {"rnn": rnn_step, "gru": gru_step, "lstm": lstm_step}
        found = steps[self.cell](x, *given, *weights, **options)
        new = found if isinstance(found, tuple) else (found,)
        return tuple(each.squeeze(0) for each in new) if single else new

    def _settings(self) -> dict[str, Any]:
        """Keyword arguments of the cell's function in `ostinato.ops`."""
        return {}

    def extra_repr(self) -> str:
        return described(self)


class RNNCell(Cell):
    """One step of `nn.RNN`, a superset of `torch.nn.RNNCell`.

    Args:
        zoneout, layer_norm, init: as in `nn.RNN`.

    Shape:
        - input `(batch, input_size)` or `(input_size,)`, hx `(batch, hidden_size)` or
          `(hidden_size,)`, zeros where it is not given; returns the next hx.

    Raises:
        OptionError: a value that is not allowed.
        ShapeError: input or hx does not fit.
    """

    cell, gates = "rnn", 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
        *,
        zoneout: float = 0.0,
        layer_norm: bool = False,
        init: str = "torch",
    ) -> None:
        check_choice("RNNCell", "nonlinearity", nonlinearity, ("tanh", "relu"))
        self.nonlinearity = nonlinearity
        more = {"zoneout": zoneout, "layer_norm": layer_norm, "init": init}
        super().__init__(input_size, hidden_size, bias, device, dtype, **more)

    def _settings(self) -> dict[str, Any]:
        return {"activation": self.nonlinearity}

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, (hx,))[0]


class GRUCell(Cell):
    """One step of `nn.GRU`, a superset of `torch.nn.GRUCell`.

    Args:
        zoneout, layer_norm, init, reset_after: as in `nn.GRU`.

    The shapes and what is raised are those of `RNNCell`.
    """

    cell, gates = "gru", 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        reset_after: bool = True,
        zoneout: float = 0.0,
        layer_norm: bool = False,
        init: str = "torch",
    ) -> None:
        self.reset_after = reset_after
        more = {"zoneout": zoneout, "layer_norm": layer_norm, "init": init}
        super().__init__(input_size, hidden_size, bias, device, dtype, **more)

    def _settings(self) -> dict[str, Any]:
        return {"reset_after": self.reset_after}

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, (hx,))[0]


class LSTMCell(Cell):
    """One step of `nn.LSTM`, a superset of `torch.nn.LSTMCell`.

    Args:
        zoneout, layer_norm, init, peephole, coupled_gates, forget_bias: as in `nn.LSTM`. The
            peephole weights are `weight_peephole`.

    The state is the pair (h, c), and so is what is returned; the shapes and what is raised are
    those of `RNNCell`.
    """

    cell, gates = "lstm", 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        peephole: bool = False,
        coupled_gates: bool = False,
        forget_bias: float | None = None,
        zoneout: float = 0.0,
        layer_norm: bool = False,
        init: str = "torch",
    ) -> None:
        if coupled_gates and forget_bias is not None:
            raise OptionError("LSTMCell: forget_bias must be None with coupled_gates, without f.")
        self.coupled_gates, self.gates = coupled_gates, 3 if coupled_gates else 4
        super().__init__(
            input_size,
            hidden_size,
            bias,
            device,
            dtype,
            zoneout=zoneout,
            layer_norm=layer_norm,
            init=init,
            peephole=peephole,
            forget_bias=forget_bias,
        )

    def _settings(self) -> dict[str, Any]:
        peephole = {"peephole": self.weight_peephole} if self.peephole else {}
        return {"coupled_gates": self.coupled_gates, **peephole}

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        h, c = self._run(input, (None, None) if hx is None else tuple(hx))
        return h, c
