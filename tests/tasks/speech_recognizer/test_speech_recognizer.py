"""Fits, answers, times and streams of a recognizer of tones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from speech_tones import OPTIONS, RATE, say, spoken

from ostinato import LanguageModel, SpeechRecognizer, data
from ostinato.decoding.ctc import collapse
from ostinato.errors import DataError, OptionError
from ostinato.measures.speech import measure_speech
from ostinato.tasks.speech_recognizer.evidence import evidence


def test_it_hears_what_is_said(taught, tones):
    X, y = tones
    found = taught.evaluate(X, y)
    assert found["wer"] <= 0.1
    assert found["baseline_wer"] > 0.5
    assert found["wer"] == measure_speech(y, taught.predict(X))["wer"]
    assert taught.score(X, y) == 1 - found["wer"]
    assert taught.units_ == [" ", "a", "b", "c"]
    assert {"train_loss", "val_loss", "val_wer", "val_cer"} <= set(taught.history_)


def test_words_have_their_times(taught):
    random = np.random.default_rng(3)
    (found,) = taught.transcribe([say("ca b", random)])
    assert found.text == "ca b"
    first, second = found.words
    assert (first.text, second.text) == ("ca", "b")
    # "c" lasts to 0.12 s, "a" to 0.24, the gap to 0.29, "b" to 0.41.
    assert first.start < 0.13
    assert 0.12 <= first.end <= 0.34
    assert 0.28 <= second.start < second.end <= 0.44
    assert 0.5 < first.confidence <= 1
    assert 0.5 < found.confidence <= 1


def test_probabilities_are_of_blank_and_units(taught, tones):
    (found,) = taught.predict_proba(tones[0][:1])
    frames = 1 + (len(tones[0][0]) - 200) // 80
    assert found.shape == (math.ceil(frames / 2), 5)
    assert np.abs(found.sum(1) - 1).max() < 1e-9


def test_other_rates_and_channels_are_brought_to_the_models(taught, tmp_path):
    random = np.random.default_rng(4)
    samples = say("ab b", random)
    fine = data.resample(data.Recording(samples=samples.astype(np.float32), rate=RATE), 16000)
    data.write_wav(tmp_path / "a.wav", np.stack([fine.samples, fine.samples], 1), 16000)
    answers = taught.predict([tmp_path / "a.wav", fine])
    assert answers == ["ab b", "ab b"]
    assert taught.predict([fine.samples], sampling_rate=16000) == ["ab b"]
    # At the wrong rate everything is an octave lower and twice as long.
    assert taught.predict([fine.samples]) != ["ab b"]


def test_a_stream_hears_the_same_in_any_pieces(taught, tones):
    model, random = taught, np.random.default_rng(5)
    for samples in tones[0][:3]:
        (whole,) = model.predict_proba([samples])
        stream = model.stream()
        for most in (4000, 300, 37):
            stream.reset()
            parts, place = [], 0
            while place < len(samples):
                step = int(random.integers(1, most))
                heard = stream.step(samples[place : place + step])
                parts.append(heard.probabilities)
                place += step
            assert np.array_equal(np.concatenate(parts), whole)
            assert heard.seconds == pytest.approx(len(samples) / RATE)
            greedy = model.rows_.text_of(collapse(whole.argmax(1)))
            assert heard.text == stream.text == greedy
    assert len(stream.state) == 2
    stream.reset()
    assert stream.text == ""


def test_a_stream_refuses_what_is_no_piece(taught):
    stream = taught.stream()
    for bad, message in (
        (np.zeros((3, 2)), r"must be samples \(samples,\), got float64 of shape \(3, 2\)"),
        (np.array([math.nan]), "NaN or infinite"),
        ("ab", "must be samples"),
    ):
        with pytest.raises(DataError, match=message):
            stream.step(bad)
    both = SpeechRecognizer(**OPTIONS, epochs=1).fit(*spoken(4, 0), validation=None)
    with pytest.raises(OptionError, match="needs bidirectional=False, got True"):
        both.stream()


def frames_of(X: list[np.ndarray]) -> list[np.ndarray]:
    features = data.AudioFeatures(rate=RATE, bands=16)
    return [
        features.of("test", data.Recording(samples=each.astype(np.float32), rate=RATE))
        for each in X
    ]


def test_features_that_were_computed_elsewhere(tones):
    X, y = spoken(12, 0)
    options: dict[str, Any] = {**OPTIONS, "epochs": 2, "bidirectional": False}
    sounds = SpeechRecognizer(**options).fit(X, y, validation=None)
    given = SpeechRecognizer(**options).fit(frames_of(X), y, validation=None)
    few = tones[0][:3]
    for one, other in zip(
        sounds.predict_proba(few), given.predict_proba(frames_of(few)), strict=True
    ):
        assert np.array_equal(one, other)
    stream = given.stream()
    (frames,), (whole,) = frames_of(few[:1]), given.predict_proba(frames_of(few[:1]))
    parts = [stream.step(frames[:9]), stream.step(frames[9:])]
    assert np.array_equal(np.concatenate([each.probabilities for each in parts]), whole)
    assert parts[-1].seconds == pytest.approx(0.01 * len(frames))
    with pytest.raises(DataError, match="row 0 is a recording, and the model was trained on feat"):
        given.predict(few)
    with pytest.raises(DataError, match="row 0 is an array of features"):
        sounds.predict(frames_of(few))
    with pytest.raises(DataError, match=r"row 0 must have 16 numbers a frame, got shape \(5, 3\)"):
        given.predict([np.zeros((5, 3))])
    with pytest.raises(DataError, match="frames must have 16 numbers"):
        given.stream().step(np.zeros((5, 3)))
    with pytest.raises(DataError, match="X must be recordings or features, row 1 is features"):
        SpeechRecognizer(**options).fit([X[0], frames_of(X)[1]], y[:2], validation=None)


def test_the_search_is_guided(taught, tones):
    X, _ = tones
    assert set(" ".join(taught.predict(X)).split()) <= {"ab", "ca", "b", "bc"}
    assert set(" ".join(taught.predict(X, words=["b"])).split()) == {"b"}

    class Hates:
        """A model of text that finds "b" unlikely."""

        words = True

        def start(self) -> Any:
            return None

        def step(self, state: Any, piece: str) -> tuple[float, Any]:
            return (-1e6 if piece == "b" else 0.0), None

        def end(self, state: Any) -> float:
            return 0.0

    heard = taught.predict(X, language_model=Hates())
    assert "b" not in " ".join(heard).split()
    with pytest.raises(OptionError, match="language_model must be a fitted LanguageModel"):
        taught.predict(X, language_model=3)
    with pytest.raises(OptionError, match="words must be a list of words, got one text"):
        taught.predict(X, words="ab")


@pytest.mark.parametrize("level", ["char", "word"])
def test_a_language_model_of_ours_guides(taught, tones, level):
    X, y = tones
    sizes: dict[str, Any] = {"embedding_size": 8, "hidden_size": 8, "chunk": 8, "batch_size": 4}
    language = LanguageModel(level=level, epochs=2, min_count=1, **sizes)
    language.fit(y * 4, validation=None, progress=False)
    heard = taught.predict(X[:6], language_model=language)
    assert measure_speech(y[:6], heard)["wer"] < 0.4
    # What it answers is what its own probabilities say.
    from ostinato.tasks.speech_recognizer.transcripts import Streamed

    model, text = Streamed(language), "ab b"
    state, nats = model.start(), 0.0
    for piece in text.split() if level == "word" else text:
        part, state = model.step(state, piece)
        nats += part
    assert nats == pytest.approx(float(np.log(language.probabilities(text)).sum()), rel=1e-6)


def test_words_as_units(tones):
    model = SpeechRecognizer(**{**OPTIONS, "level": "word"}, guide="ngrams", epochs=1)
    model.fit(*spoken(8, 0), validation=None)
    assert model.units_ == ["ab", "b", "bc", "ca"]
    assert model.rows_.text_of([1, 2]) == "ab b"
    heard = model.predict(tones[0], words=["bc"])
    assert set(" ".join(heard).split()) <= {"bc"}


def test_pictures_of_held_out_recordings(taught, tones):
    found = evidence(taught, tones)
    kinds = [each.kind for each in found.figures]
    assert kinds == ["matrix", "lines", "table", "bars"]
    picture, _, worst, kinds_of_errors = found.figures
    assert picture.values.shape[0] == 16
    assert [mark.label for mark in picture.marks]
    assert all(0 <= float(mark.x[0]) <= 2 for mark in picture.marks)
    errors = [row[2] for row in worst.rows]
    assert errors == sorted(errors, reverse=True)
    assert kinds_of_errors.groups[0].values.sum() == pytest.approx(taught.evaluate(*tones)["wer"])


def test_partial_fit_keeps_units(taught):
    import copy

    model = copy.deepcopy(taught)
    with pytest.raises(DataError, match="row 1 has 'z', which training's texts lack"):
        model.partial_fit(*[[say("ab", np.random.default_rng(0))] * 2, ["ab", "zz"]])
