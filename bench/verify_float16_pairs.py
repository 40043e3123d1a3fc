"""Check every pair of float16: all 2^32 of each function of two inputs, on each ISA that this CPU has.

    python bench/verify_float16_pairs.py                   all of it: minutes
    python bench/verify_float16_pairs.py --share 0.01      a random hundredth of the first inputs, with all second ones

A result is right if it has the bits of the float16 nearest to the exact value, NaN for NaN, and a zero the exact
value's sign; where an input is infinite, the exact value is the limit. It is a sum A + R: A is made of float16 and
exact in float64, R depends on the first input alone and comes from MPFR. Where the sum plus and minus its error bound
rounds to two float16, MPFR decides with as many bits as it takes.

Ctrl-C stops a run, and the same command goes on from there. Progress is kept in a file, and void when the kernels or
the references change. Exit status: 0 all right, 1 a mismatch, 130 stopped.
"""

import functools
import hashlib
import itertools
import math
import secrets
import sys
from pathlib import Path

import chunks
import lazy
import machine
import nearest
import numpy as np
import wide

from fastsig import _reference, _ufuncs
from fastsig._reference import REFERENCE

gmpy2 = lazy.Module("gmpy2")

PATTERNS = 1 << 16
CHUNKS = 1 << 10  # a chunk has every 1024th pattern as its first input, and all as its second: 2^22 pairs
ROWS = 8  # first inputs of a call
STATE = chunks.FOLDER / "verify_float16_pairs.json"
TINY = 5e-324  # stands for what is not 0, but so small that float64 has no number for it
OFF = 2.0**-52  # relatively: R is off by 2^-53, and the sum by another

ALL = np.arange(PATTERNS, dtype=np.uint16).view(np.float16)
TARGETS = np.flatnonzero((ALL >= 0) & (ALL <= 1))  # their patterns, that of -0 included


# ---------------------------------------------------------------------------------------------------------------
# The right results, of one first input and all second ones
# ---------------------------------------------------------------------------------------------------------------


@functools.cache
def rests():
    """Return what MPFR says of each magnitude of float16, by its pattern, to 2^-53 relatively.

    Returns
    -------
    dict of str to numpy.ndarray
        log1p: log(1 + exp(-|x|)); small: sigmoid(-|x|); both TINY at infinity, so that a zero gets its sign.
        curved: tanh(|x|/2)/2 - |x|/4.
    """
    found = {name: np.full(0x7C01, TINY) for name in ("log1p", "small", "curved")}
    with gmpy2.context(precision=200):
        for i, x in enumerate(map(gmpy2.mpfr, ALL[:0x7C00].tolist())):
            found["log1p"][i] = max(float(nearest.softplus(-x)[0]), TINY)
            found["small"][i] = max(float(nearest.sigmoid(-x)[0]), TINY)
            found["curved"][i] = float(gmpy2.tanh(x / 2) / 2 - x / 4)
    return found


def parts(name, x):
    """Return A, for each target, and R.

    Parameters
    ----------
    name : str
        logistic_loss or logistic_loss_gradient.
    x : numpy.float16
        No NaN.
    """
    t, a = ALL[TARGETS].astype(np.float64), float(abs(x))
    of = {key: values[int(np.abs(x).view(np.uint16))] for key, values in rests().items()}
    if name == "logistic_loss":  # |x| (x > 0 ? 1 - t : t): 11 bits times 25 at most
        share = 1 - t if x > 0 else t
        return np.where(share == 0, 0.0, a * share), of["log1p"]
    if a < 1:  # 1/2 - t + x/4 is a multiple of 2^-26
        return 0.5 - t + float(x) / 4, np.sign(float(x)) * of["curved"]
    return (1 - t, -of["small"]) if x > 0 else (-t, of["small"])


def to_float16(v):
    """Return the float16 nearest to float64, ties to even.

    The rounding is done here: NumPy's own conversion takes ten times as long where it has to raise a flag.
    """
    exponent = np.maximum((v.view(np.int64) >> 52) & 0x7FF, 1023 - 14) - 10
    ulp, inverse = (exponent << 52).view(np.float64), ((2046 - exponent) << 52).view(np.float64)
    nearest_multiple = np.rint(v * inverse) * ulp
    nearest_multiple[np.abs(nearest_multiple) > 65504] *= np.inf
    return nearest_multiple.astype(np.float16)


def rounded_sums(a, r):
    """Return the float16 nearest to numbers a plus a number r, and where that is in doubt.

    An r that the float64 sum loses still counts: the exact sum lies beyond a. No midpoint of two float16 lies between
    a, which has 36 bits at most, and the float64 next to it, nor is that float64 one.
    """
    s = a + r
    off = np.where((r == 0) | np.isinf(s), 0, OFF * (np.abs(s) + abs(r)))
    low, high = s - off, s + off
    if r > 0:
        low = np.maximum(low, np.nextafter(a, np.inf))
        high = np.maximum(high, low)
    elif r < 0:
        high = np.minimum(high, np.nextafter(a, -np.inf))
        low = np.minimum(low, high)
    low, high = to_float16(low), to_float16(high)
    return low, np.flatnonzero(low != high)


