# THE LOGARITHM OF float64, as a pair, to a relative error of 2^-65.6, with FMA 2^-65.8.
#
# log(a/b) = 2 atanh(q),  q = (a - b)/(a + b),  and with a factor c, log(a/b) = log(c) + log(a/(c b)). logit chooses c
# from 1, 3/2 and the powers of 2 so that q is below 0.11; log(1 + e) chooses it from 1 and 3/2, with q <= 1/7.
#
# The coefficients are made again by bench/coefficients.sollya; bench/proof bounds the errors.

from fastsig.kernels.common.exact cimport (
    HAS_FMA, LEAST_NORMAL, UNIT, UNIT_EXPONENT, Pair, bits, fast_two_sum, fma, from_bits, mask, masked, product_tail,
    residual, two_sum
)
from fastsig.kernels.common.exp_f64 cimport MARGIN, ExpF64
from fastsig.kernels.common.rounding cimport MARGINS, Rounding, rounding

from libc.math cimport fabs
from libc.stdint cimport uint64_t

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
    const double SLOPE "0x1.5c6p-2"  # A3 + 2 A5 v + 3 A7 v^2, nearly, at v = 0.017
    const double CURVE "0x1.04cp+0"  # 1/(1 - v) at v = 0.018. bench/proof counts what both are off.

    const double LOG_ERROR "(FASTSIG_HAS_FMA ? 0x1.2p-66 : 0x1.5p-66)"  # relative, of a logarithm and its addend

    # log(1 + e) = log(3/2) + log((1 + e)/(3/2)) for |x| < NEAR_LOG = -log(sqrt(3/2) - 1). LN15 is a multiple of 2^-52.
    const double NEAR_LOG "1.4928"
    const double LN15 "0x1.9f323ecbf984cp-2"
    const double LN15_TAIL "(-0x1.a92e513217f5cp-59)"  # LN15 + LN15_TAIL = log(3/2) (1 + 2^-110)

    # Beyond LOG_TAIL, log(1 + e) is e to a relative error below 2^-246.
    const double LOG_TAIL "170.0"
    const double LOG_MOST "172.0"
    const double HALF_SHIFT "(0x1.8p+52 + 1022)"  # makes s = 2^(n - 1)
    const double MINUS_HALF_SHIFT "(0x1.8p+52 + (1022 + 2048))"  # and s = -2^(n - 1)
    const double NEARLY_NORMAL "0x1.000000000001p-894"  # in the unit, above the least normal by more than q may be off
    const double COARSE "0x1.8p-894"  # x + COARSE rounds x, in the unit, to the grid of the subnormals


cdef inline Pair quotient_pair(Pair n, Pair d) noexcept nogil:
    cdef double r = 1.0 / d.h
    cdef Pair q
    q.h = n.h * r
    q.l = (residual(n.h, q.h, d.h) + fma(-q.h, d.l, n.l)) * r
    return q


ctypedef struct LogParts:  # of b + 2 atanh(q)
    Pair q
    Pair b


cdef inline LogParts plus_log1p(double x, Pair z, double sign, ExpF64 e) noexcept nogil:
    # z + sign log(1 + e), for sign = -1 or 1. With e = 2^k n/d, n and d from coth_f64, and e.s = sign s:
    #   sign log((1 + e)/c) = 2 atanh(q),  c = 1 + 2g,  sign q = (s n - g d)/(c d + (s n - g d)),  s = 2^(k - 1)
    # Where c is 3/2, |z| is below NEAR_LOG < 2: LN15, a multiple of 2^-52, is also one of z's last bit, and the sum of
    # both is exact as a pair.
    cdef uint64_t near = mask(fabs(x) < NEAR_LOG)
    cdef double g = masked(near, 0.25), c = 1.0 + (g + g), n_h = e.s * e.of_r_h.n_h, log_c = sign * masked(near, LN15)
    cdef Pair n, d
    cdef LogParts a
    n.h = fma(-sign * g, e.of_r_h.d_h, n_h)
    n.l = fma(-e.r_l, n_h, (e.s - sign * g) * e.of_r_h.w_l)
    d.h = fma(c, e.of_r_h.d_h, sign * n.h)
    d.l = fma(c, e.of_r_h.w_l, fma(c, e.of_r_h.d_h, -d.h) + sign * n.h) + sign * n.l
    a.q = quotient_pair(n, d)
    a.b.h = log_c + z.h
    a.b.l = ((log_c - a.b.h) + z.h) + (sign * masked(near, LN15_TAIL) + z.l)
    return a


