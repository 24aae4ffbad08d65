"""Each part of a fit on its own, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback

import ostinato.nn
from ostinato.errors import NonFiniteError
from ostinato.training import Batches, TrainingOptions, enough_epochs, fit
from ostinato.training.averages import Averages
from ostinato.training.history import History
from ostinato.training.metrics import Figures
from ostinato.training.monitoring import Best, Patience, Plateau
from ostinato.training.optimizers import make_optimizer
from ostinato.training.schedules import factor


class One(torch.nn.Module):
    """One weight w; the answer is w * x."""

    def __init__(self, start=0.0):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor(float(start)))

    def forward(self, x):
        return self.w * x


class Told:
    """A loss whose value on the held-out row is read from a list, epoch by epoch."""

    def __init__(self, values):
        self.values = iter(values)

    def __call__(self, module, batch):
        loss = module(batch["x"]).mean()
        if torch.is_grad_enabled():
            return loss
        return torch.tensor(next(self.values))


class Seen(Callback):
    """The weight and the rate of each step, and the weight at each epoch's end."""

    def __init__(self):
        self.rates, self.weights, self.ends = [], [], []

    def on_train_batch_end(self, trainer, learner, *_):
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])
        self.weights.append(learner.module.w.item())

    def on_train_epoch_end(self, trainer, learner):
        self.ends.append(learner.module.w.item())


def told(values, *, module=None, **more):
    """Fit one weight under validation values that are told; a step is minus the rate."""
    directory = {k: more.pop(k) for k in ("directory", "resume") if k in more}
    seen = Seen()
    module = module or One()
    given = {"epochs": len(values), "optimizer": "sgd", "momentum": 0.0, "learning_rate": 1.0}
    data = Batches({"x": torch.ones(2)}, 1)
    result = fit(
        module,
        data,
        Batches({"x": torch.ones(1)}, 1),
        loss=Told(values),
        options=TrainingOptions(**(given | more)),
        progress=False,
        callbacks=[seen],
        **directory,
    )
    return result, module, seen


# Patience


TOLD = [5.0, 4.0, 4.0, 3.0, 3.5, 3.0, 2.9, 9.0, math.nan, 1.0]


@pytest.mark.parametrize(
    ("patience", "epochs", "best"), [(1, 3, 2), (2, 6, 4), (3, 10, 10), (None, 10, 10)]
)
def test_a_fit_stops_after_exactly_so_many_epochs_without_a_better_value(patience, epochs, best):
    result, module, seen = told(TOLD, patience=patience)
    assert len(result.history["val_loss"]) == epochs
    assert result.status == ("early_stopped" if epochs < 10 else "finished")
    assert (result.best_epoch, result.best_value) == (best, TOLD[best - 1])
    # The module has the weights of the best epoch, not the last.
    assert module.w.item() == seen.ends[best - 1] == -2.0 * best


def test_patience_counts_epochs_in_a_row():
    patience = Patience(2)
    spent = []
    for better in (True, False, True, False, False, False):
        patience.see(better)
        spent.append(patience.spent)
    assert spent == [False, False, False, False, True, True]
    again = Patience(2)
    again.restore(patience.state())
    assert again.waited == 3
    assert not Patience(None).spent


def test_an_equal_value_is_not_better():
    for mode, better, worse in (("min", 1.0, 3.0), ("max", 3.0, 1.0)):
        best = Best(mode)
        assert best.beaten_by(2.0)
        assert not any(map(best.beaten_by, (math.nan, math.inf, -math.inf)))
        best.keep(1, 2.0, {})
        assert best.beaten_by(better)
        assert not any(map(best.beaten_by, (2.0, worse, math.nan, math.inf, -math.inf)))


def test_the_highest_value_is_best_where_that_is_asked():
    result, module, _ = told([1.0, 3.0, 2.0], mode="max")
    assert (result.best_epoch, result.best_value, module.w.item()) == (2, 3.0, -4.0)


# The rate


