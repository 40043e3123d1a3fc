# sigmoid_backward(grad, y) = grad y (1 - y)
#
# Rational, for any real y: products and sums of pairs hold it almost, and where they hold it exactly, a tie is one.

cdef extern from *:
    const double TAIL_ERROR "0x1p-51"  # of what is added to its tail
    const double TWO_ROUNDINGS "0x1p-104"  # of p.l, in parts of the product
    const double LEAST_TAIL "0x1p-200"  # 1 - y is below 1 for the smallest y too
    const double MOST_PRODUCT "0x1p+1000"
    const double SMALL_FACTOR "0x1p-400"
    const double LARGE_FACTOR "0x1p+300"
    const double SCALE "0x1p+600"
    const uint64_t SCALE_EXPONENT "((uint64_t)600 << 52)"
    const uint64_t GRID_BITS "((uint64_t)(1023 - 1074) << 52)"  # of the least subnormal: its exponent wraps around


cdef inline double sigmoid_backward_narrow(double grad, double y) noexcept nogil:
    # For float16 exact: 11 bits, times 11, times 24; for float32 to a relative error of 2^-51
    return grad * (y * (1.0 - y))


cdef inline Sum sigmoid_backward_sum(double grad, double y) noexcept nogil:
    # Exact, but that l may be rounded: grad y has 48 bits and y - y^2 is a pair, since y^2 has 48 bits too, and both
    # parts times grad are pairs. l has its sign and is 0 only where it is.
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


cdef inline Rounding sigmoid_backward_f64(double grad, double y) noexcept nogil:
    # Factors so small or large that a tail might be lost are replaced by some of their sign, and left to the next
    # formula, or to the accurate phase.
    cdef double g_size = fabs(grad), y_size = fabs(y), g, v
    cdef bint far_g = ((g_size < SMALL_FACTOR) & (g_size > 0.0)) | ((g_size > LARGE_FACTOR) & (g_size <= LARGEST))
    cdef bint small_y = (y_size < SMALL_FACTOR) & (y_size > 0.0)
    cdef bint large_y = (y_size > LARGE_FACTOR) & (y_size <= LARGEST)
    cdef Product a
    cdef Rounding b
    g = copysign(1.0, grad) if far_g else grad
    v = copysign(0.5, y) if small_y else y
    v = copysign(2.0, y) if large_y else v
    a = backward_product(g, v, two_sum(1.0, -v))
    b = rounding(a.h + (a.l + MARGINS * a.error), a.h + (a.l - MARGINS * a.error))
    b.y = b.y if (fabs(a.h) <= LARGEST) & (a.h != 0.0) else a.h  # infinity has no tail, and -0 no sum
    b.doubt = 1 if far_g | small_y | large_y else b.doubt
    return b


cdef inline Rounding sigmoid_backward_scaled(double grad, double y, Rounding a) noexcept nogil:
    # Where a factor is small, by factors with exponents in the middle. A subnormal result is rounded once, to its grid,
    # of which it is a multiple that stands in the low bits of a sum; from a tie it goes to where the tail points.
    cdef bint tiny_y = fabs(y) < SMALL_FACTOR, tiny_grad = fabs(grad) < SMALL_FACTOR, reached, unsure, subnormal, up, down
    cdef double y_scale = SCALE if tiny_y else 1.0, grad_scale = SCALE if tiny_grad else 1.0, grid, whole, sum_h, rest
    cdef uint64_t scales = (SCALE_EXPONENT if tiny_y else 0) + (SCALE_EXPONENT if tiny_grad else 0), u, doubt
    cdef Product p
    cdef Pair c = two_sum(1.0, -y), s, other
    cdef double l
    c.l = copysign(LEAST_TAIL, c.l) if (c.l != 0.0) & (fabs(c.l) < LEAST_TAIL) else c.l  # y c.l is not to be lost
    p = backward_product(grad * grad_scale, y * y_scale, c)
    l = p.l if p.h > 0.0 else -p.l
    s = fast_two_sum(fabs(p.h), l + MARGINS * p.error)
    other = fast_two_sum(fabs(p.h), l - MARGINS * p.error)
    grid = from_bits(scales + GRID_BITS)
    whole = grid * UINT_BASE
    subnormal = s.h < whole
    sum_h = s.h + whole
    rest = s.h - (sum_h - whole)
    up = (rest == 0.5 * grid) & (s.l > 0.0)
    down = (rest == -0.5 * grid) & (s.l < 0.0)
    u = bits(sum_h) - bits(whole)
    u = u + 1 if up else u
    u = u - 1 if down else u
    u = u if subnormal else bits(s.h) - scales
    reached = (s.h <= MOST_PRODUCT) & (fabs(grad) <= LARGE_FACTOR) & (fabs(y) <= LARGE_FACTOR) & (tiny_y | tiny_grad)
    a.y = from_bits(u | (bits(p.h) & SIGN)) if reached else a.y
    # Two roundings, or a tail that may be on either side of 0
    unsure = (s.h != other.h) | ((s.l >= 0.0) & (other.l <= 0.0) & (p.error > 0.0))
    doubt = a.doubt if unsure else 0
    a.doubt = doubt if reached else a.doubt
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
    cdef long double c = 1.0 - y, p = y * c, p_l = fmal(y, c, -p) + y * ((1.0 - c) - y), g = grad * p
    return g + (fmal(grad, p, -g) + grad * p_l) if fabsl(g) <= LDBL_MAX and g != 0.0 else g


cdef int sigmoid_backward_e(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_half(sigmoid_backward_narrow, p, n)


cdef int sigmoid_backward_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_single(sigmoid_backward_narrow, sigmoid_backward_sum, p, n)


cdef int sigmoid_backward_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_f64(sigmoid_backward_f64, sigmoid_backward_scaled, sigmoid_backward_exact, p, n)


cdef int sigmoid_backward_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_ld(sigmoid_backward_ld, p, n)


KERNELS["sigmoid_backward"] = row(
    signature(2, 1), sigmoid_backward_e, sigmoid_backward_f,
    sigmoid_backward_d, sigmoid_backward_g
)
