"""The panels clicked, typed and drawn in a headless Chromium, each on a bare page of its own."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ostinato
from ostinato.data import Recording
from ostinato.data.audio import write_wav

pytestmark = pytest.mark.browser

SMALL = {"epochs": 2, "hidden_size": 8, "progress": False}
WAY = [(0.2, 0.5), (0.8, 0.5), (0.2, 0.45), (0.8, 0.52)]


class Models(dict):
    """A small model of each panel, fitted when it is first asked for."""

    def get(self, name, default=None):
        if name not in self and name in FITS:
            self[name] = FITS[name]()
        return super().get(name, default)


def _texts():
    model = ostinato.TextClassifier(**SMALL, embedding_size=8, learning_rate=0.03)
    return model.fit(["a great film", "a dull film"] * 12, ["good", "bad"] * 12, validation=None)


def _generation():
    model = ostinato.LanguageModel(**SMALL, embedding_size=8, chunk=16)
    return model.fit(["a great film and a dull one. "] * 40, validation=None)


def _sound():
    sounds = [np.random.default_rng(k).normal(size=4000) * 0.1 for k in range(8)]
    heard = {"sampling_rate": 8000, "bands": 12, "convolution": 8, "num_layers": 1}
    model = ostinato.SpeechRecognizer(**SMALL, **heard)
    return model.fit(sounds, ["a b", "b a"] * 4, validation=None)


def _music():
    steps = np.arange(32)
    piece = np.stack([67 + 2 * (steps // 2 % 4), 60 - steps // 4 % 3, 48 + steps // 8], axis=1)
    return ostinato.MusicComposer(**SMALL, chain_size=8).fit([piece] * 8, validation=None)


def _captions():
    images = [np.full((20, 20, 3), k * 9, dtype=np.uint8) for k in range(12)]
    sizes = {"embedding_size": 8, "channels": 4, "image_size": 16, "grid": 2, "min_count": 1}
    model = ostinato.ImageCaptioner(**SMALL, **sizes, beam=2)
    return model.fit(images, ["a dark square", "a light square"] * 6, validation=None)


FITS = {
    "texts": _texts,
    "generation": _generation,
    "tables": lambda: ostinato.AnomalyDetector(**SMALL, past=12, horizon=4).fit(_table(300)),
    "sound": _sound,
    "music": _music,
    "captions": _captions,
}


def _table(rows: int) -> pd.DataFrame:
    when = pd.date_range("2026-01-01", periods=rows, freq="h")
    return pd.DataFrame({"time": when, "load": 50 + 10 * np.sin(np.arange(rows) * 2 * np.pi / 24)})


@pytest.fixture(scope="module")
def served():
    from panel_page import app_of, serve

    models = Models()
    address, close = serve(app_of(models))
    yield address, models
    close()


@pytest.fixture
def opened(browser, served, audit):
    """Opens a panel; at the end: no error in the page, no request that left, a picture of each
    colour and width, and no violation that axe finds."""
    pages = []
    address, models = served

    def open_(panel: str):
        models.get(panel)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.set_default_timeout(20_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if "Security" in m.text else None)
        page.on("request", lambda r: wrong.append(r.url) if address not in r.url[:60] else None)
        page.goto(f"{address}/panel/{panel}")
        pages.append((panel, page, wrong))
        return page

    yield open_
    for panel, page, wrong in pages:
        assert [each for each in wrong if not each.startswith("blob:")] == []
        audit(page, panel)
        page.close()


def _until(page, words: str) -> None:
    """Wait until an expression of JavaScript holds; the page's own rules forbid it to evaluate."""
    for _ in range(400):
        if page.evaluate(words):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {words}")


