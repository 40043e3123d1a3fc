# softplus(x) = log(1 + exp(x)) = max(x, 0) + log1p(e): no threshold, every term >= 0

cdef extern from *:
    const double SERIES "0x1p-11"  # below it x^4/192 is less than 2^-51
    const double LN2 "0x1.62e42fefa39efp-1"  # LN2 + LN2_TAIL = ln 2 (1 - 2^-110)
    const double LN2_TAIL "0x1.abc9e3b39803fp-56"
    const float SOFTPLUS_TWO "0x1.fffff6p+0f"


cdef inline Ratio softplus_ratio_narrow(double x, Exp e) noexcept nogil:
    return log1p_ratio_narrow(e)


cdef inline double softplus_narrow(double x, double q) noexcept nogil:
    return (x if x > 0.0 else 0.0) + log1p_narrow(q)


cdef inline float softplus_half(float x, float most) noexcept nogil:
    cdef HalfExp e = exp_half(abs_at_most(x, most), SOFTPLUS_TWO)
    cdef float q = e.num / fmaf(<float> 0.5, e.num, e.den)
    return (x if x > 0.0 else <float> 0.0) + fmaf(q, HALF_LESS, atanh_rest_half(q))


cdef inline double softplus_near_zero(double x) noexcept nogil:
    # By the series ln2 + x/2 + x^2/8 - x^4/192 without the last term: the result of one float32, 0x1.d483ap-12, is
    # 2^-57 from a midpoint, and from e, whose rounding is too coarse, it would be wrong.
    return fma(x, fma(x, 0.125, 0.5), LN2_TAIL) + LN2


cdef inline LogParts softplus_f64(double x, double t, ExpF64 e) noexcept nogil:
    return plus_log1p(x, Pair(x if x > 0.0 else 0.0, 0.0), 1.0, e)


cdef inline Rounding softplus_end(double x, Rounding a) noexcept nogil:
    return Rounding(a.y if a.y > x else x, a.doubt)  # an infinite x has no tail


cdef inline Rounding softplus_far(ExpF64 e) noexcept nogil:
    # log(1 + e) is e there, in the unit.
    return quotient_in_unit(numerator(e), e.of_r_h.d_h, e.of_r_h.w_l)


cdef void softplus_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # max(x, 0) + log1p(exp(-|x|))
    cdef Real e, u = x[0]
    u.negative = False
    exp_minus_real(&e, &u, limbs)
    log1p_real(y, &e, limbs)
    if not x.negative:
        add_reals(y, y, x, limbs)


# BOUND softplus longdouble: 2.0 ulp
cdef inline long double softplus_ld(long double x, ExpLd e) noexcept nogil:
    return plus_log1p_ld(x if x > 0.0 else 0.0, 0.0, e.e)


cdef int softplus_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(softplus_half, p, n)
    return map_narrow_with_x(softplus_ratio_narrow, softplus_narrow, True, p, n, HALF)


cdef int softplus_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(softplus_ratio_narrow, softplus_narrow, True, p, n, SINGLE)
    return refine(softplus_near_zero, SERIES, INFINITY, p[0], p[1], n)


cdef int softplus_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_log_f64(softplus_f64, softplus_end, softplus_far, 1.0, softplus_exact, p, n)


cdef int softplus_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(softplus_ld, p, n)


# BOUND fast_softplus float32 fma: 2.00 ulp; worst 1.9836 at 0x1.e1a18p-8
cdef inline float softplus_fast(float x, FastExp e) noexcept nogil:
    cdef float a = fmaf(e.u, log1p_share_fast(e), e.u)
    if e.far:
        return settled(a, True) if x < 0.0 else positive_part(x) + beside_one(a, True)
    return positive_part(x) + a


cdef inline Pair log1p_fast_f64(FastRatio e) noexcept nogil:
    # log(1 + e) = 2 atanh(q/2), q = n/(d + n/2), as a sum, in the unit if far; the quotient's error is added last
    cdef double d_l = fma(0.5, e.plain, e.r), d = e.w + d_l, c = 1.0 / d, q = e.n * c, rest, plain
    rest = fma(-q, (e.w - d) + d_l, fma(-q, d, e.n))
    plain = e.plain * c
    return Pair(q, fma(q, atanh_share_fast_f64(plain), rest * c))


# BOUND fast_softplus float64 fma: 1.80 ulp; worst 1.5374 at 0x1.6601b5b48cdaep-3
cdef inline double softplus_fast_f64(double x, FastRatio e) noexcept nogil:
    cdef Pair log1p = log1p_fast_f64(e)
    cdef double a = log1p.h + log1p.l
    if e.far:
        return settled_f64(a, e) if x < 0.0 else (x if x > 0.0 else 0.0) + beside_one_f64(a, e)
    return (x if x > 0.0 else 0.0) + a


cdef int fast_softplus_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(softplus_fast, False, p, n) if HAS_FMA else softplus_f(p, n)


cdef int fast_softplus_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_f64(softplus_fast_f64, False, p, n) if HAS_FMA else softplus_d(p, n)


cdef int softplus_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(fast_softplus_f, signature(1, 1), softplus_exact, NULL, p, n)


KERNELS["softplus"] = row(signature(1, 1), softplus_e, softplus_f, softplus_d, softplus_g)
FAST["softplus"] = row(signature(1, 1), softplus_e, fast_softplus_f, fast_softplus_d, softplus_g)
BFLOAT16["softplus"] = kernel_of(softplus_b)
