"""The error of each fast phase, bounded over all inputs, and whether the kernels' margins exceed it.

    python bench/proof/bounds.py [--pieces N] [--log]

Exits with 1 if a margin is too small. With --log the table goes to bench/logs/fast_phase.md.

A rounding test rounds q + c twice, with a margin added and subtracted; q is a float64, |q| >= 2^52 |c|, or near enough.

- The margin is a share m of c (MARGIN, MARGIN_SECOND). Let the error be E |v| at most, v the exact value. If E |v| <=
  m |c|, v lies between the two numbers that are rounded: if both give y, so does v. If not, |c| < E |v|/m, and where
  m > 2^54 E (1 + 2^-20) that and E |v| together are below 2^-54 |v|, less than half the distance of q to the nearest
  other float64, so that q is what v and both numbers round to. So m has to exceed 2^54 E.
- The margin is a share of h (LOG_ERROR), or one of terms that cancel (MARGIN_SUM, MARGIN_GRADIENT): it has to exceed
  the error itself.

The last operations are rounded too: r (1 + m), the product rest r, and without FMA that of c and 1 + m, by 2^-53 of c
each, the margin of a sum by 2^-53 of it, and the sum of a tail and its margin by 2^-53 of it, at most 2^-104 of the
value; SLACK covers them, and the little by which m (1 - m) is less than m.

Where the result is subnormal, q is next to the quotient on the grid of the subnormals; the remainder n - q d is exact
there as well, since it is in the unit, scaled by 2^128, and c may be half the grid or hardly more. The error is still
that of n and d, a share of v, and does not depend on the grid: v lies between the two numbers, or |c| < E |v|/m is less
than half of 2^-53 of v, which is less than half the grid.

The ranges: exp(-t) = 2^k exp(-r), |r| <= ln2/2 (1 + 2^-40), in small pieces; for k = 0, r >= 0, and r_h + r_l = t
exactly. Each k down to LAST is looked at alone, and all below at once: numerators are then in units of 2^k, of which
only the interval 0 .. 2^LAST is known.
"""

import argparse
import heapq
import itertools
import sys
from importlib import import_module
from math import inf
from pathlib import Path

from constants import constants
from errors import Bounds, above, exactly, interval, pow2
from flint import arb, ctx
from models import (
    coth,
    far,
    log1p_narrow,
    log1p_quotient,
    logistic_loss,
    logit,
    logit_quotient,
    loss_far,
    lower_narrow,
    second_derivative,
    sigmoid,
    sigmoid_derivative,
    sigmoid_derivative_far,
    silu,
    silu_derivative,
    softplus,
)
from polynomials import atanh, coth_narrow, coth_share, errors, log2, log_narrow
from polynomials import coth as coth_polynomial

LOG = Path(__file__).parents[1] / "logs" / "fast_phase.md"
PRECISION = 140
LAST = -20
PIECES = 256
COARSE = 8  # pieces of r to begin with
SLACK = arb(1) + arb(2) ** -12
REDUCTION = -86  # log2 of the error of r_h + r_l: n LN2_LO, below 2^-33, is rounded, LN2_LO inexact by 2^-92 in all


def half_log2():
    """Return the end of the interval of r."""
    return arb(2).log() / 2 * (1 + pow2(-40))


def pieces(k, count):
    """Return the pieces of r, as pairs of balls."""
    high = half_log2()
    low = arb(0) if k == 0 else -high
    return [(low + (high - low) * i / count, low + (high - low) * (i + 1) / count) for i in range(count)]


def octaves(first, last, parts):
    """Return pieces of 2^first .. 2^last, of the same ratio."""
    ends = [pow2(first) * pow2(arb(i) / parts) for i in range((last - first) * parts + 1)]
    return list(itertools.pairwise(ends))


class Piece:
    """One piece: the arithmetic, the exponential's parts, and t; k is None for all that are below LAST."""

    def __init__(self, fused, c, k, low, high):
        self.m, self.c, self.k = Bounds(fused), c, LAST - 1 if k is None else k
        grid = -51 if fused else -49  # half of that on which r_h lies
        most = pow2(grid) * (1 + pow2(-3))
        self.r_l = self.m.unknown((-most).union(most))
        if k != 0:
            self.r_l = self.m.off(self.r_l, pow2(REDUCTION))
        self.e = coth(self.m, c, self.m.unknown(low.union(high), lsb=grid + 1))
        self.t = low.union(high) - self.k * arb(2).log()
        if k is None:
            self.m.share = interval(0.0, 2.0**LAST)
            self.k = 0

    def run(self, f, negative):
        """Return what a formula of the exponential gives, t in units of its own."""
        return f(self.m, self.c, negative, self.m.number(1.0), self.e, self.r_l, self.k)

    def relative(self, a, b):
        """Return the relative error of a sum, and its exact value's least magnitude."""
        s = self.m.plus(a, b)
        return above(self.m.error(s) / s.exact.abs_lower())


