"""What a user with a module of their own brings: losses, metrics, data, callbacks; and predict."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
import torchmetrics
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateMonitor,
    ModelCheckpoint,
)
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset

from ostinato.errors import DataError, NonFiniteError, OptionError, ShapeError
from ostinato.training import Batches, TrainingOptions, fit, predict

X = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
CLASSES = (X.sum(1) > 0).long()
SHORT = TrainingOptions(epochs=2, batch_size=16, learning_rate=0.05)


def network(outputs=2):
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, outputs))


def run(module, data, validation=None, *, loss="cross_entropy", options=SHORT, **more):
    return fit(module, data, validation, loss=loss, options=options, progress=False, **more)


# Losses


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (torch.nn.CrossEntropyLoss(), "cross_entropy"),
        (torch.nn.functional.cross_entropy, "cross_entropy"),
        (torch.nn.CrossEntropyLoss(weight=torch.ones(2)), "cross_entropy"),
    ],
    ids=["object", "function", "weighted"],
)
def test_a_torch_loss_is_the_loss_of_that_name(loss, name):
    one = run(network(), (X, CLASSES), loss=loss)
    other = run(network(), (X, CLASSES), loss=name)
    assert one.history["train_loss"] == other.history["train_loss"]


@pytest.mark.parametrize(
    "loss", ["mse", "mae", "huber", "bce", torch.nn.MSELoss(), torch.nn.BCEWithLogitsLoss()]
)
@pytest.mark.parametrize("shape", [(40,), (40, 1)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.bool, torch.float64])
def test_targets_of_any_kind_mean_the_same(loss, shape, dtype):
    if isinstance(loss, str) and loss != "bce" and dtype == torch.bool:
        pytest.skip("one is enough")
    expected = run(network(1), (X, CLASSES.float().reshape(40, 1)), loss=loss)
    found = run(network(1), (X, CLASSES.reshape(shape).to(dtype)), loss=loss)
    assert found.history["train_loss"] == expected.history["train_loss"]


def test_a_column_of_classes_and_small_integers():
    expected = run(network(), (X, CLASSES))
    for y in (CLASSES[:, None], CLASSES.to(torch.int32), CLASSES.to(torch.uint8)):
        assert run(network(), (X, y)).history["train_loss"] == expected.history["train_loss"]


def test_a_class_at_every_step():
    x = torch.randn(12, 5, 3, generator=torch.Generator().manual_seed(0))
    y = (x.sum(2) > 0).long()
    expected = run(
        network(),
        (x, y),
        loss=lambda module, batch: torch.nn.functional.cross_entropy(
            module(batch[0]).transpose(1, 2), batch[1]
        ),
    )
    found = run(network(), (x, y))
    assert found.history["train_loss"] == pytest.approx(expected.history["train_loss"])


@pytest.mark.parametrize(
    ("outputs", "y", "loss", "error", "message"),
    [
        (2, CLASSES + 1, "cross_entropy", DataError, "classes from 0 to 1.*y has 2"),
        (2, CLASSES - 200, "cross_entropy", DataError, "cannot compare outputs"),
        (2, CLASSES.float(), "cross_entropy", DataError, "needs y of whole numbers"),
        (2, torch.zeros(40, 3), "mse", ShapeError, r"\(16, 2\); got \(16, 3\)"),
        (3, torch.zeros(40), "mse", ShapeError, r"needs y of the shape .*\(16, 3\); got \(16,\)"),
        (1, CLASSES, torch.nn.CosineEmbeddingLoss(), DataError, "cannot compare|missing"),
    ],
)
def test_targets_that_do_not_fit_the_loss(outputs, y, loss, error, message):
    with pytest.raises(error, match=message):
        run(network(outputs), (X, y), loss=loss)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (torch.nn.MSELoss, r"must be an object, got the class MSELoss. Make one: loss=MSELoss\(\)"),
        (7, "must be a function of"),
        (None, "must be a function of"),
        ("msee", "Did you mean 'mse'"),
        (lambda m, b: {"los": m(b[0]).mean()}, "must have the key 'loss', got 'los'"),
        (lambda m, b: {}, "must have the key 'loss', got no keys"),
        (lambda m, b: m(b[0]).square(), r"'loss' is shape \(16, 2\). Take .mean\(\)"),
        (lambda m, b: None, "'loss' is None"),
        (lambda m, b: "x", "'loss' is 'x'"),
        (lambda m, b: m(b[0]).mean().item(), "does not depend on the module's parameters"),
        (lambda m, b: m(b[0]).mean().detach(), "does not depend on the module's parameters"),
        (lambda m, b: {"loss": m(b[0]).mean(), "all": m(b[0])}, r"'all' is shape \(16, 2\)"),
    ],
)
def test_a_loss_that_is_none(loss, message):
    with pytest.raises(OptionError, match=message):
        run(network(), (X, CLASSES), loss=loss)


# Modules


def test_modules_that_cannot_be_trained():
    frozen = network().requires_grad_(False)
    tuples = torch.nn.GRU(3, 2, batch_first=True)
    for module, x, message in (
        (frozen, X, "must have parameters to train; all of them are frozen"),
        (torch.nn.ReLU(), X, "must have parameters to train; it has none"),
        (torch.nn.LazyLinear(2), X, "lazy layers without weights"),
        (len, X, "must be a torch.nn.Module, got builtin"),
        (tuples, X[:, None], "module that returns one tensor, got tuple"),
    ):
        with pytest.raises(OptionError, match=message):
            run(module, (x, CLASSES))


def test_frozen_parts_stay():
    module = network()
    module[0].requires_grad_(False)
    before = [each.clone() for each in module.parameters()]
    run(module, (X, CLASSES))
    same = [torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True)]
    assert same == [True, True, False, False]


# Data


def test_arrays_of_any_kind_mean_the_same():
    import pandas as pd

    expected = run(network(), (X, CLASSES)).history["train_loss"]
    double = X.double().numpy()
    frozen = X.numpy().copy()
    frozen.flags.writeable = False
    for data in (
        (double, CLASSES.numpy()),
        [X, CLASSES],
        [double, CLASSES.numpy()],
        (X.double(), CLASSES),
        (X.tolist(), CLASSES.tolist()),
        (frozen, CLASSES),
        (np.asfortranarray(double)[::-1][::-1], CLASSES),
        (X.numpy().astype(">f4"), CLASSES.numpy().astype(">i8")),
        (pd.DataFrame(double), pd.Series(CLASSES.numpy())),
    ):
        assert run(network(), data).history["train_loss"] == expected


@pytest.mark.parametrize(
    ("data", "validation", "message"),
    [
        ((X[:0], CLASSES[:0]), None, "train has no rows"),
        ((X, CLASSES), (X[:0], CLASSES[:0]), "validation has no rows"),
        ((X, CLASSES), [], "validation has no batches"),
        ([], None, "train has no batches"),
        ((X, CLASSES[:30]), None, "same number of rows"),
        ((X, 3), None, "same number of rows"),
        (([[1.0], [1.0, 2.0]], [0, 1]), None, "rows of different lengths.*training.Batches"),
        ((np.array([["a"]] * 2), [0, 1]), None, "train X must be numbers"),
        ((X, ["yes"] * 40), None, "train y must be numbers"),
        (iter([]), None, "sized iterable"),
        (7, None, "sized iterable"),
        (DataLoader(TensorDataset(X, CLASSES), 64, drop_last=True), None, "has no batches"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_data_that_cannot_be_used(data, validation, message):
    with pytest.raises(DataError, match=message):
        run(network(), data, validation)


def test_a_batch_larger_than_the_rows_is_one_batch():
    options = TrainingOptions(epochs=2, batch_size=1000)
    assert run(network(), (X, CLASSES), options=options).steps == 2


def test_options_that_are_none():
    for more, message in (
        ({"options": {"epochs": 3}}, "options must be a TrainingOptions, got dict"),
        ({"callbacks": Callback()}, "callbacks must be a list"),
        ({"log": "cvs"}, "Did you mean 'csv'"),
        ({"metrics": [len]}, "metrics must be a dictionary"),
        ({"metrics": {"loss": len}}, "name of its own"),
        ({"metrics": {"accuracy": torchmetrics.MeanSquaredError}}, "torchmetrics object"),
        ({"validation": 1.5}, "validation must be a number above 0 and below 1"),
        ({"validation": True}, "validation must be a number"),
        ({"validation": 0.99999}, "leaves none to learn from"),
    ):
        with pytest.raises(OptionError if "leaves" not in message else DataError, match=message):
            run(network(), (X, CLASSES), **more)
    with pytest.raises(OptionError, match="needs train as"):
        run(network(), DataLoader(TensorDataset(X, CLASSES), 4), 0.1)


@pytest.mark.parametrize("kind", ["pair", "batches"])
def test_a_share_of_the_rows_is_held_out(kind):
    seen = {True: set(), False: set()}

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(()))

        def forward(self, x):
            seen[self.training] |= set(x[:, 0].tolist())
            return self.w * x

    rows = torch.arange(20.0)[:, None]
    pair = (rows, rows)
    data, loss = pair, "mse"
    if kind == "batches":
        data = Batches({"x": rows, "t": [[1]] * 20}, 4, shuffle=True)
        loss = lambda module, batch: module(batch["x"]).mean()  # noqa: E731
    result = run(Net(), data, 0.1, loss=loss)
    assert len(seen[False]) == 2
    assert len(seen[True]) == 18
    assert seen[False] | seen[True] == set(range(20))
    assert "val_loss" in result.history
    first = set(seen[False])
    seen[False].clear()
    run(Net(), data, 0.1, loss=loss)
    assert seen[False] == first
    seen[False].clear()
    run(Net(), data, 0.1, loss=loss, options=TrainingOptions(epochs=1, seed=1))
    assert seen[False] != first


# Metrics


def accuracy(output, y):
    return (output.argmax(1) == y).float().mean()


def test_metrics_by_name_for_both_parts(tmp_path):
    metrics = {
        "accuracy": accuracy,
        "same": torchmetrics.Accuracy("multiclass", num_classes=2),
        "f": torchmetrics.MetricCollection(
            [torchmetrics.F1Score("multiclass", num_classes=2, average="macro")]
        ),
    }
    module = network()
    validation = (X[:17], CLASSES[:17])
    options = TrainingOptions(epochs=3, batch_size=8, monitor="val_accuracy", mode="max")
    result = run(
        module, (X, CLASSES), validation, options=options, metrics=metrics, directory=tmp_path
    )
    names = [f"{part}_{name}" for part in ("train", "val") for name in ("accuracy", "same")]
    assert set(names) < set(result.history)
    assert {"train_f_MulticlassF1Score", "val_f_MulticlassF1Score"} < set(result.history)
    for part in ("train", "val"):
        one, other = result.history[f"{part}_accuracy"], result.history[f"{part}_same"]
        assert one == pytest.approx(other)
    with torch.no_grad():
        right = float(accuracy(module(validation[0]), validation[1]))
    assert result.best_value == pytest.approx(right)
    header = (tmp_path / "history.csv").read_text().splitlines()[0].split(",")
    assert header[:3] == ["epoch", "train_loss", "train_accuracy"]


def test_metrics_beside_a_loss_of_ones_own():
    def loss(module, batch):
        output = module(batch["x"])
        value = torch.nn.functional.cross_entropy(output, batch["y"])
        return {"loss": value, "output": output, "target": batch["y"]}

    data = Batches({"x": X, "y": CLASSES}, 16)
    found = run(network(), data, loss=loss, metrics={"accuracy": accuracy}).history
    expected = run(network(), data, loss=loss, metrics=None).history
    assert found["train_loss"] == expected["train_loss"]
    assert len(found["train_accuracy"]) == 2
    with pytest.raises(OptionError, match="metrics need the module's output and the target"):
        run(network(), data, loss=lambda m, b: m(b["x"]).mean(), metrics={"a": accuracy})
    with pytest.raises(OptionError, match="metric 'a' must give one number, got shape"):
        run(network(), data, loss=loss, metrics={"a": lambda output, y: output})


# Lightning's callbacks


class Noted(Callback):
    def __init__(self):
        self.rows = []

    def on_train_epoch_end(self, trainer, *_):
        self.rows.append({k: float(v) for k, v in trainer.callback_metrics.items()})


def test_figures_are_in_callback_metrics():
    noted = Noted()
    result = run(network(), (X, CLASSES), 0.2, metrics={"accuracy": accuracy}, callbacks=[noted])
    for name in ("train_loss", "val_loss", "train_accuracy", "val_accuracy"):
        assert [row[name] for row in noted.rows] == pytest.approx(result.history[name])


def test_lightnings_early_stopping():
    stopping = EarlyStopping("val_loss", patience=2, min_delta=100.0)
    options = TrainingOptions(epochs=20)
    result = run(network(), (X, CLASSES), 0.2, options=options, callbacks=[stopping])
    assert result.status == "early_stopped"
    assert len(result.history["val_loss"]) == 3
    assert stopping.stopped_epoch == 2


@pytest.mark.parametrize("kept", [True, False])
def test_lightnings_model_checkpoint(tmp_path, kept):
    saving = ModelCheckpoint(
        tmp_path / "mine", monitor="val_loss", filename="{epoch}-{val_loss:.3f}", save_last=True
    )
    module = network()
    directory = tmp_path / "run" if kept else None
    result = run(module, (X, CLASSES), 0.2, callbacks=[saving], directory=directory)
    best = result.best_epoch - 1
    assert saving.best_model_path.endswith(f"epoch={best}-val_loss={result.best_value:.3f}.ckpt")
    saved = torch.load(saving.best_model_path, weights_only=True)["state_dict"]
    again = network()
    again.load_state_dict(saved)
    for a, b in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_model_checkpoint_without_a_place_does_not_touch_ours(tmp_path):
    run(network(), (X, CLASSES), directory=tmp_path, callbacks=[ModelCheckpoint(save_last=True)])
    assert (tmp_path / "lightning" / "checkpoints" / "last.ckpt").exists()
    longer = TrainingOptions(epochs=3, batch_size=16, learning_rate=0.05)
    more = {"directory": tmp_path, "resume": True, "options": longer}
    assert len(run(network(), (X, CLASSES), **more).history["train_loss"]) == 3


@pytest.mark.parametrize("interval", [None, "step", "epoch"])
def test_lightnings_learning_rate_monitor(tmp_path, interval):
    rates = LearningRateMonitor(logging_interval=interval)
    noted = Noted()
    options = TrainingOptions(epochs=3, batch_size=16, schedule="step", learning_rate=0.5)
    result = run(network(), (X, CLASSES), options=options, callbacks=[rates, noted])
    assert "lr-Adam" in noted.rows[-1]
    assert set(rates.lrs["lr-Adam"]) <= {0.5, 0.25, 0.125}
    assert result.history["learning_rate"] == [0.5, 0.25, 0.125]


def test_a_logger_of_lightnings(tmp_path):
    logger = CSVLogger(tmp_path, name="mine", version="0")
    rates = LearningRateMonitor("epoch")
    run(network(), (X, CLASSES), log=["csv", logger], callbacks=[rates], directory=tmp_path)
    logged = (tmp_path / "mine" / "0" / "metrics.csv").read_text()
    assert "train_loss" in logged
    assert "lr-Adam" in logged


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    run(network(), (X, CLASSES), log="tensorboard", directory=tmp_path)
    assert list((tmp_path / "tensorboard").glob("events.*"))
    assert not (tmp_path / "history.csv").exists()


# Predict


class Doubling(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(2 * x[..., :1]) + 0 * self.layer(x[..., :1])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("bucket", [False, True])
def test_answers_come_in_the_rows_order(shuffle, bucket):
    module = Doubling()
    rows = torch.arange(30.0)[:, None]
    lengths = torch.randint(1, 9, (30,), generator=torch.Generator().manual_seed(0)).tolist()
    data = Batches({"x": rows, "t": [[1] * n for n in lengths]}, 4, shuffle=shuffle, bucket=bucket)
    found = predict(module, data, call=lambda module, batch: module(batch["x"]))
    assert torch.equal(found, 2 * rows)
    assert module.training
    assert not found.requires_grad


def test_answers_to_data_of_any_kind():
    module = Doubling()
    module.layer.eval()
    rows = torch.arange(30.0)[:, None]
    loader = DataLoader(TensorDataset(rows, rows), 7)
    for data in (
        rows,
        rows.double().numpy(),
        rows.tolist(),
        loader,
        [rows[:9], rows[9:]][:0] or rows,
    ):
        assert torch.equal(predict(module, data, batch_size=4), 2 * rows)
    assert not module.layer.training
    assert module.dropout.training
    both = predict(module, rows, call=lambda m, x: {"a": m(x), "b": (x, x)})
    assert torch.equal(both["a"], 2 * rows)
    assert torch.equal(both["b"][1], rows)


def test_what_predict_cannot_do_is_said():
    rows = torch.arange(6.0)[:, None]
    ragged = Batches({"t": [[1.0], [1.0, 2.0]]}, 1)
    for data, call, error, message in (
        (DataLoader(TensorDataset(rows), 2, shuffle=True), None, OptionError, "shuffle=False"),
        (Batches({"x": rows}, 4, drop_last=True), None, OptionError, "drop_last=False"),
        ((rows, rows), None, OptionError, "Give X without y"),
        (rows[:0], None, DataError, "X must have rows"),
        (Batches({"x": rows}, 4), None, DataError, "Give call"),
        (ragged, lambda m, b: b["t"], ShapeError, "cannot be joined"),
        (["a"], None, DataError, "must be numbers"),
        (rows, lambda m, b: 7, OptionError, "must return tensors"),
    ):
        with pytest.raises(error, match=message):
            predict(Doubling(), data, call=call)


# Imports


def test_lightning_and_torchmetrics_are_imported_only_to_train():
    code = (
        "import sys, torch; from ostinato import training; "
        "training.predict(torch.nn.Linear(2, 1), torch.zeros(3, 2)); "
        "heavy = {'lightning', 'pytorch_lightning', 'torchmetrics', 'matplotlib', 'rich'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_spoilt_inputs_leave_the_best_weights_so_far():
    calls = []

    def loss(module, batch):
        calls.append(1)
        value = torch.nn.functional.cross_entropy(module(batch[0]), batch[1])
        return value * (float("nan") if len(calls) > 4 else 1.0)

    module = network()
    with pytest.raises(NonFiniteError, match="the loss became nan at step 4 .epoch 2, batch 2."):
        run(module, (X, CLASSES), loss=loss)
    again = network()
    run(again, (X, CLASSES), options=TrainingOptions(epochs=1, batch_size=16, learning_rate=0.05))
    for a, b in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
