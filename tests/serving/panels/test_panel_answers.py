"""The panels' Python sides: what the page shows is what the estimator says itself."""

from __future__ import annotations

import base64
import io
import itertools
import json
import wave

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import ostinato
from ostinato.errors import DataError, OptionError
from ostinato.serving.panels import PANELS, PanelRequest
from ostinato.serving.panels.request import numbers
from ostinato.serving.panels.shapes import NAMES, shapes
from ostinato.serving.panels.strokes import SPACING, read_points, steps_of

SMALL = {"epochs": 2, "hidden_size": 8, "progress": False}
BY_NAME = {panel.name: panel for panel in PANELS}


def ask(panel, model=None, body=b"", **question):
    """The answer, which must go through JSON as it is."""
    request = PanelRequest(model=model, question=question, body=body)
    found = BY_NAME[panel].answer(request)
    if not isinstance(found, dict):
        found = list(found)
    assert json.loads(json.dumps(found, allow_nan=False)) is not None
    return found


@pytest.fixture(scope="module")
def classifier():
    texts = ["a great film", "a dull film", "great and fine", "dull and poor"] * 6
    model = ostinato.TextClassifier(**SMALL, embedding_size=8)
    return model.fit(texts, ["good", "bad"] * 12, validation=None)


@pytest.fixture(scope="module")
def tagger():
    model = ostinato.SequenceTagger(**SMALL | {"epochs": 30}, embedding_size=8, learning_rate=0.03)
    rows = [["Ada", "sees", "Rome"], ["Bela", "likes", "Paris"]] * 10
    return model.fit(rows, [["B-PER", "O", "B-LOC"]] * 20, validation=None)


@pytest.fixture(scope="module")
def translator():
    model = ostinato.Translator(**SMALL, embedding_size=8, beam=2, level="word")
    return model.fit(["one two", "two three"] * 8, ["ein zwei", "zwei drei"] * 8, validation=None)


@pytest.fixture(scope="module")
def writer():
    model = ostinato.LanguageModel(**SMALL, embedding_size=8, chunk=16, batch_size=4)
    return model.fit(["a great film and a dull one. "] * 20, validation=None)


@pytest.fixture(scope="module")
def composer():
    steps = np.arange(24)
    piece = np.stack([67 + 2 * (steps % 4), 60 - steps % 3], axis=1)
    return ostinato.MusicComposer(**SMALL, chain_size=8).fit([piece] * 8, validation=None)


def table(rows: int) -> pd.DataFrame:
    time = pd.date_range("2026-01-01", periods=rows, freq="h")
    return pd.DataFrame({"time": time, "load": np.round(50 + 10 * np.sin(np.arange(rows) / 4), 3)})


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def test_panels_have_names_of_their_own_and_registered_kinds():
    from ostinato.tasks.registry import TASKS

    known = set(TASKS)
    assert len(BY_NAME) == len(PANELS)
    assert {kind for panel in PANELS for kind in panel.kinds} <= known


# Texts.


def test_a_text_has_the_classifiers_probabilities_the_likeliest_first(classifier):
    found = ask("texts", classifier, text="a great film")
    shares = dict(found["classes"])
    (expected,) = classifier.predict_proba(["a great film"])
    assert [shares["bad"], shares["good"]] == expected.tolist()
    assert found["classes"][0][1] >= found["classes"][1][1]
    assert found["label"] == classifier.predict(["a great film"])[0]
    assert [token for token, _ in found["tokens"]] == ["a", "great", "film"]


def test_a_units_tint_is_what_the_unit_puts_out(classifier):
    found = ask("texts", classifier, text="a great film", tint="unit", unit=3)
    expected = ostinato.inspection.activations(classifier, "a great film", 3).table["unit 3"]
    assert [value for _, value in found["tokens"]] == pytest.approx(expected.tolist(), rel=1e-5)
    assert found["units"] == 16  # eight forward, eight backward


@pytest.mark.parametrize("text", ["", "   "])
def test_no_text_has_no_tokens(classifier, tagger, translator, text):
    assert ask("texts", classifier, text=text)["tokens"] == []
    assert ask("texts", tagger, text=text)["spans"] == []
    assert ask("texts", translator, text=text)["answers"] == []