cdef inline double atanh_series(double v) noexcept nogil:
    # A5 + A7 v + ... + A17 v^6. A5 is added last, with a single rounding; v2^2 is not formed, as it may be subnormal.
    cdef double v2 = v * v, low = fma(v, ATANH_A9, ATANH_A7)
    low = fma(v2, v2 * fma(v, ATANH_A17, ATANH_A15), fma(v2, fma(v, ATANH_A13, ATANH_A11), low))
    return fma(v, low, ATANH_A5)


cdef inline Pair atanh_factor(Pair q) noexcept nogil:
    # atanh(q.h + q.l) = q.h + q.h u.h + u.l,  u = A3 v + A5 v^2 + ..., v = q.h^2. The tail of v is multiplied by the
    # slope of u, nearly SLOPE where it matters; q.l by the slope of atanh, 1/(1 - v), nearly 1 + v + CURVE v^2.
    cdef double v = q.h * q.h, v_l = product_tail(q.h, q.h, v), rest, c
    cdef Pair u
    rest = v * fma(v, atanh_series(v), ATANH_A3_TAIL)
    if HAS_FMA:
        u.h = fma(v, ATANH_A3, rest)
        u.l = fma(v, ATANH_A3, -u.h) + rest
    else:
        c = v * ATANH_A3
        u.h = c + rest
        u.l = ((c - u.h) + rest) + product_tail(v, ATANH_A3, c)
    u.l = fma(q.h, fma(v_l, SLOPE, u.l), fma(q.l, fma(CURVE, v * v, v), q.l))
    return u


cdef inline Pair atanh_of(double q, Pair u) noexcept nogil:
    # q + q u.h + u.l
    cdef Pair a
    cdef double c
    if HAS_FMA:
        a.h = fma(q, u.h, q)
        a.l = fma(q, u.h, q - a.h) + u.l
    else:
        c = q * u.h
        a.h = q + c
        a.l = ((q - a.h) + c) + (product_tail(q, u.h, c) + u.l)
    return a


cdef inline Pair plus_twice(Pair b, Pair a, bint ordered) noexcept nogil:
    # b + 2a; `ordered` if b.h is 0 or not the smaller of both
    cdef Pair s = fast_two_sum(b.h, a.h + a.h) if ordered else two_sum(b.h, a.h + a.h)
    s.l += fma(2.0, a.l, b.l)
    return s


cdef inline Rounding of_sum(Pair s) noexcept nogil:
    # The error of s is a share of its head.
    cdef double margin = s.h * (MARGINS * LOG_ERROR)
    return rounding(s.h + (s.l + margin), s.h + (s.l - margin))


cdef inline Rounding quotient_in_unit(Pair n, double d_h, double d_l) noexcept nogil:
    # n/d > 0, n in the unit. Where the quotient is below 2^-1022, its head is rounded to the grid of the subnormals by
    # adding and subtracting COARSE. The remainder is still exact, and the tail is rounded to the grid as well: once,
    # since the head lies on it. A subnormal number's bits are the integer by which the bits of its sum with the least
    # normal number exceed those of that number; those of a normal number are less by the unit's exponent. No operation
    # has a subnormal operand or result.
    cdef double r = 1.0 / d_h, q = n.h * r, coarse, rest, c, other, whole, normal
    cdef bint subnormal = fabs(q) < NEARLY_NORMAL
    cdef Rounding a
    coarse = masked(mask(subnormal), COARSE)
    q = (q + coarse) - coarse
    rest = residual(n.h, q, d_h) + fma(-q, d_l, n.l)
    c = rest * (r * (1.0 + MARGINS * MARGIN))
    other = rest * (r * (1.0 - MARGINS * MARGIN))
    c = (c + coarse) - coarse
    other = (other + coarse) - coarse
    a = rounding(q + c, q + other)
    whole = from_bits(bits(a.y + LEAST_NORMAL * UNIT) - bits(LEAST_NORMAL * UNIT))
    normal = from_bits(bits(a.y) - UNIT_EXPONENT)
    a.y = whole if fabs(a.y) < LEAST_NORMAL * UNIT else normal
    return a
