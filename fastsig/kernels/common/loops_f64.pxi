# THE LOOPS OF float64, in pairs.

ctypedef double (*pair_formula)(double x, RatioPair e) noexcept nogil
ctypedef double (*pair_formula_with)(double x, double t, RatioPair e) noexcept nogil


cdef inline void exp_of_doubles(
    const double[::1] x, double *n_h, double *d_h, double *d_l, double *s, Py_ssize_t n
) noexcept nogil:
    cdef double most = opaque(MOST), t
    cdef ReducedPair a
    cdef RatioPair e
    cdef Pair r
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        a = reduce_f64(most if most < t else t)
        d_h[i] = a.r.h
        d_l[i] = a.r.l
        s[i] = a.s
    for i in range(n):
        r.h = d_h[i]
        r.l = d_l[i]
        e = exp_f64(r)
        n_h[i] = e.n.h
        d_h[i] = e.d.h
        d_l[i] = e.d.l


cdef inline RatioPair ratio_of(double n_h, double d_h, double d_l, double s) noexcept nogil:
    cdef RatioPair e
    e.n.h = n_h
    e.n.l = -d_l
    e.d.h = d_h
    e.d.l = d_l
    return in_unit(e, s)


cdef inline int map_f64(pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
    return 0


cdef inline int map2_f64(pair_formula f, pair_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double[::1] z
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
        z[i] = g(x[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
    return 0


cdef inline int map_with_f64(pair_formula_with f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], t[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
    return flags_of_doubles(flags, t, n)


cdef inline int map2_with_f64(
    pair_formula_with f, pair_formula_with g, flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef double[::1] z
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], t[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
        z[i] = g(x[i], t[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
    return flags_of_doubles(flags, t, n)


cdef inline int plain_f64(plain_formula f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i])
    return flags_of_doubles(flags, x, n)


cdef inline int plain_with_f64(plain_formula_with f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        y[i] = f(x[i], t[i])
    return 0
