# silu(x) = x sigmoid(x), rounded once; it is not 0 down to x = -751, where e alone is 0 in float64

cdef extern from *:
    const double SILU_BIASED "0x1p-15"
    const double SILU_LINEAR "0x1p+60"  # beyond it silu(x) = x, and x times the unit could overflow
    const float SILU_TWO "0x1.000018p+1f"
    const float SILU_MORE "0x1p-46f"


cdef inline Ratio silu_ratio_narrow(double x, Exp e) noexcept nogil:
    # From e = exp(-x), as the sigmoid
    return Ratio(x * e.den, e.den + e.num)


cdef inline double silu_narrow(double x, double q) noexcept nogil:
    # At both ends exp(-x) is clamped.
    q = x if x > NARROW_MOST else q
    return -0.0 if x < -NARROW_MOST else q


cdef inline float silu_half(float x, float most) noexcept nogil:
    # From exp(-x). What is added to x d matters where x^2/4 is lost beside x/2, and has its sign. A sum loses -0.
    cdef float c = -most if x < -most else x
    cdef HalfExp e = exp_half(most if most < c else c, SILU_TWO)
    cdef float y = fmaf(c, e.den, SILU_MORE) / (e.den + e.num)
    return from_bits_f32(bits_f32(y) | (bits_f32(x) & SIGN_F32))


cdef inline double silu_near_zero(double x) noexcept nogil:
    # Where x/2 + x^2/4 is a midpoint, the bias is on the side of the next term, -x^4/48. Where x/2 is halfway between
    # two subnormals, the next term is x^2/4.
    cdef double bias = copysign(HALF_ULP, x)
    return x * fma(x, 0.25, 0.5 + (bias if fabs(x) < TINY else -bias))


cdef inline double silu_refined(double x) noexcept nogil:
    return silu_narrow(x, silu_near_zero(x))


cdef inline Rounding silu_f64(double x, ExpF64 e) noexcept nogil:
    cdef Pair n = numerator(e), of_d = Pair(UNIT * e.of_r_h.d_h, UNIT * e.of_r_h.w_l), d
    cdef double t = SILU_LINEAR if x > SILU_LINEAR else x
    cdef Quotient s
    cdef Rounding y
    t = -MOST if t < -MOST else t
    if e.range == DEEP_RANGE:
        d = sum_out_of_unit(e, counted(counts(n), n))
        y = by_share_in_unit(divide_in_unit(times(fabs(t), chosen(x < 0.0, n, of_d)), d, 1.0 / d.h), 1.0 / d.h, MARGIN)
    else:
        d = sum_f64(RatioPair(n, of_d))
        s = divide(times(t, chosen(x < 0.0, n, of_d)), d, 1.0 / d.h)
        y = by_share_of_rest(s.q, s.rest, s.r, MARGIN)
    y.y = x if x > SILU_LINEAR else copysign(y.y, x)  # -0 is lost in a sum
    return y


cdef inline Rounding silu_tiny(double x, double t, Rounding a) noexcept nogil:
    # x/2 + x^2/4: where x/2 is halfway between two subnormals, the result is the upper one
    cdef uint64_t m = bits(fabs(x)), half = (m + (~bits(x) >> 63)) >> 1 if m < 2 * ONE_EXPONENT else m - ONE_EXPONENT
    if fabs(x) < TINY:
        a.y = copysign(from_bits(half), x)
        a.doubt = 0
    return a


cdef void silu_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # x sigmoid(x)
    sigmoid_exact(y, x, t, limbs)
    multiply_reals(y, x, y, limbs)


# BOUND silu longdouble: 2.0 ulp
cdef inline long double silu_ld(long double x, ExpLd e) noexcept nogil:
    cdef PairLd a = lower_scaled_ld(e), s = a if x < 0.0 else upper_ld(times_ld(a, e.unit))
    cdef long double t = clamped_ld(x), y = product_ld(s, PairLd(t, 0.0))
    return x if x > MOST_LD else copysignl(y * e.unit if x < 0.0 else y, x)  # -0 is lost in a sum


cdef int silu_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(silu_half, p, n)
    return map_narrow_with_x(silu_ratio_narrow, silu_narrow, False, p, n, HALF)


