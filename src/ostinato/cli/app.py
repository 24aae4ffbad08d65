"""The commands, their common words, and the statuses they exit with.

0    done
1    the run failed: unusable data, a damaged model, a fit that cannot go on
2    the words typed were wrong
130  interrupted by Ctrl-C; what was learned until then is saved and said to be partial
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from ostinato.cli import forecast, output, stream, train
from ostinato.cli.words import Errors, Json, Model, Neutral, Part, SkipBad, SkipEmpty

app = typer.Typer(
    name="ostinato",
    help="Recurrent networks from your own files: train, predict, evaluate, look inside.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(train.app, name="train")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"ostinato {version('ostinato')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


@app.command()
def predict(
    model: Model,
    data: Annotated[
        list[str] | None,
        typer.Argument(help="Files, glob patterns, or - for standard input."),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="A text to answer; may be repeated.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Column with the texts, or with paths of recordings.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(help="Forecaster: steps after the last row.", min=1)
    ] = None,
    future: Annotated[
        str | None,
        typer.Option(help="Forecaster: a table with what is known of the rows to come."),
    ] = None,
    level: Annotated[
        list[float] | None,
        typer.Option(help="Forecaster: per cent that an interval should cover; may be repeated."),
    ] = None,
    neutral: Neutral = None,
    top: Annotated[
        int | None,
        typer.Option(help="Translator, captioner, language model: so many answers.", min=1),
    ] = None,
    beam: Annotated[
        int | None,
        typer.Option(help="Translator, captioner: answers followed at once; 1 is fastest.", min=1),
    ] = None,
    skip_empty: SkipEmpty = None,
    skip_bad: SkipBad = None,
    part: Part = None,
    errors: Errors = None,
    format: Annotated[
        str,
        typer.Option(
            help="How answers are written; conll and conllu: SequenceTagger, a word a line.",
            metavar="csv|jsonl|conll|conllu",
        ),
    ] = "csv",
    out: Annotated[Path | None, typer.Option(help="Write there, not to standard output.")] = None,
    json: Json = False,
) -> None:
    """Answer new rows with a trained model."""
    from ostinato.cli.answer import predict as run_predict

    run_predict(
        model,
        data or [],
        {
            "text": text,
            "column": column,
            "horizon": horizon,
            "future": future,
            "level": level,
            "neutral": neutral,
            "top": top,
            "beam": beam,
            "skip_empty": skip_empty,
            "skip_bad": skip_bad,
            "part": part,
            "errors": errors,
        },
        form=format,
        out=out,
        as_json=json,
    )


@app.command()
def evaluate(
    model: Model,
    data: Annotated[list[str], typer.Argument(help="Files or glob patterns with the truth.")],
    text: Annotated[str | None, typer.Option(help="Column with the texts.")] = None,
    label: Annotated[str | None, typer.Option(help="Column with the labels.")] = None,
    separator: Annotated[
        str | None, typer.Option(help="What stands between the several labels of a row.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Translator: column with the texts to read.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Translator: column with the texts to write.")
    ] = None,
    skip_empty: SkipEmpty = None,
    skip_bad: SkipBad = None,
    part: Part = None,
    errors: Errors = None,
    json: Json = False,
) -> None:
    """Measure a trained model beside a naive baseline."""
    from ostinato.cli.answer import evaluate as run_evaluate

    typed = {"text": text, "label": label, "separator": separator}
    typed |= {"skip_empty": skip_empty, "skip_bad": skip_bad, "part": part, "errors": errors}
    run_evaluate(model, data, typed | {"source": source, "target": target}, as_json=json)


@app.command()
def backtest(
    model: Model,
    data: Annotated[list[str], typer.Argument(help="Files with rows, or glob patterns.")],
    every: Annotated[
        int | None, typer.Option(help="Rows between two origins; without it the horizon.")
    ] = None,
    origins: Annotated[
        int | None, typer.Option(help="So many of each series, the last ones. [default: all]")
    ] = None,
    refit: Annotated[
        int | None, typer.Option(help="Fit another model for every so many origins.")
    ] = None,
    beside: Annotated[
        str | None, typer.Option(help="Statistical models beside it.", metavar="ets,theta")
    ] = None,
    level: Annotated[
        float | None, typer.Option(help="Per cent of values that an interval should hold.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="A row of figures for each of these.", metavar="series|step")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write every forecast there, a row for each.")
    ] = None,
    format: Annotated[str, typer.Option(help="How --out is written.", metavar="csv|jsonl")] = "csv",
    picture: Annotated[
        Path | None, typer.Option(help="Draw the forecasts there, .svg or .png.")
    ] = None,
    errors: Errors = None,
    json: Json = False,
) -> None:
    """Forecast past rows as if they had not come yet, beside naive forecasts."""
    from ostinato.cli.backtest import backtest as run_backtest

    names = [each.strip() for each in (beside or "").split(",") if each.strip()]
    typed = {"every": every, "origins": origins, "refit": refit, "beside": names}
    typed |= {"level": level, "errors": errors}
    run_backtest(model, data, typed, by=by, out=out, form=format, picture=picture, as_json=json)


app.command("forecast")(forecast.command(Json))


@app.command()
def generate(
    model: Model,
    prompt: Annotated[
        str | None,
        typer.Option(help="Text to begin with; of a composer a MIDI file.", metavar="TEXT|FILE"),
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Tokens to write. [default: 500]", min=0)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Composer: seconds to write. [default: 20]")
    ] = None,
    melody: Annotated[
        str | None, typer.Option(help="Composer: harmonise the melody of this MIDI file.")
    ] = None,
    tempo: Annotated[float | None, typer.Option(help="Composer: quarter notes a minute.")] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Composer: the file to write, .mid or .wav; may be repeated."),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="Below 1 keeps to the likely; 0 takes the likeliest. [default: 0.8]"),
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest tokens.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw among the likeliest that have this probability.")
    ] = None,
    repetition_penalty: Annotated[
        float | None, typer.Option(help="Recent tokens are this many times less likely.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same text or piece.")] = None,
    stop: Annotated[str | None, typer.Option(help="End after this text.")] = None,
    json: Json = False,
) -> None:
    """Write on with a trained language model, printing as it goes; or compose with a composer."""
    from ostinato.cli.generate import generate as run_generate

    options = {
        "prompt": prompt,
        "length": length,
        "seconds": seconds,
        "melody": melody,
        "tempo": tempo,
        "out": out,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "seed": seed,
        "stop": stop,
    }
    run_generate(model, options, as_json=json)


app.command("stream")(stream.command(Model))


@app.command()
def info(
    model: Annotated[
        Path | None, typer.Argument(help="A run folder or a .safetensors file.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what this machine offers, or what a model holds."""
    from ostinato.cli.about import info as run_info

    run_info(model, as_json=json)


