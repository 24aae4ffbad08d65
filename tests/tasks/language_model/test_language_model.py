"""LanguageModel under the contract: learning, scoring, writing, refusing."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from ostinato import LanguageModel, load
from ostinato.data import TextEncoder
from ostinato.errors import DataError, NotFittedError, OptionError
from ostinato.tasks.language_model.ngrams import Ngrams
from ostinato.tasks.language_model.writing import pieces, read
from ostinato.training import Streams

VERSE = "the cat sat on the mat. the dog sat on the log. "
SMALL = {
    "embedding_size": 16,
    "hidden_size": 32,
    "num_layers": 2,
    "dropout": 0.1,
    "chunk": 16,
    "batch_size": 8,
    "epochs": 4,
    "learning_rate": 0.02,
    "average": 0.5,
}


@pytest.fixture(scope="module")
def model():
    return LanguageModel(**SMALL).fit([VERSE * 60], progress=False)


def test_learns_what_comes_next(model):
    scores = model.evaluate([VERSE * 2])
    assert scores["nats"] < 0.7
    assert scores["bits_per_character"] == pytest.approx(scores["nats"] / np.log(2))
    assert scores["perplexity"] == pytest.approx(np.exp(scores["nats"]))
    assert {"baseline_nats", "unknown_share", "vocabulary"} <= set(scores)
    assert model.score([VERSE]) == -model.evaluate([VERSE])["nats"]
    assert model.predict(["the cat sat on th"]) == ["e"]
    (token, share), *_ = model.predict_next("the cat sat on th", n=3)
    assert token == "e"
    assert share > 0.5


def test_a_text_has_the_same_bits_whole_and_in_steps(model):
    text = VERSE[:40]
    whole = model.probabilities(text)
    stream, steps = model.stream(), []
    share = stream.step("")
    for letter in text:
        steps.append(share[model.vocabulary_.index(letter)])
        share = stream.step(letter)
    assert np.array_equal(np.float64(steps), whole) or np.allclose(steps, whole, rtol=1e-12)
    stream.reset()
    np.testing.assert_array_equal(stream.step(text), share)
    np.testing.assert_array_equal(model.predict_proba(["a", text])[1], share)


def test_writing(model):
    one = model.generate("the ", 60, seed=3)
    assert one == model.generate("the ", 60, seed=3)
    assert one != model.generate("the ", 60, seed=4, temperature=2.0)
    assert len(one) == 60
    greedy = model.generate("the cat ", 30, temperature=0)
    assert (
        greedy
        == model.generate("the cat ", 30, top_k=1)
        == model.generate("the cat ", 30, top_p=1e-6)
    )
    assert "on the" in greedy
    assert model.generate("", 5) is not None
    prompts = ["the", "", "a dog"]
    together = model.generate(prompts, 40, seed=5, stop=".", top_p=0.9, repetition_penalty=1.2)
    for prompt, text in zip(prompts, together, strict=True):
        alone = model.generate(prompt, 40, seed=5, stop=".", top_p=0.9, repetition_penalty=1.2)
        assert text == alone
    assert model.generate([], 4) == []
    stopped = model.generate("the ", 200, temperature=0, stop="mat")
    assert stopped.endswith("mat")
    assert "".join(model.write("the ", 60, seed=3)) == one
    assert model.generate("Ωψ", 3, seed=0)  # unseen letters are read as unknown


def test_prompts_of_many_lengths_are_written_as_each_alone(model):
    prompts = [VERSE[:n] for n in (0, 1, 40, 7, 40)]
    how = {"seed": 2, "temperature": 1.5, "stop": "t", "repetition_penalty": 2.0, "top_k": 9}
    alone = [model.generate(each, 30, **how) for each in prompts]
    assert len({len(text) for text in alone}) > 1  # they stop at different steps
    assert model.generate(prompts, 30, **how) == alone
    many = model.generate(prompts * 60, 5, seed=2)
    assert many == [model.generate(each, 5, seed=2) for each in prompts] * 60
    assert len(set(model.generate(["the"] * 8, 30, temperature=2.0))) > 1  # no seed


def test_a_prompt_is_read_as_predict_reads_it(model):
    # top_k=1 with any seed is the likeliest token, so the scores are the stream's.
    for prompt in ("", "t", "the cat sat on th"):
        likeliest = model.predict([prompt])[0]
        assert model.generate(prompt, 1, temperature=0) == likeliest
    shares = model.stream().step("the c")
    tokens = [model.rows_.tokens(["the c"]), model.rows_.tokens([""])]
    logits, state = read(model.module_, tokens)
    np.testing.assert_allclose(np.exp(logits[0]) / np.exp(logits[0]).sum(), shares, rtol=1e-5)
    assert [part.shape[1] for part in state] == [2, 2]


@pytest.mark.parametrize(
    ("level", "text"),
    [
        ("word", "é fish , “quoted”"),
        ("token", "a @-@ b \n  <unk> . \n"),
        ("bpe", "naïve “日本”🙂 x"),
    ],
)
def test_pieces_join_to_the_text(level, text):
    encoder = TextEncoder(level=level, lowercase=False).fit([text])
    (numbers,) = encoder.encode([text])
    piece = pieces(encoder)("")
    assert "".join(map(piece, numbers.tolist())) == encoder.decode(numbers)


@pytest.mark.parametrize("level", ["word", "token"])
def test_words_stand_apart_from_the_prompt(level):
    encoder = TextEncoder(level=level, lowercase=False).fit(["a b ."])
    numbers = encoder.encode(["b a ."])[0].tolist()
    written = {"": "b a .", "a": " b a .", "a ": "b a .", "a\n": "b a .", "a\u3000": "b a ."}
    for prompt, text in written.items():
        piece = pieces(encoder)(prompt)
        assert "".join(map(piece, numbers)) == text


def test_a_word_level_model_writes_on_after_a_space():
    options = SMALL | {"level": "word", "epochs": 1, "chunk": 8}
    words = LanguageModel(**options).fit([VERSE * 40], progress=False)
    for prompt in ("the cat", ["the cat", "the"]):
        for text in np.atleast_1d(words.generate(prompt, 3, seed=0)):
            assert text[0] == " " != text[1]
    assert words.generate("the ", 3, seed=0)[0] != " "
    assert words.generate("", 3, seed=0)[0] != " "


def test_the_penalty_of_repetition_knows_the_prompt(model):
    """A letter of the prompt that the model would write becomes a million times less likely."""
    prompt = "the cat sat on the m"
    assert model.generate(prompt, 1, temperature=0) == "a"
    held = model.generate(prompt, 1, temperature=0, repetition_penalty=1_000_000)
    assert held not in prompt
    prompt += "Ω" * 64  # 64 tokens back is forgotten
    free = model.generate(prompt, 1, temperature=0)
    assert model.generate(prompt, 1, temperature=0, repetition_penalty=1_000_000) == free


@pytest.mark.parametrize("level", ["char", "word"])
def test_every_text_is_measured_as_alone(level):
    options = SMALL | {"level": level, "epochs": 1, "chunk": 8}
    made = LanguageModel(**options).fit([VERSE * 40], progress=False)
    texts = [VERSE * 2, "", "the dog sat", "on the mat. the cat"]
    alone = dict.fromkeys(("nats", "baseline_nats"), 0.0)
    tokens = 0
    for text in filter(None, texts):
        found = made.evaluate([text])
        count = len(made.rows_.encoder.encode([text])[0])
        tokens += count
        alone = {name: sum_ + found[name] * count for name, sum_ in alone.items()}
    together = made.evaluate(texts)
    for name, total in alone.items():
        assert together[name] * tokens == pytest.approx(total, rel=1e-9)


def test_a_broken_letter_does_not_end_the_text():
    encoder = TextEncoder(level="bpe", lowercase=False).fit(["ab"])
    piece = pieces(encoder)("")
    half = encoder.vocabulary.index("â")  # the byte 0xe2, which begins a letter of three
    letter = encoder.vocabulary.index("a")
    assert [piece(half), piece(letter), piece(letter)] == ["", "\ufffda", "a"]


@pytest.mark.parametrize("level", ["word", "bpe", "token"])
@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_other_tokens_and_cells(level, cell, tmp_path):
    options = SMALL | {"epochs": 2, "tied": True, "num_layers": 1}
    made = LanguageModel(level=level, cell=cell, max_vocabulary=400, **options)
    made.fit([VERSE * 40, VERSE * 5], progress=False)
    assert made.evaluate([VERSE])["nats"] < 4
    text = made.generate("the cat", 12, seed=0)
    assert text.strip()
    made.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.generate("the cat", 12, seed=0) == text
    assert again.evaluate([VERSE]) == made.evaluate([VERSE])


WORDS = " ".join(f"{chr(97 + k * k % 7)}{chr(97 + k % 5)}o" for k in range(2400))
TINY = SMALL | {"level": "word", "epochs": 2, "embedding_size": 8, "hidden_size": 12}


@pytest.mark.parametrize(
    "options",
    [
        {"softmax": "adaptive"},
        {"softmax": "adaptive", "tied": True, "cutoffs": (5, 12)},
        {"softmax": "sampled", "samples": 20, "tied": True},
        {"weight_drop": 0.5, "word_dropout": 0.1, "locked": True, "final_size": 8, "tied": True},
        {"cell": "gru", "final_size": 7, "activation_penalty": 1.0, "change_penalty": 1.0},
    ],
    ids=str,
)
def test_every_answer_of_every_kind_of_network(options, tmp_path):
    made = LanguageModel(**TINY | options).fit([WORDS], progress=False)
    assert made.history_["val_loss"][-1] < np.log(len(made.vocabulary_))
    text = " ".join(WORDS.split()[:4])
    shares = made.probabilities(text)
    stream, steps = made.stream(), []
    share = stream.step("")
    for word in text.split():
        assert share.sum() == pytest.approx(1)
        steps.append(share[made.vocabulary_.index(word)])
        share = stream.step(word)
    np.testing.assert_allclose(steps, shares, rtol=1e-12)
    assert made.evaluate([text])["nats"] == pytest.approx(-np.log(shares).mean())
    assert made.predict_next(text, 1)[0][0] == made.predict([text])[0]
    prompts = [text, "", text[:3]]
    alone = [made.generate(each, 8, seed=4) for each in prompts]
    assert made.generate(prompts, 8, seed=4) == alone
    assert "".join(made.write(text, 8, seed=4)) == alone[0]
    made.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.generate(prompts, 8, seed=4) == alone
    assert again.get_params() == made.get_params()
    made.partial_fit([WORDS])


def test_the_awd_recipe_learns_and_can_be_changed():
    full = LanguageModel.awd_lstm().get_params()
    assert (full["hidden_size"], full["final_size"], full["num_layers"]) == (1150, 400, 3)
    small = {"embedding_size": 8, "hidden_size": 12, "final_size": 8, "chunk": 16, "epochs": 3}
    made = LanguageModel.awd_lstm(**small, batch_size=4, learning_rate=5.0)
    made.fit([WORDS], progress=False)
    assert made.optimizer == "nt_asgd"
    assert made.history_["val_loss"][-1] < made.history_["val_loss"][0]
    shapes = {k: tuple(v.shape) for k, v in made.module_.state_dict().items()}
    assert shapes["layer.layers.2.weight_ih_l0"] == (32, 12)
    assert shapes["head.weight"] == shapes["embedding.weight"] == (len(made.vocabulary_), 8)


def test_the_same_seed_and_going_on(model):
    other = LanguageModel(**SMALL).fit([VERSE * 60], progress=False)
    assert other.generate("the", 50, seed=1) == model.generate("the", 50, seed=1)
    before = other.evaluate(["a new line. " * 5])["nats"]
    other.partial_fit(["a new line. " * 300])
    assert other.evaluate(["a new line. " * 5])["nats"] < before


def test_resumed_ends_as_if_never_stopped(tmp_path, model):
    part = LanguageModel(**SMALL | {"epochs": 4})
    part.fit([VERSE * 60], directory=tmp_path, progress=False)
    part.fit([VERSE * 60], directory=tmp_path, resume=True, progress=False)
    assert part.generate("the", 50, seed=1) == model.generate("the", 50, seed=1)


@pytest.mark.parametrize("text", [VERSE[::-1] * 60, VERSE.replace("g", "i") * 60])
def test_no_fit_goes_on_with_another_text(text, tmp_path):
    """Of the same characters turned around, and of the same numbers for other characters."""
    options = {"validation": None, "directory": tmp_path, "progress": False}
    LanguageModel(**SMALL | {"epochs": 1}).fit([VERSE * 60], **options)
    with pytest.raises(OptionError, match="resume needs what the checkpoint was made with"):
        LanguageModel(**SMALL | {"epochs": 1}).fit([text], resume=True, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "chars"}, "Did you mean 'char'"),
        ({"cell": "gruu"}, "Did you mean 'gru'"),
        ({"chunk": 0}, "chunk must be"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"weight_drop": 1.0}, "weight_drop must be"),
        ({"layer_dropout": -0.1}, "layer_dropout must be"),
        ({"final_size": 0}, "final_size must be"),
        ({"samples": 0}, "samples must be"),
        ({"softmax": "adaptiv"}, "Did you mean 'adaptive'"),
        ({"softmax": "adaptive", "cutoffs": (9, 3), "chunk": 8}, "cutoffs must be whole numbers"),
        (
            {"softmax": "adaptive", "cutoffs": (), "chunk": 8},
            "cutoffs must be several whole numbers or None",
        ),
        ({"optimizer": "nt_asgd"}, "average must be 0 with optimizer='nt_asgd', got 0.99"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message):
        LanguageModel(**options).fit([VERSE * 10])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"temperature": -1.0}, "temperature must be"),
        ({"top_k": 0}, "top_k must be"),
        ({"top_p": 0.0}, "top_p must be"),
        ({"repetition_penalty": 0.5}, "repetition_penalty must be"),
        ({"temperature": float("inf")}, "temperature must be"),
        ({"stop": ""}, "stop must be a text of at least one character"),
        ({"stop": 3}, "stop must be a text"),
        ({"seed": -1}, "seed must be a whole number at least 0"),
        ({"length": -1}, "length must be a whole number at least 0"),
    ],
)
def test_wrong_words_for_writing(model, words, message):
    words = {"length": 3} | words
    with pytest.raises(OptionError, match=message):
        model.generate("a", **words)
    with pytest.raises(OptionError, match=message):
        model.write("a", **words)  # at once, before a piece is asked for


@pytest.mark.parametrize("prompt", [3, None, ["a", 3], b"a"])
def test_what_is_no_prompt(model, prompt):
    with pytest.raises(DataError, match=r"LanguageModel\.generate: "):
        model.generate(prompt, 3)


def test_wrong_texts_and_nothing_before_fit():
    with pytest.raises(DataError, match="more tokens than chunk, 64, got"):
        LanguageModel().fit(["short"])
    with pytest.raises(DataError, match="Write \\[text\\]"):
        LanguageModel().fit(VERSE)
    with pytest.raises(NotFittedError):
        LanguageModel().generate("a")
    assert clone(LanguageModel(chunk=7)).get_params()["chunk"] == 7


def test_little_text_and_none(model, tmp_path):
    for empty in ([], [""]):
        with pytest.raises((DataError, OptionError), match="not one char|some text to hold out"):
            LanguageModel().fit(empty)
        with pytest.raises(DataError, match="at least one token"):
            model.evaluate(empty)
    with pytest.raises(OptionError, match="validation must leave some text"):
        LanguageModel(chunk=1).fit(["abcd"], validation=0.01)
    (tmp_path / "a.txt").write_text("abcd")
    with pytest.raises(OptionError, match="validation must leave some text"):
        LanguageModel(chunk=1).fit(tmp_path / "a.txt", validation=0.01)
    # The shortest text that is enough: one chunk and a token.
    made = LanguageModel(**SMALL | {"epochs": 1}).fit(["ab" * 9], validation=None, progress=False)
    assert len(made.generate("", 3)) == 3
    assert made.probabilities("").shape == (0,)
    assert model.generate("the", 0) == ""


def test_streams_read_every_token_once():
    tokens = np.arange(103)
    streams = Streams(tokens, 4, 7, vary=True, seed=1)
    for epoch in range(3):
        streams.set_epoch(epoch)
        rows = [[] for _ in range(4)]
        for number, batch in enumerate(streams):
            assert batch["start"] == (number == 0)
            targets = batch["targets"].view(batch["inputs"].shape)
            assert (targets == batch["inputs"] + 1).all()
            for row, part in zip(rows, batch["inputs"].tolist(), strict=True):
                row += part
        assert [row == list(range(25 * k, 25 * k + 25)) for k, row in enumerate(rows)] == [True] * 4
    tokens = np.arange(1003)
    assert Streams(tokens, 2, 50, vary=True).borders() != Streams(tokens, 2, 50).borders()
    with pytest.raises(DataError, match="2 tokens or more"):
        Streams(np.zeros(1), 2, 3)


def test_ngrams_are_probabilities_and_prefer_what_they_saw():
    seen = Ngrams.fit(np.array([2, 3, 2, 4, 2, 3, 3]), 5, 3)
    for history in itertools.product(range(5), repeat=2):
        total = sum(seen.probabilities(np.array([*history, w]))[-1] for w in range(5))
        assert total == pytest.approx(1)
    assert seen.probabilities(np.array([2, 3]))[0] > seen.probabilities(np.array([2, 2]))[0]


@pytest.mark.parametrize("level", ["char", "word", "bpe"])
def test_files_are_read_as_texts_are(level, tmp_path, monkeypatch):
    monkeypatch.setattr("ostinato.data.text_files.PIECE", 97)  # many pieces
    texts = ["é — naïve cat sat on the mat. " * 40, VERSE * 30]
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    options = SMALL | {"level": level, "max_vocabulary": 300, "epochs": 1, "chunk": 8}
    one = LanguageModel(**options).fit(texts, progress=False)
    run = tmp_path / "run"
    (run / ".tokens-old").mkdir(parents=True)
    other = LanguageModel(**options).fit(paths, directory=run, progress=False)
    assert [each.name for each in run.iterdir() if each.name.startswith(".tokens")] == []
    assert other.vocabulary_ == one.vocabulary_
    assert other.generate("the", 30, seed=0) == one.generate("the", 30, seed=0)
    assert other.baseline_ == pytest.approx(one.baseline_, rel=1e-6)
    assert one.evaluate(paths) == pytest.approx(one.evaluate(texts), rel=1e-6)
    assert one.score(paths[0]) == pytest.approx(one.score(texts[:1]), rel=1e-6)
    one.partial_fit(texts[1:])
    other.partial_fit(paths[1])
    assert other.generate("the", 30, seed=0) == one.generate("the", 30, seed=0)
    with pytest.raises(DataError, match="texts or paths, got 1 and 1"):
        one.evaluate([texts[0], paths[0]])
    # Held-out text may be on disk where the other is not.
    made = LanguageModel(**options).fit(texts, validation=paths[1], progress=False)
    assert made.baseline_ == pytest.approx(made.evaluate(texts[1:]), rel=1e-6)


MEMORY = """
import resource, sys
from pathlib import Path
from ostinato.tasks.language_model import estimator

LanguageModel = estimator.LanguageModel
estimator.NGRAM_TOKENS = 100_000
options = {"level": "word", "hidden_size": 4, "embedding_size": 4, "num_layers": 1, "epochs": 1}

def run(path):
    model = LanguageModel(**options, chunk=256, batch_size=128, softmax="sampled", samples=8)
    model.fit(Path(path), validation=0.01, progress=False, directory=Path(path).parent / "run")

run(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run(sys.argv[2])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    words = [f"{a}{b}" for a in "bcdfg" for b in ("a", "eb", "ico", "odu", "upil")]
    draw = np.random.default_rng(0)
    for name, size in (("some.txt", 200_000), ("large.txt", 4_000_000)):
        chosen = np.array(words)[draw.integers(0, len(words), size)]
        (tmp_path / name).write_text(" ".join(chosen) + "\n")
    files = [str(tmp_path / "some.txt"), str(tmp_path / "large.txt")]
    assert (tmp_path / "large.txt").stat().st_size > 15_000_000
    done = subprocess.run([sys.executable, "-c", MEMORY, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Held whole, the text alone is 17 megabytes, its tokens as int64 32, its words 300.
    assert float(done.stdout) < 15
