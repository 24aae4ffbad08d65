"""Small charts as SVG text: lines, bars and a matrix, coloured by the page's style sheet.

Every function returns one `<svg>` element. Colours are classes (`c1`, `c2`, ... for the data,
`grid`, `axis`, `label` for the rest), so that one chart serves a light and a dark page. Values
can be read without a script: marks carry a `<title>`, which browsers show under the pointer.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 14, 40


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values from low to high in about `count` steps of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """A value as a reader wants it: four figures, thousands separated, no trailing zeros."""
    if not math.isfinite(value):
        return "none"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        text = f"{value:,.{max(0, 3 - math.floor(math.log10(abs(value))))}f}" if value else "0"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}"


def _frame(body: list[str], title: str, width: float = WIDTH, height: float = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{"".join(body)}</svg>'
    )


def _text(x: float, y: float, words: str, kind: str = "label", anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _runs(points: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Split at values that are not finite: a gap in the data is a gap in the line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if math.isfinite(y):
            runs[-1].append((x, y))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def line_chart(
    x: Sequence[float] | Sequence[datetime.datetime],
    series: Mapping[str, Sequence[float]],
    *,
    title: str,
    x_label: str = "",
    y_label: str = "",
    mark: float | None = None,
    mark_label: str = "",
    width: int = WIDTH,
    height: int = HEIGHT,
) -> str:
    """Lines over one axis.

    Args:
        x: positions shared by every series, numbers or datetimes, ascending.
        series: name to values, as long as `x`; NaN leaves a gap.
        title: what the chart shows, read out by screen readers.
        x_label: name and unit of the horizontal axis.
        y_label: name and unit of the vertical axis.
        mark: position on x of a vertical line, the best epoch for example.
        mark_label: words beside that line.
        width, height: pixels, at which texts have their natural size.
    """
    dated = len(x) > 0 and isinstance(x[0], datetime.datetime)
    places = [_seconds(v) if isinstance(v, datetime.datetime) else float(v) for v in x]
    values = [float(v) for each in series.values() for v in each if math.isfinite(float(v))]
    if not places or not values:
        return _frame([_text(width / 2, height / 2, "nothing to draw")], title, width, height)
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    low, high = (0.0 if low >= 0 and low < 0.35 * high else low - room), high + room
    left, right = min(places), max(places)
    if right == left:
        left, right = left - 0.5, right + 0.5

    def to_x(v: float) -> float:
        return LEFT + (v - left) / (right - left) * (width - LEFT - RIGHT)

    def to_y(v: float) -> float:
        return height - BOTTOM - (v - low) / (high - low) * (height - TOP - BOTTOM)

    body = []
    for tick in ticks(low, high):
        body.append(
            f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" '
            f'y1="{to_y(tick):.1f}" y2="{to_y(tick):.1f}"/>'
        )
        body.append(_text(LEFT - 8, to_y(tick) + 4, number(tick), anchor="end"))
    for place, words in _date_ticks(left, right) if dated else _whole_ticks(left, right):
        body.append(_text(to_x(place), height - BOTTOM + 18, words))
    body.append(
        f'<line class="axis" x1="{LEFT}" x2="{width - RIGHT}" '
        f'y1="{height - BOTTOM}" y2="{height - BOTTOM}"/>'
    )
    if x_label:
        body.append(_text((LEFT + width - RIGHT) / 2, height - 4, x_label))
    if y_label:
        middle = (TOP + height - BOTTOM) / 2
        body.append(
            f'<g transform="rotate(-90 12 {middle:.1f})">{_text(12, middle + 4, y_label)}</g>'
        )
    if mark is not None and left <= mark <= right:
        place, near_right = to_x(mark), mark > (left + right) / 2
        body.append(
            f'<line class="mark" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" '
            f'y2="{height - BOTTOM}"/>'
        )
        body.append(
            _text(
                place + (-6 if near_right else 6),
                TOP + 10,
                mark_label,
                anchor="end" if near_right else "start",
            )
        )
    for index, (name, each) in enumerate(series.items(), 1):
        points = [(to_x(a), to_y(float(b))) for a, b in zip(places, each, strict=True)]
        for run in _runs(points):
            if len(run) > 1:
                path = " ".join(f"{a:.1f},{b:.1f}" for a, b in run)
                body.append(f'<polyline class="line c{index}" points="{path}"/>')
        if len(places) <= 60:
            for moment, (a, b), value in zip(x, points, each, strict=True):
                if math.isfinite(b):
                    words = f"{name}: {number(float(value))} ({_moment(moment)})"
                    body.append(
                        f'<circle class="dot c{index}" cx="{a:.1f}" cy="{b:.1f}" r="3">'
                        f"<title>{escape(words)}</title></circle>"
                    )
    return _frame(body, title, width, height)


_EPOCH = datetime.datetime(1970, 1, 1)


def _seconds(value: datetime.datetime) -> float:
    """Seconds on the value's own clock: without its zone, so that ticks say what the data say."""
    return (value.replace(tzinfo=None) - _EPOCH).total_seconds()


