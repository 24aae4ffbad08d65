"""Rows that a fit holds out: a fraction, rows that are given, or none."""

from __future__ import annotations

from typing import Any

import pytest

from ostinato.data.held_out import hold_out
from ostinato.errors import OptionError


def split(validation: Any, **how: Any) -> Any:
    rows = [f"x{k}" for k in range(100)], [k % 2 for k in range(100)]
    settings: dict[str, Any] = {"seed": 0, "read": lambda X, y: (list(X), list(y))} | how
    return hold_out("fit", rows, validation, **settings)


def test_a_fraction_keeps_rows_together_and_shares_of_classes():
    labels = [int(k < 10) for k in range(100)]
    learn, judge = split(0.2, stratify=labels)
    assert (len(learn[0]), len(judge[0])) == (80, 20)
    assert {*learn[0], *judge[0]} == {f"x{k}" for k in range(100)}
    assert all(int(text[1:]) % 2 == y for text, y in zip(*judge, strict=True))
    assert sum(int(text[1:]) < 10 for text in judge[0]) == 2


def test_the_seed_decides():
    assert split(0.2, seed=1) == split(0.2, seed=1)
    assert split(0.2, seed=1) != split(0.2, seed=2)


def test_given_rows_are_read_and_none_holds_nothing_out():
    learn, judge = split((("a", "b"), (0, 1)))
    assert len(learn[0]) == 100
    assert judge == (["a", "b"], [0, 1])
    assert split(None)[1] is None


@pytest.mark.parametrize("validation", [0, 1, 1.5, -0.1, float("nan"), True])
def test_a_fraction_lies_between_0_and_1(validation):
    with pytest.raises(OptionError, match="fit: validation must be a number above 0 and below 1"):
        split(validation)


@pytest.mark.parametrize("validation", ["x", (1,), (1, 2, 3), object(), {"a": 1}])
def test_other_things_are_refused(validation):
    with pytest.raises(OptionError, match="validation must be a fraction, 2 columns as in fit"):
        split(validation)
