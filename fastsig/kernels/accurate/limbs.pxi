# ARRAYS OF LIMBS: unsigned integers of 64-bit limbs, the leading limb first, so that a shorter array is the start of a
# longer one. Read as a fraction, the point stands before limb 0, and a unit is one in the last limb. In bounds, `limbs`
# is their number: 3 limbs is three times that.

cdef extern from *:
    """
    #include <stdint.h>

    /* a b + c + d, of which the upper half is returned: it never overflows. By halves of 32 bits where the compiler has
       no wider integers, or FASTSIG_NO_INT128 is defined. */
    #if defined(__SIZEOF_INT128__) && !defined(FASTSIG_NO_INT128)
    __extension__ typedef unsigned __int128 fastsig_uint128_t;
    static inline uint64_t fastsig_mul_add(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *low)
    {
        fastsig_uint128_t s = (fastsig_uint128_t)a * b + c + d;
        *low = (uint64_t)s;
        return (uint64_t)(s >> 64);
    }
    #else
    static inline uint64_t fastsig_mul_add(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *low)
    {
        uint64_t a_h = a >> 32, a_l = a & 0xffffffff, b_h = b >> 32, b_l = b & 0xffffffff;
        uint64_t ll = a_l * b_l, lh = a_l * b_h, hl = a_h * b_l, hh = a_h * b_h;
        uint64_t middle = (ll >> 32) + (lh & 0xffffffff) + (hl & 0xffffffff);
        uint64_t l = middle << 32 | (ll & 0xffffffff), h = hh + (lh >> 32) + (hl >> 32) + (middle >> 32);
        l += c;
        h += l < c;
        l += d;
        h += l < d;
        *low = l;
        return h;
    }
    #endif
    """
    uint64_t mul_add "fastsig_mul_add"(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *low) noexcept nogil

cdef enum:
    MOST_LIMBS = 8  # what an array has room for


cdef int leading_zeros(uint64_t a) noexcept nogil:
    # Of a != 0
    cdef int n = 0, step = 32
    while step > 0:
        if a >> (64 - step) == 0:
            a <<= step
            n += step
        step >>= 1
    return n


cdef int leading_zeros_of(const uint64_t *a, int limbs) noexcept nogil:
    cdef int i
    for i in range(limbs):
        if a[i] != 0:
            return 64 * i + leading_zeros(a[i])
    return 64 * limbs


cdef void clear_limbs(uint64_t *y, int limbs) noexcept nogil:
    cdef int i
    for i in range(limbs):
        y[i] = 0


cdef void copy_limbs(uint64_t *y, const uint64_t *a, int limbs) noexcept nogil:
    cdef int i
    if limbs == 2:  # no call of memmove
        y[0] = a[0]
        y[1] = a[1]
        return
    for i in range(limbs):
        y[i] = a[i]


cdef bint is_zero(const uint64_t *a, int limbs) noexcept nogil:
    cdef int i
    cdef uint64_t bits = 0
    for i in range(limbs):
        bits |= a[i]
    return bits == 0


cdef uint64_t add_limbs(uint64_t *y, const uint64_t *a, const uint64_t *b, int limbs) noexcept nogil:
    # y = a + b; returns the carry.
    cdef int i
    cdef uint64_t carry = 0, s
    for i in range(limbs - 1, -1, -1):
        s = a[i] + carry
        carry = s < carry
        y[i] = s + b[i]
        carry += y[i] < s
    return carry


cdef uint64_t subtract_limbs(uint64_t *y, const uint64_t *a, const uint64_t *b, int limbs) noexcept nogil:
    # y = a - b; returns the borrow. y may be a, but not b.
    cdef int i
    cdef uint64_t borrow = 0, s
    for i in range(limbs - 1, -1, -1):
        s = a[i] - borrow
        borrow = s > a[i]
        y[i] = s - b[i]
        borrow += y[i] > s
    return borrow


cdef uint64_t add_small(uint64_t *y, uint64_t b, int limbs) noexcept nogil:
    # y += b units; returns the carry.
    cdef int i
    for i in range(limbs - 1, -1, -1):
        if b == 0:
            break
        y[i] += b
        b = y[i] < b
    return b


cdef uint64_t subtract_small(uint64_t *y, uint64_t b, int limbs) noexcept nogil:
    # y -= b units; returns the borrow.
    cdef int i
    cdef uint64_t before
    for i in range(limbs - 1, -1, -1):
        if b == 0:
            break
        before = y[i]
        y[i] = before - b
        b = y[i] > before
    return b


cdef void shift_left(uint64_t *y, int shift, int limbs) noexcept nogil:
    # In place, for 0 <= shift < 64 limbs; what leaves at the top is lost.
    cdef int whole = shift >> 6, part = shift & 63, i
    for i in range(limbs - whole):
        y[i] = y[i + whole] << part
        if part > 0 and i + whole + 1 < limbs:
            y[i] |= y[i + whole + 1] >> (64 - part)
    if whole > 0:
        clear_limbs(y + (limbs - whole), whole)


