# THE EXPONENTIAL OF float64 IN THE FAST TIER, as a ratio of pairs.
#
# exp(-t) = 2^n exp(-r),  n = -round(t log2 e),  r = t + n ln2,  |r| <= ln2/2 (1 + 2^-40)
#
# As a ratio, with w = r coth(r/2), even in r and near 2:   exp(-r) = (w - r)/(w + r)
# What multiplies w and r by one factor changes nothing, and an error of w alone counts r/2 times only.
# Reduction and ratio are functions of their own because the loops run them in phases.
#
# The constants and coefficients are made again by bench/coefficients.sollya.

from fastsig.kernels.common.exact cimport (
    LARGEST, UNIT, Pair, Quotient, bits, corrected, divide, fast_two_sum, fma, from_bits, two_sum
)
from fastsig.kernels.common.exp_f64 cimport LN2_HI, LN2_LO, UNIT_SHIFT, RatioPair
from fastsig.kernels.common.exp_narrow cimport LOG2E

cdef extern from *:
    const double FAST_GRID "3.0"  # x + FAST_GRID rounds |x| < 1/2 to a multiple of 2^-51

    # r coth(r/2) = 2 + C2 r^2 + ... + C10 r^10 on |r| <= ln2/2 + 2^-12: exp_fast_f64 to a relative error of 2^-62.28
    const double FAST_COTH_C2 "0x1.555555555552dp-3"
    const double FAST_COTH_C4 "(-0x1.6c16c16bd9d3p-9)"
    const double FAST_COTH_C6 "0x1.1566aabfe55aep-14"
    const double FAST_COTH_C8 "(-0x1.bbd3a8f9b79bp-20)"
    const double FAST_COTH_C10 "0x1.6348253e76da8p-25"

    # 2 atanh(q/2) = q + C3 q^3 + C5 q^5 + ... + C21 q^21 on 0 <= q <= 2/3 + 2^-10: relative error 2^-59.35
    const double LOG_C3 "0x1.5555555555534p-4"
    const double LOG_C5 "0x1.99999999a0a3ap-7"
    const double LOG_C7 "0x1.249249207497cp-9"
    const double LOG_C9 "0x1.c71c742860ab6p-12"
    const double LOG_C11 "0x1.745cb24e3e446p-14"
    const double LOG_C13 "0x1.3b1e00a3771bep-16"
    const double LOG_C15 "0x1.1065cf0f96f18p-18"
    const double LOG_C17 "0x1.eff822c64e81dp-21"
    const double LOG_C19 "0x1.55228000e73bp-23"
    const double LOG_C21 "0x1.5d00171db5fadp-24"

    const double LOG_SLOPE "0.28125"  # 1/(1 - v/4) = 1 + LOG_SLOPE v to within 0.004, 0 <= v <= 4/9
    const double SMALL "0x1p-960"  # the last bit of half an ulp is a normal number down to there

ctypedef struct FastReducedPair:
    Pair r  # r.h is a multiple of 2^-51
    double s  # 2^n, in the unit


cdef inline FastReducedPair reduce_fast_f64(double t) noexcept nogil:
    # For 0 <= t <= MOST. t + n LN2_HI is exact, and a sum of r.h and w, near 2, is so too.
    cdef double shifted = fma(t, -LOG2E, UNIT_SHIFT), n = shifted - UNIT_SHIFT, r = fma(n, LN2_HI, t)
    cdef FastReducedPair a
    a.r.h = (r + FAST_GRID) - FAST_GRID
    a.r.l = fma(n, LN2_LO, r - a.r.h)
    a.s = from_bits(bits(shifted) << 52)
    return a


cdef inline Pair coth_fast_f64(double r) noexcept nogil:
    # r coth(r/2)
    cdef double v = r * r, q
    cdef Pair w
    q = fma(v, fma(v, fma(v, fma(v, FAST_COTH_C10, FAST_COTH_C8), FAST_COTH_C6), FAST_COTH_C4), FAST_COTH_C2)
    w.h = fma(v, q, 2.0)
    w.l = fma(v, q, 2.0 - w.h)
    return w


cdef inline RatioPair exp_fast_f64(Pair r) noexcept nogil:
    # exp(-r), not yet in the unit; relative error 2^-60. Both tails are one number: w.h (1 + w.l/w.h) +- r is, but for
    # a common factor, w.h +- r (1 - w.l/w.h), and w.h is 2 as nearly as is needed there.
    cdef double whole = r.h + r.l
    cdef Pair w = coth_fast_f64(whole)
    cdef RatioPair e
    e.n.h = w.h - r.h
    e.d.h = w.h + r.h
    e.d.l = fma(-0.5 * whole, w.l, r.l)
    e.n.l = -e.d.l
    return e


cdef inline RatioPair in_unit_fast_f64(RatioPair e, double s) noexcept nogil:
    # Times 2^n, in the unit. e.n <= e.d
    e.n.h = s * e.n.h
    e.n.l = s * e.n.l
    e.d.h = UNIT * e.d.h
    e.d.l = UNIT * e.d.l
    return e


cdef inline Pair sum_fast_f64(RatioPair e, double share) noexcept nogil:
    # d + share n, for share 1, 1/2 or -1: fast_two_sum is exact.
    cdef Pair d = fast_two_sum(e.d.h, share * e.n.h)
    d.l += e.d.l + share * e.n.l
    return d


cdef inline double atanh_rest_fast_f64(double q) noexcept nogil:
    cdef double v = q * q, v2 = v * v, even, odd
    even = fma(v2, fma(v2, fma(v2, fma(v2, LOG_C19, LOG_C15), LOG_C11), LOG_C7), LOG_C3)
    odd = fma(v2, fma(v2, fma(v2, fma(v2, LOG_C21, LOG_C17), LOG_C13), LOG_C9), LOG_C5)
    return (q * v) * fma(v, odd, even)


cdef inline double plus_log1p_fast_f64(Pair a, RatioPair e) noexcept nogil:
    # a + log(1 + e), for a >= 0. An infinite sum has no tail, and a small q is better without one: it would be rounded
    # to the subnormals' grid first.
    cdef Pair d = sum_fast_f64(e, 0.5), q, s
    cdef Quotient x = divide(e.n, d, 1.0 / d.h)
    q.h = corrected(x.q, x.rest, x.r)
    q.l = fma(x.rest, x.r, x.q - q.h) if x.q > SMALL else 0.0
    s = two_sum(a.h, q.h)
    s.l += a.l
    # q.l counts 1/(1 - q^2/4) times in 2 atanh(q/2)
    s.l = s.h + (s.l + fma(q.l, fma(q.h * q.h, LOG_SLOPE, 1.0), atanh_rest_fast_f64(q.h)))
    return s.h if s.h > LARGEST else s.l
