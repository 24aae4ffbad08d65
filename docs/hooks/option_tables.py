"""Tables of options in the docs, made from the declarations.

A line `<!-- options: ostinato.tasks.text_classifier.options.TextClassifierOptions -->` on a page
becomes one table for each group of that class.
"""

from __future__ import annotations

import importlib
import itertools
import re
from typing import Any

from ostinato.options import Declared, described

_MARK = re.compile(r"^<!-- options: ([\w.]+) -->$", re.M)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def _row(each: Declared) -> str:
    low, high = each.rule.low, each.rule.high
    bounds = [
        words
        for words, bound in (
            (f"≥ {low}", low),
            (f"≤ {high}", high),
            (f"> {each.rule.above}", each.rule.above),
            (f"< {each.rule.below}", each.rule.below),
        )
        if bound is not None
    ]
    value = (
        f"{described(each.annotation)} ({', '.join(bounds)})"
        if bounds
        else described(each.annotation)
    )
    return f"| `{each.name}` | {_cell(each.rule.sentence)} | {_cell(value)} | `{each.default!r}` |"


def tables(cls: Any) -> str:
    """One table for each group of the options of `cls`, its own first."""
    declared = sorted(cls.declared().values(), key=lambda each: each.depth)
    parts = []
    for group, options in itertools.groupby(declared, key=lambda each: each.group):
        head = (group.__doc__ or "").strip().splitlines()[0]
        rows = "\n".join(_row(each) for each in options)
        parts.append(
            f"**{head}**\n\n| option | what it does | values | default |\n|---|---|---|---|\n{rows}"
        )
    return "\n\n".join(parts)


def _made(match: re.Match[str]) -> str:
    module, _, name = match[1].rpartition(".")
    return tables(getattr(importlib.import_module(module), name))


def on_page_markdown(markdown: str, **_: Any) -> str:
    """What mkdocs calls for each page."""
    return _MARK.sub(_made, markdown)
