"""What `Forecaster`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, SeriesOptions, option
from ostinato.tasks.options import EstimatorOptions


class ForecasterOptions(SeriesOptions, RecurrenceOptions, EstimatorOptions):
    """Options of `Forecaster`."""

    target: str | int | tuple[str | int, ...] | None = option(
        "Columns to forecast; None forecasts every column of numbers.", default=None
    )
    features: str | int | tuple[str | int, ...] = option(
        "Further columns that are read and not forecast. Their values must be known up to now, not "
        "beyond.",
        default=(),
    )
    future: str | int | tuple[str | int, ...] = option(
        "Further columns whose values are known ahead, such as a promotion, a price or a holiday. "
        "Forecasts need them for the rows to come.",
        default=(),
    )
    static: str | int | tuple[str | int, ...] = option(
        "Columns with one value for each series, such as the region of a shop.", default=()
    )
    strategy: Literal["auto", "direct", "recursive", "encoder_decoder"] = option(
        "direct (auto takes it) answers all `horizon` rows at once. recursive learns the next "
        "`segment` rows, and reads its own forecasts for the rest; row by row it may be better "
        "without a season. encoder_decoder reads row by row, and a second network takes one step "
        "for each row ahead.",
        default="auto",
    )
    segment: int | None = option(
        "Rows that the network reads as one step; must divide `past`. 1 reads row by row. None "
        "takes the largest number up to 48 that divides `past` and `horizon`, which is quick and "
        "good.",
        default=None,
        low=1,
    )
    past: int | None = option(
        "Rows that are read for one answer. None takes a few seasons, as far as the rows allow.",
        default=None,
        low=1,
    )
    horizon: int | None = option(
        "Rows that are answered. None takes a season or two, at most an eighth of the rows.",
        default=None,
        low=1,
    )
    epochs: int | None = option(
        "Passes over the training rows. None takes as many as make about 2,000 steps, 10 to 300, "
        "and patience then grows with them.",
        default=None,
        low=1,
    )
    calendar: str | tuple[str, ...] = option(
        "Where each row lies in the day, the week and the year, as further columns: none, auto "
        "(what pace and length of the rows allow, if they have timestamps), or names such as "
        "hour,weekday.",
        default="auto",
    )
    scaler: Literal["standard", "minmax", "none"] = option(
        "How columns come to a common scale, learned on the training rows: standard (mean 0, "
        "spread 1), minmax (0 to 1), or none.",
        default="standard",
    )
    categorical: str | int | tuple[str | int, ...] = option(
        "Columns among features, future and static whose numbers are names, such as the number of "
        "a region. Columns of words are so anyway.",
        default=(),
    )
    holidays: str | tuple[str, ...] = option(
        "Countries whose public holidays are known ahead, with a part of the country after a dash: "
        "DE, AU-VIC. Needs the package holidays.",
        default=(),
    )
    events: str | dict[str, tuple[str, ...]] | None = option(
        "Days that matter, known ahead: a table with the columns name and date, or names with "
        'dates, as in {"sale": ["2026-11-27"]}. Two dates with a slash between are every day from '
        "one to the other.",
        default=None,
    )
    indicators: str | tuple[str, ...] = option(
        "Technical indicators of each target, read beside it: return1, sma20, ema12, macd, rsi14, "
        "volatility20, bollinger20, stochastic14, with any number of rows.",
        default=(),
    )
    missing_future: Literal["error", "last", "season", "zero"] = option(
        "What to do where a future column has no value for a row to come: stop, or take the last "
        "known value, the value a season before, or zero.",
        default="error",
    )
    scale_by: Literal["series", "all", "window"] = option(
        "What is brought to a common scale: each series by itself, so that large and small ones "
        "count alike, or the rows of all of them together. window does as series, and brings the "
        "rows that are read for one answer to a spread of 1 besides.",
        default="series",
    )
    transform: Literal["none", "log", "boxcox"] = option(
        "How targets of at least 0 are bent before they are scaled, so that a promotion that "
        "doubles sales does so in a small and in a large week: log, or boxcox, which finds the "
        "power for each series.",
        default="none",
    )
    values: Literal["auto", "any", "nonnegative", "counts"] = option(
        "What targets can be, and so the answers: any number, nonnegative, or counts (whole "
        "numbers of at least 0). auto takes nonnegative where all training rows are whole and none "
        "is negative.",
        default="auto",
    )
    missing: Literal["error", "interpolate", "ffill"] = option(
        "What to do with missing values: stop, draw a straight line between the values around them "
        "(interpolate), or repeat the value before (ffill). Before its first value a column has "
        "that value. A line may use values from after the training rows, where a gap crosses their "
        "end.",
        default="error",
    )
    gaps: Literal["error", "allow"] = option(
        "What to do with missing timestamps: stop, or take the rows as if they followed each "
        "other. Days and hours at which rows lack by custom (Sundays, nights, holidays) are no "
        "gaps. With `freq`, allow takes rows at any times.",
        default="error",
    )
    subtract_last: bool = option(
        "Forecast the change from the last value, so that the level need not be learned.",
        default=True,
    )
    loss: Literal["mae", "mse", "huber"] = option(
        "The error that training makes small, on the scaled values. mae is robust; mse weighs "
        "large errors more; huber is between them.",
        default="mae",
    )
    output: Literal["point", "quantiles", "gaussian", "student_t", "negative_binomial"] = option(
        "What is learned of each row to come: point, one number by `loss`; quantiles at "
        "`output_levels`; or a distribution: gaussian, student_t (far misses are usual), "
        "negative_binomial (counts). The answer is the middle; intervals of all are widened or "
        "narrowed by held-out rows.",
        default="point",
    )
    output_levels: tuple[float, ...] = option(
        "Levels between 0 and 1 that output='quantiles' learns, rising, 0.5 among them.",
        default=(0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975),
        above=0,
        below=1,
    )
    members: int = option(
        "Networks that learn side by side, each from first weights of its own; the answer is their "
        "mean. More are surer and take as many times longer.",
        default=1,
        low=1,
        high=64,
    )
    hidden_size: int | tuple[int, ...] = option(
        "Units of the recurrent layer, or of each of several, such as 64,32.", default=128, low=1
    )
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    dropout: float = 0.2
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "cosine"
    )
    patience: int | None = 5

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each layer."""
        size = self.hidden_size
        return (size,) if isinstance(size, int) else tuple(size)

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.segment is not None and self.past is not None and self.past % self.segment:
            raise OptionError(
                f"{where}: segment must divide past {self.past}, got {self.segment}. Choose "
                "another segment, or None to have one chosen."
            )
        levels = list(self.output_levels)
        if 0.5 not in levels or levels != sorted(set(levels)) or len(levels) < 3:
            raise OptionError(
                f"{where}: output_levels must be three or more that rise, 0.5 among them, got "
                f"{levels}."
            )
        if self.output == "negative_binomial" and self.transform != "none":
            raise OptionError(
                f"{where}: transform must be 'none' with output='negative_binomial', got "
                f"{self.transform!r}. Counts are learned as they are."
            )
        if self.strategy == "encoder_decoder" and self.segment not in (None, 1):
            raise OptionError(
                f"{where}: segment must be 1 or None with strategy='encoder_decoder', got "
                f"{self.segment}. It reads row by row."
            )


class SizedOptions(ForecasterOptions):
    """Options of which nothing is left open: `past` and `horizon` as given, or as found."""

    past: int = 1  # type: ignore[assignment]
    horizon: int = 1  # type: ignore[assignment]


class PretrainedOptions(SeriesOptions):
    """Options of `PretrainedForecaster`."""

    target: str | int | tuple[str | int, ...] | None = option(
        "Columns to forecast; None forecasts every column of numbers.", default=None
    )
    horizon: int = option(
        "Rows to answer. The network learned up to 96; the farther beyond, the less sure.",
        default=24,
        low=1,
    )
    season: int | tuple[int, ...] | None = option(
        "Rows after which every series repeats, or that and a longer one, such as 24,168. None "
        "finds them from the pace of the timestamps, or from the values without any.",
        default=None,
        low=1,
    )
    level: float | tuple[float, ...] = option(
        "Share in per cent of the values to come that an interval should hold, or several.",
        default=80.0,
        low=1,
        high=99,
    )

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if isinstance(self.season, tuple) and len(self.season) > 2:
            raise OptionError(
                f"{where}: season must be a number or two, got {self.season}. Give the season and "
                "a longer one."
            )
