"""Music as data: pieces, rolls, MIDI and JSON files, sound; and what is refused."""

from __future__ import annotations

import json
import logging
import lzma
import sys
import wave

import numpy as np
import pytest

from ostinato import data
from ostinato.data.music import keys_of, pitches_of, roll_of_keys, voices_of
from ostinato.errors import DataError, MissingDependencyError, OptionError

symusic = pytest.importorskip("symusic")


def piece(rows, **more):
    return data.Piece(voices=np.array(rows), **more)


def midi(path, tracks, *, qpm=None, tpq=480, drums=()):
    """A MIDI file with notes (time, duration, pitch) in ticks, track by track."""
    score = symusic.Score(tpq)
    if qpm:
        score.tempos.append(symusic.Tempo(0, qpm))
    for k, notes in enumerate(tracks):
        track = symusic.Track(name=str(k), is_drum=k in drums)
        for time, duration, pitch in notes:
            track.notes.append(symusic.Note(time, duration, pitch, 64))
        score.tracks.append(track)
    path.write_bytes(score.dumps_midi())
    return path


# Pieces.


def test_a_pitch_that_stays_is_one_note():
    found = piece([[72, 60], [72, -1], [71, 60], [-1, 60]]).notes()
    assert found == [(0, 2, 72, 0), (2, 3, 71, 0), (0, 1, 60, 1), (2, 4, 60, 1)]
    assert [each.pitch for each in found] == [72, 71, 60, 60]


def test_voices_and_rolls_of_each_other():
    one = piece([[60, 64], [-1, 108], [21, 21]])
    roll = one.roll()
    assert roll.shape == (3, 88)
    assert [np.flatnonzero(row).tolist() for row in roll] == [[39, 43], [87], [0]]
    assert voices_of(roll).tolist() == [[64, 60], [108, -1], [21, -1]]
    assert voices_of(np.zeros((2, 88), dtype=bool)).tolist() == [[-1], [-1]]
    keys = keys_of(one.voices)
    assert keys.tolist() == [[39, 43], [88, 87], [0, 0]]
    assert (pitches_of(keys) == one.voices).all()
    assert (roll_of_keys(keys) == roll).all()


def test_time_and_names():
    one = piece([[60]] * 16, steps_per_beat=4, tempo=120.0)
    assert (len(one), one.step_seconds, one.seconds) == (16, 0.125, 2.0)
    assert [data.pitch_name(each) for each in (21, 60, 61, 70, 108, -1)] == [
        *("A0", "C4", "C#4", "Bb4", "C8", "rest")
    ]


def test_every_form_of_a_piece_is_read_alike(tmp_path):
    voices = np.array([[64, 60], [65, 60], [65, -1], [67, 59]])
    one = piece(voices)
    data.write_midi(one, tmp_path / "a.mid")
    wide = np.zeros((4, 128), dtype=np.int64)
    wide[:, 21:109] = one.roll()
    forms = [one, voices, voices.tolist(), voices.astype(float), one.roll(), wide]
    for each in [*forms, tmp_path / "a.mid", str(tmp_path / "a.mid")]:
        (found,) = data.as_pieces("here", [each], 4)
        assert found.voices.tolist() == voices.tolist(), type(each)
    assert data.as_pieces("here", tmp_path / "a.mid", 4)[0].voices.tolist() == voices.tolist()
    assert data.as_pieces("here", [[60, 62]], 4)[0].voices.tolist() == [[60], [62]]


def test_lists_of_different_lengths_are_notes_from_the_top():
    even, odd = [[60, 64], [59, 65]], [[60, 64, 67], [62], []]
    found = [each.voices.tolist() for each in data.as_pieces("here", [even, odd], 1)]
    assert found == [[[64, 60], [65, 59]], [[67, 64, 60], [62, -1, -1], [-1, -1, -1]]]
    (alone,) = data.as_pieces("here", [even], 1)
    assert alone.voices.tolist() == even


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[20, 60]], "piece 0 has the pitch 20 at step 0; a piano has 21 to 108"),
        ([[60], [109]], "has the pitch 109 at step 1"),
        ([[-2]], "has the pitch -2"),
        ([[-1, -1]], "piece 0 has no notes. Leave it out."),
        ([], r"must be a path, or whole numbers \(steps, voices\)"),
        (np.zeros((2, 2, 2)), "got int64 of shape"),
        ([[60.5]], "got float64 of shape"),
        ([[float("nan")]], "got float64"),
        ([["C4"]], "piece 0 must be a path"),
        (np.array([[True, False]]), "must have whole numbers as pitches, got bool"),
        (np.full((2, 88), 2), "is a piano roll, by its 88 columns"),
        (np.ones((2, 128)), "has pitches that a piano lacks"),
        (np.full((2, 33), 60), "at most 1,000,000 steps and 32 voices"),
        ([[60], ["x", 2]], "a step must be a list of pitches"),
        (None, "must be a path"),
    ],
)
def test_what_is_no_piece_is_refused(value, message):
    with pytest.raises(DataError, match=message):
        data.as_pieces("here", [value], 1)


