"""Readers of arrays in time, on small files made here."""

from __future__ import annotations

import lzma

import numpy as np
import pandas as pd
import pytest

from ostinato import data
from ostinato.errors import DataError, OptionError

HEADER = "# a comment\n@problemName x\n@timeStamps false\n@classLabel true up down\n@data\n"


def write(path, text):
    path.write_text(text)
    return path


def test_ts_files_have_channels_lengths_and_missing_values(tmp_path):
    text = HEADER + "1,2,3:4,5,6:up\n\n7,?:8,9:down\n"
    path = tmp_path / "a.ts.xz"
    path.write_bytes(lzma.compress(text.encode()))
    for each in (path, write(tmp_path / "a.ts", text)):
        found = data.read_sequences(each)
        assert found.y == ["up", "down"]
        assert [v.shape for v in found.X] == [(3, 2), (2, 2)]
        assert found.X[0].tolist() == [[1, 4], [2, 5], [3, 6]]
        assert np.isnan(found.X[1][1, 0])
        assert found.X[1][0].tolist() == [7, 8]
    number = HEADER.replace("@classLabel true up down", "@targetLabel true")
    assert data.read_sequences(write(tmp_path / "b.ts", number + "1,2:0.5\n")).y == [0.5]
    none = HEADER.replace("@classLabel true up down", "@classLabel false")
    assert data.read_sequences(write(tmp_path / "c.ts", none + "1,2:3,4\n")).y is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "1,x:up\n", "line 6, channel 0: 'x' is no number. Write [?]"),
        (HEADER + "1,2:3:up\n", "line 6 has channels of 1 and of 2 values"),
        (HEADER + "1,2:left\n", "line 6: class 'left' is not among those of the header: up, down"),
        (HEADER + "1,2\n", "line 6 has no ':'"),
        (HEADER, "has no recording after @data"),
        ("@classLabel true up\n", "has no line @data"),
        ("1,2:up\n", "line 1 must begin with @ or #"),
        (HEADER.replace("Stamps false", "Stamps true"), "line 3: timestamps in .ts files"),
    ],
)
def test_a_bad_ts_file_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(DataError, match=f"a.ts: {message}"):
        data.read_sequences(write(tmp_path / "a.ts", text))


def test_npz_files_of_one_length_and_of_several(tmp_path):
    path, X = tmp_path / "a.npz", np.arange(12.0).reshape(2, 3, 2)
    np.savez(path, X=X, y=np.array(["b", "a"]), channels=np.array(["left", "right"]))
    found = data.read_sequences(path)
    assert (found.y, found.channels) == (["b", "a"], ["left", "right"])
    assert np.array_equal(np.stack(found.X), X)
    np.savez(path, X=X.reshape(6, 2), lengths=np.array([3, 1, 2]), y=np.array([1, 2, 3]))
    assert [each[:, 0].tolist() for each in data.read_sequences(path).X] == [
        [0, 2, 4],
        [6],
        [8, 10],
    ]
    for arrays, message in (
        ({"Z": X}, "has no array 'X'. Arrays: Z"),
        ({"X": X, "y": np.zeros(3)}, "X has 2 recordings and y 3 labels"),
        ({"X": X.reshape(6, 2), "lengths": np.array([4, 3])}, "sum of 7"),
        ({"X": np.array([None, 1], dtype=object)}, "cannot be read as .npz"),
    ):
        np.savez(path, **arrays)
        with pytest.raises(DataError, match=f"a.npz: .*{message}"):
            data.read_sequences(path)
    with pytest.raises(DataError, match="cannot be read as .npz"):
        data.read_sequences(write(path, "no archive"))


