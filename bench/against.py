"""Compare the speed of two builds of fastsig: the environments that hold them are asked in turn, in one run.

    python bench/against.py /path/to/other/python              this environment over the other, for each function
    python bench/against.py /path/to/other/python --isa avx2

Times are per element, the least of all rounds; 10^5 elements in order, `out=` given, one thread.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

# What each environment runs: a line of JSON in, one out.
WORKER = """
import json, sys, time
import numpy as np
import fastsig
inputs = {}
for line in sys.stdin:
    name, dtype, files, rounds = json.loads(line)
    key = tuple(files)
    if key not in inputs:
        inputs[key] = [np.load(file) for file in files]
    x = [a.astype(dtype) for a in inputs[key]]
    function = getattr(fastsig, name)
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


def kinds(n, rng):
    """Return the kinds of inputs: their names, and an array each of the first input."""
    normal = rng.normal(0, 4, n)
    return {
        "normal": normal,
        "tail": rng.uniform(-745, -708, n),
        "near 0": rng.choice([-1, 1], n) * np.exp2(rng.uniform(-60, -1, n)),
        "tiny": rng.choice([-1, 1], n) * np.exp2(rng.uniform(-1074, -60, n)),
        "float32 values": normal.astype(np.float32).astype(float),
        "integers": rng.integers(-40, 40, n).astype(float),
        "saturated": rng.choice([-1, 1], n) * rng.uniform(40, 100, n),
        "beyond": rng.choice([-1, 1], n) * rng.uniform(800, 1e6, n),
        "NaN": np.full(n, np.nan),
    }


def probabilities(n, rng):
    """Return the same for logit."""
    p = rng.uniform(0, 1, n)
    return {
        "normal": p,
        "near 0": np.exp2(rng.uniform(-1022, -10, n)),
        "tiny": np.exp2(rng.uniform(-1074, -1022, n)),
        "near 1/2": 0.5 + rng.choice([-1, 1], n) * np.exp2(rng.uniform(-53, -4, n)),
        "near 1": 1 - np.exp2(rng.uniform(-53, -4, n)),
        "float32 values": p.astype(np.float32).astype(float),
        "NaN": np.full(n, np.nan),
    }


FUNCTIONS = {
    "sigmoid": "real",
    "sigmoid_derivative": "real",
    "sigmoid_with_derivative": "real",
    "sigmoid_second_derivative": "real",
    "silu": "real",
    "silu_derivative": "real",
    "softplus": "real",
    "log_sigmoid": "real",
    "logit": "unit",
    "logistic_loss": "target",
    "logistic_loss_gradient_hessian": "target",
    "sigmoid_backward": "factor",
}


class Environment:
    """A process of an environment's Python that measures what it is told."""

    def __init__(self, python, isa):
        variables = {**os.environ, **({"FASTSIG_ISA": isa} if isa else {})}
        self.process = subprocess.Popen(
            [python, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables, cwd="/"
        )

    def measure(self, name, dtype, files):
        """Return the time per element in nanoseconds, the instruction set and the version."""
        self.process.stdin.write(json.dumps([name, dtype, files, ROUNDS]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def rows(environments, dtype, folder, only_kinds, only=None):
    """Return a row for each function and kind of input: both times, and the ratio."""
    rng = np.random.default_rng(12345)
    table = []
    targets = {"label": rng.integers(0, 2, N).astype(float), "soft": rng.uniform(0, 1, N)}
    for name, domain in FUNCTIONS.items():
        if only and name not in only:
            continue
        samples = probabilities(N, rng) if domain == "unit" else kinds(N, rng)
        for kind, x in samples.items():
            if only_kinds and kind not in only_kinds:
                continue
            if domain == "target":
                seconds = targets
            elif domain == "factor":
                seconds = {"soft": targets["soft"]}
            else:
                seconds = {"": None}
            for second, t in seconds.items():
                files = []
                for i, a in enumerate([x] if t is None else [x, t]):
                    file = folder / f"{name}-{kind}-{second}-{i}.npy".replace(" ", "_").replace("/", "_")
                    np.save(file, a)
                    files.append(str(file))
                best = [float("inf")] * len(environments)
                for _ in range(TURNS):
                    for i, environment in enumerate(environments):
                        best[i] = min(best[i], environment.measure(name, dtype, files)[0])
                table.append((name, dtype, f"{kind} {second}".strip(), *best))
    return table


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other")
    parser.add_argument("--this", default=sys.executable)
    parser.add_argument("--isa")
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--kinds", nargs="*")
    parser.add_argument("--functions", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environments = [Environment(options.this, options.isa), Environment(options.other, options.isa)]
        for row in rows(environments, options.dtype, Path(folder), options.kinds, options.functions):
            print(f"{row[0]:32s} {row[1]} {row[2]:24s} {row[3]:7.3f} {row[4]:7.3f} {row[3] / row[4]:.3f}", flush=True)
