# sigmoid_with_derivative(x) = (sigmoid(x), sigmoid_derivative(x)), from one exponential and one division
#
# Each output has the bits that its function gives alone.


cdef int sigmoid_with_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:  # by formulas that have no step in common
        return map2_f16c(sigmoid_half, sigmoid_derivative_half, p, n)
    return map_sigmoid_and_narrow(sigmoid_derivative_narrow, p, n, HALF)


cdef int sigmoid_with_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_sigmoid_and_narrow(sigmoid_derivative_narrow, p, n, SINGLE)
    return refine(sigmoid_near_zero, BIASED, INFINITY, p[0], p[1], n)


cdef int sigmoid_with_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map2_f64(sigmoid_f64, sigmoid_derivative_f64, sigmoid_exact, sigmoid_derivative_exact, p, n)


cdef int sigmoid_with_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_ld(sigmoid_ld, sigmoid_derivative_ld, p, n)


cdef int fast_sigmoid_with_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    if not HAS_FMA:
        return sigmoid_with_derivative_f(p, n)
    return map2_fast(sigmoid_fast, sigmoid_derivative_fast, p, n)


cdef int fast_sigmoid_with_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    if not HAS_FMA:
        return sigmoid_with_derivative_d(p, n)
    return map2_fast_f64(sigmoid_fast_f64, sigmoid_derivative_fast_f64, p, n)


cdef int sigmoid_with_derivative_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(fast_sigmoid_with_derivative_f, signature(1, 2), sigmoid_exact, sigmoid_derivative_exact, p, n)


KERNELS["sigmoid_with_derivative"] = row(
    signature(1, 2), sigmoid_with_derivative_e, sigmoid_with_derivative_f,
    sigmoid_with_derivative_d, sigmoid_with_derivative_g
)
FAST["sigmoid_with_derivative"] = row(
    signature(1, 2), sigmoid_with_derivative_e, fast_sigmoid_with_derivative_f,
    fast_sigmoid_with_derivative_d, sigmoid_with_derivative_g
)
BFLOAT16["sigmoid_with_derivative"] = kernel_of(sigmoid_with_derivative_b)
