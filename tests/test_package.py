"""What the package promises as a whole: names, versions, quick imports, rooms in order."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ostinato
from ostinato.tasks.registry import TASKS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "ostinato"
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
HEAVY = ("torch", "lightning", "pandas", "sklearn", "matplotlib")


def _reexports(source: Path) -> set[str]:
    """Names that `source` re-exports in the explicit form `from x import y as y`."""
    tree = ast.parse(source.read_text())
    return {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname is not None and alias.asname == alias.name
    }


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_top_level_exports_equal_promises():
    promised = _reexports(PACKAGE / "__init__.py") | {"__version__"}
    assert promised == set(ostinato.__all__)
    assert set(dir(ostinato)) == promised
    for name in promised:
        assert getattr(ostinato, name) is not None


@pytest.mark.parametrize("room", ROOMS)
def test_every_promised_name_of_a_room_exists(room):
    module = importlib.import_module(f"ostinato.{room}")
    missing = {
        name for name in _reexports(PACKAGE / room / "__init__.py") if not hasattr(module, name)
    }
    assert not missing


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "docs" / "api").glob("*.md")))
def test_reference_page_has_every_public_name(page):
    source = PACKAGE / page / "__init__.py"
    listed = set(re.findall(r"^ +- (\w+)$", (ROOT / f"docs/api/{page}.md").read_text(), re.M))
    if source.exists():
        assert _reexports(source) <= listed


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'ostinato' has no attribute 'Nothing'"):
        _ = ostinato.Nothing


def test_version_agrees_with_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ostinato.__version__ == project["version"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_import_is_light():
    loaded = _python(f"import sys, ostinato; print([m for m in {HEAVY} if m in sys.modules])")
    assert loaded == "[]"


@pytest.mark.parametrize("words", [[], ["train"], *(["train", kind] for kind in TASKS)])
def test_help_is_light(words):
    loaded = _python(
        "import sys\n"
        "from ostinato.cli import main\n"
        f"sys.argv = ['ostinato', *{words}, '--help']\n"
        "try:\n    main()\nexcept SystemExit as exit:\n    assert not exit.code\n"
        f"print([m for m in {(*HEAVY, 'numpy')} if m in sys.modules])"
    )
    assert loaded.splitlines()[-1] == "[]"


def test_rooms_import_downwards_only():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_source_files_stay_short():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("src", "native")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".cpp", ".h", ".hpp"}
        and (lines := len(path.read_text().splitlines())) >= 400
    }
    assert not long
