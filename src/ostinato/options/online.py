"""How a model learns while its rows come, one by one."""

from __future__ import annotations

from ostinato.options.declaration import Options, option


class OnlineOptions(Options):
    """Options of a stream that learns."""

    every: int = option(
        "Rows between two steps of learning. Fewer adapts sooner and takes longer.",
        default=8,
        low=1,
    )
    replay: int = option(
        "Earlier windows, drawn by chance, that each step learns once more beside the latest, "
        "against forgetting. 0 looks at the latest alone.",
        default=3,
        low=0,
    )
    memory: int = option(
        "Latest rows that are kept: for replay, and for truths that come late.",
        default=20_000,
        low=1,
    )
    rate: float | None = option(
        "Size of a step, or None for the model's own choice.", default=None, above=0
    )
    alarm: float | None = option(
        "Height of the drift alarm (Page-Hinkley): so many wrong answers more than usual, summed "
        "over rows, are an alarm. None is off.",
        default=50.0,
        above=0,
    )
    snapshot_every: int = option(
        "Rows between two snapshots, where a file for them is named: a kill loses no more.",
        default=1000,
        low=1,
    )
