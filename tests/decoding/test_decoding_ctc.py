"""CTC decoding against every alignment there is, counted one by one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from ostinato.decoding.ctc import (
    align,
    collapse,
    frames_needed,
    greedy,
    prefix_beam_search,
)
from ostinato.decoding.guides import LabelGuide, WordGuide
from ostinato.decoding.ngrams import TextNgrams
from ostinato.errors import DataError, OptionError, ShapeError


def table(frames: int, labels: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(frames, labels)) * 2
    return values - np.log(np.exp(values).sum(1, keepdims=True))


def said(path: tuple[int, ...]) -> tuple[int, ...]:
    """Repetitions once, blanks out, written another way than in the package."""
    return tuple(k for k, _ in itertools.groupby(path) if k)


def everything(scores: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every sequence of labels: the sum over its alignments."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        share = math.exp(sum(scores[t, k] for t, k in enumerate(path)))
        found[said(path)] = found.get(said(path), 0.0) + share
    return found


def test_a_path_by_hand():
    assert collapse(np.array([0, 1, 1, 0, 1, 2, 2, 0])).tolist() == [1, 1, 2]
    assert collapse(np.array([2])).tolist() == [2]
    assert collapse(np.array([0, 0])).tolist() == []
    assert collapse(np.zeros(0, dtype=int)).tolist() == []
    assert greedy(np.array([[0.1, 0.9], [0.6, 0.4], [0.2, 0.8]])).tolist() == [1, 1]


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_is_exact(seed):
    scores = table(5, 4, seed)
    truth = everything(scores)
    found = prefix_beam_search(scores, beam=1000, least=-math.inf)
    assert len(found) == len(truth)
    for each in found:
        assert math.exp(each.score) == pytest.approx(truth[tuple(each.labels)], rel=1e-9)
    best = max(truth, key=lambda labels: truth[labels])
    assert tuple(found[0].labels) == best
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)


def test_the_sum_over_alignments_beats_the_best_path():
    # Blank is the likeliest label of each frame (.4), and yet "1" the likeliest answer:
    # .3 * .4 + .4 * .3 + .3 * .3 = .33 against .16, and "2" the same.
    scores = np.log([[0.4, 0.3, 0.3], [0.4, 0.35, 0.25]])
    assert greedy(scores).tolist() == []
    best = prefix_beam_search(scores, beam=10)[0]
    assert best.labels.tolist() == [1]
    assert math.exp(best.score) == pytest.approx(0.3 * 0.4 + 0.4 * 0.35 + 0.3 * 0.35)


def test_a_guide_adds_its_nats():
    units = ["a", "b", " "]
    scores = table(5, 4, 7)
    truth = everything(scores)
    model = TextNgrams.fit([list("ab a"), list("b b")], 2)
    guide = LabelGuide(units, model=model, weight=0.7, bonus=0.3)
    found = prefix_beam_search(scores, beam=1000, guide=guide, least=-math.inf)
    for each in found:
        state, nats = model.start(), 0.0
        for k in each.labels:
            part, state = model.step(state, units[k - 1])
            nats += 0.7 * part + 0.3
        nats += 0.7 * model.end(state)
        assert each.score == pytest.approx(math.log(truth[tuple(each.labels)]) + nats)


def test_only_words_of_the_list_are_answered():
    units = ["a", "b", " "]
    words = {"ab", "b"}
    scores = table(6, 4, 3)
    found = prefix_beam_search(scores, beam=2000, guide=WordGuide(words, units), least=-math.inf)
    texts = {"".join(units[k - 1] for k in each.labels) for each in found}
    assert "" in texts
    assert {"ab", "b", "b b", "b ab", "ab b"} <= texts
    for text in texts - {""}:
        assert set(text.split(" ")) <= words, text


def test_a_word_counts_when_it_is_complete():
    units = ["a", "b", " "]
    model = TextNgrams.fit([["ab", "b"], ["b"]], 2)
    guide = WordGuide({"ab", "b"}, units, model=model, weight=0.5, bonus=0.25)
    scores = table(6, 4, 5)
    truth = everything(scores)
    for each in prefix_beam_search(scores, beam=2000, guide=guide, least=-math.inf):
        text = "".join(units[k - 1] for k in each.labels)
        state, nats = model.start(), 0.0
        for word in text.split():
            part, state = model.step(state, word)
            nats += 0.5 * part + 0.25
        nats += 0.5 * model.end(state)
        assert each.score == pytest.approx(math.log(truth[tuple(each.labels)]) + nats), text


def test_allowed_labels_alone():
    guide = LabelGuide(["yes", "no", "maybe"], allowed=["no"])
    for each in prefix_beam_search(table(4, 4, 1), beam=100, guide=guide, least=-math.inf):
        assert set(each.labels.tolist()) <= {2}


def test_a_narrow_beam_keeps_what_is_likeliest():
    scores = table(30, 5, 2)
    narrow, wide = (prefix_beam_search(scores, beam=k) for k in (2, 200))
    assert len(narrow) <= 2
    assert narrow[0].score <= wide[0].score + 1e-9
    # Labels that are unlikely at a frame are not tried there.
    sure = np.log(np.full((3, 3), 1e-6))
    sure[:, 1] = np.log(1 - 2e-6)
    assert [e.labels.tolist() for e in prefix_beam_search(sure, beam=50)] == [[1], [1, 1], []]


def test_no_frames_and_wrong_arguments():
    (only,) = prefix_beam_search(np.zeros((0, 3)))
    assert (only.labels.tolist(), only.score) == ([], 0.0)
    with pytest.raises(OptionError, match="beam must be a whole number at least 1, got 0"):
        prefix_beam_search(table(2, 2, 0), beam=0)
    with pytest.raises(ShapeError, match=r"must have shape \(frames, labels\), got \(3,\)"):
        prefix_beam_search(np.zeros(3))
    with pytest.raises(DataError, match="no word of the list can be written"):
        WordGuide(["xyz"], ["a", "b"])


def best_path(scores: np.ndarray, labels: list[int]) -> tuple[int, ...]:
    paths = itertools.product(range(scores.shape[1]), repeat=len(scores))
    fitting = [path for path in paths if said(path) == tuple(labels)]
    return max(fitting, key=lambda path: sum(scores[t, k] for t, k in enumerate(path)))


@pytest.mark.parametrize("labels", [[1], [1, 2], [1, 1], [2, 1, 2], [2, 2, 1]])
@pytest.mark.parametrize("seed", range(3))
def test_the_alignment_is_the_likeliest_path(labels, seed):
    scores = table(6, 3, seed)
    path, places = best_path(scores, labels), align(scores, labels)
    wanted, frame = [], 0
    for label, run in itertools.groupby(path):
        length = len(list(run))
        if label:
            wanted.append([frame, frame + length])
        frame += length
    assert places.tolist() == wanted


def test_frames_that_labels_need():
    assert frames_needed([]) == 0
    assert frames_needed([1, 2, 3]) == 3
    assert frames_needed([1, 1, 2, 2, 2]) == 8
    assert align(table(4, 3, 0), []).shape == (0, 2)
    assert align(table(3, 3, 0), [1, 1]).tolist() == [[0, 1], [2, 3]]
    with pytest.raises(DataError, match="2 labels need at least 3 frames, got 2"):
        align(table(2, 3, 0), [1, 1])


def test_ngrams_by_hand():
    model = TextNgrams.fit([["a", "b"], ["a"]], 2)
    # Three pieces after no history: a twice, b once, the end twice; 3 kinds.
    # P0 = 1 / 4. P(a) = (2 + 3 / 4) / (5 + 3).
    a = (2 + 3 * 0.25) / 8
    b = (1 + 3 * 0.25) / 8
    # After the beginning: a twice, one kind.
    start = model.start()
    nats, state = model.step(start, "a")
    assert math.exp(nats) == pytest.approx((2 + a) / 3)
    # After a: b once, the end once, two kinds.
    assert math.exp(model.step(state, "b")[0]) == pytest.approx((1 + 2 * b) / 4)
    assert math.exp(model.end(state)) == pytest.approx((1 + 2 * (2 + 0.75) / 8) / 4)
    # A piece that no text has, after a history that none has.
    new = math.exp(model.step(("z",), "y")[0])
    assert new == pytest.approx(3 * 0.25 / 8)
    total = sum(math.exp(model.step(state, each)[0]) for each in ("a", "b", "y"))
    assert total + math.exp(model.end(state)) == pytest.approx(1)


def test_ngrams_of_one_piece_have_no_history():
    model = TextNgrams.fit([["a", "b"]], 1)
    assert model.start() == ()
    assert model.step((), "a")[1] == ()
    with pytest.raises(OptionError, match="order must be"):
        TextNgrams.fit([["a"]], 0)


def test_ngrams_are_plain_values():
    model = TextNgrams.fit([["a", "b"], ["b"]], 3)
    again = TextNgrams.from_dict(model.to_dict())
    assert again.counts == model.counts
    assert again.step(("", "a"), "b") == model.step(("", "a"), "b")
    with pytest.raises(DataError, match="must be words and a count"):
        TextNgrams.from_dict({"order": 2, "counts": [["a", 1.5]]})
