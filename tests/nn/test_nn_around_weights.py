"""Whatever is done to a layer's weights, steps and linear maps give the answer of those weights."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from nn_around import KINDS, expected, made, stepped, streamed, whole
from torch.nn.utils import parametrizations, parametrize, prune

from ostinato import nn
from ostinato.ops import native_info
from tolerances import FORWARD, assert_near

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
LOOSE = FORWARD[torch.float32]


class Halved(torch.nn.Module):
    def forward(self, weight):
        return weight / 2


def first_weight(layer):
    return "weight" if isinstance(layer, torch.nn.Linear) else "weight_ih_l0"


def names_of(layer):
    return [name for name, _ in layer.named_parameters(recurse=False)]


def weight_norm(layer):
    parametrizations.weight_norm(layer, first_weight(layer))


def weight_norm_old(layer):
    torch.nn.utils.weight_norm(layer, first_weight(layer))


def spectral_norm(layer):
    parametrizations.spectral_norm(layer, first_weight(layer))
    layer.eval()


def spectral_norm_old(layer):
    torch.nn.utils.spectral_norm(layer, first_weight(layer))
    layer.eval()


def orthogonal(layer):
    parametrizations.orthogonal(layer, first_weight(layer))


def parametrised(layer):
    for name in names_of(layer):
        parametrize.register_parametrization(layer, name, Halved())


def parametrised_last(layer):
    parametrize.register_parametrization(layer, names_of(layer)[-1], Halved())


def pruned(layer):
    for name in names_of(layer):
        prune.random_unstructured(layer, name, 0.5)


def pruned_and_made_permanent(layer):
    pruned(layer)
    for name in [n.removesuffix("_orig") for n in names_of(layer)]:
        prune.remove(layer, name)


def pruned_globally(layer):
    prune.global_unstructured(
        [(layer, name) for name in names_of(layer)], prune.L1Unstructured, amount=0.4
    )


def from_a_vector(layer):
    vector = torch.nn.utils.parameters_to_vector(layer.parameters())
    torch.nn.utils.vector_to_parameters(vector.detach().roll(1) * 0.5, layer.parameters())


def edited(layer):
    for each in layer.parameters():
        each.data.mul_(0.5)


def edited_through_numpy(layer):
    for each in layer.parameters():
        array = each.detach().numpy()
        array *= 0.5


def edited_in_shared_memory(layer):
    layer.share_memory()
    edited(layer)


def replaced_data(layer):
    for each in layer.parameters():
        each.data = each.data * 0.5


def replaced_often(layer):
    for _ in range(40):
        for name in names_of(layer):
            value = getattr(layer, name).detach() * 0.97
            setattr(layer, name, None)
            setattr(layer, name, torch.nn.Parameter(value))


def transposed(layer):
    name = first_weight(layer)
    value = getattr(layer, name).detach()
    setattr(layer, name, torch.nn.Parameter((value * 0.5).t().contiguous().t()))


def assigned(layer):
    state = {name: value * 0.5 for name, value in layer.state_dict().items()}
    layer.load_state_dict(state, assign=True)


def swapped(layer):
    for name in names_of(layer):
        value = torch.nn.Parameter(getattr(layer, name).detach() * 0.5)
        torch.utils.swap_tensors(getattr(layer, name), value)


def learned_fused(layer):
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, fused=True)
    for each in layer.parameters():
        each.grad = torch.ones_like(each)
    optimizer.step()


def one_value(layer):
    with torch.no_grad():
        [*layer.parameters()][-1].view(-1)[-1] += 0.5


def frozen(layer):
    layer.requires_grad_(False)
    edited(layer)


def buffers_instead(layer):
    for name in names_of(layer):
        value = getattr(layer, name).detach() * 0.5
        delattr(layer, name)
        layer.register_buffer(name, value)


def attributes_instead(layer):
    for name in names_of(layer):
        value = getattr(layer, name).detach() * 0.5
        delattr(layer, name)
        setattr(layer, name, value)


CHANGES = [
    *(weight_norm, weight_norm_old, spectral_norm, spectral_norm_old, orthogonal, parametrised),
    *(parametrised_last, pruned, pruned_and_made_permanent, pruned_globally, from_a_vector),
    *(edited, edited_through_numpy, edited_in_shared_memory, replaced_data, replaced_often),
    *(transposed, assigned, swapped, learned_fused, one_value, frozen, buffers_instead),
    *(attributes_instead,),
]


def near(found, wanted, leeway=LOOSE):
    for one, other in zip(found, wanted, strict=True):
        assert_near(one, other, leeway)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_steps_after(change, kind):
    layer, x = made(kind), torch.randn(2, 4, 6)
    near(stepped(layer, x), expected(layer, x))
    stepper = nn.Stepper(layer, 2)
    stepper.step(x[:, 0].numpy())
    change(layer)
    wanted = expected(layer, x)
    near(stepped(layer, x), wanted)
    near(whole(layer, x), wanted)
    with torch.no_grad():
        near(whole(layer, x), wanted)
    stepper.reset()
    near(streamed(stepper, x), wanted)
    # And once more, after the sources of made weights have changed.
    for each in layer.parameters():
        each.data.mul_(1.5)
    wanted = expected(layer, x)
    near(stepped(layer, x), wanted)
    stepper.reset()
    near(streamed(stepper, x), wanted)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [nn.Linear, nn.ProductLinear])
def test_linear_after(change, bias, kind):
    layer, x = kind(6, 5, bias=bias).eval(), torch.randn(3, 6)
    with torch.no_grad():
        layer(x)
    change(layer)
    for _ in range(2):
        with torch.no_grad():
            layer(x)  # hooks of the older kind have made their weight
            wanted = torch.nn.functional.linear(x, layer.weight, layer.bias)
            near([layer(x)], [wanted])
        near([layer(x)], [wanted])
        for each in layer.parameters():
            each.data.mul_(1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stepper_sees_what_torch_counts(kind):
    layer, x = made(kind), torch.randn(1, 4, 6)
    stepper = nn.Stepper(layer)
    start = stepper.state
    for change in (
        one_value,
        replaced_data,
        replaced_often,
        assigned,
        swapped,
        weight_norm,
        pruned,
    ):
        change(layer)
        stepper.state = start
        near(streamed(stepper, x), expected(layer, x))
    edited(layer)
    stepper.refresh()
    stepper.state = start
    near(streamed(stepper, x), expected(layer, x))


@pytest.mark.parametrize("kind", KINDS)
def test_functional_call_with_weights_of_its_own(kind):
    layer, x = made(kind), torch.randn(2, 4, 6)

    class Stepped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return stepped(self.layer, x)

    own = stepped(layer, x)
    for scale in range(1, 20):
        weights = {f"layer.{n}": p.detach() * scale / 10 for n, p in layer.named_parameters()}
        found = torch.func.functional_call(Stepped(), weights, (x,))
        bare = {name.removeprefix("layer."): each for name, each in weights.items()}
        with torch.no_grad():
            near(found, whole_of(layer, bare, x))
    near(stepped(layer, x), own)


def whole_of(layer, weights, x):
    outputs, state = torch.func.functional_call(layer, weights, (x,))
    return [outputs, *(state if isinstance(state, tuple) else (state,))]


def test_functional_call_of_a_linear_map():
    layer, x = nn.Linear(8, 4), torch.randn(3, 8)
    with torch.no_grad():
        for scale in range(100):
            weights = {name: torch.full_like(p, scale) for name, p in layer.named_parameters()}
            found = torch.func.functional_call(layer, weights, (x,))
            near([found], [torch.nn.functional.linear(x, **weights)])


def test_weights_at_an_old_address_with_an_old_version_are_new():
    layer, x = nn.Linear(64, 64, bias=False), torch.ones(1, 64)
    with torch.no_grad():
        for value in range(50):
            layer.weight = None
            layer.weight = torch.nn.Parameter(torch.full((64, 64), float(value)))
            assert layer(x)[0, 0] == 64 * value


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_another_dtype(dtype, kind):
    layer, x = made(kind), torch.randn(2, 4, 6)
    stepper = nn.Stepper(layer, 2)
    stepper.step(x[:, 0].numpy())
    layer.to(dtype)
    wanted = expected(layer.double(), x.to(dtype).double())
    layer.to(dtype)
    leeway = FORWARD.get(dtype, FORWARD[torch.bfloat16])
    near(stepped(layer, x.to(dtype)), wanted, leeway)
    stepper.step(x[:, 0].numpy())  # the state goes over into the new type
    stepper.reset()
    found = streamed(stepper, x.to(dtype).double())
    near(found, wanted, leeway)
    assert found[0].dtype == (torch.float64 if dtype == torch.float64 else torch.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_independent(kind):
    layer, x = made(kind), torch.randn(1, 4, 6)
    stepper = nn.Stepper(layer)
    stepper.step(x[0, 0].numpy())
    stepped(layer, x)
    for other in (copy.deepcopy(stepper), pickle.loads(pickle.dumps(stepper))):
        assert [*map(bytes, other.state)] == [*map(bytes, stepper.state)]
        before = [*map(bytes, stepper.state)]
        assert bytes(other.step(x[0, 1].numpy()))
        assert [*map(bytes, stepper.state)] == before
        one_value(other.layer)
        other.reset()
        near(streamed(other, x), expected(other.layer, x))
    near(stepped(copy.deepcopy(layer), x), expected(layer, x))
    near(stepped(pickle.loads(pickle.dumps(layer)), x), expected(layer, x))


@pytest.mark.skipif(not native_info(), reason="installed without the kernels")
def test_fixed_weights_look_once_and_again_when_told():
    layer, linear, x = made("gru"), nn.Linear(6, 5), torch.randn(1, 1, 6)
    state, fixed = torch.zeros(1, 1, 5), nn.FixedWeights()

    def both():
        return [layer.step(x[0], state)[0], linear(x[0])]

    with torch.no_grad():
        with fixed:
            old = both()
            edited(layer), edited(linear)
            near(both(), old, 0)
        new = both()  # outside nothing is trusted
        assert not torch.equal(new[0], old[0])
        assert not torch.equal(new[1], old[1])
        with fixed, nn.FixedWeights():
            near(both(), new, 0)
        with fixed:
            near(both(), old, 0)
            copy.deepcopy(fixed).refresh()
            fixed.refresh()
            near(both(), new, 0)
            layer.double(), linear.double()
            assert layer.step(x[0].double(), state.double())[0].dtype == torch.float64
            assert linear(x[0].double()).dtype == torch.float64
