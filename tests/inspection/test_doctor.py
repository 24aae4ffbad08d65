"""Each check on a fit made sick in just that way, and silence on healthy ones."""

from __future__ import annotations

import json
import math
import random
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from ostinato import (
    Forecaster,
    SequenceClassifier,
    SequenceTagger,
    SpeechRecognizer,
    StreamClassifier,
    TextClassifier,
    inspection,
    nn,
    training,
)
from ostinato.cli.app import run
from ostinato.errors import DoctorWarning, OptionError, TrainingError
from ostinato.inspection.doctor.learned import wilson

FILLER = ["the", "film", "plot", "actor", "scene", "music", "and", "of", "in", "was", "with", "a"]


def reviews(count: int, seed: int, wrong: float = 0.05) -> tuple[list[str], list[str]]:
    """Texts whose label is decided by the order of two words, which naive Bayes cannot see."""
    chance = random.Random(seed)
    texts, labels = [], []
    for number in range(count):
        label = chance.choice(["good", "bad"])
        pair = ["not", "dull"] if label == "good" else ["dull", "not"]
        words = chance.choices(FILLER, k=chance.randrange(3, 9))
        texts.append(" ".join([*words, *pair, f"n{number % 7}"]))
        labels.append(label if chance.random() > wrong else chance.choice(["good", "bad"]))
    return texts, labels


SMALL = {"hidden_size": 16, "embedding_size": 16, "wide": False, "seed": 0, "learning_rate": 0.02}


def fitted(rows=None, validation=0.2, **options) -> TextClassifier:
    X, y = reviews(1000, 0) if rows is None else rows
    return TextClassifier(**SMALL | options).fit(X, y, validation=validation, progress=False)


def found(model, train=None, **more) -> dict[str, inspection.Finding]:
    return {each.name: each for each in inspection.diagnose(model, train, **more).findings}


@pytest.fixture(scope="module")
def healthy() -> TextClassifier:
    return fitted(bidirectional=False, pooling="last")


def series(count: int = 500) -> pd.DataFrame:
    """Two waves whose periods have no common multiple in sight: no season repeats."""
    hours = pd.date_range("2026-01-01", periods=count, freq="h")
    waves = [math.sin(k / 3) + math.sin(k / 7.7) for k in range(count)]
    return pd.DataFrame({"time": hours, "visits": waves})


# Healthy ones


def test_a_healthy_text_classifier_hears_nothing(healthy):
    diagnosis = inspection.diagnose(healthy, reviews(1000, 0))
    assert not diagnosis.findings, str(diagnosis)
    assert {"overfitting", "vanishing-gradients", "dead-units", "copies"} <= {*diagnosis.healthy}
    assert "shuffled-time" in diagnosis.skipped


def test_a_healthy_classifier_that_reads_both_ways_hears_nothing():
    diagnosis = inspection.diagnose(fitted(), reviews(1000, 0))
    assert not diagnosis.findings, str(diagnosis)
    assert "from both ends" in diagnosis.skipped["vanishing-gradients"]


def test_a_healthy_forecaster_hears_nothing():
    rows = series()
    model = Forecaster(hidden_size=16, epochs=4, past=24, horizon=6, seed=0, learning_rate=0.01)
    diagnosis = inspection.diagnose(model.fit(rows, progress=False), rows)
    assert not diagnosis.findings, str(diagnosis)
    assert {"shuffled-time", "leaked-time"} <= {*diagnosis.healthy}


def test_a_healthy_tagger_hears_nothing():
    """A word's tag says whether the word before it is a capital one."""
    chance = random.Random(0)
    words = [chance.choices(["ab", "cd", "ef", "Gh", "Ij", "Kl"], k=9) for _ in range(300)]
    tags = [["N", *("N" if each[0].isupper() else "V" for each in row[:-1])] for row in words]
    model = SequenceTagger(hidden_size=8, epochs=5, seed=0, learning_rate=0.02)
    model.fit(words, tags, validation=0.2, progress=False)
    assert not found(model, (words, tags))


def test_a_healthy_stream_classifier_hears_nothing():
    chance = np.random.default_rng(0)
    X = np.cumsum(chance.normal(size=(1500, 2)), 0)
    y = ["up" if up else "down" for up in X[:, 1] > np.roll(X[:, 1], 3)]
    model = StreamClassifier(hidden_size=16, epochs=6, seed=0)
    model.fit(X, y, validation=0.2, progress=False)
    assert not found(model, (X, y))
    diagnosis = inspection.diagnose(model, (X[:900], y[:900]), validation=(X[900:], y[900:]))
    assert diagnosis.skipped["copies"] == "rows of these data may well repeat."


