"""Pairs out of files, and byte pairs drawn at random."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from ostinato.data import PairsLayout, SubwordSampler, TextEncoder, load_pairs, read_pairs
from ostinato.errors import DataError, OptionError

TEXTS = ["the lower tower", "a low, low row", "", "größer und größer", "lowest newest widest"] * 4


def write(folder, **files):
    paths = []
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths


def test_lines_of_two_files_belong_together(tmp_path):
    paths = write(tmp_path, a_de="eins\r\nzwei \u2028 x\n", b_en="one\ntwo\n")
    assert read_pairs(paths) == (["eins", "zwei \u2028 x"], ["one", "two"])
    packed = tmp_path / "b.en.gz"
    packed.write_bytes(gzip.compress(b"one\ntwo"))
    assert read_pairs([paths[0], packed])[1] == ["one", "two"]


def test_files_of_unequal_length_say_where_they_part(tmp_path):
    paths = write(tmp_path, a_de="eins\nzwei\ndrei\nvier\n", b_en="one\n\nthree\n")
    message = (
        r"a.de has 4 lines and .*b.en 3; .*b.en ends after line 3; line 4 of .*a.de has no "
        r"partner: 'vier'. They may part at line 2, which is empty in .*b.en alone"
    )
    with pytest.raises(DataError, match=message):
        read_pairs(paths)


def test_tables(tmp_path):
    tsv, jsonl = write(
        tmp_path,
        p_tsv="source\ttarget\neins\tone\n12\t7\n",
        p_jsonl="".join(json.dumps({"q": f"how {k}", "a": f"so {k}"}) + "\n" for k in range(2)),
    )
    assert read_pairs(tsv) == (["eins", "12"], ["one", "7"])
    assert read_pairs(jsonl, source="q", target="a") == (["how 0", "how 1"], ["so 0", "so 1"])
    with pytest.raises(DataError, match="no column 'source'. Columns: q, a"):
        read_pairs(jsonl)
    (bare,) = write(tmp_path, bare_tsv="eins\tone\tCC-BY\nzwei\ttwo\tCC-BY\n")
    assert read_pairs(bare, header=False) == (["eins", "zwei"], ["one", "two"])
    (bare,) = write(tmp_path, bare_tsv="eins\tone\nzwei\n")
    with pytest.raises(DataError, match="line 2 must have 2 fields, as the first"):
        read_pairs(bare, header=False)


def test_what_cannot_be_read(tmp_path):
    paths = write(tmp_path, a_de="eins\n\ndrei\n", b_en="one\ntwo\nthree\n")
    with pytest.raises(DataError, match="1 of 3 pairs have an empty side, the first in row 1: its"):
        read_pairs(paths)
    assert read_pairs(paths, empty="drop") == (["eins", "drei"], ["one", "three"])
    with pytest.raises(DataError, match="pairs are in two files of text"):
        read_pairs(paths[:1])
    with pytest.raises(OptionError, match="Did you mean 'drop'"):
        read_pairs(paths, empty="drp")  # pyright: ignore[reportArgumentType]
    broken = write(tmp_path, c_de=b"eins\nzw\xffei\n", d_en="one\ntwo\n")
    with pytest.raises(DataError, match="byte 0xff at offset 7"):
        read_pairs(broken)
    assert read_pairs(broken, errors="replace")[0] == ["eins", "zw\ufffdei"]
    (table,) = write(tmp_path, e_csv=b"source,target\nzw\xffei,two\n")
    with pytest.raises(DataError, match="byte 0xff at offset 16"):
        read_pairs(table)
    assert read_pairs(table, errors="replace") == (["zw\ufffdei"], ["two"])


def test_without_dropout_pieces_are_the_encoders():
    encoder = TextEncoder("bpe", 290).fit(TEXTS)
    sampler = SubwordSampler(encoder, TEXTS, 0.0)
    for drawn, expected in zip(sampler.draw(0), encoder.encode(TEXTS), strict=True):
        assert np.array_equal(drawn, expected)


def test_drawn_pieces_spell_the_text_and_repeat_with_the_seed():
    encoder = TextEncoder("bpe", 290).fit(TEXTS)
    sampler = SubwordSampler(encoder, TEXTS, 0.3)
    drawn, again, other = sampler.draw(5), sampler.draw(5), sampler.draw(6)
    assert [encoder.decode(row) for row in drawn] == [text.lower() for text in TEXTS]
    assert all(np.array_equal(a, b) for a, b in zip(drawn, again, strict=True))
    assert any(len(a) != len(b) for a, b in zip(drawn, other, strict=True))
    once = sampler.cut(TEXTS[0], 7)
    assert encoder.decode(once) == TEXTS[0]
    assert np.array_equal(SubwordSampler(encoder, (), 0.3).cut(TEXTS[0], 7), once)
    # All merges left out: one piece for each byte.
    bare = SubwordSampler(encoder, TEXTS, 0.999999).draw(0)
    assert [len(row) for row in bare] == [len(text.encode()) for text in TEXTS]
    with pytest.raises(OptionError, match="level 'bpe', got 'word'"):
        SubwordSampler(TextEncoder().fit(TEXTS), TEXTS, 0.1)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("deu.txt", "Geh.\tGo.\tCC-BY\n0012\tNA\tCC-BY\n", {}),
        ("deu.txt", "Geh.\tGo.\r\n0012\tNA\r\n", {}),
        ("deu.txt", "id\tsource\ttarget\n1\tGeh.\tGo.\n2\t0012\tNA\n", {}),
        ("deu.tsv", "source\tx\ttarget\nGeh.\t1\tGo.\n0012\t2\tNA\n", {}),
        ("deu.tsv", "1\tGeh.\tGo.\n2\t0012\tNA\n", {"header": False, "source": 1, "target": 2}),
        ("deu.csv", "de,en\nGeh.,Go.\n0012,NA\n", {"source": "de", "target": "en"}),
        ("deu.csv", "Geh.;Go.\n0012;NA\n", {"header": False}),
    ],
)
def test_one_file_of_pairs(tmp_path, name, content, options):
    path = tmp_path / name
    path.write_bytes(content.encode())
    read = load_pairs(path, **options)
    assert read[:2] == (["Geh.", "0012"], ["Go.", "NA"])
    layout = PairsLayout.from_dict(json.loads(json.dumps(read.layout.to_dict())))
    assert layout == read.layout
    assert read_pairs(path, layout=layout) == read[:2]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a\tb\nc\td\te\n", {}, r"line 2 must have 2 fields, as the first has,.* got 3: 'c | d"),
        ("a\tb\nc\n", {}, "line 2 must have 2 fields"),
        ("a\tb\n", {"source": "x", "target": "y"}, "numbers from 0 to 1, got 'x'"),
        ("a\tb\n", {"header": True}, "no column 'source'. Columns: a, b. If its first line is a"),
        ("a\n", {}, "or in tables .*got 1 files"),
    ],
)
def test_files_with_tabs_that_cannot_be_used(tmp_path, content, options, message):
    path = tmp_path / "deu.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_pairs(path, **options)
    (tmp_path / "deu.tsv").write_text("a\tb\n")
    with pytest.raises(DataError, match="If its first line is a pair, say header=False"):
        read_pairs(tmp_path / "deu.tsv")


def test_texts_of_tables_are_kept_as_they_are_written(tmp_path):
    (path,) = write(tmp_path, a_csv="source,target\n1.10,5\n2,\n")
    assert read_pairs(path, empty="drop") == (["1.10"], ["5"])
