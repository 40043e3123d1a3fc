# EXACT PIECES: sums, products and quotients of float64 that lose nothing, or almost nothing.
#
# A float64 pair is a value h + l. From an exact sum or product, |l| <= ulp(h)/2; tails that are added to l later may
# take it some ulp further, so that h is near the value and not always the nearest number to it.

from libc.math cimport copysign, fabs
from libc.stdint cimport uint64_t

cdef extern from *:
    """
    #include <float.h>
    #include <math.h>
    #include <stdint.h>
    #include <string.h>

    /* An explicit FMA where the instruction set has one, a*b + c where not; the compiler may fuse nothing by itself
       (-ffp-contract=off), so that a vector body and its scalar tail give the same bits. */
    #if defined(__FP_FAST_FMA) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    #define FASTSIG_HAS_FMA 1
    #define fastsig_fma(a, b, c) __builtin_fma((a), (b), (c))
    #else
    #define FASTSIG_HAS_FMA 0
    #define fastsig_fma(a, b, c) ((a) * (b) + (c))
    #endif

    static inline uint64_t fastsig_bits(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u; }
    static inline double fastsig_from_bits(uint64_t u) { double x; memcpy(&x, &u, sizeof x); return x; }

    /* A limit that the compiler does not know: against a constant, GCC makes two operations of a clamp that lets NaN
       pass, and two clamps in a row become branches; against a variable each is one vminpd or vmaxpd. */
    static inline double fastsig_opaque(double x) { volatile double v = x; return v; }
    """
    const bint HAS_FMA "FASTSIG_HAS_FMA"
    double fma "fastsig_fma"(double a, double b, double c) noexcept nogil
    uint64_t bits "fastsig_bits"(double x) noexcept nogil
    double from_bits "fastsig_from_bits"(uint64_t u) noexcept nogil
    double opaque "fastsig_opaque"(double x) noexcept nogil
    const double INFINITY, NAN
    const double LARGEST "DBL_MAX"
    const double LEAST_NORMAL "DBL_MIN"

    # Beyond |x| = 354, and where a result near 0 may be subnormal, a float64 exponential and the 1 that it is added to
    # are kept `in the unit`: multiplied by 2^128, so that exp(-760) is a normal number.
    const double UNIT "0x1p+128"
    const double UNIT_INVERSE "0x1p-128"
    const uint64_t UNIT_EXPONENT "((uint64_t)128 << 52)"

    const uint64_t SIGN "((uint64_t)1 << 63)"
    const unsigned int SIGN_F32 "0x80000000u"
    const uint64_t ONE_EXPONENT "((uint64_t)1 << 52)"  # the last bit of the exponent

    const double UINT_BASE "0x1p+52"  # where an ulp is 1: the low bits of a sum are an integer
    const uint64_t UINT_BITS "0x4330000000000000ULL"  # its bits


ctypedef struct Pair:
    double h
    double l


cdef inline uint64_t mask(bint wanted) noexcept nogil:
    # All bits, or none. From a double, since SSE2 can choose between doubles, and not between integers.
    return bits(from_bits(~<uint64_t> 0) if wanted else 0.0)


cdef inline double masked(uint64_t m, double a) noexcept nogil:
    # a or 0
    return from_bits(bits(a) & m)


cdef inline double head(double a) noexcept nogil:
    # a rounded to 26 bits: the rest has 26 bits and a sign, and products of such parts are exact.
    return from_bits((bits(a) + 0x4000000ULL) & 0xfffffffff8000000ULL)


cdef inline double product_tail(double a, double b, double p) noexcept nogil:
    # a*b - p, exactly, for p = a*b rounded; without FMA by Dekker's product of heads and rests, whose sums are exact.
    cdef double a_h, a_l, b_h, b_l
    if HAS_FMA:
        return fma(a, b, -p)
    a_h = head(a)
    a_l = a - a_h
    b_h = head(b)
    b_l = b - b_h
    return ((a_h * b_h - p) + (a_h * b_l + a_l * b_h)) + a_l * b_l


cdef inline double residual(double n, double q, double d) noexcept nogil:
    # n - q*d, rounded once, for q within some ulp of n/d: then n - RN(q*d) is exact (Sterbenz).
    cdef double p
    if HAS_FMA:
        return fma(-q, d, n)
    p = q * d
    return (n - p) - product_tail(q, d, p)


cdef inline double times_pow2(double a, double exponent) noexcept nogil:
    # 2^n a, for n in the exponent's place of `exponent`, if a and 2^n a are normal. It does not keep NaN.
    return from_bits(bits(a) + bits(exponent))


cdef inline Pair two_sum(double a, double b) noexcept nogil:
    # a + b exactly, whichever is larger.
    cdef Pair s
    cdef double rest
    s.h = a + b
    rest = s.h - a
    s.l = (a - (s.h - rest)) + (b - rest)
    return s


cdef inline Pair fast_two_sum(double a, double b) noexcept nogil:
    # a + b exactly, for a = 0 or |a| >= |b|.
    cdef Pair s
    s.h = a + b
    s.l = (a - s.h) + b
    return s


cdef inline Pair times(double a, Pair b) noexcept nogil:
    # a b, the product of a and b.h exactly.
    cdef Pair p
    p.h = a * b.h
    p.l = fma(a, b.l, product_tail(a, b.h, p.h))
    return p


cdef inline Pair chosen(bint first, Pair a, Pair b) noexcept nogil:
    cdef Pair p
    p.h = a.h if first else b.h
    p.l = a.l if first else b.l
    return p


ctypedef struct Quotient:
    double q
    double rest
    double r


cdef inline Quotient divide(Pair n, Pair d, double r) noexcept nogil:
    # n/d = q + rest r, from an approximate reciprocal r of d.h. The remainder n.h - q d.h is exact, even if q is
    # subnormal: q lies on the grid of the subnormals then.
    cdef Quotient a
    a.q = n.h * r
    a.rest = residual(n.h, a.q, d.h) + fma(-a.q, d.l, n.l)
    a.r = r
    return a


cdef inline double corrected(double q, double rest, double r) noexcept nogil:
    # q + rest r, rounded once, for rest in the unit. Without FMA the product is formed in the unit, so that it is not
    # subnormal unless the sum is; where the sum is, q lies on the grid, and the product may be rounded to it.
    cdef double y
    if HAS_FMA:
        return fma(rest, r, q)
    y = (q * UNIT + rest * (r * UNIT)) * UNIT_INVERSE
    return copysign(q + rest * r, y) if fabs(q) < 1.5 * LEAST_NORMAL else y


cdef inline double quotient(Pair n, Pair d, double r) noexcept nogil:
    # n/d: a Newton step leaves the last rounding only.
    cdef Quotient a = divide(n, d, r)
    return corrected(a.q, a.rest, a.r)


cdef inline double uint_to_double(uint64_t n) noexcept nogil:
    # Exactly, for n < 2^52.
    return from_bits(n | UINT_BITS) - UINT_BASE
