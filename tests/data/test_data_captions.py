"""Lists of images with captions, in the forms that they come in."""

from __future__ import annotations

import pytest

from ostinato.data import listed_images, load_captions
from ostinato.errors import DataError

ROWS = [("a.jpg", "A dog ."), ("b.jpg", "Two, cats"), ("a.jpg", "a dog runs")]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "images" / name).write_bytes(b"")
    return tmp_path


def check(found, folder):
    assert found.images == [str(folder / "images" / name) for name in ("a.jpg", "b.jpg")]
    assert found.captions == [["A dog .", "a dog runs"], ["Two, cats"]]


def test_a_table_beside_its_images(folder):
    lines = "\n".join(f'{name},"{text}"' for name, text in ROWS)
    for name in ("captions.csv", "captions.txt"):
        path = folder / name
        path.write_text(f"image,caption\n{lines}\n")
        check(load_captions(path), folder)
        check(load_captions(folder), folder)
        check(load_captions([str(path)], folder=str(folder / "images")), folder)
        path.unlink()
    path = folder / "named.tsv"
    path.write_text("\n".join(["file\twords", *map("\t".join, ROWS)]) + "\n")
    check(load_captions(path, image="file", caption="words"), folder)


def test_the_lists_of_flickr(folder):
    path = folder / "Flickr8k.token.txt"
    path.write_text("a.jpg#0\tA dog .\nb.jpg#0\tTwo, cats\n\na.jpg#1\ta dog runs\n")
    check(load_captions(folder), folder)
    path.write_text("a.jpg#0\tA dog .\nb.jpg Two cats\n")
    with pytest.raises(DataError, match=r"token\.txt: line 2 must be NAME#NUMBER.* 'b.jpg Two"):
        load_captions(path)


def test_several_lists_add_up(folder):
    for name, row in (("one.csv", ROWS[0]), ("two.csv", ROWS[2])):
        (folder / name).write_text(f"image,caption\n{','.join(row)}\n")
    found = load_captions([folder / "one.csv", folder / "two.csv"])
    assert found.captions == [["A dog .", "a dog runs"]]


def test_names_without_an_ending(folder):
    path = folder / "captions.csv"
    path.write_text("image,caption\na,one\n")
    assert load_captions(path).images == [str(folder / "images" / "a.jpg")]


def test_what_is_missing_is_named(folder):
    path = folder / "captions.csv"
    path.write_text("image,caption\nc.jpg,one\n")
    with pytest.raises(DataError, match=r"captions\.csv: the image 'c.jpg' is not there. .*folder"):
        load_captions(path)
    with pytest.raises(DataError, match="there is no such folder of images"):
        load_captions(path, folder=str(folder / "none"))
    path.write_text("image,caption\na.jpg,\n")
    with pytest.raises(DataError, match="caption"):
        load_captions(path)
    path.write_text("image,text\na.jpg,one\n")
    with pytest.raises(DataError, match="no column 'caption'.*--caption"):
        load_captions(path)
    path.unlink()
    with pytest.raises(DataError, match="has no list of captions. It must be called captions.csv"):
        load_captions(folder)


def test_images_named_one_by_one_by_pattern_and_by_folder(folder):
    places = [str(folder / "images" / name) for name in ("a.jpg", "b.jpg")]
    assert listed_images([str(folder)]) == places
    assert listed_images([str(folder / "images" / "*.jpg")]) == places
    assert listed_images([places[1]]) == places[1:]
    with pytest.raises(DataError, match="no such file"):
        listed_images([str(folder / "c.jpg")])
