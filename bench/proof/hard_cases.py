"""Make the hard cases again: inputs whose exact results lie next to a midpoint of two numbers of the type.

    python bench/proof/hard_cases.py                       all of them, into tests/hard_cases
    python bench/proof/hard_cases.py --files silu_float64 --points 1e8 --folder /tmp/cases

Three kinds of search, each of which MPFR confirms case by case:

- flat: where a function, or its difference from a line whose values have no more bits than the type, changes less than
  an ULP from one input to the next. Newton's method finds the input that is nearest to where a midpoint is attained.
- walked: where it is steep. Over a block of consecutive inputs the results, in ULP modulo 1, are a quadratic, which is
  evaluated at each input with 64 bits after the point; inputs whose value is next to 1/2 are kept.
- solved: where results are linear in one of two inputs, all of a binade at once, by Euclid's algorithm.

Inputs with a structure are listed and not searched: those next to zero, subnormal numbers, exact ties, the neighbours
of thresholds. A file says of each part how far from a midpoint its cases are at most.
"""

import argparse
import re
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import gmpy2
import numpy as np
from gmpy2 import mpfr

sys.path.insert(0, str(Path(__file__).parents[1]))
from nearest import FORMATS, FORMULAS, from_midpoint, nearest

FOLDER = Path(__file__).parents[2] / "tests" / "hard_cases"
SEED = 1
WIDTH = 260  # bits of the searches
NEAR = -20.0  # log2 of the distance, in ULP, that a flat or a structured case has at most
BLOCKS = {"float32": 1 << 10, "float64": 1 << 15}  # inputs of a walk that one quadratic serves
LN2 = 0.6931471805599453
SILU_ZERO = -1.2784645427610738  # of silu's derivative: silu is least there
INFLECTION = 1.3169578969248166  # the second derivative is largest in magnitude there
LAST = 745.1332191019412  # 1075 ln 2: exp(-x) is half the least subnormal


# ---------------------------------------------------------------------------------------------------------------
# Where to search: (rng, n) -> n starting points
# ---------------------------------------------------------------------------------------------------------------


def uniform(low, high):
    """Return points evenly spread over the values."""
    return lambda rng, n: rng.uniform(low, high, n)


def exponents(low, high, sign=1, centre=0.0):
    """Return points at distances from a centre that are evenly spread over the exponents."""
    return lambda rng, n: centre + sign * np.exp2(rng.uniform(low, high, n))


class Line(NamedTuple):
    """A flat search: a function less slope (x - centre) is flat near the points that start draws."""

    start: object
    slope: float = 0.0
    centre: float = 0.0


class Plan(NamedTuple):
    """How the cases of a function of one float64 are found."""

    flat: tuple[Line, ...]
    steep: tuple = ()  # of walks
    parity: int = 0  # 1 even, -1 odd: positive inputs only
    points: tuple[float, ...] = ()  # of which the neighbours are listed


def both(low, high):
    """Return the points of both signs."""
    return [exponents(low, high, sign) for sign in (1, -1)]


TAIL = uniform(-LAST, -733.0)  # where results are subnormal, of 18 bits at most
SUBNORMAL = uniform(-733.0, -708.4)
LARGE = (52 * LN2, 53 * LN2, 54 * LN2, 1022 * LN2, 1024 * LN2, 1074 * LN2, LAST)

