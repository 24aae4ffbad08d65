"""Tagged sentences in the files that people have, and back into files."""

from __future__ import annotations

import json

import conllu
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.errors import DataError

X = [["Ann", "Lee", "runs"], ["In", "Rome"]]
Y = [["B-p", "I-p", "O"], ["O", "B-q"]]
CONLL = "Ann B-p\nLee I-p\nruns O\n\nIn O\nRome B-q\n"


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        CONLL.replace("\n", "\r"),
        CONLL.replace("\n", "\r\n"),
        CONLL.replace("Ann B-p\n", "Ann B-p\r"),
        "# id 7f\tdomain=en\n" + CONLL,
        "# text = Ann Lee runs\n" + CONLL.replace("\n\n", "\n\n# newdoc\n# sent_id 2\n"),
        CONLL.replace(" ", "   ").replace("\n\n", "\n  \n"),
        CONLL.encode("utf-16"),
        CONLL.replace(" ", "\t").replace("\n\n", "\n\n#\thttp://x\t[2009]\n"),
        "1\tAnn\tB-p\n2\tLee\tI-p\n3\truns\tO\n\n1\tIn\tO\n2\tRome\tB-q\n",
        CONLL.replace("B-", "B_").replace("I-", "I_"),
        CONLL.replace("B-p", "p-B").replace("I-p", "p-I").replace("B-q", "q-B"),
    ],
)
def test_the_same_sentences_however_they_are_written(write, content):
    assert data.read_tagged(write("a.conll", content)) == (X, Y)


def test_other_white_space_and_the_sign_of_comments_belong_to_tokens(write):
    content = "10\u00a0000 B-p\nA\u3000B I-p\n\n# O\nx O\n\n#tag O\n"
    words, tags = data.read_tagged(write("a.conll", content))
    assert words == [["10\u00a0000", "A\u3000B"], ["#", "x"], ["#tag"]]
    assert tags == [["B-p", "I-p"], ["O", "O"], ["O"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("New York B-p\nruns O\nx O\n", r"a.conll: line 1 has 3 fields with spaces .* have 2"),
        ("Ann\tB-p\nLee I-p\nx\tO\n", r"line 2 has 1 fields with tabs"),
        ("Ann\tB-p\nLee\t\nx\tO\n", r"line 2 must have a token and a tag, got an empty field"),
        ("Ann\nLee\n", r"line 1 must have a token and a tag"),
        ("Ann B-p\nLee X\nx O\n", r"line 2 \('Lee'\): tag 'X': the other tags are 'O' or"),
        ("Ann B-p\nLee I_p\nx O\n", r"line 2 \('Lee'\): tag 'I_p'"),
        ("Ann b-p\nLee i-p\nx o\n", r"line 1 \('Ann'\): tag 'b-p': the letters .* capitals"),
        ("Ann O\nLee O\n\nJo B_q\nLi I_p\n", r"line 5 \('Li'\): 'I_p' cannot follow 'B_q'"),
    ],
)
def test_lines_that_do_not_fit_are_named(write, content, message):
    with pytest.raises(DataError, match=message):
        data.read_tagged(write("a.conll", content))
    assert data.read_tagged(write("b.conll", CONLL), scheme="none")[1] == Y


def test_fields_that_are_not_there(write):
    path = write("a.conll", CONLL)
    with pytest.raises(DataError, match=r"no column 5; its lines have 2 fields, numbered from 0"):
        data.read_tagged(path, column=5)
    with pytest.raises(DataError, match=r"column of a CoNLL file is a number from 0, got 'ner'"):
        data.read_tagged(path, column="ner")


