"""No environment spoils a build: what would change a result is overruled, or refused in words that help."""

import ast
import os
import platform
import re
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import builds
import pytest
from catalog import ISAS
from processes import run_python

import fastsig
from fastsig._isa import X86_64

TESTS = Path(__file__).parent
HEADER = TESTS.parent / "fastsig" / "kernels" / "arithmetic.h"
ON_X86_64 = platform.machine().lower() in X86_64
SSE = ("-msse2", "-mfpmath=sse") if re.fullmatch("i[3-6]86", platform.machine()) else ()  # instead of x87
ELF = sys.platform.startswith("linux")
GCC = builds.is_gcc()
SAME_FOR_ALL = 6  # extension modules that are the same for all instruction sets
WITHOUT_LOOPS = ("_shared", "_cpu", "_promotion", "_waitgroup")  # of these

pytestmark = pytest.mark.skipif(not builds.version_of_compiler(), reason="there is no C compiler here")


def refusal(folder, **variables):
    """Return the last lines of a build that is to fail: the message, and nothing about what was tried on the way."""
    done = builds.setup(builds.copy_of_sources(folder / "sources"), "build_ext", "--build-lib", "lib", **variables)
    assert done.returncode == 1, done.stdout
    assert "the compiler refuses" not in done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout[done.stdout.rindex("error: ") :]


# ---------------------------------------------------------------------------------------------------------------
# Overruled
# ---------------------------------------------------------------------------------------------------------------


def test_hostile_flags_change_no_bit_and_leave_the_importing_process_alone(hostile_build):
    # -ffast-math at linking would have the import set flush-to-zero.
    assert builds.flaws_of(hostile_build / "lib") == []


@pytest.mark.skipif(os.name != "posix", reason="the flags are those of GCC and Clang")
def test_the_flags_that_matter_come_last(hostile_build):
    lines = [line.split() for line in (hostile_build / "report").read_text("utf-8").splitlines()]
    compiling = [line for line in lines if "-c" in line and "probe.c" not in "".join(line)]
    linking = [line for line in lines if "-shared" in line or "-bundle" in line]
    assert len(compiling) == len(linking) == SAME_FOR_ALL + len(ISAS)
    for line in compiling:
        assert [flag for flag in line if flag.startswith("-ffp-contract=")][-1] == "-ffp-contract=off"
        assert [flag for flag in line if flag.startswith("-g")][-1] == "-g0"
        assert line.index("-fno-trapping-math") > line.index("-fno-fast-math") > line.index("-ffast-math")
        source = Path(line[line.index("-c") + 1]).stem
        assert [flag for flag in line if flag.startswith("-O")][-1] == ("-Os" if source in WITHOUT_LOOPS else "-O3")
    for line in linking:
        assert [flag for flag in line if flag.startswith("-O")][-1] == "-O3"
    for line in [*compiling, *linking]:
        for flag in ("fast-math", "unsafe-math-optimizations", "lto"):
            assert line.index(f"-fno-{flag}") > max(k for k, f in enumerate(line) if f == f"-f{flag}")


@pytest.mark.skipif(not ELF, reason="the sections looked for are those of ELF")
def test_debug_information_is_not_installed(hostile_build):
    installed, built = (
        list(folder.rglob("*.so")) for folder in (Path(fastsig.__file__).parent, hostile_build / "lib" / "fastsig")
    )
    assert len(built) >= SAME_FOR_ALL + len(ISAS)
    for module in [*installed, *built]:
        assert b".debug_info" not in module.read_bytes(), module


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have one version of each function")
@pytest.mark.parametrize("module", ["_ufuncs", *(f"kernels/{isa}" for isa in ISAS)])
def test_functions_of_the_c_library_are_bound_by_their_version(module):
    (file,) = Path(fastsig.__file__).parent.glob(f"{module}.*.so")
    assert b"\0libm.so" in file.read_bytes()


