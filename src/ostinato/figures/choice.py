"""Which of many series are worth a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def worth_seeing(errors: Sequence[float], most: int = 6) -> list[tuple[int, str]]:
    """Of many series the best, the worst and some between, by error.

    Args:
        errors: an error of each series, lower is better; NaN comes last.
        most: how many are drawn at most, at least 1.

    Returns:
        Indices with a word for each, from the smallest error to the largest: "best", "median",
        "worst", and "" for those between. All, in their own order, where there are few.
    """
    count = len(errors)
    if count <= 1:
        return [(k, "") for k in range(count)]
    order = np.argsort(np.nan_to_num(np.asarray(errors, dtype=float), nan=np.inf), kind="stable")
    chosen = np.unique(np.round(np.linspace(0, count - 1, min(most, count))).astype(int))
    if most >= 3 and (count - 1) // 2 not in chosen:
        middle = int(np.argmin(np.abs(chosen - (count - 1) // 2)))
        chosen[middle] = (count - 1) // 2
    words = {(count - 1) // 2: "median"} if count > 2 else {}
    words |= {0: "best", count - 1: "worst"}
    return [(int(order[place]), words.get(int(place), "")) for place in chosen]
