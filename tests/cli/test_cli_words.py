"""Options generated from a constructor, and values read from the words typed."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ostinato.cli import words
from ostinato.errors import OptionError


class Made:
    """An estimator.

    Args:
        cell: the recurrent cell. More words.
        hidden_size: units of each layer,
            first to last.
        dropout: share of units left out.
    """

    def __init__(
        self,
        *,
        cell: Literal["rnn", "gru", "lstm"] = "gru",
        hidden_size: int | tuple[int, ...] = 64,
        dropout: float = 0.1,
        bidirectional: bool = True,
        vocabulary: int | None = None,
        columns: tuple[str, ...] | None = None,
        patience: str | int = "auto",
    ) -> None: ...


def read(name: str, word: str) -> Any:
    return words.values(Made, {name: word})[name]


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("cell", "lstm", "lstm"),
        ("hidden_size", "32", 32),
        ("hidden_size", "64,32", (64, 32)),
        ("dropout", "0.25", 0.25),
        ("dropout", "1e-3", 1e-3),
        ("vocabulary", "none", None),
        ("vocabulary", "500", 500),
        ("columns", "a, b", ("a", "b")),
        ("columns", "a", ("a",)),
        ("patience", "3", 3),
        ("patience", "auto", "auto"),
    ],
)
def test_words_become_values_of_the_annotated_type(name: str, word: str, expected: Any) -> None:
    found = read(name, word)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "word", "message"),
    [
        (
            "cell",
            "gruu",
            r"--cell must be one of 'rnn', 'gru', 'lstm', got 'gruu'\. Did you mean 'gru'\?",
        ),
        (
            "hidden_size",
            "wide",
            r"--hidden-size must be a whole number or several separated by commas, got 'wide'",
        ),
        ("dropout", "half", r"--dropout must be a number, got 'half'\."),
        ("vocabulary", "1.5", r"--vocabulary must be a whole number or none, got '1\.5'\."),
    ],
)
def test_a_word_that_does_not_fit_says_the_rule(name: str, word: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        read(name, word)


def test_what_was_not_typed_is_left_to_the_constructor() -> None:
    assert words.values(Made, {"cell": None, "bidirectional": False}) == {"bidirectional": False}


def test_help_comes_from_the_docstring() -> None:
    assert words.descriptions(Made.__doc__ or "") == {
        "cell": "the recurrent cell.",
        "hidden_size": "units of each layer, first to last.",
        "dropout": "share of units left out.",
    }


def test_taken_names_are_not_options() -> None:
    names = [each.name for each in words.options(Made, {"cell"})]
    assert "cell" not in names
    assert "hidden_size" in names
