"""Measure what `out=` saves: a result that the ufunc allocates comes from the system page by page.

    python bench/allocation.py [--log FILE]

Both ways take turns, and a figure is the median of the rounds. The given output's pages are touched before.
"""

import argparse
import resource
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import machine
import numpy as np

import fastsig
import fastsig.fast

SIZES = (10**4, 10**5, 10**6, 10**7)
FUNCTIONS = (
    ("sigmoid", "float64", fastsig.sigmoid),
    ("sigmoid", "float32", fastsig.sigmoid),
    ("fast.sigmoid", "float32", fastsig.fast.sigmoid),
)
SEED = 20190613
SPAN = 10**6  # elements that a timing covers at the least


def timed(call, times):
    """Return the seconds and the page faults of a call."""
    faults, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, perf_counter()
    for _ in range(times):
        call()
    seconds = perf_counter() - start
    return seconds / times, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / times


def measure(name, dtype, ufunc, n, rounds):
    """Return a row of the table."""
    x = np.random.default_rng(SEED).normal(0, 3, n).astype(dtype)
    out = np.ones_like(x)
    times = max(1, SPAN // n)
    given, made = zip(
        *((timed(lambda: ufunc(x, out=out), times), timed(lambda: ufunc(x), times)) for _ in range(rounds)), strict=True
    )
    (with_out, _), (without, faults) = ([median(column) for column in zip(*of, strict=True)] for of in (given, made))
    return {
        "function": f"`{name}`",
        "type": dtype,
        "elements": f"{n:,}",
        "with out=, ns per element": f"{with_out / n * 1e9:.2f}",
        "without": f"{without / n * 1e9:.2f}",
        "times the time": f"{median(m[0] / g[0] for g, m in zip(given, made, strict=True)):.2f}",
        "page faults a call": f"{faults:,.0f}",
    }


def main(argv=None):
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="default: %(default)s")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    options = parser.parse_args(argv)
    rows = [measure(*function, n, options.rounds) for function in FUNCTIONS for n in SIZES]
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(), "ISA": fastsig.isa(), "rounds": options.rounds}
        machine.write_log(options.log, "what out= saves", about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
