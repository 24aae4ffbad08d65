"""Running text in pieces: every character once, errors with their place."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import zipfile

import pytest

from ostinato.data import TextEncoder, TextFiles, text_files
from ostinato.errors import DataError, OptionError

TEXT = (
    "Naïve “cafés” 3.5 €,\r\n\r\n  isn't it? 日本語 👩‍👩‍👧 <a href='x y'>e\u0301</a>  \n\n\tend. "
    * 30
)


@pytest.fixture(params=[1, 7, 64, 1 << 18])
def piece(request, monkeypatch):
    monkeypatch.setattr(text_files, "PIECE", request.param)
    monkeypatch.setattr(text_files, "LONGEST", 1 << 20)
    return request.param


def texts_of(files):
    """The text of each file, its pieces joined."""
    found = []
    for begins, text in files.pieces():
        if begins:
            found.append("")
        found[-1] += text
    return found


def test_every_kind_of_file(piece, tmp_path, monkeypatch):
    content = TEXT.encode()
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + content)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(content))
    (tmp_path / "c.xz").write_bytes(lzma.compress(content))
    (tmp_path / "d.bz2").write_bytes(bz2.compress(content))
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("one.txt", content)
        archive.writestr("two/three.txt", content)
    stdin = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr("sys.stdin", stdin)
    files = TextFiles([*sorted(tmp_path.glob("*")), "-"])
    expected = TEXT.replace("\r\n", "\n")
    assert texts_of(files) == [expected] * 7
    assert texts_of(files) == [expected] * 7  # standard input too is read again
    assert files.characters == 7 * len(expected)


@pytest.mark.parametrize("level", ["char", "word", "bpe", "token"])
def test_pieces_have_the_tokens_of_the_whole(piece, level, tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    files = TextFiles(tmp_path / "a.txt")
    pieces = [text for _, text in files.pieces()]
    assert len(pieces) > 20 or piece > 1000
    whole = TEXT.replace("\r\n", "\n")
    encoder = TextEncoder(level).fit_pieces(iter(pieces))
    assert encoder.vocabulary == TextEncoder(level).fit([whole]).vocabulary
    parts = [encoder.encode([text])[0].tolist() for text in pieces]
    assert list(itertools.chain(*parts)) == encoder.encode([whole])[0].tolist()


def test_cut_keeps_every_character(piece, tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name * 10 + " " + name * 89)
    files = TextFiles(sorted(tmp_path.glob("*.txt")))
    before, behind = files.cut(0.5)
    assert (before.characters, behind.characters) == (150, 150)
    assert [len(text) for text in texts_of(before)] == [100, 50]
    assert [len(text) for text in texts_of(behind)] == [50, 100]
    inner, rest = behind.cut(0.2)
    assert texts_of(inner) == ["b" * 50, "c" * 10 + " " + "c" * 59]
    assert texts_of(rest) == ["c" * 30]
    with pytest.raises(OptionError, match="share must be"):
        files.cut(1.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"caf\xc3\xa9\nab\xe9 " + b"x" * 400, "byte 0xe9 at offset 8 \\(line 2\\)"),
        (b"\xef\xbb\xbf\n\nab\xff", "byte 0xff at offset 7 \\(line 3\\)"),
        (b"x" * 300 + b"\xe2\x82", "byte 0xe2 at offset 300 \\(line 1\\)"),
        (b"\xff\xfea\0b\0", "UTF-16"),
        (b"a" * 130 + b"\0", "byte 0x00 at offset 130"),
        (b"", "the file is empty"),
        (b" \n \n", "the file is empty"),
    ],
)
def test_what_is_no_text(piece, content, message, tmp_path):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(TextFiles(tmp_path / "a.txt").pieces())


def test_bytes_that_are_no_text_may_be_replaced(piece, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"caf\xe9 b\xe2\x82")
    assert texts_of(TextFiles(tmp_path / "a.txt", "replace")) == ["caf\ufffd b\ufffd"]
    with pytest.raises(OptionError, match="errors must be"):
        TextFiles(tmp_path / "a.txt", "ignore")


def test_damaged_files_and_no_files(tmp_path):
    whole = gzip.compress(TEXT.encode())
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.zip").write_bytes(b"PK")
    for name in ("a.gz", "b.zip"):
        with pytest.raises(DataError, match=f"{name}: cannot be read: .* Copy or download"):
            list(TextFiles(tmp_path / name).pieces())
    with pytest.raises(DataError, match="no such file"):
        TextFiles(tmp_path / "absent.txt")


def test_a_line_without_end_is_cut_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(text_files, "PIECE", 64)
    monkeypatch.setattr(text_files, "LONGEST", 128)
    (tmp_path / "a.txt").write_text("語e\u0301" * 400, encoding="utf-8")
    pieces = [text for _, text in TextFiles(tmp_path / "a.txt").pieces()]
    assert "".join(pieces) == "語e\u0301" * 400
    assert max(map(len, pieces)) < 256
    assert not any(text.startswith("\u0301") for text in pieces)
