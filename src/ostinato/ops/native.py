"""The compiled part, which an installation without a compiler lacks."""

from __future__ import annotations

import functools
import importlib
import warnings
from types import ModuleType

from ostinato.errors import FallbackWarning


@functools.cache
def load() -> ModuleType | None:
    """The extension module, or None; torch comes first, whose OpenMP library serves both."""
    import torch  # noqa: F401

    try:
        return importlib.import_module("ostinato._native")
    except ImportError:
        return None


@functools.cache
def announce_once() -> None:
    """Warn, the first time only, when the extension is missing."""
    if load() is None:
        warnings.warn(
            "ostinato was installed without its native kernels, so the recurrences run on PyTorch. "
            "For speed install a C++ compiler (GCC or Clang) and reinstall ostinato with "
            "OSTINATO_NO_NATIVE unset.",
            FallbackWarning,
            stacklevel=4,
        )


def native_info() -> dict[str, str]:
    """What the native kernels were built with and what this machine's processor offers.

    Returns:
        `{"compiler": ..., "instructions": ...}`; instructions is the widest vector set that both
        the processor and the operating system allow: "avx512", "avx2", "neon" or "baseline". The
        dictionary is empty where the extension is missing.
    """
    module = load()
    if module is None:
        return {}
    return {"compiler": module.compiler, "instructions": module.instructions()}