PLANS = {
    "sigmoid": Plan(
        flat=(*map(Line, both(-50, -1)), Line(uniform(0.5, 37)), Line(TAIL)),
        steep=(uniform(-8, -1), uniform(-708, -8), exponents(-5, 0, -1), uniform(0.2, 5), SUBNORMAL),
        points=LARGE,
    ),
    "sigmoid_derivative": Plan(
        flat=(Line(exponents(-26.5, -2)), Line(uniform(733, LAST))),
        steep=(uniform(0.5, 8), uniform(8, 708), uniform(708.4, 733)),
        parity=1,
        points=LARGE,
    ),
    "sigmoid_second_derivative": Plan(
        flat=(
            Line(exponents(-26.5, -12), -0.125),
            Line(exponents(-27, -3, 1, INFLECTION)),
            Line(exponents(-27, -3, -1, INFLECTION)),
            Line(uniform(733, LAST)),
        ),
        steep=(uniform(0.01, 8), uniform(8, 708), uniform(708.4, 733)),
        parity=-1,
        points=(*LARGE, INFLECTION, 2 * INFLECTION),
    ),
    "softplus": Plan(
        flat=(*map(Line, both(-50, -1)), Line(uniform(8, 36.7), 1.0), Line(TAIL)),
        steep=(uniform(-8, -0.5), uniform(-708, -8), uniform(0.5, 8), SUBNORMAL),
        points=LARGE,
    ),
    "logit": Plan(
        flat=(Line(exponents(-26, -12, 1, 0.5), 4.0, 0.5), Line(exponents(-26, -12, -1, 0.5), 4.0, 0.5)),
        steep=(exponents(-1021, -2), uniform(0.01, 0.49), uniform(0.51, 0.99), exponents(-35, -2, -1, 1.0)),
        points=(0.25, 0.5, 0.75, 1.0, 1 / (1 + np.e)),
    ),
    "silu": Plan(
        flat=(
            *(Line(start, 0.5) for start in both(-53, -12)),
            Line(uniform(12, 40), 1.0),
            Line(exponents(-26, -3, 1, SILU_ZERO)),
            Line(exponents(-26, -3, -1, SILU_ZERO)),
            Line(uniform(-751.7, -742)),
        ),
        steep=(uniform(-8, -1.5), uniform(-714, -8), exponents(-8, 0, -1), uniform(0.01, 8), uniform(-742, -715)),
        points=(*LARGE, -SILU_ZERO, 751.7544),
    ),
    "silu_derivative": Plan(
        flat=(*map(Line, both(-50, -1)), Line(uniform(1, 40)), Line(uniform(-751.7, -742))),
        steep=(
            uniform(-8, -1.5),
            uniform(-714, -8),
            exponents(-30, -2, 1, SILU_ZERO),
            exponents(-30, -2, -1, SILU_ZERO),
            uniform(0.2, 3),
            uniform(-742, -715),
        ),
        points=(*LARGE, -SILU_ZERO, 2.3993572805154677, 751.7544),
    ),
}

PAIRS = ("sigmoid_backward", "logistic_loss", "logistic_loss_gradient")

# Inputs whose results were wrong in version 0.1.1.
WRONG = {
    "sigmoid_float64": ["-0x1.0547p-37", "0x3p-52"],
    "sigmoid_derivative_float64": ["0x1.4749745a2944ap+0"],
    "softplus_float64": ["0x1.2544d009a1cb9p-46"],  # in log_sigmoid, of -x
    "silu_derivative_float64": ["0x1.946p-42"],
    "logit_float64": ["0x1.9c2311d65781ep-2"],
    "sigmoid_backward_float64": ["-0xab6p-1074 0x1.ffffffce8de80p-2"],
    "logistic_loss_float64": ["0x1.b63f2p-6 0x1.000000002b255p-1"],
    "logistic_loss_gradient_float64": ["-0x1.4749749594751p+0 0x1.be140f2e2b8a2p-3"],
    "logistic_loss_gradient_float32": ["-0x1.2dcp-139 0.8p+0"],
    "sigmoid_backward_float32": ["-0x1.dp-20 0x1.0f2b7p-93"],
    "logistic_loss_float16": ["0x1.ff8p+7 0x1.ff4p-1"],
}


class Part(NamedTuple):
    """Cases that were made in one way: sets of inputs, and at most how far from a midpoint, as log2 of ULP."""

    how: str
    most: float  # inf where they may be anywhere, -inf where all are ties
    cases: list[tuple[float, ...]]


# ---------------------------------------------------------------------------------------------------------------
# Flat: Newton
# ---------------------------------------------------------------------------------------------------------------


def attained(name, dtype, line, start, rest):
    """Return the number of the type next to which a function attains a midpoint, near a start."""
    form = FORMATS[dtype]
    with gmpy2.context(precision=WIDTH):
        rest = [mpfr(a) for a in rest]

        def left(x):
            return FORMULAS[name](x, *rest)[0] - line.slope * (x - line.centre)

        x = mpfr(float(np.dtype(dtype).type(start)))
        value = left(x)
        gap = mpfr(2) ** form.ulp_exponent(FORMULAS[name](x, *rest)[0])
        wanted = (gmpy2.floor(value / gap) + 0.5) * gap
        for _ in range(5):
            h = gmpy2.div_2exp(x, 70)
            slope = (left(x + h) - left(x - h)) / (2 * h)
            if not slope:
                return None
            x += (wanted - left(x)) / slope
            if not gmpy2.is_finite(x) or not 0.5 < x / start < 2:
                return None
        return float(form.context().plus(x))


