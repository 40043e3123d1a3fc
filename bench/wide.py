"""Exact references for millions of inputs: long double first, MPFR for each input where that leaves a doubt.

Nothing here is shared with the kernels: exponentials and logarithms of the long double rows are the C library's, and
MPFR evaluates the definitions of `fastsig._reference`.
"""

import functools
import platform
from collections.abc import Callable
from typing import NamedTuple

import lazy
import numpy as np
from fastsig._ufuncs import bind

from fastsig import _dispatch
from fastsig._reference import REFERENCE

gmpy2 = lazy.Module("gmpy2")

WIDE = np.longdouble
EPS = np.finfo(WIDE).eps  # 2^-63 on x86-64
BOUND = WIDE(2.0**-58)  # of a row's error, relative to its scale; a test holds it to a quarter of that
LIMIT = WIDE(11000.0)  # exp(-11000) = 2^-15869.6 is still a normal long double
MPFR_BITS = 600  # the definitions lose up to 150 of them where results are subnormal
SURE_BITS = 300


def unusable():
    """Return why this platform's long double cannot serve as a reference, or None where it can."""
    bits = np.finfo(WIDE).nmant + 1
    if bits in (64, 113):
        return None
    return (
        f"long double has {bits} bits in NumPy on {platform.system()} {platform.machine()}, and the reference needs "
        "64 or 113: this platform cannot run the check"
    )


# ---------------------------------------------------------------------------------------------------------------
# The rows: a formula takes long doubles x and returns (value, scale), with |value - exact| <= BOUND |scale|
#
# The scale is the value itself where nothing cancels. It is 0 where the value is beyond doubt: where it and the exact
# value lie strictly between the same two neighbours among the numbers of a narrower type and their midpoints.
#
# All but logit are made of e = exp(-|x|), where |x| stops at 11000. Beyond, e < 2^-15869 whatever it is: no result of
# a narrower type sees the difference, and zeros get their signs, because e is never 0.
# ---------------------------------------------------------------------------------------------------------------


def decay(x):
    """Return e = exp(-|x|)."""
    return np.exp(-np.minimum(np.abs(x), LIMIT))


def nudged(value, factor, where):
    """Return (value, scale): `where` says where a factor moves the value off a midpoint, and so beyond doubt."""
    return value * np.where(where, factor, 1), np.where(where, 0, value)


def sigmoid(x):
    """Return (x < 0 ? e : 1)/(1 + e)."""
    e = decay(x)
    value = np.where(x < 0, e, 1) / (1 + e)
    return value, value


def sigmoid_derivative(x):
    """Return e/(1 + e)^2."""
    e = decay(x)
    d = 1 + e
    value = e / (d * d)
    return value, value


def sigmoid_second_derivative(x):
    """Return -sign(x) e (1 - e)/(1 + e)^3, where 1 - e is -expm1(-|x|)."""
    # Near 0 it is -x/8 (1 - x^2/3 + ...): a midpoint's neighbour for many x of which it is a subnormal float.
    e = decay(x)
    d = 1 + e
    value = e * np.expm1(-np.minimum(np.abs(x), LIMIT)) / (d * d * d)
    return nudged(-np.copysign(value, x), 1 - EPS, np.abs(x) < 2.0**-36)


def log_sigmoid(x):
    """Return -softplus(-x)."""
    value = -softplus(-x)[0]
    return value, value


def softplus(x):
    """Return max(x, 0) + log1p(e)."""
    value = np.maximum(x, 0) + np.log1p(decay(x))
    return value, value


def silu(x):
    """Return x (x < 0 ? e : 1)/(1 + e)."""
    # Near 0 it is x/2 (1 + x/2 - ...): a midpoint's neighbour for every other subnormal x.
    value = np.maximum(x, -LIMIT) * sigmoid(x)[0]
    return nudged(value, 1 + np.copysign(EPS, x), np.abs(x) < 2.0**-66)


def silu_derivative(x):
    """Return s (1 + x c), with s = sigmoid(x) and c = sigmoid(-x)."""
    # The sum cancels near its zero, x = -1.278.
    e = decay(x)
    large = 1 / (1 + e)
    small = e * large
    s = np.where(x < 0, small, large)
    product = np.clip(x, -LIMIT, LIMIT) * np.where(x < 0, large, small)
    return s * (1 + product), s * (1 + np.abs(product))