@app.command()
def inspect(
    model: Model,
    data: Annotated[
        list[str] | None, typer.Argument(help="Files that the model reads, or glob patterns.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="A text to read; may be repeated.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="Column with the texts.")] = None,
    pictures: Annotated[
        str | None, typer.Option(help="Which ones, with commas between; without it all there are.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The page to write; inspect.html beside the model.")
    ] = None,
    json: Json = False,
) -> None:
    """Draw what is inside a trained model: gates, units, memory, what an answer comes from."""
    from ostinato.cli.inspect import inspect as run_inspect

    names = [each.strip() for each in (pictures or "").split(",") if each.strip()]
    run_inspect(model, data or [], text or [], column, names, out, as_json=json)


@app.command()
def doctor(
    model: Annotated[
        Path, typer.Argument(help="A run folder, a .safetensors file, or a file of rows.")
    ],
    data: Annotated[
        list[str] | None,
        typer.Argument(help="Files with the rows that it learned from, or glob patterns."),
    ] = None,
    validation: Annotated[
        str | None, typer.Option(help="A file with other rows, to judge by.", metavar="FILE")
    ] = None,
    advise: Annotated[
        bool, typer.Option("--advise", help="Of rows: propose task and options, and say why.")
    ] = False,
    task: Annotated[str | None, typer.Option(help="With --advise: the task.")] = None,
    label: Annotated[str | None, typer.Option(help="Of rows: the column with labels.")] = None,
    json: Json = False,
) -> None:
    """Find what is wrong with a trained model or with rows, and say what to do."""
    from ostinato.cli.doctor import doctor as run_doctor

    run_doctor(model, data or [], validation, as_json=json, task=task, advise=advise, label=label)


@app.command()
def studio(
    runs: Annotated[Path, typer.Argument(help="Folder with the runs.")] = Path("runs"),
    host: Annotated[
        str, typer.Option(help="Address to serve at; another than this opens it to a network.")
    ] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="[default: the first free from 8765]")] = None,
    token: Annotated[
        str | None, typer.Option(help="What the page's address must have; else one is made.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    json: Json = False,
) -> None:
    """Open one page to watch training, try models and look inside."""
    from ostinato.cli.studio import studio as run_studio

    run_studio(runs, host=host, port=port, token=token, browser=browser, as_json=json)


@app.command()
def datasets(
    action: Annotated[str, typer.Argument(help="list, info or load.")] = "list",
    name: Annotated[str | None, typer.Argument(help="Name of a data set.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="load: write the table there, .csv or .jsonl.")
    ] = None,
    json: Json = False,
) -> None:
    """List, describe or fetch public data sets."""
    from ostinato.cli.about import datasets as run_datasets

    run_datasets(action, name, out=out, as_json=json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for pictures and reports.")] = Path("demo"),
    json: Json = False,
) -> None:
    """Train two small models in a minute; needs no files."""
    from ostinato.cli.demo import demo as run_demo

    run_demo(out, as_json=json)


def _show_warning(message: Warning | str, category: type, *_: object) -> None:
    """Ours as one line; the libraries' below us are not for the person at the terminal."""
    from ostinato.errors import OstinatoWarning

    if issubclass(category, OstinatoWarning):
        output.note(f"Warning: {message}")


def run(words: list[str]) -> int:
    """Run the command that `words` name and return the status to exit with."""
    from ostinato.errors import OptionError, OstinatoError

    command = typer.main.get_command(app)
    warnings.showwarning = _show_warning
    try:
        command.main(args=list(words), prog_name="ostinato")
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        refused = getattr(stop.__context__, "format_message", None)  # by Typer, which said it
        if refused is not None and "--json" in words:
            output.result({"error": refused(), "kind": "UsageError"})
        return status
    except OstinatoError as error:
        output.failure(error, as_json="--json" in words)
        return 2 if isinstance(error, OptionError) else 1
    except KeyboardInterrupt:
        output.note("Interrupted.")
        return output.INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain at exit either.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0