# After every `input` event, the time until the answer stands in the page and a frame was drawn.
STOPWATCH = """([selector, looked]) => {
  window.times = [];
  const field = document.querySelector(selector), answer = document.querySelector(looked);
  let begun = null;
  field.addEventListener("input", () => { begun = performance.now(); }, true);
  new MutationObserver(() => {
    if (begun === null) return;
    const from = begun; begun = null;
    requestAnimationFrame(() => setTimeout(() => window.times.push(performance.now() - from)));
  }).observe(answer, {subtree: true, childList: true, characterData: true, attributes: true});
}"""


def _timed(page, field: str, answer: str, words: str, record_property) -> None:
    """Milliseconds from key to picture: printed and recorded, not asserted."""
    page.evaluate(STOPWATCH, [field, answer])
    page.type(field, words, delay=60)
    page.wait_for_timeout(300)
    times = page.evaluate("window.times")
    assert len(times) > len(words) / 2
    median = statistics.median(times)
    record_property("key_to_picture_ms", round(median, 1))
    told = f"median {median:.1f} ms of {len(times)} keys, worst {max(times):.1f} ms"
    sys.stderr.write(f"key to picture: {told}\n")


def test_label_and_tint_change_with_each_key(opened, record_property):
    page = opened("texts")
    _timed(page, "textarea", ".p-answer", "a great film and a dull one", record_property)
    assert "%" in page.inner_text(".p-large")
    assert page.locator(".p-token").count() == 7
    before = page.inner_text(".p-value >> nth=0")
    page.fill("textarea", "a dull dull dull film")
    _until(page, "document.querySelectorAll('.p-token').length === 5")
    assert page.inner_text(".p-value >> nth=0") != before
    page.get_by_label("Tint the words by").select_option("unit")
    page.get_by_label("Unit", exact=True).fill("3")
    page.get_by_text("What unit 3 of 16 puts out").wait_for()


def test_text_is_generated_token_by_token_stopped_and_continued(opened, record_property):
    page = opened("generation")
    _timed(page, "textarea", ".p-bars", "a great film", record_property)
    page.get_by_label("Temperature").fill("1.2")
    page.get_by_role("button", name="Write on").click()
    _until(page, "document.querySelector('textarea').value.length > 20")
    page.keyboard.press("Enter")  # the focus is on Stop
    page.get_by_text("tokens in").wait_for()
    first = page.input_value("textarea")
    assert first.startswith("a great film")
    page.get_by_role("button", name="Write on").click()
    _until(page, f"document.querySelector('textarea').value.length > {len(first)}")
    page.get_by_role("button", name="Stop").click()
    _until(page, "document.querySelector('button.main').disabled === false")
    assert page.input_value("textarea").startswith(first)
    assert page.locator(".p-bars li").count() == 10


def test_any_table_is_forecast_drawn_and_downloaded(opened, tmp_path):
    _table(240).to_csv(tmp_path / "load.csv", index=False)
    (tmp_path / "wrong.csv").write_bytes(b"one,two\nx,y\n")
    page = opened("instant")
    page.set_input_files("input[type=file]", tmp_path / "wrong.csv")
    page.get_by_text("no numeric column to forecast").wait_for()
    page.set_input_files("input[type=file]", tmp_path / "load.csv")
    page.locator(".uplot canvas").wait_for()
    assert "forecast load" in page.inner_text(".p-facts")
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download as CSV").click()
    assert list(pd.read_csv(caught.value.path())) == ["time", "load", "load_q10", "load_q90"]


def test_anomalies_are_drawn_with_their_alarms(opened, tmp_path):
    table = _table(240)
    table.loc[200, "load"] = 300.0
    table.to_csv(tmp_path / "load.csv", index=False)
    page = opened("tables")
    page.set_input_files("input[type=file]", tmp_path / "load.csv")
    page.locator(".uplot canvas").nth(1).wait_for()
    assert "2026-01-09 08:00:00" in page.inner_text(".p-charts ul")


