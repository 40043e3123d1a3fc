# sigmoid_backward(grad, y) = grad y (1 - y)


# BOUND sigmoid_backward float16: 0.51 ulp
# BOUND sigmoid_backward float32: 0.51 ulp
cdef inline double sigmoid_backward_narrow(double grad, double y) noexcept nogil:
    return grad * (y * (1.0 - y))


# BOUND sigmoid_backward float64 fma: 1.00 ulp; worst 0.8339 at 0x1.3468d5d757433p-1019,0x1.8769a0792936dp-1
# BOUND sigmoid_backward float64 no-fma: 1.50 ulp; worst 1.3704 at 0x1.5a6ae265d20e6p-1019,0x1.685cad6c40b10p-3
cdef inline double sigmoid_backward_f64(double grad, double y) noexcept nogil:
    cdef Pair p = times(y, two_sum(1.0, -y))
    p = times(grad, p)
    return p.h + p.l if fabs(p.h) <= LARGEST and p.h != 0.0 else p.h  # infinity has no tail, and -0 no sum


# BOUND sigmoid_backward longdouble: 2.0 ulp
cdef inline long double sigmoid_backward_ld(long double grad, long double y) noexcept nogil:
    cdef long double c = 1.0 - y, p = y * c, p_l = fmal(y, c, -p) + y * ((1.0 - c) - y), g = grad * p
    return g + (fmal(grad, p, -g) + grad * p_l) if fabsl(g) <= LDBL_MAX and g != 0.0 else g


cdef int sigmoid_backward_e(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_narrow(sigmoid_backward_narrow, p, n, HALF)


cdef int sigmoid_backward_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_narrow(sigmoid_backward_narrow, p, n, SINGLE)


cdef int sigmoid_backward_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_f64(sigmoid_backward_f64, p, n)


cdef int sigmoid_backward_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_ld(sigmoid_backward_ld, p, n)


KERNELS["sigmoid_backward"] = row(
    signature(2, 1), sigmoid_backward_e, sigmoid_backward_f, sigmoid_backward_d, sigmoid_backward_g
)
