"""Certified bounds of the error of each polynomial of the kernels, over its whole interval.

Nothing is sampled. Each error is written as a polynomial with exact coefficients, and what two power series leave out
is bounded; the interval is cut into pieces, and over each the polynomial is evaluated by its Taylor coefficients at the
middle, all of them, in ball arithmetic.
"""

import argparse
from math import factorial

from constants import constants
from flint import arb, arb_poly, ctx

ctx.prec = 200

PIECES = 1024
TERMS = 24  # of the power series; what is left is below 2^-150 on all intervals


def exactly(x):
    """Return a float as a ball of radius 0."""
    n, d = float(x).as_integer_ratio()
    return arb(n) / d


def above(x):
    """Return the least upper bound of a ball's magnitude."""
    return x.abs_upper()


def log2(x):
    """Return the binary logarithm of a positive ball of radius 0, rounded up in the 13th digit."""
    return float((x.log() / arb(2).log()).upper()) + 1e-12


def largest(polynomial, low, high):
    """Return a bound of a polynomial's magnitude between two balls: by its Taylor polynomial at the middle."""
    middle, half = (low + high) / 2, (high - low) / 2
    shifted = polynomial(arb_poly([middle, 1]))
    return above(sum((above(c) * above(half) ** k for k, c in enumerate(shifted.coeffs())), arb(0)))


def pieces(high):
    """Return the pieces of 0 .. high, as pairs of balls."""
    return [(high * i / PIECES, high * (i + 1) / PIECES) for i in range(PIECES)]


def hyperbolic(scale):
    """Return sinh(y)/y and cosh(y) for y^2 = v scale as polynomials of v, and a bound of what either leaves out.

    The ratio of two terms is below 1/2 from the second on, for y^2 <= 1: what is left is below twice the next term.
    """
    sinh = arb_poly([scale**k / factorial(2 * k + 1) for k in range(TERMS)])
    cosh = arb_poly([scale**k / factorial(2 * k) for k in range(TERMS)])
    return sinh, cosh, arb(2) / factorial(2 * TERMS)


def coth_error(terms, slope, base, high, in_parts_of_r=False):
    """Return a bound of (W - a r)/(W + a r) base^r - 1 for 0 <= |r| <= high, W = sum(terms v^k), v = r^2, a the slope.

    With w = a r coth(r ln(base)/2) = (2 a/ln(base)) cosh(y)/(sinh(y)/y), y = r ln(base)/2, and W = w + delta it is
    2 a r delta/((W + a r)(w - a r)), r of either sign. delta sinh(y)/y = W sinh(y)/y - (2 a/ln(base)) cosh(y) is a
    power series of v, of which TERMS are taken, and sinh(y)/y >= 1. In parts of r, that is divided by |r|.
    """
    log = arb(base).log()
    sinh, cosh, left_out = hyperbolic(log**2 / 4)
    polynomial, first = arb_poly(terms), 2 * slope / log
    difference = polynomial * sinh - first * cosh
    worst = arb(0)
    for a, b in pieces(high):
        delta = largest(difference, a**2, b**2) + left_out * (above(first) + above(polynomial(b**2)) + 1)
        r, w = a.union(b), polynomial((a**2).union(b**2))
        least = ((w + slope * r - delta) * (w - slope * r - delta)).abs_lower()  # of r of either sign
        worst = worst.max(above(2 * slope * (1 if in_parts_of_r else r) * delta / least))
    return above(worst)


def atanh_error(terms, high):
    """Return a bound of q P(v)/atanh(q) - 1 for |q| <= high, P = sum(terms v^k), v = q^2.

    atanh(q)/q = 1 + v/3 + v^2/5 + ..., which is 1 or more; what is left after TERMS is below the next term/(1 - v).
    """
    series = arb_poly([arb(1) / (2 * k + 1) for k in range(TERMS)])
    difference = arb_poly(terms) - series
    top = high**2
    left_out = top**TERMS / (2 * TERMS + 1) / (1 - top)
    worst = arb(0)
    for a, b in pieces(top):
        worst = worst.max(above((largest(difference, a, b) + left_out) / series(a.union(b)).abs_lower()))
    return above(worst)


def terms_of(found, names):
    """Return constants by name, as balls."""
    return [exactly(found[name]) for name in names]


def half_log2():
    """Return the end of the interval of the exponential's polynomials, ln2/2 + 2^-12."""
    return arb(2).log() / 2 + arb(2) ** -12


def coth(found):
    """Return the relative error of exp(-r) by COTH_Q."""
    terms = [arb(12), arb(1), *terms_of(found, [f"COTH_Q{k}" for k in range(5)])]
    return coth_error(terms, arb(6), arb(1).exp(), half_log2())


def coth_share(found):
    """Return the relative error of exp(-r) by COTH_Q, in parts of 1 - exp(-r), r >= 0, which is 0.7 r at least."""
    terms = [arb(12), arb(1), *terms_of(found, [f"COTH_Q{k}" for k in range(5)])]
    return coth_error(terms, arb(6), arb(1).exp(), half_log2(), in_parts_of_r=True) / exactly(0.7)


def atanh_terms(found):
    """Return the coefficients of atanh(q)/q, by the power of q^2."""
    terms = [arb(1), *terms_of(found, [f"ATANH_A{k}" for k in range(3, 19, 2)])]
    terms[1] += exactly(found["ATANH_A3_TAIL"])
    return terms


def atanh(found):
    """Return the relative error of atanh(q) by ATANH_A."""
    return atanh_error(atanh_terms(found), exactly(0.1436))


def coth_narrow(found):
    """Return the relative error of 2^-r by COTH_NARROW."""
    terms = terms_of(found, [f"COTH_NARROW_C{k}" for k in range(0, 10, 2)])
    return coth_error(terms, arb(1), arb(2), arb(0.5) + arb(2) ** -12)


def log_narrow(found):
    """Return the relative error of 2 atanh(q/2) by LOG_NARROW: that of atanh(y), y = q/2, in powers of y."""
    terms = [arb(1), *terms_of(found, [f"LOG_NARROW_C{k}" for k in range(3, 21, 2)])]
    high = (arb(2) / 3 + arb(2) ** -10) / 2
    return atanh_error([c * 4**k for k, c in enumerate(terms)], high)


# Each proof, and the binary logarithm of the error that the comment in the sources states
POLYNOMIALS = {
    "COTH_Q": (coth, -71.94),
    "ATANH_A": (atanh, -71.41),
    "COTH_NARROW": (coth_narrow, -51.85),
    "LOG_NARROW": (log_narrow, -54.14),
}


def errors(found):
    """Return the binary logarithm of each polynomial's certified error, by name."""
    return {name: log2(error(found)) for name, (error, _) in POLYNOMIALS.items()}


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for name, error in errors(constants(fused=True)).items():
        print(f"{name}: 2^{error:.3f}, stated 2^{POLYNOMIALS[name][1]}")
