"""``fastsig`` and ``python -m fastsig``: how accurate and how fast fastsig is on this machine."""

import argparse
import decimal
import platform
import statistics
import sys
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

import fastsig
from fastsig import _dispatch
from fastsig._bounds import most_ulp
from fastsig._reference import DOMAINS, REFERENCE

TYPES = ("float16", "float32", "float64", "longdouble")
SAMPLES = 2000  # inputs checked per function and type
SEED = 20190613
DIGITS = 60
SERIES = Decimal("1e-10")  # to where five terms of a series give 50 digits, and from where a difference leaves as many
SIZES = (10**3, 10**6)
ROUNDS = 15


# ---------------------------------------------------------------------------------------------------------------
# Accuracy, against decimal arithmetic
# ---------------------------------------------------------------------------------------------------------------


class Wide:
    """Decimal arithmetic, as the reference formulas want it."""

    exp = Decimal.exp
    log = Decimal.ln

    @staticmethod
    def expm1(x):
        """Return e^x - 1; by its series where the difference would cancel."""
        if abs(x) > SERIES:
            return x.exp() - 1
        return x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5))))

    @staticmethod
    def log1p(x):
        """Return log(1 + x); by its series where the sum would lose x."""
        if abs(x) > SERIES:
            return (1 + x).ln()
        return x * (1 - x * (Decimal(1) / 2 - x * (Decimal(1) / 3 - x * (Decimal(1) / 4 - x / 5))))


def real(dtype, rng):
    """Return numbers of a type, half of them spread over the values where functions vary, half over all exponents."""
    info = np.finfo(dtype)
    least = float(-(info.minexp - info.nmant) * np.log(2)) + 2  # exp(-least) is below half the least subnormal
    half = SAMPLES // 2
    values = rng.uniform(-least, least, half).astype(dtype)
    # Below 2^-2 nmant every function is its value at 0; from 2^8 (2^14 for long double) on, its limit.
    exponents = rng.integers(-2 * info.nmant, int(np.log2(least)) + 1, SAMPLES - half)
    spread = np.ldexp(rng.uniform(1, 2, SAMPLES - half).astype(dtype), np.maximum(exponents, info.minexp - info.nmant))
    return np.concatenate([values, spread * rng.choice([-1, 1], SAMPLES - half).astype(dtype)])


def unit(dtype, rng):
    """Return numbers of a type between 0 and 1, a third each over the values, next to 0, and next to 1/2 and 1."""
    info = np.finfo(dtype)
    third = SAMPLES // 3
    values = rng.uniform(0.01, 0.99, SAMPLES - 2 * third).astype(dtype)
    small = np.ldexp(rng.uniform(0.5, 1, third).astype(dtype), rng.integers(info.minexp, 0, third))
    gaps = np.ldexp(rng.uniform(0.5, 1, third).astype(dtype), rng.integers(-info.nmant, -1, third))
    beside = rng.choice([0.5, 1.0], third).astype(dtype) - gaps
    return rng.permutation(np.concatenate([values, small, beside]))


def target(dtype, rng):
    """Return zeros and ones of a type."""
    return rng.integers(0, 2, SAMPLES).astype(dtype)


def inputs(name, dtype):
    """Return the inputs on which a function is checked, an array each."""
    rng = np.random.default_rng(SEED)
    draw = {"real": real, "unit": unit, "target": target}
    return [draw[domain](dtype, rng) for domain in DOMAINS.get(name, ("real",))]


def exact(x):
    """Return a NumPy scalar as an exact fraction."""
    return Fraction(*x.as_integer_ratio())


def ulp_error(y, value, info):
    """Return the error of y, in gaps of its type at the exact value."""
    value = Fraction(value)
    # floor(log2 |value|), from the lengths of numerator and denominator and one comparison
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    exponent -= abs(value) < Fraction(2) ** exponent
    gap = Fraction(2) ** (max(exponent, int(info.minexp)) - int(info.nmant))
    return float(abs(exact(y) - value) / gap) if np.isfinite(y) else float("inf")


def accuracy(name, dtype):
    """Return the largest error of a function's outputs in ULP, over all inputs of a type."""
    arrays = inputs(name, dtype)
    results = getattr(fastsig, name)(*arrays)
    results = results if isinstance(results, tuple) else (results,)
    info = np.finfo(dtype)
    with decimal.localcontext() as context:
        context.prec = DIGITS
        wide = [[Decimal(v.numerator) / v.denominator for v in map(exact, array)] for array in arrays]
        return max(
            ulp_error(y, formula(Wide, *v), info)
            for formula, result in zip(REFERENCE[name], results, strict=True)
            for y, *v in zip(result, *wide, strict=True)
        )