LETTERS = [
    ("B_p I_p O B_q", "bio", "B_type", "B-p I-p O B-q"),
    ("p-B p-I O q-B", "bio", "type-B", "B-p I-p O B-q"),
    ("p_B p_E O q_S", "iobes", "type_B", "B-p E-p O S-q"),
    ("B-p M-p E-p S-q", "bmes", "B-type", "B-p M-p E-p S-q"),
    ("B-p M-p E-p W-q", "bmewo", "B-type", "B-p M-p E-p W-q"),
    ("B M E S", "bmes", "B", "B-entity M-entity E-entity S-entity"),
    ("B I O B", "bio", "B", "B-entity I-entity O B-entity"),
    ("NN VB NN PER-X", "none", "B-type", "NN VB NN PER-X"),
]


@pytest.mark.parametrize(("tags", "scheme", "form", "expected"), LETTERS)
def test_forms_and_schemes_are_known_by_name(write, tmp_path, tags, scheme, form, expected):
    lines = "".join(f"w{k}\t{tag}\n" for k, tag in enumerate(tags.split()))
    read = data.load_tagged(write("a.conll", lines))
    assert (read.layout.scheme, read.layout.form) == (scheme, form)
    assert read.y == [expected.split()]
    data.write_tagged(tmp_path / "b.conll", read.X, read.y, layout=read.layout)
    assert (tmp_path / "b.conll").read_text() == lines


def test_python_lists_in_another_form_are_refused_or_turned():
    from ostinato.data.tags import check_tags

    rows = [["B_p", "I_p", "O"]]
    assert data.guess_scheme(rows) == "bio"
    with pytest.raises(DataError, match=r"row 0 has tags written as 'B_type'.*reform_tags"):
        check_tags("fit", rows, "bio")
    assert data.reform_tags(rows) == [["B-p", "I-p", "O"]]
    assert data.reform_tags(data.reform_tags(rows), "B_type") == rows
    assert data.spans_of(rows[0]) == [data.Span("p", 0, 2)]
    assert data.convert_tags(rows, "bmewo") == [["B_p", "E_p", "O"]]
    with pytest.raises(DataError, match="tag 'X' does not fit"):
        data.guess_scheme([["B-p", "I-p", "X", "O"]])


CONLLU = """# text = can't go
1-2\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
1\tca\tcan\tAUX\tMD\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\tRB\t_\t1\tadv\t_\t_
2.1\tx\tx\tX\tX\t_\t_\t_\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t1\tx\t_\t_

"""


@pytest.mark.parametrize("name", ["a.conllu", "a.conll", "a.txt"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_conllu_under_any_name_and_the_conllu_package(write, name, end):
    words, tags = data.read_tagged(write(name, CONLLU.replace("\n", end)))
    kept = [each for each in conllu.parse(CONLLU)[0] if isinstance(each["id"], int)]
    assert words == [[each["form"] for each in kept]] == [["ca", "n't", "go"]]
    assert tags == [[each["upos"] for each in kept]] == [["AUX", "PART", "VERB"]]


def test_what_conllu_must_keep(write):
    with pytest.raises(DataError, match="is CoNLL-U, not CoNLL. Name the format 'conllu'"):
        data.read_tagged(write("a.conllu", CONLLU), format="conll")
    with pytest.raises(DataError, match="an ID is a number such as 3, 3-4 or 3.1, got 'x'"):
        data.read_tagged(write("a.conllu", CONLLU.replace("3\tgo", "x\tgo")))
    with pytest.raises(DataError, match="column 'upos' holds nothing but '_'"):
        data.read_tagged(write("a.conllu", "1\tgo\t_\t_\t_\t_\t_\t_\t_\t_\n"))
    plus = "# global.columns = ID FORM UPOS UD:NER\n1\tAnn\tX\tB-p\n"
    assert data.read_tagged(write("a.conllup", plus), column="ner") == ([["Ann"]], [["B-p"]])


KAGGLE = """Sentence #,Word,POS,Tag
Sentence: 1,Ann,N,B-p
,Lee,N,I-p
,runs,V,O
Sentence: 2,In,,O
,Rome,N,B-q
"""
WHOLE = """Sentence,Tag
Ann Lee runs,"['B-p', 'I-p', 'O']"
In Rome,"['O', 'B-q']"
"""
PAIRS = list(zip(X, Y, strict=True))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", KAGGLE),
        ("a.csv", KAGGLE.replace(",", ";")),
        ("a.csv", KAGGLE.replace("\n,", "\nSentence: 1,").replace("1,Rome", "2,Rome")),
        ("a.csv", "word,tag\nAnn,B-p\nLee,I-p\nruns,O\n\nIn,O\nRome,B-q\n"),
        ("a.csv", WHOLE),
        ("a.jsonl", "\n".join(json.dumps({"tokens": x, "ner_tags": y}) for x, y in PAIRS)),
        ("a.json", json.dumps([{"words": x, "labels": y} for x, y in PAIRS], indent=1)),
        ("a.jsonl", "\n".join(json.dumps(list(zip(x, y, strict=True))) for x, y in PAIRS)),
    ],
)
def test_tables_and_json(write, name, content):
    read = data.load_tagged(write(name, content))
    assert (read.X, read.y) == (X, Y)
    assert data.TaggedLayout.from_dict(json.loads(json.dumps(read.layout.to_dict()))) == read.layout
    if not content.startswith("[["):
        assert data.read_tokens(write(f"b_{name}", content), layout=read.layout) == X


