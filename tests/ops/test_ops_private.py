"""torch's private names, each by what it is for: a torch that moves one fails here first."""

from __future__ import annotations

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from ostinato.ops import kernels, private


class Ordinary(torch.Tensor):
    """A subclass that adds nothing."""


class Recorder(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


class Functions(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def test_ordinary_tensors_are_dense():
    x = torch.randn(3, 4)
    for each in (x, x[1:], x.t(), torch.nn.Parameter(x), torch.empty(0), x.bool(), x.long()):
        assert private.dense(each)
        assert not private.fake(each)
    with torch.inference_mode():
        assert private.dense(torch.ones(2))
    assert not private.watched()
    assert kernels.plain(x, None)


def odd():
    freed = torch.ones(3)
    freed.untyped_storage().resize_(0)
    with FakeTensorMode():
        fake = torch.ones(3)
    return {
        "subclass": torch.ones(2).as_subclass(Ordinary),
        "fake": fake,
        "meta": torch.ones(2, device="meta"),
        "sparse": torch.eye(2).to_sparse(),
        "compressed": torch.eye(2).to_sparse_csr(),
        "mkldnn": torch.ones(2).to_mkldnn(),
        "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
        "negative": torch.ones(2, dtype=torch.complex64).conj().imag,
        "conjugate": torch.ones(2, dtype=torch.complex64).conj(),
        "zero": torch._efficientzerotensor((2,)),
        "nested": torch.nested.nested_tensor([torch.ones(2)], layout=torch.jagged),
        "freed": freed,
    }


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_nothing_else_is():
    for name, each in odd().items():
        assert not private.dense(each), name
        assert private.fake(each) == (name in ("fake", "meta")), name


def test_what_watches_is_seen():
    found = {}
    with FakeTensorMode():
        found["fake"] = private.watched()
    with Recorder():
        found["dispatch mode"] = private.watched()
    with Functions():
        found["function mode"] = private.watched()
    with torch.utils.flop_counter.FlopCounterMode(display=False):
        found["flops"] = private.watched()
    with torch.autograd.forward_ad.dual_level():
        found["forward mode"] = private.watched()

    def look(name):
        def function(x):
            found[name] = private.watched()
            return x * 2

        return function

    x = torch.ones(2)
    torch.func.vmap(look("vmap"))(x)
    torch.func.grad(lambda x: look("grad")(x).sum())(x)
    torch.func.jvp(look("jvp"), (x,), (x,))
    torch.func.functionalize(look("functionalize"))(x)
    torch.fx.experimental.proxy_tensor.make_fx(look("make_fx"))(x)
    torch.compile(look("compile"), backend="eager", fullgraph=False)(x)
    assert all(found.values()), found
    assert not private.watched()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_jit_trace_is_seen():
    found = []

    def function(x):
        found.append(private.watched())
        return x * 2

    torch.jit.trace(function, torch.ones(2), check_trace=False)
    assert found == [True]


def test_choosing_a_device_is_no_watching():
    with torch.device("cpu"):
        assert not private.watched()
    with torch.device("meta"):
        assert not private.watched()
        with Functions():
            assert private.watched()


def test_torchs_kernels_stand_where_they_did():
    for name in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        assert callable(getattr(private.rnn_kernels, name))
    if torch.backends.mkldnn.is_available():
        x, weight = torch.randn(3, 4), torch.randn(5, 4)
        found = private.linear_pointwise()(x, weight, None, "none", [], "")
        torch.testing.assert_close(found, x @ weight.t())


def test_autograd_works_inside_an_operator():
    @torch.library.custom_op("ostinato_tests::slope", mutates_args=())
    def slope(x: torch.Tensor) -> torch.Tensor:
        with private.autograd_inside():
            leaf = x.detach().requires_grad_()
            (found,) = torch.autograd.grad(leaf.square().sum(), leaf)
        return found.clone()

    assert torch.equal(slope(torch.ones(3)), torch.full((3,), 2.0))
