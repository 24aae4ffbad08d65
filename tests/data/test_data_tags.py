"""Schemes of tags: read, checked, converted; files of tagged sentences."""

from __future__ import annotations

import gzip
import itertools
import json

import numpy as np
import pytest

from ostinato.data import Span, convert_tags, guess_scheme, read_tagged, spans_of, tags_of
from ostinato.data.tags import fault, legal_moves
from ostinato.errors import DataError, OptionError

SAME = {
    "bio": "B-p I-p B-p O B-q B-q I-q I-q",
    "iob1": "I-p I-p B-p O I-q B-q I-q I-q",
    "iobes": "B-p E-p S-p O S-q B-q I-q E-q",
    "bilou": "B-p L-p U-p O U-q B-q I-q L-q",
}
SPANS = [Span("p", 0, 2), Span("p", 2, 3), Span("q", 4, 5), Span("q", 5, 8)]


@pytest.mark.parametrize("scheme", SAME)
def test_the_same_spans_in_every_scheme(scheme):
    row = SAME[scheme].split()
    assert guess_scheme([row]) == scheme
    assert fault(row, scheme) is None
    assert spans_of(row) == SPANS
    assert tags_of(SPANS, len(row), scheme) == row
    for other in SAME:
        assert convert_tags([row], other) == [SAME[other].split()]


def test_neighbours_of_two_types_in_iob1():
    spans = [Span("p", 0, 1), Span("q", 1, 2), Span("q", 2, 4)]
    assert tags_of(spans, 4, "iob1") == ["I-p", "I-q", "B-q", "I-q"]
    assert spans_of(["I-p", "I-q", "B-q", "I-q"]) == spans


@pytest.mark.parametrize("scheme", SAME)
def test_every_sequence_of_legal_moves_keeps_its_scheme(scheme):
    tags = [f"{letter}-{kind}" for letter in set("BIESLU") for kind in "pq"] + ["O"]
    tags = sorted(
        tag for tag in tags if fault([tag, *("O" * 0)], scheme) is None or tag[0] in "BIEL"
    )
    tags = [tag for tag in tags if tag == "O" or tag[0] in SAME[scheme].replace("-", "")]
    allowed = legal_moves(tags, scheme)
    for row in itertools.product(range(len(tags)), repeat=3):
        legal = allowed["first"][row[0]] and allowed["last"][row[-1]]
        legal = legal and all(allowed["moves"][a, b] for a, b in itertools.pairwise(row))
        names = [tags[k] for k in row]
        assert legal == (fault(names, scheme) is None), names
        if legal:
            assert tags_of(spans_of(names), 3, scheme) == names


@pytest.mark.parametrize(
    ("row", "scheme", "place", "why"),
    [
        ("O I-p", "bio", 1, "'I-p' cannot follow 'O' in bio"),
        ("B-p I-q", "bio", 1, "'I-q' cannot follow 'B-p' in bio"),
        ("O B-p", "iob1", 1, "'B-p' cannot follow 'O' in iob1"),
        ("B-p O", "iobes", 1, "'O' cannot follow 'B-p' in iobes"),
        ("O B-p I-p", "bilou", 2, "'I-p' cannot end a sentence in bilou"),
        ("O E-p", "bio", 1, "'E-p' is no tag of bio"),
        ("O B-", "bio", 1, "'B-' is no tag of bio"),
        ("B-p B", "bio", 1, "'B' is not written as 'B-type'"),
        ("B-p I_p", "bio", 1, "'I_p' is not written as 'B-type'"),
        ("B-p I-p", "bmes", 1, "'I-p' is no tag of bmes: O, or B, M, E, S with a type"),
    ],
)
def test_where_a_scheme_is_broken(row, scheme, place, why):
    found = fault(row.split(), scheme)
    assert found is not None
    assert found[0] == place
    assert why in found[1]


def test_tags_without_spans():
    assert guess_scheme([["NOUN", "VERB"]]) == "none"
    assert guess_scheme([["O", "O"]]) == "none"
    assert guess_scheme([["B-p", "X"]]) == "none"
    with pytest.raises(DataError, match="overlaps"):
        tags_of([Span("p", 0, 2), Span("p", 1, 3)], 4)
    with pytest.raises(OptionError, match="scheme must be one of"):
        tags_of([], 4, "bioes")