def test_kaggle_keeps_words_that_look_like_missing_values(write):
    path = write("a.csv", "Sentence #,Word,Tag\n1,null,O\n,NA,O\n,007,B-p\n")
    assert data.read_tagged(path) == ([["null", "NA", "007"]], [["O", "O", "B-p"]])
    with pytest.raises(DataError, match="row 1 must have a token and a tag, got 'x' and ''"):
        data.read_tagged(write("b.csv", "Sentence #,Word,Tag\n1,y,O\n,x,\n"))
    with pytest.raises(DataError, match=r"no column 'Tags' for column.*Did you mean 'Tag'"):
        data.read_tagged(path, column="Tags")


NAMES = ["O", "B-p", "I-p", "B-q"]
NUMBERS = [[1, 2, 0], [0, 3]]


def test_whole_number_tags_have_names(write, tmp_path):
    lines = "".join(
        json.dumps({"tokens": x, "ner_tags": y}) + "\n" for x, y in zip(X, NUMBERS, strict=True)
    )
    path = write("a.jsonl", lines)
    read = data.load_tagged(path, names=NAMES)
    assert (read.X, read.y) == (X, Y)
    assert data.read_tagged(path, layout=read.layout) == (X, Y)
    with pytest.raises(DataError, match=r"line 1: 'ner_tags' are numbers. Say what .*names="):
        data.read_tagged(path)
    with pytest.raises(DataError, match="line 2: tag 3 has no name; there are 3, for 0 to 2"):
        data.read_tagged(path, names=NAMES[:3])