# How it learned


def test_a_rate_too_high_is_found():
    said = found(fitted(learning_rate=3.0, clip_norm=None, epochs=8, schedule="constant"))
    assert "learning_rate, now 3.0" in said["rate-too-high"].remedies[0]


def test_a_rate_too_low_is_found():
    said = found(fitted(learning_rate=1e-5, dropout=0, step_mask=0, epochs=4, schedule="constant"))
    assert "learning_rate, now 1e-05" in said["rate-too-low"].remedies[0]


def test_overfitting_is_found():
    chance = random.Random(0)
    X = [" ".join(chance.choices([f"w{k}" for k in range(60)], k=8)) for _ in range(150)]
    y = [chance.choice(["a", "b"]) for _ in X]
    model = fitted((X, y), dropout=0, step_mask=0, epochs=12, min_count=1)
    finding = found(model)["overfitting"]
    best = model.history_["val_loss"].index(min(model.history_["val_loss"])) + 1
    assert f"After epoch {best} " in finding.evidence
    assert f"epoch {model.fit_result_.best_epoch} were kept" in finding.evidence


def test_training_that_ended_early_is_found():
    slow = fitted(epochs=4, learning_rate=5e-3, schedule="constant")
    assert "it had 4 epochs" in found(slow)["underfitting"].remedies[0]


def test_a_figure_that_is_not_a_number_is_found(healthy):
    before = healthy.history_
    healthy.history_ = before | {"val_loss": [0.5, math.nan, 0.4]}
    try:
        assert "val_loss is nan in epoch 2" in found(healthy)["not-a-number"].evidence
    finally:
        healthy.history_ = before


def test_a_baseline_that_wins_and_too_few_rows_are_found():
    X, y = reviews(40, 0)
    said = found(fitted((X, y), epochs=1, learning_rate=1e-6))
    assert "naive" in said["baseline-wins"].title
    assert "of 8 answers" in said["too-few-rows"].evidence


