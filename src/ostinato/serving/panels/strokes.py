"""Strokes of a pen as a network reads them: even steps, each with its direction and turn.

Every step depends on points before it alone, so that a drawing can be read while it is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.errors import DataError

SPACING = 0.03  # of the pad's side, between two steps of the pen
POINTS = 4_000
STEPS = 600


def read_points(strokes: Any) -> list[np.ndarray]:
    """Strokes as arrays `(points, 2)`.

    Raises:
        DataError: there is no point, too many, or one is no pair of numbers.
    """
    rule = "strokes must be lists of points [x, y] from 0 to 1"
    if not isinstance(strokes, list) or not strokes:
        raise DataError(f"{rule}, got none. Draw something first.")
    try:
        found = [np.asarray(each, dtype=np.float64) for each in strokes]
    except (TypeError, ValueError) as error:
        raise DataError(f"{rule}, got something else.") from error
    if any(each.ndim != 2 or each.shape[1] != 2 or not len(each) for each in found):
        raise DataError(f"{rule}, got something else.")
    if sum(map(len, found)) > POINTS:
        raise DataError(f"A drawing has more than {POINTS:,} points. Draw less.")
    if not all(np.isfinite(each).all() and (np.abs(each) <= 10).all() for each in found):
        raise DataError(f"{rule}, got one far outside.")
    return found


def steps_of(strokes: list[np.ndarray]) -> np.ndarray:
    """`(steps, 5)`: direction x and y, the turn's cosine and sine, and whether the pen was lifted
    before the step. A drawing without a move is one step of zeros."""
    rows: list[list[float]] = []
    before: np.ndarray | None = None
    place: np.ndarray | None = None
    for stroke in strokes:
        lifted = place is not None
        if place is None:
            place = stroke[0]
        for point in stroke:
            while True:
                way = point - place
                length = float(np.hypot(*way))
                # A lifted pen flies to the next stroke in one step.
                if length < SPACING or len(rows) >= STEPS:
                    break
                direction = way / length
                place = point if lifted else place + SPACING * direction
                turn = (1.0, 0.0)
                if before is not None:
                    turn = (
                        float(before @ direction),
                        float(before[0] * direction[1] - before[1] * direction[0]),
                    )
                rows.append([*direction.tolist(), *turn, float(lifted)])
                before, lifted = direction, False
    return np.array(rows or [[0.0] * 5], dtype=np.float32)
