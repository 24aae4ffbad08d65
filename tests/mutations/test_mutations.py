"""Mistakes planted in a copy of the package, one at a time, that the named tests must find.

Every file beside this one has a list `MUTATIONS`. A test of its own, quick, holds that each names
text that is there once; running them is for `make test-slow`.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.mutations import Mutation

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith(("_", "test"))
)
LISTS = {name: importlib.import_module(f"tests.mutations.{name}").MUTATIONS for name in FILES}
ALL = [
    pytest.param(each, id=f"{name}-{number}-{Path(each.file).stem}")
    for name, mutations in LISTS.items()
    for number, each in enumerate(mutations)
]

# The copy is imported instead of the installed package, which an editable install would find first.
RUN = """
import sys
sys.meta_path = [f for f in sys.meta_path if "editable" not in type(f).__module__.lower()]
sys.path.insert(0, "src")
import ostinato, pathlib
home = pathlib.Path(ostinato.__file__).resolve()
assert home.is_relative_to(pathlib.Path.cwd()), home
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("mutation", ALL)
def test_a_mutation_names_text_that_is_there_once(mutation: Mutation) -> None:
    source = (ROOT / mutation.file).read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1
    assert mutation.old != mutation.new
    assert (ROOT / mutation.test.partition("::")[0]).exists()


def test_there_are_many() -> None:
    assert len(ALL) >= 60


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, its tests and its settings, with the compiled part beside the sources."""
    place = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__", "*.so")
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=ignore)
    for name in ("pyproject.toml", "conftest.py", "README.md"):
        shutil.copy(ROOT / name, place / name)
    try:
        native = importlib.import_module("ostinato._native")
    except ImportError:
        return place
    shutil.copy(str(native.__file__), place / "src" / "ostinato")
    return place


@pytest.mark.slow
@pytest.mark.parametrize("mutation", ALL)
def test_a_planted_mistake_is_found(mutation: Mutation, copy: Path) -> None:
    path = copy / mutation.file
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace(mutation.old, mutation.new), encoding="utf-8")
    words = [sys.executable, "-c", RUN, "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*words, mutation.test],
            cwd=copy,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    finally:
        path.write_text(sound, encoding="utf-8")
    assert done.returncode == 1, f"not found by {mutation.test}:\n{done.stdout[-2000:]}"