cdef uint64_t shift_right(uint64_t *y, const uint64_t *a, uint64_t error, int64_t shift, int limbs) noexcept nogil:
    # y = floor(a/2^shift), for shift >= 0; returns ceil((a + error)/2^shift) - y. y is not a.
    cdef int whole, part, i
    cdef uint64_t carry = error, rest = 0, mask, s
    if shift > 64 * limbs:  # error <= 2^63, so that the sum is below 2^shift
        clear_limbs(y, limbs)
        return not (error == 0 and is_zero(a, limbs))
    whole = <int> (shift >> 6)
    part = <int> (shift & 63)
    if whole > 0:
        clear_limbs(y, whole)
    for i in range(limbs - 1, whole, -1):
        y[i] = a[i - whole] >> part
        if part > 0:
            y[i] |= a[i - whole - 1] << (64 - part)
    if whole < limbs:
        y[whole] = a[0] >> part
    # a + error, from its last limb on: `rest` collects what is dropped, `carry` goes on to the next limb.
    for i in range(limbs - 1, limbs - 1 - whole, -1):
        s = a[i] + carry
        carry = s < carry
        rest |= s
    mask = (<uint64_t> 1 << part) - 1
    s = ((a[limbs - 1 - whole] & mask) if whole < limbs else 0) + (carry & mask)
    return (carry >> part) + (s >> part) + ((rest | (s & mask)) != 0)


cdef void full_product(uint64_t *y, const uint64_t *a, const uint64_t *b, int limbs) noexcept nogil:
    # y = a b, of twice as many limbs
    cdef int i, j
    cdef uint64_t carry, low
    if limbs == 2:
        carry = mul_add(a[1], b[1], 0, 0, &y[3])
        carry = mul_add(a[1], b[0], carry, 0, &low)
        y[1] = mul_add(a[0], b[1], low, 0, &y[2])
        y[0] = mul_add(a[0], b[0], carry, y[1], &y[1])
        return
    clear_limbs(y, 2 * limbs)
    for i in range(limbs - 1, -1, -1):
        carry = 0
        for j in range(limbs - 1, -1, -1):
            carry = mul_add(a[i], b[j], y[i + j + 1], carry, &y[i + j + 1])
        y[i] = carry


cdef uint64_t add_scaled(uint64_t *y, const uint64_t *a, uint64_t factor, int limbs) noexcept nogil:
    # y += factor a; returns the limb that leaves at the top.
    cdef int i
    cdef uint64_t carry = 0
    for i in range(limbs - 1, -1, -1):
        carry = mul_add(a[i], factor, y[i], carry, &y[i])
    return carry


cdef void short_product(uint64_t *y, const uint64_t *a, const uint64_t *b, int limbs) noexcept nogil:
    # The product of fractions: y <= a b < y + 2 limbs units. Left out are the partial products a[i] b[j] with
    # i + j >= limbs, limbs - 1 of them below one unit and the others below 2^-64, and the lower halves of those with
    # i + j = limbs - 1, as many as there are limbs. y is neither a nor b.
    cdef int i, j
    cdef uint64_t carry, low
    if limbs == 2:
        carry = mul_add(a[1], b[0], 0, 0, &low)
        y[0] = mul_add(a[0], b[0], carry, mul_add(a[0], b[1], 0, 0, &low), &y[1])
        return
    clear_limbs(y, limbs)
    for i in range(limbs - 1, -1, -1):
        carry = mul_add(a[i], b[limbs - 1 - i], 0, 0, &low)
        for j in range(limbs - 2 - i, -1, -1):
            carry = mul_add(a[i], b[j], y[i + j + 1], carry, &y[i + j + 1])
        y[i] = carry


cdef void series(
    uint64_t *y, const uint64_t *c, const unsigned char *c_zeros, const uint64_t *v, int64_t v_zeros, int limbs
) noexcept nogil:
    # y <= c_0 + c_1 v + c_2 v^2 + ... <= y + 3 limbs units, of fractions c_k and v: c holds MOST_LIMBS limbs of each,
    # rounded down, c_0 = 1/2 exactly, c_1 <= 1/4; c_k < 2^-c_zeros[k], v < 2^-v_zeros, v_zeros >= 6.
    #
    # Horner's rule, with l limbs in step k, the fewest for which a unit of them times 2^(-k v_zeros) is 2^-4 units or
    # less. A step is off by less than 2 l + 1.25 of its units: the product 2 l, c_k 1, the limbs of v left out 1/4.
    # In all: 2 limbs + 1/4 in step 0; 2^-6 1.02 (2 limbs + 1.25) in the others with all limbs; for each l < limbs
    # 2^-4 1.02 (2 l + 1.25); 0.3 for the terms left out: less than 3 limbs, for 2, 4 and 8.
    # Sums of one and two limbs are kept in variables: at 128 bits most of the time goes there.
    cdef int64_t terms = 1, spared
    cdef int k, l
    cdef uint64_t p[MOST_LIMBS]
    cdef uint64_t a = 0, b = 0, carry, low
    while terms * v_zeros + c_zeros[terms] < 64 * limbs + 2:
        terms += 1
    k = <int> terms - 1
    while k * v_zeros >= 64 * (limbs - 1) + 4:
        a = c[MOST_LIMBS * k] + mul_add(a, v[0], 0, 0, &low)
        k -= 1
    while k >= 0 and (limbs == 2 or k * v_zeros >= 64 * (limbs - 2) + 4):
        carry = mul_add(b, v[0], 0, 0, &low)
        a = mul_add(a, v[0], carry, mul_add(a, v[1], 0, 0, &low), &low)
        b = low + c[MOST_LIMBS * k + 1]
        a += c[MOST_LIMBS * k] + (b < low)
        k -= 1
    if limbs > 2:
        clear_limbs(y, limbs)
    y[0] = a
    y[1] = b
    while k >= 0:
        spared = (k * v_zeros - 4) >> 6 if k * v_zeros > 4 else 0
        l = limbs - <int> spared
        short_product(p, v, y, l)
        add_limbs(y, p, c + MOST_LIMBS * k, l)
        k -= 1