def exponents():
    """Return the k that are looked at one by one, and None for the rest."""
    return [*range(0, LAST - 1, -1), None]


def by_share(f, signs):
    """Return the bound of a formula of the exponential: its relative error."""

    def bound(fused, c, count):
        def of_piece(low, high, k, negative):
            p = Piece(fused, c, k, low, high)
            q, rest, r = p.run(f, negative)
            return p.relative(q, p.m.product(rest, r))

        return largest(of_piece, count, signs) + above(coth_polynomial(c))

    return bound


def worst_of(cuts, of_piece, least):
    """Return a bound of the largest value over all pieces: those with the largest are halved, down to a width.

    Parameters
    ----------
    cuts : iterable of tuple
        The pieces: two balls, and what else of_piece takes.
    of_piece : callable
        The bound over a piece.
    least : callable
        Tells of a piece whether it is too narrow to be halved.

    Returns
    -------
    arb
        Of radius 0.
    """
    counter = itertools.count()
    heap = []

    def push(piece):
        bound = of_piece(*piece)
        heapq.heappush(heap, (-log2(above(bound)) if bound.is_finite() else -inf, next(counter), piece))

    for piece in cuts:
        push(piece)
    while not least(heap[0][2]):
        low, high, *others = heapq.heappop(heap)[2]
        middle = (low + high) / 2
        push((low, middle, *others))
        push((middle, high, *others))
    return above(arb(2) ** (exactly(-heap[0][0]) + exactly(2.0**-30)))


def largest(of_piece, count, choices=((True,),)):
    """Return the largest value over all k, pieces of r and signs of x, pieces as narrow as count makes them."""
    width = 2 * half_log2() / count * (1 + pow2(-20))
    cuts = [(low, high, k, *others) for k in exponents() for low, high in pieces(k, COARSE) for others in choices]
    return worst_of(cuts, of_piece, lambda piece: piece[1] - piece[0] < width)


def second_derivative_bound(fused, c, count):
    """Return the relative error of the second derivative; for k = 0 in pieces of r that reach its least value.

    g = e (1 - e)/(1 + e)^3, and d log(g)/d log(e) = (1 - 3e/(1 + e)) - e/(1 - e): the first is 1 at most. The second
    is 2.42 at most for k < 0, where e < 0.7072; for k = 0 the error of e is bounded in parts of 1 - e.
    """

    def of_piece(low, high, k):
        p = Piece(fused, c, k, low, high)
        return p.relative(*p.run(second_derivative, True))

    def is_narrow(piece):
        low, high, k = piece
        return high - low < 2 * half_log2() / count or (k == 0 and low < pow2(-4) and high - low < low / 8)

    cuts = [(low, high, k) for k in exponents() if k != 0 for low, high in pieces(k, COARSE)]
    cuts += [(a, b.min(half_log2()), 0) for a, b in octaves(-50 if fused else -48, -1, 8) if a < half_log2()]
    polynomial = above(coth_polynomial(c)) + above((exactly(2.42) * coth_polynomial(c)).max(coth_share(c)))
    return worst_of(cuts, of_piece, is_narrow) + polynomial


def silu_derivative_bound(fused, c, count):
    """Return the error of silu' in parts of the terms that its margin is a share of.

    The relative error of e counts at most once: that of a/(d + n) is no larger, nor is that of p, which is added.
    """

    def of_piece(low, high, k, negative, t):
        p = Piece(fused, c, k, low, high)
        m = p.m
        q, rest, r, (a, f, b, s) = silu_derivative(m, c, negative, m.unknown(p.t if t is None else t), p.e, p.r_l, p.k)
        y = m.plus(q, m.product(rest, r))
        return m.error(y) * m.most(m.plus(*s)) / (m.ball(a).abs_lower() * (m.least(f) + m.least(b)))

    far_t = [a.union(b) for a, b in octaves(3, 10, 32) if b > 13 and a < exactly(c["MOST"])]
    width = 2 * half_log2() / count * (1 + pow2(-20))
    cuts = [(low, high, k, s, None) for k in exponents()[:-1] for low, high in pieces(k, COARSE) for s in (False, True)]
    cuts += [(low, high, None, True, t) for low, high in pieces(None, COARSE) for t in far_t]
    cuts += [(low, high, None, False, far_t[0].union(far_t[-1])) for low, high in pieces(None, COARSE)]
    worst = worst_of(cuts, of_piece, lambda piece: piece[1] - piece[0] < width)
    return worst + above(coth_polynomial(c))


