"""Pictures of what each task answers, as its report has them."""

from __future__ import annotations

from typing import Any

import pytest
from examples import Example

from ostinato import inspection
from ostinato.errors import OptionError
from ostinato.inspection.gallery import OF_TASKS, names_for


def test_those_of_one_kind_are_offered_and_made(example: Example, fitted: Any) -> None:
    whole = example.kind in ("forecaster", "anomaly-detector")
    data = example.X if whole else example.X[:2]
    offered = names_for(fitted, data)
    own = OF_TASKS.get(example.kind, ())
    for kind, names in OF_TASKS.items():
        assert all((name in offered) == (kind == example.kind) for name in names)
    for name in own:
        if name != "tokens":
            (picture,) = inspection.pictures_of(fitted, data, [name]).values()
            assert len(picture.table)


def test_held_out_rows_have_the_reports_pictures(example: Example, fitted: Any) -> None:
    if fitted.held_out_ is None:
        pytest.skip("its fit held nothing out")
    found = inspection.held_out_pictures(fitted)
    assert found
    assert all(name and "/" not in name for name in found)


def test_another_kind_is_refused(example: Example, fitted: Any) -> None:
    for make, kind in (
        (inspection.forecasts, "forecaster"),
        (inspection.blame, "anomaly-detector"),
    ):
        if example.kind != kind:
            with pytest.raises(OptionError, match=f"must be a fitted {kind}"):
                make(fitted, example.X)
