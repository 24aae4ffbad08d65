"""The pages are tests: every ```python and ```bash block of README.md and docs/ runs as written.

The blocks of one page run in order, in one namespace and one empty directory, so a page reads
and runs from top to bottom. A block that cannot run here (an install line, a long training) is
marked ```sh or ```text and is not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser

# Before the first import of matplotlib: no test opens a window.
os.environ["MPLBACKEND"] = "Agg"


def _run_in_shell(example: Example) -> None:
    """Run a ```bash block with this environment's `ostinato` first on the path."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", example.parsed],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    if done.returncode:
        raise AssertionError(
            f"exit status {done.returncode}\n{example.parsed}\n{done.stdout}\n{done.stderr}"
        )


def _enter_empty_directory(namespace: dict) -> None:
    namespace["_directories"] = (os.getcwd(), tempfile.mkdtemp(prefix="ostinato-page-"))
    os.chdir(namespace["_directories"][1])


def _leave_directory(namespace: dict) -> None:
    before, directory = namespace["_directories"]
    os.chdir(before)
    shutil.rmtree(directory, ignore_errors=True)


_pages = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser(language="bash", evaluator=_run_in_shell),
        SkipParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=_enter_empty_directory,
    teardown=_leave_directory,
)
_docstrings = Sybil(parsers=[DocTestParser()], patterns=["src/**/*.py"])
pytest_collect_file = (_pages + _docstrings).pytest()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the blocks of a page back in order: pytest-randomly shuffles them too."""

    def place(item: pytest.Item) -> tuple[bool, Path, int]:
        block = isinstance(item, SybilItem)
        return block, item.path if block else Path(), item.example.line if block else 0

    items.sort(key=place)


if sys.platform == "win32":
    collect_ignore = ["docs"]
