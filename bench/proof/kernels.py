"""The results of the fast phases of float64, by the models, in software arithmetic."""

import struct

from constants import constants
from gmpy2 import mpfr
from models import (
    coth,
    far,
    log1p_quotient,
    logistic_loss,
    logit,
    logit_quotient,
    second_derivative,
    sigmoid,
    sigmoid_derivative,
    sigmoid_derivative_far,
    silu,
    silu_derivative,
    softplus,
)
from rounded import Rounded

LEAST_NORMAL = mpfr(2.0**-1022)
NEAR = 354  # 511 ln 2, nearly: a block of smaller |x| is computed without the unit, 2^128


def bits(x):
    """Return the bits of a float64, as an integer."""
    return struct.unpack("<Q", struct.pack("<d", float(x)))[0]


class Kernels:
    """The fast phases, with or without FMA: each returns y and the other number of its rounding test."""

    def __init__(self, fused):
        self.m, self.c = Rounded(fused), constants(fused)

    def number(self, name):
        """Return a constant."""
        return self.m.number(self.c[name])

    def reduced(self, t):
        """Return r_h, r_l and the exponent of exp(-t), 0 <= t: reduce_f64."""
        m, log2e, shift = self.m, self.number("LOG2E"), self.number("SHIFT")
        n = m.sub(m.fma(t, m.minus(log2e), shift), shift)
        r, low = m.fma(n, self.number("LN2_HI"), t), m.mul(n, self.number("LN2_LO"))
        grid = self.number("GRID")
        r_h = m.sub(m.add(m.add(r, low), grid), grid)
        return r_h, m.add(m.sub(r, r_h), low), int(n)

    def corrected(self, q, rest, r):
        """Return q + rest r: corrected."""
        m = self.m
        if m.fused or abs(q) < 1.5 * LEAST_NORMAL:
            return m.fma(rest, r, q)
        return m.scale(m.add(m.scale(q, m.unit), m.mul(rest, m.scale(r, m.unit))), -m.unit)

    def factors(self, margin):
        """Return what a correction is multiplied by in the test."""
        return (self.m.number(1.0 + sign * self.c[margin]) for sign in (1, -1))

    def by_share(self, q, rest, r, margin):
        """Return both numbers of the test: by_share, of q + rest r."""
        c = self.m.mul(rest, r)
        return tuple(self.m.fma(c, factor, q) for factor in self.factors(margin))

    def by_share_of_rest(self, q, rest, r, margin):
        """Return both numbers of the test: by_share_of_rest."""
        return tuple(self.corrected(q, rest, self.m.mul(r, factor)) for factor in self.factors(margin))

    def within(self, q, rest, r, margin):
        """Return both numbers of the test: within."""
        return self.corrected(q, self.m.add(rest, margin), r), self.corrected(q, self.m.sub(rest, margin), r)

    def of_sum(self, h, l):
        """Return both numbers of the test: of_sum."""
        m, margin = self.m, self.m.mul(h, self.number("LOG_ERROR"))
        return m.add(h, m.add(l, margin)), m.add(h, m.sub(l, margin))

    def parts(self, x, most="MOST"):
        """Return |x|, clamped, and the exponential's parts: coth's, r_l and k."""
        t = self.m.number(min(abs(x), self.c[most]))
        r_h, r_l, k = self.reduced(t)
        return t, coth(self.m, self.c, r_h), r_l, k

    def is_far(self, x):
        """Tell whether the unit is needed, where all inputs of a block are about as large."""
        return abs(x) > NEAR

    def of_share(self, near, far, x):
        """Return both numbers of a formula of the exponential whose margin is a share of its correction."""
        parts = self.m, self.c, x < 0, *self.parts(x)
        return (
            self.by_share_of_rest(*far(*parts), "MARGIN") if self.is_far(x) else self.by_share(*near(*parts), "MARGIN")
        )

    def sigmoid(self, x):
        """Return sigmoid_f64."""
        return self.of_share(sigmoid, sigmoid, x)

    def sigmoid_derivative(self, x):
        """Return sigmoid_derivative_f64."""
        return self.of_share(sigmoid_derivative, sigmoid_derivative_far, x)

    def silu(self, x):
        """Return silu_f64, for |x| < 2^60."""
        t, e, r_l, k = self.parts(x)
        signed = self.m.minus(t) if x < 0 else self.m.number(x)
        return self.by_share_of_rest(*silu(self.m, self.c, x < 0, signed, e, r_l, k), "MARGIN")

    def sigmoid_second_derivative(self, x):
        """Return sigmoid_second_derivative_f64."""
        m = self.m
        h, l = second_derivative(m, self.c, x < 0, *self.parts(x))
        q = m.scale(h, -m.unit)
        l = m.add(l, m.fma(m.number(-(2.0**m.unit)), q, h))
        both = self.by_share_of_rest(q, l, m.number(2.0**-m.unit), "MARGIN_SECOND")
        return tuple(m.minus(y) if x > 0 else y for y in both)

    def silu_derivative(self, x):
        """Return silu_derivative_f64."""
        m = self.m
        q, rest, r, (a, f, p, _) = silu_derivative(m, self.c, x < 0, *self.parts(x))
        margin = m.mul(a, m.mul(self.number("MARGIN_SUM"), m.add(abs(f), p)))
        return self.within(q, rest, r, margin)

    def quotient(self, x):
        """Return the quotient of log(1 + e), and whether c is 3/2: plus_log1p."""
        near = abs(x) < self.c["NEAR_LOG"]
        _, e, r_l, k = self.parts(x, "LOG_MOST")
        return near, log1p_quotient(self.m, self.c, near, e, r_l, k - 1)

    def softplus(self, x):
        """Return softplus_f64, and beyond -LOG_TAIL softplus_far."""
        m = self.m
        if x < -self.c["LOG_TAIL"]:
            _, e, r_l, k = self.parts(x)
            return self.in_unit(far(m, self.c, True, None, e, r_l, k), e)
        near, q = self.quotient(x)
        h, l = softplus(m, self.c, near, m.number(max(x, 0.0)), q)
        return tuple(max(y, m.number(x)) for y in self.of_sum(h, l))

    def in_unit(self, parts, e):
        """Return both numbers of quotient_in_unit, for a quotient of normal size."""
        (q, rest, r), m = parts, self.m
        assert q >= LEAST_NORMAL * 2**m.unit
        return tuple(m.scale(m.add(q, m.mul(rest, m.mul(r, f))), -m.unit) for f in self.factors("MARGIN"))

    def log_sigmoid(self, x):
        """Return -softplus(-x)."""
        return tuple(self.m.minus(y) for y in self.softplus(-x))

    def logistic_loss(self, x, target):
        """Return logistic_loss_f64, for |x| <= LOG_TAIL."""
        m, t = self.m, self.m.number(abs(x))
        near, q = self.quotient(x)
        share, share_l = m.number(target), m.number(0.0)
        if x > 0:
            share = m.sub(m.number(1.0), m.number(target))
            share_l = m.sub(m.sub(m.number(1.0), share), m.number(target))
        share = max(share, self.number("LEAST_SHARE"))
        z, tail = m.two_product(t, share)
        return self.of_sum(*logistic_loss(m, self.c, near, z, m.fma(t, share_l, tail), q))

    def logistic_loss_gradient(self, x, target):
        """Return logistic_loss_gradient_f64."""
        m, negative = self.m, x < 0 or bits(x) >> 63 == 1
        q, rest, r = sigmoid(m, self.c, True, *self.parts(x))
        unit = m.unit if self.is_far(x) else 0
        q_signed, r_unit = (q, m.scale(r, unit)) if negative else (m.minus(q), m.minus(m.scale(r, unit)))
        b, b_l = m.fast_two_sum(m.number(0.0 if negative else 1.0), m.number(-target))
        s, s_l = m.two_sum(b, q_signed)
        low = m.fma(rest, r_unit, m.scale(m.add(s_l, b_l), unit))
        share = m.scale(self.number("MARGIN_GRADIENT"), unit)
        margin = m.fma(q, share, self.number("LEAST_MARGIN") if unit else m.number(0.0))
        margin = m.fma(abs(low), self.number("SUM_ERROR"), margin)
        if not unit:
            return m.add(s, m.add(low, margin)), m.add(s, m.sub(low, margin))
        return self.within(s, low, m.number(2.0**-m.unit), margin)

    def logit(self, p):
        """Return logit_f64, for p between 2^-128 and 1."""
        m, one, p = self.m, self.m.number(1.0), self.m.number(p)
        upper = p >= 0.5
        a, b = (m.sub(one, p), p) if upper else (p, m.sub(one, p))
        b_l = m.number(0.0) if upper else m.sub(m.sub(one, b), p)
        k = (bits(b) - bits(a) + int(self.c["OCTAVE_SHIFT"])) >> 52
        scaled, j = m.scale(a, k), m.number(float(k))
        low = scaled < m.mul(self.number("LOW_RATIO"), b)
        q = logit_quotient(m, self.c, low, scaled, b, b_l)
        high, tail = (m.number(self.c[name] if low else 0.0) for name in ("LN15_HI", "LN15_LO"))
        h, l = logit(m, self.c, m.fma(j, self.number("LN2_HI"), high), m.fma(j, self.number("LN2_LO"), tail), q)
        return tuple(y if upper else m.minus(y) for y in self.of_sum(h, l))
