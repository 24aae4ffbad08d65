"""A fit that was cut and goes on: the same bits as one that was not, or a refusal that says why."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping

from ostinato.errors import OptionError, TrainingError
from ostinato.training import Batches, TrainingOptions, fit
from ostinato.training.arrays import digest

X = torch.randn(26, 3, generator=torch.Generator().manual_seed(0))
Y = X.sum(1, keepdim=True)


class Cut(Callback):
    """Ends a fit in the middle of an epoch, as if the process had been killed."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_batch_end(self, trainer, *_):
        if trainer.current_epoch == self.epoch:
            raise ZeroDivisionError


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.3), torch.nn.Linear(4, 1))


def run(module, *, options=None, data=None, **more):
    given = {"epochs": 6, "batch_size": 5, "learning_rate": 0.05} | (options or {})
    more = {"loss": "mse", "progress": False} | more
    return fit(module, data or (X, Y), (X, Y + 0.3), options=TrainingOptions(**given), **more)


def cut(tmp_path, epoch=3, **more):
    callbacks = [*more.pop("callbacks", []), Cut(epoch)]
    with pytest.raises(ZeroDivisionError):
        run(network(), directory=tmp_path, callbacks=callbacks, **more)


WAYS = [
    *({"schedule": each} for each in ("constant", "step", "exponential", "cosine", "one_cycle")),
    {"schedule": "plateau", "learning_rate": 2.0, "decay_every": 2},
    {"schedule": "plateau", "learning_rate": 0.06, "optimizer": "sgd"},
    {"schedule": "cosine", "warmup": 0.4},
    *({"optimizer": each} for each in ("sgd", "rmsprop", "adamw", "nadam")),
    {"optimizer": "nt_asgd", "nonmonotone": 1, "learning_rate": 0.06},
    {"average": 0.9},
    {"early_dropout": 0.5},
    {"accumulate": 2, "average": 0.8},
    {"clip_norm": 0.1, "clip_value": 0.05},
    {"patience": 2, "learning_rate": 3.0},
]


@pytest.mark.parametrize("options", WAYS, ids=str)
@pytest.mark.parametrize("epoch", [1, 4])
def test_cut_and_resumed_is_the_same_as_whole(tmp_path, options, epoch):
    whole, again = network(), network()
    expected = run(whole, options=options)
    if expected.status == "early_stopped":
        epoch = min(epoch, len(expected.history["val_loss"]) - 1)
    cut(tmp_path, epoch, options=options)
    found = run(again, options=options, directory=tmp_path, resume=True)
    for name, column in expected.history.items():
        assert name == "seconds" or found.history[name] == column
    assert (found.status, found.best_epoch, found.steps) == (
        expected.status,
        expected.best_epoch,
        expected.steps,
    )
    for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_callback_of_the_callers_goes_on_too(tmp_path):
    def stopping():
        return EarlyStopping("val_loss", patience=3, min_delta=100.0)

    expected = run(network(), callbacks=[stopping()])
    assert (expected.status, len(expected.history["val_loss"])) == ("early_stopped", 4)
    cut(tmp_path, 2, callbacks=[stopping()])
    found = run(network(), directory=tmp_path, resume=True, callbacks=[stopping()])
    assert found.history["val_loss"] == expected.history["val_loss"]


def test_what_ended_is_not_trained_further(tmp_path):
    module = network()
    done = run(module, directory=tmp_path)
    weights = [each.clone() for each in module.parameters()]
    again = run(network(), directory=tmp_path, resume=True)
    assert again.history == done.history
    assert all(map(torch.equal, weights, module.parameters()))


OTHERS = [
    ({"options": {"learning_rate": 0.06}}, r"option 'learning_rate' is 0.06, and was 0.05 in"),
    ({"options": {"seed": 3}}, "option 'seed' is 3, and was 0"),
    ({"options": {"optimizer": "sgd"}}, "option 'optimizer' is 'sgd', and was 'adam'"),
    ({"options": {"patience": 3}}, "option 'patience' is 3, and was not there"),
    ({"options": {"epochs": 3}}, "option 'epochs' is 3, and was 6"),
    ({"loss": "mae"}, "option 'loss' is 'mae', and was 'mse'"),
    ({"metrics": {"m": lambda o, y: o.mean()}}, r"option 'metrics' is \['m'\], and was \[\]"),
    ({"data": (X + 1, Y)}, "train data 'x' is .* and was"),
    ({"data": (X[:25], Y[:25])}, "train data 'rows' is 25, and was 26"),
    ({"data": (X, Y.flip(0))}, "train data 'y' is"),
    ({"fingerprint": {"words": 4}}, "fingerprint 'words' is 4, and was 3"),
    ({"fingerprint": None}, "fingerprint 'words' is not there, and was 3"),
]


