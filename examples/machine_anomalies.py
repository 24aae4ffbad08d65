"""Find what is not as it should be in the readings of a machine, and say which reading it is.

python examples/machine_anomalies.py
python examples/machine_anomalies.py readings.csv --label faulty
"""

from __future__ import annotations

import argparse

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ostinato import AnomalyDetector, data


def press(rows: int, seed: int) -> pd.DataFrame:
    """Force, heat and current of a press whose load changes through the day, one row a minute, with
    four faults in the last third: a jolt, a bearing that warms up, a sensor that sticks, and a
    current that no longer goes with the force."""
    chance = np.random.default_rng(seed)
    at = np.arange(rows)
    load = 1 + 0.3 * np.sin(2 * np.pi * at / 1440)
    force = load * (80 + 20 * np.sin(at / 7)) + chance.normal(0, 2, rows)
    heat = 40 + 15 * load + chance.normal(0, 0.3, rows)
    current = 0.4 * force + 3 + chance.normal(0, 1, rows)
    faulty = np.zeros(rows, dtype=int)
    begin, part = 2 * rows // 3, rows // 12

    def fault(number: int, length: int) -> slice:
        first = begin + number * part + part // 3
        faulty[first : first + length] = 1
        return slice(first, first + length)

    force[fault(0, 3)] += 60
    warm = fault(1, 60)
    heat[warm] += np.linspace(0, 12, 60)
    stuck = fault(2, 60)
    force[stuck] = force[stuck.start]
    wrong = fault(3, 40)
    current[wrong] = current[wrong][::-1] + 15
    time = pd.date_range("2026-03-02 06:00", periods=rows, freq="min")
    columns = {"time": time, "force": force, "heat": heat, "current": current, "faulty": faulty}
    return pd.DataFrame(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?")
    parser.add_argument("--label", default="faulty")
    parser.add_argument("--rows", type=int, default=9000, help="made-up rows")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--picture", default="anomalies.png")
    options = parser.parse_args()
    table = data.read_table(options.csv) if options.csv else press(options.rows, seed=0)
    cut = 2 * len(table) // 3

    model = AnomalyDetector(label=options.label, epochs=options.epochs)
    model.fit(table[:cut], validation=0.1)
    for name, found in model.found_.items():
        print(f"{name}: {found}")

    # As it would be used: one row after the other.
    stream = model.stream()
    for row in table[cut:].to_dict("records"):
        answer = stream.step(row)
        if answer["alarm"]:
            column = max(answer["blame"], key=answer["blame"].get)
            print(
                f"{row.get('time', stream.count)}  score {answer['score']:.1f} (threshold "
                f"{answer['threshold']:.1f}): {column} is {row[column]:.1f}, expected "
                f"{answer['expected'][column]:.1f}"
            )

    print("\nBeside naive scores, on the rows that were not learned:")
    for name, value in model.evaluate(table[cut:]).items():
        print(f"  {name:<16}{value:.3f}")

    found = model.predict(table[cut:])
    figure, axes = plt.subplots(len(model.layout_.target) + 1, 1, sharex=True, figsize=(9, 8))
    for axis, name in zip(axes, model.layout_.target, strict=False):
        axis.plot(found.index, table[cut:][name], linewidth=0.8, label=name)
        axis.plot(found.index, found[f"{name} expected"], linewidth=0.8, label="expected")
        axis.legend(loc="upper left")
    axes[-1].plot(found.index, found["score"], linewidth=0.8, label="score")
    axes[-1].plot(found.index, found["threshold"], linewidth=0.8, label="threshold")
    axes[-1].legend(loc="upper left")
    for axis in axes:
        for when in found.index[found["alarm"]]:
            axis.axvline(when, color="tab:red", alpha=0.3)
    figure.savefig(options.picture, dpi=120)
    print(f"\n{options.picture} has the readings, what was expected, scores and alarms.")


if __name__ == "__main__":
    main()
