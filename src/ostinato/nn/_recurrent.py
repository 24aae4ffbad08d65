"""What RNN, GRU and LSTM share: parameters, depth, direction, state, dropout, one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

import torch
from torch import Tensor
from torch.nn import Module, Parameter
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from ostinato.errors import OptionError, ShapeError, check_choice, check_number
from ostinato.nn.dropout import chosen_quickly
from ostinato.nn.initial import INITS, fill
from ostinato.nn.inputs import batched, lengths_of, resets_of
from ostinato.nn.masks import pack_like
from ostinato.nn.options import described
from ostinato.nn.packing import make_weights
from ostinato.nn.stepping import step
from ostinato.ops.trace import trace as trace_of

# Filled by `conversion`, which knows the layers that stand on this file.
CONVERSIONS: dict[str, Callable[[Any], Any]] = {}
State = Any  # a tensor, or for LSTM a pair of tensors


class Recurrent(Module):
    """The base of RNN, GRU and LSTM; see those."""

    cell: ClassVar[str]
    gates: int

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        *,
        recurrent_dropout: float = 0.0,
        zoneout: float = 0.0,
        layer_norm: bool = False,
        learn_initial_state: bool = False,
        init: str = "torch",
        forget_bias: float | None = None,
        proj_size: int = 0,
        peephole: bool = False,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        where = type(self).__name__
        for name, value in (
            ("input_size", input_size),
            ("hidden_size", hidden_size),
            ("num_layers", num_layers),
        ):
            check_number(where, name, value, low=1, whole=True)
        for name, value in (("dropout", dropout), ("zoneout", zoneout)):
            check_number(where, name, value, low=0, high=1)
        check_number(where, "recurrent_dropout", recurrent_dropout, low=0, below=1)
        check_choice(where, "init", init, INITS)
        if dropout and num_layers == 1:
            raise OptionError(
                f"{where}: dropout must be 0 with num_layers=1, got {dropout!r}. It acts between "
                "layers; put a Dropout after the layer, or use recurrent_dropout."
            )
        if forget_bias is not None and not bias:
            raise OptionError(
                f"{where}: forget_bias must be None with bias=False, got {forget_bias!r}."
            )
        check_number(where, "proj_size", proj_size, low=0, below=hidden_size, whole=True)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.recurrent_dropout = recurrent_dropout
        self.zoneout = zoneout
        self.layer_norm = layer_norm
        self.learn_initial_state = learn_initial_state
        self.init = init
        self.forget_bias = forget_bias
        self.peephole = peephole
        self.directions = 2 if bidirectional else 1
        self.suffixes = [
            f"_l{layer}{'_reverse' if direction else ''}"
            for layer in range(num_layers)
            for direction in range(self.directions)
        ]
        rows, state = self.gates * hidden_size, proj_size or hidden_size

        def parameter(name: str, *shape: int) -> None:
            empty = torch.empty(*shape, device=device, dtype=dtype)
            self.register_parameter(name, Parameter(empty))

        for index, suffix in enumerate(self.suffixes):
            inner = input_size if index < self.directions else self.directions * state
            parameter(f"weight_ih{suffix}", rows, inner)
            parameter(f"weight_hh{suffix}", rows, state)
            if bias:
                parameter(f"bias_ih{suffix}", rows)
                parameter(f"bias_hh{suffix}", rows)
            if proj_size:
                parameter(f"weight_hr{suffix}", proj_size, hidden_size)
            if layer_norm:
                parameter(f"gain_ih{suffix}", rows)
                parameter(f"gain_hh{suffix}", rows)
                if self.cell == "lstm":
                    parameter(f"gain_cell{suffix}", hidden_size)
                    parameter(f"bias_cell{suffix}", hidden_size)
            if peephole:
                parameter(f"peephole{suffix}", 3 * hidden_size)
        if learn_initial_state:
            parameter("initial_h", len(self.suffixes), state)
            if self.cell == "lstm":
                parameter("initial_c", len(self.suffixes), hidden_size)
        self.reset_parameters()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_packed"}  # a copy packs its own

    def reset_parameters(self) -> None:
        """Draw every parameter anew, by `init`."""
        fill(self)

    @classmethod
    def from_torch(cls, layer: Module) -> Any:
        """Our layer for torch's, sharing its parameters; see `ostinato.nn.from_torch`."""
        new = CONVERSIONS["from_torch"](layer)
        if not isinstance(new, cls):
            raise OptionError(
                f"{cls.__name__}.from_torch: layer must be torch.nn.{cls.__name__}, got "
                f"{type(layer).__name__}."
            )
        return new

    def to_torch(self) -> Any:
        """torch's layer for ours, sharing the parameters; see `ostinato.nn.to_torch`."""
        return CONVERSIONS["to_torch"](self)

    @property
    def mode(self) -> str:
        """What torch calls this recurrence: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU"."""
        kind = getattr(self, "nonlinearity", None)
        return f"RNN_{kind.upper()}" if kind else self.cell.upper()

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters that torch's layer has, a list for each layer and direction."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        every = ([getattr(self, f"{name}{s}", None) for name in names] for s in self.suffixes)
        return [[each for each in of if each is not None] for of in every]

    def flatten_parameters(self) -> None:
        """Nothing: for torch this puts weights side by side for cuDNN."""

    def _settings(self) -> dict[str, Any]:
        """Keyword arguments of the cell's function in `ostinato.ops`."""
        return {}

    def _call(self, *arguments: Any, **options: Any) -> tuple[Tensor, ...]:
        raise NotImplementedError

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: State = None,
        *,
        lengths: Tensor | None = None,
        resets: Tensor | None = None,
        need_state: bool = True,
    ) -> Any:
        """Outputs and the final state; see the class.

        `need_state=False` lets an LSTM with lengths skip the final state (None) where that saves
        time.
        """
        if isinstance(input, PackedSequence):
            if lengths is not None:
                raise OptionError(
                    f"{type(self).__name__}: lengths must be None with a PackedSequence, which has "
                    "its own."
                )
            return self._packed_run(input, hx, resets)
        where = type(self).__name__
        x = batched(where, input, self.input_size, self.batch_first)
        unbatched = input.dim() == 2
        states = self._states(hx, x, unbatched)
        lengths = lengths_of(where, lengths, x, unbatched)
        resets = resets_of(where, resets, x, unbatched)
        outputs, finals, cells = self._run(
            x, states, lengths, resets, need_state, training=self.training
        )
        if unbatched:
            outputs = outputs.squeeze(0)
            cells = None if cells is None else cells.squeeze(0)
            finals = tuple(f.squeeze(1) for f in finals) if finals is not None else None
        elif not self.batch_first:
            outputs = outputs.transpose(0, 1)
            cells = None if cells is None else cells.transpose(0, 1)
        state = None if finals is None else finals if self.cell == "lstm" else finals[0]
        return (outputs, state) if cells is None else (outputs, state, cells)

    def step(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        """One time step, without dropout: x `(batch, input_size)` to outputs `(batch, hidden)`.

        The state is that of `forward`. Fed one after the other, steps give what `forward` gives in
        evaluation mode, on the native path bit for bit. Without gradients (`torch.no_grad()`) the
        native path keeps the packed weights, and compares them with the layer's at each step;
        `nn.FixedWeights` saves the comparison, and `nn.Stepper` more.

        Raises:
            OptionError: the layer is bidirectional, and so needs the future.
            ShapeError: x or state does not fit.
        """
        if self.bidirectional:
            raise OptionError(
                f"{type(self).__name__}: step needs bidirectional=False. Backwards, a layer reads "
                "the sequence from its end, which a stream has not reached."
            )
        if state is not None and (found := step(self, x, state)) is not None:
            return found
        make_weights(self)
        if x.dim() != 2 or x.shape[1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}.step: x must have shape (batch, {self.input_size}), "
                f"got {tuple(x.shape)}."
            )
        x = x.unsqueeze(1)
        states = self._states(state, x, False)
        outputs, finals, _ = self._run(x, states, None, None, True, training=False)
        assert finals is not None
        return outputs[:, 0], finals if self.cell == "lstm" else finals[0]

    @torch.no_grad()
    def trace(
        self,
        input: Tensor,
        hx: State = None,
        *,
        lengths: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Every gate and state at every step, by name, without dropout.

        Returns:
            `(batch, steps, hidden)` for each of "h" and the gates (r, z, n or i, f, g, o, c), in
            one dictionary; layers beyond the first and the backward direction add torch's suffix,
            as in "r_l1" and "r_l0_reverse".
        """
        where = type(self).__name__
        x = batched(where, input, self.input_size, self.batch_first)
        states = self._states(hx, x, input.dim() == 2)
        lengths = lengths_of(where, lengths, x, input.dim() == 2)
        found: dict[str, Tensor] = {}
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(self.directions):
                index = layer * self.directions + direction
                suffix = self.suffixes[index]
                arguments, options = self._arguments(x, [s[index] for s in states], index, False)
                options |= {"lengths": lengths, "reverse": bool(direction)}
                gates = trace_of(self.cell, *arguments, **options)
                outputs.append(gates["h"])
                ending = "" if suffix == "_l0" else suffix
                found |= {f"{name}{ending}": values for name, values in gates.items()}
            x = torch.cat(outputs, 2) if len(outputs) > 1 else outputs[0]
        return found

    def _run(
        self,
        x: Tensor,
        states: tuple[Tensor, ...],
        lengths: Tensor | None,
        resets: Tensor | None,
        need_state: bool,
        *,
        training: bool,
    ) -> tuple[Tensor, tuple[Tensor, ...] | None, Tensor | None]:
        finals: list[list[Tensor]] = [[] for _ in states]
        cells = None
        for layer in range(self.num_layers):
            outputs, sequences = [], []
            for direction in range(self.directions):
                index = layer * self.directions + direction
                arguments, options = self._arguments(x, [s[index] for s in states], index, training)
                if self.cell == "lstm":
                    options["need_cell"] = need_state
                options |= {"lengths": lengths, "resets": resets, "reverse": bool(direction)}
                if resets is not None:
                    options |= self._reset_states(index, x.shape[0])
                output, *rest = self._call(*arguments, **options)
                outputs.append(output)
                sequences.extend(rest[len(states) :])
                for final, value in zip(finals, rest, strict=False):
                    final.append(value)
            x = torch.cat(outputs, 2) if len(outputs) > 1 else outputs[0]
            if sequences:
                cells = torch.cat(sequences, 2)
            if self.dropout and training and layer < self.num_layers - 1:
                x = torch.dropout(x, self.dropout, True)
        if not need_state:
            return x, None, cells
        return x, tuple(_stack(final) for final in finals), cells

    def _arguments(
        self, x: Tensor, states: list[Tensor], index: int, training: bool
    ) -> tuple[list[Tensor | None], dict[str, Any]]:
        suffix = self.suffixes[index]

        def own(name: str) -> Tensor | None:
            return getattr(self, f"{name}{suffix}", None)

        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        options = self._settings()
        batch, steps = x.shape[:2]
        size = states[0].shape[1]
        if self.recurrent_dropout and training:
            keep = 1 - self.recurrent_dropout
            options["recurrent_mask"] = x.new_empty(batch, size).bernoulli_(keep) / keep
        if self.zoneout:

            def zone(width: int) -> Tensor | float:
                if not training:
                    return self.zoneout
                return chosen_quickly((batch, steps, width), self.zoneout, x.device)

            options["zoneout"] = zone(size)
            if self.cell == "lstm":
                options["zoneout_cell"] = zone(self.hidden_size)
        if self.layer_norm:
            gains = [own("gain_ih"), own("gain_hh")]
            if self.cell == "lstm":
                gains += [own("gain_cell"), own("bias_cell")]
            options["layer_norm"] = tuple(gains)
        if self.peephole:
            options["peephole"] = own("peephole")
        if self.proj_size:
            options["w_hr"] = own("weight_hr")
        return [x, *states, *map(own, names)], options

    def _reset_states(self, index: int, batch: int) -> dict[str, Tensor]:
        """What a reset returns to where that is not zero: the learned initial state."""
        learned = {f"{name}_reset": getattr(self, f"initial_{name}", None) for name in "hc"}
        return {k: v[index].expand(batch, -1) for k, v in learned.items() if v is not None}

    def _states(self, hx: State, x: Tensor, unbatched: bool) -> tuple[Tensor, ...]:
        """The initial states, each (layers * directions, batch, size)."""
        is_lstm = self.cell == "lstm"
        sizes = [self.proj_size or self.hidden_size, *([self.hidden_size] if is_lstm else [])]
        count, batch = len(self.suffixes), x.shape[0]
        if hx is None:
            learned = [getattr(self, name, None) for name in ("initial_h", "initial_c")]
            dtype = cast(Tensor, self.weight_hh_l0).dtype
            return tuple(
                x.new_zeros(count, batch, size, dtype=dtype)
                if start is None
                else start.unsqueeze(1).expand(count, batch, size)
                for start, size in zip(learned, sizes, strict=False)
            )
        given = tuple(hx) if is_lstm else (hx,)
        if unbatched:
            given = tuple(g.unsqueeze(1) for g in given)
        for name, value, size in zip("hc"[: len(given)], given, sizes, strict=True):
            if tuple(value.shape) != (count, batch, size):
                raise ShapeError(
                    f"{type(self).__name__}: state {name} must have shape (layers * directions, "
                    f"batch, size) = {(count, batch, size)}, got {tuple(value.shape)}."
                )
        return given

    def _packed_run(self, packed: PackedSequence, hx: State, resets: Tensor | None) -> Any:
        x, lengths = pad_packed_sequence(packed, batch_first=True)
        states = self._states(hx, x, False)
        resets = resets_of(type(self).__name__, resets, x, False)
        outputs, finals, cells = self._run(x, states, lengths, resets, True, training=self.training)
        assert finals is not None
        state = finals if self.cell == "lstm" else finals[0]
        sequences = [
            pack_like(packed, each, lengths) for each in (outputs, cells) if each is not None
        ]
        return (sequences[0], state, *sequences[1:])

    def extra_repr(self) -> str:
        return described(self)


def _stack(states: list[Tensor]) -> Tensor:
    """`(n, batch, size)` of n states; one alone needs no copy."""
    return torch.stack(states) if len(states) > 1 else states[0].unsqueeze(0)
