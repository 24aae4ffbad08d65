"""What the network of a fitted estimator reads of its user's data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ostinato.data import pad
from ostinato.errors import DataError, OptionError
from ostinato.inspection.reading import Reading, of_module


def read(where: str, model: Any, data: Any, **options: Any) -> Reading:
    """A reading of a fitted estimator and its data, or of a bare module and a tensor.

    Raises:
        OptionError: no estimator and no module, or an estimator whose data it cannot read.
        DataError: data cannot be read.
    """
    if isinstance(model, torch.nn.Module):
        return of_module(where, model, data, options)
    reader = READERS.get(getattr(model, "kind", ""))
    if reader is None:
        kinds = ", ".join(READERS)
        raise OptionError(
            f"{where}: model must be a module or a fitted estimator ({kinds}), got "
            f"{type(model).__name__}. Of others give model.module_ and its arguments in a tuple."
        )
    model._check_fitted()
    return reader(where, model, data)


def _texts(where: str, data: Any) -> list[Any]:
    found = [data] if isinstance(data, str) else list(data)
    if not found or not all(len(each) for each in found):
        raise DataError(f"{where}: data must be a text or a list of texts, none of them empty.")
    return found


def _padded(sequences: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    tokens, lengths = pad(sequences)
    return torch.from_numpy(tokens).long(), torch.from_numpy(lengths)


def _text_classifier(where: str, model: Any, data: Any) -> Reading:
    sequences = model.rows_.sequences(_texts(where, data))
    encoder = model.rows_.encoder
    return Reading(
        module=model.module_,
        inputs=_padded(sequences),
        tokens=[encoder.decode([int(k)]) for k in sequences[0]],
        answers=[str(each) for each in model.classes_],
        separator=_between(encoder),
    )


def _language_model(where: str, model: Any, data: Any) -> Reading:
    """The sign of the text's beginning is the first step."""
    tokens = model.rows_.tokens(_texts(where, data))
    encoder = model.rows_.encoder
    return Reading(
        module=model.module_,
        inputs=(torch.from_numpy(np.asarray(tokens)).long()[None],),
        tokens=["", *(encoder.decode([int(k)]) for k in tokens[1:])],
        answers=encoder.vocabulary,
        separator=_between(encoder),
    )


def _sequence_tagger(where: str, model: Any, data: Any) -> Reading:
    sentences = list(data)
    if sentences and isinstance(sentences[0], str):
        sentences = [sentences]
    sentences = _texts(where, sentences)
    forms = model.rows_.reader.read(sentences)
    return Reading(
        module=model.module_,
        inputs=(forms.features, forms.chars, forms.spelled, *_padded(forms.rows)),
        tokens=sentences[0],
        answers=model.tags_,
        separator=" ",
        first="layers.0",
    )


def _stream_classifier(where: str, model: Any, data: Any) -> Reading:
    """The rows as a stream reads them, each column on two scales."""
    from ostinato.tasks.stream_classifier.rows import read_rows

    names, rows = read_rows(where, data)
    scales = model.rows_.copy()
    values = [scales.scaled(scales.values(where, row), -1) for row in rows]
    size = model.module_.layer.input_size
    own = [f"{name}{how}" for how in ("", ", lately") for name in names]
    return Reading(
        module=model.module_,
        inputs=(torch.as_tensor(np.stack(values), dtype=torch.float32)[None],),
        columns=[*own, *(f"class {k} before" for k in range(size - len(own)))],
        answers=[str(each) for each in model.classes_],
    )


def _sequence_classifier(where: str, model: Any, data: Any) -> Reading:
    """Recordings as the first recurrent layer reads them: after convolutions, and fewer steps
    where these were averaged."""
    values = model._read(where, data, None)
    x, lengths = pad(model.rows_.sequences(values))
    return Reading(
        module=model.module_,
        inputs=(torch.from_numpy(x), torch.from_numpy(lengths)),
        answers=[str(each) for each in model.classes_],
    )


def _between(encoder: Any) -> str:
    return " " if encoder.level == "word" else ""


READERS: dict[str, Callable[[str, Any, Any], Reading]] = {
    "text-classifier": _text_classifier,
    "language-model": _language_model,
    "sequence-tagger": _sequence_tagger,
    "stream-classifier": _stream_classifier,
    "sequence-classifier": _sequence_classifier,
}
