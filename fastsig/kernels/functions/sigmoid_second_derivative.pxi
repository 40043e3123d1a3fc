# sigmoid_second_derivative(x) = s' (1 - 2s) = -s' tanh(x/2) = -sign(x) e (1 - e)/(1 + e)^3
#                              = -sign(x) n d (d - n)/(d + n)^3;  odd
#
# d - n is not the difference of two rounded numbers: near 0 it is a multiple of r, and nothing cancels.

cdef extern from *:
    const double CANCELS "0.22"  # long double: above this e, terms cancel less in tanh(|x|/2) than in sigmoid(-|x|)
    const double MARGIN_SECOND "(FASTSIG_HAS_FMA ? 0x1.54p-13 : 0x1.7cp-13)"
    const double TINY "0x1p-60"  # below it the second term of a series matters only where the first is a midpoint
    const double HALF_ULP "0x1p-53"
    const float SECOND_TWO "0x1.000002p+1f"


cdef inline Ratio sigmoid_second_derivative_ratio_narrow(double x, Exp e) noexcept nogil:
    cdef double d = e.den + e.num
    return Ratio(e.num * e.den * e.complement, d * d * d)


cdef inline double sigmoid_second_derivative_narrow(double x, double q) noexcept nogil:
    return copysign(q, -x)


cdef inline float sigmoid_second_derivative_half(float x, float most) noexcept nogil:
    # -sign(x) (q - q^2) tau, q = n/(d + n), tau = (d - n)/(d + n)
    cdef HalfExp e = exp_half(abs_at_most(x, most), SECOND_TWO)
    cdef float r = <float> 1.0 / (e.den + e.num), q = e.num * r
    return copysignf(fmaf(-q, q, q) * (e.complement * r), -x)


cdef inline double sigmoid_second_derivative_near_zero(double x) noexcept nogil:
    # Where -x/8 is halfway between two subnormals, the cubic term x^3/24 decides: the bias is on its side.
    return x * (HALF_ULP - 0.125)


cdef inline Rounding sigmoid_second_derivative_f64(double x, ExpF64 e) noexcept nogil:
    # g = (q - q^2) tau, q = n/(d + n), tau = (d - n)/(d + n) = 1 - 2q, is computed from r_h, and r_l enters by the
    # derivative: g(r_h + r_l) = g + r_l p (6p - 1), p = q - q^2. Here n and p are in the unit, d is not. Near 0, where
    # p = 1/4 and 6p - 1 = 1/2 exactly, the term of r_l is exact, so that no relative accuracy is lost.
    cdef Pair n = Pair(e.s * e.of_r_h.n_h, e.s * e.of_r_h.w_l), beside_d = n, d, c, p, g, f
    cdef uint64_t m = counts(n)
    cdef double r, q, q_rest, tau, tau_rest, low
    cdef InUnit a
    cdef Rounding y
    if e.range == DEEP_RANGE:
        beside_d = counted(m, n)
    d = sum_out_of_unit(e, beside_d)
    c.h = fma(-UNIT_INVERSE, beside_d.h, e.of_r_h.d_h)
    c.l = fma(-UNIT_INVERSE, beside_d.h, e.of_r_h.d_h - c.h) + fma(-UNIT_INVERSE, beside_d.l, e.of_r_h.w_l)
    r = 1.0 / d.h
    q = n.h * r
    q_rest = residual(n.h, q, d.h) + fma(-q, d.l, n.l)
    tau = c.h * r
    tau_rest = residual(c.h, tau, d.h) + fma(-tau, d.l, c.l)
    p = less_square(UNIT_INVERSE * (q if e.range == NEAR_RANGE else masked(m, q)), q)
    g.h = p.h * tau
    g.l = fma(tau, p.l, product_tail(p.h, tau, g.h))
    low = fma(r, fma(p.h, tau_rest, (tau * tau) * q_rest), g.l)
    low = fma(e.r_l, p.h * fma(6.0 * UNIT_INVERSE, p.h, -1.0), low)
    f = fast_two_sum(g.h, low)  # either g.h = 0, or r_h is not 0 and |low| <= |g.h|
    if e.range == DEEP_RANGE:
        a.least = least_beside(f.h)
        a.sum = f.h + a.least
        a.rest = (f.h - (a.sum - a.least)) + f.l
        y = by_share_in_unit(a, 1.0, MARGIN_SECOND)
    else:
        q = UNIT_INVERSE * f.h  # on the grid of the subnormals; what is lost goes to the remainder
        y = by_share_of_rest(q, f.l + fma(-UNIT, q, f.h), UNIT_INVERSE, MARGIN_SECOND)
    y.y = copysign(y.y, -x)
    return y


