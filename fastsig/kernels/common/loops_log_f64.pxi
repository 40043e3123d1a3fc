# THE LOOPS OF float64 LOGARITHMS of 1 + e. Beyond LOG_TAIL, where log(1 + e) is e, a second loop computes in the unit;
# a block without such an element does not enter it.

ctypedef Rounding (*log_formula)(double x, Pair q) noexcept nogil
ctypedef Rounding (*log_formula_with)(double x, double t, Pair q) noexcept nogil
ctypedef Rounding (*far_formula)(ExpF64 e) noexcept nogil
ctypedef Rounding (*far_formula_with)(double x, double t, ExpF64 e) noexcept nogil


cdef inline bint beyond(const double[::1] x, double sign, bint even, Py_ssize_t n) noexcept nogil:
    # Whether any sign x is below -LOG_TAIL; even: or above LOG_TAIL
    cdef uint64_t signs = 0
    cdef Py_ssize_t i
    for i in range(n):
        signs |= bits(LOG_TAIL - fabs(x[i])) if even else bits(sign * x[i] + LOG_TAIL)
    return signs >> 63 != 0


cdef inline void log1p_quotients(const double[::1] x, double *q_h, double *q_l, Py_ssize_t n) noexcept nogil:
    cdef double n_h[WIDE_BLOCK]
    cdef double w_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Pair q
    cdef Py_ssize_t i
    exp_of_doubles(x, LOG_MOST, HALF_SHIFT, n_h, q_h, w_l, q_l, s, n)
    for i in range(n):
        q = log1p_quotient(x[i], exp_of_phases(n_h[i], q_h[i], w_l[i], q_l[i], s[i]))
        q_h[i] = q.h
        q_l[i] = q.l


cdef inline void map_far_f64(
    far_formula f, double sign, const double[::1] x, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double w_l[WIDE_BLOCK]
    cdef double r_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Rounding a
    cdef bint far
    cdef Py_ssize_t i
    exp_of_doubles(x, MOST, UNIT_SHIFT, n_h, d_h, w_l, r_l, s, n)
    for i in range(n):
        a = f(exp_of_phases(n_h[i], d_h[i], w_l[i], r_l[i], s[i]))
        far = sign * x[i] < -LOG_TAIL
        y[i] = (sign * UNIT_INVERSE) * a.y if far else y[i]
        doubt[i] = a.doubt if far else doubt[i]


cdef inline int map_log_f64(
    log_formula f, far_formula g, double sign, exact_formula exact, char **operands, Py_ssize_t n
) noexcept nogil:
    # sign f(sign x)
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double q_h[WIDE_BLOCK]
    cdef double q_l[WIDE_BLOCK]
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    log1p_quotients(x, q_h, q_l, n)
    for i in range(n):
        a = f(sign * x[i], Pair(q_h[i], q_l[i]))
        y[i] = sign * a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    if beyond(x, sign, False, n):
        map_far_f64(g, sign, x, y, doubt, n)
        any_doubt = 1
    return accurate_f64(exact, operands[0], operands[0], operands[1], doubt, n) if any_doubt != 0 else 0


cdef inline void map_far_with_f64(
    far_formula_with f, const double[::1] x, const double[::1] t, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double w_l[WIDE_BLOCK]
    cdef double r_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Rounding a
    cdef bint far
    cdef Py_ssize_t i
    exp_of_doubles(x, MOST, UNIT_SHIFT, n_h, d_h, w_l, r_l, s, n)
    for i in range(n):
        a = f(x[i], t[i], exp_of_phases(n_h[i], d_h[i], w_l[i], r_l[i], s[i]))
        far = fabs(x[i]) > LOG_TAIL
        y[i] = a.y if far else y[i]
        doubt[i] = a.doubt if far else doubt[i]


cdef inline int map_log_with_f64(
    log_formula_with f, far_formula_with g, exact_formula exact, flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef double q_h[WIDE_BLOCK]
    cdef double q_l[WIDE_BLOCK]
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef int raised
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    log1p_quotients(x, q_h, q_l, n)
    for i in range(n):
        a = f(x[i], t[i], Pair(q_h[i], q_l[i]))
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    raised = flags_of_doubles(flags, t, n)
    if beyond(x, 1.0, True, n):
        map_far_with_f64(g, x, t, y, doubt, n)
        any_doubt = 1
    if any_doubt != 0:
        raised |= accurate_f64(exact, operands[0], operands[1], operands[2], doubt, n)
    return raised
