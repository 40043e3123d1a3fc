# silu_derivative(x) = s (1 + x (1 - s)) = (x < 0 ? e (1 + x + e) : 1 + e (1 + x))/(1 + e)^2
#                    = a (a + (1 + x) b)/(d + n)^2,  a = (x < 0 ? n : d), b the other of the two
#
# Its zero is that of 1 + x + e, x = ZERO; with off = x - ZERO, 1 + x + e = off + exp(ZERO) (exp(off) - 1), where
# nothing cancels. Within NEAR_ZERO of it exp(off) - 1 needs no reduction.

cdef extern from *:
    """
    #include <float.h>
    /* The zero of silu', where 1 + x + exp(x) is 0, in two parts, and exp of it. */
    #if LDBL_MANT_DIG > 64
    static const long double ZERO_LD_H = -0x1.474973c84120b7e35d2f26b05514p+0L;
    static const long double ZERO_LD_L = -0x1.2940602e9dfec340c5197dec9744p-114L;
    #elif LDBL_MANT_DIG == 64
    static const long double ZERO_LD_H = -0x1.474973c84120b7e4p+0L;
    static const long double ZERO_LD_L = 0x1.45a1b29f55d76b6p-65L;
    #else
    static const long double ZERO_LD_H = -0x1.474973c84120bp+0L;
    static const long double ZERO_LD_L = -0x1.f8d74bc9ac154p-54L;
    #endif
    static const long double EXP_ZERO_LD = 0x1.1d25cf210482df8d74bc9ac15451p-2L;
    """
    const long double ZERO_LD_H, ZERO_LD_L, EXP_ZERO_LD

cdef extern from *:
    const double BIASED_HALF "(0.5 * (1.0 - 0x1p-26))"
    const double ZERO_H "(-0x1.474973c84120bp+0)"  # the same in two parts of 53 bits, and exp of it
    const double ZERO_M "(-0x1.f8d74bc9ac154p-54)"
    const double EXP_ZERO_H "0x1.1d25cf210482ep-2"
    const double MARGIN_SUM "(FASTSIG_HAS_FMA ? 0x1.b8p-69 : 0x1p-68)"  # in parts of the terms that cancel at the zero
    const double NEAR_ZERO "0.34"  # within it expm1(x - ZERO) needs no reduction

    const float SILU_DERIVATIVE_TWO "0x1.000002p+1f"
    const float SILU_DERIVATIVE_LESS "(1.0f - 0x1p-22f)"
    const float SMALL_HALF "0x1p-6f"


cdef inline Ratio silu_derivative_ratio_narrow(double x, Exp e) noexcept nogil:
    cdef double off = (x - ZERO_H) - ZERO_M, near = fma(EXP_ZERO_H, expm1_narrow(off), off), d = e.den + e.num
    cdef double t = -NARROW_MOST if x < -NARROW_MOST else (NARROW_MOST if x > NARROW_MOST else x)
    cdef double a = e.num if x < 0.0 else e.den, b = e.den if x < 0.0 else e.num
    return Ratio(a * (near * b if fabs(off) < NEAR_ZERO else fma(1.0 + t, b, a)), d * d)


cdef inline float silu_derivative_half(float x, float most) noexcept nogil:
    # x < 0: q + q (t q - t);  x >= 0: p + p t q, p = 1 - q;  t = |x|, q = sigmoid(-t). Near 0 q is biased upwards, and
    # the result towards 1/2, on the cubic term's side.
    cdef float t = abs_at_most(x, most), q, m, p
    cdef HalfExp e = exp_half(t, SILU_DERIVATIVE_TWO)
    q = e.num / fmaf(e.den, SILU_DERIVATIVE_LESS if t < SMALL_HALF else HALF_LESS, e.num)
    m = t * q
    m = m - t if x < 0.0 else m
    p = q if x < 0.0 else <float> 1.0 - q
    return fmaf(m, p, p)


cdef inline double silu_derivative_near_zero(double x) noexcept nogil:
    return fma(x, BIASED_HALF, 0.5)  # 1/2 + x/2 - x^3/12 + ..., biased as the sigmoid is near 0


