"""The kernels under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from native_build import COMPILER, NATIVE, SETS, X86, compile_file, kernel_flags

DRIVER = Path(__file__).with_name("driver.cpp")
SANITIZERS = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_random_calls_touch_nothing_that_is_not_theirs(tmp_path):
    common = ["-O1", "-g", *SANITIZERS, *(["-DOSTINATO_X86"] if X86 else [])]
    objects = [
        compile_file(NATIVE / "kernels.cpp", tmp_path / f"{name}.o", *common, *kernel_flags(name))
        for name in SETS
    ]
    others = [
        NATIVE / "dispatch.cpp",
        NATIVE / "packed.cpp",
        Path(__file__).with_name("driver.cpp"),
    ]
    objects += [compile_file(each, tmp_path / f"{each.stem}.o", *common) for each in others]
    program = tmp_path / "driver"
    linked = [*COMPILER, *SANITIZERS, *map(str, objects), "-o", str(program)]
    subprocess.run(linked, check=True)
    # The workspaces are kept on purpose until their thread ends.
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0", "OMP_NUM_THREADS": "3"}
    done = subprocess.run([program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "baseline: clean" in done.stdout
