"""The largest error of each function, against decimal arithmetic."""

import decimal
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np

import fastsig
from fastsig._bounds import most_ulp
from fastsig._reference import DOMAINS, REFERENCE

TYPES = ("float16", "float32", "float64", "longdouble")
SAMPLES = 2000  # inputs checked per function and type
SEED = 20190613
SERIES = Decimal("1e-10")  # up to it five terms of a series give 50 digits; beyond it a difference loses 10


def digits(bits):
    """Return how many decimal digits show the errors of results of so many bits.

    Next to 1/2 and 1 a difference from 1 cancels as many as the type has, so that it takes twice these, and some more.
    """
    return 20 + 2 * math.ceil(bits * math.log10(2))


DIGITS = digits(np.finfo(np.longdouble).nmant + 1)  # long double's bits differ from one CPU to the next


class Wide:
    """Decimal arithmetic, with the functions that the reference formulas use."""

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
    # Below 2^(-2 nmant) functions are as at 0, and beyond `least` they are at their limits.
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
    """Return the error of y, in gaps of its type at the exact value; it is negative where y is too small."""
    value = Fraction(value)
    # floor(log2 |value|), from the lengths of numerator and denominator and one comparison
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    exponent -= abs(value) < Fraction(2) ** exponent
    gap = Fraction(2) ** (max(exponent, int(info.minexp)) - int(info.nmant))
    return float((exact(y) - value) / gap) if np.isfinite(y) else float("inf")


def exact_values(formula, *arrays, precision=DIGITS):
    """Return a formula's values for the elements of arrays, as decimal numbers of so many digits."""
    with decimal.localcontext() as context:
        context.prec = precision
        wide = [[Decimal(v.numerator) / v.denominator for v in map(exact, array)] for array in arrays]
        return [formula(Wide, *v) for v in zip(*wide, strict=True)]


def ulp_errors(results, values):
    """Return the signed errors of the elements of an array, in ULP."""
    info = np.finfo(results.dtype)
    return np.array([ulp_error(y, value, info) for y, value in zip(results, values, strict=True)])


def accuracy(name, dtype):
    """Return the largest error of a function's outputs in ULP, over all inputs of a type."""
    arrays = inputs(name, dtype)
    results = getattr(fastsig, name)(*arrays)
    results = results if isinstance(results, tuple) else (results,)
    return max(
        float(abs(ulp_errors(result, exact_values(formula, *arrays))).max())
        for formula, result in zip(REFERENCE[name], results, strict=True)
    )


def stated(name, dtype):
    """Return the most that a function's results may be off, for several outputs the largest."""
    return max(most_ulp(formula.__name__, dtype) for formula in REFERENCE[name])


def measured(step):
    """Return the largest error of each function in each type, with its bound.

    Parameters
    ----------
    step : callable
        Called with what is measured next.

    Returns
    -------
    dict
        Its rows have ``function``, ``type``, ``ulp`` and ``bound``.
    """
    rows = []
    for name in REFERENCE:
        for dtype in TYPES:
            step(f"accuracy of {name}, {dtype}")
            rows.append(
                {
                    "function": name,
                    "type": dtype,
                    "ulp": accuracy(name, np.dtype(dtype)),
                    "bound": stated(name, dtype),
                }
            )
    return {"against": f"{Decimal.__module__} arithmetic", "digits": DIGITS, "samples": SAMPLES, "rows": rows}


def failed(found):
    """Return the rows whose error is over its bound, or is no number."""
    return [row for row in found["rows"] if not row["ulp"] <= row["bound"]]
