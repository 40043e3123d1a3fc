# THE LOOP OF bfloat16, the upper half of a float32: a block is widened, computed by a kernel of float32 and rounded.
#
# Each of those kernels is within 2 ULP of float32. So a result is rounded right unless it is as near as that to the
# middle of two bfloat16; there, and five numbers of 65,536 are, the accurate phase decides. bfloat16 has float32's
# exponents: all this holds for subnormal numbers too, and for the largest, where rounding carries into infinity.

cdef extern from *:
    const unsigned int MIDDLE_BF16 "0x8000u"  # of two bfloat16, in the lower half
    const unsigned int LOWER_HALF "0xffffu"
    const unsigned int MOST_OFF_BF16 "2u"  # how far a kernel's result may be off, in float32's ULP


cdef inline void widen_bf16(const char *x_at, float *w, Py_ssize_t n) noexcept nogil:
    cdef const uint16_t[::1] x = None
    cdef Py_ssize_t i
    borrow(x, x_at, n)
    for i in range(n):
        w[i] = from_bits_f32(<unsigned int> x[i] << 16)


cdef inline bint next_to_middle(unsigned int u) noexcept nogil:
    return ((u + MOST_OFF_BF16) & LOWER_HALF) - MIDDLE_BF16 <= 2 * MOST_OFF_BF16


cdef int narrow_bf16(
    exact_formula f, const float *x, const float *t, const float *w, char *y_at, Py_ssize_t n
) noexcept nogil:
    # To the nearest, ties to even. A NaN stays one: its lower half is 0, as it comes from a bfloat16 or is the default.
    cdef uint16_t[::1] y = None
    cdef unsigned int u, doubt = 0
    cdef int flags = 0
    cdef uint64_t decided
    cdef Py_ssize_t i
    borrow(y, y_at, n)
    for i in range(n):
        u = bits_f32(w[i])
        y[i] = <uint16_t> ((u + (MIDDLE_BF16 - 1) + (u >> 16 & 1)) >> 16)
        doubt |= next_to_middle(u)
    if doubt:
        for i in range(n):
            # An infinite input leaves a number that float32 holds: a tie is one.
            if next_to_middle(bits_f32(w[i])) and is_finite(x[i]) and is_finite(t[i]):
                decided = nearest(f, x[i], t[i], 8, -133, &flags)
                y[i] = <uint16_t> (decided | decided >> 48)
    return flags


cdef int map_bf16(
    kernel_t of_float, Signature s, exact_formula f, exact_formula g, char **operands, Py_ssize_t n
) noexcept nogil:
    # f is the formula of the first output, g of the second, if there is one
    cdef float w[OPERANDS][NARROW_BLOCK]
    cdef char *at[OPERANDS]
    cdef const float *t = w[s.nin - 1]
    cdef int flags, i
    for i in range(s.nin + s.nout):
        at[i] = <char *> w[i]
    for i in range(s.nin):
        widen_bf16(operands[i], w[i], n)
    flags = of_float(at, n)
    flags |= narrow_bf16(f, w[0], t, w[s.nin], operands[s.nin], n)
    if s.nout == 2:
        flags |= narrow_bf16(g, w[0], t, w[s.nin + 1], operands[s.nin + 1], n)
    return flags
