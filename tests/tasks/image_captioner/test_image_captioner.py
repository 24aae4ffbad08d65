"""Captions of drawings: learned, searched for, measured, and refused where they cannot be used."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

import ostinato
from ostinato import ImageCaptioner
from ostinato.errors import DataError, MissingDependencyError, OptionError
from ostinato.figures import Looks, Table, draw
from ostinato.inspection import report
from ostinato.tasks.image_captioner import learning, measures
from ostinato.tasks.image_captioner.evidence import evidence
from ostinato.tasks.image_captioner.rows import CaptionRows, commonest, words_of

COLOURS = {"red": (220, 30, 30), "green": (30, 190, 30), "blue": (30, 30, 220)}
SMALL = {
    "image_size": 16,
    "grid": 2,
    "channels": 4,
    "embedding_size": 12,
    "hidden_size": 16,
    "batch_size": 8,
    "min_count": 1,
    "dropout": 0.0,
    "augment": 0.0,
    "beam": 3,
}


def drawings(count, seed=0):
    chance = np.random.default_rng(seed)
    images, captions = [], []
    for _ in range(count):
        name = str(chance.choice(list(COLOURS)))
        image = np.full((20, 24, 3), 240, dtype=np.uint8)
        image[4:16, 6:18] = COLOURS[name]
        images.append(image)
        captions.append([f"A {name} square .", f"there is a {name} square"])
    return images, captions


@pytest.fixture(scope="module")
def model():
    return ImageCaptioner(**SMALL, epochs=14, learning_rate=0.03).fit(
        *drawings(48), validation=drawings(12, 1), progress=False
    )


def test_it_says_what_it_sees(model):
    images, captions = drawings(20, 2)
    colours = [row[0].split()[1] for row in captions]
    assert [text.split()[-2] for text in model.predict(images)] == colours
    found = model.evaluate(images, captions)
    assert found["cider"] > 2 * max(found["baseline_cider"], 0.1)
    assert found["bleu_2"] > 95
    assert model.score(images, captions) == found["cider"]
    assert set(found) == {
        f"{prefix}{each.name}"
        for prefix in ("", "baseline_", "nearest_")
        for each in measures.MEASURES
    }
    # Colours tell these drawings apart: so does their likest.
    assert found["nearest_cider"] == pytest.approx(found["cider"], rel=0.3)
    assert set(model.baseline_) == set(found)


def test_paths_arrays_and_pil_images_give_the_same(model, tmp_path):
    (image,), _ = drawings(1, 3)
    path = tmp_path / "a.png"
    Image.fromarray(image).save(path)
    given = [image, path, str(path), Image.fromarray(image), image / 255]
    assert len(set(model.predict(given))) == 1
    assert len({each[0] for each in model.predict_best(given, 1)[0]}) == 1


def test_several_captions_the_best_first(model):
    images, _ = drawings(4, 4)
    found = model.predict_best(images, 3)
    for each in found:
        scores = [score for _, score in each]
        assert scores == sorted(scores, reverse=True)
        assert len({text for text, _ in each}) == len(each) == 3
    assert [each[0][0] for each in found] == model.predict(images)
    assert all(len(each) == 5 for each in model.predict_best(images, beam=5))
    with pytest.raises(OptionError, match="n must be from 1 to beam, 3, got 4"):
        model.predict_best(images, 4)
    with pytest.raises(OptionError, match="beam must be a whole number at least 1"):
        model.predict(images, beam=0)
    with pytest.raises(OptionError, match="length_penalty must be"):
        model.predict(images, length_penalty=-1)


def test_unknown_words_are_never_written():
    images, captions = drawings(40)
    captions = [[*row, f"word{k}"] for k, row in enumerate(captions)]
    model = ImageCaptioner(**SMALL | {"min_count": 3, "epochs": 2, "beam": 10})
    model.fit(images, captions, progress=False)
    assert "word1" not in model.rows_.text.vocabulary
    texts = [text for row in model.predict_best(images[:3]) for text, _ in row]
    assert not any("\ufffd" in text for text in texts)


def test_where_each_word_looked(model):
    (image,), _ = drawings(1, 5)
    (seen,) = model.look([image])
    assert seen.caption == " ".join(seen.words) == model.predict([image])[0]
    assert seen.weights.shape == (len(seen.words), 2, 2)
    np.testing.assert_allclose(seen.weights.sum((1, 2)), 1, atol=1e-5)


def test_evidence_and_report(model, tmp_path):
    images, captions = drawings(5, 6)
    found = evidence(model, (images, captions))
    looks = [each for each in found.figures if isinstance(each, Looks)]
    assert [each.title for each in looks] == model.predict(images[:3])
    assert looks[0].image.shape == (20, 24, 3)
    tables = [each for each in found.figures if isinstance(each, Table)]
    assert tables[0].rows[0][1:] == (
        model.predict(images)[0],
        words_of(captions[0][0], lowercase=True),
    )
    assert len(tables[1].rows) == 5
    assert found.facts["different captions"].endswith("of 5 images")
    assert draw.svg(looks[0]).count("<image") == 1 + len(looks[0].names)
    page = report(model, tmp_path).read_text()
    assert "Captions beside references" in page
    assert "data:image/png" in page


def test_captions_are_learned_as_words():
    assert words_of("A dog , isn't it ?", lowercase=True) == "a dog isn't it"
    assert words_of("Two T-shirts .", lowercase=False) == "Two T shirts"
    assert words_of(" . !", lowercase=True) == ""


def test_the_commonest_caption():
    assert commonest([["a b", "c"], ["c"], ["d"]]) == "c"
    # Each once: the one of the commonest words.
    assert commonest([["x y"], ["a b"], ["a c"], ["c"]]) == "a c"
    # Twice of one image counts once.
    assert commonest([["x", "x"], ["a", "x y"], ["a"]]) == "a"


def test_the_nearest_image():
    pixels = np.zeros((3, 16, 16, 3), dtype=np.uint8)
    pixels[1, ..., 0], pixels[2, :8] = 255, 255
    rows = CaptionRows.learn(
        ImageCaptioner(min_count=1, image_size=16), pixels, [["black"], ["red"], ["half"]]
    )
    assert rows.sketches.shape == (3, 192)
    probe = pixels[[2, 1, 0]].copy()
    probe[0, :, :4] = 90
    assert rows.nearest(probe) == ["half", "red", "black"]
    again = CaptionRows.from_dict(rows.to_dict())
    assert again.nearest(probe) == ["half", "red", "black"]
    assert again.common == rows.common


# Features computed elsewhere


def features(count, seed=0, size=5):
    """Regions of which one has the colour's number; their count differs."""
    chance = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        kind = int(chance.integers(3))
        regions = chance.normal(size=(int(chance.integers(1, 5)), size)) + 7
        regions[-1, kind] += 5
        X.append(regions)
        y.append(f"a {list(COLOURS)[kind]} thing")
    return X, y


