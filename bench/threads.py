"""When do threads pay? `python bench/threads.py` times fastsig.threaded against one call of the same ufunc.

Both run in turn in every round, on arrays whose pages are touched, with `out=` given; the ratio is the median of the
rounds' own. Run it on an idle machine: other programs take CPUs from the threads. Beyond the caches memory limits the
ratio.

The last line tells from which size on threads are faster. `LEAST` in fastsig/_threaded.py comes from it, and is lowered
here so that smaller sizes are split as well.
"""

import argparse
from itertools import product
from statistics import median
from time import perf_counter

import numpy as np

from fastsig import _threaded, fast, sigmoid, threaded

UFUNCS = {"sigmoid": sigmoid, "fast.sigmoid": fast.sigmoid, "exp": np.exp, "sqrt": np.sqrt}
SIZES = [*(1 << k for k in range(13, 24)), 10**7]
# Seconds that a timing lasts at the least, by calling again.
SPAN = 5e-3


def seconds(call, times):
    """Return the seconds that one of so many calls takes."""
    start = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - start) / times


def compare(ufunc, x, workers, rounds):
    """Return, as medians, the seconds of one call and of the threads, and how many times faster these are."""
    out = np.ones_like(x)

    def one():
        ufunc(x, out=out)

    def split():
        threaded(ufunc, x, out=out, workers=workers)

    split()
    times = max(1, round(SPAN / seconds(one, 3)))
    ones, splits = np.array([(seconds(one, times), seconds(split, times)) for _ in range(rounds)]).T
    return median(ones), median(splits), median(ones / splits)


def main():
    """Print a table for each ufunc, and its crossover."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=_threaded._cpus(), help="default: the CPUs, %(default)s")
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"], help="default: %(default)s")
    parser.add_argument("--ufuncs", nargs="+", choices=UFUNCS, default=["sigmoid"], help="default: %(default)s")
    args = parser.parse_args()
    least, _threaded.LEAST = _threaded.LEAST, 2
    for name, dtype in product(args.ufuncs, args.dtypes):
        print(f"{name}, {dtype}, {args.workers} workers, {args.rounds} rounds")
        print(f"{'elements':>10} {'one call':>10} {'threaded':>10} {'times':>7}")
        print(f"{'':>10} {'ns/elt':>10} {'ns/elt':>10} {'faster':>7}")
        crossover = None
        for n in SIZES:
            x = np.linspace(0 if name == "sqrt" else -20, 20, n, dtype=dtype)
            one, split, faster = compare(UFUNCS[name], x, args.workers, args.rounds)
            print(f"{n:>10} {one / n * 1e9:>10.3f} {split / n * 1e9:>10.3f} {faster:>7.2f}", flush=True)
            if faster <= 1:
                crossover = None
            elif crossover is None:
                crossover = n
        print(f"threads pay from {crossover} elements on; LEAST is {least}\n")


if __name__ == "__main__":
    main()
