"""`ostinato backtest`: forecasts as they would have been made, and what they were worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato.cli import output
from ostinato.errors import OptionError, check_choice
from ostinato.storage import write_atomically

FORMATS = ("csv", "jsonl")
PICTURES = (".svg", ".png")


def backtest(
    model: Path,
    sources: Sequence[str],
    options: Mapping[str, Any],
    *,
    by: str | None,
    out: Path | None,
    form: str,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Figures of the backtest on standard output; the forecasts and a picture where asked for."""
    check_choice("backtest", "--by", by, (None, "series", "step"))
    check_choice("backtest", "--format", form, FORMATS)
    if picture is not None and picture.suffix.lower() not in PICTURES:
        raise OptionError(
            f"backtest: --picture must end in {' or '.join(PICTURES)}, got {str(picture)!r}."
        )
    from ostinato.cli.answer import lines_of, load_model, typed_options
    from ostinato.tasks.registry import TASKS

    estimator = load_model(model)
    shell = TASKS[estimator.kind].part("shell")
    if not hasattr(shell, "backtest"):
        raise OptionError(
            f"backtest: is for a forecaster, and {model} is a {estimator.kind}. "
            "See `ostinato evaluate`."
        )
    typed = typed_options("backtest", options, shell.BACKTEST, estimator.kind)
    with output.followed():
        frame, tested = shell.backtest(estimator, sources, typed)
    written: dict[str, str] = {}
    if out is not None:
        rows = tested.to_dict("records")
        write_atomically(out, lines_of(rows, form).encode())
        output.note(f"{len(rows):,} rows written to {out}")
        written["out"] = str(out)
    if picture is not None:
        _draw(estimator.plot(frame, "backtest"), picture)
        written["picture"] = str(picture)
    _tell(estimator, tested, by, {"model": str(model), **written}, as_json)


def _tell(
    estimator: Any, tested: Any, by: str | None, about: Mapping[str, str], as_json: bool
) -> None:
    """The figures: over all, or a row for each series or step ahead."""
    from ostinato.cli.answer import lines_of
    from ostinato.tasks.scores import scores_of

    names = ["origin", *([estimator.layout_.series] if estimator.layout_.series else [])]
    origins = len(tested[names].drop_duplicates())
    figures = estimator.compare(tested, by or "series")
    if by is not None:
        rows = figures.rename_axis(figures.index.name or by).reset_index().to_dict("records")
        if as_json:
            output.result({**about, "origins": origins, by: rows})
            return
        output.say(lines_of(rows, "csv").rstrip("\n"))
        return
    scores = {str(name): float(value) for name, value in figures.mean().items()}
    if as_json:
        output.result({**about, "origins": origins, "scores": scores})
        return
    output.note(f"{origins:,} origins, {len(figures):,} series")
    for row in output.compared(scores_of(estimator.kind, scores)):
        output.say(",".join(row))


def _draw(figure: Any, path: Path) -> None:
    from ostinato.figures import draw

    vector = path.suffix.lower() == ".svg"
    write_atomically(path, draw.svg(figure).encode() if vector else draw.png(figure))
