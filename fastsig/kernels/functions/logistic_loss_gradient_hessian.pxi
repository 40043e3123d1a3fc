# logistic_loss_gradient(x, t) = sigmoid(x) - t = (1 - t) - sigmoid(-x): of these the form whose sigmoid is at most 1/2,
# or for long double whose target is, so that t = 1 gives -sigmoid(-x). The hessian is sigmoid_derivative(x).

cdef extern from *:
    const double MARGIN_GRADIENT "(FASTSIG_HAS_FMA ? 0x1.98p-69 : 0x1.d4p-69)"  # in parts of q
    const double LEAST_MARGIN "0x1p-1012"  # in the unit: 2^-65 of half the least subnormal
    const double SMALL_NARROW_X "0x1p-28"
    const double CUBIC "(-1.0 / 48)"
    const double FAR "75.0"  # exp(-75) < 2^-107
    # For bfloat16, an interval around the gradient: q of a near x has a relative error of 2^-22.5, as far as was
    # measured, and two roundings follow, one of the sum and one of the interval's ends. A test computes all pairs of a
    # near x or 0 and a target from TARGET_LEAST_BF16 to 1 or 0.
    const float MARGIN_BF16 "0x1.6bp-23f"  # 2^-22.5
    const float MARGIN_SUM_BF16 "0x1.08p-23f"
    const uint16_t TARGET_LEAST_BF16 "((uint16_t)((127 - 17) << 7))"  # 1 - t is exact from 2^-17 on
    const double SMALL_X "0x1p-27"  # below it x^3/48 is less than half an ulp of x/4


cdef inline Ratio logistic_loss_gradient_ratio_narrow(double x, double t, Exp e) noexcept nogil:
    return lower_ratio_narrow(x, e)


cdef inline Value logistic_loss_gradient_narrow(double x, double t, double q) noexcept nogil:
    # From q = sigmoid(-|x|)
    cdef double v = (-t if x < 0.0 else 1.0 - t) + (q if x < 0.0 else -q)
    return Value(NAN if outside(t) else v, NARROW_ERROR * (q + fabs(v)))


cdef inline Sum logistic_loss_gradient_sum(double x, double t, double q) noexcept nogil:
    # As in float64; for small x, whose q has lost digits, as (1/2 - t) + x/4 - x^3/48.
    cdef bint negative = x < 0.0, small = fabs(x) < SMALL_NARROW_X
    cdef Pair b = two_sum(0.5 if small else (0.0 if negative else 1.0), -t)
    cdef Pair s = two_sum(b.h, 0.25 * x if small else (q if negative else -q))
    cdef double l = s.l + b.l, error = fma(q, NARROW_ERROR, fabs(l) * SUM_ERROR)
    l = fma(x * (x * x), CUBIC, l) if small else l
    return Sum(NAN if outside(t) else s.h, l, fabs(l) * SUM_ERROR if small else error)


cdef inline Pair less_target(uint64_t flip, double t) noexcept nogil:
    # 1 - t for x >= 0, -t for x < 0; flip is the sign bit of -x.
    return fast_two_sum(0.5 + from_bits(bits(0.5) ^ (flip ^ SIGN)), -t)


cdef inline Rounding logistic_loss_gradient_deep(double t, uint64_t flip, ExpF64 e) noexcept nogil:
    # As logistic_loss_gradient_f64, all in the unit. A result below its margin may have either sign: it is in doubt.
    cdef Pair n = numerator(e), d = sum_out_of_unit(e, counted(counts(n), n)), s
    cdef double r = 1.0 / d.h, q = n.h * r, rest = residual(n.h, q, d.h) + fma(-q, d.l, n.l), size, margin
    cdef Pair b = less_target(flip, t)
    cdef InUnit a
    cdef Rounding y
    s = two_sum(UNIT * b.h, from_bits(bits(q) ^ flip))
    s = fast_two_sum(s.h, fma(rest, from_bits(bits(r) ^ flip), fma(UNIT, b.l, s.l)))
    size = fabs(s.h)
    a.least = copysign(least_beside(size), s.h)
    a.sum = s.h + a.least
    a.rest = (s.h - (a.sum - a.least)) + s.l
    margin = fma(fabs(a.rest), SUM_ERROR, fma(q, MARGIN_GRADIENT, LEAST_MARGIN))
    y = within_in_unit(a, 1.0, margin)
    y.y = NAN if outside(t) else y.y
    y.doubt |= bits(size - margin) & SIGN
    return y


