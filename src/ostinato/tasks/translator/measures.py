"""What is measured of a translator, and the naive answers beside it."""

from __future__ import annotations

from ostinato.measures import Baseline
from ostinato.measures.texts import BLEU, ROUGE, lead, measure_texts
from ostinato.tasks.translator.options import TranslatorOptions
from ostinato.tasks.translator.rows import Texts, TranslatorRows

MEASURES = (*BLEU, *ROUGE)
BASELINES = (
    Baseline(
        prefix="baseline_",
        name="the source itself",
        sentence="Gives back the source; of a summary its first words.",
    ),
)
SHORT = 0.25  # share of the references' characters below which answers are nearly empty
FEW = 50  # rows below which BLEU says little


def about_bleu(rows: int, bleu: float) -> str:
    """What a reader of a BLEU should know, in a sentence or two; "" where nothing is odd."""
    words = f"BLEU of {rows} rows says little: it is made for hundreds." if rows < FEW else ""
    if bleu < 0.5:
        words += (
            " BLEU near 0 means that answers and references share no run of four words. chrF, "
            "which counts characters, still tells models apart. BLEU is smoothed (sacrebleu's exp)."
        )
    return words.strip()


def about_lengths(answers: Texts, truth: Texts) -> str:
    """What to do where answers are nearly empty; "" where they are not."""
    written, wanted = (sum(len(text.strip()) for text in texts) for texts in (answers, truth))
    if written >= SHORT * wanted:
        return ""
    rows = len(answers)
    return (
        f"answers to held-out rows are nearly empty: {written / rows:.1f} characters in the mean, "
        f"where the references have {wanted / rows:.1f}. The network has learned too little, or "
        "finds short answers likelier: give it more epochs or more pairs; a larger "
        "length_penalty or min_length makes answers longer."
    )


def measure(
    options: TranslatorOptions, rows: TranslatorRows, sources: Texts, answers: Texts, truth: Texts
) -> dict[str, float]:
    """The answers' figures, and with `baseline_` those of the copied sources, or of their first
    words."""
    naive = sources if options.measure == "bleu" else lead(sources, rows.lead_words)
    found = measure_texts(options.measure, answers, truth, options.lowercase)
    peer = measure_texts(options.measure, naive, truth, options.lowercase)
    return found | {f"baseline_{name}": value for name, value in peer.items()}
