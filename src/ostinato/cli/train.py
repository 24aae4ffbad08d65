"""`ostinato train TASK`: read, fit, save, report; options come from the task's declarations."""

from __future__ import annotations

import contextlib
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ostinato.cli import arguments, output, runs
from ostinato.errors import StorageError
from ostinato.tasks.registry import TASKS, Task
from ostinato.tasks.sources import validation_of

DATA = Annotated[
    list[str],
    typer.Argument(help="Files, glob patterns, or - for standard input.", metavar="DATA"),
]
_COMMON = {
    "validation": (
        str,
        typer.Option(
            help="Rows to hold out and judge by: a fraction of the rows, or a file.",
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
    """Builds a task's full command when it is called for."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _command(TASKS[str(name)]), rest


app = typer.Typer(
    cls=_Tasks,
    help="Train a model on your own files, into runs/NAME/.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _register(task: Task) -> None:
    @app.command(task.kind, help=task.sentence)
    def stub() -> None:
        pass


for _task in TASKS.values():
    _register(_task)


def _command(task: Task) -> Any:
    """The command of one task: its own words, the words of every run, the constructor's options."""
    words = task.part("shell").Words.declared()
    options = task.options.declared()
    own = [
        arguments.own(name, Annotated[kind, info], default)
        for name, (kind, info, default) in _COMMON.items()
    ]
    shown = [each for name, each in options.items() if name not in words and name != "progress"]
    shown.sort(key=lambda each: each.depth)  # the task's own first

    def call(**typed: Any) -> None:
        train(task, typed)

    data = arguments.own("data", DATA)
    wanted = [data, *arguments.parameters(words.values()), *own, *arguments.parameters(shown)]
    single = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    single.command(task.kind, help=task.sentence)(arguments.command(call, wanted))
    return typer.main.get_command(single)


def train(task: Task, typed: dict[str, Any]) -> None:
    """Fit a model as the typed words say, and leave a run folder.

    Raises:
        OstinatoError: whatever stops it; `ostinato.cli.app.run` prints it.
        typer.Exit: with status 130 after Ctrl-C, when the best weights so far are saved.
    """
    shell = task.part("shell")
    declared = shell.Words.declared()
    words = shell.Words(**arguments.values(declared, typed)).check(f"train {task.kind}")
    options = arguments.values(task.options.declared(), typed)
    task.options(**options).check(task.name)  # before files are read
    with output.followed():  # files that are left out are named
        loaded = shell.read(typed["data"], words, validation_of(typed["validation"]), options)
    estimator = task.estimator(**options)
    stem = runs.stem_of(task.kind, typed["data"])
    place = runs.folder(
        typed["out"], typed["name"], stem, resume=typed["resume"], force=typed["force"]
    )
    try:
        with output.followed():
            estimator.fit(
                *loaded.arguments,
                validation=loaded.validation,
                directory=place,
                resume=typed["resume"],
                progress=not typed["quiet"],
            )
    except BaseException:
        with contextlib.suppress(OSError):
            place.rmdir()  # only if nothing was written yet
        raise
    estimator.source_ = loaded.source
    model = place / runs.MODEL
    _save(estimator, model)
    _tell(task, typed, estimator, place, loaded)


def _tell(task: Task, typed: dict[str, Any], estimator: Any, place: Path, loaded: Any) -> None:
    """The report, the summary, and the object of --json."""
    from ostinato import inspection
    from ostinato.tasks.scores import scores_of

    model, result = place / runs.MODEL, estimator.fit_result_
    command = shlex.join(["ostinato", *sys.argv[1:]]) if sys.argv[1:] else ""
    diagnosis = inspection.diagnose(estimator, loaded.arguments, validation=loaded.validation)
    report = inspection.report(
        estimator, place, facts=loaded.facts, diagnosis=diagnosis, command=command
    )
    scores = estimator.baseline_
    if typed["json"]:
        output.result(
            {
                "task": task.kind,
                "run": str(place),
                "model": str(model),
                "report": str(report),
                "status": result.status,
                "best_epoch": result.best_epoch,
                "seconds": result.seconds,
                "scores": dict(scores),
                "findings": [finding.name for finding in diagnosis.findings],
            }
        )
    output.summary(task.kind, result, scores_of(task.kind, scores))
    for finding in diagnosis.findings:
        output.note(f"Doctor: {finding.title}. {finding.remedies[0]}")
    output.note(f"Report: {report}")
    verb = getattr(task.part("shell"), "VERB", "predict")
    output.note(f"Next:   {shlex.join(['ostinato', verb, str(place), *loaded.example])}")
    if result.status == "interrupted":
        begun = (place / runs.CHECKPOINTS).exists()
        resume = "The same command with --resume continues." if begun else ""
        output.note(
            f"Interrupted: the model is partial, the best weights so far are saved in {model}. "
            f"{resume}"
        )
        raise typer.Exit(output.INTERRUPTED)


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
