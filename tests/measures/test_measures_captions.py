"""Captions beside several references: CIDEr-D worked out by hand, BLEU of sacrebleu."""

from __future__ import annotations

import math

import pytest

from ostinato.errors import DataError, MissingDependencyError
from ostinato.measures import captions as measured
from ostinato.measures import measure_captions
from ostinato.measures.captions import CAPTIONS, caption_signatures, ciders

# Two images. "a" is in the references of both, so its weight is log 2/2 = 0; every other run is in
# those of one, so its weight is log 2, which a cosine does not see.
TRUTH = [["a dog runs"], ["a cat"]]
SHORTER = math.exp(-1 / 72)  # one word of difference, sigma 6


def test_cider_of_two_images_by_hand():
    one, other = ciders(["a dog", "a cat"], TRUTH)
    # Words (0, l) beside (0, l, l): 1/sqrt 2; pairs (l) beside (l, l): the same; no longer runs.
    assert one == pytest.approx(10 * (2 / math.sqrt(2)) / 4 * SHORTER)
    # The same words and pairs; of three and four there are none.
    assert other == pytest.approx(10 * 2 / 4)


def test_cider_counts_a_word_no_more_often_than_the_reference():
    one, _ = ciders(["dog dog", "a cat"], TRUTH)
    # min(2l, l) l / (2l * sqrt(2) l)
    assert one == pytest.approx(10 / (2 * math.sqrt(2)) / 4 * SHORTER)


def test_a_run_that_no_reference_has_makes_a_caption_less_alike():
    one, _ = ciders(["a dog bird", "a cat"], TRUTH)
    # Words (0, l, l') beside (0, l, l): 1/2; pairs (l, l') beside (l, l): 1/2; three: none alike.
    assert one == pytest.approx(10 * (1 / 2 + 1 / 2) / 4)


def test_several_references_are_averaged_and_rarer_words_count_more():
    truth = [["a dog", "a dog runs"], ["a cat"]]
    one, _ = ciders(["a dog", "a cat"], truth)
    first, second = 10 * 2 / 4, 10 * (2 / math.sqrt(2)) / 4 * SHORTER
    assert one == pytest.approx((first + second) / 2)
    # "dog" is in two of four images, "red" in one: weights log 2 and log 4.
    truth = [["red dog"], ["dog"], ["x"], ["y"]]
    found = ciders(["dog", "dog", "x", "y"], truth)
    low, high = math.log(2), math.log(4)
    assert found[0] == pytest.approx(10 / 4 * low / math.hypot(low, high) * SHORTER)


def test_one_image_alone_has_no_rare_words():
    assert ciders(["a dog"], [["a dog"]]) == [0.0]


def test_measures_are_named_and_bleu_takes_the_best_of_several():
    texts = ["a dog runs on grass", "a cat sits on a mat"]
    truth = [["two dogs", "a dog runs on grass"], ["a cat sits on a mat", "cat", "a mat"]]
    found = measure_captions(texts, truth)
    assert set(found) == {each.name for each in CAPTIONS}
    for name in ("bleu_1", "bleu_2", "bleu_3", "bleu_4", "chrf"):
        assert found[name] == pytest.approx(100)
    assert 0 < found["cider"] < 10


def test_bleu_by_hand():
    # Words 3 of 4, pairs 2 of 3, the closest reference as long.
    found = measure_captions(["a dog runs fast"], [["a dog runs home"]])
    assert found["bleu_1"] == pytest.approx(75)
    assert found["bleu_2"] == pytest.approx(100 * math.sqrt(3 / 4 * 2 / 3))
    # A shorter one pays exp(1 - 4/2).
    found = measure_captions(["a dog"], [["a dog runs home"]])
    assert found["bleu_1"] == pytest.approx(100 * math.exp(1 - 4 / 2))


def test_signatures_say_how():
    found = caption_signatures()
    assert "sigma:6" in found["cider"]
    assert "tok:none" in found["bleu_4"]


def test_what_cannot_be_measured():
    with pytest.raises(DataError, match="references for each caption, got 1 captions and 2 rows"):
        measure_captions(["a"], TRUTH)
    with pytest.raises(DataError, match="there is no caption"):
        measure_captions([], [])
    with pytest.raises(DataError, match="row 1 has no reference"):
        measure_captions(["a", "b"], [["a"], []])


def test_without_sacrebleu(monkeypatch):
    monkeypatch.setattr(measured, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ostinato\[translation\]'"):
        measure_captions(["a"], [["a"]])
