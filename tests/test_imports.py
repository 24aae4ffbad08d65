"""No circle of files: whoever reads one file never has to read it for another it reads."""

from __future__ import annotations

import ast
import graphlib
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "ostinato"


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _only_for_types(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _imports(tree: ast.AST, known: set[str]) -> set[str]:
    """The package's files that a file imports when it runs, inside functions too."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if _only_for_types(node):
            continue
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        found |= _imports(node, known)
    return found & known


def imports_of(package: Path) -> dict[str, set[str]]:
    files = {_name(path): path for path in package.rglob("*.py")}
    return {
        name: _imports(ast.parse(path.read_text(encoding="utf-8")), set(files)) - {name}
        for name, path in files.items()
    }


def test_no_circle_of_files():
    graph = imports_of(PACKAGE)
    # A room's own file lists its names: it stands on its files, and they never on it.
    assert len(graph) > 100
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        raise AssertionError("files import each other: " + " -> ".join(error.args[1])) from None


def test_the_walk_sees_a_circle(tmp_path, monkeypatch):
    package = tmp_path / "src" / "ostinato"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("def f():\n    from ostinato import b\n")
    (package / "b.py").write_text("from ostinato.a import f\n")
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", package)
    graph = imports_of(package)
    assert graph["ostinato.a"] == {"ostinato.b"}
    assert graph["ostinato.b"] == {"ostinato.a"}
