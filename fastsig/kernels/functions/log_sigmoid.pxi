# log_sigmoid(x) = log(sigmoid(x)) = min(x, 0) - log1p(e) = -softplus(-x)


cdef inline double log_sigmoid_narrow(double x, double q) noexcept nogil:
    return -softplus_narrow(-x, q)


cdef inline float log_sigmoid_half(float x, float most) noexcept nogil:
    return -softplus_half(-x, most)


cdef inline double log_sigmoid_near_zero(double x) noexcept nogil:
    return -softplus_near_zero(-x)


cdef inline LogParts log_sigmoid_f64(double x, double t, ExpF64 e) noexcept nogil:
    return plus_log1p(x, Pair(x if x < 0.0 else 0.0, 0.0), -1.0, e)


cdef inline Rounding log_sigmoid_end(double x, Rounding a) noexcept nogil:
    return Rounding(a.y if a.y < x else x, a.doubt)  # an infinite x has no tail


cdef void log_sigmoid_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # -softplus(-x)
    cdef Real u = x[0]
    u.negative = not u.negative
    softplus_exact(y, &u, t, limbs)
    y.negative = True


# BOUND log_sigmoid longdouble: 2.0 ulp
cdef inline long double log_sigmoid_ld(long double x, ExpLd e) noexcept nogil:
    return -softplus_ld(-x, e)


cdef int log_sigmoid_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(log_sigmoid_half, p, n)
    return map_narrow_with_x(softplus_ratio_narrow, log_sigmoid_narrow, True, p, n, HALF)


cdef int log_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(softplus_ratio_narrow, log_sigmoid_narrow, True, p, n, SINGLE)
    return refine(log_sigmoid_near_zero, SERIES, INFINITY, p[0], p[1], n)


cdef int log_sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_log_f64(log_sigmoid_f64, log_sigmoid_end, softplus_far, -1.0, log_sigmoid_exact, p, n)


cdef int log_sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(log_sigmoid_ld, p, n)


# BOUND fast_log_sigmoid float32 fma: 2.00 ulp; worst 1.9836 at -0x1.e1a18p-8
cdef inline float log_sigmoid_fast(float x, FastExp e) noexcept nogil:
    return -softplus_fast(-x, e)


# BOUND fast_log_sigmoid float64 fma: 1.80 ulp; worst 1.5572 at -0x1.f77e0a41df3e6p-3
cdef inline double log_sigmoid_fast_f64(double x, FastRatio e) noexcept nogil:
    cdef Pair a = log1p_fast_f64(e)
    return -softplus_fast_f64(-x, e) if e.far else (x if x < 0.0 else 0.0) - (a.h + a.l)


cdef int fast_log_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(log_sigmoid_fast, False, p, n) if HAS_FMA else log_sigmoid_f(p, n)


cdef int fast_log_sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_f64(log_sigmoid_fast_f64, False, p, n) if HAS_FMA else log_sigmoid_d(p, n)


cdef int log_sigmoid_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(fast_log_sigmoid_f, signature(1, 1), log_sigmoid_exact, NULL, p, n)


KERNELS["log_sigmoid"] = row(signature(1, 1), log_sigmoid_e, log_sigmoid_f, log_sigmoid_d, log_sigmoid_g)
FAST["log_sigmoid"] = row(signature(1, 1), log_sigmoid_e, fast_log_sigmoid_f, fast_log_sigmoid_d, log_sigmoid_g)
BFLOAT16["log_sigmoid"] = kernel_of(log_sigmoid_b)