CONLL = "Ann B-p\nLee I-p\nruns O\n\nIn O\nRome B-q\n"
CONLLU = """# text = can't go
1-2\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
1\tca\tcan\tAUX\tMD\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\tRB\t_\t1\tadv\t_\t_
2.1\tx\tx\tX\tX\t_\t_\t_\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t1\tx\t_\t_

"""


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def test_conll(tmp_path):
    expected = ([["Ann", "Lee", "runs"], ["In", "Rome"]], [["B-p", "I-p", "O"], ["O", "B-q"]])
    assert read_tagged(written(tmp_path, "a.conll", CONLL)) == expected
    tabs = "-DOCSTART-\tO\n\n" + CONLL.replace(" ", "\tx\t").replace("\n\n", "\n\t\n")
    assert read_tagged(written(tmp_path, "b.txt", tabs)) == expected
    assert read_tagged(written(tmp_path, "b.txt", tabs), column=1)[1] == [["x"] * 3, ["x"] * 2]
    path = tmp_path / "c.conll.gz"
    path.write_bytes(gzip.compress(CONLL.encode()))
    assert read_tagged(path, convert="iobes")[1] == [["B-p", "E-p", "O"], ["O", "S-q"]]


def test_conllu(tmp_path):
    path = written(tmp_path, "a.conllu", CONLLU)
    assert read_tagged(path) == ([["ca", "n't", "go"]], [["AUX", "PART", "VERB"]])
    assert read_tagged(path, column="xpos")[1] == [["MD", "RB", "VB"]]
    with pytest.raises(DataError, match="Did you mean 'upos'"):
        read_tagged(path, column="upo")


def test_spans_of_json_lines(tmp_path):
    text = "Ann Lee’s flat in Rome-Nord"
    rows = [
        {"text": text, "spans": [{"start": 0, "end": 7, "type": "p"}, [18, 22, "q"]]},
        {"tokens": ["In", "Rome"], "tags": ["O", "B-q"]},
    ]
    X, y = read_tagged(written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert X[0] == ["Ann", "Lee", "’s", "flat", "in", "Rome", "-", "Nord"]
    assert y == [["B-p", "I-p", "O", "O", "O", "B-q", "O", "O"], ["O", "B-q"]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.conll",
            "Ann B-p\nLee I-q\nso O\n\nx B-p\n",
            r"a.conll: line 2 \('Lee'\): 'I-q' cannot",
        ),
        (
            "a.conll",
            "Ann B-p\nLee\n",
            "line 2 has 1 fields with spaces between them, most lines",
        ),
        ("a.conllu", "1\tAnn\n", "line 1 must have 10 fields"),
        ("a.jsonl", "{\n", "line 1 is not JSON"),
        ("a.jsonl", '{"x": 1}', "must have 'tokens' and 'tags'"),
        ("a.jsonl", '{"tokens": ["a"], "tags": []}', "as many each"),
        ("a.jsonl", '{"text": "ab", "spans": [[0, 9, "p"]]}', "within the text's 2 characters"),
        ("a.jsonl", '{"text": "ab", "spans": [[0, 2, "p"], [1, 2, "p"]]}', "must not overlap"),
        ("a.jsonl", '{"text": "ab", "spans": [{"start": 0}]}', "must have start, end and type"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, message):
    with pytest.raises(DataError, match=message):
        read_tagged(written(tmp_path, name, content))


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "a.conll"
    path.write_bytes(b"Ann\xff B-p\n")
    with pytest.raises(DataError, match="byte 0xff at offset 3"):
        read_tagged(path)
    assert read_tagged(path, errors="replace")[0] == [["Ann\ufffd"]]


def test_moves_are_arrays():
    assert legal_moves(["a", "b"], "none") == {}
    moves = legal_moves(["B-p", "I-p", "O"], "bio")
    assert np.array_equal(moves["moves"], [[1, 1, 1], [1, 1, 1], [1, 0, 1]])
    assert np.array_equal(moves["first"], [1, 0, 1])
