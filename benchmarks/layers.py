"""The recurrent layers against torch.nn's, forward and training, every option, threads, and growth.

    python -m benchmarks.layers [--rounds N] [--threads N] [--peers PYTHON] [--out FILE]
                                [--part grid|core|options|threads|growth|peers]

Shapes are batch, steps, input, hidden. Contestants run in one process, in blocks of a quarter of a
second each (warm: what a loop over one layer sees) or in turn, call by call (cold: what a layer
sees between others); medians are compared. The grid's ratios are torch's time by
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
    (1, 1, 1, 1),
    (1, 100, 8, 32),
    (8, 30, 4, 16),
    (32, 60, 1, 50),
    (32, 60, 50, 50),
    (128, 100, 32, 32),
    (128, 500, 32, 32),
    (64, 200, 128, 64),
    (32, 100, 128, 256),
    (64, 100, 512, 512),
]
# Of peers, each of which takes its time to compile.
PEER_GRID = [(128, 500, 32, 32), (64, 200, 128, 64), (32, 60, 1, 50), (32, 100, 128, 256)]
# The share of the peak that training should reach.
SHARES = {
    (32, 60, 1, 50): 0.4,
    (32, 60, 50, 50): 0.5,
    (128, 500, 32, 32): 0.5,
    (64, 200, 128, 64): 0.65,
}
GATES = {"GRU": 3, "LSTM": 4, "RNN": 1}
OPTIONS: dict[str, dict[str, Any]] = {
    "recurrent_dropout": {"recurrent_dropout": 0.3},
    "zoneout": {"zoneout": 0.1},
    "layer_norm": {"layer_norm": True},
}
SECONDS = 2.0  # worth spending on a comparison
BLOCK = 0.25  # seconds of one contestant before the next
THREAD_GRID = [
    (batch, steps, 8, hidden)
    for batch in (1, 4, 32, 128)
    for steps in (1, 50)
    for hidden in (1, 16, 64, 256)
]
GROWTH = {
    "steps": [(8, steps, 32, 64) for steps in (100, 1_000, 10_000, 100_000)],
    "hidden": [(32, 50, 32, hidden) for hidden in (8, 32, 128, 512, 2048)],
    "batch": [(batch, 50, 32, 64) for batch in (1, 8, 64, 512, 4096)],
}


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def blocks(works: list[Callable[[], None]], rounds: int) -> list[float]:
    """The median time of each, in blocks that take turns; long works take fewer blocks."""
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    spent, done = 0.0, 0
    while done < 2 or (done < rounds and spent < SECONDS):
        for work, own in zip(works, times, strict=True):
            start = time.perf_counter()
            work()  # another's caches: warms up
            while time.perf_counter() - start < BLOCK:
                own.append(timed(work))
            if not own:
                own.append(timed(work))
            spent += time.perf_counter() - start
        done += 1
    return [statistics.median(each) for each in times]


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


def pair_of(name: str, shape: tuple[int, ...]) -> tuple[list[Any], torch.Tensor, torch.Tensor]:
    """torch's layer and ours with the same weights, an input, and a gradient of the output."""
    batch, steps, size, hidden = shape
    theirs = getattr(torch.nn, name)(size, hidden, batch_first=True)
    x = torch.randn(batch, steps, size, requires_grad=True)
    return [theirs, getattr(nn, name).from_torch(theirs)], x, torch.randn(batch, steps, hidden)