def test_plateau_drops_the_rate_after_so_many_epochs_and_counts_anew():
    values = [3.0, 3.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0]
    result, *_ = told(values, schedule="plateau", decay=0.5, decay_every=2)
    assert result.history["learning_rate"] == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_plateau_stays_dropped_when_resumed(tmp_path):
    values = [3.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    more = {"schedule": "plateau", "decay": 0.5, "decay_every": 2, "directory": tmp_path}
    expected = [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    for done in (3, 4):  # cut where an epoch has been waited, and where none has
        told(values[:done], **more)
        result, *_ = told(values[done:], resume=True, epochs=6, **more)
        assert result.history["learning_rate"] == expected


def test_plateau_alone():
    plateau = Plateau(True, 0.5, 2)
    for better in (True, False, False, False):
        plateau.see(better)
    assert (plateau.factor, plateau.waited) == (0.5, 1)
    again = Plateau(True, 0.5, 2)
    again.restore(plateau.state())
    again.see(False)
    assert again.factor == 0.25
    off = Plateau(False, 0.5, 1)
    off.see(False)
    assert off.factor == 1.0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"schedule": "constant"}, [1.0] * 8),
        ({"schedule": "step", "decay": 0.1, "decay_every": 2}, [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1]),
        ({"schedule": "exponential", "decay": 0.25}, [4 ** -(k / 2) for k in range(8)]),
        ({"schedule": "cosine"}, [(1 + math.cos(math.pi * k / 8)) / 2 for k in range(8)]),
        ({"schedule": "constant", "warmup": 0.5}, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]),
        (
            {"schedule": "one_cycle", "warmup": 0.5},
            [0.04, 0.04 + 0.48 * (1 - math.cos(math.pi / 4)), 0.52]
            + [0.04 + 0.48 * (1 - math.cos(math.pi * 3 / 4))]
            + [(1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)],
        ),
    ],
    ids=lambda each: str(each)[:40],
)
def test_the_rate_of_every_step(options, expected):
    given = {"epochs": 4, "optimizer": "sgd", "momentum": 0.0, "learning_rate": 2.0}
    _, _, seen = told([1.0] * 4, **(given | options))
    assert seen.rates == pytest.approx([2.0 * each for each in expected])
    # Plain steps down a slope of 1: the rates are also what the weight really moved.
    moved = [b - a for a, b in zip([0.0, *seen.weights], seen.weights, strict=False)]
    assert moved == pytest.approx([-2.0 * each for each in expected], abs=1e-5)
    options = TrainingOptions(**(given | options))
    assert [factor(options, k, 8, 2) for k in range(8)] == pytest.approx(expected)


def test_a_second_fit_of_a_module_begins_its_schedule_anew():
    module = One()
    more = {"module": module, "learning_rate": 1.0}
    told([3.0, 2.0], schedule="one_cycle", **more)
    _, _, constant = told([1.0, 0.5], schedule="constant", **more)
    assert constant.rates == [1.0] * 4
    _, _, once = told([1.0, 0.5], schedule="step", **more)
    assert once.rates == [1.0, 1.0, 0.5, 0.5]


# Means, gradients, averages


def test_an_epochs_mean_is_weighted_by_rows():
    x = torch.tensor([1.0, 1.0, 1.0, 1.0, 11.0])  # batches of 4 and 1
    for batch in ({"x": x}, {"x": x, "y": x}):  # plain batches, and such with two arrays
        result = fit(
            One(1.0),
            Batches(batch, 4),
            Batches(batch, 4),
            loss=lambda module, batch: {
                "loss": module(batch["x"]).mean(),
                "double": 2 * batch["x"].mean(),
            },
            options=TrainingOptions(epochs=1, learning_rate=1e-9),
            metrics=None,
            progress=False,
        )
        for name in ("train_loss", "val_loss"):
            assert result.history[name] == pytest.approx([3.0])
        assert result.history["train_double"] == [6.0]


