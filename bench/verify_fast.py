"""Measure the fast tier over every float32 there is: all 2^32 inputs of each function, on each ISA that this CPU has.

    python bench/verify_fast.py                     all of it: minutes a function
    python bench/verify_fast.py --share 0.01        every hundredth bit pattern, from a random one on

The second input of a function of two is a number from 0 to 1, hashed from the bits of the first. The exact value is
NumPy's float64 one, made of its exp, log, log1p and arctanh, which share nothing with the kernels: its error is some
2^-26 of a float32 ULP. Errors of normal results are in ULP, those below them in least subnormals. Functions that are
the default tier's are left out. Exit status: 0 all within the bounds that the kernels' sources state, 1 not.
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
from fastsig._reference import DOMAINS

INPUTS = 1 << 32
BINADE = 1 << 23
LEAST_OF_BINADE = 1000  # inputs of each binade that a share needs to show anything
TASK = 1 << 20  # inputs of a worker's task
BLOCK = 1 << 13  # inputs: what is made of them comes from the heap, not page by page from the system
LEAST_NORMAL = 2.0**-126
BEYOND = 2.0**128  # stands for infinity
GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: the factor of Fibonacci hashing
UNIT_PATTERNS = np.uint64(0x3F800001)  # the bit patterns from 0 to 1
GROUP_BITS = 20  # an eighth of a binade


def decay(x):
    """Return exp(-|x|), which is never 0."""
    return np.exp(np.maximum(-np.abs(x), -700.0))


def sigmoid(x):
    """Return (x < 0 ? e : 1)/(1 + e)."""
    e = decay(x)
    return np.where(x < 0, e, 1) / (1 + e)


def sigmoid_derivative(x):
    """Return e/(1 + e)^2."""
    e = decay(x)
    return e / ((1 + e) * (1 + e))


def softplus(x):
    """Return max(x, 0) + log1p(e)."""
    return np.maximum(x, 0) + np.log1p(decay(x))


def log_sigmoid(x):
    """Return min(x, 0) - log1p(e)."""
    return np.minimum(x, 0) - np.log1p(decay(x))


def logit(p):
    """Return log(p) - log1p(-p), 2 artanh(2p - 1) for 1/4 < p < 3/4, where 2p - 1 is exact, and NaN outside [0, 1]."""
    return np.where(np.abs(p - 0.5) < 0.25, 2 * np.arctanh(2 * p - 1), np.log(p) - np.log1p(-p))


def silu(x):
    """Return x sigmoid(x)."""
    return np.maximum(x, -700.0) * sigmoid(x)


def sigmoid_backward(grad, y):
    """Return grad y (1 - y)."""
    return grad * y * (1 - y)


def logistic_loss(x, t):
    """Return |x| (x > 0 ? 1 - t : t) + log1p(e), and the limit where x is infinite."""
    share = np.where(x > 0, 1 - t, t)
    return np.where(share == 0, 0, np.abs(x) * share) + np.log1p(decay(x))


FORMULAS = {
    f.__name__: f
    for f in (sigmoid, sigmoid_derivative, softplus, log_sigmoid, logit, silu, sigmoid_backward, logistic_loss)
}
OUTPUTS = {name: ((name, None),) for name in FORMULAS}
OUTPUTS["sigmoid"] += (("sigmoid_with_derivative", 0),)
OUTPUTS["sigmoid_derivative"] += (("sigmoid_with_derivative", 1),)
OUTPUTS["logistic_loss"] += (("logistic_loss_with_gradient", 0),)


class Worst(NamedTuple):
    """The worst errors of an output, at which inputs they are, and how many NaN were lost or made."""

    normal: float = 0.0
    at: tuple[float, ...] = ()
    subnormal: float = 0.0
    subnormal_at: tuple[float, ...] = ()
    nan: int = 0

    def __add__(self, other):
        """Return the worse of both."""
        a = max(self[:2], other[:2], key=lambda pair: pair[0])
        return Worst(*a, *max(self[2:4], other[2:4], key=lambda pair: pair[0]), self.nan + other.nan)


@cache
def kernels():
    """Return the fast tier's ufuncs of every ISA that this CPU has and that has FMA: {isa: {name: ufunc}}."""
    modules = {isa.name: _dispatch.load(isa) for isa in _dispatch.available()}
    return {name: bind(module.FAST, module.BFLOAT16, FAST_DOCS) for name, module in modules.items() if module.FMA}


