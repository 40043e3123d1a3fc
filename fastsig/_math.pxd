# THE MATHEMATICS: constants, reductions, polynomials, formulas, and the bound of each formula.
#
# Everything follows from e = exp(-t), t = |x|: it lies in [0, 1], so that nothing overflows and nothing cancels. And e
# is never formed: it is a ratio n/d, and each function a quotient in which n and d stand as they are, or the logarithm
# of one, so that the one division that it has anyway makes the exponential as well.
# Formulas are scalar and branch-free; the loops around them are in _loops.pxi.
#
# float16 and float32 are "narrow": computed in float64 and rounded once at the end.
# float64 carries pairs: a value is h + l. Made by an exact sum or product, |l| <= ulp(h)/2; tails that are added to l
# afterwards may take it some ulp further, so that h alone is near the value and not always nearest to it.
# long double goes through the C library.
#
# A bound is stated above its formula, once, and everybody else reads it from here (_bounds.py):
#     # BOUND name type: U ulp; worst W at X
# U holds over the whole range of the type, in ulp of the type at the exact result (the least subnormal's below the
# normal range); W is the error at the worst input found, X, and may be left out. "fma" or "no-fma" after the type
# says for which instruction sets. A bound of 0.5 ulp is correct rounding.
# The constants and coefficients are made again by bench/coefficients.sollya.

