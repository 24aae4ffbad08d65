"""DropConnect on recurrent weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.errors import check_number
from ostinato.nn.dropout import Dropout


class WeightDrop:
    """Calls recurrent layers with some of their recurrent weights dropped (Wan et al. 2013).

    In training each call draws one mask for each `weight_hh` and all its steps; what is kept is
    divided by 1 - p (Merity et al., arXiv:1708.02182, section 2). The layers' own weights stay
    whole, so that a saved, stepped or evaluated layer knows nothing of it, and gradients reach them
    through the mask. A call costs the time of the masks, a few nanoseconds a weight, and needs the
    weights' memory twice.

    Args:
        module: an `nn.RNN`, `nn.GRU` or `nn.LSTM`, or a module of them; it is called with what the
            call is given.
        p: probability that a weight is dropped.

    Raises:
        OptionError: p is not in [0, 1).
    """

    def __init__(self, module: torch.nn.Module, p: float) -> None:
        check_number("WeightDrop", "p", p, low=0, below=1)
        self.module, self.p, self.drop = module, p, Dropout(p)

    def weights(self) -> dict[str, Tensor]:
        """The recurrent weights by name, with a new mask."""
        return {
            name: self.drop(weight)
            for name, weight in self.module.named_parameters()
            if name.rpartition(".")[2].startswith("weight_hh")
        }

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if not self.p or not self.module.training:
            return self.module(*arguments, **options)
        return torch.func.functional_call(self.module, self.weights(), arguments, options)
