"""The recurrent layers against torch's, and what they add."""

from __future__ import annotations

import gzip
import lzma
import zipfile

import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError
from ostinato.nn.dropout import chosen
from tolerances import assert_same_row

PAIRS = [(nn.RNN, torch.nn.RNN), (nn.GRU, torch.nn.GRU), (nn.LSTM, torch.nn.LSTM)]


def pair(ours, theirs, **options):
    """Both layers in float64 with the same random weights."""
    one, other = ours(4, 8, **options).double(), theirs(4, 8, **options).double()
    one.load_state_dict(other.state_dict())
    other.load_state_dict(one.state_dict())
    return one.eval(), other.eval()


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_the_same_results_as_torch(ours, theirs, batch_first):
    options = {"num_layers": 2, "bidirectional": True, "batch_first": batch_first}
    one, other = pair(ours, theirs, **options)
    assert [n for n, _ in one.named_parameters()] == [n for n, _ in other.named_parameters()]
    x = torch.randn(5, 3, 4).double()
    outputs, state = other(x)
    torch.testing.assert_close(one(x), (outputs, state))
    torch.testing.assert_close(one(x, state), other(x, state))
    torch.testing.assert_close(one(x[0]), other(x[0]))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_packed_sequences(ours, theirs):
    one, other = pair(ours, theirs, bidirectional=True)
    x = torch.randn(7, 3, 4).double()
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor([3, 7, 2]), enforce_sorted=False
    )
    found, expected = one(packed), other(packed)
    torch.testing.assert_close(found[0].data, expected[0].data)
    torch.testing.assert_close(found[1], expected[1])


@pytest.mark.parametrize("ours", [nn.RNN, nn.GRU, nn.LSTM])
def test_lengths(ours):
    layer = ours(4, 8, batch_first=True)
    x, lengths = torch.randn(3, 6, 4), torch.tensor([6, 2, 0])
    outputs, state = layer(x, lengths=lengths)
    alone, _ = layer(x[1:2, :2])
    assert_same_row(outputs[1, :2], alone[0])
    assert not outputs[1, 2:].any()
    assert not outputs[2].any()
    h = state[0] if isinstance(state, tuple) else state
    assert torch.equal(h[0, 1], outputs[1, 1])
    assert not h[0, 2].any()


@pytest.mark.parametrize("ours", [nn.RNN, nn.GRU, nn.LSTM])
def test_steps_are_the_sequence(ours):
    layer = ours(4, 8, 2, batch_first=True).eval()
    x = torch.randn(3, 6, 4)
    whole, final = layer(x)
    state, steps = None, []
    for t in range(6):
        output, state = layer.step(x[:, t], state)
        steps.append(output)
    torch.testing.assert_close(torch.stack(steps, 1), whole, rtol=0, atol=1e-6)
    torch.testing.assert_close(state, final, rtol=0, atol=1e-6)


OPTIONS = [
    (nn.RNN, {"activation": "relu"}),
    (nn.GRU, {"reset_after": False}),
    (nn.GRU, {"recurrent_dropout": 0.3, "zoneout": 0.2, "layer_norm": True}),
    (nn.LSTM, {"peephole": True, "learn_initial_state": True, "forget_bias": 1.0}),
    (nn.LSTM, {"coupled_gates": True, "layer_norm": True, "zoneout": 0.1}),
    (nn.LSTM, {"init": "keras", "return_cell_sequence": True}),
]


@pytest.mark.parametrize(("ours", "options"), OPTIONS)
def test_options_learn_in_every_parameter(ours, options):
    layer = ours(4, 6, batch_first=True, bidirectional=True, **options)
    outputs, *_ = layer(torch.randn(3, 5, 4), lengths=torch.tensor([5, 3, 1]))
    outputs.square().sum().backward()
    for name, value in layer.named_parameters():
        assert value.grad is not None, name
        assert value.grad.isfinite().all(), name
        if name != "initial_c":
            assert value.grad.any(), name
    layer.eval()
    x = torch.randn(2, 4, 4)
    assert torch.equal(layer(x)[0], layer(x)[0])


def test_trace_holds_the_outputs():
    layer = nn.LSTM(4, 6, batch_first=True)
    x = torch.randn(2, 5, 4)
    found = layer.trace(x)
    assert set(found) == {"i", "f", "g", "o", "h", "c"}
    torch.testing.assert_close(found["h"], layer(x)[0])


def test_wrong_words_are_refused():
    with pytest.raises(OptionError, match="dropout must be 0 with num_layers=1"):
        nn.GRU(4, 8, dropout=0.5)
    with pytest.raises(OptionError, match="Did you mean 'zoneout'"):
        nn.GRU(4, 8, zoneut=0.1)
    with pytest.raises(OptionError, match="forget_bias must be None with bias=False, got 1.0"):
        nn.LSTM(4, 8, bias=False, forget_bias=1.0)
    packed = torch.nn.utils.rnn.pack_sequence([torch.randn(3, 4)])
    with pytest.raises(OptionError, match="lengths must be None with a PackedSequence"):
        nn.GRU(4, 8)(packed, lengths=torch.tensor([3]))
    with pytest.raises(ShapeError, match=r"resets must be booleans of shape .* = \(2, 3\)"):
        nn.GRU(4, 8, batch_first=True)(torch.randn(2, 3, 4), resets=torch.zeros(2, 3))
    with pytest.raises(OptionError, match="needs bidirectional=False"):
        nn.GRU(4, 8, bidirectional=True).step(torch.randn(1, 4))
    with pytest.raises(ShapeError, match=r"input must have shape \(batch, steps, 4\)"):
        nn.GRU(4, 8, batch_first=True)(torch.randn(2, 3, 5))
    with pytest.raises(ShapeError, match="state h must have shape"):
        nn.GRU(4, 8, batch_first=True)(torch.randn(2, 3, 4), torch.randn(1, 3, 8))


