"""Pictures of every mode and size, and files that are none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ostinato.data import bad_images, image_files, load_images, read_image
from ostinato.errors import DataError, OptionError

RED, GREY = (200, 10, 20), (128, 128, 128)


def pixel(source):
    found = read_image("x", source)
    assert found.mode == "RGB"
    return found.getpixel((0, 0))


def flat(mode, colour, size=(6, 4)):
    return Image.new(mode, size, colour)


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (flat("RGB", RED), RED),
        (flat("L", 128), GREY),
        (flat("1", 1), (255, 255, 255)),
        (flat("RGBA", (*RED, 255)), RED),
        (flat("RGBA", (0, 0, 0, 0)), (255, 255, 255)),
        (flat("LA", (128, 255)), GREY),
        (flat("P", 0), (0, 0, 0)),
        (flat("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
        (flat("I;16", 128 * 257), GREY),
        (flat("I", 128), GREY),
        (flat("I", 128 * 257), GREY),
        (flat("F", 0.5), GREY),
        (flat("F", 128.0), GREY),
        (flat("YCbCr", (128, 128, 128)), GREY),
    ],
)
def test_every_mode_becomes_red_green_and_blue(image, colour):
    np.testing.assert_allclose(pixel(image), colour, atol=1)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "gif", "tif"])
def test_files_of_every_kind(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    flat("RGB", RED).save(path, **({"quality": 95} if ending == "jpg" else {}))
    np.testing.assert_allclose(pixel(path), RED, atol=6)
    assert pixel(str(path)) == pixel(path)


@pytest.mark.parametrize(
    ("values", "colour"),
    [
        (np.full((2, 3), 128, dtype=np.uint8), GREY),
        (np.full((2, 3, 1), 128), GREY),
        (np.full((2, 3), 0.5), GREY),
        (np.ones((2, 3), dtype=bool), (255, 255, 255)),
        (np.tile(np.array(RED, dtype=np.uint8), (2, 3, 1)), RED),
        (np.tile(np.array(RED) / 255, (2, 3, 1)), RED),
        (np.tile(np.array([*RED, 255], dtype=np.uint8), (2, 3, 1)), RED),
        (np.tile(np.array([0, 0, 0, 0], dtype=np.uint8), (2, 3, 1)), (255, 255, 255)),
        ([[0, 0], [0, 0]], (0, 0, 0)),
    ],
)
def test_arrays_of_every_kind(values, colour):
    assert pixel(values) == colour


def test_a_photograph_taken_sideways_is_turned(tmp_path):
    image = Image.new("RGB", (8, 4), (0, 0, 0))
    image.paste((255, 255, 255), (0, 0, 4, 4))
    exif = image.getexif()
    exif[0x0112] = 6  # the camera lay on its side: turn right by a quarter
    path = tmp_path / "a.png"
    image.save(path, exif=exif)
    found = read_image("x", path)
    assert found.size == (4, 8)
    assert found.getpixel((0, 0)) == (255, 255, 255)
    assert found.getpixel((0, 7)) == (0, 0, 0)


def test_pictures_become_arrays_of_one_size(tmp_path):
    path = tmp_path / "a.png"
    flat("RGB", RED, (50, 20)).save(path)
    sources = [path, flat("L", 128, (1, 1)), np.zeros((300, 2, 3), dtype=np.uint8)]
    found = load_images("x", sources, 16)
    assert found.shape == (3, 16, 16, 3)
    assert found.dtype == np.uint8
    assert (found[0] == RED).all()
    assert (found[1] == 128).all()
    same = load_images("x", [found[0]], 16)[0]
    assert np.array_equal(same, found[0])
    # Left and right, top and bottom stay what they are.
    half = np.zeros((8, 8, 3), dtype=np.uint8)
    half[:, 4:] = 255
    small = load_images("x", [half], 4)[0]
    assert small[:, 0].max() == 0
    assert small[:, 3].min() == 255
    with pytest.raises(OptionError, match="size must be a whole number at least 1"):
        load_images("x", [], 0)


def broken(tmp_path):
    """A photograph whose end is missing, a text and an empty file, all called .jpg."""
    stored = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(stored, "JPEG")
    for name, content in (
        ("cut.jpg", stored.getvalue()[:1500]),
        ("text.jpg", b"not a picture"),
        ("empty.jpg", b""),
    ):
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in ("cut.jpg", "text.jpg", "empty.jpg")]


def test_a_damaged_file_is_named(tmp_path):
    for path in broken(tmp_path):
        with pytest.raises(DataError, match=f"^x: {path} cannot be read as a picture: .*skip-bad"):
            load_images("x", [np.zeros((2, 2)), path], 16)
    with pytest.raises(DataError, match=r"x: there is no file .*none\.jpg"):
        read_image("x", tmp_path / "none.jpg")
    with pytest.raises(DataError, match="is a folder. Name the pictures in it"):
        read_image("x", tmp_path)


def test_a_picture_of_too_many_pixels_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    path = tmp_path / "a.png"
    for size in ((4, 4), (40, 40)):  # a warning of Pillow's, and an error
        flat("RGB", RED, size).save(path)
        with pytest.raises(DataError, match="too many pixels to be read safely"):
            read_image("x", path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (np.zeros((3, 8, 8)), r"got shape \(3, 8, 8\). Channels come last"),
        (np.zeros((0, 4, 3)), r"got shape \(0, 4, 3\)"),
        (np.zeros(4), r"got shape \(4,\)"),
        (np.full((2, 2), np.nan), "must be from 0 to 1, got nan"),
        (np.full((2, 2), 7.5), "must be from 0 to 1, got 7.5 to 7.5"),
        (np.full((2, 2), 300), "must be from 0 to 255, got 300 to 300"),
        (np.full((2, 2), -1), "must be from 0 to 255, got -1 to -1"),
        (None, "got NoneType"),
        ({"a": 1}, "got dict"),
        ([["a"]], "got list"),
        (b"bytes", "got bytes"),
    ],
)
def test_arrays_that_are_no_pictures(source, message):
    with pytest.raises(DataError, match=rf"x: row 1: a picture .*{message}"):
        load_images("x", [np.zeros((2, 2)), source], 16)


def test_bad_pictures_are_found_by_their_rows(tmp_path):
    cut, text, empty = broken(tmp_path)
    good = tmp_path / "good.png"
    flat("RGB", RED).save(good)
    found = bad_images([good, cut, np.zeros((2, 2)), text, empty, tmp_path / "none.jpg"])
    assert sorted(found) == [1, 3, 4, 5]
    assert found[1].startswith(f"{cut} cannot be read")


def test_pictures_in_a_folder_and_below(tmp_path):
    for name in ("b.JPG", "a.png", "below/c.jpeg", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [str(p.relative_to(tmp_path)) for p in image_files(tmp_path)]
    assert found == ["a.png", "b.JPG", "below/c.jpeg"]
    with pytest.raises(DataError, match="there is no such folder"):
        image_files(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="there is no picture in it"):
        image_files(tmp_path / "empty")
