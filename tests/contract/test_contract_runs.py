"""Fits that are killed, interrupted, gone on with, or written to a full disk."""

from __future__ import annotations

import builtins
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from examples import EXAMPLES, Example, same
from lightning.pytorch.callbacks import Callback

import ostinato
from ostinato import inspection, nn, training
from ostinato.errors import OptionError, RecordWarning, StorageError, TrainingError
from ostinato.training import checkpoints

HERE = Path(__file__).parent


def with_callback(monkeypatch: pytest.MonkeyPatch, callback: Callback) -> dict[str, Any]:
    """Give every fit this callback; the dictionary has the weights that training ended with."""
    original, ended = training.fit, {}

    def fit(module: Any, *arguments: Any, **options: Any) -> Any:
        result = original(module, *arguments, **options | {"callbacks": [callback]})
        ended.update({name: value.clone() for name, value in module.state_dict().items()})
        return result

    monkeypatch.setattr(training, "fit", fit)
    return ended


def fit(example: Example, folder: Path, rows: Any = None, /, **more: Any) -> Any:
    options = {name: more.pop(name) for name in [*more] if name in example.make().declared()}
    made = example.make(**options)
    return made.fit(*(rows or example.rows), directory=folder, progress=False, **more)


# Killed

# Every child is forked before anything was computed, so that one start serves all tasks.
KILLED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import torch
torch.set_num_threads(2)
from examples import EXAMPLES
from lightning.pytorch.callbacks import Callback
from ostinato import training

class Kill(Callback):
    def on_train_batch_end(self, trainer, *_):
        if trainer.current_epoch == 1:
            os.kill(os.getpid(), 9)

original = training.fit
training.fit = lambda *each, **more: original(*each, **more | {"callbacks": [Kill()]})
for kind, example in EXAMPLES.items():
    child = os.fork()
    if not child:
        example.make().fit(*example.rows, directory=f"{sys.argv[2]}/{kind}", progress=False)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9, kind
"""


@pytest.fixture(scope="module")
def _killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", KILLED, str(HERE), str(place)], check=True)
    return place


@pytest.fixture
def killed(_killed: Path, example: Example, tmp_path: Path) -> Path:
    """The directory of a fit that was killed in its second epoch."""
    return Path(shutil.copytree(_killed / example.kind, tmp_path / "run"))


def test_killed_and_resumed_it_ends_with_the_same_bits(example, fitted, killed, weights):
    resumed = fit(example, killed, resume=True)
    for name, value in weights(fitted).items():
        assert torch.equal(value, resumed.module_.state_dict()[name]), name
    assert resumed.history_["train_loss"] == fitted.history_["train_loss"]
    assert same(example.ask(fitted, example.probe), example.ask(resumed, example.probe))


def altered(example: Example) -> tuple[Any, ...]:
    """The example's rows, a few of them changed, with the same words, labels and lengths."""
    if example.kind == "forecaster":
        table = example.X.reset_index(drop=True)
        table.loc[[40, 41], "visits"] = table.loc[[41, 40], "visits"].to_numpy()
        return (table,)
    if example.kind == "music-composer":
        return ([piece[::-1] for piece in example.X],)
    if example.y is None:
        return ([" ".join(reversed(text.split())) for text in example.X],)
    first = next(k for k, each in enumerate(example.y) if each != example.y[0])
    order = list(range(len(example.y)))
    order[0], order[first] = first, 0
    if example.kind == "sequence-tagger":  # a sentence has as many tags as words
        return ([[*reversed(row)] for row in example.X], [[*reversed(row)] for row in example.y])
    return (example.X, [example.y[k] for k in order])


def test_resumed_by_another_fit_it_is_refused(example, killed):
    (name, value), was = next(iter(example.other.items())), example.make()
    for changes, message in (
        ({name: value}, f"'{name}' is {value}, and was {getattr(was, name)} "),
        ({"seed": 1}, "option 'seed' is 1, and was 0 "),
        ({"hidden_size": 10}, "'hidden_size' is 10, and was 8 "),
        ({"cell": "rnn"}, "'cell' is 'rnn', and was "),
        ({"learning_rate": 0.5}, "'learning_rate' is 0.5, and was "),
    ):
        with pytest.raises(OptionError, match=message):
            fit(example, killed, resume=True, **changes)
    rows = altered(example)
    assert [type(each) for each in rows] == [type(each) for each in example.rows]
    for arguments, changes in ((rows, {}), (example.more, {}), (example.rows, {"validation": 0.4})):
        with pytest.raises(OptionError, match=r"resume needs .* is .*, and was .*Give the same"):
            fit(example, killed, arguments, resume=True, **changes)
    # What was refused changed nothing.
    assert checkpoints.read(killed)["epoch"] == 1


