"""How well does `StreamClassifier` answer drifting streams, row by row, and how many a second?

    python -m benchmarks run quality_streams -- elec
    python -m benchmarks run quality_streams -- weather --seed 1
    python -m benchmarks run quality_streams -- sea --set hidden_size=64 --online every=4
    python -m benchmarks run quality_streams -- elec --delay 48

elec     Elec2: whether the price of electricity in New South Wales lies above its mean of the last
         day; 45,312 half hours.
weather  NOAA: rain or none at an air base; 18,159 days.
sea      SEA concepts with drift and a tenth of the labels wrong; 40,000 rows.

Each row is answered before its truth is seen (prequential), from the first row on and without a fit
before; the truth comes `--delay` rows later. Beside the network stand no change and a logistic
regression, which learns from each row by the same inputs.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pandas as pd
import torch
from benchmarks._quality import chosen, parser, rounded

from ostinato import StreamClassifier

FILES = {"elec": "elec", "weather": "weather", "sea": "sea_stream"}


def measured(
    frame: pd.DataFrame, options: dict[str, Any], online: dict[str, Any], delay: int
) -> dict[str, Any]:
    """Scores, and rows answered and learned a second."""
    columns, X = list(frame.columns[:-1]), frame.iloc[:, :-1].to_numpy(float)
    labels = frame.iloc[:, -1].tolist()
    stream = StreamClassifier(**options).begin(columns).stream(learn=True, **online)
    wall, processor = time.perf_counter(), time.process_time()
    for row, values in enumerate(X):
        stream.step(values)
        if row >= delay:
            stream.truth(labels[row - delay])
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        "rows": len(X),
        "scores": rounded(stream.scores()),
        "rows a second": round(len(X) / wall),
        "rows a processor second": round(len(X) / processor),
        "alarms": stream.alarms,
    }


def main() -> None:
    words = parser(__doc__, *FILES)
    words.add_argument("--delay", type=int, default=0, help="rows after which a truth comes")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--online", action="append", default=[], metavar="OPTION=VALUE")
    typed = words.parse_args()
    torch.set_num_threads(1)
    frame = pd.read_csv(typed.data / "streaming" / f"{FILES[typed.name]}.csv.xz")
    options = chosen({"seed": typed.seed}, typed.set)
    online = chosen({}, typed.online)
    found = measured(frame, options, online, typed.delay)
    print(
        json.dumps({"stream": typed.name, "options": options, "online": online} | found, indent=1)
    )


if __name__ == "__main__":
    main()
