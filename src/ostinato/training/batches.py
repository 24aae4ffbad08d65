"""Batches out of arrays in memory, gathered whole: no Python loop over samples."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.errors import DataError, check_number
from ostinato.training.arrays import digest, to_tensor

BUCKET_BATCHES = 50  # batches among which rows of like length find each other


class _Ragged:
    """Rows of different lengths in one flat tensor."""

    def __init__(self, rows: Sequence[Any]) -> None:
        parts = [np.asarray(row) for row in rows]
        sizes = np.fromiter((len(part) for part in parts), dtype=np.int64, count=len(parts))
        filled = [part for part in parts if len(part)]
        flat = np.concatenate(filled) if filled else np.zeros(0, dtype=np.int64)
        self.flat = torch.from_numpy(np.ascontiguousarray(flat))
        self.lengths = torch.from_numpy(sizes)
        self.starts = torch.from_numpy(
            np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, index: Tensor) -> _Ragged:
        return _Ragged([self.flat[self.starts[k] :][: self.lengths[k]].numpy() for k in index])

    def gather(self, index: Tensor) -> tuple[Tensor, Tensor]:
        lengths = self.lengths[index]
        longest = int(lengths.max()) if len(lengths) else 0
        steps = torch.arange(longest)
        live = steps < lengths.unsqueeze(1)
        places = torch.where(live, self.starts[index].unsqueeze(1) + steps, 0)
        if not len(self.flat):
            return self.flat.new_zeros(len(index), longest), lengths
        values = self.flat[places]
        mask = live.view(*live.shape, *[1] * (values.dim() - 2))
        return values * mask, lengths


class Batches:
    """Batches as dictionaries, over tensors `(rows, ...)` and lists of rows of different lengths.

    Ragged rows are padded with zeros on the right up to the longest in their batch, and the batch
    has their lengths as `NAME_lengths`, `(batch,)` integers.

    Args:
        arrays: name to a tensor, an array or a list of rows; all of the same number of rows.
        batch_size: rows in a batch; the last may have fewer.
        shuffle: a new order each epoch, from `seed` and the epoch's number alone.
        bucket: rows of like length come together, in runs of 50 batches (2,500 where two ragged
            arrays differ in their lengths), so that padding is little; the batches themselves are
            in random order. It needs a ragged array.
        drop_last: leave out a last batch that is not full.
        transform: a function of the batch's dictionary; what it returns is the batch.
        reads: by name, tensors that `transform` takes values from, so that `fingerprint` tells of
            them too.

    Raises:
        DataError: no rows, or arrays of different numbers of rows.
    """

    def __init__(
        self,
        arrays: Mapping[str, Any],
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        bucket: bool = False,
        drop_last: bool = False,
        transform: Callable[[dict[str, Tensor]], Any] | None = None,
        reads: Mapping[str, Tensor] | None = None,
    ) -> None:
        check_number("Batches", "batch_size", batch_size, low=1, whole=True)
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.bucket, self.drop_last, self.transform = bucket, drop_last, transform
        self.reads = dict(reads or {})
        self.epoch = 0
        self.arrays: dict[str, Tensor | _Ragged] = {}
        for name, values in arrays.items():
            dense = isinstance(values, (Tensor, np.ndarray))
            self.arrays[name] = to_tensor("Batches", name, values) if dense else _Ragged(values)
        counts = {name: len(values) for name, values in self.arrays.items()}
        if len(set(counts.values())) != 1:
            raise DataError(f"Batches: arrays must have the same number of rows, got {counts}.")
        self.rows = next(iter(counts.values()))
        if not self.rows:
            raise DataError("Batches: there are no rows.")

    def take(self, rows: Tensor) -> Batches:
        """Batches of these rows alone, made in the same way."""
        taken = copy.copy(self)
        taken.arrays = {
            name: values.take(rows) if isinstance(values, _Ragged) else values[rows]
            for name, values in self.arrays.items()
        }
        taken.rows = len(rows)
        return taken

    def fingerprint(self) -> dict[str, Any]:
        """What tells these batches from others: settings, and of each array shape and digest."""
        settings = ("rows", "batch_size", "shuffle", "seed", "bucket", "drop_last")
        found: dict[str, Any] = {name: getattr(self, name) for name in settings}
        for name, values in (self.arrays | self.reads).items():
            if isinstance(values, _Ragged):
                found[f"{name} lengths"] = f"{len(values.flat)} in all, {digest(values.lengths)}"
                values = values.flat
            found[name] = f"{tuple(values.shape)} {values.dtype} {digest(values)}"
        return found

    def set_epoch(self, epoch: int) -> None:
        """The number that, with the seed, decides the order of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        whole, rest = divmod(self.rows, self.batch_size)
        return whole + (1 if rest and not (self.drop_last and whole) else 0)

    def order(self) -> list[Tensor]:
        """The rows of each batch of this epoch."""
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        index = (
            torch.randperm(self.rows, generator=draw) if self.shuffle else torch.arange(self.rows)
        )
        lengths = self._lengths() if self.bucket else []
        if lengths:
            run = BUCKET_BATCHES ** len(lengths) * self.batch_size if self.shuffle else self.rows
            parts = [_alike(rows, lengths, self.batch_size) for rows in index.split(run)]
            index = torch.cat(parts)
        batches = list(index.split(self.batch_size))[: len(self)]
        if self.bucket and self.shuffle:
            batches = [batches[k] for k in torch.randperm(len(batches), generator=draw).tolist()]
        return batches

    def _lengths(self) -> list[Tensor]:
        """Of the ragged arrays, those of the same lengths counted once."""
        found: list[Tensor] = []
        for each in self.arrays.values():
            if isinstance(each, _Ragged) and not any(map(each.lengths.equal, found)):
                found.append(each.lengths)
        return found

    def __iter__(self) -> Iterator[Any]:
        for index in self.order():
            batch: dict[str, Tensor] = {}
            for name, values in self.arrays.items():
                if isinstance(values, _Ragged):
                    batch[name], batch[f"{name}_lengths"] = values.gather(index)
                else:
                    batch[name] = values[index]
            yield self.transform(batch) if self.transform else batch


def _alike(rows: Tensor, lengths: list[Tensor], size: int) -> Tensor:
    """The rows in an order in which each `size` of them have like lengths: sorted by the first of
    the lengths, then in runs of that order by the next."""
    first, *others = lengths
    rows = rows[first[rows].argsort(stable=True)]
    if not others:
        return rows
    batches = max(1, round((len(rows) / size) ** (1 - 1 / len(lengths))))
    return torch.cat([_alike(part, others, size) for part in rows.split(batches * size)])
