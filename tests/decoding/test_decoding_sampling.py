"""Tokens drawn from scores, held to shares computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ostinato.decoding import Recent, Sampler
from ostinato.errors import OptionError

PLAIN = {
    "temperature": 1.0,
    "top_k": None,
    "top_p": None,
    "repetition_penalty": 1.0,
    "seed": None,
}
SHARES = np.array([0.0, 0.5, 0.3, 0.15, 0.05])  # of tokens 2 to 6, the first of them never
NOTHING = np.zeros((1, 1), dtype=np.int64)


def sampler(first=2, **options):
    return Sampler("here", first, **PLAIN | options)


def drawn(shares, recent=NOTHING, times=20_000, **options):
    """The share of each token among so many draws."""
    with np.errstate(divide="ignore"):
        scores = np.log(np.concatenate([[0.9, 0.9], shares]))
    rows = np.repeat(scores[None].astype(np.float32), times, 0)
    tokens = sampler(**options).draw(rows, np.repeat(recent, times, 0))
    return np.bincount(tokens, minlength=len(scores))[2:] / times


def test_shares_are_those_of_the_scores_and_the_first_tokens_never_come():
    np.testing.assert_allclose(drawn(SHARES), SHARES, atol=0.015)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_scores_are_divided_by_the_temperature(temperature):
    wanted = SHARES ** (1 / temperature)
    found = drawn(SHARES, temperature=temperature)
    np.testing.assert_allclose(found, wanted / wanted.sum(), atol=0.015)


@pytest.mark.parametrize("temperature", [1e-300, 1e-3, 0])
def test_almost_no_temperature_takes_the_likeliest(temperature):
    assert drawn(SHARES, temperature=temperature, times=50)[1] == 1


def test_a_high_temperature_draws_all_alike_but_never_what_cannot_come():
    found = drawn(SHARES, temperature=1e6)
    np.testing.assert_allclose(found, [0, 0.25, 0.25, 0.25, 0.25], atol=0.015)


def test_the_likeliest_of_so_many_or_of_so_much():
    np.testing.assert_allclose(drawn(SHARES, top_k=2), [0, 0.625, 0.375, 0, 0], atol=0.015)
    # The token that passes the limit still counts.
    np.testing.assert_allclose(drawn(SHARES, top_p=0.6), [0, 0.625, 0.375, 0, 0], atol=0.015)
    assert drawn(SHARES, top_p=0.4)[1] == 1
    np.testing.assert_allclose(drawn(SHARES, top_p=1.0, top_k=99), SHARES, atol=0.015)


def test_a_recent_token_is_so_many_times_less_likely_once():
    wanted = np.array([0, 0.5 / 4, 0.3, 0.15, 0.05 / 4])
    recent = np.array([[3, 6, 3, 3]])  # three times is no more than once
    found = drawn(SHARES, recent, repetition_penalty=4.0)
    np.testing.assert_allclose(found, wanted / wanted.sum(), atol=0.015)
    assert drawn(SHARES, recent, repetition_penalty=4.0, temperature=0, times=3)[2] == 1


def test_with_a_seed_every_row_draws_what_it_would_alone():
    scores = np.log(np.array([[1, 1, 4, 3, 2, 1], [1, 1, 1, 2, 3, 4]], dtype=np.float32))
    recent = np.zeros((2, 1), dtype=np.int64)
    together, alone = sampler(seed=5), [sampler(seed=5), sampler(seed=5)]
    for _ in range(600):  # beyond the numbers that are made at once
        tokens = together.draw(scores, recent)
        for row, each in enumerate(alone):
            (token,) = each.draw(scores[row : row + 1], recent[:1])
            assert token == tokens[row]


def test_recent_tokens_are_the_last_of_prompt_and_text():
    recent = Recent([np.arange(100, 110), np.arange(100, 200)])
    assert set(recent.tokens[0]) == {0, *range(100, 110)}
    assert set(recent.tokens[1]) == set(range(136, 200))
    for token in range(64):
        recent.add(np.array([200 + token, 300 + token]))
        # A short prompt's own tokens go last.
        assert (109 in recent.tokens[0]) == (token < 63)
        assert 200 + token in recent.tokens[0]
        assert set(recent.tokens[1]) == {*range(137 + token, 200), *range(300, 301 + token)}
    recent.keep([1])
    assert recent.tokens.shape == (1, 64)
    recent.add(np.array([7]))
    assert set(recent.tokens[0]) == {7, *range(301, 364)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": float("inf")}, "temperature must be .* at most 1000000, got inf"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"temperature": -0.1}, "temperature must be"),
        ({"top_k": 1.5}, "top_k must be a whole number"),
        ({"top_p": 1.1}, "top_p must be"),
        ({"top_p": float("nan")}, "top_p must be"),
        ({"repetition_penalty": float("inf")}, "repetition_penalty must be"),
        ({"repetition_penalty": 0.9}, "repetition_penalty must be"),
        ({"seed": -1}, "here: seed must be a whole number at least 0, got -1"),
        ({"seed": True}, "seed must be"),
    ],
)
def test_what_is_no_way_to_draw(options, message):
    with pytest.raises(OptionError, match=message):
        sampler(**options)
