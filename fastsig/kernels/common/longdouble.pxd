# LONG DOUBLE: the exponential and the sigmoid of -|x| as pairs; logarithms are the C library's.
#
# exp(-t) = 2^n exp(-r),  n = -round(t log2 e),  r = t + n ln2;  1 - exp(-r) = 12r/(w + 6r) = r - r (z + 6r)/(w + 6r),
# w = 6 r coth(r/2) = 12 + z, as for float64. What is subtracted from r is less than |r|/5, and so is its share of the
# error: the difference is rounded once, and what that loses is the pair's tail. A long double of more than 64 bits uses
# expm1l, since the polynomial has too few coefficients for it.
#
# The x87 unit is slow to load what it has just stored: formulas are short, so that little spills.

from libc.math cimport expm1l, fabsl, log1pl, logl
from libc.stdint cimport uint64_t

from fastsig.kernels.common.exact cimport bits, from_bits
from fastsig.kernels.common.exp_f64 cimport COTH_Q0, COTH_Q1, COTH_Q2, COTH_Q3, COTH_Q4, LN2_HI, LN2_LO
from fastsig.kernels.common.exp_narrow cimport LOG2E

cdef extern from *:
    """
    #include <float.h>
    #include <stdint.h>
    static const long double SMALLEST_LD = LDBL_EPSILON / 1024;    /* log(1 - a) is nothing beside log(a) */
    /* x exp(-x) is less than half the least subnormal */
    static const long double MOST_LD = (LDBL_MANT_DIG - LDBL_MIN_EXP) * 0.6931471805599453L + 12.0L;
    static const long double SPLIT_LD = 1.0L + ((uint64_t) 1 << (FASTSIG_LONGDOUBLE_BITS + 1) / 2);
    /* 2^(-1024 k - 1) */
    static const long double UNITS_LD[32] = {
        0x1p-1L, 0x1p-1025L,
    #if LDBL_MIN_EXP < -1021
        0x1p-2049L, 0x1p-3073L, 0x1p-4097L, 0x1p-5121L, 0x1p-6145L, 0x1p-7169L, 0x1p-8193L, 0x1p-9217L, 0x1p-10241L,
        0x1p-11265L, 0x1p-12289L, 0x1p-13313L, 0x1p-14337L, 0x1p-15361L, 0x1p-16385L,
    #endif
    };
    """
    enum:
        LONGDOUBLE_BITS "FASTSIG_LONGDOUBLE_BITS"
    const long double SMALLEST_LD, MOST_LD, SPLIT_LD
    const long double *UNITS_LD
    const double LN2_REST "0x1.f97b57a079a19p-103"  # what LN2_HI + LN2_LO lack of ln 2
    const double INTEGER "0x1.8p+52"  # x + INTEGER holds the nearest integer in its low bits


ctypedef struct PairLd:
    long double h
    long double l


ctypedef struct ExpLd:
    PairLd e  # exp(-t)
    PairLd scaled  # the same divided by unit, where it is no subnormal number
    long double unit
    PairLd rest  # 1 - exp(-t)


cdef inline PairLd two_sum_ld(long double a, long double b) noexcept nogil:
    cdef PairLd s
    cdef long double rest
    s.h = a + b
    rest = s.h - a
    s.l = (a - (s.h - rest)) + (b - rest)
    return s


cdef inline PairLd times_ld(PairLd a, long double b) noexcept nogil:
    return PairLd(a.h * b, a.l * b)  # for a power of 2


cdef inline long double tail_ld(long double a, long double b, long double p) noexcept nogil:
    # a b - p, p = a b rounded; without fmal, which is slow where no instruction computes it
    cdef long double s = a * SPLIT_LD, a_h = s - (s - a), a_l = a - a_h, b_h, b_l
    s = b * SPLIT_LD
    b_h = s - (s - b)
    b_l = b - b_h
    return ((a_h * b_h - p) + a_h * b_l + a_l * b_h) + a_l * b_l


cdef inline long double product_ld(PairLd a, PairLd b) noexcept nogil:
    cdef long double p = a.h * b.h
    return p + (tail_ld(a.h, b.h, p) + (a.h * b.l + a.l * b.h))


