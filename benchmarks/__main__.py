"""List the scripts: `python -m benchmarks`. Run one: `python -m benchmarks run NAME -- OPTIONS`."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def scripts() -> dict[str, str]:
    """Every script here with the question that opens its docstring."""
    found = {}
    for path in sorted(HERE.glob("[!_]*.py")):
        words = (ast.get_docstring(ast.parse(path.read_text())) or "").strip().splitlines()
        found[path.stem] = words[0] if words else ""
    return found


def main() -> int:
    known, words = scripts(), sys.argv[1:]
    if not words or words[0] != "run":
        width = max(map(len, known), default=0)
        for name, question in known.items():
            print(f"{name:<{width}}  {question}")
        print(
            "\nRun one: python -m benchmarks run NAME [-- OPTIONS]. Figures: benchmarks/README.md"
        )
        return 0
    if len(words) < 2 or words[1] not in known:
        print(f"benchmarks: no script {words[1:2]}. Scripts: {', '.join(known)}", file=sys.stderr)
        return 2
    path = HERE / f"{words[1]}.py"
    sys.argv = [str(path), *(word for word in words[2:] if word != "--")]
    # A script may import a neighbour, from any folder.
    sys.path.insert(0, str(HERE.parent))
    runpy.run_path(str(path), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
