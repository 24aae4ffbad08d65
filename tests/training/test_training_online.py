"""Learning while rows come: what a step looks at, and going on from a state."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ostinato.errors import OptionError, StorageError
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.training.online import OnlineLearner, RowMemory

LIKE = {"x": np.zeros(2, np.float32), "y": np.float32(0)}


def squares(module, batch):
    return {"loss": (module(batch["x"])[..., 0] - batch["y"]).square().mean()}


def learner(length=4, *, seed=0, loss=squares, latest=1, **options):
    torch.manual_seed(0)
    return OnlineLearner(
        torch.nn.Linear(2, 1),
        loss,
        LIKE,
        length=length,
        latest=latest,
        training=TrainingOptions(learning_rate=0.05, seed=seed),
        online=OnlineOptions(**{"every": 2, "memory": 20} | options),
    )


def feed(learner, first, last, steps=None):
    for k in range(first, last):
        chance = np.random.default_rng(k)
        x = chance.normal(size=2).astype(np.float32)
        row = learner.memory.add({"x": x, "y": x[0] - 2 * x[1]})
        taken = learner.known(row)
        if steps is not None and taken:
            steps.append(k)


def test_the_memory_keeps_the_last_rows():
    memory = RowMemory(5, LIKE)
    for k in range(12):
        assert memory.add({"x": [k, -k], "y": k}) == k
    assert (memory.first, memory.count) == (7, 12)
    memory.change(9, "y", 90.0)
    found = memory.windows(np.array([7, 9]), 3)
    assert found["y"].tolist() == [[7, 8, 90], [90, 10, 11]]
    assert found["x"][0].tolist() == [[7, -7], [8, -8], [9, -9]]


def test_a_step_comes_every_so_many_rows_and_waits_for_a_window():
    steps: list[int] = []
    feed(learner(length=6, every=4), 0, 20, steps)
    assert steps == [5, 9, 13, 17]


def test_the_latest_windows_end_at_the_newest_row_and_replay_looks_back():
    seen = []

    def loss(module, batch):
        seen.append(batch["x"][:, :, 0].numpy().copy())
        return squares(module, batch)

    made = learner(length=3, loss=loss, latest=2, replay=5)
    for k in range(16):
        made.known(made.memory.add({"x": [k, 0], "y": 0}))
    last = seen[-1]
    assert last[:2].tolist() == [[11, 12, 13], [12, 13, 14]]
    assert len(last) == 7
    assert (last[:, 2] - last[:, 0] == 2).all()  # rows that follow each other
    assert len({tuple(each) for each in last[2:]}) > 1
    assert not np.array_equal(seen[-2][2:], last[2:])


def test_replay_draws_from_the_whole_memory_anew_each_time():
    places = []

    def loss(module, batch):
        places.append(batch["x"][1, 0, 0].item() / batch["x"][0, 0, 0].item())
        return squares(module, batch)

    made = learner(length=2, loss=loss, every=1, replay=1, memory=200)
    for k in range(6):
        made.memory.add({"x": [k, 0], "y": 0})
    for k in range(6, 200):
        made.known(made.memory.add({"x": [k, 0], "y": 0}))
    places = np.array(places)
    assert places.min() < 0.05
    assert places.max() > 0.95
    assert places.std() > 0.2


def test_late_truths_are_what_windows_end_at():
    seen = []

    def loss(module, batch):
        seen.append(batch["x"][0, -1, 0].item())
        return squares(module, batch)

    made = learner(length=2, loss=loss, replay=0)
    for k in range(10):
        made.memory.add({"x": [k, 0], "y": 0})
    for k in range(4):
        made.known(k)
    assert seen == [1, 3]


def test_it_learns():
    made = learner(replay=3)
    feed(made, 0, 600)
    assert np.allclose(made.module.weight.detach().numpy(), [[1, -2]], atol=0.05)
    assert made.steps == 299


@pytest.mark.parametrize("cut", [3, 8, 57])
def test_gone_on_from_a_state_it_has_the_same_bits(cut):
    whole = learner()
    feed(whole, 0, 100)
    begun = learner()
    feed(begun, 0, cut)
    tensors, document = begun.state()
    tensors = {name: each.clone() for name, each in tensors.items()}
    feed(begun, cut, cut + 7)  # what the state holds is its own
    again = learner()
    torch.nn.init.zeros_(again.module.weight)
    again.restore(tensors, document)
    feed(again, cut, 100)
    assert torch.equal(again.module.weight, whole.module.weight)
    assert torch.equal(again.module.bias, whole.module.bias)
    assert again.steps == whole.steps
    other = learner(seed=1)
    feed(other, 0, 100)
    assert not torch.equal(other.module.weight, whole.module.weight)


def test_a_step_that_is_no_number_is_left_out():
    made = learner(replay=0)
    feed(made, 0, 10)
    before = made.module.weight.detach().clone()
    made.memory.add({"x": [np.inf, 0], "y": 0})
    made.known(10)
    made.memory.add({"x": [0, 0], "y": 0})
    assert not made.known(11)
    assert made.skipped == 1
    assert torch.equal(made.module.weight, before)


def test_what_does_not_fit_is_refused():
    with pytest.raises(OptionError, match="memory must be at least 30 rows, .* got 20"):
        learner(length=30)
    tensors, document = learner(memory=30).state()
    learner().restore(tensors, document)
    feed(made := learner(memory=30), 0, 30)
    with pytest.raises(StorageError, match="another model or other options"):
        learner().restore(*made.state())
    with pytest.raises(StorageError, match="another model or other options"):
        learner().restore({}, document)