@pytest.mark.parametrize("value", [3, None, b"abc", {"a": 1}])
def test_what_is_no_list_of_pieces_is_refused(value):
    with pytest.raises(DataError, match="X must be a list of pieces"):
        data.as_pieces("here", value, 1)


def test_a_piece_on_another_grid_is_refused():
    with pytest.raises(DataError, match=r"has 4 steps a beat, and the model reads 1. Read it with"):
        data.as_pieces("here", [piece([[60]])], 1)


# MIDI.


def test_notes_begin_and_end_at_the_nearest_steps(tmp_path):
    # Of a sixteenth's 120 ticks: 59 is nearer to 0, 61 to 1; a note of no length has one step.
    notes = [(59, 120, 60), (301, 118, 62), (480, 10, 64)]
    found = data.read_midi(midi(tmp_path / "a.mid", [notes], qpm=90), 4)
    assert found.voices.T.tolist() == [[60, -1, -1, 62, 64]]
    assert found.tempo == pytest.approx(90, rel=1e-4)
    assert found.name.endswith("a.mid")


def test_tracks_are_voices_the_highest_first(tmp_path):
    bass, top = [(0, 480, 48)], [(0, 240, 72), (240, 240, 74)]
    found = data.read_midi(midi(tmp_path / "a.mid", [bass, top]), 2)
    assert found.voices.tolist() == [[72, 48], [74, 48]]
    assert found.tempo == 120


def test_a_track_with_chords_is_dealt_from_the_top(tmp_path):
    chords = [(0, 480, 60), (0, 480, 64), (0, 480, 67), (480, 480, 62)]
    found = data.read_midi(midi(tmp_path / "a.mid", [chords, [(0, 960, 65)]]), 1)
    assert found.voices.tolist() == [[67, 65, 64, 60], [65, 62, -1, -1]]


def test_drums_are_left_out(tmp_path):
    path = midi(tmp_path / "a.mid", [[(0, 480, 36)], [(0, 480, 60)]], drums={0})
    assert data.read_midi(path, 1).voices.tolist() == [[60]]
    path = midi(tmp_path / "b.mid", [[(0, 480, 36)]], drums={0})
    with pytest.raises(DataError, match=r"b\.mid: has no notes but drums"):
        data.read_midi(path, 1)


def test_what_is_written_is_read_again(tmp_path):
    one = piece([[72, 60, -1], [72, 59, 48], [74, -1, 48]], steps_per_beat=3, tempo=77.0)
    data.write_midi(one, tmp_path / "a.mid")
    again = data.read_midi(tmp_path / "a.mid", 3)
    assert again.voices.tolist() == one.voices.tolist()
    assert again.tempo == pytest.approx(77, rel=1e-4)


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"no music at all, but some text", b"\xff" * 300]
)
def test_a_damaged_midi_file_is_named(tmp_path, content):
    path = tmp_path / "bad.mid"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.mid: cannot be read as a MIDI file"):
        data.read_midi(path)


def test_a_cut_off_midi_file_is_named(tmp_path):
    path = midi(tmp_path / "cut.mid", [[(0, 480, 60)] * 20])
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"cut\.mid: cannot be read as a MIDI file"):
        data.read_midi(path)


def test_other_files_that_cannot_be_used(tmp_path):
    with pytest.raises(DataError, match=r"none\.mid: cannot be read .* it is not there"):
        data.read_midi(tmp_path / "none.mid")
    low = midi(tmp_path / "low.mid", [[(0, 480, 3)]])
    with pytest.raises(DataError, match=r"low\.mid has the pitch 3 at step 0"):
        data.read_midi(low)
    long = midi(tmp_path / "long.mid", [[(0, 480, 60), (200_000_000, 480, 60)]], tpq=120)
    with pytest.raises(DataError, match=r"long\.mid: is .* steps long; at most 1,000,000"):
        data.read_midi(long)
    with pytest.raises(OptionError, match="steps_per_beat must be a whole number at least 1"):
        data.read_midi(low, 0)