def loss_far_bound(fused, c, count):
    """Return the relative error of the loss p + e, p = |x| t, where the logarithm is e: beyond LOG_TAIL.

    It is in units of 2^k, and nothing else depends on k: for p up to 2^60, of which those up to 2^-60 are one interval
    from 0; and for p = 1 .. 2 in units of its own, where e is below 2^LAST.
    """

    def of_piece(low, high, k, least, most):
        p = Piece(fused, c, -1 if k is not None else None, low, high)
        first = p.m.unknown(least.union(most))
        tail = p.m.most(first) * pow2(-53)
        q, rest, r = loss_far(p.m, p.e, p.r_l, first, p.m.unknown((-tail).union(tail)), 0)
        return p.relative(q, p.m.product(rest, r))

    ps = [(arb(0), pow2(-60)), *octaves(-60, -8, 1), *octaves(-8, 8, 8), *octaves(8, 60, 8)]
    cuts = [(low, high, -1, *p) for low, high in pieces(-1, COARSE) for p in ps]
    cuts += [(low, high, None, *p) for low, high in pieces(None, COARSE) for p in octaves(0, 1, 8)]
    width = 2 * half_log2() / count * (1 + pow2(-20))
    return worst_of(cuts, of_piece, lambda piece: piece[1] - piece[0] < width) + above(coth_polynomial(c))


def log1p(fused, c, count, positive, finish):
    """Return the largest relative error of log(1 + e) and what is added, of the sums that finish gives."""
    near_log = exactly(c["NEAR_LOG"])

    def of_piece(low, high, k):
        worst = arb(0)
        for near in (True, False):
            p = Piece(fused, c, k, low, high)
            if (near and (k is None or p.t > near_log)) or (not near and p.t < near_log):
                continue
            q = p.m.cut(*log1p_quotient(p.m, c, near, p.e, p.r_l, p.k - 1))
            for h, l in finish(p, near, q, positive, k):
                worst = worst.max(p.relative(h, l))
        return worst

    return largest(of_piece, count, ((),))


def softplus_bound(fused, c, count):
    """Return the relative error of softplus."""

    def finish(p, near, q, positive, k):
        z = p.m.number(0.0)
        if positive:
            z = p.m.unknown(p.t if k is not None else interval(8.0, c["LOG_MOST"]))
        return [softplus(p.m, c, near, z, q)]

    errors = [log1p(fused, c, count, positive, finish) for positive in (False, True)]
    return above(errors[0].max(errors[1])) + above(coth_polynomial(c)) + above(atanh(c))


def logistic_loss_bound(fused, c, count):
    """Return the relative error of the loss, whose product has a relative error of 2^-104, 2^-103 without FMA.

    Below 2^LAST a logarithm and a product of any size are looked at in units of the one and of the other: the product
    is 0 .. 2^21 of the logarithm's unit, or 1 .. 2 where that is 2^LAST or less.
    """

    def finish(p, near, q, positive, k):
        m = p.m
        if k is None:
            m.sum_in_unit = positive
            ends = [arb(0), *(pow2(i) for i in range(2 - LAST))] if positive else [arb(1), arb(2)]
        else:
            ends = [arb(0), *(pow2(i) for i in range(-6, 8))]
        highest = p.t.upper() if k is not None else ends[-1]
        for low, high in itertools.pairwise(ends):
            if low < highest:
                z = m.unknown(low.union(high.min(highest)))
                tail = m.most(z) * pow2(-52)
                z_l = m.off(m.unknown((-tail).union(tail)), m.most(z) * pow2(-104 if fused else -103))
                yield logistic_loss(m, c, near, z, z_l, q)

    errors = [log1p(fused, c, count, in_unit, finish) for in_unit in (True, False)]
    return above(errors[0].max(errors[1])) + above(coth_polynomial(c)) + above(atanh(c))


def gradient_bound(fused, c, count):
    """Return the error of the gradient, b - q or q - b, in parts of q = sigmoid(-|x|), of which its margin is a share.

    The sums are exact but for the tails: low = rest r + (s_l + b_l) has three roundings, 2^-53 of low or of |c| <=
    2^-51 q, and where the result may be subnormal two more. What is a share of low is covered by SUM_ERROR, 2^-50 of
    it, and what is not is below 2^-102 q.
    """
    if not c["SUM_ERROR"] >= 2.0**-51:
        raise ArithmeticError("SUM_ERROR does not cover its roundings")
    return by_share(sigmoid, NEGATIVE)(fused, c, count) + pow2(-102)


