"""Recordings read, brought to one rate, and turned into features."""

from __future__ import annotations

import importlib
import math
import wave

import numpy as np
import pytest

from ostinato.data.audio import Recording, as_recording, read_audio, resample, write_wav
from ostinato.data.audio_features import AudioFeatures, FeatureStream
from ostinato.errors import DataError, MissingDependencyError, OptionError


def tone(frequency: float, seconds: float, rate: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


def sound(samples: np.ndarray, rate: int = 8000) -> Recording:
    return as_recording("test", samples, rate)


def written(path, channels: list[list[int]], rate: int = 8000) -> None:
    """A wav by Python's own writer, of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.array(channels, dtype="<i2").T.tobytes())


def test_a_wav_of_two_channels_is_their_mean(tmp_path):
    written(tmp_path / "a.wav", [[16384, -32768, 0], [0, -32768, 8192]], 11025)
    found = read_audio(tmp_path / "a.wav")
    assert (found.rate, found.channels) == (11025, 2)
    assert found.samples.dtype == np.float32
    assert found.samples.tolist() == [0.25, -1.0, 0.125]
    assert found.seconds == pytest.approx(3 / 11025)
    assert found.clipped == pytest.approx(1 / 3)


def test_flac_and_what_is_written(tmp_path):
    import soundfile

    samples = tone(440, 0.1, 8000).astype(np.float32)
    soundfile.write(tmp_path / "a.flac", samples, 8000)
    assert np.abs(read_audio(tmp_path / "a.flac").samples - samples).max() < 1e-4
    write_wav(tmp_path / "b.wav", samples, 8000)
    assert np.abs(read_audio(tmp_path / "b.wav").samples - samples).max() < 1e-4


def test_another_rate_keeps_pitch_and_length(tmp_path):
    write_wav(tmp_path / "a.wav", tone(440, 1.0, 16000), 16000)
    found = read_audio(tmp_path / "a.wav", 8000)
    assert (found.rate, len(found.samples)) == (8000, 8000)
    spectrum = np.abs(np.fft.rfft(found.samples))
    assert spectrum.argmax() == 440
    same = sound(tone(440, 0.1, 8000))
    assert resample(same, 8000) is same
    with pytest.raises(OptionError, match="rate must be at least 1 Hz"):
        resample(same, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read as a recording"),
        (b"RIFF\x00\x00", "cannot be read as a recording"),
        (b"a text, no sound", "cannot be read as a recording"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, content, message):
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(DataError, match=rf"bad\.wav: {message}"):
        read_audio(tmp_path / "bad.wav")


def test_missing_empty_and_other_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.wav: there is no such file"):
        read_audio(tmp_path / "none.wav")
    written(tmp_path / "empty.wav", [[]])
    with pytest.raises(DataError, match=r"empty\.wav: has no samples"):
        read_audio(tmp_path / "empty.wav")


def test_samples_of_every_kind():
    assert sound(np.array([-128, 64], dtype=np.int8)).samples.tolist() == [-1, 0.5]
    assert sound(np.array([[1.0, 0.0], [0.5, 0.5]])).samples.tolist() == [0.5, 0.5]
    for bad, message in (
        (np.array([0.0, math.nan]), "NaN or infinite"),
        (np.array(["a"]), "must be numbers"),
        (np.zeros((2, 2, 2)), "must be numbers"),
        (np.zeros(0), "has no samples"),
        (np.zeros(3, dtype=np.uint8), "signed or floating, got uint8"),
    ):
        with pytest.raises(DataError, match=message):
            sound(bad)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("soundfile", lambda path: read_audio(path)),
        ("soxr", lambda path: resample(sound(np.zeros(9)), 4000)),
        ("kaldi_native_fbank", lambda path: FeatureStream(AudioFeatures())),
    ],
)
def test_a_missing_package_gives_the_install_line(monkeypatch, tmp_path, name, call):
    original = importlib.import_module

    def missing(wanted, *more):
        if wanted == name:
            raise ImportError(wanted)
        return original(wanted, *more)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ostinato\[speech\]'"):
        call(tmp_path / "a.wav")


def mel(hertz: float) -> float:
    return 1127 * math.log(1 + hertz / 700)


def log_mel(samples: np.ndarray, rate: int, bands: int) -> np.ndarray:
    """Kaldi's log-mel energies as its documents describe them, in NumPy."""
    window, shift = int(0.025 * rate), int(0.01 * rate)
    size = 1 << (window - 1).bit_length()
    povey = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1))) ** 0.85
    bins = np.array([mel(k * rate / size) for k in range(size // 2)])
    edges = np.linspace(mel(20), mel(rate / 2), bands + 2)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    found = []
    for begin in range(0, len(samples) - window + 1, shift):
        part = samples[begin : begin + window].astype(np.float64) * 32768
        part = part - part.mean()
        part = part - 0.97 * np.concatenate([part[:1], part[:-1]])
        power = np.abs(np.fft.rfft(part * povey, size)[: size // 2]) ** 2
        found.append(np.log(np.maximum(filters @ power, np.finfo(np.float32).eps)))
    return np.array(found)


def test_log_mel_is_what_its_definition_says():
    samples = tone(700, 0.2, 8000) + 0.1 * np.random.default_rng(0).normal(size=1600)
    features = AudioFeatures(rate=8000, bands=20)
    found = features.of("test", sound(samples))
    assert found.shape == (features.frames(1600), 20) == (18, 20)
    assert np.abs(found - log_mel(samples, 8000, 20)).max() < 2e-2
    loudest = found.mean(0).argmax()
    edges = np.linspace(mel(20), mel(4000), 22)
    assert edges[loudest] < mel(700) < edges[loudest + 2]


@pytest.mark.parametrize("kind", ["log_mel", "mfcc"])
@pytest.mark.parametrize("rate", [8000, 11025])
def test_in_pieces_features_have_the_same_bits(kind, rate):
    random = np.random.default_rng(1)
    samples = (0.1 * random.normal(size=rate)).astype(np.float32)
    features = AudioFeatures(kind=kind, rate=rate, bands=20)
    whole = features.of("test", sound(samples, rate))
    assert whole.shape == (features.frames(rate), features.size)
    for most in (1, 50, 700):
        stream, parts, place = FeatureStream(features), [], 0
        while place < len(samples) and (most > 1 or place < 500):
            step = int(random.integers(0, most + 1))
            parts.append(stream.step(samples[place : place + step]))
            place += step
        joined = np.concatenate(parts)
        assert np.array_equal(joined, whole[: len(joined)])
        assert len(joined) == features.frames(min(place, len(samples)))
    again = FeatureStream(features)
    again.step(samples[:777])
    again.reset()
    assert np.array_equal(again.step(samples), whole)


def test_louder_is_higher_by_as_much_in_every_band():
    samples = 0.01 * np.random.default_rng(2).normal(size=4000)
    features = AudioFeatures(rate=8000, bands=20)
    quiet, loud = (features.of("t", sound(k * samples)) for k in (1, 10))
    assert np.abs(loud - quiet - 2 * math.log(10)).max() < 1e-2


def test_features_refuse_what_does_not_fit():
    features = AudioFeatures(rate=8000)
    with pytest.raises(DataError, match="rate must be 8000 Hz, got 16000 Hz. Resample"):
        features.of("row 3", sound(np.ones(4000), 16000))
    with pytest.raises(DataError, match="row 3: lasts 0.020 s, less than a frame"):
        features.of("row 3", sound(np.ones(160)))
    with pytest.raises(OptionError, match="kind must be one of 'log_mel', 'mfcc'"):
        AudioFeatures(kind="mel")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="coefficients must be at most bands, 10, got 13"):
        AudioFeatures(kind="mfcc", bands=10)
    assert AudioFeatures(**features.to_dict()) == features
