"""The recurrent layers against torch.nn's, forward and training, every option, and growth.

    python -m benchmarks.layers [--rounds N] [--threads N] [--part grid|options|growth|peers]
                                [--peers PYTHON] [--out FILE]

Contestants take turns in one process; medians are compared. Shapes are batch, steps, input,
hidden. The grid's ratios are torch's time by
ours (above 1: ours is faster); GFLOP/s count a product's forward once and its backward twice; the
peak is what the quicker of torch's and our matrix product of 2048 by 2048 reaches in the same run.
Peers are Keras, Flax and onnxruntime, where the interpreter PYTHON has them: see layers_peers.py.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ostinato import nn, ops

# batch, steps, input, hidden
GRID = [
    (128, 500, 32, 32),
    (64, 200, 128, 64),
    (32, 60, 1, 50),
    (32, 100, 128, 256),
    (64, 100, 512, 512),
]
GATES = {"GRU": 3, "LSTM": 4, "RNN": 1}
# Geometric mean over the grid and the least entry that training should reach.
TARGETS = {"GRU": (7.0, 2.5), "RNN": (7.0, 2.3), "LSTM": (2.2, 1.15)}
OPTIONS: dict[str, dict[str, Any]] = {
    "recurrent_dropout": {"recurrent_dropout": 0.3},
    "zoneout": {"zoneout": 0.1},
    "layer_norm": {"layer_norm": True},
}
SECONDS = 2.0  # worth spending on a comparison
GROWTH = {
    "steps": [(8, steps, 32, 64) for steps in (100, 1_000, 10_000, 100_000)],
    "hidden": [(32, 50, 32, hidden) for hidden in (8, 32, 128, 512, 2048)],
    "batch": [(batch, 50, 32, 64) for batch in (1, 8, 64, 512, 4096)],
}


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(works: list[Callable[[], None]], rounds: int) -> list[float]:
    """The median time of each, taking turns."""
    return turns([partial(timed, work) for work in works], rounds)


def turns(contestants: list[Callable[[], float]], rounds: int) -> list[float]:
    """The median of the seconds that each returns, after two turns that do not count.

    Short works take up to ten times the rounds: on a busy machine a few of them could all fall
    into another program's moment.
    """
    for contestant in contestants:
        contestant()
    spent = sum(contestant() for contestant in contestants)
    rounds = max(rounds, min(10 * rounds, int(SECONDS / spent)))
    times = [[contestant() for contestant in contestants] for _ in range(rounds)]
    return [statistics.median(each) for each in zip(*times, strict=True)]


def trainer(layer: Any, x: torch.Tensor, gradient: torch.Tensor, **how: Any) -> Callable[[], None]:
    """One forward and backward pass, the input's gradient too."""

    def work() -> None:
        layer(x, **how)[0].backward(gradient)

    return work


def answerer(layer: Any, x: torch.Tensor) -> Callable[[], None]:
    """One forward pass without gradients."""

    def work() -> None:
        with torch.no_grad():
            layer(x)

    return work


def peak() -> float:
    """GFLOP/s of the quicker of torch's matrix product and ours."""
    a, linear = torch.randn(2048, 2048), nn.Linear(2048, 2048)
    with torch.no_grad():
        works = (lambda: torch.mm(a, a), lambda: linear(a))
        return 2 * 2048**3 / min(timed(work) for _ in range(9) for work in works) / 1e9


def grid(rounds: int) -> Iterator[str]:
    top = peak()
    yield f"Peak: {top:.0f} GFLOP/s.\n"
    yield "| layer | shape | training | GFLOP/s | of peak | forward | of peak |"
    yield "|---|---|---|---|---|---|---|"
    for name, gates in GATES.items():
        ratios = []
        for shape in GRID:
            batch, steps, size, hidden = shape
            x = torch.randn(batch, steps, size, requires_grad=True)
            gradient = torch.randn(batch, steps, hidden)
            theirs = getattr(torch.nn, name)(size, hidden, batch_first=True)
            pair = [theirs, getattr(nn, name).from_torch(theirs)]
            work = 2e-9 * batch * steps * gates * hidden * (size + hidden)
            peer, own = medians([trainer(layer, x, gradient) for layer in pair], rounds)
            peer_forward, own_forward = medians([answerer(layer, x) for layer in pair], rounds)
            ratios.append(peer / own)
            rates = 3 * work / own, work / own_forward
            yield (
                f"| {name} | {', '.join(map(str, shape))} | {peer / own:.2f}x | {rates[0]:.0f} | "
                f"{rates[0] / top:.0%} | {peer_forward / own_forward:.2f}x | {rates[1] / top:.0%} |"
            )
        mean, least = TARGETS[name]
        found = statistics.geometric_mean(ratios)
        yield (
            f"| {name} | geometric mean {found:.2f} (target {mean}: "
            f"{'met' if found >= mean else 'missed'}), least {min(ratios):.2f} (target {least}: "
            f"{'met' if min(ratios) >= least else 'missed'}) | | | | | |"
        )


