"""What is measured of a translator, and the naive answers beside it."""

from __future__ import annotations

from ostinato.measures.texts import BLEU, COPY, LEAD, ROUGE, lead, measure_texts
from ostinato.tasks.translator.options import TranslatorOptions
from ostinato.tasks.translator.rows import Texts, TranslatorRows

MEASURES = {"bleu": BLEU, "rouge": ROUGE}
BASELINES = {"bleu": COPY, "rouge": LEAD}


def measure(
    options: TranslatorOptions, rows: TranslatorRows, sources: Texts, answers: Texts, truth: Texts
) -> dict[str, float]:
    """The answers' figures, and with `baseline_` those of the copied sources, or of their first
    words."""
    naive = sources if options.measure == "bleu" else lead(sources, rows.lead_words)
    found = measure_texts(options.measure, answers, truth, options.lowercase)
    peer = measure_texts(options.measure, naive, truth, options.lowercase)
    return found | {f"baseline_{name}": value for name, value in peer.items()}
