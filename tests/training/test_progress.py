"""The bar: one place in a notebook, nothing where stderr is no terminal."""

from __future__ import annotations

import sys
import types

import pytest
import torch

from ostinato import training


class ZMQInteractiveShell:
    """Called as a notebook's kernel is."""


class Shown:
    def __init__(self, first: str) -> None:
        self.all = [first]

    def update(self, html: str) -> None:
        self.all.append(html)


def fitted() -> training.FitResult:
    X = torch.randn(64, 2)
    options = training.TrainingOptions(epochs=3, batch_size=8)
    module = torch.nn.Linear(2, 1)
    return training.fit(module, (X, X[:, :1]), loss="mse", options=options, progress=True)


@pytest.fixture
def notebook(monkeypatch):
    """A notebook without IPython: what would be displayed, in order."""
    outputs: list[Shown] = []

    def display(html: str, display_id: bool) -> Shown:
        assert display_id
        outputs.append(Shown(html))
        return outputs[-1]

    ipython, part = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]
    part.display, part.HTML = display, str  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", part)
    return outputs


def test_a_notebook_has_one_bar_that_is_replaced(notebook, monkeypatch, capsys):
    monkeypatch.setattr("ostinato.training.progress.REFRESH", 0.0)
    fitted()
    (bar,) = notebook
    # 24 batches, the beginning and the end.
    assert len(bar.all) == 26
    assert bar.all[1].startswith('<progress value="1" max="24"></progress> epoch 1/3 loss ')
    assert 'value="24"' in bar.all[-1]
    assert "ended after" in bar.all[-1]
    captured = capsys.readouterr()
    assert not captured.out
    assert not captured.err


def test_it_is_not_redrawn_with_every_batch(notebook):
    fitted()
    assert len(notebook[0].all) < 26


def test_nothing_is_written_where_stderr_is_no_terminal(capsys):
    fitted()
    captured = capsys.readouterr()
    assert not captured.out
    assert not captured.err.strip()


def test_a_fit_shows_itself():
    text = fitted()._repr_html_()
    assert "Fit: finished, 24 optimizer steps" in text
    assert "<td>train_loss</td>" in text
    assert training.FitResult()._repr_html_().startswith("<p>Fit: finished, 0 optimizer steps")
