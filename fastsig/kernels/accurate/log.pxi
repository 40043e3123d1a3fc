# THE LOGARITHM


cdef void twice_atanh(Real *y, const Real *s, int limbs) noexcept nogil:
    # y = 2 atanh(s) = log((1 + s)/(1 - s)), for 0 <= s < 2^-7: 2 s (1 + v/3 + v^2/5 + ...), v = s^2.
    # v is off by less than 2 limbs + 1, and by 2^-6 of the error of s as a fraction, which is 2^-7 s.error + 2 or less;
    # half the series is off by a sixth of that, and by 3 limbs.
    cdef uint64_t f[MOST_LIMBS]
    cdef uint64_t v[MOST_LIMBS]
    cdef Real half
    if is_exactly_zero(s, limbs):
        y[0] = s[0]
        return
    if s.exponent > -7:
        set_unknown(y)
        return
    shift_right(f, s.m, 0, -s.exponent, limbs)
    short_product(v, f, f, limbs)
    half.negative = False
    half.exponent = 2
    half.error = 4 * limbs + 1 + (s.error >> 14)
    series(half.m, HALF_ODDS, HALF_ODD_ZEROS, v, -2 * s.exponent, limbs)
    multiply_reals(y, s, &half, limbs)


cdef void log_real(Real *y, const Real *z, int limbs) noexcept nogil:
    # y = log(z), for z >= 1 + 2^-6. z = 2^k u, 1 <= u < 2; with factors c <= 1 and d < 1, u c d = 1 - g is just below
    # 1: log(z) = k ln2 - log(c) - log(d) - 2 atanh(g/(2 - g)), where no term but the last is below 0. c is
    # 1/(1 + i/2^5) rounded up to 10 bits, i/2^5 being u's leading digits: u c >= 1. d is 1/(1 + (j + 1)/2^10), rounded
    # down to 16 bits and less 2^-16, j/2^10 being those of u c - 1: 2^-16 <= g < 2^-9.
    cdef uint64_t f[MOST_LIMBS + 1]
    cdef uint64_t g[MOST_LIMBS + 1]
    cdef uint64_t sum[MOST_LIMBS + 2]
    cdef int i, j, k
    cdef Real s, two
    if z.exponent < 1 or z.m[0] >> 63 == 0:
        set_unknown(y)
        return
    # f = u c - 1, too small by less than 2 z.error + 1 units
    i = <int> (z.m[0] >> 58 & 31)
    clear_limbs(f, limbs + 1)
    f[0] = add_scaled(f + 1, z.m, LOG_FACTORS_COARSE[i], limbs)
    for j in range(limbs):
        f[j] = f[j] << 55 | f[j + 1] >> 9
    # 2^16 g = (2^16 - 2^16 d) - 2^16 d f
    j = <int> (f[0] >> 54)
    clear_limbs(g, limbs + 1)
    g[0] = add_scaled(g + 1, f, LOG_FACTORS_FINE[j], limbs)
    clear_limbs(f, limbs + 1)
    f[0] = 0x10000 - LOG_FACTORS_FINE[j]
    subtract_limbs(f, f, g, limbs + 1)
    # As g decreases with u, f's error is taken from the lower end of g.
    s.negative = False
    s.exponent = 0
    s.error = 2 * z.error + 2
    for k in range(limbs):
        s.m[k] = f[k] << 48 | f[k + 1] >> 16
    subtract_small(s.m, s.error - 1, limbs)
    normalise(&s, limbs)
    set_integer(&two, 2, 0)
    subtract_reals(&two, &two, &s, limbs)
    divide_reals(&s, &s, &two, limbs)
    twice_atanh(&s, &s, limbs)
    # The other three terms, each too small by less than a unit, the first by less than 1 + 2^-50
    clear_limbs(sum, limbs + 2)
    sum[0] = add_scaled(sum + 1, LN2_LIMBS, <uint64_t> (z.exponent - 1), limbs + 1)
    sum[0] += add_limbs(sum + 1, sum + 1, LOG_COARSE + MOST_LIMBS * i, limbs)
    sum[0] += add_limbs(sum + 1, sum + 1, LOG_FINE + MOST_LIMBS * j, limbs)
    set_fixed(y, sum, 4, limbs)
    subtract_reals(y, y, &s, limbs)


cdef void log1p_real(Real *y, const Real *u, int limbs) noexcept nogil:
    # y = log(1 + u), for u >= 0
    cdef Real z, s
    set_integer(&z, 1, 0)
    if u.exponent > -6:
        add_reals(&z, &z, u, limbs)
        log_real(y, &z, limbs)
        return
    # s = u/(2 + u)
    set_integer(&z, 2, 0)
    add_reals(&z, &z, u, limbs)
    divide_reals(&s, u, &z, limbs)
    twice_atanh(y, &s, limbs)
