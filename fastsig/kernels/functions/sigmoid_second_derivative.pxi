# sigmoid_second_derivative(x) = s' (1 - 2s) = -s' tanh(x/2) = -sign(x) e (1 - e)/(1 + e)^3
#                              = -sign(x) n d (d - n)/(d + n)^3;  odd
#
# d - n is not the difference of two rounded numbers: near 0 it is 2r, and nothing cancels.

cdef extern from *:
    const double TINY "0x1p-60"
    const double HALF_ULP "0x1p-53"


# BOUND sigmoid_second_derivative float16: 0.5 ulp
# BOUND sigmoid_second_derivative float32: 0.5 ulp
cdef inline Ratio sigmoid_second_derivative_ratio_narrow(double x, Exp e) noexcept nogil:
    cdef double d = e.den + e.num
    return Ratio(e.num * e.den * e.complement, d * d * d)


cdef inline double sigmoid_second_derivative_narrow(double x, double q) noexcept nogil:
    return copysign(q, -x)


cdef inline double sigmoid_second_derivative_near_zero(double x) noexcept nogil:
    # Where -x/8 is halfway between two subnormals, the cubic term x^3/24 decides: the bias is on its side.
    return x * (HALF_ULP - 0.125)


# BOUND sigmoid_second_derivative float64 fma: 0.54 ulp; worst 0.5210 at -0x1.6e96ecce1f5b7p-2
# BOUND sigmoid_second_derivative float64 no-fma: 0.54 ulp; worst 0.5253 at 0x1.6b5c976535edcp-2
cdef inline double sigmoid_second_derivative_f64(double x, RatioPair e) noexcept nogil:
    cdef Pair d = sum_f64(e, 1.0), n = times_in_unit(times_in_unit(e.n, e.d), sum_f64(e, -1.0))
    cdef double r = 1.0 / d.h, r_unit = UNIT * r
    return copysign(quotient(n, times_in_unit(d, square_in_unit(d)), (r_unit * r_unit) * r), -x)


# BOUND sigmoid_second_derivative longdouble: 2.0 ulp
cdef inline long double sigmoid_second_derivative_ld(long double x, long double e) noexcept nogil:
    cdef PairLd d = two_sum_ld(1.0, e), cube = square_ld(d)
    cdef long double tail = cube.h * d.l
    cube = times_ld(cube, d.h)
    cube.l += tail
    return -copysignl(quotient_ld(times_ld(exactly(e), -expm1l(-fabsl(x))), cube), x)


cdef int sigmoid_second_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow_with_x(
        sigmoid_second_derivative_ratio_narrow, sigmoid_second_derivative_narrow, True, p, n, HALF
    )


cdef int sigmoid_second_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(
        sigmoid_second_derivative_ratio_narrow, sigmoid_second_derivative_narrow, True, p, n, SINGLE
    )
    return refine(sigmoid_second_derivative_near_zero, TINY, INFINITY, p[0], p[1], n)


cdef int sigmoid_second_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_second_derivative_f64, p, n)


cdef int sigmoid_second_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_second_derivative_ld, p, n)


KERNELS["sigmoid_second_derivative"] = row(
    signature(1, 1), sigmoid_second_derivative_e, sigmoid_second_derivative_f,
    sigmoid_second_derivative_d, sigmoid_second_derivative_g
)
