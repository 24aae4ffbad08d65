"""Learning-rate factors as functions of the step: no state, so nothing to restore."""

from __future__ import annotations

import math

from ostinato.options import TrainingOptions


def factor(options: TrainingOptions, step: int, steps: int, steps_per_epoch: int) -> float:
    """What multiplies `learning_rate` at `step` of `steps`; "plateau" adds its own drops."""
    done = step / max(1, steps)
    if options.schedule == "one_cycle":
        rise = options.warmup or 0.3
        if done < rise:
            return 0.04 + 0.96 * (1 - math.cos(math.pi * done / rise)) / 2
        return max(1e-4, (1 + math.cos(math.pi * (done - rise) / (1 - rise or 1))) / 2)
    rising = min(1.0, (step + 1) / max(1.0, options.warmup * steps)) if options.warmup else 1.0
    epoch = step / max(1, steps_per_epoch)
    falling = {
        "constant": lambda: 1.0,
        "plateau": lambda: 1.0,
        "step": lambda: options.decay ** (int(epoch) // options.decay_every),
        "exponential": lambda: options.decay ** (epoch / options.decay_every),
        "cosine": lambda: (1 + math.cos(math.pi * min(1.0, done))) / 2,
    }
    return rising * falling[options.schedule]()
