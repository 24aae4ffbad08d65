"""What a user may give as a loss, made into one kind of function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ostinato.errors import DataError, OptionError, ShapeError, check_choice

Loss = Callable[[nn.Module, Any], "Tensor | Mapping[str, Tensor]"]

NAMED_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": nn.functional.cross_entropy,
    "mse": nn.functional.mse_loss,
    "mae": nn.functional.l1_loss,
    "huber": nn.functional.huber_loss,
    "bce": nn.functional.binary_cross_entropy_with_logits,
}
_OF_CLASSES = (nn.functional.cross_entropy, nn.functional.nll_loss)
_OF_NUMBERS = (
    *(NAMED_LOSSES[name] for name in ("mse", "mae", "huber", "bce")),
    nn.functional.smooth_l1_loss,
    nn.functional.binary_cross_entropy,
)
_CLASSES = (nn.CrossEntropyLoss, nn.NLLLoss)
_NUMBERS = (
    *(nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss),
    *(nn.BCEWithLogitsLoss, nn.BCELoss),
)


def as_function(loss: Any) -> Loss:
    """A function of (module, batch) from a name, a torch loss (object or function) or a function.

    Raises:
        OptionError: it is none of them.
    """
    if isinstance(loss, str):
        check_choice("fit", "loss", loss, NAMED_LOSSES)
        return _of_pairs(loss, NAMED_LOSSES[loss])
    if isinstance(loss, type):
        raise OptionError(
            f"fit: loss must be an object, got the class {loss.__name__}. Make one: "
            f"loss={loss.__name__}()."
        )
    if isinstance(loss, nn.Module):
        return _of_pairs(type(loss).__name__, loss)
    if not callable(loss):
        raise OptionError(
            "fit: loss must be a function of (module, batch), a torch loss such as "
            f"torch.nn.MSELoss(), or one of {', '.join(NAMED_LOSSES)}, got {loss!r}."
        )
    if getattr(loss, "__module__", "") == "torch.nn.functional":
        return _of_pairs(getattr(loss, "__name__", "loss"), loss)
    function: Loss = loss  # pyright: ignore[reportAssignmentType]
    return function


def name_of(loss: Any) -> str:
    """What tells one loss from another in a checkpoint."""
    if isinstance(loss, str):
        return loss
    if isinstance(loss, nn.Module):
        return repr(loss)
    return f"{getattr(loss, '__module__', '')}.{getattr(loss, '__qualname__', type(loss).__name__)}"


def _of_pairs(name: str, measure: Any) -> Loss:
    """The loss of (X, y) batches: `measure` of what the module answers and y."""
    classes = isinstance(measure, _CLASSES) or measure in _OF_CLASSES
    numbers = isinstance(measure, _NUMBERS) or measure in _OF_NUMBERS

    def loss(module: nn.Module, batch: Any) -> dict[str, Tensor]:
        x, y = pair_of(name, batch)
        output = module(x)
        if not isinstance(output, Tensor):
            raise OptionError(
                f"fit: loss {name!r} needs a module that returns one tensor, got "
                f"{type(output).__name__}. Give a loss function of (module, batch)."
            )
        if classes:
            output, y = _fit_classes(name, output, y)
        elif numbers:
            y = _fit_numbers(name, output, y)
        try:
            value = measure(output, y)
        except (IndexError, RuntimeError, ValueError, TypeError) as error:
            raise DataError(
                f"fit: loss {name!r} cannot compare outputs {tuple(output.shape)} with y "
                f"{tuple(y.shape)} of {y.dtype}: {error}"
            ) from error
        return {"loss": value, "output": output, "target": y}

    return loss


def pair_of(name: str, batch: Any) -> tuple[Any, Any]:
    """X and y of a batch."""
    if not isinstance(batch, tuple | list) or len(batch) != 2 or not isinstance(batch[1], Tensor):
        found = f"keys {', '.join(map(str, batch))}" if isinstance(batch, Mapping) else type(batch)
        raise OptionError(
            f"fit: loss {name!r} needs batches (X, y), got {found}. Give a loss function of "
            "(module, batch) instead."
        )
    return batch[0], batch[1]


def _fit_classes(name: str, output: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """y as torch wants it for classes: whole numbers, without an axis that classes have."""
    if y.is_floating_point() and y.shape == output.shape:
        return output, y  # probabilities
    if y.is_floating_point():
        raise DataError(
            f"fit: loss {name!r} needs y of whole numbers (classes from 0), or probabilities "
            f"{tuple(output.shape)}; got {y.dtype} {tuple(y.shape)}."
        )
    if output.dim() < 2:
        raise ShapeError(
            f"fit: loss {name!r} needs a module that returns (rows, classes), got "
            f"{tuple(output.shape)}. For two classes and one output take 'bce'."
        )
    rows, *rest = output.shape
    if output.dim() == 2 and y.shape == (rows, 1):
        y = y.squeeze(1)
    elif output.dim() > 2 and y.shape != (rows, *rest[1:]) and y.shape == output.shape[:-1]:
        output, y = output.flatten(0, -2), y.flatten()  # a class at every step
    classes = output.shape[1]
    if y.numel() and y.device.type == "cpu" and int(y.max()) >= classes:
        raise DataError(
            f"fit: loss {name!r} needs classes from 0 to {classes - 1}, one for each output of "
            f"the module; y has {int(y.max())}."
        )
    return output, y.long()


def _fit_numbers(name: str, output: Tensor, y: Tensor) -> Tensor:
    """y of the output's type and shape; never broadcast, which would compare all with all."""
    if y.shape != output.shape:
        plain = [[n for n in each.shape[1:] if n != 1] for each in (output, y)]
        if y.shape[:1] != output.shape[:1] or plain[0] != plain[1]:
            raise ShapeError(
                f"fit: loss {name!r} needs y of the shape of the module's output, "
                f"{tuple(output.shape)}; got {tuple(y.shape)}."
            )
        y = y.reshape(output.shape)
    return y.to(output.dtype)


def checked(result: Any, *, learning: bool) -> dict[str, Any]:
    """What a loss returned, as a dictionary whose "loss" can be learned from.

    Raises:
        OptionError: there is none.
    """
    values = dict(result) if isinstance(result, Mapping) else {"loss": result}
    if "loss" not in values:
        raise OptionError(
            f"fit: a loss that returns a dictionary must have the key 'loss', got "
            f"{', '.join(map(repr, values)) or 'no keys'}."
        )
    for name, value in values.items():
        if name in ("output", "target"):
            continue
        if isinstance(value, int | float):
            values[name] = value = torch.tensor(float(value))
        if not isinstance(value, Tensor) or value.numel() != 1:
            shape = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
            raise OptionError(
                f"fit: the loss function must return means, tensors of one number; {name!r} is "
                f"{shape}. Take .mean()."
            )
    if learning and not values["loss"].requires_grad:
        raise OptionError(
            "fit: the loss does not depend on the module's parameters, so that nothing can be "
            "learned. Compute it from what the module returns, without .detach() or .item()."
        )
    return values