def grid(rounds: int) -> Iterator[str]:
    top = peak()
    yield f"Peak: {top:.0f} GFLOP/s.\n"
    yield "Training in blocks, then in turn; forward in blocks.\n"
    yield "| layer | shape | blocks | GFLOP/s | of peak | in turn | of peak | forward | of peak |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, gates in GATES.items():
        ratios: dict[str, list[float]] = {"in blocks": [], "in turn": []}
        for shape in GRID:
            batch, steps, size, hidden = shape
            pair, x, gradient = pair_of(name, shape)
            work = 2e-9 * batch * steps * gates * hidden * (size + hidden)
            training = [trainer(layer, x, gradient) for layer in pair]
            peer, own = blocks(training, rounds)
            peer_turn, own_turn = medians(training, rounds)
            peer_forward, own_forward = blocks([answerer(layer, x) for layer in pair], rounds)
            ratios["in blocks"].append(peer / own)
            ratios["in turn"].append(peer_turn / own_turn)
            rates = [3 * work / own, 3 * work / own_turn, work / own_forward]
            shares, wanted = [f"{rate / top:.0%}" for rate in rates], SHARES.get(shape)
            if wanted is not None:
                met = "met" if rates[0] >= wanted * top else "missed"
                shares[0] += f" ({wanted:.0%} {met})"
            yield (
                f"| {name} | {', '.join(map(str, shape))} | {peer / own:.2f}x | {rates[0]:.0f} | "
                f"{shares[0]} | {peer_turn / own_turn:.2f}x | {shares[1]} | "
                f"{peer_forward / own_forward:.2f}x | {shares[2]} |"
            )
        words = [
            f"{how} {statistics.geometric_mean(each):.2f}, least {min(each):.2f}"
            for how, each in ratios.items()
        ]
        yield f"| {name} | geometric means: {'; '.join(words)} | | | | | | | |"


def least(work: Callable[[], None], rounds: int) -> float:
    """The least processor time of this thread for a call, of many."""
    times, start = [], time.perf_counter()
    while len(times) < rounds or time.perf_counter() - start < SECONDS / 2:
        begun = time.thread_time()
        work()
        times.append(time.thread_time() - begun)
    return min(times)


def core(rounds: int) -> Iterator[str]:
    """One thread's processor time, which tells of the kernels even where other programs run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    a = torch.randn(512, 512)
    top = 2e-9 * 512**3 / least(lambda: torch.mm(a, a), rounds)
    yield f"Least processor time of many calls, one thread; a core's peak: {top:.0f} GFLOP/s.\n"
    yield "| layer | shape | forward | of peak | training | of peak |\n|---|---|---|---|---|---|"
    for name, gates in GATES.items():
        for shape in GRID:
            batch, steps, size, hidden = shape
            (_, layer), x, gradient = pair_of(name, shape)
            work = 2e-9 * batch * steps * gates * hidden * (size + hidden)
            forward = least(answerer(layer, x), rounds)
            both = least(trainer(layer, x, gradient), rounds)
            yield (
                f"| {name} | {', '.join(map(str, shape))} | {1e6 * forward:.0f} us | "
                f"{work / forward / top:.0%} | {1e6 * both:.0f} us | {3 * work / both / top:.0%} |"
            )
    torch.set_num_threads(before)


def threads(rounds: int) -> Iterator[str]:
    """Two threads against one, where there is little to share and where there is much."""
    yield "One thread's time by two threads' (above 1: two are quicker).\n"
    yield "| layer | shape | training | forward |\n|---|---|---|---|"
    for name in GATES:
        for shape in THREAD_GRID:
            (_, layer), x, gradient = pair_of(name, shape)
            found = []
            for work in (trainer(layer, x, gradient), answerer(layer, x)):
                one, two = turns([partial(threaded, count, work) for count in (1, 2)], rounds)
                found.append(one / two)
            yield f"| {name} | {', '.join(map(str, shape))} | {found[0]:.2f} | {found[1]:.2f} |"


def threaded(count: int, work: Callable[[], None]) -> float:
    """Seconds of a call on so many threads; of some, where one is shorter than a millisecond."""
    torch.set_num_threads(count)
    work()
    calls, start = 0, time.perf_counter()
    while not calls or time.perf_counter() - start < 1e-3:
        work()
        calls += 1
    return (time.perf_counter() - start) / calls


def options(rounds: int) -> Iterator[str]:
    yield "Training time by the plain layer's (at most 1.1 is wanted, 1.5 with layer_norm).\n"
    yield "| layer | shape | option | time | path |\n|---|---|---|---|---|"
    for name in GATES:
        for shape in ((64, 200, 128, 64), (32, 100, 128, 256)):
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
        for shape in PEER_GRID:
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


PARTS = {"grid": grid, "core": core, "options": options, "threads": threads, "growth": growth}
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
    parts = words.part or ["grid", "core", "options", "threads"]
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