def test_entities_stand_where_the_text_has_them(tagger):
    found = ask("texts", tagger, text="Ada sees Rome")
    text = found["text"]
    assert [(text[s["start"] : s["end"]], s["type"]) for s in found["spans"]] == [
        ("Ada", "PER"),
        ("Rome", "LOC"),
    ]


def test_a_translation_has_its_beam_and_attention(translator):
    found = ask("texts", translator, text="one two")
    (expected,) = translator.predict_best(["one two"])
    assert [tuple(each) for each in found["answers"]] == expected
    assert found["source"] == ["one", "two", "(end)"]
    assert np.shape(found["weights"]) == (len(found["target"]), 3)


def test_a_wrong_question_gets_a_sentence(classifier):
    with pytest.raises(OptionError, match="text must be a text, got int"):
        ask("texts", classifier, text=3)
    with pytest.raises(OptionError, match="unit must be a whole number at least 0 and below 16"):
        ask("texts", classifier, text="a", tint="unit", unit=16)
    with pytest.raises(OptionError, match="tint must be one of 'influence'"):
        ask("texts", classifier, text="a", tint="influense")
    with pytest.raises(DataError, match="The text has 5,001 characters; the page reads 5,000"):
        ask("texts", classifier, text="a" * 5001)


# Generation.


def test_next_tokens_are_the_models(writer):
    found = ask("generation", writer, do="next", text="a great ", top=4)
    assert [tuple(each) for each in found["next"]] == writer.predict_next("a great ", 4)


def test_writing_comes_token_by_token_and_goes_on_where_it_stopped(writer):
    how = {"temperature": 0.7, "top_p": 0.9, "seed": 5}
    pieces = ask("generation", writer, do="write", text="a ", length=12, **how)
    assert len(pieces) == 12
    assert "".join(each["piece"] for each in pieces) == writer.generate("a ", 12, **how)
    endless = BY_NAME["generation"].answer(
        PanelRequest(model=writer, question={"do": "write", "text": "a ", "length": 2000})
    )
    assert len(list(itertools.islice(endless, 3))) == 3  # nothing is written that nobody reads


def test_writing_refuses_numbers_that_are_not_allowed(writer):
    with pytest.raises(OptionError, match="temperature must be a number at least 0"):
        ask("generation", writer, do="write", temperature=-1)
    with pytest.raises(OptionError, match="length must be a whole number"):
        ask("generation", writer, do="write", length=1e9)


# Tables.


def test_any_table_is_forecast_without_a_model():
    frame = table(120)
    found = ask("instant", body=csv(frame), file="load.csv", horizon=6)
    (line,) = found["series"]
    model = ostinato.Forecaster.pretrained(horizon=6)
    expected = model.predict(frame)
    assert line["forecast"] == pytest.approx(expected["load"].tolist(), rel=1e-5)
    assert line["low"] == pytest.approx(expected["load_q10"].tolist(), rel=1e-5)
    assert line["x"][0] == pd.Timestamp("2026-01-01").timestamp()
    assert line["after"][0] == pd.Timestamp("2026-01-06").timestamp()
    assert len(line["y"]) == 120
    assert "forecast load" in found["found"][0]
    assert list(pd.read_csv(io.StringIO(found["csv"]))) == ["time", "load", "load_q10", "load_q90"]


def test_a_fitted_forecaster_answers_its_own_columns():
    frame = table(160)
    model = ostinato.Forecaster(**SMALL, past=24, horizon=6, target="load").fit(frame)
    found = ask("tables", model, body=csv(frame), file="load.csv")
    expected = model.predict(frame, level=80)
    assert found["series"][0]["forecast"] == pytest.approx(expected["load"].tolist(), rel=1e-5)
    assert found["series"][0]["high"] == pytest.approx(expected["load_q90"].tolist(), rel=1e-5)
    with pytest.raises(DataError, match="load"):
        ask("tables", model, body=b"time,heat\n2026-01-01,3\n", file="load.csv")


