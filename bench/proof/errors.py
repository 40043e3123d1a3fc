"""Rounding errors of straight-line code, bounded step by step in ball arithmetic.

A formula is run over an interval of its inputs. Each step's value is what exact arithmetic would give there (a ball
that holds it everywhere in the interval) plus a linear combination of the roundings made so far, each a symbol of its
own with a bound. So the rounding of a sum and the tail that restores it cancel, as they do in the machine, and what
remains in the end are the roundings that no tail restores. Products of two symbols go into a remainder that cancels
with nothing.

That an operation is exact is derived where numbers carry the power of two of which they are multiples; elsewhere a
lemma says it, which the docstring of the formula or of the method proves.

Coefficients are balls as well, so that a symbol multiplied by an interval no longer cancels with itself. Pairs are
therefore cut before they are multiplied: from there on the head is a float64 like any other, without an error, and the
error of the pair's sum, a combination of the older symbols, is the tail's.
"""

from flint import arb, fmpq

LEAST = -1074


def pow2(n):
    """Return 2^n."""
    return arb(2) ** n


def exactly(x):
    """Return a float as a ball of radius 0."""
    return arb(fmpq(*float(x).as_integer_ratio()))


def interval(low, high):
    """Return the ball of an interval between two floats or balls."""
    low, high = (x if isinstance(x, arb) else exactly(x) for x in (low, high))
    return low.union(high)


def above(x):
    """Return the least upper bound of a ball's magnitude, as a ball of radius 0."""
    return x.abs_upper()


def within(x):
    """Return the ball of all whose magnitude is no larger than a ball of radius 0."""
    return (-x).union(x)


def exponent(x):
    """Return floor(log2 x), of a ball of radius 0; of 0 the least."""
    if x == 0:
        return LEAST
    mantissa, power = x.mid().man_exp()
    return int(power) + int(mantissa).bit_length() - 1


def multiple_of(x):
    """Return the greatest n for which a float is a multiple of 2^n; of 0 a large one."""
    n, d = float(x).as_integer_ratio()
    return (n & -n).bit_length() - d.bit_length() if n else 10**6


class Value:
    """A step's result: exact + sum(coefficient symbol) + something within rest; a multiple of 2^lsb, if known."""

    __slots__ = ("errors", "exact", "lsb", "rest")

    def __init__(self, exact, errors=None, rest=None, lsb=None):
        self.exact, self.errors, self.lsb = exact, errors or {}, lsb
        self.rest = arb(0) if rest is None else rest


def is_power(a):
    """Tell whether a value is a number 2^n or -2^n."""
    return not a.errors and a.rest == 0 and a.exact.rad() == 0 and abs(int(a.exact.man_exp()[0])) == 1


class Division:
    """A quotient in parts: q is a float64, and q + rest r the quotient, rest in units of the divisor, which is d."""

    __slots__ = ("d", "exact", "q", "r", "rest")

    def __init__(self, q, rest, r, d, exact):
        self.q, self.rest, self.r, self.d, self.exact = q, rest, r, d, exact


