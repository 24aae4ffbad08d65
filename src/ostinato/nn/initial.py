"""Initial values of recurrent parameters, by name."""

from __future__ import annotations

from typing import Any

import torch

INITS = ("torch", "keras", "orthogonal")


@torch.no_grad()
def fill(layer: Any) -> None:
    """Draw the parameters of a recurrent layer by `layer.init`.

    - "torch": everything uniform within 1/√hidden_size, as `torch.nn` does.
    - "keras": as Keras does: input weights Glorot uniform and recurrent weights orthogonal, each
      over all gates as one matrix; biases zero, the forget gate's 1.
    - "orthogonal": each gate's recurrent matrix orthogonal (Saxe et al. 2013), each gate's input
      matrix Glorot uniform, biases zero.

    Gains start at 1, peepholes and learned initial states at 0. `forget_bias`, where given, is
    the sum of the forget gate's two biases (Jozefowicz et al. 2015).
    """
    bound = layer.hidden_size**-0.5
    gates, hidden = layer.gates, layer.hidden_size
    for name, value in layer.named_parameters(recurse=False):
        if name.startswith("gain"):
            value.fill_(1)
        elif name.startswith(("peephole", "weight_peephole", "initial", "bias_cell")):
            value.zero_()
        elif layer.init == "torch":
            value.uniform_(-bound, bound)
        elif name.startswith("bias"):
            value.zero_()
        elif name.startswith("weight_hr"):
            torch.nn.init.xavier_uniform_(value)
        else:
            draw = (
                torch.nn.init.xavier_uniform_
                if name.startswith("weight_ih")
                else torch.nn.init.orthogonal_
            )
            for part in value.chunk(gates) if layer.init == "orthogonal" else (value,):
                # The decomposition behind an orthogonal matrix exists for wide types only.
                narrow = part.dtype in (torch.bfloat16, torch.float16)
                part.copy_(draw(part.float() if narrow else part))
    forget = layer.forget_bias
    if forget is None and layer.init == "keras" and layer.cell == "lstm":
        forget = 1.0
    if forget is not None and layer.bias and not getattr(layer, "coupled_gates", False):
        for suffix in layer.suffixes:
            getattr(layer, f"bias_ih{suffix}")[hidden : 2 * hidden] = forget
            getattr(layer, f"bias_hh{suffix}")[hidden : 2 * hidden] = 0
