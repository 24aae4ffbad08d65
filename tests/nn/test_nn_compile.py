"""Layers inside torch.compile and torch.export: one operator a layer and direction, no break."""

from __future__ import annotations

import pytest
import torch

from ostinato import nn


class Network(torch.nn.Module):
    """A stacked bidirectional layer and a head."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer(3, 5, 2, batch_first=True, bidirectional=True)
        self.head = torch.nn.Linear(10, 2)

    def forward(self, x, lengths):
        return self.head(self.layer(x, lengths=lengths)[0])


@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_compiles_whole_and_learns_the_same(layer):
    network, lengths = Network(layer), torch.tensor([6, 0, 3, 2])
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    gradients = []
    for run in (compiled, network):
        x = torch.ones(4, 6, 3, requires_grad=True)
        network.zero_grad()
        run(x, lengths).square().sum().backward()
        gradients.append([x.grad, *(p.grad.clone() for p in network.parameters())])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)
    torch.compiler.reset()


@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_exports_as_one_operator_a_direction(layer):
    network = Network(layer).eval()
    x, lengths = torch.randn(4, 6, 3), torch.tensor([6, 0, 3, 2])
    program = torch.export.export(network, (x, lengths))
    ours = [n for n in program.graph.nodes if str(n.target).startswith("ostinato.")]
    assert len(ours) == 4
    torch.testing.assert_close(program.module()(x, lengths), network(x, lengths))


def test_autocast_compiles_to_eager_types():
    network = torch.nn.Sequential(nn.Linear(3, 4), nn.GRU(4, 5), nn.Outputs(), nn.Linear(5, 2))
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    x = torch.randn(6, 2, 3)
    with torch.autocast("cpu", torch.bfloat16):
        found, wanted = compiled(x), network(x)
    assert found.dtype == wanted.dtype
    torch.testing.assert_close(found, wanted, rtol=0.02, atol=0.02)
    found.float().sum().backward()
    torch.compiler.reset()


@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_training_with_zoneout_and_dropout_compiles_whole(layer):
    network = layer(3, 5, 2, zoneout=0.2, recurrent_dropout=0.2, dropout=0.2)
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    compiled(torch.randn(6, 2, 3))[0].sum().backward()
    assert all(each.grad.isfinite().all() for each in network.parameters())
    torch.compiler.reset()


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_attention_and_pooling_compile_whole(kind, pooling):
    attention, pool = nn.Attention(4, 3, kind), nn.Pooling(pooling, 3)
    query, memory, lengths = torch.randn(2, 3, 4), torch.randn(2, 5, 3), torch.tensor([5, 2])

    def network(query, memory, lengths):
        return attention(query, memory, lengths)[0], pool(memory, lengths)

    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    given = (query, memory, lengths)
    for found, wanted in zip(compiled(*given), network(*given), strict=True):
        torch.testing.assert_close(found, wanted)
    torch.compiler.reset()


def test_a_packed_sequence_compiles_as_torchs_does():
    """Torch itself does not trace `pack_padded_sequence`: the graph breaks there, and no answer
    changes."""
    layer, x, lengths = nn.GRU(3, 5, batch_first=True), torch.randn(2, 4, 3), torch.tensor([4, 2])

    def network(x, lengths):
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, True, False)
        return torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0], True)[0]

    compiled = torch.compile(network, backend="aot_eager")
    with torch.no_grad():
        torch.testing.assert_close(compiled(x, lengths), network(x, lengths))
    torch.compiler.reset()
