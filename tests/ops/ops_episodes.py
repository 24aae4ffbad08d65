"""The reference once more, one episode of one sequence at a time.

Padding and resets never enter it: run over a padded batch the reference multiplies masked steps by
zero, and zero times NaN is NaN where a sequence by itself has none.
"""

from __future__ import annotations

from itertools import pairwise

import torch

BATCHED = ("x", "h0", "c0", "recurrent_mask", "zoneout", "zoneout_cell", "h_reset", "c_reset")
TIMED = ("x", "zoneout", "zoneout_cell")


def borders(values, row):
    """Where the episodes of a sequence begin and end, in time."""
    length = values["x"].shape[1] if values["lengths"] is None else int(values["lengths"][row])
    resets = values["resets"]
    inside = [] if resets is None else [t for t in range(1, length) if resets[row, t]]
    return [0, *inside, length]


def anew(values, row, start, end):
    """Whether the episode of steps [start, end) begins with what a reset returns to."""
    if values["reverse"]:
        return end < borders(values, row)[-1]
    return start > 0 or (values["resets"] is not None and bool(values["resets"][row, 0]))


def one(cell, values, row, start, end):
    """The reference's results for steps [start, end) of one sequence."""
    part = {**values, "lengths": None, "resets": None}
    for name in BATCHED:
        if isinstance(values.get(name), torch.Tensor):
            part[name] = values[name][row : row + 1]
    for name in TIMED:
        if isinstance(values.get(name), torch.Tensor):
            part[name] = part[name][:, start:end]
    for name in ("h", "c"):
        if anew(values, row, start, end) and f"{name}0" in part:
            start, reset = part[f"{name}0"], part[f"{name}_reset"]
            part[f"{name}0"] = torch.zeros_like(start) if reset is None else reset
    return cell.reference(**part)


def by_episodes(cell, values):
    """What `cell.reference` returns, `cells` always given."""
    steps = values["x"].shape[1]
    rows = []
    for row in range(values["x"].shape[0]):
        marks = borders(values, row)
        if marks[-1] == 0:
            initial = [values[n][row : row + 1] for n in ("h0", "c0") if values.get(n) is not None]
            empty = [each.new_zeros(1, steps, each.shape[1]) for each in initial]
            rows.append([empty[0], *(each * 1 for each in initial), *empty[1:]])
            continue
        parts = [one(cell, values, row, *pair) for pair in pairwise(marks)]
        last = parts[0] if values["reverse"] else parts[-1]

        def whole(k, parts=parts):
            joined = torch.cat([part[k] for part in parts], 1)
            return torch.nn.functional.pad(joined, (0, 0, 0, steps - joined.shape[1]))

        found = [whole(0), *last[1:3]]
        rows.append([*found, whole(3)] if cell.name == "lstm" else found)
    return tuple(torch.cat(each) for each in zip(*rows, strict=True))