class Bounds:
    """The arithmetic of float64, of which each operation returns a `Value`.

    Parameters
    ----------
    fused : bool
        Whether there is FMA; without it a fused operation rounds twice.

    Notes
    -----
    Where `scaled` is set, values are in units that are no power of two (of a divisor or of an input), and a rounding is
    bounded by 2^-53 of the value, which holds in any unit, rather than by half an ulp.
    """

    def __init__(self, fused=True):
        self.fused, self.scaled = fused, False
        self.symbols = []  # their bounds

    # What is known of a value

    def error(self, a):
        """Return a bound of a value's error."""
        return above(sum((above(c) * self.symbols[k] for k, c in a.errors.items()), a.rest))

    def most(self, a):
        """Return a bound of a value's magnitude."""
        return above(above(a.exact) + self.error(a))

    def least(self, a):
        """Return a lower bound of a value's magnitude."""
        low = a.exact.abs_lower() - self.error(a)
        return low.abs_lower() if low > 0 else arb(0)

    def ball(self, a):
        """Return a ball that holds a value, its error included."""
        return a.exact + within(self.error(a))

    # Where values come from

    def number(self, x):
        """Return a constant."""
        return Value(exactly(x), lsb=multiple_of(x))

    def unknown(self, ball, lsb=None):
        """Return a float64 that lies somewhere in a ball: an input."""
        return Value(ball, lsb=lsb)

    def off(self, a, bound, lsb=None):
        """Return a value that differs from another by a new symbol within a bound."""
        self.symbols.append(above(bound))
        return Value(a.exact, {**a.errors, len(self.symbols) - 1: arb(1)}, a.rest, lsb)

    # Exact arithmetic

    def plus(self, a, b):
        """Return a + b, not rounded."""
        errors = dict(a.errors)
        for k, c in b.errors.items():
            errors[k] = errors[k] + c if k in errors else c
        lsb = None if a.lsb is None or b.lsb is None else min(a.lsb, b.lsb)
        return Value(a.exact + b.exact, {k: c for k, c in errors.items() if c != 0}, a.rest + b.rest, lsb)

    def minus(self, a):
        """Return -a."""
        return Value(-a.exact, {k: -c for k, c in a.errors.items()}, a.rest, a.lsb)

    def scale(self, a, n):
        """Return 2^n a."""
        f = pow2(n)
        return Value(
            a.exact * f, {k: c * f for k, c in a.errors.items()}, a.rest * f, None if a.lsb is None else a.lsb + n
        )

    def product(self, a, b):
        """Return a b, not rounded."""
        if not a.errors and not b.errors and a.rest == 0 and b.rest == 0:
            errors, rest = {}, arb(0)
        else:
            errors = {k: c * b.exact for k, c in a.errors.items()}
            for k, c in b.errors.items():
                errors[k] = errors[k] + c * a.exact if k in errors else c * a.exact
            rest = above(above(a.exact) * b.rest + above(b.exact) * a.rest + self.error(a) * self.error(b))
        lsb = None if a.lsb is None or b.lsb is None else a.lsb + b.lsb
        return Value(a.exact * b.exact, errors, rest, lsb)

    # The machine's

    def is_exact(self, a):
        """Tell whether a value needs no rounding: it is a multiple of 2^lsb with 53 bits or less."""
        return not self.scaled and a.lsb is not None and a.lsb >= LEAST and self.most(a) <= pow2(a.lsb + 53)

    def half_ulp(self, a):
        """Return a bound of the error that rounding a value to the nearest float64 makes."""
        most = self.most(a)
        return most * pow2(-53) if self.scaled else pow2(exponent(most) - 53)

    def rounded(self, a, most=None):
        """Return a value rounded to the nearest float64, from which it is no further than most, if that is given."""
        if self.is_exact(a) or (a.exact == 0 and not a.errors and a.rest == 0):
            return a
        lsb = None
        if not self.scaled:
            least = self.least(a)
            lsb = exponent(least) - 52 if least > 0 else None
            if a.lsb is not None:
                lsb = a.lsb if lsb is None else max(lsb, a.lsb)
        half = self.half_ulp(a)
        return self.off(a, half if most is None else half.min(most), lsb)

    def add(self, a, b, ideal=None):
        """Return RN(a + b); ideal gives its exact value where the balls of a and b do not show it.

        RN(a + b) is no further from the sum than a or b is, both of which are numbers of the type.
        """
        s = self.plus(a, b)
        return self.rounded(s if ideal is None else self.ideal(s, ideal), self.most(a).min(self.most(b)))

    def sub(self, a, b, ideal=None):
        """Return RN(a - b)."""
        return self.add(a, self.minus(b), ideal)

    def mul(self, a, b):
        """Return RN(a b), which is a b where one of them is a power of two."""
        p = self.product(a, b)
        return p if is_power(a) or is_power(b) else self.rounded(p)

    def fma(self, a, b, c, ideal=None):
        """Return RN(a b + c), or RN(RN(a b) + c)."""
        if not self.fused or is_power(a) or is_power(b):
            return self.add(self.mul(a, b), c, ideal)
        s = self.plus(self.product(a, b), c)
        return self.rounded(s if ideal is None else self.ideal(s, ideal))

    def ideal(self, a, exact):
        """Return a value whose exact value is what exact() returns, where balls do not show it."""
        return Value(arb(exact()), a.errors, a.rest, a.lsb)

    def zero(self):
        """Return the exact value of a tail."""
        return arb(0)

    # Pairs

    def split(self, a):
        """Return a value as RN(a) and what is left, exactly."""
        h = self.rounded(a)
        if h is a:
            return a, self.number(0.0)
        k = len(self.symbols) - 1
        return h, Value(arb(0), {k: arb(-1)}, lsb=a.lsb)

    def two_sum(self, a, b):
        """Return a + b as a pair: exact for all a and b."""
        return self.split(self.plus(a, b))

    def fast_two_sum(self, a, b, lemma=None):
        """Return a + b as a pair.

        The sequence s = a + b, (a - s) + b is exact where a's exponent is not below b's, which is checked, and
        where a is a multiple of b's last bit: s - a is then one too and no larger than b. A caller that has another
        reason states it as the lemma.
        """
        if lemma is None and not exponent(self.least(a)) >= exponent(self.most(b)):
            raise ArithmeticError("fast_two_sum: the first summand may be the smaller")
        return self.split(self.plus(a, b))

    def two_product(self, a, b):
        """Return a b of float64 as a pair, exactly: without FMA by parts of 26 bits, as Dekker's product has it.

        Each number is a head of 26 bits, rounded, and a tail of 26 bits and a sign; products of them are exact. The
        tail of a b is a multiple of what they are multiples of, and so are the partial sums, which 53 bits hold.
        """
        p = self.product(a, b)
        if is_power(a) or is_power(b):
            return p, self.number(0.0)
        return self.split(p)

    def cut(self, h, l):
        """Return a pair whose head has no error: that of the sum is the tail's."""
        total = self.plus(h, l)
        head, off = self.ball(h), self.most(l) + self.error(total)
        return Value(head, lsb=h.lsb), Value(within(above(off)), total.errors, total.rest, l.lsb)

    def lacks(self, a, bound):
        """Return a value that stands for one that differs by bound() or less, a term that the formula drops."""
        most = above(arb(bound()))
        lacking = self.off(a, most, a.lsb)
        lacking.exact = a.exact + within(most)
        return lacking

    # Division

    def divide(self, n, d):
        """Return n/d of pairs, as q = RN(n_h r), r = RN(1/d_h), and the remainder over the divisor.

        N and D are the sums. q differs from N/D by the roundings of r and of a product, 2^-52, and the tails' shares.
        The remainder n_h - q d_h is a float64, since q is within some ulp of n_h/d_h; without FMA the difference
        n_h - RN(q d_h) is exact by Sterbenz, and the product's tail is subtracted, with one more rounding at most.
        The tails are added with a rounding or two, the sum of both with another. That r is not 1/D counts only in
        parts of the correction, and so do two roundings of its factors.
        """
        top, bottom = self.plus(*n), self.plus(*d)
        exact = top.exact / bottom.exact
        off_n, off_d = self.error(top), self.error(bottom)
        errors = {k: c / bottom.exact for k, c in top.errors.items()}
        for k, c in bottom.errors.items():
            part = -c * exact / bottom.exact
            errors[k] = errors[k] + part if k in errors else part
        least = self.least(bottom)
        rest = top.rest / least + above(exact) * bottom.rest / least
        rest += (off_n + above(exact) * off_d) * off_d / least**2
        total = Value(exact, errors, above(rest))
        most, u, slack = self.most(total), pow2(-53), 1 + pow2(-45)
        of_n, of_d = self.most(n[1]) / least * slack, self.most(d[1]) / least * slack
        tails = of_n + most * of_d
        apart = (most + tails) * 2 * u * slack + tails
        roundings = u * (of_n + most * of_d * (1 if self.fused else 2)) + u * apart
        if not self.fused:
            roundings += u * (apart + tails)
        lost = roundings * slack + apart * (3 * u + of_d) * slack
        c = self.off(Value(within(above(apart)), errors, total.rest), lost)
        return Division(
            Value(exact + within(above(apart + self.error(total)))), c, self.number(1.0), self.number(1.0), exact
        )

    def quotient(self, n, d):
        """Return RN(n/d) of two numbers, a division of the machine's."""
        a = self.divide((n, self.number(0.0)), (d, self.number(0.0)))
        return self.rounded(Value(a.exact, a.rest.errors, a.rest.rest))

    def quotient_pair(self, n, d):
        """Return n/d of pairs as a pair, whose tail is the correction rounded once more."""
        a = self.divide(n, d)
        return a.q, self.off(a.rest, self.most(a.rest) * pow2(-53))

    def times(self, a, b):
        """Return a times a pair, in units of a, for a float64 a of any size and a pair that is cut.

        The product of a and the head is exact as a pair; its parts are rounded by 2^-53 of themselves, in any unit.
        """
        scaled, self.scaled = self.scaled, True
        h, l = self.two_product(self.number(1.0), b[0])
        l = self.fma(self.number(1.0), b[1], l)
        self.scaled = scaled
        return h, l

    unit = 0  # exponents have no bounds here
    share = None  # the interval of the power of two that is the numerator's unit, where it may be as small as 0

    def beside(self, a):
        """Return a value that has the numerator's unit, in that of the denominator."""
        return a if self.share is None else self.product(a, Value(self.share))

    def difference(self, a, b, ideal=None):
        """Return a - b where it is exact, by Sterbenz: b is between a/2 and 2a."""
        s = self.plus(a, self.minus(b))
        return s if ideal is None else self.ideal(s, ideal)

    def difference_of_parts(self, e, unit, n_h, n_l, k):
        """Return the numerator of 1 - exp(-r): d - n. For k = 0 it is 12 r, a multiple of 2^-49; the tails cancel."""
        _, d_head, w_l, r = e
        if k == 0 and self.share is None:
            return Value(12 * r.exact, lsb=r.lsb), self.number(0.0)
        h, l = self.sum_with(self.minus(unit), self.beside(n_h), d_head)
        return h, self.add(l, self.fma(self.minus(unit), self.beside(n_l), w_l))

    NEAR_ZERO = -26

    def is_near_zero(self, r, k):
        """Tell whether r is so small, and k = 0, that `near_zero` holds."""
        return k == 0 and self.share is None and above(r.exact) <= pow2(self.NEAR_ZERO)

    def near_zero(self, r, e):
        """Return tau, p and g' of the second derivative for 0 < r <= 2^-26, k = 0.

        w_h is 12 there, since v <= 2^-52 is below half of its last bit, d_h is 24 and d_l is 2 w_l. 1/24 is
        rounded by -2^-54 of it, and 12 r RN(1/24) = (r/2)(1 - 2^-54) rounds to r/2: it is less than half an ulp off,
        or, for a power of two, halfway, and r/2 is even. So tau is r/2, and what it lacks is tau d_l/24, in which the
        remainder n - q d has no share. q is within 2^-53 of 1/2 - r/4, and p = 1/4 - (1/2 - q)^2 rounds to 1/4; 6p -
        1 is 1/2 then, and g' 1/8.
        """
        sum_of_w = self.plus(e[0], e[2])  # without the error of w_h, of which there is none
        d_l = Value(2 * (r.exact**2 + within(above(r.exact) ** 4)), self.scale(sum_of_w, 1).errors, 2 * sum_of_w.rest)
        tau = Value(r.exact / 2, lsb=r.lsb - 1)
        lacking = above(tau.exact * self.ball(d_l)) / 24 * (1 + pow2(-50))
        rest = self.off(self.product(self.minus(tau), self.product(d_l, Value(arb(1) / 24))), lacking * pow2(-51))
        one = self.number(1.0)
        p_l = (above(r.exact) / 4 + pow2(-53)) ** 2
        tail = self.off(self.unknown((-p_l).union(arb(0))), p_l * pow2(-52))
        return Division(tau, rest, one, one, tau.exact), self.number(0.25), tail, self.number(0.125)

    def not_larger(self, a, b):
        """Check that b is no larger than a, and return the lemma that says so."""
        if not self.most(b) <= self.least(a):
            raise ArithmeticError("fast_two_sum: the second summand may be the larger")
        return "no larger"

    def correction(self, a):
        """Return the product of a quotient's rest and reciprocal, rounded."""
        return self.off(a.rest, self.most(a.rest) * pow2(-53))

    def sum_with(self, f, a, b):
        """Return f a + b as a pair, by s = fma(f, a, b) and fma(f, a, b - s), f = 2^n and b the larger, or 0."""
        return self.fused_sum(f, a, b)

    sum_in_unit = False  # where what a logarithm is added to has the numerator's unit

    def beside_sum(self, b, a):
        """Return a value that has the numerator's unit, in that of what it is added to, if there is such."""
        return a if b.exact == 0 or self.sum_in_unit else self.beside(a)

    def fused_sum(self, f, a, b):
        """Return f a + b as a pair, by s = fma(f, a, b) and fma(f, a, -s) + b or fma(f, a, b - s), f = 2^n or 3/2.

        For a power of two it is the fast sum of f a and b or of b and f a, whose first must not be the smaller. For
        3/2, s is near f a: f a - s is no larger than b and half an ulp of s, and a multiple of the last bit of f a or
        of s; that it has 53 bits, and the tail as well, is checked.
        """
        p = self.product(f, a) if self.fused else self.mul(f, a)
        if not self.scaled and f.exact == 1.5:
            half = self.half_ulp(self.plus(p, b))
            if None in (p.lsb, b.lsb) or not (
                self.most(b) + half <= pow2(p.lsb + 53) and half <= pow2(min(p.lsb, b.lsb) + 53)
            ):
                raise ArithmeticError("fused_sum: the tail is not exact")
        elif not (
            exponent(self.least(p)) >= exponent(self.most(b))
            or exponent(self.least(b)) >= exponent(self.most(p))
            or self.most(b) == 0
        ):
            raise ArithmeticError("fused_sum: which is the larger is not known")
        return self.split(self.plus(p, b))

    def logit_first(self, factor, ratio, b):
        """Return b - factor m, exact, in units of b: what the ratio stands for."""
        return ratio
