"""Forecasts by statistical models of one series, fitted anew at every origin: ETS and Theta."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ostinato.errors import MissingDependencyError, check_choice

NAMES = ("ets", "theta")
_ROWS = 500  # that they read at least, and four seasons
_LONG = 12  # rows in a season from which its first values are not fitted but taken from the rows


def check_names(where: str, names: Sequence[str]) -> list[str]:
    """The models asked for.

    Raises:
        OptionError: a name is unknown.
        MissingDependencyError: statsmodels is not there.
    """
    found = [names] if isinstance(names, str) else list(names)
    for name in found:
        check_choice(where, "beside", name, NAMES)
    if found:
        try:
            import statsmodels  # noqa: F401
        except ImportError:
            raise MissingDependencyError(
                f"{where}: {found[0]} comes with statsmodels. Install it with: "
                'pip install "ostinato[demo]"'
            ) from None
    return found


def classical(name: str, values: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """What comes after `(rows,)` values: `(horizon,)`. A model that cannot be fitted answers the
    last value."""
    values = values[-max(_ROWS, 4 * season) :].astype(np.float64)
    repeated = np.repeat(values[-1:], horizon)
    if len(values) < 4 or np.ptp(values) == 0:
        return repeated
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = (_ets if name == "ets" else _theta)(values, season, horizon)
    return repeated if found is None or not np.isfinite(found).all() else found


def _ets(values: np.ndarray, season: int, horizon: int) -> np.ndarray | None:
    """The best by AICc of simple and damped smoothing, each without and with an additive season."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    seasonal = season > 1 and len(values) >= 2 * season + 2
    fits = []
    for trend in (None, "add"):
        for kind in (None, "add") if seasonal else (None,):
            model = ExponentialSmoothing(
                values,
                trend=trend,
                damped_trend=trend is not None,
                seasonal=kind,
                seasonal_periods=season if kind else None,
                initialization_method="estimated" if season <= _LONG else "heuristic",
            )
            try:
                fits.append(model.fit())
            except (ValueError, FloatingPointError, np.linalg.LinAlgError):
                continue
    fits = [fit for fit in fits if np.isfinite(fit.aicc)]
    return np.asarray(min(fits, key=lambda fit: fit.aicc).forecast(horizon)) if fits else None


def _theta(values: np.ndarray, season: int, horizon: int) -> np.ndarray | None:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    seasonal = season > 1 and len(values) >= 2 * season
    model = ThetaModel(
        values,
        period=season if seasonal else 1,
        deseasonalize=seasonal,
        use_test=False,
        method="additive",
    )
    try:
        return np.asarray(model.fit().forecast(horizon))
    except (ValueError, FloatingPointError, np.linalg.LinAlgError):
        return None
