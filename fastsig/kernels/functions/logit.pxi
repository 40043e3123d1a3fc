# logit(p) = log(p/(1 - p)) = -log((1 - p)/p): with a the smaller and b the larger of p and 1 - p,
#   log(a/b) = -j ln2 + 2 atanh(s),  s = (2^j a - b)/(2^j a + b),  j = round(log2(b/a)), roughly
#
# Near 1/2, j = 0 and a - b is exact: nothing cancels. 1 - p is exact for p >= 1/2, and a pair below.

cdef extern from *:
    const uint16_t LOGIT_LEAST_BF16 "((uint16_t)((127 - 50) << 7))"  # 2^-50: below 2^-52 one number is rounded wrongly
    const uint64_t OCTAVE_SHIFT "0x3a00000000000ULL"
    const double LOW_RATIO "0.82"
    const float LOGIT_LN2 "0x1.62e432p-1f"  # times HALF_LESS it is ln 2 (1 + 2^-25.03)
    # LN15_HI is a multiple of 2^-42, as j*LN2_HI is; LN15_HI + LN15_LO = log(3/2) (1 + 2^-102)
    const double LN15_HI "0x1.9f323ecbfap-2"
    const double LN15_LO "(-0x1.ed03525ca2643p-44)"


cdef inline unsigned long long logit_flags(double p) noexcept nogil:
    cdef unsigned long long zero = (bits(p) & 0x7fffffffffffffffULL) - 1, one = bits(p) ^ 0x3ff0000000000000ULL
    return target_flags(p) | top_bit(zero) * DIVIDE | top_bit((one - 1) & ~one) * DIVIDE


cdef inline unsigned long long binades(double a, double b) noexcept nogil:
    # j with 2^j a within a factor of 3/2 of b, 0 < a <= b: the bits of a number are, nearly, its logarithm.
    return (bits(b) - bits(a) + 0x8000000000000ULL) >> 52


cdef inline double logit_end(double p, double a, double y) noexcept nogil:
    # The sign, the two ends, and what lies beyond them.
    y = y if a > 0.0 else (-INFINITY if a == 0.0 else NAN)
    return y if p < 0.5 else 0.0 - y


cdef inline double logit_narrow(double p) noexcept nogil:
    cdef double a = p if p < 0.5 else 1.0 - p, b = 1.0 - p if p < 0.5 else p, j, m, q
    cdef unsigned long long n = binades(a, b)
    j = uint_to_double(n)
    m = a * from_bits((n + 1023) << 52)
    q = 2.0 * (m - b) / (m + b)
    return logit_end(p, a, fma(j, -LN2_HI, q) + fma(j, -LN2_LO, atanh_rest_narrow(q)))


cdef inline int logit_flags_f32(float p) noexcept nogil:
    return ((p < 0.0) | (p > 1.0)) * INVALID | ((p == 0.0) | (p == 1.0)) * DIVIDE


cdef inline float logit_half(float p, float most) noexcept nogil:
    cdef bint lower = p < 0.5
    cdef float rest = <float> 1.0 - p, a = p if lower else rest, b = rest if lower else p, m, q, y
    cdef unsigned int j = (bits_f32(b) - bits_f32(a) + 0x400000) >> 23
    m = a * from_bits_f32((j << 23) + ONE_BITS_F32)
    q = <float> 2.0 * (m - b) / (m + b)
    y = fmaf(fmaf(<float> <int> j, -LOGIT_LN2, q), HALF_LESS, atanh_rest_half(q))
    y = y if a > 0.0 else (<float> -INFINITY if a == 0.0 else <float> NAN)
    return y if lower else <float> 0.0 - y


cdef inline int map_logit_f16c(char **operands, Py_ssize_t n) noexcept nogil:
    cdef float p[NARROW_BLOCK]
    cdef int any_end = 0, raised = 0
    cdef Py_ssize_t i
    halves_to_floats(<const unsigned short *> operands[0], p, n)
    for i in range(n):
        any_end |= (p[i] <= 0.0) | (p[i] >= 1.0)
    if any_end:
        for i in range(n):
            raised |= logit_flags_f32(p[i])
    values_f16c(logit_half, p, operands[1], n)
    return raised


