"""The studio's own pages in a headless Chromium: runs, one run, a training begun and watched."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest
from panel_page import serve

import ostinato
from ostinato.serving.app import app_of

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser, runs, tmp_path):
    """Opens the page of a folder with the run "films"; nothing goes wrong in it, nothing leaves."""
    shutil.copytree(runs / "films", tmp_path / "films")
    address, close = serve(app_of(tmp_path, "a-token-of-tests"))
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(30_000)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: wrong.append(r.url) if address not in r.url else None)
    page.goto(f"{address}/?token=a-token-of-tests")
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    yield page, address, tmp_path
    page.close()
    close()
    assert [each for each in wrong if not each.startswith(("blob:", "data:"))] == []


def test_runs_stand_side_by_side(opened, audit):
    page, _, folder = opened
    assert "token" not in page.url
    shutil.copytree(folder / "films", folder / "again")
    page.reload()
    page.get_by_role("link", name="again").wait_for()
    assert page.get_by_label("Compare films").is_checked()
    page.get_by_role("heading", name="Options that differ").wait_for()
    assert page.locator(".uplot canvas").count() == 1
    audit(page, "runs")


def test_a_run_shows_curves_doctor_weights_and_report(opened, audit):
    page, _, _ = opened
    page.get_by_role("link", name="films").click()
    page.get_by_role("heading", name="Held-out rows").wait_for()
    page.get_by_text("With the rows that it learned from").wait_for()
    heat = page.locator("section[aria-label=Weights] canvas")
    heat.wait_for()
    before = heat.screenshot()
    heat.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert heat.screenshot() != before
    page.keyboard.press("0")
    assert page.frame_locator("iframe").locator("title").count() == 1
    audit(page, "run")


def test_a_large_matrix_is_drawn_quickly(opened, record_property):
    page, address, folder = opened
    texts = [f"word{k} film" for k in range(40)] * 2
    options = {"hidden_size": 128, "embedding_size": 500, "epochs": 1, "progress": False}
    (folder / "large").mkdir()
    model = ostinato.TextClassifier(**options, min_count=1)
    model.fit(texts, ["a", "b"] * 40, validation=None).save(folder / "large" / "model.safetensors")
    named = model.module_.state_dict()
    key = max((k for k, each in named.items() if each.dim() == 2), key=lambda k: named[k].numel())
    page.goto(f"{address}/#/run/large")
    page.get_by_label("Matrix").select_option(key)
    page.wait_for_timeout(1000)
    heat = page.locator("section[aria-label=Weights] canvas")
    spent = float(heat.get_attribute("data-milliseconds"))
    record_property("heat_map_ms", spent)
    sys.stderr.write(f"heat map of {tuple(named[key].shape)}: {spent} ms\n")
    assert np.isfinite(spent)


def test_a_training_is_begun_watched_and_kept(opened, audit):
    page, _, folder = opened
    page.get_by_role("link", name="Train").click()
    page.get_by_label("Task").select_option("text-classifier")
    rows = "".join(f"{text},{text.split()[-1]}\n" for text in ["good film", "bad actors"] * 40)
    file = folder / "rows.csv"
    file.write_text(f"text,label\n{rows}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("Choose a file to learn from.").wait_for()
    page.get_by_label("File to learn from").set_input_files(file)
    page.get_by_text("rows.csv is here.").wait_for()
    audit(page, "train")
    page.get_by_text("more options").click()
    page.get_by_label("epochs", exact=False).first.fill("2")
    page.get_by_label("Name of the run").fill("fresh")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="fresh").wait_for(timeout=90_000)
    page.get_by_role("heading", name="Held-out rows").wait_for(timeout=90_000)
    assert (folder / "fresh" / "model.safetensors").is_file()


def test_a_file_that_cannot_be_used_gets_a_sentence(opened):
    page, address, folder = opened
    page.goto(f"{address}/#/train")
    file = folder / "wrong.csv"
    file.write_text("a,b\n1,2\n")
    page.get_by_label("File to learn from").set_input_files(file)
    page.get_by_text("wrong.csv is here.").wait_for()
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("no column 'text'").wait_for(timeout=60_000)
    assert "Traceback" not in page.content()


def test_the_keyboard_reaches_all_and_nothing_yet_says_what_to_do(browser, tmp_path, audit):
    address, close = serve(app_of(tmp_path / "none", "a-token-of-tests"))
    page = browser.new_page()
    page.goto(f"{address}/?token=a-token-of-tests")
    page.get_by_role("heading", name="No runs yet").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Go to the content"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    page.go_back()
    page.get_by_role("heading", name="No runs yet").wait_for()
    audit(page, "empty")
    page.close()
    close()
