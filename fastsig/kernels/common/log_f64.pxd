# THE LOGARITHM OF float64, as a pair, to a relative error of 2^-65.4.
#
# log(a/b) = 2 atanh(q),  q = (a - b)/(a + b),  and with a factor c, log(a/b) = log(c) + log(a/(c b)): q is below 0.11
# where c is the one of 1 and 3/2, and of the powers of 2, that is nearest.
#
# The constants and coefficients are made again by bench/coefficients.sollya; bench/proof bounds the errors.

from fastsig.kernels.common.exact cimport (
    HAS_FMA, LEAST_NORMAL, UNIT, Pair, fma, product_tail, residual
)
from fastsig.kernels.common.exp_f64 cimport ExpF64
from fastsig.kernels.common.rounding cimport MARGINS, Rounding, rounding

from libc.math cimport fabs

cdef extern from *:
    # atanh(q) = q (1 + A3 q^2 + A5 q^4 + ... + A17 q^16) on |q| <= 0.1436: relative error 2^-71.41
    const double ATANH_A3 "0x1.5555555555555p-2"
    const double ATANH_A3_TAIL "0x1.3828bec67ecap-56"
    const double ATANH_A5 "0x1.99999999999f3p-3"
    const double ATANH_A7 "0x1.2492492486958p-3"
    const double ATANH_A9 "0x1.c71c71decd474p-4"
    const double ATANH_A11 "0x1.745d0a0481a5p-4"
    const double ATANH_A13 "0x1.3b1801ca045afp-4"
    const double ATANH_A15 "0x1.10412fdbf42dfp-4"
    const double ATANH_A17 "0x1.05cdcffd0ddf4p-4"

    const double LOG_ERROR "(FASTSIG_HAS_FMA ? 0x1.8p-66 : 0x1p-65)"  # of a logarithm and what is added, relatively

    # log(1 + e) = log(3/2) + log((1 + e)/(3/2)) for |x| < NEAR_LOG = -log(sqrt(3/2) - 1). LN15 is a multiple of 2^-52.
    const double NEAR_LOG "1.4928"
    const double LN15 "0x1.9f323ecbf984cp-2"
    const double LN15_TAIL "(-0x1.a92e513217f5cp-59)"  # LN15 + LN15_TAIL = log(3/2) (1 + 2^-110)

    # Beyond TAIL log(1 + e) is e to within 2^-245.
    const double LOG_TAIL "170.0"
    const double LOG_MOST "172.0"
    const double HALF_SHIFT "(0x1.8p+52 + 1022)"  # makes s = 2^(n - 1)
    const double COARSE "0x1.8p-894"  # x + COARSE rounds x, in the unit, to the grid of the subnormals
    const double MARGIN_FAR "0x1p-13"


cdef inline Pair quotient_pair(Pair n, Pair d) noexcept nogil:
    cdef double r = 1.0 / d.h
    cdef Pair q
    q.h = n.h * r
    q.l = (residual(n.h, q.h, d.h) + fma(-q.h, d.l, n.l)) * r
    return q


cdef inline Pair log1p_quotient(double x, ExpF64 e) noexcept nogil:
    # The q of log((1 + e)/c), c = 1 + 2g: (s n - g d)/(c d + (s n - g d)), for s = 2^(n - 1), n and d as coth_f64 has
    # them
    cdef double g = 0.25 if fabs(x) < NEAR_LOG else 0.0, c = fma(2.0, g, 1.0), n_h = e.s * e.of_r_h.n_h
    cdef Pair n, d
    n.h = fma(-g, e.of_r_h.d_h, n_h)
    n.l = fma(-e.r_l, n_h, (e.s - g) * e.of_r_h.w_l)
    d.h = fma(c, e.of_r_h.d_h, n.h)
    d.l = fma(c, e.of_r_h.w_l, fma(c, e.of_r_h.d_h, -d.h) + n.h) + n.l
    return quotient_pair(n, d)


cdef inline double atanh_series(double v) noexcept nogil:
    # A5 + A7 v + ... + A17 v^6
    cdef double v2 = v * v, even, odd
    even = fma(v2, fma(v2, fma(v2, ATANH_A17, ATANH_A13), ATANH_A9), ATANH_A5)
    odd = fma(v2, fma(v2, ATANH_A15, ATANH_A11), ATANH_A7)
    return fma(v, odd, even)


cdef inline Pair atanh_pair(Pair q) noexcept nogil:
    # q (1 + u), u = v A3 + v^2 A5 + ..., v = q^2; what v lacks counts by the slope of u.
    cdef double v = q.h * q.h, v_l = fma(q.h + q.h, q.l, product_tail(q.h, q.h, v)), slope, rest, u, u_l, c
    cdef Pair a
    slope = fma(v, 2.0 * ATANH_A5 if HAS_FMA else fma(v, 3.0 * ATANH_A7, 2.0 * ATANH_A5), ATANH_A3)
    rest = v * fma(v, atanh_series(v), ATANH_A3_TAIL)
    if HAS_FMA:
        u = fma(v, ATANH_A3, rest)
        u_l = fma(v_l, slope, fma(v, ATANH_A3, -u) + rest)
    else:
        c = v * ATANH_A3
        u = c + rest
        u_l = v_l * slope + (((c - u) + rest) + product_tail(v, ATANH_A3, c))
    rest = fma(q.h, u_l, fma(q.l, u, q.l))
    if HAS_FMA:
        a.h = fma(q.h, u, q.h)
        a.l = fma(q.h, u, q.h - a.h) + rest
    else:
        c = q.h * u
        a.h = q.h + c
        a.l = ((q.h - a.h) + c) + (product_tail(q.h, u, c) + rest)
    return a


cdef inline Rounding of_sum(double h, double l) noexcept nogil:
    # h + l, its error a share of h
    return rounding(h + fma(h, MARGINS * LOG_ERROR, l), h + fma(h, -MARGINS * LOG_ERROR, l))


cdef inline Rounding quotient_in_unit(Pair n, double d_h, double d_l) noexcept nogil:
    # n/d in the unit, n in it too. Where the quotient is below 2^-1022 its head is rounded to the grid of the
    # subnormals, by adding and subtracting COARSE; the remainder is exact still, and the tail is rounded to the grid in
    # its turn: once, since the head lies on it. No operation has a subnormal operand or result.
    cdef double r = 1.0 / d_h, q = n.h * r, rest, c, other
    cdef bint subnormal = fabs(q) < LEAST_NORMAL * UNIT
    q = (q + COARSE) - COARSE if subnormal else q
    rest = residual(n.h, q, d_h) + fma(-q, d_l, n.l)
    c = rest * (r * (1.0 + MARGINS * MARGIN_FAR))
    other = rest * (r * (1.0 - MARGINS * MARGIN_FAR))
    c = (c + COARSE) - COARSE if subnormal else c
    other = (other + COARSE) - COARSE if subnormal else other
    return rounding(q + c, q + other)