def sums(name, x):
    """Return the right results of a loss or gradient for all second inputs, and how many were left to MPFR."""
    right = np.full(PATTERNS, np.nan, np.float16)
    if np.isnan(x):
        return right, 0
    found, doubtful = rounded_sums(*parts(name, x))
    if doubtful.size:
        t = ALL[TARGETS[doubtful]].tolist()
        found[doubtful] = nearest.nearest(name, "float16", [(float(x), b) for b in t])
    right[TARGETS] = found
    return right, doubtful.size


def products(x):
    """Return the right results of sigmoid_backward for all second inputs: exact in float64, with 48 bits at most."""
    y = ALL.astype(np.float64)
    return to_float16(float(x) * (y * (1 - y))), 0


@functools.cache
def hessians():
    """Return sigmoid_derivative of every float16."""
    x = np.minimum(np.abs(ALL), np.float16(65504)).tolist()  # at infinity it is 0, as at 65504
    right = np.full(PATTERNS, np.nan, np.float16)
    real = np.flatnonzero(~np.isnan(ALL))
    right[real] = nearest.nearest("sigmoid_derivative", "float16", [(x[i],) for i in real])
    return right


def right_results(name, x):
    """Return the right results of a function of a first input and all second ones, and how many were left to MPFR."""
    with np.errstate(all="ignore"):
        if name == "sigmoid_backward":
            return products(x)
        if name == "sigmoid_derivative":
            return np.broadcast_to(hessians()[x.view(np.uint16)], PATTERNS), 0
        return sums(name, x)


# ---------------------------------------------------------------------------------------------------------------
# The check
# ---------------------------------------------------------------------------------------------------------------


def results(function, isa, x):
    """Return the outputs of a function on an ISA for first inputs, in rows, and all second ones."""
    with np.errstate(all="ignore"):
        found = wide.kernels()[isa][function](x[:, None], ALL[None, :])
    return found if isinstance(found, tuple) else (found,)


def check(function, outputs, first):
    """Check outputs of a function for some first inputs and all second ones.

    Parameters
    ----------
    function : str
        Of two inputs.
    outputs : sequence of wide.Output
        All outputs of it that are to be checked.
    first : numpy.ndarray
        First inputs.

    Returns
    -------
    chunks.Result
    """
    mismatches, hard = {output: chunks.Mismatches() for output in outputs}, 0
    names = [formula.__name__ for formula in REFERENCE[function]]
    for start in range(0, first.size, ROWS):
        x = first[start : start + ROWS]
        right = [[right_results(name, one) for one in x] for name in names]
        hard += sum(by_mpfr for of_name in right for _, by_mpfr in of_name)
        for isa in dict.fromkeys(output.isa for output in outputs):
            found = results(function, isa, x)
            for output in (output for output in outputs if output.isa == isa):
                for one, got, (expected, _) in zip(x, found[output.index], right[output.index], strict=True):
                    mismatches[output] += chunks.compare((one, ALL), got, expected)
    return chunks.Result(list(mismatches.values()), first.size * PATTERNS, hard)


def check_chunk(task):
    """Check one chunk."""
    return check(task.name, task.outputs, ALL[task.chunk :: CHUNKS])


# ---------------------------------------------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------------------------------------------


def fingerprint():
    """Return a hash of all that a result depends on: kernels, driver, references."""
    modules = (wide, nearest, chunks, _reference, _ufuncs, sys.modules[__name__])
    files = [*machine.kernel_files(), *(Path(m.__file__) for m in modules)]
    return hashlib.sha256(b"".join(hashlib.sha256(f.read_bytes()).digest() for f in files)).hexdigest()


def tasks(function, isa, share, seed):
    """Return the chunks of a random share of all that is to be checked."""
    drawn = np.random.default_rng(seed).permutation(CHUNKS)[: math.ceil(share * CHUNKS)]
    found = {}
    for output in itertools.chain(*wide.outputs(function, isa, inputs=(2,)).values()):
        found.setdefault(output.function, []).append(output)
    return [chunks.Task(name, tuple(outputs), int(chunk)) for name, outputs in found.items() for chunk in drawn]


def main(argv=None):
    """Run the command, and return its exit status."""
    options = chunks.parser(__doc__, wide.functions((2,)), STATE, "first inputs, at random").parse_args(argv)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    todo = tasks(options.function, options.isa, options.share, seed)
    if options.share < 1:
        print(f"a share of {options.share} by --seed {seed}", flush=True)
    state = chunks.State(options.state, fingerprint(), options.afresh)
    try:
        chunks.complete(check_chunk, todo, state, options.workers)
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on from {options.state}", file=sys.stderr)
        return 130
    rows = chunks.table(todo, state)
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(kernels="default float16"), "MPFR": gmpy2.mpfr_version(), "share": options.share}
        machine.write_log(options.log, "float16: every pair of inputs against the nearest", about, rows)
    lines = chunks.complaints(todo, state)
    print(*lines, sep="\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
