"""`ostinato forecast`: what comes next in any table, at once and without training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ostinato.cli import arguments, output
from ostinato.cli.train import DATA
from ostinato.errors import check_choice
from ostinato.tasks.forecaster.options import PretrainedOptions
from ostinato.tasks.sources import TableWords, named_columns, table

FORMATS = ("csv", "jsonl")
COLUMNS = ("target", "time", "series")  # options that name columns


def command(as_json: Any) -> Callable[..., None]:
    """The command, with an option for each of `PretrainedOptions` and `TableWords`."""
    options, words = PretrainedOptions.declared(), TableWords.declared()
    form = typer.Option(help="How answers are written.", metavar="|".join(FORMATS))
    out = typer.Option(help="Write there, not to standard output.")

    def forecast(**typed: Any) -> None:
        """Forecast any table at once, with intervals and without training."""
        run(
            typed["data"],
            PretrainedOptions(**arguments.values(options, typed)).check("forecast"),
            TableWords(**arguments.values(words, typed)).check("forecast"),
            form=typed["format"],
            out=typed["out"],
            as_json=typed["json"],
        )

    wanted = [
        arguments.own("data", DATA),
        *arguments.parameters(sorted(options.values(), key=lambda each: each.depth)),
        *arguments.parameters(words.values()),
        arguments.own("format", Annotated[str, form], FORMATS[0]),
        arguments.own("out", Annotated[Path | None, out], None),
        arguments.own("json", as_json, False),
    ]
    return arguments.command(forecast, wanted)


def run(
    sources: Sequence[str],
    options: PretrainedOptions,
    words: TableWords,
    *,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Answer the rows after the last of each series, with an interval around each."""
    check_choice("forecast", "--format", form, FORMATS)
    from ostinato.cli.answer import lines_of, write_answers
    from ostinato.data import TableLayout
    from ostinato.tasks.forecaster.instant import PretrainedForecaster

    told: Mapping[str, Any] = options.options()
    # Standard input of lines without a name that was typed would else be taken for plain text.
    frame = table(sources, words, layout=TableLayout(), **named_columns(told, COLUMNS)).frame
    model = PretrainedForecaster(**told)
    answers = model.predict(frame)
    output.note(model.found_)
    names = [name or "step" for name in answers.index.names]
    rows = answers.rename_axis(names).reset_index().to_dict("records")
    if as_json and out is None:
        levels = model.level if isinstance(model.level, tuple) else (model.level,)
        output.result({"found": model.found_, "level": levels, "answers": rows})
        return
    write_answers(lines_of(rows, form), len(rows), Path("pretrained"), out, as_json)
