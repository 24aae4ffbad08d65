"""How good captions are beside several references each: BLEU, chrF and CIDEr-D."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from ostinato.errors import DataError, MissingDependencyError
from ostinato.measures.base import Measure

CAPTIONS = (
    Measure(
        name="cider",
        unit="0 to 10",
        sentence="How alike captions are to the references in words and runs of words, those that "
        "few images have counting most (CIDEr-D: Vedantam et al., arXiv:1411.5726).",
    ),
    *(
        Measure(
            name=f"bleu_{n}",
            unit="0 to 100",
            sentence="How many words are those of a reference."
            if n == 1
            else f"How many runs of one to {n} words are those of a reference.",
        )
        for n in (1, 2, 3, 4)
    ),
    Measure(
        name="chrf",
        unit="0 to 100",
        sentence="How many runs of characters are those of the nearest reference.",
    ),
)
"""Of captions, each beside several references."""

Texts = Sequence[str]
LONGEST_RUN = 4
SIGMA = 6.0  # words: how fast CIDEr-D falls with the difference in length


def measure_captions(answers: Texts, references: Sequence[Texts]) -> dict[str, float]:
    """CIDEr-D (0 to 10), corpus BLEU-1 to -4 and chrF (0 to 100) of captions, as sacrebleu
    computes the latter two; words are what spaces set apart. Higher is better.

    Args:
        references: of each caption one or more; their number may differ.

    Raises:
        DataError: there is no caption, or one has no reference.
        MissingDependencyError: sacrebleu is not installed.
    """
    _check(answers, references)
    most = max(map(len, references))
    streams = [[row[k] if k < len(row) else None for row in references] for k in range(most)]
    found = {"cider": sum(ciders(answers, references)) / len(answers)}
    for name, tool in _tools().items():
        found[name] = float(tool.corpus_score(list(answers), streams).score)
    return found


def caption_signatures() -> dict[str, str]:
    """What makes a figure comparable: each measure's signature, with one reference."""
    found = {"cider": f"CIDEr-D|n:1-{LONGEST_RUN}|sigma:{SIGMA:g}|idf:the references measured"}
    for name, tool in _tools().items():
        tool.corpus_score(["a"], [["a"]])
        found[name] = str(tool.get_signature())
    return found


def check_installed(where: str) -> None:
    """Raise MissingDependencyError with the install line unless sacrebleu is there."""
    if find_spec("sacrebleu") is None:
        raise MissingDependencyError(
            f"{where}: measuring captions needs sacrebleu. "
            "Install it: pip install 'ostinato[translation]'"
        )


def _tools() -> dict[str, Any]:
    check_installed("measure_captions")
    from sacrebleu.metrics import bleu, chrf

    tools: dict[str, Any] = {
        f"bleu_{n}": bleu.BLEU(tokenize="none", max_ngram_order=n, force=True)
        for n in range(1, LONGEST_RUN + 1)
    }
    return tools | {"chrf": chrf.CHRF()}


def ciders(answers: Texts, references: Sequence[Texts]) -> list[float]:
    """CIDEr-D of each caption, 0 to 10 (Vedantam et al., arXiv:1411.5726, section 5).

    With g_n(c) the counts of the runs of n words of a caption c, each times the logarithm of the
    images over the images whose references have it, and l(c) its words:

        s_n(c, r) = min(g_n(c), g_n(r)) · g_n(r) / (|g_n(c)| |g_n(r)|)
                    exp(−(l(c) − l(r))² / 2σ²),   σ = 6
        CIDEr-D   = 10 mean over references r and n = 1 to 4 of s_n(c, r)

    The images are those measured: a set of another size gives other figures, and one image alone
    gives 0.

    Raises:
        DataError: there is no caption, or one has no reference.
    """
    _check(answers, references)
    counted = [[_runs(text) for text in row] for row in references]
    images = Counter(run for row in counted for run in {each for runs in row for each in runs})
    known = math.log(len(references))
    weight = {run: known - math.log(count) for run, count in images.items()}
    return [
        10 * sum(_alike(_runs(answer), each, weight, known) for each in row) / len(row)
        for answer, row in zip(answers, counted, strict=True)
    ]


def _alike(answer: Counter, reference: Counter, weight: dict, unseen: float) -> float:
    """The mean of s_n over n."""
    one, other = _weighted(answer, weight, unseen), _weighted(reference, weight, unseen)
    difference = _length(answer) - _length(reference)
    found = 0.0
    for a, r in zip(one, other, strict=True):
        norms = math.sqrt(sum(v * v for v in a.values())) * math.sqrt(
            sum(v * v for v in r.values())
        )
        if norms:
            found += sum(min(v, r[run]) * r[run] for run, v in a.items() if run in r) / norms
    return found / LONGEST_RUN * math.exp(-(difference**2) / (2 * SIGMA**2))


def _weighted(runs: Counter, weight: dict, unseen: float) -> list[dict[tuple[str, ...], float]]:
    """g_1 to g_4; a run that no reference has counts as one that one image has."""
    found: list[dict[tuple[str, ...], float]] = [{} for _ in range(LONGEST_RUN)]
    for run, count in runs.items():
        found[len(run) - 1][run] = count * weight.get(run, unseen)
    return found


def _length(runs: Counter) -> int:
    return sum(count for run, count in runs.items() if len(run) == 1)


def _runs(text: str) -> Counter:
    words = text.split()
    return Counter(
        tuple(words[k : k + n])
        for n in range(1, LONGEST_RUN + 1)
        for k in range(len(words) - n + 1)
    )


def _check(answers: Texts, references: Sequence[Texts]) -> None:
    if len(answers) != len(references):
        raise DataError(
            f"measure_captions: there must be references for each caption, got {len(answers):,} "
            f"captions and {len(references):,} rows of references."
        )
    if not answers:
        raise DataError("measure_captions: there is no caption to measure.")
    row = next((k for k, each in enumerate(references) if not len(each)), None)
    if row is not None:
        raise DataError(f"measure_captions: row {row} has no reference.")
