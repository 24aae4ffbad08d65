"""How a language model learns: its loss and its streams of tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ostinato.options import TrainingOptions
from ostinato.training import Streams


def loss_of() -> Any:
    """The loss of a fit, in nats a token; the state goes on from batch to batch, in training and
    in validation each its own."""
    states: dict[bool, Any] = {}

    def loss(module: Any, batch: dict[str, Any]) -> torch.Tensor:
        before = None if batch["start"] else states.get(torch.is_grad_enabled())
        found, state = module.loss(batch["inputs"], batch["targets"], before)
        parts = state if isinstance(state, tuple) else (state,)
        kept = tuple(part.detach() for part in parts)
        states[torch.is_grad_enabled()] = kept if isinstance(state, tuple) else kept[0]
        return found

    return loss


def learn_streams(tokens: np.ndarray, chunk: int, options: TrainingOptions) -> Streams:
    """Training tokens, `batch_size` places side by side, fewer where the text is short."""
    size = max(1, min(options.batch_size, len(tokens) // (2 * chunk)))
    return Streams(tokens, size, chunk, vary=True, seed=options.seed)


def judge_streams(tokens: np.ndarray | None, chunk: int) -> Streams | None:
    """Held-out tokens in few and long streams, or None where there is nothing to judge."""
    if tokens is None or len(tokens) < 2:
        return None
    return Streams(tokens, max(1, min(16, len(tokens) // (4 * chunk))), 2 * chunk)
