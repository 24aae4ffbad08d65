"""torch's optimizers by name."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.graph import increment_version

from ostinato.options import TrainingOptions


def make_optimizer(
    options: TrainingOptions, parameters: list[Any], *, sparse: bool = False
) -> torch.optim.Optimizer:
    """torch's optimizer of that name; on a CPU the one that takes a step in one pass over memory,
    in a sixth of the others' time, unless gradients are `sparse`. That one does not count its
    changes as torch's others do; here they are counted, for whoever keeps packed weights."""
    common = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
    momentum, betas = {"momentum": options.momentum}, {"betas": tuple(options.betas)}
    dense = all(p.is_cpu and p.dtype in (torch.float32, torch.float64) for p in parameters)
    fused = {"fused": True} if dense and not sparse else {}
    kinds: dict[str, tuple[type, dict[str, Any]]] = {
        "sgd": (torch.optim.SGD, momentum | fused),
        "rmsprop": (torch.optim.RMSprop, momentum),
        "adam": (torch.optim.Adam, betas | fused),
        "adamw": (torch.optim.AdamW, betas | fused),
        "nadam": (torch.optim.NAdam, betas),
        "nt_asgd": (torch.optim.SGD, fused),
    }
    kind, own = kinds[options.optimizer]
    optimizer = kind(parameters, **common, **own)
    if own.get("fused"):
        optimizer.register_step_post_hook(lambda *_: increment_version(parameters))
    return optimizer


def clip(options: TrainingOptions, parameters: list[Any]) -> None:
    """Limit the gradients to `clip_value` each, then to `clip_norm` together."""
    if options.clip_value is not None:
        torch.nn.utils.clip_grad_value_(parameters, options.clip_value)
    if options.clip_norm is not None:
        grads = [p.grad for p in parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads)
        # A GPU would be waited for; a CPU spares itself a pass over memory.
        if not norm.is_cpu or not norm <= options.clip_norm:
            torch.nn.utils.clip_grads_with_norm_(parameters, options.clip_norm, norm)
