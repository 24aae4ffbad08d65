"""A pytest plugin: the extension module at OSTINATO_EXTENSION instead of the installed one."""

from __future__ import annotations

import importlib.util
import os
import sys

import torch  # noqa: F401  (its OpenMP library comes first)

spec = importlib.util.spec_from_file_location("ostinato._native", os.environ["OSTINATO_EXTENSION"])
assert spec is not None
assert spec.loader is not None
module = importlib.util.module_from_spec(spec)
sys.modules["ostinato._native"] = module
spec.loader.exec_module(module)
