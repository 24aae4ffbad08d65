"""Beam search over tables of probabilities, held to all sequences counted out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from ostinato.decoding import beam_search

END, A, B = 2, 0, 1


class Table:
    """A decoder whose next step depends on the source and the last token alone.

    Args:
        tables: for each source the probabilities `(last, next)` of the three tokens.
    """

    end = END

    def __init__(self, tables, beam):
        self.tables = torch.tensor(tables).log().repeat_interleave(beam, 0)

    def step(self, tokens):
        rows = torch.arange(len(tokens))
        looked = torch.nn.functional.one_hot(tokens, 4).to(torch.float32)
        return self.tables[rows, tokens].clone(), looked

    def pick(self, rows, kept):
        self.tables = self.tables[rows]


# After A, after B, at first.
SHORT = [[0.5, 0.1, 0.4], [0.3, 0.2, 0.5], [0.2, 0.2, 0.6]]
LONG = [[0.1, 0.8, 0.1], [0.6, 0.1, 0.3], [0.7, 0.25, 0.05]]


def score(table, tokens, penalty):
    steps = zip((END, *tokens), (*tokens, END), strict=True)
    found = sum(math.log(table[last][token]) for last, token in steps)
    return found / ((5 + len(tokens) + 1) / 6) ** penalty


def best(table, limit, penalty, least):
    """The scores of all sequences that end within the limit, the best first."""
    every = (each for n in range(least, limit) for each in itertools.product((A, B), repeat=n))
    return sorted((score(table, tokens, penalty) for tokens in every), reverse=True)


@pytest.mark.parametrize("table", [SHORT, LONG])
@pytest.mark.parametrize("penalty", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("least", [0, 2])
def test_a_wide_beam_finds_the_best_of_all_sequences(table, penalty, least):
    beam, limit = 64, 6
    (found,) = beam_search(
        Table([table], beam), [limit], beam=beam, length_penalty=penalty, least=least
    )
    for answer, wanted in zip(found, best(table, limit, penalty, least)[:5], strict=False):
        assert answer.score == pytest.approx(wanted, rel=1e-5)
        assert answer.score == pytest.approx(score(table, answer.tokens, penalty), rel=1e-5)


def test_a_larger_penalty_favours_longer_answers():
    """log p is negative: what divides it must be larger for longer answers."""
    lengths = []
    for penalty in (0.0, 1.0, 5.0):
        (found,) = beam_search(Table([SHORT], 32), [6], beam=32, length_penalty=penalty)
        lengths.append(len(found[0].tokens))
    assert lengths == sorted(lengths)
    assert lengths[0] == 0 < lengths[-1]


def test_a_beam_of_one_takes_the_likeliest_token_at_each_step():
    (found,) = beam_search(Table([LONG], 1), [5], beam=1)
    assert [tuple(each.tokens) for each in found] == [(A, B, A, B, A)]  # cut at the limit


def test_sources_side_by_side_are_answered_as_each_alone():
    tables, limits = [SHORT, LONG, SHORT, LONG], [3, 7, 6, 2]
    together = beam_search(Table(tables, 4), limits, beam=4, length_penalty=1.0)
    for table, limit, found in zip(tables, limits, together, strict=True):
        (alone,) = beam_search(Table([table], 4), [limit], beam=4, length_penalty=1.0)
        assert [each.score for each in found] == [each.score for each in alone]
        for one, other in zip(found, alone, strict=True):
            np.testing.assert_array_equal(one.tokens, other.tokens)


def test_no_answer_is_shorter_than_asked():
    for least in range(5):
        (found,) = beam_search(Table([SHORT], 3), [6], beam=3, least=least)
        assert len(found[0].tokens) >= least
        assert all(len(each.tokens) >= least for each in found)


def test_attention_is_that_of_the_tokens_that_were_written():
    (found,) = beam_search(Table([LONG], 3), [6], beam=3, attention=True)
    for answer in found:
        # The table looks at the token that was fed: the end first, then what was written.
        assert answer.weights is not None
        assert answer.weights.shape == (len(answer.tokens), 4)
        looked = [END, *answer.tokens[:-1]] if len(answer.tokens) else []
        assert answer.weights.argmax(1).tolist() == looked
