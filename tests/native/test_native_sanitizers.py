"""The kernels under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
X86 = platform.machine() in ("x86_64", "AMD64")
SETS = {"baseline": ("16", "16", []), "avx2": ("32", "16", ["-march=x86-64-v3"])}
SETS |= {"avx512": ("64", "32", ["-march=x86-64-v4", "-mprefer-vector-width=512"])}
SANITIZERS = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_random_calls_touch_nothing_that_is_not_theirs(tmp_path):
    common = ["g++", "-std=c++17", "-O1", "-g", "-fopenmp", "-Wno-psabi", *SANITIZERS]
    common += [f"-I{ROOT / 'native'}"]
    common += ["-DOSTINATO_X86"] if X86 else []
    objects = []
    for name, (width, registers, flags) in (
        SETS.items() if X86 else [("baseline", SETS["baseline"])]
    ):
        target = tmp_path / f"{name}.o"
        defined = [f"-DOSTINATO_SET={name}", f"-DOSTINATO_VECTOR_BYTES={width}"]
        defined += [f"-DOSTINATO_REGISTERS={registers}"]
        source = str(ROOT / "native" / "kernels.cpp")
        subprocess.run([*common, *defined, *flags, "-c", source, "-o", target], check=True)
        objects.append(target)
    sources = [ROOT / "native" / "dispatch.cpp", Path(__file__).with_name("driver.cpp")]
    program = tmp_path / "driver"
    subprocess.run([*common, *sources, *objects, "-o", program], check=True)
    # The workspaces are kept on purpose until their thread ends.
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0", "OMP_NUM_THREADS": "3"}
    done = subprocess.run([program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "baseline: clean" in done.stdout
