"""Word and character errors by hand."""

from __future__ import annotations

import builtins

import pytest

from ostinato.errors import MissingDependencyError
from ostinato.measures.speech import SPEECH, errors_of, measure_speech


def test_errors_by_hand():
    # "a x c e" for "a b c": one word replaced, one added. "" for "d": one left out.
    found = measure_speech(["a b c", "d"], ["a x c e", ""])
    assert found == pytest.approx(
        {
            "wer": 3 / 4,
            "cer": 4 / 6,
            "sentence_errors": 1.0,
            "substitutions": 1 / 4,
            "insertions": 1 / 4,
            "deletions": 1 / 4,
        }
    )
    assert set(found) == {each.name for each in SPEECH}
    assert errors_of("a b c", "a x c e") == (2, 3)


def test_all_right_and_nothing_said():
    assert set(measure_speech(["a b"], ["a b"]).values()) == {0.0}
    found = measure_speech(["", "a"], ["x", "a"])
    assert (found["wer"], found["insertions"], found["sentence_errors"]) == (1.0, 1.0, 0.5)
    assert measure_speech([""], [""])["wer"] == 0


def test_without_jiwer_the_message_has_the_install_line(monkeypatch):
    original = builtins.__import__

    def missing(name, *arguments, **options):
        if name == "jiwer":
            raise ImportError(name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ostinato\[speech\]'"):
        measure_speech(["a"], ["a"])
