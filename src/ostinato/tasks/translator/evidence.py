"""A translator on held-out pairs, as figures."""

from __future__ import annotations

from typing import Any

from ostinato.figures import Axis, Column, Figure, Matrix, Table
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.translator.estimator import Translator
from ostinato.tasks.translator.measures import about_bleu
from ostinato.tasks.translator.rows import read_pairs

SAMPLES = 10  # answers that are shown
LONGEST = 300  # characters of a text that are shown
WIDEST = 40  # tokens of a source whose attention is drawn


def evidence(estimator: Translator, held_out: Any) -> Evidence:
    """What the model answers of `held_out`, sources and references."""
    sources, truth = read_pairs("evidence", *held_out)
    few = sources[:SAMPLES]
    rows = zip(few, estimator.predict(few), truth, strict=False)
    figures: list[Figure] = [
        Table(
            title="Answers beside the references",
            caption="The first held-out rows. Read a few: a figure does not tell what goes wrong.",
            columns=[Column(name=name) for name in ("source", "answer", "reference")],
            rows=[tuple(map(_short, row)) for row in rows],
        )
    ]
    if estimator.attention != "none":
        figures.append(_attention(estimator, sources))
    scores = estimator.baseline_
    remark = about_bleu(len(sources), scores["bleu"]) if "bleu" in scores else ""
    facts: dict[str, object] = {"about BLEU": remark} if remark else {}
    return Evidence(figures=figures, facts=facts)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _attention(estimator: Translator, sources: list[str]) -> Figure:
    """Of the first source that fits the picture, else of the shortest."""
    lengths = list(map(len, estimator.rows_.source.encode(sources)))
    shortest = min(range(len(sources)), key=lambda k: lengths[k])
    row = next((k for k, length in enumerate(lengths) if 4 < length <= WIDEST), shortest)
    (aligned,) = estimator.align([sources[row]])
    return Matrix(
        title="Where the answer looked",
        caption="Each row is a token of the answer, each column a token of the source. The darker, "
        "the more the one looked at the other.",
        values=aligned.weights[:, :-1],
        rows=aligned.target,
        columns=aligned.source,
        low=0,
        high=1,
        x=Axis(label="source"),
        y=Axis(label="answer"),
        value=Axis(label="attention"),
    )
