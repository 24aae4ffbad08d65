"""A tagger on held-out sentences, as figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ostinato.data.tags import reform_tags, spans_of
from ostinato.figures import Column, Figure, Table, TintedText
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.sequence_tagger.estimator import SequenceTagger
from ostinato.tasks.sequence_tagger.rows import OUTSIDE, Rows, read_pairs

EXAMPLES = 6  # sentences that are coloured
KINDS = 40  # types or tags in the table, the most frequent ones
MISTAKES = 12  # confusions that are listed
LONGEST = 60  # tokens of a sentence that are shown


def evidence(estimator: SequenceTagger, held_out: Any) -> Evidence:
    """What the model answers of `held_out`, sentences and their tags."""
    words, tags = read_pairs("evidence", *held_out)
    answers = estimator.predict(words)
    spans = estimator.rows_.spans
    if spans:
        tags, answers = reform_tags(tags), reform_tags(answers)
    figures: list[Figure] = [_by_kind(tags, answers, spans), _confused(words, tags, answers)]
    for k in _telling(tags, answers):
        figures += _coloured(words[k], tags[k], answers[k], spans)
    facts: dict[str, object] = {}
    if estimator.shift_:
        facts["balance"] = f"'O' lowered by {estimator.shift_:g} nats"
    return Evidence(figures=figures, facts=facts)


def _by_kind(truth: Rows, answers: Rows, spans: bool) -> Figure:
    """Precision, recall and F1 of each type of entity, or of each tag."""
    wanted, found, right = Counter[str](), Counter[str](), Counter[str]()
    for one, other in zip(truth, answers, strict=True):
        if spans:
            here, there = set(spans_of(one)), set(spans_of(other))
            wanted.update(each.type for each in here)
            found.update(each.type for each in there)
            right.update(each.type for each in here & there)
        else:
            wanted.update(one)
            found.update(other)
            right.update(a for a, b in zip(one, other, strict=True) if a == b)
    kinds = sorted({*wanted, *found}, key=lambda kind: (-wanted[kind], kind))[:KINDS]
    noun = "type" if spans else "tag"
    whole = " An entity counts where its type, its first and its last word are right."
    return Table(
        title=f"How well each {noun} is found",
        caption="Precision: how many of those found are right. Recall: how many of those there "
        f"are were found. F1 joins both.{whole if spans else ''}",
        columns=[
            Column(name=noun),
            *(Column(name=name, form=".1%") for name in ("precision", "recall", "F1")),
            Column(name="in the data"),
            Column(name="found"),
        ],
        rows=[
            (
                kind,
                right[kind] / max(1, found[kind]),
                right[kind] / max(1, wanted[kind]),
                2 * right[kind] / (found[kind] + wanted[kind]),
                wanted[kind],
                found[kind],
            )
            for kind in kinds
        ],
    )


def _confused(words: Rows, truth: Rows, answers: Rows) -> Figure:
    """Which tag was taken for which, and for what words."""
    counts: Counter[tuple[str, str]] = Counter()
    said: dict[tuple[str, str], list[str]] = {}
    for row in zip(words, truth, answers, strict=True):
        for word, tag, answer in zip(*row, strict=True):
            if tag != answer:
                counts[tag, answer] += 1
                said.setdefault((tag, answer), []).append(word)
    return Table(
        title="Tags taken for others",
        caption="The most frequent mistakes of single words, with some of the words.",
        columns=[Column(name=name) for name in ("tag", "answer", "words", "such as")],
        rows=[
            (tag, answer, count, ", ".join(dict.fromkeys(said[tag, answer][:5])))
            for (tag, answer), count in counts.most_common(MISTAKES)
        ],
    )


def _telling(truth: Rows, answers: Rows) -> list[int]:
    """Places of sentences to show: those with most tags, half of them with mistakes."""

    def marked(k: int) -> int:
        return sum(tag != OUTSIDE for tag in truth[k] + answers[k])

    order = sorted(range(len(truth)), key=lambda k: (-marked(k), k))
    wrong = [k for k in order if truth[k] != answers[k]][: EXAMPLES // 2]
    right = [k for k in order if truth[k] == answers[k]]
    return [*wrong, *right[: EXAMPLES - len(wrong)]]


def _coloured(words: list[str], truth: list[str], answers: list[str], spans: bool) -> list[Figure]:
    """The sentence coloured by the answers, and by the truth where that differs."""

    def classes(tags: list[str]) -> list[str]:
        if not spans:
            return tags[:LONGEST]
        kinds = [""] * len(tags)
        for kind, first, last in spans_of(tags):
            kinds[first:last] = [kind] * (last - first)
        return kinds[:LONGEST]

    def figure(title: str, tags: list[str]) -> Figure:
        return TintedText(title=title, tokens=words[:LONGEST], classes=classes(tags))

    if truth == answers:
        return [figure("A sentence, all tags right", answers)]
    return [
        figure("A sentence, as the model reads it", answers),
        figure("The same, as the data have it", truth),
    ]
