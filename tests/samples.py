"""Inputs, drawn by bit pattern: uniform in the exponent, so that small numbers come as often as huge ones."""

import numpy as np
from catalog import BITS

from fastsig._reference import DOMAINS


def by_bits(low, high, n, dtype, seed=0):
    """Return n numbers of either sign whose magnitudes are evenly spread over the bit patterns from low to high."""
    dtype = np.dtype(dtype)
    rng = np.random.default_rng(seed)
    if dtype in BITS:
        least, most = (int(np.array(v, dtype).view(BITS[dtype])) for v in (low, high))
        magnitudes = rng.integers(least, most, n, endpoint=True).astype(BITS[dtype]).view(dtype)
    else:  # a long double's bits cannot be viewed as an integer: an exponent, and a fraction of two halves
        exponents = rng.uniform(np.log2(low), np.log2(high), n).astype(int)
        fractions = rng.integers(2**31, 2**32, n).astype(dtype) + rng.integers(0, 2**32, n) / dtype.type(2**32)
        magnitudes = np.ldexp(fractions / dtype.type(2**31), exponents)
    return magnitudes * rng.choice([-1, 1], n).astype(dtype)


def by_value(low, high, n, dtype, seed=0):
    """Return n numbers evenly spread over the values from low to high."""
    return np.random.default_rng(seed).uniform(low, high, n).astype(dtype)


def vanishing(dtype):
    """Return a number a little above the least x for which exp(-x) is rounded to 0."""
    info = np.finfo(dtype)
    return float(-(info.minexp - info.nmant - 1) * np.log(2)) + 0.5


def inputs(name, dtype, n, seed=0):
    """Return the inputs of a function, an array each: about n numbers from where it is hard."""
    dtype = np.dtype(dtype)
    domains = DOMAINS.get(name, ("real",))
    if domains == ("unit",):
        return (unit(dtype, n, seed),)
    x = np.concatenate([everywhere(dtype, n, seed), around(SILU_ZERO, dtype, n // 4, seed)])
    if domains == ("real",):
        return (x,)
    x = np.random.default_rng(seed).permutation(x)
    t = unit(dtype, len(x), seed + 7)
    t = np.random.default_rng(seed + 8).permutation(np.resize(t, len(x)))
    if domains[1] == "target":
        t = np.round(t)
    elif name != "sigmoid_backward":
        t[::5] = np.round(t[::5])
    return (x, t)


SILU_ZERO = np.longdouble("-1.27846454276107379510935873902298")


def around(centre, dtype, n, seed=0):
    """Return n numbers around a centre, their distances evenly spread over the exponents."""
    rng = np.random.default_rng(seed)
    distance = np.ldexp(rng.uniform(0.5, 1, n), -rng.integers(0, np.finfo(dtype).nmant + 2, n))
    return (np.longdouble(centre) + distance * rng.choice([-1, 1], n)).astype(dtype)


def unit(dtype, n, seed=0):
    """Return about n numbers between 0 and 1, both left out: by bits, by value, next to 1/2 and next to 1."""
    part = n // 4
    p = [
        np.abs(by_bits(np.finfo(dtype).smallest_subnormal, 1, part, dtype, seed)),
        by_value(0, 1, part, dtype, seed + 1),
        around(0.5, dtype, part, seed + 2),
        around(1, dtype, part, seed + 3),
    ]
    p = np.concatenate(p)
    return p[(p > 0) & (p < 1)]


def everywhere(dtype, n, seed=0):
    """Return about n numbers over all that matters to a sigmoid: the body, the tails, the subnormal results, near 0."""
    end = vanishing(dtype)
    subnormal = float(-np.finfo(dtype).minexp * np.log(2))
    part = n // 4
    return np.concatenate(
        [
            by_bits(np.finfo(dtype).smallest_normal, end, part, dtype, seed),
            by_value(-40, 40, part, dtype, seed + 1),
            by_value(-end, end, part, dtype, seed + 2),
            by_value(-end, -subnormal, part, dtype, seed + 3),
        ]
    )
