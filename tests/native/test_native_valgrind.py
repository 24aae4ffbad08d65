"""The kernels under valgrind, which sees what the sanitizers do not: values never written."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from native_build import COMPILER, NATIVE, SETS, compile_file, kernel_flags

from ostinato.ops import native

# valgrind knows no AVX-512.
KNOWN = [name for name in SETS if name != "avx512"]
CALLS = "40"
COMPLAINT = 9


@pytest.mark.slow
@pytest.mark.parametrize("instruction_set", KNOWN)
@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind: apt-get install valgrind")
def test_random_calls_read_only_what_was_written(instruction_set, tmp_path):
    module = native.load()
    if module is not None and instruction_set not in module.instruction_sets():
        pytest.skip("this machine cannot run it")
    debug = ["-O1", "-g"]
    # Without OSTINATO_X86 there is one set, which dispatch.cpp calls the baseline.
    flags = {"kernels": kernel_flags(instruction_set, called="baseline")}
    flags |= {"dispatch": [], "packed": []}
    objects = [
        compile_file(NATIVE / f"{name}.cpp", tmp_path / f"{name}.o", *debug, *given)
        for name, given in flags.items()
    ]
    driver = Path(__file__).with_name("driver.cpp")
    objects.append(compile_file(driver, tmp_path / "driver.o", *debug))
    program = tmp_path / "driver"
    subprocess.run([*COMPILER, *map(str, objects), "-o", str(program)], check=True)
    command = ["valgrind", "-q", f"--error-exitcode={COMPLAINT}", "--track-origins=yes"]
    # The workspaces are kept on purpose until their thread ends: no search for leaks.
    command += ["--leak-check=no", str(program), CALLS]
    # Threads that spin while valgrind runs one at a time would never end.
    environment = os.environ | {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-8000:]
    assert "baseline: clean" in done.stdout
