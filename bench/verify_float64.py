"""Check float64 results against the nearest: a hundred million inputs of each function, on each ISA that this CPU has.

    python bench/verify_float64.py                         all functions, of one input and of two: a minute or two each
    python bench/verify_float64.py --function silu --points 1e9 --seed 7
    python bench/verify_float64.py --share 0.001           a thousandth of that
    python bench/verify_float64.py --type float32          the functions of two inputs in float32

A result is right if it has the bits of the number nearest to the exact value, NaN for NaN, and a zero the exact
value's sign. The exact value is that of bench/wide.py, long double with a bound of its error, and where two float64 lie
within that bound, of bench/nearest.py: MPFR with as many bits as it takes.

Inputs are drawn by bit pattern and by value over the region where a function varies, in its tails, near zero and at
thresholds, with few bits and with many; targets as well, hard and soft, next to sigmoid(x), and outside [0, 1].

Ctrl-C stops a run, and the same command goes on from there, if it has the seed that the run printed. Progress is kept
in a file, and void when kernels, references, seed or type change. Exit status: 0 all right, 1 a mismatch,
2 no wide long double here, 130 stopped.
"""

import hashlib
import math
import secrets
import sys
import zlib
from pathlib import Path

import chunks
import hunt_float64
import machine
import nearest
import numpy as np
import wide

from fastsig import _reference, _ufuncs

CHUNK = 1 << 18  # inputs: a task of a worker
BLOCK = 1 << 12  # inputs: long doubles of a block come from the heap, not page by page from the system
POINTS = 100_000_000
STATE = chunks.FOLDER / "verify_float64.json"
SILU_ZERO = -1.2784645427610738  # of silu's derivative
LEAST_NORMAL = float(np.finfo(np.float64).smallest_normal)


# ---------------------------------------------------------------------------------------------------------------
# The check
# ---------------------------------------------------------------------------------------------------------------


def nearest_numbers(name, *inputs):
    """Return the numbers nearest to a function's values, of its inputs' type, and how many were left to MPFR.

    A value is beyond doubt where everything within its bound rounds to one number.
    """
    value, doubt = wide.wide(name, *inputs, bound=wide.ERRORS[name] * wide.EPS)
    with np.errstate(all="ignore"):
        dtype = inputs[0].dtype
        right = value.astype(dtype)
        low, high = (value - doubt).astype(dtype), (value + doubt).astype(dtype)
    hard = np.flatnonzero((low != high) & np.isfinite(right))
    if hard.size:
        right[hard] = nearest.nearest(name, dtype.name, list(zip(*(x[hard].tolist() for x in inputs), strict=True)))
    return right, hard.size


def check(name, outputs, inputs):
    """Check callables against a formula of bench/wide.py.

    Parameters
    ----------
    name : str
        The formula.
    outputs : list of callable
        Each takes the inputs and returns an array of their type.
    inputs : tuple of numpy.ndarray
        Of one length and type.

    Returns
    -------
    chunks.Result
    """
    mismatches, hard = [chunks.Mismatches()] * len(outputs), 0
    for start in range(0, inputs[0].size, BLOCK):
        block = tuple(x[start : start + BLOCK] for x in inputs)
        right, by_mpfr = nearest_numbers(name, *block)
        hard += by_mpfr
        with np.errstate(all="ignore"):
            results = [output(*block) for output in outputs]
        mismatches = [m + chunks.compare(block, y, right) for m, y in zip(mismatches, results, strict=True)]
    return chunks.Result(mismatches, inputs[0].size, hard)


def check_chunk(task):
    """Check one chunk: it says by which seed its inputs are drawn, and of which type they are."""
    dtype, seed, number = task.chunk
    rng = np.random.default_rng([seed, number, zlib.crc32(task.name.encode())])
    return check(task.name, task.outputs, draw(task.name, CHUNK, rng, dtype))


# ---------------------------------------------------------------------------------------------------------------
# Inputs
# ---------------------------------------------------------------------------------------------------------------


def mixed(n, rng, *parts):
    """Return n numbers in random order: of each part, (share, draw), about its share."""
    drawn = np.concatenate([draw(math.ceil(share * n)) for share, draw in parts])
    return rng.permutation(drawn)[:n]


def signs(n, rng):
    """Return n signs."""
    return rng.choice([-1.0, 1.0], n)


def powers(low, high, n, rng):
    """Return positive numbers that are evenly spread over the exponents."""
    return np.exp2(rng.uniform(low, high, n))


def few_bits(n, rng):
    """Return numbers of one to ten bits, as large as 1023 and as small as 2^-30."""
    return np.ldexp(rng.integers(1, 1024, n), -rng.integers(0, 31, n)) * signs(n, rng)


def around(centre, n, rng):
    """Return numbers at distances from a centre that are evenly spread over the exponents."""
    return centre + powers(-52, 0, n, rng) * signs(n, rng)


def reals(span, n, rng):
    """Return numbers of all kinds for a function that varies within a span."""
    body = (max(span[0], -40.0), min(span[1], 40.0))
    interest = hunt_float64.of_interest(span)
    return mixed(
        n,
        rng,
        (0.30, lambda n: hunt_float64.from_binades(span, n, rng)),
        (0.25, lambda n: rng.uniform(*body, n)),
        (0.12, lambda n: rng.uniform(*span, n)),
        (0.10, lambda n: powers(-80, -8, n, rng) * signs(n, rng)),
        (0.05, lambda n: around(SILU_ZERO, n, rng)),
        (0.05, lambda n: rng.choice(interest, n)),
        (0.04, lambda n: few_bits(n, rng)),
        (0.04, lambda n: rng.normal(0, 4, n).astype(np.float32).astype(np.float64)),
        (0.05, lambda n: hunt_float64.of_all_patterns(n, rng)),
    )


