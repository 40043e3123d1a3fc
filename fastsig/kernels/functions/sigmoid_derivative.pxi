# sigmoid_derivative(x) = q (1 - q) = q - q^2,  q = sigmoid(-|x|) = e/(1 + e) <= 1/2
#
# Even, and never 0 while e is not: s (1 - s), from the sigmoid s in float64, would be 0 from x = 37.5 on.

cdef extern from *:
    const float DERIVATIVE_TWO "0x1.ffffeap+0f"


cdef inline double sigmoid_derivative_narrow(double x, double q) noexcept nogil:
    return fma(-q, q, q)


cdef inline float sigmoid_derivative_half(float x, float most) noexcept nogil:
    cdef HalfExp e = exp_half(abs_at_most(x, most), DERIVATIVE_TWO)
    cdef float q = e.num / fmaf(e.den, HALF_MORE, e.num)
    return q * (<float> 1.0 - q)


cdef inline Pair less_square(double plain, double q) noexcept nogil:
    # q - plain q, its tail rounded once, for 0 <= plain <= 1/2. plain is q, out of the unit if q is in one.
    cdef Pair y
    cdef double p
    if HAS_FMA:
        y.h = fma(-plain, q, q)
        y.l = fma(-plain, q, q - y.h)
    else:
        p = plain * q
        y.h = q - p
        y.l = ((q - y.h) - p) - product_tail(plain, q, p)
    return y


cdef inline Rounding sigmoid_derivative_deep(ExpF64 e) noexcept nogil:
    # As sigmoid_derivative_f64, in the unit. q^2 is left out where it is negligible.
    cdef Pair n = numerator(e), y
    cdef uint64_t m = counts(n)
    cdef Pair d = sum_out_of_unit(e, counted(m, n))
    cdef double r = 1.0 / d.h, plain
    cdef InUnit a = divide_in_unit(n, d, r)
    plain = UNIT_INVERSE * masked(m, a.q)
    y = less_square(plain, a.q)
    a.sum = y.h + a.least
    a.rest = fma(y.l, d.h, a.rest * ((1.0 - plain) - plain))
    return by_share_in_unit(a, r, MARGIN)


cdef inline Rounding sigmoid_derivative_f64(double x, ExpF64 e) noexcept nogil:
    # With q = a.q + rho, rho = a.rest a.r:   q - q^2 = (a.q - a.q^2) + rho (1 - 2 a.q), but for rho^2
    cdef RatioPair ratio
    cdef Pair d, y
    cdef Quotient a
    cdef double plain
    if e.range == DEEP_RANGE:
        return sigmoid_derivative_deep(e)
    ratio = in_unit(e)
    d = sum_f64(ratio)
    a = divide(ratio.n, d, 1.0 / d.h)
    plain = masked(counts(ratio.n), a.q) if e.range == FAR_RANGE else a.q
    y = less_square(plain, a.q)
    if e.range == FAR_RANGE:
        return by_share_of_rest(y.h, fma(y.l, d.h, a.rest * ((1.0 - plain) - plain)), a.r, MARGIN)
    return by_share(y.h, fma(a.rest, a.r * ((1.0 - plain) - plain), y.l), MARGIN)


cdef void sigmoid_derivative_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # sigmoid(x) sigmoid(-x), or near 0 1/4 - (sigmoid(x) - 1/2)^2, where 1/4 may be an end of the enclosure
    cdef Real a, b
    if near_zero(x):
        logistic(NULL, NULL, &a, x, limbs)
        multiply_reals(&a, &a, &a, limbs)
        set_integer(&b, 1, -2)
        subtract_reals(y, &b, &a, limbs)
    else:
        logistic(&a, &b, NULL, x, limbs)
        multiply_reals(y, &a, &b, limbs)


# BOUND sigmoid_derivative longdouble: 2.0 ulp
cdef inline long double sigmoid_derivative_ld(long double x, ExpLd e) noexcept nogil:
    return less_square_ld(lower_ld(e.e), 1.0).h


cdef int sigmoid_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(sigmoid_derivative_half, p, n)
    return map_narrow(lower_ratio_narrow, sigmoid_derivative_narrow, True, False, p, n, HALF)


cdef int sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(lower_ratio_narrow, sigmoid_derivative_narrow, True, False, p, n, SINGLE)


cdef int sigmoid_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_derivative_f64, True, sigmoid_derivative_exact, p, n)


cdef int sigmoid_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_derivative_ld, p, n)


# BOUND fast_sigmoid_derivative float32 fma: 2.00 ulp; worst 1.9938 at 0x1.523cfap+1
cdef inline float sigmoid_derivative_fast(float x, FastExp e) noexcept nogil:
    # a - a^2 for a = sigmoid(-|x|) = h + l, without l^2 and 2 h l, for which the bound has room
    cdef float q = e.e / (<float> 1.0 + e.e), h = fmaf(-e.u, q, e.u), l = fmaf(-e.u, q, e.u - h)
    return settled(fmaf(-h, beside_one(h, e.far), h) + l, e.far)


# BOUND fast_sigmoid_derivative float64 fma: 1.75 ulp; worst 1.5350 at 0x1.ca436ffec3ba5p+4
cdef inline double sigmoid_derivative_fast_f64(double x, FastRatio e) noexcept nogil:
    # With a = q + rho, rho = rest c, c = 1/d:   a - a^2 = (q - q^2) + rho (1 - 2q), but for rho^2
    cdef double d_l = e.r + e.plain, d = e.w + d_l, c = 1.0 / d, q = e.n * c, plain = beside_one_f64(q, e), rest
    cdef Pair y = less_square(plain, q)
    rest = fma(-q, (e.w - d) + d_l, fma(-q, d, e.n))
    return settled_f64(y.h + fma(rest, fma(plain + plain, -c, c), y.l), e)


cdef int fast_sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(sigmoid_derivative_fast, False, p, n) if HAS_FMA else sigmoid_derivative_f(p, n)


cdef int fast_sigmoid_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_f64(sigmoid_derivative_fast_f64, False, p, n) if HAS_FMA else sigmoid_derivative_d(p, n)


cdef int sigmoid_derivative_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(fast_sigmoid_derivative_f, signature(1, 1), sigmoid_derivative_exact, NULL, p, n)


KERNELS["sigmoid_derivative"] = row(
    signature(1, 1), sigmoid_derivative_e, sigmoid_derivative_f,
    sigmoid_derivative_d, sigmoid_derivative_g
)
FAST["sigmoid_derivative"] = row(
    signature(1, 1), sigmoid_derivative_e, fast_sigmoid_derivative_f,
    fast_sigmoid_derivative_d, sigmoid_derivative_g
)
BFLOAT16["sigmoid_derivative"] = kernel_of(sigmoid_derivative_b)
