"""What the small encoder sees, how images are changed, and encoders that others trained."""

from __future__ import annotations

import math
import types

import numpy as np
import pytest
import torch

import ostinato
from ostinato import ImageCaptioner, nn
from ostinato.errors import DataError, MissingDependencyError, OptionError
from ostinato.tasks.image_captioner import backbone
from ostinato.tasks.image_captioner.module import CaptionModule
from ostinato.tasks.image_captioner.options import ImageCaptionerOptions
from ostinato.tasks.image_captioner.vision import (
    MEASURED,
    TURNS,
    SmallEncoder,
    changed,
    edges,
    measured,
)


def test_measured_colours_by_hand():
    image = torch.zeros(1, 3, 8, 8)
    image[0, 0, :4] = 1.0  # red above
    image[0, 1, :, ::2] = 1.0  # green in every other column
    found = measured(image, 2)
    assert found.shape == (1, MEASURED, 2, 2)
    torch.testing.assert_close(found[0, 0], torch.tensor([[1.0, 1.0], [-1.0, -1.0]]))
    torch.testing.assert_close(found[0, 1], torch.zeros(2, 2))
    # Half zeros and half ones spread by 1/2.
    torch.testing.assert_close(found[0, 4], torch.ones(2, 2))
    torch.testing.assert_close(found[0, 3], -torch.ones(2, 2))
    # Of a region above half the pixels are red (3, 0, 0), half yellow (3, 3, 0): twice the root.
    seen = found[0, 22:, 0, 0]
    assert seen.nonzero().flatten().tolist() == [48, 60]
    torch.testing.assert_close(seen[[48, 60]], torch.full((2,), 2 * 0.5**0.5))