cdef inline PairLd one_minus_exp_ld(long double r, long double r_l) noexcept nogil:
    # 1 - exp(-r - r_l), |r| <= ln2/2
    cdef long double v = r * r, z, g
    cdef double f = <double> v, f2 = f * f, q
    cdef PairLd m
    if LONGDOUBLE_BITS > 64:
        g = r + expm1l(-r)
    else:
        q = (COTH_Q0 + f * COTH_Q1) + f2 * ((COTH_Q2 + f * COTH_Q3) + f2 * COTH_Q4)
        z = (v + f2 * q) + 6.0 * r
        g = r * z / (12.0 + z)
    m.h = r - g
    m.l = ((r - m.h) - g) + r_l
    return m


cdef inline ExpLd exp_ld(long double x) noexcept nogil:
    # exp(-|x|) = 2^-k exp(-r): the low ten bits of k go into scale, the others choose the unit
    cdef long double t = fabsl(x), r, low, h, scale
    cdef double shifted, n
    cdef uint64_t k
    cdef PairLd m
    cdef ExpLd a
    t = MOST_LD if t > MOST_LD else t
    shifted = INTEGER - <double> t * LOG2E
    n = shifted - INTEGER
    k = 0 - bits(shifted)
    low = n * <long double> LN2_LO
    if LONGDOUBLE_BITS > 64:
        low += n * <long double> LN2_REST
    r = t + n * <long double> LN2_HI  # exact
    h = r + low
    m = one_minus_exp_ld(h, (r - h) + low)
    scale = from_bits((1024 - (k & 1023)) << 52)
    h = 1.0 - m.h
    a.scaled = times_ld(PairLd(h, ((1.0 - h) - m.h) - m.l), scale)
    a.unit = UNITS_LD[k >> 10 & 31]
    a.e = times_ld(a.scaled, a.unit)
    scale *= a.unit
    a.rest.h = (1.0 - scale) + scale * m.h
    a.rest.l = (((1.0 - scale) - a.rest.h) + scale * m.h) + scale * m.l
    return a


cdef inline PairLd lower_ld(PairLd e) noexcept nogil:
    # e/(1 + e) = e - e q, q = e/(1 + e): an error of q counts less. The tail of e counts (1 - q)^2 times, of which q^2
    # is dropped.
    cdef long double q = e.h / (1.0 + e.h), c = e.h * q
    cdef PairLd a
    a.h = e.h - c
    a.l = ((e.h - a.h) - c) + e.l * (1.0 - 2.0 * q)
    return a


cdef inline PairLd lower_scaled_ld(ExpLd e) noexcept nogil:
    # As lower_ld, in the unit, with tails: (h + l)^2/(d + d_l) = h q + q (2l - q d_l), q = h/d, but for their squares
    cdef long double d = 1.0 + e.e.h, d_l = ((1.0 - d) + e.e.h) + e.e.l, q = e.e.h / d, c = e.scaled.h * q
    cdef PairLd a
    a.h = e.scaled.h - c
    a.l = ((e.scaled.h - a.h) - c) + (e.scaled.l - q * (2.0 * e.scaled.l - q * d_l))
    return a


cdef inline PairLd upper_ld(PairLd a) noexcept nogil:
    # 1 - a
    cdef PairLd s
    s.h = 1.0 - a.h
    s.l = ((1.0 - s.h) - a.h) - a.l
    return s


cdef inline PairLd less_square_ld(PairLd a, long double unit) noexcept nogil:
    # a (1 - a), a and the result in the unit
    cdef long double h = a.h * unit, s = a.h * h - a.l * (1.0 - 2.0 * h)
    cdef PairLd p
    p.h = a.h - s
    p.l = (a.h - p.h) - s
    return p


cdef inline long double clamped_ld(long double x) noexcept nogil:
    return -MOST_LD if x < -MOST_LD else (MOST_LD if x > MOST_LD else x)


cdef inline long double log_ld(PairLd a) noexcept nogil:
    return logl(a.h) + a.l / a.h


cdef inline long double plus_log1p_ld(long double a, long double a_l, PairLd e) noexcept nogil:
    # a + a_l + log(1 + e), a and e not negative. x87's log1pl rounds 1 + e where e > 0.29.
    cdef long double d = 1.0 + e.h, l = e.l, y
    cdef PairLd s
    if e.h < 0.25:
        y = log1pl(e.h)
    else:
        y = logl(d)
        l += (1.0 - d) + e.h
    s = two_sum_ld(a, y)
    y = s.h + (s.l + (a_l + l / d))
    return y if y == y else s.h  # an infinity has no tail
