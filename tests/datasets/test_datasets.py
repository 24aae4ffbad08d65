"""Data sets by name: those that come along, and downloads from a server made here."""

from __future__ import annotations

import dataclasses
import doctest
import gzip
import hashlib
import http.server
import io
import json
import tarfile
import threading
import wave
import zipfile

import numpy as np
import pandas as pd
import pytest

from ostinato import datasets
from ostinato.datasets import catalogue
from ostinato.datasets.readers import READERS
from ostinato.errors import DownloadError, MissingDependencyError, OptionError


def packed_tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def packed_zip(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sound(samples):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.array(samples, dtype="<i2").tobytes())
    return buffer.getvalue()


FLICKR = {
    "Flicker8k_Dataset/a.jpg": b"picture a",
    "Flicker8k_Dataset/b.jpg": b"picture b",
    "__MACOSX/Flicker8k_Dataset/._a.jpg": b"none",
    "../../outside.jpg": b"picture c",
}
FLICKR_TEXT = {
    "Flickr8k.token.txt": b"a.jpg#0\tA dog .\na.jpg#1\tdog\nb.jpg#0\tA cat\ngone.jpg.1#0\tnone\n",
    "Flickr_8k.trainImages.txt": b"b.jpg\n",
    "Flickr_8k.devImages.txt": b"gone.jpg.1\n",
    "Flickr_8k.testImages.txt": b"a.jpg\n",
}


def cepstra(frames, order):
    numbers = np.arange(13 * frames, dtype=f"{order}f4")
    return np.array([13 * frames], dtype=f"{order}i4").tobytes() + numbers.tobytes()


SIGNALS = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]
HAR = {
    "UCI HAR Dataset/activity_labels.txt": "1 WALKING\n5 STANDING\n",
    **{f"UCI HAR Dataset/{part}/y_{part}.txt": "5\n1\n" for part in ("train", "test")},
    **{f"UCI HAR Dataset/{part}/subject_{part}.txt": "7\n9\n" for part in ("train", "test")},
    **{
        f"UCI HAR Dataset/{part}/Inertial Signals/{signal}_{part}.txt": f" {k}.5 1\n 2 {k}\n"
        for part in ("train", "test")
        for k, signal in enumerate(SIGNALS)
    },
}
ETT = b"date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n2016-07-01 00:00:00,1,2,3,4,5,6,7.5\n"
SMALL = {
    "Flickr8k_Dataset.zip": packed_zip(FLICKR),
    "Flickr8k_text.zip": packed_zip(FLICKR_TEXT),
    "aclImdb_v1.tar.gz": packed_tar(
        {
            "aclImdb/test/pos/0_9.txt": "été".encode(),
            "aclImdb/train/pos/10_8.txt": b"good",
            "aclImdb/train/pos/2_10.txt": b"better",
            "aclImdb/train/neg/0_1.txt": b"bad",
            "aclImdb/train/unsup/0_0.txt": b"no label",
            "aclImdb/README": b"read me",
        }
    ),
    "rt-polarity.neg": b"dull \nslow\n",
    "rt-polarity.pos": b"fine\x0cprint\n",
    "input.txt": b"First:\nBefore\n\nAll:\nSpeak.\n",
    "jena_climate_2009_2016.csv.zip": packed_zip(
        {"jena_climate_2009_2016.csv": '"Date Time","p (mbar)"\n02.01.2009 00:10:00,996.5\n'}
    ),
    "ETTh1.csv": ETT,
    "ETTh2.csv": ETT,
    "ETTm1.csv": ETT,
    **{
        file.name: gzip.compress(f"{file.name} 1\n{file.name} 2\n".encode(), mtime=0)
        for file in datasets.info("multi30k").files
    },
    "free-spoken-digit-dataset.zip": packed_zip(
        {
            "x/recordings/7_theo_4.wav": sound([0, 16384]),
            "x/recordings/7_theo_5.wav": sound([-32768]),
            "x/README.md": "no sound",
        }
    ),
    "waves_yesno.tar.gz": packed_tar(
        {
            **{
                f"waves_yesno/{k // 8 % 2}_{k // 4 % 2}_{k // 2 % 2}_{k % 2}_{k // 16}.wav": sound(
                    [16384, k]
                )
                for k in range(32)
            },
            "waves_yesno/README": b"read me",
        }
    ),
    "an4.zip": packed_zip(
        {
            "x/an4/etc/an4_train.transcription": "<s> GO  ON </s> (an1-fash-b)\n",
            "x/an4/etc/an4_test.transcription": "YES (an2-mabc-b)\nNO (an3-mabc-b)\n",
            "x/an4/feat/fash/an1-fash-b.mfc": cepstra(2, ">"),
            "x/an4/feat/mabc/an2-mabc-b.mfc": cepstra(3, "<"),
            "x/an4/wav/other.txt": "",
        }
    ),
    **{
        file.name: b"# x\n@classLabel true 1 2\n@data\n1,2,3:4,5,6:2\n\n7,8:9,0:1\n"
        for name in ("japanese-vowels", "basic-motions", "gunpoint")
        for file in datasets.info(name).files
    },
    "uci-har.zip": packed_zip({"UCI HAR Dataset.zip": packed_zip(HAR)}),
    "Jsb16thSeparated.json": json.dumps(
        {"test": [[[60, 55, 52, 48]]], "train": [[[-1, 55, 52, 48]] * 2], "valid": []}
    ).encode(),
}


