"""One small fit of every task, made once, for the tests that only read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from examples import EXAMPLES, Example

from ostinato.tasks import TASKS


@pytest.fixture(params=list(TASKS))
def example(request: pytest.FixtureRequest) -> Example:
    return EXAMPLES[request.param]


@pytest.fixture(scope="session")
def _fits() -> dict[str, Any]:
    return {}


@pytest.fixture
def fitted(example: Example, _fits: dict[str, Any]) -> Any:
    """The example's model; tests must not change it."""
    if example.kind not in _fits:
        _fits[example.kind] = example.fit()
    return _fits[example.kind]


@pytest.fixture
def weights() -> Callable[[Any], dict[str, Any]]:
    """A model's weights, copied."""
    return lambda model: {k: v.clone() for k, v in model.module_.state_dict().items()}