def test_the_interval_is_wilsons():
    """Worked by hand: 8 of 10 give 0.4902 to 0.9433 (Wilson 1927)."""
    assert wilson(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


# Its inside


def sick(healthy, change) -> TextClassifier:
    """A copy whose recurrent layer `change` has spoilt."""
    import copy

    model = copy.deepcopy(healthy)
    model.held_out_ = healthy.held_out_
    with torch.no_grad():
        model.module_.layers[0] = change(model.module_.layers[0])
    return model


def test_vanishing_and_exploding_gradients_are_found(healthy):
    def plain(radius):
        torch.manual_seed(0)
        layer = nn.RNN(16, 16, batch_first=True, nonlinearity="relu")
        with torch.no_grad():
            layer.weight_ih_l0.abs_()
            layer.weight_hh_l0.abs_()
        return lambda old: inspection.with_spectral_radius(layer, radius)

    rows = reviews(60, 1)
    assert "of its size" in found(sick(healthy, plain(0.1)), rows)["vanishing-gradients"].evidence
    assert "as large" in found(sick(healthy, plain(4.0)), rows)["exploding-gradients"].evidence


def test_dead_and_saturated_units_are_found(healthy):
    def dead(old):
        layer = nn.RNN(16, 16, batch_first=True, nonlinearity="relu")
        layer.bias_ih_l0.fill_(-20.0)
        return layer

    def stuck(old):
        layer = nn.RNN(16, 16, batch_first=True)
        layer.bias_ih_l0[:4], layer.bias_ih_l0[4:8] = 20.0, -20.0
        return layer

    assert "16 of 16 units" in found(sick(healthy, dead))["dead-units"].evidence
    assert "8 of 16 units" in found(sick(healthy, stuck))["saturated-units"].evidence


def test_a_memory_far_shorter_than_the_rows_is_found(healthy):
    def forgets(old):
        layer = nn.RNN(16, 16, batch_first=True)
        return inspection.with_spectral_radius(layer, 0.05)

    X = [" ".join(random.Random(k).choices(FILLER, k=80)) for k in range(20)]
    rows = (X, ["good", "bad"] * 10)
    finding = found(sick(healthy, forgets), validation=rows)["short-memory"]
    assert "80 steps" in finding.evidence


# Its rows


def test_copies_are_found_whether_held_out_by_share_or_given(healthy):
    X, y = reviews(60, 3)
    shared = fitted((X * 2, y * 2), epochs=1)
    count = len(shared.held_out_[0])
    said = found(shared, (X * 2, y * 2))["copies"].evidence
    assert f"of {count} held-out rows" in said
    alone = [f"{text} {k}" for k, text in enumerate(X)]
    assert "copies" not in found(fitted((alone, y), epochs=1), (alone, y))
    assert "60 of 60" in found(shared, (X, y), validation=(X, y))["copies"].evidence


def test_rare_classes_are_found_unless_they_are_weighted():
    X, y = reviews(200, 0)
    y = ["good"] * 190 + ["bad"] * 10
    assert "'bad' 10" in found(fitted((X, y), epochs=1), (X, y))["class-imbalance"].evidence
    weighted = fitted((X, y), epochs=1, class_weight="balanced")
    assert "class-imbalance" not in found(weighted, (X, y))


def test_unknown_words_and_cut_texts_are_found(healthy):
    strange = [f"zig{k} zag{k} film plot" for k in range(20)]
    rows = (strange, ["good"] * 20)
    assert found(healthy, validation=rows)["unknown-words"].evidence.startswith("5")
    X, y = reviews(60, 0)
    assert (
        "max_length, now 4" in found(fitted((X, y), epochs=1, max_length=4))["cut-texts"].evidence
    )


def test_batches_of_padding_are_found(healthy):
    X = ["film plot"] * 63 + [" ".join(FILLER * 20)]
    evidence = found(healthy, validation=(X, ["good"] * 64))["padding-waste"].evidence
    # 63 rows of 2 steps are read as 240: 1 - (63 * 2 + 240) / (64 * 240) = 97.6 %.
    assert evidence.startswith("98% of the steps in batches of 64")
    assert "the longest 240" in evidence


def test_rows_of_numbers_that_are_not_scaled_are_found():
    chance = np.random.default_rng(0)
    y = ["up", "down"] * 20
    X = [chance.normal(size=(8, 2)) * [1, 500] + [0, 4000 * (each == "up")] for each in y]
    options = {"hidden_size": 4, "filters": 4, "epochs": 1, "seed": 0}
    raw = SequenceClassifier(**options, scale="none").fit(X, y, progress=False)
    finding = found(raw, (X, y))["not-scaled"]
    assert finding.evidence.startswith("1 of 2 columns; '1' has the mean")
    assert finding.remedies[0] == "Set scale='channel', now 'none'."
    scaled = SequenceClassifier(**options).fit(X, y, progress=False)
    assert "not-scaled" not in found(scaled, (X, y))


def test_texts_longer_than_their_recordings_are_found():
    """A step is two frames; "aab" needs four steps, with the blank between equal letters."""
    chance = np.random.default_rng(0)
    X = [chance.normal(size=(20, 3)) for _ in range(6)]
    y = ["ab", "ba"] * 3
    options = {"hidden_size": 4, "convolution": 4, "stride": 2, "num_layers": 1, "epochs": 1}
    model = SpeechRecognizer(**options, seed=0).fit(X, y, validation=None, progress=False)
    assert "labels-too-long" not in found(model, (X, y))
    short = [X[0], X[1][:6]]
    finding = found(model, (short, ["ab", "aab"]))["labels-too-long"]
    assert "1 of 2 rows, the first in row 1: 4 labels" in finding.evidence
    assert "in 3 steps" in finding.evidence


def test_where_the_first_nan_is_made_is_said(healthy):
    def broken(old):
        layer = nn.RNN(16, 16, batch_first=True, nonlinearity="relu")
        with torch.no_grad():
            layer.weight_hh_l0.fill_(1e30)
            layer.weight_ih_l0.fill_(1.0)
        return layer

    model = sick(healthy, broken)
    model.history_ = healthy.history_ | {"val_loss": [0.5, math.inf, math.inf]}
    with torch.no_grad():
        model.module_.embedding.weight.fill_(1.0)
    # The first state is 16; the second 1.6e31 * 16; the third is beyond what a float holds.
    evidence = found(model, validation=(["the film the film the film"], ["good"]))
    assert "It began in 'layers.0' (RNN), step 3 of row 1." in evidence["not-a-number"].evidence


def test_shuffled_time_and_a_column_that_knows_the_future_are_found():
    rows = series(400)
    model = Forecaster(hidden_size=4, epochs=1, past=24, horizon=6, seed=0, target="visits")
    model.fit(rows, progress=False)
    mixed = rows.sample(frac=1, random_state=0)
    assert "400 rows" in found(model, mixed)["shuffled-time"].evidence
    weeks = rows.assign(visits=np.arange(400) % 7)  # no row is like the one before it
    assert "shuffled-time" not in found(model, weeks)
    leaking = rows.assign(hint=rows["visits"].shift(-3))
    assert "3 rows later" in found(model, leaking)["leaked-time"].evidence
    harmless = rows.assign(hint=rows["visits"].shift(3))
    assert "leaked-time" not in found(model, harmless)


# The ways in


def test_what_is_no_estimator_is_refused(healthy):
    for each in (3, nn.GRU(2, 3), TextClassifier()):
        with pytest.raises(OptionError, match="must be a fitted estimator"):
            inspection.diagnose(each)
    with pytest.raises(OptionError, match=r"ostinato\.training\.find_learning_rate"):
        inspection.learning_rate(nn.GRU(2, 3))


def test_a_diagnosis_says_itself(healthy):
    diagnosis = inspection.diagnose(healthy)
    assert "Nothing found." in str(diagnosis)
    assert "Not checked: class-imbalance: needs the rows that it learned from." in str(diagnosis)
    assert "Nothing found." in diagnosis._repr_html_()
    assert json.loads(json.dumps(diagnosis.to_dict()))["findings"] == []


def test_the_watcher_warns_once_while_a_module_trains():
    torch.manual_seed(0)
    X, y = torch.randn(80, 4), torch.randn(80, 1)
    module = torch.nn.Sequential(torch.nn.Linear(4, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
    options = training.TrainingOptions(epochs=40, learning_rate=0.03, optimizer="adam")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train, held = (X[:40], y[:40]), (X[40:], y[40:])
        watch = [inspection.watcher()]
        training.fit(module, train, held, loss="mse", options=options, callbacks=watch)
    said = [str(each.message) for each in caught if each.category is DoctorWarning]
    assert sum("[overfitting]" in each for each in said) == 1


def test_a_rate_is_proposed_at_which_training_works():
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(256, 4, generator=generator)
    y = X @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]])
    torch.manual_seed(0)
    module = torch.nn.Linear(4, 1)
    before = module.weight.clone()
    options = training.TrainingOptions(optimizer="sgd", batch_size=32, epochs=20, momentum=0.0)
    test = training.find_learning_rate(module, (X, y), loss="mse", options=options, high=10.0)
    assert torch.equal(module.weight, before)
    # A square loss with inputs of variance 1 is learned by SGD below a rate of about 1.
    assert 1e-3 < test.rate < 1.0
    assert len(test.rates) == len(test.losses) < 100
    again = training.find_learning_rate(module, (X, y), loss="mse", options=options, high=10.0)
    assert again.losses.tolist() == test.losses.tolist()


