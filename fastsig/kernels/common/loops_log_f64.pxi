# THE LOOPS OF float64 LOGARITHMS, b + 2 atanh(q), in three phases: b and q; the series; the sum. Beyond LOG_TAIL, where
# log(1 + e) is e, another loop computes in the unit; a block without such an element does not enter it.

ctypedef LogParts (*log_formula)(double x, double t, ExpF64 e) noexcept nogil
ctypedef Rounding (*log_end)(double x, Rounding a) noexcept nogil
ctypedef Rounding (*far_formula)(ExpF64 e) noexcept nogil
ctypedef Rounding (*far_formula_with)(double x, double t, ExpF64 e) noexcept nogil

cdef extern from *:
    const double LEAST_LOG "0x1p-245"  # 2^n for the largest x that is not beyond LOG_TAIL

ctypedef struct LogBlock:  # the logarithms of a block, in parts
    double q_h[WIDE_BLOCK]
    double q_l[WIDE_BLOCK]  # u_l after the series
    double u_h[WIDE_BLOCK]
    double b_h[WIDE_BLOCK]
    double b_l[WIDE_BLOCK]


cdef inline void set_parts(LogBlock *p, Py_ssize_t i, LogParts a) noexcept nogil:
    p.q_h[i] = a.q.h
    p.q_l[i] = a.q.l
    p.b_h[i] = a.b.h
    p.b_l[i] = a.b.l


cdef inline void log1p_parts(
    log_formula f, double shift, const double[::1] x, const double[::1] t, LogBlock *p, Py_ssize_t n
) noexcept nogil:
    cdef ExpBlock e
    cdef Py_ssize_t i
    exp_block(x, LOG_MOST, shift, &e, n)
    for i in range(n):
        set_parts(p, i, f(x[i], t[i], exp_at(&e, i, NEAR_RANGE)))


