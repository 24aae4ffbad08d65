"""How soon are gestures learned in the studio, and how many are told, whole and half drawn?

Ten generated drawings of each of four shapes are learned, others by other seeds are told.
"""

from __future__ import annotations

import argparse
import statistics
import time

from ostinato.serving.panels import PANELS, PanelRequest
from ostinato.serving.panels.shapes import shapes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--each", type=int, default=20, help="drawings of a shape that are told")
    typed = parser.parse_args()
    answer = next(panel.answer for panel in PANELS if panel.name == "gestures")

    def ask(**question: object) -> dict:
        return dict(answer(PanelRequest(question=question)))

    for seed in range(typed.seeds):
        learned = ask(do="train", drawings=shapes(seed))
        new, whole, half, taken = shapes(1000 + seed, typed.each), 0, 0, []
        for one in new:
            (stroke,) = one["strokes"]
            begun = time.perf_counter()
            told = ask(do="tell", network=learned["network"], strokes=[stroke])
            taken.append(time.perf_counter() - begun)
            whole += told["label"] == one["label"]
            begin = [stroke[: len(stroke) // 2]]
            told = ask(do="tell", network=learned["network"], strokes=begin)
            half += told["label"] == one["label"]
        print(
            f"seed {seed}: learned in {learned['seconds']:.1f} s; of {len(new)} told {whole} whole "
            f"and {half} half drawn, {1000 * statistics.median(taken):.1f} ms each"
        )


if __name__ == "__main__":
    main()
