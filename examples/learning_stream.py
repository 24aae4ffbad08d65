"""Learn from a stream while it comes: a pump whose wear shows in its readings, and then changes.

python examples/learning_stream.py
python examples/learning_stream.py readings.csv --label state
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ostinato import StreamClassifier, data


def pump(rows: int, seed: int) -> pd.DataFrame:
    """Pressure, flow and heat, one row a minute. The pump runs worn where pressure falls against
    flow for some minutes; two thirds along somebody changes the valve, and it is the other way
    round."""
    chance = np.random.default_rng(seed)
    wear = np.cumsum(chance.normal(size=rows))
    flow = 40 + 5 * np.sin(np.arange(rows) / 60) + chance.normal(size=rows)
    turn = np.where(np.arange(rows) < 2 * rows // 3, -1, 1)
    pressure = 3 * flow + turn * wear + chance.normal(size=rows)
    heat = 60 + 0.2 * np.abs(wear) + chance.normal(size=rows)
    rising = pd.Series(wear).diff(5).fillna(0)
    state = np.where(rising > 1.5, "worn", "well")
    return pd.DataFrame({"pressure": pressure, "flow": flow, "heat": heat, "state": state})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?")
    parser.add_argument("--label", default="state")
    parser.add_argument("--rows", type=int, default=9000, help="made-up rows")
    parser.add_argument("--delay", type=int, default=5, help="rows after which the truth is known")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the stream")
    parser.add_argument("--picture", default="stream.png")
    options = parser.parse_args()
    table = data.read_table(options.csv) if options.csv else pump(options.rows, seed=0)
    labels = table.pop(options.label).tolist()
    rows = table.to_dict("records")

    model = StreamClassifier().begin(list(table.columns))
    snapshot = Path("stream.safetensors")
    snapshot.unlink(missing_ok=True)
    stream = model.stream(learn=True, snapshot=snapshot)
    curve = []
    for number, row in enumerate(rows):
        stream.step(row)
        if number >= options.delay:
            stream.truth(labels[number - options.delay])
        if number % 250 == 249:
            curve.append({"row": number + 1} | stream.scores())
    stream.save(snapshot)

    for name, value in stream.scores().items():
        print(f"{name:28} {value:.3f}")
    print(f"Alarms: {stream.alarms}")
    print(f"Snapshot: {snapshot}, after {stream.count} rows")

    drawn = pd.DataFrame(curve).set_index("row")
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    for prefix, name in (("", "network"), ("linear_", "linear model"), ("nochange_", "no change")):
        axes.plot(drawn[f"{prefix}recent_accuracy"], label=name)
    for alarm in stream.alarms:
        axes.axvline(alarm, color="grey", linestyle=":")
    axes.set_xlabel("row")
    axes.set_ylabel("accuracy of the last 1,000 rows")
    axes.legend()
    figure.savefig(options.picture)
    print(f"Picture: {options.picture}")


if __name__ == "__main__":
    main()
