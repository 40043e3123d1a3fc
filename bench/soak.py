"""Make a million small calls from eight threads: memory must not grow.

    python bench/soak.py                                    a million calls: a minute or so
    python bench/soak.py --calls 100000 --threads 4 --log soak.md

The calls are of every function, tier and type: with arrays of up to a few hundred elements, scalars and lists; with
`out`, `where`, strides and a cast; with refused arguments and floating-point errors; and by `threaded` with its threads
at work. The first tenth of the calls fills the caches of the allocators. From there on neither the blocks that CPython
has allocated, nor what `tracemalloc` finds, nor what glibc has handed out may grow by more than noise. The memory that
the process holds may grow by some megabytes more, since glibc keeps what it once had, for each thread.
"""

import argparse
import ctypes
import gc
import os
import re
import sys
import tempfile
import threading
import time
import tracemalloc
from pathlib import Path

import machine
import numpy as np

import fastsig
from fastsig import _threaded
from fastsig._reference import REFERENCE

TYPES = ("float16", "float32", "float64", "longdouble")
STEPS = 10  # measurements
WARM_UP = 0.1  # of the calls
# By how much a run may grow, however long it is: what caches hold.
MOST_BLOCKS = 2000
MOST_BYTES = {"traced": 200_000, "malloc": 1 << 20, "resident": 16 << 20}
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident():
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def malloc():
    """Return the bytes that glibc has handed out and not got back, and 0 with another C library."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_info"):
        return 0
    libc.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile("r") as said:
        file = ctypes.c_void_p(libc.fopen(said.name.encode(), b"w"))
        libc.malloc_info(0, file)
        libc.fclose(file)
        whole = said.read().rpartition("</heap>")[2]  # the numbers of all arenas together
    sizes = {kind: int(size) for kind, size in re.findall(r'type="(\w+)" (?:count="\d+" )?size="(\d+)"', whole)}
    return sizes["current"] - sizes["fast"] - sizes["rest"] + sizes["mmap"]


def some_calls(seed):
    """Return a list of functions without arguments, each of which makes a small call."""
    rng, calls = np.random.default_rng(seed), []
    for name in REFERENCE:
        for tier in (fastsig, fastsig.fast):
            ufunc = getattr(tier, name)
            for dtype in TYPES:
                x = (rng.random(int(rng.integers(1, 300))).astype(dtype),) * ufunc.nin
                out = tuple(np.empty_like(x[0]) for _ in range(ufunc.nout))
                where, several = rng.random(x[0].size) < 0.5, out if ufunc.nout > 1 else out[0]
                calls += [
                    lambda u=ufunc, x=x: u(*x),
                    lambda u=ufunc, x=x, out=several: u(*x, out=out),
                    lambda u=ufunc, x=x, out=several, where=where: u(*x, out=out, where=where),
                    lambda u=ufunc, x=x: u(*(a[::-2] for a in x)),
                    lambda u=ufunc, x=x: u(*(a[0] for a in x)),
                    lambda u=ufunc, x=x: u(*(a.astype("f2") for a in x), dtype="f8"),
                    lambda u=ufunc, x=x, out=several: fastsig.threaded(u, *x, out=out, workers=3),
                ]
            calls += [
                lambda u=ufunc: u(*[0.5] * u.nin),
                lambda u=ufunc: u(*[[0, 1]] * u.nin),
                lambda u=ufunc: u(*[np.array(["a"])] * u.nin),  # refused
                lambda u=ufunc: u(*[np.array([np.inf, -1.0])] * u.nin),
            ]
    return calls


def work(calls, n, seed, failures):
    """Make n calls, each drawn at random."""
    with np.errstate(all="ignore"):
        for k in np.random.default_rng(seed).integers(0, len(calls), n):
            try:
                calls[k]()
            except TypeError as refused:
                if "not supported for the input types" not in str(refused):
                    failures.append(refused)


def soak(n, threads):
    """Make n calls from so many threads and return what is measured after each share of them, and what failed."""
    calls, failures, rows = some_calls(1), [], []
    shares = [round(n * WARM_UP), *[round(n * (1 - WARM_UP) / STEPS)] * STEPS]
    begun, made = time.monotonic(), 0
    tracemalloc.start()
    for step, share in enumerate(shares):
        group = [
            threading.Thread(target=work, args=(calls, share // threads, step * threads + k, failures))
            for k in range(threads)
        ]
        for thread in group:
            thread.start()
        for thread in group:
            thread.join()
        gc.collect()
        made += share // threads * threads
        rows.append(
            {
                "calls": made,
                "blocks": sys.getallocatedblocks(),
                "traced": tracemalloc.get_traced_memory()[0],
                "malloc": malloc(),
                "resident": resident(),
                "s": round(time.monotonic() - begun),
            }
        )
    tracemalloc.stop()
    return rows, failures


def complaints(rows, failures):
    """Return a line for each number that has grown, and for the first calls that failed."""
    first, last = rows[0], rows[-1]
    limits = {"blocks": MOST_BLOCKS, **MOST_BYTES}
    grown = {name: last[name] - first[name] for name in limits}
    said = [f"{name} grew by {grown[name]}, from {first[name]}" for name in limits if grown[name] > limits[name]]
    return said + [f"{type(failure).__name__}: {failure}" for failure in failures[:5]]


def arguments():
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1_000_000, metavar="N", help="default 1000000")
    parser.add_argument("--threads", type=int, default=8, metavar="N", help="default 8")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    return parser.parse_args()


def main():
    """Soak; return 1 if memory has grown."""
    given = arguments()
    _threaded.LEAST, _threaded.PART, _threaded.BLOCK = 64, 64, 32  # so that `threaded` cuts arrays as small as these
    rows, failures = soak(given.calls, given.threads)
    said = complaints(rows, failures)
    table = [{name: f"{value:,}" for name, value in row.items()} for row in rows]
    print(machine.markdown(table))
    print("\n".join(said) or "memory is flat")
    if given.log:
        about = {**machine.facts(), "threads": given.threads, "grown or failed": "; ".join(said) or "nothing"}
        machine.write_log(given.log, "Soak: many small calls from several threads", about, table)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
