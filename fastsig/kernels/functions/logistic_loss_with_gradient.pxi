# logistic_loss_with_gradient(x, t) = (logistic_loss(x, t), logistic_loss_gradient(x, t)), from one exponential
#
# Each output has the bits that its function gives alone: formulas and proofs are those of the two functions.


cdef int logistic_loss_with_gradient_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_both_with_narrow(
        logistic_loss_ratio_narrow, logistic_loss_narrow, logistic_loss_sum, logistic_loss_exact,
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_gradient_sum,
        logistic_loss_gradient_exact, target_flags, p, n, HALF
    )


cdef int logistic_loss_with_gradient_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_both_with_narrow(
        logistic_loss_ratio_narrow, logistic_loss_narrow, logistic_loss_sum, logistic_loss_exact,
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_gradient_sum,
        logistic_loss_gradient_exact, target_flags, p, n, SINGLE
    )


cdef int logistic_loss_with_gradient_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_log_and_value_with_f64(
        logistic_loss_f64, logistic_loss_end, logistic_loss_far, logistic_loss_exact, logistic_loss_gradient_f64,
        logistic_loss_gradient_settled, logistic_loss_gradient_exact, target_flags, p, n
    )


cdef int logistic_loss_with_gradient_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_ld(logistic_loss_ld, logistic_loss_gradient_ld, target_flags, p, n)


# The fast tier's gradient is the default's, and shares nothing with the loss: they are computed one after the other.

# BOUND fast_logistic_loss_gradient float32 fma: 0.50 ulp
cdef int fast_logistic_loss_with_gradient_f(char **p, Py_ssize_t n) noexcept nogil:
    cdef char *operands[3]
    if not HAS_FMA:
        return logistic_loss_with_gradient_f(p, n)
    operands[0], operands[1], operands[2] = p[0], p[1], p[3]
    return fast_logistic_loss_f(p, n) | map_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_gradient_sum,
        logistic_loss_gradient_exact, target_flags, operands, n, SINGLE
    )


# BOUND fast_logistic_loss_gradient float64 fma: 0.50 ulp
cdef int fast_logistic_loss_with_gradient_d(char **p, Py_ssize_t n) noexcept nogil:
    cdef char *operands[3]
    if not HAS_FMA:
        return logistic_loss_with_gradient_d(p, n)
    operands[0], operands[1], operands[2] = p[0], p[1], p[3]
    return fast_logistic_loss_d(p, n) | map_with_f64(
        logistic_loss_gradient_f64, logistic_loss_gradient_settled, logistic_loss_gradient_exact, operands, n
    )


cdef int logistic_loss_with_gradient_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(
        fast_logistic_loss_with_gradient_f, signature(2, 2), logistic_loss_exact, logistic_loss_gradient_exact, p, n
    )


KERNELS["logistic_loss_with_gradient"] = row(
    signature(2, 2), logistic_loss_with_gradient_e, logistic_loss_with_gradient_f,
    logistic_loss_with_gradient_d, logistic_loss_with_gradient_g
)
FAST["logistic_loss_with_gradient"] = row(
    signature(2, 2), logistic_loss_with_gradient_e, fast_logistic_loss_with_gradient_f,
    fast_logistic_loss_with_gradient_d, logistic_loss_with_gradient_g
)
BFLOAT16["logistic_loss_with_gradient"] = kernel_of(logistic_loss_with_gradient_b)