cdef inline LogParts logit_f64(double p) noexcept nogil:
    # a the smaller and b the larger of p and 1 - p, m = 2^j a: log(b/a) = j ln2 + log(c) + log(b/(c m)), c = 1 or 3/2.
    # j is the whole part of OCTAVE_SHIFT plus the difference of the bits of b and a, in octaves, which is within 0.0861
    # of log2(b/a): m/b lies in 0.551 .. 1.242, and |q| is below 0.11, c being 3/2 where m/b is below LOW_RATIO.
    cdef double a = p if p < 0.5 else 1.0 - p, b = 1.0 - p if p < 0.5 else p, b_l, m, j, half, first
    cdef uint64_t k, low
    cdef bint small = a < UNIT_INVERSE
    cdef Pair n, d
    cdef LogParts f
    b_l = (1.0 - b) - p if p < 0.5 else 0.0
    m = a * (UNIT if small else 1.0)  # no subnormals
    k = (bits(b) - bits(m) + OCTAVE_SHIFT) >> 52
    j = uint_to_double(k) + (128.0 if small else 0.0)
    m = m * from_bits((k + 1023) << 52)
    low = mask(m < LOW_RATIO * b)
    half = masked(low, 0.5)
    first = fma(-half, m, b - m)  # b - c m: exact, both steps
    n.h = first + b_l  # exact near 1/2, where no tail may be left
    n.l = (first - n.h) + b_l
    d.h = fma(2.0, b, -first)  # c m + (b + b_l) = 2 b - first + b_l
    d.l = (fma(2.0, b, -d.h) - first) + b_l
    f.q = quotient_pair(n, d)
    f.b.h = fma(j, LN2_HI, masked(low, LN15_HI))  # exact
    f.b.l = fma(j, LN2_LO, masked(low, LN15_LO))
    return f


cdef inline Rounding logit_end_f64(double p, Rounding a) noexcept nogil:
    cdef double doubt = from_bits(a.doubt) if p > 0.0 else 0.0
    doubt = doubt if p < 1.0 else 0.0
    return Rounding(logit_end(p, p if p < 0.5 else 1.0 - p, -a.y), bits(doubt))


cdef void logit_exact(Real *y, const Real *p, const Real *t, int limbs) noexcept nogil:
    # log(p/(1 - p)) = 2 atanh(2 p - 1); with a the smaller and b the larger of p and 1 - p, its magnitude is log(b/a).
    cdef Real one, rest, s
    set_integer(&one, 1, 0)
    subtract_reals(&rest, &one, p, limbs)
    subtract_reals(&s, p, &rest, limbs)
    if is_exactly_zero(p, limbs) or is_exactly_zero(&rest, limbs):
        set_infinite(y)
    elif s.exponent <= -7 or is_exactly_zero(&s, limbs):
        rest = s
        rest.negative = False
        twice_atanh(y, &rest, limbs)
    else:
        if s.negative:
            divide_reals(y, &rest, p, limbs)
        else:
            divide_reals(y, p, &rest, limbs)
        log_real(y, y, limbs)
    y.negative = s.negative


