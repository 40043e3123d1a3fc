# THE LOOPS OF float64: a fast phase in pairs, and the accurate phase for the few elements that it leaves in doubt.
#
# A block in which none is in doubt does not enter the second loop.

ctypedef Rounding (*f64_formula)(double x, ExpF64 e) noexcept nogil
ctypedef Rounding (*f64_formula_with)(double x, double t, ExpF64 e) noexcept nogil
ctypedef Rounding (*plain_f64_formula_with)(double x, double t) noexcept nogil

# Whole classes of inputs that the fast phase leaves in doubt, and of which a few terms of a series tell the result.
ctypedef Rounding (*settling)(double x, double t, Rounding a) noexcept nogil


cdef int accurate_f64(
    exact_formula f, const char *x_at, const char *t_at, char *y_at, const uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Where there is doubt; t is x again where there is no other input.
    cdef const double *x = <const double *> x_at
    cdef const double *t = <const double *> t_at
    cdef double *y = <double *> y_at
    cdef int flags = 0
    cdef Py_ssize_t i
    for i in range(n):
        if doubt[i] != 0:
            y[i] = nearest_f64(f, x[i], t[i], y[i], &flags)
    return flags


cdef inline void exp_of_doubles(
    const double[::1] x, double limit, double shift,
    double *n_h, double *d_h, double *w_l, double *r_l, double *s, Py_ssize_t n
) noexcept nogil:
    cdef double most = opaque(limit), t
    cdef Reduction a
    cdef Coth e
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        a = reduce_f64(most if most < t else t, shift)
        d_h[i] = a.r_h
        r_l[i] = a.r_l
        s[i] = a.s
    for i in range(n):
        e = coth_f64(d_h[i])
        n_h[i] = e.n_h
        d_h[i] = e.d_h
        w_l[i] = e.w_l


cdef inline ExpF64 exp_of_phases(double n_h, double d_h, double w_l, double r_l, double s) noexcept nogil:
    return ExpF64(Coth(n_h, d_h, w_l), r_l, s)


cdef inline bint fast_phase(f64_formula f, char **operands, uint64_t *doubt, Py_ssize_t n) noexcept nogil:
    # Tells whether any element is in doubt.
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double w_l[WIDE_BLOCK]
    cdef double r_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    exp_of_doubles(x, MOST, UNIT_SHIFT, n_h, d_h, w_l, r_l, s, n)
    for i in range(n):
        a = f(x[i], exp_of_phases(n_h[i], d_h[i], w_l[i], r_l[i], s[i]))
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return any_doubt != 0


cdef inline bint settle(
    settling f, const char *x_at, const char *t_at, char *y_at, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Tells whether any element is still in doubt.
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    borrow(x, <char *> x_at, n)
    borrow(t, <char *> t_at, n)
    borrow(y, y_at, n)
    for i in range(n):
        a = f(x[i], t[i], Rounding(y[i], doubt[i]))
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return any_doubt != 0


cdef inline int map_f64(f64_formula f, exact_formula exact, char **p, Py_ssize_t n) noexcept nogil:
    cdef uint64_t doubt[WIDE_BLOCK]
    if not fast_phase(f, p, doubt, n):
        return 0
    return accurate_f64(exact, p[0], p[0], p[1], doubt, n)


cdef inline int map_settled_f64(
    f64_formula f, settling g, exact_formula exact, char **p, Py_ssize_t n
) noexcept nogil:
    cdef uint64_t doubt[WIDE_BLOCK]
    if not fast_phase(f, p, doubt, n) or not settle(g, p[0], p[0], p[1], doubt, n):
        return 0
    return accurate_f64(exact, p[0], p[0], p[1], doubt, n)


cdef inline int map2_f64(
    f64_formula f, f64_formula g, exact_formula f_exact, exact_formula g_exact, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double w_l[WIDE_BLOCK]
    cdef double r_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef uint64_t y_doubt[WIDE_BLOCK]
    cdef uint64_t z_doubt[WIDE_BLOCK]
    cdef uint64_t any_doubt = 0
    cdef Rounding a, b
    cdef ExpF64 e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    exp_of_doubles(x, MOST, UNIT_SHIFT, n_h, d_h, w_l, r_l, s, n)
    for i in range(n):
        e = exp_of_phases(n_h[i], d_h[i], w_l[i], r_l[i], s[i])
        a = f(x[i], e)
        b = g(x[i], e)
        y[i] = a.y
        z[i] = b.y
        y_doubt[i] = a.doubt
        z_doubt[i] = b.doubt
        any_doubt |= a.doubt | b.doubt
    if any_doubt == 0:
        return 0
    return accurate_f64(f_exact, operands[0], operands[0], operands[1], y_doubt, n) | accurate_f64(
        g_exact, operands[0], operands[0], operands[2], z_doubt, n
    )


cdef inline int map2_with_f64(
    f64_formula_with f, settling h, f64_formula g, exact_formula f_exact, exact_formula g_exact, flags_formula flags,
    char **operands, Py_ssize_t n
) noexcept nogil:
    # y of both inputs, z of the first
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double w_l[WIDE_BLOCK]
    cdef double r_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef uint64_t y_doubt[WIDE_BLOCK]
    cdef uint64_t z_doubt[WIDE_BLOCK]
    cdef uint64_t in_y = 0, in_z = 0
    cdef int raised
    cdef Rounding a, b
    cdef ExpF64 e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    exp_of_doubles(x, MOST, UNIT_SHIFT, n_h, d_h, w_l, r_l, s, n)
    for i in range(n):
        e = exp_of_phases(n_h[i], d_h[i], w_l[i], r_l[i], s[i])
        a = f(x[i], t[i], e)
        b = g(x[i], e)
        y[i] = a.y
        z[i] = b.y
        y_doubt[i] = a.doubt
        z_doubt[i] = b.doubt
        in_y |= a.doubt
        in_z |= b.doubt
    raised = flags_of_doubles(flags, t, n)
    if in_y != 0 and settle(h, operands[0], operands[1], operands[2], y_doubt, n):
        raised |= accurate_f64(f_exact, operands[0], operands[1], operands[2], y_doubt, n)
    if in_z != 0:
        raised |= accurate_f64(g_exact, operands[0], operands[0], operands[3], z_doubt, n)
    return raised


cdef inline int plain_with_f64(
    plain_f64_formula_with f, settling g, exact_formula exact, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        a = f(x[i], t[i])
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    if any_doubt == 0 or not settle(g, operands[0], operands[1], operands[2], doubt, n):
        return 0
    return accurate_f64(exact, operands[0], operands[1], operands[2], doubt, n)
