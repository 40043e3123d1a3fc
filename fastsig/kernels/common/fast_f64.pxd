# THE FAST TIER'S float64, with hardly any pairs: e = exp(-|x|) is a ratio n/d, made by the function's own division.
#
# exp(-t) = 2^n 2^-r,  n = -round(t log2 e),  r = t log2(e) + n,  |r| <= 1/2 (1 + 2^-40)
# With w = r coth(r ln2/2), even in r:   2^-r = (w - r)/(w + r), in which an error of w counts less than r/4 times
#
# r is in octaves, since w is near 2.9 then, and the relative roundings of w - r and w + r are smaller than near 2, the
# lower end of a binade. w and r are kept apart: each function forms the sums that it needs, with few roundings.
# A block is `near` where every |x| is 0 or between FAST_TINY_F64 and FAST_NEAR_MOST_F64: the numerator n is 2^-487 or
# more. In other blocks n stays in the unit, multiplied by 2^1000. Powers of 2 are added to its exponent as integers,
# which leaves a port free that multiplies; n may lose a NaN by that, but w keeps it.
#
# The constants and coefficients are made again by bench/coefficients.sollya.

from libc.stdint cimport uint64_t

from fastsig.kernels.common.exact cimport UINT_BASE, bits, fma, from_bits
from fastsig.kernels.common.exp_narrow cimport LOG2E

cdef extern from *:
    const double FAST_UNIT_F64 "0x1p+1000"
    const double FAST_UNIT_INVERSE_F64 "0x1p-1000"
    const double FAST_SHIFT_F64 "0x1.8p+52"  # the low bits of a sum with it hold n, the exponent
    const double FAST_UNIT_SHIFT_F64 "(0x1.8p+52 + 1000)"  # with this they hold n + 1000, as in the unit
    const double FAST_TINY_F64 "0x1p-400"
    const double FAST_NEAR_MOST_F64 "337.0"  # exp(-337) > 2^-487
    const double FAST_LOW_F64 "0x1p+513"  # in the unit, 2^-487: less than the numerator of any near x
    const double FAST_LEAST_NORMAL_F64 "0x1p-22"  # in the unit
    const double FAST_GRID_F64 "0x1p+74"  # 1 in the unit, counted in least subnormals

    const double LOG2E_TAIL "0x1.777d0ffda0d24p-56"  # LOG2E + LOG2E_TAIL = log2(e) (1 + 2^-110)

    # r coth(r ln2/2) = C0 + C2 r^2 + ... + C10 r^10 on |r| <= 1/2 + 2^-12: exp_fast_f64 to a relative error of 2^-60.75
    const double FAST_COTH_C0 "0x1.71547652b82fep+1"
    const double FAST_COTH_C2 "0x1.d9303fea2f898p-4"
    const double FAST_COTH_C4 "(-0x1.e50096de7893ap-11)"
    const double FAST_COTH_C6 "0x1.63144fcdc71ap-17"
    const double FAST_COTH_C8 "(-0x1.10f4524b7dc92p-23)"
    const double FAST_COTH_C10 "0x1.a4dd81c42559dp-30"

    # 2 atanh(q/2) = q + C3 q^3 + C5 q^5 + ... + C21 q^21 on 0 <= q <= 2/3 + 2^-10: relative error 2^-59.35
    const double FAST_ATANH_F64_C3 "0x1.5555555555534p-4"
    const double FAST_ATANH_F64_C5 "0x1.99999999a0a3ap-7"
    const double FAST_ATANH_F64_C7 "0x1.249249207497cp-9"
    const double FAST_ATANH_F64_C9 "0x1.c71c742860ab6p-12"
    const double FAST_ATANH_F64_C11 "0x1.745cb24e3e446p-14"
    const double FAST_ATANH_F64_C13 "0x1.3b1e00a3771bep-16"
    const double FAST_ATANH_F64_C15 "0x1.1065cf0f96f18p-18"
    const double FAST_ATANH_F64_C17 "0x1.eff822c64e81dp-21"
    const double FAST_ATANH_F64_C19 "0x1.55228000e73bp-23"
    const double FAST_ATANH_F64_C21 "0x1.5d00171db5fadp-24"

ctypedef struct FastRatio:
    double n  # exp(-|x|) = n/(w + r), n in the unit if far
    double w
    double r
    double plain  # n out of the unit; if far no less than 2^-487, negligible compared with w
    bint far
    double low  # FAST_LOW_F64 and FAST_LEAST_NORMAL_F64, hidden from the compiler: see settled_f64
    double least

ctypedef struct FastParts:  # of a ratio, as the loops store them
    double n
    double w
    double r


cdef inline FastParts exp_fast_f64(double t, bint far) noexcept nogil:
    # exp(-t), for 0 <= t <= MOST in the unit, or a near t out of it
    cdef double shift = FAST_UNIT_SHIFT_F64 if far else FAST_SHIFT_F64, shifted = fma(t, -LOG2E, shift)
    cdef double r = fma(t, LOG2E_TAIL, fma(t, LOG2E, shifted - shift)), v = r * r, w
    w = fma(v, fma(v, fma(v, fma(v, FAST_COTH_C10, FAST_COTH_C8), FAST_COTH_C6), FAST_COTH_C4), FAST_COTH_C2)
    w = fma(v, w, FAST_COTH_C0)
    return FastParts(from_bits(bits(w - r) + (bits(shifted) << 52)), w, r)


cdef inline double beside_one_f64(double a, FastRatio e) noexcept nogil:
    # a >= 0 out of the unit, for a sum to which less than 2^-487 adds nothing
    return (e.low if e.low > a else a) * FAST_UNIT_INVERSE_F64 if e.far else a


cdef inline double settled_f64(double a, FastRatio e) noexcept nogil:
    # a >= 0 out of the unit, as a result. If GCC knew the limit it would multiply both numbers before it chooses one,
    # and the product of the smaller may be subnormal.
    cdef double whole, normal
    if not e.far:
        return a
    whole = fma(a, FAST_GRID_F64, UINT_BASE)
    normal = (e.least if e.least > a else a) * FAST_UNIT_INVERSE_F64
    return from_bits(bits(whole) - bits(UINT_BASE)) if a < FAST_LEAST_NORMAL_F64 else normal


cdef inline FastRatio fast_ratio(double n, double w, double r, bint far, double low, double least) noexcept nogil:
    cdef FastRatio e = FastRatio(n, w, r, n, far, low, least)
    e.plain = beside_one_f64(n, e)
    return e


cdef inline double quotient_fast(double n, double n_l, double d, double d_l) noexcept nogil:
    # (n + n_l)/(d + d_l): a Newton step leaves the last rounding only.
    cdef double c = 1.0 / d, q = n * c
    return fma(fma(-q, d_l, fma(-q, d, n) + n_l), c, q)


cdef inline double atanh_share_fast_f64(double q) noexcept nogil:
    # s of 2 atanh(q/2) = q + q s. No power of q above its square is formed, since it may be subnormal.
    cdef double v = q * q, s
    s = fma(v, fma(v, FAST_ATANH_F64_C21, FAST_ATANH_F64_C19), FAST_ATANH_F64_C17)
    s = fma(v, fma(v, fma(v, s, FAST_ATANH_F64_C15), FAST_ATANH_F64_C13), FAST_ATANH_F64_C11)
    s = fma(v, fma(v, fma(v, fma(v, s, FAST_ATANH_F64_C9), FAST_ATANH_F64_C7), FAST_ATANH_F64_C5), FAST_ATANH_F64_C3)
    return v * s
