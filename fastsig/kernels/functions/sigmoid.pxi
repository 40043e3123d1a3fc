# sigmoid(x) = 1/(1 + exp(-x)) = (x < 0 ? e : 1)/(1 + e) = (x < 0 ? n : d)/(d + n),  e = exp(-|x|) = n/d
#
# Nothing overflows, since e <= 1, and nothing cancels.

cdef extern from *:
    # For |x| < BIASED float32 uses sigmoid_near_zero, whose slope is a quarter of 1 - 2^-26.
    const double BIASED "0x1p-14"
    const double BIASED_QUARTER "(0.25 * (1.0 - 0x1p-26))"

    const float SIGMOID_TWO "0x1.000002p+1f"
    const float SIGMOID_LESS "(1.0f - 0x1p-22f)"
    const int SMALL_NEGATIVE "((int)0xbd000000)"  # the bits of -2^-5; those of a number from there to -0 are less


cdef inline Ratio sigmoid_ratio_narrow(double x, Exp e) noexcept nogil:
    # From e = exp(-x), not exp(-|x|): in float64 it does not overflow.
    return Ratio(e.den, e.den + e.num)


cdef inline double sigmoid_near_zero(double x) noexcept nogil:
    # Where 1/2 + x/4 is a float32 midpoint, the next term of sigmoid(x) = 1/2 + x/4 - x^3/48 + ... decides, and may be
    # lost in float64: 1/2 + (x/4)(1 - 2^-26) is biased to the side on which that term lies.
    return fma(x, BIASED_QUARTER, 0.5)


cdef inline float sigmoid_half(float x, float most) noexcept nogil:
    # From exp(-x), as float32. Between -2^-5 and 0 the bias is upwards, on the cubic term's side of 1/2 + x/4.
    cdef float t = most if most < x else x
    cdef HalfExp e = exp_half(-most if t < -most else t, SIGMOID_TWO)
    return e.den / fmaf(e.den, SIGMOID_LESS if <int> bits_f32(x) < SMALL_NEGATIVE else HALF_MORE, e.num)


cdef inline Ratio lower_ratio_narrow(double x, Exp e) noexcept nogil:
    # q = sigmoid(-|x|), from e = exp(-|x|): for the derivative, and for the gradient of the loss
    return Ratio(e.num, e.den + e.num)


cdef inline Rounding sigmoid_f64(double x, ExpF64 e) noexcept nogil:
    cdef RatioPair a = in_unit(e)
    cdef Pair n = chosen(x < 0.0, a.n, a.d), d
    cdef Quotient s
    if e.range == DEEP_RANGE:
        d = sum_out_of_unit(e, counted(counts(a.n), a.n))
        return by_share_in_unit(divide_in_unit(n, d, 1.0 / d.h), 1.0 / d.h, MARGIN)
    d = sum_f64(a)
    s = divide(n, d, 1.0 / d.h)
    if e.range == FAR_RANGE:
        return by_share_of_rest(s.q, s.rest, s.r, MARGIN)
    return by_share(s.q, s.rest * s.r, MARGIN)


cdef void sigmoid_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    if x.negative:
        logistic(y, NULL, NULL, x, limbs)
    else:
        logistic(NULL, y, NULL, x, limbs)


cdef inline PairLd sigmoid_pair_ld(long double x, ExpLd e) noexcept nogil:
    cdef PairLd a = lower_ld(e.e)
    return a if x < 0.0 else upper_ld(a)


# BOUND sigmoid longdouble: 2.0 ulp
cdef inline long double sigmoid_ld(long double x, ExpLd e) noexcept nogil:
    cdef PairLd s = sigmoid_pair_ld(x, e)
    return s.h + s.l


cdef int sigmoid_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(sigmoid_half, p, n)
    return map_narrow(sigmoid_ratio_narrow, itself, False, False, p, n, HALF)


cdef int sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(sigmoid_ratio_narrow, itself, False, False, p, n, SINGLE)
    return refine(sigmoid_near_zero, BIASED, INFINITY, p[0], p[1], n)


cdef int sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_f64, False, sigmoid_exact, p, n)


cdef int sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_ld, p, n)


cdef inline float lower_fast(FastExp e) noexcept nogil:
    # sigmoid(-|x|) = e/(1 + e) = e - e q, q = e/(1 + e), in the unit if far: the errors of the division count e times
    return fmaf(-e.u, e.e / (<float> 1.0 + e.e), e.u)


# BOUND fast_sigmoid float32 fma: 1.70 ulp; worst 1.6465 at -0x1.196d7p+0
cdef inline float sigmoid_fast(float x, FastExp e) noexcept nogil:
    cdef float a = lower_fast(e)
    return settled(a, e.far) if negative_f32(x) else <float> 1.0 - beside_one(a, e.far)


# BOUND fast_sigmoid float64 fma: 1.70 ulp; worst 1.5468 at -0x1.c999b95cd8ebbp+4
cdef inline double sigmoid_fast_f64(double x, FastRatio e) noexcept nogil:
    cdef double d_l = e.r + e.plain, d = e.w + d_l, q = quotient_fast(e.n, 0.0, d, (e.w - d) + d_l)
    return settled_f64(q, e) if x < 0.0 else 1.0 - beside_one_f64(q, e)


cdef int fast_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(sigmoid_fast, False, p, n) if HAS_FMA else sigmoid_f(p, n)


cdef int fast_sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_f64(sigmoid_fast_f64, False, p, n) if HAS_FMA else sigmoid_d(p, n)


cdef inline float sigmoid_bf16(float x) noexcept nogil:
    return sigmoid_of_exp(exp_minus_bf16(x))


cdef int sigmoid_b(char **p, Py_ssize_t n) noexcept nogil:
    if near_bf16(p[0], n):
        values_bf16(sigmoid_bf16, False, p[0], p[1], n)
        return 0
    return map_bf16(fast_sigmoid_f, signature(1, 1), sigmoid_exact, NULL, p, n)


KERNELS["sigmoid"] = row(signature(1, 1), sigmoid_e, sigmoid_f, sigmoid_d, sigmoid_g)
FAST["sigmoid"] = row(signature(1, 1), sigmoid_e, fast_sigmoid_f, fast_sigmoid_d, sigmoid_g)
BFLOAT16["sigmoid"] = kernel_of(sigmoid_b)
