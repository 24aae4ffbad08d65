"""Tables keep what is written in them, whatever wrote them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.data.delimited import read_delimited
from ostinato.data.sources import Source
from ostinato.errors import DataError


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


LINES = "label,text\n1,good\n0,bad\n"


@pytest.mark.parametrize(
    ("name", "content", "separator"),
    [
        ("a.csv", LINES.replace(",", "\t"), "\t"),
        ("a.csv", LINES.replace(",", "|"), "|"),
        ("a.csv", LINES.replace(",", ";"), ";"),
        ("a.tsv", LINES, ","),
        ("a.csv", LINES.replace("\n", "\r"), ","),
        ("a.tsv", LINES.replace(",", "\t").replace("\n", "\r"), "\t"),
        ("a.csv", "# made by x, 2020\n#\n" + LINES, ","),
        ("a.csv", "#label,text\n" + LINES.partition("\n")[2], ","),
        ("a.csv", "sep=;\n" + LINES.replace(",", ";"), ";"),
        ("a.csv", LINES.replace(",", ", "), ","),
        ("a.csv", LINES.encode("utf-16"), ","),
        ("a.csv", gzip.compress(LINES.encode(), mtime=0), ","),
        ("a.csv", LINES + "\n\n", ","),
    ],
)
def test_the_same_table_however_it_is_written(write, name, content, separator):
    table, layout = data.load_table(write(name, content), required=["label", "text"])
    assert table.to_dict("list") == {"label": [1, 0], "text": ["good", "bad"]}
    assert (layout.separator, layout.columns) == (separator, ("label", "text"))
    assert layout.types == ("whole", "text")
    assert data.TableLayout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout


def test_zstandard(write):
    pa = pytest.importorskip("pyarrow")
    packed = pa.compress(LINES.encode(), "zstd", asbytes=True)
    for name in ("a.csv.zst", "a.csv"):
        assert data.read_table(write(name, packed))["label"].tolist() == [1, 0]
    assert data.read_texts(write("b.txt.zst", packed)) == [LINES]


def test_standard_input_reads_as_a_file_does(write, monkeypatch):
    content = "text\na\n\nc\n"

    class Input:
        buffer = io.BytesIO(gzip.compress(content.encode()))

    monkeypatch.setattr(sys, "stdin", Input)
    typed = data.read_table("-", required=["text"])
    named = data.read_table(write("a.csv", content))
    assert typed["text"].isna().tolist() == named["text"].isna().tolist() == [False, True, False]


def test_codes_keep_their_zeros_and_whole_numbers_stay_whole(write):
    content = "code,count,share,id,neg\n01,5,0.5,12345678901234567890,-0\n12,NA,7,1,3\n"
    table = data.read_table(write("a.csv", content))
    assert table["code"].tolist() == ["01", "12"]
    assert table["count"].tolist() == [5, pd.NA]
    assert table["share"].tolist() == [0.5, 7.0]
    assert table["id"].tolist() == ["12345678901234567890", "1"]
    assert table["neg"].tolist() == [0, 3]
    np.testing.assert_array_equal(table["count"].astype(np.float64), [5, np.nan])


def test_text_and_labels_as_they_are_written(write):
    content = "text,label,flag\n1.10,1.0,TRUE\n0012,2.5,FALSE\n"
    table, layout = data.load_table(write("a.csv", content), text=["text"], labels=["label"])
    assert table["text"].tolist() == ["1.10", "0012"]
    assert table["label"].tolist() == [1.0, 2.5]
    assert table["flag"].tolist() == [True, False]
    exact = data.read_table("a.csv", labels=["text", "label", "flag"])
    assert exact["flag"].tolist() == ["TRUE", "FALSE"]
    # What was text once is text again, though these rows alone look like numbers.
    again = data.read_table(write("b.csv", "text,label,flag\n7,1.0,TRUE\n"), layout=layout)
    assert again["text"].tolist() == ["7"]
    assert data.read_table("b.csv", labels=["text", "label"])["text"].tolist() == [7]


def test_files_together_give_a_column_its_type(write):
    write("1.csv", "label\n01\n")
    write("2.csv", "label\n2\n")
    assert data.read_table(["1.csv", "2.csv"])["label"].tolist() == ["01", "2"]


@pytest.mark.parametrize(
    ("content", "expected", "decimal"),
    [
        ("x;y\n1,5;1.234,5\n2;1.000.000\n", [[1.5, 2.0], [1234.5, 1e6]], ","),
        ("x;y\n1.5;3\n2.25;4\n", [[1.5, 2.25], [3, 4]], "."),
        ("x;y\n1.234;0,5\n2.345;0,25\n", [[1234, 2345], [0.5, 0.25]], ","),
        ("x;y\n1.234;0.5\n2.345;0.25\n", [[1.234, 2.345], [0.5, 0.25]], "."),
        ("x;y\n1,234;NA\n2,5;7\n", [[1.234, 2.5], [pd.NA, 7]], ","),
    ],
)
def test_decimal_commas(write, content, expected, decimal):
    table, layout = data.load_table(write("a.csv", content))
    assert [table[name].tolist() for name in table] == expected
    assert layout.decimal == decimal
    again = data.read_table(write("b.csv", "x;y\n1;7\n"), layout=layout)
    assert again["y"].tolist() == [7]


def test_what_a_point_means_is_asked_where_nothing_tells(write):
    path = write("a.csv", "x;y\n1.234;a\n2.345;b\n")
    with pytest.raises(DataError, match=r"a.csv: column 'x' has numbers such as 1.234: is the"):
        data.read_table(path)
    assert data.read_table(path, decimal=",")["x"].tolist() == [1234, 2345]
    assert data.read_table(path, decimal=".")["x"].tolist() == [1.234, 2.345]
    lists = write("b.csv", 'x\n"1,234.5"\n"12"\n')
    assert data.read_table(lists)["x"].tolist() == ["1,234.5", "12"]
    assert data.read_table(lists, thousands=",")["x"].tolist() == [1234.5, 12]


def test_empty_rows_are_counted_or_left_out(write):
    content = "text,label\na,1\n,0\n\n  ,1\nb,\n"
    path = write("a.csv", content)
    message = (
        r"a.csv: column 'text' is empty in 3 of 5 rows \(rows 1, 2, 3, counted from 0\); column "
        r"'label' is empty in 2 of 5 rows \(rows 2, 4, .*skip_empty=True"
    )
    with pytest.raises(DataError, match=message):
        data.read_table(path, filled=["text", "label"])
    table = data.read_table(path, filled=["text", "label"], skip_empty=True)
    assert table.to_dict("list") == {"text": ["a"], "label": [1]}
    assert len(data.read_table(path)) == 5
    assert data.read_table(path, filled=["text"], skip_empty=True)["text"].tolist() == ["a", "b"]
    frame = pd.DataFrame({"text": ["a", None], "n": [1, 2]})
    assert len(data.read_table(frame, filled=["text"], skip_empty=True)) == 1
    with pytest.raises(DataError, match="each of its 2 rows is empty"):
        data.read_table(write("b.csv", "text,x\n,1\n,2\n"), filled=["text"], skip_empty=True)


def test_tables_without_a_header(write):
    path = write("a.csv", "0,01,good film\n1,02,bad film\n")
    table, layout = data.load_table(path, header=False, required=["2"])
    assert table.columns.tolist() == ["0", "1", "2"]
    assert table["1"].tolist() == ["01", "02"]
    assert data.read_table(path, layout=layout)["2"].tolist() == ["good film", "bad film"]
    with pytest.raises(DataError, match="no column 'text'.*no header, say header=False"):
        data.read_table(path, required=["text"])


def test_comments_by_name(write):
    path = write("a.csv", "% one\nx,y\n1,2\n% two\n3,4\n")
    assert data.read_table(path, comment="%")["x"].tolist() == [1, 3]
    with pytest.raises(DataError, match="name the sign as comment"):
        data.read_table(write("b.csv", "x,y\n1,2\n# two\n3,4\n"))
    tags = data.read_table(write("c.csv", "text,y\n#good film,1\n"))
    assert tags["text"].tolist() == ["#good film"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3\n", r"line 3 has 1 fields, the first 2"),
        ('a,b\n"1\n2",2\n3\n', r"line 4 has 1 fields, the first 2"),
        ("# c\na,b\n1,2\n3\n", r"line 4 has 1 fields"),
        ("a, a\n1,2\n", r"column 'a' is there 2 times"),
    ],
)
def test_uneven_rows_are_named(write, content, message):
    with pytest.raises(DataError, match=message):
        data.read_table(write("a.csv", content))


def test_json_and_parquet_keep_whole_numbers(write, tmp_path):
    table = data.read_table(write("a.jsonl", '{"n": 5}\n{"n": null}\n{}\n'))
    assert table["n"].tolist() == [5, pd.NA, pd.NA]
    listed = data.read_table(write("a.json", '[{"n": 1},\n {"n": 2}]'))
    assert listed["n"].tolist() == [1, 2]
    pytest.importorskip("pyarrow")
    pd.DataFrame({"n": pd.array([5, None], dtype="Int64")}).to_parquet(tmp_path / "a.parquet")
    assert data.read_table("a.parquet")["n"].tolist() == [5, pd.NA]


def test_a_very_long_text_is_one_field(write):
    text = "x, " * 100_000
    table = data.read_table(write("a.csv", f'text,label\n"{text}",1\n'))
    assert table["text"].tolist() == [text]


fields = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))
frames = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(fields, min_size=width, max_size=width), min_size=1, max_size=5)
)


@pytest.mark.parametrize("separator", [",", ";", "|"])
@given(rows=frames)
def test_every_field_returns(separator, rows):
    held = io.StringIO()
    writer = csv.writer(held, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    header = [f"c{k}" for k in range(len(rows[0]))]
    writer.writerows([header, *rows])
    source = Source("a.csv", ".csv", held.getvalue().encode())
    table, layout = read_delimited(source, separator=separator)
    assert table.to_numpy().tolist() == rows
    assert layout.separator == separator


@given(
    st.lists(
        st.tuples(st.floats(allow_infinity=False, allow_nan=False), st.integers(-(2**62), 2**62)),
        min_size=1,
    )
)
def test_every_number_returns(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    frame = pd.DataFrame(rows, columns=["x", "n"])
    frame.to_csv(path, index=False)
    again = data.read_table(path)
    assert again["n"].tolist() == frame["n"].tolist()
    np.testing.assert_allclose(again["x"], frame["x"], rtol=1e-15)
