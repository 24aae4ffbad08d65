"""Tables of every kind, and what is said of those that cannot be used."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.data.delimited import read_delimited
from ostinato.data.sources import Source
from ostinato.errors import DataError, MissingDependencyError, OptionError

CSV = 'label,text\n1,"good, really"\n0,bad\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


def same(table):
    assert table.columns.tolist() == ["label", "text"]
    assert table["label"].tolist() == [1, 0]
    assert table["text"].tolist() == ["good, really", "bad"]


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("__MACOSX/._x.csv", "rubbish")
        for name, content in members.items():
            archive.writestr(f"folder/{name}.csv", content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV),
        ("a.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
        ("a.csv", "label;text\n1;good, really\n0;bad\n"),
        ("a.tsv", "label\ttext\n1\tgood, really\n0\tbad\n"),
        ("a.jsonl", '{"label": 1, "text": "good, really"}\n\n{"label": 0, "text": "bad"}'),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("a.csv.xz", lzma.compress(CSV.encode())),
        ("a.csv.bz2", bz2.compress(CSV.encode())),
        ("a.zip", zipped(a=CSV)),
    ],
)
def test_kinds_of_files(write, name, content):
    same(data.read_table(write(name, content), required=["text", "label"]))


def test_parquet(write, tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"label": [1, 0], "text": ["good, really", "bad"]}).to_parquet(
        tmp_path / "a.parquet"
    )
    same(data.read_table(tmp_path / "a.parquet"))
    with pytest.raises(DataError, match=r"b\.parquet: is not a readable Parquet file"):
        data.read_table(write("b.parquet", "PAR1 no more"))


def test_parquet_without_pyarrow(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "ostinato\[parquet\]"'):
        data.read_table(write("a.parquet", "PAR1"))


def test_plain_text_keeps_every_line_in_its_place(write):
    table = data.read_table(write("a.txt", "one\r\n\n two, \u2028 three\n"))
    assert table["text"].tolist() == ["one", "", " two, \u2028 three"]


def test_patterns_lists_and_archives_are_joined_in_order(write):
    write("x/1.csv", CSV)
    write("x/y/2.csv", "label,text\n7,seven\n")
    table = data.read_table("x/**/*.csv")
    assert table["label"].tolist() == [1, 0, 7]
    assert table.index.tolist() == [0, 1, 2]
    assert data.read_table(["x/y/2.csv", "x/1.csv"])["label"].tolist() == [7, 1, 0]
    assert len(data.read_table(write("b.zip", zipped(a=CSV, b=CSV)))) == 4
    # A file may be called like a pattern.
    assert len(data.read_table(write("odd[1].csv", CSV))) == 2


@pytest.mark.parametrize(
    ("content", "required", "format", "column"),
    [
        (CSV, ["text"], None, "good, really"),
        ("text\tlabel\nfine\t1\n", ["text"], None, "fine"),
        ('{"text": "fine"}', ["text"], None, "fine"),
        ("a great film, really\n", ["text"], None, "a great film, really"),
        ("text,label\n", ["text"], "txt", "text,label"),
    ],
)
def test_standard_input(monkeypatch, content, required, format, column):
    class Input:
        buffer = io.BytesIO(content.encode())

    monkeypatch.setattr(sys, "stdin", Input)
    table = data.read_table("-", required=required, format=format)
    assert table["text"].iloc[0] == column


def test_raw_quotes_in_tsv_swallow_no_line(write):
    lines = ['1\t"Great', '0\tbad "film"', '1\tso"so', '0\t"x" and y']
    table = data.read_table(write("a.tsv", "label\ttext\n" + "\n".join(lines) + "\n"))
    assert table["text"].tolist() == [line.split("\t")[1] for line in lines]


def test_quoted_fields_in_tsv_are_unquoted(write):
    frame = pd.DataFrame({"label": [1, 0, 1], "te\tx": ['say "hi"', "a\tb\nc", "plain"]})
    again = data.read_table(write("a.tsv", frame.to_csv(sep="\t", index=False)))
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)
    content = 'label\ttext\n"1"\t"say ""hi"""\n"0"\tplain\n'
    again = data.read_table(write("b.tsv", content))
    assert again["text"].tolist() == ['say "hi"', "plain"]
    assert again["label"].tolist() == [1, 0]


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0"), min_size=1)


@given(st.lists(words.map(lambda word: "x" + word), min_size=1))
def test_tsv_fields_return(texts):
    content = "label\ttext\n" + "".join(f"1\t{text}\n" for text in texts)
    table, _ = read_delimited(Source("a.tsv", ".tsv", content.encode()), tabs=True)
    # A column of numbers may follow an x only in hexadecimal, which nobody reads as one.
    assert table["text"].tolist() == texts


def test_words_for_missing_values_count_only_among_numbers(write):
    content = "text,size,flag,none\nNA,1.5,True,\nnull,NA,False,\nNone,,True,\n"
    table = data.read_table(write("a.csv", content))
    assert table["text"].tolist() == ["NA", "null", "None"]
    np.testing.assert_array_equal(table["size"], [1.5, np.nan, np.nan])
    assert table["flag"].tolist() == [True, False, True]
    assert table["none"].isna().all()


def test_empty_texts_stay_in_their_rows(write):
    table = data.read_table(write("a.csv", "text\na\n\nc\n\n"))
    assert table["text"].isna().tolist() == [False, True, False]


