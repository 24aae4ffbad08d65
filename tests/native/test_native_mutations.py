"""Mistakes planted in the kernels one at a time: the tests must fail with each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from native_build import NATIVE, ROOT, SETS, Extension
from native_mistakes import MUTATIONS

from ostinato.ops import native

HERE = Path(__file__).parent
# Quickest first: a mutant's run ends with the first failure.
TESTS = [
    "tests/native/test_native_calls.py",
    "tests/ops/test_ops_layouts.py",
    "tests/ops/test_ops_bits.py",
    "tests/nn/test_nn_linear.py",
    "tests/nn/test_nn_stepping.py",
    "tests/ops/test_ops_nonfinite.py",
    "tests/ops/test_ops_kernels.py",
]
NAMES = [f"{each.file}: {each.meaning}" for each in MUTATIONS]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_the_text_stands_where_the_list_says(mutation):
    count = (NATIVE / mutation.file).read_text().count(mutation.text)
    assert count == 1, (
        f"{mutation.file}: {mutation.text!r} must stand there once, found {count} times. "
        "Plant the same mistake in the new text, in tests/native/native_mistakes.py."
    )


@pytest.fixture(scope="module")
def extension(tmp_path_factory):
    module = native.load()
    if not shutil.which("g++"):
        pytest.skip("no g++")
    if module is None or not hasattr(module, "CallFloat"):
        pytest.skip("installed without the kernels")
    pytest.importorskip("nanobind")
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        pytest.skip("no Python.h")
    best = next((each for each in module.instruction_sets() if each in SETS), "baseline")
    return Extension(tmp_path_factory.mktemp("objects"), best)


def run_tests(extension_file):
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "OSTINATO_EXTENSION": str(extension_file),
        "PYTHONPATH": os.pathsep.join(each for each in paths if each),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "other_extension"]
    command += ["-p", "no:randomly", "-p", "no:cacheprovider", "--tb=line", *TESTS]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
        )
    except subprocess.TimeoutExpired:
        return 1, "hung"
    return done.returncode, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_the_kernels_as_they_are_pass(extension, tmp_path):
    status, said = run_tests(extension.link(tmp_path / "_native.so"))
    assert status == 0, said


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_a_planted_mistake_is_found(mutation, extension, tmp_path):
    folder = shutil.copytree(NATIVE, tmp_path / "native")
    file = folder / mutation.file
    file.write_text(file.read_text().replace(mutation.text, mutation.mistake))
    changed = extension.link(tmp_path / "_native.so", folder, mutation.file)
    status, said = run_tests(changed)
    # 1 is a failed test, below 0 a crash; anything else says that the tests did not run.
    assert status != 0, "no test noticed the mistake"
    assert status == 1 or status < 0, said
