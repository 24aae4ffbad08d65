"""`ostinato stream MODEL`: rows on standard input, one answer a line; with --learn it learns."""

from __future__ import annotations

import csv
import json
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ostinato.cli import arguments, output
from ostinato.errors import DataError, OptionError
from ostinato.options import OnlineOptions
from ostinato.tasks.registry import TASKS

SNAPSHOT = "stream.safetensors"  # in the run folder


def command(model_argument: Any) -> Any:
    """The command, with an option for each of `OnlineOptions`."""
    kinds = {
        "learn": Annotated[bool, typer.Option("--learn", help="Learn from truths that come.")],
        "anew": Annotated[bool, typer.Option("--anew", help="Begin anew, not from the snapshot.")],
        "snapshot": Annotated[
            Path | None,
            typer.Option(
                help="File for all that is needed to go on; it goes on where there is one. "
                f"[default: {SNAPSHOT} in the run folder]"
            ),
        ],
    }
    wanted = [
        arguments.own("model", model_argument),
        arguments.own("learn", kinds["learn"], False),
        arguments.own("snapshot", kinds["snapshot"], None),
        arguments.own("anew", kinds["anew"], False),
        *arguments.parameters(OnlineOptions.declared().values()),
    ]

    def stream(**typed: Any) -> None:
        """Answer rows of standard input one by one (JSON lines, or CSV with a head); with --learn,
        learn from their truths."""
        own = {name: typed.pop(name) for name in ("model", "learn", "snapshot", "anew")}
        run(**own, online=arguments.values(OnlineOptions.declared(), typed))

    return arguments.command(stream, wanted)


def run(
    model: Path, learn: bool, snapshot: Path | None, anew: bool, online: Mapping[str, Any]
) -> None:
    """Answer and learn until standard input ends.

    Raises:
        OptionError: the model's task has no stream, or options of learning without --learn.
        typer.Exit: with status 1 where a row was refused, 130 after Ctrl-C.
    """
    from ostinato.cli.answer import load_model

    if not learn and (online or snapshot is not None or anew):
        raise OptionError("stream: --learn is needed for options of learning.")
    estimator = load_model(model)
    shell = TASKS[estimator.kind].part("shell")
    if not hasattr(shell, "feed"):
        able = ", ".join(
            kind for kind, task in TASKS.items() if hasattr(task.part("shell"), "feed")
        )
        raise OptionError(f"stream: not for a {estimator.kind}; for: {able}.")
    place = None
    if learn:
        place = snapshot or (
            model / SNAPSHOT if model.is_dir() else model.with_suffix(f".{SNAPSHOT}")
        )
        if anew:
            place.unlink(missing_ok=True)
    feed = shell.feed(estimator, learn=learn, snapshot=place, **online)
    if feed.count:
        output.note(f"Goes on after {feed.count:,} rows, from {place}. --anew begins anew.")
    refused, stopped = _through(feed)
    if place is not None:
        feed.save(place)
    _tell(estimator.kind, feed, place)
    if stopped:
        raise typer.Exit(output.INTERRUPTED)
    if refused:
        output.note(f"{refused:,} lines were refused; the others were answered.")
        raise typer.Exit(1)


def _through(feed: Any) -> tuple[int, bool]:
    """Every line of standard input: how many were refused, and whether a signal ended it."""
    refused, alarms = 0, len(feed.alarms)
    with _Signals() as signals:
        try:
            for number, row in lines(sys.stdin):
                signals.busy = True
                try:
                    if isinstance(row, DataError):
                        raise row
                    found = feed.take(row)
                except DataError as error:
                    refused += 1
                    found = {"line": number, "error": str(error)}
                    output.note(f"Error: line {number}: {error}")
                if found is not None:
                    sys.stdout.write(json.dumps(output.plain(found), ensure_ascii=False) + "\n")
                    sys.stdout.flush()
                for row_number in feed.alarms[alarms:]:
                    output.note(
                        f"Drift: errors are more frequent than they were, at row {row_number}."
                    )
                alarms = len(feed.alarms)
                signals.busy = False
                if signals.came:
                    break
        except KeyboardInterrupt:
            return refused, True
    return refused, signals.came


class _Signals:
    """Ctrl-C and SIGTERM between rows, never within one."""

    def __enter__(self) -> _Signals:
        self.busy = self.came = False
        self._before = {
            each: signal.signal(each, self._handle) for each in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        for each, before in self._before.items():
            signal.signal(each, before)

    def _handle(self, *_: object) -> None:
        self.came = True
        if not self.busy:
            raise KeyboardInterrupt


def lines(file: Iterator[str]) -> Iterator[tuple[int, dict[str, Any] | DataError]]:
    """Each row by column with its line's number, from 1, as soon as it is there; a DataError for a
    line that is none. The first line says whether they are JSON or CSV."""
    numbered = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    head = next(numbered, None)
    if head is None:
        return
    if head[1].lstrip().startswith("{"):
        yield head[0], _object(head[1])
        for number, line in numbered:
            yield number, _object(line)
        return
    names = next(csv.reader([head[1]]))
    for number, line in numbered:
        values = next(csv.reader([line]))
        if len(values) == len(names):
            yield number, dict(zip(names, values, strict=True))
        else:
            yield number, DataError(f"has {len(values)} values, and the head {len(names)} columns.")


def _object(line: str) -> dict[str, Any] | DataError:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return DataError(f"is not JSON: {error}.")
    if not isinstance(found, dict):
        return DataError(f"must be a JSON object, got {line.strip():.60}.")
    return found


def _tell(kind: str, feed: Any, place: Path | None) -> None:
    """Scores beside the baselines', and where the snapshot is; on standard error."""
    scores = feed.scores()
    if scores:
        from ostinato.tasks.scores import scores_of

        head, *rows = output.compared(scores_of(kind, scores))
        output.show("", rows, ("rows so far", *head[1:]))
    if place is not None:
        output.note(f"Snapshot: {place}, after {feed.count:,} rows")
