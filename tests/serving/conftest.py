"""A folder of runs and a client that knows the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ostinato import TextClassifier
from ostinato.serving.app import app_of

TOKEN = "a-token-of-tests"
TEXTS = ["a good film", "a bad film", "good actors", "bad actors"] * 8
LABELS = ["good", "bad"] * 16


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished run, "films"."""
    folder = tmp_path_factory.mktemp("studio")
    place = folder / "films"
    model = TextClassifier(hidden_size=8, epochs=2)
    model.fit(TEXTS, LABELS, directory=place, progress=False).save(place / "model.safetensors")
    (place / "report.html").write_text("<!doctype html><title>films</title>")
    return folder


@pytest.fixture
def client(runs: Path) -> Iterator[Any]:
    app: Any = app_of(runs, TOKEN, hosts=("testserver",), largest=50_000)
    with TestClient(app, cookies={"ostinato_studio": TOKEN}) as made:
        yield made
