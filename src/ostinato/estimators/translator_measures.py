"""How good translations and summaries are, by the field's own tools."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

from ostinato.errors import MissingDependencyError

MEASURES = {"bleu": "sacrebleu", "rouge": "rouge_score"}
ROUGES = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l"}


def check_installed(measure: str) -> None:
    """Raise MissingDependencyError with the install line unless the package is there."""
    package = MEASURES[measure]
    if importlib.util.find_spec(package) is None:
        raise MissingDependencyError(
            f"Translator: measure={measure!r} needs {package.replace('_', '-')}. "
            "Install it: pip install 'ostinato[translation]'"
        )


def _tools(lowercase: bool) -> dict[str, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return {"bleu": BLEU(lowercase=lowercase), "chrf": CHRF(lowercase=lowercase)}


def measure_texts(
    measure: str, answers: Sequence[str], truth: Sequence[str], lowercase: bool
) -> dict[str, float]:
    """Of "bleu": corpus BLEU (Post, arXiv:1804.08771) and chrF, each 0 to 100; of "rouge": the
    mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004), words stemmed, each 0 to 100. Higher is
    better.

    Raises:
        MissingDependencyError: the package is not installed.
    """
    check_installed(measure)
    if measure == "bleu":
        tools = _tools(lowercase)
        return {k: float(v.corpus_score(answers, [truth]).score) for k, v in tools.items()}
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(ROUGES), use_stemmer=True)
    scores = [scorer.score(one, other) for one, other in zip(truth, answers, strict=True)]
    return {
        name: 100 * sum(each[key].fmeasure for each in scores) / max(1, len(scores))
        for key, name in ROUGES.items()
    }


def signatures(measure: str, lowercase: bool) -> dict[str, str]:
    """What makes a figure comparable: each measure's signature."""
    check_installed(measure)
    if measure == "rouge":
        from importlib.metadata import version

        return {
            name: f"F1|stemmer:yes|version:{version('rouge-score')}" for name in ROUGES.values()
        }
    found = {}
    for name, tool in _tools(lowercase).items():
        tool.corpus_score(["a"], [["a"]])
        found[name] = str(tool.get_signature())
    return found


def lead(texts: Sequence[str], words: int) -> list[str]:
    """The first words of each text: the naive summary."""
    return [" ".join(text.split()[:words]) for text in texts]
