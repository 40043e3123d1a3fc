# THE FAST TIER: float32 computed in float32, on twice the lanes of the float64 that correct rounding takes.
#
# The formulas are those of _math.pxd, e = exp(-|x|), arranged so that no rounding counts twice. They need FMA: where
# there is none, the kernels of the fast tier are those of the default. Bounds are stated as there, of normal results;
# below them, results are within one least subnormal.

from fastsig._math cimport HAS_FMA  # and the headers

cdef extern from *:
    """
    #define fastsig_fmaf(a, b, c) __builtin_fmaf((a), (b), (c))
    static inline uint32_t fastsig_bits_f32(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
    static inline float fastsig_from_bits_f32(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }

    static const float FAST_LOG2E = 0x1.715476p+0f;
    static const float FAST_LN2_HI = 0x1.62e4p-1f;       /* 16 bits: n*FAST_LN2_HI is exact for |n| < 2^8 */
    static const float FAST_LN2_LO = 0x1.7f7d1cp-20f;    /* FAST_LN2_HI + FAST_LN2_LO = ln 2 (1 + 2^-43) */
    static const float FAST_MOST = 110.0f;               /* 110 exp(-110) < 2^-150, half the least subnormal */
    static const float FAST_LINEAR = 20.0f;              /* beyond it silu(x) = x to within 2^-28 */

    /* As for float64: an exponential in units of 2^-64 is a normal number down to exp(-110). n + FAST_SHIFT holds the
       exponent of 2^n in the unit, n + 127 + 64, in its low bits: shifted to their place they are that number. */
    static const float FAST_UNIT_INVERSE = 0x1p-64f;
    static const float FAST_SHIFT = 0x1.8p+23f + (127.0f + 64.0f);

    /* exp(r) = 1 + r + C2 r^2 + ... + C6 r^6 on |r| <= ln2/2 + 2^-12: relative error 2^-28.22 */
    static const float
        FAST_EXP_C2 = 0x1.fffffcp-2f, FAST_EXP_C3 = 0x1.55549p-3f,  FAST_EXP_C4 = 0x1.5558ap-5f,
        FAST_EXP_C5 = 0x1.123abep-7f, FAST_EXP_C6 = 0x1.6a6016p-10f;

    /* log(1 + e) = e + C2 e^2 + ... + C11 e^11 on 0 <= e <= 1: relative error 2^-30.16 */
    static const float
        FAST_LOG_C2 = -0x1.fffff8p-2f, FAST_LOG_C3 = 0x1.5553b4p-2f,  FAST_LOG_C4 = -0x1.ffc552p-3f,
        FAST_LOG_C5 = 0x1.97890ep-3f,  FAST_LOG_C6 = -0x1.4a6966p-3f, FAST_LOG_C7 = 0x1.fefbf4p-4f,
        FAST_LOG_C8 = -0x1.54af5ap-4f, FAST_LOG_C9 = 0x1.588ab6p-5f,  FAST_LOG_C10 = -0x1.bfbf76p-7f,
        FAST_LOG_C11 = 0x1.107bacp-9f;
    """
    float fmaf "fastsig_fmaf"(float a, float b, float c) noexcept nogil
    unsigned int bits_f32 "fastsig_bits_f32"(float x) noexcept nogil
    float from_bits_f32 "fastsig_from_bits_f32"(unsigned int u) noexcept nogil
    float fabsf(float x) noexcept nogil
    float copysignf(float x, float y) noexcept nogil
    const float FAST_LOG2E, FAST_LN2_HI, FAST_LN2_LO, FAST_SHIFT, FAST_MOST, FAST_LINEAR, FAST_UNIT_INVERSE
    const float FAST_EXP_C2, FAST_EXP_C3, FAST_EXP_C4, FAST_EXP_C5, FAST_EXP_C6
    const float FAST_LOG_C2, FAST_LOG_C3, FAST_LOG_C4, FAST_LOG_C5, FAST_LOG_C6, FAST_LOG_C7, FAST_LOG_C8
    const float FAST_LOG_C9, FAST_LOG_C10, FAST_LOG_C11


ctypedef struct FastReduced:
    float s  # 2^n, in the unit
    float n
    float v  # -r; lacks n FAST_LN2_LO

ctypedef struct FastExp:
    float h
    float l  # what h lacks


cdef inline FastReduced reduce_fast(float t) noexcept nogil:
    # exp(-t) = 2^n exp(-v), 0 <= t <= FAST_MOST, n = -round(t log2 e)
    cdef float shifted = fmaf(t, -FAST_LOG2E, FAST_SHIFT)
    cdef FastReduced a
    a.n = shifted - FAST_SHIFT
    a.v = fmaf(a.n, FAST_LN2_HI, t)
    a.s = from_bits_f32(bits_f32(shifted) << 23)
    return a