@pytest.mark.parametrize(
    ("options", "gradient"),
    [
        ({}, (30.0, 40.0)),
        ({"clip_norm": 5.0}, (3.0, 4.0)),
        ({"clip_norm": 60.0}, (30.0, 40.0)),
        ({"clip_value": 35.0}, (30.0, 35.0)),
        ({"clip_value": 40.0, "clip_norm": 5.0}, (3.0, 4.0)),
    ],
    ids=str,
)
@pytest.mark.parametrize("accumulate", [1, 2])
def test_gradients_are_clipped_together(options, gradient, accumulate):
    module = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    given = {"epochs": 1, "optimizer": "sgd", "momentum": 0.0, "learning_rate": 1.0}
    fit(
        module,
        Batches({"x": torch.tensor([[30.0, 40.0]] * accumulate)}, 1),
        loss=lambda module, batch: module(batch["x"]).mean(),
        options=TrainingOptions(**given, accumulate=accumulate, **options),
        progress=False,
    )
    assert module.weight[0].tolist() == pytest.approx([-each for each in gradient], rel=1e-5)


def test_accumulated_batches_make_one_step_with_their_mean():
    module, seen = One(), Seen()
    fit(
        module,
        Batches({"x": torch.tensor([1.0, 3.0, 5.0])}, 1),
        loss=lambda module, batch: module(batch["x"]).mean(),
        options=TrainingOptions(
            epochs=1, optimizer="sgd", momentum=0.0, learning_rate=1.0, accumulate=2
        ),
        progress=False,
        callbacks=[seen],
    )
    assert seen.weights == [0.0, -2.0, -4.5]


def test_the_moving_average_by_hand():
    weight = torch.tensor([10.0])
    averages = Averages(TrainingOptions(average=0.5), [weight])
    averages.after_step(1)
    assert averages.tensors[0].item() == 10.0
    weight.fill_(20.0)
    averages.after_step(2)  # (1 + 2) / (10 + 2) = 0.25 of the old
    assert averages.tensors[0].item() == pytest.approx(17.5)
    weight.fill_(40.0)
    averages.after_step(100)  # 0.5, the option
    assert averages.tensors[0].item() == pytest.approx(28.75)
    averages.swap()
    assert (weight.item(), averages.tensors[0].item()) == (pytest.approx(28.75), 40.0)
    averages.swap()
    assert weight.item() == 40.0


def test_the_mean_of_nt_asgd_by_hand_and_restored():
    weight = torch.tensor([5.0])
    options = TrainingOptions(optimizer="nt_asgd", nonmonotone=1)
    averages = Averages(options, [weight])
    averages.after_epoch([3.0, 2.0, 2.5])  # lower than the best of before the last epoch
    averages.after_step(1)
    assert not averages.tensors
    averages.after_epoch([3.0, 2.0, 2.5, 2.6])
    for step, value in ((2, 1.0), (3, 2.0), (4, 6.0)):
        weight.fill_(value)
        averages.after_step(step)
    assert averages.tensors[0].item() == pytest.approx(3.0)
    again = Averages(options, [weight])
    again.restore(averages.state())
    weight.fill_(7.0)
    again.after_step(5)
    assert again.tensors[0].item() == pytest.approx(4.0)


class Summed:
    """Adds up all answers, as an object of torchmetrics would."""

    def __call__(self, output, target):
        raise AssertionError("an object that gathers is not called")

    def reset(self):
        self.sum = torch.zeros(())

    def update(self, output, target):
        self.sum += output.sum()

    def compute(self):
        return self.sum


def test_a_gathering_metric_begins_anew_each_pass():
    figures = Figures({"sum": Summed()})
    for value in (1.0, 10.0):
        for _ in range(2):
            batch = {"output": torch.tensor([value]), "target": torch.tensor([0.0])}
            figures.add({"loss": torch.tensor(1.0), **batch}, 1)
        assert figures.take("val_") == {"val_loss": 1.0, "val_sum": 2 * value}


