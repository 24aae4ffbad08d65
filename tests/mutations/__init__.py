"""Mistakes that the tests must find."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """One mistake.

    Attributes:
        file: where it is planted, from the root of the checkout.
        old: text that stands there once.
        new: what is put in its place.
        test: the test file (or `file::test`) that must fail.
    """

    file: str
    old: str
    new: str
    test: str
