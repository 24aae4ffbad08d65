"""Values that JSON lacks come back as they were."""

from __future__ import annotations

import math

import pytest

from ostinato.storage.document import dump_document, parse_document


@pytest.mark.parametrize(
    "value",
    [
        {1: "a", "1": "b"},
        {True: 1.5, None: {2.5: (1, 2)}},
        {(1, "x"): [1]},
        {"$pairs": 3},
        {"$pairs": [[1, 2]]},
        {},
        {"a": -math.inf},
    ],
)
def test_keys_of_every_kind_come_back(value):
    assert parse_document(dump_document({"value": value})) == {"value": value}


@pytest.mark.parametrize(
    "text",
    [
        '{"$pairs": [[1]]}',
        '{"$pairs": [[[1], 2]]}',
        '{"$pairs": [[1, 2], [1, 3]]}',
        '{"$pairs": 3}',
    ],
)
def test_other_pairs_are_refused(text):
    with pytest.raises(ValueError, match=r"pairs|key|mark"):
        parse_document(text)