def test_a_loss_that_never_falls_is_said():
    module = torch.nn.Linear(2, 1)
    rows = (torch.zeros(16, 2), torch.zeros(16, 1))
    with torch.no_grad():
        module.bias.zero_()
    with pytest.raises(TrainingError, match="the loss never fell"):
        training.find_learning_rate(module, rows, loss="mse")


def test_an_estimators_rate_has_a_picture():
    X, y = reviews(200, 0)
    model = TextClassifier(**SMALL)
    picture = inspection.learning_rate(model, X, y, steps=40)
    assert picture.table["proposed"].sum() == 1
    assert not hasattr(model, "module_")


def test_the_command_says_what_it_finds(healthy, tmp_path, capsys):
    X, y = reviews(200, 5)
    path, rows = tmp_path / "m.safetensors", tmp_path / "rows.csv"
    healthy.save(path)
    y = ["good"] * 195 + ["bad"] * 5
    pd.DataFrame({"text": X, "label": y}).to_csv(rows, index=False)
    assert run(["doctor", str(path), str(rows)]) == 0
    assert "[class-imbalance]" in capsys.readouterr().out
    assert run(["doctor", str(path), str(rows), "--validation", str(rows), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"class-imbalance", "copies"} <= {each["name"] for each in said["findings"]}
    assert run(["doctor", str(tmp_path / "none")]) == 1
