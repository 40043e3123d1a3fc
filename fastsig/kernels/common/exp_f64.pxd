# THE EXPONENTIAL OF float64, as a ratio of two pairs, to a relative error of 2^-68.
#
# exp(-t) = 2^n exp(-r),  n = -round(t log2 e),  r = t + n ln2,  |r| <= ln2/2 (1 + 2^-40),  r = r_h + r_l
#
# With w = 6 r coth(r/2) = 12 + v + v^2 Q(v), v = r^2, an even function:   exp(-r) = (w - 6r)/(w + 6r)
# Scaled by 6, the coefficient of v is 1 and costs nothing; an error of w counts r/12 times only. The ratio is that of
# r_h alone, a multiple of 2^-50: then w_h -+ 6 r_h are exact. The numerator is multiplied by exp(-r_l), nearly 1 - r_l.
# Reduction and ratio are functions of their own because the loops run them in phases. Chains of operations are kept
# short, and exact products are added rather than fused: some CPUs start an FMA in the place of two other operations.
#
# Up to |x| = 354 numbers are not scaled. Beyond, the numerator and what it is added to are in the unit, multiplied by
# 2^128; beyond 708, where the result may be subnormal, the result is as well.
#
# The constants and coefficients are made again by bench/coefficients.sollya; bench/proof bounds the errors.

from fastsig.kernels.common.exact cimport (
    HAS_FMA, UNIT, UNIT_INVERSE, Pair, bits, fast_two_sum, fma, from_bits, mask, masked, product_tail
)
from fastsig.kernels.common.exp_narrow cimport LOG2E

from libc.stdint cimport uint64_t

cdef extern from *:
    const double LN2_HI "0x1.62e42fefa38p-1"  # 42 bits: n*LN2_HI is exact for |n| < 2^11
    const double LN2_LO "0x1.ef35793c7673p-45"  # LN2_HI + LN2_LO = ln 2 (1 - 2^-101.49)
    const double MOST "752.0"  # 752 exp(-752) < 2^-1075, half the least subnormal float64
    const double SUM_MOST "760.0"  # exp(-760) is below 2^-74 of any normal number that it is added to
    const double NEGLIGIBLE "0x1p-200"  # in the unit, of a numerator: 2^-328 compared with 1
    const double FAR_MOST "708.0"  # less than 1022 ln 2: exp(-t) is normal
    # x + GRID rounds |x| < 2 to a multiple of 2^-50; without FMA to one of 2^-48, and w_h to one of 2^-47, so that
    # products by 3/2 are exact.
    const double GRID "(FASTSIG_HAS_FMA ? 6.0 : 24.0)"
    const double UNIT_SHIFT "(0x1.8p+52 + (1023 + 128))"  # a sum with it holds the exponent of 2^n, in the unit
    const double ONE_SHIFT "(0x1.8p+52 + 1023)"  # the same, not in the unit
    const uint64_t IS_NEAR "((uint64_t)1 << 61)"  # a bit of 2^n that is set for -511 <= n <= 0, and not below
    const uint64_t IS_NEAR_IN_UNIT "((uint64_t)1 << 62)"  # the same, in the unit, for -127 <= n <= 0

    const double MARGIN "(FASTSIG_HAS_FMA ? 0x1.98p-15 : 0x1.d4p-15)"  # of functions of e to which nothing is added

    # 6 r coth(r/2) = 12 + r^2 + Q0 r^4 + ... + Q4 r^12 on |r| <= ln2/2 + 2^-12: exp to a relative error of 2^-71.94
    const double COTH_Q0 "(-0x1.11111111110aep-6)"
    const double COTH_Q1 "0x1.a01a019fa31dbp-12"
    const double COTH_Q2 "(-0x1.4ce1993f411a1p-17)"
    const double COTH_Q3 "0x1.0cfbef80444bbp-22"
    const double COTH_Q4 "(-0x1.af4d1f0b34214p-28)"

