"""Options are declared once: constructor, checks, words and defaults all follow the declaration."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytest

from ostinato.errors import OptionError
from ostinato.options import (
    EmbeddingOptions,
    Options,
    RecurrenceOptions,
    TrainingOptions,
    VocabularyOptions,
    described,
    option,
)


class Window(Options):
    past: int = option("Rows read.", default=96, low=1)
    share: float = option("A share.", default=0.5, above=0, below=1)


class Model(Window, RecurrenceOptions):
    past: int = 48
    sizes: int | tuple[int, ...] = option("Units.", default=8, low=1)
    between: tuple[float, float] | None = option("Bounds.", default=None, low=0, high=1)
    names: str | Sequence[str] | None = option("Columns.", default=None)
    features: Sequence[str] = option("More columns.", default=())
    weights: Literal["balanced"] | dict[Any, float] | None = option("Weights.", default=None)
    loud: bool = option("Say more.", default=False)


def test_a_new_default_keeps_sentence_and_range():
    declared = Model.declared()["past"]
    assert (declared.default, declared.rule.sentence, declared.rule.low) == (48, "Rows read.", 1)
    assert Window().past == 96
    assert Model().past == 48
    with pytest.raises(OptionError, match="Model: past must be a whole number at least 1, got 0"):
        Model(past=0).check()


def test_a_new_rule_takes_the_place_of_the_old():
    class Longer(Model):
        past: int = option("Many rows read.", default=500, low=100)

    class Longest(Longer):
        past: int = 900

    for kind, default in ((Longer, 500), (Longest, 900)):
        declared = kind.declared()["past"]
        assert (declared.default, declared.rule.sentence) == (default, "Many rows read.")
        with pytest.raises(OptionError, match="past must be a whole number at least 100, got 99"):
            kind(past=99).check()


def test_the_constructor_is_one_explicit_keyword_only_signature():
    parameters = inspect.signature(Model).parameters
    assert list(parameters) == list(Model.declared())
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    with pytest.raises(TypeError):
        Model(3)


def test_the_constructor_stores_as_given_and_does_not_check():
    sizes = [3, 0]
    assert Model(sizes=sizes).sizes is sizes


def test_a_misspelt_option_is_refused_with_the_closest():
    with pytest.raises(OptionError, match="Model: unknown option 'pasd'. Did you mean 'past'?"):
        Model(pasd=3)


@pytest.mark.parametrize(
    "given",
    [
        {"past": np.int64(3)},
        {"share": np.float32(0.25)},
        {"sizes": (3, 4)},
        {"sizes": [3, 4]},
        {"between": (0, 1)},
        {"names": "a"},
        {"names": ["a", "b"]},
        {"names": ()},
        {"weights": "balanced"},
        {"weights": {"a": 2.0}},
        {"activation": "relu", "cell": "rnn"},
    ],
)
def test_allowed(given):
    assert Model(**given).check() is not None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"past": 2.5}, "past must be a whole number at least 1, got 2.5"),
        ({"past": True}, "past must be a whole number at least 1, got True"),
        ({"past": "3"}, "past must be a whole number at least 1, got '3'"),
        ({"past": None}, "past must be a whole number at least 1, got None"),
        ({"share": 1}, "share must be a number above 0 and below 1, got 1"),
        ({"share": float("nan")}, "share must be a number above 0 and below 1, got nan"),
        ({"sizes": (3, 0)}, "sizes must be a whole number at least 1, got 0"),
        ({"sizes": ()}, "sizes must be a whole number or several whole numbers, got ()"),
        ({"sizes": "x"}, "sizes must be a whole number or several whole numbers, got 'x'"),
        ({"between": (0.2,)}, "between must be 2 numbers or None, got (0.2,)"),
        ({"between": (0.2, 1.5)}, "between must be a number at least 0 and at most 1, got 1.5"),
        ({"names": 3}, "names must be a text, several texts or None, got 3"),
        ({"names": ["a", 2]}, "names must be a text, got 2"),
        ({"features": "ab"}, "features must be several texts, got 'ab'"),
        ({"weights": "balance"}, "got 'balance'. Did you mean 'balanced'?"),
        ({"loud": "yes"}, "loud must be True or False, got 'yes'"),
        ({"loud": 1}, "loud must be True or False, got 1"),
        ({"cell": "gruu"}, "cell must be one of 'lstm', 'gru', 'rnn', got 'gruu'. Did you mean"),
        ({"cell": None}, "cell must be one of 'lstm', 'gru', 'rnn', got None"),
        ({"activation": "relu"}, "activation must be 'tanh' with cell='lstm', got 'relu'"),
    ],
)
def test_refused(given, message):
    import re

    with pytest.raises(OptionError, match=re.escape(message)):
        Model(**given).check()


def test_rules_between_options_of_every_group_hold():
    class Both(EmbeddingOptions, VocabularyOptions, RecurrenceOptions, TrainingOptions):
        pass

    Both().check()
    for given, message in (
        ({"freeze": True}, "freeze needs vectors"),
        ({"activation": "relu"}, "activation must be"),
        ({"optimizer": "nt_asgd", "average": 0.9}, "average must be 0"),
    ):
        with pytest.raises(OptionError, match=message):
            Both(**given).check()


def test_part_and_replace():
    class Whole(Window, TrainingOptions):
        epochs: int = 6

    part = Whole(past=3, learning_rate=0.5).part(TrainingOptions)
    assert type(part) is TrainingOptions
    assert (part.epochs, part.learning_rate) == (6, 0.5)
    assert dataclasses.replace(part, epochs=2).epochs == 2
    assert part.epochs == 6


def test_every_shared_option_has_a_plain_sentence():
    for group in (TrainingOptions, RecurrenceOptions, VocabularyOptions, EmbeddingOptions):
        for each in group.declared().values():
            assert each.rule.sentence.endswith("."), each.name
            assert each.rule.sentence[0].isupper(), each.name


def test_repr_shows_what_differs():
    assert repr(Window(past=3)) == "Window(past=3)"


def test_described():
    assert described(int | None) == "a whole number or None"
    assert described(tuple[float, float]) == "2 numbers"


def test_neither_torch_nor_sklearn_is_imported():
    code = "import sys, ostinato.options; print({'torch', 'sklearn', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
