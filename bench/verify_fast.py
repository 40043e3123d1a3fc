"""Measure the fast tier over every float32 there is: all 2^32 inputs of each function, on each ISA that this CPU has.

    python bench/verify_fast.py                     all of it: minutes a function
    python bench/verify_fast.py --share 0.01        every hundredth bit pattern, from a random one on

The exact value is NumPy's float64 one, made of its exp and log1p, which share nothing with the kernels: it is off by
some 2^-28 of a float32 ULP. Errors of normal results are in ULP, those below them in least subnormals. Exit status:
0 all within the bounds stated on the pages of the functions, 1 not.
"""

import argparse
import os
import secrets
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import machine
import numpy as np
from fastsig._ufuncs import bind

from fastsig import _dispatch
from fastsig._bounds import bounds
from fastsig._docs import FAST_DOCS

INPUTS = 1 << 32
BINADE = 1 << 23
LEAST_OF_BINADE = 1000  # inputs of each binade, without which a share shows nothing
TASK = 1 << 20  # inputs of a worker's task
BLOCK = 1 << 13  # inputs: what is made of them comes from the heap, not page by page from the system
LEAST_NORMAL = 2.0**-126
SUBNORMAL_BOUND = 1.0


def sigmoid(x, e):
    """Return (x < 0 ? e : 1)/(1 + e)."""
    return np.where(x < 0, e, 1) / (1 + e)


def sigmoid_derivative(_x, e):
    """Return e/(1 + e)^2."""
    return e / ((1 + e) * (1 + e))


def softplus(x, e):
    """Return max(x, 0) + log1p(e)."""
    return np.maximum(x, 0) + np.log1p(e)


def log_sigmoid(x, e):
    """Return min(x, 0) - log1p(e)."""
    return np.minimum(x, 0) - np.log1p(e)


def silu(x, e):
    """Return x sigmoid(x)."""
    return np.maximum(x, -700.0) * sigmoid(x, e)


FORMULAS = {f.__name__: f for f in (sigmoid, sigmoid_derivative, softplus, log_sigmoid, silu)}
OUTPUTS = {name: ((name, None),) for name in FORMULAS}
OUTPUTS["sigmoid"] += (("sigmoid_with_derivative", 0),)
OUTPUTS["sigmoid_derivative"] += (("sigmoid_with_derivative", 1),)


class Worst(NamedTuple):
    """The worst errors of an output, where they are, and how many NaN were lost or made."""

    normal: float = 0.0
    at: float = 0.0
    subnormal: float = 0.0
    subnormal_at: float = 0.0
    nan: int = 0

    def __add__(self, other):
        """Return the worse of both."""
        a = max(self[:2], other[:2], key=lambda pair: pair[0])
        return Worst(*a, *max(self[2:4], other[2:4], key=lambda pair: pair[0]), self.nan + other.nan)


@cache
def kernels():
    """Return the fast tier's ufuncs of every ISA that this CPU has and that has FMA: {isa: {name: ufunc}}."""
    modules = {isa.name: _dispatch.load(isa) for isa in _dispatch.available()}
    return {name: bind(module.FAST, FAST_DOCS) for name, module in modules.items() if module.FMA}


def errors(name, x, results):
    """Return the worst errors of several results."""
    with np.errstate(all="ignore"):  # a signalling NaN is invalid where it is widened
        w = x.astype(np.float64)
        exact = FORMULAS[name](w, np.exp(np.maximum(-np.abs(w), -700.0)))
        size = np.abs(exact)
        ulp = np.ldexp(1.0, np.maximum(np.frexp(size)[1], -125) - 24)
    nan, normal, finite = np.isnan(exact), size >= LEAST_NORMAL, np.isfinite(exact) & (size < 2.0**128)
    found = []
    for y in results:
        if found and y.tobytes() == results[0].tobytes():
            found.append(found[0])
            continue
        with np.errstate(all="ignore"):
            error = np.where(finite, np.abs(y - exact) / ulp, np.where(nan | (y == exact), 0.0, np.inf))
        lost = int((np.isnan(y) != nan).sum())
        error = np.nan_to_num(error, nan=np.inf)
        i, j = np.argmax(np.where(normal, error, 0.0)), np.argmax(np.where(normal, 0.0, error))
        worst = (float(error[i]), float(x[i])) if normal[i] else (0.0, 0.0)
        worst += (float(error[j]), float(x[j])) if not normal[j] else (0.0, 0.0)
        found.append(Worst(*worst, lost))
    return found


