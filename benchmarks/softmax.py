"""How fast a language model of many words trains: full, adaptive and sampled softmax.

    python -m benchmarks.softmax [--data FOLDER] [--threads N] [--hidden N] [--samples N]

WikiText-2's own tokens, 33,278 kinds; a step is 2,800 of them. Embedding, one LSTM layer, tied
output, AdamW. Processor time, medians, the three taking turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from benchmarks.quality_language import HERE, wikitext2

from ostinato.data import TextEncoder
from ostinato.tasks.language_model.module import LanguageModelModule
from ostinato.tasks.language_model.options import LanguageModelOptions
from ostinato.training import Streams

KINDS = ("full", "adaptive", "sampled")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=7)
    words = parser.parse_args()
    torch.set_num_threads(words.threads)
    (text, *_) = wikitext2(words.data)
    encoder = TextEncoder("token", lowercase=False).fit([text])
    tokens = encoder.encode([text])[0].astype(np.uint16)
    nets, optimizers, states, times = (
        {},
        {},
        {},
        {name: [] for name in KINDS},
    )
    for name in KINDS:
        torch.manual_seed(0)
        options = LanguageModelOptions(
            embedding_size=words.hidden,
            cell="lstm",
            hidden_size=words.hidden,
            num_layers=1,
            tied=True,
            dropout=0.2,
            embedding_dropout=0.0,
            recurrent_dropout=0.0,
            softmax=name,
            samples=words.samples,
        )
        nets[name] = LanguageModelModule(options, vocabulary=len(encoder)).train()
        optimizers[name] = torch.optim.AdamW(nets[name].parameters(), lr=2e-3)
    for number, batch in enumerate(Streams(tokens, 40, 70)):
        if number > words.steps:
            break
        for name, net in nets.items():
            began = time.process_time()
            loss, state = net.loss(batch["inputs"], batch["targets"], states.get(name))
            loss.backward()
            optimizers[name].step()
            optimizers[name].zero_grad()
            if number:  # the first step warms up
                times[name].append(time.process_time() - began)
            states[name] = tuple(part.detach() for part in state)
    whole = statistics.median(times["full"])
    for name, taken in times.items():
        took = statistics.median(taken)
        print(
            f"{name:<10} {2_800 / took:>8,.0f} tokens a CPU second, {whole / took:.1f} times full's"
        )


if __name__ == "__main__":
    main()