def test_parquet_brings_its_names(tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    feature = {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "Sequence"}
    about = json.dumps({"info": {"features": {"ner_tags": feature}}}).encode()
    table = pa.table({"tokens": X, "ner_tags": NUMBERS})
    parquet.write_table(
        table.replace_schema_metadata({b"huggingface": about}), tmp_path / "a.parquet"
    )
    read = data.load_tagged(tmp_path / "a.parquet")
    assert (read.X, read.y, read.layout.names) == (X, Y, tuple(NAMES))
    parquet.write_table(table, tmp_path / "b.parquet")
    assert data.read_tagged(tmp_path / "b.parquet", layout=read.layout) == (X, Y)


def test_answers_are_read_as_training_was(write):
    german = "# link\n1\tAnn\tB-p\tO\n2\tLee\tI-p\tO\n"
    layout = data.load_tagged(write("a.tsv", german), format="conll", column=2).layout
    assert (layout.token, layout.column, layout.separator) == (1, 2, "\t")
    other = write("b.conll", german + "\n7\tJo\tB-p\tO\n")
    assert data.read_tokens(other, layout=layout) == [["Ann", "Lee"], ["Jo"]]
    assert data.read_tagged(other, layout=layout)[1] == [["B-p", "I-p"], ["B-p"]]
    assert data.read_tokens(write("c.conll", "Ann\nLee\n\nJo\n")) == [["Ann", "Lee"], ["Jo"]]
    lists = write("d.jsonl", '["Ann", "Lee"]\n{"tokens": []}\n{"text": "Jo!"}\n')
    assert data.read_tokens(lists) == [["Ann", "Lee"], [], ["Jo", "!"]]


@pytest.mark.parametrize(
    ("row", "how", "expected"),
    [
        ("O I-y I-y O", "begin", "O B-y I-y O"),
        ("O I-y I-y O", "drop", "O O O O"),
        ("O I-y I-y O", "convert", "O B-y I-y O"),
        ("B-x I-y I-x", "begin", "B-x B-y B-x"),
        ("B-x I-y I-x", "drop", "B-x O O"),
        ("B-x I-y I-x", "convert", "B-x I-x I-x"),
        ("B-x B-y I-y", "convert", "B-x B-y I-y"),
        ("B_x I_y O", "begin", "B_x B_y O"),
    ],
)
def test_repairs_by_hand(row, how, expected):
    assert data.repair_tags(row.split(), "bio", how) == expected.split()


TAGS = {
    scheme: [f"{letter}-{kind}" for letter in letters.replace("O", "") for kind in "xy"] + ["O"]
    for scheme, letters in data.tags.LETTERS.items()
}


@pytest.mark.parametrize("scheme", TAGS)
@pytest.mark.parametrize("how", ["begin", "drop", "convert"])
@given(drawn=st.data())
def test_a_repaired_row_keeps_to_its_scheme_and_stays(scheme, how, drawn):
    row = drawn.draw(st.lists(st.sampled_from(TAGS[scheme]), max_size=8))
    repaired = data.repair_tags(row, scheme, how)
    assert data.tags.fault(repaired, scheme) is None
    assert data.repair_tags(repaired, scheme, how) == repaired
    if data.tags.fault(row, scheme) is None:
        assert repaired == row
    if how == "begin":
        assert data.spans_of(repaired) == data.spans_of(row)


tokens = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0 \ufeff"), min_size=1
).filter(lambda token: not token.startswith("-DOCSTART-"))
sentences = st.lists(
    st.lists(st.tuples(tokens, st.sampled_from(["O", "B-p", "B-q"])), min_size=1, max_size=5),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("format", ["conll", "conllu", "jsonl"])
@given(rows=sentences)
def test_what_is_written_is_read_back(tmp_path_factory, format, rows):
    path = tmp_path_factory.getbasetemp() / f"again.{format}"
    words = [[word for word, _ in row] for row in rows]
    tags = [[tag for _, tag in row] for row in rows]
    data.write_tagged(path, words, tags, format=format)
    assert data.read_tagged(path) == (words, tags)
    assert data.read_tokens(path) == words
    if format == "conllu":
        again = conllu.parse(path.read_text("utf-8"))
        assert [len(row) for row in again] == [len(row) for row in words]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([[]], "row 0 is empty; CoNLL has no way to hold it. Write format='jsonl'"),
        ([["a"], ["b\tc"]], r"row 1 has 'b\\tc'"),
        ([[""]], "row 0 has ''"),
        ([["a "]], "row 0 has 'a '"),
        ([["-DOCSTART-"]], "row 0 has '-DOCSTART-'"),
        ([["\ud800"]], "row 0 has"),
    ],
)
def test_what_conll_cannot_hold(tmp_path, words, message):
    tags = [["O"] * len(row) for row in words]
    with pytest.raises(DataError, match=message):
        data.write_tagged(tmp_path / "a.conll", words, tags)
    if words != [[]]:
        data.write_tagged(tmp_path / "a.jsonl", words, tags, format="jsonl")
        assert data.read_tagged(tmp_path / "a.jsonl") == (words, tags)
    with pytest.raises(DataError, match="row 0 has 2 tokens and 1 tags"):
        data.write_tagged(tmp_path / "a.conll", [["a", "b"]], [["O"]])
