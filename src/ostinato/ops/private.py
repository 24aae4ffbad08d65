"""Every private name of torch that Ostinato uses; `tests/ops/test_ops_private.py` says when torch
moves one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor  # pyright: ignore[reportPrivateImportUsage]

_C: Any = torch._C  # its stubs lack many of these
rnn_kernels: Any = torch._VF  # lstm, gru, rnn_tanh, rnn_relu with flat weights
_keys = _C._dispatch_keys
_dispatch_modes, _function_modes = _C._len_torch_dispatch_stack, _C._len_torch_function_stack
_jit_trace, _interpreter = _C._get_tracing_state, _C._functorch.peek_interpreter_stack
_forward_mode: Any = torch.autograd.forward_ad


def transformed() -> bool:
    """Inside a transform of torch.func (vmap and batched gradients too) or forward mode."""
    return _interpreter() is not None or _forward_mode._current_level >= 0


def watched() -> bool:
    """Whether somebody looks at torch's calls, or gives them another meaning: a compiler, a trace,
    a transform, a dispatch mode, or a function mode that does more than to choose a device."""
    return (
        torch.compiler.is_compiling()
        or _jit_trace() is not None
        or transformed()
        or _dispatch_modes() > 0
        or (_function_modes() > 0 and not _devices_only())
    )


def _devices_only() -> bool:
    """Only `torch.device` as a context: ours name the device of what they make."""
    stack = torch.overrides._get_current_function_mode_stack()
    return all(type(mode) is torch.utils._device.DeviceContext for mode in stack)  # pyright: ignore


def _plain_keys() -> frozenset[int]:
    """What torch says of an ordinary tensor on a CPU, in training and in inference mode."""
    with torch.inference_mode():
        inference = torch.empty(0, device="cpu")
    with torch.inference_mode(False):
        ordinary = torch.empty(0, device="cpu")
    return frozenset(_keys(each).raw_repr() for each in (ordinary, inference))


_PLAIN_KEYS, _PLAIN_TYPES = _plain_keys(), (Tensor, torch.nn.Parameter)


def dense(tensor: Tensor) -> bool:
    """Whether the values stand in memory of the CPU as the tensor says: no subclass, nothing
    sparse, quantised, negated lazily, batched or fake, and the storage is there."""
    return (
        type(tensor) in _PLAIN_TYPES
        and _keys(tensor).raw_repr() in _PLAIN_KEYS
        and (tensor.data_ptr() != 0 or not tensor.numel())
    )


def fake(tensor: Tensor) -> bool:
    """Whether it has a shape and no values."""
    return isinstance(tensor, FakeTensor) or tensor.is_meta


@contextlib.contextmanager
def autograd_inside() -> Iterator[None]:
    """Autograd inside an operator's own code, where torch switches it off.

    torch.func.vjp would do without private names, but oneDNN's LSTM cannot run inside it.
    """
    excluded = _C._dispatch_tls_local_exclude_set()
    for key in ("AutogradCPU", "AutogradCUDA", "AutogradOther", "AutogradNestedTensor"):
        excluded = excluded.remove(getattr(_C.DispatchKey, key))
    included = _C._dispatch_tls_local_include_set()
    with _C._ForceDispatchKeyGuard(included, excluded), torch.enable_grad():
        yield


def linear_pointwise() -> Any:
    """oneDNN's float32 product, or None where this torch has none."""
    if not torch.backends.mkldnn.is_available():
        return None
    return getattr(torch.ops.mkldnn, "_linear_pointwise", None)