def test_anomalies_are_the_detectors():
    frame = table(200)
    model = ostinato.AnomalyDetector(**SMALL, past=12, horizon=4).fit(frame)
    frame.loc[150, "load"] = 900.0
    found = ask("tables", model, body=csv(frame), file="load.csv")
    expected = model.predict(frame)
    (series,) = found["series"]
    assert series["score"] == pytest.approx(expected["score"].tolist(), rel=1e-5)
    assert series["alarms"] == np.flatnonzero(expected["alarm"]).tolist()
    assert 150 in series["alarms"]
    assert series["columns"][0]["y"][150] == 900.0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "a.csv: the file is empty"),
        ("a.exe", b"MZ", "a.exe: must be a file of .csv"),
        ("a.csv", b"\x00\x01\x02\xff", "a.csv"),
        ("a.csv", b"one,two\nx,y\n", "no numeric column to forecast"),
        ("../../etc/passwd.csv", b"", "passwd.csv: the file is empty"),
    ],
)
def test_a_wrong_table_gets_a_sentence_without_the_folder(name, content, words):
    with pytest.raises((DataError, OptionError)) as caught:
        ask("instant", body=content, file=name)
    assert "/tmp" not in str(caught.value)
    assert "ostinato-studio" not in str(caught.value)
    assert words in str(caught.value)


# Sound.


