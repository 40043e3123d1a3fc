# THE LOOPS OF bfloat16, the upper half of a float32: a block is widened, computed in float32 and rounded.
#
# A kernel of float32 computes any block, within 2 ULP of float32. So a result is rounded correctly unless it is within
# 2 ULP of the middle of two bfloat16, as five of 65,536 numbers are: there the accurate phase decides. bfloat16 has
# float32's exponents: all this holds for subnormal numbers too, and for the largest, where rounding carries into
# infinity.
#
# Most blocks hold only 0 and numbers from which nothing overflows or becomes subnormal. With FMA some functions compute
# these in a single loop, by plain formulas of their own, NAME_bf16. Those of one input have no test for doubt: a test
# computes each of the numbers that they may get, and none is rounded wrong.

cdef extern from *:
    const unsigned int MIDDLE_BF16 "0x8000u"  # of two bfloat16, in the lower half
    const unsigned int LOWER_HALF "0xffffu"
    const unsigned int MOST_OFF_BF16 "2u"  # how far a kernel's result may be off, in float32's ULP

    # The bits of bfloat16
    const uint16_t SIZE_BF16 "((uint16_t)0x7fff)"  # all but the sign
    const uint16_t ONE_BF16 "((uint16_t)0x3f80)"
    const uint16_t NEAR_LEAST_BF16 "((uint16_t)((127 - 60) << 7))"  # FAST_TINY
    const uint16_t NEAR_MOST_BF16 "((uint16_t)0x4228)"  # FAST_NEAR_MOST

ctypedef float (*bf16_formula)(float x) noexcept nogil


cdef inline float float_of_bf16(uint16_t u) noexcept nogil:
    return from_bits_f32(<unsigned int> u << 16)


cdef inline uint16_t rounded_bf16(unsigned int u) noexcept nogil:
    # To the nearest, ties to even
    return <uint16_t> ((u + (MIDDLE_BF16 - 1) + (u >> 16 & 1)) >> 16)


cdef inline void widen_bf16(const char *x_at, float *w, Py_ssize_t n) noexcept nogil:
    cdef const uint16_t[::1] x = None
    cdef Py_ssize_t i
    borrow(x, x_at, n)
    for i in range(n):
        w[i] = float_of_bf16(x[i])


cdef inline bint next_to_middle(unsigned int u) noexcept nogil:
    return ((u + MOST_OFF_BF16) & LOWER_HALF) - MIDDLE_BF16 <= 2 * MOST_OFF_BF16


cdef uint16_t nearest_bf16(exact_formula f, float x, float t, int *flags) noexcept nogil:
    cdef uint64_t decided = nearest(f, x, t, 8, -133, flags)
    return <uint16_t> (decided | decided >> 48)


cdef int narrow_bf16(
    exact_formula f, const float *x, const float *t, const float *w, char *y_at, Py_ssize_t n
) noexcept nogil:
    # Rounding keeps a NaN: its lower half is 0, since it comes from a bfloat16 or is the default NaN.
    cdef uint16_t[::1] y = None
    cdef unsigned int u, doubt = 0
    cdef int flags = 0
    cdef Py_ssize_t i
    borrow(y, y_at, n)
    for i in range(n):
        u = bits_f32(w[i])
        y[i] = rounded_bf16(u)
        doubt |= next_to_middle(u)
    if doubt:
        for i in range(n):
            # For an infinite input the float32 is exact, and a tie is rounded correctly already.
            if next_to_middle(bits_f32(w[i])) and is_finite(x[i]) and is_finite(t[i]):
                y[i] = nearest_bf16(f, x[i], t[i], &flags)
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


cdef inline bint inside_bf16(const char *x_at, uint16_t least, uint16_t most, Py_ssize_t n) noexcept nogil:
    # Whether every |x| is 0 or from `least` to `most`, in bits; with 1 subtracted, 0 is the largest integer.
    cdef const uint16_t[::1] x = None
    cdef uint16_t smallest = 0xffff, largest = 0, size
    cdef Py_ssize_t i
    borrow(x, x_at, n)
    for i in range(n):
        size = x[i] & SIZE_BF16
        largest = size if size > largest else largest
        size = <uint16_t> (size - 1)
        smallest = size if size < smallest else smallest
    return largest <= most and smallest >= least - 1


cdef inline bint near_bf16(const char *x_at, Py_ssize_t n) noexcept nogil:
    return HAS_FMA and inside_bf16(x_at, NEAR_LEAST_BF16, NEAR_MOST_BF16, n)


cdef inline void values_bf16(
    bf16_formula f, bint ties_up, const char *x_at, char *y_at, Py_ssize_t n
) noexcept nogil:
    # A float32 in the middle of two bfloat16 is rounded to the even one, or up: a test of all numbers shows which is
    # right.
    cdef unsigned int u
    cdef const uint16_t[::1] x = None
    cdef uint16_t[::1] y = None
    cdef Py_ssize_t i
    borrow(x, x_at, n)
    borrow(y, y_at, n)
    for i in range(n):
        u = bits_f32(f(float_of_bf16(x[i])))
        y[i] = <uint16_t> ((u + MIDDLE_BF16) >> 16) if ties_up else rounded_bf16(u)


cdef inline float exp_minus_bf16(float x) noexcept nogil:
    # exp(-x) of a near x, which may be negative: at most 2^61, to a relative error below 2^-23
    return exp_fast(x, False)


cdef inline float sigmoid_of_exp(float e) noexcept nogil:
    return <float> 1.0 / (<float> 1.0 + e)
