"""The number of a type nearest to a function's exact value: MPFR with error bounds, and as many bits as it takes.

Nothing here is shared with the kernels, nor with `fastsig._reference`. Each formula returns its value and the size of
the terms that made it, which bounds its rounding errors, cancellation included. A rational result is computed as such,
and a tie goes to even.
"""

from fractions import Fraction
from typing import NamedTuple

import lazy
import numpy as np

gmpy2 = lazy.Module("gmpy2")

BITS = (160, 320, 640, 1280, 2560, 5120)  # a result of float64 inputs can be 2^-1100 or so from a midpoint, relatively
SLACK = 6  # the error of a formula's value is less than 2^SLACK roundings of its scale
# Numbers of the types, their midpoints, and |x| t for |x| >= LIMIT are multiples of 2^-1117. So exp(-LIMIT) = 2^-2164
# is less than what can lie between one of them and the next, and stands for everything smaller that is not 0.
LIMIT = 1500


class Format(NamedTuple):
    """A binary floating-point type."""

    precision: int
    least: int  # exponent of the least normal number, as 2^least
    most: int  # exponent of the largest, as 2^most (2 - ulp)

    def context(self):
        """Return MPFR's arithmetic of this type, subnormal numbers and overflow included."""
        subnormal = self.least - self.precision + 2
        return gmpy2.context(precision=self.precision, emin=subnormal, emax=self.most + 1, subnormalize=True)

    def ulp_exponent(self, v):
        """Return the exponent of the gap between numbers of the type at a value, that of subnormal numbers at least."""
        return max(gmpy2.frexp(v)[0] - 1 if v else self.least, self.least) - self.precision + 1


FORMATS = {
    "bfloat16": Format(8, -126, 127),
    "float16": Format(11, -14, 15),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
}
OF_NUMPY = ("float16", "float32", "float64")


# ---------------------------------------------------------------------------------------------------------------
# The functions, in the arithmetic of gmpy2's current context: (value, scale) with |value - exact| at most
# 2^(SLACK - bits) scale, for inputs that are finite numbers of one of the types. Exponentials are of -|x| only.
# ---------------------------------------------------------------------------------------------------------------


def decay(x):
    """Return e = exp(-|x|)."""
    return gmpy2.exp(-min(abs(x), LIMIT))


def shares(x):
    """Return sigmoid(x) and sigmoid(-x)."""
    e = decay(x)
    large = 1 / (1 + e)
    return (e * large, large) if x < 0 else (large, e * large)


def sigmoid(x):
    """Return 1/(1 + exp(-x))."""
    s, _ = shares(x)
    return s, s


def sigmoid_derivative(x):
    """Return s(x) s(-x)."""
    s, c = shares(x)
    return s * c, s * c


def sigmoid_second_derivative(x):
    """Return -s(x) s(-x) tanh(x/2)."""
    s, c = shares(x)
    v = -s * c * gmpy2.tanh(x / 2)
    return v, v


def softplus(x):
    """Return max(x, 0) + log(1 + exp(-|x|))."""
    v = max(x, 0) + gmpy2.log1p(decay(x))
    return v, v


def log_sigmoid(x):
    """Return -softplus(-x)."""
    v, _ = softplus(-x)
    return -v, v


def logit(p):
    """Return log(p/(1 - p)), as 2 artanh(2p - 1) from 1/4 up, where 2p - 1 is exact."""
    v = gmpy2.log(p) - gmpy2.log1p(-p) if p < 0.25 else 2 * gmpy2.atanh(2 * p - 1)
    return v, v  # for p < 1/4 little of log(p) cancels


def silu(x):
    """Return x s(x)."""
    v = max(x, -LIMIT) * shares(x)[0]
    return v, v


def silu_derivative(x):
    """Return s (1 + x (1 - s)); the sum cancels next to x = -1.278."""
    s, c = shares(x)
    product = max(min(x, LIMIT), -LIMIT) * c
    return s * (1 + product), s * (1 + abs(product))


def sigmoid_backward(grad, y):
    """Return grad y (1 - y)."""
    v = grad * y * (1 - y)
    return v, v


def logistic_loss(x, t):
    """Return |x| (x > 0 ? 1 - t : t) + log(1 + exp(-|x|))."""
    v = abs(x) * (1 - t if x > 0 else t) + gmpy2.log1p(decay(x))
    return v, v


def logistic_loss_gradient(x, t):
    """Return s(x) - t: as tanh(x/2)/2 + (1/2 - t), as s(x) - t, or as (1 - t) - s(-x), whose terms are smallest."""
    if abs(x) < 1:
        a, b = gmpy2.tanh(x / 2) / 2, 0.5 - t
    elif x < 0:
        a, b = shares(x)[0], -t
    else:
        a, b = -shares(x)[1], 1 - t
    return a + b, abs(a) + abs(b)


