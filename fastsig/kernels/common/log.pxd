# LOGARITHMS: log((1 + s)/(1 - s)) = 2 atanh(s), and with q = 2s:
#   log(1 + e) = 2 atanh(q/2),  q = e/(1 + e/2) = n/(d + n/2) <= 2/3;   log(a/b) = 2 atanh(q/2),  q = 2(a - b)/(a + b)
#
# The constants and coefficients are made again by bench/coefficients.sollya.

from fastsig.kernels.common.exact cimport LARGEST, Pair, Quotient, corrected, divide, fma, two_sum
from fastsig.kernels.common.exp_f64 cimport RatioPair, sum_f64
from fastsig.kernels.common.exp_narrow cimport Exp, Ratio

cdef extern from *:
    # 2 atanh(q/2) = q + C3 q^3 + C5 q^5 + ... + C19 q^19 on 0 <= q <= 2/3 + 2^-10: relative error 2^-54.14
    const double LOG_NARROW_C3 "0x1.5555555555953p-4"
    const double LOG_NARROW_C5 "0x1.99999998e76f8p-7"
    const double LOG_NARROW_C7 "0x1.2492497a09f78p-9"
    const double LOG_NARROW_C9 "0x1.c71c49aa43495p-12"
    const double LOG_NARROW_C11 "0x1.746265ce75869p-14"
    const double LOG_NARROW_C13 "0x1.3aa7bcfbad404p-16"
    const double LOG_NARROW_C15 "0x1.164d094e4f2a2p-18"
    const double LOG_NARROW_C17 "0x1.95129a16ce1bdp-21"
    const double LOG_NARROW_C19 "0x1.6be4817bd5185p-22"

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


cdef inline double atanh_rest_narrow(double q) noexcept nogil:
    # 2 atanh(q/2) - q
    cdef double v = q * q, v2 = v * v, even, odd
    even = fma(v2, fma(v2, fma(v2, fma(v2, LOG_NARROW_C19, LOG_NARROW_C15), LOG_NARROW_C11), LOG_NARROW_C7),
               LOG_NARROW_C3)
    odd = fma(v2, fma(v2, fma(v2, LOG_NARROW_C17, LOG_NARROW_C13), LOG_NARROW_C9), LOG_NARROW_C5)
    return (q * v) * fma(v, odd, even)


cdef inline double atanh_rest_f64(double q) noexcept nogil:
    cdef double v = q * q, v2 = v * v, even, odd
    even = fma(v2, fma(v2, fma(v2, fma(v2, LOG_C19, LOG_C15), LOG_C11), LOG_C7), LOG_C3)
    odd = fma(v2, fma(v2, fma(v2, fma(v2, LOG_C21, LOG_C17), LOG_C13), LOG_C9), LOG_C5)
    return (q * v) * fma(v, odd, even)


cdef inline Ratio log1p_ratio_narrow(Exp e) noexcept nogil:
    # The q of log(1 + e)
    return Ratio(e.num, fma(0.5, e.num, e.den))


cdef inline double log1p_narrow(double q) noexcept nogil:
    return q + atanh_rest_narrow(q)


cdef inline double plus_log1p_f64(Pair a, RatioPair e) noexcept nogil:
    # a + log(1 + e), for a >= 0. An infinite sum has no tail, and a small q is better without one: it would be rounded
    # to the subnormals' grid first.
    cdef Pair d = sum_f64(e, 0.5), q, s
    cdef Quotient x = divide(e.n, d, 1.0 / d.h)
    q.h = corrected(x.q, x.rest, x.r)
    q.l = fma(x.rest, x.r, x.q - q.h) if x.q > SMALL else 0.0
    s = two_sum(a.h, q.h)
    s.l += a.l
    # q.l counts 1/(1 - q^2/4) times in 2 atanh(q/2)
    s.l = s.h + (s.l + fma(q.l, fma(q.h * q.h, LOG_SLOPE, 1.0), atanh_rest_f64(q.h)))
    return s.h if s.h > LARGEST else s.l
