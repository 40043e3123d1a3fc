# THE LOOPS OF THE FAST TIER. Exponentials first, which tell whether all of a block is near; the formula is written once
# and compiled for both.

ctypedef float (*fast_formula)(float x, FastExp e) noexcept nogil
ctypedef float (*fast_formula_with)(float x, float t, FastExp e) noexcept nogil
ctypedef float (*fast_plain_formula)(float x, bint far) noexcept nogil
ctypedef int (*fast_flags_formula)(float x) noexcept nogil
ctypedef double (*fast_f64_formula)(double x, FastRatio e) noexcept nogil
ctypedef double (*fast_f64_formula_with)(double x, double t, FastRatio e) noexcept nogil
ctypedef double (*fast_plain_f64_formula)(double x, bint far) noexcept nogil


cdef enum:
    ALL_NEAR = 0
    ANY_FAR = 1
    ANY_TINY = 2


cdef inline int exps_fast(const float[::1] x, float *u, bint tiny, Py_ssize_t n) noexcept nogil:
    # exp(-|x|) in the unit, and what is there: ANY_FAR where an x is far, and if `tiny` ANY_TINY where one is so
    # small that products with it may be subnormal, for which the formula of the far is made as well.
    cdef float most = <float> opaque(FAST_MOST), least = <float> opaque(FAST_TINY), t
    cdef unsigned int low = 0xffffffff, smallest = 0xffffffff, magnitude
    cdef Py_ssize_t i
    for i in range(n):
        t = fabsf(x[i])
        if tiny:
            magnitude = bits_f32(t) - 1  # of 0 the largest
            smallest = magnitude if magnitude < smallest else smallest
        t = most if most < t else t
        t = least if least > t else t
        u[i] = exp_fast(t)
        low = bits_f32(u[i]) if bits_f32(u[i]) < low else low
    if tiny and smallest < bits_f32(FAST_TINY) - 1:
        return ANY_TINY
    return ANY_FAR if low < bits_f32(FAST_LOW) else ALL_NEAR


cdef inline int map_fast(fast_formula f, bint tiny, char **operands, Py_ssize_t n) noexcept nogil:
    # Whether there is a tiny x, if that is asked
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef float u[NARROW_BLOCK]
    cdef int found
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    found = exps_fast(x, u, tiny, n)
    if found:
        for i in range(n):
            y[i] = f(x[i], fast_exp_of(u[i], True))
    else:
        for i in range(n):
            y[i] = f(x[i], fast_exp_of(u[i], False))
    return found == ANY_TINY


cdef inline int map2_fast(fast_formula f, fast_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef float[::1] z = None
    cdef float u[NARROW_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    if exps_fast(x, u, False, n):
        for i in range(n):
            y[i] = f(x[i], fast_exp_of(u[i], True))
            z[i] = g(x[i], fast_exp_of(u[i], True))
    else:
        for i in range(n):
            y[i] = f(x[i], fast_exp_of(u[i], False))
            z[i] = g(x[i], fast_exp_of(u[i], False))
    return 0


cdef inline int map_fast_with(fast_formula_with f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x = None
    cdef const float[::1] t = None
    cdef float[::1] y = None
    cdef float u[NARROW_BLOCK]
    cdef int wrong = 0
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    if exps_fast(x, u, False, n):
        for i in range(n):
            y[i] = f(x[i], t[i], fast_exp_of(u[i], True))
    else:
        for i in range(n):
            y[i] = f(x[i], t[i], fast_exp_of(u[i], False))
    for i in range(n):
        wrong |= (t[i] < 0.0) | (t[i] > 1.0)
    return wrong * INVALID


cdef inline int exps_fast_f64(
    const double[::1] x, double *num, double *w, double *r, bint tiny, Py_ssize_t n
) noexcept nogil:
    # The same of float64
    cdef double most = opaque(MOST), least = opaque(FAST_TINY_F64), t
    cdef uint64_t near = ~<uint64_t> 0, small = 0
    cdef FastRatio e
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        if tiny:
            small |= mask((t < FAST_TINY_F64) & (t > 0.0))
        t = most if most < t else t
        t = least if least > t else t
        e = exp_fast_f64(t)
        num[i] = e.n
        w[i] = e.w
        r[i] = e.r
        near &= bits(e.n)
    if small:
        return ANY_TINY
    return ANY_FAR if near & FAST_IS_NEAR_F64 != FAST_IS_NEAR_F64 else ALL_NEAR


cdef inline int map_fast_f64(fast_f64_formula f, bint tiny, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double num[WIDE_BLOCK]
    cdef double w[WIDE_BLOCK]
    cdef double r[WIDE_BLOCK]
    cdef double low = opaque(FAST_LOW_F64), least = opaque(FAST_LEAST_NORMAL_F64)
    cdef int found
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    found = exps_fast_f64(x, num, w, r, tiny, n)
    if found:
        for i in range(n):
            y[i] = f(x[i], far_ratio(num[i], w[i], r[i], low, least))
    else:
        for i in range(n):
            y[i] = f(x[i], near_ratio(num[i], w[i], r[i]))
    return found == ANY_TINY


cdef inline int map2_fast_f64(fast_f64_formula f, fast_f64_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef double num[WIDE_BLOCK]
    cdef double w[WIDE_BLOCK]
    cdef double r[WIDE_BLOCK]
    cdef double low = opaque(FAST_LOW_F64), least = opaque(FAST_LEAST_NORMAL_F64)
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    if exps_fast_f64(x, num, w, r, False, n):
        for i in range(n):
            y[i] = f(x[i], far_ratio(num[i], w[i], r[i], low, least))
            z[i] = g(x[i], far_ratio(num[i], w[i], r[i], low, least))
    else:
        for i in range(n):
            y[i] = f(x[i], near_ratio(num[i], w[i], r[i]))
            z[i] = g(x[i], near_ratio(num[i], w[i], r[i]))
    return 0


cdef inline int map_fast_with_f64(fast_f64_formula_with f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef const double[::1] t = None
    cdef double[::1] y = None
    cdef double num[WIDE_BLOCK]
    cdef double w[WIDE_BLOCK]
    cdef double r[WIDE_BLOCK]
    cdef double low = opaque(FAST_LOW_F64), least = opaque(FAST_LEAST_NORMAL_F64)
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    if exps_fast_f64(x, num, w, r, False, n):
        for i in range(n):
            y[i] = f(x[i], t[i], far_ratio(num[i], w[i], r[i], low, least))
    else:
        for i in range(n):
            y[i] = f(x[i], t[i], near_ratio(num[i], w[i], r[i]))
    return flags_of_doubles(target_flags, t, n)


cdef inline int plain_fast(
    fast_plain_formula f, fast_flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    # A block that holds a subnormal number is computed again, as far
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef unsigned int smallest = 0xffffffff, magnitude
    cdef int raised = 0
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        magnitude = (bits_f32(x[i]) & 0x7fffffff) - 1  # of 0 the largest
        smallest = magnitude if magnitude < smallest else smallest
        y[i] = f(x[i], False)
        raised |= flags(x[i])
    if smallest < FAST_LEAST_BITS - 1:
        for i in range(n):
            y[i] = f(x[i], True)
    return raised


cdef inline int plain_fast_f64(
    fast_plain_f64_formula f, flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef uint64_t small = 0
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        small |= mask((x[i] < LEAST_NORMAL) & (x[i] > 0.0))
        y[i] = f(x[i], False)
    if small:
        for i in range(n):
            y[i] = f(x[i], True)
    return flags_of_doubles(flags, x, n)
