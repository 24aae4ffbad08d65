"""A forecaster's rows: series read, checked, split and scaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato import data
from ostinato.data.series_reading import facts_of, later_table, read_series
from ostinato.data.series_table import (
    Layout,
    Series,
)
from ostinato.errors import OptionError
from ostinato.tasks.forecaster.fit_table import read_to_fit
from ostinato.tasks.forecaster.future import complete, joined_ahead
from ostinato.tasks.forecaster.indicators import with_indicators
from ostinato.tasks.forecaster.known import Known
from ostinato.tasks.forecaster.lengths import lengths_of
from ostinato.tasks.forecaster.naive import MANY_ZEROS, Naive
from ostinato.tasks.forecaster.old_files import upgraded
from ostinato.tasks.forecaster.options import ForecasterOptions, SizedOptions
from ostinato.tasks.forecaster.outputs import level_of
from ostinato.tasks.forecaster.regressors import Regressors
from ostinato.tasks.forecaster.scaling import Scales, Scaling
from ostinato.tasks.forecaster.season import find_season, naive_scale
from ostinato.tasks.forecaster.succession import continued, latest, split
from ostinato.tasks.forecaster.windows import Windows, find_windows

_FAR = 10.0  # spreads


@dataclasses.dataclass(kw_only=True)
class ForecasterRows:
    """What was learned of the rows: columns, scales, pace, season.

    Attributes:
        layout: which column is what.
        clock: what the timestamps tell, or None without any.
        missing, missing_future: as in the options.
        scaling: of targets and regressors.
        regressors: how words and statics become numbers.
        dates: the calendar, holidays and events, known of any timestamp.
        past, horizon: rows that are read and answered.
        season: rows after which series repeat best; 1 if none was found.
        naive_scale: `(series, targets)`, mean error of repeating the season on training rows, of
            the series of `scaling`.
        filled: values filled in, by column.
        indicators: names of those that are read beside each target.
        known: the last rows of every series, which `forecast` reads.
        left_out: columns of the fit's table that are not read; not saved.
    """

    layout: Layout
    clock: data.Clock | None
    missing: str
    missing_future: str
    scaling: Scaling
    regressors: Regressors
    dates: Known
    past: int
    horizon: int
    season: int
    naive_scale: np.ndarray
    filled: dict[str, int]
    indicators: list[str]
    known: list[Series]
    left_out: list[str] = dataclasses.field(default_factory=list)

    @classmethod
    def learn(
        cls, where: str, options: ForecasterOptions, X: Any, validation: Any
    ) -> tuple[ForecasterRows, list[Series], list[int]]:
        """What was learned; every series with its held-out rows at the end; and where they begin.

        Raises:
            OptionError: an option does not fit the table.
            DataError: the table cannot be used.
        """
        read = read_to_fit(where, options, X, validation)
        layout, clock, known = read.layout, read.clock, read.known
        targets, regressors = len(layout.target), read.regressors
        usual = None if clock is None else clock.usual
        past, horizon = lengths_of(options, known, read.later, validation, usual, targets)
        parts, cuts = split(where, known, read.later, validation, past + horizon, horizon, clock)
        parts, known = regressors.settle(layout, parts, cuts, known)
        learn = [part.values[:cut] for part, cut in zip(parts, cuts, strict=True)]
        own = [values[:, :targets] for values in learn]
        season = find_season(own, usual, past)
        frequency = None if clock is None else clock.frequency
        rows = cls(
            layout=layout,
            clock=clock,
            missing=options.missing,
            missing_future=options.missing_future,
            scaling=Scaling.learn(
                options.scaler,
                learn,
                [part.name for part in parts],
                layout.columns,
                targets,
                by=options.scale_by,
                transform=options.transform,
                values="counts" if options.output == "negative_binomial" else options.values,
                where=where,
            ),
            regressors=regressors,
            dates=Known.learn(where, options, layout.time, frequency, known),
            past=past,
            horizon=horizon,
            season=season,
            naive_scale=np.stack([naive_scale([values], season) for values in own]),
            filled=read.filled,
            indicators=read.indicators,
            known=[],
            left_out=read.left_out,
        )
        rows.remember(known, past)
        return rows, parts, cuts

    @property
    def naive(self) -> Naive:
        """Naive forecasts of windows."""
        own = [part.values[:, : len(self.layout.target)] for part in self.known]
        zeros = np.mean([(values == 0).mean() for values in own])
        sparse = self.scaling.whole.values != "any" and zeros >= MANY_ZEROS
        return Naive(season=self.season, horizon=self.horizon, sparse=bool(sparse))

    @property
    def base(self) -> Layout:
        """The user's columns: `layout` without indicators."""
        if not self.indicators:
            return self.layout
        own = len(self.layout.past) - len(self.indicators) * len(self.layout.target)
        return dataclasses.replace(self.layout, past=self.layout.past[:own])

    @property
    def reach(self) -> int:
        """Rows before a window that its indicators read."""
        return max(map(data.indicator_reach, self.indicators), default=0)

    @property
    def time_name(self) -> str | None:
        """What the timestamps of answers are called."""
        return None if self.clock is None else self.clock.name

    @property
    def frequency(self) -> str | None:
        """The pace as pandas writes it, or None."""
        return None if self.clock is None else self.clock.frequency

    def found(self, parts: Sequence[Series]) -> dict[str, str]:
        """What was found in the rows of a fit, for people: name to words."""
        layout = self.layout
        roles = {"past": layout.past, "future": layout.future, "static": layout.static}
        others = [f"{role} {', '.join(names)}" for role, names in roles.items() if names]
        facts = {"columns": "; ".join([f"forecast {', '.join(layout.target)}", *others])}
        facts |= facts_of(layout, self.clock, parts)
        season = f"{self.season:,} rows" if self.season > 1 else "none that is no chance"
        facts["season"] = season
        if self.left_out:
            facts["not read"] = ", ".join(self.left_out)
        if self.filled:
            named = ", ".join(f"{name}: {number:,}" for name, number in self.filled.items())
            facts["values filled in"] = named
        return facts

    def sized(self, options: ForecasterOptions) -> SizedOptions:
        """The options with what was found where they left it open."""
        found: dict[str, Any] = {"past": self.past, "horizon": self.horizon}
        return SizedOptions(**options.options() | found)

    @property
    def sizes(self) -> dict[str, int]:
        """Columns that the network reads: all, those to forecast, and those known ahead."""
        layout, width = self.layout, self.regressors.width
        known = sum(map(width, layout.future)) + self.dates.width
        targets = len(layout.target)
        inputs = targets + sum(map(width, layout.past)) + known
        statics = sum(map(width, layout.static)) + (targets if self._tells_zero else 0)
        return {"targets": targets, "inputs": inputs, "known": known, "statics": statics}

    def read(self, X: Any, where: str) -> tuple[list[Series], dict[str, int]]:
        """Every series of a table, read as in `fit`, and how many values were filled in."""
        columns = self.base.columns if self.clock is None else ()
        table = later_table(X, self.layout, self.clock, where, columns=columns)
        frame = self.regressors.encode(table)
        there = set(self.layout.columns) <= set(frame.columns)  # as in the held-out rows
        layout = self.layout if there else self.base
        parts, filled = read_series(
            frame, layout, clock=self.clock, missing=self.missing, where=where
        )
        parts = parts if there else with_indicators(parts, layout, self.indicators)
        return self.regressors.with_statics(frame, self.layout, parts, where), filled

    def scales(self, parts: list[Series], rows: int | None = None) -> Scales:
        """The scales of some series; those of series not seen in `fit` from their first `rows`."""
        return self.scaling.of([part.name for part in parts], [p.values[:rows] for p in parts])

    def windows(self, parts: list[Series], cuts: list[int], where: str) -> Windows:
        """Windows of every series, on its scale; see `find_windows`."""
        past, horizon = self.past, self.horizon
        names = [part.name for part in parts]
        lengths = [len(part.values) for part in parts]
        places = find_windows(lengths, cuts, names, past=past, horizon=horizon, where=where)
        scales = self.scales(parts, past)
        dates = {id(part.index): part.index for part in parts}  # many have the same timestamps
        known = {key: self.dates.of(index) for key, index in dates.items()}
        scaled = [
            self.inputs_of(part, scales, k, known[id(part.index)]) for k, part in enumerate(parts)
        ]
        return Windows(
            values=torch.from_numpy(np.concatenate(scaled).astype(np.float32)),
            truth=np.concatenate([part.values[:, : len(self.layout.target)] for part in parts]),
            series=torch.repeat_interleave(torch.arange(len(parts)), torch.tensor(lengths)),
            statics=torch.from_numpy(self.statics_of(parts, scales)),
            names=names,
            scales=scales,
            level=torch.from_numpy(level_of(scales, len(self.layout.target)).astype(np.float32)),
            targets=self.sizes["targets"],
            known=self.sizes["known"],
            skipped=places.skipped,
            training=places.training,
            validation=places.validation,
        )

    def units_of(self, windows: Windows) -> np.ndarray:
        """MASE's unit of each series of `windows`, `(series, targets)`; of series not seen in `fit`
        that of their own rows."""
        place = {name: k for k, name in enumerate(self.scaling.names)}
        found = []
        for k, name in enumerate(windows.names):
            if name in place:
                found.append(self.naive_scale[place[name]])
            else:
                found.append(naive_scale([windows.truth[windows.series.numpy() == k]], self.season))
        return np.stack(found)

    @property
    def _tells_zero(self) -> bool:
        return self.layout.series is not None and bool(self.scaling.apart[0])

    def statics_of(self, parts: Sequence[Series], scales: Scales) -> np.ndarray:
        """`(series, statics)`: the user's, and of many series how far zero lies from the mean in
        spreads, for what is shared by all of them is learned on each one's scale."""
        found = np.stack([part.static for part in parts])
        if self._tells_zero:
            targets = len(self.layout.target)
            zero = (scales.center / scales.scale)[:, :targets]
            found = np.concatenate([found, np.clip(zero, -_FAR, _FAR) / _FAR], axis=1)
        return found.astype(np.float32)

    def inputs_of(self, part: Series, scales: Scales, k: int, dates: np.ndarray) -> np.ndarray:
        """`(rows, inputs)`: what the network reads of a series with the scale `k`."""
        scaled = scales.forward(part.values, k)
        own = self.regressors.spread(scaled, part.values, self.layout.columns)
        return np.concatenate([own, dates], axis=1)

    def future_of(
        self, part: Series, scales: Scales, k: int, dates: np.ndarray, steps: int
    ) -> np.ndarray:
        """`(rows to come, known)`: what the network reads of the rows after a series.

        Args:
            steps: rows to come that are asked for; what is not known after them is as in the last.
            dates: `(rows to come, ...)`, what timestamps tell of them.

        Raises:
            DataError: a future column has no value for one of them, and is not to be filled.
        """
        names = self.layout.future
        if not names:
            return dates
        first = len(self.layout.columns) - len(names)
        back = self.season if self.missing_future == "season" else 1
        ahead = complete(part, names, steps, len(dates), fill=self.missing_future, back=back)
        scaled = scales.forward(np.concatenate([np.zeros((len(ahead), first)), ahead], 1), k)
        return np.concatenate(
            [self.regressors.spread(scaled[:, first:], ahead, names), dates], axis=1
        )

    def whole(self, steps: int) -> int:
        """Rows of whole horizons, the least that hold `steps`."""
        return -(-steps // self.horizon) * self.horizon

    def with_future(self, parts: list[Series], future: Any, steps: int, where: str) -> list[Series]:
        """The series with the future columns of a table whose rows tell of times to come; the rows
        of other times are not read. Without timestamps its rows are the next ones."""
        if future is None:
            return parts
        names = self.layout.future
        if not names:
            raise OptionError(
                f"{where}: future must be None, for no column is known ahead. Name such columns "
                "with Forecaster(future=...)."
            )
        layout = dataclasses.replace(self.layout, target=[], past=[])
        frame = self.regressors.encode(later_table(future, layout, self.clock, where))
        given, _ = read_series(frame, layout, clock=self.clock, missing="allow", where=where)
        return joined_ahead(parts, given, self.whole(steps))

    def following(self, parts: list[Series], least: int, where: str) -> list[Series]:
        """Series given after `fit`; see `continued`."""
        return continued(self.known, parts, least, where, self.clock)

    def remember(self, parts: list[Series], past: int) -> None:
        """Keep the last `past` rows of each series for `forecast`; see `latest`."""
        self.known = latest(self.known, parts, past)

    def to_dict(self) -> dict[str, Any]:
        return {
            "layout": dataclasses.asdict(self.layout),
            "scaling": self.scaling.to_dict(),
            "names": [data.pack_name(name) for name in self.scaling.names],
            "regressors": self.regressors.to_dict(),
            "statics": [data.pack_name(name) for name in self.regressors.statics],
            "dates": dataclasses.asdict(self.dates),
            "clock": None if self.clock is None else self.clock.to_dict(),
            "past": self.past,
            "horizon": self.horizon,
            "season": self.season,
            "naive_scale": self.naive_scale.tolist(),
            "missing": self.filled,
            "indicators": self.indicators,
            "known": [part.to_dict() for part in self.known],
        }

    @classmethod
    def from_dict(cls, options: ForecasterOptions, document: dict[str, Any]) -> ForecasterRows:
        """What `to_dict` described, or a file of the first version."""
        first = {"past": options.past, "horizon": options.horizon, "indicators": []}
        document = first | upgraded(document)
        clock = document["clock"]
        clock = None if clock is None else data.Clock.from_dict(clock)
        return cls(
            layout=Layout(**document["layout"]),
            clock=clock,
            missing=options.missing,
            scaling=Scaling.from_dict(
                document["scaling"], [data.unpack_name(name) for name in document["names"]]
            ),
            missing_future=options.missing_future,
            regressors=Regressors.from_dict(
                document["regressors"], [data.unpack_name(name) for name in document["statics"]]
            ),
            dates=Known(**document["dates"]),
            past=document["past"],
            horizon=document["horizon"],
            season=document["season"],
            naive_scale=np.array(document["naive_scale"]),
            filled=document["missing"],
            indicators=document["indicators"],
            known=[Series.from_dict(part, clock) for part in document["known"]],
        )
