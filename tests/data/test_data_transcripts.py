"""Recordings with their texts, in every form of folder and table."""

from __future__ import annotations

import numpy as np
import pytest

from ostinato.data.audio import write_wav
from ostinato.data.transcripts import read_recordings, read_transcripts
from ostinato.errors import DataError, OstinatoWarning


def recording(path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, 0.1 * np.ones(800), 8000)


def pairs(*sources, **options):
    return [(each.path.name, each.text) for each in read_transcripts(list(sources), **options)]


def test_texts_beside_recordings(tmp_path):
    for name in ("b", "deep/a"):
        recording(tmp_path / f"{name}.wav")
    (tmp_path / "b.txt").write_text("Good  day\n")
    (tmp_path / "deep" / "a.lab").write_text("hello")
    assert pairs(tmp_path) == [("b.wav", "Good day"), ("a.wav", "hello")]


def test_lists_of_librispeech(tmp_path):
    for name in ("84-1-0000", "84-1-0001"):
        recording(tmp_path / "84" / "1" / f"{name}.wav")
    (tmp_path / "84" / "1" / "84-1.trans.txt").write_text(
        "84-1-0000 GO DO YOU HEAR\n84-1-0001 YES\n"
    )
    wanted = [("84-1-0000.wav", "GO DO YOU HEAR"), ("84-1-0001.wav", "YES")]
    assert pairs(tmp_path) == wanted
    assert pairs(tmp_path / "84" / "1" / "84-1.trans.txt") == wanted


def test_lists_of_an4(tmp_path):
    recording(tmp_path / "wav" / "an4_clstk" / "fash" / "an251-fash-b.wav")
    recording(tmp_path / "wav" / "an4_clstk" / "fash" / "an252-fash-b.wav")
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "an4_train.transcription"
    file.write_text("<s> YES </s> (an251-fash-b)\nRUBOUT  G M (an252-fash-b)\n")
    wanted = [("an251-fash-b.wav", "YES"), ("an252-fash-b.wav", "RUBOUT G M")]
    assert pairs(tmp_path) == wanted
    assert pairs(file) == wanted
    file.write_text("<s> YES </s> an251-fash-b\n")
    with pytest.raises(DataError, match=r"line 1 must be '<s> TEXT </s> \(NAME\)'"):
        pairs(file)


def test_tables(tmp_path):
    recording(tmp_path / "wavs" / "a.wav")
    (tmp_path / "list.csv").write_text("path,text\nwavs/a.wav,one two\n")
    (found,) = read_transcripts(tmp_path / "list.csv")
    assert found.path == tmp_path / "wavs" / "a.wav"
    assert found.text == "one two"
    (tmp_path / "other.tsv").write_text("file\tsaid\nwavs/a.wav\t007\n")
    assert pairs(tmp_path / "other.tsv", path="file", text="said") == [("a.wav", "007")]
    with pytest.raises(DataError, match="no column 'path'.*--path"):
        pairs(tmp_path / "other.tsv")


def test_texts_without_recordings_and_recordings_without_texts(tmp_path):
    with pytest.raises(DataError, match="has no recordings. Those that are read end in .wav"):
        pairs(tmp_path)
    recording(tmp_path / "a.wav")
    recording(tmp_path / "b.wav")
    (tmp_path / "a.txt").write_text("one")
    with pytest.raises(DataError, match=r"1 recordings have no text: .*b\.wav.*Put a \.txt"):
        pairs(tmp_path)
    (tmp_path / "b.txt").write_text("two")
    (tmp_path / "c.txt").write_text("three")
    with pytest.raises(DataError, match=r"1 texts have no recording: .*c\.txt"):
        pairs(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.txt").unlink()
    listed = tmp_path / "x.trans.txt"
    listed.write_text("a one\nbb two\n")
    with pytest.raises(DataError, match=r"1 texts have no recording: bb\. Did you mean 'b'"):
        pairs(tmp_path)
    listed.write_text("a one\n")
    with pytest.raises(DataError, match=r"1 recordings have no text: .*b\.wav"):
        pairs(tmp_path)


def test_one_bad_file_is_named_and_may_be_left_out(tmp_path):
    for name in "ac":
        recording(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.txt").write_text(name)
    (tmp_path / "b.wav").write_bytes(b"RIFF")
    (tmp_path / "b.txt").write_text("b")
    found = read_transcripts(tmp_path)
    with pytest.raises(DataError, match=r"b\.wav: cannot be read.*--skip-bad"):
        read_recordings(found)
    with pytest.warns(OstinatoWarning, match=r"1 of 3 recordings were left out: .*b\.wav"):
        recordings, texts = read_recordings(found, skip_bad=True)
    assert texts == ["a", "c"]
    assert [each.rate for each in recordings] == [8000, 8000]
    bad = [each for each in found if each.text == "b"]
    with pytest.raises(DataError, match="none of 1 recordings can be read"):
        read_recordings(bad, skip_bad=True)
