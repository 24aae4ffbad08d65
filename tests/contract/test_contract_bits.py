"""The same bits: from the same seed, alone and in any company, streamed, saved and loaded."""

from __future__ import annotations

import copy
import json
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from examples import same, same_row

import ostinato


def test_the_same_seed_gives_the_same_bits(example, fitted, weights):
    torch.manual_seed(random.randrange(1000))  # the caller's own draws change nothing
    before = torch.get_rng_state()
    again = example.fit()
    assert torch.equal(torch.get_rng_state(), before)
    for name, value in weights(fitted).items():
        assert torch.equal(value, again.module_.state_dict()[name]), name
    assert fitted.history_.keys() == again.history_.keys()
    other = example.fit(seed=1)
    differs = [
        name
        for name, value in weights(fitted).items()
        if value.shape == other.module_.state_dict()[name].shape
        and not torch.equal(value, other.module_.state_dict()[name])
    ]
    assert differs


def test_a_row_has_its_own_bits(example, fitted):
    together = example.ask(fitted, example.probe)
    alone = [example.ask(fitted, [each])[0] for each in example.probe]
    assert same_row(together, alone)
    order = list(range(len(example.probe)))
    random.Random(0).shuffle(order)
    mixed = example.ask(fitted, [example.probe[k] for k in order])
    assert same_row([together[k] for k in order], mixed)
    twice = (
        example.ask(fitted, [*example.probe, *example.probe])
        if fitted.kind != "forecaster"
        else None
    )
    assert twice is None or same_row([*together, *together], twice)


def test_every_weight_counts(example, fitted):
    """What the other tests say of answers is said of the whole network."""
    answers, model = example.ask(fitted, example.probe), copy.deepcopy(fitted)
    for name, weight in model.module_.named_parameters():
        before = weight.detach().clone()
        with torch.no_grad():
            weight.add_(torch.randn_like(weight))
        assert not same(answers, example.ask(model, example.probe)), name
        with torch.no_grad():
            weight.copy_(before)
    assert same(answers, example.ask(model, example.probe))


def test_asking_changes_nothing(example, fitted, weights):
    before, random_state = weights(fitted), torch.get_rng_state()
    example.ask(fitted, example.probe)
    assert all(torch.equal(v, fitted.module_.state_dict()[k]) for k, v in before.items())
    assert torch.equal(random_state, torch.get_rng_state())
    assert not fitted.module_.training


def test_a_stream_answers_as_predict(example):
    if example.causal is None or example.stream is None:
        pytest.skip("no causal form")
    model = example.fit(**example.causal)
    for each in example.probe:
        assert same_row(example.stream(model, each), example.ask_one(model, each))


def test_saved_and_loaded_in_a_fresh_process(example, fitted, tmp_path):
    path = tmp_path / "model.safetensors"
    fitted.save(path)
    again = ostinato.load(path)
    assert same(example.ask(fitted, example.probe), example.ask(again, example.probe))
    assert again.get_params() == fitted.get_params()
    assert again.history_ == fitted.history_
    assert again.baseline_ == fitted.baseline_
    assert dict(again.fit_result_.__dict__) == dict(fitted.fit_result_.__dict__)
    probe, out = tmp_path / "probe.pickle", tmp_path / "out.pickle"
    probe.write_bytes(pickle.dumps(example.probe))
    code = (
        "import pickle, sys; sys.path.insert(0, sys.argv[1])\n"
        "import torch; torch.set_num_threads(2)\n"
        "from examples import EXAMPLES\n"
        "import ostinato\n"
        "model = ostinato.load(sys.argv[2])\n"
        "probe = pickle.load(open(sys.argv[3], 'rb'))\n"
        "pickle.dump(EXAMPLES[model.kind].ask(model, probe), open(sys.argv[4], 'wb'))\n"
    )
    here = str(__import__("pathlib").Path(__file__).parent)
    words = [sys.executable, "-c", code, here, str(path), str(probe), str(out)]
    subprocess.run(words, check=True)
    assert same(example.ask(fitted, example.probe), pickle.loads(out.read_bytes()))


def test_copies_are_whole_and_independent(example, fitted, weights):
    before = weights(fitted)
    for copied in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert same(example.ask(fitted, example.probe), example.ask(copied, example.probe))
        copied.partial_fit(*example.more)
    assert all(torch.equal(v, fitted.module_.state_dict()[k]) for k, v in before.items())


def test_partial_fit_changes_every_weight_that_answers(example, weights):
    model = example.fit()
    before = weights(model)
    answers = example.ask(model, example.probe)
    epochs = {name: len(values) for name, values in model.history_.items()}
    model.partial_fit(*example.more)
    changed = {k for k, v in before.items() if not torch.equal(v, model.module_.state_dict()[k])}
    trained = {k for k, p in model.module_.named_parameters() if p.requires_grad}
    assert trained <= changed
    assert not same(answers, example.ask(model, example.probe))
    assert all(len(model.history_[k]) == n + 1 for k, n in epochs.items() if k.startswith("train"))
    assert not model.module_.training


def test_the_history_is_plain_numbers(fitted):
    assert json.loads(json.dumps(fitted.history_)) == fitted.history_
    lengths = {len(values) for values in fitted.history_.values()}
    assert lengths == {2}
    assert all(np.isfinite(values).all() for values in fitted.history_.values())