FORMULAS = {
    f.__name__: f
    for f in (
        sigmoid,
        sigmoid_derivative,
        sigmoid_second_derivative,
        softplus,
        log_sigmoid,
        logit,
        silu,
        silu_derivative,
        sigmoid_backward,
        logistic_loss,
        logistic_loss_gradient,
    )
}


def rational(name, inputs):
    """Return a function's value as an mpq where it is rational, or None.

    All others but zeros are transcendental: no number of a type, and no midpoint. A zero keeps the sign that its
    formula gives it.
    """
    if name == "sigmoid_backward":
        grad, y = (gmpy2.mpq(Fraction(float(a))) for a in inputs)
        return grad * y * (1 - y)
    if name == "logistic_loss_gradient" and inputs[0] == 0:
        return gmpy2.mpq(1, 2) - gmpy2.mpq(Fraction(float(inputs[1])))
    return {
        ("sigmoid", 0.0): gmpy2.mpq(1, 2),
        ("silu_derivative", 0.0): gmpy2.mpq(1, 2),
        ("sigmoid_derivative", 0.0): gmpy2.mpq(1, 4),
    }.get((name, float(inputs[0])))


# ---------------------------------------------------------------------------------------------------------------
# Rounding
# ---------------------------------------------------------------------------------------------------------------


def bounds(name, inputs, bits):
    """Return numbers of so many bits, or a few more, on either side of a function's value."""
    value, scale = FORMULAS[name](*inputs)
    if not value:  # exactly, and with its sign
        return value, value
    doubt = gmpy2.div_2exp(abs(scale), bits - SLACK)
    return value - doubt, value + doubt


def product_sign(inputs):
    """Return -1.0 where the product grad y (1 - y) has a minus, that of a zero included."""
    grad, y = (float(a) for a in inputs)
    return np.copysign(1.0, grad) * np.copysign(1.0, y) * np.copysign(1.0, 1.0 - y)


def nearest_to_rational(name, dtype, inputs, value):
    """Return the number of a type nearest to a rational value, ties to even; a zero has its sign."""
    with FORMATS[dtype].context():
        y = float(gmpy2.mpfr(value))
    if y == 0 and name == "sigmoid_backward":
        y = np.copysign(0.0, product_sign(inputs))
    return y


def nearest(name, dtype, inputs):
    """Return the numbers of a type nearest to a function's exact values.

    Parameters
    ----------
    name : str
        One of `FORMULAS`.
    dtype : str
        One of `FORMATS`.
    inputs : sequence of tuple of float
        Finite, and within the function's domain: neither 0 nor 1 for logit.

    Returns
    -------
    numpy.ndarray
        Of that type.

    Raises
    ------
    ArithmeticError
        If the most of `BITS` do not tell on which side of a midpoint a value lies.
    """
    narrow = FORMATS[dtype].context()
    found, left = [None] * len(inputs), []
    for i, numbers in enumerate(inputs):
        value = rational(name, numbers)
        if value is None:
            left.append(i)
        else:
            found[i] = nearest_to_rational(name, dtype, numbers, value)
    for bits in BITS:
        undecided = []
        with gmpy2.context(precision=bits):
            for i in left:
                low, high = bounds(name, [gmpy2.mpfr(float(a)) for a in inputs[i]], bits)
                found[i] = float(narrow.plus(low))
                if found[i] != float(narrow.plus(high)):
                    undecided.append(i)
        left = undecided
        if not left:
            return np.array(found, dtype)
    raise ArithmeticError(f"{name}({', '.join(float(a).hex() for a in inputs[left[0]])}) is too near to a midpoint")


def from_midpoint(name, dtype, inputs):
    """Return log2 of the distance of a function's exact value from the nearest midpoint of a type, in ULP.

    The inputs are one set. The distance is right to 2^-10 of itself, and -inf for an exact tie.
    """
    form = FORMATS[dtype]
    value = rational(name, inputs)
    if value is not None:
        gap = gmpy2.mpq(2) ** form.ulp_exponent(gmpy2.mpfr(value))
        away = abs(value / gap % 1 - gmpy2.mpq(1, 2))
        return float(gmpy2.log2(gmpy2.mpfr(away))) if away else -np.inf
    for bits in BITS:
        with gmpy2.context(precision=bits):
            low, high = bounds(name, [gmpy2.mpfr(float(a)) for a in inputs], bits)
            gap = form.ulp_exponent(low)
            if gap != form.ulp_exponent(high) and high - low < gmpy2.exp2(gap - 10):
                return -1.0  # next to a power of two
            low, high = (gmpy2.mul_2exp(v, -gap) if gap < 0 else gmpy2.div_2exp(v, gap) for v in (low, high))
            midpoint = gmpy2.floor(low) + 0.5
            if (low < midpoint) == (high < midpoint) and high - low < abs(low - midpoint) / 1024:
                return float(gmpy2.log2(abs(low - midpoint)))
    raise ArithmeticError(f"{name}({', '.join(float(a).hex() for a in inputs)}) is too near to a midpoint")
