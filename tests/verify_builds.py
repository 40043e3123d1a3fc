"""Build fastsig in environments that people have, and compare the results of each build to the bit.

    python tests/verify_builds.py                 every build, two at a time: minutes
    python tests/verify_builds.py --only clang

A build is right if all its results have the checksums of checksums.json, on every instruction set that this CPU has,
and if its import leaves the floating-point environment of the process alone. Exit status: 0 all right, 1 not.
"""

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import builds
from catalog import ISAS

CLANG = {"CC": "clang", "LDSHARED": "clang -shared"}
BUILDS = {
    "nothing": {},
    "-Ofast": {"CFLAGS": "-Ofast", "LDFLAGS": "-Ofast"},
    "-ffast-math": {"CFLAGS": "-ffast-math", "LDFLAGS": "-ffast-math"},
    "-march=native": {"CFLAGS": "-march=native"},
    "-flto": {"CFLAGS": "-flto", "LDFLAGS": "-flto"},
    "-O0": {"CFLAGS": "-O0"},
    "-Os": {"CFLAGS": "-Os"},
    "clang": CLANG,
    "clang -Ofast -ffast-math -march=native": {**CLANG, "CFLAGS": "-Ofast -ffast-math -march=native"},
}


def verify(name):
    """Build once, and return what is wrong with it."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        sources = builds.copy_of_sources(Path(folder) / "sources")
        done = builds.setup(sources, "build", "--build-lib", "lib", "--build-temp", "temp", **BUILDS[name])
        if done.returncode:
            return f"does not build:\n{done.stdout[-3000:]}"
        found, unchanged = builds.results_of(sources / "lib")
    wrong = [] if found == ", ".join(ISAS) else [f"has instruction sets, and other results, of {found}"]
    wrong += [] if unchanged else ["its import changes the floating-point environment"]
    print(f"{name}: {'; '.join(wrong) or 'the same bits'} ({time.perf_counter() - start:.0f} s)", flush=True)
    return "; ".join(wrong)


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
        wrong = {name: text for name, text in zip(names, pool.map(verify, names), strict=True) if text}
    for name, text in wrong.items():
        print(f"FAILED  {name}: {text}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
