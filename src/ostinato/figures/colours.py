"""Colours and how series are told apart: after Okabe & Ito (2008), darkened or lightened until
every mark stands out from its page; a dash and a marker go with each colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PAGE = {
    "light": {
        "page": "#f7f7f5",
        "surface": "#ffffff",
        "ink": "#111111",
        "soft": "#4d4d4a",
        "muted": "#6b6b66",
        "axis": "#8a8a84",
        "grid": "#e4e3dd",
        "c1": "#0072b2",
        "c2": "#d04a02",
        "c3": "#00795a",
        "c4": "#a8457f",
        "c5": "#8a6400",
        "c6": "#66655f",
    },
    "dark": {
        "page": "#0f0f0f",
        "surface": "#181817",
        "ink": "#f5f5f2",
        "soft": "#c9c8c0",
        "muted": "#a3a29a",
        "axis": "#7d7c75",
        "grid": "#33322f",
        "c1": "#56b4e9",
        "c2": "#f4915a",
        "c3": "#2cbf94",
        "c4": "#e39ac6",
        "c5": "#e8d44d",
        "c6": "#b3b1a8",
    },
}
"""Every colour by name, for a light and a dark page."""

TINTS = {"high": (42, 132, 198), "low": (217, 105, 43), "none": (128, 128, 128)}
"""Red, green and blue of the shades of a matrix or text, laid over the page: the same on a light
and a dark one."""
LEVELS = 20

DASHES: tuple[tuple[float, ...], ...] = ((), (7, 3), (2, 2.5), (9, 3, 2, 3))
MARKERS = ("circle", "square", "triangle", "diamond", "cross")
SERIES = ("c1", "c2", "c3", "c4", "c5", "c6")


class Style(NamedTuple):
    """How a series is drawn: a colour's name, a dash in pixels, a marker, a width in pixels."""

    colour: str
    dash: tuple[float, ...] = ()
    marker: str = "circle"
    width: float = 2.0


_ROLES = {
    "truth": (Style("ink", (), "circle", 1.7),),
    "model": (Style("c2", (), "square", 2.3),),
    "baseline": (
        Style("c3", (7, 3), "triangle", 1.8),
        Style("c4", (2, 2.5), "diamond", 1.8),
        Style("c5", (9, 3, 2, 3), "cross", 1.8),
    ),
    "training": (Style("c1", (7, 3), "circle"),),
    "validation": (Style("c2", (), "square"),),
    "interval": (Style("c2", (), "square"), Style("c1", (), "circle")),
}


def styles(roles: Sequence[str]) -> list[Style]:
    """A style for each series by its role; two series of one picture differ in more than colour."""
    taken: set[tuple[str, tuple[float, ...]]] = set()
    found = []
    fixed = {style for role in roles if role in _ROLES for style in _ROLES[role][:1]}
    others = (Style(SERIES[k % 6], DASHES[(k + k // 12) % 4], MARKERS[k % 5]) for k in range(10**6))
    free = (style for style in others if style.colour not in {each.colour for each in fixed})
    for role in roles:
        usual = (each for each in _ROLES.get(role, ()) if (each.colour, each.dash) not in taken)
        found.append(next(usual, None) or next(free))
        taken.add((found[-1].colour, found[-1].dash))
    return found


def tint(share: float) -> str:
    """The name of the colour for words on a shade of strength `share`, -1 to 1."""
    return f"on-{'high' if share >= 0 else 'low'}-{round(min(1.0, abs(share)) * LEVELS)}"


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over(surface: str, shade: tuple[int, int, int], opacity: float) -> str:
    """The colour of a shade laid over a surface."""
    under = [int(surface[k : k + 2], 16) for k in (1, 3, 5)]
    mixed = [round(u + (s - u) * opacity) for u, s in zip(under, shade, strict=True)]
    return "#" + "".join(f"{each:02x}" for each in mixed)


def palette(theme: str) -> dict[str, str]:
    """All colours of "light" or "dark" by name, those for words on shades included."""
    named = dict(PAGE[theme])
    for side in ("high", "low"):
        named[side] = over("#000000", TINTS[side], 1.0)
        for level in range(LEVELS + 1):
            under = over(named["surface"], TINTS[side], level / LEVELS)
            named[f"on-{side}-{level}"] = max(
                ("#000000", "#ffffff"), key=lambda ink: contrast(ink, under)
            )
    named["none"] = over("#000000", TINTS["none"], 1.0)
    return named