def narrow_bound(f, polynomial):
    """Return the relative error of a function of the exponential of float32 inputs.

    The error of r, in octaves, is that of LOG2E, NARROW_MOST times at most, and a rounding or two of a number below 1.
    The sums and products that follow add four roundings of the result at most, 2^-51 of it.
    """

    def bound(fused, c, count):
        log2e = 1 / arb(2).log()
        constant = exactly(c["LOG2E"]) if fused else exactly(c["LOG2E_HI"]) + exactly(c["LOG2E_LO"])
        reduction = exactly(c["NARROW_MOST"]) * above(constant - log2e) + pow2(-54) * (1 if fused else 2)

        def of_piece(low, high, k):
            m = Bounds(fused)
            octave = arb(2).log()
            r = m.off(m.unknown((low / octave).union(high / octave)), reduction)
            if k is None:
                m.share = interval(0.0, 2.0**LAST)
            y = f(m, c, r, k or 0)
            return above(m.error(y) / y.exact.abs_lower())

        return largest(of_piece, count, ((),)) + above(coth_narrow(c)) + above(polynomial(c)) + pow2(-51)

    return bound


def ratios():
    """Return the interval of m/b: j is the whole part of the bits' difference plus OCTAVE_SHIFT, in octaves.

    The bits of 2^n (1 + f) are n + f in octaves, 0 .. 0.0861 below its binary logarithm.
    """
    shift, off = arb(0x3A00000000000) / pow2(52), exactly(0.0861)
    return pow2(-(1 - shift + off)), pow2(shift + off)


def logit_bound(fused, c, count):
    """Return the relative error of logit: in pieces of the exact difference of c m and b, in units of b, for each j.

    1 - p is b + b_l, |b_l| <= 2^-54, unless j = 0: there p >= 1/4, 2p - 1 is a multiple of 2^-54, and the numerator is
    exact. Near p = 1/2 it is as small as 2^-53.
    """
    (least, most), split = ratios(), exactly(c["LOW_RATIO"])

    def of_piece(low, high, is_low, j, tail):
        m = Bounds(fused)
        m.scaled = True
        b_l = m.unknown(interval(-(2.0**-53), 2.0**-53)) if tail else m.number(0.0)
        q = m.cut(*logit_quotient(m, c, is_low, m.unknown(low.union(high)), m.number(1.0), b_l))
        m.scaled = False
        if not is_low and j == 0:
            h, l = logit(m, c, m.number(0.0), m.number(0.0), q)
        else:
            rest_h = j * exactly(c["LN2_HI"]) + (exactly(c["LN15_HI"]) if is_low else 0)
            rest_l = m.unknown(j * exactly(c["LN2_LO"]) + (exactly(c["LN15_LO"]) if is_low else 0))
            off = m.half_ulp(rest_l) * (1 if fused else 2) + above(j) * pow2(-102) + pow2(-98)
            h, l = logit(m, c, m.unknown(rest_h, lsb=-42), m.off(rest_l, off), q)
        s = m.plus(h, l)
        return above(m.error(s) / s.exact.abs_lower())

    cuts = []
    for j in [*map(arb, range(9)), *(pow2(i).union(pow2(i + 1)) for i in range(3, 11))]:
        low_part = (exactly(1.5) * least - 1, exactly(1.5) * split - 1, True, j)
        near_half = [(-b, -a, False, j) for a, b in octaves(-54, -2, 4) if a < 1 - split]
        for part in [low_part, *(near_half if j == 0 else [(split - 1, most - 1, False, j)])]:
            cuts += [(*part, tail) for tail in ((False, True) if j != 0 else (False,))]

    def is_narrow(piece):
        low, high, _, j, _ = piece
        return high - low < exactly(0.5) / count or (j == 0 and high - low < above(low) / 16)

    return worst_of(cuts, of_piece, is_narrow) + above(atanh(c))


def backward_bound(fused, c, count):
    """Return the error of grad y c, c = 1 - y, in backward_product, in parts of |rest| + |a.l|: c is a pair exactly.

    With u = 2^-53, the error of p is u |p.l| after the rounding of its tail, and grad p.l <= |rest|/(1 - u); that of
    rest is u |rest|/(1 - u), that of a.l u |a.l|/(1 - u). To add a tail and its margin makes another u (1 + m) |a.l|,
    unless all was exact. Without FMA y c.l is rounded as well: see `backward_product_bound`.
    """
    u = pow2(-53)
    return (2 * u * (1 + 2 * u) / (1 - u) ** 2).max(u / (1 - u) + u * (1 + exactly(c["TAIL_ERROR"])))


