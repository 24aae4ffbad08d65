"""Every estimator shows itself in a notebook."""

from __future__ import annotations

from typing import Any

from examples import Example

from ostinato.tasks.scores import scores_of


def test_one_that_is_not_fitted(example: Example) -> None:
    text = example.make()._repr_html_()
    assert "not fitted" in text
    assert "hidden_size=" in text
    assert "learning_rate=0.0011" in example.make(learning_rate=0.0011)._repr_html_()


def test_a_fitted_one(example: Example, fitted: Any) -> None:
    bundle = fitted._repr_mimebundle_()
    assert bundle["text/plain"] == repr(fitted)
    text = bundle["text/html"]
    assert f"<b>{type(fitted).__name__}</b>" in text
    assert "fitted: finished" in text
    assert "by epoch" in text
    compared = scores_of(example.kind, fitted.baseline_).compared()
    assert ("best naive" in text) == bool(compared)
