# sigmoid_backward(grad, y) = grad y (1 - y)
#
# The result is rational for any real y: products and sums of pairs hold it almost, or exactly, and then a tie is one.

cdef extern from *:
    const double TAIL_ERROR "0x1p-51"  # error of a tail, in parts of what is added to it
    const double TWO_ROUNDINGS "0x1p-104"  # error of p.l, in parts of the product
    const double LEAST_TAIL "0x1p-200"  # replaces a small y in 1 - y: a tail still, and no subnormal
    const double SMALL_FACTOR "0x1p-400"
    const double LARGE_GRAD "0x1p+700"
    const double LARGE_Y "0x1p+150"
    const uint64_t SCALE_EXPONENT "((uint64_t)700 << 52)"  # of SCALE
    const double SCALE "0x1p+700"
    const double OVERFLOW "0x1p+324"  # SCALE times it is infinite
    const uint64_t SCALED_LEAST "((uint64_t)(1023 - 1022 + 700) << 52)"  # of SCALE times the least normal number
    const float FAST_MOST_Y "0x1p+40f"  # the square of a larger y may overflow where the product does not
    const double FAST_MOST_Y_F64 "0x1p+400"
    const uint64_t HALF_GRID_BITS "((uint64_t)(1023 - 1075) << 52)"  # of half the least subnormal: they wrap around


cdef inline double sigmoid_backward_narrow(double grad, double y) noexcept nogil:
    # Exact for float16: 11 bits, times 11, times 24; for float32 to a relative error of 2^-51
    return grad * (y * (1.0 - y))


cdef inline Sum sigmoid_backward_sum(double grad, double y) noexcept nogil:
    # Exact, but that l may be rounded: y^2 has 48 bits, so that y - y^2 is a pair, and both of its parts times grad are
    # pairs. l has the sign of the exact tail and is 0 only where that is.
    cdef Pair p = two_sum(y, -(y * y)), s
    cdef double h = grad * p.h, l = product_tail(grad, p.h, h), rest = grad * p.l
    h = h if fabs(p.h) <= LARGEST else sigmoid_backward_narrow(grad, y)
    if HAS_FMA:
        return Sum(h, fma(grad, p.l, l), 0.0)
    s = two_sum(l, rest)
    return Sum(h, s.h + (s.l + product_tail(grad, p.l, rest)), 0.0)


ctypedef struct Product:
    double h
    double l
    double error  # of l; 0 where h + l is the product exactly


cdef inline Product backward_product(double grad, double y, Pair complement) noexcept nogil:
    # grad y c, c the complement. With p = y c: if p.l = 0, grad p is a pair exactly.
    cdef Pair p
    cdef Product a
    cdef double rest
    p.h = y * complement.h
    p.l = fma(y, complement.l, product_tail(y, complement.h, p.h))
    a.h = grad * p.h
    rest = grad * p.l
    a.l = product_tail(grad, p.h, a.h) + rest
    a.error = TAIL_ERROR * (fabs(rest) + (fabs(a.l) if p.l != 0.0 else 0.0))
    if not HAS_FMA:  # p.l has two roundings, and may be 0 all the same
        a.error += TWO_ROUNDINGS * fabs(a.h) if complement.l != 0.0 else 0.0
    return a


cdef inline bint is_large(double size) noexcept nogil:
    return (size > LARGE_GRAD) & (size <= LARGEST)


cdef inline bint needs_scaling(double grad, double y) noexcept nogil:
    return (
        ((fabs(grad) < SMALL_FACTOR) & (grad != 0.0)) | is_large(fabs(grad))
        | ((fabs(y) < SMALL_FACTOR) & (y != 0.0))
    )


cdef inline bint is_beyond(double grad, double y) noexcept nogil:
    # No sigmoid is so large: the accurate phase computes it. Below, no scaled product overflows: 2^700 2^300.
    return (fabs(y) > LARGE_Y) & (fabs(y) <= LARGEST)


