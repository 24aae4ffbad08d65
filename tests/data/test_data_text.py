"""Words, characters and byte pairs of any script, and vocabularies learned from them."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.errors import DataError, NotFittedError, OptionError

TEXTS = [
    "A good film, isn't it? 10,000 people can't be wrong!",
    "Ein schöner Film – l'été, jalapeño… 東京は12.5度 😀👩‍👩‍👧🇫🇷",
    "",
    "a good, good <br /><br />film",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop.", ["Don't", "stop", "."]),
        ("'quoted' dogs'", ["'", "quoted", "'", "dogs", "'"]),
        ("pi is 3,141.5, or so", ["pi", "is", "3,141.5", ",", "or", "so"]),
        ("one<br />two < three", ["one", "<br />", "two", "<", "three"]),
        ("snake_case 4th", ["snake", "_", "case", "4", "th"]),
        ("don\u2019t", ["don't"]),
        ("nai\u0308ve e\u0301te\u0301", ["nai\u0308ve", "e\u0301te\u0301"]),
        ("東京タワー Tower", ["東", "京", "タ", "ワ", "ー", "Tower"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("Привет, мир", ["Привет", ",", "мир"]),
        ("👩‍👩‍👧🇫🇷🇩🇪👍🏽!", ["👩‍👩‍👧", "🇫🇷", "🇩🇪", "👍🏽", "!"]),
        ("\u00a0 \u3000\t\n", []),
    ],
)
def test_words(text, words):
    assert data.split_words(text) == words


def test_characters_keep_their_marks():
    text = "e\u0301👩‍👩‍👧🇫🇷👍🏽\r\nनि"
    expected = ["e\u0301", "👩‍👩‍👧", "🇫🇷", "👍🏽", "\r\n", "नि"]
    assert data.split_characters(text) == expected


@given(st.text())
def test_no_character_is_lost(text):
    assert "".join(data.split_characters(text)) == text
    kept = "".join(text.replace("\u2019", "'").split())
    assert "".join("".join(data.split_words(text)).split()) == kept


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_fast_path_splits_as_the_general_one_does(text):
    from ostinato.data.words import _unicode_characters, _unicode_words

    assert data.split_words(text) == _unicode_words().findall(text)
    if "\r\n" not in text:
        assert data.split_characters(text) == _unicode_characters().findall(text)


def test_the_vocabulary_goes_from_frequent_to_rare():
    encoder = data.TextEncoder().fit(["b b b a c", "a c d"])
    assert encoder.vocabulary == ["<padding>", "<unknown>", "b", "a", "c", "d"]
    assert data.TextEncoder(max_vocabulary=4).fit(["b b b a c"]).vocabulary[2:] == ["b", "a"]
    assert data.TextEncoder(min_count=2).fit(["b b b a a c"]).vocabulary[2:] == ["b", "a"]
    assert len(encoder) == 6


def test_encode_gives_numbers_and_unknowns():
    encoder = data.TextEncoder().fit(["the cat"])
    (numbers, empty) = encoder.encode(["The dog, the CAT", ""])
    assert numbers.dtype == np.int64
    words = [encoder.vocabulary[number] for number in numbers]
    assert words == ["the", "<unknown>", "<unknown>", "the", "cat"]
    assert encoder.decode([*numbers, 0, 0]) == "the \ufffd \ufffd the cat"
    assert empty.shape == (0,)
    assert empty.dtype == np.int64


def test_case_is_kept_when_asked():
    encoder = data.TextEncoder("char", lowercase=False).fit(["Aa"])
    assert encoder.vocabulary[2:] == ["A", "a"]


def test_composed_and_decomposed_letters_are_the_same():
    encoder = data.TextEncoder().fit(["été"])
    assert encoder.encode([unicodedata.normalize("NFD", "été")])[0].tolist() == [2]


@given(st.lists(st.text(), min_size=1), st.booleans())
def test_characters_return(texts, lowercase):
    texts = [*texts, "x"]
    encoder = data.TextEncoder("char", lowercase=lowercase).fit(texts)
    encoder = data.TextEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    for text, numbers in zip(texts, encoder.encode(texts), strict=True):
        seen = unicodedata.normalize("NFC", text.lower() if lowercase else text)
        assert encoder.decode(numbers) == seen


@given(st.lists(st.text(), min_size=1))
def test_words_return_as_the_same_numbers(texts):
    texts = [*texts, "x"]
    encoder = data.TextEncoder().fit(texts)
    for numbers in encoder.encode(texts):
        assert (numbers > 1).all()
        assert encoder.encode([encoder.decode(numbers)])[0].tolist() == numbers.tolist()


BYTE_PAIRS = data.TextEncoder("bpe", max_vocabulary=300, lowercase=False).fit(TEXTS * 5)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_byte_pairs_return_any_text(text):
    (numbers,) = BYTE_PAIRS.encode([text])
    assert numbers.dtype == np.int64
    assert (numbers > 1).all()
    assert BYTE_PAIRS.decode(numbers) == unicodedata.normalize("NFC", text)


def test_byte_pairs_stand_half_a_surrogate():
    (numbers,) = BYTE_PAIRS.encode(["a\ud800b"])
    assert BYTE_PAIRS.decode(numbers) == "a\ufffd\ufffd\ufffdb"


def test_byte_pairs_merge_frequent_ones_up_to_the_limit():
    assert len(BYTE_PAIRS) == 300
    assert BYTE_PAIRS.vocabulary[:2] == ["<padding>", "<unknown>"]
    assert len(BYTE_PAIRS.encode(["good film"])[0]) < len("good film")
    assert "".join(BYTE_PAIRS.split("good")) == "good"


def test_a_reserved_word_in_a_text_is_only_a_word():
    for level in ("word", "char", "bpe"):
        encoder = data.TextEncoder(level).fit(["a <padding> <unknown>"])
        (numbers,) = encoder.encode(["<padding><unknown>"])
        assert (numbers > 1).all()
        assert "padding" in encoder.decode(numbers)


@pytest.mark.parametrize("level", ["word", "char", "bpe"])
def test_the_state_is_json_and_returns(level):
    encoder = data.TextEncoder(level, max_vocabulary=400, min_count=2).fit(TEXTS * 2)
    again = data.TextEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again.vocabulary == encoder.vocabulary
    assert again.to_dict() == encoder.to_dict()
    for one, other in zip(again.encode(TEXTS), encoder.encode(TEXTS), strict=True):
        assert one.tolist() == other.tolist()
    assert repr(again) == repr(encoder)


def test_mistakes():
    with pytest.raises(OptionError, match=r"level must be one of .* got 'words'. Did you mean"):
        data.TextEncoder("words")  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="max_vocabulary must be a whole number at least 258"):
        data.TextEncoder("bpe", max_vocabulary=100)
    with pytest.raises(OptionError, match="max_vocabulary must be a whole number at least 3"):
        data.TextEncoder(max_vocabulary=2)
    with pytest.raises(OptionError, match="min_count must be a whole number at least 1"):
        data.TextEncoder(min_count=0)
    for level in ("word", "char", "bpe"):
        with pytest.raises(NotFittedError, match=r"no vocabulary yet. Call fit\(texts\) first"):
            data.TextEncoder(level).encode(["a"])
        with pytest.raises(NotFittedError, match="no vocabulary yet"):
            data.TextEncoder(level).to_dict()
    with pytest.raises(DataError, match=r"must be a list of strings, got one. Write \[text\]"):
        data.TextEncoder().fit("a b")
    with pytest.raises(DataError, match=r"2 of 4 texts are missing or no strings.*row 1: missing"):
        data.TextEncoder().fit(["a", None, "b", float("nan")])  # pyright: ignore
    with pytest.raises(DataError, match="row 0: missing. Drop those rows or fill them"):
        data.TextEncoder().fit([pd.NA])  # pyright: ignore
    with pytest.raises(DataError, match=r"1 of 2 texts .* row 1: 7. Convert them with str"):
        data.TextEncoder().fit(["a", 7])  # pyright: ignore
    with pytest.raises(DataError, match="2 texts hold not one word"):
        data.TextEncoder().fit(["", " "])
    with pytest.raises(DataError, match=r"9 is no token's number; they go from 0 to 2"):
        data.TextEncoder().fit(["a"]).decode([2, 9])


def test_tokens_stand_between_white_space_and_lines_end():
    encoder = data.TextEncoder("token", lowercase=False).fit([" A @-@ b = \n \n <unk> b , \n"])
    assert encoder.split(" A @-@ b \n \n <unk>") == ["A", "@-@", "b", "\n", "\n", "<unk>"]
    (numbers,) = encoder.encode(["b \n A"])
    assert encoder.decode(numbers) == "b \n A"
