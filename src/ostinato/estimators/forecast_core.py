"""The steps of a forecaster's fit, between the user's table and the trained module."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import gcd
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato import data, training
from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.estimators.base import Estimator
from ostinato.estimators.forecast_table import Layout, Series, read_series, to_table
from ostinato.estimators.forecast_windows import Windows, make_windows, measure
from ostinato.models.forecaster import CELLS, ForecasterModel

LOSSES = {
    "mae": torch.nn.functional.l1_loss,
    "mse": torch.nn.functional.mse_loss,
    "huber": torch.nn.functional.huber_loss,
}
_LONGEST_SEGMENT = 48
_CHOICES = {
    "cell": CELLS,
    "loss": tuple(LOSSES),
    "strategy": ("direct", "recursive"),
    "scaler": ("standard", "minmax", "none"),
    "missing": ("error", "interpolate", "ffill"),
    "gaps": ("error", "allow"),
}


class ForecasterCore(Estimator):
    """What `Forecaster` does inside; options and public methods are there."""

    past: int
    horizon: int
    layout_: Layout
    scaler_: data.Scaler
    calendar_: list[str]
    frequency_: str | None
    season_: int
    naive_scale_: np.ndarray
    known_: list[Series]
    missing_: dict[str, int]
    module_: Any

    def _option(self, name: str) -> Any:
        return getattr(self, name)

    def _check(self, where: str, y: Any) -> None:
        if y is not None:
            raise OptionError(
                f"{where}: y must be None, got {type(y).__name__}. "
                "The targets are columns of X: name them with Forecaster(target=...)."
            )
        for name, allowed in _CHOICES.items():
            check_choice("Forecaster", name, self._option(name), allowed)
        for name in ("past", "horizon"):
            check_number("Forecaster", name, self._option(name), low=1, whole=True)
        for name in ("dropout", "recurrent_dropout"):
            check_number("Forecaster", name, self._option(name), low=0, below=1)
        segment = self._option("segment")
        if segment is not None:
            check_number("Forecaster", "segment", segment, low=1, whole=True)
            if self.past % segment:
                raise OptionError(
                    f"Forecaster: segment must divide past {self.past}, got {segment}. "
                    "Choose another segment, or None to have one chosen."
                )
        self._training_options()

    def _read(self, frame: pd.DataFrame, where: str) -> tuple[list[Series], dict[str, int]]:
        return read_series(
            frame,
            self.layout_,
            missing=self._option("missing"),
            gaps=self._option("gaps"),
            where=where,
        )

    def _split(
        self, known: list[Series], validation: Any, where: str
    ) -> tuple[list[Series], list[int]]:
        """Every series with its held-out rows at the end, and where they begin."""
        lengths = [len(part.values) for part in known]
        if validation is None:
            return known, lengths
        if isinstance(validation, (int, float)):
            check_number(where, "validation", validation, above=0, below=1)
            return known, [
                n if n < 2 else len(data.split_time(n, float(validation))[0]) for n in lengths
            ]
        place = f"{where}: validation"
        later, _ = self._read(to_table(validation, place), place)
        following = {part.name: part for part in later}
        joined = []
        for part in known:
            after = following.pop(part.name, None)
            joined.append(part if after is None else _follow(part, after, place))
        if following:
            raise DataError(f"{place}: series {next(iter(following))!r} is not in X.")
        return joined, lengths

    def _calendar_names(self, where: str) -> list[str]:
        wanted = self._option("calendar")
        if wanted == "none":
            return []
        if self.layout_.time is None:
            raise DataError(
                f"{where}: calendar {wanted!r} needs timestamps, and no column holds them. "
                "Name it with time=..., or use calendar='none'."
            )
        if wanted == "auto":
            return data.calendar_names(self.frequency_)
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        for name in names:
            check_choice("Forecaster", "calendar", name, data.calendar_names("s"))
        return names

    def _scaled(self, part: Series) -> np.ndarray:
        """`(rows, inputs)`: targets and features on the training scale, then the calendar."""
        values = self.scaler_.transform(part.values)
        if not self.calendar_:
            return values
        return np.concatenate([values, data.calendar_features(part.index, self.calendar_)], axis=1)

    def _windows(self, parts: Sequence[Series], cuts: Sequence[int], where: str) -> Windows:
        return make_windows(
            [self._scaled(part) for part in parts],
            cuts,
            [part.name for part in parts],
            past=self.past,
            horizon=self.horizon,
            where=where,
        )

    def _build(self) -> None:
        """The module with fresh weights, the same for the same seed."""
        segment = self._option("segment")
        if segment is None:
            common = gcd(self.past, self.horizon)
            segment = max(n for n in range(1, _LONGEST_SEGMENT + 1) if common % n == 0)
        horizon = segment if self._option("strategy") == "recursive" else self.horizon
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._option("seed"))
            self.module_ = ForecasterModel(
                targets=len(self.layout_.target),
                inputs=len(self.layout_.columns) + len(self.calendar_),
                past=self.past,
                horizon=min(horizon, self.horizon),
                segment=segment,
                cell=self._option("cell"),
                hidden_size=self._option("hidden_size"),
                dropout=self._option("dropout"),
                recurrent_dropout=self._option("recurrent_dropout"),
                subtract_last=self._option("subtract_last"),
            )

    def _train(
        self,
        windows: Windows,
        options: training.TrainingOptions,
        directory: Any,
        resume: bool,
        progress: bool,
    ) -> None:
        count, block = len(self.layout_.target), self.module_.horizon
        criterion = LOSSES[self._option("loss")]

        def loss(module: torch.nn.Module, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
            answer, truth = module(batch["x"]), batch["y"][..., :count]
            found = {"loss": criterion(answer, truth)}
            with torch.no_grad():
                found["mae"] = (answer - truth).abs().mean()
                found["mse"] = (answer - truth).square().mean()
            return found

        size = self._option("batch_size")
        learn = windows.batches(
            windows.training, self.past, block, batch_size=size, shuffle=True, seed=options.seed
        )
        judge = None
        if len(windows.validation):
            judge = windows.batches(windows.validation, self.past, block, batch_size=max(size, 64))
        result = training.fit(
            self.module_,
            learn,
            judge,
            loss=loss,
            options=options,
            directory=directory,
            resume=resume,
            progress=progress,
        )
        self.module_.eval()
        self.fit_result_ = result
        self.history_ = result.history

    def _remember(self, known: list[Series]) -> None:
        """Keep the rows that `forecast` reads."""
        self.known_ = [
            dataclasses.replace(
                part, values=part.values[-self.past :].copy(), index=part.index[-self.past :]
            )
            for part in known
        ]

    def _measure(self, values: torch.Tensor, starts: torch.Tensor) -> dict[str, float]:
        if not len(starts):
            return {}
        count = len(self.layout_.target)
        return measure(
            self._roll,
            values,
            starts,
            past=self.past,
            horizon=self.horizon,
            targets=count,
            season=self.season_,
            scale=self.scaler_.scale[:count],
            naive=self.naive_scale_,
        )

    def _roll(self, x: torch.Tensor, future: torch.Tensor) -> torch.Tensor:
        """Scaled forecasts `(batch, steps, targets)`.

        Args:
            x: `(batch, past, inputs)`.
            future: `(batch, steps, inputs)`, of which the calendar's columns alone are read.
        """
        answers, done, steps = [], 0, future.shape[1]
        count, block = len(self.layout_.target), self.module_.horizon
        if steps > block and self.layout_.features:
            raise OptionError(
                f"Forecaster: {steps} rows ahead would need features of rows to come; at most "
                f"the horizon of {block} rows can be answered with features."
            )
        with torch.no_grad():
            while done < steps:
                answer = self.module_(x)[:, : steps - done]
                answers.append(answer)
                known = future[:, done : done + answer.shape[1], count:]
                x = torch.cat([x, torch.cat([answer, known], dim=-1)], dim=1)[:, -self.past :]
                done += answer.shape[1]
        return torch.cat(answers, dim=1)

    def _join(self, answers: list[pd.DataFrame], known: list[Series]) -> pd.DataFrame:
        name = self.layout_.time or None
        if self.layout_.series is None:
            return answers[0]
        keys = [part.name for part in known]
        return pd.concat(answers, keys=keys, names=[self.layout_.series, name])

    def _example(self) -> tuple[torch.Tensor, ...]:
        return (torch.zeros(1, self.past, self.module_.inputs),)

    def _document(self) -> dict[str, Any]:
        return {
            "layout": dataclasses.asdict(self.layout_),
            "scaler": self.scaler_.to_dict(),
            "calendar": self.calendar_,
            "frequency": self.frequency_,
            "season": self.season_,
            "naive_scale": self.naive_scale_.tolist(),
            "missing": self.missing_,
            "known": [_pack(part) for part in self.known_],
        }

    def _restore_state(self, document: dict[str, Any]) -> None:
        """Everything `_document` wrote, and the module without its weights."""
        self.layout_ = Layout(**document["layout"])
        self.scaler_ = data.Scaler.from_dict(document["scaler"])
        self.calendar_ = document["calendar"]
        self.frequency_ = document["frequency"]
        self.season_ = document["season"]
        self.naive_scale_ = np.array(document["naive_scale"])
        self.missing_ = document["missing"]
        self.known_ = [_unpack(part) for part in document["known"]]
        self._build()


def _follow(part: Series, after: Series, where: str) -> Series:
    place = where if part.name is None else f"{where}: series {part.name!r}"
    if isinstance(part.index, pd.RangeIndex):
        index: Any = pd.RangeIndex(len(part.index) + len(after.index))
    else:
        if after.index[0] <= part.index[-1]:
            raise DataError(
                f"{place}: rows must follow X, whose last is {part.index[-1]}, got "
                f"{after.index[0]} first."
            )
        index = part.index.append(after.index)
    return dataclasses.replace(
        part, values=np.concatenate([part.values, after.values]), index=index
    )


def _pack(part: Series) -> dict[str, Any]:
    packed: dict[str, Any] = {"name": part.name, "values": part.values.tolist()}
    packed["frequency"] = part.frequency
    if isinstance(part.index, pd.RangeIndex):
        return packed | {"start": part.index.start}
    zone = None if part.index.tz is None else str(part.index.tz)
    return packed | {"times": part.index.asi8.tolist(), "unit": part.index.unit, "zone": zone}


def _unpack(packed: dict[str, Any]) -> Series:
    values = np.array(packed["values"], dtype=np.float64)
    if "start" in packed:
        index: Any = pd.RangeIndex(packed["start"], packed["start"] + len(values))
    else:
        times = np.array(packed["times"], dtype=np.int64).view(f"datetime64[{packed['unit']}]")
        index = pd.DatetimeIndex(times)
        if packed["zone"] is not None:
            index = index.tz_localize("UTC").tz_convert(packed["zone"])
    return Series(name=packed["name"], values=values, index=index, frequency=packed["frequency"])
