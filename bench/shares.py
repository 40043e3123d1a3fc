"""Measure how many elements need the accurate phase, by function and kind of input.

    python bench/shares.py                           every function, type with a rounding test and instruction set
    python bench/shares.py --functions logit --log bench/logs/shares.md

The sources are built once more, with an accurate phase that has no digits to decide with: an element that reaches
it becomes NaN, and is counted. The kinds of inputs are those of the asv benchmarks; "hard" ones lie next to a midpoint.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import machine

from fastsig._reference import DOMAINS, REFERENCE

N = 1_000_000
TESTS = Path(__file__).parents[1] / "tests"

# This runs in a process of its own, with the build first on Python's path
COUNT = """
import contextlib, json, sys
sys.path[:0] = sys.argv[1:3]
import numpy as np
import fastsig
assert fastsig.__file__.startswith(sys.argv[1])
from benchmarks import data
from catalog import ISAS, UFUNCS

name, types, n = json.loads(sys.argv[3])
for dtype in types:
    for _, kind, x in data.cases(name, dtype, n, period=n):
        shares = []
        for isa in ISAS:
            function = UFUNCS[isa][name]
            out = tuple(np.zeros_like(x[0]) for _ in range(function.nout))
            with np.errstate(all="ignore"), contextlib.suppress(ArithmeticError):
                function(*x, out=out)
            finite = np.logical_and.reduce([np.isfinite(a) for a in x])  # no other inputs come to it
            shares.append([float(np.mean(np.isnan(y) & finite)) for y in out])
        print(json.dumps([dtype, kind, ISAS, shares]), flush=True)
"""


def types_of(name):
    """Return the types in which a function has an accurate phase."""
    return ["float64"] if len(DOMAINS.get(name, ("real",))) == 1 else ["float16", "float32", "float64"]


def counted(library, name, n):
    """Yield the rows of a function."""
    command = [sys.executable, "-c", COUNT, str(library), f"{TESTS}", json.dumps([name, types_of(name), n])]
    here = str(Path(__file__).parent)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=here) as process:
        for line in process.stdout:
            dtype, kind, isas, shares = json.loads(line)
            for i, of_isas in enumerate(zip(*shares, strict=True)):
                output = f"{name}[{i}]" if len(shares[0]) > 1 else name
                percent = {isa: f"{share:.4%}" for isa, share in zip(isas, of_isas, strict=True)}
                yield {"function": output, "type": dtype, "inputs": kind, **percent}
    if process.returncode:
        raise RuntimeError("the process that counts has failed")


def build(folder):
    """Build the sources without digits for the accurate phase, and return the folder to import from."""
    sys.path.insert(0, str(TESTS))
    import builds

    return builds.built(folder, CFLAGS="-DFASTSIG_MOST_LIMBS=0") / "lib"


def main(argv=None):
    """Run the command, and return its exit status."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--functions", nargs="*", choices=list(REFERENCE), help="default: all")
    parser.add_argument("--elements", type=int, default=N, metavar="N", help="of each kind; default: %(default)s")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    options = parser.parse_args(argv)
    table = []
    with tempfile.TemporaryDirectory() as folder:
        library = build(folder)
        for name in options.functions or REFERENCE:
            table += counted(library, name, options.elements)
            print(f"{name}: done", file=sys.stderr, flush=True)
    print(machine.markdown(table))
    if options.log:
        about = {**machine.facts(kernels="default"), "elements of each kind": options.elements}
        machine.write_log(options.log, "Share of elements that need the accurate phase", about, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
