# THE MATHEMATICS: constants, reductions, polynomials, formulas, and the bound of each formula.
#
# Everything follows from e = exp(-t), t = |x|: it lies in [0, 1], so that nothing overflows and nothing cancels.
# Formulas are scalar and branch-free; the loops around them are in _loops.pxi.
#
# float16 and float32 are "narrow": computed in float64 and rounded once at the end.
# float64 carries pairs: a value is h + l with |l| <= ulp(h)/2.
# long double goes through the C library.
#
# A bound is stated above its formula, once, and everybody else reads it from here (_bounds.py):
#     # BOUND name type: U ulp; worst W at X
# U holds over the whole range of the type, in ulp of the type at the exact result (the least subnormal's below the
# normal range); W is the error at the worst input found, X, and may be left out. "fma" or "no-fma" after the type
# says for which instruction sets. A bound of 0.5 ulp is correct rounding.
# The constants and coefficients are made again by bench/coefficients.py.

cdef extern from *:
    """
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
    static const double LN2_HI = 0x1.62e42fefa38p-1;     /* 42 bits: n*LN2_HI is exact for |n| < 2^11 */
    static const double LN2_LO = 0x1.ef35793c7673p-45;   /* LN2_HI + LN2_LO = ln 2 (1 + 2^-102) */
    static const double NARROW_LEAST = -150.0;   /* exp(-150) < 2^-150, half the least subnormal float32 */
    static const double LEAST = -746.0;          /* exp(-746) < 2^-1075, half the least subnormal float64 */
    static const double SHIFT = 0x1.8p+52;               /* x + SHIFT rounds x to an integer, kept in the low bits */

    /* A float64 exponential, and the 1 that it is added to, are in units of 2^-64: exp(-746) is a normal number
       then, and a quotient of the two falls onto the subnormals' grid by itself, rounded once. */
    static const double UNIT = 0x1p+64;
    static const double UNIT_INVERSE = 0x1p-64;

    /* exp(r) = 1 + r + C2 r^2 + ... + C10 r^10 on |r| <= ln2/2 + 2^-12: relative error 2^-51.60 */
    static const double
        EXP_NARROW_C2 = 0x1.ffffffffffedp-2,  EXP_NARROW_C3 = 0x1.5555555550756p-3,
        EXP_NARROW_C4 = 0x1.5555555589572p-5, EXP_NARROW_C5 = 0x1.11111125ca1e5p-7,
        EXP_NARROW_C6 = 0x1.6c16c0c77eaf4p-10, EXP_NARROW_C7 = 0x1.a0198d04d2fe7p-13,
        EXP_NARROW_C8 = 0x1.a01b7d638d49fp-16, EXP_NARROW_C9 = 0x1.72e97ad8f71bcp-19,
        EXP_NARROW_C10 = 0x1.270753b1dffd3p-22;

    /* exp(r) = 1 + r + C2 r^2 + ... + C11 r^11 on |r| <= ln2/2 + 2^-12: relative error 2^-57.87 */
    static const double
        EXP_C2 = 0x1.000000000000ap-1,  EXP_C3 = 0x1.55555555554fdp-3,
        EXP_C4 = 0x1.5555555550699p-5,  EXP_C5 = 0x1.1111111126ec8p-7,
        EXP_C6 = 0x1.6c16c1848329p-10,  EXP_C7 = 0x1.a01a012ee246ep-13,
        EXP_C8 = 0x1.a0199935aeb14p-16, EXP_C9 = 0x1.71df1ae67efc7p-19,
        EXP_C10 = 0x1.28ae28e0d372p-22, EXP_C11 = 0x1.ad90692dbb2b4p-26;
    """
    const bint HAS_FMA "FASTSIG_HAS_FMA"
    double fma "fastsig_fma"(double a, double b, double c) noexcept nogil
    unsigned long long bits "fastsig_bits"(double x) noexcept nogil
    double from_bits "fastsig_from_bits"(unsigned long long u) noexcept nogil
    long double expl(long double x) noexcept nogil
    long double fmal(long double a, long double b, long double c) noexcept nogil
    double fabs(double x) noexcept nogil
    long double fabsl(long double x) noexcept nogil
    const double LOG2E, LN2_HI, LN2_LO, SHIFT, NARROW_LEAST, LEAST, UNIT, UNIT_INVERSE
    const double EXP_NARROW_C2, EXP_NARROW_C3, EXP_NARROW_C4, EXP_NARROW_C5, EXP_NARROW_C6, EXP_NARROW_C7
    const double EXP_NARROW_C8, EXP_NARROW_C9, EXP_NARROW_C10
    const double EXP_C2, EXP_C3, EXP_C4, EXP_C5, EXP_C6, EXP_C7, EXP_C8, EXP_C9, EXP_C10, EXP_C11


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