cdef inline Rounding sigmoid_backward_f64(double grad, double y) noexcept nogil:
    # For factors that need no scaling: no tail is lost, and no product overflows.
    cdef Product a = backward_product(grad, y, two_sum(1.0, -y))
    cdef Rounding b = rounding(a.h + (a.l + MARGINS * a.error), a.h + (a.l - MARGINS * a.error))
    b.y = b.y if (fabs(a.h) <= LARGEST) & (a.h != 0.0) else a.h  # infinity has no tail, and -0 no sum
    return b


cdef inline double scaled(double a, uint64_t shift) noexcept nogil:
    # a >= 0 with `shift` added to its exponent. For a subnormal a that is SCALE_EXPONENT: a is an integer in the low
    # bits of a sum, so that no operation has a subnormal operand.
    cdef uint64_t m = bits(a)
    cdef double subnormal = from_bits(m | SCALED_LEAST) - from_bits(SCALED_LEAST)
    return subnormal if a < LEAST_NORMAL else from_bits(m + shift)


cdef inline Rounding sigmoid_backward_scaled(double grad, double y) noexcept nogil:
    # Small factors, 0 among them, are scaled up, and large ones down. A subnormal result is rounded once, to its grid,
    # as an integer in the low bits of a sum; a tie goes to where the tail points. Where the product is not scaled up,
    # `half` and `whole` are negative, and no result is below `whole`.
    cdef double g_size = fabs(grad), y_size = fabs(y), g, v, complement, size, half, whole, sum_h, rest, l
    cdef bint small_y = y_size < SMALL_FACTOR, large_g = is_large(g_size), unsure, up, down
    cdef double most = OVERFLOW if large_g & (not small_y) else INFINITY
    cdef uint64_t shift_g = 0 - SCALE_EXPONENT if large_g else 0, shift_y = SCALE_EXPONENT if small_y else 0
    cdef uint64_t scales, sign, u
    cdef Product p
    cdef Pair s, other
    cdef Rounding a
    shift_g = SCALE_EXPONENT if g_size < SMALL_FACTOR else shift_g
    scales = shift_g + shift_y
    g = scaled(g_size, shift_g)
    v = copysign(scaled(y_size, shift_y), y)
    complement = copysign(LEAST_TAIL, y) if small_y else y
    p = backward_product(g, v, two_sum(1.0, -complement))
    sign = bits(p.h) & SIGN
    size = from_bits(bits(p.h) ^ sign)
    l = from_bits(bits(p.l) ^ sign)
    s = fast_two_sum(size, l + MARGINS * p.error)
    other = fast_two_sum(size, l - MARGINS * p.error)
    half = from_bits(scales + HALF_GRID_BITS)
    whole = half * (2.0 * UINT_BASE)
    sum_h = s.h + whole
    rest = s.h - (sum_h - whole)
    up = (rest == half) & (s.l > 0.0)
    down = (rest == -half) & (s.l < 0.0)
    u = bits(sum_h) - bits(whole)
    u = u + 1 if up else u
    u = u - 1 if down else u
    u = u if s.h < whole else bits(s.h) - scales
    u = u if (size > 0.0) & (size < most) else bits(size * SCALE)  # 0, infinity and NaN have no exponent to change
    a.y = from_bits(u ^ sign ^ (bits(grad) & SIGN))
    # Two roundings, or a tail that may be on either side of 0
    unsure = (s.h != other.h) | ((s.l >= 0.0) & (other.l <= 0.0) & (p.error > 0.0))
    a.doubt = 1 if unsure | ALL_IN_DOUBT else 0
    return a


cdef void sigmoid_backward_exact(Real *y, const Real *grad, const Real *s, int limbs) noexcept nogil:
    # grad s (1 - s)
    cdef Real one
    set_integer(&one, 1, 0)
    subtract_reals(&one, &one, s, limbs)
    multiply_reals(y, grad, s, limbs)
    multiply_reals(y, y, &one, limbs)


# BOUND sigmoid_backward longdouble: 2.0 ulp
cdef inline long double sigmoid_backward_ld(long double grad, long double y) noexcept nogil:
    cdef long double c = 1.0 - y, p = y * c, p_l = tail_ld(y, c, p) + y * ((1.0 - c) - y), g = grad * p
    if not fabsl(p) <= LDBL_MAX:
        return grad * y * c
    return g + grad * p_l if fabsl(g) <= LDBL_MAX and g != 0.0 else g


