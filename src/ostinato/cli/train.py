"""`ostinato train TASK`: read, fit, save, report; options come from the estimator's constructor."""

from __future__ import annotations

import contextlib
import inspect
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ostinato.cli import output, runs
from ostinato.cli.tasks import TASKS
from ostinato.cli.tasks import task as task_named
from ostinato.errors import StorageError

_COMMON = {
    "validation": (
        str,
        typer.Option(
            help="Fraction of the rows to hold out, or a file of held-out rows.",
            metavar="FRACTION|FILE",
        ),
        "0.1",
    ),
    "name": (
        str | None,
        typer.Option(help="Name of the run. [default: TASK-FILE-NUMBER]", metavar="NAME"),
        None,
    ),
    "out": (Path, typer.Option(help="Folder that holds the runs.", metavar="FOLDER"), Path("runs")),
    "resume": (bool, typer.Option("--resume", help="Continue an interrupted run."), False),
    "force": (bool, typer.Option("--force", help="Replace a run of this name."), False),
    "quiet": (bool, typer.Option("--quiet", help="No progress bar."), False),
    "json": (bool, typer.Option("--json", help="Print one JSON object on standard output."), False),
}


class _Tasks(TyperGroup):
    """Builds a task's full command when it is called for: its options need the estimator."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _command(str(name)), rest


app = typer.Typer(
    cls=_Tasks,
    help="Train a model on your own files, into runs/NAME/.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _register(task: str, words: str) -> None:
    @app.command(task, help=words)
    def stub() -> None:
        pass


for _task, _words in TASKS.items():
    _register(_task, _words)


def _command(task: str) -> Any:
    """The command of one task, its options generated from the estimator's signature."""
    from ostinato.cli import words
    from ostinato.training import TrainingOptions

    about = task_named(task)
    made = about.estimator()
    own = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind, info],
        )
        for name, (kind, info, default) in {**about.words, **_COMMON}.items()
    ]
    data = inspect.Parameter(
        "data",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[
            list[str],
            typer.Argument(help="Files, glob patterns, or - for standard input.", metavar="DATA"),
        ],
    )
    taken = {each.name for each in own} | {"data"}

    def call(**typed: Any) -> None:
        train(task, made, taken, typed)

    wanted = [data, *own, *words.options(made, taken, TrainingOptions)]
    call.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in wanted}
    single = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    single.command(task, help=TASKS[task])(call)
    return typer.main.get_command(single)


def train(task: str, made: type, taken: set[str], typed: dict[str, Any]) -> None:
    """Fit a model as the typed words say, and leave a run folder.

    Raises:
        OstinatoError: whatever stops it; `ostinato.cli.app.run` prints it.
        typer.Exit: with status 130 after Ctrl-C, when the best weights so far are saved.
    """
    from ostinato import inspection
    from ostinato.cli import words
    from ostinato.cli.app import INTERRUPTED

    about = task_named(task)
    options = words.values(made, typed, taken)
    stem = runs.stem_of(task, typed["data"])
    loaded = about.read(typed, options)
    estimator = made(**options)
    place = runs.folder(
        typed["out"], typed["name"], stem, resume=typed["resume"], force=typed["force"]
    )
    try:
        estimator.fit(
            *loaded.training,
            validation=loaded.validation,
            directory=place,
            resume=typed["resume"],
            progress=not typed["quiet"],
        )
    except BaseException:
        with contextlib.suppress(OSError):
            place.rmdir()  # only if nothing was written yet
        raise
    model = place / runs.MODEL
    _save(estimator, model)
    evidence = about.evidence(estimator, loaded)
    evidence.command = shlex.join(["ostinato", *sys.argv[1:]]) if sys.argv[1:] else ""
    report = inspection.report(estimator, place, evidence)
    result = estimator.fit_result_
    partial = result.status == "interrupted"
    if typed["json"]:
        output.result(
            {
                "task": task,
                "run": str(place),
                "model": str(model),
                "report": str(report),
                "status": result.status,
                "best_epoch": result.best_epoch,
                "seconds": result.seconds,
                "scores": dict(evidence.scores),
            }
        )
    _summary(task, place, evidence.scores, result, about.next_words(place, loaded))
    if partial:
        begun = (place / runs.CHECKPOINTS).exists()
        resume = "The same command with --resume continues." if begun else ""
        output.note(
            f"Interrupted: the model is partial, the best weights so far are saved in {model}. "
            f"{resume}"
        )
        raise typer.Exit(INTERRUPTED)


def _save(estimator: Any, model: Path) -> None:
    """Save, if need be elsewhere: a full disk must not cost what was learned.

    Raises:
        StorageError: it was not saved in `model`; the message says where instead.
    """
    try:
        estimator.save(model)
    except StorageError as error:
        refuge = Path(tempfile.mkdtemp(prefix="ostinato-")) / runs.MODEL
        estimator.save(refuge)
        raise StorageError(f"{error} The trained model is in {refuge} instead.") from error


def _summary(task: str, place: Path, scores: Any, result: Any, next_words: str) -> None:
    from ostinato.inspection import beside_baseline

    columns, figures = beside_baseline(scores)
    rows = [(name, *(f"{value:.4g}" for value in each)) for name, each in figures]
    epochs = f"best epoch {result.best_epoch}, " if result.best_epoch else ""
    output.note(f"\n{task}: {epochs}{result.seconds:.1f} s of training")
    if rows:
        output.show("", rows, ("held-out rows", *columns))
    output.note(f"Report: {place / runs.REPORT}")
    output.note(f"Next:   {next_words}")
