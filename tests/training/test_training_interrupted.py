"""Signals, a full disk and closed terminals: what was learned stays, and files stay whole."""

from __future__ import annotations

import builtins
import csv
import errno
import functools
import os
import signal
import subprocess
import sys

import pytest
import torch
from lightning.pytorch.callbacks import Callback

from ostinato.errors import RecordWarning
from ostinato.training import TrainingOptions, checkpoints, fit
from ostinato.training.interruptions import Interruptions

X = torch.randn(48, 3, generator=torch.Generator().manual_seed(0))
Y = X.sum(1, keepdim=True)
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def network():
    torch.manual_seed(1)
    return torch.nn.Linear(3, 1)


def run(module, epochs=5, **more):
    options = TrainingOptions(epochs=epochs, batch_size=8, learning_rate=0.05)
    return fit(module, (X, Y), (X, Y), loss="mse", options=options, progress=False, **more)


class Send(Callback):
    """Sends signals at one place of the fit, as a user or a system would."""

    def __init__(self, numbers, place="on_train_batch_start", epoch=2):
        self.numbers, self.epoch, self.after = list(numbers), epoch, 0
        setattr(self, place, self.send)

    def send(self, trainer, *_):
        if trainer.current_epoch == self.epoch:
            while self.numbers:
                os.kill(os.getpid(), self.numbers.pop(0))
        elif trainer.current_epoch > self.epoch:
            self.after += 1

    def on_exception(self, *_):
        """What is left after the end began comes while it ends."""
        while self.numbers:
            os.kill(os.getpid(), self.numbers.pop(0))


PLACES = [
    "on_train_epoch_start",
    "on_train_batch_start",
    "on_before_backward",
    "on_train_batch_end",
    "on_validation_batch_start",
    "on_validation_end",
]


CASES = [(signal.SIGINT, times, place) for times in (1, 2, 3) for place in PLACES]
CASES += [(each, times, "on_train_batch_start") for each in SIGNALS[1:] for times in (1, 2)]


@functools.cache
def never_interrupted(epochs):
    module = network()
    return module, run(module, epochs)


@pytest.mark.parametrize(("number", "times", "place"), CASES)
def test_a_signal_keeps_the_best_weights(tmp_path, number, times, place):
    expected, _ = never_interrupted(2)
    before = [signal.getsignal(each) for each in SIGNALS]
    module = network()
    sending = Send([number] * times, place)
    result = run(module, callbacks=[sending], directory=tmp_path)
    assert (result.status, sending.numbers, sending.after) == ("interrupted", [], 0)
    whole = place == "on_validation_end" and times == 1  # asked after the last batch of epoch 3
    assert result.best_epoch in ((2, 3) if whole else (2,))
    if result.best_epoch == 2:
        assert all(map(torch.equal, expected.parameters(), module.parameters()))
    assert [signal.getsignal(each) for each in SIGNALS] == before
    # The record is even, and a resumed fit ends as one that was never interrupted.
    again, (uncut, known) = network(), never_interrupted(5)
    found = run(again, directory=tmp_path, resume=True)
    assert found.history["val_loss"] == known.history["val_loss"]
    assert all(map(torch.equal, again.parameters(), uncut.parameters()))


def test_a_signal_in_the_first_epoch_leaves_what_was_learned():
    module = network()
    result = run(module, callbacks=[Send([signal.SIGINT], epoch=0)])
    assert (result.status, result.best_epoch, result.history) == ("interrupted", 0, {})
    assert result.steps == 1
    assert all(torch.isfinite(each).all() for each in module.parameters())


def test_the_first_asks_the_second_ends_and_later_ones_do_nothing():
    def ends(action):
        try:
            action()
        except KeyboardInterrupt:
            return True
        return False

    def send():
        os.kill(os.getpid(), signal.SIGINT)

    with Interruptions() as each:
        assert not ends(each.end_if_asked)
        assert [ends(send), ends(send), ends(send), ends(each.end_if_asked)] == [0, 1, 0, 0]
    with Interruptions() as each:
        assert [ends(send), ends(each.end_if_asked), ends(send)] == [0, 1, 0]
    with Interruptions() as each:
        each.close()
        assert [ends(send), ends(send), ends(each.end_if_asked)] == [0, 0, 0]


def test_handlers_of_the_programs_own_stay_its_own():
    got = []
    before = signal.signal(signal.SIGTERM, lambda *_: got.append(1))
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = run(network(), callbacks=[Send([signal.SIGINT])])
        assert result.status == "finished"
        run(network(), callbacks=[Send([signal.SIGTERM])])
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, ignored)
    assert got == [1]


class Exit(Callback):
    def on_train_batch_end(self, *_):
        sys.exit(3)


def test_an_exit_of_the_callers_is_no_interruption():
    with pytest.raises(SystemExit):
        run(network(), callbacks=[Exit()])


# Disk full at any point


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def assert_whole(folder, epochs):
    """The files are there alone, and each is of one of these epochs from first to last byte."""
    assert names(folder) == [".lock", "checkpoints/last.ckpt", "history.csv"]
    assert checkpoints.read(folder)["epoch"] in epochs
    with (folder / "history.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) - 1 in epochs
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("call", ["open", "fsync", "replace", "chmod"])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_disk_full_at_any_call_leaves_every_file_whole(tmp_path, monkeypatch, call, first):
    run(network(), epochs=2, directory=tmp_path)
    home = builtins if call == "open" else os
    original, count = getattr(home, call), []

    def failing(*arguments, **options):
        ours = call != "open" or ".partial" in str(arguments[0])
        count.append(ours)
        if ours and sum(count) > first:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(*arguments, **options)

    monkeypatch.setattr(home, call, failing)
    module = network()
    with pytest.warns(RecordWarning, match="could not be recorded"):
        found = run(module, epochs=5, directory=tmp_path, resume=True)
    monkeypatch.undo()
    assert_whole(tmp_path, {2, 3, 4})
    whole, known = never_interrupted(5)
    assert known.history["val_loss"] == found.history["val_loss"]
    again = network()
    run(again, directory=tmp_path, resume=True)
    assert_whole(tmp_path, {5})
    for one in (module, again):
        assert all(map(torch.equal, one.parameters(), whole.parameters()))


def test_everything_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    order = []
    for call in ("fsync", "replace"):
        original = getattr(os, call)

        def noted(*arguments, call=call, original=original):
            order.append(call)
            return original(*arguments)

        monkeypatch.setattr(os, call, noted)
    run(network(), epochs=1, directory=tmp_path)
    # Of the checkpoint and of the history: the file, its name, and the folder that has the name.
    assert order == ["fsync", "replace", "fsync"] * 2


KILLED = """
import os, sys, torch
from ostinato.training import TrainingOptions, fit
count, replace = [0], os.replace
def kill(*arguments):
    count[0] += 1
    if count[0] == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    replace(*arguments)
os.replace = kill
x = torch.ones(16, 3)
module = torch.nn.Linear(3, 1)
fit(module, (x, x[:, :1]), loss="mse", options=TrainingOptions(epochs=3), progress=False,
    directory=sys.argv[1])
"""


@pytest.mark.parametrize("at", [3, 4])
def test_killed_in_the_middle_of_a_record(tmp_path, at):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(at)])
    assert done.returncode == -9
    assert checkpoints.read(tmp_path)["epoch"] == at - 2
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 2
    assert any(".partial" in name for name in names(tmp_path))
