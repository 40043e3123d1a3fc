"""Build fastsig in environments that people have, and compare the results of each build to the bit.

    python tests/verify_builds.py                 every build, two at a time: minutes
    python tests/verify_builds.py --only clang

A build is right if it holds the kernels that the installed package holds, if all their results have the checksums of
checksums.json, and if its import leaves the floating-point environment alone. Two builds are wrong on purpose, and have
to fail the tests of the hard cases. Exit status: 0 all right, 1 not.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import builds

CLANG = {"CC": "clang", "LDSHARED": "clang -shared"}
BUILDS = {
    "nothing": {},
    "-Ofast": {"CFLAGS": "-Ofast", "LDFLAGS": "-Ofast"},
    "-ffast-math": {"CFLAGS": "-ffast-math", "LDFLAGS": "-ffast-math"},
    "-march=native": {"CFLAGS": "-march=native"},
    "-flto": {"CFLAGS": "-flto", "LDFLAGS": "-flto"},
    "-O0": {"CFLAGS": "-O0"},
    "-Os": {"CFLAGS": "-Os"},
    "without __int128": {"CFLAGS": "-DFASTSIG_NO_INT128"},
    "all by the accurate phase": {"CFLAGS": "-DFASTSIG_ALL_IN_DOUBT=1"},
    "clang": CLANG,
    "clang -Ofast -ffast-math -march=native": {**CLANG, "CFLAGS": "-Ofast -ffast-math -march=native"},
}

# Builds that have to fail the tests of the hard cases, and what they have to say.
CONTROLS = {
    "margins of 0": ({"CFLAGS": "-DFASTSIG_MARGINS=0.0"}, "test_hard_cases_are_right_to_the_bit"),
    "128 bits at most": ({"CFLAGS": "-DFASTSIG_MOST_LIMBS=2"}, "ArithmeticError: fastsig: a result lies too near"),
}


def control(name):
    """Build what must not pass, run the hard cases, and return what is wrong, a list of lines."""
    start = time.perf_counter()
    variables, said = CONTROLS[name]
    with tempfile.TemporaryDirectory() as folder:
        sources = builds.copy_of_sources(Path(folder) / "sources")
        done = builds.setup(sources, "build", "--build-lib", "lib", "--build-temp", "temp", **variables)
        if done.returncode == 0:
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-q",
                    "-p",
                    "no:cacheprovider",
                    sources / "tests" / "test_hard_cases.py",
                ],
                cwd=sources / "lib",  # the first folder that Python searches
                stdout=subprocess.PIPE,
                text=True,
            )
    flaws = [] if done.returncode == 1 and said in done.stdout else [f"it does not fail as it has to:\n{done.stdout}"]
    print(f"{name}: {'; '.join(flaws) or 'fails, as it has to'} ({time.perf_counter() - start:.0f} s)", flush=True)
    return flaws


def verify(name):
    """Build once, and return what is wrong with it, a list of lines."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        sources = builds.copy_of_sources(Path(folder) / "sources")
        done = builds.setup(sources, "build", "--build-lib", "lib", "--build-temp", "temp", **BUILDS[name])
        flaws = [f"it does not build:\n{done.stdout}"] if done.returncode else builds.flaws_of(sources / "lib")
    print(f"{name}: {'; '.join(flaws) or 'the same bits'} ({time.perf_counter() - start:.0f} s)", flush=True)
    return flaws


def main(argv=None):
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=BUILDS, metavar="NAME", help=f"one build only: {', '.join(BUILDS)}")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="default: %(default)s")
    options = parser.parse_args(argv)
    names = [options.only] if options.only else list(BUILDS)
    missing = {variables["CC"] for name in names if "CC" in (variables := BUILDS[name])}
    for compiler in missing:
        if shutil.which(compiler) is None:
            parser.error(f"there is no {compiler} here: install it, or name a build that needs none")
    with ThreadPoolExecutor(options.workers) as pool:
        flaws = [*pool.map(verify, names), *pool.map(control, [] if options.only else CONTROLS)]
    return int(any(flaws))


if __name__ == "__main__":
    sys.exit(main())