# ---------------------------------------------------------------------------------------------------------------
# Refused
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("", None),
        ("-O3 -ffp-contract=off -fno-math-errno -fno-trapping-math", None),
        ("-ffast-math", "cannot be built with -ffast-math"),
        ("-Ofast", "cannot be built with -ffast-math"),
        ("-ffinite-math-only", "cannot be built with -ffast-math"),
        pytest.param(
            "-mfpmath=387",
            "x87",
            marks=pytest.mark.skipif(not (ON_X86_64 and GCC), reason="x87 is x86's, the flag GCC's"),
        ),
    ],
)
def test_arithmetic_that_would_be_wrong_does_not_compile(flags, said, tmp_path):
    source = tmp_path / "source.c"
    source.write_text(f'#include "{HEADER}"\n')
    done = builds.checked(source, *SSE, *flags.split())
    assert (done.returncode == 0) == (said is None), done.stderr
    assert said is None or said in done.stderr


@pytest.mark.skipif(not (ON_X86_64 and GCC), reason="-m32 needs no other compiler there")
def test_on_32_bit_x86_the_flags_of_setup_py_replace_x87(tmp_path):
    source = tmp_path / "source.c"
    source.write_text(f'#include "{HEADER}"\n')
    (flags,) = re.findall(r"^I386_FLAGS = (.*)$", (TESTS.parent / "setup.py").read_text("utf-8"), re.MULTILINE)
    hostile = ("-m32", "-march=native", "-mfpmath=387")
    assert "use -msse2 -mfpmath=sse" in builds.checked(source, *hostile).stderr
    assert builds.checked(source, *hostile, *ast.literal_eval(flags)).returncode == 0


@pytest.mark.skipif(not GCC, reason="the flag is GCC's")
def test_constants_of_another_type_do_not_compile(tmp_path):
    source = tmp_path / "source.c"
    source.write_text(f'#include "{HEADER}"\n')
    assert "fastsig_constants_are_doubles" in builds.checked(source, "-fsingle-precision-constant").stderr


@pytest.mark.parametrize(
    ("module", "before", "after"),
    [
        ("_ufuncs", "#define FASTSIG_WIDE_BLOCK 240", "#define FASTSIG_WIDE_BLOCK 256"),
        (
            "_ufuncs",
            "#define FASTSIG_BLOCK_BYTES (FASTSIG_NARROW_BLOCK * sizeof(float))",
            "#define FASTSIG_BLOCK_BYTES 1900",
        ),
        ("kernels/baseline", "#define FASTSIG_OPERANDS 4", "#define FASTSIG_OPERANDS 3"),
    ],
)
def test_sizes_that_do_not_fit_do_not_compile(hostile_build, tmp_path, module, before, after):
    source = (hostile_build / "build" / "fastsig" / f"{module}.c").read_text("utf-8")
    assert before in source
    for text, fits in ((source, True), (source.replace(before, after), False)):
        file = tmp_path / "module.c"
        file.write_text(text, "utf-8")
        assert (builds.checked(file).returncode == 0) == fits


# GCC 14 and clang 16 refuse by themselves what older compilers warn of.
REFUSED = ("implicit-function-declaration", "implicit-int", "incompatible-pointer-types", "int-conversion")


@pytest.mark.skipif(os.name != "posix", reason="the flags are those of GCC and Clang")
@pytest.mark.parametrize("module", ["_cpu", "_promotion", "_ufuncs", "_waitgroup", "cython_api", "kernels/baseline"])
def test_no_module_has_what_newer_compilers_refuse(hostile_build, module):
    source = hostile_build / "build" / "fastsig" / f"{module}.c"
    numpy = "-DNPY_TARGET_VERSION=NPY_2_0_API_VERSION"  # as setup.py has it
    done = builds.checked(source, numpy, *(f"-Werror={name}" for name in REFUSED))
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not (ON_X86_64 and GCC), reason="other machines have one long double")
def test_another_long_double_than_numpys_does_not_compile(hostile_build):
    source = hostile_build / "build" / "fastsig" / "_ufuncs.c"
    assert builds.checked(source).returncode == 0
    for flag in ("-mlong-double-64", "-mlong-double-128"):
        assert builds.checked(source, flag).returncode != 0


