"""What a number measures, and a model's numbers beside those of naive baselines."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import DataError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measure:
    """What a number measures.

    Attributes:
        name: its name in `evaluate`'s dictionary; a name that ends in "*" stands for every name
            with that beginning, as "f1_*" for the F1 of each type.
        unit: its unit; "" for a share from 0 to 1. "data" is the unit of the user's own numbers.
        higher_is_better: None for a fact that is neither good nor bad.
        sentence: what it is, for a reader new to the field.
    """

    name: str
    unit: str = ""
    higher_is_better: bool | None = True
    sentence: str = ""

    def names(self, name: str) -> bool:
        """Whether it stands for a number of that name."""
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Baseline:
    """A naive way to answer the same question, to compare a model with.

    Attributes:
        prefix: what stands before its numbers in `evaluate`'s dictionary, with "_" at its end.
        name: what a reader calls it.
        sentence: how it answers.
    """

    prefix: str
    name: str
    sentence: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scores:
    """A model's numbers, beside those of baselines on the same rows.

    Attributes:
        measures: what the numbers measure; the first is the one that a headline shows.
        baselines: the baselines that may have numbers.
        model: name of a measure to the model's number.
        naive: prefix of a baseline to its numbers, by the name of the measure.
    """

    measures: Sequence[Measure] = ()
    baselines: Sequence[Baseline] = ()
    model: Mapping[str, float] = dataclasses.field(default_factory=dict)
    naive: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_flat(
        cls, flat: Mapping[str, float], measures: Sequence[Measure], baselines: Sequence[Baseline]
    ) -> Scores:
        """The scores in `evaluate`'s dictionary, where a baseline's prefix stands before the name
        of a measure; `flat` gives an equal dictionary again."""
        model: dict[str, float] = {}
        naive: dict[str, dict[str, float]] = {}
        longest = sorted(baselines, key=lambda each: -len(each.prefix))
        for key, value in flat.items():
            own = next((b for b in longest if key.startswith(b.prefix)), None)
            name = key.removeprefix(own.prefix) if own else key
            if own and (name in flat or any(m.names(name) for m in measures)):
                naive.setdefault(own.prefix, {})[name] = value
            else:
                model[key] = value
        return cls(measures=measures, baselines=baselines, model=model, naive=naive)

    def flat(self) -> dict[str, float]:
        """The dictionary that `evaluate` returns: the model's numbers, then each baseline's with
        its prefix."""
        found = dict(self.model)
        for prefix, numbers in self.naive.items():
            found |= {prefix + name: value for name, value in numbers.items()}
        return found

    def measure(self, name: str) -> Measure:
        """What the number of that name measures; of an unknown one only the name is known."""
        exact = (m for m in self.measures if m.name == name)
        wider = sorted((m for m in self.measures if m.names(name)), key=lambda m: -len(m.name))
        return next(exact, next(iter(wider), Measure(name=name, higher_is_better=None)))

    def shown(self) -> list[Baseline]:
        """The baselines that have numbers, in the order in which they were declared."""
        return [baseline for baseline in self.baselines if self.naive.get(baseline.prefix)]

    def compared(self) -> list[str]:
        """Names of the model's measures that a baseline has too, the declared order first."""
        both = [n for n in self.model if any(n in numbers for numbers in self.naive.values())]
        order = [m.name for m in self.measures]
        return sorted(both, key=lambda n: order.index(n) if n in order else len(order))

    def strongest(self, name: str) -> Baseline | None:
        """The baseline with the best number of that measure; None where there is none."""
        up = self.measure(name).higher_is_better
        there = [b for b in self.shown() if math.isfinite(self.naive[b.prefix].get(name, math.nan))]
        if not there or up is None:
            return there[0] if there else None
        return (max if up else min)(there, key=lambda b: self.naive[b.prefix][name])

    def wins(self, name: str) -> bool | None:
        """Whether the model is better than every baseline; None where that cannot be said."""
        best, up = self.strongest(name), self.measure(name).higher_is_better
        own = self.model.get(name, math.nan)
        if best is None or up is None or not math.isfinite(own):
            return None
        other = self.naive[best.prefix][name]
        return own > other if up else own < other

    def to_dict(self) -> dict[str, Any]:
        """The scores as JSON can hold them; a number that is not finite becomes None."""
        return {
            "measures": [dataclasses.asdict(each) for each in self.measures],
            "baselines": [dataclasses.asdict(each) for each in self.baselines],
            "model": _plain(self.model),
            "naive": {prefix: _plain(numbers) for prefix, numbers in self.naive.items()},
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Scores:
        """The scores that `to_dict` described.

        Raises:
            DataError: the document has another form.
        """
        try:
            return cls(
                measures=tuple(Measure(**each) for each in document["measures"]),
                baselines=tuple(Baseline(**each) for each in document["baselines"]),
                model=_numbers(document["model"]),
                naive={name: _numbers(each) for name, each in document["naive"].items()},
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataError(
                "Scores: must be a dictionary that to_dict made, with measures, baselines, model "
                f"and naive; {type(error).__name__}: {error}."
            ) from error


def _plain(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {n: float(v) if math.isfinite(v) else None for n, v in numbers.items()}


def _numbers(document: Mapping[str, Any]) -> dict[str, float]:
    return {n: math.nan if v is None else float(v) for n, v in document.items()}
