"""Options of a command made from declarations, and values read from the words typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from ostinato.cli import arguments
from ostinato.errors import OptionError
from ostinato.options import Options, option


class Made(Options):
    cell: Literal["rnn", "gru", "lstm"] = option("The recurrent cell.", default="gru")
    hidden_size: int | tuple[int, ...] = option("Units of each layer.", default=64)
    dropout: float = option("Share of units left out.", default=0.1)
    bidirectional: bool = option("Read both ways.", default=True)
    vocabulary: int | None = option("Most tokens.", default=None)
    columns: str | Sequence[str] | None = option("Columns.", default=None)
    features: Sequence[str] = option("More columns.", default=())
    betas: tuple[float, float] = option("Two numbers.", default=(0.9, 0.999))
    weights: Literal["balanced"] | dict[Any, float] | None = option("Weights.", default=None)


def read(name: str, words: Any) -> Any:
    return arguments.values(Made.declared(), {name: words})[name]


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("cell", "lstm", "lstm"),
        ("hidden_size", ["32"], 32),
        ("hidden_size", ["64,32"], (64, 32)),
        ("hidden_size", ["64", "32"], (64, 32)),
        ("dropout", "0.25", 0.25),
        ("dropout", "1e-3", 1e-3),
        ("vocabulary", "none", None),
        ("vocabulary", "500", 500),
        ("columns", ["a, b"], ("a", "b")),
        ("columns", ["a"], "a"),
        ("features", ["a"], ("a",)),
        ("betas", ("0.8", "0.9"), (0.8, 0.9)),
        ("weights", "balanced", "balanced"),
        ("bidirectional", False, False),
    ],
)
def test_words_become_values_of_the_declared_type(name: str, words: Any, expected: Any) -> None:
    found = read(name, words)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        (
            "cell",
            "gruu",
            r"--cell must be one of 'rnn', 'gru', 'lstm', got 'gruu'\. Did you mean 'gru'\?",
        ),
        (
            "hidden_size",
            ["wide"],
            r"--hidden-size must be a whole number or several whole numbers, got 'wide'",
        ),
        ("dropout", "half", r"--dropout must be a number, got 'half'\."),
        ("vocabulary", "1.5", r"--vocabulary must be a whole number or None, got '1\.5'\."),
        ("betas", ("a", "0.9"), r"--betas must be a number, got 'a'\."),
    ],
)
def test_a_word_that_does_not_fit_says_the_rule(name: str, words: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        read(name, words)


def test_what_was_not_typed_is_left_to_the_constructor() -> None:
    typed = {"cell": None, "columns": [], "bidirectional": False}
    assert arguments.values(Made.declared(), typed) == {"bidirectional": False}


def test_a_command_reads_every_form() -> None:
    import inspect

    got: dict[str, Any] = {}

    def call(**typed: Any) -> None:
        got.update(arguments.values(Made.declared(), typed))

    wanted = arguments.parameters(Made.declared().values())
    call.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in wanted}
    app = typer.Typer(rich_markup_mode=None)
    app.command()(call)
    words = "--hidden-size 8,4 --no-bidirectional --betas 0.5 0.6 --columns a --columns b"
    done = CliRunner().invoke(app, words.split())
    assert done.exit_code == 0, done.output
    assert got == {
        "hidden_size": (8, 4),
        "bidirectional": False,
        "betas": (0.5, 0.6),
        "columns": ("a", "b"),
    }
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert "Share of units left out. [default: 0.1]" in " ".join(shown.split())
    assert "rnn|gru|lstm" in shown
