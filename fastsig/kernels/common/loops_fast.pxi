# THE LOOPS OF THE FAST TIER. A block that starts near is treated as near: the loop of the exponentials tells whether it
# was, and if not, they are computed again as far. The formula is written once and compiled for both.

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
    START = 64  # elements that tell whether a block starts near


cdef inline bint starts_far(const float[::1] x, Py_ssize_t n) noexcept nogil:
    # Whether a large x or NaN is among the first elements, as in most far blocks
    cdef unsigned int most = 0, size
    cdef Py_ssize_t i
    if n < START:
        return False
    for i in range(START):
        size = bits_f32(x[i]) & 0x7fffffff
        most = size if size > most else most
    return most > bits_f32(FAST_NEAR_MOST)


cdef inline int near_exps_fast(const float[::1] x, float *u, bint tiny, Py_ssize_t n) noexcept nogil:
    # exp(-|x|) of near x, and whether there are others. The bits of numbers >= 0 are in the order of the numbers, with
    # NaN beyond infinity. The result of a larger x is not used, and nothing is subnormal on the way to it; a smaller x
    # is replaced, since products with it might be subnormal.
    cdef float t
    cdef unsigned int most = 0, least = 0xffffffff, size
    cdef Py_ssize_t i
    for i in range(n):
        t = fabsf(x[i])
        size = bits_f32(t)
        most = size if size > most else most
        if tiny:
            least = size - 1 if size - 1 < least else least  # for 0 it is the largest
        u[i] = exp_fast(at_least(t, FAST_TINY), False)
    return ANY_FAR if most > bits_f32(FAST_NEAR_MOST) or (tiny and least < bits_f32(FAST_TINY) - 1) else ALL_NEAR


cdef inline int far_exps_fast(const float[::1] x, float *u, bint tiny, Py_ssize_t n) noexcept nogil:
    # exp(-|x|), in the unit
    cdef float most = <float> opaque(FAST_MOST), t
    cdef unsigned int least = 0xffffffff, size
    cdef Py_ssize_t i
    for i in range(n):
        t = fabsf(x[i])
        if tiny:
            size = bits_f32(t) - 1
            least = size if size < least else least
        u[i] = exp_fast(at_least(most if most < t else t, FAST_TINY), True)
    return ANY_TINY if tiny and least < bits_f32(FAST_TINY) - 1 else ANY_FAR


cdef inline int exps_fast(const float[::1] x, float *u, bint tiny, Py_ssize_t n) noexcept nogil:
    if not starts_far(x, n) and near_exps_fast(x, u, tiny, n) == ALL_NEAR:
        return ALL_NEAR
    return far_exps_fast(x, u, tiny, n)


cdef inline int map_fast(fast_formula f, bint tiny, char **operands, Py_ssize_t n) noexcept nogil:
    # Returns whether any x is tiny, if `tiny` asks for that.
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef float u[NARROW_BLOCK]
    cdef int kind
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    kind = exps_fast(x, u, tiny, n)
    if kind:
        for i in range(n):
            y[i] = f(x[i], fast_exp_of(u[i], True))
    else:
        for i in range(n):
            y[i] = f(x[i], fast_exp_of(u[i], False))
    return kind == ANY_TINY


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


cdef inline uint64_t exceeds_f64(uint64_t a, uint64_t limit) noexcept nogil:
    # The top bit tells whether a > limit, for integers below 2^63: AVX2 has no unsigned comparison of 64 bits.
    return a + (~<uint64_t> 0 >> 1) - limit


cdef inline uint64_t tiny_f64(double t) noexcept nogil:
    return ~exceeds_f64(bits(t), bits(FAST_TINY_F64) - 1) & exceeds_f64(bits(t), 0)


cdef inline bint starts_far_f64(const double[::1] x, Py_ssize_t n) noexcept nogil:
    cdef uint64_t large = 0
    cdef Py_ssize_t i
    if n < START:
        return False
    for i in range(START):
        large |= exceeds_f64(bits(fabs(x[i])), bits(FAST_NEAR_MOST_F64))
    return large >> 63


cdef inline int near_exps_fast_f64(
    const double[::1] x, double *num, double *w, double *r, bint tiny, Py_ssize_t n
) noexcept nogil:
    # As near_exps_fast, for float64
    cdef double low = opaque(FAST_TINY_F64), t
    cdef uint64_t large = 0, small = 0
    cdef FastParts e
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        large |= exceeds_f64(bits(t), bits(FAST_NEAR_MOST_F64))
        if tiny:
            small |= tiny_f64(t)
        e = exp_fast_f64(low if low > t else t, False)
        num[i] = e.n
        w[i] = e.w
        r[i] = e.r
    return ANY_FAR if (large | small) >> 63 else ALL_NEAR


cdef inline int far_exps_fast_f64(
    const double[::1] x, double *num, double *w, double *r, bint tiny, Py_ssize_t n
) noexcept nogil:
    cdef double most = opaque(MOST), least = opaque(FAST_TINY_F64), t
    cdef uint64_t small = 0
    cdef FastParts e
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        if tiny:
            small |= tiny_f64(t)
        t = most if most < t else t
        t = least if least > t else t
        e = exp_fast_f64(t, True)
        num[i] = e.n
        w[i] = e.w
        r[i] = e.r
    return ANY_TINY if small >> 63 else ANY_FAR


cdef inline int exps_fast_f64(
    const double[::1] x, double *num, double *w, double *r, bint tiny, Py_ssize_t n
) noexcept nogil:
    if not starts_far_f64(x, n) and near_exps_fast_f64(x, num, w, r, tiny, n) == ALL_NEAR:
        return ALL_NEAR
    return far_exps_fast_f64(x, num, w, r, tiny, n)


cdef inline int map_fast_f64(fast_f64_formula f, bint tiny, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double num[WIDE_BLOCK]
    cdef double w[WIDE_BLOCK]
    cdef double r[WIDE_BLOCK]
    cdef double low = opaque(FAST_LOW_F64), least = opaque(FAST_LEAST_NORMAL_F64)
    cdef int kind
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    kind = exps_fast_f64(x, num, w, r, tiny, n)
    if kind:
        for i in range(n):
            y[i] = f(x[i], fast_ratio(num[i], w[i], r[i], True, low, least))
    else:
        for i in range(n):
            y[i] = f(x[i], fast_ratio(num[i], w[i], r[i], False, low, least))
    return kind == ANY_TINY


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
            y[i] = f(x[i], fast_ratio(num[i], w[i], r[i], True, low, least))
            z[i] = g(x[i], fast_ratio(num[i], w[i], r[i], True, low, least))
    else:
        for i in range(n):
            y[i] = f(x[i], fast_ratio(num[i], w[i], r[i], False, low, least))
            z[i] = g(x[i], fast_ratio(num[i], w[i], r[i], False, low, least))
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
            y[i] = f(x[i], t[i], fast_ratio(num[i], w[i], r[i], True, low, least))
    else:
        for i in range(n):
            y[i] = f(x[i], t[i], fast_ratio(num[i], w[i], r[i], False, low, least))
    return flags_of_doubles(target_flags, t, n)


cdef inline int plain_fast(
    fast_plain_formula f, fast_flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    # A block that holds a subnormal number is computed again, as far.
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef unsigned int smallest = 0xffffffff, magnitude
    cdef int raised = 0
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        magnitude = (bits_f32(x[i]) & 0x7fffffff) - 1  # for 0 it is the largest
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