@pytest.mark.parametrize("turn", range(TURNS))
def test_an_edge_is_strongest_in_its_own_direction(turn):
    angle = math.pi * turn / TURNS
    y, x = np.mgrid[0:32, 0:32]
    image = np.float32(0.5 + 0.01 * (x * math.cos(angle) + y * math.sin(angle)))
    found = edges(torch.from_numpy(image)[None, None])[0, :, 8:24, 8:24].mean((1, 2))
    assert int(found.argmax()) == turn
    # A slope of .01 a pixel, over two pixels.
    assert float(found[turn]) == pytest.approx(0.02, rel=1e-2)
    assert float(found[(turn + TURNS // 2) % TURNS]) < 1e-4


def test_the_small_encoder_gives_regions_row_by_row():
    encoder = SmallEncoder(4, 3).eval()
    image = torch.rand(2, 3, 24, 24)
    with torch.no_grad():
        found = encoder(image)
    assert found.shape == (2, 9, encoder.output_size)
    assert encoder.output_size == 16 + MEASURED
    whole = measured(image, 3)
    torch.testing.assert_close(found[1, 5, 16:], whole[1, :, 1, 2])


def test_changes_are_drawn_and_keep_colours():
    images = torch.zeros(64, 3, 16, 16)
    images[:, 0, :, :8] = 1.0  # red on the left
    draw = torch.Generator().manual_seed(0)
    found = changed(images, 1.0, draw)
    assert found.shape == images.shape
    assert float(found.min()) >= 0
    assert float(found.max()) <= 1
    left = found[:, 0, :, :3].mean((1, 2))
    mirrored = int((left < 0.5).sum())
    assert 16 < mirrored < 48
    assert float(found[:, 1:].mean()) < 0.2
    assert torch.equal(changed(images, 0.0, draw), images)
    same = changed(images, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(same, found)


def module(**options):
    options = {"embedding_size": 6, "hidden_size": 8, "encoder": "features"} | options
    made = CaptionModule(ImageCaptionerOptions(**options), size=5, target=9).eval()
    assert made.encoder is None
    return made


@pytest.mark.parametrize(
    "options",
    [{}, {"cell": "lstm", "num_layers": 2}, {"attention": "additive", "cell": "rnn"}],
)
def test_steps_give_what_whole_captions_give(options):
    model = module(**options)
    regions, lengths = torch.randn(2, 4, 5), torch.tensor([4, 2])
    owner, fed = torch.tensor([0, 0, 1]), torch.randint(2, 8, (3, 4))
    steps = torch.tensor([4, 1, 3])
    with torch.no_grad():
        whole = model(regions, lengths, owner, fed, steps).split(steps.tolist())
        memory = model.encode(regions, lengths).pick(owner)
        state = model.start(memory)
        for place in range(4):
            logits, weights, state = model.step(fed[:, place], state, memory)
            assert weights is not None
            torch.testing.assert_close(weights.sum(1), torch.ones(3))
            assert not weights[2, 2:].any()
            for row, length in enumerate(steps.tolist()):
                if place < length:
                    torch.testing.assert_close(logits[row], whole[row][place])


def test_padding_changes_nothing_and_every_parameter_learns():
    model = module()
    regions, lengths = torch.randn(2, 4, 5), torch.tensor([4, 2])
    fed, steps = torch.randint(2, 8, (2, 4)), torch.tensor([4, 3])
    owner = torch.arange(2)
    found = model(regions, lengths, owner, fed, steps)
    spoilt, more = regions.clone(), fed.clone()
    spoilt[1, 2:], more[1, 3:] = torch.nan, 7
    torch.testing.assert_close(model(spoilt, lengths, owner, more, steps), found)
    found.logsumexp(1).sum().backward()
    for name, each in model.named_parameters():
        assert each.grad is not None, name
        assert each.grad.isfinite().all(), name
        assert each.grad.any(), name


def test_a_decoder_of_words_is_a_writer():
    model = module()
    assert isinstance(model, nn.Writer)
    assert model.never == (0, 1)
    assert model.end == 8


# Encoders that others trained


class Tiny(torch.nn.Module):
    """A model as torchvision's are: maps of features, then classes."""

    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3, 2, 1), torch.nn.ReLU(), torch.nn.Conv2d(4, 6, 3, 2, 1)
        )
        self.norm = torch.nn.BatchNorm2d(6)
        self.pool = torch.nn.AdaptiveAvgPool2d(1)
        self.classes = torch.nn.Linear(6, 3)

    def forward(self, x):
        return self.classes(self.pool(self.norm(self.body(x))).flatten(1))


@pytest.fixture
def library(monkeypatch, tmp_path):
    """A torchvision with the one model "tiny"."""
    url = types.SimpleNamespace(url="https://example.org/tiny-1234.pth")
    models = types.SimpleNamespace(
        list_models=lambda module: ["tiny"],
        get_model=lambda name, weights: Tiny(),
        get_model_weights=lambda name: types.SimpleNamespace(DEFAULT=url),
    )
    found = {"torchvision.models": models}
    monkeypatch.setattr(backbone, "library", found.get)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path


SMALL = {
    "encoder": "tiny",
    "image_size": 16,
    "embedding_size": 6,
    "hidden_size": 8,
    "min_count": 1,
    "epochs": 2,
    "batch_size": 4,
}


def pictures():
    chance = np.random.default_rng(0)
    return list(chance.integers(0, 255, (8, 16, 16, 3)).astype(np.uint8)), ["a dog", "a cat"] * 4


def test_a_named_encoder_stays_as_it_is(library):
    path = library / "weights.pth"
    teacher = Tiny()
    torch.save(teacher.state_dict(), path)
    model = ImageCaptioner(**SMALL, weights=str(path))
    images, captions = pictures()
    model.fit(images, captions, validation=None, progress=False)
    held = model.module_.encoder.model.state_dict()
    for name, value in teacher.state_dict().items():
        assert torch.equal(held[name], value), name
    with torch.no_grad():
        x = torch.from_numpy(images[0]).permute(2, 0, 1)[None] / 255
        mean, spread = torch.tensor(backbone.MEAN), torch.tensor(backbone.SPREAD)
        x = (x - mean.view(1, 3, 1, 1)) / spread.view(1, 3, 1, 1)
        wanted = teacher.eval().norm(teacher.body(x)).flatten(2).transpose(1, 2)[0]
        (found,) = model._regions(np.stack(images[:1]))
    torch.testing.assert_close(found, wanted)
    assert model.look(images[:1])[0].weights.shape[1:] == (4, 4)
    # The file has the encoder's weights too: neither library's file nor folder is needed again.
    path.unlink()
    model.save(library / "model.safetensors")
    again = ostinato.load(library / "model.safetensors")
    assert again.predict_best(images) == model.predict_best(images)
    assert again.partial_fit(images, captions).predict(images)


def test_weights_in_the_folder_of_downloads_or_in_safetensors(library):
    from safetensors.torch import save_file

    images, captions = pictures()
    (library / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(Tiny().state_dict(), library / "hub" / "checkpoints" / "tiny-1234.pth")
    ImageCaptioner(**SMALL).fit(images, captions, validation=None, progress=False)
    save_file(Tiny().state_dict(), library / "a.safetensors")
    ImageCaptioner(**SMALL, weights=str(library / "a.safetensors")).fit(
        images, captions, validation=None, progress=False
    )


def test_weights_that_are_missing_or_of_another_model(library):
    def fit(**options):
        ImageCaptioner(**SMALL | options).fit(*pictures(), validation=None, progress=False)

    with pytest.raises(DataError, match=r"no weights for encoder='tiny'.*Download https://.*1234"):
        fit()
    with pytest.raises(DataError, match=r"weights names none\.pth, which is not there"):
        fit(weights="none.pth")
    torch.save({"a": torch.zeros(2)}, library / "other.pth")
    with pytest.raises(DataError, match=r"other\.pth does not hold the weights of 'tiny'"):
        fit(weights=str(library / "other.pth"))
    with pytest.raises(OptionError, match="encoder must be .* got 'tinny'. Did you mean 'tiny'"):
        fit(encoder="tinny")
    with pytest.raises(OptionError, match="got 'smal'. Did you mean 'small'"):
        fit(encoder="smal")


def test_a_library_made_for_another_torch(monkeypatch):
    def load(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(backbone, "find_spec", lambda name: name)
    monkeypatch.setattr(backbone.importlib, "import_module", load)
    with pytest.raises(MissingDependencyError, match="torchvision is installed, but .*nms"):
        backbone.library("torchvision.models")


def test_without_the_libraries(monkeypatch):
    monkeypatch.setattr(backbone, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ostinato\[vision\]'"):
        ImageCaptioner(**SMALL | {"encoder": "resnet18"}).fit(
            *pictures(), validation=None, progress=False
        )
