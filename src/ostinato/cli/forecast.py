"""`ostinato forecast`: what comes next in any table, at once and without training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato.cli import output
from ostinato.cli.answer import lines_of, write_answers
from ostinato.errors import check_choice

FORMATS = ("csv", "jsonl")


def forecast(
    sources: Sequence[str],
    options: Mapping[str, Any],
    *,
    reading: Mapping[str, Any],
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Answer the rows after the last of each series, with an interval around each."""
    check_choice("forecast", "--format", form, FORMATS)
    from ostinato.data import TableLayout
    from ostinato.tasks.forecaster.instant import PretrainedForecaster
    from ostinato.tasks.sources import TableWords, table

    words = TableWords(**{name: each for name, each in reading.items() if each is not None})
    named = {name: options[name] or None for name in ("target", "time", "series")}
    model = PretrainedForecaster(**{**options, **named})
    columns = {name: each for name, each in named.items() if each}
    # Standard input of lines without a name that was typed would else be taken for plain text.
    frame = table(sources, words, layout=TableLayout(), **columns).frame
    answers = model.predict(frame)
    output.note(model.found_)
    names = [name or "step" for name in answers.index.names]
    rows = answers.rename_axis(names).reset_index().to_dict("records")
    if as_json and out is None:
        output.result({"found": model.found_, "level": model.level, "answers": rows})
        return
    write_answers(lines_of(rows, form), len(rows), Path("pretrained"), out, as_json)
