"""Plausible mistakes, each with the test that must see it; `make test-slow` plants them all."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """In `file`, `old` becomes `new`; then something in `test` must fail."""

    file: str
    old: str
    new: str
    test: str
