"""The arithmetic of float64, in software: what the kernels' steps give, to the bit."""

import struct

import gmpy2

FLOAT64 = gmpy2.context(precision=53, emin=-1073, emax=1024, subnormalize=True)


class Division:
    """A quotient in parts: q + rest r."""

    def __init__(self, q, rest, r, d):
        self.q, self.rest, self.r, self.d = q, rest, r, d


class Rounded:
    """Each operation rounds once, to nearest; without FMA, a fused one rounds twice.

    The steps that only the algebra needs (`ideal`, `lacks`, `cut`) change nothing here.
    """

    unit = 128
    scaled = False

    def __init__(self, fused=True):
        self.fused = fused

    @staticmethod
    def number(x):
        """Return a constant."""
        return gmpy2.mpfr(x, 53)

    @staticmethod
    def minus(a):
        """Return -a."""
        return FLOAT64.minus(a)

    @staticmethod
    def scale(a, n):
        """Return 2^n a, rounded where it is subnormal."""
        return FLOAT64.mul(a, gmpy2.mpfr(2.0**n))

    @staticmethod
    def add(a, b, ideal=None):
        """Return RN(a + b)."""
        return FLOAT64.add(a, b)

    @staticmethod
    def sub(a, b, ideal=None):
        """Return RN(a - b)."""
        return FLOAT64.sub(a, b)

    difference = sub

    @staticmethod
    def mul(a, b):
        """Return RN(a b)."""
        return FLOAT64.mul(a, b)

    def fma(self, a, b, c, ideal=None):
        """Return RN(a b + c), or RN(RN(a b) + c)."""
        return FLOAT64.fma(a, b, c) if self.fused else self.add(self.mul(a, b), c)

    zero = None

    @staticmethod
    def lacks(a, bound):
        """Return a."""
        return a

    @staticmethod
    def cut(h, l):
        """Return the pair."""
        return h, l

    def two_sum(self, a, b):
        """Return a + b exactly."""
        s = self.add(a, b)
        rest = self.sub(s, a)
        return s, self.add(self.sub(a, self.sub(s, rest)), self.sub(b, rest))

    def fast_two_sum(self, a, b, lemma=None):
        """Return a + b exactly, where a is not the smaller."""
        s = self.add(a, b)
        return s, self.add(self.sub(a, s), b)

    @staticmethod
    def head(a):
        """Return a number rounded to 26 bits, ties away from 0."""
        u = struct.unpack("<Q", struct.pack("<d", float(a)))[0]
        return gmpy2.mpfr(struct.unpack("<d", struct.pack("<Q", (u + (1 << 26)) >> 27 << 27))[0], 53)

    def tail(self, a, b, p):
        """Return a b - p."""
        if self.fused:
            return FLOAT64.fma(a, b, -p)
        a_h, b_h = self.head(a), self.head(b)
        a_l, b_l = a - a_h, b - b_h
        first = self.sub(self.mul(a_h, b_h), p)
        cross = self.add(self.mul(a_h, b_l), self.mul(a_l, b_h))
        return self.add(self.add(first, cross), self.mul(a_l, b_l))

    def two_product(self, a, b):
        """Return a b as a pair."""
        p = self.mul(a, b)
        return p, self.tail(a, b, p)

    def times(self, a, b):
        """Return a times a pair."""
        p = self.mul(a, b[0])
        return p, self.fma(a, b[1], self.tail(a, b[0], p))

    def residual(self, n, q, d):
        """Return n - q d."""
        if self.fused:
            return FLOAT64.fma(-q, d, n)
        p = self.mul(q, d)
        return self.sub(self.sub(n, p), self.tail(q, d, p))

    def divide(self, n, d):
        """Return n/d of pairs."""
        r = FLOAT64.div(gmpy2.mpfr(1), d[0])
        q = self.mul(n[0], r)
        rest = self.add(self.residual(n[0], q, d[0]), self.fma(self.minus(q), d[1], n[1]))
        return Division(q, rest, r, d[0])

    @staticmethod
    def beside(a):
        """Return a."""
        return a

    @staticmethod
    def beside_sum(b, a):
        """Return a."""
        return a

    def difference_of_parts(self, e, unit, n_h, n_l, k):
        """Return d - n as a pair."""
        h, l = self.sum_with(self.minus(unit), n_h, e[1])
        return h, self.add(l, self.fma(self.minus(unit), n_l, e[2]))

    @staticmethod
    def is_near_zero(r, k):
        """Return False."""
        return False

    def not_larger(self, a, b):
        """Return nothing."""

    def correction(self, a):
        """Return the product of a quotient's rest and reciprocal, rounded."""
        return self.mul(a.rest, a.r)

    def quotient_pair(self, n, d):
        """Return n/d of pairs as a pair."""
        a = self.divide(n, d)
        return a.q, self.correction(a)

    def fused_sum(self, f, a, b):
        """Return f a + b as a pair, f a the larger."""
        s = self.fma(f, a, b)
        return s, self.add(self.fma(f, a, self.minus(s)), b)

    def sum_with(self, f, a, b):
        """Return f a + b as a pair, b the larger."""
        s = self.fma(f, a, b)
        return s, self.fma(f, a, self.sub(b, s))

    def logit_first(self, factor, m, b):
        """Return b - factor m."""
        return self.fma(self.number(1.0 - factor), m, self.sub(b, m))
