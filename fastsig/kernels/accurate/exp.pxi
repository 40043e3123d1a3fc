# THE EXPONENTIAL, and what follows from it without cancelling: tanh.


cdef void exp_series(Real *y, const Real *t, int limbs) noexcept nogil:
    # y = (exp(t) - 1)/t = 1 + t/2 + t^2/6 + ..., for an exact t, 0 < t < 2^-6. The series of half of it is off by less
    # than 3 limbs, and by 1/2 for the digits of t that are left out.
    cdef uint64_t v[MOST_LIMBS]
    shift_right(v, t.m, 0, -t.exponent, limbs)
    y.negative = False
    y.exponent = 1
    y.error = 3 * limbs + 1
    series(y.m, HALF_FACTORIALS, HALF_FACTORIAL_ZEROS, v, -t.exponent, limbs)


cdef void expm1_small(Real *y, const Real *t, int limbs) noexcept nogil:
    # y = exp(t) - 1, for an exact t, 0 < t < 2^-6
    exp_series(y, t, limbs)
    multiply_reals(y, y, t, limbs)


cdef void exp_reduced(Real *y, const uint64_t *r, int64_t n, int limbs) noexcept nogil:
    # y = 2^n exp(r), r a fraction below 0.694, off by 1 + 2^-20 units or less.
    # r = i/2^5 + j/2^10 + v; exp(r)/4 = a + 2 a v s, a = exp(i/2^5)/2 exp(j/2^10)/2, s = (exp(v) - 1)/(2 v).
    # Errors, in units: s 3 limbs + 0.3; v s 2 limbs + 0.7; a 2 limbs + 1.6, a <= 0.53; a v s 3.1 limbs + 0.4; in all
    # 8.2 limbs + 2.4, less than 10 limbs.
    cdef uint64_t v[MOST_LIMBS]
    cdef uint64_t s[MOST_LIMBS]
    cdef uint64_t a[MOST_LIMBS]
    copy_limbs(v, r, limbs)
    v[0] = r[0] & ((<uint64_t> 1 << 54) - 1)
    series(s, HALF_FACTORIALS, HALF_FACTORIAL_ZEROS, v, 10, limbs)
    short_product(a, v, s, limbs)
    short_product(s, EXP_COARSE + MOST_LIMBS * (r[0] >> 59), EXP_FINE + MOST_LIMBS * (r[0] >> 54 & 31), limbs)
    short_product(v, s, a, limbs)
    add_limbs(y.m, s, v, limbs)
    add_limbs(y.m, y.m, v, limbs)
    y.negative = False
    y.exponent = n + 2
    y.error = 10 * limbs
    normalise(y, limbs)


cdef void exp_minus_real(Real *y, const Real *t, int limbs) noexcept nogil:
    # y = exp(-t), for an exact t >= 0
    cdef uint64_t whole, part, n, low, carry
    cdef uint64_t r[MOST_LIMBS + 1]
    cdef Real one
    set_integer(&one, 1, 0)
    if t.m[0] == 0:
        y[0] = one
        return
    if t.exponent <= -6:
        expm1_small(y, t, limbs)
        add_reals(y, y, &one, limbs)
        divide_reals(y, &one, y, limbs)
        return
    if t.exponent > 40:
        set_positive(y, -(<int64_t> 1 << 40))
        return
    # t = whole + part/2^64: its last digit is 2^-58 or more.
    whole = t.m[0] >> (64 - t.exponent) if t.exponent > 0 else 0
    part = t.m[0] << t.exponent if t.exponent > 0 else t.m[0] >> -t.exponent
    # n = floor(t log2 e) + 1, from a product that is too large by less than 2^-22: 0 <= r = n ln2 - t < ln2 (1 + 2^-22)
    carry = mul_add(part, LOG2E_FRACTION, 0, 0, &low)
    n = mul_add(whole, LOG2E_FRACTION, carry, 1, &low)
    low += part
    n += whole + (low < part) + 1
    # r = n ln2 - t, of which the integer parts cancel
    clear_limbs(r, MOST_LIMBS + 1)
    add_scaled(r, LN2_LIMBS, n, limbs + 1)
    r[0] -= part
    exp_reduced(y, r, -<int64_t> n, limbs)


cdef void half_tanh_half(Real *y, const Real *t, int limbs) noexcept nogil:
    # y = tanh(t/2)/2 = sigmoid(t) - 1/2, for an exact t, 0 <= t < 2^-6
    cdef Real two, p
    if t.m[0] == 0:
        y[0] = t[0]
        return
    if t.exponent <= 8 - 32 * limbs:
        # t/4 - t^3/48 + ...: below t/4, by t^2/12 < 2^(13 - 64 limbs) of it
        y[0] = t[0]
        y.negative = False
        y.exponent -= 2
        y.error = 1 << 13
        subtract_small(y.m, y.error, limbs)
        normalise(y, limbs)
        return
    # p/(2 (p + 2)), p = exp(t) - 1
    expm1_small(&p, t, limbs)
    set_integer(&two, 2, 0)
    add_reals(&two, &two, &p, limbs)
    divide_reals(y, &p, &two, limbs)
    y.exponent -= 1