def test_features_of_another_model():
    options = SMALL | {"encoder": "features", "epochs": 12, "learning_rate": 0.03}
    model = ImageCaptioner(**options).fit(*features(64), progress=False)
    X, y = features(20, 1)
    assert np.mean([a == b for a, b in zip(model.predict(X), y, strict=True)]) > 0.9
    assert model.predict(X) == [model.predict([each])[0] for each in X]
    assert model.evaluate(X, y)["nearest_bleu_1"] > 30
    (seen,) = model.look(X[:1])
    assert seen.weights.shape == (3, 1, len(X[0]))
    assert not [each for each in evidence(model, (X, y)).figures if isinstance(each, Looks)]
    flat = ImageCaptioner(**options | {"epochs": 1}).fit([x[-1] for x in X], y, progress=False)
    assert len(flat.predict([X[0][-1]])) == 1
    with pytest.raises(DataError, match="features must have 5 numbers for each region.*got 4"):
        model.predict([np.zeros((2, 4))])
    with pytest.raises(DataError, match="predict: row 1 has regions of 4 numbers, row 0 of 5"):
        model.predict([np.zeros((2, 5)), np.zeros((2, 4))])
    with pytest.raises(DataError, match="got NaN, infinity"):
        model.predict([np.full((2, 5), np.nan)])
    with pytest.raises(DataError, match="with encoder='features' .* take encoder='small'"):
        model.predict(["a.jpg"])
    with pytest.raises(DataError, match=r"got shape \(1, 2, 5\)"):
        model.predict([np.zeros((1, 2, 5))])
    with pytest.raises(DataError, match="validation: features must have 5 numbers"):
        ImageCaptioner(**options).fit(X, y, validation=features(4, size=4), progress=False)
    with pytest.raises(DataError, match="features must have 5 numbers"):
        model.partial_fit(*features(4, size=4))