@pytest.fixture
def server(monkeypatch):
    """A server on this machine with small files in place of the real ones."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = SMALL.get(self.path[1:])
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    here = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=here.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in datasets.names():
        change_files(
            monkeypatch,
            name,
            url=lambda file: f"http://127.0.0.1:{here.server_port}/{file.name}",
            sha256=lambda file: (
                None if file.sha256 is None else hashlib.sha256(SMALL[file.name]).hexdigest()
            ),
        )
    yield asked
    here.shutdown()
    here.server_close()
    thread.join()


def change_files(monkeypatch, name, **changes):
    described = datasets.info(name)
    files = tuple(
        dataclasses.replace(file, **{field: change(file) for field, change in changes.items()})
        for file in described.files
    )
    monkeypatch.setitem(catalogue.CATALOGUE, name, dataclasses.replace(described, files=files))


def test_every_data_set_says_what_it_is():
    assert datasets.names() == list(READERS)
    for name in datasets.names():
        described = datasets.info(name)
        assert described.name == name
        assert described.licence
        assert described.homepage.startswith("https://")
        assert described.bundled == (not described.files)
        for file in described.files:
            assert file.url.startswith("https://")
            assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == 32


def test_an_unknown_name():
    with pytest.raises(
        OptionError, match=r"name must be one of .* got 'etth'\. Did you mean 'etth"
    ):
        datasets.load("etth")


@pytest.mark.parametrize(("name", "rows"), [("co2", 2284), ("sunspots", 309), ("digits", 1797)])
def test_data_that_come_with_a_library(name, rows, tmp_path):
    if name != "digits":
        pytest.importorskip("statsmodels")
    table = datasets.load(name, tmp_path)
    assert tuple(table.columns) == datasets.info(name).columns
    assert len(table) == rows
    assert not list(tmp_path.iterdir())
    if name != "digits":
        assert table["date"].is_monotonic_increasing


def test_the_reference_text_of_python():
    table = datasets.load("pydoc")
    assert tuple(table.columns) == datasets.info("pydoc").columns
    assert table["text"].str.strip().str.len().min() > 0
    assert "while" in set(table["topic"])


def test_statsmodels_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "statsmodels.datasets.co2", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ostinato\[demo\]"'):
        datasets.load("co2")


@pytest.mark.parametrize("name", [n for n in datasets.names() if datasets.info(n).files])
def test_downloads_become_tables(name, server, tmp_path):
    table = datasets.load(name, tmp_path)
    columns = datasets.info(name).columns
    assert tuple(table.columns) == columns or name == "jena-climate"
    assert len(table) > 0
    assert len(server) == len(datasets.info(name).files)
    again = datasets.load(name, tmp_path)
    pd.testing.assert_frame_equal(again, table)
    assert len(server) == len(datasets.info(name).files), "the second load must use the cache"


def test_what_is_read(server, tmp_path):
    reviews = datasets.load("imdb", tmp_path)
    assert reviews.to_numpy().tolist() == [
        ["train", "neg", 1, "bad"],
        ["train", "pos", 10, "better"],
        ["train", "pos", 8, "good"],
        ["test", "pos", 9, "été"],
    ]
    sentences = datasets.load("rt-polarity", tmp_path)
    assert sentences.to_numpy().tolist() == [
        ["neg", "dull"],
        ["neg", "slow"],
        ["pos", "fine\x0cprint"],
    ]
    lines = datasets.load("tinyshakespeare", tmp_path)["text"]
    assert "\n".join(lines) + "\n" == SMALL["input.txt"].decode()
    assert datasets.load("jena-climate", tmp_path)["date"][0] == pd.Timestamp("2009-01-02 00:10")
    assert datasets.load("etth1", tmp_path)["OT"].tolist() == [7.5]
    captions = datasets.load("multi30k", tmp_path)
    assert captions["part"].value_counts().to_dict() == {"train": 2, "validation": 2, "test": 2}
    assert captions.iloc[1].tolist() == [
        "train",
        "train.en.gz 2",
        "train.de.gz 2",
        "train.fr.gz 2",
    ]
    digits = datasets.load("fsdd", tmp_path)
    assert digits["part"].tolist() == ["test", "train"]
    assert [samples.tolist() for samples in digits["samples"]] == [[0, 0.5], [-1]]
    words = datasets.load("yesno", tmp_path)
    assert words["part"].value_counts().to_dict() == {"train": 31, "test": 1}
    assert words["text"].iloc[[0, -1]].tolist() == ["no no no no no", "yes yes yes yes yes"]
    assert words["rate"].unique().tolist() == [8000]
    assert words["samples"].iloc[-1].tolist() == [0.5, 31 / 32768]
    spelled = datasets.load("an4", tmp_path)
    assert spelled.drop(columns="frames").to_numpy().tolist() == [
        ["train", "an1-fash-b", "fash", "GO ON"],
        ["test", "an2-mabc-b", "mabc", "YES"],
    ]
    assert [each.shape for each in spelled["frames"]] == [(2, 13), (3, 13)]
    assert [float(each[1, 2]) for each in spelled["frames"]] == [15, 15]
    vowels = datasets.load("japanese-vowels", tmp_path)
    assert vowels["part"].tolist() == ["train", "train", "test", "test"]
    assert vowels["label"].tolist() == ["2", "1"] * 2
    assert vowels["steps"][0].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert vowels["steps"][3].shape == (2, 2)
    moves = datasets.load("uci-har", tmp_path)
    assert moves["label"].tolist() == ["STANDING", "WALKING"] * 2
    assert moves["subject"].tolist() == [7, 9] * 2
    assert moves["steps"][0].shape == (2, 9)
    assert moves["steps"][0][0].tolist() == [k + 0.5 for k in range(9)]
    assert moves["steps"][3][1].tolist() == list(range(9))
    chorales = datasets.load("jsb-chorales", tmp_path)
    assert chorales["part"].tolist() == ["train", "test"]
    assert chorales["steps"][0].shape == (2, 4)


def test_photographs_are_unpacked_beside_their_archive(server, tmp_path):
    table = datasets.load("flickr8k", tmp_path)
    folder = tmp_path / "flickr8k" / "images"
    assert table.to_dict("list") == {
        "part": ["train", "test"],
        "image": [str(folder / "b.jpg"), str(folder / "a.jpg")],
        "captions": [["A cat"], ["A dog .", "dog"]],
    }
    assert (folder / "a.jpg").read_bytes() == b"picture a"
    # Nothing leaves the folder, whatever names an archive has.
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.jpg"))
    assert found == [f"flickr8k/images/{name}.jpg" for name in ("a", "b", "outside")]
    (folder / "a.jpg").write_bytes(b"kept")
    datasets.load("flickr8k", tmp_path)
    assert (folder / "a.jpg").read_bytes() == b"kept"


def test_licence_and_missing_checksum_are_logged(server, tmp_path, capsys):
    import pooch

    records = []
    handler = __import__("logging").Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    pooch.get_logger().addHandler(handler)
    try:
        datasets.load("fsdd", tmp_path)
    finally:
        pooch.get_logger().removeHandler(handler)
    text = "\n".join(records)
    assert "fsdd: licence: CC BY-SA 4.0" in text
    assert "no checksum is known for free-spoken-digit-dataset.zip" in text
    assert hashlib.sha256(SMALL["free-spoken-digit-dataset.zip"]).hexdigest() in text
    assert capsys.readouterr().out == ""


def test_another_checksum(server, tmp_path, monkeypatch):
    change_files(monkeypatch, "etth1", sha256=lambda _: "0" * 64)
    with pytest.raises(DownloadError, match=r"ETTh1\.csv does not have the checksum it should"):
        datasets.load("etth1", tmp_path)
    assert not (tmp_path / "etth1" / "ETTh1.csv").exists()


def test_a_damaged_cache_is_fetched_again(server, tmp_path):
    datasets.load("etth1", tmp_path)
    (tmp_path / "etth1" / "ETTh1.csv").write_bytes(ETT[:50])
    assert len(datasets.load("etth1", tmp_path)) == 1
    assert len(server) == 2


def test_an_unreadable_file_without_checksum(tmp_path):
    (tmp_path / "fsdd").mkdir()
    (tmp_path / "fsdd" / "free-spoken-digit-dataset.zip").write_bytes(b"PK")
    with pytest.raises(DownloadError, match=r"fsdd: the files in .*fsdd cannot be read.*Delete"):
        datasets.load("fsdd", tmp_path)


def test_not_found(server, tmp_path, monkeypatch):
    change_files(monkeypatch, "etth1", url=lambda file: file.url + ".absent")
    with pytest.raises(DownloadError, match=r"etth1: cannot fetch http.*404"):
        datasets.load("etth1", tmp_path)


def test_offline(tmp_path, monkeypatch):
    # Nothing listens on the port of discard.
    change_files(monkeypatch, "etth1", url=lambda _: "http://127.0.0.1:9/ETTh1.csv")
    with pytest.raises(
        DownloadError,
        match=r"etth1: cannot fetch http://127.*refused.*Check the network, or download it "
        r"elsewhere and put it at .*etth1.ETTh1\.csv",
    ):
        datasets.load("etth1", tmp_path)


def test_a_file_put_there_by_hand_needs_no_network(tmp_path, monkeypatch):
    change_files(
        monkeypatch,
        "etth1",
        url=lambda _: "http://127.0.0.1:9/ETTh1.csv",
        sha256=lambda _: hashlib.sha256(ETT).hexdigest(),
    )
    (tmp_path / "etth1").mkdir()
    (tmp_path / "etth1" / "ETTh1.csv").write_bytes(ETT)
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    assert datasets.cache_directory() == tmp_path
    assert len(datasets.load("etth1")) == 1


def test_the_examples_of_the_room_run():
    assert doctest.testmod(datasets).failed == 0
