"""Builds of the sources that the tests are part of, in folders of their own."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
from processes import run_python

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".*cache",
    ".hypothesis",
    ".asv",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "*.egg-info",
    "*.c",
    "*.so",
    "*.pyc",
)
CC = os.environ.get("CC", "cc").split()


def copy_of_sources(folder):
    """Return a folder with a copy of the sources, and nothing that a build has made."""
    return Path(shutil.copytree(ROOT, folder, ignore=LEFT_OUT))


def setup(folder, *arguments, **variables):
    """Run setup.py in a folder and return what subprocess.run does; both streams are captured as one."""
    return subprocess.run(
        [sys.executable, "setup.py", *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def version_of_compiler():
    """Return what the compiler that builds extensions says of itself."""
    return subprocess.run([*CC, "--version"], capture_output=True, text=True).stdout


def is_gcc():
    """Tell whether the compiler that builds extensions is GCC."""
    return "Free Software Foundation" in version_of_compiler()


def checked(source, *flags):
    """Check a C source as the compiler does before it makes code of it, and return what subprocess.run does."""
    include = [f"-I{folder}" for folder in (sysconfig.get_path("include"), np.get_include(), ROOT / "fastsig")]
    return subprocess.run([*CC, "-fsyntax-only", "-w", *include, *flags, str(source)], capture_output=True, text=True)


LOADED = """
import sys
sys.path[:0] = sys.argv[1:]
import environments
import numpy
before = environments.control()
import fastsig, fastsig.fast
assert fastsig.__file__.startswith(sys.argv[1])
import catalog
after = environments.control()
import checksums
different = [
    f"{isa}: {name}" for isa in catalog.ISAS for name, value in checksums.found(isa).items()
    if value != checksums.stated()[checksums.group(isa)][name]
]
print(*catalog.ISAS, *different, sep=", ")
print(before == after)
"""


def results_of(library):
    """Import a build in a process of its own.

    Returns
    -------
    found : str
        The names of its instruction sets, and of what has other bits than are written down.
    unchanged : bool
        Whether the process has the floating-point environment that it had before the import.
    """
    done = run_python("-c", LOADED, str(library), str(Path(__file__).parent), text=True)
    assert done.returncode == 0, done.stderr
    found, unchanged = done.stdout.splitlines()
    return found, unchanged == "True"
