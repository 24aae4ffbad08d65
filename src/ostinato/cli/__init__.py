"""The shell: words typed to calls of the estimators. `main` is the command `ostinato`.

Nothing heavy is imported until the command that needs it runs.
"""

from __future__ import annotations


def main() -> None:
    """Run `ostinato` with the words of the command line, and exit with its status."""
    import sys

    from ostinato.cli.app import run

    sys.exit(run(sys.argv[1:]))