def wav(seconds: float) -> bytes:
    samples = np.sin(np.arange(int(8000 * seconds)) / 3) * 9000
    place = io.BytesIO()
    with wave.open(place, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return place.getvalue()


def test_a_recording_has_its_transcript_and_spectrogram(tmp_path):
    chance = np.random.default_rng(0)
    sounds = [chance.normal(size=4000) * 0.1 for _ in range(8)]
    options = {"sampling_rate": 8000, "bands": 12, "convolution": 8, "num_layers": 1}
    model = ostinato.SpeechRecognizer(**SMALL, **options)
    model.fit(sounds, ["a b", "b a"] * 4, validation=None)
    found = ask("sound", model, body=wav(1.0), file="said.wav")
    (tmp_path / "said.wav").write_bytes(wav(1.0))
    (heard,) = model.transcribe([tmp_path / "said.wav"])
    assert (found["text"], found["confidence"]) == (heard.text, heard.confidence)
    assert found["seconds"] == 1.0
    assert np.shape(found["spectrogram"]) == (64, 98)  # bands, whole windows of a second
    assert np.max(found["spectrogram"]) == 0  # the loudest
    with pytest.raises(DataError, match="said.wav: lasts 121 s; the page takes 120"):
        ask("sound", model, body=wav(121), file="said.wav")
    with pytest.raises(DataError, match="^said.wav: cannot be read as a recording"):
        ask("sound", model, body=b"RIFF no sound", file="said.wav")


# Music.


def test_a_piece_is_composed_and_taken_away(composer, tmp_path):
    found = ask("music", composer, seconds=3, seed=4, temperature=0.9)
    piece = composer.continue_piece(None, 3, seed=4, temperature=0.9)
    assert found["voices"] == piece.voices.tolist()
    assert found["notes"] == [list(note) for note in piece.notes()]
    keys = ("voices", "tempo", "steps_per_beat")
    midi = ask("music", do="file", form="midi", **{key: found[key] for key in keys})
    content = base64.b64decode(midi["content"])
    assert content[:4] == b"MThd"
    again = ask("music", composer, body=content, file="piece.mid", seconds=1, seed=4)
    assert again["known"] == len(piece.voices) - int((piece.voices[::-1] < 0).all(1).argmin())
    sound = ask("music", do="file", form="wav", **{key: found[key] for key in keys})
    assert base64.b64decode(sound["content"])[:4] == b"RIFF"


def test_wrong_music_gets_a_sentence(composer):
    with pytest.raises(DataError, match="^piece.mid: cannot be read as a MIDI file"):
        ask("music", composer, body=b"no midi", file="piece.mid")
    with pytest.raises(DataError, match="The piece"):
        ask("music", do="file", voices=[["a"]])
    with pytest.raises(OptionError, match="seconds must be a number at most 120 and above 0"):
        ask("music", composer, seconds=1e9)


# Captions.


def test_an_image_has_its_captions_and_attention(tmp_path):
    images = [np.full((20, 20, 3), k * 9, dtype=np.uint8) for k in range(12)]
    sizes = {"embedding_size": 8, "channels": 4, "image_size": 16, "grid": 2, "min_count": 1}
    model = ostinato.ImageCaptioner(**SMALL, **sizes, beam=2)
    model.fit(images, ["a dark square", "a light square"] * 6, validation=None)
    place = io.BytesIO()
    Image.fromarray(images[3]).save(place, "PNG")
    found = ask("captions", model, body=place.getvalue(), file="square.png")
    (expected,) = model.predict_best([images[3]])
    assert [tuple(each) for each in found["captions"]] == expected
    assert np.shape(found["maps"])[1:] == (2, 2)
    with pytest.raises(DataError, match=r"square.png cannot be read as a picture"):
        ask("captions", model, body=b"no image", file="square.png")


# Gestures.


def test_steps_go_along_the_stroke_evenly():
    along = [[0.1, 0.5], [0.1 + 10.5 * SPACING, 0.5]]
    down = [[0.5, 0.2], [0.5, 0.2 + 3.5 * SPACING]]
    steps = steps_of(read_points([along, down]))
    assert len(steps) == 10 + 1 + 3  # along, one flight of the pen, down
    np.testing.assert_allclose(steps[:10], [[1, 0, 1, 0, 0]] * 10, atol=1e-6)
    np.testing.assert_allclose(steps[11:, :2], [[0, 1]] * 3, atol=1e-6)
    assert steps[:, 4].tolist() == [0] * 10 + [1] + [0] * 3


def test_the_turn_is_the_angle_between_two_steps():
    corner = [[0.1, 0.1], [0.1 + 2.001 * SPACING, 0.1], [0.1 + 2 * SPACING, 0.1 + 2.1 * SPACING]]
    steps = steps_of(read_points([corner]))
    np.testing.assert_allclose(steps[2, :4], [0, 1, 0, 1], atol=0.01)


def test_steps_of_a_beginning_are_those_of_the_whole():
    (stroke,) = shapes(3, 1)[2]["strokes"]
    whole, begun = steps_of(read_points([stroke])), steps_of(read_points([stroke[:30]]))
    np.testing.assert_array_equal(whole[: len(begun)], begun)


@pytest.fixture(scope="module")
def network():
    return ask("gestures", do="train", drawings=ask("gestures", do="shapes", seed=0)["drawings"])


def test_shapes_are_told_after_ten_examples_each(network):
    assert network["classes"] == sorted(NAMES)
    assert network["drawings"] == 40
    new = shapes(1, 5)
    told = [
        ask("gestures", do="tell", network=network["network"], strokes=n["strokes"]) for n in new
    ]
    right = sum(each["label"] == one["label"] for each, one in zip(told, new, strict=True))
    assert right >= 17, [each["label"] for each in told]
    assert told[0]["course"][-1] == pytest.approx(told[0]["shares"], abs=1e-2)
    assert len(told[0]["course"]) == len(steps_of(read_points(new[0]["strokes"])))


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        (None, "got none. Draw something first"),
        ([], "got none"),
        ([[]], "got something else"),
        ([[[1, 2, 3]]], "got something else"),
        ([[["a", "b"]]], "got something else"),
        ([[[0.1, float("nan")]]], "far outside"),
        ([[[0.1, 1e300]]], "far outside"),
        ([[[0.5, 0.5]] * 4001], "more than 4,000 points"),
    ],
)
def test_wrong_strokes_get_a_sentence(network, strokes, words):
    with pytest.raises(DataError, match=words):
        ask("gestures", do="tell", network=network["network"], strokes=strokes)


def test_too_few_drawings_get_a_sentence():
    one = {"label": "one", "strokes": [[[0.1, 0.1], [0.9, 0.9]]]}
    with pytest.raises(DataError, match="at least 2 classes and at most 8, got 1"):
        ask("gestures", do="train", drawings=[one] * 3)
    with pytest.raises(DataError, match="'two' has 1 drawing; 2 to 60 are needed"):
        ask("gestures", do="train", drawings=[one, one, {**one, "label": "two"}])
    with pytest.raises(DataError, match="has no name"):
        ask("gestures", do="train", drawings=[{**one, "label": " "}])
    with pytest.raises(DataError, match="no longer there. Train it again"):
        ask("gestures", do="tell", network="network-0", strokes=one["strokes"])


def test_numbers_are_json():
    assert numbers(np.array([1.23456789, np.nan, np.inf])) == [1.23457, None, None]
