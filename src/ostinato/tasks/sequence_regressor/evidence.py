"""A sequence regressor on held-out recordings, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.figures import Axis, Column, Figure, Line, Lines, Points, Scatter, Table
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.sequence_regressor.estimator import SequenceRegressor
from ostinato.tasks.sequence_regressor.rows import read_pairs

TARGETS, WORST, DRAWN, CHANNELS = 6, 8, 3, 6


def evidence(estimator: SequenceRegressor, held_out: Any) -> Evidence:
    """What the model answers of `held_out`, recordings and numbers."""
    pairs = read_pairs("evidence", estimator, held_out[0], held_out[1], estimator.rows_.wanted)
    said = np.asarray(estimator.predict(pairs.values)).reshape(pairs.numbers.shape)
    figures: list[Figure] = [
        _against(pairs.numbers[:, k], said[:, k], "" if pairs.single else f" {k}")
        for k in range(min(pairs.numbers.shape[1], TARGETS))
    ]
    gap = (np.abs(said - pairs.numbers) / estimator.rows_.unit).mean(1)
    worst = np.argsort(-gap, kind="stable")[:WORST]
    figures.append(
        Table(
            title="Recordings with the largest errors",
            caption="Look at them: a wrong number in the data is as common as a wrong answer.",
            columns=[
                "recording",
                "truth",
                "answer",
                "steps",
                Column(name="spreads off", form=".2f"),
            ],
            rows=[
                (
                    int(k),
                    ", ".join(f"{each:.4g}" for each in pairs.numbers[k]),
                    ", ".join(f"{each:.4g}" for each in said[k]),
                    len(pairs.values[k]),
                    float(gap[k]),
                )
                for k in worst
            ],
        )
    )
    names = estimator.rows_.channels[:CHANNELS]
    for k in worst[:DRAWN]:
        values = pairs.values[k].astype(np.float64)
        truth, answer = (", ".join(f"{v:.4g}" for v in each[k]) for each in (pairs.numbers, said))
        figures.append(
            Lines(
                title=f"Recording {k}: {answer}, and in truth {truth}",
                lines=[
                    Line(name=name, x=np.arange(len(values)), y=values[:, place])
                    for place, name in enumerate(names)
                ],
                x=Axis(label="step", whole=True),
            )
        )
    return Evidence(figures=figures)


def _against(truth: np.ndarray, said: np.ndarray, which: str) -> Figure:
    """Answers over the truth: on the diagonal they are equal."""
    return Scatter(
        title=f"Number{which}: answers over the truth",
        caption="Each point is a held-out recording; on the diagonal the answer is the truth.",
        groups=[Points(name="recordings", x=truth, y=said, role="model")],
        x=Axis(label="truth"),
        y=Axis(label="answer"),
    )
