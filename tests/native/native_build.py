"""Compiling the kernels and the extension by hand: sanitized, or with a mistake planted."""

from __future__ import annotations

import platform
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NATIVE = ROOT / "native"
X86 = platform.machine() in ("x86_64", "AMD64")
# Vector bytes, registers, compiler's flags.
SETS = {"baseline": ("16", "16" if X86 else "32", [])}
if X86:
    SETS["avx2"] = ("32", "16", ["-march=x86-64-v3"])
    SETS["avx512"] = ("64", "32", ["-march=x86-64-v4", "-mprefer-vector-width=512"])
# Headers that more than kernels.cpp includes.
SHARED_HEADERS = ("call.h", "dispatch.h", "fields.h", "packed.h", "plan.h", "workspace.h")
COMPILER = ["g++", "-std=c++17", "-fopenmp", "-Wno-psabi"]


def compile_file(source: Path, target: Path, *flags: str, native: Path = NATIVE) -> Path:
    """`source` to an object, or raise with the compiler's words."""
    command = [*COMPILER, *flags, f"-I{native}", "-c", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return target


def kernel_flags(instruction_set: str, *, called: str | None = None) -> list[str]:
    """What kernels.cpp needs for a set, in a namespace of that name or `called`."""
    width, registers, flags = SETS[instruction_set]
    return [
        f"-DOSTINATO_SET={called or instruction_set}",
        f"-DOSTINATO_VECTOR_BYTES={width}",
        f"-DOSTINATO_REGISTERS={registers}",
        "-fno-math-errno",
        "-fno-trapping-math",
        *flags,
    ]


class Extension:
    """The extension module, built for one instruction set; objects are kept for the next build."""

    def __init__(self, folder: Path, instruction_set: str) -> None:
        import nanobind

        python = f"-I{sysconfig.get_path('include')}"
        source = Path(nanobind.source_dir())
        robin = f"-I{source.parent / 'ext' / 'robin_map' / 'include'}"
        self.folder = folder
        bindings = ["-fPIC", f"-I{nanobind.include_dir()}", python]
        self.flags = {
            "module": ["-O1", *bindings, "-DOSTINATO_KERNELS_BUILT"],
            "dispatch": ["-O1", "-fPIC"],
            "packed": ["-O1", "-fPIC"],
            # Without OSTINATO_X86 there is one set, which dispatch.cpp calls the baseline.
            "kernels": ["-O1", "-fPIC", *kernel_flags(instruction_set, called="baseline")],
        }
        self.objects = {
            name: compile_file(NATIVE / f"{name}.cpp", folder / f"{name}.o", *flags)
            for name, flags in self.flags.items()
        }
        combined = source / "nb_combined.cpp"
        flags = ["-O1", "-DNDEBUG", "-fno-strict-aliasing", *bindings, robin]
        self.objects["nanobind"] = compile_file(combined, folder / "nanobind.o", *flags)

    def link(self, target: Path, native: Path = NATIVE, changed: str | None = None) -> Path:
        """The module from `native`, of whose files only `changed` differs from the checkout's."""
        stem = (changed or "").partition(".")[0]
        parts = [stem] if f"{stem}.cpp" == changed else list(self.flags) if changed else []
        if changed and changed.endswith(".h") and changed not in SHARED_HEADERS:
            parts = ["kernels"]
        objects = dict(self.objects)
        for name in parts:
            objects[name] = compile_file(
                native / f"{name}.cpp",
                target.with_name(f"{name}.o"),
                *self.flags[name],
                native=native,
            )
        linked = [*COMPILER, "-shared", *map(str, objects.values()), "-o", str(target)]
        subprocess.run(linked, check=True)
        return target