def backward_product_bound(fused, c, count):
    """Return the error that the rounding of y c.l makes without FMA, in parts of |a.h|: |c.l| <= u |c.h|."""
    u = pow2(-53)
    return u**2 * (1 + 4 * u)


SIGNS, NEGATIVE = ((False,), (True,)), ((True,),)
SHARE, PART = "a share of the correction", "a part of the value"
FUNCTIONS = {
    "sigmoid": (by_share(sigmoid, SIGNS), "MARGIN", SHARE),
    "sigmoid_derivative": (by_share(sigmoid_derivative, NEGATIVE), "MARGIN", SHARE),
    "sigmoid_derivative_far": (by_share(sigmoid_derivative_far, NEGATIVE), "MARGIN", SHARE),
    "silu": (by_share(silu, SIGNS), "MARGIN", SHARE),
    "sigmoid_second_derivative": (second_derivative_bound, "MARGIN_SECOND", SHARE),
    "silu_derivative": (silu_derivative_bound, "MARGIN_SUM", PART),
    "softplus": (softplus_bound, "LOG_ERROR", PART),
    "softplus_far": (by_share(far, NEGATIVE), "MARGIN", SHARE),
    "sigmoid_backward": (backward_bound, "TAIL_ERROR", PART),
    "sigmoid_backward, y c.l": (backward_product_bound, "TWO_ROUNDINGS", PART),
    "logistic_loss": (logistic_loss_bound, "LOG_ERROR", PART),
    "logistic_loss_far": (loss_far_bound, "MARGIN", SHARE),
    "logistic_loss_gradient": (gradient_bound, "MARGIN_GRADIENT", PART),
    "logistic_loss, narrow": (narrow_bound(log1p_narrow, log_narrow), "NARROW_ERROR", PART),
    "logistic_loss_gradient, narrow": (narrow_bound(lower_narrow, lambda _: arb(0)), "NARROW_ERROR", PART),
    "logit": (logit_bound, "LOG_ERROR", PART),
}


def margin(name, c):
    """Return a function's margin."""
    return exactly(c[FUNCTIONS[name][1]])


def least_margin(name, error):
    """Return the margin that an error requires."""
    return above((pow2(54) if FUNCTIONS[name][2] == SHARE else 1) * error * SLACK)


def bound(name, fused, count=PIECES, c=None):
    """Return the bound of a function's error, with or without FMA, as a ball of radius 0."""
    ctx.prec = PRECISION
    return above(FUNCTIONS[name][0](fused, constants(fused) if c is None else c, count))


def rows(count=PIECES, names=FUNCTIONS):
    """Yield name, fused, error, margin called for and margin, the last three as binary logarithms."""
    for name in names:
        for fused in (True, False):
            error = bound(name, fused, count)
            yield name, fused, log2(error), log2(least_margin(name, error)), log2(margin(name, constants(fused)))


def write_log(found, count):
    """Write the table to bench/logs/fast_phase.md."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    machine = import_module("machine")
    heads = ("function", "FMA", "error", "margin called for", "margin")
    table = [dict(zip(heads, (n, "yes" if f else "no", *(f"2^{x:.2f}" for x in v)), strict=True)) for n, f, *v in found]
    certified = errors(constants(fused=True))
    about = machine.facts(["python-flint"], "default") | {
        "pieces of r": count,
        "polynomials": ", ".join(f"{name} 2^{error:.2f}" for name, error in certified.items()),
    }
    machine.write_log(LOG, "Errors of the fast phases, bounded in ball arithmetic, and the margins", about, table)


def main(arguments=None):
    """Print a row for each function, and tell whether a margin is too small."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=PIECES, help="how narrow pieces of r become")
    parser.add_argument("--log", action="store_true", help="write the table to bench/logs/fast_phase.md")
    chosen = parser.parse_args(arguments)
    found = []
    print("function                        FMA  error      margin called for  margin", flush=True)
    for row in rows(chosen.pieces):
        found.append(row)
        name, fused, error, needed, has = row
        verdict = "" if needed < has else "  TOO SMALL"
        numbers = f"2^{error:<8.3f} 2^{needed:<16.3f} 2^{has:.3f}"
        print(f"{name:31} {'yes' if fused else 'no':4} {numbers}{verdict}", flush=True)
    if chosen.log:
        write_log(found, chosen.pieces)
    return int(any(needed >= has for *_, needed, has in found))


if __name__ == "__main__":
    sys.exit(main())
