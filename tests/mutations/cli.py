"""Mistakes in the commands and in what the tasks' shells share."""

from __future__ import annotations

from tests.mutations import Mutation

CLI = "src/ostinato/cli"
SOURCES = "src/ostinato/tasks/sources.py"
TABLES = "tests/cli/test_cli_tables.py"
COMMANDS = "tests/cli/test_cli_commands.py"
HEADER = "test_text_and_label_by_place_without_a_header"
DECIMAL = "test_decimal_commas_are_remembered_where_a_file_cannot_tell"
ARGUMENTS = "tests/cli/test_cli_arguments.py"

MUTATIONS = [
    # What is typed now loses against what training was told.
    Mutation(
        SOURCES,
        "(known | now).items()",
        "(now | known).items()",
        f"{COMMANDS}::test_bytes_that_are_not_utf8",
    ),
    # A header is always expected.
    Mutation(SOURCES, "header=not told.no_header,", "header=True,", f"{TABLES}::{HEADER}"),
    # The decimal sign of training is forgotten.
    Mutation(SOURCES, "        layout=layout,\n    )\n", "    )\n", f"{TABLES}::{DECIMAL}"),
    # A named delimiter is not used.
    Mutation(SOURCES, "separator=_sign(told.delimiter)", "separator=None", f"{TABLES}::{HEADER}"),
    # Empty lines of standard input vanish without a word.
    Mutation(
        SOURCES,
        'filled=["text"], skip_empty=skip, **options)',
        'filled=["text"], skip_empty=True, **options)',
        f"{TABLES}::test_an_empty_line_is_named_or_left_out",
    ),
    # Files and --text together: one of them is dropped.
    Mutation(
        SOURCES,
        "if texts and sources:",
        "if False:",
        f"{TABLES}::test_texts_and_files_together_are_refused",
    ),
    # Exit status 1 for wrong words.
    Mutation(
        f"{CLI}/app.py",
        "return 2 if isinstance(error, OptionError) else 1",
        "return 1",
        f"{TABLES}::test_a_delimiter_is_one_sign",
    ),
    # The JSON of an error is printed only as a sentence.
    Mutation(
        f"{CLI}/output.py",
        "    if as_json:\n        result({",
        "    if False:\n        result({",
        f"{COMMANDS}::test_a_failure_is_one_json_object_too",
    ),
    # NaN in JSON, which is no JSON.
    Mutation(
        f"{CLI}/output.py",
        "return value if math.isfinite(value) else None",
        "return value",
        f"{TABLES}::test_numbers_that_json_lacks_are_null",
    ),
    # --resume is not handed on.
    Mutation(
        f"{CLI}/train.py",
        'resume=typed["resume"],\n                progress',
        "resume=False,\n                progress",
        f"{COMMANDS}::test_train_says_one_json_object_and_resumes",
    ),
    # Answers written in place, not whole or not at all.
    Mutation(
        f"{CLI}/answer.py",
        "write_atomically(out, text.encode())",
        "out.write_text(text)",
        f"{TABLES}::test_answers_are_written_whole_or_not_at_all",
    ),
    # "--hidden-size 64,32" keeps its first number.
    Mutation(
        f"{CLI}/arguments.py",
        'for part in word.split(",") if part.strip())',
        'for part in word.split(",")[:1] if part.strip())',
        ARGUMENTS,
    ),
]