cdef inline Rounding sigmoid_second_derivative_tiny(double x, double t, Rounding a) noexcept nogil:
    # -x/8 + x^3/24: where -x/8 is halfway between two subnormals, the result is the one nearer to 0
    if fabs(x) < TINY:
        a.y = copysign(from_bits(divided_down(bits(fabs(x)), 3)), -x)
        a.doubt = 0
    return a


cdef void sigmoid_second_derivative_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # -2 sigmoid(x) sigmoid(-x) (sigmoid(x) - 1/2). Near 0 its magnitude, 2 (1/4 - h^2) h, h = sigmoid(|x|) - 1/2, is
    # below |x|/8, which may be a midpoint; h < |x|/4 keeps the enclosure's upper end from exceeding it.
    cdef Real a, b, excess
    if near_zero(x):
        logistic(NULL, NULL, &excess, x, limbs)
        multiply_reals(&a, &excess, &excess, limbs)
        set_integer(&b, 1, -2)
        subtract_reals(y, &b, &a, limbs)
    else:
        logistic(&a, &b, &excess, x, limbs)
        multiply_reals(y, &a, &b, limbs)
    multiply_reals(y, y, &excess, limbs)
    y.exponent += 1
    y.negative = not x.negative


# BOUND sigmoid_second_derivative longdouble: 2.0 ulp
cdef inline long double sigmoid_second_derivative_ld(long double x, ExpLd e) noexcept nogil:
    # Far from 0, a (1 - a)(1 - 2a) = a - a^2 (3 - 2a), a = sigmoid(-|x|). Near it, (a - a^3)/4 with a = tanh(|x|/2)
    # = h + h (1 - e)/(1 + e), h = (1 - e)/2, where the tail of h is multiplied by about (1 + a)^2.
    cdef long double h, square, y
    cdef PairLd a
    if e.e.h > CANCELS:
        h = 0.5 * e.rest.h
        square = h * (e.rest.h / (1.0 + e.e.h))
        a.h = h + square
        a.l = ((h - a.h) + square) + e.rest.l * (0.5 + a.h)
        square = a.h * a.h
        y = 0.25 * (a.h - (a.h * square - a.l * (1.0 - 3.0 * square)))
    else:
        a = lower_ld(e.e)
        y = a.h - (a.h * a.h * (3.0 - 2.0 * a.h) - a.l * (1.0 - 6.0 * a.h))
    return -copysignl(y, x)


cdef int sigmoid_second_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(sigmoid_second_derivative_half, p, n)
    return map_narrow_with_x(
        sigmoid_second_derivative_ratio_narrow, sigmoid_second_derivative_narrow, True, p, n, HALF
    )


cdef int sigmoid_second_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(
        sigmoid_second_derivative_ratio_narrow, sigmoid_second_derivative_narrow, True, p, n, SINGLE
    )
    return refine(sigmoid_second_derivative_near_zero, TINY, INFINITY, p[0], p[1], n)


cdef int sigmoid_second_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_settled_f64(
        sigmoid_second_derivative_f64, True, sigmoid_second_derivative_tiny, sigmoid_second_derivative_exact, p, n
    )


cdef int sigmoid_second_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_second_derivative_ld, p, n)


cdef int sigmoid_second_derivative_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(sigmoid_second_derivative_f, signature(1, 1), sigmoid_second_derivative_exact, NULL, p, n)


KERNELS["sigmoid_second_derivative"] = row(
    signature(1, 1), sigmoid_second_derivative_e, sigmoid_second_derivative_f,
    sigmoid_second_derivative_d, sigmoid_second_derivative_g
)
FAST["sigmoid_second_derivative"] = KERNELS["sigmoid_second_derivative"]
BFLOAT16["sigmoid_second_derivative"] = kernel_of(sigmoid_second_derivative_b)
