"""The real files beside the checkout, row for row."""

from __future__ import annotations

import lzma

import pytest

from ostinato import data

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize("part", ["train", "test"])
def test_every_review_is_read(shared_data, part):
    path = shared_data / "imdb" / f"{part}.tsv.xz"
    table = data.read_table(path, required=["text", "label"])
    lines = lzma.decompress(path.read_bytes()).decode().split("\n")[1:-1]
    assert len(table) == len(lines) == 25_000
    assert table["label"].value_counts().to_dict() == {0: 12_500, 1: 12_500}
    assert table["text"].tolist() == [line.split("\t")[3] for line in lines]


@pytest.mark.parametrize(
    ("name", "column", "rows", "frequency"),
    [
        ("ett/ETTh1.csv.gz", "date", 17_420, "h"),
        ("ett/ETTm1.csv.xz", "date", 69_680, "15min"),
        ("stocks/aapl_1990_2025.csv.gz", "Date", 8_844, "B"),
        ("electricity_demand/vic_elec.csv.gz", "Time", 52_608, "30min"),
    ],
)
def test_series_have_their_pace(shared_data, name, column, rows, frequency):
    table = data.read_table(shared_data / name, required=[column])
    pace = data.learn_pace(data.read_times(table[column]))
    assert len(table) == rows
    assert pace.frequency == frequency