def logit(p):
    """Return log(p/(1 - p)), 2 artanh(2p - 1) for 1/4 < p < 3/4, where 2p - 1 is exact, and NaN outside [0, 1]."""
    value = np.full_like(p, np.nan)
    inside = p[(p >= 0) & (p <= 1)]
    middle = np.abs(inside - 0.5) < 0.25
    found = np.log(inside / (1 - inside))
    found[middle] = 2 * np.arctanh(2 * inside[middle] - 1)
    value[(p >= 0) & (p <= 1)] = found
    return value, value


def within_unit(t, value):
    """Return a value, NaN where a target is not from 0 to 1."""
    return np.where((t >= 0) & (t <= 1), value, np.nan)


def sigmoid_backward(grad, y):
    """Return grad y (1 - y)."""
    value = grad * y * (1 - y)
    return value, value


def logistic_loss(x, t):
    """Return |x| (x > 0 ? 1 - t : t) + log1p(e), and the limit where x is infinite."""
    share = np.where(x > 0, 1 - t, t)
    value = within_unit(t, np.where(share == 0, 0, np.abs(x) * share) + np.log1p(decay(x)))
    return value, value


def logistic_loss_gradient(x, t):
    """Return sigmoid(x) - t: (1/2 - t) + tanh(x/2)/2 for |x| < 1, and beyond -t + s(x) or (1 - t) - s(-x)."""
    e = decay(x)
    near = np.abs(x) < 1
    curved = np.where(near, np.copysign(np.expm1(-np.minimum(np.abs(x), 1)) / 2, x), np.copysign(e, -x)) / (1 + e)
    straight = np.where(near, 0.5 - t, np.where(x < 0, -t, 1 - t))
    return within_unit(t, straight + curved), np.abs(straight) + np.abs(curved)


def both(low, high):
    """Return an interval and its mirror image."""
    return (low, high), (-high, -low)


def multiples(exponent, end):
    """Return the odd multiples of a power of two, of the sign of end, as far as end."""
    step = float(np.ldexp(np.copysign(1.0, end), exponent))
    return np.arange(step, end, 2 * step)


def quarters(binades):
    """Return, of each sign, where x^2/4 is a multiple of a quarter of x/2's ULP in float32: x = 2 sqrt(i ULP/4)."""
    roots = []
    for exponent in binades:
        quarter = 2.0 ** (exponent - 26)  # x/2 lies from 2^(exponent - 1) up, and has 24 bits
        first, beyond = (4.0 ** (exponent - 1 + k) / quarter for k in (0, 1))
        roots.append(2 * np.sqrt(np.arange(np.ceil(first), beyond) * quarter))
    x = np.concatenate(roots)
    return np.concatenate([x, -x])


def with_neighbours(ties):
    """Return the float32 nearest to each tie, and that on either side of it: in order, each once."""
    nearest = ties.astype(np.float32)
    return np.unique([nearest, *(np.nextafter(nearest, np.float32(side)) for side in (-1, 1))])


class Row(NamedTuple):
    """What is known of a function.

    A tie is an input whose value lies so near to a midpoint of two float32 that a float64 may not tell on which side.
    They are where a function's terms of degree 0 to 2 at 0 make a midpoint, or nearly one. The terms of degree 3 and
    more move the value off it, at 2^-12 by 2^-41 of the value, which a float64 tells with ease: ties end there.
    """

    formula: Callable
    span: tuple[float, float]  # where its float64 results are neither those at infinity nor NaN
    subnormal: tuple[tuple[float, float], ...] = ()  # where float32 results are subnormal
    domain: tuple[float, float] = (-np.inf, np.inf)  # NaN outside
    ties: np.ndarray = np.empty(0, np.float32)


