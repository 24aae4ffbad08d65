"""Layers and what is compared with them, for the tests of what people do around a layer."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import torch

from ostinato import nn
from ostinato.ops import dispatch, fused, kernels

KINDS = {
    "rnn": lambda **o: nn.RNN(6, 5, batch_first=True, **o),
    "relu": lambda **o: nn.RNN(6, 5, nonlinearity="relu", batch_first=True, **o),
    "gru": lambda **o: nn.GRU(6, 5, batch_first=True, **o),
    "deep": lambda **o: nn.GRU(6, 5, 2, batch_first=True, **o),
    "before": lambda **o: nn.GRU(6, 5, reset_after=False, batch_first=True, **o),
    "bare": lambda **o: nn.GRU(6, 5, bias=False, batch_first=True, **o),
    "normed": lambda **o: nn.GRU(6, 5, layer_norm=True, batch_first=True, **o),
    "lstm": lambda **o: nn.LSTM(6, 5, batch_first=True, **o),
    "peephole": lambda **o: nn.LSTM(6, 5, peephole=True, layer_norm=True, batch_first=True, **o),
    "coupled": lambda **o: nn.LSTM(6, 5, coupled_gates=True, zoneout=0.2, batch_first=True, **o),
    "projected": lambda **o: nn.LSTM(6, 5, proj_size=3, batch_first=True, **o),
}


def made(kind, **options):
    """A layer in evaluation mode, no weight of it equal to another."""
    layer = KINDS[kind](**options).eval()
    with torch.no_grad():
        for each in layer.parameters():
            each.add_(torch.randn_like(each) * 0.1)
    return layer


@contextlib.contextmanager
def reference():
    """Inside it, every layer runs its readable reference and every linear map torch's product."""
    kept = kernels.serves, kernels.widened, fused.serves, kernels.allows
    kernels.serves = fused.serves = kernels.allows = lambda *_: False
    kernels.widened = lambda *_: None
    assert dispatch.kernels is kernels
    try:
        yield
    finally:
        kernels.serves, kernels.widened, fused.serves, kernels.allows = kept


def whole(layer, x, **options):
    """Outputs and a flat list of states."""
    outputs, state, *_ = layer(x, **options)
    return [outputs, *(state if isinstance(state, tuple) else (state,))]


def stepped(layer, x):
    """The same, by `layer.step` without gradients."""
    state, outputs = None, []
    with torch.no_grad():
        for each in x.unbind(1):
            output, state = layer.step(each, state)
            outputs.append(output)
    return [torch.stack(outputs, 1), *(state if isinstance(state, tuple) else (state,))]


def streamed(stepper, x):
    """The same, by an `nn.Stepper`."""
    outputs = [torch.from_numpy(stepper.step(each.numpy())) for each in x.unbind(1)]
    return [torch.stack(outputs, 1), *map(torch.from_numpy, stepper.state)]


def expected(layer, x, **options):
    """What the reference says of the layer as it is now."""
    with torch.no_grad(), reference():
        return whole(layer, x, **options)


def alone(script):
    """Run it in a process of its own, which must come to its end."""
    head = (
        "import copy, threading, numpy as np, torch, ostinato.nn as nn\n"
        "P = torch.nn.utils.parametrizations\ntorch.manual_seed(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", head + script + "\nprint('came to its end')"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stderr[-2000:]}"
    assert "came to its end" in done.stdout
