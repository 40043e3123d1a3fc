"""Measure how accurate fastsig and its peers are: a table of the largest errors found, and curves of them over x.

    python bench/accuracy.py --markdown bench/accuracy/table.md --curves bench/accuracy/curves.json
    python bench/accuracy.py --functions sigmoid --points 1000000

`python bench/figures.py` draws the curves.

Errors are in ULP: gaps between the type's numbers at the exact value, the least subnormal's below the normal range.
fastsig is measured on each ISA that this CPU has; SciPy, PyTorch, JAX and what people write with NumPy, as far as they
are installed, on the same inputs. Functions of one argument are tried at all float16, and at samples of the wider
types, half drawn by value and half by bits; errors are ranked by the long double of bench/wide.py, and MPFR measures
the largest again. Of two arguments MPFR measures all errors. There `logistic_loss` and `sigmoid_backward` are given
numbers from 0 to 1, the other losses labels 0 and 1.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import lazy
import machine
import numpy as np
import wide
from contenders import CONTENDERS, INSTALL, absent, installed

import fastsig
from fastsig._reference import DOMAINS, REFERENCE

gmpy2 = lazy.Module("gmpy2")

TYPES = ("float16", "float32", "float64")
LIBRARIES = ("numpy", "scipy", "torch", "jax")
POINTS = 400_000
FEWER = 100  # so many times fewer points where MPFR measures all
BLOCK = 1 << 14
LEAST_BINADE = -30  # of what is drawn by bits; below, every function is a line or a logarithm
CONFIRMED = 64  # of the largest errors, how many MPFR measures
UNSURE = 1 / 16  # ULP: where a row of bench/wide.py is this unsure of an error, MPFR measures it
ROUNDING = 2.0**-50  # of an error, to float64
SEED = 20190613


# ---------------------------------------------------------------------------------------------------------------
# Inputs
# ---------------------------------------------------------------------------------------------------------------


def span(name, dtype):
    """Return the ends beyond which a function's results in this type are those at infinity, or NaN."""
    info = np.finfo(dtype)
    end = -1.06 * (info.minexp - info.nmant) * np.log(2)
    low, high = wide.ROWS[name].span
    return max(low, -end), min(high, end)


def by_bits(low, high, n, dtype, rng):
    """Return positive numbers of random bits."""
    integer = np.dtype(f"i{np.dtype(dtype).itemsize}")
    ends = np.array([low, high], dtype).view(integer)
    return rng.integers(ends[0], ends[1], n, endpoint=True, dtype=integer).view(dtype)