cdef inline float expm1_tail_fast(float v) noexcept nogil:
    # (exp(r) - 1 - r)/r^2 at r = -v
    return fmaf(v, fmaf(v, fmaf(v, fmaf(v, FAST_EXP_C6, -FAST_EXP_C5), FAST_EXP_C4), -FAST_EXP_C3), FAST_EXP_C2)


cdef inline float exp_fast(float s, float v) noexcept nogil:
    # s exp(-v)
    cdef float p = fmaf(v * v, expm1_tail_fast(v), -v)
    return fmaf(s, p, s)


cdef inline FastExp exp_fast_pair(float t) noexcept nogil:
    # The tails of reduction and polynomial are added to 1 - a.v last, exactly but for one rounding.
    cdef FastReduced a = reduce_fast(t)
    cdef float tail = a.n * FAST_LN2_LO, v = a.v + tail, m = <float> 1.0 - a.v, m_h, m_l
    cdef FastExp e
    m_l = ((<float> 1.0 - m) - a.v) + fmaf(v * v, expm1_tail_fast(v), -tail)
    m_h = m + m_l
    e.h = a.s * m_h
    e.l = a.s * ((m - m_h) + m_l)
    return e


cdef inline FastExp sigmoid_of_minus_abs(float e) noexcept nogil:
    # sigmoid(-|x|) = t/(1 + t) = t - t q, q = t/(1 + t): the errors of the division count t times only. As a pair.
    cdef float t = e * FAST_UNIT_INVERSE, q = t / (<float> 1.0 + t)
    cdef FastExp a
    a.h = fmaf(-t, q, t)
    a.l = fmaf(-t, q, t - a.h)
    return a


# BOUND fast_sigmoid float32 fma: 1.70 ulp; worst 1.6540 at -0x1.1edd8ap+0
cdef inline float sigmoid_fast(float x, float e) noexcept nogil:
    cdef float a = sigmoid_of_minus_abs(e).h
    return a if x < 0.0 else <float> 1.0 - a


# BOUND fast_sigmoid_derivative float32 fma: 1.65 ulp; worst 1.5771 at -0x1.518f7p+1
cdef inline float sigmoid_derivative_fast(float x, float e) noexcept nogil:
    # a (1 - a), a = sigmoid(-|x|): (h + l)(1 - h - l) = h - h^2 + l (1 - 2h), but for l^2
    cdef FastExp a = sigmoid_of_minus_abs(e)
    return a.h + fmaf(-a.h, a.h, fmaf(<float> -2.0 * a.h, a.l, a.l))


# BOUND fast_softplus float32 fma: 1.90 ulp; worst 1.8603 at 0x1.b481cp-7
cdef inline float softplus_fast(float x, float e) noexcept nogil:
    # max(x, 0) + log1p(e), the logarithm without a division
    cdef float t = e * FAST_UNIT_INVERSE, q
    q = fmaf(t, fmaf(t, fmaf(t, FAST_LOG_C11, FAST_LOG_C10), FAST_LOG_C9), FAST_LOG_C8)
    q = fmaf(t, fmaf(t, fmaf(t, fmaf(t, q, FAST_LOG_C7), FAST_LOG_C6), FAST_LOG_C5), FAST_LOG_C4)
    q = fmaf(t, fmaf(t, q, FAST_LOG_C3), FAST_LOG_C2)
    return (x if x > 0.0 else <float> 0.0) + fmaf(t * t, q, t)


# BOUND fast_log_sigmoid float32 fma: 1.90 ulp; worst 1.8603 at -0x1.b481cp-7
cdef inline float log_sigmoid_fast(float x, float e) noexcept nogil:
    return -softplus_fast(-x, e)


# BOUND fast_silu float32 fma: 0.75 ulp; worst 0.7100 at -0x1.4ab262p+2
cdef inline float silu_fast(float x, FastExp e) noexcept nogil:
    # x (x < 0 ? e : 1)/(1 + e), numerator and denominator as pairs, after a Newton step; the unit is taken back last
    cdef bint negative = x < 0.0
    cdef float t = e.h * FAST_UNIT_INVERSE, d = <float> 1.0 + t, r = <float> 1.0 / d
    cdef float d_l = ((<float> 1.0 - d) + t) + e.l * FAST_UNIT_INVERSE
    cdef float c = -FAST_MOST if x < -FAST_MOST else x
    cdef float n = e.h if negative else <float> 1.0, n_l = e.l if negative else <float> 0.0
    cdef float k = c * n, k_l = fmaf(c, n_l, fmaf(c, n, -k)), q = k * r
    q = fmaf(fmaf(-q, d, k) + fmaf(-q, d_l, k_l), r, q) * (FAST_UNIT_INVERSE if negative else <float> 1.0)
    return x if x > FAST_LINEAR else copysignf(q, x)  # -0 is lost in a sum
