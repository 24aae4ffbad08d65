"""What a recognizer reads in training: other speeds, masks, noise, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from speech_tones import OPTIONS, RATE, say, spoken

from ostinato import SpeechRecognizer, data
from ostinato.errors import DataError, OptionError, OstinatoWarning
from ostinato.tasks.speech_recognizer.learning import (
    SpeechBatches,
    at_speed,
    fits,
    in_noise,
    loss_of,
    masked,
)
from ostinato.tasks.speech_recognizer.rows import SETTLED, Centred, SpeechRows


def test_speed_by_hand():
    frames = np.array([[0.0], [2.0], [4.0], [6.0]], dtype=np.float32)
    assert at_speed(frames, 1.0).tolist() == frames.tolist()
    assert at_speed(frames, 2.0).tolist() == [[0.0], [6.0]]
    # Twice as slow: eight frames on the same line.
    slow = at_speed(frames, 0.5)
    assert slow[:, 0] == pytest.approx(np.linspace(0, 6, 8))
    assert at_speed(frames[:1], 0.7).tolist() == [[0.0]]


def test_masks_hide_no_more_than_their_share():
    frames, most = np.ones((100, 20), dtype=np.float32), [0.0, 0.0]
    for seed in range(200):
        found = masked(frames, 0.1, 0.2, np.random.default_rng(seed))
        hidden = (found == 0).all(1).sum(), (found == 0).all(0).sum()
        most = [max(one, float(other)) for one, other in zip(most, hidden, strict=True)]
    # Two masks of a tenth and of a fifth.
    assert 15 < most[0] <= 20
    assert most[1] == 8
    assert masked(frames, 0.0, 0.0, np.random.default_rng(0)).all()
    assert frames.all()


def test_noise_is_as_far_below_as_asked():
    samples = say("abc", np.random.default_rng(0)).astype(np.float32)
    recording = data.Recording(samples=samples, rate=RATE)
    noisy = in_noise(recording, 10.0, np.random.default_rng(1))
    noise = noisy.samples - samples
    assert np.mean(samples**2) / np.mean(noise**2) == pytest.approx(10, rel=0.1)


def rows_and_batches(undisturbed=1, **changes):
    X, y = spoken(10, 0)
    options = SpeechRecognizer(**{**OPTIONS, **changes})
    sounds = [data.Recording(samples=each.astype(np.float32), rate=RATE) for each in X]
    rows = SpeechRows.learn("test", options, sounds, y)
    frames, labels = rows.frames_of("test", sounds), rows.labels_of(y)
    how = options._training()
    made = SpeechBatches(
        rows, sounds, frames, labels, options, how, disturb=True, undisturbed=undisturbed
    )
    return rows, frames, made


def read(batches: SpeechBatches, epoch: int) -> list[dict[str, torch.Tensor]]:
    batches.set_epoch(epoch)
    return list(batches)


def test_the_first_epochs_read_the_shortest_first_as_they_are():
    rows, frames, made = rows_and_batches(batch_size=1)
    first = read(made, 0)
    lengths = [int(each["frames_lengths"]) for each in first]
    assert lengths == sorted(map(len, frames))
    assert all(bool(each["early"]) for each in first)
    shortest = min(frames, key=len)
    assert np.array_equal(first[0]["frames"][0].numpy(), rows.scaled(shortest))


def test_an_epoch_reads_what_its_number_says():
    _, _, made = rows_and_batches()
    once, again, other = read(made, 3), read(made, 3), read(made, 4)
    assert not any(bool(each["early"]) for each in once)
    assert all(torch.equal(a["frames"], b["frames"]) for a, b in zip(once, again, strict=True))
    assert once[0]["frames"].shape != other[0]["frames"].shape or not torch.equal(
        once[0]["frames"], other[0]["frames"]
    )


def test_noise_changes_what_is_read():
    _, _, plain = rows_and_batches(speed=0.0, time_mask=0.0, feature_mask=0.0)
    _, _, noisy = rows_and_batches(speed=0.0, time_mask=0.0, feature_mask=0.0, noise=1.0)
    for one, other in zip(read(plain, 2), read(noisy, 2), strict=True):
        assert one["frames"].shape == other["frames"].shape
        assert not torch.equal(one["frames"], other["frames"])


def test_no_other_speed_leaves_too_few_steps():
    _, _, made = rows_and_batches(speed=0.8, stride=4)
    for epoch in range(1, 6):
        for batch in read(made, epoch):
            for row, length in enumerate(batch["frames_lengths"].tolist()):
                labels = batch["labels"][row, : int(batch["labels_lengths"][row])].numpy()
                assert fits(np.zeros((length, 1)), labels, 4)


def test_the_loss_is_that_of_all_alignments():
    """Two steps, labels 0 to 2, the text "1": 0 1, 1 0 and 1 1 say it."""
    logits = torch.tensor([[[0.1, 0.9, -0.3], [1.0, 0.2, 0.4]]], requires_grad=True)
    shares = torch.softmax(logits, 2)[0].detach().numpy()
    said = shares[0, 0] * shares[1, 1] + shares[0, 1] * shares[1, 0] + shares[0, 1] * shares[1, 1]

    class Fixed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = torch.nn.Dropout(0.5)

        def forward(self, frames, lengths):
            return logits, torch.tensor([2])

    module, batch = (
        Fixed(),
        {
            "frames": torch.zeros(1, 2, 1),
            "frames_lengths": torch.tensor([2]),
            "labels": torch.tensor([[1]]),
            "labels_lengths": torch.tensor([1]),
            "early": torch.tensor(True),
        },
    )
    found = loss_of()(module, batch)["loss"]
    assert found.item() == pytest.approx(-math.log(said), rel=1e-6)
    assert not module.dropout.training
    loss_of()(module, batch | {"early": torch.tensor(False)})
    assert module.dropout.training
    module.eval()
    loss_of()(module, batch | {"early": torch.tensor(False)})
    assert not module.dropout.training


def test_frames_are_centred_on_the_recording_or_on_what_came_before():
    rows, frames, _ = rows_and_batches()
    scaled = rows.scaled(frames[0])
    assert np.abs(scaled.mean(0)).max() < 1e-5
    wanted = (frames[0] - frames[0].mean(0, dtype=np.float64)) / rows.spread
    assert np.abs(scaled - wanted).max() < 1e-5
    rows.causal = True
    running = rows.scaled(frames[0])
    total, k = SETTLED * rows.mean + frames[0][:4].sum(0, dtype=np.float64), 3
    by_hand = (frames[0][k] - total / (SETTLED + 4)) / rows.spread
    assert running[k] == pytest.approx(by_hand, abs=1e-5)
    # In pieces, and begun anew, it is the same.
    centred = Centred(rows)
    parts = [centred.step(frames[0][a:b]) for a, b in ((0, 0), (0, 1), (1, 9), (9, None))]
    assert np.array_equal(np.concatenate(parts), running)
    centred.reset()
    assert np.array_equal(centred.step(frames[0]), running)


def test_loudness_is_taken_off_a_whole_recording():
    rows, frames, _ = rows_and_batches()
    louder = frames[0] + 2 * np.float32(math.log(2.5))  # what 2.5 times as loud does to log-mel
    assert np.abs(rows.scaled(louder) - rows.scaled(frames[0])).max() < 1e-4


def test_texts_are_plain():
    rows, _, _ = rows_and_batches()
    assert rows.plain("  A\tb ") == "a b"
    assert rows.text_of(np.concatenate(rows.labels_of(["AB  c"]))) == "ab c"
    assert rows.known(["ab", "ax"]).tolist() == [True, False]
    assert rows.commonest in spoken(10, 0)[1]


def fit(X, y, **options):
    return SpeechRecognizer(**{**OPTIONS, "epochs": 1, **options}).fit(X, y, validation=None)


def test_labels_longer_than_the_frames_allow_are_refused_by_name():
    X, y = spoken(4, 0)
    y[2] = "ab" * 90
    frames = 1 + (len(X[2]) - 200) // 80
    steps = math.ceil(frames / 2)
    with pytest.raises(
        DataError,
        match=rf"the text of row 2 needs 180 steps.* its {frames} frames give {steps} with stride=2"
        r"\. Lower stride",
    ):
        fit(X, y)
    y[3] = "a" * 99
    with pytest.raises(DataError, match=r"row 2 needs 180 .*\(and 1 more rows\)"):
        fit(X, y)


def test_silence_with_a_text_is_refused_and_without_one_learned():
    X, y = spoken(4, 0)
    X[1] = np.zeros(4000)
    with pytest.raises(DataError, match=r"row 1 is silent, and its text is .*give it the text ''"):
        fit(X, y)
    y[1] = ""
    assert isinstance(fit(X, y).predict([np.zeros(4000)])[0], str)


def test_clipped_recordings_are_told_of():
    X, y = spoken(4, 0)
    X[0] = np.clip(20 * X[0], -1, 1)
    with pytest.warns(OstinatoWarning, match="1 of 4 recordings are clipped.*rows 0"):
        fit(X, y)


def test_other_refusals():
    X, y = spoken(3, 0)
    for changed, message in (
        (([*X[:2], np.zeros(0)], y), "row 2: has no samples"),
        (([*X[:2], X[2][:50]], y), "row 2: lasts 0.006 s, less than a frame"),
        (([*X[:2], "no.wav"], y), "no.wav: there is no such file"),
        (([*X[:2], b"sound"], y), "row 2 must be a path, samples"),
        (([*X[:2], np.zeros((0, 4))], y), "row 2 has no frames"),
        (([*X[:2], np.full((4, 4), math.inf)], y), "row 2 has features that are NaN"),
        ((X, y[:2]), "must have the same number of rows, got 3 and 2"),
        ((X, ["a", "b", 3]), "row 2 of y must be a text, got 3"),
        ((X, ["", " ", ""]), "all texts in y are empty"),
        ((X, "ab"), "y must be a list of texts"),
        (("a.wav", y), r"X must be a list of recordings, got one. Write \[recording\]"),
        ((X[:1], y[:1]), "X must have at least 2 rows"),
    ):
        with pytest.raises(DataError, match=message):
            fit(*changed)
    with pytest.raises(OptionError, match="sampling_rate must be a whole number of Hz, got 8.5"):
        SpeechRecognizer(**OPTIONS).fit(X, y, sampling_rate=8.5)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="coefficients must be at most bands, 10"):
        fit(X, y, features="mfcc", bands=10)


def test_held_out_texts_that_training_lacks_can_only_be_missed():
    X, y = spoken(6, 0)
    model = SpeechRecognizer(**{**OPTIONS, "epochs": 1})
    model.fit(X, y, validation=(X[:2], ["xyz", y[1]]))
    assert model.history_["val_wer"][0] > 0
    model.fit(X, y, validation=(X[:1], ["xyz"]))
    assert "val_loss" not in model.history_
    assert model.baseline_["wer"] > 0