@pytest.mark.parametrize("command", ["no-such-compiler", "env no-such-compiler"])
def test_a_missing_compiler_is_named_and_how_to_get_one(tmp_path, command):
    said = refusal(tmp_path, CC=command)
    assert f"there is no C compiler {command!r} here" in said
    assert "apt install build-essential" in said
    assert "xcode-select --install" in said


def test_a_compiler_that_fails_at_everything_is_named(tmp_path):
    assert "the C compiler 'false' does not compile an empty function" in refusal(tmp_path, CC="false")


@pytest.mark.skipif(not (ON_X86_64 and GCC), reason="-m32 needs no other compiler there")
def test_a_build_for_another_machine_is_refused(tmp_path):
    said = refusal(tmp_path, CFLAGS="-m32")
    assert f"builds for another machine than this one ({platform.machine()})" in said
    assert "instruction sets" in said


@pytest.mark.skipif(os.name != "posix", reason="the compiler is a script")
def test_a_compiler_that_refuses_the_flags_of_the_arithmetic_is_told_so(tmp_path):
    wrapper = tmp_path / "cc"
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in *-ffp-contract=off*) exit 1;; esac\nexec {" ".join(builds.CC)} "$@"\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    said = refusal(tmp_path, CC=str(wrapper))
    assert "does not take the flags that fastsig's arithmetic needs" in said
    assert "-ffp-contract=off" in said


# ---------------------------------------------------------------------------------------------------------------
# The source distribution
# ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Return a source distribution's folder, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    sources = builds.copy_of_sources(folder / "sources")
    done = builds.setup(sources, "sdist", "--formats", "gztar", "--dist-dir", str(folder))
    assert done.returncode == 0, done.stdout
    assert not list(sources.rglob("*.c"))  # none was made in passing
    (archive,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "xzf", str(archive), "-C", str(folder)], check=True)
    return folder / archive.name.removesuffix(".tar.gz")


def files(folder):
    """Return the paths of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_source_distribution_holds_all_sources_and_nothing_that_was_generated(unpacked, tmp_path):
    sources = files(builds.copy_of_sources(tmp_path / "sources"))
    hidden = {file for file in sources if file.startswith(".")}
    made = files(unpacked) - sources
    assert sources - hidden <= files(unpacked)
    of_setuptools = ("PKG-INFO", "setup.cfg", "fastsig_ufuncs.egg-info/")
    assert [file for file in made if not file.startswith(of_setuptools)] == []


def test_all_tests_of_the_source_distribution_can_be_collected(unpacked):
    done = run_python("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", text=True, cwd=unpacked)
    assert done.returncode == 0, done.stdout
    found = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    with_others = {file for file in found if file.startswith("tests/ecosystem/")}  # of the libraries that are installed
    assert found - with_others == {f"tests/{file.name}" for file in TESTS.glob("test_*.py")}
    assert "tests/ecosystem/test_names_of_others.py" in with_others


# ---------------------------------------------------------------------------------------------------------------
# Frozen programs
# ---------------------------------------------------------------------------------------------------------------

PROGRAM = """
import fastsig
import numpy as np
from fastsig._bounds import bounds
print(fastsig.isa(), fastsig.sigmoid(-745.0).item(), fastsig.fast.sigmoid(np.float32(0)).item())
print(bounds()["sigmoid", "longdouble", True].ulp)
"""


@pytest.mark.skipif(
    sys.platform.startswith("linux") and not sysconfig.get_config_var("Py_ENABLE_SHARED"),
    reason="PyInstaller wants a Python with a shared library",
)
def test_a_frozen_program_runs_with_every_instruction_set(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-P", "-m", "PyInstaller", "--log-level", "ERROR", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for isa in ISAS:
        run = subprocess.run(
            [tmp_path / "dist" / "program" / "program"],
            env={**os.environ, "FASTSIG_ISA": isa},
            capture_output=True,
            text=True,
        )
        assert run.stdout == f"{isa} 5e-324 0.5\n2.0\n", run.stderr
