"""Colours: enough contrast on both pages, told apart by the colour-blind, never colour alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ostinato.figures.base import ROLES
from ostinato.figures.colours import (
    LEVELS,
    PAGE,
    SERIES,
    TINTS,
    contrast,
    over,
    palette,
    styles,
    tint,
)

THEMES = pytest.mark.parametrize("theme", PAGE)
# Severe deuteranopia and protanopia in linear RGB (Machado, Oliveira & Fernandes 2009, table 1).
BLIND = {
    "red-blind": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green-blind": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def _linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    """CIELAB of linear sRGB under D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    share = to_xyz @ np.clip(linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    root = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def test_contrast_of_known_pairs():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == 1


@THEMES
def test_words_and_marks_stand_out_from_their_page(theme):
    named = palette(theme)
    for ground in ("surface", "page"):
        for words in ("ink", "soft", "muted"):
            assert contrast(named[words], named[ground]) >= 4.5, words
    # Names of classes are written in the colours of series.
    for series in SERIES:
        assert contrast(named[series], named["surface"]) >= 4.5, series
    assert contrast(named["axis"], named["surface"]) >= 3
    for shade in ("high", "low"):
        assert contrast(named[shade], named["surface"]) >= 3, shade


@THEMES
def test_words_on_shades_can_be_read(theme):
    named = palette(theme)
    for side, share in itertools.product(("high", "low"), np.linspace(0, 1, 101)):
        ground = over(named["surface"], TINTS[side], share)
        ink = named[tint(share if side == "high" else -max(share, 1e-9))]
        assert contrast(ink, ground) >= 4.5, (side, share)


@THEMES
@pytest.mark.parametrize("blind", BLIND)
def test_the_first_colours_are_told_apart_by_the_colour_blind(theme, blind):
    named = palette(theme)
    seen = {s: _lab(np.array(BLIND[blind]) @ _linear(named[s])) for s in ("ink", *SERIES[:3])}
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 15, (one, other)


@pytest.mark.parametrize(
    "roles",
    [
        ["truth", "model", "baseline", "baseline", "baseline"],
        ["training", "validation"],
        ["other"] * 24,
        ["model", *["other"] * 12],
        [role for role in ROLES if role != "interval"],  # an area, not a line
    ],
)
def test_series_differ_in_more_than_colour(roles):
    found = styles(roles)
    assert len({(s.colour, s.dash) for s in found}) == len(roles)
    for one, other in itertools.combinations(found[:6], 2):
        assert (one.dash, one.marker) != (other.dash, other.marker)


def test_free_colours_are_tried_in_order():
    assert [s.colour for s in styles(["other"] * 6)] == list(SERIES)


def test_a_role_looks_alike_in_every_picture():
    assert styles(["truth", "model"])[1] == styles(["model"])[0] == styles(["other", "model"])[1]


def test_every_shade_has_a_colour_for_its_words():
    names = {tint(share) for share in np.linspace(-1, 1, 1001)}
    assert names <= set(palette("light"))
    assert len(names) == 2 * LEVELS + 2