from fastsig._kernel cimport DIVIDE, INVALID

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

    static const double LOG2E = 0x1.71547652b82fep+0;
    static const double LOG2E_HI = 0x1.7154764p+0;       /* 28 bits: its product with a float32 is exact */
    static const double LOG2E_LO = 0x1.2b82fe1777d1p-28;
    static const double LN2_HI = 0x1.62e42fefa38p-1;     /* 42 bits: n*LN2_HI is exact for |n| < 2^11 */
    static const double LN2_LO = 0x1.ef35793c7673p-45;   /* LN2_HI + LN2_LO = ln 2 (1 + 2^-102) */
    static const double NARROW_MOST = 150.0;     /* 150 exp(-150) < 2^-150, half the least subnormal float32 */
    static const double MOST = 760.0;            /* 760 exp(-760) < 2^-1075, half the least subnormal float64 */
    static const double LN2 = 0x1.62e42fefa39efp-1;      /* LN2 + LN2_TAIL likewise */
    static const double LN2_TAIL = 0x1.abc9e3b39803fp-56;
    static const double SHIFT = 0x1.8p+52;               /* x + SHIFT rounds x to an integer, kept in the low bits */
    static const double GRID = 3.0;                      /* x + GRID rounds |x| < 1/2 to a multiple of 2^-51 */

    /* A float64 exponential, and the 1 that it is added to, are in units of 2^128: exp(-760) is a normal number
       then, and a quotient of the two falls onto the subnormals' grid by itself, rounded once. */
    static const double UNIT = 0x1p+128;
    static const double UNIT_INVERSE = 0x1p-128;
    static const double UNIT_ROOT_INVERSE = 0x1p-64;
    static const double UNIT_SHIFT = 0x1.8p+52 + (1023 + 128);  /* its low bits hold the exponent of 2^n, in the unit */
    static const uint64_t ONE_BITS = (uint64_t)1023 << 52;

    static const double LEAST_NORMAL = 0x1p-1022;
    static const double SMALL = 0x1p-960;        /* the last bit of half an ulp is a normal number down to there */
    static const double SILU_LINEAR = 0x1p+60;   /* beyond it silu(x) = x, and x times the unit could overflow */

    static const long double LOWEST_LD = LDBL_MIN / LDBL_EPSILON;  /* below it products lose digits */
    static const long double SMALLEST_LD = LDBL_EPSILON / 1024;    /* log(1 - a) is nothing beside log(a) */
    static const long double LINEAR_LD = 1e5L;                     /* e is 0 in every format */

    /* How far from 0 the formulas "near 0" are taken, for float32, and by how much they lean: see sigmoid_near_zero. */
    static const double LEAN = 0x1p-14;
    static const double LEANT_QUARTER = 0.25 * (1.0 - 0x1p-26);
    static const double LEANT_HALF = 0.5 * (1.0 - 0x1p-26);
    static const double SILU_LEAN = 0x1p-15;
    static const double SERIES = 0x1p-11;                /* x^4/192 is below 2^-51 */
    static const double TINY = 0x1p-60;
    static const double HALF_ULP = 0x1p-53;

    /* r coth(r ln2/2) = C0 + C2 r^2 + ... + C8 r^8 on |r| <= 1/2 + 2^-12: exp_narrow to a relative error of 2^-51.85 */
    static const double
        COTH_NARROW_C0 = 0x1.71547652b82fep+1,   COTH_NARROW_C2 = 0x1.d9303fea24278p-4,
        COTH_NARROW_C4 = -0x1.e5009625c14c3p-11, COTH_NARROW_C6 = 0x1.63125efd0f3aep-17,
        COTH_NARROW_C8 = -0x1.0ed34b27569bp-23;

    /* r coth(r/2) = 2 + C2 r^2 + ... + C10 r^10 on |r| <= ln2/2 + 2^-12: exp_f64 to a relative error of 2^-62.28 */
    static const double
        COTH_C2 = 0x1.555555555552dp-3,  COTH_C4 = -0x1.6c16c16bd9d3p-9, COTH_C6 = 0x1.1566aabfe55aep-14,
        COTH_C8 = -0x1.bbd3a8f9b79bp-20, COTH_C10 = 0x1.6348253e76da8p-25;

    /* 2 atanh(q/2) = q + C3 q^3 + C5 q^5 + ... + C19 q^19 on 0 <= q <= 2/3 + 2^-10: relative error 2^-54.14 */
    static const double
        LOG_NARROW_C3 = 0x1.5555555555953p-4,   LOG_NARROW_C5 = 0x1.99999998e76f8p-7,
        LOG_NARROW_C7 = 0x1.2492497a09f78p-9,   LOG_NARROW_C9 = 0x1.c71c49aa43495p-12,
        LOG_NARROW_C11 = 0x1.746265ce75869p-14, LOG_NARROW_C13 = 0x1.3aa7bcfbad404p-16,
        LOG_NARROW_C15 = 0x1.164d094e4f2a2p-18, LOG_NARROW_C17 = 0x1.95129a16ce1bdp-21,
        LOG_NARROW_C19 = 0x1.6be4817bd5185p-22;

    /* 2 atanh(q/2) = q + C3 q^3 + C5 q^5 + ... + C21 q^21 on 0 <= q <= 2/3 + 2^-10: relative error 2^-59.35 */
    static const double
        LOG_C3 = 0x1.5555555555534p-4,   LOG_C5 = 0x1.99999999a0a3ap-7,   LOG_C7 = 0x1.249249207497cp-9,
        LOG_C9 = 0x1.c71c742860ab6p-12,  LOG_C11 = 0x1.745cb24e3e446p-14, LOG_C13 = 0x1.3b1e00a3771bep-16,
        LOG_C15 = 0x1.1065cf0f96f18p-18, LOG_C17 = 0x1.eff822c64e81dp-21, LOG_C19 = 0x1.55228000e73bp-23,
        LOG_C21 = 0x1.5d00171db5fadp-24;

    static const double LOG_SLOPE = 0.28125;  /* 1/(1 - v/4) = 1 + LOG_SLOPE v to within 0.004, 0 <= v <= 4/9 */

    /* The zero of silu', where 1 + x + exp(x) is 0, in three parts, and exp of it. */
    static const double
        ZERO_H = -0x1.474973c84120bp+0, ZERO_M = -0x1.f8d74bc9ac154p-54, ZERO_L = -0x1.44a50180ba78p-108,
        EXP_ZERO_H = 0x1.1d25cf210482ep-2, EXP_ZERO_M = -0x1.ca2d0d94faaecp-60,
        ZERO_SHIFT_H = 0x1.42b5edc36b7fap-53, ZERO_SHIFT_L = -0x1.43a80ed50a84ap-108;  /* (ZERO - ZERO_H) ZERO */
    static const double                          /* exp(-64) in three parts, for long double */
        EXP_M64_H = 0x1.969d47321e4ccp-93, EXP_M64_M = -0x1.5034b5fe3da71p-147, EXP_M64_L = -0x1.f7cd7a2079153p-202;
    static const double NEAR_ZERO = 0.34;        /* within it expm1(x - ZERO) needs no reduction */
    """
    const bint HAS_FMA "FASTSIG_HAS_FMA"
    double fma "fastsig_fma"(double a, double b, double c) noexcept nogil
    unsigned long long bits "fastsig_bits"(double x) noexcept nogil
    double from_bits "fastsig_from_bits"(unsigned long long u) noexcept nogil
    const double INFINITY, NAN
    const double LARGEST "DBL_MAX"
    const long double LARGEST_LD "LDBL_MAX"
    const long double LOWEST_LD, SMALLEST_LD, LINEAR_LD
    long double copysignl(long double x, long double y) noexcept nogil
    long double expl(long double x) noexcept nogil
    long double expm1l(long double x) noexcept nogil
    long double logl(long double x) noexcept nogil
    long double fmal(long double a, long double b, long double c) noexcept nogil
    long double fabsl(long double x) noexcept nogil
    double copysign(double x, double y) noexcept nogil
    double fabs(double x) noexcept nogil
    const double LOG2E, LOG2E_HI, LOG2E_LO, LN2_HI, LN2_LO, LN2, LN2_TAIL, SHIFT, UNIT_SHIFT, GRID
    const double NARROW_MOST, MOST, UNIT, UNIT_INVERSE, UNIT_ROOT_INVERSE
    const unsigned long long ONE_BITS
    const double LEAST_NORMAL, SMALL, SILU_LINEAR
    const double LEAN, LEANT_QUARTER, LEANT_HALF, SILU_LEAN, SERIES, TINY, HALF_ULP
    const double COTH_NARROW_C0, COTH_NARROW_C2, COTH_NARROW_C4, COTH_NARROW_C6, COTH_NARROW_C8
    const double COTH_C2, COTH_C4, COTH_C6, COTH_C8, COTH_C10
    const double LOG_NARROW_C3, LOG_NARROW_C5, LOG_NARROW_C7, LOG_NARROW_C9, LOG_NARROW_C11, LOG_NARROW_C13
    const double LOG_NARROW_C15, LOG_NARROW_C17, LOG_NARROW_C19
    const double LOG_C3, LOG_C5, LOG_C7, LOG_C9, LOG_C11, LOG_C13, LOG_C15, LOG_C17, LOG_C19, LOG_C21
    const double LOG_SLOPE
    const double ZERO_H, ZERO_M, ZERO_L, EXP_ZERO_H, EXP_ZERO_M, ZERO_SHIFT_H, ZERO_SHIFT_L, NEAR_ZERO
    const double EXP_M64_H, EXP_M64_M, EXP_M64_L


ctypedef struct Pair:
    double h
    double l


# ---------------------------------------------------------------------------------------------------------------
# Exact pieces
# ---------------------------------------------------------------------------------------------------------------

cdef inline double head(double a) noexcept nogil:
    # The leading 26 bits: the product of two heads is exact.
    return from_bits(bits(a) & 0xfffffffff8000000ULL)


cdef inline double product_tail(double a, double b, double p) noexcept nogil:
    # a*b - p, exactly, for p = a*b rounded; without FMA to within 2^-105 |p| (Dekker's product by heads).
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
    # 2^n a, for n in the exponent's place of `exponent`, and a, 2^n a normal. Not for what has to keep NaN.
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


cdef inline Pair times_in_unit(Pair a, Pair b) noexcept nogil:
    # a b, for a, b and the product in the unit: half of it is taken from each, lest the smaller become subnormal.
    cdef Pair p
    cdef double a_h = a.h * UNIT_ROOT_INVERSE, b_h = b.h * UNIT_ROOT_INVERSE
    p.h = a_h * b_h
    p.l = product_tail(a_h, b_h, p.h)
    p.l = fma(a.l * UNIT_ROOT_INVERSE, b_h, fma(a_h, b.l * UNIT_ROOT_INVERSE, p.l))
    return p


cdef inline Pair square_in_unit(Pair d) noexcept nogil:
    # d^2, for d and the square in the unit
    cdef Pair p
    cdef double a = d.h * UNIT_INVERSE
    p.h = a * d.h
    p.l = fma(2.0 * a, d.l, product_tail(a, d.h, p.h))
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
    # n/d = q + rest r, from an approximate reciprocal r of d.h. The remainder is exact, and is so where q is
    # subnormal too: q is on the grid then.
    cdef Quotient a
    a.q = n.h * r
    a.rest = residual(n.h, a.q, d.h) + fma(-a.q, d.l, n.l)
    a.r = r
    return a


cdef inline double corrected(double q, double rest, double r) noexcept nogil:
    # q + rest r, rounded once, for rest in the unit. Without FMA the product is formed in the unit, lest it be
    # subnormal where the sum is not; where the sum is, q is on the grid, and the product may be rounded to it.
    cdef double y
    if HAS_FMA:
        return fma(rest, r, q)
    y = (q * UNIT + rest * (r * UNIT)) * UNIT_INVERSE
    return q + rest * r if fabs(q) < LEAST_NORMAL else y


cdef inline double quotient(Pair n, Pair d, double r) noexcept nogil:
    # n/d: after a Newton step only the last rounding is left.
    cdef Quotient a = divide(n, d, r)
    return corrected(a.q, a.rest, a.r)


# ---------------------------------------------------------------------------------------------------------------
# Long double: the C library's functions, with the errors of the arithmetic around them put back
# ---------------------------------------------------------------------------------------------------------------

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


# ---------------------------------------------------------------------------------------------------------------
# exp(-t) = 2^n exp(-r),  n = -round(t log2 e),  r = t + n ln2,  |r| <= ln2/2 (1 + 2^-40)
#
# As a ratio, with w = r coth(r/2), even in r and near 2:   exp(-r) = (w - r)/(w + r)
# What multiplies w and r by one factor changes nothing, and an error of w alone counts r/2 times only.
# Reduction and ratio are functions of their own because the loops run them in phases.
# ---------------------------------------------------------------------------------------------------------------

ctypedef struct Reduced:
    double r
    double exponent  # n, in the exponent's place

ctypedef struct Ratio:
    double n
    double d

ctypedef struct Exp:
    Ratio e  # exp(-t) = e.n/e.d
    double c  # its complement: 1 - exp(-t) = c/e.d, to a small relative error

ctypedef struct ReducedPair:
    Pair r  # r.h is a multiple of 2^-51
    double s  # 2^n, in the unit

ctypedef struct RatioPair:
    Pair n
    Pair d


cdef inline Reduced reduce_narrow(double t) noexcept nogil:
    # For |t| <= NARROW_MOST, of either sign. r is in octaves, t log2(e) + n: LOG2E is nearer to its value than LN2.
    cdef double shifted = fma(t, -LOG2E, SHIFT), n = shifted - SHIFT
    cdef Reduced a
    a.r = fma(t, LOG2E, n) if HAS_FMA else fma(t, LOG2E_LO, fma(t, LOG2E_HI, n))
    a.exponent = from_bits(bits(shifted) << 52)
    return a


cdef inline double itself(double x, double q) noexcept nogil:
    # The value of a function that is its ratio
    return q


cdef inline double coth_narrow(double r) noexcept nogil:
    # r coth(r ln2/2)
    cdef double v = r * r
    return fma(v, fma(v, fma(v, fma(v, COTH_NARROW_C8, COTH_NARROW_C6), COTH_NARROW_C4), COTH_NARROW_C2),
               COTH_NARROW_C0)


cdef inline Exp exp_narrow(Reduced a) noexcept nogil:
    # To a relative error of 2^-51, for a result that is rounded to float32 or float16.
    cdef double w = coth_narrow(a.r), s = from_bits(bits(a.exponent) + ONE_BITS)
    cdef Exp e
    e.e.n = times_pow2(w - a.r, a.exponent)
    e.e.d = w + a.r
    e.c = fma(w, 1.0 - s, a.r * (1.0 + s))  # d - n, in which nothing cancels
    return e


cdef inline double expm1_narrow(double z) noexcept nogil:
    # exp(z) - 1 = 2 z/(z coth(z/2) - z) for |z| <= ln2/2
    cdef double r = z * LOG2E
    return 2.0 * r / (coth_narrow(r) - r)


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


# ---------------------------------------------------------------------------------------------------------------
# Logarithms: log((1 + s)/(1 - s)) = 2 atanh(s), and with q = 2s:
#   log(1 + e) = 2 atanh(q/2),  q = e/(1 + e/2) = n/(d + n/2) <= 2/3;   log(a/b) = 2 atanh(q/2),  q = 2(a - b)/(a + b)
# ---------------------------------------------------------------------------------------------------------------

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


cdef inline Ratio log1p_ratio_narrow(Ratio e) noexcept nogil:
    # The q of log(1 + e)
    return Ratio(e.n, fma(0.5, e.n, e.d))


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


# ---------------------------------------------------------------------------------------------------------------
# The functions. A narrow one is two formulas, since the loops divide between them: a ratio, and the value that follows
# from the quotient q. Some have a third, for float32 near 0, where a float64 is too coarse.
#
# sigmoid(x) = 1/(1 + exp(-x)) = (x < 0 ? e : 1)/(1 + e) = (x < 0 ? n : d)/(d + n)
# ---------------------------------------------------------------------------------------------------------------

# BOUND sigmoid float16: 0.5 ulp
# BOUND sigmoid float32: 0.5 ulp
cdef inline Ratio sigmoid_ratio_narrow(double x, Exp e) noexcept nogil:
    # Of e = exp(-x), not exp(-|x|): in float64 it does not overflow.
    return Ratio(e.e.d, e.e.d + e.e.n)


cdef inline double sigmoid_near_zero(double x) noexcept nogil:
    # Near 0, sigmoid(x) = 1/2 + x/4 - x^3/48 + ... passes within less than half a float64 ulp of a float32
    # midpoint wherever 1/2 + x/4 is one; 1/2 + (x/4)(1 - 2^-26) leans to the side on which the cubic term lies.
    return fma(x, LEANT_QUARTER, 0.5)


cdef inline Ratio lower_ratio_narrow(double x, Exp e) noexcept nogil:
    # q = sigmoid(-|x|), of e = exp(-|x|): for those that need sigmoid and derivative
    return Ratio(e.e.n, e.e.d + e.e.n)


cdef inline double sigmoid_of_lower_narrow(double x, double q) noexcept nogil:
    return q if x < 0.0 else 1.0 - q


# BOUND sigmoid float64 fma: 0.53 ulp; worst 0.5088 at -0x1.5cffe68e1fbd8p+8
# BOUND sigmoid float64 no-fma: 0.53 ulp; worst 0.5107 at -0x1.502d277ac9e1ep+7
cdef inline double sigmoid_f64(double x, RatioPair e) noexcept nogil:
    cdef Pair d = sum_f64(e, 1.0)
    return quotient(chosen(x < 0.0, e.n, e.d), d, 1.0 / d.h)


# BOUND sigmoid longdouble: 2.0 ulp
cdef inline long double sigmoid_ld(long double x, long double e) noexcept nogil:
    return quotient_ld(exactly(e if x < 0.0 else 1.0), two_sum_ld(1.0, e))


# ---------------------------------------------------------------------------------------------------------------
# sigmoid_derivative(x) = q (1 - q) = q - q^2, q = sigmoid(-|x|) = e/(1 + e) <= 1/2; even, and never 0 while e is not
# ---------------------------------------------------------------------------------------------------------------

# BOUND sigmoid_derivative float16: 0.5 ulp
# BOUND sigmoid_derivative float32: 0.5 ulp
cdef inline double sigmoid_derivative_narrow(double x, double q) noexcept nogil:
    return fma(-q, q, q)


# BOUND sigmoid_derivative float64 fma: 0.53 ulp; worst 0.5093 at -0x1.7ace1030cfd78p+8
# BOUND sigmoid_derivative float64 no-fma: 0.53 ulp; worst 0.5103 at 0x1.1ff5350c3d4a6p+2
cdef inline double sigmoid_derivative_f64(double x, RatioPair e) noexcept nogil:
    # With q = a.q + rho, rho = a.rest a.r:   q - q^2 = (a.q - a.q^2) + rho (1 - 2 a.q), but for rho^2
    cdef Pair d = sum_f64(e, 1.0), y
    cdef Quotient a = divide(e.n, d, 1.0 / d.h)
    y = less_square(a.q)
    return corrected(y.h, fma(y.l, d.h, a.rest * fma(-2.0, a.q, 1.0)), a.r)


cdef inline Pair less_square(double q) noexcept nogil:
    # q - q^2 exactly, for 0 <= q <= 1/2
    cdef Pair y
    cdef double p
    if HAS_FMA:
        y.h = fma(-q, q, q)
        y.l = fma(-q, q, q - y.h)
    else:
        p = q * q
        y.h = q - p
        y.l = ((q - y.h) - p) - product_tail(q, q, p)
    return y


# BOUND sigmoid_derivative longdouble: 2.0 ulp
cdef inline long double sigmoid_derivative_ld(long double x, long double e) noexcept nogil:
    return quotient_ld(exactly(e), square_ld(two_sum_ld(1.0, e)))


# ---------------------------------------------------------------------------------------------------------------
# sigmoid_second_derivative(x) = s' (1 - 2s) = -s' tanh(x/2) = -sign(x) e (1 - e)/(1 + e)^3
#                              = -sign(x) n d (d - n)/(d + n)^3; odd
# d - n is not the difference of two rounded numbers: near 0 it is 2r, and nothing cancels.
# ---------------------------------------------------------------------------------------------------------------

# BOUND sigmoid_second_derivative float16: 0.5 ulp
# BOUND sigmoid_second_derivative float32: 0.5 ulp
cdef inline Ratio sigmoid_second_derivative_ratio_narrow(double x, Exp e) noexcept nogil:
    cdef double d = e.e.d + e.e.n
    return Ratio(e.e.n * e.e.d * e.c, d * d * d)


cdef inline double sigmoid_second_derivative_narrow(double x, double q) noexcept nogil:
    return copysign(q, -x)


cdef inline double sigmoid_second_derivative_near_zero(double x) noexcept nogil:
    # Where -x/8 is halfway between two subnormals, the cubic term x^3/24 decides: the lean is on its side.
    return x * (HALF_ULP - 0.125)


# BOUND sigmoid_second_derivative float64 fma: 0.54 ulp; worst 0.5210 at -0x1.6e96ecce1f5b7p-2
# BOUND sigmoid_second_derivative float64 no-fma: 0.54 ulp; worst 0.5253 at 0x1.6b5c976535edcp-2
cdef inline double sigmoid_second_derivative_f64(double x, RatioPair e) noexcept nogil:
    cdef Pair d = sum_f64(e, 1.0), n = times_in_unit(times_in_unit(e.n, e.d), sum_f64(e, -1.0))
    cdef double r = 1.0 / d.h, r_unit = UNIT * r
    return copysign(quotient(n, times_in_unit(d, square_in_unit(d)), (r_unit * r_unit) * r), -x)


# BOUND sigmoid_second_derivative longdouble: 2.0 ulp
cdef inline long double sigmoid_second_derivative_ld(long double x, long double e) noexcept nogil:
    cdef PairLd d = two_sum_ld(1.0, e), cube = square_ld(d)
    cdef long double tail = cube.h * d.l
    cube = times_ld(cube, d.h)
    cube.l += tail
    return -copysignl(quotient_ld(times_ld(exactly(e), -expm1l(-fabsl(x))), cube), x)


# ---------------------------------------------------------------------------------------------------------------
# softplus(x) = log(1 + exp(x)) = max(x, 0) + log1p(e): no threshold, every term >= 0
# ---------------------------------------------------------------------------------------------------------------

# BOUND softplus float16: 0.5 ulp
# BOUND softplus float32: 0.5 ulp
cdef inline Ratio softplus_ratio_narrow(double x, Exp e) noexcept nogil:
    return log1p_ratio_narrow(e.e)


cdef inline double softplus_narrow(double x, double q) noexcept nogil:
    return (x if x > 0.0 else 0.0) + log1p_narrow(q)


cdef inline double softplus_near_zero(double x) noexcept nogil:
    # By its series, ln2 + x/2 + x^2/8 - x^4/192: from e, whose rounding is too coarse for one float32 there,
    # 0x1.d483ap-12, the result is 2^-57 from a midpoint.
    return fma(x, fma(x, 0.125, 0.5), LN2_TAIL) + LN2


# BOUND softplus float64: 0.63 ulp; worst 0.6166 at 0x1.0a2100e6c5f91p-20
cdef inline double softplus_f64(double x, RatioPair e) noexcept nogil:
    cdef Pair a
    a.h = x if x > 0.0 else 0.0
    a.l = 0.0
    return plus_log1p_f64(a, e)


# BOUND softplus longdouble: 2.0 ulp
cdef inline long double softplus_ld(long double x, long double e) noexcept nogil:
    return (x if x > 0.0 else 0.0) + log_ld(two_sum_ld(1.0, e))


# ---------------------------------------------------------------------------------------------------------------
# log_sigmoid(x) = log(sigmoid(x)) = min(x, 0) - log1p(e) = -softplus(-x)
# ---------------------------------------------------------------------------------------------------------------

# BOUND log_sigmoid float16: 0.5 ulp
# BOUND log_sigmoid float32: 0.5 ulp
cdef inline double log_sigmoid_narrow(double x, double q) noexcept nogil:
    return -softplus_narrow(-x, q)


cdef inline double log_sigmoid_near_zero(double x) noexcept nogil:
    return -softplus_near_zero(-x)


# BOUND log_sigmoid float64: 0.63 ulp; worst 0.6166 at -0x1.0aa59e92c962fp-7
cdef inline double log_sigmoid_f64(double x, RatioPair e) noexcept nogil:
    return -softplus_f64(-x, e)


# BOUND log_sigmoid longdouble: 2.0 ulp
cdef inline long double log_sigmoid_ld(long double x, long double e) noexcept nogil:
    return -softplus_ld(-x, e)


# ---------------------------------------------------------------------------------------------------------------
# silu(x) = x sigmoid(x), rounded once; its tail goes on to x = -751, where e alone is 0 in float64
# ---------------------------------------------------------------------------------------------------------------

# BOUND silu float16: 0.5 ulp
# BOUND silu float32: 0.5 ulp
cdef inline Ratio silu_ratio_narrow(double x, Exp e) noexcept nogil:
    # Of e = exp(-x), as the sigmoid
    return Ratio(x * e.e.d, e.e.d + e.e.n)


cdef inline double silu_narrow(double x, double q) noexcept nogil:
    # The ends, where exp(-x) is clamped
    q = x if x > NARROW_MOST else q
    return -0.0 if x < -NARROW_MOST else q


cdef inline double silu_near_zero(double x) noexcept nogil:
    # x/2 + x^2/4 may be halfway: the lean is on the side of the next term, -x^4/48. Where x/2 is halfway between two
    # subnormals the next term is x^2/4.
    cdef double lean = copysign(HALF_ULP, x)
    return x * fma(x, 0.25, 0.5 + (lean if fabs(x) < TINY else -lean))


cdef inline double silu_mended(double x) noexcept nogil:
    return silu_narrow(x, silu_near_zero(x))


# BOUND silu float64 fma: 0.53 ulp; worst 0.5124 at -0x1.6473656526066p+9
# BOUND silu float64 no-fma: 0.53 ulp; worst 0.5126 at -0x1.5b4448ddc9c45p+7
cdef inline double silu_f64(double x, RatioPair e) noexcept nogil:
    cdef Pair d = sum_f64(e, 1.0)
    cdef double t = SILU_LINEAR if x > SILU_LINEAR else x
    t = -MOST if t < -MOST else t
    t = copysign(quotient(times(t, chosen(x < 0.0, e.n, e.d)), d, 1.0 / d.h), x)  # -0 is lost in a sum
    return x if x > SILU_LINEAR else t


# BOUND silu longdouble: 2.0 ulp
cdef inline long double silu_ld(long double x, long double e) noexcept nogil:
    cdef PairLd d = two_sum_ld(1.0, e)
    if x > LINEAR_LD:
        return x
    if x < -LINEAR_LD:
        return -0.0
    return copysignl(quotient_ld(times_exp_ld(exactly(x), x, e) if x < 0.0 else exactly(x), d), x)


# ---------------------------------------------------------------------------------------------------------------
# silu_derivative(x) = s (1 + x (1 - s)) = (x < 0 ? e (1 + x + e) : 1 + e (1 + x))/(1 + e)^2
#                    = a (a + (1 + x) b)/(d + n)^2,  a = (x < 0 ? n : d), b the other of the two
# Its zero is that of 1 + x + e, x = ZERO; with off = x - ZERO, 1 + x + e = off + exp(ZERO) (exp(off) - 1), where
# nothing cancels. Within NEAR_ZERO of it exp(off) - 1 needs no reduction.
# ---------------------------------------------------------------------------------------------------------------

# BOUND silu_derivative float16: 0.5 ulp
# BOUND silu_derivative float32: 0.5 ulp
cdef inline Ratio silu_derivative_ratio_narrow(double x, Exp e) noexcept nogil:
    cdef double off = (x - ZERO_H) - ZERO_M, near = fma(EXP_ZERO_H, expm1_narrow(off), off), d = e.e.d + e.e.n
    cdef double t = -NARROW_MOST if x < -NARROW_MOST else (NARROW_MOST if x > NARROW_MOST else x)
    cdef double a = e.e.n if x < 0.0 else e.e.d, b = e.e.d if x < 0.0 else e.e.n
    return Ratio(a * (near * b if fabs(off) < NEAR_ZERO else fma(1.0 + t, b, a)), d * d)


cdef inline double silu_derivative_near_zero(double x) noexcept nogil:
    return fma(x, LEANT_HALF, 0.5)  # 1/2 + x/2 - x^3/12 + ..., as the sigmoid near 0


# BOUND silu_derivative float64 fma: 0.53 ulp; worst 0.5116 at -0x1.5f4098fad4a9ap+9
# BOUND silu_derivative float64 no-fma: 0.53 ulp; worst 0.5125 at -0x1.5d85032130116p+9
cdef inline double silu_derivative_f64(double x, RatioPair e) noexcept nogil:
    cdef Pair d = sum_f64(e, 1.0), a = chosen(x < 0.0, e.n, e.d), b = chosen(x < 0.0, e.d, e.n), v, near, p, q
    cdef double r = 1.0 / d.h, t, off
    # near the zero, with off = x - ZERO_H and q = exp(off) - 1; 1 + EXP_ZERO = -ZERO:
    #   1 + x + e = off + EXP_ZERO q + (ZERO - ZERO_H)(ZERO - EXP_ZERO q)
    off = x - ZERO_H
    q = expm1_f64(off)
    near = times(EXP_ZERO_H, q)
    p = two_sum(off, near.h)
    near.l += p.l
    p = two_sum(p.h, ZERO_SHIFT_H)
    near.l += fma(EXP_ZERO_M, q.h, fma(-ZERO_M * EXP_ZERO_H, q.h, ZERO_SHIFT_L)) + p.l
    near = two_sum(p.h, near.l)
    # a + (1 + x) b elsewhere, near b there
    t = -MOST if x < -MOST else (MOST if x > MOST else x)
    v = chosen(fabs(off) < NEAR_ZERO, near, two_sum(1.0, t))
    p = times(v.h, b)
    p.l = fma(v.l, b.h, p.l)
    v = two_sum(a.h, p.h)
    v.l += a.l + p.l
    v = chosen(fabs(off) < NEAR_ZERO, p, v)
    return quotient(times_in_unit(a, v), square_in_unit(d), (UNIT * r) * r)


# BOUND silu_derivative longdouble: 2.0 ulp
cdef inline long double silu_derivative_ld(long double x, long double e) noexcept nogil:
    cdef PairLd d = two_sum_ld(1.0, e), v = two_sum_ld(1.0, x), p
    cdef long double off = ((x - ZERO_H) - ZERO_M) - ZERO_L
    if x > LINEAR_LD:
        return 1.0
    if x < -LINEAR_LD:
        return -0.0
    if fabsl(off) < NEAR_ZERO:
        v = two_sum_ld(off, (<long double> EXP_ZERO_H + EXP_ZERO_M) * expm1l(off))
    elif x < 0.0:
        p = two_sum_ld(v.h, e)
        v.h = p.h
        v.l += p.l
    v = times_exp_ld(v, x, e)
    if x >= 0.0:
        p = two_sum_ld(1.0, v.h)
        v.h = p.h
        v.l += p.l
    return quotient_ld(v, square_ld(d))


# ---------------------------------------------------------------------------------------------------------------
# logit(p) = log(p/(1 - p)) = -log((1 - p)/p): with a the smaller and b the larger of p and 1 - p,
#   log(a/b) = -j ln2 + 2 atanh(s),  s = (2^j a - b)/(2^j a + b),  j = round(log2(b/a)), roughly
# Near 1/2, j = 0 and a - b is exact: nothing cancels. 1 - p is exact for p >= 1/2, and a pair below.
# ---------------------------------------------------------------------------------------------------------------

cdef inline unsigned long long logit_flags(double p) noexcept nogil:
    cdef unsigned long long zero = (bits(p) & 0x7fffffffffffffffULL) - 1, one = bits(p) ^ 0x3ff0000000000000ULL
    return target_flags(p) | top_bit(zero) * DIVIDE | top_bit((one - 1) & ~one) * DIVIDE


cdef inline unsigned long long top_bit(unsigned long long u) noexcept nogil:
    return u >> 63


cdef inline bint outside(double p) noexcept nogil:
    return (p < 0.0) | (p > 1.0)


cdef inline unsigned long long binades(double a, double b) noexcept nogil:
    # j with 2^j a within a factor of 3/2 of b, 0 < a <= b: the bits of a number are, nearly, its logarithm.
    return (bits(b) - bits(a) + 0x8000000000000ULL) >> 52


cdef inline double logit_end(double p, double a, double y) noexcept nogil:
    # The sign, the two ends, and what lies beyond them.
    y = y if a > 0.0 else (-INFINITY if a == 0.0 else NAN)
    return y if p < 0.5 else 0.0 - y


# BOUND logit float16: 0.5 ulp
# BOUND logit float32: 0.5 ulp
cdef inline double logit_narrow(double p) noexcept nogil:
    cdef double a = p if p < 0.5 else 1.0 - p, b = 1.0 - p if p < 0.5 else p, j, m, q
    cdef unsigned long long n = binades(a, b)
    j = from_bits(n | 0x4330000000000000ULL) - 4503599627370496.0
    m = a * from_bits((n + 1023) << 52)
    q = 2.0 * (m - b) / (m + b)
    return logit_end(p, a, fma(j, -LN2_HI, q) + fma(j, -LN2_LO, atanh_rest_narrow(q)))


# BOUND logit float64: 0.63 ulp; worst 0.6162 at 0x1.aa9593138a36bp-2
cdef inline double logit_f64(double p) noexcept nogil:
    cdef double a = p if p < 0.5 else 1.0 - p, m, j, y
    cdef Pair b, n, d
    cdef Quotient s
    cdef unsigned long long k
    b = fast_two_sum(1.0, -p)
    b.h = b.h if p < 0.5 else p
    b.l = b.l if p < 0.5 else 0.0
    m = a * (UNIT if a < UNIT_INVERSE else 1.0)  # no subnormals
    k = binades(m, b.h)
    j = from_bits(k | 0x4330000000000000ULL) - (4503599627370496.0 - (128.0 if a < UNIT_INVERSE else 0.0))
    m = m * from_bits((k + 1023) << 52)
    n.h = 2.0 * (m - b.h)
    n.l = -2.0 * b.l
    d = two_sum(m, b.h)
    d.l += b.l
    s = divide(n, d, 1.0 / d.h)
    b = fast_two_sum(j * -LN2_HI, s.q)
    y = b.h + (fma(j, -LN2_LO, b.l) + fma(s.rest, s.r, atanh_rest_f64(s.q)))
    return logit_end(p, a, y)


# BOUND logit longdouble: 2.0 ulp
cdef inline long double logit_ld(long double p) noexcept nogil:
    cdef long double a = p if p < 0.5 else 1.0 - p, y
    cdef PairLd ratio, b = two_sum_ld(1.0, -p)
    if not a >= 0.0:
        return NAN
    if p >= 0.5:
        b = exactly(p)
    ratio.h = b.h / a
    ratio.l = (fmal(-ratio.h, a, b.h) + b.l) / a
    y = logl(a) if a < SMALLEST_LD else -log_ld(ratio)
    return y if p < 0.5 else 0.0 - y


# ---------------------------------------------------------------------------------------------------------------
# sigmoid_backward(grad, y) = grad y (1 - y)
# ---------------------------------------------------------------------------------------------------------------

# BOUND sigmoid_backward float16: 0.51 ulp
# BOUND sigmoid_backward float32: 0.51 ulp
cdef inline double sigmoid_backward_narrow(double grad, double y) noexcept nogil:
    return grad * (y * (1.0 - y))


# BOUND sigmoid_backward float64 fma: 1.00 ulp; worst 0.8339 at 0x1.3468d5d757433p-1019,0x1.8769a0792936dp-1
# BOUND sigmoid_backward float64 no-fma: 1.50 ulp; worst 1.3704 at 0x1.5a6ae265d20e6p-1019,0x1.685cad6c40b10p-3
cdef inline double sigmoid_backward_f64(double grad, double y) noexcept nogil:
    cdef Pair p = times(y, two_sum(1.0, -y))
    p = times(grad, p)
    return p.h + p.l if fabs(p.h) <= LARGEST and p.h != 0.0 else p.h  # infinity has no tail, and -0 no sum


# BOUND sigmoid_backward longdouble: 2.0 ulp
cdef inline long double sigmoid_backward_ld(long double grad, long double y) noexcept nogil:
    cdef long double c = 1.0 - y, p = y * c, p_l = fmal(y, c, -p) + y * ((1.0 - c) - y), g = grad * p
    return g + (fmal(grad, p, -g) + grad * p_l) if fabsl(g) <= LARGEST_LD and g != 0.0 else g


# ---------------------------------------------------------------------------------------------------------------
# logistic_loss(x, t) = softplus(x) - t x = |x| (x > 0 ? 1 - t : t) + log1p(e): every term >= 0, for t in [0, 1]
# ---------------------------------------------------------------------------------------------------------------

cdef inline unsigned long long target_flags(double t) noexcept nogil:
    # Invalid if t < 0 or t > 1, and not NaN. By the borrows of 64-bit integers, since not every instruction set can
    # turn a comparison of doubles into such an integer.
    cdef unsigned long long u = bits(t), magnitude = u & 0x7fffffffffffffffULL
    cdef unsigned long long beyond = (0x3ff0000000000000ULL - magnitude) | (u & (0 - magnitude))
    return top_bit(beyond & ~(0x7ff0000000000000ULL - magnitude)) * INVALID


# BOUND logistic_loss float16: 0.51 ulp
# BOUND logistic_loss float32: 0.51 ulp
cdef inline Ratio logistic_loss_ratio_narrow(double x, double t, Exp e) noexcept nogil:
    return log1p_ratio_narrow(e.e)


cdef inline double logistic_loss_narrow(double x, double t, double q) noexcept nogil:
    cdef double share = 1.0 - t if x > 0.0 else t
    cdef double y = (fabs(x) * share if share != 0.0 else 0.0) + log1p_narrow(q)
    return NAN if outside(t) else y


# BOUND logistic_loss float64: 1.20 ulp; worst 0.9933 at -0x1.5624d648b4000p+9,0x1.f01d1cafdbbb5p-1022
cdef inline double logistic_loss_f64(double x, double t, RatioPair e) noexcept nogil:
    cdef Pair share = fast_two_sum(1.0, -t), a
    cdef double y
    share.h = share.h if x > 0.0 else t
    share.l = share.l if x > 0.0 else 0.0
    a = times(fabs(x), share)
    a.h = a.h if share.h != 0.0 else 0.0  # an infinite x counts for nothing where its share is 0
    a.l = a.l if share.h != 0.0 else 0.0
    y = plus_log1p_f64(a, e)
    return NAN if outside(t) else y


# BOUND logistic_loss longdouble: 2.0 ulp
cdef inline long double logistic_loss_ld(long double x, long double t, long double e) noexcept nogil:
    cdef long double share = 1.0 - t if x > 0.0 else t
    if t < 0.0 or t > 1.0:
        return NAN
    return (fabsl(x) * share if share != 0.0 else 0.0) + log_ld(two_sum_ld(1.0, e))


# ---------------------------------------------------------------------------------------------------------------
# logistic_loss_gradient(x, t) = sigmoid(x) - t = (1 - t) - sigmoid(-x): the form whose target is at most 1/2, so that
# t = 1 gives -sigmoid(-x). The hessian is sigmoid_derivative(x).
# ---------------------------------------------------------------------------------------------------------------

# BOUND logistic_loss_gradient float16: 0.51 ulp
# BOUND logistic_loss_gradient float32: 0.51 ulp
cdef inline Ratio logistic_loss_gradient_ratio_narrow(double x, double t, Exp e) noexcept nogil:
    return lower_ratio_narrow(x, e)


cdef inline double logistic_loss_gradient_narrow(double x, double t, double q) noexcept nogil:
    cdef double target = 1.0 - t if t > 0.5 else t, y = sigmoid_of_lower_narrow(-x if t > 0.5 else x, q) - target
    y = -y if t > 0.5 else y
    return NAN if outside(t) else y


# BOUND logistic_loss_gradient float64 fma: 1.00 ulp; worst 0.5072 at 0x1.53f9d25550c48p+8,0x1.0p+0
# BOUND logistic_loss_gradient float64 no-fma: 1.00 ulp; worst 0.5095 at 0x1.1fdafd1475705p+2,0x1.0p+0
cdef inline double logistic_loss_gradient_f64(double x, double t, RatioPair e) noexcept nogil:
    cdef double u = -x if t > 0.5 else x, target = 1.0 - t if t > 0.5 else t, y
    cdef Pair d = sum_f64(e, 1.0), s
    cdef Quotient a = divide(chosen(u < 0.0, e.n, e.d), d, 1.0 / d.h)
    s = two_sum(a.q, -target)
    y = corrected(s.h, a.rest, a.r) if target == 0.0 else s.h + fma(a.rest, a.r, s.l)
    y = -y if t > 0.5 else y
    return NAN if outside(t) else y


# BOUND logistic_loss_gradient longdouble: 2.0 ulp
cdef inline long double logistic_loss_gradient_ld(long double x, long double t, long double e) noexcept nogil:
    if t < 0.0 or t > 1.0:
        return NAN
    return (1.0 - t) - sigmoid_ld(-x, e) if t > 0.5 else sigmoid_ld(x, e) - t


cdef inline double logistic_loss_hessian_narrow(double x, double t, double q) noexcept nogil:
    return sigmoid_derivative_narrow(x, q)


cdef inline double logistic_loss_hessian_f64(double x, double t, RatioPair e) noexcept nogil:
    return sigmoid_derivative_f64(x, e)


cdef inline long double logistic_loss_hessian_ld(long double x, long double t, long double e) noexcept nogil:
    return sigmoid_derivative_ld(x, e)
