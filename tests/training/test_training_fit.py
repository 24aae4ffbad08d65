"""`training.fit` and `Batches`: learning, stopping, resuming, refusing."""

from __future__ import annotations

import pytest
import torch
from lightning.pytorch.callbacks import Callback

from ostinato.errors import (
    DataError,
    NonFiniteError,
    OptionError,
    RecordWarning,
    TrainingError,
)
from ostinato.training import Batches, TrainingOptions, fit

X = torch.randn(96, 8, generator=torch.Generator().manual_seed(0))
Y = (X.sum(1) > 0).long()


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Linear(8, 16), torch.nn.Dropout(0.2), torch.nn.ReLU(), torch.nn.Linear(16, 2)
    )


def train(module, **more):
    given = {"epochs": 5, "learning_rate": 0.02, "batch_size": 16} | more.pop("options", {})
    options = TrainingOptions(**given)
    return fit(
        module, (X, Y), (X, Y), loss="cross_entropy", options=options, progress=False, **more
    )


class Raise(Callback):
    def __init__(self, error, epoch):
        self.error, self.epoch = error, epoch

    def on_train_batch_end(self, trainer, *_):
        if trainer.current_epoch == self.epoch:
            raise self.error


def test_sparse_gradients_learn():
    module = torch.nn.Sequential(torch.nn.EmbeddingBag(8, 2, sparse=True))
    options = TrainingOptions(optimizer="sgd", epochs=3, clip_norm=None, learning_rate=0.5)
    tokens = (X > 0).long() * torch.arange(8)
    result = fit(module, (tokens, Y), loss="cross_entropy", options=options, progress=False)
    assert result.history["train_loss"][-1] < result.history["train_loss"][0]


def test_a_module_left_evaluating_still_has_its_dropout_in_training():
    module, modes = network(), []
    module.eval()
    module[1].register_forward_hook(lambda layer, *_: modes.append(layer.training))
    train(module, options={"epochs": 2})
    assert modes == ([True] * 6 + [False] * 6) * 2
    assert not module.training


@pytest.mark.parametrize(
    ("early", "expected"), [(0.5, [True, True, False, False]), (0.0, [False] * 4)]
)
def test_early_dropout_ends_early_and_stays_so_when_resumed(tmp_path, early, expected):
    options, modes = {"epochs": 4, "early_dropout": early}, []

    def watched():
        def note(layer, *_):
            if torch.is_grad_enabled():
                modes.append(layer.training)

        module = network()
        module[1].register_forward_hook(note)
        return module

    whole = watched()
    train(whole, options=options)
    assert modes == [each for each in expected for _ in range(6)]
    assert whole.training
    modes.clear()
    with pytest.raises(RuntimeError):
        train(watched(), options=options, directory=tmp_path, callbacks=[Raise(RuntimeError(), 3)])
    again = watched()
    train(again, options=options, directory=tmp_path, resume=True)
    assert modes[-6:] == [False] * 6
    assert len(modes) == 25
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"])
def test_every_optimizer_learns(optimizer, capfd):
    result = train(network(), options={"optimizer": optimizer, "learning_rate": 0.005})
    assert result.status == "finished"
    assert result.steps == 30
    assert result.history["train_loss"][-1] < result.history["train_loss"][0]
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    "schedule", ["constant", "step", "exponential", "cosine", "one_cycle", "plateau"]
)
def test_the_same_seed_gives_the_same_bits(schedule):
    one, other = network(), network()
    options = {"schedule": schedule, "average": 0.9, "clip_norm": 1.0, "clip_value": 0.5}
    train(one, options=options)
    torch.rand(3)
    train(other, options=options)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


def test_resumed_ends_as_if_never_stopped(tmp_path):
    whole, stopped, resumed = network(), network(), network()
    options = {"schedule": "one_cycle", "average": 0.9}
    expected = train(whole, options=options)
    with pytest.raises(ZeroDivisionError):
        train(
            stopped, options=options, directory=tmp_path, callbacks=[Raise(ZeroDivisionError(), 3)]
        )
    found = train(resumed, options=options, directory=tmp_path, resume=True)
    assert found.history["val_loss"] == expected.history["val_loss"]
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 6
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


class Weights(Callback):
    """The weights after each step, and after each epoch the values and the means."""

    def __init__(self):
        self.steps, self.means = [], []

    def on_train_batch_end(self, trainer, learner, *_):
        self.steps.append([p.detach().clone() for p in learner.module.parameters()])

    def on_train_epoch_end(self, trainer, learner):
        self.means.append([each.clone() for each in learner.averages.tensors])