def options(rounds: int) -> Iterator[str]:
    yield "Training time by the plain layer's (at most 1.1 is wanted, 1.5 with layer_norm).\n"
    yield "| layer | shape | option | time | path |\n|---|---|---|---|---|"
    for name in GATES:
        for shape in (GRID[1], GRID[3]):
            batch, steps, size, hidden = shape
            x = torch.randn(batch, steps, size, requires_grad=True)
            gradient = torch.randn(batch, steps, hidden)
            layer = getattr(nn, name)
            known = OPTIONS | (
                {"peephole": {"peephole": True}, "coupled_gates": {"coupled_gates": True}}
                if name == "LSTM"
                else {}
            )
            plain = layer(size, hidden, batch_first=True)
            works = {"plain": trainer(plain, x, gradient)}
            for option, given in known.items():
                works[option] = trainer(layer(size, hidden, batch_first=True, **given), x, gradient)
            works["resets"] = trainer(plain, x, gradient, resets=torch.rand(batch, steps) < 0.02)
            lengths = torch.full((batch,), steps)
            lengths[0] -= 1
            works["lengths"] = trainer(plain, x, gradient, lengths=lengths)
            times = dict(zip(works, medians(list(works.values()), rounds), strict=True))
            for option, seconds in list(times.items())[1:]:
                asked = {"recurrent_dropout": "recurrent_mask"}.get(option, option)
                path = ops.path(name.lower(), **{asked: True})
                ratio = seconds / times["plain"]
                place = ", ".join(map(str, shape))
                yield f"| {name} | {place} | {option} | {ratio:.2f}x | {path} |"


def growth(rounds: int) -> Iterator[str]:
    yield "Training time a step and row, in nanoseconds, and torch's time by ours.\n"
    yield "| layer | grows | shape | ns | against torch |\n|---|---|---|---|---|"
    for name in ("GRU", "LSTM"):
        for what, shapes in GROWTH.items():
            for shape in shapes:
                batch, steps, size, hidden = shape
                x = torch.randn(batch, steps, size, requires_grad=True)
                gradient = torch.randn(batch, steps, hidden)
                theirs = getattr(torch.nn, name)(size, hidden, batch_first=True)
                pair = [theirs, getattr(nn, name).from_torch(theirs)]
                few = min(rounds, 3)
                peer, own = medians([trainer(layer, x, gradient) for layer in pair], few)
                each = own / batch / steps * 1e9
                yield (
                    f"| {name} | {what} | {', '.join(map(str, shape))} | {each:.0f} | "
                    f"{peer / own:.2f}x |"
                )


def peers(rounds: int, python: str, threads: int) -> Iterator[str]:
    from benchmarks.layers_peers import installed

    found = installed(python, threads)
    if not found:
        yield f"None is installed for {python}."
        return
    yield f"{', '.join(str(peer.version) for peer in found)}.\n"
    yield "Our time in milliseconds, then each peer's time by ours (above 1: ours is faster).\n"
    yield f"| layer | shape | work | ms | torch | {' | '.join(peer.name for peer in found)} |"
    yield f"|---|---|---|---|---|{'---|' * len(found)}"
    for name in GATES:
        for shape in GRID:
            batch, steps, size, hidden = shape
            x = torch.randn(batch, steps, size, requires_grad=True)
            gradient = torch.randn(batch, steps, hidden)
            theirs = getattr(torch.nn, name)(size, hidden, batch_first=True)
            pair = [getattr(nn, name).from_torch(theirs), theirs]
            for work in ("training", "forward"):
                training = work == "training"
                able = [peer for peer in found if peer.make(name, shape, training)]
                works = [trainer(e, x, gradient) if training else answerer(e, x) for e in pair]
                # A peer reads its own clock: the way to its process and back does not count.
                contestants = [partial(timed, each) for each in works]
                contestants += [peer.seconds for peer in able]
                own, *others = turns(contestants, rounds)
                ratio = {"torch": others[0] / own}
                ratio |= {p.name: t / own for p, t in zip(able, others[1:], strict=True)}
                columns = ["torch", *(peer.name for peer in found)]
                cells = [f"{ratio[each]:.2f}x" if each in ratio else "" for each in columns]
                place = ", ".join(map(str, shape))
                yield f"| {name} | {place} | {work} | {1e3 * own:.2f} | {' | '.join(cells)} |"
    for peer in found:
        peer.close()


PARTS = {"grid": grid, "options": options, "growth": growth}
PEERS_HOME = Path("build/peers/bin/python")


def processor() -> str:
    """The processor's name, where the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--part", choices=[*PARTS, "peers"], action="append")
    parser.add_argument("--peers", help="an interpreter that has the peers; adds the part")
    parser.add_argument("--out", type=Path, help="write the tables there too")
    words = parser.parse_args()
    torch.set_num_threads(words.threads)
    python = words.peers or (str(PEERS_HOME) if PEERS_HOME.exists() else sys.executable)
    parts = words.part or ["grid", "options"]
    if words.peers and "peers" not in parts:
        parts.append("peers")
    if "peers" in parts and hasattr(os, "sched_setaffinity"):
        # As many processors as threads for everyone, since some peers count processors.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: words.threads])
    info = ops.native_info()
    lines = [
        f"# Layers on {processor()}\n",
        f"torch {torch.__version__}, kernels for {info.get('instructions', 'none')}, "
        f"{words.threads} threads, medians of {words.rounds} rounds or more.",
    ]
    print("\n".join(lines))
    for part in parts:
        lines.append(f"\n## {part.capitalize()}\n")
        print(lines[-1])
        made = (
            peers(words.rounds, python, words.threads)
            if part == "peers"
            else PARTS[part](words.rounds)
        )
        for line in made:
            lines.append(line)
            print(line, flush=True)
    if words.out is not None:
        words.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
