"""`ostinato info` and `ostinato datasets`: what is here."""

from __future__ import annotations

import dataclasses
import math
import os
import platform
from pathlib import Path
from typing import Any

from ostinato.cli import output, runs
from ostinato.errors import OptionError, StorageError, check_choice


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
    from ostinato.ops import native

    module = native.load()
    kernels: dict[str, Any] = {"path": "none: torch's layers and the reference serve"}
    if module is not None:
        kernels = {"path": module.__file__, "compiler": module.compiler}
        if hasattr(module, "instruction_set"):
            kernels["instruction set in use"] = module.instruction_set()
            kernels["instruction sets that run here"] = ", ".join(module.instruction_sets())
    return {
        "versions": versions(),
        "native": kernels,
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


def datasets(action: str, name: str | None, *, out: Path | None, as_json: bool) -> None:
    """List the data sets that can be fetched by name, describe one, or fetch it.

    `load` with `out` also writes the table there, as CSV or, if the name ends so, JSONL.
    """
    check_choice("datasets", "action", action, ("list", "info", "load"))
    from ostinato import datasets as room

    if action == "list":
        table = {name: dataclasses.asdict(room.info(name)) for name in room.names()}
        if as_json:
            output.result({"datasets": table})
            return
        width = max(len(name) for name in table)
        for name, facts in table.items():
            output.say(f"{name:<{width}}  {facts['title']} ({facts['task']})")
        return
    if name is None:
        raise OptionError(f"datasets {action}: name a data set: {', '.join(room.names())}.")
    facts = dataclasses.asdict(room.info(name))
    if action == "load":
        table = room.load(name)
        facts["rows loaded"] = len(table)
        if facts["files"]:
            facts["cache"] = str(room.cache_directory())
        if out is not None:
            _write_table(table, out)
            facts["written to"] = str(out)
    if as_json:
        output.result(facts)
        return
    for key, value in facts.items():
        output.say(f"{key}: {_plain_words(value)}")


def _write_table(table: Any, out: Path) -> None:
    try:
        if out.suffix == ".jsonl":
            table.to_json(out, orient="records", lines=True, force_ascii=False, date_format="iso")
        else:
            table.to_csv(out, index=False)
    except OSError as error:
        raise StorageError(f"{out}: cannot be written: {error.strerror}.") from error


def _plain_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain_words(each)}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(_plain_words(each) for each in value) or "none"
    return str(value)
