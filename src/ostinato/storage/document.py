"""Python values as standard JSON text, and back to the same values.

JSON has neither tuples nor NaN and infinities, and its keys are strings. So that a document
comes back as it went in, those are written as marked objects:

    (1, 2)      {"$tuple": [1, 2]}
    {1: "a"}    {"$pairs": [[1, "a"]]}  where a key is no string
    nan, -inf   {"$float": "nan"}, {"$float": "-inf"}
    {"$x": 1}   {"$$x": 1}              a key that starts with the mark gets one more

The text is ASCII and strict JSON: any parser reads it.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ostinato.errors import StorageError

_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def dump_document(document: dict[str, Any]) -> str:
    """The document as JSON text.

    Raises:
        StorageError: a value has no place in JSON; the message says where it is.
    """
    if not isinstance(document, dict):
        raise StorageError(f"document must be a dict, got {type(document).__name__}.")
    try:
        plain = _encode(document, "document")
    except RecursionError:
        raise StorageError("document is nested too deeply, or contains itself.") from None
    return json.dumps(plain, allow_nan=False, separators=(",", ":"))


def parse_document(text: str) -> Any:
    """What `dump_document` was given. Raises ValueError for text it did not write."""
    return json.loads(text, object_pairs_hook=_decode_object, parse_constant=_refuse_constant)


def _encode(value: Any, where: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        # A subclass, such as an enum or numpy's str, would come back as something else: made plain.
        return value if value is None or type(value) is bool else _plain(value)
    if isinstance(value, float):
        return {"$float": str(float(value))} if not math.isfinite(value) else float(value)
    if isinstance(value, list):
        return [_encode(each, f"{where}[{index}]") for index, each in enumerate(value)]
    if isinstance(value, tuple):
        return {"$tuple": [_encode(each, f"{where}[{index}]") for index, each in enumerate(value)]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            pairs = [_encode(list(pair), f"{where}[{pair[0]!r}]") for pair in value.items()]
            return {"$pairs": pairs}
        result = {}
        for key, each in value.items():
            result["$" + key if key.startswith("$") else str(key)] = _encode(
                each, f"{where}[{key!r}]"
            )
        return result
    raise StorageError(
        f"{where} is of type {type(value).__name__}, which JSON cannot hold. "
        "Arrays and tensors belong among the tensors."
    )


def _plain(value: int | str) -> int | str:
    return str(value) if isinstance(value, str) else int(value)


def _decode_object(pairs: list[tuple[str, Any]]) -> Any:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has the same key twice")
    if len(result) == 1:
        ((key, value),) = pairs
        if key == "$tuple" and isinstance(value, list):
            return tuple(value)
        if key == "$pairs" and isinstance(value, list):
            return _decode_pairs(value)
        if key == "$float" and isinstance(value, str) and value in _FLOATS:
            return _FLOATS[value]
    if any(key.startswith("$") and not key.startswith("$$") for key in result):
        raise ValueError("an object has an unknown mark")
    return {key.removeprefix("$"): value for key, value in result.items()}


def _decode_pairs(pairs: list[Any]) -> dict[Any, Any]:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise ValueError("pairs have another form")
    try:
        found = dict(pairs)
    except TypeError as error:
        raise ValueError(f"a key is a {error}") from None
    if len(found) != len(pairs):
        raise ValueError("pairs have the same key twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
