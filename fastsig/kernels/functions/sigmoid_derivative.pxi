# sigmoid_derivative(x) = q (1 - q) = q - q^2,  q = sigmoid(-|x|) = e/(1 + e) <= 1/2
#
# Even, and never 0 while e is not: s (1 - s) of the sigmoid s would be 0 from x = 37 on.

cdef extern from *:
    const float DERIVATIVE_TWO "0x1.ffffeap+0f"


cdef inline double sigmoid_derivative_narrow(double x, double q) noexcept nogil:
    return fma(-q, q, q)


cdef inline float sigmoid_derivative_half(float x, float most) noexcept nogil:
    cdef HalfExp e = exp_half(abs_at_most(x, most), DERIVATIVE_TWO)
    cdef float q = e.num / fmaf(e.den, HALF_MORE, e.num)
    return q * (<float> 1.0 - q)


cdef inline Pair less_square(double plain, double q) noexcept nogil:
    # q - plain q, exactly for 0 <= q <= 1/2 and plain = q; q may be in a unit that plain is not in.
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
    # As below, in the unit. q^2 is 0 where it is nothing beside q.
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
    # sigmoid(x) sigmoid(-x); near 0 1/4 - (sigmoid(x) - 1/2)^2, of which 1/4 is an end
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


# BOUND fast_sigmoid_derivative float32 fma: 1.65 ulp; worst 1.5771 at -0x1.518f7p+1
cdef inline float sigmoid_derivative_fast(float x, float e) noexcept nogil:
    # a (1 - a), a = sigmoid(-|x|): (h + l)(1 - h - l) = h - h^2 + l (1 - 2h), but for l^2
    cdef FastExp a = sigmoid_of_minus_abs(e)
    return a.h + fmaf(-a.h, a.h, fmaf(<float> -2.0 * a.h, a.l, a.l))


# BOUND fast_sigmoid_derivative float64 fma: 0.53 ulp; worst 0.5093 at -0x1.7ace1030cfd78p+8
# BOUND fast_sigmoid_derivative float64 no-fma: 0.53 ulp; worst 0.5103 at 0x1.1ff5350c3d4a6p+2
cdef inline double sigmoid_derivative_fast_f64(double x, RatioPair e) noexcept nogil:
    # With q = a.q + rho, rho = a.rest a.r:   q - q^2 = (a.q - a.q^2) + rho (1 - 2 a.q), but for rho^2
    cdef Pair d = sum_fast_f64(e, 1.0), y
    cdef Quotient a = divide(e.n, d, 1.0 / d.h)
    y = less_square(a.q, a.q)
    return corrected(y.h, fma(y.l, d.h, a.rest * fma(-2.0, a.q, 1.0)), a.r)


cdef int fast_sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(sigmoid_derivative_fast, p, n) if HAS_FMA else sigmoid_derivative_f(p, n)


cdef int fast_sigmoid_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_f64(sigmoid_derivative_fast_f64, p, n)


KERNELS["sigmoid_derivative"] = row(
    signature(1, 1), sigmoid_derivative_e, sigmoid_derivative_f,
    sigmoid_derivative_d, sigmoid_derivative_g
)
FAST["sigmoid_derivative"] = row(
    signature(1, 1), sigmoid_derivative_e, fast_sigmoid_derivative_f,
    fast_sigmoid_derivative_d, sigmoid_derivative_g
)
