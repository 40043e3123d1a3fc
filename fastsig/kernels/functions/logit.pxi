# logit(p) = log(p/(1 - p)) = -log((1 - p)/p): with a the smaller and b the larger of p and 1 - p,
#   log(a/b) = -j ln2 + 2 atanh(s),  s = (2^j a - b)/(2^j a + b),  j = round(log2(b/a)), roughly
#
# Near 1/2, j = 0 and a - b is exact: nothing cancels. 1 - p is exact for p >= 1/2, and a pair below.


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


# BOUND logit float16: 0.5 ulp
# BOUND logit float32: 0.5 ulp
cdef inline double logit_narrow(double p) noexcept nogil:
    cdef double a = p if p < 0.5 else 1.0 - p, b = 1.0 - p if p < 0.5 else p, j, m, q
    cdef unsigned long long n = binades(a, b)
    j = uint_to_double(n)
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
    j = uint_to_double(k) + (128.0 if a < UNIT_INVERSE else 0.0)
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


cdef int logit_e(char **p, Py_ssize_t n) noexcept nogil:
    return plain_narrow(logit_narrow, logit_flags, p, n, HALF)


cdef int logit_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_narrow(logit_narrow, logit_flags, p, n, SINGLE)


cdef int logit_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_f64(logit_f64, logit_flags, p, n)


cdef int logit_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_ld(logit_ld, logit_flags, p, n)


KERNELS["logit"] = row(signature(1, 1), logit_e, logit_f, logit_d, logit_g)
