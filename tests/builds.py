"""Builds of the sources that the tests are part of, in folders of their own."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import checksums
import numpy as np
from catalog import ISAS
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
    "api",  # of docs/, where building the site writes the pages of functions
    "*.egg-info",
    "*.c",
    "*.so",
    "*.pyc",
)
CC = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()  # as setuptools chooses it
LONGDOUBLE_BITS = np.finfo(np.longdouble).nmant + 1


def copy_of_sources(folder):
    """Copy the sources, without anything that a build has made, to a folder, and return its path."""
    return Path(shutil.copytree(ROOT, folder, ignore=LEFT_OUT))


def run(folder, *arguments, **variables):
    """Run Python in a folder and return what subprocess.run does; both streams are captured as one."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def setup(folder, *arguments, **variables):
    """Run setup.py in a folder and return what subprocess.run does."""
    return run(folder, "setup.py", *arguments, **variables)


def built(folder, **variables):
    """Build a copy of the sources in a folder, into its `lib` and `temp`, and return the copy's path."""
    sources = copy_of_sources(Path(folder) / "sources")
    done = setup(sources, "build", "--build-lib", "lib", "--build-temp", "temp", **variables)
    if done.returncode:
        raise RuntimeError(done.stdout)
    return sources


# setup.py stops where its modules are known and none is built: there another source replaces the baseline's kernels.
ONE_MODULE = """
import sys
import setuptools  # which has distutils be its own
from distutils.core import run_setup
name, source, *arguments = sys.argv[1:]
known = run_setup("setup.py", arguments, stop_after="commandline")
(module,) = [module for module in known.ext_modules if module.name == "fastsig.kernels.baseline"]
module.name, module.sources = name, [source]
known.ext_modules[:] = [module]
known.run_commands()
"""


def one_module(folder, source, lib, **variables):
    """Build a source that includes the kernels, as setup.py builds the baseline's, and nothing else; return its path.

    All paths are relative to the folder.
    """
    name = Path(source).stem
    command = ("build_ext", "--build-lib", lib, "--build-temp", f"{lib}-temp")
    done = run(folder, "-c", ONE_MODULE, name, source, *command, **variables)
    assert done.returncode == 0, done.stdout
    (module,) = (Path(folder) / lib).rglob(f"{name}.*")
    return module


def version_of_compiler():
    """Return what the compiler that builds extensions says of itself; nothing where there is none."""
    try:
        return subprocess.run([*CC, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ""


def is_gcc():
    """Tell whether the compiler that builds extensions is GCC."""
    return "Free Software Foundation" in version_of_compiler()


def version_of_gcc():
    """Return the first number of GCC's version; 0 for another compiler."""
    found = re.search(r"^.* (\d+)\.\d+\.\d+", version_of_compiler(), re.M)
    return int(found[1]) if is_gcc() and found else 0


def checked(source, *flags):
    """Have the compiler check a C source without making code of it, and return what subprocess.run does."""
    include = [
        f"-I{folder}" for folder in (sysconfig.get_path("include"), np.get_include(), ROOT / "fastsig" / "kernels")
    ]
    common = ["-fsyntax-only", f"-DFASTSIG_LONGDOUBLE_BITS={LONGDOUBLE_BITS}", *include]
    return subprocess.run([*CC, *common, *flags, str(source)], capture_output=True, text=True)


LOADED = """
import json, sys
sys.path[:0] = sys.argv[1:]
import environments
import numpy
before = environments.control()
import fastsig, fastsig.fast
assert fastsig.__file__.startswith(sys.argv[1])
import catalog
after = environments.control()
import checksums
different = [line for isa in catalog.ISAS for line in checksums.differences(isa)]
kernels = {isa: checksums.fast_group(isa) for isa in catalog.ISAS}
changed = [] if before == after else ["its import changes the floating-point environment"]
print(json.dumps([kernels, different + changed]))
"""


def flaws_of(library):
    """Import a build in a process of its own and return what is wrong with it, a list of lines.

    A right build holds the kernels that the installed package holds, with FMA or without, and gives the bits of
    checksums.json; its import leaves the floating-point environment of the process alone.
    """
    done = run_python("-c", LOADED, str(library), str(Path(__file__).parent), text=True)
    assert done.returncode == 0, done.stderr
    kernels, flaws = json.loads(done.stdout)
    expected = {isa: checksums.fast_group(isa) for isa in ISAS}
    return flaws if kernels == expected else [*flaws, f"its kernels are {kernels} and not {expected}"]