cdef inline int map_logit_f64(char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef LogBlock p
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef bint any_doubt
    cdef int raised
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        set_parts(&p, i, logit_f64(x[i]))
    any_doubt = log_values(logit_end_f64, True, &p, x, y, doubt, n)
    raised = flags_of_doubles(logit_flags, x, n)
    if any_doubt:
        raised |= accurate_f64(logit_exact, operands[0], operands[0], operands[1], doubt, n)
    return raised


# BOUND logit longdouble: 2.0 ulp
cdef inline long double logit_ld(long double p) noexcept nogil:
    cdef long double a = p if p < 0.5 else 1.0 - p, y
    cdef PairLd ratio, b = two_sum_ld(1.0, -p)
    if not a >= 0.0:
        return NAN
    if p >= 0.5:
        b = PairLd(p, 0.0)
    ratio.h = b.h / a
    y = ratio.h * a
    ratio.l = ((b.h - y) - tail_ld(ratio.h, a, y) + b.l) / a
    y = logl(a) if a < SMALLEST_LD else -log_ld(ratio)
    return y if p < 0.5 else 0.0 - y


cdef int logit_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_logit_f16c(p, n)
    return plain_narrow(logit_narrow, logit_flags, p, n, HALF)


cdef int logit_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_narrow(logit_narrow, logit_flags, p, n, SINGLE)


cdef int logit_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_logit_f64(p, n)


cdef int logit_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_ld(logit_ld, logit_flags, p, n)


# BOUND fast_logit float32 fma: 1.90 ulp; worst 1.7988 at 0x1.a94426p-2
cdef inline float logit_fast(float p, bint far) noexcept nogil:
    # As logit_narrow, in float32; the tail of 1 - p is added
    cdef bint low = p < 0.5
    cdef float b = <float> 1.0 - p, a = p if low else b, tail = (<float> 1.0 - b) - p if low else <float> 0.0
    cdef float m = a, j, octaves = 0.0, q, y
    cdef unsigned int k
    b = b if low else p
    if far and bits_f32(a) < FAST_LEAST_BITS:  # an integer, in units of 2^-149, in the low bits of a sum
        m = (from_bits_f32(bits_f32(a) | bits_f32(FAST_UINT_BASE)) - FAST_UINT_BASE) * FAST_UNIT_INVERSE
        octaves = 149.0 - 100.0
    k = (bits_f32(b) - bits_f32(m) + (1 << 22)) >> 23
    j = (from_bits_f32(k | bits_f32(FAST_UINT_BASE)) - FAST_UINT_BASE) + octaves
    m = from_bits_f32(bits_f32(m) + (k << 23))
    q = (b - m) + tail
    q = (q + q) / (b + m)
    y = fmaf(j, FAST_LN2_HI, q + fmaf(j, FAST_LN2_LO, atanh_rest_fast(q)))
    y = y if a > 0.0 else (<float> INFINITY if a == 0.0 else <float> NAN)
    return -y if low else y


# BOUND fast_logit float64 fma: 1.80 ulp; worst 1.7794 at 0x1.a8b1d742c27f3p-2
cdef inline double logit_fast_f64(double p, bint far) noexcept nogil:
    cdef bint low = p < 0.5
    cdef double b = 1.0 - p, a = p if low else b, tail = (1.0 - b) - p if low else 0.0, m = a, j, octaves = 0.0, q
    cdef uint64_t k
    b = b if low else p
    if far and bits(a) < ONE_EXPONENT:  # an integer, in units of 2^-1074, in the low bits of a sum
        m = (from_bits(bits(a) | UINT_BITS) - UINT_BASE) * UNIT_INVERSE
        octaves = 1074.0 - 128.0
    k = binades(m, b)
    j = uint_to_double(k) + octaves
    m = from_bits(bits(m) + (k << 52))
    q = (b - m) + tail
    q = (q + q) / (b + m)
    return logit_end(p, a, -fma(j, LN2_HI, q + fma(j, LN2_LO, q * atanh_share_fast_f64(q))))


cdef int fast_logit_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_fast(logit_fast, logit_flags_f32, p, n) if HAS_FMA else logit_f(p, n)


cdef int fast_logit_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_fast_f64(logit_fast_f64, logit_flags, p, n) if HAS_FMA else logit_d(p, n)


cdef inline float logit_bf16(float p) noexcept nogil:
    # log(p/(1 - p)) = j ln2 + 2 atanh(q/2), q = 2(p - m)/(p + m), m = 2^j (1 - p) the nearest to p in ratio. For
    # p < 2^-17, 1 - p has the error of a rounding.
    cdef float b = <float> 1.0 - p, m, j, q, y
    cdef int k = (<int> bits_f32(p) - <int> bits_f32(b) + (1 << 22)) >> 23
    m = from_bits_f32(bits_f32(b) + (<unsigned int> k << 23))
    j = <float> k
    q = (p - m) / (p + m)
    q += q
    y = fmaf(j, FAST_LN2_HI, q + fmaf(j, FAST_LN2_LO, atanh_rest_fast(q)))
    y = <float> INFINITY if b == 0.0 else y
    return <float> -INFINITY if p == 0.0 else y


cdef inline bint probabilities_bf16(const char *p_at, int *flags, Py_ssize_t n) noexcept nogil:
    # Whether every p is 0 or from LOGIT_LEAST_BF16 to 1; the bits of negative numbers are larger
    cdef const uint16_t[::1] p = None
    cdef uint16_t least = 0xffff, least_positive = 0xffff, most = 0, u
    cdef Py_ssize_t i
    borrow(p, p_at, n)
    for i in range(n):
        u = p[i]
        most = u if u > most else most
        least = u if u < least else least
        u = <uint16_t> (u - 1)
        least_positive = u if u < least_positive else least_positive
    flags[0] = DIVIDE if least == 0 or most == ONE_BF16 else 0
    return most <= ONE_BF16 and least_positive >= LOGIT_LEAST_BF16 - 1


cdef int logit_b(char **p, Py_ssize_t n) noexcept nogil:
    cdef int flags
    if HAS_FMA and probabilities_bf16(p[0], &flags, n):
        values_bf16(logit_bf16, True, p[0], p[1], n)
        return flags
    return map_bf16(fast_logit_f, signature(1, 1), logit_exact, NULL, p, n)


KERNELS["logit"] = row(signature(1, 1), logit_e, logit_f, logit_d, logit_g)
FAST["logit"] = row(signature(1, 1), logit_e, fast_logit_f, fast_logit_d, logit_g)
BFLOAT16["logit"] = kernel_of(logit_b)
