"""What a panel is asked, and what all panels do with it."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ostinato.errors import DataError, OptionError, OstinatoError, check_number

Answer = dict[str, Any] | Iterator[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class PanelRequest:
    """What the page asks.

    Attributes:
        model: the fitted estimator; None of a panel that needs none.
        run: its run's name, or "".
        question: JSON, as the panel's JavaScript sends it.
        body: an uploaded file, or nothing; its name stands in the question as "file".
    """

    model: Any = None
    run: str = ""
    question: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""

    def text(self, name: str, default: str = "") -> str:
        """A text of the question.

        Raises:
            OptionError: it is none.
        """
        value = self.question.get(name, default)
        if not isinstance(value, str):
            raise OptionError(f"{name} must be a text, got {type(value).__name__}.")
        return value

    def number(self, name: str, default: Any, **bounds: Any) -> Any:
        """A number of the question within `check_number`'s bounds; a default of None may stay.

        Raises:
            OptionError: it is none, or lies outside.
        """
        value = self.question.get(name, default)
        if value is None and default is None:
            return None
        check_number("The page", name, value, **bounds)
        return value


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel of the page.

    Attributes:
        name: of its file in `static/panels`, and in addresses.
        title: for people.
        kinds: of models that it takes; none: it needs no model.
        answer: from a request to what JSON can hold, at once or piece by piece.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    answer: Callable[[PanelRequest], Answer]


@contextmanager
def uploaded(request: PanelRequest, *suffixes: str) -> Iterator[Path]:
    """The uploaded file under its own name in a folder of its own, for as long as it is read.

    What is said of it while it is read names the file alone, not the folder.

    Args:
        suffixes: endings that are read, such as ".wav".

    Raises:
        DataError: there is no file, or it has another ending.
    """
    last = re.split(r"[/\\]", request.text("file"))[-1]
    name = re.sub(r"[^\w. ()+-]", "_", last)[-100:].strip(". ") or "upload"
    if not request.body:
        raise DataError(f"{name}: the file is empty. Choose another.")
    if suffixes and not name.lower().endswith(suffixes):
        raise DataError(f"{name}: must be a file of {', '.join(suffixes)}. Choose another.")
    with tempfile.TemporaryDirectory(prefix="ostinato-studio-") as folder:
        path = Path(folder) / name
        path.write_bytes(request.body)
        try:
            yield path
        except OstinatoError as error:
            raise type(error)(str(error).replace(f"{folder}/", "")) from error


def numbers(values: Any, digits: int = 6) -> Any:
    """Arrays as lists of JSON, rounded to so many significant digits; NaN and infinity are null."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list | tuple):
        return [numbers(each, digits) for each in values]
    if isinstance(values, float):
        return float(f"{values:.{digits}g}") if math.isfinite(values) else None
    return values
