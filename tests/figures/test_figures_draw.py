"""Every kind drawn: well-formed, inside the picture, nothing on top of another, safe."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from figures_cases import AWKWARD, CASES, DAYS
from PIL import Image as Pillow

from ostinato.errors import OptionError
from ostinato.figures import Axis, Bars, Group, Line, Lines, Mark, Matrix, TintedText, draw
from ostinato.figures.layout import NOTHING, lay_out
from ostinato.figures.scene import Image, Marker, Path, Rect, Text, overlap

SVG = "{http://www.w3.org/2000/svg}"
EVERY = pytest.mark.parametrize("name", CASES)
WIDTHS = pytest.mark.parametrize("width", [800, 400])


def parsed(figure, **how):
    return ET.fromstring(draw.svg(figure, **how))


@EVERY
@WIDTHS
@pytest.mark.parametrize("dark", [False, True])
def test_svg_is_well_formed_and_says_what_it_is(name, width, dark):
    root = parsed(CASES[name], width=width, dark=dark)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text.strip()
    assert root.find(f"{SVG}desc").text.strip()
    assert float(root.get("width")) == width
    text = ET.tostring(root, encoding="unicode")
    assert not re.search(r"NaN|\bnan\b|inf\b|url\(|var\(", text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "rect", "path", "circle", "text", "image"),
    }


@EVERY
@WIDTHS
def test_words_neither_meet_nor_leave_the_picture(name, width):
    scene = lay_out(CASES[name], width)
    texts = [shape for shape in scene.shapes if isinstance(shape, Text)]
    assert texts
    boxes = [text.box() for text in texts]
    assert all(text.size >= 11 for text in texts)
    for (left, top, right, bottom), text in zip(boxes, texts, strict=True):
        assert left >= -0.5, text
        assert right <= width + 0.5, text
        assert top >= -0.5, text
        assert bottom <= scene.height + 0.5, text
    assert not overlap([(a + 0.3, t + 1, b - 0.3, u - 1) for a, t, b, u in boxes])


@EVERY
@WIDTHS
def test_shapes_stay_in_the_picture(name, width):
    scene = lay_out(CASES[name], width)
    for shape in scene.shapes:
        if isinstance(shape, Path):
            low, high = shape.points.min(0), shape.points.max(0)
        elif isinstance(shape, (Rect, Image)):
            low = np.array([shape.x, shape.y])
            high = low + np.array([shape.width, shape.height])
        elif isinstance(shape, Marker):
            low = high = np.array([shape.x, shape.y])
        else:
            continue
        assert (low >= -0.5).all(), shape
        assert (high <= (width + 0.5, scene.height + 0.5)).all(), shape


@pytest.mark.parametrize("name", [n for n, figure in CASES.items() if figure.empty])
def test_nothing_to_draw_is_said(name):
    assert NOTHING in draw.svg(CASES[name])


def test_points_stand_where_the_scale_says():
    line = Line(name="a", x=[0, 1, 2], y=[0, 5, 10])
    figure = Lines(title="t", lines=[line], x=Axis(low=0, high=2), y=Axis(low=0, high=10))
    scene = lay_out(figure, 500)
    drawn = next(s for s in scene.shapes if isinstance(s, Path) and len(s.points) == 3)
    grid = [s.points for s in scene.shapes if isinstance(s, Path) and s.stroke == "grid"]
    ends = max(p[0, 1] for p in grid), min(p[0, 1] for p in grid)
    assert drawn.points[0].tolist() == pytest.approx([grid[0][0, 0], ends[0]])
    assert drawn.points[2].tolist() == pytest.approx([grid[0][1, 0], ends[1]])
    assert drawn.points[1].tolist() == pytest.approx((drawn.points[0] + drawn.points[2]) / 2)


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    scene = lay_out(CASES["gaps"], 800)
    lines = [s for s in scene.shapes if isinstance(s, Path) and s.title == "one"]
    assert [len(line.points) for line in lines] == [2, 2]


def test_every_series_can_be_told_without_colour():
    figure = Lines(title="t", lines=[Line(name=f"s{k}", x=[0, 1], y=[k, k + 1]) for k in range(20)])
    paths = [s for s in lay_out(figure, 800).shapes if isinstance(s, Path)]
    lines = [p for p in paths if p.title.startswith("s")]
    assert len({(p.stroke, p.dash) for p in lines}) == 20


def test_the_second_baseline_looks_different_from_the_first():
    scene = lay_out(CASES["forecast"], 800)
    looks = {s.title: (s.stroke, s.dash) for s in scene.shapes if isinstance(s, Path) and s.title}
    assert len(set(looks.values())) == len(looks) == 4
    assert {colour for colour, _ in looks.values()} == {"ink", "c2", "c3", "c4"}


def test_what_was_known_is_shaded_up_to_its_end():
    scene = lay_out(CASES["forecast"], 800)
    shade = next(s for s in scene.shapes if isinstance(s, Rect) and s.fill == "muted")
    grid = next(s for s in scene.shapes if isinstance(s, Path) and s.stroke == "grid").points
    share = shade.width / (grid[1, 0] - grid[0, 0])
    assert share == pytest.approx(19 / 39)


def test_bars_are_as_long_as_their_values():
    figure = Bars(
        title="t", names=["x"], groups=[Group(name="a", values=[2]), Group(name="b", values=[1])]
    )
    bars = [s for s in lay_out(figure, 600).shapes if isinstance(s, Rect)]
    assert bars[0].width == pytest.approx(2 * bars[1].width)
    assert bars[0].x == bars[1].x
    negative = Bars(title="t", names=["x", "y"], groups=[Group(name="a", values=[2, -2])])
    left, right = [s for s in lay_out(negative, 600).shapes if isinstance(s, Rect)][::-1]
    assert left.x + left.width == pytest.approx(right.x)
    assert left.width == pytest.approx(right.width)


def test_a_confusion_shades_by_share_and_says_counts():
    scene = lay_out(CASES["confusion"], 800)
    cells = [s for s in scene.shapes if isinstance(s, Rect) and s.title]
    assert [round(c.opacity, 2) for c in cells] == [0.94, 0.06, 0.04, 0.99]
    assert {"50", "3", "7", "1,200"} <= {s.words for s in scene.shapes if isinstance(s, Text)}


def test_large_matrices_become_pixels():
    scene = lay_out(CASES["gates"], 800)
    image = max((s for s in scene.shapes if isinstance(s, Image)), key=lambda s: s.shades.size)
    assert image.shades.shape == (256, 500)
    assert len(scene.shapes) < 60
    huge = Matrix(title="t", values=np.zeros((5000, 9000)) + np.arange(9000))
    largest = max(s.shades.size for s in lay_out(huge, 800).shapes if isinstance(s, Image))
    assert largest <= 1600 * 1100


def test_pixels_in_the_file_are_the_shades():
    import base64

    root = parsed(CASES["gates"], width=800)
    first = next(e for e in root.iter(f"{SVG}image"))
    data = base64.b64decode(first.get("href").split(",", 1)[1])
    image = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGBA"))
    values = CASES["gates"].values
    assert image.shape == (256, 500, 4)
    top = np.abs(values).max()
    assert np.abs(image[..., 3] / 255 - np.abs(values) / top).max() < 0.01
    assert ((image[..., 2] > image[..., 0]) == (values >= 0)).all()


def test_marks_beyond_the_axis_are_left_out():
    figure = Lines(
        title="t",
        lines=[Line(name="a", x=[0, 1], y=[0, 1])],
        x=Axis(low=0, high=1),
        marks=[Mark(x=5, label="far away"), Mark(x=1, label="near")],
    )
    said = {s.words for s in lay_out(figure, 800).shapes if isinstance(s, Text)}
    assert "near" in said
    assert "far away" not in said


def test_ticks_on_a_time_axis_do_not_repeat_at_any_width():
    for count in (2, 3, 10, 40, 400):
        times = DAYS[0] + np.arange(count).astype("timedelta64[D]")
        for step in (1, 7, 30, 365):
            line = Line(name="a", x=times[0] + (times - times[0]) * step, y=np.arange(count))
            for width in (300, 400, 800):
                scene = lay_out(Lines(title="t", lines=[line]), width)
                rows: dict[float, list[str]] = {}
                for shape in scene.shapes:
                    if isinstance(shape, Text) and shape.anchor == "middle":
                        rows.setdefault(shape.x, []).append(shape.words)
                said = ["\n".join(each) for each in rows.values()]
                assert len(said) == len(set(said)) >= 1


def test_running_text_begins_where_it_is_read():
    def first(figure):
        shapes = [s for s in lay_out(figure, 400, heading=False).shapes if isinstance(s, Text)]
        return shapes[0].x, shapes[1].x

    left = first(TintedText(title="t", tokens=["one", "two"]))
    right = first(TintedText(title="t", tokens=["هذا", "نص"]))
    assert left[0] < left[1] < 200
    assert right[0] > right[1] > 200


def test_a_user_s_words_are_escaped():
    text = draw.svg(CASES["hours"])
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert AWKWARD not in text


def test_png_has_the_size_and_the_page_of_its_theme(tmp_path):
    path = tmp_path / "picture.png"
    stored = draw.png(CASES["forecast"], path, width=400, scale=1.5, dark=True)
    assert path.read_bytes() == stored
    image = Pillow.open(io.BytesIO(stored)).convert("RGB")
    assert image.size[0] == 600
    assert max(image.getpixel((2, 2))) < 40


@EVERY
def test_every_kind_is_drawn_by_matplotlib_without_pyplot(name):
    import sys

    loaded = "matplotlib.pyplot" in sys.modules
    assert draw.png(CASES[name], width=400, scale=0.5).startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == loaded


def test_a_page_narrower_than_words_is_refused():
    with pytest.raises(OptionError, match="width must be a number at least 240"):
        draw.svg(CASES["gaps"], width=100)


def test_marks_of_a_matrix_stand_at_their_columns():
    """Columns at 0, 1, 2 and 3 seconds: a mark at 1.5 s is in the middle."""
    figure = Matrix(
        title="t",
        values=np.arange(8.0).reshape(2, 4),
        columns=[0.0, 1.0, 2.0, 3.0],
        marks=[Mark(x=1.5, label="word"), Mark(x=9.0, label="outside")],
    )
    assert type(figure).from_dict(figure.to_dict()).marks[0].label == "word"
    scene = lay_out(figure, 800)
    said = [each.words for each in scene.shapes if isinstance(each, Text)]
    assert "word" in said
    assert "outside" not in said
    cells = [each for each in scene.shapes if isinstance(each, Rect) and each.height > 10]
    left, right = min(c.x for c in cells), max(c.x + c.width for c in cells)
    upright = [
        each.points[0, 0]
        for each in scene.shapes
        if isinstance(each, Path) and each.stroke == "ink" and np.ptp(each.points[:, 0]) == 0
    ]
    assert upright == [pytest.approx((left + right) / 2, abs=3)]
