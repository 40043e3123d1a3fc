"""The functions, and the operands they are given: enumerated from fastsig's own table.

The table is read from the checkout that holds these benchmarks, not from the fastsig that is measured. asv numbers the
parameters, and over a history in which functions are added each number must stand for the same function.
"""

import importlib.util
import re
from pathlib import Path

import numpy as np

import fastsig

PACKAGE = Path(__file__).parents[2] / "fastsig"


def table():
    """Return the module that lists the functions, without the package around it."""
    path = PACKAGE / "_reference.py"
    spec = importlib.util.spec_from_file_location("_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLE = table()
FUNCTIONS = list(TABLE.REFERENCE)
FAST = re.findall(r"^(\w+): Final", (PACKAGE / "fast.pyi").read_text("utf-8"), re.M)
TYPES = ["float16", "float32", "float64"]
PERIOD = 10**5  # elements drawn: longer operands repeat them, for numbers are slow to draw
SEED = 20190613
SMALL = 2.0**-16  # so near to 0 that float32 results of some functions are mended, in a loop of their own


def subnormal(info):
    """Return between which two x exp(-x) is subnormal."""
    return -info.minexp * np.log(2), -(info.minexp - info.nmant) * np.log(2)


# Of a real operand: what is drawn of the random generator for so many elements of a type.
REAL = {
    "normal": lambda rng, n, _: rng.normal(0, 3, n),
    "saturated": lambda rng, n, info: rng.choice([-1, 1], n) * rng.uniform(1.1, 2, n) * subnormal(info)[1],
    "subnormal tail": lambda rng, n, info: -rng.uniform(*subnormal(info), n),
    "with NaN": lambda rng, n, _: np.where(rng.random(n) < 0.1, np.nan, rng.normal(0, 3, n)),
    "near 0": lambda rng, n, _: rng.uniform(-SMALL, SMALL, n),
}
# The same of an operand from 0 to 1. The inverse function saturates at the ends.
UNIT = {
    "normal": lambda rng, n, _: rng.uniform(0, 1, n),
    "saturated": lambda rng, n, info: np.where(rng.random(n) < 0.5, info.smallest_normal, 1 - info.epsneg),
    "subnormal tail": lambda rng, n, info: rng.uniform(0, info.smallest_normal, n),
    "with NaN": lambda rng, n, _: np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0, 1, n)),
    "near 0": lambda rng, n, _: rng.uniform(0, SMALL, n),
}
DRAW = {
    "real": REAL,
    "unit": UNIT,
    "target": dict.fromkeys(REAL, lambda rng, n, _: rng.integers(0, 2, n)),
}
HARD = "hard"  # of float64: inputs whose results lie next to a midpoint, where that is found only by the accurate phase
HARD_CASES = Path(__file__).parents[2] / "tests" / "hard_cases"
HARD_CASES_OF = {
    "log_sigmoid": "softplus",
    "sigmoid_with_derivative": "sigmoid",
    "logistic_loss_gradient_hessian": "logistic_loss_gradient",
}
DISTRIBUTIONS = [*REAL, HARD]
LAYOUTS = ["contiguous", "strided", "in place", "columns"]  # columns of one table, inputs and outputs side by side


def function(name):
    """Return a ufunc.

    Raises
    ------
    NotImplementedError
        If the fastsig that is measured has none of that name: asv leaves the benchmark out.
    AttributeError
        If that is the sigmoid, which every fastsig has. A run that left out everything would count as passed.
    """
    if name != "sigmoid" and not hasattr(fastsig, name):
        raise NotImplementedError(name)
    return getattr(fastsig, name)


def hard_cases(name, n):
    """Return the inputs of a function's hard cases, over and over, as an array for each input."""
    lines = (HARD_CASES / f"{HARD_CASES_OF.get(name, name)}_float64.txt").read_text("utf-8").splitlines()
    cases = [line.split()[:-1] for line in lines if not line.startswith("#")]
    inputs = [np.array([float.fromhex(x) for x in column]) for column in zip(*cases, strict=True)]
    return [np.resize(-x if name == "log_sigmoid" else x, n) for x in inputs]


def ones(n, dtype, layout):
    """Return an array of ones, its elements side by side, or each with a gap behind it."""
    return np.ones(2 * n, dtype)[::2] if layout == "strided" else np.ones(n, dtype)


def fill(x, domain, distribution):
    """Fill an input piece by piece: temporary arrays count in a measurement of memory."""
    drawn = DRAW[domain][distribution](np.random.default_rng(SEED), min(len(x), PERIOD), np.finfo(x.dtype))
    for start in range(0, len(x), PERIOD):
        x[start : start + PERIOD] = drawn[: len(x) - start]


def operands(name, dtype, n, distribution="normal", layout="contiguous"):
    """Return what a function is called with, all pages touched: its inputs, and its outputs as `out=` takes them."""
    domains = TABLE.DOMAINS.get(name, ("real",))
    nop = len(domains) + len(TABLE.REFERENCE[name])
    arrays = list(np.ones((n, nop), dtype).T) if layout == "columns" else [ones(n, dtype, layout) for _ in range(nop)]
    inputs, outputs = arrays[: len(domains)], arrays[len(domains) :]
    if distribution == HARD:
        with np.errstate(over="ignore"):  # of narrow types
            for x, drawn in zip(inputs, hard_cases(name, n), strict=True):
                x[:] = drawn
    else:
        for x, domain in zip(inputs, domains, strict=True):
            fill(x, domain, distribution)
    if layout == "in place":
        outputs[0] = inputs[0]
    return inputs, tuple(outputs)
