"""What the tests of the recurrences share."""

from __future__ import annotations

import pytest
import torch

from ostinato.ops import kernels, path


@pytest.fixture
def one_thread():
    """One thread: the tensors are tiny, and threads that wait for one another take longer."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["native", "torch"])
def plain_path(request, monkeypatch):
    """The path of a call without options: each test runs on both."""
    if request.param == "torch":
        monkeypatch.setattr(kernels, "allows", lambda *_: False)
    elif path("lstm") != "native":
        pytest.skip("installed without the native kernels")
    return request.param


@pytest.fixture(scope="module")
def one_thread_for_module():
    """The same for whole files of tiny tensors, and where hypothesis wants no fixture of a test."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
