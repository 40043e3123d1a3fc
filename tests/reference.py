"""Exact values through MPFR, and errors in ULP against them.

An exact value v is kept as three arrays: a number of the type near it, the gap between the type's numbers at v, and
how far v lies from the near number, in gaps. Errors of any result y then cost a subtraction.

MPFR is slow, and long double is fast. Where it is wider than the type, it shows for nearly every result that its error
is within a bound: `Ball` carries along how far off a value may be. MPFR measures the others. Whether they are the
nearest numbers, `bench/nearest.py` decides, with as many bits as that needs.
"""

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import gmpy2
import numpy as np

from fastsig._reference import REFERENCE

LONG = np.longdouble
EPS = np.finfo(LONG).eps
TINY = np.finfo(LONG).smallest_subnormal
HAS_WIDE = np.finfo(LONG).nmant + 1 in (64, 113)  # others are double itself, or two of them, which round differently
LIBRARY = 4 * EPS  # the relative error that is counted for exp, expm1, log and log1p: a test holds them to half of it

# 300 bits: enough for the digits that the formulas cancel at the inputs of the tests, and for 2^-40 of an ULP.
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


def exact_of(formula, *inputs):
    """Return the exact values of a formula of `fastsig._reference`."""
    dtype = inputs[0].dtype
    info = np.finfo(dtype)
    values = [formula(gmpy2, *map(to_mpfr, xs)) for xs in zip(*inputs, strict=True)]
    with np.errstate(under="ignore"):
        near = np.array([from_mpfr(v, dtype) for v in values], dtype)
    gaps = np.array([gap_exponent(v, info) for v in values], np.int32)
    rest = [
        float(gmpy2.mul_2exp(v - to_mpfr(y), -int(g)) if g < 0 else gmpy2.div_2exp(v - to_mpfr(y), int(g)))
        for v, y, g in zip(values, near, gaps, strict=True)
    ]
    return Exact(near, gaps, np.array(rest))


def exact(name, *inputs):
    """Return the exact values of a function, an `Exact` for each of its outputs."""
    return [exact_of(formula, *inputs) for formula in REFERENCE[name]]


def ulp_error(y, v):
    """Return the error of results y in ULP of the exact values v; infinite where y is NaN."""
    wide = np.longdouble if y.dtype == np.longdouble else np.float64
    off = np.ldexp(y.astype(wide) - v.near.astype(wide), -v.gap_exponent)
    error = np.abs(off.astype(np.float64) - v.rest)
    return np.where(np.isnan(error), np.inf, error)


# ---------------------------------------------------------------------------------------------------------------
# Long double, with a bound of its error
# ---------------------------------------------------------------------------------------------------------------


class Ball(NamedTuple):
    """Long doubles, and for each its doubt: the most that the exact value may be away from it.

    The formulas of `fastsig._reference` take it as a number. Each operation makes a doubt of its operands' doubts, in
    first and second order, and of its own rounding: cancellation shows as a doubt that is large for the value.
    """

    value: np.ndarray
    doubt: np.ndarray

    def __neg__(self):
        """Return -a, which is exact."""
        return Ball(-self.value, self.doubt)

    def __abs__(self):
        """Return |a|: the magnitudes of two numbers are no further apart than the numbers are."""
        return Ball(np.abs(self.value), self.doubt)

    def __add__(self, other):
        """Return a + b."""
        b = ball(other)
        return rounded(self.value + b.value, self.doubt + b.doubt)

    def __sub__(self, other):
        """Return a - b."""
        return self + -ball(other)

    def __mul__(self, other):
        """Return a b: (a + da)(b + db) - a b = a db + b da + da db."""
        b = ball(other)
        off = np.abs(self.value) * b.doubt + np.abs(b.value) * self.doubt + self.doubt * b.doubt
        return rounded(self.value * b.value, off)

    def __truediv__(self, other):
        """Return q = a/b: (a + da)/(b + db) - q = (da - q db)/(b + db)."""
        b = ball(other)
        least = np.abs(b.value) - b.doubt
        value = self.value / b.value
        off = self.doubt / least + np.abs(value) * (b.doubt / least)
        return rounded(value, np.where(least > 0, off, np.inf))

    def __pow__(self, exponent):
        """Return a^2."""
        if exponent != 2:
            raise NotImplementedError(exponent)
        return self * self

    def __radd__(self, other):
        """Return b + a."""
        return self + other

    def __rsub__(self, other):
        """Return b - a."""
        return -self + other

    def __rtruediv__(self, other):
        """Return b/a."""
        return ball(other) / self

    def __gt__(self, other):
        """Tell whether all are greater."""
        return one_answer(self, self.value > other)

    def __lt__(self, other):
        """Tell whether all are less."""
        return one_answer(self, self.value < other)


def ball(a):
    """Return a ball, or a small integer as one."""
    return a if isinstance(a, Ball) else Ball(LONG(a), LONG(0))


def rounded(value, off):
    """Return the ball of an operation, given how far the doubts of its operands may put its exact result off.

    The value's own rounding is EPS/2 of it, and one EPS is counted. The doubt is rounded fewer than a dozen times, here
    included, by EPS/2 each. What underflows is off by half a TINY each time.
    """
    return Ball(value, off * (1 + 8 * EPS) + EPS * np.abs(value) + 4 * TINY)