ROWS = {
    # 1/2 + x/4 is a midpoint for x an odd multiple of 2^-23, or of 2^-24 if negative.
    "sigmoid": Row(
        sigmoid,
        (-746.0, 40.0),
        ((-104.0, -87.0),),
        ties=with_neighbours(np.concatenate([multiples(-23, 2.0**-12), multiples(-24, -(2.0**-12))])),
    ),
    "sigmoid_derivative": Row(sigmoid_derivative, (-746.0, 746.0), both(87.0, 104.0)),
    "sigmoid_second_derivative": Row(
        sigmoid_second_derivative, (-746.0, 746.0), (*both(0.0, 2.0**-123), *both(87.0, 104.0))
    ),
    "log_sigmoid": Row(log_sigmoid, (-746.0, 746.0), ((87.0, 104.0),)),
    "softplus": Row(softplus, (-746.0, 746.0), ((-104.0, -87.0),)),
    # x/2 + x^2/4 is a midpoint, or next to one, where x^2/4 is next to an odd multiple of half the result's ULP. This
    # ULP is x/2's, twice that after a carry, half of it after a borrow. Below 2^-25, x^2/4 is less than all of these.
    "silu": Row(
        silu,
        (-752.0, 46.0),
        (*both(0.0, 2.0**-125), (-109.0, -91.0)),
        ties=with_neighbours(quarters(range(-25, -12))),
    ),
    # 1/2 + x/2 is a midpoint for x an odd multiple of 2^-24, or of 2^-25 if negative.
    "silu_derivative": Row(
        silu_derivative,
        (-752.0, 46.0),
        ((-109.0, -91.0),),
        ties=with_neighbours(np.concatenate([multiples(-24, 2.0**-12), multiples(-25, -(2.0**-12))])),
    ),
    "logit": Row(logit, (0.0, 1.0), domain=(0.0, 1.0)),
}


PAIRS = {f.__name__: f for f in (sigmoid_backward, logistic_loss, logistic_loss_gradient)}

# An error bound of a formula's value, relative to its scale and in EPS, where BOUND leaves too much to MPFR: 2 for
# an exponential or a logarithm of the C library and 6 for arctanh, and 1/2 for each rounding, as they add up in the
# formula, plus 1/2 for the sum of value and bound. A test holds the errors to half of it.
ERRORS = {
    "sigmoid": 3.5,  # e; 1 + e; the quotient
    "sigmoid_derivative": 4.5,  # e; 1 + e, twice; product; quotient
    "sigmoid_second_derivative": 8.0,  # e; expm1; 1 + e, three times; three products; quotient
    "softplus": 5.0,  # e, whose error log1p does not make larger; log1p; the sum
    "log_sigmoid": 5.0,
    "logit": 6.0,  # arctanh; elsewhere less: 1 - p; quotient; log
    "silu": 4.0,  # sigmoid; product
    "silu_derivative": 9.0,  # s and c with 3.5 each; product, sum, product
    "sigmoid_backward": 3.0,  # 1 - y; two products; twice that, since all three may be as large as they can
    "logistic_loss": 5.5,  # 1 - t, product; or softplus; the sum
    "logistic_loss_gradient": 6.0,  # expm1; 1 + e; e in 1 + e; the quotient; 1/2 - t; the sum
}


def wide(name, *inputs, bound=BOUND):
    """Return a formula's values of arrays, and the bound of their errors."""
    with np.errstate(all="ignore"):
        formula = PAIRS[name] if name in PAIRS else ROWS[name].formula
        value, scale = formula(*(x.astype(WIDE) for x in inputs))
        return value, scale * bound


# ---------------------------------------------------------------------------------------------------------------
# MPFR
# ---------------------------------------------------------------------------------------------------------------


def exactly(name, *inputs):
    """Return a function's value of numbers of any narrower type, as an mpfr of 600 bits."""
    with gmpy2.context(precision=MPFR_BITS):
        return REFERENCE[name][0](gmpy2, *(gmpy2.mpfr(float(x)) for x in inputs))


def nearest_float32_by_mpfr(name, x):
    """Return the float32 nearest to a function's value.

    Raises
    ------
    ArithmeticError
        If 300 bits do not tell to which side of a midpoint the value lies.
    """
    v = exactly(name, x)
    with gmpy2.context(precision=MPFR_BITS):
        doubt = gmpy2.div_2exp(v, SURE_BITS)
        low, high = v - doubt, v + doubt
    with gmpy2.context(precision=24, emin=-148, emax=128, subnormalize=True):
        low, high = +low, +high
    if low != high:
        raise ArithmeticError(f"{name}({float(x).hex()}) is within 2^-{SURE_BITS} of a midpoint")
    return np.float32(low)


def ulp_error_by_mpfr(name, y, *inputs):
    """Return the error of a float64 result in ULP of the exact value, the least subnormal's below the normal range."""
    if np.isnan(y):
        return np.inf
    v = exactly(name, *inputs)
    gap = max(gmpy2.frexp(v)[0] - 1, -1022) - 52
    with gmpy2.context(precision=MPFR_BITS):
        return float(gmpy2.mul_2exp(abs(gmpy2.mpfr(float(y)) - v), -gap))


