"""One model that has learned tones, and other recordings of them."""

from __future__ import annotations

import numpy as np
import pytest
from speech_tones import OPTIONS, spoken

from ostinato import SpeechRecognizer


@pytest.fixture(scope="session")
def tones() -> tuple[list[np.ndarray], list[str]]:
    return spoken(20, 9)


@pytest.fixture(scope="session")
def taught() -> SpeechRecognizer:
    """A causal model that hears nearly all; tests must not change it."""
    model = SpeechRecognizer(**OPTIONS, bidirectional=False, guide="words", epochs=12)
    return model.fit(*spoken(96, 0), validation=spoken(8, 1))
