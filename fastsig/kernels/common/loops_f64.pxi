# THE LOOPS OF float64: a fast phase in pairs, and the accurate phase for the few elements that it leaves in doubt. A
# block without any does not enter the loop of the accurate phase.

ctypedef Rounding (*f64_formula)(double x, ExpF64 e) noexcept nogil
ctypedef Rounding (*f64_formula_with)(double x, double t, ExpF64 e) noexcept nogil
ctypedef Rounding (*plain_f64_formula_with)(double x, double t) noexcept nogil
ctypedef bint (*pair_test)(double x, double t) noexcept nogil

# Decides whole classes of inputs that the fast phase leaves in doubt: a few terms of a series give the result.
ctypedef Rounding (*settling)(double x, double t, Rounding a) noexcept nogil


cdef int accurate_f64(
    exact_formula f, const char *x_at, const char *t_at, char *y_at, const uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Computes y where there is doubt; t is x again where there is no other input.
    cdef const double *x = <const double *> x_at
    cdef const double *t = <const double *> t_at
    cdef double *y = <double *> y_at
    cdef int flags = 0
    cdef Py_ssize_t i
    for i in range(n):
        if doubt[i] != 0:
            y[i] = nearest_f64(f, x[i], t[i], y[i], &flags)
    return flags


ctypedef struct ExpBlock:  # the exponentials of a block, and the steps to them
    double n_h[WIDE_BLOCK]
    double d_h[WIDE_BLOCK]  # r_h before that
    double w_l[WIDE_BLOCK]
    double r_l[WIDE_BLOCK]
    double s[WIDE_BLOCK]


cdef inline uint64_t reduce_block(
    const double[::1] x, double limit, double shift, ExpBlock *e, Py_ssize_t n
) noexcept nogil:
    # Returns the AND of the bits of 2^n over all x. One of them tells whether all x are near; a NaN may clear it.
    cdef double most = opaque(limit), t
    cdef uint64_t of_all = ~<uint64_t> 0
    cdef Reduction a
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        a = reduce_f64(most if most < t else t, shift)
        e.d_h[i] = a.r_h
        e.r_l[i] = a.r_l
        e.s[i] = a.s
        of_all &= bits(a.s)
    return of_all


cdef inline void coth_block(ExpBlock *e, Py_ssize_t n) noexcept nogil:
    cdef Coth a
    cdef Py_ssize_t i
    for i in range(n):
        a = coth_f64(e.d_h[i])
        e.n_h[i] = a.n_h
        e.d_h[i] = a.d_h
        e.w_l[i] = a.w_l


cdef inline void exp_block(
    const double[::1] x, double limit, double shift, ExpBlock *e, Py_ssize_t n
) noexcept nogil:
    reduce_block(x, limit, shift, e, n)
    coth_block(e, n)


cdef inline bint any_beyond(const double[::1] x, double limit, double sign, bint even, Py_ssize_t n) noexcept nogil:
    # Whether any sign x is below -limit; if `even`, whether any |x| is above limit
    cdef uint64_t signs = 0
    cdef Py_ssize_t i
    for i in range(n):
        signs |= bits(limit - fabs(x[i])) if even else bits(sign * x[i] + limit)
    return signs >> 63 != 0


cdef inline void into_unit(ExpBlock *e, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        e.s[i] = from_bits(bits(e.s[i]) + UNIT_EXPONENT)


cdef inline Range exp_block_of_any(const double[::1] x, bint even, ExpBlock *e, Py_ssize_t n) noexcept nogil:
    # The range of a block is that of its farthest element. Unless `even`, a large x > 0 does not count: exp(-FAR_MOST)
    # serves for it as well.
    cdef Range found = NEAR_RANGE
    if not reduce_block(x, FAR_MOST, ONE_SHIFT, e, n) & IS_NEAR:
        if any_beyond(x, FAR_MOST, 1.0, even, n):
            found = DEEP_RANGE
            reduce_block(x, MOST, UNIT_SHIFT, e, n)
        else:
            found = FAR_RANGE
            into_unit(e, n)
    coth_block(e, n)
    return found


cdef inline Range exp_block_in_unit(const double[::1] x, bint even, ExpBlock *e, Py_ssize_t n) noexcept nogil:
    # As exp_block_of_any, but in the unit in NEAR_RANGE too
    cdef Range found = NEAR_RANGE
    if not reduce_block(x, MOST, UNIT_SHIFT, e, n) & IS_NEAR_IN_UNIT:
        found = DEEP_RANGE if any_beyond(x, FAR_MOST, 1.0, even, n) else FAR_RANGE
    coth_block(e, n)
    return found


cdef inline ExpF64 exp_at(const ExpBlock *e, Py_ssize_t i, Range of_all) noexcept nogil:
    return ExpF64(Coth(e.n_h[i], e.d_h[i], e.w_l[i]), e.r_l[i], e.s[i], of_all)


cdef inline bint values(
    f64_formula f, Range of_all, const ExpBlock *e, char **operands, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Returns whether any element is in doubt.
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        a = f(x[i], exp_at(e, i, of_all))
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return any_doubt != 0


cdef inline bint settle(
    settling f, const char *x_at, const char *t_at, char *y_at, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Returns whether any element is still in doubt.
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


cdef inline bint values_of_any(
    f64_formula f, Range of_all, const ExpBlock *e, char **operands, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    if of_all == NEAR_RANGE:
        return values(f, NEAR_RANGE, e, operands, doubt, n)
    if of_all == FAR_RANGE:
        return values(f, FAR_RANGE, e, operands, doubt, n)
    return values(f, DEEP_RANGE, e, operands, doubt, n)


cdef inline int map_f64(f64_formula f, bint even, exact_formula exact, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef ExpBlock e
    cdef bint any_doubt
    borrow(x, operands[0], n)
    any_doubt = values_of_any(f, exp_block_of_any(x, even, &e, n), &e, operands, doubt, n)
    return accurate_f64(exact, operands[0], operands[0], operands[1], doubt, n) if any_doubt else 0


cdef inline int map_settled_f64(
    f64_formula f, bint even, settling g, exact_formula exact, char **operands, Py_ssize_t n
) noexcept nogil:
    # Results near 0 are subnormal too, so that every block is computed in the unit.
    cdef const double[::1] x = None
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef ExpBlock e
    borrow(x, operands[0], n)
    if not values_of_any(f, exp_block_in_unit(x, even, &e, n), &e, operands, doubt, n):
        return 0
    if not settle(g, operands[0], operands[0], operands[1], doubt, n):
        return 0
    return accurate_f64(exact, operands[0], operands[0], operands[1], doubt, n)


ctypedef struct Doubts:
    bint y
    bint z


cdef inline Doubts values2(
    f64_formula f, f64_formula g, Range of_all, const ExpBlock *e, char **operands,
    uint64_t *y_doubt, uint64_t *z_doubt, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef uint64_t in_y = 0, in_z = 0
    cdef Rounding a, b
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    for i in range(n):
        a = f(x[i], exp_at(e, i, of_all))
        b = g(x[i], exp_at(e, i, of_all))
        y[i] = a.y
        z[i] = b.y
        y_doubt[i] = a.doubt
        z_doubt[i] = b.doubt
        in_y |= a.doubt
        in_z |= b.doubt
    return Doubts(in_y != 0, in_z != 0)


cdef inline int map2_f64(
    f64_formula f, f64_formula g, exact_formula f_exact, exact_formula g_exact, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef uint64_t y_doubt[WIDE_BLOCK]
    cdef uint64_t z_doubt[WIDE_BLOCK]
    cdef ExpBlock e
    cdef Doubts doubts
    cdef Range of_all
    cdef int raised = 0
    borrow(x, operands[0], n)
    of_all = exp_block_of_any(x, True, &e, n)
    if of_all == NEAR_RANGE:
        doubts = values2(f, g, NEAR_RANGE, &e, operands, y_doubt, z_doubt, n)
    elif of_all == FAR_RANGE:
        doubts = values2(f, g, FAR_RANGE, &e, operands, y_doubt, z_doubt, n)
    else:
        doubts = values2(f, g, DEEP_RANGE, &e, operands, y_doubt, z_doubt, n)
    if doubts.y:
        raised = accurate_f64(f_exact, operands[0], operands[0], operands[1], y_doubt, n)
    if doubts.z:
        raised |= accurate_f64(g_exact, operands[0], operands[0], operands[2], z_doubt, n)
    return raised


cdef inline Doubts values2_with(
    f64_formula_with f, f64_formula g, Range of_all, const ExpBlock *e, char **operands,
    uint64_t *y_doubt, uint64_t *z_doubt, Py_ssize_t n
) noexcept nogil:
    # y is a function of both inputs, z of the first.
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef uint64_t in_y = 0, in_z = 0
    cdef Rounding a, b
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    for i in range(n):
        a = f(x[i], t[i], exp_at(e, i, of_all))
        b = g(x[i], exp_at(e, i, of_all))
        y[i] = a.y
        z[i] = b.y
        y_doubt[i] = a.doubt
        z_doubt[i] = b.doubt
        in_y |= a.doubt
        in_z |= b.doubt
    return Doubts(in_y != 0, in_z != 0)


cdef inline int map2_with_f64(
    f64_formula_with f, settling h, f64_formula g, exact_formula f_exact, exact_formula g_exact, flags_formula flags,
    char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef uint64_t y_doubt[WIDE_BLOCK]
    cdef uint64_t z_doubt[WIDE_BLOCK]
    cdef ExpBlock e
    cdef Doubts doubts
    cdef Range of_all
    cdef int raised
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    of_all = exp_block_of_any(x, True, &e, n)
    if of_all == NEAR_RANGE:
        doubts = values2_with(f, g, NEAR_RANGE, &e, operands, y_doubt, z_doubt, n)
    elif of_all == FAR_RANGE:
        doubts = values2_with(f, g, FAR_RANGE, &e, operands, y_doubt, z_doubt, n)
    else:
        doubts = values2_with(f, g, DEEP_RANGE, &e, operands, y_doubt, z_doubt, n)
    raised = flags_of_doubles(flags, t, n)
    if doubts.y and settle(h, operands[0], operands[1], operands[2], y_doubt, n):
        raised |= accurate_f64(f_exact, operands[0], operands[1], operands[2], y_doubt, n)
    if doubts.z:
        raised |= accurate_f64(g_exact, operands[0], operands[0], operands[3], z_doubt, n)
    return raised


cdef inline bint values_with(
    f64_formula_with f, Range of_all, const ExpBlock *e, char **operands, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    # Returns whether any element is in doubt.
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        a = f(x[i], t[i], exp_at(e, i, of_all))
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return any_doubt != 0


cdef inline int map_with_f64(
    f64_formula_with f, settling g, exact_formula exact, char **operands, Py_ssize_t n
) noexcept nogil:
    # Returns no flags of t: the kernel of another output has returned them.
    cdef const double[::1] x = None
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef ExpBlock e
    cdef Range of_all
    cdef bint any_doubt
    borrow(x, operands[0], n)
    of_all = exp_block_of_any(x, True, &e, n)
    if of_all == NEAR_RANGE:
        any_doubt = values_with(f, NEAR_RANGE, &e, operands, doubt, n)
    elif of_all == FAR_RANGE:
        any_doubt = values_with(f, FAR_RANGE, &e, operands, doubt, n)
    else:
        any_doubt = values_with(f, DEEP_RANGE, &e, operands, doubt, n)
    if any_doubt and settle(g, operands[0], operands[1], operands[2], doubt, n):
        return accurate_f64(exact, operands[0], operands[1], operands[2], doubt, n)
    return 0


cdef inline bint any_of(pair_test f, const double[::1] x, const double[::1] t, Py_ssize_t n) noexcept nogil:
    cdef bint found = False
    cdef Py_ssize_t i
    for i in range(n):
        found |= f(x[i], t[i])
    return found


cdef inline bint plain_values(
    plain_f64_formula_with f, const double[::1] x, const double[::1] t, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    cdef uint64_t any_doubt = 0
    cdef Rounding a
    cdef Py_ssize_t i
    for i in range(n):
        a = f(x[i], t[i])
        y[i] = a.y
        doubt[i] = a.doubt
        any_doubt |= a.doubt
    return any_doubt != 0


cdef void leave_to_accurate(
    pair_test beyond, const double[::1] x, const double[::1] t, double[::1] y, uint64_t *doubt, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        if beyond(x[i], t[i]) and is_finite(x[i]) and is_finite(t[i]):
            y[i] = 0.0
            doubt[i] = 1


cdef inline int plain_with_f64(
    pair_test unfit, pair_test beyond, plain_f64_formula_with f, plain_f64_formula_with scaled, exact_formula exact,
    char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef uint64_t doubt[WIDE_BLOCK]
    cdef bint any_doubt
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    if any_of(unfit, x, t, n):
        any_doubt = plain_values(scaled, x, t, y, doubt, n)
    else:
        any_doubt = plain_values(f, x, t, y, doubt, n)
    if any_of(beyond, x, t, n):
        leave_to_accurate(beyond, x, t, y, doubt, n)
        any_doubt = True
    return accurate_f64(exact, operands[0], operands[1], operands[2], doubt, n) if any_doubt else 0
