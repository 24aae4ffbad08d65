"""Writes the forecaster's files anew, before the first release: `python -m` with this name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ostinato import Forecaster

HERE = Path(__file__).parent


def _table(rows: int, level: float) -> pd.DataFrame:
    hours = np.arange(rows)
    wave = np.sin(hours * np.pi / 12) + (hours * 7 % 5) / 10
    time = pd.date_range("2026-01-01", periods=rows, freq="h")
    return pd.DataFrame({"time": time, "a": level + 10 * wave, "b": 4 + wave / 2})


def main() -> None:
    small: dict[str, Any] = {"past": 48, "horizon": 12, "hidden_size": 8, "epochs": 1}
    shops = [_table(150, 100).assign(shop="x"), _table(120, 9000).assign(shop="y")]
    several = {"series": "shop", "target": "a", "strategy": "recursive", "cell": "lstm"}
    models = {
        "forecaster": Forecaster(**small, calendar="auto").fit(_table(150, 100), progress=False),
        "forecaster-several": Forecaster(**small, **several).fit(pd.concat(shops), progress=False),
    }
    wanted = {}
    for name, model in models.items():
        model.save(HERE / f"{name}.safetensors")
        found = model.forecast()
        wanted[name] = {
            "forecast": found.to_numpy().tolist(),
            "forecast_index": [
                [str(p) for p in t] if isinstance(t, tuple) else str(t) for t in found.index
            ],
        }
    # Of the first version a file is kept that nothing writes any more.
    kept = json.loads((HERE / "forecaster.json").read_text())
    wanted["forecaster-first"] = kept["forecaster-first"]
    (HERE / "forecaster.json").write_text(json.dumps(wanted, indent=1))


if __name__ == "__main__":
    main()
