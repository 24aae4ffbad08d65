"""The page: closed tags, nothing fetched, escaped, tables for readers who do not see pictures."""

from __future__ import annotations

import html.parser
import re

import pytest
from figures_cases import AWKWARD, CASES

from ostinato.figures import Line, Lines, Table, TintedText, page, section
from ostinato.figures.page import NARROW, WIDE, notebook, pairs, tiles

VOID = {"meta", "br"}


class Strict(html.parser.HTMLParser):
    """Tags must close in order; collects tags with their attributes, and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def whole() -> str:
    return page(CASES.values(), f"Gallery {AWKWARD}", AWKWARD)


def test_every_tag_closes_and_nothing_runs(whole):
    read = Strict(whole)
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "img", "iframe", "link", "object", "a"}
    assert not any(name.startswith("on") for _, each in read.tags for name in each)


def test_no_request_leaves_the_page(whole):
    read = Strict(whole)
    links = [v for _, each in read.tags for k, v in each.items() if k in ("href", "src")]
    assert links
    assert all(str(link).startswith("data:image/png;base64,") for link in links)
    assert "url(" not in whole
    assert "@import" not in whole
    addresses = set(re.findall(r"https?://[^\"' ]+", whole))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_it_is_stored_as_utf8_and_follows_light_and_dark(whole):
    assert whole.encode("utf-8")
    assert "@media (prefers-color-scheme: dark)" in whole
    assert "color-scheme: light dark" in whole
    assert Strict(whole).named("meta")[0] == {"charset": "utf-8"}


def test_colours_of_the_page_are_all_defined(whole):
    used = set(re.findall(r"var\((--o-[\w-]+)\)", whole))
    light, dark = whole.split("@media (prefers-color-scheme: dark)")[:2]
    for text in (light, dark.split("}", 1)[0]):
        assert used <= set(re.findall(r"(--o-[\w-]+):", text))


def test_each_picture_is_there_for_wide_and_for_narrow_places(whole):
    drawings = Strict(whole).named("svg")
    drawn = [f for f in CASES.values() if not f.empty and not isinstance(f, (Table, TintedText))]
    assert [each["class"] for each in drawings] == ["o-wide", "o-narrow"] * len(drawn)
    assert {each["role"] for each in drawings} == {"img"}
    # Words of 13 and 12 pixels must be 11 at least where they are smallest: in a place of 630
    # pixels, where the wide drawing begins, and on a phone of 400, which leaves 352.
    assert 13 * 630 / WIDE >= 11
    assert 12 * 350 / NARROW >= 11
    assert "@container (max-width: 629px)" in whole


def test_tables_have_scopes(whole):
    heads = Strict(whole).named("th")
    assert {head.get("scope") for head in heads} == {"col", "row"}
    regions = [each for each in Strict(whole).named("div") if each.get("role") == "region"]
    assert regions
    assert all(each["tabindex"] == "0" and each["aria-label"] for each in regions)


def test_many_series_fold():
    text = page([CASES["many series"]], "t")
    assert "<summary>All 20 series</summary>" in text
    assert text.count('<li dir="auto">') == 20
    assert "All " not in page([CASES["forecast"]], "t")


def test_the_numbers_are_there_and_cut_off_where_they_are_many():
    figure = Lines(title="t", lines=[Line(name="a", x=range(500), y=range(500))])
    text = page([figure], "t")
    assert "The first 200 of 500 rows." in text
    assert text.count('<th scope="row"') == 200
    assert "<summary>The numbers" not in page([figure], "t", numbers=False)


def test_entities_say_their_class_and_influence_its_number():
    text = page([CASES["entities"], CASES["influence"]], "t")
    read = Strict(text)
    assert "person" in " ".join(read.words)
    marks = read.named("mark")
    assert marks[0]["class"] == "o-class"
    assert [m.get("title") for m in marks if m.get("title")] == ["−1", "0.5", "0.1", "0.2", "−0.3"]
    below = [m for m in marks if m.get("class") == "o-below"]
    assert [m.get("title") for m in below] == ["−1", "−0.3", None]


def test_parts_of_a_page_are_escaped():
    text = section(AWKWARD, tiles([(AWKWARD, "1")]), pairs([("name", AWKWARD)]), identity="x")
    assert "<script" not in text
    assert Strict(text).named("section") == [{"id": "x"}]


def test_a_notebook_shows_a_figure():
    figure = CASES["forecast"]
    text = figure._repr_html_()
    assert text == notebook(figure)
    Strict(text)
    assert "data-jp-theme-light" in text
    assert text.count("<svg") == 2
