"""The functions, and the operands they are given: enumerated from fastsig's own table.

The table is read from the checkout that holds these benchmarks, not from the fastsig that is measured. asv numbers the
parameters, and over a history in which functions are added each number must stand for the same function.
"""

import importlib
import importlib.util
from pathlib import Path

import numpy as np

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
TIERS = {"default": "fastsig", "fast": "fastsig.fast"}  # and the modules that hold their functions
TYPES = ["float16", "float32", "float64"]
PERIOD = 10**5  # elements drawn: longer operands repeat them by default, since numbers are slow to draw
SEED = 20190613


def subnormal(info):
    """Return the two x between which exp(-x) is subnormal."""
    return -info.minexp * np.log(2), -(info.minexp - info.nmant) * np.log(2)


def signs(rng, n):
    """Return -1 and 1, at random."""
    return rng.choice([-1, 1], n)


# The kinds of a first operand: each draws n elements from a random generator, for a type. No kind but the hard
# one is to take more than 3 times as long as the normal one.
REAL = {
    "normal": lambda rng, n, _: rng.normal(0, 4, n),
    "tail": lambda rng, n, info: -rng.uniform(*subnormal(info), n),  # where the sigmoid is subnormal
    "beyond": lambda rng, n, info: signs(rng, n) * rng.uniform(1.1, 2, n) * subnormal(info)[1],
    "huge": lambda rng, n, info: signs(rng, n) * np.exp2(rng.uniform(info.maxexp * 0.6, info.maxexp - 1, n)),
    "infinite": lambda rng, n, _: signs(rng, n) * np.inf,
    "near 0": lambda rng, n, _: signs(rng, n) * np.exp2(rng.uniform(-24, -1, n)),
    "tiny": lambda rng, n, info: signs(rng, n) * np.exp2(rng.uniform(info.minexp - info.nmant, -info.nmant, n)),
    "NaN": lambda _rng, n, _info: np.full(n, np.nan),
    "with NaN": lambda rng, n, _: np.where(rng.random(n) < 0.1, np.nan, rng.normal(0, 4, n)),
    "float32 values": lambda rng, n, _: rng.normal(0, 4, n).astype(np.float32),
    "integers": lambda rng, n, _: rng.integers(-40, 40, n),
    "saturated": lambda rng, n, _: signs(rng, n) * rng.uniform(40, 100, n),
}
# The same for an operand from 0 to 1.
UNIT = {
    "normal": lambda rng, n, _: rng.uniform(0, 1, n),
    "tail": lambda rng, n, info: rng.uniform(0, info.smallest_normal, n),
    "near 0": lambda rng, n, info: np.exp2(rng.uniform(info.minexp, -4, n)),
    "near 1/2": lambda rng, n, info: 0.5 + signs(rng, n) * np.exp2(rng.uniform(-info.nmant - 1, -4, n)),
    "near 1": lambda rng, n, info: 1 - np.exp2(rng.uniform(-info.nmant - 1, -4, n)),
    "0 and 1": lambda rng, n, _: rng.integers(0, 2, n),
    "NaN": REAL["NaN"],
    "with NaN": lambda rng, n, _: np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0, 1, n)),
    "float32 values": lambda rng, n, _: rng.uniform(0, 1, n).astype(np.float32),
}
KINDS = {"real": REAL, "unit": UNIT}
# And for a second operand, a target or a sigmoid
SECOND = {
    "label": lambda rng, n: rng.integers(0, 2, n),
    "soft": lambda rng, n: rng.uniform(0, 1, n),
}
HARD = "hard"  # inputs whose results lie next to a midpoint, of types where only the accurate phase finds that out
HARD_CASES = Path(__file__).parents[2] / "tests" / "hard_cases"
HARD_CASES_OF = {
    "log_sigmoid": "softplus",
    "logistic_loss_gradient_hessian": "logistic_loss_gradient",
}
DISTRIBUTIONS = [*dict.fromkeys([*REAL, *UNIT]), HARD]
LAYOUTS = ["contiguous", "strided", "in place", "columns"]  # columns of one table, inputs and outputs side by side