def stated(name, dtype):
    """Return the most that a function's results may be off, for several outputs the largest."""
    return max(most_ulp(formula.__name__, dtype) for formula in REFERENCE[name])


def report_accuracy():
    """Print the largest error per function and type; return whether all are within their bounds."""
    print(f"\nLargest error in ULP over {SAMPLES} inputs each, against {Decimal.__module__} arithmetic (bound)")
    print("A bound of 0.50 is correct rounding: the result is the number nearest to the exact value.")
    print(f"{'':32}" + "".join(f"{t:>18}" for t in TYPES))
    failed = []
    for name in REFERENCE:
        cells = []
        for dtype in TYPES:
            error, bound = accuracy(name, np.dtype(dtype)), stated(name, dtype)
            if not error <= bound:
                failed.append(f"{name} {dtype}: {error:.3f} ULP, over its bound of {bound:.2f}")
            cells.append(f"{error:.3f} ({bound:.2f})")
        print(f"{name:32}" + "".join(f"{cell:>18}" for cell in cells))
    for line in failed:
        print(f"FAILED  {line}")
    return not failed


# ---------------------------------------------------------------------------------------------------------------
# Speed, beside what people write by hand
# ---------------------------------------------------------------------------------------------------------------


def by_hand(x, out):
    """Compute the NumPy idiom, 1/(1 + exp(-x)), without temporaries."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.divide(1, out, out=out)


def contenders():
    """Return what is timed, by label; each takes the input and the output."""
    found = {
        "fastsig.sigmoid": lambda x, out: fastsig.sigmoid(x, out=out),
        "1/(1+np.exp(-x))": by_hand,
    }
    try:
        from scipy.special import expit
    except ImportError:
        pass
    else:
        found["scipy expit"] = lambda x, out: expit(x, out=out)
    return found


def timings(functions, n, dtype):
    """Return ns per element of each function, a list with an entry per round; the functions take turns."""
    x = np.random.default_rng(SEED).normal(0, 3, n).astype(dtype)
    out = np.ones_like(x)
    repeat = max(1, 10**6 // n)
    times = {label: [] for label in functions}
    for _ in range(ROUNDS):
        for label, function in functions.items():
            start = time.perf_counter()
            for _ in range(repeat):
                function(x, out)
            times[label].append((time.perf_counter() - start) / (repeat * n) * 1e9)
    return times


def report_speed():
    """Print ns per element and, as the median of the rounds' ratios, how many times as fast fastsig is."""
    functions = contenders()
    ours = next(iter(functions))
    print("\nns per element, one thread, out= given; (how many times as fast fastsig is)")
    print(f"{'':22}" + "".join(f"{label:>26}" for label in functions))
    for dtype in ("float32", "float64"):
        for n in SIZES:
            times = timings(functions, n, dtype)
            cells = []
            for label, series in times.items():
                ratio = statistics.median(t / o for t, o in zip(series, times[ours], strict=True))
                cells.append(f"{statistics.median(series):.3f}" + (f" ({ratio:.2f}x)" if label != ours else ""))
            print(f"{dtype:10}{n:>12,}" + "".join(f"{cell:>26}" for cell in cells))


# ---------------------------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------------------------


def cpu():
    """Return the CPU's name, as well as the operating system knows it."""
    try:
        fields = dict(
            (part.strip() for part in line.split(":", 1))
            for line in Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0].splitlines()
        )
        return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
    except (OSError, KeyError, ValueError):
        return platform.processor() or platform.machine()


def main(argv=None):
    """Print the report; return 0 if every accuracy check passed, 1 if not."""
    parser = argparse.ArgumentParser(prog="fastsig", description="Report how accurate and fast fastsig is here.")
    parser.add_argument("--version", action="version", version=f"fastsig {fastsig.__version__}")
    parser.parse_args(argv)
    print(f"fastsig {fastsig.__version__}, NumPy {np.__version__}, Python {platform.python_version()}")
    valid = ", ".join(isa.name for isa in _dispatch.available())
    print(f"ISA {fastsig.isa()} (available: {valid}; {_dispatch.VARIABLE} overrides)")
    print(f"CPU {cpu()}")
    passed = report_accuracy()
    report_speed()
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
