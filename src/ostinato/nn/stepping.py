"""One step at a time: a layer's own, and a Stepper that keeps state and weights."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ostinato.errors import OptionError, ShapeError, check_number
from ostinato.nn.packing import described, pack, packed, state_sizes
from ostinato.ops import kernels, private

THREAD_ROWS = 32  # rows that are worth a second thread
# Products of a Stepper's step that are: a millisecond's. A thread that slept wakes late where other
# programs hold the cores, and a step that waits for it may take ten times as long.
THREAD_WORK = 100_000_000


def step(layer: Any, x: Tensor, state: Any) -> Any:
    """(output, state) of one step, or None where another path must serve."""
    if torch.is_grad_enabled() or private.watched():
        return None
    lstm = layer.cell == "lstm"
    parts: Any = tuple(state) if lstm and isinstance(state, (tuple, list)) else (state,)
    if len(parts) != 1 + lstm or x.dim() != 2 or not len(x):
        return None
    now = packed(layer)
    if now is None:
        return None
    x, batch = x if x.is_contiguous() else x.contiguous(), len(x)
    shapes = [(batch, now.input), *((now.layers, batch, size) for size in now.states)]
    if not all(_fits(e, now.dtype, s) for e, s in zip((x, *parts), shapes, strict=True)):
        return None
    new = [torch.empty_like(part) for part in parts]
    output = x.new_empty(batch, now.states[0])
    h, c = parts if lstm else (parts[0], None)
    now.stack.step(
        batch=batch,
        threads=1 if batch < THREAD_ROWS else torch.get_num_threads(),
        x=x.data_ptr(),
        out=output.data_ptr(),
        h=h.data_ptr(),
        h_out=new[0].data_ptr(),
        c=0 if c is None else c.data_ptr(),
        c_out=0 if c is None else new[1].data_ptr(),
    )
    return output, tuple(new) if lstm else new[0]


def _fits(tensor: Any, dtype: torch.dtype, shape: tuple[int, ...]) -> bool:
    return (
        isinstance(tensor, Tensor)
        and tensor.dtype is dtype
        and tensor.shape == shape
        and tensor.is_contiguous()
        and private.dense(tensor)
    )


class Stepper:
    """A layer, or a stack of layers, fed one time step after the other with NumPy arrays.

    It keeps the state, in place, and its own packed copy of the weights, so that a step costs
    little more than its arithmetic. Its outputs are `layer.step`'s and, in evaluation mode,
    `forward`'s, bit for bit; those of a bfloat16 or float16 layer are computed, kept and returned
    in float32 from the layer's weights.

    The copy is made anew by `refresh` and `reset`, and by a step that finds a weight replaced,
    moved, or changed in place in a way that torch counts. It does not count changes through
    `.data` or a NumPy view, by another process, or by an optimizer with `fused=True`: call
    `refresh` after those. One thread uses a Stepper at a time; each thread may have its own.

    Args:
        layer: an `nn.RNN`, `nn.GRU` or `nn.LSTM`, not bidirectional.
        batch: sequences that are fed side by side.

    Raises:
        OptionError: the layer is bidirectional or has no values (device meta), or batch is less
            than 1.
    """

    def __init__(self, layer: Any, batch: int = 1) -> None:
        if layer.bidirectional:
            raise OptionError(f"Stepper: layer must not be bidirectional, got {layer}.")
        check_number("Stepper", "batch", batch, low=1, whole=True)
        self.layer, self._batch = layer, batch
        self.reset()

    @property
    def batch(self) -> int:
        """Sequences that are fed side by side."""
        return self._batch

    def refresh(self) -> None:
        """Take the layer's weights as they are now; the state stays.

        Raises:
            ShapeError: the state does not fit the layer any more.
        """
        self._read_weights()
        self._held = self._own(self._held.states)

    def reset(self) -> None:
        """Return to the initial state, with the layer's weights as they are now."""
        self._read_weights()
        first = self.layer.weight_hh_l0
        x = torch.zeros(self.batch, 1, self.layer.input_size, dtype=first.dtype)
        with torch.no_grad():
            self._held = self._own(self.layer._states(None, x.to(first.device), False))

    def _read_weights(self) -> None:
        layer = self.layer
        first = layer.weight_hh_l0
        if first.is_meta:
            raise OptionError(
                "Stepper: layer must have values, got one on the device meta. Move it with "
                "layer.to_empty and load its weights first."
            )
        self._dtype = np.dtype(np.float64 if first.dtype is torch.float64 else np.float32)
        with torch.no_grad():
            found = None if private.watched() else described(layer, widen=True)
            self._packed = None if found is None else pack(layer, *found[:2])
        self._looks = self._look()
        # These keep the ids and the addresses that were looked at from being given to others.
        tensors = [*layer.parameters(), *layer.buffers()]
        self._watched = [*tensors, *(each.detach() for each in tensors)]
        # Products of one row's step.
        self._products = sum(each.numel() for each in tensors if each.dim() == 2)

    def _look(self) -> list[int]:
        """Numbers that change when a weight is replaced, moved, or changed as torch counts."""
        layer = self.layer
        held = [
            each
            for module in (layer.modules() if layer._modules else (layer,))
            for each in (*module._parameters.values(), *module._buffers.values())
            if each is not None
        ]
        numbers = [*map(id, held), *map(Tensor.data_ptr, held)]
        try:
            return [*numbers, *map(_version, held)]
        except RuntimeError:  # inference tensors count nothing
            return numbers

    def _own(self, parts: Any) -> _Held:
        """Own, dense copies of states, into which steps write, and their addresses."""
        arrays = [_array(part) for part in parts]
        layer = self.layer
        sizes = state_sizes(layer)
        shapes = [(layer.num_layers, self.batch, size) for size in sizes]
        if [each.shape for each in arrays] != shapes:
            raise ShapeError(
                f"Stepper.state: must be arrays of shapes {shapes}, (layers, batch, hidden) each, "
                f"got {[each.shape for each in arrays]}."
            )
        for each in arrays:
            if each.dtype.kind not in "fiub":
                raise OptionError(
                    f"Stepper.state: must be arrays of real numbers, got dtype {each.dtype}."
                )
        states = tuple(np.array(each, dtype=self._dtype, order="C") for each in arrays)
        h, c = (*(each.ctypes.data for each in states), 0)[:2]
        return _Held(
            states, {"h": h, "c": c}, (self.batch, layer.input_size), (self.batch, sizes[0])
        )

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """Copies of h, and of an LSTM's c: each `(layers, batch, hidden)`.

        Raises (on setting):
            ShapeError: another number of arrays, or another shape.
            OptionError: an array holds no real numbers.
        """
        return tuple(map(np.array, self._held.states))

    @state.setter
    def state(self, parts: Any) -> None:
        self._held = self._own([parts] if isinstance(parts, (Tensor, np.ndarray)) else parts)

    @property
    def _lstm(self) -> bool:
        return self.layer.cell == "lstm"

    def keep(self, rows: Any) -> None:
        """Go on with these of the sequences, whole numbers below `batch`, and no others."""
        parts = [part[:, rows] for part in self._held.states]
        self._batch = parts[0].shape[1]
        self._held = self._own(parts)

    def step(self, x: np.ndarray) -> np.ndarray:
        """The outputs `(batch, hidden)` after the inputs x `(batch, input_size)`.

        With `batch=1`, x may be `(input_size,)`.

        Raises:
            ShapeError: x has another shape.
        """
        if self._look() != self._looks:
            self.refresh()
        held, now = self._held, self._packed
        x = np.asarray(x)
        if x.shape != held.shape:
            if held.shape != (1, *x.shape):
                raise ShapeError(f"Stepper.step: x must have shape {held.shape}, got {x.shape}.")
            x = x[None]
        if now is None:
            return self._step_of_layer(x)
        if x.dtype != self._dtype or not x.flags.c_contiguous:
            x = np.ascontiguousarray(x, dtype=self._dtype)
        out = np.empty(held.out, self._dtype)
        if held.shape[0] * self._products < THREAD_WORK or torch.get_num_threads() == 1:
            now.stack.step_arrays(x, out, **held.places)
            return out
        now.stack.step(  # in place: a thread has rows of its own
            batch=held.shape[0],
            threads=torch.get_num_threads(),
            x=x.ctypes.data,
            out=out.ctypes.data,
            h_out=held.places["h"],
            c_out=held.places["c"],
            **held.places,
        )
        return out

    def _step_of_layer(self, x: np.ndarray) -> np.ndarray:
        """Where the kernels do not serve."""
        like = self.layer.weight_hh_l0

        def tensor(array: np.ndarray) -> Tensor:
            return torch.from_numpy(np.array(array)).to(like.device, like.dtype)

        parts = tuple(map(tensor, self._held.states))
        with torch.no_grad():
            output, state = self.layer.step(tensor(x), parts if self._lstm else parts[0])
        self._held = self._own(state if self._lstm else (state,))
        return _array(output)

    def __getstate__(self) -> dict[str, Any]:
        return {"layer": self.layer, "batch": self.batch, "state": self.state}

    def __setstate__(self, given: dict[str, Any]) -> None:
        # A copy has weights and states of its own.
        self.layer, self._batch = given["layer"], given["batch"]
        self._read_weights()
        self._held = self._own(given["state"])


_version = operator.attrgetter("_version")


class _Held(NamedTuple):
    """A Stepper's states, where they stand, and the shapes that go with them: exchanged whole, so
    that memory in use by a step in another thread outlives it."""

    states: tuple[np.ndarray, ...]
    places: dict[str, int]
    shape: tuple[int, int]
    out: tuple[int, int]


def _array(part: Any) -> np.ndarray:
    if isinstance(part, Tensor):
        part = part.detach().cpu()
        part = (part.float() if part.dtype in kernels.NARROW else part).numpy()
    return np.asarray(part)
