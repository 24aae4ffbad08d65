"""A module's answer for inputs of one shape, worked out once and then repeated with NumPy.

For a small network torch's work around each operation takes longer than the arithmetic. A plan
runs the module once, keeps every tensor that it made, and writes down what fills them: elementwise
operations, copies, our linear maps and our recurrent layers. A later call writes its inputs over
the first and repeats only that; views need no work, and what depends on weights alone stands.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from ostinato.nn._recurrent import Recurrent
from ostinato.nn.linear import Linear
from ostinato.nn.stepping import Stepper

_CALM = 20  # calls after which weights that changed are taken to stand
_TRIES = 3  # random inputs on which a plan must equal its module


class Plan:
    """`module(*inputs)` for inputs of the shapes of `example`, all float32 on a CPU.

    Its answers are the module's in evaluation mode without gradients, bit for bit, which is tried
    before it is used. It sees weights that were changed as torch counts; while they change, the
    module answers.

    Attributes:
        works: whether the module could be written down; without it do not `run`.
        inputs: arrays to write the inputs into; after changes of the weights others.
    """

    def __init__(self, module: torch.nn.Module, example: Sequence[Tensor]) -> None:
        self._module = module
        self.inputs = [each.numpy().copy() for each in example]
        self._weights = [*module.parameters(), *module.buffers()]
        self._seen: list[int] = []
        self._calm = 0
        self._write_down()

    def run(self) -> np.ndarray:
        """The answer to what stands in `inputs`: an array that the next run writes over."""
        now = self._counted()
        if now != self._versions:
            self._calm = self._calm + 1 if now == self._seen else 0
            self._seen = now
            if self._calm < _CALM:  # writing it down again takes as long as many calls
                return self._of_module()
            self._write_down()
        for each in self._work:
            each()
        return self._answer

    def _write_down(self) -> None:
        self._versions = self._counted()
        held = self.inputs
        tape = _Tape(self._module, [torch.from_numpy(each) for each in held])
        self._work, self._answer, self.inputs = tape.work, tape.answer, tape.inputs
        self.works = not tape.unknown and self._tried()
        for array, before in zip(self.inputs, held, strict=True):
            array[...] = before

    def _counted(self) -> list[int]:
        """How often each weight was changed, as torch counts."""
        try:
            return [each._version for each in self._weights]
        except RuntimeError:  # inference tensors count nothing
            return []

    def _tried(self) -> bool:
        chance = np.random.default_rng(0)
        for _ in range(_TRIES):
            for array in self.inputs:
                array[...] = chance.normal(size=array.shape)
            for each in self._work:
                each()
            if not np.array_equal(self._of_module(), self._answer):
                return False
        return True

    def _of_module(self) -> np.ndarray:
        with torch.inference_mode():
            return self._module(*(torch.from_numpy(each.copy()) for each in self.inputs)).numpy()


class _Tape(TorchDispatchMode):
    """What a module does with its inputs, as work that can be done again.

    Attributes:
        work: in order.
        answer, inputs: the arrays that the work writes and reads.
        unknown: operations that cannot be written down.
    """

    def __init__(self, module: torch.nn.Module, example: Sequence[Tensor]) -> None:
        super().__init__()
        self.work: list[Callable[[], Any]] = []
        self.unknown: list[str] = []
        self._held: list[Any] = []
        with torch.no_grad():
            given = [each.clone() for each in example]
            self._live = {each.untyped_storage().data_ptr() for each in given}
            with self:
                answer = self._twin(module)(*given)
            self._held.append(answer)
            self.answer = answer.numpy()
            self.inputs = [each.numpy() for each in given]

    def _twin(self, module: torch.nn.Module) -> torch.nn.Module:
        """The module with the same weights, whose layers tell the tape of their calls."""
        shared: dict[int, Any] = {id(each): each for each in module.parameters()}
        shared |= {id(each): each for each in module.buffers()}
        twin = copy.deepcopy(module, shared).eval()
        for layer in twin.modules():
            if isinstance(layer, Linear):
                layer.__dict__["forward"] = partial(self._linear, layer, layer.forward)
            elif isinstance(layer, Recurrent):
                layer.__dict__["forward"] = partial(self._recurrent, layer, layer.forward)
        return twin

    def _is_live(self, value: Any) -> bool:
        return isinstance(value, Tensor) and value.untyped_storage().data_ptr() in self._live

    def _made(self, value: Tensor) -> np.ndarray:
        """The array of a tensor that work fills."""
        self._held.append(value)
        self._live.add(value.untyped_storage().data_ptr())
        return value.numpy()

    def _linear(self, layer: Linear, forward: Any, x: Tensor) -> Tensor:
        with _disable_current_modes(), torch.no_grad():
            rows = x if x.is_contiguous() else x.contiguous()
            out = forward(rows)
            packed = layer._packed_of(rows, layer.weight, layer.bias)
            if not self._is_live(x):
                return out
            if rows is not x:
                self.work.append(partial(np.copyto, self._made(rows), x.numpy()))
            self._made(out)
            if packed is None:
                self.unknown.append("linear")
                return out
            size = rows.shape[-1]
            places = {"x": rows.data_ptr(), "x_row": size, "out": out.data_ptr()}
            self.work.append(partial(packed.run, rows=rows.numel() // size, threads=1, **places))
        return out

    def _recurrent(self, layer: Recurrent, forward: Any, x: Tensor, hx: Any = None) -> Any:
        with _disable_current_modes(), torch.no_grad():
            outputs, state = forward(x, hx)
            parts = state if isinstance(state, tuple) else (state,)
            before = hx if isinstance(hx, tuple) or hx is None else (hx,)
            if not any(map(self._is_live, (x, *(before or ())))):
                return outputs, state
            states = [self._made(part) for part in parts]
            stack = getattr(Stepper(layer, len(x))._packed, "stack", None)
            if stack is None or layer.learn_initial_state or not layer.batch_first:
                self.unknown.append("recurrent")
                return outputs, state
            for k, part in enumerate(states):
                start = np.zeros((), part.dtype) if before is None else before[k].numpy()
                self.work.append(partial(np.copyto, part, start))
            self._held += before or ()
            self._steps(stack, x.numpy(), self._made(outputs), states)
        return outputs, state

    def _steps(self, stack: Any, x: np.ndarray, out: np.ndarray, states: list[np.ndarray]) -> None:
        """Step after step of a recurrent layer, over arrays that lie whole in memory."""
        h, c = (*(part.ctypes.data for part in states), 0)[:2]
        read, written = x.swapaxes(0, 1), out.swapaxes(0, 1)
        by_step = read if read.flags.c_contiguous else np.ascontiguousarray(read)
        found = written if written.flags.c_contiguous else np.empty_like(written, order="C")
        if by_step is not read:
            self.work.append(partial(np.copyto, by_step, read))
        for row, answer in zip(by_step, found, strict=True):
            self.work.append(partial(stack.step_arrays, row, answer, h=h, c=c))
        if found is not written:
            self.work.append(partial(np.copyto, written, found))

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        flat = [e for each in args for e in (each if isinstance(each, (list, tuple)) else [each])]
        if not any(map(self._is_live, flat)):
            return out
        if isinstance(out, Tensor) and self._is_live(out):
            self._held.append(out)  # a view of what is filled
            if func._schema.is_mutable:
                self.unknown.append(str(func))
            return out
        name = func.overloadpacket.__name__
        if not isinstance(out, Tensor) or name not in _WORK or (kwargs and name != "clone"):
            self.unknown.append(str(func))
            return out
        arrays = [_array(each) for each in args]
        self.work.append(_WORK[name](self._made(out), *arrays))
        self._held += flat
        return out


def _array(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_array(each) for each in value]
    return value.numpy() if isinstance(value, Tensor) else value


def _padded(out: np.ndarray, x: np.ndarray, pads: Sequence[int], *_: Any) -> Callable[[], Any]:
    """The value of the padding stands from the first run."""
    places = [slice(None)] * x.ndim
    for k in range(len(pads) // 2):
        axis = x.ndim - 1 - k
        places[axis] = slice(pads[2 * k], pads[2 * k] + x.shape[axis])
    return partial(np.copyto, out[tuple(places)], x)


def _ufunc(function: Any) -> Callable[..., Callable[[], Any]]:
    return lambda out, *inputs: partial(function, *inputs, out=out)


_ZERO = np.float32(0)
_WORK: dict[str, Callable[..., Callable[[], Any]]] = {
    "add": _ufunc(np.add),
    "sub": _ufunc(np.subtract),
    "mul": _ufunc(np.multiply),
    "div": _ufunc(np.divide),
    "relu": lambda out, x: partial(np.maximum, x, _ZERO, out=out),
    "clone": lambda out, x: partial(np.copyto, out, x),
    "cat": lambda out, parts, axis=0: partial(np.concatenate, parts, axis=axis, out=out),
    "stack": lambda out, parts, axis=0: partial(np.stack, parts, axis=axis, out=out),
    "constant_pad_nd": _padded,
}