cdef inline Rounding logistic_loss_gradient_f64(double x, double t, ExpF64 e) noexcept nogil:
    # x < 0: q - t;  x >= 0: (1 - t) - q,  q = n/(d + n): each is an exact sum of three terms, but for the remainder of
    # q. Since these may cancel, the margin is relative to q.
    cdef uint64_t flip = ~bits(x) & SIGN
    cdef RatioPair a
    cdef Pair b, d, s
    cdef Quotient q
    cdef Rounding y
    cdef double low, margin, unit = 1.0 if e.range == NEAR_RANGE else UNIT
    if e.range == DEEP_RANGE:
        return logistic_loss_gradient_deep(t, flip, e)
    a = in_unit(e)
    d = sum_f64(a)
    q = divide(a.n, d, 1.0 / d.h)
    b = less_target(flip, t)
    s = two_sum(b.h, from_bits(bits(q.q) ^ flip))
    low = fma(q.rest, from_bits(bits(unit * q.r) ^ flip), unit * (s.l + b.l))
    margin = fma(fabs(low), SUM_ERROR, fma(q.q, MARGIN_GRADIENT * unit, 0.0 if e.range == NEAR_RANGE else LEAST_MARGIN))
    if e.range == NEAR_RANGE:
        y = rounding(s.h + (low + MARGINS * margin), s.h + (low - MARGINS * margin))
    else:
        y = within(s.h, low, UNIT_INVERSE, margin)
    y.y = NAN if outside(t) else y.y
    return y


cdef inline Rounding logistic_loss_gradient_settled(double x, double t, Rounding a) noexcept nogil:
    # x = 0: 1/2 - t. t = 1/2: x/4 - x^3/48 for small x. Beyond x = FAR: 1 - t is h + l, from which less than 2^-107 is
    # subtracted. |l| is exactly half of the distance from h to a neighbour, or 2^-107 or more from that. In the first
    # case what is subtracted decides if l < 0: the result is the neighbour, h + 2l. Otherwise it is h.
    cdef Pair b = fast_two_sum(1.0, -t)
    cdef double low = b.l if b.l < 0.0 else 0.0, next_to = b.h + 2.0 * low
    cdef double far = next_to if next_to - b.h == 2.0 * low else b.h
    cdef double quarter = copysign(from_bits(divided_down(bits(fabs(x)), 2)), x)
    cdef bint is_far = (x > FAR) & (t >= 0.0) & (t < 1.0), is_small = (fabs(x) < SMALL_X) & (t == 0.5)
    cdef bint is_zero = (x == 0.0) & (t >= 0.0) & (t <= 1.0)
    a.y = far if is_far else a.y
    a.y = quarter if is_small else a.y
    a.y = 0.5 - t if is_zero else a.y
    a.doubt = 0 if is_far | is_small | is_zero else a.doubt
    return a


cdef void logistic_loss_gradient_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # sigmoid(x) - t; for x > 0 as (1 - t) - sigmoid(-x), and near 0 as (1/2 - t) + (sigmoid(x) - 1/2), whose first sum
    # is exact and whose second term keeps its digits.
    cdef Real a, s
    if near_zero(x):
        logistic(NULL, NULL, &s, x, limbs)
        s.negative = x.negative
        set_integer(&a, 1, -1)
        subtract_reals(&a, &a, t, limbs)
        add_reals(y, &a, &s, limbs)
        return
    logistic(&s, NULL, NULL, x, limbs)
    if x.negative:
        subtract_reals(y, &s, t, limbs)
    else:
        set_integer(&a, 1, 0)
        subtract_reals(&a, &a, t, limbs)
        subtract_reals(y, &a, &s, limbs)


# BOUND logistic_loss_gradient longdouble: 2.0 ulp
cdef inline long double logistic_loss_gradient_ld(long double x, long double t, ExpLd e) noexcept nogil:
    # Where t > 1/2, the gradient of -x and 1 - t, negated
    cdef long double y
    cdef PairLd s = sigmoid_pair_ld(-x if t > 0.5 else x, e), rest
    if t < 0.0 or t > 1.0:
        return NAN
    rest = two_sum_ld(s.h, t - 1.0 if t > 0.5 else -t)
    y = rest.h + (rest.l + s.l)
    return 0.0 - y if t > 0.5 else y