# Learning


def test_batches_look_at_each_image_once_and_feed_what_came_before():
    images, captions = drawings(10)
    captions[0] = ["a red square"]
    model = ImageCaptioner(**SMALL | {"batch_size": 4})
    pixels = np.stack([np.asarray(Image.fromarray(each).resize((16, 16))) for each in images])
    said = model.said(captions)
    model.rows_ = CaptionRows.learn(model, pixels, said)
    encoder = model.rows_.text
    batches = learning.CaptionBatches(
        encoder, pixels, said, model._training(), shuffle=False, augment=0.0
    )
    first, *rest = list(batches)
    assert len(batches) == 3 == 1 + len(rest)
    assert first["images"].shape == (4, 3, 16, 16)
    assert torch.equal(first["images"][2, 1] * 255, torch.from_numpy(pixels[2, ..., 1]).float())
    assert first["owner"].tolist() == [0, 1, 1, 2, 2, 3, 3]
    end = len(encoder)
    for row, length in enumerate(first["target_lengths"].tolist()):
        target, fed = first["target"][row], first["fed"][row]
        assert int(target[length - 1]) == end
        assert int(fed[0]) == end
        assert torch.equal(fed[1:length], target[: length - 1])
        assert not target[length:].any()
    assert encoder.decode(first["target"][0, :3]) == "a red square"


def test_order_and_changes_are_of_the_epoch_alone():
    images, captions = drawings(12)
    model = ImageCaptioner(**SMALL)
    pixels = np.stack([each[:16, :16] for each in images])
    said = model.said(captions)
    model.rows_ = CaptionRows.learn(model, pixels, said)

    def made(epoch, **changes):
        batches = learning.CaptionBatches(
            model.rows_.text, pixels, said, model._training(), shuffle=True, augment=1.0
        )
        batches.set_epoch(epoch)
        return torch.cat([each["images"] for each in batches])

    assert torch.equal(made(3), made(3))
    assert not torch.equal(made(3), made(4))


def test_no_fit_goes_on_with_other_images_or_captions():
    images, captions = drawings(8)
    pixels = np.stack([each[:16, :16] for each in images])
    model = ImageCaptioner(**SMALL)
    said = model.said(captions)
    encoder = CaptionRows.learn(model, pixels, said).text

    def told(pixels, said):
        options = model._training()
        return learning.CaptionBatches(encoder, pixels, said, options, shuffle=True).fingerprint()

    assert told(pixels, said) == told(pixels.copy(), said)
    other = pixels.copy()
    other[3, 0, 0, 0] ^= 1
    assert told(other, said) != told(pixels, said)
    moved = [said[0][:1], [said[0][1], *said[1]], *said[2:]]
    assert told(pixels, moved) != told(pixels, said)


def test_the_loss_passes_over_unknown_words():
    options = ImageCaptioner(**SMALL)
    images, captions = drawings(4)
    pixels = np.stack([each[:16, :16] for each in images])
    options.rows_ = CaptionRows.learn(options, pixels, options.said(captions))
    options._build()
    loss = learning.loss_of(0.0, 0.0)
    (batch,) = learning.CaptionBatches(
        options.rows_.text, pixels, options.said(captions), options._training(), shuffle=False
    )
    unknown = batch | {"target": batch["target"].clone()}
    unknown["target"][0, 1] = 1
    module = options.module_.eval()
    regions = module.see(batch["images"])
    lengths = torch.full((4,), 4)
    logits = module(regions, lengths, batch["owner"], batch["fed"], batch["target_lengths"])
    rows = [
        t for t, n in zip(unknown["target"], unknown["target_lengths"], strict=True) for t in t[:n]
    ]
    truth = torch.stack(rows)
    scores = torch.log_softmax(logits, 1)[torch.arange(len(truth)), truth]
    wanted = -scores[truth != 1].mean()
    torch.testing.assert_close(loss(module, unknown)["loss"], wanted)
    with torch.no_grad():
        assert set(loss(module, unknown)) == {"loss", "accuracy"}


