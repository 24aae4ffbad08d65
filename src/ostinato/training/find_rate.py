"""A learning rate found by trying: a range test."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any

import numpy as np
import torch

from ostinato.errors import TrainingError, check_number
from ostinato.options import TrainingOptions
from ostinato.training import losses
from ostinato.training.checkpoints import own_random_state
from ostinato.training.loaders import loaders
from ostinato.training.losses import checked
from ostinato.training.optimizers import clip, make_optimizer

SMOOTH = 0.9  # share of the past in the running mean of the loss
LOST = 4.0  # times the least loss at which the test ends
BELOW = 10.0  # the rate proposed lies so many times below the one with the least loss


@dataclasses.dataclass(frozen=True, kw_only=True)
class RangeTest:
    """What the loss did while the rate rose.

    Attributes:
        rate: the learning rate proposed.
        rates: `(steps,)`, those tried, rising.
        losses: `(steps,)`, the loss at each, a running mean.
    """

    rate: float
    rates: np.ndarray
    losses: np.ndarray


def find_learning_rate(
    module: torch.nn.Module,
    train: Any,
    *,
    loss: Any,
    options: TrainingOptions | None = None,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 100,
) -> RangeTest:
    """Train a copy of `module` for some steps with a rate that rises, and propose one.

    The range test of Smith (arXiv:1506.01186, section 3.3): each batch has a rate a little higher
    than the one before; the loss falls, and then rises quickly. Proposed is a tenth of the rate at
    which the loss was least, which its running mean shows ten batches late. It fits a schedule that
    begins or ends lower, as one_cycle. The module keeps its weights.

    Args:
        train, loss, options: as of `fit`; of the options the optimizer, clipping, batch size and
            seed count.
        low, high: the rates between which to try.
        steps: batches; the rows are gone through again and again.

    Raises:
        OptionError: an option is not allowed.
        TrainingError: the loss was never a finite number, or never fell.
    """
    where = "find_learning_rate"
    check_number(where, "low", low, above=0)
    check_number(where, "high", high, above=low)
    check_number(where, "steps", steps, low=10, whole=True)
    options = (options or TrainingOptions()).check(where)
    measure = losses.as_function(loss)
    probe = copy.deepcopy(module).train()
    wanted = [each for each in probe.parameters() if each.requires_grad]
    batches, _ = loaders(train, None, options, wanted[0].dtype)
    rates = np.geomspace(low, high, steps)
    smooth: list[float] = []
    running = 0.0
    with own_random_state(), torch.enable_grad():
        torch.manual_seed(options.seed)
        optimizer = make_optimizer(options, wanted)
        source = iter(())
        for rate in rates:
            batch = next(source, None)
            if batch is None:
                source = iter(batches)
                batch = next(source)
            for group in optimizer.param_groups:
                group["lr"] = float(rate)
            value = checked(measure(probe, batch), learning=True)["loss"]
            optimizer.zero_grad()
            value.backward()
            clip(options, wanted)
            optimizer.step()
            running = SMOOTH * running + (1 - SMOOTH) * float(value.detach())
            smooth.append(running / (1 - SMOOTH ** (len(smooth) + 1)))
            if not math.isfinite(smooth[-1]) or smooth[-1] > LOST * min(smooth):
                break
    found = np.array([each for each in smooth if math.isfinite(each)])
    if not len(found) or int(found.argmin()) == 0:
        raise TrainingError(
            f"{where}: the loss never fell between the rates {low:g} and {high:g}. Look at the "
            "rows and the loss, or try lower rates: low=1e-8."
        )
    lag = round(1 / (1 - SMOOTH))  # batches by which a running mean comes late
    best = float(rates[max(0, int(found.argmin()) - lag)])
    return RangeTest(rate=best / BELOW, rates=rates[: len(found)], losses=found)
