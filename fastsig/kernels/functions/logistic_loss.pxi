# logistic_loss(x, t) = softplus(x) - t x = |x| (x > 0 ? 1 - t : t) + log1p(e): every term >= 0, for t in [0, 1]


# BOUND logistic_loss float16: 0.51 ulp
# BOUND logistic_loss float32: 0.51 ulp
cdef inline Ratio logistic_loss_ratio_narrow(double x, double t, Exp e) noexcept nogil:
    return log1p_ratio_narrow(e)


cdef inline double logistic_loss_narrow(double x, double t, double q) noexcept nogil:
    cdef double share = 1.0 - t if x > 0.0 else t
    cdef double y = (fabs(x) * share if share != 0.0 else 0.0) + log1p_narrow(q)
    return NAN if outside(t) else y


# BOUND logistic_loss float64: 1.20 ulp; worst 0.9933 at -0x1.5624d648b4000p+9,0x1.f01d1cafdbbb5p-1022
cdef inline double logistic_loss_f64(double x, double t, RatioPair e) noexcept nogil:
    cdef Pair share = fast_two_sum(1.0, -t), a
    cdef double y
    share.h = share.h if x > 0.0 else t
    share.l = share.l if x > 0.0 else 0.0
    a = times(fabs(x), share)
    a.h = a.h if share.h != 0.0 else 0.0  # an infinite x counts for nothing where its share is 0
    a.l = a.l if share.h != 0.0 else 0.0
    y = plus_log1p_f64(a, e)
    return NAN if outside(t) else y


# BOUND logistic_loss longdouble: 2.0 ulp
cdef inline long double logistic_loss_ld(long double x, long double t, long double e) noexcept nogil:
    cdef long double share = 1.0 - t if x > 0.0 else t
    if t < 0.0 or t > 1.0:
        return NAN
    return (fabsl(x) * share if share != 0.0 else 0.0) + log_ld(two_sum_ld(1.0, e))


cdef int logistic_loss_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(logistic_loss_ratio_narrow, logistic_loss_narrow, target_flags, p, n, HALF)


cdef int logistic_loss_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(logistic_loss_ratio_narrow, logistic_loss_narrow, target_flags, p, n, SINGLE)


cdef int logistic_loss_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_f64(logistic_loss_f64, target_flags, p, n)


cdef int logistic_loss_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_ld(logistic_loss_ld, target_flags, p, n)


KERNELS["logistic_loss"] = row(signature(2, 1), logistic_loss_e, logistic_loss_f, logistic_loss_d, logistic_loss_g)
