"""The encoder-decoder: whole sequences and single steps agree, padding changes nothing."""

from __future__ import annotations

import pytest
import torch

from ostinato.tasks.translator.module import TranslatorModule
from ostinato.tasks.translator.options import TranslatorOptions

CHOICES = [
    {"attention": "multiplicative"},
    {"attention": "additive", "cell": "gru", "num_layers": 1},
    {"attention": "none", "bidirectional": False},
    {"attention": "multiplicative", "input_feeding": True},
    {"attention": "multiplicative", "pointer": True, "shared_vocabulary": True, "source": 9},
    {"attention": "none", "cell": "rnn"},
]


def made(**options):
    sizes = {"source": 11, "target": 9, "embedding_size": 6, "hidden_size": 8, "num_layers": 2}
    others = {
        "shared_vocabulary": False,
        "cell": "lstm",
        "bidirectional": True,
        "input_feeding": False,
        "pointer": False,
        "dropout": 0.0,
        "recurrent_dropout": 0.0,
        "step_mask": 0.0,
        "word_prediction": 0.0,
    }
    given = sizes | others | options
    source, target = given.pop("source"), given.pop("target")
    return TranslatorModule(TranslatorOptions(**given), source=source, target=target).eval()


def batch():
    source = torch.randint(2, 9, (3, 5))
    fed = torch.randint(2, 8, (3, 4))
    fed[:, 0] = 8
    return source, torch.tensor([5, 2, 3]), fed, torch.tensor([4, 1, 3])


@pytest.mark.parametrize("options", CHOICES)
def test_steps_give_what_whole_sequences_give(options):
    model = made(**options)
    source, source_lengths, fed, lengths = batch()
    with torch.no_grad():
        whole = model(source, source_lengths, fed, lengths).split(lengths.tolist())
        memory = model.encode(source, source_lengths)
        state = model.start(memory)
        for place in range(4):
            logits, weights, state = model.step(fed[:, place], state, memory)
            for row, length in enumerate(lengths.tolist()):
                if place < length:
                    torch.testing.assert_close(logits[row], whole[row][place])
            assert (weights is None) == (options["attention"] == "none")


@pytest.mark.parametrize("attention", ["none", "multiplicative"])
def test_words_told_from_the_summary_know_no_padding(attention):
    model = made(attention=attention, word_prediction=1.0)
    source, lengths, _, _ = batch()
    told = model.told(model.encode(source, lengths))
    assert told.shape == (3, 9)
    torch.testing.assert_close(model.told(model.encode(source[1:2, :2], lengths[1:2])), told[1:2])
    torch.log_softmax(told, 1)[:, 3].sum().backward()
    assert model.words is not None
    assert model.words.weight.grad is not None
    assert model.encoder[0].weight_ih_l0.grad.abs().sum() > 0  # pyright: ignore


@pytest.mark.parametrize("options", CHOICES)
def test_a_beam_is_several_rows_of_one_memory(options):
    model = made(**options)
    source, source_lengths, fed, _ = batch()
    with torch.no_grad():
        memory = model.encode(source, source_lengths)
        one, _, _ = model.step(fed[:, 1], model.start(memory), memory)
        rows = torch.arange(3).repeat_interleave(2)
        state = model.start(memory).pick(rows)
        two, _, after = model.step(fed[rows, 1], state, memory)
        torch.testing.assert_close(two, one[rows])
        kept = memory.pick(torch.tensor([2]))
        again, _, _ = model.step(fed[[2, 2], 2], after.pick(torch.tensor([4, 5])), kept)
        torch.testing.assert_close(again[0], again[1])


@pytest.mark.parametrize("options", CHOICES)
def test_padding_changes_nothing_and_every_parameter_learns(options):
    model = made(**options)
    source, source_lengths, fed, lengths = batch()
    whole = model(source, source_lengths, fed, lengths).split(lengths.tolist())
    alone = model(source[1:2, :2], source_lengths[1:2], fed[1:2, :1], lengths[1:2])
    torch.testing.assert_close(alone, whole[1])
    torch.nn.functional.cross_entropy(torch.cat(whole), torch.randint(9, (8,))).backward()
    assert all(each.grad is not None and each.grad.any() for each in model.parameters())


def test_a_pointer_gives_probabilities():
    model = made(**CHOICES[4])
    logits = model(*batch())
    torch.testing.assert_close(logits.exp().sum(1), torch.ones(8), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("options", [{}, CHOICES[4]], ids=["plain", "pointer"])
def test_scheduled_sampling_replaces_its_share_but_not_the_first(options):
    """What stands at a place is what the model writes after the places before it."""
    model = made(**{"attention": "multiplicative"} | options)
    with torch.no_grad():  # fresh weights would write the same token everywhere
        for weight in model.parameters():
            weight.mul_(5)
    source, source_lengths, fed, _ = batch()
    assert torch.equal(model.mixed(source, source_lengths, fed, 0.0), fed)
    mixed = model.mixed(source, source_lengths, fed, 1.0)
    assert torch.equal(mixed[:, 0], fed[:, 0])
    assert len(mixed[:, 1:].unique()) > 2
    with torch.no_grad():
        memory = model.encode(source, source_lengths)
        state = model.start(memory)
        for step in range(fed.shape[1] - 1):
            written, _, state = model.step(fed[:, step], state, memory)
            assert torch.equal(mixed[:, step + 1], written.argmax(1))