def test_a_recording_is_dropped_and_another_made(opened, tmp_path):
    samples = np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1
    write_wav(tmp_path / "said.wav", Recording(samples=samples, rate=8000).samples, 8000)
    (tmp_path / "no.wav").write_bytes(b"RIFF nothing")
    page = opened("sound")
    page.set_input_files("input[type=file]", tmp_path / "no.wav")
    page.get_by_text("no.wav: cannot be read as a recording").wait_for()
    page.set_input_files("input[type=file]", tmp_path / "said.wav")
    page.get_by_text("1.00 s,").wait_for()
    page.get_by_role("button", name="Record").click()  # Chromium's microphone that beeps
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Stop and listen").click()
    _until(page, "!document.body.innerText.includes('1.00 s,')")
    page.get_by_text("% sure").first.wait_for()


def test_music_is_composed_played_downloaded_and_continued(opened, tmp_path):
    page = opened("music")
    page.get_by_role("button", name="Compose").click()
    page.get_by_text("beats a minute").wait_for()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(400)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download MIDI").click()
    assert Path(caught.value.path()).read_bytes()[:4] == b"MThd"
    page.get_by_role("button", name="Stop").click()
    caught.value.save_as(tmp_path / "piece.mid")
    page.set_input_files("input[type=file]", tmp_path / "piece.mid")
    page.get_by_text("given steps").wait_for()


def test_an_image_gets_a_caption_and_shows_where_it_looked(opened, tmp_path):
    from PIL import Image

    Image.fromarray(np.full((60, 80, 3), 60, dtype=np.uint8)).save(tmp_path / "square.png")
    page = opened("captions")
    page.set_input_files("input[type=file]", tmp_path / "square.png")
    page.locator(".p-row button").first.click()
    assert page.inner_text(".p-large") != ""


def _draw(page, points, shake: float) -> None:
    box = page.locator(".p-pad").bounding_box()
    places = [
        (box["x"] + x * box["width"], box["y"] + (y + shake) * box["height"]) for x, y in points
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()
    page.wait_for_timeout(550)


def test_gestures_are_drawn_learned_and_told_while_drawn(opened):
    page = opened("gestures")
    shapes = {"dash": WAY[:2], "corner": [(0.3, 0.2), (0.3, 0.8), (0.8, 0.8)]}
    for name, points in shapes.items():
        page.get_by_label("Name of a thing").fill(name)
        page.keyboard.press("Enter")
        for k in range(3):
            _draw(page, points, 0.02 * k)
    page.get_by_role("button", name="Learn", exact=True).click()
    page.get_by_text("Learned from 6 drawings").wait_for(timeout=60_000)
    _draw(page, shapes["corner"], 0.05)
    page.get_by_text("corner! (").wait_for()


def test_gestures_work_by_the_keyboard_alone(opened, record_property):
    page = opened("gestures")
    page.get_by_role("button", name="Load four shapes").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Learned from 40 drawings").wait_for(timeout=60_000)
    begun = time.perf_counter()
    page.get_by_role("button", name="Draw one for me").focus()
    page.keyboard.press("Enter")
    page.locator(".p-bars .first").wait_for()
    record_property("seconds_until_first_bars", round(time.perf_counter() - begun, 3))
    page.wait_for_timeout(1500)
    assert page.inner_text(".p-large").rstrip("()0123456789.% ").endswith("!")


def test_panels_stand_in_the_studio_itself(browser, tmp_path, record_property):
    from panel_page import serve

    from ostinato.serving.app import app_of

    (tmp_path / "reviews").mkdir()
    _texts().save(tmp_path / "reviews" / "model.safetensors")
    address, close = serve(app_of(tmp_path, "secret"))
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{address}/?token=secret#/try/texts/reviews")
    page.get_by_label("Text", exact=True).wait_for()
    _timed(page, "textarea", ".p-answer", "a great film and a dull one", record_property)
    _until(page, "document.querySelectorAll('.p-token').length === 7")
    page.goto(f"{address}/#/try/gestures")
    page.get_by_role("button", name="Load four shapes").click()
    page.get_by_text("Learned from 40 drawings").wait_for(timeout=60_000)
    page.close()
    close()
