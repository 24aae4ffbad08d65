"""Learn while rows come: a memory of rows, a step now and then, a state to go on from."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.errors import OptionError, StorageError
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.training.optimizers import make_optimizer

Loss = Callable[[torch.nn.Module, dict[str, Tensor]], dict[str, Tensor]]


class RowMemory:
    """The last rows of a stream, as arrays in which the newest overwrite the oldest.

    Rows are numbered from 0 in the order in which they came, for ever.

    Args:
        rows: how many are kept.
        like: name to an example of a row's value: its shape and dtype hold for all.
    """

    def __init__(self, rows: int, like: Mapping[str, Any]) -> None:
        self.size, self.count = rows, 0
        self.arrays = {
            name: np.zeros((rows, *np.shape(each)), np.asarray(each).dtype)
            for name, each in like.items()
        }

    @property
    def first(self) -> int:
        """The oldest row that is kept."""
        return max(0, self.count - self.size)

    def add(self, row: Mapping[str, Any]) -> int:
        """Keep a row; its number."""
        place = self.count % self.size
        for name, array in self.arrays.items():
            array[place] = row[name]
        self.count += 1
        return self.count - 1

    def change(self, row: int, name: str, value: Any) -> None:
        """Put in what was not known when the row came."""
        self.arrays[name][row % self.size] = value

    def windows(self, starts: np.ndarray, length: int) -> dict[str, Tensor]:
        """`(windows, length, ...)` of every array."""
        places = (starts[:, None] + np.arange(length)) % self.size
        return {name: torch.from_numpy(array[places]) for name, array in self.arrays.items()}


class OnlineLearner:
    """Teaches a module row by row, in place.

    Each step learns the latest whole windows, and `replay` earlier ones, drawn by chance from the
    memory, so that what is rare now is not forgotten. The module stays in evaluation mode: dropout
    is for data that are seen many times. The same rows give the same bits, also where `state` was
    saved and `restore`d between them.

    Args:
        loss: of a module and a batch, as `training.fit` takes it; a batch has the memory's arrays,
            `(windows, length, ...)`.
        like: as of `RowMemory`.
        length: rows of a window.
        latest: windows that end at the newest rows, one row apart.
        training: optimizer, rate, clipping and seed.
        online: everything else; `online.rate` must be a number.

    Attributes:
        steps: optimizer steps taken.
        skipped: steps left out, because loss or gradient was no finite number.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        loss: Loss,
        like: Mapping[str, Any],
        *,
        length: int,
        latest: int = 1,
        training: TrainingOptions,
        online: OnlineOptions,
    ) -> None:
        if online.memory < length:
            raise OptionError(
                f"stream: memory must be at least {length} rows, those that a step of learning "
                f"looks at, got {online.memory}."
            )
        self.module, self.loss, self.length, self.latest = module, loss, length, latest
        self.training, self.online = training, online
        self.memory = RowMemory(online.memory, like)
        self.parameters = [each for each in module.parameters() if each.requires_grad]
        self.optimizer = make_optimizer(training, self.parameters)
        self.steps = self.skipped = self.waiting = self.end = 0

    def known(self, row: int) -> bool:
        """Say that the truth of `row` is in the memory; a step is taken where one is due.

        Returns:
            whether a step was taken: weights that were copied are then old.
        """
        self.end = max(self.end, row + 1)
        self.waiting += 1
        if self.waiting < self.online.every or self.end - self.memory.first < self.length:
            return False
        self.waiting = 0
        return self._step(self._starts())

    def _starts(self) -> np.ndarray:
        """Where the windows of a step begin."""
        first, last = self.memory.first, self.end - self.length
        latest = np.arange(max(first, last - self.latest + 1), last + 1)
        if not self.online.replay or last - first < self.length:
            return latest
        # Of the seed and the step's number alone, so that a restored learner draws the same.
        draw = random.Random(self.training.seed * 1_000_003 + self.steps + self.skipped)
        # Not those that overlap the latest.
        span = last - self.length + 1 - first
        earlier = [first + int(draw.random() * span) for _ in range(self.online.replay)]
        return np.concatenate([latest, earlier])

    def _step(self, starts: np.ndarray) -> bool:
        with torch.enable_grad(), _one_thread():
            return self._learn(self.memory.windows(starts, self.length))

    def _learn(self, batch: dict[str, Tensor]) -> bool:
        loss = self.loss(self.module, batch)["loss"]
        self.optimizer.zero_grad()
        loss.backward()
        if self.training.clip_value is not None:
            torch.nn.utils.clip_grad_value_(self.parameters, self.training.clip_value)
        grads = [each.grad for each in self.parameters if each.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads)
        if not (math.isfinite(loss.item()) and math.isfinite(length := norm.item())):
            self.skipped += 1
            return False
        most = self.training.clip_norm
        if most is not None and length > most:
            torch.nn.utils.clip_grads_with_norm_(self.parameters, most, norm)
        self.optimizer.step()
        self.steps += 1
        return True

    # To go on later.

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and plain values that `restore` needs, the module's weights among them."""
        tensors = {f"module.{name}": each for name, each in self.module.state_dict().items()}
        for place, parameter in enumerate(self.parameters):
            for name, each in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{place}.{name}"] = torch.as_tensor(each)
        kept = min(self.memory.count, self.memory.size)
        for name, array in self.memory.arrays.items():
            tensors[f"memory.{name}"] = torch.from_numpy(array[:kept])
        numbers = ("steps", "skipped", "waiting", "end")
        return tensors, {name: getattr(self, name) for name in numbers} | {
            "count": self.memory.count
        }

    def restore(self, tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> None:
        """Go on from what `state` gave.

        Raises:
            StorageError: it is of another module or other options.
        """
        parts: dict[str, dict[str, Tensor]] = {"module": {}, "optimizer": {}, "memory": {}}
        for name, each in tensors.items():
            part, _, rest = name.partition(".")
            parts.setdefault(part, {})[rest] = each
        own = self.module.state_dict()
        same = {k: v.shape for k, v in own.items()} == {
            k: v.shape for k, v in parts["module"].items()
        }
        for name, array in self.memory.arrays.items():
            given = parts["memory"].get(name)
            same = same and given is not None and given.shape[1:] == array.shape[1:]
            same = same and given is not None and len(given) <= self.memory.size
        if not same:
            raise StorageError(
                "the snapshot is of another model or other options. Give the same, or another file."
            )
        for name, value in own.items():
            value.copy_(parts["module"][name])
        for place, parameter in enumerate(self.parameters):
            prefix = f"{place}."
            found = {
                name.removeprefix(prefix): each.clone()
                for name, each in parts["optimizer"].items()
                if name.startswith(prefix)
            }
            if found:
                self.optimizer.state[parameter] = found
        for name, array in self.memory.arrays.items():
            array[: len(parts["memory"][name])] = parts["memory"][name].numpy()
        self.memory.count = int(document["count"])
        for name in ("steps", "skipped", "waiting", "end"):
            setattr(self, name, int(document[name]))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """A step is too small to share: where other programs hold the cores, a second thread that
    wakes late makes it a hundred times longer."""
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
