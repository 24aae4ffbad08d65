"""What once killed the process or corrupted memory, each in a process of its own."""

from __future__ import annotations

import pytest
from nn_around import alone

SCRIPTS = {
    "a step of a parametrised layer": """
for name in ("weight_ih_l0", "weight_hh_l0"):
    l = nn.GRU(6, 5); P.weight_norm(l, name)
    x, h = torch.randn(3, 6), torch.zeros(1, 3, 5)
    with torch.no_grad():
        assert torch.allclose(l.step(x, h)[0], l(x[None], h)[0][0], atol=1e-6)
""",
    "one layer stepped from many threads": """
l = nn.LSTM(6, 5, 2); e = nn.Linear(6, 70)
from ostinato.ops import native_info
leeway = 0 if native_info() else 1e-6
wrong = []
def work(batch):
    x = torch.randn(batch, 6, generator=torch.Generator().manual_seed(batch))
    with torch.no_grad():
        wanted, _ = l(x.expand(200, batch, 6))
        linear = torch.nn.functional.linear(x, e.weight, e.bias)
        s, mine = (torch.zeros(2, batch, 5),) * 2, nn.Stepper(l, batch)
        for k in range(200):
            out, s = l.step(x, s)
            other = mine.step(x.numpy())
            found = torch.stack([out, torch.from_numpy(other.copy())])
            if not torch.allclose(found, wanted[k].expand_as(found), rtol=0, atol=leeway):
                wrong.append((batch, k))
            if not torch.allclose(e(x), linear, atol=1e-5):
                wrong.append((batch, "linear"))
threads = [threading.Thread(target=work, args=(b,)) for b in (1, 2, 5, 9, 40, 1, 2)]
[t.start() for t in threads]; [t.join() for t in threads]
assert not wrong, wrong[:5]
""",
    "many threads set and many rows": """
torch.set_num_threads(300)
l = nn.GRU(3, 4)
with torch.no_grad():
    l.step(torch.randn(600, 3), torch.zeros(1, 600, 4))
nn.Stepper(l, 600).step(np.zeros((600, 3), np.float32))
""",
    "lengths and resets changed before the backward pass": """
def run(change):
    torch.manual_seed(0)
    l = nn.LSTM(3, 4, batch_first=True)
    x = torch.randn(5, 9, 3, requires_grad=True)
    lengths = np.full(5, 3); resets = np.zeros((5, 9), bool); resets[:, 2] = True
    L, R = torch.from_numpy(lengths), torch.from_numpy(resets)
    out = l(x, lengths=L, resets=R)[0]
    if change:
        lengths[:] = 200; resets[:] = True; L.fill_(300)
    out.sum().backward()
    return [x.grad, *(p.grad for p in l.parameters())]
assert all(torch.equal(a, b) for a, b in zip(run(True), run(False)))
""",
    "a stepper after another dtype and with a wrong state": """
from ostinato.errors import OptionError, ShapeError
l = nn.LSTM(3, 4, 2); s = nn.Stepper(l, 2); s.step(np.ones((2, 3), np.float32))
for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.float32):
    l.to(dtype)
    for _ in range(50):
        assert np.isfinite(s.step(np.ones((2, 3)))).all()
good = s.state
bad = [(good[0],), (*good, good[0]), [g[:, :1] for g in good], [g[..., :2] for g in good],
       [g[0] for g in good], [g.astype(complex) for g in good], [g.astype(object) for g in good]]
for each in bad:
    try:
        s.state = each
    except (OptionError, ShapeError):
        continue
    raise AssertionError(each)
s.state = [np.asfortranarray(g) for g in good]
s.state = [torch.from_numpy(g).double() for g in good]
s.step(np.ones((2, 3)))
l.weight_hh_l0 = torch.nn.Parameter(torch.ones(16, 9))
for act in (lambda: s.step(np.ones((2, 3))), lambda: l.step(torch.ones(2, 3))):
    try:
        act()
    except ShapeError:
        continue
    raise AssertionError("a weight of a wrong shape")
""",
    "a stepper whose original is gone": """
l = nn.GRU(3, 4); s = nn.Stepper(l); s.step(np.ones(3, np.float32))
c = copy.deepcopy(s); before = c.state[0].copy(); s.step(np.ones(3, np.float32))
assert np.array_equal(c.state[0], before)
del s, l
for _ in range(100):
    np.ones(1000); c.step(np.ones(3, np.float32))
""",
    "states that were resized, transposed or freed": """
l = nn.GRU(3, 4, 2)
x = torch.randn(2, 3)
def fresh():
    with torch.no_grad():
        return l.step(x, torch.zeros(2, 2, 4))[1]
for spoil in (lambda h: h.resize_(1, 1, 1), lambda h: h.transpose_(0, 2),
              lambda h: h.untyped_storage().resize_(0)):
    h = fresh(); spoil(h)
    try:
        with torch.no_grad():
            l.step(x, h)
    except Exception:
        pass
l.weight_hh_l0.untyped_storage().resize_(0)
try:
    with torch.no_grad():
        l.step(x, fresh())
except RuntimeError:
    pass
""",
    "fake tensors": """
from torch._subclasses.fake_tensor import FakeTensorMode
with FakeTensorMode():
    for l in (nn.LSTM(3, 4, 2, bidirectional=True), nn.GRU(3, 4, zoneout=0.2), nn.RNN(3, 4)):
        out = l(torch.randn(2, 1, 3), lengths=torch.tensor([2]) if l.num_layers == 1 else None)[0]
        assert out.shape == (2, 1, 4 * l.directions)
        out.sum().backward()
    with torch.no_grad():
        nn.GRU(3, 4).step(torch.randn(2, 3), torch.zeros(1, 2, 4))
        assert nn.Linear(3, 4)(torch.randn(2, 3)).shape == (2, 4)
    assert nn.Linear(3, 4)(torch.randn(2, 3)).shape == (2, 4)
l, x = nn.GRU(3, 4), torch.randn(2, 1, 3)
mode = FakeTensorMode(allow_non_fake_inputs=True)
fake = mode.from_tensor(x)
l.to("meta")
assert l(x.to("meta"))[0].is_meta
with torch.no_grad():
    assert l.step(x[0].to("meta"), torch.zeros(1, 1, 4, device="meta"))[0].is_meta
""",
    "a jit trace without gradients": """
for l in (nn.LSTM(3, 4, 2), nn.GRU(3, 4), nn.RNN(3, 4), nn.Linear(3, 4)):
    l.eval()
    with torch.no_grad():
        traced = torch.jit.trace(l, torch.randn(2, 1, 3), check_trace=False)
        x = torch.randn(7, 5, 3)
        found, wanted = traced(x), l(x)
        if isinstance(wanted, tuple):
            found, wanted = found[0], wanted[0]
        assert torch.allclose(found, wanted, atol=1e-6)
""",
    "a fork": """
import os
torch.set_num_threads(1)
l, x, h = nn.GRU(6, 5), torch.randn(3, 6), torch.zeros(1, 3, 5)
s = nn.Stepper(l, 3)
with torch.no_grad():
    wanted = l.step(x, h)[0]
    child = os.fork()
    same = torch.equal(l.step(x, h)[0], wanted)
    same &= np.array_equal(s.step(x.numpy()), wanted.numpy())
if not child:
    os._exit(0 if same else 1)
assert same and os.waitpid(child, 0)[1] == 0
""",
    "one stepper misused by several threads": """
l = nn.LSTM(3, 64); s = nn.Stepper(l, 4)
def steps():
    for _ in range(300):
        s.step(np.ones((4, 3), np.float32))
def states():
    for _ in range(300):
        s.state = s.state
        s.refresh()
threads = [threading.Thread(target=w) for w in (steps, states, steps)]
[t.start() for t in threads]; [t.join() for t in threads]
""",
    "an empty or tiny batch": """
l = nn.GRU(3, 4)
with torch.no_grad():
    l.step(torch.ones(0, 3), torch.zeros(1, 0, 4))
s = nn.Stepper(l, 2)
s.keep([])
s.step(np.ones((0, 3), np.float32))
""",
    "a backward pass whose saved tensors were changed by hooks": """
from ostinato.errors import ShapeError
for unpack in (lambda t: t[:0], lambda t: t.double(), lambda t: t.t() if t.dim() == 2 else t):
    l = nn.GRU(3, 4)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
        out = l(torch.randn(2, 1, 3))[0]
    try:
        out.sum().backward()
    except (ShapeError, RuntimeError):
        continue
    raise AssertionError("not noticed")
l, x = nn.GRU(3, 4), torch.randn(5, 2, 3)
pack = lambda t: t.t().contiguous() if t.dim() == 2 else t
unpack = lambda t: t.t() if t.dim() == 2 else t
with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
    out = l(x)[0]
out.sum().backward()
found = [p.grad.clone() for p in l.parameters()]
l.zero_grad(); l(x)[0].sum().backward()
assert all(torch.equal(a, p.grad) for a, p in zip(found, l.parameters()))
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_comes_to_its_end(name):
    alone(SCRIPTS[name])
