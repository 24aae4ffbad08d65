"""Checks of the rows: classes, copies, unknown words, cut texts, shuffled time, leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.inspection.doctor.findings import Finding, UncheckedError
from ostinato.inspection.doctor.patient import Patient

RARE = 0.1  # of the most frequent class's rows
COPIES = 0.01  # of the held-out rows
UNKNOWN = 0.1  # of the tokens
CUT = 0.25  # of the rows
WASTE = 0.3  # of the steps that are read
LEAST = 100  # rows of a series
LAGS = 48  # rows back, or ahead, that are compared


def class_imbalance(patient: Patient) -> Finding | None:
    """A class far rarer than the most frequent one, all counting alike."""
    labels = patient.rows("train").labels
    if labels is None or any(isinstance(each, list | tuple | set) for each in labels):
        raise UncheckedError("needs one label a row.")
    if patient.options.get("class_weight") is not None:
        return None
    scores = patient.scores.model
    macro = ""
    if "f1_macro" in scores:
        macro = f" Macro F1 on held-out rows is {scores['f1_macro']:.2f}."
    return imbalance(labels, macro)


def imbalance(labels: Sequence[Any], remark: str = "") -> Finding | None:
    """The finding of labels of which one is rare."""
    counts = Counter(labels).most_common()
    if not counts:
        raise UncheckedError("there are no labels.")
    (most, often), (least, seldom) = counts[0], counts[-1]
    if seldom >= RARE * often:
        return None
    return Finding(
        name="class-imbalance",
        title="Some classes are rare, and the model may never answer them",
        evidence=f"{most!r} has {often:,} rows, {least!r} {seldom:,}.{remark}",
        remedies=(
            "Set class_weight='balanced'.",
            f"Gather more rows of {least!r}.",
            "Judge by macro F1, not by accuracy.",
        ),
    )


def copies(patient: Patient) -> Finding | None:
    """Held-out rows that training had too."""
    known, held = patient.rows("train").keys, patient.rows("held_out").keys
    if known is None or held is None:
        raise UncheckedError("rows of these data may well repeat.")
    known = set(known)
    twice = [each for each in held if each in known]
    if len(twice) < max(2, COPIES * len(held)):
        return None
    first = twice[0]
    if isinstance(first, tuple):
        first = " ".join(map(str, first))
    return Finding(
        name="copies",
        title="Held-out rows are copies of training rows",
        evidence=f"{len(twice):,} of {len(held):,} held-out rows stand in the training rows too, "
        f"for example {str(first)[:60]!r}. The figures are too good by as much.",
        remedies=(
            "Remove the copies before the rows are split.",
            "Where rows belong together (a person, a day), hold out whole groups.",
        ),
    )


def unknown_words(patient: Patient) -> Finding | None:
    """Many tokens of held-out rows that the vocabulary lacks."""
    share = patient.rows("held_out").unknown
    if share is None:
        raise UncheckedError("needs a vocabulary.")
    if share < UNKNOWN:
        return None
    return Finding(
        name="unknown-words",
        title="The model does not know many of the words",
        evidence=f"{share:.0%} of the tokens in held-out rows are not in its vocabulary.",
        remedies=(
            "Lower min_count to 1, or raise max_vocabulary.",
            "Set level='bpe', which reads every word in pieces, or level='char'.",
            "Give it more rows, or vectors of words.",
        ),
    )


def cut_texts(patient: Patient) -> Finding | None:
    """Rows of which the network reads only a part."""
    rows = patient.any_rows
    if rows.whole is None or rows.lengths is None:
        raise UncheckedError("needs rows with a length.")
    cut = float((rows.lengths < rows.whole).mean())
    lost = 1 - float(rows.lengths.sum()) / max(float(rows.whole.sum()), 1.0)
    if cut < CUT:
        return None
    return Finding(
        name="cut-texts",
        title="The network reads only a part of many texts",
        evidence=f"{cut:.0%} of the rows are longer than max_length, now "
        f"{patient.options.get('max_length')}; {lost:.0%} of the tokens are never read.",
        remedies=("Raise max_length: the time grows with it.", "Set truncation='middle'."),
    )


def padding_waste(patient: Patient) -> Finding | None:
    """Batches of which much is padding, which costs time and learns nothing."""
    learned = patient.train
    rows = learned if learned is not None and learned.lengths is not None else patient.any_rows
    if rows.lengths is None or len(rows.lengths) < 2:
        raise UncheckedError("needs rows with a length.")
    size = patient.options["batch_size"]
    lengths = np.sort(rows.lengths)  # `fit` puts rows of like length together
    read = sum(len(part) * int(part.max()) for part in _batches(lengths, size))
    waste = 1 - float(lengths.sum()) / max(read, 1)
    if waste < WASTE:
        return None
    most, half = int(lengths.max()), int(np.median(lengths))
    return Finding(
        name="padding-waste",
        title="Much of what the network reads is padding",
        evidence=f"{waste:.0%} of the steps in batches of {size} are padding: half of the rows "
        f"have {half:,} steps or fewer, the longest {most:,}.",
        remedies=(
            "Cut the few longest rows, as max_length does with texts.",
            f"Lower batch_size, now {size}: there are few rows of like length.",
        ),
    )


def _batches(lengths: np.ndarray, size: int) -> list[np.ndarray]:
    return [lengths[start : start + size] for start in range(0, len(lengths), size)]


def labels_too_long(patient: Patient) -> Finding | None:
    """Recordings with fewer steps than their labels need: CTC has no way through them."""
    found = [each for each in (patient.train, patient.held_out) if each is not None]
    rows = next((each for each in found if each.needed is not None), None)
    if rows is None or rows.needed is None or rows.lengths is None:
        raise UncheckedError("needs labels that are aligned with the steps.")
    short = rows.lengths < rows.needed
    if not short.any():
        return None
    first = int(short.argmax())
    return Finding(
        name="labels-too-long",
        title="Some texts are longer than their recordings have steps",
        evidence=f"{int(short.sum()):,} of {rows.count:,} rows, the first in row {first}: "
        f"{rows.needed[first]} labels, blanks between equal ones counted, in {rows.lengths[first]} "
        "steps. Their loss is infinite, and nothing is learned from them.",
        remedies=(
            f"Lower stride, now {patient.options.get('stride')}, or frame_shift: more steps.",
            "Look at these rows: text and recording may not belong together.",
            "Leave them out.",
        ),
    )


def shuffled_time(patient: Patient) -> Finding | None:
    """A series in which no row is like any of those before: a sawtooth by week is like the row of a
    week ago alone."""
    return shuffled(_columns(patient))


def shuffled(columns: dict[str, np.ndarray]) -> Finding | None:
    """The finding of columns of numbers in their order."""
    rows = len(next(iter(columns.values())))
    lags = range(1, 1 + min(LAGS, rows // 4))
    found = [
        (name, abs(_correlation(values[lag:], values[:-lag])))
        for name, values in columns.items()
        for lag in lags
    ]
    strongest = max(found, key=lambda each: each[1])
    if strongest[1] > 4 / np.sqrt(rows):
        return None
    return Finding(
        name="shuffled-time",
        title="The rows look shuffled: none is like those before it",
        evidence=f"Of {rows:,} rows, the largest correlation between a row and one of the "
        f"{len(lags)} before it is {strongest[1]:.2f} ({strongest[0]!r}); chance gives up to "
        f"{4 / np.sqrt(rows):.2f}.",
        remedies=(
            "Put the rows in the order of time, and do not shuffle before the split.",
            "If they are in order, the series is noise: nothing can be forecast from it.",
        ),
    )


def leaked_time(patient: Patient) -> Finding | None:
    """A column that has what the target is only later."""
    columns = _columns(patient)
    targets = [str(each) for each in patient.model.rows_.layout.target]
    others = [name for name in columns if name not in targets]
    for target in targets:
        if target not in columns:
            continue
        truth = columns[target]
        for name in others:
            for ahead in range(1, 1 + min(LAGS, len(truth) // 4)):
                later, own = truth[ahead:], columns[name][:-ahead]
                if abs(_correlation(later, own)) > 0.999 > abs(_correlation(later, truth[:-ahead])):
                    return Finding(
                        name="leaked-time",
                        title="A column knows the future",
                        evidence=f"{name!r} is what {target!r} will be {ahead} rows later "
                        "(correlation above .999).",
                        remedies=(
                            f"Leave out {name!r}, unless it is truly known that early.",
                            "Look at how it was made: a mean or a shift over later rows leaks.",
                        ),
                    )
    return None


def _columns(patient: Patient) -> dict[str, np.ndarray]:
    """Numbers of a single series, in the order given."""
    table = patient.table
    if table is None:
        raise UncheckedError("needs the rows of a series.")
    try:
        frame: Any = pd.DataFrame(table)
    except (ValueError, TypeError) as error:  # a file's name, for example
        raise UncheckedError("needs the rows of a series as a table.") from error
    split = getattr(patient.model, "series", None)
    if split is not None:
        names = [split] if isinstance(split, str) else list(split)
        keys = frame[names].apply(tuple, axis=1)
        frame = frame[keys == keys.iloc[0]]
    return series_columns(frame)


def series_columns(frame: Any) -> dict[str, np.ndarray]:
    """The columns of numbers that change."""
    found = {
        str(name): values.to_numpy(np.float64)
        for name, values in frame.select_dtypes("number").items()
        if values.nunique() > 1
    }
    if not found or len(frame) < LEAST:
        raise UncheckedError(f"needs {LEAST} rows of numbers.")
    return found


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    a, b = one[both], other[both]
    if len(a) < 3 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


CHECKS: dict[str, Callable[[Patient], Finding | None]] = {
    "labels-too-long": labels_too_long,
    "copies": copies,
    "leaked-time": leaked_time,
    "shuffled-time": shuffled_time,
    "class-imbalance": class_imbalance,
    "unknown-words": unknown_words,
    "cut-texts": cut_texts,
    "padding-waste": padding_waste,
}
