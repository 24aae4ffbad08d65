"""How many epochs make enough steps, where the user left it open."""

from __future__ import annotations


def enough_epochs(rows: int, batch_size: int, *, steps: int, fewest: int, most: int) -> int:
    """Epochs that make about `steps` optimizer steps, from `fewest` to `most`: a hundred rows need
    many more than ten thousand."""
    batches = -(-rows // batch_size)
    return min(max(-(-steps // batches), fewest), most)
