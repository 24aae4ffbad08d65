"""One step at a time from weights that stay packed, until they change."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_post_hook

from ostinato.errors import OptionError, ShapeError
from ostinato.ops import call, kernels, native

# The layer's names of what the kernels call so.
TENSORS = {
    "w_ih": "weight_ih",
    "w_hh": "weight_hh",
    "b_ih": "bias_ih",
    "b_hh": "bias_hh",
    "peephole": "peephole",
    "w_hr": "weight_hr",
    **{name: name for name in call.NORMS},
}
EPS = 1e-5  # of layer normalisation, as in `ostinato.ops`
THREAD_ROWS = 32  # rows that are worth a second thread
# Products of a Stepper's step that are: a millisecond's. A thread that slept wakes late where other
# programs hold the cores, and a step that waits for it may take ten times as long.
THREAD_WORK = 100_000_000


def _count(optimizer: torch.optim.Optimizer, *_: Any) -> None:
    """Count what a fused optimizer changed, which torch itself does not."""
    for group in optimizer.param_groups:
        if group.get("fused"):
            for each in group["params"]:
                torch.autograd.graph.increment_version(each)


register_optimizer_step_post_hook(_count)

_version, _address = operator.attrgetter("_version"), Tensor.data_ptr


def versions(parameters: Iterable[Any]) -> list[int] | None:
    """Numbers that change when a parameter does, or None where torch does not count its changes:
    an inference tensor."""
    held = [each for each in parameters if each is not None]
    try:
        return [*map(_version, held), *map(_address, held)]
    except RuntimeError:
        return None


class Packed:
    """The packed weights of a layer, or of every layer of a stack.

    They are packed again when a parameter was replaced, moved or changed in place, which torch
    counts; a change through `parameter.data` is not counted, and `refresh` is for that.
    """

    def __init__(self, layer: Any) -> None:
        self.parameters = layer._parameters
        self.layer = layer
        self.lstm = layer.cell == "lstm"
        self.input, self.layers, self.hidden = layer.input_size, layer.num_layers, layer.hidden_size
        self.state_size = layer.proj_size or layer.hidden_size
        self.last = self.last_c = None  # the states that the last step returned
        self.batch = 0
        self.seen: list[int] | None = None
        self.stack: Any = None

    def refresh(self) -> None:
        """Pack the weights again, whatever torch has counted."""
        self.seen = None

    def ready(self) -> bool:
        """Whether the kernels can step this layer as it is now; packs what has changed."""
        seen = versions(self.parameters.values())
        if seen is None:
            return False
        if seen != self.seen:
            self.seen, self.stack, self.last = seen, self._pack(), None
        return self.stack is not None

    def _pack(self) -> Any:
        layer, module = self.layer, cast(Any, native.load())
        # A parametrised weight is no parameter of the layer itself.
        plain = "weight_hh_l0" in self.parameters and not layer.bidirectional
        options = layer._settings()
        first = layer.weight_hh_l0
        known = first.dtype in call.DTYPES
        if not (plain and known and kernels.allows(options, first.device, first.dtype)):
            return None
        self.dtype = first.dtype
        fields, held = [], []
        for depth, suffix in enumerate(layer.suffixes):
            given = {n: self.parameters.get(f"{name}{suffix}") for n, name in TENSORS.items()}
            if any(p is not None and p.dtype != self.dtype for p in given.values()):
                return None
            dense = {n: None if p is None else p.detach().contiguous() for n, p in given.items()}
            held.append(dense)
            fields.append({n: None if p is None else p.data_ptr() for n, p in dense.items()})
            fields[-1] |= {
                "cell": call.code(layer.cell, options),
                "input": self.state_size if depth else layer.input_size,
                "hidden": layer.hidden_size,
                "state": self.state_size,
                "eps": EPS,
                "zoneout_rate": layer.zoneout,
                "zoneout_cell_rate": layer.zoneout,
            }
        return (module.StackFloat if first.dtype == torch.float32 else module.StackDouble)(fields)

    def step(self, x: Tensor, state: Any) -> Any:
        """(output, state), or None where another path must serve."""
        if not self.ready():
            return None
        shape = x.shape
        if len(shape) != 2 or shape[1] != self.input or not shape[0] or not self._fits(x):
            return None
        batch = shape[0]
        parts: Any = state if self.lstm else (state,)
        h = parts[0]
        # What the last step returned fits, and a stream gives it back.
        if h is not self.last or batch != self.batch:
            sizes = [(self.layers, batch, n) for n in (self.state_size, self.hidden)]
            fit = zip(parts, sizes, strict=False)
            if any(part.shape != size or not self._fits(part) for part, size in fit):
                return None
            self.batch, self.like = batch, h.new_empty(batch, self.state_size)
        threads = 1 if batch < THREAD_ROWS else torch.get_num_threads()
        new, output = torch.empty_like(h), torch.empty_like(self.like)
        self.last = new
        places = {
            "x": x.data_ptr(),
            "out": output.data_ptr(),
            "h": h.data_ptr(),
            "h_out": new.data_ptr(),
        }
        if not self.lstm:
            self.stack.step(batch=batch, threads=threads, **places, c=0, c_out=0)
            return output, new
        c = parts[1]
        size = (self.layers, batch, self.hidden)
        if c is not self.last_c and not (c.shape == size and self._fits(c)):
            return None
        self.last_c = c_new = torch.empty_like(c)
        places |= {"c": c.data_ptr(), "c_out": c_new.data_ptr()}
        self.stack.step(batch=batch, threads=threads, **places)
        return output, (new, c_new)

    def _fits(self, tensor: Tensor) -> bool:
        return tensor.dtype is self.dtype and tensor.is_contiguous() and tensor.is_cpu


class Stepper:
    """A layer, or a stack of layers, fed one time step after the other with NumPy arrays.

    It keeps the state, in place, so that a step costs little more than its arithmetic. Its outputs
    are `layer.step`'s and, in evaluation mode, `forward`'s, bit for bit.

    Args:
        layer: an `nn.RNN`, `nn.GRU` or `nn.LSTM`, not bidirectional.
        batch: sequences that are fed side by side.

    Raises:
        OptionError: the layer is bidirectional.
    """

    def __init__(self, layer: Any, batch: int = 1) -> None:
        if layer.bidirectional:
            raise OptionError(f"Stepper: layer must not be bidirectional, got {layer}.")
        self.layer, self.batch = layer, batch
        self._packed = Packed(layer)
        self._dtype = layer.weight_hh_l0.detach().numpy().dtype
        self._shape = (batch, layer.input_size)
        self._out = (batch, layer.proj_size or layer.hidden_size)
        weights = (each for each in layer.parameters() if each.dim() == 2)
        self._products = sum(each.numel() for each in weights)  # of one row's step
        self.reset()

    def reset(self) -> None:
        """Return to the initial state."""
        x = torch.zeros(self.batch, 1, self.layer.input_size, dtype=self.layer.weight_hh_l0.dtype)
        with torch.no_grad():
            self.state = self.layer._states(None, x, False)

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """Copies of h, and of an LSTM's c: each `(layers, batch, hidden)`."""
        return tuple(np.array(part) for part in self._state)

    @state.setter
    def state(self, parts: Any) -> None:
        # Own, dense copies: steps write into them.
        arrays = [part.numpy() if isinstance(part, Tensor) else part for part in parts]
        self._state = tuple(np.array(part, dtype=self._dtype, order="C") for part in arrays)
        self._addresses = [part.ctypes.data for part in self._state]
        if len(self._addresses) == 1:
            self._addresses.append(0)

    def keep(self, rows: Any) -> None:
        """Go on with these of the sequences, whole numbers below `batch`, and no others."""
        parts = [part[:, rows] for part in self._state]
        self.batch = parts[0].shape[1]
        self._shape, self._out = (self.batch, self._shape[1]), (self.batch, self._out[1])
        self.state = parts

    def step(self, x: np.ndarray) -> np.ndarray:
        """The outputs `(batch, hidden)` after the inputs x `(batch, input_size)`.

        With `batch=1`, x may be `(input_size,)`.

        Raises:
            ShapeError: x has another shape.
        """
        out = np.empty(self._out, self._dtype)
        packed = self._packed
        threaded = self.batch * self._products >= THREAD_WORK and torch.get_num_threads() > 1
        if packed.ready() and not threaded:
            try:
                h, c = self._addresses
                packed.stack.step_arrays(x, out, h=h, c=c)
                return out
            except (TypeError, ValueError):
                pass  # another dtype, order or shape
        x = np.ascontiguousarray(x, dtype=self._dtype)
        if x.size != self._shape[0] * self._shape[1] or x.ndim > 2:
            raise ShapeError(f"Stepper.step: x must have shape {self._shape}, got {x.shape}.")
        x = x.reshape(self._shape)
        if packed.ready():
            threads = torch.get_num_threads() if threaded else 1
            h, c = self._addresses
            places = {"x": x.ctypes.data, "out": out.ctypes.data}
            states = {"h": h, "h_out": h, "c": c, "c_out": c}  # a thread has rows of its own
            packed.stack.step(batch=self.batch, threads=threads, **places, **states)
            return out
        tensors = tuple(torch.from_numpy(part) for part in self._state)
        with torch.no_grad():
            output, state = self.layer.step(
                torch.from_numpy(x), tensors if packed.lstm else tensors[0]
            )
        self.state = state if packed.lstm else (state,)
        return output.numpy()