cdef inline double pow2(double shifted, int bias) noexcept nogil:
    # 2^(n + bias - 1023) for shifted = n + SHIFT: the integer n is shifted into the exponent.
    return from_bits((bits(shifted) << 52) + (<unsigned long long> bias << 52))


cdef inline Pair unit_plus(Pair e) noexcept nogil:
    # 1 + e for 0 <= e <= 1, in the unit (Fast2Sum).
    cdef Pair d
    d.h = UNIT + e.h
    d.l = ((UNIT - d.h) + e.h) + e.l
    return d


cdef inline Pair square(Pair d) noexcept nogil:
    # d^2 in the unit.
    cdef Pair s
    cdef double a = d.h * UNIT_INVERSE
    s.h = a * d.h
    s.l = fma(2.0 * a, d.l, product_tail(a, d.h, s.h))
    return s


cdef inline double quotient(Pair n, Pair d, double r) noexcept nogil:
    # n/d from an approximate reciprocal r of d.h: one Newton step on q = n.h*r, with the tails folded in, leaves
    # only the last rounding. Where q is subnormal it is on the grid already, and the remainder still exact.
    cdef double q = n.h * r
    return fma(residual(n.h, q, d.h) + fma(-q, d.l, n.l), r, q)


cdef inline long double quotient_ld(long double n, long double d_h, long double d_l) noexcept nogil:
    # n/(d_h + d_l) likewise: what is left of the bound is the C library's.
    cdef long double q = n / d_h
    return q + (fmal(-q, d_h, n) - q * d_l) / d_h


# ---------------------------------------------------------------------------------------------------------------
# exp(z), z = -|x| <= 0:  n = round(z log2 e),  r = z - n ln2,  exp(z) = 2^n exp(r),  |r| <= ln2/2 (1 + 2^-40)
#
# Reduction and polynomial are two functions because the loops run them in two phases. The polynomials are split
# into even and odd powers: two short chains, and one operation more than Horner's scheme has.
# ---------------------------------------------------------------------------------------------------------------

ctypedef struct Reduced:
    double s  # 2^n; in the unit for float64
    double r
    double r_l  # float64: what r lacks


cdef inline Reduced reduce_narrow(double z) noexcept nogil:
    cdef double shifted, n
    cdef Reduced a
    z = NARROW_LEAST if z < NARROW_LEAST else z
    shifted = fma(z, LOG2E, SHIFT)
    n = shifted - SHIFT
    a.r = fma(n, -LN2_LO, fma(n, -LN2_HI, z))
    a.r_l = 0.0
    a.s = pow2(shifted, 1023)
    return a


cdef inline double exp_narrow(Reduced a) noexcept nogil:
    # To a relative error of 2^-51, for a result that is rounded to float32 or float16.
    cdef double r = a.r, r2 = r * r, even, odd
    even = fma(r2, fma(r2, fma(r2, EXP_NARROW_C10, EXP_NARROW_C8), EXP_NARROW_C6), EXP_NARROW_C4)
    odd = fma(r2, fma(r2, fma(r2, EXP_NARROW_C9, EXP_NARROW_C7), EXP_NARROW_C5), EXP_NARROW_C3)
    return a.s * fma(r, fma(r, fma(r, fma(r, even, odd), EXP_NARROW_C2), 1.0), 1.0)


cdef inline Reduced reduce_f64(double z) noexcept nogil:
    # r is exact; the rest of n ln2, below 2^-34, goes to r_l.
    cdef double shifted, n
    cdef Reduced a
    z = LEAST if z < LEAST else z
    shifted = fma(z, LOG2E, SHIFT)
    n = shifted - SHIFT
    a.r = fma(n, -LN2_HI, z)
    a.r_l = n * -LN2_LO
    a.s = pow2(shifted, 1023 + 64)
    return a


