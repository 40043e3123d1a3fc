# LONG DOUBLE: the C library's functions, with the errors of the arithmetic around them put back.

from libc.float cimport LDBL_MAX
from libc.math cimport copysignl, expl, expm1l, fabsl, fmal, logl

cdef extern from *:
    """
    #include <float.h>
    static const long double LOWEST_LD = LDBL_MIN / LDBL_EPSILON;  /* below it products lose digits */
    static const long double SMALLEST_LD = LDBL_EPSILON / 1024;    /* log(1 - a) is nothing beside log(a) */
    static const long double LINEAR_LD = 1e5L;                     /* e is 0 in every format */
    """
    const long double LOWEST_LD, SMALLEST_LD, LINEAR_LD
    # exp(-64) in three parts
    const double EXP_M64_H "0x1.969d47321e4ccp-93"
    const double EXP_M64_M "(-0x1.5034b5fe3da71p-147)"
    const double EXP_M64_L "(-0x1.f7cd7a2079153p-202)"


ctypedef struct PairLd:
    long double h
    long double l


cdef inline PairLd two_sum_ld(long double a, long double b) noexcept nogil:
    cdef PairLd s
    cdef long double rest
    s.h = a + b
    rest = s.h - a
    s.l = (a - (s.h - rest)) + (b - rest)
    return s


cdef inline PairLd times_ld(PairLd a, long double b) noexcept nogil:
    cdef PairLd p
    p.h = a.h * b
    p.l = fmal(a.h, b, -p.h) + a.l * b
    return p


cdef inline PairLd times_exp_ld(PairLd a, long double x, long double e) noexcept nogil:
    # a exp(-|x|), e = exp(-|x|); as a exp(64 - |x|) exp(-64) where e alone has lost digits to the subnormals
    cdef long double h
    cdef PairLd p
    if e > LOWEST_LD:
        return times_ld(a, e)
    p = times_ld(a, expl(64.0 - fabsl(x)))
    h = <long double> EXP_M64_H + EXP_M64_M
    a = times_ld(p, h)
    a.l += p.h * (((EXP_M64_H - h) + EXP_M64_M) + EXP_M64_L)
    return a


cdef inline PairLd square_ld(PairLd a) noexcept nogil:
    cdef PairLd p
    p.h = a.h * a.h
    p.l = fmal(a.h, a.h, -p.h) + 2.0 * a.h * a.l
    return p


cdef inline PairLd exactly(long double a) noexcept nogil:
    cdef PairLd p
    p.h = a
    p.l = 0.0
    return p


cdef inline long double quotient_ld(PairLd n, PairLd d) noexcept nogil:
    cdef long double q = n.h / d.h
    return q + ((fmal(-q, d.h, n.h) - q * d.l) + n.l) / d.h


cdef inline long double log_ld(PairLd a) noexcept nogil:
    return logl(a.h) + a.l / a.h