def real(name, dtype, n, rng):
    """Return numbers, half spread over the values between a function's ends, half over the binades."""
    low, high = span(name, dtype)
    x = by_bits(2.0**LEAST_BINADE, max(-low, high), n // 2, dtype, rng) * rng.choice([-1, 1], n // 2).astype(dtype)
    x = np.concatenate([rng.uniform(low, high, n - n // 2).astype(dtype), x])
    return x[(x >= low) & (x <= high)]


def unit(dtype, n, rng):
    """Return numbers between 0 and 1: by value, by bits, and next to 1/2 and to 1."""
    part = n // 4
    gap = np.ldexp(rng.uniform(0.5, 1, 2 * part), -rng.integers(1, np.finfo(dtype).nmant + 2, 2 * part))
    beside = np.concatenate([0.5 + gap[:part] * rng.choice([-1, 1], part), 1 - gap[part:]])
    small = by_bits(np.finfo(dtype).smallest_subnormal, 1, part, dtype, rng)
    x = np.concatenate([rng.uniform(0, 1, part).astype(dtype), beside.astype(dtype), small])
    return x[(x > 0) & (x < 1)]


def of_one_argument(name, dtype, n):
    """Return the inputs of a row of bench/wide.py."""
    rng = np.random.default_rng(SEED)
    if dtype == "float16":
        x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
        low, high = wide.ROWS[name].domain
        return x[np.isfinite(x) & (x >= low) & (x <= high) & ((x > 0) & (x < 1) | (low < 0))]
    return unit(dtype, n, rng) if wide.ROWS[name].domain == (0.0, 1.0) else real(name, dtype, n, rng)


def of_several(name, dtype, n):
    """Return the inputs of a function of two arguments, drawn apart and paired at random."""
    rng = np.random.default_rng(SEED)
    draw = {
        "real": lambda: real("sigmoid", dtype, n, rng),
        "unit": lambda: unit(dtype, n, rng),
        "target": lambda: rng.integers(0, 2, n).astype(dtype),
    }
    arrays = [rng.permutation(draw[domain]()) for domain in DOMAINS[name]]
    return [array[: min(map(len, arrays))] for array in arrays]


# ---------------------------------------------------------------------------------------------------------------
# Errors
# ---------------------------------------------------------------------------------------------------------------


def errors_by_mpfr(formula, inputs, y):
    """Return the errors of results in ULP, by MPFR."""
    info = np.finfo(y.dtype)
    errors = np.empty(y.size)
    with gmpy2.context(precision=wide.MPFR_BITS):
        for i, (result, *xs) in enumerate(zip(y.tolist(), *(x.tolist() for x in inputs), strict=True)):
            v = formula(gmpy2, *map(gmpy2.mpfr, xs))
            gap = max(gmpy2.frexp(v)[0] - 1 if v else info.minexp, int(info.minexp)) - int(info.nmant)
            errors[i] = float(abs(gmpy2.mpfr(result) - v) * gmpy2.exp2(-gap))
    return np.nan_to_num(errors, nan=np.inf)


def errors_by_long_double(name, x, y):
    """Return the errors in ULP of results of any type, by a row of bench/wide.py.

    MPFR measures those where the row's bound is too large, or does not tell whether the result is the nearest.
    """
    info = np.finfo(y.dtype)
    errors = np.empty(y.size)
    for start in range(0, y.size, BLOCK):
        part = slice(start, start + BLOCK)
        value, doubt = wide.wide(name, x[part])
        with np.errstate(all="ignore"):
            exponent = np.maximum(np.frexp(value)[1] - 1, info.minexp) - info.nmant
            errors[part] = np.ldexp(np.abs(y[part] - value), -exponent)
            doubt = np.ldexp(np.abs(doubt), -exponent)
            unsure = start + np.flatnonzero((doubt > UNSURE) | (np.abs(errors[part] - 0.5) <= doubt + ROUNDING))
        errors[unsure] = errors_by_mpfr(REFERENCE[name][0], [x[unsure]], y[unsure])
    return np.nan_to_num(errors, nan=np.inf)


class Found(NamedTuple):
    """What is known of one output of one function, as one library computes it."""

    function: str
    dtype: str
    by: str
    worst: float
    at: tuple[float, ...]
    not_nearest: float  # share


def summary(output, dtype, by, formula, inputs, y, errors):
    """Return the largest error, confirmed, with its input, and the share of the results that are not the nearest."""
    candidates = np.argsort(errors)[-CONFIRMED:]
    confirmed = errors_by_mpfr(formula, [x[candidates] for x in inputs], y[candidates])
    worst = candidates[np.argmax(confirmed)]
    at = tuple(float(x[worst]) for x in inputs)
    return Found(output, dtype, by, float(confirmed.max()), at, float(np.mean(errors > 0.5)))


# ---------------------------------------------------------------------------------------------------------------
# The contenders
# ---------------------------------------------------------------------------------------------------------------


def evaluators(name, dtype, libraries):
    """Return what computes a function, by name; each takes arrays, and returns a result or a tuple of them."""
    found = {f"fastsig {isa}": ufuncs[name] for isa, ufuncs in wide.kernels().items()}
    if dtype != "float16":  # SciPy has none, and the others compute it in float32
        found |= {label: library.function(name) for label, library in libraries.items()}
    return found


def results(name, dtype, inputs, libraries):
    """Yield each name that `evaluators` gives, and a list of the results."""
    for by, function in evaluators(name, dtype, libraries).items():
        arrays = inputs
        if by == CONTENDERS["torch"].label:
            import torch

            arrays = [torch.from_numpy(x) for x in inputs]
        with np.errstate(all="ignore"):
            found = function(*arrays)
        yield by, [np.asarray(y) for y in (found if isinstance(found, tuple) else (found,))]


def measured(name, dtype, points, libraries):
    """Yield, for each output and each that computes it, a `Found`, the inputs and the errors."""
    formulas = REFERENCE[name]
    single = len(DOMAINS.get(name, ("real",))) == 1
    rows = [formula.__name__ for formula in formulas]
    inputs = [of_one_argument(rows[0], dtype, points)] if single else of_several(name, dtype, points // FEWER)
    for by, outputs in results(name, dtype, inputs, libraries):
        for i, (formula, row, y) in enumerate(zip(formulas, rows, outputs, strict=True)):
            errors = errors_by_long_double(row, *inputs, y) if single else errors_by_mpfr(formula, inputs, y)
            output = f"{name}[{i}]" if len(formulas) > 1 else name
            yield summary(output, dtype, by, formula, inputs, y, errors), inputs, errors


# ---------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------


def merged(found):
    """Return the same, the ISAs of fastsig whose numbers agree joined into one."""
    joined = {}
    for f in found:
        joined.setdefault((f.function, f.dtype, f.by.split()[0], *f[3:]), []).append(f)
    return [
        same[0]._replace(by=", ".join([same[0].by, *(f.by.removeprefix("fastsig ") for f in same[1:])]))
        for same in joined.values()
    ]


def ulps(error):
    """Return an error as text."""
    if error < 1000:
        return f"{error:.4f}"
    return f"{error:.1e}" if np.isfinite(error) else "NaN"


def table(found):
    """Return the rows of the table."""
    return [
        {
            "function": f.function,
            "type": f.dtype,
            "by": f.by,
            "largest error, ULP": ulps(f.worst),
            "at": ", ".join(f"{x:.9g}" for x in f.at),
            "the same, exactly": ", ".join(map(float.hex, f.at)),
            "not nearest": f"{f.not_nearest:.2%}",
        }
        for f in merged(found)
    ]


# ---------------------------------------------------------------------------------------------------------------
# The curves
# ---------------------------------------------------------------------------------------------------------------

BINS = 100
BINS_OF_FEWER = 40
OVER = {"logit": (0, "p"), "sigmoid_backward": (1, "y")}  # the input that a curve is drawn over, and its name
UNIT_ENDS = {"logit": (1e-12, 1 - 1e-7), "sigmoid_backward": (1e-2, 1 - 1e-7)}  # where the inputs are dense


def edges(name, dtype):
    """Return where the bins of a curve begin and end: evenly spaced in asinh(x), or in logit(p) from 0 to 1."""
    row, bins = REFERENCE[name][0].__name__, BINS
    if getattr(fastsig, name).nin > 1:
        row, bins = "sigmoid", BINS_OF_FEWER  # the row that `of_several` draws its inputs for
    if name in UNIT_ENDS:
        return fastsig.sigmoid(np.linspace(*fastsig.logit(UNIT_ENDS[name]), bins + 1))
    return np.sinh(np.linspace(*np.arcsinh(span(row, dtype)), bins + 1))


def largest_by_bin(x, errors, bins):
    """Return the largest error of each bin, NaN where it has no input."""
    at = np.digitize(x.astype(np.float64), bins) - 1
    largest = np.full(bins.size - 1, -np.inf)
    inside = (at >= 0) & (at < largest.size)
    np.maximum.at(largest, at[inside], errors[inside])
    return np.where(np.isneginf(largest), np.nan, largest)


def add_curve(curves, name, f, inputs, errors):
    """Add a contender's largest errors over an input to the row of an output and a type, unless they are there."""
    at, over = OVER.get(name, (0, "x"))
    bins = edges(name, f.dtype)
    row = curves.setdefault(
        (f.function, f.dtype),
        {"function": f.function, "type": f.dtype, "over": over, "edges": " ".join(f"{x:.9g}" for x in bins)},
    )
    by = "fastsig" if f.by.startswith("fastsig") else f.by
    if by not in row:
        row[by] = " ".join(f"{error:.3g}" for error in largest_by_bin(inputs[at], errors, bins))


# ---------------------------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------------------------


def arguments(argv):
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--functions", nargs="+", choices=REFERENCE, default=tuple(REFERENCE), metavar="NAME")
    parser.add_argument("--types", nargs="+", choices=TYPES, default=TYPES, metavar="TYPE")
    parser.add_argument("--peers", nargs="+", choices=LIBRARIES, default=LIBRARIES, metavar="NAME")
    parser.add_argument("--points", type=int, default=POINTS, metavar="N", help="default: %(default)s")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="for the table")
    parser.add_argument("--curves", type=Path, metavar="FILE", help="for the errors over x, a JSON log")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the command, and return its exit status."""
    options = arguments(argv)
    if reason := wide.unusable():
        print(f"accuracy: {reason}", file=sys.stderr)
        return 2
    if missing := absent(options.peers):
        print(f"Not installed: {', '.join(missing)}. {INSTALL}", file=sys.stderr)
    contenders = {n: c for n, c in installed(options.peers).items() if c.library}
    libraries = {contender.label: contender.library() for contender in contenders.values()}
    found, curves = [], {}
    for name in options.functions:
        for dtype in options.types:
            for f, inputs, errors in measured(name, dtype, options.points, libraries):
                found.append(f)
                if dtype != "float16":
                    add_curve(curves, name, f, inputs, errors)
        print(name, file=sys.stderr, flush=True)
    packages = [p for n, c in contenders.items() if n != "numpy" for p in c.packages]
    about = {**machine.facts(packages), **wide.facts(), "points": options.points, "seed": SEED}
    rows = table(found)
    print(machine.markdown(rows))
    if options.markdown:
        machine.write_log(options.markdown, "The largest errors found", about, rows)
    if options.curves:
        machine.write_log(options.curves, "The largest errors found, by bins of an input", about, [*curves.values()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