# ---------------------------------------------------------------------------------------------------------------
# Both together
# ---------------------------------------------------------------------------------------------------------------


def nearest_float32(name, x):
    """Return the float32 nearest to a function's value of each float32, and how many were left to MPFR.

    A value is beyond doubt where everything within its bound rounds to one float.
    """
    value, doubt = wide(name, x)
    with np.errstate(all="ignore"):
        nearest = value.astype(np.float32)
        low, high = (value - doubt).astype(np.float32), (value + doubt).astype(np.float32)
    nan = np.isnan(nearest)
    if nan.any():
        low_end, high_end = ROWS[name].domain
        if np.any((x[nan] >= low_end) & (x[nan] <= high_end)):
            raise ArithmeticError(f"the long double row of {name} gives NaN within the function's domain")
    hard = np.flatnonzero((low != high) & np.isfinite(nearest))
    for i in hard:
        nearest[i] = nearest_float32_by_mpfr(name, x[i])
    return nearest, hard.size


def ulp_errors(name, results, *inputs):
    """Return the errors in ULP of float64 results, an array for each of several; to 2^-5 ULP or better."""
    value, _ = wide(name, *inputs)
    errors = []
    with np.errstate(all="ignore"):
        # The float64 next to the value towards 0 has the gap in which the value lies.
        near = value.astype(np.float64)
        gap = np.spacing(np.abs(np.where(np.abs(near) > np.abs(value), np.nextafter(near, 0.0), near)))
        for y in results:
            error = np.abs((y - value) / gap).astype(np.float64)
            error[(y == value) | (np.isnan(y) & np.isnan(value))] = 0.0
            errors.append(np.nan_to_num(error, nan=np.inf))
    return errors


# ---------------------------------------------------------------------------------------------------------------
# What is checked: each output of each function, on each ISA that this CPU has
# ---------------------------------------------------------------------------------------------------------------


class Output(NamedTuple):
    """One output of one function on one ISA."""

    function: str
    index: int
    several: bool
    isa: str
    tier: str = "KERNELS"

    def __str__(self):
        """Return the function's name, with the output's number where it has several."""
        return f"{self.function}[{self.index}]" if self.several else self.function

    def __call__(self, *inputs):
        """Return the output's results; an output that does not depend on a second input gets any."""
        ufunc = kernels(self.tier)[self.isa][self.function]
        if len(inputs) < ufunc.nin:
            inputs = (*inputs, np.full_like(inputs[0], 0.25))
        with np.errstate(divide="ignore", invalid="ignore"):  # logit's own, at 0 and 1 and beyond them
            result = ufunc(*inputs)
        return result[self.index] if self.several else result


@functools.cache
def kernels(tier="KERNELS"):
    """Return the ufuncs of a tier, by the name of its table, of every ISA that this CPU has: {isa: {name: ufunc}}."""
    modules = {isa.name: _dispatch.load(isa) for isa in _dispatch.available()}
    return {name: bind(getattr(module, tier), module.BFLOAT16) for name, module in modules.items()}


def functions(inputs=(1,), tier="KERNELS"):
    """Return the names of all functions of so many arguments."""
    return [name for name, ufunc in next(iter(kernels(tier).values())).items() if ufunc.nin in inputs]


def outputs(only_function=None, only_isa=None, inputs=(1,), tier="KERNELS"):
    """Return what is to be checked against each row, or formula of two inputs: {its name: [output, ...]}.

    Each output of a function that has several is a function with a row of its own, and is checked against that.
    """
    found = {}
    for isa in kernels():
        for function in functions(inputs, tier):
            if only_function in (None, function) and only_isa in (None, isa):
                formulas = REFERENCE[function]
                for i, formula in enumerate(formulas):
                    if formula.__name__ not in {**ROWS, **PAIRS}:
                        raise LookupError(f"{function} needs a row {formula.__name__!r} in {__file__}")
                    found.setdefault(formula.__name__, []).append(Output(function, i, len(formulas) > 1, isa, tier))
    return found


def facts():
    """Return what the references are made with."""
    return {
        "long double": f"{np.finfo(WIDE).nmant + 1} bits, {' '.join(platform.libc_ver()) or 'libc unknown'}",
        "MPFR": gmpy2.mpfr_version(),
    }
