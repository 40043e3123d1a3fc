# ROUNDING to the nearest number of a type, ties to even. An enclosure decides unless a midpoint lies inside it.

cdef extern from *:
    """
    #ifndef FASTSIG_MOST_LIMBS
    #define FASTSIG_MOST_LIMBS 8  /* fewer only to see the failure */
    #endif
    """
    const int FASTSIG_MOST_LIMBS

ctypedef void (*exact_formula)(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil


cdef bint round_to(uint64_t *bits, const Real *y, int precision, int least, int limbs) noexcept nogil:
    # The bits of |y| in a type of `precision` digits whose least subnormal is 2^least; tells whether they are decided.
    cdef uint64_t low[MOST_LIMBS + 1]
    cdef uint64_t high[MOST_LIMBS + 1]
    cdef int64_t exponent, last, kept
    cdef uint64_t steps, steps_high, n
    cdef bint inexact, inexact_high
    cdef int zeros, zeros_high
    bits[0] = 0
    if is_exactly_zero(y, limbs):
        return True
    if y.error >> UNKNOWN_BITS != 0:
        return False
    # Both ends, each after a limb of zeros
    low[0] = 0
    copy_limbs(low + 1, y.m, limbs)
    copy_limbs(high, low, limbs + 1)
    add_small(high, y.error, limbs + 1)
    zeros = leading_zeros_of(low, limbs + 1)
    zeros_high = leading_zeros_of(high, limbs + 1)
    if y.exponent + 64 - zeros_high < least:  # below half the least
        return True
    if zeros > zeros_high + 1:
        return False
    # low is now in [2^(exponent - 1), 2^exponent), and the leading bit of its array is worth 2^exponent.
    exponent = y.exponent + 64 - zeros
    shift_left(low, zeros - 1, limbs + 1)
    shift_left(high, zeros - 1, limbs + 1)
    last = exponent - precision
    if last > 3 - least - 2 * precision:
        bits[0] = <uint64_t> (5 - 2 * least - 2 * precision) << (precision - 1)
        return True
    # Neighbours are 2^last apart; steps are halves of that. What is above an odd step, up to the next, is rounded up.
    last = least if last < least else last
    kept = exponent - last
    steps = low[0] >> (62 - kept)
    inexact = low[0] << (kept + 2) != 0 or not is_zero(low + 1, limbs)
    n = (steps + 1) >> 1
    if y.error == 0:
        if steps & 1 and not inexact:
            n = (steps >> 1) + (steps >> 1 & 1)
    else:
        steps_high = high[0] >> (62 - kept)
        inexact_high = high[0] << (kept + 2) != 0 or not is_zero(high + 1, limbs)
        if (steps_high + inexact_high) >> 1 != n:  # the end itself is not attained
            return False
    bits[0] = (<uint64_t> (last - least) << (precision - 1)) + n
    return True


cdef uint64_t nearest(exact_formula f, double x, double t, int precision, int least, int *flags) noexcept nogil:
    # The bits of the nearest number without its sign, which is bit 63 of the result.
    cdef int limbs = 2
    cdef uint64_t bits
    cdef Real y, exact_x, exact_t
    set_double(&exact_x, x)
    set_double(&exact_t, t)
    while limbs <= FASTSIG_MOST_LIMBS:
        f(&y, &exact_x, &exact_t, limbs)
        if round_to(&bits, &y, precision, least, limbs):
            return bits | <uint64_t> y.negative << 63
        limbs *= 2
    flags[0] |= UNDECIDED
    return <uint64_t> (5 - 2 * least - 2 * precision) << (precision - 1) | <uint64_t> 1 << (precision - 2)


cdef bint is_finite(double x) noexcept nogil:
    return bits_of(x) >> 52 & 0x7ff != 0x7ff


cdef double nearest_f64(exact_formula f, double x, double t, double y, int *flags) noexcept nogil:
    # f(x, t) rounded to float64; or y, where an input is not finite or y is NaN: no number is in doubt there.
    if not (is_finite(x) and is_finite(t) and y == y):
        return y
    return double_of(nearest(f, x, t, 53, -1074, flags))


cdef float nearest_f32(exact_formula f, double x, double t, float y, int *flags) noexcept nogil:
    cdef uint64_t bits
    if not (is_finite(x) and is_finite(t) and y == y):
        return y
    bits = nearest(f, x, t, 24, -149, flags)
    return float_of(<uint32_t> (bits | bits >> 32))


cdef uint16_t nearest_f16(exact_formula f, double x, double t, uint16_t y, int *flags) noexcept nogil:
    cdef uint64_t bits
    if not (is_finite(x) and is_finite(t)) or y & 0x7fff > 0x7c00:
        return y
    bits = nearest(f, x, t, 11, -24, flags)
    return <uint16_t> (bits | bits >> 48)
