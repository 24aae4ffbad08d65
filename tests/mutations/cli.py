"""Mistakes in the commands and in what the tasks' shells share."""

from __future__ import annotations

from tests.mutations import Mutation

CLI = "src/ostinato/cli"
SOURCES = "src/ostinato/tasks/sources.py"
TABLES = "tests/cli/test_cli_tables.py"
COMMANDS = "tests/cli/test_cli_commands.py"
RUNS = "tests/cli/test_cli_runs.py"
ARGUMENTS = "tests/cli/test_cli_arguments.py"

MUTATIONS = [
    # What is typed now loses against what training was told.
    Mutation(SOURCES, "(known | now).items()", "(now | known).items()", COMMANDS),
    # A header is always expected.
    Mutation(SOURCES, "header=not told.no_header,", "header=True,", TABLES),
    # The decimal sign of training is forgotten.
    Mutation(SOURCES, "        layout=layout,\n    )\n", "    )\n", TABLES),
    # A named delimiter is not used.
    Mutation(SOURCES, "separator=_sign(told.delimiter)", "separator=None", TABLES),
    # Empty lines of standard input vanish without a word.
    Mutation(
        SOURCES,
        'filled=["text"], skip_empty=skip, **options)',
        'filled=["text"], skip_empty=True, **options)',
        TABLES,
    ),
    # Files and --text together: one of them is dropped.
    Mutation(SOURCES, "if texts and sources:", "if False:", COMMANDS),
    # Exit status 1 for wrong words.
    Mutation(
        f"{CLI}/app.py",
        "return 2 if isinstance(error, OptionError) else 1",
        "return 1",
        COMMANDS,
    ),
    # The JSON of an error is printed only as a sentence.
    Mutation(
        f"{CLI}/output.py",
        "    if as_json:\n        result({",
        "    if False:\n        result({",
        COMMANDS,
    ),
    # NaN in JSON, which is no JSON.
    Mutation(
        f"{CLI}/output.py",
        "return value if math.isfinite(value) else None",
        "return value",
        COMMANDS,
    ),
    # --resume is not handed on.
    Mutation(
        f"{CLI}/train.py",
        'resume=typed["resume"],\n            progress',
        "resume=False,\n            progress",
        RUNS,
    ),
    # Answers written in place, not whole or not at all.
    Mutation(
        f"{CLI}/answer.py",
        "write_atomically(out, text.encode())",
        "out.write_text(text)",
        TABLES,
    ),
    # "--hidden-size 64,32" keeps its first number.
    Mutation(
        f"{CLI}/arguments.py",
        'for part in word.split(",") if part.strip())',
        'for part in word.split(",")[:1] if part.strip())',
        ARGUMENTS,
    ),
]
