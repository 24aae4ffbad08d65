"""How points in time are written in a column: learned once, and read so ever after."""

from __future__ import annotations

import datetime
import warnings
import zoneinfo
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from ostinato.data.date_forms import dated, find_form, parse
from ostinato.errors import DataError, OptionError

_UNITS = {"s": 1e11, "ms": 1e14, "us": 1e17, "ns": 9.3e18}  # times since 1970 lie below
_NUMBER = r"\d+(\.\d+)?"
_DIGITS = {6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the points in time of one column are written.

    Attributes:
        kind: "times" (typed as such in the table), "text" or "number".
        form: of text a format as `strptime` has it, "ISO8601", "mixed" or "quarter"; of numbers
            the unit of a time since 1970 ("s", "ms", "us", "ns"), or a format such as "%Y%m%d".
        dayfirst: of text that is no ISO 8601: whether the day comes before the month.
        zone: name of the time zone, or None.
        wall: offsets from UTC that stand in the text are left out: days of a zone whose offset
            changes keep their pace as dates.
        guessed: both orders of day and month fit every row.
    """

    kind: Literal["times", "text", "number"]
    form: str = ""
    dayfirst: bool = False
    zone: str | None = None
    wall: bool = False
    guessed: bool = False

    @classmethod
    def learn(
        cls,
        values: Any,
        where: str,
        *,
        dayfirst: bool | None = None,
        form: str | None = None,
        groups: Any = None,
    ) -> tuple[Self, Any]:
        """How `values` are written, and the points as a `pandas.DatetimeIndex`.

        Args:
            dayfirst: 05/02/2024 is the fifth of February; None finds out from the other rows.
            form: the format of the column, as `strptime` has it, or a unit of numbers.
            groups: `(rows,)` numbers of series; days and months are told apart by their order.

        Raises:
            DataError: a value is missing or no point in time.
            OptionError: `form` is no format.
        """
        values = _column(values, where)
        if pd.api.types.is_datetime64_any_dtype(values):
            index = _named_zone(pd.DatetimeIndex(values), where)
            return cls(kind="times", zone=_zone(index)), index
        if pd.api.types.is_numeric_dtype(values):
            found = cls(kind="number", form=_checked(form) or _number_form(values, where))
            return found, found._numbers(values, where)
        codes, different = pd.factorize(values)  # many series have the same timestamps
        texts = _stripped(different)
        if form is None and texts.str.fullmatch(_NUMBER).all() and not _looks_iso(texts):
            return cls.learn(pd.to_numeric(values), where, groups=groups)
        if form is not None:
            form = "mixed" if form == "mixed" else _checked(form)
            found = cls(kind="text", form=form or "", dayfirst=bool(dayfirst))
        else:
            form, day, guessed = find_form(texts, dayfirst, groups, where, codes)
            found = cls(kind="text", form=form, dayfirst=day, guessed=guessed)
        index = found._texts(texts, where, codes).take(codes)
        bare = replace(found, wall=True)
        if index.tz is not None and (_zone(index) != "UTC" or not _at_one_time(index)):
            wall = bare._texts(texts, where, codes).take(codes)
            steps: Any = np.diff(np.unique(wall.asi8))
            if _at_one_time(wall) and np.median(steps) >= _day(wall):
                found, index = bare, wall
        return replace(found, zone=_zone(index)), index

    def read(self, values: Any, where: str) -> Any:
        """The points that `values` name, read as those that were learned of.

        Raises:
            DataError: they are written otherwise, or in a zone where there was none.
        """
        values = _column(values, where)
        if pd.api.types.is_datetime64_any_dtype(values):
            index = _named_zone(pd.DatetimeIndex(values), where)
        elif pd.api.types.is_numeric_dtype(values):
            if self.kind != "number":
                raise DataError(
                    f"{where}: times are numbers such as {values.iloc[0]}, and in fit they were "
                    f"{'text' if self.kind == 'text' else 'timestamps'}. Write them alike."
                )
            index = self._numbers(values, where)
        else:
            codes, different = pd.factorize(values)  # many series have the same timestamps
            if self.kind == "number":
                numbers = pd.Series(pd.to_numeric(values, errors="coerce"))
                if not numbers.isna().any():
                    return self._numbers(numbers, where)
            index = self._texts(_stripped(different), where, codes).take(codes)
        return self._in_zone(index, where)

    def read_one(self, value: Any, where: str) -> Any:
        """One point as a `pandas.Timestamp`."""
        stamp = self._quickly(value)
        if stamp is None or _zone_name(stamp.tz) != self.zone:
            stamp = self.read([value], where)[0]
        return stamp

    def _quickly(self, value: Any) -> Any:
        """The point where it is plainly written, or None."""
        if isinstance(value, pd.Timestamp):
            return value
        try:
            if isinstance(value, str):
                if self.wall or self.kind == "number":
                    return None
                if self.kind == "times" or self.form == "ISO8601":
                    return pd.Timestamp(datetime.datetime.fromisoformat(value))
                return pd.Timestamp(datetime.datetime.strptime(value, self.form))
            if isinstance(value, datetime.datetime | np.datetime64):
                return pd.Timestamp(value)
            if isinstance(value, int) and self.form in _UNITS and abs(value) < _UNITS[self.form]:
                return pd.Timestamp(value, unit=self.form)
        except ValueError:
            return None
        return None

    def words(self) -> str:
        """For people: "text as %d/%m/%Y, day first, Europe/Berlin"."""
        said = {"times": "timestamps", "text": "text", "number": "numbers"}[self.kind]
        units = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
        if self.form in units:
            said = f"{units[self.form]} since 1970"
        elif self.form:
            said += f" as {self.form}"
        if self.kind == "text" and (self.form == "mixed" or self.guessed):
            said += ", day first" if self.dayfirst else ", month first"
            said += " (both orders fit: say dayfirst=... if it is not so)" if self.guessed else ""
        return said + (f", {self.zone}" if self.zone else "")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def _numbers(self, values: pd.Series, where: str) -> Any:
        if self.form in _UNITS:
            largest = float(np.abs(values.to_numpy(dtype=np.float64)).max(initial=0))
            if not largest < _UNITS[self.form]:
                raise DataError(
                    f"{where}: times are numbers up to {largest:.0f}, and in fit they were "
                    f"{self.words()}. Bring them to that unit."
                )
            return pd.DatetimeIndex(pd.to_datetime(values, unit=self.form))
        try:
            whole = values.astype("int64").astype(str)
            return pd.DatetimeIndex(pd.to_datetime(whole, format=self.form))
        except (ValueError, TypeError, OverflowError) as error:
            raise DataError(
                f"{where}: times are numbers such as {values.iloc[0]}, which do not read as "
                f"{self.form}: {error}."
            ) from error

    def _texts(self, texts: pd.Series, where: str, codes: Any = None) -> Any:
        """The points; `codes` are the rows of the texts in the table, where they are not these."""
        form = "ISO8601" if self.kind != "text" else self.form
        if form in _UNITS:
            try:
                return self._numbers(pd.Series(pd.to_numeric(texts)), where)
            except ValueError as error:
                raise DataError(
                    f"{where}: {texts.iloc[0]!r} is no number, but the unit is {form!r}."
                ) from error
        for attempt in dict.fromkeys((form, "ISO8601")):
            index = self._as(texts, attempt)
            if index is not None:
                return index
        row = self._unreadable(texts, form)
        place = row if codes is None else int(np.argmax(codes == row))
        if self.kind == "times":
            hint = "In fit times were timestamps; write them as 2026-01-31 or 2026-01-31 13:00:00."
        elif form in ("ISO8601", "mixed"):
            hint = "Write dates as 2026-01-31 or 2026-01-31 13:00:00, or say time_format=..."
        else:
            hint = f"Times are read as {self.words()}. Write all alike, or say time_format=..."
        raise DataError(
            f"{where}: {texts.iloc[row]!r} in row {place} cannot be read as a point in time. {hint}"
        )

    def _unreadable(self, texts: pd.Series, form: str) -> int:
        """The first that is written neither as learned nor as ISO 8601."""
        forms = ["mixed" if form in ("quarter", "week") else form, "ISO8601"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = [pd.to_datetime(texts, format=f, errors="coerce", utc=True) for f in forms]
        wrong = (read[0].isna() & read[1].isna()).to_numpy()
        if form == "mixed":
            wrong = wrong | ~dated(texts, self.dayfirst)
        return int(np.argmax(wrong))

    def _as(self, texts: Any, form: str) -> Any:
        return parse(texts, form, self.dayfirst, wall=self.wall)

    def _in_zone(self, index: Any, where: str) -> Any:
        zone = _zone(index)
        if zone == self.zone:
            return index
        if zone is None or self.zone is None:
            had, has = (f"in {each}" if each else "without a zone" for each in (self.zone, zone))
            change = "localize" if zone is None else "convert"
            raise DataError(
                f"{where}: timestamps are {has}, and in fit they were {had}. "
                f"Use tz_{change}({self.zone!r})."
            )
        return index.tz_convert(self.zone)


def read_times(values: Any, where: str = "timestamps") -> Any:
    """Points in time as a `pandas.DatetimeIndex`.

    Taken are datetimes, periods, ISO 8601 strings, other dates (day and month told apart by the
    other rows; month first where both fit, day first with dots), numbers such as 2024 or 20240131,
    and seconds, milliseconds, microseconds or nanoseconds since 1970 by their size.

    Raises:
        DataError: a value is missing or no point in time.
    """
    if isinstance(values, pd.DatetimeIndex) and not values.hasnans:
        return values
    return Reading.learn(values, where)[1]


def is_time(values: Any) -> bool:
    """Whether every value reads as a point in time with its year, and numbers surely so."""
    try:
        index = read_times(values)
    except DataError:
        return False
    return len(index) > 0 and bool((index.year >= 1000).all())


def _column(values: Any, where: str) -> pd.Series:
    if isinstance(values, pd.PeriodIndex):
        values = values.to_timestamp()
    values = pd.Series(values).reset_index(drop=True)
    if len(values) == 0:
        raise DataError(f"{where}: there are no timestamps.")
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if isinstance(values.dtype, pd.ArrowDtype):
        values = values.astype(object).infer_objects()
    if values.dtype == object and len(values):
        values = _from_objects(values)
    missing = np.flatnonzero(pd.isna(values))
    if len(missing):
        raise DataError(
            f"{where}: {len(missing)} of {len(values)} timestamps are missing, the first in row "
            f"{missing[0]}. Drop those rows or fill in the times."
        )
    if pd.api.types.is_bool_dtype(values):
        raise DataError(f"{where}: {values.iloc[0]} is no point in time.")
    if pd.api.types.is_complex_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        raise DataError(f"{where}: {values.iloc[0]} is no point in time.")
    return values


def _from_objects(values: pd.Series) -> pd.Series:
    """Datetimes, dates and periods out of a column of any objects."""
    first = values.dropna().iloc[:1].tolist()
    if not first or isinstance(first[0], str):
        return values
    if isinstance(first[0], pd.Period):
        return pd.Series([each.to_timestamp() for each in values])
    if hasattr(first[0], "year"):
        try:
            return pd.Series(pd.to_datetime(values))
        except (ValueError, TypeError):
            try:
                return pd.Series(pd.to_datetime(values, utc=True))
            except (ValueError, TypeError):
                return values
    return values.infer_objects()


def _number_form(values: pd.Series, where: str) -> str:
    numbers = values.to_numpy(dtype=np.float64)
    low, high = float(numbers.min(initial=np.inf)), float(numbers.max(initial=-np.inf))
    if (numbers % 1 == 0).all():
        if low >= 1000 and high <= 3000:
            return "%Y"
        digits = len(str(int(low))) if low > 0 else 0
        form = _DIGITS.get(digits)
        if form and len(str(int(high))) == digits and str(int(low))[:2] in ("18", "19", "20"):
            texts = values.astype("int64").astype(str)
            if not pd.isna(pd.to_datetime(texts, format=form, errors="coerce")).any():
                return form
    largest = max(abs(low), abs(high))
    if largest > 1e8:
        for unit, limit in _UNITS.items():
            if largest < limit:
                return unit
    raise DataError(
        f"{where}: {values.iloc[0]} is no year, no date and no time since 1970. Say "
        "time_format='s' or the like, or write dates as 2026-01-31."
    )


def _stripped(values: Any) -> pd.Series:
    return pd.Series(values).map(str).str.strip()


def _looks_iso(texts: pd.Series) -> bool:
    """Whether digits alone are a year, or a day such as 20240131."""
    return parse(texts, "ISO8601") is not None


def _day(index: Any) -> int:
    """A day in the unit of an index."""
    return int(np.timedelta64(1, "D") / np.timedelta64(1, index.unit))


def _at_one_time(index: Any) -> bool:
    """Whether at least three points are all at one time of day."""
    return len(index) > 2 and len(np.unique(index.asi8 - index.normalize().asi8)) == 1


def _checked(form: str | None) -> str | None:
    if form is not None and form not in (*_UNITS, "ISO8601") and "%" not in form:
        raise OptionError(
            f"time_format must be a format such as '%d/%m/%Y %H:%M', 'ISO8601', or a unit of "
            f"numbers ({', '.join(_UNITS)}), got {form!r}."
        )
    return form


def _zone(index: Any) -> str | None:
    return None if index.tz is None else _zone_name(index.tz)


def _zone_name(zone: Any) -> str | None:
    return None if zone is None else str(zone)


def _named_zone(index: Any, where: str) -> Any:
    """The points in a zone that a file can name: dateutil's are machine's files without one."""
    if index.tz is None:
        return index
    name = str(index.tz)
    if type(index.tz).__module__.split(".")[0] == "dateutil":
        path = str(getattr(index.tz, "_filename", "")).replace("\\", "/")
        name = path.rpartition("zoneinfo/")[2].rpartition(":")[2] or path
    try:
        if index.tz_convert(name).tz_localize(None).equals(index.tz_localize(None)):
            return index.tz_convert(name)
    except (ValueError, TypeError, LookupError, zoneinfo.ZoneInfoNotFoundError, OSError):
        pass
    offsets = np.unique(index.tz_localize(None).asi8 - index.asi8)
    if len(offsets) == 1:
        offset: Any = pd.Timedelta(int(offsets[0]), unit=index.unit)
        return index.tz_convert(datetime.timezone(offset.to_pytimedelta()))
    raise DataError(
        f"{where}: the time zone {index.tz} has no name that can be saved. Use a named one: "
        "tz_convert('Europe/Berlin')."
    )