@pytest.mark.parametrize(("other", "message"), OTHERS, ids=lambda each: str(each)[:40])
def test_another_fit_is_refused(tmp_path, other, message):
    cut(tmp_path, 4, fingerprint={"words": 3})
    before = (tmp_path / "checkpoints" / "last.ckpt").read_bytes()
    more = {"directory": tmp_path, "resume": True, "fingerprint": {"words": 3}} | other
    with pytest.raises(OptionError, match=message):
        run(network(), **more)
    assert (tmp_path / "checkpoints" / "last.ckpt").read_bytes() == before


def test_another_module_is_refused(tmp_path):
    cut(tmp_path)
    others = [
        (3, 5, 0.3, r"module '0.weight' is '\(5, 3\) torch.float32', and was '\(4, 3\)"),
        (3, 4, 0.1, r"module 'layer 1' is 'Dropout\(p=0.1"),
    ]
    for inputs, hidden, dropout, message in others:
        layers = (torch.nn.Linear(inputs, hidden), torch.nn.Dropout(dropout))
        module = torch.nn.Sequential(*layers, torch.nn.Linear(hidden, 1))
        with pytest.raises(OptionError, match=message):
            run(module, directory=tmp_path, resume=True)
    frozen = network()
    frozen[0].bias.requires_grad_(False)
    with pytest.raises(OptionError, match="module '0.bias is trained' is False, and was not there"):
        run(frozen, directory=tmp_path, resume=True)


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({}, True),
        ({"schedule": "step"}, True),
        ({"schedule": "plateau"}, True),
        ({"schedule": "one_cycle"}, False),
        ({"schedule": "cosine"}, False),
        ({"warmup": 0.1}, False),
        ({"early_dropout": 0.5}, False),
    ],
    ids=str,
)
def test_more_epochs_only_where_no_step_depends_on_their_number(tmp_path, options, allowed):
    longer = options | {"epochs": 8}
    run(network(), options=options, directory=tmp_path)
    if not allowed:
        with pytest.raises(OptionError, match="option 'epochs' is 8, and was 6"):
            run(network(), options=longer, directory=tmp_path, resume=True)
        return
    found = run(network(), options=longer, directory=tmp_path, resume=True)
    expected = run(network(), options=longer)
    assert found.history["train_loss"] == expected.history["train_loss"]


def test_data_are_told_apart_by_every_byte(tmp_path):
    long = torch.zeros(20_000_000)
    before = digest(long)
    long[0] = 1
    assert digest(long) != before
    short = torch.zeros(1000, dtype=torch.bfloat16)
    before = digest(short)
    short[567] = 1e-30
    assert digest(short) != before
    rows = [[1, 2], [3], [4, 5, 6]]
    one, other = (Batches({"t": each}, 2) for each in (rows, [[1], [2, 3], [4, 5, 6]]))
    assert one.fingerprint() != other.fingerprint()
    assert one.fingerprint() == Batches({"t": rows}, 2).fingerprint()
    for read in ({"table": short}, {"table": short + 1}):
        other = Batches({"t": rows}, 2, transform=dict, reads=read)
        assert one.fingerprint() != other.fingerprint()
        one = other


@pytest.mark.parametrize("content", [b"", b"x" * 100, {"epoch": 3}, {"version": 2, "epoch": 1}])
def test_a_damaged_checkpoint(tmp_path, content):
    run(network(), directory=tmp_path)
    path = tmp_path / "checkpoints" / "last.ckpt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(TrainingError, match=r"is damaged|another version.*Start anew"):
        run(network(), directory=tmp_path, resume=True)


# One folder, one fit


class Second(Callback):
    def __init__(self, folder):
        self.folder, self.message, self.module = folder, "", network()

    def on_train_epoch_start(self, trainer, *_):
        if trainer.current_epoch == 1:
            with pytest.raises(TrainingError) as caught:
                run(self.module, directory=self.folder)
            self.message = str(caught.value)


def test_a_second_fit_in_the_same_folder_is_refused_at_once(tmp_path):
    alone = run(network())
    second = Second(tmp_path)
    found = run(network(), directory=tmp_path, callbacks=[second])
    assert "is in use by another fit" in second.message
    assert found.history["val_loss"] == alone.history["val_loss"]
    run(network(), directory=tmp_path)


HOLD = """
import os, sys
from pathlib import Path
from ostinato.training import checkpoints
with checkpoints.held(Path(sys.argv[1])):
    (Path(sys.argv[1]) / "checkpoints").mkdir()
    (Path(sys.argv[1]) / "checkpoints" / ".ostinato-00.partial").write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""


def test_the_lock_of_a_killed_process_does_not_block(tmp_path):
    assert subprocess.run([sys.executable, "-c", HOLD, str(tmp_path)]).returncode == -9
    assert (tmp_path / ".lock").exists()
    run(network(), directory=tmp_path)
    assert [each.name for each in (tmp_path / "checkpoints").iterdir()] == ["last.ckpt"]