cdef inline long double logistic_loss_hessian_ld(long double x, long double t, ExpLd e) noexcept nogil:
    return sigmoid_derivative_ld(x, e)


cdef int logistic_loss_gradient_hessian_e(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_gradient_sum,
        sigmoid_derivative_narrow, logistic_loss_gradient_exact, target_flags, p, n, HALF
    )


cdef int logistic_loss_gradient_hessian_f(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_gradient_sum,
        sigmoid_derivative_narrow, logistic_loss_gradient_exact, target_flags, p, n, SINGLE
    )


cdef int logistic_loss_gradient_hessian_d(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_f64(
        logistic_loss_gradient_f64, logistic_loss_gradient_settled, sigmoid_derivative_f64,
        logistic_loss_gradient_exact, sigmoid_derivative_exact, target_flags, p, n
    )


cdef int logistic_loss_gradient_hessian_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_ld(logistic_loss_gradient_ld, logistic_loss_hessian_ld, target_flags, p, n)


cdef inline bint gradients_bf16(char **operands, uint16_t *doubt, Py_ssize_t n) noexcept nogil:
    # The gradient is in doubt where the ends of its interval are rounded to different numbers.
    cdef const uint16_t[::1] x = None
    cdef const uint16_t[::1] t = None
    cdef uint16_t[::1] y = None
    cdef uint16_t[::1] z = None
    cdef float v, target, e, s, q, a, b, margin
    cdef unsigned int differ, any_doubt = 0
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    for i in range(n):
        v = float_of_bf16(x[i])
        target = float_of_bf16(t[i])
        e = exp_minus_bf16(v)
        s = sigmoid_of_exp(e)
        q = e * s
        z[i] = rounded_bf16(bits_f32(s * q))
        a = s if v < 0.0 else -q
        b = -target if v < 0.0 else <float> 1.0 - target
        v = b + a
        margin = fmaf(fabsf(a), MARGIN_BF16, MARGIN_SUM_BF16 * fabsf(v))
        y[i] = <uint16_t> ((bits_f32(v) + MIDDLE_BF16) >> 16)
        differ = ((bits_f32(v - margin) + MIDDLE_BF16) ^ (bits_f32(v + margin) + MIDDLE_BF16)) >> 16
        doubt[i] = <uint16_t> differ
        any_doubt |= differ
    return any_doubt != 0


cdef inline int map_gradient_hessian_bf16(char **operands, Py_ssize_t n) noexcept nogil:
    cdef const uint16_t[::1] x = None
    cdef const uint16_t[::1] t = None
    cdef uint16_t[::1] y = None
    cdef uint16_t doubt[NARROW_BLOCK]
    cdef int flags = 0
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    if gradients_bf16(operands, doubt, n):
        for i in range(n):
            if doubt[i]:
                y[i] = nearest_bf16(logistic_loss_gradient_exact, float_of_bf16(x[i]), float_of_bf16(t[i]), &flags)
    return flags


cdef inline bint targets_bf16(const char *t_at, Py_ssize_t n) noexcept nogil:
    # Whether every t is 0 or from TARGET_LEAST_BF16 to 1; the bits of negative numbers are larger
    cdef const uint16_t[::1] t = None
    cdef uint16_t least = 0xffff, most = 0, u
    cdef Py_ssize_t i
    borrow(t, t_at, n)
    for i in range(n):
        u = t[i]
        most = u if u > most else most
        u = <uint16_t> (u - 1)
        least = u if u < least else least
    return most <= ONE_BF16 and least >= TARGET_LEAST_BF16 - 1


cdef int logistic_loss_gradient_hessian_b(char **p, Py_ssize_t n) noexcept nogil:
    if near_bf16(p[0], n) and targets_bf16(p[1], n):
        return map_gradient_hessian_bf16(p, n)
    return map_bf16(
        logistic_loss_gradient_hessian_f, signature(2, 2), logistic_loss_gradient_exact, sigmoid_derivative_exact, p, n
    )


KERNELS["logistic_loss_gradient_hessian"] = row(
    signature(2, 2), logistic_loss_gradient_hessian_e, logistic_loss_gradient_hessian_f,
    logistic_loss_gradient_hessian_d, logistic_loss_gradient_hessian_g
)
FAST["logistic_loss_gradient_hessian"] = KERNELS["logistic_loss_gradient_hessian"]
BFLOAT16["logistic_loss_gradient_hessian"] = kernel_of(logistic_loss_gradient_hessian_b)