def test_every_option_but_progress_is_compared(example, killed, monkeypatch):
    """No option of the task is forgotten, whatever is added to it later."""
    seen: dict[str, Any] = {}

    def noted(*_: Any, **given: Any) -> Any:
        seen.update(given["fingerprint"], **given["options"].options())
        raise TrainingError("enough")

    monkeypatch.setattr(training, "fit", noted)
    with pytest.raises(TrainingError):
        fit(example, killed)
    assert set(example.make().declared()) - {"progress"} <= set(seen)


# Interrupted


class Send(Callback):
    """Sends signals in the second epoch, after each batch once more."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        if trainer.current_epoch == 1:
            for number in self.numbers:
                os.kill(os.getpid(), number)


SIGNALS = {
    "text-classifier": ["SIGINT"],
    "sequence-tagger": ["SIGINT", "SIGINT"],
    "language-model": ["SIGTERM"],
    "translator": ["SIGHUP"],
    "forecaster": ["SIGINT", "SIGTERM", "SIGHUP"],
}


def test_a_signal_leaves_a_usable_model(example, fitted, monkeypatch, tmp_path):
    numbers = [getattr(signal, each) for each in SIGNALS.get(example.kind, ["SIGINT"])]
    ended = with_callback(monkeypatch, Send(numbers))
    model = fit(example, tmp_path)
    assert model.fit_result_.status == "interrupted"
    assert model.fit_result_.best_epoch == 1
    best = checkpoints.read(tmp_path)["best"]["weights"]
    assert ended.keys() == best.keys()
    assert all(torch.equal(value, best[name]) for name, value in ended.items())
    assert model.history_["train_loss"] == fitted.history_["train_loss"][:1]
    assert set(model.baseline_) == set(fitted.baseline_)
    model.save(tmp_path / "model.safetensors")
    again = ostinato.load(tmp_path / "model.safetensors")
    assert again.fit_result_.status == "interrupted"
    assert same(example.ask(model, example.probe), example.ask(again, example.probe))


def test_a_signal_after_training_loses_no_model(example, monkeypatch, tmp_path):
    """Somebody who presses Ctrl-C once more while the held-out rows are measured."""
    model, original, hooks = example.make(epochs=1), training.fit, []

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    def late(module: Any, *arguments: Any, **options: Any) -> Any:
        result = original(module, *arguments, **options)
        hooks.extend(each.register_forward_pre_hook(interrupt) for each in module.modules())
        monkeypatch.setattr(nn.Stepper, "step", interrupt)
        return result

    monkeypatch.setattr(training, "fit", late)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*example.rows, progress=False)
    for each in hooks:
        each.remove()
    monkeypatch.undo()
    model.save(tmp_path / "model.safetensors")
    again = ostinato.load(tmp_path / "model.safetensors")
    assert same(example.ask(model, example.probe), example.ask(again, example.probe))


# Two at a time, and a full disk


def test_a_second_fit_in_the_same_directory_is_refused(example, tmp_path):
    with (
        checkpoints.held(tmp_path),
        pytest.raises(TrainingError, match="is in use by another fit"),
    ):
        fit(example, tmp_path)


def full(monkeypatch: pytest.MonkeyPatch, call: str, fails: Callable[[Any], bool]) -> None:
    """No space left on the disk, as `open`, `write`, `fsync` or `replace` says it."""
    home, name = (builtins, "open") if call in ("open", "write") else (os, call)
    original = getattr(home, name)

    class Full:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: Any) -> None:
            self.file.close()

        def write(self, content: bytes) -> None:
            self.file.write(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    def failing(*arguments: Any, **options: Any) -> Any:
        if not fails(arguments[0]):
            return original(*arguments, **options)
        if call == "write":
            return Full(original(*arguments, **options))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(home, name, failing)


CALLS = ["open", "write", "fsync", "replace"]


def ours(call: str) -> Callable[[Any], bool]:
    return lambda first: call == "fsync" or ".partial" in str(first)


def test_a_full_disk_costs_no_fit(example, fitted, monkeypatch, tmp_path, weights):
    call = CALLS[list(EXAMPLES).index(example.kind) % len(CALLS)]
    full(monkeypatch, call, ours(call))
    with pytest.warns(RecordWarning, match="could not be recorded"):
        model = fit(example, tmp_path)
    monkeypatch.undo()
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {".lock"}
    assert all(torch.equal(v, model.module_.state_dict()[k]) for k, v in weights(fitted).items())


@pytest.mark.parametrize("call", CALLS)
def test_a_full_disk_leaves_the_old_file_whole(example, fitted, monkeypatch, tmp_path, call):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")
    (tmp_path / "report.html").write_bytes(b"old")
    full(monkeypatch, call, ours(call))
    with pytest.raises(StorageError, match=r"model\.safetensors.*disk is full"):
        fitted.save(path)
    with pytest.raises(StorageError, match=r"report\.html.*disk is full"):
        inspection.report(fitted, tmp_path)
    monkeypatch.undo()
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {
        "model.safetensors": b"old",
        "report.html": b"old",
    }
    assert np.isfinite(fitted.history_["train_loss"]).all()
