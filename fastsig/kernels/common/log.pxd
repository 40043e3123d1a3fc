# LOGARITHMS: log((1 + s)/(1 - s)) = 2 atanh(s), and with q = 2s:
#   log(1 + e) = 2 atanh(q/2),  q = e/(1 + e/2) = n/(d + n/2) <= 2/3;   log(a/b) = 2 atanh(q/2),  q = 2(a - b)/(a + b)
#
# The constants and coefficients are made again by bench/coefficients.sollya.

from fastsig.kernels.common.exact cimport fma
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


cdef inline double atanh_rest_narrow(double q) noexcept nogil:
    # 2 atanh(q/2) - q
    cdef double v = q * q, v2 = v * v, even, odd
    even = fma(v2, fma(v2, fma(v2, fma(v2, LOG_NARROW_C19, LOG_NARROW_C15), LOG_NARROW_C11), LOG_NARROW_C7),
               LOG_NARROW_C3)
    odd = fma(v2, fma(v2, fma(v2, LOG_NARROW_C17, LOG_NARROW_C13), LOG_NARROW_C9), LOG_NARROW_C5)
    return (q * v) * fma(v, odd, even)


cdef inline Ratio log1p_ratio_narrow(Exp e) noexcept nogil:
    # The q of log(1 + e)
    return Ratio(e.num, fma(0.5, e.num, e.den))


cdef inline double log1p_narrow(double q) noexcept nogil:
    return q + atanh_rest_narrow(q)
