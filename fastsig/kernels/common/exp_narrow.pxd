# THE EXPONENTIAL OF float16 AND float32, in float64.
#
# exp(-t) = 2^n exp(-r),  n = -round(t log2 e),  r = t + n ln2,  |r| <= ln2/2 (1 + 2^-40)
#
# As a ratio, with w = r coth(r/2), even in r and near 2:   exp(-r) = (w - r)/(w + r)
# A factor common to w and r changes nothing, and an error of w alone counts r/2 times only.
# Reduction and ratio are functions of their own because the loops run them in phases.
#
# The constants and coefficients are made again by bench/coefficients.sollya.

from libc.stdint cimport uint64_t

from fastsig.kernels.common.exact cimport HAS_FMA, bits, fma, from_bits, times_pow2

cdef extern from *:
    const double LOG2E "0x1.71547652b82fep+0"
    const double LOG2E_HI "0x1.7154764p+0"  # 28 bits: its product with a float32 is exact
    const double LOG2E_LO "0x1.2b82fe1777d1p-28"
    const double SHIFT "0x1.8p+52"  # x + SHIFT rounds x to an integer, kept in the low bits
    const double NARROW_MOST "150.0"  # 150 exp(-150) < 2^-150, half the least subnormal float32
    const uint64_t ONE_BITS "((uint64_t)1023 << 52)"

    # r coth(r ln2/2) = C0 + C2 r^2 + ... + C8 r^8 on |r| <= 1/2 + 2^-12: exp_narrow to a relative error of 2^-51.85
    const double COTH_NARROW_C0 "0x1.71547652b82fep+1"
    const double COTH_NARROW_C2 "0x1.d9303fea24278p-4"
    const double COTH_NARROW_C4 "(-0x1.e5009625c14c3p-11)"
    const double COTH_NARROW_C6 "0x1.63125efd0f3aep-17"
    const double COTH_NARROW_C8 "(-0x1.0ed34b27569bp-23)"

ctypedef struct Reduced:
    double r
    double exponent  # n, in the exponent's place

ctypedef struct Ratio:
    double num
    double den

ctypedef struct Exp:
    double num  # exp(-t) = num/den
    double den
    double complement  # 1 - exp(-t) = complement/den, to a small relative error


cdef inline Reduced reduce_narrow(double t) noexcept nogil:
    # For |t| <= NARROW_MOST, of either sign. r is in octaves, t log2(e) + n: LOG2E is nearer to its value than LN2 is.
    cdef double shifted = fma(t, -LOG2E, SHIFT), n = shifted - SHIFT
    cdef Reduced a
    a.r = fma(t, LOG2E, n) if HAS_FMA else fma(t, LOG2E_LO, fma(t, LOG2E_HI, n))
    a.exponent = from_bits(bits(shifted) << 52)
    return a


cdef inline double coth_narrow(double r) noexcept nogil:
    # r coth(r ln2/2)
    cdef double v = r * r
    return fma(v, fma(v, fma(v, fma(v, COTH_NARROW_C8, COTH_NARROW_C6), COTH_NARROW_C4), COTH_NARROW_C2),
               COTH_NARROW_C0)


cdef inline Exp exp_of_coth(double w, double r, double exponent) noexcept nogil:
    # From w = coth_narrow(r). This adds a relative error of 2^-51 to what r is off: enough for float32 and float16.
    cdef double s = from_bits(bits(exponent) + ONE_BITS)
    cdef Exp e
    e.num = times_pow2(w - r, exponent)
    e.den = w + r
    e.complement = fma(w, 1.0 - s, r * (1.0 + s))  # d - n, in which nothing cancels
    return e


cdef inline Exp exp_narrow(double r, double exponent) noexcept nogil:
    return exp_of_coth(coth_narrow(r), r, exponent)


cdef inline double expm1_narrow(double z) noexcept nogil:
    # exp(z) - 1 = 2 z/(z coth(z/2) - z) for |z| <= ln2/2
    cdef double r = z * LOG2E
    return 2.0 * r / (coth_narrow(r) - r)
