"""Trains the network that forecasts at once, on made-up series alone.

    OMP_NUM_THREADS=1 python pretraining/train.py FOLDER --steps 6000

The same arguments give the same bits on the same processor, whether it was interrupted or not.
FOLDER receives `checkpoint.pt` every few minutes (start again to go on from there) and at the end
`prior.safetensors`, half-precision weights as the package ships them.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from generator import LONGEST, make
from safetensors.torch import save_file

from ostinato.tasks.forecaster.prior import LEVELS, PATCH, Context, Prior, context_of

BATCH = 128
SEED = 20260
MADE_BY = ("steps", "decay", "rate", "hidden", "seed")


def batch_of(step: int, seed: int) -> tuple[Context, torch.Tensor]:
    """Made-up series of one step and their truth in the network's units."""
    rng = np.random.default_rng([seed, step])
    horizon = PATCH * int(rng.integers(1, 13) if rng.random() < 0.88 else rng.integers(13, 33))
    made = [make(rng, horizon) for _ in range(BATCH)]
    longest = min(LONGEST, max(len(each.values) for each in made) - horizon)
    history = np.full((BATCH, longest), np.nan)
    truth = np.empty((BATCH, horizon))
    for row, each in enumerate(made):
        known = each.values[:-horizon][-longest:]
        history[row, longest - len(known) :] = known
        truth[row] = each.values[-horizon:]
    seasons = torch.tensor([[each.season, each.longer] for each in made])
    given = context_of(torch.from_numpy(history), seasons, horizon)
    goal = ((torch.from_numpy(truth) - given.level) / given.spread).clamp(-100, 100).float()
    return given, goal


def loss_of(answer: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """Mean pinball loss in units of the seasonal-naive error, no series counting without bound."""
    gap = goal[..., None] - answer
    levels = torch.tensor(LEVELS)
    losses = torch.maximum(levels * gap, (levels - 1) * gap).mean((1, 2)) * 2
    return torch.where(losses > 3, 3 + torch.log(losses.clamp(min=3) / 3) * 3, losses).mean()


def rate_at(step: int, steps: int, decay: int, peak: float) -> float:
    """Learning rate: up over 100 steps, level, and down to zero over the last `decay`."""
    return peak * min(1.0, (step + 1) / 100, max(0.0, (steps - step) / decay))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--decay", type=int, default=1500, help="steps of the falling rate")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)
    network = Prior(options.hidden)
    print(sum(p.numel() for p in network.parameters()), "parameters", flush=True)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.01)
    start, file = 0, options.folder / "checkpoint.pt"
    if file.exists():
        kept = torch.load(file, weights_only=True)
        start, average = kept["step"], kept["average"]
        network.load_state_dict(kept["network"])
        optimizer.load_state_dict(kept["optimizer"])
    began, told = time.perf_counter(), []
    for step in range(start, options.steps):
        rate = rate_at(step, options.steps, options.decay, options.rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        given, goal = batch_of(step, options.seed)
        loss = loss_of(network(given), goal)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        keep = min(0.998, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                average[name].lerp_(value, 1 - keep)
        told.append(loss.item())
        if (step + 1) % 50 == 0:
            speed = (time.perf_counter() - began) / (step + 1 - start)
            print(f"{step + 1} loss {np.mean(told):.4f} rate {rate:.5f} {speed:.3f} s", flush=True)
            told = []
        if (step + 1) % options.every == 0 or step + 1 == options.steps:
            state = {"step": step + 1, "average": average}
            state |= {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state, file.with_suffix(".new"))
            os.replace(file.with_suffix(".new"), file)
    ship(average, options, options.folder / "prior.safetensors")


def ship(average: dict[str, torch.Tensor], options: argparse.Namespace, file: Path) -> None:
    """Write the averaged weights in half precision, with what made them."""
    half = {name: value.half().contiguous() for name, value in average.items()}
    made = " ".join(f"--{name} {getattr(options, name)}" for name in MADE_BY)
    save_file(half, file, metadata={"made_by": f"pretraining/train.py {made}"})


if __name__ == "__main__":
    main()
