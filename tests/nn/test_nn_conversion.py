"""accelerate, from_torch and to_torch beside the layers that were there before."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch.nn.utils import parametrizations, parametrize, prune

from ostinato import nn
from ostinato.errors import OptionError, OstinatoWarning

KINDS = {
    "rnn": lambda: torch.nn.RNN(4, 6, nonlinearity="relu", batch_first=True),
    "gru": lambda: torch.nn.GRU(4, 6, 2, bidirectional=True, batch_first=True),
    "lstm": lambda: torch.nn.LSTM(4, 6, 2, bias=False, batch_first=True),
}


class Doubled(torch.nn.Module):
    """A parametrization that cannot be turned round."""

    def forward(self, x):
        return 2 * x


def old_weight_norm(layer):
    with pytest.warns(FutureWarning, match="weight_norm"):
        torch.nn.utils.weight_norm(layer, "weight_hh_l0")


def old_spectral_norm(layer):
    torch.nn.utils.spectral_norm(layer, "weight_ih_l0")


def pruned(layer):
    prune.random_unstructured(layer, "weight_hh_l0", 0.5)
    prune.l1_unstructured(layer, "weight_ih_l0", 0.3)


def parametrized(layer):
    parametrizations.weight_norm(layer, "weight_hh_l0")
    parametrizations.spectral_norm(layer, "weight_ih_l0")
    layer.eval()  # in training each look at the weight is a step of the power iteration


def parametrized_one_way(layer):
    parametrize.register_parametrization(layer, "weight_hh_l0", Doubled())
    parametrizations.orthogonal(layer, "weight_ih_l0")


def frozen(layer):
    layer.weight_hh_l0.requires_grad_(False)
    layer.eval()


def further(layer):
    layer.register_buffer("scale", torch.tensor(2.0))
    layer.register_buffer("secret", torch.tensor(3.0), persistent=False)
    layer.note, layer.head = "kept", torch.nn.Linear(2, 2)


CHANGES = {
    "nothing": lambda layer: None,
    "old weight norm": old_weight_norm,
    "old spectral norm": old_spectral_norm,
    "pruning": pruned,
    "parametrizations": parametrized,
    "one way": parametrized_one_way,
    "frozen": frozen,
    "further": further,
}


def twins(kind, change):
    """Two layers of torch's, made alike."""
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        layer = KINDS[kind]().double()
        CHANGES[change](layer)
        found.append(layer)
    return found


def everything(layer, x):
    """Outputs, states and gradients by name after one training step."""
    x = x.clone().requires_grad_()
    outputs, state = layer(x)
    states = state if isinstance(state, tuple) else (state,)
    (outputs.square().sum() + sum(s.sum() for s in states)).backward()
    grads = {name: p.grad for name, p in layer.named_parameters()}
    return [outputs, *states, x.grad], grads


def compare(ours, theirs, x):
    found, expected = everything(ours, x), everything(theirs, x)
    for one, other in zip(found[0], expected[0], strict=True):
        torch.testing.assert_close(one, other)
    assert [*found[1]] == [*expected[1]]
    for name, grad in expected[1].items():
        if grad is None:
            assert found[1][name] is None, name
        else:
            torch.testing.assert_close(found[1][name], grad)
    one, other = ours.state_dict(), theirs.state_dict()
    assert [*one] == [*other]
    for name, value in other.items():
        torch.testing.assert_close(one[name], value)