cdef inline Rounding silu_derivative_f64(double x, ExpF64 e) noexcept nogil:
    # a (b + |x| q)/(d + n), q = n/(d + n); x < 0: a = n, b = 1 + x;  x >= 0: a = d, b = 1. Next to the zero b + |x| q
    # cancels: the margin is relative to its terms.
    cdef RatioPair ratio = in_unit(e)
    cdef Pair n = ratio.n, a = chosen(x < 0.0, ratio.n, ratio.d), d, b, p, f, v
    cdef double r, t = fabs(x), scaled_t, margin
    cdef uint64_t sign
    cdef Quotient s
    cdef Rounding y
    if e.range != NEAR_RANGE:
        n = counted(counts(n), n)
        d = sum_out_of_unit(e, n)
    else:
        d = sum_f64(ratio)
    r = 1.0 / d.h
    t = MOST if t > MOST else t
    s = divide(n, d, r)
    scaled_t = t if e.range == NEAR_RANGE else UNIT_INVERSE * t
    p.h = scaled_t * s.q
    p.l = fma(scaled_t, s.rest * r, product_tail(scaled_t, s.q, p.h))
    b = two_sum(1.0, -t if x < 0.0 else 0.0)
    # Either |b.h| >= p.h, or both are multiples of 2^-55 and the sum is below 0.56: f is exact in both cases.
    f.h = b.h + p.h
    f.l = ((b.h - f.h) + p.h) + (b.l + p.l)
    margin = a.h * (MARGIN_SUM * (fabs(f.h) + p.h))
    if e.range != NEAR_RANGE:
        sign = bits(f.h) & SIGN
        f = Pair(fabs(f.h), from_bits(bits(f.l) ^ sign))
    v.h = a.h * f.h
    v.l = fma(a.h, f.l, fma(a.l, f.h, product_tail(a.h, f.h, v.h)))
    if e.range != NEAR_RANGE:
        y = within_in_unit(divide_in_unit(v, d, r), r, margin)
        y.y = from_bits(bits(y.y) ^ sign)
        return y
    s = divide(v, d, r)
    return within(s.q, s.rest, r, margin)


cdef void silu_derivative_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # sigmoid(x) (1 + x sigmoid(-x))
    cdef Real lower, upper, one
    logistic(&lower, &upper, NULL, x, limbs)
    set_integer(&one, 1, 0)
    multiply_reals(y, x, &upper if x.negative else &lower, limbs)
    add_reals(y, &one, y, limbs)
    multiply_reals(y, y, &lower if x.negative else &upper, limbs)


# BOUND silu_derivative longdouble: 2.0 ulp
cdef inline long double silu_derivative_ld(long double x, ExpLd e) noexcept nogil:
    # x < 0: a (1 - a)(1 + x + e);  x >= 0: 1 - (a - x a (1 - a)),  a = sigmoid(-|x|)
    cdef long double off = x - ZERO_LD_H, t = clamped_ld(x)
    cdef PairLd p, v, a
    if not x < 0.0:
        a = lower_ld(e.e)
        return 1.0 - (a.h - (t * less_square_ld(a, 1.0).h - a.l))
    p = less_square_ld(lower_scaled_ld(e), e.unit)
    if fabsl(off) < NEAR_ZERO:
        a = one_minus_exp_ld(-off, ZERO_LD_L)
        v = two_sum_ld(off, -EXP_ZERO_LD * a.h)
        v.l -= ZERO_LD_L + EXP_ZERO_LD * a.l
    else:
        a = two_sum_ld(1.0, t)
        v = two_sum_ld(a.h, e.e.h)
        v.l += a.l + e.e.l
    return product_ld(p, v) * e.unit


cdef int silu_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    if HAS_F16C:
        return map_f16c(silu_derivative_half, p, n)
    return map_narrow_with_x(silu_derivative_ratio_narrow, itself, True, p, n, HALF)


cdef int silu_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(silu_derivative_ratio_narrow, itself, True, p, n, SINGLE)
    return refine(silu_derivative_near_zero, BIASED, INFINITY, p[0], p[1], n)


cdef int silu_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(silu_derivative_f64, False, silu_derivative_exact, p, n)


cdef int silu_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(silu_derivative_ld, p, n)


cdef inline float silu_derivative_bf16(float x) noexcept nogil:
    # (1 + e + x e)/(1 + e)^2,  e = exp(-x)
    cdef float e = exp_minus_bf16(x), d = <float> 1.0 + e
    return fmaf(x, e, d) / (d * d)


cdef int silu_derivative_b(char **p, Py_ssize_t n) noexcept nogil:
    if near_bf16(p[0], n):
        values_bf16(silu_derivative_bf16, False, p[0], p[1], n)
        return 0
    return map_bf16(silu_derivative_f, signature(1, 1), silu_derivative_exact, NULL, p, n)


KERNELS["silu_derivative"] = row(
    signature(1, 1), silu_derivative_e, silu_derivative_f,
    silu_derivative_d, silu_derivative_g
)
FAST["silu_derivative"] = KERNELS["silu_derivative"]
BFLOAT16["silu_derivative"] = kernel_of(silu_derivative_b)
