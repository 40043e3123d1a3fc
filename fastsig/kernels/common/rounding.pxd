# THE ROUNDING TEST: a result, and whether its rounding is in doubt.
#
# A formula gives q + c, q a number of the type or nearly one and c a correction; bench/proof bounds its error. Rounded
# twice, with c a little larger and a little smaller, it gives the same number unless a midpoint between two numbers is
# so near that the accurate phase has to decide.
#
# Let the margin be a share m of c. Where it exceeds the error, the exact value lies between the two. Elsewhere
# |c| < E/m of the value, E the relative error: if m > 2^54 E, that is below 2^-54 of the value, and no midpoint is as
# near to q. Where terms cancel, the error is no longer relative, and the margin is added to the remainder.

from libc.math cimport fabs
from libc.stdint cimport uint64_t

from fastsig.kernels.common.exact cimport (
    HAS_FMA, LARGEST, LEAST_NORMAL, ONE_EXPONENT, UNIT, UNIT_INVERSE, Pair, bits, corrected, fast_two_sum, fma,
    from_bits, mask, masked, residual
)

cdef extern from *:
    """
    /* Margins of 0 build kernels whose tests have to fail; all in doubt, kernels whose accurate phase does it all. */
    #ifndef FASTSIG_MARGINS
    #define FASTSIG_MARGINS 1.0
    #endif
    #ifndef FASTSIG_ALL_IN_DOUBT
    #define FASTSIG_ALL_IN_DOUBT 0
    #endif
    """
    const double MARGINS "FASTSIG_MARGINS"
    const double SUM_ERROR "0x1p-50"  # of a sum of tails, relative to it
    const double NARROW_ERROR "0x1p-48"  # of the sigmoid of -|x| and of log(1 + e), as computed for float32 and float16
    const double PLAIN "(FASTSIG_HAS_FMA ? 0x1p-128 : 1.0)"  # out of the unit, where that makes no product subnormal
    const bint ALL_IN_DOUBT "FASTSIG_ALL_IN_DOUBT"

ctypedef struct Rounding:
    double y
    uint64_t doubt  # 0 where there is none


cdef inline Rounding rounding(double y, double other) noexcept nogil:
    cdef Rounding a
    a.y = y
    a.doubt = 1 if ALL_IN_DOUBT else bits(y) ^ bits(other)
    return a


cdef inline Rounding by_share(double q, double c, double margin) noexcept nogil:
    # q + c, with a margin that is a share of c; c is not subnormal
    return rounding(fma(c, 1.0 + MARGINS * margin, q), fma(c, 1.0 - MARGINS * margin, q))


cdef inline Rounding by_share_of_rest(double q, double rest, double r, double margin) noexcept nogil:
    # q + rest r, with a margin that is a share of rest; the product may be subnormal, and so may q
    return rounding(
        corrected(q, rest, r * (1.0 + MARGINS * margin)), corrected(q, rest, r * (1.0 - MARGINS * margin))
    )


cdef inline Rounding within(double q, double rest, double r, double margin) noexcept nogil:
    # q + rest r, with a margin that is added to the remainder
    return rounding(corrected(q, rest + MARGINS * margin, r), corrected(q, rest - MARGINS * margin, r))


# A result that may be subnormal is computed in the unit, and rounded as part of a sum with the least normal number,
# whose last place is that of the subnormals. The subnormal's bits are those by which the bits of the sum exceed that
# number's. So no operation has a subnormal operand or result, which takes some CPUs as long as a hundred others.

ctypedef struct InUnit:  # q + rest r, all in the unit
    double q
    double rest
    double least  # the least normal number, with the sign of q, if |q| is less; else 0
    double sum  # q + least


cdef inline double least_beside(double q) noexcept nogil:
    # The least normal number if q, which is not negative, is less, else 0
    return masked(mask(q < LEAST_NORMAL * UNIT), LEAST_NORMAL * UNIT)


cdef inline InUnit divide_in_unit(Pair n, Pair d, double r) noexcept nogil:
    # n/d >= 0, n in the unit; r as in divide. A subnormal q lies on the grid, so that the remainder is exact. If q were
    # below the least normal number and the quotient above, the sum would be too coarse: no function has such a value.
    cdef InUnit a
    a.q = n.h * r
    a.least = least_beside(a.q)
    a.sum = a.q + a.least
    a.q = a.sum - a.least
    a.rest = residual(n.h, a.q, d.h) + fma(-a.q, d.l, n.l)
    return a


cdef inline Rounding out_of_unit(InUnit a, double rest_up, double up, double rest_down, double down) noexcept nogil:
    # q + rest_up up and q + rest_down down. With FMA, up and down include UNIT_INVERSE, and the sums are rounded out of
    # the unit.
    cdef double q = a.sum * PLAIN
    cdef Rounding y = rounding(fma(rest_up, up, q), fma(rest_down, down, q))
    y.y = y.y if HAS_FMA else y.y * UNIT_INVERSE
    y.y = from_bits(bits(y.y) - (bits(a.least) & ONE_EXPONENT))
    return y


cdef inline Rounding by_share_in_unit(InUnit a, double r, double margin) noexcept nogil:
    # q + rest r, with a margin that is a share of rest
    cdef double up = r * (PLAIN * (1.0 + MARGINS * margin)), down = r * (PLAIN * (1.0 - MARGINS * margin))
    return out_of_unit(a, a.rest, up, a.rest, down)


cdef inline Rounding within_in_unit(InUnit a, double r, double margin) noexcept nogil:
    # q + rest r, with a margin that is added to the remainder
    return out_of_unit(a, a.rest + MARGINS * margin, PLAIN * r, a.rest - MARGINS * margin, PLAIN * r)


cdef inline uint64_t divided_down(uint64_t m, int j) noexcept nogil:
    # The bits of 2^-j a, for an a >= 0 given by its bits, j = 2 or 3; a subnormal quotient is rounded to nearest, ties
    # towards 0. The shifts are the same for all elements: a is m times the least subnormal below 2^-1021, and 2f
    # or 4f times it above.
    cdef uint64_t f = (m & (ONE_EXPONENT - 1)) | ONE_EXPONENT, y = m - (<uint64_t> j << 52)
    y = halved_down(f, j - 2) if m < 4 * ONE_EXPONENT and j > 2 else y
    y = halved_down(f, j - 1) if m < 3 * ONE_EXPONENT else y
    return halved_down(m, j) if m < 2 * ONE_EXPONENT else y


cdef inline uint64_t halved_down(uint64_t f, int k) noexcept nogil:
    # f/2^k to nearest, ties down
    return (f + ((<uint64_t> 1 << k) // 2 - 1)) >> k


ctypedef struct Value:
    double y
    double error  # a bound of its error


ctypedef struct Sum:
    double h
    double l
    double error  # of l


cdef inline double to_odd(Sum a, double margin) noexcept nogil:
    # h + l + margin rounded to odd: itself if it is a float64, else the neighbour whose last bit is set. Rounded to a
    # narrower type, that gives what the sum itself does: it is neither a number of that type nor a midpoint.
    cdef double l = a.l + margin
    cdef Pair s = fast_two_sum(a.h, l)
    cdef uint64_t u = bits(s.h), odd = u | 1, below = (u - 1) | 1
    odd = below if (s.l < 0.0) != (s.h < 0.0) else odd
    s.h = from_bits(odd) if s.l != 0.0 else s.h
    return s.h if (fabs(a.h) <= LARGEST) & (l != 0.0) else a.h  # an infinity stays, and so does -0