ctypedef struct Reduction:
    double r_h
    double r_l
    double s  # 2^n

ctypedef struct Coth:
    double n_h  # exp(-r_h) = (n_h + w_l)/(d_h + w_l)
    double d_h
    double w_l

cdef enum Range:
    NEAR_RANGE
    FAR_RANGE  # s is in the unit
    DEEP_RANGE  # and the result may be subnormal

ctypedef struct ExpF64:
    Coth of_r_h
    double r_l
    double s
    Range range

ctypedef struct RatioPair:
    Pair n
    Pair d


cdef inline Reduction reduce_f64(double t, double shift) noexcept nogil:
    # For 0 <= t <= MOST; the low bits of shift hold the exponent of s for n = 0. t + n LN2_HI is exact: below 0.35, and
    # a multiple of t's last bit, since n LN2_HI is one of 2^-42. r_h is rounded from a sum with n LN2_LO, so that
    # |r_l| <= 2^-51 (1 + 2^-3); without FMA four times that.
    cdef double shifted = fma(t, -LOG2E, shift), n = shifted - shift, r = fma(n, LN2_HI, t), low = n * LN2_LO
    cdef Reduction a
    a.r_h = ((r + low) + GRID) - GRID
    a.r_l = (r - a.r_h) + low
    a.s = from_bits(bits(shifted) << 52)
    return a


cdef inline Coth coth_f64(double r) noexcept nogil:
    # For r a multiple of 2^-50. 6r and w_h are multiples of 2^-49, and w_h -+ 6r are below 16: both are exact. So are
    # 12 - w_h and its sum with v.
    cdef double v = r * r, v2 = v * v, v_l = product_tail(r, r, v), u, w_h, six_r = 6.0 * r
    cdef Coth e
    u = fma(v, fma(v2, fma(v, COTH_Q4, COTH_Q3), fma(v, COTH_Q2, COTH_Q1)), COTH_Q0)
    u = fma(v2, u, v_l)
    w_h = (12.0 + v) + u if HAS_FMA else ((v + u) + 60.0) - 48.0
    e.w_l = ((12.0 - w_h) + v) + u
    e.n_h = w_h - six_r
    e.d_h = w_h + six_r
    return e


cdef inline Pair numerator(ExpF64 e) noexcept nogil:
    # In the unit if s is
    cdef Pair n
    n.h = e.s * e.of_r_h.n_h
    n.l = fma(-e.r_l, n.h, e.s * e.of_r_h.w_l)
    return n


cdef inline RatioPair in_unit(ExpF64 e) noexcept nogil:
    # exp(-t) = n/d, n and d in the unit if s is; n <= d
    cdef double unit = 1.0 if e.range == NEAR_RANGE else UNIT
    cdef RatioPair a
    a.n = numerator(e)
    a.d.h = unit * e.of_r_h.d_h
    a.d.l = unit * e.of_r_h.w_l
    return a


cdef inline Pair sum_f64(RatioPair e) noexcept nogil:
    # d + n
    cdef Pair d = fast_two_sum(e.d.h, e.n.h)
    d.l += e.d.l + e.n.l
    return d


cdef inline uint64_t counts(Pair n) noexcept nogil:
    # All bits where n, in the unit, is not negligible compared with 1
    return mask(n.h > NEGLIGIBLE)


cdef inline Pair counted(uint64_t m, Pair n) noexcept nogil:
    # n, or 0 where it is negligible: a product of it could be subnormal
    return Pair(masked(m, n.h), masked(m, n.l))


cdef inline Pair sum_out_of_unit(ExpF64 e, Pair n) noexcept nogil:
    # d + n, n in the unit, the sum not
    cdef Pair d
    d.h = fma(UNIT_INVERSE, n.h, e.of_r_h.d_h)
    d.l = fma(UNIT_INVERSE, n.h, e.of_r_h.d_h - d.h) + fma(UNIT_INVERSE, n.l, e.of_r_h.w_l)
    return d