def units(n, rng):
    """Return numbers from 0 to 1 of all kinds, and a few beyond."""
    return mixed(
        n,
        rng,
        (0.25, lambda n: rng.uniform(0, 1, n)),
        (0.25, lambda n: powers(-60, 0, n, rng)),
        (0.10, lambda n: powers(-1074, 0, n, rng)),
        (0.12, lambda n: np.clip(around(0.5, n, rng), 0, 1)),
        (0.12, lambda n: 1 - powers(-53, 0, n, rng)),
        (0.05, lambda n: np.abs(few_bits(n, rng)) % 1),
        (0.05, lambda n: rng.uniform(0, 1, n).astype(np.float32).astype(np.float64)),
        (0.04, lambda n: rng.choice([0.0, 0.5, 1.0], n)),
        (0.02, lambda n: hunt_float64.of_all_patterns(n, rng)),
    )


def next_to_sigmoid(x, rng, eps):
    """Return targets next to sigmoid(x): the nearest number, some on either side of it, and some further off."""
    with np.errstate(all="ignore"):
        s = wide.sigmoid(x.astype(wide.WIDE))[0]
        t = (s * (1 + powers(-60, -1, x.size, rng) * signs(x.size, rng))).astype(np.float64)
        steps = np.where(rng.random(x.size) < 0.5, rng.integers(-3, 4, x.size), 0)
        t = np.where(steps != 0, s.astype(np.float64) * (1 + steps * (eps / 2)), t)
    return np.where(t <= 1, t, 1.0)


def pairs(name, n, rng, dtype):
    """Return inputs of a function of two, for a type to which they are rounded."""
    info = np.finfo(dtype)
    least = info.minexp - info.nmant
    t = units(n, rng)
    if name == "sigmoid_backward":
        grad = mixed(
            n,
            rng,
            (0.50, lambda n: rng.normal(0, 1, n)),
            (0.20, lambda n: hunt_float64.of_all_patterns(n, rng)),
            (0.15, lambda n: powers(least, least + 2 * info.nmant, n, rng) * signs(n, rng)),
            (0.15, lambda n: few_bits(n, rng)),
        )
        return grad, t
    end = min(hunt_float64.EVERYWHERE, 2 - least * math.log(2))
    with np.errstate(all="ignore"):
        x = reals((-end, end), n, rng).astype(dtype).astype(np.float64)
    soft = rng.random(n)
    t = np.where(soft < 0.08, next_to_sigmoid(x, rng, info.eps), t)
    return x, np.where(soft > 0.9, rng.choice([0.0, 1.0], n), t)


def draw(name, n, rng, dtype="float64"):
    """Return n inputs of a function, or of each of its two."""
    if name in wide.PAIRS:
        inputs = pairs(name, n, rng, dtype)
    elif name == "logit":
        inputs = (units(n, rng),)
    else:
        inputs = (reals(wide.ROWS[name].span, n, rng),)
    with np.errstate(all="ignore"):
        return tuple(x.astype(dtype) for x in inputs)


# ---------------------------------------------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------------------------------------------


def fingerprint(*options):
    """Return a hash of all that a result depends on: kernels, driver, references, options."""
    modules = (wide, nearest, chunks, hunt_float64, _reference, _ufuncs, sys.modules[__name__])
    files = [*machine.kernel_files(), *(Path(m.__file__) for m in modules)]
    parts = [hashlib.sha256(f.read_bytes()).digest() for f in files]
    return hashlib.sha256(b"".join([*parts, str(options).encode()])).hexdigest()


def tasks(function, isa, points, seed, dtype="float64"):
    """Return the chunks of all that is to be checked: of float32 two inputs only (for one, `verify_float32.py`)."""
    found = wide.outputs(function, isa, inputs=(1, 2))
    return [
        chunks.Task(name, tuple(outputs), [dtype, seed, chunk])
        for name, outputs in found.items()
        if dtype == "float64" or name in wide.PAIRS
        for chunk in range(math.ceil(points / CHUNK))
    ]


def arguments(argv):
    """Return the parsed command line."""
    parser = chunks.parser(__doc__, wide.functions((1, 2)), STATE, "points")
    parser.add_argument("--type", choices=["float64", "float32"], default="float64", help="float32: of two inputs only")
    parser.add_argument(
        "--points", type=float, default=POINTS, metavar="N", help="a function; default a hundred million"
    )
    return parser.parse_args(argv)


def main(argv=None):
    """Run the command, and return its exit status."""
    options = arguments(argv)
    if reason := wide.unusable():
        print(f"verify_float64: {reason}", file=sys.stderr)
        return 2
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"--seed {seed}", flush=True)
    todo = tasks(options.function, options.isa, options.points * options.share, seed, options.type)
    state = chunks.State(options.state, fingerprint(seed, options.type), options.afresh)
    try:
        chunks.complete(check_chunk, todo, state, options.workers)
    except KeyboardInterrupt:
        print(f"stopped; the same command with --seed {seed} goes on from {options.state}", file=sys.stderr)
        return 130
    rows = chunks.table(todo, state)
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(kernels=f"default {options.type}"), **wide.facts(), "seed": seed}
        machine.write_log(options.log, f"{options.type}: results against the nearest", about, rows)
    lines = chunks.complaints(todo, state)
    print(*lines, sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