cdef inline bint log_values(
    log_end f, bint ordered, LogBlock *p, const double[::1] x, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Returns whether any element is in doubt.
    cdef uint64_t any_doubt = 0
    cdef Pair u
    cdef Rounding a
    cdef Py_ssize_t i
    for i in range(n):
        u = atanh_factor(Pair(p.q_h[i], p.q_l[i]))
        p.u_h[i] = u.h
        p.q_l[i] = u.l
    for i in range(n):
        u = atanh_of(p.q_h[i], Pair(p.u_h[i], p.q_l[i]))
        a = f(x[i], of_sum(plus_twice(Pair(p.b_h[i], p.b_l[i]), u, ordered)))
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return any_doubt != 0


cdef inline void map_far_f64(
    far_formula f, double sign, const double[::1] x, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    cdef ExpBlock e
    cdef Rounding a
    cdef bint far
    cdef Py_ssize_t i
    exp_block(x, MOST, UNIT_SHIFT, &e, n)
    for i in range(n):
        a = f(exp_at(&e, i, FAR_RANGE))
        far = sign * x[i] < -LOG_TAIL
        y[i] = sign * a.y if far else y[i]
        doubt[i] = a.doubt if far else doubt[i]


cdef inline int map_log_f64(
    log_formula f, log_end end, far_formula g, double sign, exact_formula exact, char **operands, Py_ssize_t n
) noexcept nogil:
    # Computes sign log(1 + e) and what f adds to it.
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef LogBlock p
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef bint any_doubt
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    log1p_parts(f, HALF_SHIFT if sign > 0.0 else MINUS_HALF_SHIFT, x, x, &p, n)
    any_doubt = log_values(end, True, &p, x, y, doubt, n)
    if any_beyond(x, LOG_TAIL, sign, False, n):
        map_far_f64(g, sign, x, y, doubt, n)
        any_doubt = True
    return accurate_f64(exact, operands[0], operands[0], operands[1], doubt, n) if any_doubt else 0


cdef inline void map_far_with_f64(
    far_formula_with f, const double[::1] x, const double[::1] t, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    cdef ExpBlock e
    cdef Rounding a
    cdef bint far
    cdef Py_ssize_t i
    exp_block(x, SUM_MOST, UNIT_SHIFT, &e, n)
    for i in range(n):
        a = f(x[i], t[i], exp_at(&e, i, FAR_RANGE))
        far = fabs(x[i]) > LOG_TAIL
        y[i] = a.y if far else y[i]
        doubt[i] = a.doubt if far else doubt[i]


cdef inline int map_log_with_f64(
    log_formula f, log_end end, far_formula_with g, exact_formula exact, flags_formula flags, char **operands,
    Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef LogBlock p
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef bint any_doubt
    cdef int raised
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    log1p_parts(f, HALF_SHIFT, x, t, &p, n)
    any_doubt = log_values(end, False, &p, x, y, doubt, n)
    raised = flags_of_doubles(flags, t, n)
    if any_beyond(x, LOG_TAIL, 1.0, True, n):
        map_far_with_f64(g, x, t, y, doubt, n)
        any_doubt = True
    if any_doubt:
        raised |= accurate_f64(exact, operands[0], operands[1], operands[2], doubt, n)
    return raised


ctypedef struct Found:
    bint doubt  # whether any element is in doubt
    bint outside  # whether any target may be outside [0, 1]
    bint far  # whether any 2^n is below LEAST_LOG: that x is beyond LOG_TAIL


cdef inline Found parts_and_values(
    log_formula f, f64_formula_with g, Range of_all, const ExpBlock *e, const double[::1] x, const double[::1] t,
    LogBlock *p, double[::1] z, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Both are functions of one exponential. f is given half of its power of 2, out of the unit, and LEAST_LOG instead
    # of a smaller one, so that no product is subnormal.
    cdef double unit = 1.0 if of_all == NEAR_RANGE else UNIT, least = opaque(LEAST_LOG * unit), scale = 0.5 / unit
    cdef uint64_t any_doubt = 0, signs = 0, far = 0
    cdef ExpF64 half
    cdef Rounding a
    cdef Py_ssize_t i
    for i in range(n):
        half = exp_at(e, i, NEAR_RANGE)
        far |= bits(half.s - least)
        signs |= signs_outside(t[i])
        half.s = (least if least > half.s else half.s) * scale
        set_parts(p, i, f(x[i], t[i], half))
        a = g(x[i], t[i], exp_at(e, i, of_all))
        z[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return Found(any_doubt != 0, signs >> 63 != 0, far >> 63 != 0)


cdef inline int map_log_and_value_with_f64(
    log_formula f, log_end end, far_formula_with f_far, exact_formula f_exact, f64_formula_with g, settling g_settled,
    exact_formula g_exact, flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    # y as in map_log_with_f64 and z as in map_with_f64, from one exponential; where x is beyond LOG_TAIL, y comes from
    # another exponential, as there.
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef ExpBlock e
    cdef LogBlock p
    cdef uint64_t y_doubt[WIDE_BLOCK]
    cdef uint64_t z_doubt[WIDE_BLOCK]
    cdef Range of_all
    cdef Found found
    cdef bint any_doubt
    cdef int raised
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    of_all = exp_block_of_any(x, True, &e, n)
    if of_all == NEAR_RANGE:
        found = parts_and_values(f, g, NEAR_RANGE, &e, x, t, &p, z, z_doubt, n)
    elif of_all == FAR_RANGE:
        found = parts_and_values(f, g, FAR_RANGE, &e, x, t, &p, z, z_doubt, n)
    else:
        found = parts_and_values(f, g, DEEP_RANGE, &e, x, t, &p, z, z_doubt, n)
    raised = flags_of_doubles(flags, t, n) if found.outside else 0
    any_doubt = log_values(end, False, &p, x, y, y_doubt, n)
    if found.far:
        map_far_with_f64(f_far, x, t, y, y_doubt, n)
        any_doubt = True
    if any_doubt:
        raised |= accurate_f64(f_exact, operands[0], operands[1], operands[2], y_doubt, n)
    if found.doubt and settle(g_settled, operands[0], operands[1], operands[3], z_doubt, n):
        raised |= accurate_f64(g_exact, operands[0], operands[1], operands[3], z_doubt, n)
    return raised
