"""Encoders of images that others trained: models of torchvision or timm, by name."""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import DataError, MissingDependencyError, OptionError, suggestion

INSTALL = "Install it: pip install 'ostinato[vision]'"
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colours


class Backbone(torch.nn.Module):
    """The last map of features that a model makes of an image, its weights as they are.

    Args:
        name: of a model of torchvision, else of timm.
        size: pixels of the images' sides.

    Shape:
        - images `(batch, 3, size, size)`, 0 to 1; returns `(batch, regions, output_size)`, row by
          row.

    Raises:
        MissingDependencyError: neither library is installed.
        OptionError: no such model, or it makes no map of features.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, name: str, size: int) -> None:
        super().__init__()
        self.name = name
        self.model = _model(name).requires_grad_(False).eval()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD).view(1, 3, 1, 1), persistent=False)
        self.place = self._last_map(size)

    def _last_map(self, size: int) -> str:
        """The name of the last layer that gives `(batch, channels, height, width)` with more than
        one place."""
        found: dict[str, int] = {}
        hooks = []

        def note(layer: str) -> Any:
            def hook(_: Any, __: Any, output: Any) -> None:
                if isinstance(output, Tensor) and output.dim() == 4 and output.shape[3] > 1:
                    found.pop(layer, None)
                    found[layer] = output.shape[1]

            return hook

        for layer, module in self.model.named_modules():
            if layer:
                hooks.append(module.register_forward_hook(note(layer)))
        try:
            with torch.no_grad():
                self.model(next(self.model.parameters()).new_zeros(1, 3, size, size))
        except (RuntimeError, ValueError, AssertionError) as error:  # of a size it cannot look at
            raise OptionError(
                f"ImageCaptioner: encoder {self.name!r} cannot look at image_size={size}: "
                f"{error} Most take image_size=224."
            ) from error
        finally:
            for each in hooks:
                each.remove()
        if not found:
            raise OptionError(
                f"ImageCaptioner: encoder {self.name!r} makes no map of features at image_size="
                f"{size}. Take a convolutional one such as 'resnet18', or a larger image_size."
            )
        layer, self.output_size = next(reversed(found.items()))
        return layer

    def train(self, mode: bool = True) -> Backbone:
        """It never trains: its normalisations keep the means they were made with."""
        return super().train(False)

    def forward(self, images: Tensor) -> Tensor:
        seen: list[Tensor] = []
        layer = self.model.get_submodule(self.place)
        hook = layer.register_forward_hook(lambda _, __, output: seen.append(output))
        try:
            self.model((images - self.mean) / self.spread)
        finally:
            hook.remove()
        return seen[-1].flatten(2).transpose(1, 2)

    def load(self, weights: str | None) -> None:
        """Take the weights of a file, or those in torch's folder of downloads.

        Raises:
            DataError: there are none, or they are of another model.
        """
        path = Path(weights) if weights else _downloaded(self.name)
        if path is None or not path.exists():
            raise DataError(_missing(self.name, weights))
        try:
            if path.suffix == ".safetensors":
                from safetensors.torch import load_file

                state: Any = load_file(path)
            else:
                state = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state.get("state_dict", state))
        except Exception as error:
            raise DataError(
                f"ImageCaptioner: {path} does not hold the weights of {self.name!r} "
                f"({type(error).__name__}). Give the file that belongs to this encoder."
            ) from error


def library(name: str) -> Any:
    """A library of models, or None where it is not installed.

    Raises:
        MissingDependencyError: it is, but not for this torch.
    """
    whole = name.split(".")[0]
    if find_spec(whole) is None:
        return None
    try:
        return importlib.import_module(name)
    except Exception as error:  # torchvision made for another torch raises RuntimeError
        raise MissingDependencyError(
            f"ImageCaptioner: {whole} is installed, but cannot be loaded beside torch "
            f"{torch.__version__} ({error}). Install the version of it that belongs to this torch."
        ) from error


def _model(name: str) -> Any:
    """An untrained model of that name."""
    known: list[str] = []
    if models := library("torchvision.models"):
        if name in models.list_models(module=models):
            return models.get_model(name, weights=None)
        known += models.list_models(module=models)
    if timm := library("timm"):
        if timm.is_model(name):
            return timm.create_model(name, pretrained=False)
        known += timm.list_models()
    if not known:
        raise MissingDependencyError(
            f"ImageCaptioner: encoder {name!r} needs torchvision or timm. {INSTALL}"
        )
    raise OptionError(
        f"ImageCaptioner: encoder must be 'small', 'features' or a model of torchvision or timm, "
        f"got {name!r}.{suggestion(name, ['small', 'features', *known])}"
    )


def _url(name: str) -> str | None:
    """Where torchvision's weights of a model lie."""
    models = library("torchvision.models")
    if not models or name not in models.list_models(module=models):
        return None
    return models.get_model_weights(name).DEFAULT.url


def _downloaded(name: str) -> Path | None:
    url = _url(name)
    return Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(url) if url else None


def _missing(name: str, weights: str | None) -> str:
    if weights:
        return f"ImageCaptioner: weights names {weights}, which is not there. Check the path."
    url = _url(name)
    how = f"Download {url} and give" if url else "Give"
    return (
        f"ImageCaptioner: there are no weights for encoder={name!r} on this machine, and none are "
        f"downloaded without being asked. {how} weights='FILE'."
    )