def function(name, tier="default"):
    """Return a ufunc.

    Raises
    ------
    NotImplementedError
        If the fastsig that is measured has none of that name: asv leaves the benchmark out.
    AttributeError
        If that is the sigmoid, which every fastsig has. A run that left out everything would count as passed.
    """
    try:
        module = importlib.import_module(TIERS[tier])
    except ModuleNotFoundError as error:  # a fastsig that has no fast tier
        raise NotImplementedError(tier) from error
    if name != "sigmoid" and not hasattr(module, name):
        raise NotImplementedError(name)
    return getattr(module, name)


def hard_file(name, dtype):
    """Return the file that may hold a function's hard cases."""
    return HARD_CASES / f"{HARD_CASES_OF.get(name, name.partition('_with_')[0])}_{dtype}.txt"


def hard_cases(name, dtype, n):
    """Return the inputs of a function's hard cases, over and over, as an array for each input."""
    lines = hard_file(name, dtype).read_text("utf-8").splitlines()
    cases = [line.split()[:-1] for line in lines if not line.startswith("#")]
    inputs = [np.array([float.fromhex(x) for x in column]) for column in zip(*cases, strict=True)]
    return [np.resize(-x if name == "log_sigmoid" else x, n) for x in inputs]


def ones(n, dtype, layout):
    """Return an array of ones, its elements side by side, or each with a gap behind it."""
    return np.ones(2 * n, dtype)[::2] if layout == "strided" else np.ones(n, dtype)


def fill(x, draw, period):
    """Fill an input piece by piece: temporary arrays count in a measurement of memory."""
    drawn = draw(min(len(x), period))
    for start in range(0, len(x), period):
        x[start : start + period] = drawn[: len(x) - start]


def operands(name, dtype, n, distribution="normal", layout="contiguous", second="label", period=PERIOD):
    """Return what a function is called with, all pages touched: its inputs, and its outputs as `out=` takes them.

    Raises
    ------
    NotImplementedError
        If there is no such kind of its first input: asv leaves the benchmark out.
    """
    first, *more = TABLE.DOMAINS.get(name, ("real",))
    if distribution not in KINDS[first] and not (distribution == HARD and hard_file(name, dtype).exists()):
        raise NotImplementedError(distribution)
    nin = 1 + len(more)
    nop = nin + len(TABLE.REFERENCE[name])
    arrays = list(np.ones((n, nop), dtype).T) if layout == "columns" else [ones(n, dtype, layout) for _ in range(nop)]
    inputs, outputs = arrays[:nin], arrays[nin:]
    rng = np.random.default_rng(SEED)
    with np.errstate(over="ignore", invalid="ignore"):  # of narrow types
        if distribution == HARD:
            for x, drawn in zip(inputs, hard_cases(name, dtype, n), strict=True):
                x[:] = drawn
        else:
            fill(inputs[0], lambda m: KINDS[first][distribution](rng, m, np.finfo(dtype)), period)
            for t in inputs[1:]:
                fill(t, lambda m: SECOND[second](rng, m), period)
    if layout == "in place":
        outputs[0] = inputs[0]
    return inputs, tuple(outputs)


def cases(name, dtype, n, period=PERIOD):
    """Yield all kinds of inputs of a function: the kind, its name with the second's kind, and the arrays."""
    first, *more = TABLE.DOMAINS.get(name, ("real",))
    for kind in KINDS[first]:
        for second in SECOND if more else ("",):
            yield kind, f"{kind} {second}".strip(), operands(name, dtype, n, kind, second=second, period=period)[0]
    if hard_file(name, dtype).exists():
        yield HARD, HARD, operands(name, dtype, n, HARD)[0]