def worst_of(error, inputs):
    """Return the largest error and its inputs, or (0.0, ()) where there is none."""
    i = np.argmax(error)
    return (float(error[i]), tuple(float(x[i]) for x in inputs)) if error[i] else (0.0, ())


def errors(name, inputs, results):
    """Return the worst errors of several results."""
    with np.errstate(all="ignore"):  # a signalling NaN is invalid where it is widened
        exact = FORMULAS[name](*(x.astype(np.float64) for x in inputs))
    size, nan = np.abs(exact), np.isnan(exact)
    ulp = np.ldexp(1.0, np.frexp(np.clip(size, LEAST_NORMAL, BEYOND / 2))[1] - 24)
    found = []
    for y in results:
        if found and y.tobytes() == results[0].tobytes():
            found.append(found[0])
            continue
        with np.errstate(all="ignore"):
            error = np.abs(np.clip(y.astype(np.float64), -BEYOND, BEYOND) - np.clip(exact, -BEYOND, BEYOND)) / ulp
        error = np.where(nan | (y == exact), 0.0, np.where(np.isfinite(exact), error, np.inf))
        error = np.nan_to_num(error, nan=np.inf)
        normal = np.where(size >= LEAST_NORMAL, error, 0.0)
        subnormal = np.where(size < LEAST_NORMAL, error, 0.0)
        lost = int((np.isnan(y) != nan).sum())
        found.append(Worst(*worst_of(normal, inputs), *worst_of(subnormal, inputs), lost))
    return found


def partners(patterns):
    """Return a float32 from 0 to 1 for each bit pattern, by hashes of it.

    One in eight is 0 or 1. In one group of neighbours in eight they are spread over the bit patterns: a kernel may
    compute a whole block another way for the tiny among them.
    """
    drawn, of_group = patterns * GOLDEN, (patterns >> np.uint64(GROUP_BITS)) * GOLDEN
    by_value = (drawn >> 40).astype(np.float32) * np.float32(2.0**-24)
    by_bits = (drawn % UNIT_PATTERNS).astype(np.uint32).view(np.float32)
    kind = drawn >> 20 & 15
    t = np.where(of_group >> 61 == 0, by_bits, by_value)
    return np.where(kind < 2, kind.astype(np.float32), t)


def outputs(name):
    """Return the outputs that a formula is the reference of, as (function, index, isa)."""
    return [(function, index, isa) for isa in kernels() for function, index in OUTPUTS[name]]


def check(name, patterns):
    """Return the worst errors of each output over a range of bit patterns."""
    found = [Worst()] * len(outputs(name))
    for start in range(0, len(patterns), BLOCK):
        block = patterns[start : start + BLOCK]
        bits = np.arange(block.start, block.stop, block.step, dtype=np.uint64)
        inputs = (bits.astype(np.uint32).view(np.float32), partners(bits))[: len(DOMAINS.get(name, ("real",)))]
        with np.errstate(divide="ignore", invalid="ignore"):  # logit's own, at 0 and 1 and beyond them
            results = [
                kernels()[isa][function](*inputs) if index is None else kernels()[isa][function](*inputs)[index]
                for function, index, isa in outputs(name)
            ]
        found = [a + b for a, b in zip(found, errors(name, inputs, results), strict=True)]
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
                bad |= max(worst.normal, worst.subnormal) > bound or worst.nan > 0
                row = {
                    "function": function if index is None else f"{function}[{index}]",
                    "ISA": isa,
                    "inputs": f"{len(patterns):,}",
                    "bound": f"{bound:.2f}",
                    "worst ULP": f"{worst.normal:.4f}",
                    "at": ", ".join(map(float.hex, worst.at)),
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
