"""Pictures of a tagger: tables and coloured sentences."""

from __future__ import annotations

import types

from ostinato.figures import Table, TintedText
from ostinato.tasks.sequence_tagger.evidence import evidence


def model(answers, spans=True):
    return types.SimpleNamespace(
        predict=lambda words: answers, rows_=types.SimpleNamespace(spans=spans), shift_=0.5
    )


def test_the_table_of_types_and_the_coloured_sentences():
    words = [["Ann", "Lee", "sees", "Rome"], ["Oslo", "rains"]]
    tags = [["B-p", "I-p", "O", "B-q"], ["B-q", "O"]]
    answers = [["B-p", "O", "O", "B-q"], ["B-q", "O"]]
    found = evidence(model(answers), (words, tags))
    table, confused, *sentences = found.figures
    assert isinstance(table, Table)
    assert table.rows == (("q", 1.0, 1.0, 1.0, 2, 2), ("p", 0.0, 0.0, 0.0, 1, 1))
    assert confused.rows == (("I-p", "O", 1, "Lee"),)
    assert all(isinstance(each, TintedText) for each in sentences)
    assert [each.classes for each in sentences] == [
        ("p", "", "", "q"),
        ("p", "p", "", "q"),
        ("q", ""),
    ]
    assert found.facts == {"balance": "'O' lowered by 0.5 nats"}


def test_the_table_of_tags():
    found = evidence(model([["N", "V", "V"]], spans=False), ([["a", "b", "c"]], [["N", "V", "N"]]))
    assert found.figures[0].rows == (
        ("N", 1.0, 0.5, 2 / 3, 2, 1),
        ("V", 0.5, 1.0, 2 / 3, 1, 2),
    )
