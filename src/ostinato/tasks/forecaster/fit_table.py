"""The user's table as `fit` reads it: series of targets, regressors and indicators."""

from __future__ import annotations

from typing import Any, NamedTuple

from ostinato import data
from ostinato.data.series_reading import later_table, open_table, read_series
from ostinato.data.series_table import Layout, Series, parts_of_time
from ostinato.errors import OptionError
from ostinato.tasks.forecaster.indicators import with_indicators, with_names
from ostinato.tasks.forecaster.known import word_list
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.regressors import Regressors


class FitTable(NamedTuple):
    """A table as series, and what was found on the way.

    Attributes:
        layout: with the indicators among the past columns.
        known: every series: targets, encoded regressors and indicators.
        later: those of held-out rows that were given, or None.
        filled: values filled in, by column.
        left_out: columns that nothing reads.
    """

    layout: Layout
    clock: data.Clock | None
    regressors: Regressors
    known: list[Series]
    later: list[Series] | None
    filled: dict[str, int]
    indicators: list[str]
    left_out: list[str]


def read_to_fit(where: str, options: ForecasterOptions, X: Any, validation: Any) -> FitTable:
    """The rows of a fit, before anything is learned of their values."""
    frame, layout, clock = open_table(
        X,
        options,
        where,
        gaps=options.gaps,
        target=options.target,
        features=options.features,
        future=options.future,
        static=options.static,
    )
    names = word_list(options.indicators)
    if options.strategy == "recursive" and (layout.past or names):
        raise OptionError(
            f"{where}: strategy 'recursive' would need the features of rows to come. "
            "Use strategy='direct' or leave the features out."
        )
    regressors = Regressors.learn(frame, layout, options.categorical, where)
    frame = regressors.encode(frame)
    regressors.learn_statics(frame, layout, where)
    how: dict[str, Any] = {"clock": clock, "missing": options.missing}
    known, filled = read_series(frame, layout, **how, where=where)
    known = with_indicators(known, layout, names)
    later: list[Series] | None = None
    if not (validation is None or isinstance(validation, (int, float))):
        place = f"{where}: validation"
        table = regressors.encode(later_table(validation, layout, clock, place))
        later, _ = read_series(table, layout, **how, where=place)
        later = with_indicators(later, layout, names, known)
    layout = with_names(layout, names)
    roles = {*layout.columns, *layout.static, layout.series, *parts_of_time(layout.time)}
    left_out = [name for name in frame.columns if name not in roles]
    return FitTable(layout, clock, regressors, known, later, filled, names, left_out)