cdef int silu_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(silu_ratio_narrow, itself, False, True, p, n, SINGLE)
    return refine(silu_refined, SILU_BIASED, NARROW_MOST, p[0], p[1], n)


cdef int silu_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_settled_f64(silu_f64, False, silu_tiny, silu_exact, p, n)


cdef int silu_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(silu_ld, p, n)


# BOUND fast_silu float32 fma: 1.90 ulp; worst 1.7853 at -0x1.2797cap-2
cdef inline float silu_fast(float x, FastExp e) noexcept nogil:
    # b = |x| (h + l), h + l = sigmoid(-|x|) = e - e q, q = e/(1 + e): -b for x < 0, and x - b otherwise
    cdef float q = e.e / (<float> 1.0 + e.e), u = e.u if negative_f32(x) else e.e, size = fabsf(x), b
    cdef float h = fmaf(-u, q, u), l = fmaf(-u, q, u - h)
    if not e.far:
        return (<float> -0.0 if negative_f32(x) else x) - fmaf(size, h, size * l)
    size = zero_or_at_least(at_most(size, FAST_MOST), FAST_TINY)
    b = fmaf(size, h, size * l)
    return -settled(b, True) if negative_f32(x) else x - b


cdef inline int halve_tiny(char **operands, Py_ssize_t n) noexcept nogil:
    # silu(x) is x/2 where x is tiny, rounded up where that is halfway between two subnormals
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef unsigned int m, half
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        m = bits_f32(fabsf(x[i]))
        half = m - FAST_LEAST_BITS if m >= 2 * FAST_LEAST_BITS else (m + (~bits_f32(x[i]) >> 31)) >> 1
        y[i] = copysignf(from_bits_f32(half), x[i]) if fabsf(x[i]) < FAST_TINY else y[i]
    return 0


# BOUND fast_silu float64 fma: 1.95 ulp; worst 1.8302 at -0x1.65934fc22a2f3p+5
cdef inline double silu_fast_f64(double x, FastRatio e) noexcept nogil:
    # As silu_fast, with b = |x| n/d, of which the product is a pair
    cdef double d_l = e.r + e.plain, d = e.w + d_l, n = e.n if x < 0.0 else e.plain, size = fabs(x), k, b
    d_l = (e.w - d) + d_l
    if not e.far:
        k = size * n
        return (-0.0 if x < 0.0 else x) - quotient_fast(k, fma(size, n, -k), d, d_l)
    size = MOST if MOST < size else size
    size = FAST_TINY_F64 if (FAST_TINY_F64 > size) & (size > 0.0) else size
    k = size * n
    b = quotient_fast(k, fma(size, n, -k), d, d_l)
    return -settled_f64(b, e) if x < 0.0 else x - b


cdef inline int halve_tiny_f64(char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        y[i] = silu_tiny(x[i], 0.0, Rounding(y[i], 0)).y
    return 0


cdef int fast_silu_f(char **p, Py_ssize_t n) noexcept nogil:
    if not HAS_FMA:
        return silu_f(p, n)
    return halve_tiny(p, n) if map_fast(silu_fast, True, p, n) else 0


cdef int fast_silu_d(char **p, Py_ssize_t n) noexcept nogil:
    if not HAS_FMA:
        return silu_d(p, n)
    return halve_tiny_f64(p, n) if map_fast_f64(silu_fast_f64, True, p, n) else 0


cdef inline float silu_bf16(float x) noexcept nogil:
    return x / (<float> 1.0 + exp_minus_bf16(x))


cdef int silu_b(char **p, Py_ssize_t n) noexcept nogil:
    if near_bf16(p[0], n):
        values_bf16(silu_bf16, False, p[0], p[1], n)
        return 0
    return map_bf16(fast_silu_f, signature(1, 1), silu_exact, NULL, p, n)


KERNELS["silu"] = row(signature(1, 1), silu_e, silu_f, silu_d, silu_g)
FAST["silu"] = row(signature(1, 1), silu_e, fast_silu_f, fast_silu_d, silu_g)
BFLOAT16["silu"] = kernel_of(silu_b)
