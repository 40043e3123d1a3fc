# THE LOOPS OF long double.

ctypedef long double (*formula_ld)(long double x, ExpLd e) noexcept nogil
ctypedef long double (*formula_with_ld)(long double x, long double t, ExpLd e) noexcept nogil
ctypedef long double (*plain_formula_ld)(long double x) noexcept nogil
ctypedef long double (*plain_formula_with_ld)(long double x, long double t) noexcept nogil


cdef inline int map_ld(formula_ld f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x = None
    cdef long double[::1] y = None
    cdef ExpLd e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        e = exp_ld(x[i])
        y[i] = f(x[i], e)
    return 0


cdef inline int map2_ld(formula_ld f, formula_ld g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x = None
    cdef long double[::1] y = None
    cdef long double[::1] z = None
    cdef ExpLd e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    for i in range(n):
        e = exp_ld(x[i])
        y[i] = f(x[i], e)
        z[i] = g(x[i], e)
    return 0


cdef inline int map_with_ld(formula_with_ld f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x = None
    cdef const long double[::1] t = None
    cdef long double[::1] y = None
    cdef ExpLd e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        e = exp_ld(x[i])
        y[i] = f(x[i], t[i], e)
    return flags_of_long_doubles(flags, t, n)


cdef inline int map2_with_ld(
    formula_with_ld f, formula_with_ld g, flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const long double[::1] x = None
    cdef const long double[::1] t = None
    cdef long double[::1] y = None
    cdef long double[::1] z = None
    cdef ExpLd e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    for i in range(n):
        e = exp_ld(x[i])
        y[i] = f(x[i], t[i], e)
        z[i] = g(x[i], t[i], e)
    return flags_of_long_doubles(flags, t, n)


cdef inline int plain_ld(plain_formula_ld f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x = None
    cdef long double[::1] y = None
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i])
    return flags_of_long_doubles(flags, x, n)


cdef inline int plain_with_ld(plain_formula_with_ld f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x = None
    cdef const long double[::1] t = None
    cdef long double[::1] y = None
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        y[i] = f(x[i], t[i])
    return 0
