"""Tracing, faking, counting, transforms, checkpoints, autocast: the answer of the plain layer."""

from __future__ import annotations

import io

import pytest
import torch
from nn_around import KINDS, expected, made, reference, whole
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from ostinato import nn
from tolerances import FORWARD, GRADIENT, assert_near

LOOSE = FORWARD[torch.float32]
PLAIN = ["rnn", "gru", "lstm"]


def near(found, wanted, leeway=LOOSE):
    for one, other in zip(found, wanted, strict=True):
        assert_near(one.detach(), other.detach(), leeway)


def gradients(run, layer, x):
    layer.zero_grad()
    x = x.clone().requires_grad_()
    out = run(x)
    loss = sum((each * torch.linspace(-1, 1, each.numel()).view(each.shape)).sum() for each in out)
    loss.backward()
    return [x.grad, *(p.grad.clone() for p in layer.parameters())]


def flat(results):
    outputs, state = results
    return [outputs, *(state if isinstance(state, tuple) else (state,))]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_jit_trace_serves_other_inputs(kind, grad):
    layer = made(kind)
    with torch.set_grad_enabled(grad):
        traced = torch.jit.trace(layer, torch.randn(2, 3, 6), check_trace=False)
        buffer = io.BytesIO()
        torch.jit.save(traced, buffer)
        buffer.seek(0)
        loaded = torch.jit.load(buffer)
        for shape in ((2, 3, 6), (5, 8, 6), (1, 1, 6)):
            x = torch.randn(shape)
            near(flat(traced(x)), expected(layer, x))
            near(flat(loaded(x)), expected(layer, x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", [nn.Linear, nn.ProductLinear])
def test_a_jit_trace_of_a_linear_map(kind):
    layer, x = kind(6, 5), torch.randn(7, 6)
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            traced = torch.jit.trace(layer, torch.randn(2, 6), check_trace=False)
        near([traced(x)], [torch.nn.functional.linear(x, layer.weight, layer.bias)])


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_graph_of_make_fx(kind, grad, mode):
    layer, x = made(kind), torch.randn(2, 3, 6)
    linear = nn.Linear(5, 4)
    with torch.set_grad_enabled(grad):
        graph = make_fx(
            lambda x: linear(layer(x)[0]), tracing_mode=mode, _allow_non_fake_inputs=True
        )(x)
        other = torch.randn(2, 3, 6)
        with reference():
            wanted = linear(layer(other)[0])
        near([graph(other)], [wanted])


@pytest.mark.parametrize("kind", PLAIN)
def test_flops_are_counted_as_torchs(kind):
    layer, x = made(kind), torch.randn(2, 7, 6)
    peer = getattr(torch.nn, kind.upper())(6, 5, batch_first=True)
    counts = []
    for each in (layer, peer):
        for grad in (True, False):
            with torch.set_grad_enabled(grad), FlopCounterMode(display=False) as counter:
                out = each(x.clone().requires_grad_(grad))[0]
                if grad:
                    out.sum().backward()
            counts.append(counter.get_total_flops())
    rows = {"rnn": 1, "gru": 3, "lstm": 4}[kind] * 5
    once = 2 * 2 * 7 * rows * (6 + 5)
    assert counts[:2] == [3 * once, once]
    if kind != "lstm":  # torch's goes to oneDNN in one piece, which it does not count
        assert counts[3] == once
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        nn.Linear(6, 5)(x)
    assert counter.get_total_flops() == 2 * 14 * 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_subclass_of_tensor(kind):
    class Named(torch.Tensor):
        pass

    layer, x = made(kind), torch.randn(2, 3, 6)
    found = whole(layer, x.as_subclass(Named))
    assert type(found[0]) is Named
    near([each.as_subclass(torch.Tensor) for each in found], expected(layer, x))
    with torch.no_grad():
        assert type(nn.Linear(6, 5)(x.as_subclass(Named))) is Named


@pytest.mark.parametrize("kind", KINDS)
def test_a_lazy_negative_is_read_with_its_sign(kind):
    layer, x = made(kind), torch.randn(2, 3, 6)
    lazy = torch.complex(torch.zeros_like(x), x).conj().imag
    assert lazy.is_neg()
    with torch.no_grad():
        near(whole(layer, lazy), expected(layer, -x))
        linear = nn.Linear(6, 5)
        near([linear(lazy)], [torch.nn.functional.linear(-x, linear.weight, linear.bias)])


@pytest.mark.parametrize("kind", KINDS)
def test_another_default_device(kind):
    layer, x = made(kind), torch.randn(2, 3, 6)
    with torch.device("meta"), torch.no_grad():
        near(whole(layer, x), expected(layer, x))


def saved_bytes(run):
    """Bytes of what a forward pass saves, as hooks on saved tensors see it, each storage once."""
    seen = {}

    def pack(tensor):
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        run()
    return sum(seen.values())


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_checkpoints(kind, reentrant):
    layer, x = made(kind).train(), torch.randn(2, 7, 6)
    lengths = torch.tensor([7, 3])

    def run(x):
        return checkpoint(
            lambda x: tuple(whole(layer, x, lengths=lengths)), x, use_reentrant=reentrant
        )

    torch.manual_seed(1)
    found = gradients(run, layer, x)
    torch.manual_seed(1)
    near(found, gradients(lambda x: whole(layer, x, lengths=lengths), layer, x), 0)


@pytest.mark.parametrize("kind", PLAIN)
def test_everything_kept_for_the_backward_pass_is_saved_through_autograd(kind):
    layer = getattr(nn, kind.upper())(6, 64, batch_first=True)
    x = torch.randn(4, 50, 6)
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
    assert saved_bytes(lambda: layer(x)) > gates * 4 * 50 * 64 * 4
    with torch.autograd.graph.save_on_cpu():
        out = layer(x)[0]
    found = torch.autograd.grad(out.sum(), list(layer.parameters()))
    wanted = torch.autograd.grad(layer(x)[0].sum(), list(layer.parameters()))
    near(found, wanted, 0)


def test_a_checkpoint_keeps_no_gates():
    """What is alive after the forward pass is the outputs: gates would be three times as much."""
    layer, x = nn.GRU(8, 64, batch_first=True), torch.randn(4, 50, 8, requires_grad=True)
    import gc

    def alive():
        gc.collect()
        kept = {
            each.untyped_storage().data_ptr(): each.untyped_storage().nbytes()
            for each in gc.get_objects()
            if type(each) is torch.Tensor and each.numel() >= 64
        }
        return sum(kept.values())

    before = alive()
    out = checkpoint(lambda x: layer(x)[0], x, use_reentrant=False)
    node = out.grad_fn
    assert alive() - before <= 2 * out.untyped_storage().nbytes()
    noted = getattr(node, "__dict__", {})  # torch's own nodes have none
    held = [each for each in noted.values() if isinstance(each, torch.Tensor)]
    assert not held


@pytest.mark.parametrize("kind", KINDS)
def test_batched_gradients(kind):
    layer, x = made(kind), torch.randn(2, 3, 6, requires_grad=True)
    outputs = layer(x)[0]
    each = torch.eye(outputs.numel()).view(-1, *outputs.shape)[:6]
    (found,) = torch.autograd.grad(outputs, x, each, is_grads_batched=True, retain_graph=True)
    wanted = torch.stack([torch.autograd.grad(outputs, x, e, retain_graph=True)[0] for e in each])
    near([found], [wanted], GRADIENT[torch.float32])
    run = torch.autograd.functional.jacobian
    near(
        [run(lambda x: layer(x)[0], x, vectorize=True)],
        [run(lambda x: layer(x)[0], x)],
        GRADIENT[torch.float32],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_transforms_of_torch_func(kind):
    layer, x = made(kind), torch.randn(3, 2, 4, 6)
    weights = {name: p.detach() for name, p in layer.named_parameters()}

    def loss(weights, x):
        return torch.func.functional_call(layer, weights, (x,))[0].square().sum()

    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(weights, x)
    for k in range(3):
        found = torch.func.grad(loss)(weights, x[k])
        layer.zero_grad()
        layer(x[k])[0].square().sum().backward()
        for name, parameter in layer.named_parameters():
            assert_near(found[name], parameter.grad, GRADIENT[torch.float32])
            assert_near(each[name][k], parameter.grad, GRADIENT[torch.float32])
    slope = torch.func.jacrev(lambda x: layer(x)[0])(x[0])
    forward = torch.func.jacfwd(lambda x: layer(x)[0])(x[0])
    near([slope], [forward], GRADIENT[torch.float32])


def test_an_ensemble_by_vmap():
    models = [torch.nn.Sequential(nn.Linear(6, 5), nn.ProductLinear(5, 2)) for _ in range(4)]
    weights, buffers = torch.func.stack_module_state(models)
    x = torch.randn(3, 6)
    found = torch.func.vmap(lambda w, b: torch.func.functional_call(models[0], (w, b), (x,)))(
        weights, buffers
    )
    near(found, [model(x) for model in models])


@pytest.mark.parametrize("kind", ["linear", "product", *PLAIN])
def test_second_derivatives(kind):
    if kind in PLAIN:
        layer = made(kind).double()
        run = lambda x: layer(x)[0]  # noqa: E731
    else:
        layer = {"linear": nn.Linear, "product": nn.ProductLinear}[kind](6, 5)
        run = layer.forward
    x = torch.randn(2, 3, 6, requires_grad=True)
    x = x.double().detach().requires_grad_() if kind in PLAIN else x
    (first,) = torch.autograd.grad(run(x).pow(3).sum(), x, create_graph=True)
    (found,) = torch.autograd.grad(first.square().sum(), x)
    with reference():
        double = x.detach().double().requires_grad_()
        layer.double()
        plain = (
            (lambda x: layer(x)[0])
            if kind in PLAIN
            else (lambda x: torch.nn.functional.linear(x, layer.weight, layer.bias))
        )
        (first,) = torch.autograd.grad(plain(double).pow(3).sum(), double, create_graph=True)
        (wanted,) = torch.autograd.grad(first.square().sum(), double)
    assert_near(found, wanted, 5e-5)


def test_autocast_gives_torchs_types():
    ours, x = nn.Linear(6, 5), torch.randn(3, 6)
    for grad in (True, False):
        with torch.set_grad_enabled(grad), torch.autocast("cpu", torch.bfloat16):
            found = ours(x)
            wanted = torch.nn.functional.linear(x, ours.weight, ours.bias)
        assert found.dtype == wanted.dtype == torch.bfloat16
        assert torch.equal(found, wanted)


def test_hooks_run_and_see_the_answer():
    layer, x = made("gru"), torch.randn(2, 3, 6)
    seen = []
    layer.register_forward_pre_hook(lambda *_: seen.append("before"))
    layer.register_forward_hook(lambda *_: seen.append("after"))
    layer.register_full_backward_hook(lambda *_: seen.append("backward"))
    layer.weight_hh_l0.register_hook(lambda grad: seen.append("gradient"))
    layer(x.requires_grad_())[0].sum().backward()
    assert sorted(seen) == ["after", "backward", "before", "gradient"]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.int32, torch.int64])
def test_lengths_of_any_integer_type(dtype):
    layer, x = made("gru"), torch.randn(3, 4, 6)
    wanted = layer(x, lengths=torch.tensor([4, 2, 0]))[0]
    near([layer(x, lengths=torch.tensor([4, 2, 0]).to(dtype))[0]], [wanted], 0)
    near([layer(x, lengths=torch.tensor([4, 2, 0]).to(dtype).numpy())[0]], [wanted], 0)


def test_a_graph_that_was_left_knows_no_more_changes():
    """Changes in place to what the backward pass reads are torch's own error."""
    layer, x = nn.LSTM(6, 5, batch_first=True), torch.randn(2, 3, 6)
    out = layer(x)[0]
    with torch.no_grad():
        layer.weight_hh_l0.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
    out = layer(x)[0]
    with torch.no_grad():
        out.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