def test_word_prediction_counts_each_word_of_an_image_once():
    options = ImageCaptioner(**SMALL)
    images, captions = drawings(4)
    pixels = np.stack([each[:16, :16] for each in images])
    options.rows_ = CaptionRows.learn(options, pixels, options.said(captions))
    options._build()
    (batch,) = learning.CaptionBatches(
        options.rows_.text, pixels, options.said(captions), options._training(), shuffle=False
    )
    module = options.module_.train()
    plain, more = (learning.loss_of(0.0, w)(module, batch)["loss"] for w in (0.0, 2.0))
    memory = module.encode(module.see(batch["images"]), torch.full((4,), 4))
    told = torch.sigmoid(module.told(memory)).detach()
    sums = 0.0
    for row, texts in enumerate(options.said(captions)):
        words = {word for text in texts for word in text.split()}
        for number, word in enumerate(options.rows_.text.vocabulary):
            if number > 1:
                p = told[row, number]
                sums -= float(torch.log(p if word in words else 1 - p))
    assert float((more - plain).detach()) == pytest.approx(2.0 * sums / 4 / 100, rel=1e-4)


def test_partial_fit_goes_on(model):
    again = ImageCaptioner(**SMALL, epochs=2)
    again.partial_fit(*drawings(20))
    assert again.baseline_ == {}
    assert len(again.history_["train_loss"]) == 2
    again.partial_fit(*drawings(10, 1), epochs=2, learning_rate=0.01)
    assert len(again.history_["train_loss"]) == 4
    assert again.predict(drawings(2)[0])


def test_it_is_saved_whole(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    images, _ = drawings(5, 7)
    assert ostinato.load(path).predict_best(images) == model.predict_best(images)
    assert model.longest_ == 5
    assert "region" in str(model.summary())


# What cannot be used


def test_a_damaged_file_is_named(tmp_path):
    images, captions = drawings(4)
    path = tmp_path / "bad.jpg"
    path.write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"ImageCaptioner.fit: .*bad\.jpg cannot be read"):
        ImageCaptioner(**SMALL).fit([*images[:3], path], captions, validation=None)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([0, 1], ["a", "b"], "row 0: a picture must be a path"),
        ("a.jpg", ["a"], "X must be a list of images, got one"),
        (np.zeros((4, 4)), ["a"], "X must be a list of images, got one"),
        ({"a": 1}, ["a"], "X must be a list of images: .*got dict"),
        ([np.zeros((2, 2))] * 2, "ab", "y must be a list with a caption"),
        ([np.zeros((2, 2))] * 2, ["a", None], "row 1 of y must be a text or a list of texts"),
        ([np.zeros((2, 2))] * 2, ["a", []], "row 1 of y has no caption"),
        (
            [np.zeros((2, 2))] * 2,
            ["a", [".", "b"]],
            r"row 1 of y has a caption without words, '\.'",
        ),
        ([np.zeros((2, 2))] * 2, ["a"], "2 images and 1 rows of captions"),
        ([np.zeros((2, 2))], ["a"], "at least 2 images, got 1"),
    ],
)
def test_rows_that_cannot_be_used(X, y, message):
    with pytest.raises(DataError, match=f"ImageCaptioner.fit: .*{message}"):
        ImageCaptioner(**SMALL).fit(X, y, progress=False)


def test_no_word_is_frequent_enough():
    with pytest.raises(DataError, match="no word comes 50 times.*Lower min_count"):
        ImageCaptioner(**SMALL | {"min_count": 50}).fit(*drawings(6), progress=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "a.pth"}, "weights needs the name of a model as encoder, got encoder='small'"),
        ({"grid": 5}, "grid must be at most a quarter of image_size, 4, got 5"),
        ({"augment": 3}, "augment must be a number at least 0 and at most 2"),
    ],
)
def test_options_that_do_not_fit_together(options, message):
    with pytest.raises(OptionError, match=message):
        ImageCaptioner(**SMALL | options).fit(*drawings(4), progress=False)


def test_measuring_needs_its_package(monkeypatch):
    from ostinato.measures import captions

    monkeypatch.setattr(captions, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="measuring captions needs sacrebleu"):
        ImageCaptioner(**SMALL).fit(*drawings(6), progress=False)
