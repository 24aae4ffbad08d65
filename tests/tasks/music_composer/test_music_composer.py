"""A composer: probabilities against independent formulas, pieces written on, harmonies, errors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

import ostinato
from ostinato import MusicComposer, data
from ostinato.data.music import keys_of, roll_of_keys
from ostinato.decoding import Sampler
from ostinato.errors import DataError, OptionError
from ostinato.figures import PianoRoll, draw
from ostinato.tasks.music_composer import learning
from ostinato.tasks.music_composer.evidence import evidence
from ostinato.tasks.music_composer.harmony import harmonise
from ostinato.tasks.music_composer.learning import transposed
from ostinato.tasks.music_composer.measures import NaiveMusic
from ostinato.tasks.music_composer.module import MusicModule
from ostinato.tasks.music_composer.options import MusicComposerOptions
from ostinato.tasks.music_composer.rows import MusicRows, cut, is_ordered

SMALL = {"hidden_size": 8, "chain_size": 6, "epochs": 2, "batch_size": 4, "steps_per_beat": 1}


def round_dance(count=12, steps=24):
    """Two voices in thirds that go round a scale of five notes, begun anywhere."""
    scale = np.array([60, 62, 64, 65, 67])
    places = [np.arange(steps) + k for k in range(count)]
    return [np.stack([scale[p % 5] + 4, scale[p % 5]], axis=1) for p in places]


def crossing(count=6, steps=10):
    """Two voices of which now this, now that is the higher one."""
    chance = np.random.default_rng(0)
    return [chance.integers(58, 66, (steps, 2)) for _ in range(count)]


@pytest.fixture(scope="module")
def dance():
    options = SMALL | {"hidden_size": 24, "chain_size": 24, "epochs": 20, "learning_rate": 0.03}
    return MusicComposer(**options, dropout=0.0, transpose=2).fit(round_dance(), progress=False)


@pytest.fixture(scope="module")
def roll():
    return MusicComposer(**SMALL, representation="roll").fit(round_dance(), progress=False)


@pytest.fixture(scope="module")
def crossed():
    return MusicComposer(**SMALL).fit(crossing(), progress=False)


def module_of(voices=2, ordered=False, **changes):
    torch.manual_seed(0)
    options = MusicComposerOptions(**SMALL | changes)
    return MusicModule(options, voices=voices, ordered=ordered).eval()


# Probabilities.


@pytest.mark.parametrize("ordered", [True, False])
def test_the_probabilities_of_all_steps_add_up_to_one(ordered):
    module = module_of(ordered=ordered)
    before = np.array([[40, 30], [41, 88]])
    every = np.array(list(itertools.product(range(89), repeat=2)))
    if ordered:  # rests are lowest
        every = every[(every[:, 1] == 88) | ((every[:, 0] != 88) & (every[:, 0] > every[:, 1]))]
        assert len(every) == 1 + 88 + 88 * 87 // 2
    outputs = module.read(before)[-1]
    keys = torch.from_numpy(every)
    with torch.no_grad():
        scores = module.head(outputs.expand(len(keys), -1), keys)
    shares = torch.exp(-module.head.nats(scores.double(), keys))
    assert float(shares.sum()) == pytest.approx(1, abs=1e-6)


def test_a_step_that_breaks_the_order_is_impossible():
    module = module_of(ordered=True)
    for wrong in ([30, 40], [40, 40], [88, 3]):
        nats, _ = module.told(np.array([[40, 30], wrong]))
        assert math.isfinite(nats[0])
        assert math.isinf(nats[1])
    assert all(math.isfinite(n) for n in module.told(np.array([[40, 30], [88, 88], [0, 88]]))[0])


def test_a_chain_by_its_formula():
    module = module_of(voices=3)
    keys = np.array([[40, 30, 35], [41, 88, 2], [3, 7, 88]])
    state = {name: value.numpy().astype(np.float64) for name, value in module.state_dict().items()}
    outputs = module.read(keys).numpy().astype(np.float64)
    for step, frame in enumerate(keys):
        base = state["head.base.weight"] @ outputs[step] + state["head.base.bias"]
        total = 0.0
        for voice, key in enumerate(frame):
            above = [state[f"head.above.{u}.weight"][frame[u]] for u in range(voice)]
            hidden, out = base[6 * voice : 6 * voice + 6] + sum(above), f"head.out.{voice}"
            scores = state[f"{out}.weight"] @ np.maximum(hidden, 0) + state[f"{out}.bias"]
            total += math.log(np.exp(scores).sum()) - scores[key]
        assert module.told(keys)[0][step] == pytest.approx(total, abs=1e-5)


def test_a_roll_by_its_formula(roll):
    piece = round_dance()[3]
    shares = roll.probabilities(piece)
    assert shares.shape == (len(piece) + 1, 88)
    truth = roll_of_keys(keys_of(piece))
    nats = -np.where(truth, np.log(shares[:-1]), np.log(1 - shares[:-1])).sum(1)
    assert -roll.log_likelihood(piece) == pytest.approx(nats, rel=1e-5)
    found, lone = roll.evaluate([piece, piece[2:3]]), -roll.log_likelihood(piece[2:3])
    assert found["nll"] == pytest.approx(nats[1:].mean(), rel=1e-5)
    assert found["nll_all"] == pytest.approx(np.append(nats, lone).mean(), rel=1e-5)
    assert abs(found["nll_all"] / found["nll"] - 1) > 1e-3
    assert roll.score([piece]) == -roll.evaluate([piece])["nll"]


def test_the_nats_of_a_roll_know_rests():
    module = module_of(representation="roll")
    one, two = (module.told(np.array([[40, 88]]))[0], module.told(np.array([[40, 87]]))[0])
    alone = module_of(voices=1, representation="roll").told(np.array([[40]]))[0]
    assert one == pytest.approx(alone)
    assert (one != two).all()


def test_a_step_knows_nothing_of_itself_and_what_follows(dance, roll):
    piece = round_dance()[0]
    other = piece.copy()
    other[10:] -= 3
    for model in (dance, roll):
        one, two = model.probabilities(piece), model.probabilities(other)
        assert (one[:11] == two[:11]).all()
        assert (one[11] != two[11]).any()


def test_it_learns_what_comes_next_and_beats_the_baselines(dance):
    found = dance.baseline_
    assert found["nll"] < 0.5 * min(found["repeat_nll"], found["frequency_nll"])
    assert found["accuracy"] > 0.9 > found["repeat_accuracy"]
    piece = round_dance()[2]
    assert dance.predict([piece[:-1]]) == [piece[-1].tolist()]
    up = piece + 1  # not among the pieces, but in reach of the transposition
    assert -dance.log_likelihood(up)[3:].mean() < found["frequency_nll"]


def test_accuracy_by_hand():
    naive = NaiveMusic.fit([keys_of(np.array([[60, 50]] * 9))], roll=False)
    nats, likely = naive.repeated(keys_of(np.array([[60, 50], [60, 48]])))
    assert np.argwhere(likely).tolist() == [[0, 29], [0, 39], [1, 29], [1, 39]]
    assert (nats > 0).all()


# Baselines.


def test_the_baselines_by_hand():
    pieces = [keys_of(np.array([[60], [60], [62], [62]])), keys_of(np.array([[60], [-1]]))]
    naive = NaiveMusic.fit(pieces, roll=False)
    share = {39: 3.1, 41: 2.1, 88: 1.1}
    total = 6 + 8.9
    stays = (1 + 2) / (2 + 4)
    nats, _ = naive.frequencies(pieces[0])
    expected = [-math.log(share[k] / total) for k in (39, 39, 41, 41)]
    assert nats == pytest.approx(expected)
    nats, _ = naive.repeated(pieces[0])
    moved = (1 - stays) * 2.1 / total
    kept = [stays + (1 - stays) * share[k] / total for k in (39, 41)]
    assert nats == pytest.approx([expected[0], *-np.log([kept[0], moved, kept[1]])])


def test_the_baselines_of_a_roll_by_hand():
    pieces = [keys_of(np.array([[60, 64], [60, -1], [62, 60], [62, 60]]))]
    naive = NaiveMusic.fit(pieces, roll=True)
    steps, roll = 4, roll_of_keys(pieces[0])
    share = (roll.sum(0) + 0.5) / (steps + 1)
    assert naive.share[0] == pytest.approx(share)
    nats, likely = naive.frequencies(pieces[0])
    assert nats[0] == pytest.approx(-np.log(np.where(roll[0], share, 1 - share)).sum())
    assert (likely == (share >= 0.5)).all()
    before, kept, usual = roll[:-1].sum(0), (roll[:-1] & roll[1:]).sum(0), (4 + 1) / (5 + 2)
    stays = (kept + 2 * usual) / (before + 2)
    begins = ((~roll[:-1] & roll[1:]).sum(0) + 0.5) / (3 - before + 1)
    odds = np.where(roll[1], stays, begins)
    nats, _ = naive.repeated(pieces[0])
    assert nats[2] == pytest.approx(-np.log(np.where(roll[2], odds, 1 - odds)).sum())


def test_what_a_head_begins_with():
    pieces = [keys_of(np.array([[60, -1], [61, 50]]))]
    for is_roll in (True, False):
        naive = NaiveMusic.fit(pieces, is_roll)
        shares = naive.shifted(1)
        assert shares.shape == naive.share.shape
        assert shares[0, 40] == pytest.approx(naive.share[0, 39:42].mean(), rel=1e-6)
        assert naive.shifted(0) == pytest.approx(naive.share)
        module = module_of(representation="roll" if is_roll else "chain")
        module.head.expect(shares)
        for each in module.parameters():
            if each.dim() > 1:
                torch.nn.init.zeros_(each)
        answers = module.read(np.array([[1, 2]]))
        if is_roll:
            assert module.head.shares(answers)[1] == pytest.approx(shares[0], rel=1e-5)
        else:
            assert module.head.likeliest(answers)[1][1] == pytest.approx(shares, rel=1e-5)


# Rows.


def test_transposition_keeps_shapes_rests_and_the_keyboard():
    torch.manual_seed(0)
    keys = torch.tensor([[[2, 88], [5, 0]], [[87, 80], [0, 0]]]).repeat(400, 1, 1)
    live = torch.tensor([[True, True], [True, False]]).repeat(400, 1)
    found = transposed(keys, live, 3)
    first, second = found[::2], found[1::2]
    shift = first[:, 0, 0] - 2
    assert sorted(shift.unique().tolist()) == [0, 1, 2, 3]  # the lowest key is there already
    assert (first[:, 0, 1] == 88).all()
    assert (first[:, 1] == torch.tensor([5, 0]) + shift[:, None]).all()
    assert sorted((second[:, 0, 0] - 87).unique().tolist()) == [-3, -2, -1, 0]
    assert (second[:, 0, 0] - second[:, 0, 1] == 7).all()
    assert (second[:, 1] == 0).all()
    middle = transposed(torch.full((4000, 1, 1), 40), torch.ones(4000, 1, dtype=bool), 2)
    counts = torch.bincount((middle - 38).flatten())
    assert len(counts) == 5
    assert (counts > 700).all()


def test_the_last_epochs_and_partial_fit_learn_pieces_where_they_stand(monkeypatch):
    seen = []

    def noted(keys, live, most):
        seen.append(most)
        return transposed(keys, live, most)

    monkeypatch.setattr(learning, "transposed", noted)
    options = SMALL | {"epochs": 4, "batch_size": 100}
    for share, count in ((0.5, 2), (0.0, 0), (1.0, 4)):
        seen.clear()
        model = MusicComposer(**options, early_transpose=share).fit(round_dance(), progress=False)
        assert seen == [6] * count  # neither in validation
        model.partial_fit(round_dance())
        assert len(seen) == count
    seen.clear()
    MusicComposer(**options, transpose=0).fit(round_dance(), progress=False)
    assert not seen


def test_long_pieces_are_cut_in_training_alone():
    pieces = [np.arange(10)[:, None], np.arange(3)[:, None]]
    parts, begins = cut(pieces, 4)
    assert [part[:, 0].tolist() for part in parts] == [
        *([0, 1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 1, 2])
    ]
    assert begins.tolist() == [True, False, False, True]
    module, keys = module_of(), torch.full((1, 2, 2), 40)
    with torch.no_grad():
        assert (module(keys) == module(keys, None, torch.tensor([True]))).all()
        assert (module(keys) != module(keys, None, torch.tensor([False]))).any()


def test_order_is_found_and_kept(crossed):
    assert is_ordered(np.array([[64, 60, -1], [-1, -1, -1]]))
    for wrong in ([[60, 64]], [[60, 60]], [[-1, 60]]):
        assert not is_ordered(np.array(wrong))
    assert not crossed.rows_.ordered
    assert crossed.rows_.keys("here", data.Piece(voices=np.array([[60, 64]]))).tolist() == [
        [39, 43]
    ]
    ranked = MusicRows(voices=2, ordered=True, tempo=100.0, steps_per_beat=1)
    assert ranked.keys("here", data.Piece(voices=np.array([[60, 64]]))).tolist() == [[43, 39]]
    assert ranked.keys("here", data.Piece(voices=np.array([[60, 60]]))).tolist() == [[39, 88]]
    assert ranked.keys("here", data.Piece(voices=np.array([[60, 50, -1]]))).tolist() == [[39, 29]]


def test_a_piece_with_more_voices_than_were_learned_is_refused(dance):
    with pytest.raises(DataError, match="has 3 voices, and the model learned 2"):
        dance.evaluate([np.array([[67, 64, 60]])])
    with pytest.raises(DataError, match=r"validation: .* 3 voices, and the model learned 2"):
        MusicComposer(**SMALL).fit(round_dance(), validation=[[[67, 64, 60]]], progress=False)


def test_of_a_single_piece_the_end_is_held_out():
    piece = round_dance(1, 40)[0]
    model = MusicComposer(**SMALL).fit([piece], validation=0.25, progress=False)
    (held,) = model.held_out_
    assert held.voices.tolist() == piece[30:].tolist()
    with pytest.raises(DataError, match="one piece of 3 steps is too short to hold some out"):
        MusicComposer(**SMALL).fit([piece[:3]], progress=False)


def test_pieces_of_one_step_and_one_voice():
    model = MusicComposer(**SMALL).fit([[[60]], [[62]], [[64]]], validation=None, progress=False)
    found = model.evaluate([[[60]]])
    assert found["nll"] == found["nll_all"]
    assert model.voices_ == 1
    assert model.harmonise([60, 62]).voices.tolist() == [[60], [62]]


# Streams.


def test_a_stream_of_a_roll_answers_as_the_whole_piece(roll):
    piece, stream = round_dance()[5], roll.stream()
    found = [stream.probabilities, *(stream.step(frame) for frame in piece)]
    assert np.allclose(np.stack(found), roll.probabilities(piece), atol=1e-6)
    stream.reset()
    assert (stream.probabilities == found[0]).all()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[60]], "a step must be MIDI pitches"),
        (["C4"], "a step must be MIDI pitches"),
        (60.5, "a step must be MIDI pitches"),
        ([], "a step must be MIDI pitches"),
        ([60, 120], "has the pitch 120"),
        ([67, 64, 60], "has 3 voices, and the model learned 2"),
    ],
)
def test_a_step_that_is_none_is_refused_and_changes_nothing(dance, frame, message):
    stream = dance.stream()
    stream.step([64, 60])
    before = stream.probabilities
    with pytest.raises(DataError, match=message):
        stream.step(frame)
    assert (stream.probabilities == before).all()
    stream.step([-1, -1])


# Composing.


def test_a_piece_goes_on_as_it_would(dance):
    whole = round_dance(1, 40)[0]
    found = dance.continue_piece(whole[:12], 16, temperature=0, tempo=60.0)
    assert found.known == 12
    assert len(found) == 12 + 16
    assert found.voices.tolist() == whole[:28].tolist()
    assert found.seconds == 28


def test_seconds_and_tempo(dance, tmp_path):
    assert len(dance.continue_piece(seconds=7.2, seed=0)) == 12  # 100 beats a minute
    assert len(dance.continue_piece(seconds=7.21, seed=0)) == 13
    begun = data.Piece(voices=np.array([[64, 60]]), steps_per_beat=1, tempo=60.0)
    found = dance.continue_piece(begun, 5, seed=0)
    assert (len(found), found.tempo, found.known) == (6, 60.0, 1)
    data.write_midi(begun, tmp_path / "a.mid")
    again = dance.continue_piece(tmp_path / "a.mid", 5, seed=0)
    assert again.voices.tolist() == found.voices.tolist()


def test_the_same_seed_composes_the_same(dance, roll):
    for model in (dance, roll):
        one = model.continue_piece(seconds=20, seed=3, temperature=2.0).voices
        assert (one == model.continue_piece(seconds=20, seed=3, temperature=2.0).voices).all()
        assert (one != model.continue_piece(seconds=20, seed=4, temperature=2.0).voices).any()
        nothing = model.continue_piece(seconds=6, temperature=0).voices
        assert (nothing == model.continue_piece(seconds=6, temperature=0, seed=9).voices).all()


def test_what_is_drawn_has_the_probabilities_that_are_told(crossed):
    stream, piece = crossed.stream(), crossing()[0]
    for frame in piece:
        stream.step(frame)
    drawn = np.array(
        [stream.draw(Sampler("here", 0, 1.0, None, None, 1.0, seed)) for seed in range(3000)]
    )
    first = np.bincount(drawn[:, 0], minlength=89) / len(drawn)
    assert first == pytest.approx(stream.probabilities[0], abs=0.03)
    top = stream.probabilities[0].argmax()
    below = drawn[drawn[:, 0] == top, 1]
    second = np.bincount(below, minlength=89) / len(below)
    assert np.abs(second - stream.probabilities[1]).sum() < 0.5


def test_an_ordered_model_composes_ordered_steps(dance, roll):
    for model in (dance, roll):
        found = model.continue_piece(seconds=60, temperature=5.0, seed=0).voices
        assert is_ordered(found)
        assert found.shape[1] == 2
        assert ((found == -1) | ((found >= 21) & (found <= 108))).all()


def test_wrong_words_for_composing(dance, roll):
    for words, message in (
        ({"seconds": 0}, "seconds must be a number above 0"),
        ({"seconds": "long"}, "seconds must be"),
        ({"seconds": 10**9}, "steps of all must be a number at most 1000000"),
        ({"temperature": -1}, "temperature must be a number at least 0"),
        ({"top_p": 0}, "top_p must be"),
        ({"seed": -1}, "seed must be"),
        ({"tempo": 1}, "tempo must be a number at least 4"),
    ):
        with pytest.raises(OptionError, match=message):
            dance.continue_piece(**words)
    with pytest.raises(OptionError, match="needs representation='chain', got 'roll'"):
        roll.harmonise([60, 62])
    with pytest.raises(OptionError, match="beam must be a whole number at least 1"):
        dance.harmonise([60], beam=0)
    with pytest.raises(DataError, match="continue_piece: the piece has the pitch 1 "):
        dance.continue_piece([[1, 2]])
    with pytest.raises(DataError, match="harmonise: the melody has no notes"):
        dance.harmonise([-1, -1])


# Harmonies.


def test_a_melody_is_harmonised_in_its_style(dance):
    whole = round_dance(1, 15)[0]
    found = dance.harmonise(whole[:, 0], beam=8)
    assert found.voices[:, 0].tolist() == whole[:, 0].tolist()
    assert (found.voices[:, 1] == whole[:, 1]).mean() > 0.9


def test_a_wide_search_finds_the_likeliest(crossed):
    # Of two steps and a few keys: every way.
    module, melody = crossed.module_, np.array([40, 41])
    keys, total = harmonise(module, melody, beam=89)
    lower = torch.tensor(list(itertools.product(range(89), repeat=2)))
    every = torch.stack([torch.tensor([40, 41]).expand_as(lower), lower], 2)
    with torch.no_grad():
        totals = -module.head.nats(module(every), every).sum(1)
    assert total == pytest.approx(float(totals.max()), abs=1e-4)
    assert keys.tolist() == every[totals.argmax()].tolist()
    narrow = harmonise(module, melody, beam=1)[1]
    assert narrow <= total + 1e-9


def test_the_probability_of_a_harmony_is_that_of_the_piece(dance, crossed):
    melody = keys_of(round_dance(1, 9)[0][:, 0])
    for model, beam in itertools.product((dance, crossed), (1, 5, 40)):
        keys, total = harmonise(model.module_, melody, beam)
        assert total == pytest.approx(-model.module_.told(keys)[0].sum(), abs=1e-3)


def test_of_a_piece_the_highest_notes_are_the_melody(dance):
    found = dance.harmonise([[60, 64], [65, -1]])
    assert found.voices[:, 0].tolist() == [64, 65]


# Pictures.


def test_the_pictures_of_a_report(dance, roll):
    for model in (dance, roll):
        drawn = evidence(model, model.held_out_).figures
        assert [figure.kind for figure in drawn][:3] == ["piano-roll", "matrix", "lines"]
        first = drawn[0]
        assert isinstance(first, PianoRoll)
        assert first.marks[0].known
        for figure in drawn:
            assert not figure.empty
            assert "<svg" in draw.svg(figure)


def test_a_silent_beginning_is_drawn_too(dance):
    silent = np.full((12, 2), -1)
    silent[8:] = [64, 60]
    assert evidence(dance, [silent]).figures


# Files.


def test_a_loaded_model_measures_the_same(dance, tmp_path):
    dance.save(tmp_path / "m.safetensors")
    again = ostinato.load(tmp_path / "m.safetensors")
    assert again.evaluate(dance.held_out_) == dance.evaluate(dance.held_out_)
    assert again.rows_ == dance.rows_