def test_long_tables_have_a_label_a_recording_or_a_step(tmp_path):
    path = tmp_path / "long.csv"
    frame = pd.DataFrame({"id": [2, 2, 1], "x": [1.0, 2.0, 3.0], "label": ["a", "a", "b"]})
    frame.to_csv(path, index=False)
    found = data.read_sequences(path)
    assert (found.y, found.names, found.channels) == (["a", "b"], ["2", "1"], ["x"])
    frame.assign(label=["a", "c", "b"]).to_csv(path, index=False)
    assert data.read_sequences(path).y == [["a", "c"], ["b"]]
    assert data.read_sequences(path, label=None, channels=["x"]).y is None
    with pytest.raises(DataError, match="no column 'lable'.*Did you mean 'label'"):
        data.read_sequences(path, label="lable")
    with pytest.raises(DataError, match="must be .ts, .npz or a table"):
        data.read_sequences(write(tmp_path / "a.wav", "x"))


@pytest.fixture
def folder(tmp_path):
    """Two recordings in each of two folders."""
    for label in ("left", "right"):
        (tmp_path / label).mkdir()
        for k in range(2):
            frame = pd.DataFrame({"t": [1, 0], "x": [k + 1.0, k], "y": [0.0, 1.0]})
            frame.to_csv(tmp_path / label / f"wave_{k}.csv", index=False)
    return tmp_path


def test_a_folder_has_labels_in_folders_names_or_a_table(folder):
    found = data.read_sequences(folder, time="t")
    assert found.y == ["left", "left", "right", "right"]
    assert found.channels == ["x", "y"]
    assert found.X[1].tolist() == [[1.0, 1.0], [2.0, 0.0]]
    assert data.read_sequences(folder, labels="file").y == ["wave"] * 4
    names = [f"{label}/wave_{k}.csv" for label in ("left", "right") for k in range(2)]
    pd.DataFrame({"file": names, "label": [3, 4, 5, 6]}).to_csv(folder / "index.csv", index=False)
    assert data.read_sequences(folder).y == [3, 4, 5, 6]
    assert data.read_sequences(folder, label=None).y is None
    with pytest.raises(OptionError, match="labels"):
        data.read_sequences(folder, labels="nowhere.csv")


def test_labels_without_files_and_files_without_labels_are_named(folder):
    index, names = folder / "index.csv", ["left/wave_0.csv", "left/wave_1.csv", "right/wave_0.csv"]
    pd.DataFrame({"file": names, "label": ["a", "b", "c"]}).to_csv(index, index=False)
    with pytest.raises(DataError, match="right/wave_1.csv: .*index.csv has no label for it"):
        data.read_sequences(folder)
    more = [*names, "right/wave_1.csv", "gone.csv"]
    pd.DataFrame({"file": more, "label": ["a", "b", None, "d", "e"]}).to_csv(index, index=False)
    with pytest.raises(DataError, match="has no label for 'right/wave_0.csv'"):
        data.read_sequences(folder)
    found = data.read_sequences(folder, skip_bad=True)
    assert found.y == ["a", "b", "d"]
    assert [name for name, _ in found.bad] == ["right/wave_0.csv", "gone.csv"]
    assert "no such file" in found.bad[1][1]


def test_one_bad_file_is_named_and_the_rest_is_read_on_request(folder):
    bad = write(folder / "left" / "wave_1.csv", "x,y\n1,2\n3\n")
    with pytest.raises(DataError, match="left/wave_1.csv"):
        data.read_sequences(folder)
    found = data.read_sequences(folder, skip_bad=True)
    assert found.y == ["left", "right", "right"]
    assert [name for name, _ in found.bad] == [str(bad)]
    other = pd.DataFrame({"t": [0], "x": [1.0]})
    other.to_csv(bad, index=False)
    with pytest.raises(DataError, match=r"wave_1.csv: no column 'y'"):
        data.read_sequences(folder)
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match="has no table"):
        data.read_sequences(folder / "empty")
    write(folder / "top_0.csv", "t,x,y\n0,1,2\n")
    with pytest.raises(DataError, match="top_0.csv: lies in no folder that would be its label"):
        data.read_sequences(folder, labels="folder")
