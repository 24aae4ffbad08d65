"""Each program in examples/ runs to its end, from any folder, with nothing but the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def test_every_program_is_in_the_list():
    listed = (EXAMPLES[0].parent / "README.md").read_text()
    assert len(EXAMPLES) >= 8
    assert [path.name for path in EXAMPLES if f"examples/{path.name}" not in listed] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs_to_its_end(path, tmp_path):
    words = [sys.executable, str(path), "--epochs", "1"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3