def _moment(value: float | datetime.datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime.datetime) else number(value)


def _whole_ticks(left: float, right: float) -> list[tuple[float, str]]:
    return [(t, number(t)) for t in ticks(left, right, 8) if float(t).is_integer()]


def _date_ticks(left: float, right: float) -> list[tuple[float, str]]:
    days = (right - left) / 86400
    form = "%H:%M" if days < 2 else "%d %b" if days < 90 else "%b %Y" if days < 2500 else "%Y"
    spots = [left + (right - left) * (k + 0.5) / 6 for k in range(6)]
    return [(s, f"{_EPOCH + datetime.timedelta(seconds=s):{form}}") for s in spots]


def bar_chart(
    bars: Mapping[str, float],
    *,
    title: str,
    unit: str = "",
    say: Callable[[float], str] = number,
) -> str:
    """Horizontal bars from zero, one per name, each with its value at the end."""
    row, left = 34, 190
    top = max((abs(v) for v in bars.values() if math.isfinite(v)), default=0.0) or 1.0
    body = []
    for index, (name, value) in enumerate(bars.items()):
        y = 8 + index * row
        size = abs(value) / top * (WIDTH - left - 110) if math.isfinite(value) else 0.0
        body.append(_text(left - 10, y + 17, name, "label strong", "end"))
        body.append(
            f'<rect class="bar c{index + 1}" x="{left}" y="{y + 4}" width="{max(size, 1):.1f}" '
            f'height="18" rx="3"><title>{escape(name)}: {say(value)} {escape(unit)}</title></rect>'
        )
        words = f"{say(value)} {unit}".strip()
        body.append(_text(left + size + 8, y + 17, words, "label strong", "start"))
    return _frame(body, title, WIDTH, 14 + row * len(bars))


def matrix_chart(counts: Sequence[Sequence[int]], names: Sequence[str], *, title: str) -> str:
    """A confusion matrix: rows the truth, columns the answers, shade the share of the row."""
    size = len(names)
    side = max(26.0, min(74.0, 460 / max(size, 1)))
    left, top = 150.0, 58.0
    short = [name if len(name) <= 16 else name[:15] + "…" for name in names]
    tilted = max((len(name) for name in short), default=0) * 7 > side
    if tilted:
        top += 46
    body = [_text(left + side * size / 2, 16, "answer")]
    body.append(
        f'<g transform="rotate(-90 12 {top + side * size / 2:.1f})">'
        f"{_text(12, top + side * size / 2, 'truth')}</g>"
    )
    for column, name in enumerate(short):
        x = left + side * (column + 0.5)
        if tilted:
            body.append(
                f'<g transform="rotate(-40 {x:.1f} {top - 8:.1f})">'
                f"{_text(x, top - 8, name, anchor='start')}</g>"
            )
        else:
            body.append(_text(x, top - 8, name))
    for row, name in enumerate(short):
        y, total = top + side * row, sum(counts[row])
        body.append(_text(left - 8, y + side / 2 + 4, name, anchor="end"))
        for column in range(size):
            count, x = counts[row][column], left + side * column
            share = count / total if total else 0.0
            words = f"truth {names[row]}, answer {names[column]}: {count} ({share:.1%} of the row)"
            body.append(
                f'<g><title>{escape(words)}</title><rect class="cell" x="{x + 1:.1f}" '
                f'y="{y + 1:.1f}" width="{side - 2:.1f}" height="{side - 2:.1f}" rx="3" '
                f'fill-opacity="{0.06 + 0.94 * share:.3f}"/>'
            )
            kind = "label inverse" if share > 0.5 else "label strong"
            body.append(_text(x + side / 2, y + side / 2 + 4, f"{count:,}", kind) + "</g>")
    width = left + side * size + (70 if tilted else 16)
    return _frame(body, title, max(width, 320), top + side * size + 10)
