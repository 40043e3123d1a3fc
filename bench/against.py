"""Compare the speed of two builds of fastsig: their environments take turns in one run.

    python bench/against.py /path/to/other/python                 every function, tier and kind of input
    python bench/against.py /path/to/other/python --isa avx2 --kinds normal --log bench/logs/against_avx2.md

A time is per element, the least of all rounds, and the ratio is this environment's over the other's; 10^5 contiguous
elements, `out=` given, one thread. A function that one of them lacks is left out.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
import numpy as np
from benchmarks import data

# Each environment runs this: a line of JSON in, one out, which is null where it has no such function.
WORKER = """
import importlib, json, sys, time
import numpy as np
import fastsig
for line in sys.stdin:
    module, name, files, rounds = json.loads(line)
    try:
        function = getattr(importlib.import_module(module), name)
    except (AttributeError, ModuleNotFoundError):
        print("null", flush=True)
        continue
    x = [np.load(file) for file in files]
    out = tuple(np.ones_like(x[0]) for _ in range(function.nout))
    best = float("inf")
    with np.errstate(all="ignore"):
        for _ in range(rounds):
            start = time.perf_counter()
            function(*x, out=out)
            best = min(best, time.perf_counter() - start)
    print(json.dumps([best / x[0].size * 1e9, fastsig.isa(), fastsig.__version__]), flush=True)
"""

ROUNDS = 15
TURNS = 8
N = 100_000


class Environment:
    """A process of an environment's Python, which times calls on request."""

    def __init__(self, python, isa):
        variables = {**os.environ, **({"FASTSIG_ISA": isa} if isa else {})}
        self.process = subprocess.Popen(
            [python, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables, cwd="/"
        )

    def measure(self, module, name, files):
        """Return the time per element in nanoseconds, the ISA and the version; None where it lacks the function."""
        self.process.stdin.write(json.dumps([module, name, files, ROUNDS]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def measured(environments, module, name, inputs):
    """Return the least time of each environment, in turns, and its ISA and version; None if one lacks the function."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, f"{i}.npy")) for i in range(len(inputs))]
        for file, array in zip(files, inputs, strict=True):
            np.save(file, array)
        turns = [[e.measure(module, name, files) for e in environments] for _ in range(TURNS)]
    if None in turns[0]:
        return None
    return [min(times)[0] for times in zip(*turns, strict=True)], [said[1:] for said in turns[0]]


def rows(environments, options):
    """Return the rows of the report, and the instruction sets and versions of both."""
    table, said, normal = [], [], None
    for name, tier, dtype in itertools.product(options.functions, options.tiers, options.types):
        for kind, called, inputs in data.cases(name, dtype, options.elements):
            if options.kinds and kind not in options.kinds:
                continue
            if not (found := measured(environments, data.TIERS[tier], name, inputs)):
                break
            (this, other), said = found
            normal = this if called.startswith("normal") and not called.endswith("soft") else normal
            table.append({
                "function": name if tier == "default" else f"{tier}.{name}",
                "type": dtype,
                "inputs": called,
                "this, ns": f"{this:.3f}",
                "other, ns": f"{other:.3f}",
                "ratio": f"{this / other:.2f}",
                "times normal": f"{this / normal:.2f}" if normal else "",
            })  # fmt: skip
    return table, said


def main(argv=None):
    """Run the command, and return its exit status."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", metavar="PYTHON", help="of the environment that holds the other build")
    parser.add_argument("--isa", help="the instruction set of both; default the best")
    parser.add_argument("--types", nargs="*", choices=data.TYPES, default=data.TYPES, help="default: all")
    parser.add_argument("--functions", nargs="*", choices=data.FUNCTIONS, default=data.FUNCTIONS, help="default: all")
    parser.add_argument("--tiers", nargs="*", choices=data.TIERS, default=list(data.TIERS), help="default: both")
    parser.add_argument("--kinds", nargs="*", metavar="KIND", help="of inputs, such as normal or tail; default: all")
    parser.add_argument("--elements", type=int, default=N, metavar="N", help="default: %(default)s")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    options = parser.parse_args(argv)
    table, said = rows([Environment(python, options.isa) for python in (sys.executable, options.other)], options)
    print(machine.markdown(table))
    if options.log:
        isas, versions = zip(*said, strict=True)
        about = {**machine.facts(), "ISA": " and ".join(isas), "versions": " against ".join(versions)}
        machine.write_log(options.log, "Time per element, one build against another", about, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