cdef int sigmoid_backward_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return plain_with_f16c(sigmoid_backward_narrow, p, n)
    return plain_with_half(sigmoid_backward_narrow, p, n)


cdef int sigmoid_backward_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_single(sigmoid_backward_narrow, sigmoid_backward_sum, p, n)


cdef int sigmoid_backward_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_f64(
        needs_scaling, is_beyond, sigmoid_backward_f64, sigmoid_backward_scaled, sigmoid_backward_exact, p, n
    )


cdef int sigmoid_backward_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_ld(sigmoid_backward_ld, p, n)


# BOUND fast_sigmoid_backward float32 fma: 1.50 ulp
cdef inline float sigmoid_backward_fast(float grad, float y, bint far) noexcept nogil:
    # y - y^2 is rounded once, whether it cancels or not. If far, a y that is no sigmoid may have an infinite square.
    cdef float z = grad * fmaf(-y, y, y)
    return (grad * y) * (<float> 1.0 - y) if far and fabsf(y) > FAST_MOST_Y else z


cdef inline int map_backward_fast(char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] grad = None
    cdef const float[::1] y = None
    cdef float[::1] z = None
    cdef unsigned int most = 0, size
    cdef Py_ssize_t i
    borrow(grad, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    for i in range(n):
        size = bits_f32(y[i]) & 0x7fffffff
        most = size if size > most else most
        z[i] = sigmoid_backward_fast(grad[i], y[i], False)
    if most > bits_f32(FAST_MOST_Y):
        for i in range(n):
            z[i] = sigmoid_backward_fast(grad[i], y[i], True)
    return 0


# BOUND fast_sigmoid_backward float64 fma: 1.50 ulp
cdef inline double sigmoid_backward_fast_f64(double grad, double y, bint far) noexcept nogil:
    cdef double z = grad * fma(-y, y, y)
    return (grad * y) * (1.0 - y) if far and fabs(y) > FAST_MOST_Y_F64 else z


cdef inline int map_backward_fast_f64(char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] grad = None
    cdef const double[::1] y = None
    cdef double[::1] z = None
    cdef uint64_t large = 0
    cdef Py_ssize_t i
    borrow(grad, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    for i in range(n):
        large |= mask(fabs(y[i]) > FAST_MOST_Y_F64)
        z[i] = sigmoid_backward_fast_f64(grad[i], y[i], False)
    if large:
        for i in range(n):
            z[i] = sigmoid_backward_fast_f64(grad[i], y[i], True)
    return 0


cdef int fast_sigmoid_backward_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_backward_fast(p, n) if HAS_FMA else sigmoid_backward_f(p, n)


cdef int fast_sigmoid_backward_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_backward_fast_f64(p, n) if HAS_FMA else sigmoid_backward_d(p, n)


cdef extern from *:
    """
    /* Where uint16_t are: aligned to 2 bytes, and written as others. */
    #ifdef __GNUC__
    typedef uint32_t __attribute__((aligned(2), may_alias)) fastsig_two_bf16;
    #else
    typedef uint32_t fastsig_two_bf16;
    #endif
    """
    ctypedef unsigned int TwoBf16 "fastsig_two_bf16"
    const unsigned int UPPER_HALF "0xffff0000u"
    const unsigned int BELOW_ONE_F32 "0x3f7fffffu"  # 1 - 2^-24
    const float TO_BASE_BF16 "65535.0f"

    # Within these limits, in the bits of bfloat16, no number or tail of a product is subnormal, and none overflows.
    const uint16_t GRAD_LEAST_BF16 "((uint16_t)((127 - 50) << 7))"  # 2^-50
    const uint16_t GRAD_MOST_BF16 "((uint16_t)((127 + 100) << 7))"
    const uint16_t Y_LEAST_BF16 "((uint16_t)((127 - 40) << 7))"


cdef inline unsigned int sigmoid_backward_bf16(unsigned int grad_bits, unsigned int y_bits) noexcept nogil:
    # Rounded once, for 0 <= y <= 1: a = grad y is exact, and so is b = 1 - y for y >= 2^-17. Below that, a is a tie,
    # which any b < 1 decides, or further from one than b is from 1. `base` is about 2^16 times the product, so that the
    # last bit of their sum is bfloat16's, and rounding the sum rounds the product. With a factor of 2^16 the sum could
    # reach the next binade and be rounded too coarsely; with TO_BASE_BF16 every pair is rounded right, as a test of all
    # shows. 0 gets back its sign.
    cdef float y = from_bits_f32(y_bits), a = from_bits_f32(grad_bits) * y, b, base
    cdef unsigned int u = bits_f32(<float> 1.0 - y)
    b = from_bits_f32(u if u < BELOW_ONE_F32 else BELOW_ONE_F32)
    base = a * b
    u = bits_f32(base) & SIGN_F32
    base *= TO_BASE_BF16
    return bits_f32(fmaf(a, b, base) - base) | u


cdef inline void backward_bf16(const char *grad_at, const char *y_at, char *z_at, Py_ssize_t n) noexcept nogil:
    # Two numbers at a time, which are the halves of an integer, so that no lanes are widened or narrowed.
    cdef const TwoBf16 *grad = <const TwoBf16 *> grad_at
    cdef const TwoBf16 *y = <const TwoBf16 *> y_at
    cdef TwoBf16 *z = <TwoBf16 *> z_at
    cdef Py_ssize_t i
    for i in range(n):
        z[i] = (
            sigmoid_backward_bf16(grad[i] & UPPER_HALF, y[i] & UPPER_HALF)
            | sigmoid_backward_bf16(grad[i] << 16, y[i] << 16) >> 16
        )


cdef inline bint factors_bf16(const char *grad_at, const char *y_at, Py_ssize_t n) noexcept nogil:
    # Whether every |grad| and every y is 0 or within its limits; the bits of a negative y are larger
    cdef const uint16_t[::1] grad = None
    cdef const uint16_t[::1] y = None
    cdef uint16_t least = 0xffff, most = 0, least_y = 0xffff, most_y = 0, u
    cdef Py_ssize_t i
    borrow(grad, grad_at, n)
    borrow(y, y_at, n)
    for i in range(n):
        u = grad[i] & SIZE_BF16
        most = u if u > most else most
        u = <uint16_t> (u - 1)
        least = u if u < least else least
        u = y[i]
        most_y = u if u > most_y else most_y
        u = <uint16_t> (u - 1)
        least_y = u if u < least_y else least_y
    return (
        most <= GRAD_MOST_BF16 and least >= GRAD_LEAST_BF16 - 1
        and most_y <= ONE_BF16 and least_y >= Y_LEAST_BF16 - 1
    )


cdef int sigmoid_backward_b(char **p, Py_ssize_t n) noexcept nogil:
    cdef uint16_t[2] grad
    cdef uint16_t[2] y
    cdef uint16_t[2] z
    if HAS_FMA and factors_bf16(p[0], p[1], n):
        backward_bf16(p[0], p[1], p[2], n // 2)
        if n & 1:
            grad[0] = grad[1] = (<const uint16_t *> p[0])[n - 1]
            y[0] = y[1] = (<const uint16_t *> p[1])[n - 1]
            backward_bf16(<const char *> grad, <const char *> y, <char *> z, 1)
            (<uint16_t *> p[2])[n - 1] = z[0]
        return 0
    return map_bf16(fast_sigmoid_backward_f, signature(2, 1), sigmoid_backward_exact, NULL, p, n)


KERNELS["sigmoid_backward"] = row(
    signature(2, 1), sigmoid_backward_e, sigmoid_backward_f,
    sigmoid_backward_d, sigmoid_backward_g
)
FAST["sigmoid_backward"] = row(
    signature(2, 1), sigmoid_backward_e, fast_sigmoid_backward_f,
    fast_sigmoid_backward_d, sigmoid_backward_g
)
BFLOAT16["sigmoid_backward"] = kernel_of(sigmoid_backward_b)
