# THE EXPONENTIAL OF float64, as a ratio of pairs.
#
# exp(-t) = 2^n exp(-r),  n = -round(t log2 e),  r = t + n ln2,  |r| <= ln2/2 (1 + 2^-40)
#
# As a ratio, with w = r coth(r/2), even in r and near 2:   exp(-r) = (w - r)/(w + r)
# What multiplies w and r by one factor changes nothing, and an error of w alone counts r/2 times only.
# Reduction and ratio are functions of their own because the loops run them in phases.
#
# The constants and coefficients are made again by bench/coefficients.sollya.

from libc.stdint cimport uint64_t

from fastsig.kernels.common.exact cimport Pair, Quotient, UNIT, bits, divide, fast_two_sum, fma, from_bits
from fastsig.kernels.common.exp_narrow cimport LOG2E

cdef extern from *:
    const double LN2_HI "0x1.62e42fefa38p-1"  # 42 bits: n*LN2_HI is exact for |n| < 2^11
    const double LN2_LO "0x1.ef35793c7673p-45"  # LN2_HI + LN2_LO = ln 2 (1 + 2^-102)
    const double MOST "760.0"  # 760 exp(-760) < 2^-1075, half the least subnormal float64
    const double GRID "3.0"  # x + GRID rounds |x| < 1/2 to a multiple of 2^-51
    const double UNIT_SHIFT "(0x1.8p+52 + (1023 + 128))"  # its low bits hold the exponent of 2^n, in the unit

    # r coth(r/2) = 2 + C2 r^2 + ... + C10 r^10 on |r| <= ln2/2 + 2^-12: exp_f64 to a relative error of 2^-62.28
    const double COTH_C2 "0x1.555555555552dp-3"
    const double COTH_C4 "(-0x1.6c16c16bd9d3p-9)"
    const double COTH_C6 "0x1.1566aabfe55aep-14"
    const double COTH_C8 "(-0x1.bbd3a8f9b79bp-20)"
    const double COTH_C10 "0x1.6348253e76da8p-25"

ctypedef struct ReducedPair:
    Pair r  # r.h is a multiple of 2^-51
    double s  # 2^n, in the unit

ctypedef struct RatioPair:
    Pair n
    Pair d


cdef inline ReducedPair reduce_f64(double t) noexcept nogil:
    # For 0 <= t <= MOST. t + n LN2_HI is exact, and a sum of r.h and w, near 2, is so too.
    cdef double shifted = fma(t, -LOG2E, UNIT_SHIFT), n = shifted - UNIT_SHIFT, r = fma(n, LN2_HI, t)
    cdef ReducedPair a
    a.r.h = (r + GRID) - GRID
    a.r.l = fma(n, LN2_LO, r - a.r.h)
    a.s = from_bits(bits(shifted) << 52)
    return a


cdef inline Pair coth_f64(double r) noexcept nogil:
    # r coth(r/2)
    cdef double v = r * r, q = fma(v, fma(v, fma(v, fma(v, COTH_C10, COTH_C8), COTH_C6), COTH_C4), COTH_C2)
    cdef Pair w
    w.h = fma(v, q, 2.0)
    w.l = fma(v, q, 2.0 - w.h)
    return w


cdef inline RatioPair exp_f64(Pair r) noexcept nogil:
    # exp(-r), not yet in the unit; relative error 2^-60. Both tails are one number: w.h (1 + w.l/w.h) +- r is, but for
    # a common factor, w.h +- r (1 - w.l/w.h), and w.h is 2 as nearly as is needed there.
    cdef double whole = r.h + r.l
    cdef Pair w = coth_f64(whole)
    cdef RatioPair e
    e.n.h = w.h - r.h
    e.d.h = w.h + r.h
    e.d.l = fma(-0.5 * whole, w.l, r.l)
    e.n.l = -e.d.l
    return e


cdef inline RatioPair in_unit(RatioPair e, double s) noexcept nogil:
    # Times 2^n, in the unit. e.n <= e.d
    e.n.h = s * e.n.h
    e.n.l = s * e.n.l
    e.d.h = UNIT * e.d.h
    e.d.l = UNIT * e.d.l
    return e


cdef inline Pair sum_f64(RatioPair e, double share) noexcept nogil:
    # d + share n, for share 1, 1/2 or -1: fast_two_sum is exact.
    cdef Pair d = fast_two_sum(e.d.h, share * e.n.h)
    d.l += e.d.l + share * e.n.l
    return d


cdef inline Pair expm1_f64(double z) noexcept nogil:
    # exp(z) - 1 = 2 z/(z coth(z/2) - z) for |z| <= ln2/2
    cdef Pair w = coth_f64(z), d = fast_two_sum(w.h, -z), n, p
    cdef Quotient q
    d.l += w.l
    n.h = 2.0 * z
    n.l = 0.0
    q = divide(n, d, 1.0 / d.h)
    p.h = q.q
    p.l = q.rest * q.r
    return p
