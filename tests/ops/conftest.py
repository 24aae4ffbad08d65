"""What the tests of the recurrences share."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture
def one_thread():
    """One thread: the tensors are tiny, and threads that wait for one another take longer."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
