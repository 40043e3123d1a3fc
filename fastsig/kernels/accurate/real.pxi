# REAL NUMBERS, enclosed: sign, exponent, significand and error.
#
# The magnitude lies in [m, m + error] units, for m read as a fraction, times 2^exponent; where error = 0 it is m. The
# leading bit of m is set, unless m = 0, where nothing but an upper end is known, or cancellation has left an error too
# large for a shift. Every operation rounds the lower end down and the upper end up.
#
# Where the error is not 0 the value lies strictly inside. The ends are rational, and a function's value is irrational
# unless it is exact. grad y (1 - y) is rational, but a product whose digits do not fit lies strictly inside, and so do
# sums and products of what does. So a midpoint between two numbers of a type may be an end, and what is above it by
# however little is known to be above it.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    static inline uint64_t fastsig_bits_of(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u; }
    static inline double fastsig_double_of(uint64_t u) { double x; memcpy(&x, &u, sizeof x); return x; }
    static inline float fastsig_float_of(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }
    """
    uint64_t bits_of "fastsig_bits_of"(double x) noexcept nogil
    double double_of "fastsig_double_of"(uint64_t u) noexcept nogil
    float float_of "fastsig_float_of"(uint32_t u) noexcept nogil

cdef enum:
    UNKNOWN_BITS = 61  # an error of 2^61: nothing is known, sign included; sums and products do not propagate it
    ROOM = 50  # bits that an error may have for m to be shifted left


ctypedef struct Real:
    bint negative
    int64_t exponent
    uint64_t error
    uint64_t m[MOST_LIMBS]


cdef bint is_exactly_zero(const Real *a, int limbs) noexcept nogil:
    return a.error == 0 and a.m[0] == 0


cdef void set_integer(Real *y, uint64_t n, int64_t exponent) noexcept nogil:
    # y = 2^exponent n, exactly
    cdef int zeros
    clear_limbs(y.m, MOST_LIMBS)
    y.negative = False
    y.error = 0
    y.exponent = 0
    if n != 0:
        zeros = leading_zeros(n)
        y.m[0] = n << zeros
        y.exponent = exponent + 64 - zeros


cdef void set_double(Real *y, double x) noexcept nogil:
    # y = x, exactly, for a finite x
    cdef uint64_t u = bits_of(x), fraction = u & 0xfffffffffffffULL
    cdef int biased = <int> (u >> 52) & 0x7ff
    if biased > 0:
        set_integer(y, fraction | 0x10000000000000ULL, biased - 1075)
    else:
        set_integer(y, fraction, -1074)
    y.negative = u >> 63


cdef void set_infinite(Real *y) noexcept nogil:
    # Beyond the numbers of every type: rounded to infinity
    set_integer(y, 1, <int64_t> 1 << 40)


cdef void set_unknown(Real *y) noexcept nogil:
    set_integer(y, 0, 0)
    y.error = <uint64_t> 1 << UNKNOWN_BITS


cdef void set_positive(Real *y, int64_t exponent) noexcept nogil:
    # A number that is only known to be positive and below 2^exponent, for 8 limbs and fewer
    set_integer(y, 0, 0)
    y.exponent = exponent
    y.error = 1


cdef void normalise(Real *y, int limbs) noexcept nogil:
    # Sets the leading bit of m; where there is an error, shifts m only as far as the error has room.
    cdef int zeros, room
    if y.m[0] >> 63 == 0:
        zeros = leading_zeros_of(y.m, limbs)
        room = zeros if y.error == 0 else leading_zeros(y.error) - (64 - ROOM)
        if zeros < 64 * limbs and room > 0:
            zeros = zeros if zeros < room else room
            shift_left(y.m, zeros, limbs)
            y.exponent -= zeros
            y.error <<= zeros if y.error != 0 else 0
    if y.error >> UNKNOWN_BITS != 0:
        y.error = <uint64_t> 1 << UNKNOWN_BITS


cdef void set_fixed(Real *y, const uint64_t *a, uint64_t error, int limbs) noexcept nogil:
    # y = a, an integer of one limb and a fraction of `limbs` limbs, error counted in units of the last
    cdef uint64_t s[MOST_LIMBS + 1]
    cdef int shift = 64 - leading_zeros(a[0]) if a[0] != 0 else 0
    y.negative = False
    y.error = shift_right(s, a, error, shift, limbs + 1)
    y.exponent = shift
    copy_limbs(y.m, s + 1, limbs)
    normalise(y, limbs)


cdef void add_reals(Real *y, const Real *a, const Real *b, int limbs) noexcept nogil:
    # y = a + b; y may be a or b. The sum of two zeros is +0.
    cdef uint64_t s[MOST_LIMBS]
    cdef uint64_t error, odd
    cdef const Real *swap
    cdef Real sum
    if is_exactly_zero(b, limbs) or is_exactly_zero(a, limbs):
        y[0] = a[0] if is_exactly_zero(b, limbs) else b[0]
        y.negative = y.negative and not is_exactly_zero(y, limbs)
        return
    if b.exponent > a.exponent:
        swap = a
        a = b
        b = swap
    error = shift_right(s, b.m, b.error, a.exponent - b.exponent, limbs)
    sum.negative = a.negative
    sum.exponent = a.exponent
    sum.error = a.error + error
    if a.negative == b.negative:
        if add_limbs(sum.m, a.m, s, limbs):
            odd = sum.m[limbs - 1] & 1
            halve_limbs(sum.m, limbs)
            sum.exponent += 1
            sum.error = (sum.error + odd + 1) >> 1
    elif not subtract_to(sum.m, a.m, s, error, limbs):
        # The lower end of |a| - |b| is below 0. That of |b| - |a| may not be, where their exponents are equal.
        sum.negative = b.negative
        if a.exponent > b.exponent or not subtract_to(sum.m, b.m, a.m, a.error, limbs):
            sum.error = <uint64_t> 1 << UNKNOWN_BITS
    if is_zero(sum.m, limbs) and sum.error == 0:
        sum.negative = False
    normalise(&sum, limbs)
    y[0] = sum


cdef bint subtract_to(uint64_t *y, const uint64_t *a, const uint64_t *b, uint64_t error, int limbs) noexcept nogil:
    # y = a - b - error; tells whether that is 0 or more.
    cdef uint64_t borrow = subtract_limbs(y, a, b, limbs)
    return subtract_small(y, error, limbs) + borrow == 0


cdef void halve_limbs(uint64_t *y, int limbs) noexcept nogil:
    # (2^(64 limbs) + y)/2, rounded down: for a sum that has carried
    cdef int i
    for i in range(limbs - 1, 0, -1):
        y[i] = y[i] >> 1 | y[i - 1] << 63
    y[0] = y[0] >> 1 | <uint64_t> 1 << 63


cdef void subtract_reals(Real *y, const Real *a, const Real *b, int limbs) noexcept nogil:
    # y = a - b; y may be a or b.
    cdef Real c = b[0]
    c.negative = not c.negative
    add_reals(y, a, &c, limbs)


cdef void multiply_reals(Real *y, const Real *a, const Real *b, int limbs) noexcept nogil:
    # y = a b; y may be a or b.
    cdef uint64_t p[2 * MOST_LIMBS]
    cdef uint64_t above, carry, low
    full_product(p, a.m, b.m, limbs)
    y.exponent, y.negative, low = a.exponent + b.exponent, a.negative != b.negative, p[limbs] >> 63
    # (a + a.error)(b + b.error): the terms of the errors go into the lower half, and `above` is what carries over
    above = add_scaled(p + limbs, a.m, b.error, limbs)
    above += add_scaled(p + limbs, b.m, a.error, limbs)
    carry = mul_add(a.error, b.error, p[2 * limbs - 1], 0, &p[2 * limbs - 1])
    above += add_small(p + limbs, carry, limbs - 1)
    copy_limbs(y.m, p, limbs)
    if p[0] >> 63 == 0:
        shift_left(y.m, 1, limbs)
        y.m[limbs - 1] |= low
        y.exponent -= 1
        above = 2 * above + (p[limbs] >> 63) - low
        p[limbs] <<= 1
    y.error = above + (not is_zero(p + limbs, limbs))
    normalise(y, limbs)


cdef uint64_t reciprocal_of(uint64_t d) noexcept nogil:
    # floor((2^128 - 1)/d) - 2^64 = floor((2^128 - 1 - 2^64 d)/d), for d with its leading bit set: two digits of 32
    # bits, each estimated by the upper half of d, which makes it too large by 2 at most.
    cdef uint64_t d_h = d >> 32, d_l = d & 0xffffffffULL, u = ~d, q = 0, digit, rest, next_u
    cdef int i
    for i in range(2):
        digit = u // d_h
        rest = u - digit * d_h
        while rest >> 32 == 0 and (digit >> 32 != 0 or digit * d_l > (rest << 32 | 0xffffffffULL)):
            digit -= 1
            rest += d_h
        next_u = u << 32 | 0xffffffffULL
        u = next_u - digit * d
        q = q << 32 | digit
    return q


cdef uint64_t quotient_limb(uint64_t h, uint64_t l, uint64_t d, uint64_t v) noexcept nogil:
    # floor((2^64 h + l)/d), for h < d and v = reciprocal_of(d) (Moeller and Granlund, Improved division by invariant
    # integers, algorithm 4)
    cdef uint64_t low, q = mul_add(v, h, l, 0, &low) + h + 1, rest = l - q * d
    if rest > low:
        q -= 1
        rest += d
    return q + (rest >= d)


cdef void divide_fractions(uint64_t *y, uint64_t *r, const uint64_t *d, int limbs) noexcept nogil:
    # y = floor(2^(64 limbs) r/d), for r < d, d's leading bit set; r becomes the remainder. Schoolbook division: a limb
    # of y that is estimated by the leading limb of d is too large by 2 at most.
    cdef uint64_t v = reciprocal_of(d[0]), q, low, carry, borrow, s, minuend, above
    cdef int i, j
    for i in range(limbs):
        q = quotient_limb(r[0], r[1], d[0], v) if r[0] < d[0] else 0xffffffffffffffffULL
        carry = 0
        borrow = 0
        above = 0
        for j in range(limbs - 1, -1, -1):  # r = 2^64 r - q d
            minuend = above
            above = r[j]
            carry = mul_add(q, d[j], carry, 0, &low)
            s = minuend - low
            r[j] = s - borrow
            borrow = (minuend < low) + (s < borrow)
        above -= carry + borrow
        while above != 0:
            q -= 1
            above += add_limbs(r, r, d, limbs)
        y[i] = q


cdef void divide_reals(Real *y, const Real *a, const Real *b, int limbs) noexcept nogil:
    # y = a/b, for b != 0; y may be a or b. With q = a/b < 1 the lower end is a/(b + b.error) >= q - q b.error/b, and
    # the upper end (a + a.error)/b = q + a.error/b: an error counts twice at most, since b >= 1/2.
    cdef uint64_t q[MOST_LIMBS]
    cdef uint64_t r[MOST_LIMBS]
    cdef uint64_t below = 2 * b.error, dropped = 0
    cdef Real quotient
    if b.m[0] >> 63 == 0:
        set_unknown(y)
        return
    copy_limbs(r, a.m, limbs)
    quotient.negative = a.negative != b.negative
    quotient.exponent = a.exponent - b.exponent
    quotient.error = 2 * a.error
    if subtract_limbs(r, r, b.m, limbs):
        add_limbs(r, r, b.m, limbs)
        divide_fractions(q, r, b.m, limbs)
    else:  # 1 + r/b, halved
        divide_fractions(q, r, b.m, limbs)
        dropped = q[limbs - 1] & 1
        halve_limbs(q, limbs)
        quotient.exponent += 1
    quotient.error += dropped != 0 or not is_zero(r, limbs)
    copy_limbs(quotient.m, q, limbs)
    if subtract_small(quotient.m, below, limbs):
        clear_limbs(quotient.m, limbs)
    quotient.error += below
    normalise(&quotient, limbs)
    y[0] = quotient