@pytest.mark.parametrize(("monitor", "mode"), [("val_loss", "min"), ("val_score", "max")])
def test_nt_asgd_takes_the_mean_once_it_gets_worse(tmp_path, monitor, mode):
    values = iter([3.0, 2.0, 1.0, 2.0, 0.5, 1.5, 2.5, 2.5])

    def loss(module, batch):
        found = torch.nn.functional.cross_entropy(module(batch["x"]), batch["y"])
        if module.training:
            return {"loss": found, "score": -found}
        value = torch.tensor(next(values))
        return {"loss": value, "score": -value}

    def batches(rows):
        return Batches({"x": X, "y": Y}, rows)

    def options(epochs):
        return TrainingOptions(
            epochs=epochs,
            optimizer="nt_asgd",
            nonmonotone=2,
            learning_rate=0.5,
            monitor=monitor,
            mode=mode,
        )

    seen, module = Weights(), network()
    more = {"loss": loss, "progress": False, "directory": tmp_path}
    fit(module, batches(32), batches(96), options=options(7), callbacks=[seen], **more)
    # Epoch 4 is better than epoch 1; epoch 6 is worse than epoch 3, three before.
    assert [len(each) for each in seen.means] == [0] * 6 + [4]
    since = seen.steps[18:]
    assert len(since) == 3
    for place, mean in enumerate(seen.means[-1]):
        torch.testing.assert_close(mean, torch.stack([each[place] for each in since]).mean(0))
    # A checkpoint goes on with the mean.
    again = Weights()
    more |= {"resume": True, "callbacks": [again]}
    fit(network(), batches(32), batches(96), options=options(8), **more)
    since += again.steps
    for place, mean in enumerate(again.means[-1]):
        torch.testing.assert_close(mean, torch.stack([each[place] for each in since]).mean(0))
    with pytest.raises(OptionError, match="average must be 0 with optimizer='nt_asgd', got 0.9"):
        TrainingOptions(optimizer="nt_asgd", average=0.9).check()


def test_an_interrupt_keeps_the_best_weights():
    result = train(network(), callbacks=[Raise(KeyboardInterrupt(), 2)])
    assert result.status == "interrupted"
    assert 1 <= result.best_epoch <= 2


def test_early_stopping_and_the_random_state():
    module = network()
    before = torch.get_rng_state()
    result = train(
        module,
        options={
            "epochs": 40,
            "patience": 1,
            "learning_rate": 0.1,
            "optimizer": "sgd",
            "momentum": 0.99,
        },
    )
    assert result.status == "early_stopped"
    assert torch.equal(torch.get_rng_state(), before)


def test_what_cannot_be_done_is_said():
    spoilt = X.clone()
    spoilt[3] = float("nan")
    with pytest.raises(NonFiniteError, match="at step .* lower learning_rate"):
        fit(network(), (spoilt, Y), loss="cross_entropy", progress=False)
    with pytest.raises(OptionError, match="Did you mean 'adam'"):
        train(network(), options={"optimizer": "adm"})
    with pytest.raises(OptionError, match="monitor must be one of train_loss, val_loss"):
        train(network(), options={"monitor": "val_f1"})
    with pytest.raises(DataError, match="no rows"):
        fit(network(), (X[:0], Y[:0]), loss="cross_entropy", progress=False)


def test_a_full_disk_does_not_end_training(tmp_path, monkeypatch):
    expected = train(network())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.warns(RecordWarning, match="could not be recorded .*No space left"):
        found = train(network(), directory=tmp_path)
    assert found.history["val_loss"] == expected.history["val_loss"]
    assert not list((tmp_path / "checkpoints").iterdir())


def test_a_directory_that_cannot_be_written_is_refused_first(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written"):
        train(network(), directory=tmp_path / "file")


def test_nothing_to_resume(tmp_path):
    with pytest.raises(TrainingError, match="no checkpoint to resume from"):
        train(network(), directory=tmp_path, resume=True)


def test_batches_hold_every_row_once_with_little_padding():
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(0, 50, (300,), generator=draw).tolist()
    rows = [torch.full((n,), k + 1).numpy() for k, n in enumerate(lengths)]

    def padding(**options):
        total, seen = 0, []
        batches = Batches({"t": rows, "k": torch.arange(300)}, 16, shuffle=True, **options)
        for batch in batches:
            total += batch["t"].numel() - int(batch["t_lengths"].sum())
            seen += batch["k"].tolist()
            for row, k, n in zip(batch["t"], batch["k"], batch["t_lengths"], strict=True):
                assert n == lengths[k]
                assert (row[:n] == k + 1).all()
                assert not row[n:].any()
        assert sorted(seen) == list(range(300))
        assert len(batches) == 19
        return total

    assert padding(bucket=True) < padding() / 4


def test_batches_pad_two_lists_of_lengths_of_their_own_little():
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 50, (2, 4000), generator=draw)
    rows = {name: [torch.zeros(n) for n in each] for name, each in zip("st", lengths, strict=True)}
    batches = Batches(rows | {"k": torch.arange(4000)}, 16, shuffle=True, bucket=True)
    seen, cells = [], 0
    for batch in batches:
        seen += batch["k"].tolist()
        cells += batch["s"].numel() + batch["t"].numel()
    assert sorted(seen) == list(range(4000))
    assert seen != sorted(seen)
    assert cells < 1.12 * lengths.sum()


def test_batches_of_unequal_arrays():
    with pytest.raises(DataError, match="same number of rows"):
        Batches({"a": torch.zeros(3), "b": torch.zeros(4)}, 2)
