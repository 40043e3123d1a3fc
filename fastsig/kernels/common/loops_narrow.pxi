# THE LOOPS OF float16 AND float32, which are computed in float64 and rounded once at the end.

cdef extern from *:
    """
    /* Into L2 only: of L1's lines few can be on their way at once. It may run past what belongs to us. */
    static inline void fastsig_prefetch(const char *start, ptrdiff_t bytes)
    {
    #ifdef __GNUC__
        #pragma GCC unroll 6
        for (ptrdiff_t i = 0; i < bytes; i += 64)
            __builtin_prefetch((const void *) ((uintptr_t) start + i), 0, 2);
    #endif
    }
    """
    void prefetch "fastsig_prefetch"(const char *start, Py_ssize_t bytes) noexcept nogil

ctypedef Ratio (*narrow_ratio)(double x, Exp e) noexcept nogil
ctypedef double (*narrow_value)(double x, double q) noexcept nogil
ctypedef double (*near_formula)(double x) noexcept nogil
ctypedef Ratio (*narrow_ratio_with)(double x, double t, Exp e) noexcept nogil
ctypedef Value (*narrow_value_with)(double x, double t, double q) noexcept nogil
ctypedef Sum (*narrow_sum_with)(double x, double t, double q) noexcept nogil
ctypedef double (*plain_formula)(double x) noexcept nogil
ctypedef double (*plain_value_with)(double x, double t) noexcept nogil
ctypedef Sum (*plain_sum_with)(double x, double t) noexcept nogil

ctypedef fused narrow:
    uint16_t  # float16, by its bits
    float

ctypedef fused real:
    float
    double

# Typed null pointers that select the specialisation of a loop, float16 or float32; they are never dereferenced.
cdef const uint16_t *HALF = NULL
cdef const float *SINGLE = NULL

cdef enum:
    APART = 32  # elements from one phase of a loop to the next: enough that none waits for the one before it


cdef inline narrow rounded(double v, const narrow *tag) noexcept nogil:
    if narrow is float:
        return <float> v
    else:
        return double_to_half(v)


cdef inline bint has_sign(narrow x) noexcept nogil:
    # Comparing integers does not compete with the multiplications, as comparing floats does.
    if narrow is float:
        return <int> bits_f32(x) < 0
    else:
        return x >> 15


cdef inline double itself(double x, double q) noexcept nogil:
    # For a function that is its quotient
    return q