def flat(name, dtype, lines, count, rng, rest=lambda _: ()):
    """Return cases at most 2^NEAR from a midpoint where a function is flat, about as many of each line."""
    found = set()
    for line in lines:
        of_line = set()
        for start in line.start(rng, int(40 * count) // len(lines)):
            others = rest(float(start))
            x = attained(name, dtype, line, float(start), others) if others is not None else None
            if x and within(name, dtype, (x, *others), NEAR):
                of_line.add((x, *others))
            if len(of_line) >= count / len(lines):
                break
        found |= of_line
    return sorted(found)


def within(name, dtype, inputs, most):
    """Tell whether a value lies at most 2^most ULP from a midpoint, and not on it."""
    return -np.inf < from_midpoint(name, dtype, inputs) <= most


# ---------------------------------------------------------------------------------------------------------------
# Steep: walks
# ---------------------------------------------------------------------------------------------------------------


def quadratic(name, dtype, start, step, rest):
    """Return f0, b, c as integers modulo 2^64: a block's values in ULP, modulo 1, are (f0 + b i + c i^2)/2^64."""
    half = BLOCKS[dtype] // 2
    with gmpy2.context(precision=WIDTH):
        values = [FORMULAS[name](mpfr(start) + i * mpfr(step), *map(mpfr, rest))[0] for i in (0, half, 2 * half)]
        gap = FORMATS[dtype].ulp_exponent(values[1])
        f0, fm, f1 = (int(gmpy2.rint(gmpy2.mul_2exp(v, 64 - gap) if gap < 64 else v)) for v in values)
    c = (f0 - 2 * fm + f1) // (2 * half * half)
    b = (4 * fm - 3 * f0 - f1) // (2 * half)
    return (np.uint64(k % 2**64) for k in (f0, b, c))


def walked(name, dtype, starts, count, points, rng, rest=lambda _: ()):
    """Return about count inputs whose results are nearest to midpoints, of those met on walks of so many points."""
    kind, block = np.dtype(dtype).type, BLOCKS[dtype]
    blocks = int(points) // block
    tolerance = count / (2 * blocks * block)
    near, twice = np.uint64(int(tolerance * 2**64)), np.uint64(int(tolerance * 2**65))
    i = np.arange(block, dtype=np.uint64)
    v = np.empty_like(i)
    found = {}
    for start in np.concatenate([s(rng, -(-blocks // len(starts))) for s in starts])[:blocks]:
        first = kind(start)
        step = np.abs(np.spacing(first)) * np.sign(first)
        others = rest(float(first))
        if others is None:
            continue
        if np.abs(np.spacing(first + kind(block) * step)) != np.abs(step):  # the binade ends
            first -= kind(block) * step
        f0, b, c = quadratic(name, dtype, float(first), float(step), others)
        with np.errstate(over="ignore"):
            np.multiply(i, c, out=v)
            v += b
            v *= i
            v += f0 - np.uint64(1 << 63) + near
        for k in np.flatnonzero(v < twice):
            inputs = (float(first + kind(k) * step), *others)
            distance = from_midpoint(name, dtype, inputs)
            if -np.inf < distance <= np.log2(tolerance):
                found[inputs] = distance
    return Part(f"walked, the nearest of {blocks * block:,} inputs", float(np.ceil(np.log2(tolerance))), sorted(found))


# ---------------------------------------------------------------------------------------------------------------
# Linear in an input: Euclid
# ---------------------------------------------------------------------------------------------------------------


def first_within(a, m, low, high):
    """Return the least i >= 0 with low <= a i mod m <= high, for 0 <= low <= high < m, or None."""
    if low == 0:
        return 0
    a %= m
    if a == 0:
        return None
    if 2 * a > m:
        return first_within(m - a, m, m - high, m - low)
    i = -(-low // a)
    if a * i <= high:
        return i
    wraps = first_within(-m % a, a, low % a, high % a)  # a i - m wraps lies between, and so -m wraps does modulo a
    return None if wraps is None else -(-(low + m * wraps) // a)


def solved(value_at, dtype, start, distance):
    """Return a number of start's binade, from it on, for which a linear function is next to a midpoint, or None.

    Parameters
    ----------
    value_at : callable
        Takes a number, as an mpfr, and returns the function's value.
    dtype : str
        The type of both.
    start : float
        The first number.
    distance : float
        The most that the value is off a midpoint, in ULP.
    """
    form, scale = FORMATS[dtype], 1 << 128
    with gmpy2.context(precision=4 * WIDTH):
        x = mpfr(start)
        step = mpfr(2) ** form.ulp_exponent(x) * (1 if start > 0 else -1)
        y = value_at(x)
        gap = mpfr(2) ** form.ulp_exponent(y)
        f0, b = int(gmpy2.rint(y / gap * scale)), int(gmpy2.rint((value_at(x + step) - y) / gap * scale))
    low = (scale // 2 - int(distance * scale) - f0) % scale
    high = low + 2 * int(distance * scale)
    i = first_within(b, scale, low, min(high, scale - 1))
    if i is None or i >= 2 ** (form.precision - 1):
        return None
    x = float(x + i * step)
    return x if form.ulp_exponent(mpfr(x)) == form.ulp_exponent(mpfr(start)) else None


# ---------------------------------------------------------------------------------------------------------------
# What is listed
# ---------------------------------------------------------------------------------------------------------------


def neighbours(dtype, points, n):
    """Return n numbers on either side of each point, and itself."""
    found = set()
    for point in points:
        for side in (-np.inf, np.inf):
            x = np.dtype(dtype).type(point)
            for _ in range(n + 1):
                found.add(float(x))
                x = np.nextafter(x, x.dtype.type(side))
    return found


def small_multiples():
    """Return k 2^e of both signs: powers of two, small odd multiples, and subnormal numbers."""
    k = [1, 3, 5, 7, 9, 11, 13, 15, 127, 2**26 - 1, 2**26 + 1, 2**52 + 1, 2**53 - 1]
    x = {float(a) * 2.0**e for a in k for e in range(-120, 4)}
    x |= {a * 5e-324 for a in [*range(1, 130), 2**51 + 1, 2**52 - 1, 2**52 + 1, 2**53 - 1, 2**53 + 3]}
    x |= {a * 2.0**-1022 * 4 for a in (1 + 2**-52, 2 - 2**-52, 1.5)}
    return x | {-a for a in x}


def listed(name, plan, rng):
    """Return inputs that may be next to a midpoint by their structure, those that must be listed, and some others."""
    odd = [int(rng.integers(1, 2 ** int(rng.integers(1, 30)))) | 1 for _ in range(100)]
    if name == "logit":
        few = {k * 2.0**e for k in (1, 3, 5, 7, 2**26 + 1, 2**52 + 1) for e in range(-1074, 0)}
        few |= {0.5 + s * k * 2.0**e for s in (-1, 1) for k in (*range(1, 16, 2), *odd) for e in range(-54, -22)}
        few |= {1 - k * 2.0**-53 for k in range(1, 200)}
        ends = {k * 5e-324 for k in range(1, 20)} | {1 - k * 2.0**-53 for k in range(1, 20)}
        ends |= neighbours("float64", plan.points, 20)
        return few, ends, neighbours("float64", [2.0**e for e in range(-1074, 0, 6)], 1)
    few = small_multiples()
    few |= {s * k * 2.0**e for s in (-1, 1) for k in odd for e in (-26, -27, -52, -53, -54)}
    ends = neighbours("float64", (s * p for p in plan.points for s in (-1, 1)), 5)
    others = neighbours(
        "float64", [s * 2.0**e for s in (-1, 1) for e in (*range(-60, 11), -1074, -1022, -540, 1023)], 1
    )
    for low, high, n in ((-760, -708, 200), (708, 760, 200), (-40, 40, 50)):
        others |= set(rng.uniform(low, high, n).tolist())
    return few, ends, others | set(np.round(rng.uniform(-745, 745, 100)).tolist())


def one_input(name, points, rng):
    """Return the parts of a function of one float64."""
    plan = PLANS[name]
    few, ends, others = listed(name, plan, rng)
    centre, domain = (0.5, (0.0, 1.0)) if name == "logit" else (0.0, (-np.inf, np.inf))
    parts = []
    for sign in (1,) if plan.parity else (-1, 1):

        def of_this_side(numbers, sign=sign):
            return sorted(x for x in numbers if domain[0] < x < domain[1] and (x - centre) * sign > 0)

        def starts_here(start, sign=sign):
            return bool(np.all((start(np.random.default_rng(0), 64) - centre) * sign > 0))

        near = [(x,) for x in of_this_side(few) if within(name, "float64", (x,), NEAR)]
        lines = [line for line in plan.flat if starts_here(line.start)]
        steep = [start for start in plan.steep if starts_here(start)]
        ends_here = of_this_side(ends)
        some = set(ends_here) | set(sample(of_this_side(others), max(0, 300 - len(ends_here)), rng))
        parts += [
            Part("structured: next to zero, of few bits, subnormal", NEAR, sample(near, 300, rng)),
            Part("flat, by Newton", NEAR, flat(name, "float64", lines, 700, rng)),
            walked(name, "float64", steep, 1000, points, rng),
            Part("thresholds, powers of two, integers, subnormal results", np.inf, [(x,) for x in sorted(some)]),
        ]
    return parts


def sample(numbers, n, rng):
    """Return n of the numbers in their order, or all if they are fewer."""
    return [numbers[i] for i in sorted(rng.permutation(len(numbers))[:n])]


# ---------------------------------------------------------------------------------------------------------------
# Two inputs
# ---------------------------------------------------------------------------------------------------------------


class Drawn:
    """Random numbers of a type for the functions of two inputs."""

    def __init__(self, dtype, rng):
        self.form, self.kind, self.rng = FORMATS[dtype], np.dtype(dtype).type, rng

    def number(self, low, high):
        """Return a number evenly spread over the values."""
        return float(self.kind(self.rng.uniform(low, high)))

    def power(self, low, high):
        """Return a number evenly spread over the exponents, with random bits; subnormal ones among them."""
        low = max(low, self.form.least - self.form.precision + 1)
        return float(self.kind(np.exp2(self.rng.uniform(low, min(high, self.form.most - 1)))))

    def odd(self, bits):
        """Return an odd integer of so many bits."""
        return int(self.rng.integers(2 ** (bits - 1), 2**bits)) | 1

    def sign(self):
        """Return 1 or -1."""
        return int(self.rng.choice([-1, 1]))


def midpoint_near(v, form):
    """Return the midpoint below a value, in the current precision."""
    gap = mpfr(2) ** form.ulp_exponent(v)
    return (gmpy2.floor(v / gap) + 0.5) * gap


def rounded(v, form):
    """Return the number of the type nearest to an mpfr."""
    return float(form.context().plus(v))


def take(dtype, name, how, most, count, draw):
    """Return a part of count cases that draw() makes, of those that lie at most 2^most from a midpoint."""
    found = set()
    count = int(count)
    for _ in range(30 * count):
        inputs = draw()
        if inputs is not None and all(map(np.isfinite, inputs)) and fits(name, dtype, inputs, most):
            found.add(inputs)
        if len(found) >= count:
            break
    return Part(how, most, sorted(found))


def fits(name, dtype, inputs, most):
    """Tell whether a case is what a part says of it."""
    if most == -np.inf:
        return from_midpoint(name, dtype, inputs) == most
    return most == np.inf or within(name, dtype, inputs, most)


def gradient_parts(dtype, points, rng):
    """Return the parts of the gradient."""
    name, form, a = "logistic_loss_gradient", FORMATS[dtype], Drawn(dtype, rng)
    p, near = form.precision, NEAR if dtype == "float64" else -16.0
    n = 0.8 if dtype == "float64" else 0.4

    def free_target():
        x = a.sign() * a.number(0.01, 6)
        with gmpy2.context(precision=WIDTH):
            s = FORMULAS["sigmoid"](mpfr(x))[0]
            t = rounded(s - midpoint_near(s - a.power(-p - 8, -9), form), form)
        return (x, t) if 0 < t < 1 else None

    def exact_midpoint():
        d = a.number(-0.25, 0.25) if rng.random() < 0.5 else a.sign() * a.odd(6) * 2.0 ** int(-p - rng.integers(1, 7))
        t = a.number(0.5 - d, 0.5 - d)
        d = 0.5 - t  # exact
        return a.sign() * 2 * float(np.spacing(a.kind(abs(d)))) * int(rng.choice([1, 3, 5, 7])), t

    def tiny_beside_midpoint():
        return a.sign() * a.power(-1200, -p - 10), a.odd(int(rng.integers(2, p))) * 2.0 ** (-p - 2)

    def next_to_zero():
        which = rng.integers(0, 3)
        x = a.sign() * (a.number(0, 20) if which == 0 else a.power(-60, 0))
        if which == 2:  # until t is subnormal, and the difference less than half the least of them: a zero's sign
            x = -a.number(20, (p - form.least) * LN2)
        with gmpy2.context(precision=WIDTH):
            t = rounded(FORMULAS["sigmoid"](mpfr(x))[0], form)
        for _ in range(int(rng.integers(0, 3))):
            t = float(np.nextafter(a.kind(t), a.kind(rng.choice([0, 1]))))
        return x, t

    def subnormal():
        end = -form.least * LN2
        x = -a.number(end, end + p * LN2)
        t = 0.0 if rng.random() < 0.6 else a.odd(4) * float(np.finfo(dtype).smallest_subnormal)
        return (x, t) if rng.random() < 0.5 or t else (-x, 1.0)

    def target(_):
        t = a.number(0, 1) if rng.random() < 0.7 else a.power(-30, -1)
        return (t,)

    def target_next_to_sigmoid(start):
        with gmpy2.context(precision=WIDTH):
            away = 1 + mpfr(a.sign() * 2.0 ** rng.uniform(14 - p, -2))
            return (rounded(FORMULAS["sigmoid"](start * away)[0], form),)

    lines = [Line(uniform(p * 0.2, p * LN2)), *map(Line, both(-p + 3, -3))]
    steep = [uniform(-6, -0.1), uniform(0.1, 6)]
    return [
        take(dtype, name, "a midpoint of sigmoid(x) - t, and the t nearest to it", near, 700 * n, free_target),
        Part("flat in x, by Newton", near, flat(name, dtype, lines, 500 * n, rng, target)),
        walked(name, dtype, steep, 500 * n, points / 4, rng, target),
        walked(name, dtype, [*steep, uniform(-30, -6)], 500 * n, points / 4, rng, target_next_to_sigmoid),
        take(dtype, name, "(1/2 - t) + x/4 a midpoint", near, 200 * n, exact_midpoint),
        take(dtype, name, "1/2 - t a midpoint, and x tiny", near, 150 * n, tiny_beside_midpoint),
        take(dtype, name, "ties, x being zero", -np.inf, 60 * n, lambda: (a.sign() * 0.0, tiny_beside_midpoint()[1])),
        take(dtype, name, "t next to sigmoid(x)", np.inf, 300 * n, next_to_zero),
        take(dtype, name, "subnormal results", np.inf, 100 * n, subnormal),
    ]


def loss_parts(dtype, points, rng):
    """Return the parts of the loss."""
    name, form, a = "logistic_loss", FORMATS[dtype], Drawn(dtype, rng)
    p, near = form.precision, NEAR if dtype == "float64" else -16.0
    n = 0.8 if dtype == "float64" else 0.4

    def free_target():
        x = a.sign() * a.number(0.01, 5)
        with gmpy2.context(precision=WIDTH):
            v = FORMULAS[name](mpfr(x), mpfr(a.power(-p - 8, -9)))[0]
            share = (midpoint_near(v, form) - gmpy2.log1p(gmpy2.exp(-abs(mpfr(x))))) / abs(mpfr(x))
            t = rounded(1 - share if x > 0 else share, form)
        return (x, t) if 0 < t < 1 else None

    def target_solved():
        x = a.sign() * (a.number(0.01, 40) if rng.random() < 0.6 else a.power(-10, 60))
        start = a.number(0.5, 0.9) if x > 0 else a.power(-30, -0.1)
        t = solved(lambda t: FORMULAS[name](mpfr(x), t)[0], dtype, start, 2.0 ** -(p * 3 // 4))
        return None if t is None else (x, t)

    def exact_midpoint():
        bits = p // 2 - int(rng.integers(1, 4))
        share, x = a.odd(p + 1 - bits), a.odd(bits)
        share *= 2.0 ** -(share.bit_length() + int(rng.integers(0, 5)))
        x *= 2.0 ** (int(rng.integers(5, 12 if rng.random() < 0.7 else form.most // 2)) - bits)
        if rng.random() < 0.5:
            return (-x, share)
        return (x, 1 - share) if float(a.kind(1 - share)) == 1 - share and 1 - (1 - share) == share else None

    def subnormal():
        end = -form.least * LN2
        x, t = -a.number(end - 1, end + p * LN2), 0.0
        if rng.random() < 0.5:
            t = a.odd(int(rng.integers(1, p - 12))) * float(np.finfo(dtype).smallest_subnormal)
        return (x, t) if rng.random() < 0.5 or t else (-x, 1.0)

    def target(_):
        return (a.number(0, 1) if rng.random() < 0.8 else a.power(-60, -1),)

    steep = [uniform(-8, -0.05), uniform(0.05, 8), uniform(-60, -8), uniform(8, 60)]
    return [
        take(dtype, name, "a midpoint of the loss, and the t nearest to it", near, 500 * n, free_target),
        take(dtype, name, "solved for t", -(p * 3 // 4), 800 * n, target_solved),
        walked(name, dtype, steep, 800 * n, points / 2, rng, target),
        take(dtype, name, "|x| t a midpoint, exp(-|x|) far below it", near, 400 * n, exact_midpoint),
        take(dtype, name, "subnormal results, or next to them", np.inf, 200 * n, subnormal),
        take(dtype, name, "any x and t", np.inf, 100 * n, lambda: (a.sign() * a.power(-1074, 1023), a.number(0, 1))),
    ]


def backward_parts(dtype, _, rng):
    """Return the parts of grad y (1 - y)."""
    name, form, a = "sigmoid_backward", FORMATS[dtype], Drawn(dtype, rng)
    p, n = form.precision, 0.8 if dtype == "float64" else 0.4
    least = form.least - p + 1  # exponent of the least subnormal number

    def output():
        which = rng.integers(0, 4)
        if which == 0:
            return a.number(0, 1)
        if which == 1:
            return a.power(-40, -1)
        if which == 2:
            return float(a.kind(1 - a.power(-p / 2, -1)))
        return float(a.kind(0.5 + a.sign() * a.power(-p / 2, -2)))

    def grad_solved():
        y, start = output(), a.sign() * a.power(form.least + 60, form.most - 1)
        grad = solved(lambda g: FORMULAS[name](g, mpfr(y))[0], dtype, start, 2.0 ** -(p * 3 // 4))
        return None if grad is None else (grad, y)

    def subnormal_solved():
        y = output()
        with gmpy2.context(precision=WIDTH):
            size = mpfr(2) ** (form.least - rng.uniform(0, p // 2))
            start = rounded(a.sign() * size / (mpfr(y) * (1 - mpfr(y))), form)
        if not np.isfinite(start) or not start:
            return None
        grad = solved(lambda g: FORMULAS[name](g, mpfr(y))[0], dtype, start, 2.0 ** -(p // 3))
        return None if grad is None else (grad, y)

    def tie():
        m = int(rng.integers(2, p // 3))
        k = int(rng.integers(1, 2**m)) | 1
        product = k * (2**m - k)
        bits = p + 1 - product.bit_length() + int(rng.integers(0, 2))
        return a.sign() * a.odd(bits) * 2.0 ** int(rng.integers(form.least + 3 * p, form.most - 2 * p)), k * 2.0**-m

    def subnormal_tie():
        m = int(rng.integers(1, p // 4))
        k = int(rng.integers(1, 2**m)) | 1
        bits = int(rng.integers(1, p - 2 * m))
        return a.sign() * float(np.ldexp(float(a.odd(bits)), least - 1 + 2 * m)), k * 2.0**-m

    def subnormal():
        y = output() if rng.random() < 0.7 else a.power(least, least + p)
        return a.sign() * a.power(form.least - p, form.least + 3 if y > 1e-12 else form.most), y

    return [
        take(dtype, name, "solved for grad", -(p * 3 // 4), 1200 * n, grad_solved),
        take(dtype, name, "solved for grad, subnormal results", -(p // 3), 500 * n, subnormal_solved),
        take(dtype, name, "ties", -np.inf, 300 * n, tie),
        take(dtype, name, "ties, subnormal results", -np.inf, 300 * n, subnormal_tie),
        take(dtype, name, "small grad, small y", np.inf, 300 * n, subnormal),
    ]


# ---------------------------------------------------------------------------------------------------------------
# float16: the nearest of all targets, for some thousand first inputs
# ---------------------------------------------------------------------------------------------------------------


def of_float16(name, x, t):
    """Return a function's values in long double: the products of two float16 are exact there."""
    x, t = np.longdouble(x), t.astype(np.longdouble)
    if name == "sigmoid_backward":
        return x * t * (1 - t)
    if name == "logistic_loss":
        return np.abs(x) * (1 - t if x > 0 else t) + np.log1p(np.exp(-np.abs(x)))
    return (0.5 - t) + np.tanh(x / 2) / 2


def half_parts(name, rng):
    """Return the parts of a function of two float16."""
    t = np.arange(0x3C01, dtype=np.uint16).view(np.float16)
    found, ties = {}, []
    for x in rng.permutation(np.arange(1, 0x7C00, dtype=np.uint16))[:3000].view(np.float16):
        first = float(x) * int(rng.choice([-1, 1]))
        v = of_float16(name, first, t)
        in_ulp = np.abs(np.ldexp(v, -(np.maximum(np.frexp(v)[1] - 1, -14) - 10)))
        away = np.abs(in_ulp - np.floor(in_ulp) - 0.5)
        away[(v == 0) | (np.abs(v) > 65519)] = 1
        for k in np.argsort(away)[:6]:
            if away[k] < 2.0**-12 and (name != "sigmoid_backward" or 0 < t[k] < 1):
                inputs = (first, float(t[k]))
                distance = from_midpoint(name, "float16", inputs)
                if distance == -np.inf:
                    ties.append(inputs)
                else:
                    found[inputs] = distance
    beside = [inputs for inputs in found if found[inputs] <= -40]
    others = sorted(set(found) - set(beside), key=found.get)[:600]
    return [
        Part("a midpoint but for a tiny term", -40.0, sorted(sample(beside, 400, rng))),
        Part("the nearest of all targets otherwise", -12.0, sorted(sample(others, 400, rng))),
        Part("ties", -np.inf, sorted(sample(ties, 200, rng))),
    ]


# ---------------------------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------------------------

MAKERS = {
    "sigmoid_backward": backward_parts,
    "logistic_loss": loss_parts,
    "logistic_loss_gradient": gradient_parts,
}
FILES = [f"{name}_float64" for name in (*PLANS, *PAIRS)] + [
    f"{name}_{d}" for d in ("float32", "float16") for name in PAIRS
]


def text(x):
    """Return a number in hexadecimal as short as it gets: without 0x and trailing zeros."""
    if x == 0:
        return "-0" if np.signbit(x) else "0"
    return re.sub(r"\.?0*p\+?", "p", float(x).hex().replace("0x", ""))


def heading(part):
    """Return the line above a part's cases."""
    if part.most == np.inf:
        where = "anywhere"
    elif part.most == -np.inf:
        where = "ties"
    else:
        where = f"at most 2^{part.most:.0f} ulp from a midpoint"
    return f"# {where}: {part.how}"


def parts_of(file, points, rng):
    """Return the parts of a file."""
    name, _, dtype = file.rpartition("_")
    if dtype == "float16":
        parts = half_parts(name, rng)
    elif name in MAKERS:
        parts = MAKERS[name](dtype, points if dtype == "float64" else points / 64, rng)
    else:
        parts = one_input(name, points, rng)
    if file in WRONG:
        wrong = [tuple(map(float.fromhex, case.split())) for case in WRONG[file]]
        parts.append(Part("wrong in version 0.1.1", np.inf, wrong))
    return [part for part in parts if part.cases]


def make(file, points, folder):
    """Write a file of cases, and return what it holds."""
    start = time.perf_counter()
    name, _, dtype = file.rpartition("_")
    rng = np.random.default_rng([SEED, zlib.crc32(file.encode())])
    parts = parts_of(file, points, rng)
    what = "input" if name in PLANS else "inputs"
    lines = [f"# {dtype} {name}: {what}, and the nearest {dtype} to the exact value, in hexadecimal without 0x."]
    if name in PLANS and PLANS[name].parity:
        parity = "even" if PLANS[name].parity > 0 else "odd"
        lines.append(f"# The function is {parity}: positive inputs stand for both.")
    lines.append(f"# Made by bench/proof/hard_cases.py --points {points:.4g}, seed {SEED}.")
    count = 0
    for part in parts:
        lines.append(heading(part))
        for inputs, y in zip(part.cases, nearest(name, dtype, part.cases), strict=True):
            lines.append(" ".join(map(text, (*inputs, y))))
        count += len(part.cases)
    Path(folder, f"{file}.txt").write_text("\n".join(lines) + "\n")
    told = "; ".join(f"{len(part.cases)} {heading(part)[2:]}" for part in parts)
    return f"{file}: {count} cases in {time.perf_counter() - start:.0f} s: {told}"


def main(argv=None):
    """Run the command, and return its exit status."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", nargs="+", choices=FILES, default=FILES, metavar="NAME_TYPE", help="some only")
    parser.add_argument("--points", type=float, default=2**35, metavar="N", help="inputs that walks meet, a sign")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"default {FOLDER}")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    options = parser.parse_args(argv)
    options.folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
        for future in [pool.submit(make, file, options.points, options.folder) for file in options.files]:
            print(future.result(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