def test_the_summary_counts_as_it_says():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(1000, 64)
            self.lstm = nn.LSTM(64, 128, batch_first=True)
            self.dense = torch.nn.Linear(128, 10)

        def forward(self, tokens):
            return self.dense(self.lstm(self.embedding(tokens))[0])

    tokens = torch.zeros(1, 5, dtype=torch.int64)
    assert nn.summary(Model(), tokens, biases="keras").total == 164_106
    assert nn.summary(Model(), tokens).total == 164_106 + 512
    assert "164,106" in str(nn.summary(Model(), tokens, biases="keras"))


@pytest.mark.parametrize("mode", ["last", "mean", "max", "meanmax", "attention"])
def test_pooling_reads_only_what_counts(mode):
    pool = nn.Pooling(mode, 6)
    outputs, lengths = torch.randn(3, 5, 6), torch.tensor([5, 2, 0])
    found = pool(outputs, lengths)
    assert not found[2].any()
    for row in (0, 1):
        alone = pool(outputs[row : row + 1, : lengths[row]])
        torch.testing.assert_close(found[row : row + 1], alone)


def write_vectors(path, words):
    """The words in a plain, gzip, xz or zip file, by the name's ending."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("vectors.txt", words)
        return
    opened = {".gz": gzip.open, ".xz": lzma.open, ".txt": open}[path.suffix]
    with opened(path, "wt") as file:
        file.write(words)


@pytest.mark.parametrize("name", ["glove.txt", "glove.txt.gz", "glove.txt.xz", "glove.zip"])
@pytest.mark.parametrize("header", ["", "2 3\n"], ids=["glove", "word2vec"])
def test_vectors_from_a_file(tmp_path, name, header):
    path = tmp_path / name
    write_vectors(path, f"{header}the 1 2 3\ncat 4 5 6\n")
    matrix, found = nn.read_vectors(path, ["<padding>", "cat"])
    assert found == 1
    assert matrix[1].tolist() == [4, 5, 6]
    embedding = nn.Embedding(2, 3, vectors=matrix, freeze=True)
    assert not embedding.weight.requires_grad


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_masks_are_drawn_with_their_probability(p):
    found = chosen((300, 1001), p, torch.device("cpu"))
    assert found.shape == (300, 1001)
    assert abs(float(found.float().mean()) - p) < 0.005


@pytest.mark.parametrize("ours", [nn.RNN, nn.GRU, nn.LSTM])
def test_one_sequence_without_a_batch(ours):
    layer, x = ours(4, 8, batch_first=True, bidirectional=True), torch.randn(5, 4)
    resets = torch.tensor([False, False, True, False, False])
    for given in ({"lengths": torch.tensor(3)}, {"lengths": torch.tensor([3])}, {"resets": resets}):
        batch = {n: v.view(1, -1) if n == "resets" else v.view(1) for n, v in given.items()}
        outputs, state = layer(x, **given)
        expected, final = layer(x[None], **batch)
        assert torch.equal(outputs, expected[0])
        one, other = (s if isinstance(s, tuple) else (s,) for s in (state, final))
        for part, whole in zip(one, other, strict=True):
            assert torch.equal(part, whole[:, 0])


@pytest.mark.parametrize("init", ["keras", "orthogonal", "torch"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_types_are_drawn_too(init, dtype):
    layer = nn.LSTM(6, 6, init=init, dtype=dtype)
    weight = layer.weight_hh_l0.detach().float()
    assert weight.isfinite().all()
    if init == "orthogonal":
        for part in weight.chunk(4):
            torch.testing.assert_close(part @ part.T, torch.eye(6), atol=0.05, rtol=0)


def test_a_layer_tells_its_options():
    layer = nn.LSTM(3, 4, coupled_gates=True, return_cell_sequence=True, peephole=True)
    assert layer.extra_repr() == (
        "3, 4, peephole=True, coupled_gates=True, return_cell_sequence=True"
    )
    assert nn.GRU(3, 4, reset_after=False).extra_repr() == "3, 4, reset_after=False"
    assert nn.RNN(3, 4, activation="relu").extra_repr() == "3, 4, nonlinearity='relu'"
    assert nn.GRU(3, 4).extra_repr() == "3, 4"


class Tied(torch.nn.Module):
    """A language model whose output has the embedding's weights, called by name."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.norm = torch.nn.BatchNorm1d(4)
        self.head = torch.nn.Linear(4, 10)
        self.head.weight = self.embedding.weight

    def forward(self, tokens, *, scale):
        return self.head(scale * self.norm(self.embedding(tokens)))


def test_the_summary_leaves_the_model_as_it_was():
    model = Tied()
    model.norm.eval()
    model.embedding.weight.requires_grad_(False)
    calls = []
    model.head.register_forward_hook(lambda *_: calls.append(1))
    before = {name: each.clone() for name, each in model.norm.named_buffers()}
    found = nn.summary(model, torch.zeros(5, dtype=torch.int64), scale=2.0)
    assert found.total == 40 + 8 + 10
    assert found.trainable == 8 + 10
    assert found.tied == 40
    assert "Tied: 40" in str(found)
    assert [row.parameters for row in found.rows] == [40, 8, 10]
    assert (model.training, model.norm.training, model.head.training) == (True, False, True)
    assert calls == [1]
    assert len(model.head._forward_hooks) == 1
    for name, each in model.norm.named_buffers():
        assert torch.equal(each, before[name])
    with pytest.raises(TypeError, match="scale"):
        nn.summary(model, torch.zeros(5, dtype=torch.int64))
    assert (model.training, model.norm.training) == (True, False)
    assert not model.norm._forward_hooks
