"""`ostinato info` and `ostinato datasets`: what is here."""

from __future__ import annotations

import math
import os
import platform
from pathlib import Path
from typing import Any

from ostinato.cli import output, runs
from ostinato.errors import OptionError, check_choice, suggestion


def info(model: Path | None, *, as_json: bool) -> None:
    """Say what a model's header holds (torch is not loaded), or what this machine offers."""
    values = machine() if model is None else describe(model)
    if as_json:
        output.result(values)
        return
    for name, value in values.items():
        if isinstance(value, dict):
            output.say(f"{name}:")
            for key, each in value.items():
                output.say(f"  {key}: {_short(each)}")
        else:
            output.say(f"{name}: {_short(value)}")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def machine() -> dict[str, Any]:
    """Versions, the native library, the processor's instruction set, threads and devices."""
    import torch

    from ostinato.inspection import versions

    native: dict[str, Any] = {"path": "none: the reference path serves"}
    try:
        from ostinato import _native  # type: ignore[attr-defined]

        native = {"path": _native.__file__, "compiler": getattr(_native, "compiler", "unknown")}
    except ImportError:
        pass
    return {
        "versions": versions(),
        "native": native,
        "processor": {
            "machine": platform.machine(),
            "instruction set": torch.backends.cpu.get_cpu_capability(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
        },
        "devices": {
            "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
            "mps": torch.backends.mps.is_available(),
        },
    }


def describe(model: Path) -> dict[str, Any]:
    """What the header of a model file says, without reading its weights."""
    from ostinato import storage

    path = runs.model_file(model)
    header = storage.read_header(path)
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "kind": header.kind,
        "written by": header.written_by,
        "format version": header.format_version,
        "parameters": sum(math.prod(shape) for _, shape in header.tensors.values()),
        "tensors": {
            name: f"{kind} {list(shape)}" for name, (kind, shape) in header.tensors.items()
        },
        "document": output.plain(header.document),
    }


def datasets(action: str, name: str | None, *, as_json: bool) -> None:
    """List the data sets that can be fetched by name, describe one, or fetch it."""
    check_choice("datasets", "action", action, ("list", "info", "load"))
    from ostinato import datasets as room

    known = room.names()
    if action == "list":
        table = {each: output.plain(room.info(each)) for each in known}
        if as_json:
            output.result({"datasets": table})
            return
        for each, facts in table.items():
            output.say(f"{each:<18} {_short(facts.get('description', ''))}")
        return
    if name is None:
        raise OptionError(f"datasets {action}: name a data set. One of {', '.join(known)}.")
    if name not in known:
        raise OptionError(
            f"datasets: name must be one of {', '.join(known)}, got {name!r}."
            f"{suggestion(name, known)}"
        )
    facts = output.plain(room.info(name))
    if action == "load":
        room.load(name)
    if as_json:
        output.result({"name": name, **facts})
        return
    for key, value in facts.items():
        output.say(f"{key}: {value}")
