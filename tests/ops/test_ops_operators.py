"""The registered operators: one node in a graph, with derivatives of their own."""

from __future__ import annotations

import pytest
import torch
from ops_cases import CELLS, OPTIONS, arguments, call, cast, split

from ostinato import ops  # noqa: F401  (registers the operators)
from ostinato.ops.checks import arguments_of
from ostinato.ops.gru import GRU
from ostinato.ops.lstm import LSTM
from ostinato.ops.rnn import RNN
from tolerances import FORWARD, GRADIENT, assert_near

pytestmark = pytest.mark.usefixtures("one_thread")

TABLES = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
DEFAULTS = {"rnn": {"activation": "tanh"}, "gru": {"reset_after": True}}
DEFAULTS["lstm"] = {"coupled_gates": False, "cell_sequence": False}
CASES = [(cell, ()) for cell in CELLS] + [
    (cell, (option, "lengths"))
    for cell in CELLS
    for option in OPTIONS[cell]
    if option not in ("lengths", "relu")
]


def positional(cell, given):
    """The operator's arguments for the public function's."""
    given = DEFAULTS[cell] | {"reverse": False} | given
    zones = {"zoneout": given.pop("zoneout", None)}
    if cell == "lstm":
        zones["zoneout_cell"] = given.pop("zoneout_cell", None)
    norm = given.pop("layer_norm", None)
    table = TABLES[cell]
    return list(arguments_of(table, zones=zones, layer_norm=norm, eps=1e-5, **given).values())


class Layer(torch.nn.Module):
    """A recurrence as a module, for compile and export."""

    def __init__(self, cell, given):
        super().__init__()
        self.cell = cell
        tensors, self.join = split({n: v for n, v in given.items() if n not in self.inputs(given)})
        self.weights = torch.nn.ParameterList([t.clone() for t in tensors])

    @staticmethod
    def inputs(given):
        return [n for n in ("x", "h0", "c0", "lengths", "resets") if n in given]

    def forward(self, x, h0, c0=None, lengths=None, resets=None):
        inputs = {"x": x, "h0": h0, "lengths": lengths, "resets": resets}
        if c0 is not None:
            inputs["c0"] = c0
        return call(self.cell, self.join(list(self.weights)) | inputs)


def layer_of(cell, options):
    given = cast(arguments(cell, options), torch.float32)
    layer = Layer(cell, given)
    return layer, {name: given[name] for name in layer.inputs(given)}


def learn(run, layer, inputs):
    layer.zero_grad()
    results = run(**inputs)
    sum((result**2).sum() for result in results).backward()
    return [r.detach() for r in results], [w.grad.clone() for w in layer.weights]


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize(
    ("cell", "options"),
    [(cell, ()) for cell in CELLS]
    + [("rnn", ("lengths",)), ("gru", ("reset_before",)), ("lstm", ("lengths", "peephole"))],
)
def test_compiles_without_a_graph_break(cell, options, backend, plain_path):
    torch._dynamo.reset()
    layer, inputs = layer_of(cell, options)
    compiled = torch.compile(layer, fullgraph=True, backend=backend)
    results, grads = learn(compiled, layer, inputs)
    wanted, wanted_grads = learn(layer, layer, inputs)
    for found, expected in zip(results, wanted, strict=True):
        assert_near(found, expected, FORWARD[torch.float32])
    for found, expected in zip(grads, wanted_grads, strict=True):
        assert_near(found, expected, GRADIENT[torch.float32])


@pytest.mark.parametrize("cell", CELLS)
def test_exports_as_one_operator_for_any_batch_and_steps(cell):
    layer, inputs = layer_of(cell, ("lengths", "reverse"))
    batch, steps = torch.export.Dim("batch"), torch.export.Dim("steps")
    shapes = {name: {0: batch} for name in inputs} | {"x": {0: batch, 1: steps}}
    program = torch.export.export(layer, (), inputs, dynamic_shapes=shapes)
    nodes = [n for n in program.graph.nodes if n.op == "call_function" and "ostinato" in str(n)]
    targets = [n.target for n in program.graph.nodes if n.op == "call_function"]
    operator = getattr(torch.ops.ostinato, cell).default
    assert targets.count(operator) == 1, nodes
    assert not any("mm" in str(target) for target in targets)
    other = cast(arguments(cell, ("lengths",), batch=3, steps=8), torch.float32)
    other = {name: other[name] for name in inputs}
    for found, wanted in zip(program.module()(**other), layer(**other), strict=True):
        assert_near(found, wanted, FORWARD[torch.float32])


@pytest.mark.parametrize(("cell", "options"), CASES)
def test_operator_passes_torchs_own_checks(cell, options):
    values = positional(cell, arguments(cell, options, batch=3, steps=4))
    values = [
        v.clone().requires_grad_() if isinstance(v, torch.Tensor) and v.is_floating_point() else v
        for v in values
    ]
    operator = getattr(torch.ops.ostinato, cell).default
    checks = ["test_schema", "test_autograd_registration", "test_faketensor"]
    if not options:
        # Compiles forward and backward and compares with eager; a second or two each.
        checks.append("test_aot_dispatch_dynamic")
    torch.library.opcheck(operator, tuple(values), test_utils=checks)


@pytest.mark.parametrize(("cell", "options"), CASES)
def test_operators_second_derivatives_are_finite_differences(cell, options):
    given = arguments(cell, options, seed=3, batch=2, steps=3, inputs=2, hidden=3)
    values = positional(cell, given)
    places = [
        k for k, v in enumerate(values) if isinstance(v, torch.Tensor) and v.is_floating_point()
    ]
    operator = getattr(torch.ops.ostinato, cell)

    def function(*tensors):
        full = list(values)
        for place, tensor in zip(places, tensors, strict=True):
            full[place] = tensor
        return tuple(r for r in operator(*full) if r.numel())

    leaves = tuple(values[k].clone().requires_grad_() for k in places)
    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)
    assert torch.autograd.gradgradcheck(function, leaves, fast_mode=True)
