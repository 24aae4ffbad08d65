"""Words that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Model = Annotated[Path, typer.Argument(help="A run folder (runs/NAME) or a .safetensors file.")]
Errors = Annotated[
    str | None,
    typer.Option(
        help="Bytes that are not UTF-8: strict (an error) or replace.", metavar="strict|replace"
    ),
]
SkipEmpty = Annotated[
    bool | None, typer.Option("--skip-empty", help="Leave out rows whose text or label is empty.")
]
SkipBad = Annotated[
    bool | None, typer.Option("--skip-bad", help="Leave out files that cannot be used.")
]
Part = Annotated[
    str | None, typer.Option(help="Composer: the part of a JSON file that has several.")
]
Neutral = Annotated[
    tuple[float, float] | None,
    typer.Option(help="Probabilities between LO and HI are answered 'neutral'.", metavar="LO HI"),
]
