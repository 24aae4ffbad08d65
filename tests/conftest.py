"""What every test shares: one thread count, the real data beside the checkout, skips by marker."""

from __future__ import annotations

import os
import signal
import zlib
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# The same examples each time, and none too slow on a busy machine; `HYPOTHESIS_PROFILE=default`
# looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# A suite that runs in the background, or under nohup, would hand on signals that are ignored.
for _signal, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGTERM, signal.SIG_DFL),
):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, _handler)

# Sums depend on how many threads share them; a fixed number keeps figures the same everywhere.
torch.set_num_threads(2)


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; the test skips where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return SHARED_DATA


def pytest_runtest_setup(item: pytest.Item) -> None:
    # The same random tensors for a test in whatever order the tests run.
    torch.manual_seed(zlib.crc32(item.nodeid.encode()))
    if item.get_closest_marker("shared_data") and not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