def one_answer(a, answers):
    """Return the one answer that a comparison gives for all numbers, which have to be exact."""
    (answer,) = set(answers.tolist())
    if a.doubt.any():
        raise ValueError("a number in doubt is compared")
    return answer


def of_exact(function):
    """Return a function of NumPy as one of balls without doubt."""

    def of_ball(a):
        if a.doubt.any():
            raise ValueError(f"{function.__name__} of a number in doubt")
        value = function(a.value)
        return Ball(value, LIBRARY * np.abs(value) + 4 * TINY)

    return of_ball


class LongDouble:
    """The functions that the formulas call, for balls."""

    exp = staticmethod(of_exact(np.exp))
    expm1 = staticmethod(of_exact(np.expm1))
    log = staticmethod(of_exact(np.log))

    @staticmethod
    def log1p(a):
        """Return log(1 + a), whose slope between a - da and a + da is 1/(1 + a - da) at most."""
        value, doubt = of_exact(np.log1p)(Ball(a.value, np.zeros_like(a.value)))
        off = a.doubt / (1 + a.value - a.doubt)
        return rounded(value, np.where(off >= 0, off, np.inf) + doubt)


def approximate(formula, *inputs):
    """Return a formula's values at arrays of a type as a ball, in infinite doubt where long double is no wider."""
    value, doubt = np.zeros(len(inputs[0]), LONG), np.full(len(inputs[0]), LONG(np.inf))
    if HAS_WIDE and inputs[0].dtype != LONG:
        for sign in (-1, 0, 1):  # a formula's "if x > 0" has one answer then
            part = np.flatnonzero(np.sign(inputs[0]) == sign)
            if part.size:
                exactly = [Ball(x[part].astype(LONG), np.zeros(part.size, LONG)) for x in inputs]
                with np.errstate(all="ignore"):
                    value[part], doubt[part] = formula(LongDouble, *exactly)
    return Ball(value, doubt)


def largest_ulp_error(y, v):
    """Return the most that the errors of results y may be, in ULP of exact values within a ball v.

    An ULP of the exact value is at least one of the least magnitude in the ball: gaps do not shrink away from 0.
    """
    info = np.finfo(y.dtype)
    with np.errstate(all="ignore"):
        least = np.abs(v.value) - 2 * v.doubt  # one doubt would do but for rounding, which is less than another
        gaps = np.maximum(np.where(least > 0, np.frexp(least)[1] - 1, info.minexp), info.minexp) - info.nmant
        error = np.ldexp((np.abs(y.astype(LONG) - v.value) + v.doubt) * (1 + 4 * EPS), -gaps)
    return np.where(np.isnan(error), np.inf, error)


@cache
def nearest():
    """Return the module of bench/ that finds the nearest number of a type."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
    return import_module("nearest")


class Reference:
    """A formula's values at a sample: by long double of all, and by MPFR, once each, of those that need it."""

    def __init__(self, formula, *inputs):
        self.formula, self.inputs = formula, inputs
        self.approximate = approximate(formula, *inputs)
        self.exact, self.right = {}, {}  # by position

    def doubtful(self, y, bound):
        """Return the positions of results whose errors may exceed a bound; no other error exceeds it, for sure."""
        return np.flatnonzero(~(largest_ulp_error(y, self.approximate) <= bound))

    def errors(self, y, at):
        """Return the errors in ULP, by MPFR, of results at some positions."""
        new = [k for k in at.tolist() if k not in self.exact]
        found = exact_of(self.formula, *(x[new] for x in self.inputs))
        self.exact.update(zip(new, zip(*found, strict=True), strict=True))
        near, gaps, rest = (np.array(part) for part in zip(*(self.exact[k] for k in at.tolist()), strict=True))
        return ulp_error(y[at], Exact(near, gaps, rest))

    def nearest(self, at):
        """Return the numbers of the type that are nearest to the values at some positions."""
        new = [k for k in at.tolist() if k not in self.right]
        inputs = self.inputs[:1] if hasattr(self.formula, "__wrapped__") else self.inputs  # a formula `of_first`
        sets = [tuple(float(x[k]) for x in inputs) for k in new]
        dtype = self.inputs[0].dtype.name
        self.right.update(zip(new, nearest().nearest(self.formula.__name__, dtype, sets), strict=True))
        return np.array([self.right[k] for k in at.tolist()], dtype)

    def wrong(self, y):
        """Return the positions of results that are not the nearest numbers, signs of zero included."""
        at = np.union1d(self.doubtful(y, 0.5), np.flatnonzero(y == 0))
        right = self.nearest(at)
        return at[~((y[at] == right) & (np.signbit(y[at]) == np.signbit(right)))]

    def worst(self, y, bound):
        """Return the largest error that may exceed a bound, by MPFR, and its position; 0 and None where none may."""
        at = self.doubtful(y, bound)
        if not at.size:
            return 0.0, None
        errors = self.errors(y, at)
        return errors.max(), int(at[errors.argmax()])