cdef inline void widen_halves(const uint16_t[::1] x, double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        w[i] = half_to_double(x[i])


cdef inline void widen_f16c(const uint16_t[::1] x, double *w, Py_ssize_t n) noexcept nogil:
    cdef float v[NARROW_BLOCK]
    cdef Py_ssize_t i
    halves_to_floats(&x[0], v, n)
    for i in range(n):
        w[i] = v[i]


cdef inline void widen(const narrow[::1] x, double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if narrow is float:
        for i in range(n):
            w[i] = x[i]
    elif HAS_F16C:
        widen_f16c(x, w, n)
    else:
        widen_halves(x, w, n)


cdef inline real clamped_operand(real t, real most, real least, bint even) noexcept nogil:
    # |t| if `even`, for exp(-|x|), else t, for exp(-x)
    if even:
        t = fabsf(t) if real is float else fabs(t)
    t = most if most < t else t
    if not even:
        t = least if least > t else t
    return t


cdef inline double exponent_operand(narrow x, double most, double least, bint even) noexcept nogil:
    # float32 is clamped as float32, on twice the lanes.
    if narrow is float:
        return clamped_operand(x, <float> most, <float> least, even)
    else:
        return clamped_operand(half_to_double(x), most, least, even)


cdef inline void reduce_doubles(const double *w, double *r, double *exponent, bint even, Py_ssize_t n) noexcept nogil:
    cdef double most = opaque(NARROW_MOST), least = opaque(-NARROW_MOST)
    cdef Reduced a
    cdef Py_ssize_t i
    for i in range(n):
        a = reduce_narrow(clamped_operand(w[i], most, least, even))
        r[i] = a.r
        exponent[i] = a.exponent


cdef inline void reduce_operands(
    const narrow[::1] x, double *w, double *r, double *exponent, bint even, Py_ssize_t n
) noexcept nogil:
    # As reduce_doubles, for operands; the clamped x is stored in w, unless that is NULL.
    cdef double most = opaque(NARROW_MOST), least = opaque(-NARROW_MOST), t
    cdef Reduced a
    cdef Py_ssize_t i
    for i in range(n):
        t = exponent_operand(x[i], most, least, even)
        if w != NULL:
            w[i] = t
        a = reduce_narrow(t)
        r[i] = a.r
        exponent[i] = a.exponent


cdef inline int refine(
    near_formula f, double low, double high, char *x_at, char *y_at, Py_ssize_t n
) noexcept nogil:
    # Recomputes float32 results for 0 < |x| < low and for |x| > high, of which most blocks have none. For float16,
    # float64 is accurate enough.
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef unsigned int least = 0xffffffff, most = 0, magnitude
    cdef double w, refined
    cdef Py_ssize_t i
    borrow(x, x_at, n)
    borrow(y, y_at, n)
    for i in range(n):
        magnitude = bits_f32(x[i]) & 0x7fffffff
        least = magnitude - 1 if magnitude - 1 < least else least  # for 0 it is the largest
        if high < INFINITY:
            most = magnitude if magnitude > most else most
    if least < bits_f32(<float> low) - 1 or most > bits_f32(<float> high):
        for i in range(n):
            w = x[i]
            refined = f(w)
            y[i] = <float> refined if (fabs(w) < low) | (fabs(w) > high) else y[i]
    return 0


cdef inline double quotient_of(narrow_ratio f, double x, double w, double r, double exponent) noexcept nogil:
    cdef Ratio a = f(x, exp_of_coth(w, r, exponent))
    return a.num / a.den


cdef inline int map_narrow(
    narrow_ratio f, narrow_value g, bint even, bint needs_x, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    # For functions whose value needs the quotient only. Their ratio may need x: it gets x as clamped for the
    # exponential.
    #
    # The loop is software-pipelined: it computes the quotient of one element, the coth of one further on, and the
    # reduction of one beyond that, so that divisions, multiplications and conversions overlap. Buffers hold what passes
    # between them. The divisions set a pace at which reading the input does not hide the latency of memory: what
    # follows this block, most often the next one, is prefetched.
    cdef const narrow[::1] x = None
    cdef narrow[::1] y = None
    cdef double t[NARROW_BLOCK]
    cdef double r[NARROW_BLOCK]
    cdef double exponent[NARROW_BLOCK]
    cdef double w[NARROW_BLOCK]
    cdef double most = opaque(NARROW_MOST), least = opaque(-NARROW_MOST), v
    cdef Py_ssize_t i, k, rest = max(n - 2 * APART, 0), bytes_of_half = n * <Py_ssize_t> sizeof(tag[0]) // 2
    cdef char *following = operands[0] + 2 * bytes_of_half
    cdef Reduced a
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    reduce_operands(x, t if needs_x else NULL, r, exponent, even, min(n, 2 * APART))
    for i in range(min(n, APART)):
        w[i] = coth_narrow(r[i])
    prefetch(following, bytes_of_half)
    for i in range(rest):
        y[i] = rounded(g(0.0, quotient_of(f, t[i] if needs_x else 0.0, w[i], r[i], exponent[i])), tag)
        k = i + APART
        w[k] = coth_narrow(r[k])
        k = i + 2 * APART
        v = exponent_operand(x[k], most, least, even)
        if needs_x:
            t[k] = v
        a = reduce_narrow(v)
        r[k] = a.r
        exponent[k] = a.exponent
    prefetch(following + bytes_of_half, bytes_of_half)
    for i in range(rest + min(n, APART), n):
        w[i] = coth_narrow(r[i])
    for i in range(rest, n):
        y[i] = rounded(g(0.0, quotient_of(f, t[i] if needs_x else 0.0, w[i], r[i], exponent[i])), tag)
    return 0


cdef inline void ratios(
    narrow_ratio f, const double *w, double *p, double *q, bint even, Py_ssize_t n
) noexcept nogil:
    cdef Ratio a
    cdef Py_ssize_t i
    reduce_doubles(w, p, q, even, n)
    for i in range(n):
        a = f(w[i], exp_narrow(p[i], q[i]))
        p[i] = a.num
        q[i] = a.den


cdef inline int map_narrow_with_x(
    narrow_ratio f, narrow_value g, bint even, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x = None
    cdef narrow[::1] y = None
    cdef double w[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    widen(x, w, n)
    ratios(f, w, p, q, even, n)
    for i in range(n):
        y[i] = rounded(g(w[i], p[i] / q[i]), tag)
    return 0


cdef inline int map_sigmoid_and_narrow(narrow_value g, char **operands, Py_ssize_t n, const narrow *tag) noexcept nogil:
    # y is the sigmoid, and z what follows from that of -|x|. Both sides of y are rounded before one is chosen, so that
    # the choice is on twice the lanes.
    cdef const narrow[::1] x = None
    cdef narrow[::1] y = None
    cdef narrow[::1] z = None
    cdef narrow lower, upper
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef double a
    cdef Ratio e
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    reduce_operands(x, NULL, p, q, True, n)
    for i in range(n):
        e = lower_ratio_narrow(0.0, exp_narrow(p[i], q[i]))
        p[i] = e.num
        q[i] = e.den
    for i in range(n):
        a = p[i] / q[i]
        lower = rounded(a, tag)
        upper = rounded(1.0 - a, tag)
        y[i] = lower if has_sign(x[i]) else upper
        z[i] = rounded(g(0.0, a), tag)
    return 0


cdef inline void ratios_with(
    narrow_ratio_with f, const double *w, const double *u, double *p, double *q, Py_ssize_t n
) noexcept nogil:
    cdef Ratio a
    cdef Py_ssize_t i
    reduce_doubles(w, p, q, True, n)
    for i in range(n):
        a = f(w[i], u[i], exp_narrow(p[i], q[i]))
        p[i] = a.num
        q[i] = a.den


cdef inline bint differ(narrow a, narrow b) noexcept nogil:
    if narrow is float:
        return bits_f32(a) != bits_f32(b)
    else:
        return a != b


cdef inline int accurate_narrow(
    exact_formula f, const narrow[::1] x, const narrow[::1] t, narrow[::1] y, const narrow *other, Py_ssize_t n
) noexcept nogil:
    # Recomputes y where it is in doubt: the results with the margin added and subtracted differ.
    cdef int flags = 0
    cdef Py_ssize_t i
    for i in range(n):
        if ALL_IN_DOUBT or differ(y[i], other[i]):
            if narrow is float:
                y[i] = nearest_f32(f, x[i], t[i], y[i], &flags)
            else:
                y[i] = nearest_f16(f, half_to_double(x[i]), half_to_double(t[i]), y[i], &flags)
    return flags


cdef inline narrow with_margin(Sum a, double sign, const narrow *tag) noexcept nogil:
    return rounded(to_odd(a, sign * MARGINS * a.error), tag)


cdef inline double margin_of(Value a) noexcept nogil:
    # 0 if the error is infinite, so that infinity stays, or NaN, so that NaN keeps its sign.
    return MARGINS * a.error if a.error <= LARGEST else 0.0


cdef inline bint in_doubt(const char *y, const narrow *other, Py_ssize_t n) noexcept nogil:
    # Whether any result with the margin added differs from the one with it subtracted
    return ALL_IN_DOUBT or memcmp(y, other, n * sizeof(other[0])) != 0


cdef inline int decide_narrow(
    narrow_sum_with g, exact_formula exact, const double *w, const double *u, const double *p, const double *q,
    char **operands, narrow *other, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    # Recomputes results in doubt, which may be ties: by sums that lose nothing, and where those do not decide, exactly.
    # Such results are scattered; the loop branches, so that one in doubt does not slow down the rest of its block.
    cdef const narrow[::1] x = None
    cdef const narrow[::1] t = None
    cdef narrow[::1] y = None
    cdef Sum a
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        if ALL_IN_DOUBT or differ(y[i], other[i]):
            a = g(w[i], u[i], p[i] / q[i])
            y[i] = with_margin(a, 1.0, tag)
            other[i] = with_margin(a, -1.0, tag)
    return accurate_narrow(exact, x, t, y, other, n) if in_doubt(operands[2], other, n) else 0


cdef inline int map_with_narrow(
    narrow_ratio_with f, narrow_value_with g, narrow_sum_with g_sum, exact_formula exact, flags_formula flags,
    char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x = None
    cdef const narrow[::1] t = None
    cdef narrow[::1] y = None
    cdef narrow other[NARROW_BLOCK]
    cdef double w[NARROW_BLOCK]
    cdef double u[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef Value a
    cdef int raised
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    widen(x, w, n)
    widen(t, u, n)
    ratios_with(f, w, u, p, q, n)
    for i in range(n):
        a = g(w[i], u[i], p[i] / q[i])
        y[i] = rounded(a.y + margin_of(a), tag)
        other[i] = rounded(a.y - margin_of(a), tag)
    raised = flags_of_widened(flags, u, n)
    if in_doubt(operands[2], other, n):
        raised |= decide_narrow(g_sum, exact, w, u, p, q, operands, other, n, tag)
    return raised


cdef inline int map2_with_narrow(
    narrow_ratio_with f, narrow_value_with g, narrow_sum_with g_sum, narrow_value h, exact_formula exact,
    flags_formula flags, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    # y is a function of both inputs, z of the first.
    cdef const narrow[::1] x = None
    cdef const narrow[::1] t = None
    cdef narrow[::1] y = None
    cdef narrow[::1] z = None
    cdef narrow other[NARROW_BLOCK]
    cdef double w[NARROW_BLOCK]
    cdef double u[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef double v
    cdef Value a
    cdef int raised
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    borrow(z, operands[3], n)
    widen(x, w, n)
    widen(t, u, n)
    ratios_with(f, w, u, p, q, n)
    for i in range(n):
        v = p[i] / q[i]
        a = g(w[i], u[i], v)
        y[i] = rounded(a.y + margin_of(a), tag)
        other[i] = rounded(a.y - margin_of(a), tag)
        z[i] = rounded(h(w[i], v), tag)
    raised = flags_of_widened(flags, u, n)
    if in_doubt(operands[2], other, n):
        raised |= decide_narrow(g_sum, exact, w, u, p, q, operands, other, n, tag)
    return raised


cdef inline void exps_narrow(const narrow[::1] x, double *w, double *p, double *q, Py_ssize_t n) noexcept nogil:
    # exp(-|x|) = p/q. float16 is widened to w; float32 is clamped as float32, on twice the lanes.
    cdef Exp e
    cdef Py_ssize_t i
    if narrow is float:
        reduce_operands(x, NULL, p, q, True, n)
    else:
        widen(x, w, n)
        reduce_doubles(w, p, q, True, n)
    for i in range(n):
        e = exp_narrow(p[i], q[i])
        p[i] = e.num
        q[i] = e.den


cdef inline double widened(const narrow[::1] x, const double *w, Py_ssize_t i) noexcept nogil:
    # An operand as a double: of float32 from x, which is not stored a second time, of float16 from w
    if narrow is float:
        return x[i]
    else:
        return w[i]


cdef inline double quotient_with(
    narrow_ratio_with f, double x, double t, double num, double den
) noexcept nogil:
    # For a ratio that uses no complement
    cdef Ratio a = f(x, t, Exp(num, den, 0.0))
    return a.num / a.den


cdef inline int decide_of_exp(
    narrow_ratio_with f, narrow_sum_with g, exact_formula exact, const narrow[::1] x, const narrow[::1] t,
    const double *w, const double *u, const double *p, const double *q, char *y_at, narrow *other, Py_ssize_t n,
    const narrow *tag
) noexcept nogil:
    # As decide_narrow, from p/q = exp(-|x|)
    cdef narrow[::1] y = None
    cdef double v
    cdef Sum a
    cdef Py_ssize_t i
    borrow(y, y_at, n)
    if not in_doubt(y_at, other, n):
        return 0
    for i in range(n):
        if ALL_IN_DOUBT or differ(y[i], other[i]):
            v = quotient_with(f, widened(x, w, i), widened(t, u, i), p[i], q[i])
            a = g(widened(x, w, i), widened(t, u, i), v)
            y[i] = with_margin(a, 1.0, tag)
            other[i] = with_margin(a, -1.0, tag)
    return accurate_narrow(exact, x, t, y, other, n) if in_doubt(y_at, other, n) else 0


cdef inline void round_floats(const float *v, uint16_t *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = float_to_half(v[i])


cdef inline void round_f16c(const float *v, uint16_t *y, Py_ssize_t n) noexcept nogil:
    floats_to_halves(v, <unsigned short *> y, n)


cdef inline void round_to_halves(const float *v, uint16_t *y, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        round_f16c(v, y, n)
    else:
        round_floats(v, y, n)


cdef inline uint64_t both_values_half(
    narrow_ratio_with f, narrow_value_with f_value, narrow_ratio_with g, narrow_value_with g_value, const double *w,
    const double *u, const double *p, const double *q, uint16_t *y, uint16_t *z, uint16_t *other_y, uint16_t *other_z,
    Py_ssize_t n
) noexcept nogil:
    # As both_values, through float32 rounded to odd
    cdef float more_y[NARROW_BLOCK]
    cdef float more_z[NARROW_BLOCK]
    cdef float less_y[NARROW_BLOCK]
    cdef float less_z[NARROW_BLOCK]
    cdef uint64_t signs = 0
    cdef Value a, b
    cdef Py_ssize_t i
    for i in range(n):
        a = f_value(w[i], u[i], quotient_with(f, w[i], u[i], p[i], q[i]))
        b = g_value(w[i], u[i], quotient_with(g, w[i], u[i], p[i], q[i]))
        signs |= signs_outside(u[i])
        more_y[i] = float_to_odd(a.y + margin_of(a))
        less_y[i] = float_to_odd(a.y - margin_of(a))
        more_z[i] = float_to_odd(b.y + margin_of(b))
        less_z[i] = float_to_odd(b.y - margin_of(b))
    round_to_halves(more_y, y, n)
    round_to_halves(less_y, other_y, n)
    round_to_halves(more_z, z, n)
    round_to_halves(less_z, other_z, n)
    return signs


cdef inline uint64_t both_values(
    narrow_ratio_with f, narrow_value_with f_value, narrow_ratio_with g, narrow_value_with g_value,
    const float[::1] x, const float[::1] t, const double *p, const double *q, float *y, float *z, float *other_y,
    float *other_z, Py_ssize_t n
) noexcept nogil:
    # Returns a number whose top bit tells whether a t may be outside [0, 1].
    cdef uint64_t signs = 0
    cdef Value a, b
    cdef Py_ssize_t i
    for i in range(n):
        a = f_value(x[i], t[i], quotient_with(f, x[i], t[i], p[i], q[i]))
        b = g_value(x[i], t[i], quotient_with(g, x[i], t[i], p[i], q[i]))
        signs |= signs_outside(t[i])
        y[i] = <float> (a.y + margin_of(a))
        other_y[i] = <float> (a.y - margin_of(a))
        z[i] = <float> (b.y + margin_of(b))
        other_z[i] = <float> (b.y - margin_of(b))
    return signs


cdef inline int map_both_with_narrow(
    narrow_ratio_with f, narrow_value_with f_value, narrow_sum_with f_sum, exact_formula f_exact,
    narrow_ratio_with g, narrow_value_with g_value, narrow_sum_with g_sum, exact_formula g_exact,
    flags_formula flags, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    # y and z are functions of both inputs, from one exponential.
    cdef const narrow[::1] x = None
    cdef const narrow[::1] t = None
    cdef narrow other_y[NARROW_BLOCK]
    cdef narrow other_z[NARROW_BLOCK]
    cdef double w[NARROW_BLOCK]
    cdef double u[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef char *y = operands[2]
    cdef char *z = operands[3]
    cdef uint64_t signs
    cdef int raised = 0
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    exps_narrow(x, w, p, q, n)
    if narrow is float:
        signs = both_values(
            f, f_value, g, g_value, x, t, p, q, <float *> y, <float *> z, other_y, other_z, n
        )
    else:
        widen(t, u, n)
        signs = both_values_half(
            f, f_value, g, g_value, w, u, p, q, <uint16_t *> y, <uint16_t *> z, other_y, other_z, n
        )
    if signs >> 63:
        widen(t, u, n)
        raised = flags_of_widened(flags, u, n)
    raised |= decide_of_exp(f, f_sum, f_exact, x, t, w, u, p, q, y, other_y, n, tag)
    raised |= decide_of_exp(g, g_sum, g_exact, x, t, w, u, p, q, z, other_z, n, tag)
    return raised


cdef inline int plain_narrow(
    plain_formula f, flags_formula flags, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x = None
    cdef narrow[::1] y = None
    cdef double w[NARROW_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    widen(x, w, n)
    for i in range(n):
        y[i] = rounded(f(w[i]), tag)
    return flags_of_widened(flags, w, n)


cdef inline int plain_with_half(plain_value_with f, char **operands, Py_ssize_t n) noexcept nogil:
    # For float16: f is exact in float64
    cdef const uint16_t[::1] x = None
    cdef const uint16_t[::1] t = None
    cdef uint16_t[::1] y = None
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        y[i] = double_to_half(f(half_to_double(x[i]), half_to_double(t[i])))
    return 0


cdef inline int plain_with_single(
    plain_value_with f, plain_sum_with f_sum, char **operands, Py_ssize_t n
) noexcept nogil:
    # Results in doubt are recomputed from exact sums, which leave none in doubt.
    cdef const float[::1] x = None
    cdef const float[::1] t = None
    cdef float[::1] y = None
    cdef float other[NARROW_BLOCK]
    cdef double v
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(t, operands[1], n)
    borrow(y, operands[2], n)
    for i in range(n):
        v = f(x[i], t[i])
        y[i] = <float> (v * (1.0 + MARGINS * SUM_ERROR))
        other[i] = <float> (v * (1.0 - MARGINS * SUM_ERROR))
    if in_doubt(operands[2], other, n):
        for i in range(n):
            y[i] = <float> to_odd(f_sum(x[i], t[i]), 0.0)
    return 0
