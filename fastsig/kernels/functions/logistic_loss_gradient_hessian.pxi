# logistic_loss_gradient(x, t) = sigmoid(x) - t = (1 - t) - sigmoid(-x): the form whose target is at most 1/2, so that
# t = 1 gives -sigmoid(-x). The hessian is sigmoid_derivative(x).


# BOUND logistic_loss_gradient float16: 0.51 ulp
# BOUND logistic_loss_gradient float32: 0.51 ulp
cdef inline Ratio logistic_loss_gradient_ratio_narrow(double x, double t, Exp e) noexcept nogil:
    return lower_ratio_narrow(x, e)


cdef inline double logistic_loss_gradient_narrow(double x, double t, double q) noexcept nogil:
    cdef double target = 1.0 - t if t > 0.5 else t, y = sigmoid_of_lower_narrow(-x if t > 0.5 else x, q) - target
    y = -y if t > 0.5 else y
    return NAN if outside(t) else y


# BOUND logistic_loss_gradient float64 fma: 1.00 ulp; worst 0.5072 at 0x1.53f9d25550c48p+8,0x1.0p+0
# BOUND logistic_loss_gradient float64 no-fma: 1.00 ulp; worst 0.5095 at 0x1.1fdafd1475705p+2,0x1.0p+0
cdef inline double logistic_loss_gradient_f64(double x, double t, RatioPair e) noexcept nogil:
    cdef double u = -x if t > 0.5 else x, target = 1.0 - t if t > 0.5 else t, y
    cdef Pair d = sum_f64(e, 1.0), s
    cdef Quotient a = divide(chosen(u < 0.0, e.n, e.d), d, 1.0 / d.h)
    s = two_sum(a.q, -target)
    y = corrected(s.h, a.rest, a.r) if target == 0.0 else s.h + fma(a.rest, a.r, s.l)
    y = -y if t > 0.5 else y
    return NAN if outside(t) else y


# BOUND logistic_loss_gradient longdouble: 2.0 ulp
cdef inline long double logistic_loss_gradient_ld(long double x, long double t, long double e) noexcept nogil:
    if t < 0.0 or t > 1.0:
        return NAN
    return (1.0 - t) - sigmoid_ld(-x, e) if t > 0.5 else sigmoid_ld(x, e) - t


cdef inline double logistic_loss_hessian_narrow(double x, double t, double q) noexcept nogil:
    return sigmoid_derivative_narrow(x, q)


cdef inline double logistic_loss_hessian_f64(double x, double t, RatioPair e) noexcept nogil:
    return sigmoid_derivative_f64(x, e)


cdef inline long double logistic_loss_hessian_ld(long double x, long double t, long double e) noexcept nogil:
    return sigmoid_derivative_ld(x, e)


cdef int logistic_loss_gradient_hessian_e(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_hessian_narrow,
        target_flags, p, n, HALF
    )


cdef int logistic_loss_gradient_hessian_f(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_hessian_narrow,
        target_flags, p, n, SINGLE
    )


cdef int logistic_loss_gradient_hessian_d(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_f64(logistic_loss_gradient_f64, logistic_loss_hessian_f64, target_flags, p, n)


cdef int logistic_loss_gradient_hessian_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_ld(logistic_loss_gradient_ld, logistic_loss_hessian_ld, target_flags, p, n)


KERNELS["logistic_loss_gradient_hessian"] = row(
    signature(2, 2), logistic_loss_gradient_hessian_e, logistic_loss_gradient_hessian_f,
    logistic_loss_gradient_hessian_d, logistic_loss_gradient_hessian_g
)
