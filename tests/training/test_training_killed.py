"""A process that is killed without warning: what it learned until then is not lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import torch

from ostinato import storage

PROGRAM = """
import sys, time, torch
from lightning.pytorch.callbacks import Callback
from ostinato.training import TrainingOptions, fit

class Wait(Callback):
    def on_train_epoch_start(self, trainer, *_):
        if trainer.current_epoch == 2 and sys.argv[2] == "wait":
            time.sleep(600)

torch.manual_seed(1)
x = torch.randn(64, 4)
module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
fit(module, (x, x.sum(1, keepdim=True)), loss="mse", progress=False, callbacks=[Wait()],
    options=TrainingOptions(epochs=4, batch_size=16, schedule="one_cycle"),
    directory=sys.argv[1], resume=sys.argv[2] == "resume")
torch.save(module.state_dict(), sys.argv[1] + "/weights.pt")
"""


def run(folder, how):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), how])


def test_killed_and_resumed_ends_with_the_same_bits(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert run(whole, "run").wait(120) == 0
    process = run(cut, "wait")
    history = cut / "history.csv"
    deadline = time.monotonic() + 120
    while not (history.exists() and len(history.read_text().splitlines()) == 3):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert run(cut, "resume").wait(120) == 0
    expected, found = (torch.load(each / "weights.pt") for each in (whole, cut))
    assert all(torch.equal(found[name], value) for name, value in expected.items())


SAVE = """
import os, sys, torch
from ostinato import storage
replace = os.replace
def kill(*_):
    os.kill(os.getpid(), 9)
os.replace = kill
storage.save(sys.argv[1], "text-classifier", {"w": torch.zeros(1000)}, {})
"""


def test_killed_while_saving_the_old_file_stays_whole(tmp_path):
    path = tmp_path / "model.safetensors"
    storage.save(path, "text-classifier", {"w": torch.ones(3)}, {"old": True})
    done = subprocess.run([sys.executable, "-c", SAVE, str(path)])
    assert done.returncode == -signal.SIGKILL
    archive = storage.load(path)
    assert archive.document == {"old": True}
    assert torch.equal(archive.tensors["w"], torch.ones(3))