def outputs(name):
    """Return the outputs that answer to a formula, as (function, index, isa)."""
    return [(function, index, isa) for isa in kernels() for function, index in OUTPUTS[name]]


def check(name, patterns):
    """Return the worst errors of each output over a range of bit patterns."""
    found = [Worst()] * len(outputs(name))
    for start in range(0, len(patterns), BLOCK):
        block = patterns[start : start + BLOCK]
        x = np.arange(block.start, block.stop, block.step, dtype=np.uint64).astype(np.uint32).view(np.float32)
        results = [
            kernels()[isa][function](x) if index is None else kernels()[isa][function](x)[index]
            for function, index, isa in outputs(name)
        ]
        found = [a + b for a, b in zip(found, errors(name, x, results), strict=True)]
    return found


def share_of_each_binade(text):
    """Return a share of the inputs that is given on a command line, large enough to show something."""
    value = machine.share(text)
    if value * BINADE < LEAST_OF_BINADE or BINADE // step_of(value) < LEAST_OF_BINADE:
        raise argparse.ArgumentTypeError(
            f"a share of {text} checks fewer than {LEAST_OF_BINADE} inputs of each binade, which shows nothing: "
            f"take {LEAST_OF_BINADE / BINADE:.5f} or more"
        )
    return value


def step_of(share):
    """Return how far apart the bit patterns of a share are: it is rounded to one in so many."""
    return round(1 / share)


def drawn(share, seed):
    """Return evenly spaced bit patterns, of which the first is random: as many of each binade, and of both signs."""
    step = step_of(share)
    return range(int(np.random.default_rng(seed).integers(step)), INPUTS, step)


def main(argv=None):
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--function", choices=FORMULAS, help="one function only")
    parser.add_argument(
        "--share", type=share_of_each_binade, default=1.0, metavar="F", help="of the inputs, evenly; 1 for all"
    )
    parser.add_argument("--seed", type=int, help="of the share, to repeat one")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    options = parser.parse_args(argv)
    if not kernels():
        print("verify_fast: this CPU has no FMA, and the fast tier is the default's")
        return 0
    seed = secrets.randbits(32) if options.seed is None else options.seed
    patterns = drawn(options.share, seed)
    tasks = [patterns[start : start + TASK] for start in range(0, len(patterns), TASK)]
    if patterns.step > 1:
        print(f"one input in {patterns.step} by --seed {seed}")
    rows, bad = [], False
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        for name in [options.function] if options.function else FORMULAS:
            found = [Worst()] * len(outputs(name))
            for done in pool.map(check, [name] * len(tasks), tasks):
                found = [a + b for a, b in zip(found, done, strict=True)]
            bound = bounds()[f"fast_{name}", "float32", True].ulp
            for (function, index, isa), worst in zip(outputs(name), found, strict=True):
                bad |= worst.normal > bound or worst.subnormal > SUBNORMAL_BOUND or worst.nan > 0
                row = {
                    "function": function if index is None else f"{function}[{index}]",
                    "ISA": isa,
                    "inputs": f"{len(patterns):,}",
                    "bound": f"{bound:.2f}",
                    "worst ULP": f"{worst.normal:.4f}",
                    "at": worst.at.hex(),
                    "worst subnormal": f"{worst.subnormal:.4f}",
                    "NaN lost or made": worst.nan,
                }
                rows.append(row)
                print(*row.values(), flush=True)
    if options.log:
        parameters = {"share": 1 / patterns.step} | ({"seed": seed} if patterns.step > 1 else {})
        about = {**machine.facts(kernels="fast float32"), **parameters}
        machine.write_log(options.log, "the fast tier: float32 in float32", about, rows)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