def test_the_average_is_what_is_judged_and_kept():
    seen = Seen()
    module = One()
    result = fit(
        module,
        Batches({"x": torch.ones(2)}, 1),
        Batches({"x": torch.ones(1)}, 1),
        loss=lambda module, batch: module(batch["x"]).mean(),
        options=TrainingOptions(
            epochs=1, optimizer="sgd", momentum=0.0, learning_rate=1.0, average=0.9
        ),
        progress=False,
        callbacks=[seen],
    )
    assert seen.weights == [-1.0, -2.0]
    assert module.w.item() == pytest.approx(-1.75)  # 0.25 * -1 + 0.75 * -2
    assert result.history["val_loss"] == pytest.approx([-1.75])


# Numbers that are none


def test_validation_without_a_single_number_is_an_error():
    with pytest.raises(NonFiniteError, match="val_loss is nan in epoch 1 .*validation rows"):
        told([math.nan, math.nan], patience=1)
    result, module, _ = told([3.0, math.nan, math.inf, 2.0])
    assert (result.status, result.best_epoch, module.w.item()) == ("finished", 4, -8.0)
    result, module, _ = told([3.0, math.nan, math.nan], patience=2)
    assert (result.status, result.best_epoch, module.w.item()) == ("early_stopped", 1, -2.0)


@pytest.mark.parametrize(("patience", "epochs"), [(None, 3), (2, 2)])
def test_a_figure_that_is_never_a_number_is_an_error_at_the_end(patience, epochs):
    def loss(module, batch):
        return {"loss": module(batch["x"]).mean(), "score": torch.tensor(math.nan)}

    options = TrainingOptions(epochs=3, monitor="train_score", patience=patience)
    with pytest.raises(NonFiniteError, match=f"train_score is nan in epoch {epochs} and was"):
        fit(One(), Batches({"x": torch.ones(2)}, 1), loss=loss, options=options, progress=False)


class Spoil(Callback):
    def __init__(self, step, value):
        self.step, self.value = step, value

    def on_train_batch_end(self, trainer, learner, *_):
        if trainer.global_step == self.step:
            with torch.no_grad():
                learner.module.w.fill_(self.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("validation", [False, True])
def test_weights_spoilt_by_the_very_last_step_are_not_kept(value, validation):
    module = One()
    data = Batches({"x": torch.zeros(2)}, 1)
    with pytest.raises(NonFiniteError, match=r"a weight became NaN or infinite at step 4 \(epoch"):
        fit(
            module,
            data,
            data if validation else None,
            loss=lambda module, batch: (torch.nan_to_num(module(batch["x"])) + 1).mean(),
            options=TrainingOptions(epochs=2),
            progress=False,
            callbacks=[Spoil(4, value)],
        )
    assert math.isfinite(module.w.item())  # the best epoch's


def test_columns_of_an_unfinished_row_are_even():
    history = History()
    assert history.columns() == {}
    history.add({"a": 1.0, "b": 2.0})
    history.add({"a": 3.0, "b": 4.0})
    assert history.columns() == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "nt_asgd", "rmsprop", "nadam"])
def test_every_optimizer_counts_its_changes(name):
    """Torch's own fused ones do not, so that a stream would answer with weights of before."""
    layer = ostinato.nn.GRU(2, 3)
    stepper = ostinato.nn.Stepper(layer)
    optimizer = make_optimizer(TrainingOptions(optimizer=name), list(layer.parameters()))
    layer(torch.ones(4, 1, 2))[0].sum().backward()
    optimizer.step()
    fresh = ostinato.nn.Stepper(layer)
    x = np.ones((1, 2), dtype=np.float32)
    assert (stepper.step(x) == fresh.step(x)).all()


def test_epochs_make_enough_steps():
    few, some, many = (
        enough_epochs(rows, 32, steps=2000, fewest=10, most=300) for rows in (64, 3200, 10**6)
    )
    assert (few, some, many) == (300, 20, 10)
