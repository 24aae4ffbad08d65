"""`ostinato predict` and `ostinato evaluate`: a trained model and new rows."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ostinato.cli import output, runs, tasks
from ostinato.errors import OptionError, StorageError, check_choice


def load(model: Path) -> Any:
    """The fitted estimator of a run folder or a model file."""
    from ostinato import estimators

    return estimators.load(runs.model_file(model))


def predict(
    model: Path,
    sources: Sequence[str],
    *,
    texts: Sequence[str],
    column: str | None,
    horizon: int | None,
    neutral: tuple[float, float] | None,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Answer rows of files, of `--text` or of standard input, in their order."""
    check_choice("predict", "--format", form, ("csv", "jsonl"))
    if texts and sources:
        raise OptionError("predict: give either --text or files, not both.")
    estimator = load(model)
    if estimator.kind == "forecaster":
        if texts or column or neutral:
            raise OptionError(
                "predict: --text, --column and --neutral are for texts; this model is a forecaster."
            )
        rows = _forecast(estimator, sources, horizon)
    else:
        if horizon is not None:
            raise OptionError(
                f"predict: --horizon is for a forecaster; this model is a {estimator.kind}."
            )
        rows = _classify(estimator, sources, texts, column, neutral)
    if as_json and out is None:
        output.result({"model": str(model), "answers": rows})
        return
    _write(rows, form, out)
    if as_json:
        output.result({"model": str(model), "out": str(out), "rows": len(rows)})


def _classify(
    estimator: Any,
    sources: Sequence[str],
    texts: Sequence[str],
    column: str | None,
    neutral: tuple[float, float] | None,
) -> list[dict[str, Any]]:
    import numpy as np

    if not texts:
        texts = _texts(sources, column)
    if neutral is not None:
        estimator.set_params(neutral=tuple(neutral))
    answers = estimator.predict(texts)
    probabilities = np.asarray(estimator.predict_proba(texts))
    return [
        {"label": _label(answer), "confidence": round(float(row.max()), 6), "text": text}
        for answer, row, text in zip(answers, probabilities, texts, strict=True)
    ]


def _label(answer: Any) -> Any:
    """A class as it is, several as one word with bars between."""
    if isinstance(answer, (list, tuple, set)):
        return "|".join(str(each) for each in answer)
    return output.plain(answer)


def _texts(sources: Sequence[str], column: str | None) -> list[str]:
    """Texts of tables; standard input without a named column is one text per line."""
    if not sources or list(sources) == ["-"]:
        if not sources and sys.stdin.isatty():
            raise OptionError("predict: nothing to answer. Give files, --text, or standard input.")
        if column is None:
            return [line for line in sys.stdin.read().splitlines() if line.strip()]
        sources = ["-"]
    name = column or "text"
    return tasks.texts_of(tasks.table(sources, column=name), name, sources)


def _forecast(estimator: Any, sources: Sequence[str], horizon: int | None) -> list[dict[str, Any]]:
    if not sources:
        frame = estimator.forecast(horizon)
    elif horizon is None or horizon <= estimator.horizon:
        frame = estimator.predict(tasks.table(sources))
        if horizon is not None:
            names = [name for name in (estimator.layout_.series,) if name]
            frame = frame.groupby(level=0).head(horizon) if names else frame.head(horizon)
    else:
        raise OptionError(
            f"predict: with data, --horizon must be at most {estimator.horizon}, what the model "
            f"was trained for, got {horizon}."
        )
    layout = estimator.layout_
    names = [*([layout.series] if layout.series else []), layout.time or "step"]
    return frame.rename_axis(names).reset_index().to_dict("records")


def evaluate(model: Path, sources: Sequence[str], *, text: str, label: str, as_json: bool) -> None:
    """Every customary measure beside the naive baseline's on the same rows."""
    from ostinato.inspection import BASELINES, beside_baseline

    estimator = load(model)
    if estimator.kind == "forecaster":
        frame = tasks.table(sources)
        scores = estimator.evaluate(frame)
    else:
        frame = tasks.table(sources, text=text, label=label)
        scores = estimator.evaluate(
            tasks.texts_of(frame, text, sources), tasks.labels_of(frame, label, sources)
        )
    if as_json:
        output.result({"model": str(model), "rows": len(frame), "scores": scores})
        return
    columns, figures = beside_baseline(scores)
    output.say(",".join(["measure", *columns]))
    for name, each in figures:
        output.say(",".join([name, *(f"{value:.6g}" for value in each)]))
    shown = {name for name, _ in figures}
    for name, value in scores.items():
        if name not in shown and not name.startswith(tuple(BASELINES)):
            output.say(",".join([name, f"{value:.6g}", *[""] * (len(columns) - 1)]))


def _write(rows: Sequence[dict[str, Any]], form: str, out: Path | None) -> None:
    text = io.StringIO()
    plain = [output.plain(row) for row in rows]
    if form == "jsonl":
        for row in plain:
            text.write(json.dumps(row, ensure_ascii=False) + "\n")
    elif plain:
        writer = csv.DictWriter(text, list(plain[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(plain)
    if out is None:
        sys.stdout.write(text.getvalue())
        sys.stdout.flush()
        return
    try:
        out.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{out}: cannot be written: {error.strerror}.") from error
    output.note(f"{len(plain):,} rows written to {out}")
