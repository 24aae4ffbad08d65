"""How good texts are: translations and summaries by the field's own tools, and how well a
language model knows a text."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from typing import Any

from ostinato.errors import MissingDependencyError, check_choice
from ostinato.measures.base import Baseline, Measure

BLEU = (
    Measure(
        name="bleu",
        unit="0 to 100",
        sentence="How many sequences of one to four words are those of the reference "
        "(Post, arXiv:1804.08771).",
    ),
    Measure(
        name="chrf",
        unit="0 to 100",
        sentence="How many sequences of characters are those of the reference: forgives endings.",
    ),
)
"""Of translations."""

ROUGE = (
    Measure(name="rouge_1", unit="0 to 100", sentence="How many words the two have in common."),
    Measure(
        name="rouge_2", unit="0 to 100", sentence="How many pairs of words they have in common."
    ),
    Measure(
        name="rouge_l",
        unit="0 to 100",
        sentence="How long the longest sequence of words is that both have in order (Lin 2004).",
    ),
)
"""Of summaries."""

LANGUAGE = (
    Measure(
        name="nats",
        unit="nats",
        higher_is_better=False,
        sentence="How surprised the model was by each token, the mean.",
    ),
    Measure(
        name="perplexity",
        higher_is_better=False,
        sentence="Among how many equally likely tokens it chose, so to say.",
    ),
    Measure(
        name="bits_per_character",
        unit="bits",
        higher_is_better=False,
        sentence="How surprised the model was by each character: compares models of words with "
        "models of characters.",
    ),
    Measure(
        name="unknown_share",
        higher_is_better=None,
        sentence="The share of tokens that the vocabulary does not have.",
    ),
    Measure(
        name="vocabulary",
        unit="tokens",
        higher_is_better=None,
        sentence="How many tokens there are to choose among.",
    ),
)
"""Of language models."""

COPY = (
    Baseline(prefix="baseline_", name="source copied", sentence="Gives back the source itself."),
)
LEAD = (
    Baseline(
        prefix="baseline_", name="first words", sentence="Gives back the first words of the text."
    ),
)
NGRAMS = (
    Baseline(
        prefix="baseline_",
        name="n-grams",
        sentence="Counts which token followed the few tokens before.",
    ),
)

_PACKAGES = {"bleu": "sacrebleu", "rouge": "rouge_score"}
_ROUGES = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l"}


def check_installed(where: str, measure: str) -> None:
    """Raise MissingDependencyError with the install line unless the measure's package is there.

    Raises:
        OptionError: no such measure.
    """
    check_choice(where, "measure", measure, _PACKAGES)
    package = _PACKAGES[measure]
    if importlib.util.find_spec(package) is None:
        raise MissingDependencyError(
            f"{where}: measure={measure!r} needs {package.replace('_', '-')}. "
            "Install it: pip install 'ostinato[translation]'"
        )


def measure_texts(
    measure: str, answers: Sequence[str], truth: Sequence[str], lowercase: bool = False
) -> dict[str, float]:
    """Of "bleu": corpus BLEU and chrF, each 0 to 100; of "rouge": the mean F1 of ROUGE-1, ROUGE-2
    and ROUGE-L, words stemmed, each 0 to 100. Higher is better.

    Raises:
        MissingDependencyError: the package is not installed.
    """
    check_installed("measure_texts", measure)
    if measure == "bleu":
        tools = _tools(lowercase)
        return {k: float(v.corpus_score(answers, [truth]).score) for k, v in tools.items()}
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(_ROUGES), use_stemmer=True)
    scores = [scorer.score(one, other) for one, other in zip(truth, answers, strict=True)]
    return {
        name: 100 * sum(each[key].fmeasure for each in scores) / max(1, len(scores))
        for key, name in _ROUGES.items()
    }


def signatures(measure: str, lowercase: bool = False) -> dict[str, str]:
    """What makes a figure comparable: each measure's signature."""
    check_installed("signatures", measure)
    if measure == "rouge":
        from importlib.metadata import version

        words = f"F1|stemmer:yes|version:{version('rouge-score')}"
        return dict.fromkeys(_ROUGES.values(), words)
    found = {}
    for name, tool in _tools(lowercase).items():
        tool.corpus_score(["a"], [["a"]])
        found[name] = str(tool.get_signature())
    return found


def _tools(lowercase: bool) -> dict[str, Any]:
    from sacrebleu.metrics import bleu, chrf

    return {"bleu": bleu.BLEU(lowercase=lowercase), "chrf": chrf.CHRF(lowercase=lowercase)}


def lead(texts: Sequence[str], words: int) -> list[str]:
    """The first words of each text: the naive summary."""
    return [" ".join(text.split()[:words]) for text in texts]


def measure_language(nats: float, tokens: int, characters: int) -> dict[str, float]:
    """Nats a token, perplexity and bits a character, from the nats of a whole text.

    Args:
        nats: minus the logarithm of the text's probability.
        tokens: how many tokens it has.
        characters: how many characters it has as it was given.
    """
    mean = nats / tokens
    return {
        "nats": mean,
        "perplexity": math.exp(min(mean, 700.0)),
        "bits_per_character": nats / math.log(2) / characters,
    }