def test_lists_in_json_stay_lists(write):
    table = data.read_table(write("a.jsonl", '{"y": ["a", "b"]}\n{"y": []}\n'))
    assert table["y"].tolist() == [["a", "b"], []]


def test_a_table_is_only_checked():
    table = pd.DataFrame({"text": ["a"]})
    assert data.read_table(table, required=["text"]) is table
    with pytest.raises(DataError, match=r"the table: no column 'label'. Columns: text\."):
        data.read_table(table, required=["label"])
    with pytest.raises(DataError, match="the table: column 'a' is there 2 times"):
        data.read_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="X: has a header but no rows"):
        data.read_table(table[:0], where="X")


def test_a_missing_column_in_the_house_style(write):
    write("reviews.csv", "text,stars\na,1\n")
    message = r"^reviews.csv: no column 'label'\. Columns: text, stars\. Name it with --label\.$"
    with pytest.raises(DataError, match=message):
        data.read_table("reviews.csv", required={"label": "Name it with --label."})
    with pytest.raises(DataError, match=r"Columns: text, stars\. Did you mean 'text'\?$"):
        data.read_table("reviews.csv", required=["texts"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", r"a\.csv: the file is empty\."),
        ("a.tsv", " \n\n", r"a\.tsv: the file is empty\."),
        ("a.jsonl", "\n", r"a\.jsonl: the file is empty\."),
        ("a.csv.gz", gzip.compress(b"", mtime=0), r"a\.csv\.gz: the file is empty\."),
        ("a.csv", "label,text\n", r"a\.csv: has a header but no rows\."),
        ("a.tsv", "label\ttext", r"a\.tsv: has a header but no rows\."),
        ("a.csv", "a,b,a\n1,2,3\n", r"column 'a' is there 2 times\. Rename the others\."),
        ("a.tsv", "a\ta\n1\t2\n", r"column 'a' is there 2 times"),
        ("a.jsonl", '{"a": 1, "a": 2}', r"line 1 is not JSON: an object has the same key twice"),
        ("a.jsonl", '{"a": 1}\n{"a": ', r"a\.jsonl: line 2 is not JSON: Expecting value"),
        ("a.jsonl", "[1]\n", r"line 1 must be an object such as \{\"text\": \"...\"\}, got \[1\]"),
        ("a.csv", b"text\ncaf\xe9\n", r"not valid UTF-8: byte 0xe9 at offset 8 \(line 2\)"),
        ("a.csv", b"\xef\xbb\xbfa\n\xff\n", r"byte 0xff at offset 5 \(line 2\)"),
        ("a.csv", b"\xff\xfea", r"a\.csv: not valid UTF-16 at offset 2"),
        ("a.csv", "a\nb\n".encode("utf-16-le"), r"byte 0x00 at offset 1. If it is UTF-16"),
        ("a.csv", b"a\n\0\n", r"a\.csv: is no text: byte 0x00 at offset 2\."),
        ("a.csv", "a,b\n1,2\n1,2,3\n", r"do not fit its header: line 3 has 3 fields, the first 2"),
        ("a.csv", "a,b\n1,2,3\n4,5,6\n", r"a\.csv: its rows do not fit its header"),
        ("a.csv", 'a,b\n1,"2\n3,4\n', r"rows do not fit its header: EOF inside string"),
        ("a.tsv", "a\tb\n1\t2\n3\n", r"a\.tsv: line 3 has 1 fields, the header 2\."),
        ("a.tsv", 'a\tb\n1\t"2\n3\n', r"a\.tsv: line 3 has 1 fields, the header 2\."),
        ("a.csv.gz", b"no gzip", r"a\.csv\.gz: cannot be decompressed: Not a gzipped file"),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9], r"cannot be decompressed"),
        ("a.csv.xz", lzma.compress(CSV.encode())[:-9], r"cannot be decompressed"),
        ("a.zip", b"PK", r"a\.zip: cannot be decompressed: File is not a zip file"),
        ("a.zip", zipped(), r"a\.zip: there is no file in it"),
        ("a.xlsx", "x", r"a\.xlsx: cannot tell the kind of table.*\.csv, \.tsv"),
    ],
)
def test_files_that_cannot_be_used(write, name, content, message):
    with pytest.raises(DataError, match=message):
        data.read_table(write(name, content))


def test_names_that_match_nothing(write):
    write("review.csv", CSV)
    with pytest.raises(DataError, match=r"reviews\.csv: no such file. Did you mean 'review.csv'"):
        data.read_table("reviews.csv")
    with pytest.raises(DataError, match=r"\*\.tsv: the pattern matches no file"):
        data.read_table("*.tsv")
    with pytest.raises(DataError, match=r"is a folder. Name the files in it, such as \./\*\.csv"):
        data.read_table(".")
    with pytest.raises(DataError, match="no data file was named"):
        data.read_table([])
    with pytest.raises(OptionError, match=r"format must be one of 'csv'.*got 'cvs'. Did you mean"):
        data.read_table("review.csv", format="cvs")


def test_files_with_other_columns(write):
    write("1.csv", CSV)
    write("2.csv", "label,words\n1,a\n")
    with pytest.raises(DataError, match=r"2\.csv: its columns are label, words, but those of 1"):
        data.read_table("?.csv")


@given(
    st.lists(
        st.fixed_dictionaries({"text": words, "label": st.integers(-9, 9)}), min_size=1, max_size=5
    )
)
def test_jsonl_returns(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    assert data.read_table(path).to_dict("records") == rows
