"""What the extension makes of a call: names, not places; any number of threads; packed weights."""

from __future__ import annotations

import re
import threading

import pytest
import torch
from native_build import NATIVE

from ostinato.ops import native

module = native.load()
pytestmark = pytest.mark.skipif(
    module is None or not hasattr(module, "CallFloat"), reason="installed without the kernels"
)

BATCH, INPUT, HIDDEN = 3, 4, 5
LSTM = 3


def layer(**changed):
    """A normalised LSTM's weights by name, and the fields that a stack is made of."""
    rows = 4 * HIDDEN
    sizes = {"w_ih": (rows, INPUT), "w_hh": (rows, HIDDEN), "b_ih": (rows,), "b_hh": (rows,)}
    sizes |= {"peephole": (3 * HIDDEN,), "gain_ih": (rows,), "gain_hh": (rows,)}
    sizes |= {"gain_cell": (HIDDEN,), "bias_cell": (HIDDEN,), "w_hr": (HIDDEN, HIDDEN)}
    weights = {name: torch.randn(size) for name, size in sizes.items()}
    fields = {name: each.data_ptr() for name, each in weights.items()}
    fields |= {"cell": LSTM, "input": INPUT, "hidden": HIDDEN, "state": HIDDEN, "eps": 1e-5}
    fields |= {"zoneout_rate": 0.0, "zoneout_cell_rate": 0.0}
    return weights, fields | changed


def step_of(stack, batch=BATCH, threads=1):
    """What a step of a stack of one layer returns: out, h and c."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, INPUT, generator=generator)
    h, c = torch.randn(2, 1, batch, HIDDEN, generator=generator)
    out, h_out, c_out = torch.empty(batch, HIDDEN), torch.empty_like(h), torch.empty_like(c)
    places = {"x": x, "out": out, "h": h, "h_out": h_out, "c": c, "c_out": c_out}
    stack.step(
        batch=batch, threads=threads, **{name: each.data_ptr() for name, each in places.items()}
    )
    return out, h_out, c_out


def test_an_unknown_a_missing_and_an_ill_typed_field_are_errors():
    call = module.CallFloat()
    with pytest.raises(TypeError, match="no field 'w_xh'"):
        call.set(w_xh=0)
    with pytest.raises(TypeError, match="field 'hidden' has no value of its kind"):
        call.set(hidden="5")
    with pytest.raises(TypeError, match="field 'cell' is missing"):
        call.forward()
    _, fields = layer()
    for name in fields:
        left = {key: value for key, value in fields.items() if key != name}
        with pytest.raises(TypeError, match=f"field '{name}' is missing"):
            module.StackFloat([left])
    with pytest.raises(TypeError, match="no field 'steps'"):
        module.StackFloat([fields | {"steps": 1}])


def test_a_forgotten_array_is_an_error_and_no_crash():
    call = module.CallFloat()
    names = (NATIVE / "fields.h").read_text()
    every = re.findall(r"OSTINATO_FIELD\((\w+), k", names)
    numbers = dict.fromkeys(("batch", "steps", "input", "hidden", "state"), 1)
    call.set(**dict.fromkeys(every, 0) | numbers)
    for name in ("x", "w_ih", "w_hh", "out", "h_n"):
        with pytest.raises(ValueError, match=f"it needs {name}"):
            call.forward()
        call.set(**{name: torch.zeros(8).data_ptr()})
    call.set(cell=LSTM)
    with pytest.raises(ValueError, match="it needs c_n"):
        call.forward()
    with pytest.raises(ValueError, match="kept nothing"):
        call.backward()


def test_layers_of_different_sizes_and_no_layers_make_no_stack():
    _, fields = layer()
    with pytest.raises(ValueError, match="one hidden size"):
        module.StackFloat([fields, fields | {"hidden": HIDDEN - 1}])
    with pytest.raises(ValueError, match="needs a layer"):
        module.StackFloat([])


def test_a_step_says_whether_it_needs_c():
    weights, fields = layer()
    stack = module.StackFloat([fields])
    x, h = torch.zeros(1, INPUT), torch.zeros(1, 1, HIDDEN)
    places = {"x": x.data_ptr(), "out": h.data_ptr(), "h": h.data_ptr(), "h_out": h.data_ptr()}
    with pytest.raises(ValueError, match="LSTM needs it"):
        stack.step(batch=1, threads=1, **places, c=0, c_out=0)
    assert weights


def test_same_sees_every_weight_and_option():
    weights, fields = layer()
    stack = module.StackFloat([fields, fields | {"input": HIDDEN, "w_ih": fields["w_hh"]}])
    now = [fields, fields | {"input": HIDDEN, "w_ih": fields["w_hh"]}]
    assert stack.same(now)
    for name, each in weights.items():
        before = each.clone()
        each.view(-1)[-1] += 1
        assert not stack.same(now), name
        each.copy_(before)
        assert stack.same(now)
        assert not stack.same([fields | {name: 0}, now[1]]), name
        copied = each.clone()
        assert stack.same([fields | {name: copied.data_ptr()}, now[1]]), name
    for name in ("eps", "zoneout_rate", "zoneout_cell_rate"):
        assert not stack.same([fields | {name: 0.5}, now[1]]), name
    assert not stack.same(now[:1])


@pytest.mark.parametrize("bias", [False, True])
def test_a_linear_maps_same_sees_weight_and_bias(bias):
    weight, offset = torch.randn(7, 6), torch.randn(7)
    places = {"weight": weight.data_ptr(), "bias": offset.data_ptr() if bias else 0}
    made = module.LinearFloat(inputs=6, outputs=7, **places)
    assert made.same(**places)
    assert not made.same(weight=places["weight"], bias=0 if bias else offset.data_ptr())
    for each in (weight, offset)[: 1 + bias]:
        each.view(-1)[-1] += 1
        assert not made.same(**places)
        each.view(-1)[-1] -= 1
    weight[0, 0] = 0.0
    negative = module.LinearFloat(inputs=6, outputs=7, **places)
    weight[0, 0] = -0.0  # equal, and another bit
    assert not negative.same(**places)


@pytest.mark.parametrize("threads", [2, 300, 2**40])
def test_more_threads_than_rooms_are_not_taken(threads):
    weights, fields = layer()
    stack = module.StackFloat([fields])
    for one, other in zip(step_of(stack, 600), step_of(stack, 600, threads), strict=True):
        assert torch.equal(one, other)
    linear = module.LinearFloat(
        inputs=INPUT, outputs=4 * HIDDEN, weight=fields["w_ih"], bias=fields["b_ih"]
    )
    x, found = torch.randn(40_000, INPUT), []
    for count in (1, threads):
        found.append(torch.empty(len(x), 4 * HIDDEN))
        places = {"x": x.data_ptr(), "out": found[-1].data_ptr()}
        linear.run(rows=len(x), x_row=INPUT, threads=count, **places)
    assert torch.equal(*found)
    assert weights


def test_one_packed_stack_serves_many_python_threads():
    weights, fields = layer()
    stack = module.StackFloat([fields])
    sizes = (1, 2, 5, 9, 70)
    expected = {batch: step_of(stack, batch) for batch in sizes}
    wrong = []

    def work(batch):
        for _ in range(200):
            found = step_of(stack, batch, threads=2)
            if not all(map(torch.equal, found, expected[batch])):
                wrong.append(batch)

    workers = [threading.Thread(target=work, args=(batch,)) for batch in sizes]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert not wrong
    assert weights