cdef inline Pair exp_f64(Reduced a) noexcept nogil:
    # In the unit, as a pair with a tail of up to 2^-34; relative error 2^-56.
    #   p_h + p_l = exp(r) - 1;  m_h + m_l = (1 + p_h + p_l)(1 + r_l)
    cdef double r = a.r, r2 = r * r, even, odd, q, p_h, p_l, m_h, m_l
    cdef Pair e
    even = fma(r2, fma(r2, fma(r2, EXP_C10, EXP_C8), EXP_C6), EXP_C4)
    odd = fma(r2, fma(r2, fma(r2, fma(r2, EXP_C11, EXP_C9), EXP_C7), EXP_C5), EXP_C3)
    q = fma(r, fma(r, even, odd), EXP_C2)  # C2 last: one rounding of a number near 1/2
    p_h = fma(r2, q, r)
    p_l = fma(r2, q, r - p_h)
    m_h = 1.0 + p_h
    m_l = ((1.0 - m_h) + p_h) + fma(a.r_l, m_h, p_l)
    e.h = a.s * m_h
    e.l = a.s * m_l
    return e


# ---------------------------------------------------------------------------------------------------------------
# sigmoid(x) = 1/(1 + exp(-x)) = (x < 0 ? e : 1) / (1 + e)
# ---------------------------------------------------------------------------------------------------------------

# BOUND sigmoid float16: 0.5 ulp
# BOUND sigmoid float32: 0.5 ulp
cdef inline double sigmoid_narrow(double x, double e) noexcept nogil:
    # Near 0, sigmoid(x) = 1/2 + x/4 - x^3/48 + ... passes within less than half a float64 ulp of a float32
    # midpoint wherever 1/2 + x/4 is one; 1/2 + (x/4)(1 - 2^-26) leans to the side on which the cubic term lies.
    cdef double y = (e if x < 0.0 else 1.0) / (1.0 + e)
    return fma(x, 0.25 - 0.25 / 67108864.0, 0.5) if fabs(x) < 1.0 / 16384.0 else y


# BOUND sigmoid float64 fma: 0.57 ulp; worst 0.55385 at -0x1.f2d4414f2ae3ap+3
# BOUND sigmoid float64 no-fma: 0.77 ulp; worst 0.66474 at -0x1.61c25feeb6816p+9
cdef inline double sigmoid_f64(double x, Pair e) noexcept nogil:
    cdef Pair n, d = unit_plus(e)
    n.h = e.h if x < 0.0 else UNIT
    n.l = e.l if x < 0.0 else 0.0
    return quotient(n, d, 1.0 / d.h)


# BOUND sigmoid longdouble: 2.0 ulp
cdef inline long double sigmoid_ld(long double x, long double e) noexcept nogil:
    cdef long double d = 1.0 + e
    return quotient_ld(e if x < 0.0 else 1.0, d, (1.0 - d) + e)


# ---------------------------------------------------------------------------------------------------------------
# sigmoid_derivative(x) = sigmoid(x) (1 - sigmoid(x)) = e / (1 + e)^2; even, and never 0 while e is not
# ---------------------------------------------------------------------------------------------------------------

# BOUND sigmoid_derivative float16: 0.5 ulp
# BOUND sigmoid_derivative float32: 0.5 ulp
cdef inline double sigmoid_derivative_narrow(double x, double e) noexcept nogil:
    return e / ((1.0 + e) * (1.0 + e))


# BOUND sigmoid_derivative float64 fma: 0.57 ulp; worst 0.55105 at 0x1.070aecb7c00a9p+5
# BOUND sigmoid_derivative float64 no-fma: 0.77 ulp; worst 0.73006 at 0x1.6199315823554p+9
cdef inline double sigmoid_derivative_f64(double x, Pair e) noexcept nogil:
    # The reciprocal of 1 + e serves squared, so that sigmoid and derivative together divide once.
    cdef Pair d = unit_plus(e)
    cdef double r = 1.0 / d.h
    return quotient(e, square(d), (UNIT * r) * r)


# BOUND sigmoid_derivative longdouble: 2.0 ulp
cdef inline long double sigmoid_derivative_ld(long double x, long double e) noexcept nogil:
    cdef long double d = 1.0 + e, s = d * d
    return quotient_ld(e, s, fmal(d, d, -s) + 2.0 * d * ((1.0 - d) + e))
