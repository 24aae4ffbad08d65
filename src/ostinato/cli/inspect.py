"""`ostinato inspect`: pictures of what is inside a trained model, as one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ostinato.cli import output
from ostinato.cli.answer import load_model
from ostinato.errors import OptionError

CHARACTERS = 400  # of a file that a language model reads
ROWS = 200  # of a table
FEW = 8  # images, recordings or pieces
TEXTS = ("text-classifier", "sequence-tagger", "language-model", "translator")


def inspect(
    model: Path,
    sources: Sequence[str],
    texts: Sequence[str],
    column: str | None,
    names: Sequence[str],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write a page of pictures, by default inspect.html beside the model."""
    from ostinato.inspection.gallery import picture_page, pictures_of
    from ostinato.storage import write_atomically

    estimator = load_model(model)
    data = _data(estimator, sources, list(texts), column)
    found = pictures_of(estimator, data, names)
    if as_json:
        tables = {name: each.table.to_dict(orient="list") for name, each in found.items()}
        if out is None:
            output.result({"model": str(model), "pictures": tables})
            return
    target = out or (model if model.is_dir() else model.parent) / "inspect.html"
    title = f"Inside {model.resolve().name}: {estimator.kind.replace('-', ' ')}"
    write_atomically(target, picture_page(found, title).encode())
    output.note(f"{len(found)} pictures written to {target}")
    if as_json:
        output.result({"model": str(model), "out": str(target), "pictures": tables})


def _data(estimator: Any, sources: Sequence[str], texts: list[str], column: str | None) -> Any:
    """What the model reads, of what was typed; None where nothing was."""
    kind = estimator.kind
    if sources and texts:
        raise OptionError("inspect: give DATA or --text, not both.")
    if not sources and not texts:
        return None
    if texts and kind not in TEXTS:
        raise OptionError(f"inspect: --text is not for a {kind}. Name a file with its rows.")
    if kind == "image-captioner":
        from ostinato.data import listed_images

        return listed_images(sources)[:FEW]
    if kind == "speech-recognizer":
        from ostinato.data import listed_recordings

        return listed_recordings(sources)[:FEW]
    if kind == "music-composer":
        from ostinato.data import read_pieces

        return read_pieces(sources, steps_per_beat=estimator.steps_per_beat)[:FEW]
    if kind == "language-model" and sources:
        from ostinato.data import TextFiles

        texts = [next(TextFiles(list(sources)).pieces())[1][:CHARACTERS]]
    elif sources and kind in ("sequence-classifier", "sequence-regressor"):
        from ostinato.tasks.recordings.files import RecordingWords, unlabelled
        from ostinato.tasks.sources import remembered

        return unlabelled(estimator, sources, remembered(RecordingWords, estimator)).X[:ROWS]
    elif sources:
        from ostinato.data import read_table

        frame = read_table(list(sources))
        if kind in ("forecaster", "anomaly-detector"):
            return frame
        frame = frame.head(ROWS)
        if kind == "stream-classifier":
            return frame[[name for name in estimator.rows_.columns if name in frame]]
        name = column or estimator.source_.get("text") or "text"
        texts = list(read_table(frame, required={name: "Name it with --column."})[name])
    if kind == "sequence-tagger":
        return [text.split() for text in texts]
    return texts[0] if kind == "language-model" else texts
