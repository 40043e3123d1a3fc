"""What does a call from Cython cost? `python bench/cython_calls.py` times the sigmoid of numbers, one by one and all.

The three loops of `cython_loops.pyx` take turns in every round, and a figure is the median of the rounds. They are
compiled in a folder that is deleted afterwards. With `--log FILE` it writes a log for the table in docs/cython.md.

Needs Cython and a C compiler.
"""

import sys
import tempfile
from statistics import median
from time import perf_counter

import machine
import numpy as np

import fastsig

TYPES = {"float64": "f64", "float32": "f32"}
WAYS = {  # the heads of columns, and the loops by the first half of their names
    "`1 / (1 + exp(-x))`, ns per number": "formula",
    "a call for each number": "numbers",
    "a call for the array": "array",
}
SEED = 20190613


def compiled(folder):
    """Return the module of loops, compiled in a folder."""
    import pyximport

    finders = pyximport.install(build_dir=folder, language_level=3)
    try:
        import cython_loops
    finally:
        pyximport.uninstall(*finders)
    return cython_loops


def seconds(loop, x, out):
    """Return the seconds that a loop takes."""
    start = perf_counter()
    loop(x, out)
    return perf_counter() - start


def measure(loops, dtype, n, rounds):
    """Return a row of the table."""
    x = np.random.default_rng(SEED).normal(0, 4, n).astype(dtype)
    out = np.ones_like(x)
    calls = [getattr(loops, f"{way}_{TYPES[dtype]}") for way in WAYS.values()]
    taken = zip(*([seconds(loop, x, out) for loop in calls] for _ in range(rounds)), strict=True)
    cells = {head: f"{median(column) / n * 1e9:.2f}" for head, column in zip(WAYS, taken, strict=True)}
    return {"function": "`sigmoid`", "type": dtype, **cells}


def main(argv=None):
    """Run the command, and return its exit status."""
    options = machine.timing_parser(__doc__).parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        loops = compiled(folder)
        rows = [measure(loops, dtype, options.elements, options.rounds) for dtype in TYPES]
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(("Cython",)), "ISA": fastsig.isa(), "elements": options.elements}
        machine.write_log(options.log, "calls from Cython", {**about, "rounds": options.rounds}, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
