"""Exact values through MPFR, and errors in ULP against them.

An exact value v is kept as three arrays: a number of the type near it, the gap between the type's numbers at v, and
how far v lies from the near number, in gaps. Errors of any result y then cost a subtraction.
"""

from typing import NamedTuple

import gmpy2
import numpy as np

from fastsig._reference import REFERENCE

# 300 bits: no formula loses more than a few of them, and results are looked at to 2^-40 of an ULP.
gmpy2.get_context().precision = 300


class Exact(NamedTuple):
    """Exact values for numbers of one type."""

    near: np.ndarray
    gap_exponent: np.ndarray  # the gap is 2^gap_exponent
    rest: np.ndarray  # (v - near)/gap


def to_mpfr(x):
    """Return a NumPy scalar of any floating-point type, exactly."""
    if isinstance(x, np.longdouble):
        numerator, denominator = x.as_integer_ratio()
        return gmpy2.mpfr(gmpy2.mpq(numerator, denominator))
    return gmpy2.mpfr(float(x))


def from_mpfr(v, dtype):
    """Return a number of the type within a few of its gaps of v."""
    exponent, fraction = gmpy2.frexp(v)
    high = float(fraction)
    wide = np.longdouble(high) + np.longdouble(float(fraction - high))
    return np.ldexp(wide, exponent).astype(dtype)


def gap_exponent(v, info):
    """Return the exponent of the gap between the type's numbers at v: constant below the normal range."""
    return max(gmpy2.frexp(v)[0] - 1 if v else info.minexp, info.minexp) - info.nmant


def exact(name, *inputs):
    """Return the exact values of a function, an `Exact` for each of its outputs."""
    dtype = inputs[0].dtype
    info = np.finfo(dtype)
    wide = [[to_mpfr(x) for x in array] for array in inputs]
    found = []
    for formula in REFERENCE[name]:
        values = [formula(gmpy2, *xs) for xs in zip(*wide, strict=True)]
        with np.errstate(under="ignore"):
            near = np.array([from_mpfr(v, dtype) for v in values], dtype)
        gaps = np.array([gap_exponent(v, info) for v in values], np.int32)
        rest = [
            float(gmpy2.mul_2exp(v - to_mpfr(y), -int(g)) if g < 0 else gmpy2.div_2exp(v - to_mpfr(y), int(g)))
            for v, y, g in zip(values, near, gaps, strict=True)
        ]
        found.append(Exact(near, gaps, np.array(rest)))
    return found


def ulp_error(y, v):
    """Return the error of results y in ULP of the exact values v; infinite where y is NaN."""
    wide = np.longdouble if y.dtype == np.longdouble else np.float64
    off = np.ldexp(y.astype(wide) - v.near.astype(wide), -v.gap_exponent)
    error = np.abs(off.astype(np.float64) - v.rest)
    return np.where(np.isnan(error), np.inf, error)