@pytest.mark.parametrize("way", ["accelerate", "from_torch", "there and back"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_done_to_a_layer_stays(kind, change, way):
    layer, theirs = twins(kind, change)
    parameters = dict(layer.named_parameters())
    if way == "accelerate":
        ours = nn.accelerate(layer)
        assert ours is layer
        assert isinstance(ours, nn.Recurrent)
        assert isinstance(ours, getattr(torch.nn, kind.upper()))
    else:
        ours = nn.from_torch(layer)
        assert isinstance(ours, nn.Recurrent)
        assert not isinstance(ours, torch.nn.RNNBase)
        if way == "there and back":
            ours = nn.to_torch(ours)
            assert isinstance(ours, getattr(torch.nn, kind.upper()))
            assert not isinstance(ours, nn.Recurrent)
    assert all(value is parameters[name] for name, value in ours.named_parameters())
    assert ours.training == theirs.training
    x = torch.randn(3, 5, 4).double()
    compare(ours, theirs, x)
    # After a step of the optimizer, whatever is computed from the weights is computed anew.
    for each in (ours, theirs):
        torch.optim.SGD([p for p in each.parameters() if p.requires_grad], 0.1).step()
        each.zero_grad()
    compare(ours, theirs, x)
    if change == "further":
        assert ours.note == "kept"
        assert ours.secret == 3
        assert "secret" not in ours.state_dict()
    if change == "pruning":
        for name in ("weight_hh_l0", "weight_ih_l0"):
            prune.remove(ours, name)
    if change in ("parametrizations", "one way"):
        for name in ("weight_hh_l0", "weight_ih_l0"):
            parametrize.remove_parametrizations(ours, name)
        assert type(ours).__name__ == kind.upper()
    ours(x)


@pytest.mark.parametrize("way", [nn.accelerate, nn.from_torch])
def test_hooks_of_every_kind_are_called_with_the_layer_that_is(way):
    layer = torch.nn.GRU(3, 4, batch_first=True)
    seen = {}

    def note(name):
        def hook(*arguments, **_):
            seen[name] = arguments[0]

        return hook

    layer.register_forward_pre_hook(note("pre"))
    layer.register_forward_pre_hook(lambda m, a, k: seen.update(pre_options=m), with_kwargs=True)
    handle = layer.register_forward_hook(note("forward"))
    layer.register_forward_hook(note("always"), always_call=True)
    layer.register_full_backward_hook(note("backward"))
    layer.register_full_backward_pre_hook(note("backward pre"))
    layer.register_state_dict_pre_hook(note("state dict pre"))
    layer.register_state_dict_post_hook(note("state dict"))
    layer.register_load_state_dict_pre_hook(note("load pre"))
    layer.register_load_state_dict_post_hook(note("load"))
    ours = way(layer)
    outputs, _ = ours(torch.randn(2, 3, 3, requires_grad=True))
    outputs.sum().backward()
    ours.load_state_dict(ours.state_dict())
    assert len(seen) == 10
    assert all(each is ours for each in seen.values())
    if way is nn.accelerate:
        seen.clear()
        handle.remove()
        ours(torch.randn(2, 3, 3))
        assert "forward" not in seen
    else:
        # Two layers now: a hook of one is no hook of the other.
        ours.register_forward_hook(note("own"))
        layer(torch.randn(2, 3, 3))
        assert "own" not in seen


def test_a_hook_changes_what_comes_out():
    layer = torch.nn.LSTM(3, 4)
    x = torch.randn(5, 2, 3)
    expected = 2 * layer(x)[0]
    layer.register_forward_hook(lambda _m, _a, result: (2 * result[0], result[1]))
    torch.testing.assert_close(nn.accelerate(layer)(x)[0], expected)


class Own(torch.nn.GRU):
    pass


class Model(torch.nn.Module):
    """A model as people write them: it asks what class its layer has."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(4, 4, batch_first=True)
        self.again = self.rnn
        self.inside = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.GRU(4, 4))
        self.own = Own(4, 4)
        self.aside = [self.rnn]

    def forward(self, x):
        _, state = self.aside[0](x)
        state = state[0] if isinstance(self.rnn, torch.nn.LSTM) else state
        return self.inside(state)[0]


def test_a_model_goes_on_as_it_was():
    model = Model()
    before, x = copy.deepcopy(model), torch.randn(3, 5, 4)
    layer, weight = model.rnn, model.rnn.weight_ih_l0
    with pytest.warns(OstinatoWarning, match="accelerate: own is a Own with code of its own"):
        assert nn.accelerate(model) is model
    assert model.rnn is model.again is model.aside[0] is layer
    assert isinstance(layer, nn.LSTM)
    assert layer.weight_ih_l0 is weight
    assert type(model.own) is Own
    torch.testing.assert_close(model(x), before(x))
    before.load_state_dict(model.state_dict())
    model.load_state_dict(before.state_dict())
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert isinstance(copied.rnn, nn.LSTM)
        assert copied.rnn.weight_ih_l0 is not weight
        torch.testing.assert_close(copied(x), before(x))
    torch.testing.assert_close(model.double()(x.double()), before.double()(x.double()))
    model.own = torch.nn.GRU(4, 4)
    assert nn.accelerate(model) is model  # twice does no harm
    assert isinstance(model.own, nn.GRU)


def test_a_forward_that_was_replaced_stays_and_the_warning_says_where():
    model = torch.nn.Sequential(torch.nn.ModuleDict({"encoder": torch.nn.GRU(2, 2)}))
    layer = model[0]["encoder"]
    layer.forward = lambda x: x + 1
    with pytest.warns(OstinatoWarning, match=r"accelerate: 0\.encoder is a GRU with code of its"):
        nn.accelerate(model)
    assert layer(torch.zeros(1)) == 1
    with pytest.raises(OptionError, match="layer must be torch.nn.RNN, GRU or LSTM"):
        nn.from_torch(layer)


def test_what_torch_has_about_a_layer():
    for theirs in (KINDS["rnn"](), KINDS["gru"](), torch.nn.LSTM(3, 4, 2, proj_size=2)):
        for ours in (nn.from_torch(theirs), nn.accelerate(copy.deepcopy(theirs))):
            ours.flatten_parameters()
            assert ours.mode == theirs.mode
            assert [len(each) for each in ours.all_weights] == [len(e) for e in theirs.all_weights]
            for one, other in zip(ours.all_weights, theirs.all_weights, strict=True):
                for mine, its in zip(one, other, strict=True):
                    assert torch.equal(mine, its)


def test_to_torch_refuses_what_torch_lacks():
    class Mine(nn.GRU):
        pass

    with pytest.raises(OptionError, match="layer must be nn.RNN, GRU or LSTM, got Mine"):
        nn.to_torch(Mine(2, 2))
    with pytest.raises(OptionError, match="torch's layer has no zoneout"):
        nn.to_torch(nn.GRU(2, 2, zoneout=0.1))


def test_another_like_it_can_be_made_of_its_class():
    layer = nn.accelerate(torch.nn.LSTM(3, 4, batch_first=True))
    other = type(layer)(3, 4, batch_first=True)
    other.load_state_dict(layer.state_dict())
    x = torch.randn(2, 5, 3)
    torch.testing.assert_close(other(x), layer(x))