def test_without_symusic_the_install_line_is_given(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "symusic", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ostinato\[music\]'"):
        data.read_midi(tmp_path / "a.mid")
    with pytest.raises(MissingDependencyError, match="need symusic"):
        data.write_midi(piece([[60]]), tmp_path / "a.mid")


# JSON, and many files.


def test_chorales_of_a_json_file(tmp_path):
    parts = {"train": [[[60, 64], [62]]], "test": [[[50]], [[51]]]}
    with lzma.open(tmp_path / "c.json.xz", "wt") as file:
        json.dump(parts, file)
    (one,) = data.read_chorales(tmp_path / "c.json.xz", "train", 1)
    assert one.voices.tolist() == [[64, 60], [62, -1]]
    assert len(data.read_chorales(tmp_path / "c.json.xz", "test")) == 2
    with pytest.raises(DataError, match="has the parts train, test, got part='valid'"):
        data.read_chorales(tmp_path / "c.json.xz", "valid")
    (tmp_path / "list.json").write_text(json.dumps([[[60, -1], [61, 50]]]))
    (two,) = data.read_chorales(tmp_path / "list.json")
    assert two.voices.tolist() == [[60, -1], [61, 50]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"[[[60", "cannot be read as JSON"),
        ("a.json", b"\xff\xfe", "cannot be read as JSON"),
        ("a.json.xz", b"no xz", "cannot be read as JSON"),
        ("a.json.gz", b"no gz", "cannot be read as JSON"),
        ("a.json", b"[]", "must be a list of pieces"),
        ("a.json", b"3", "must be a list of pieces, got int"),
        ("a.json", b'[["C4"]]', "piece 0 must be a path, or whole numbers"),
    ],
)
def test_a_json_file_of_another_form_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        data.read_chorales(tmp_path / name)


def test_files_folders_and_patterns_in_order(tmp_path):
    (tmp_path / "sub").mkdir()
    for k, name in enumerate(["b.mid", "a.mid", "sub/c.midi"]):
        midi(tmp_path / name, [[(0, 480, 60 + k)]])
    (tmp_path / "notes.txt").write_text("not music")
    found = data.read_pieces([str(tmp_path)], steps_per_beat=1)
    assert [each.voices[0, 0] for each in found] == [61, 60, 62]
    found = data.read_pieces([str(tmp_path / "*.mid")], steps_per_beat=1)
    assert [each.voices[0, 0] for each in found] == [61, 60]
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", tmp_path / "*.kar"):
        with pytest.raises(DataError, match="there are no MIDI files"):
            data.read_pieces([str(source)])


def test_a_bad_file_among_good_ones(tmp_path, caplog):
    midi(tmp_path / "a.mid", [[(0, 480, 60)]])
    (tmp_path / "b.mid").write_bytes(b"MThd and then nothing")
    with pytest.raises(DataError, match=r"b\.mid: cannot be read .* go on without .* --skip-bad"):
        data.read_pieces([str(tmp_path)])
    with caplog.at_level(logging.WARNING, logger="ostinato"):
        (kept,) = data.read_pieces([str(tmp_path)], skip_bad=True)
    assert kept.name.endswith("a.mid")
    assert "left out: " in caplog.text
    assert "b.mid" in caplog.text
    with pytest.raises(DataError, match="no file can be used"):
        data.read_pieces([str(tmp_path / "b.mid")], skip_bad=True)


# Sound.


def test_a_note_sounds_at_its_frequency_for_its_time(tmp_path):
    one = piece([[69]] * 4 + [[-1]] * 4 + [[69]], steps_per_beat=4, tempo=60.0)
    samples = data.synthesise(one, 8_000)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(0.89, abs=1e-4)
    first = samples[:8_000]
    spectrum = np.abs(np.fft.rfft(first))
    assert np.argmax(spectrum) == 440  # a second: a bin is a hertz
    assert spectrum[880] > 10 * spectrum[840]  # harmonics
    assert not samples[9_000:16_000].any()
    assert samples[16_100:18_000].any()
    assert len(samples) / 8_000 == pytest.approx(one.seconds + 0.08, abs=1e-3)


def test_a_wav_file(tmp_path):
    one = piece([[60, 64], [62, 65]], tempo=120.0, steps_per_beat=1)
    data.write_sound(one, tmp_path / "a.wav", 16_000)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert len(frames) / 16_000 == pytest.approx(1.08, abs=1e-3)
    assert np.abs(frames).max() == pytest.approx(0.89 * 32_767, abs=2)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    for write, name in ((data.write_midi, "a.mid"), (data.write_sound, "a.wav")):
        with pytest.raises(DataError, match=rf"no/{name}: cannot be written: No such file"):
            write(piece([[60]]), tmp_path / "no" / name)


def test_sound_that_cannot_be_made():
    with pytest.raises(DataError, match="the piece lasts 7200 s, and at most 3600 are written"):
        data.synthesise(piece(np.full((7200, 1), 60), steps_per_beat=1, tempo=60.0))
    with pytest.raises(OptionError, match="rate must be a whole number at least 8000"):
        data.synthesise(piece([[60]]), 100)
