# THE FAST TIER: float32 computed in float32, on twice the lanes of the float64 that correct rounding takes.
#
# The formulas are those of the default tier, e = exp(-|x|), arranged so that no rounding counts twice. They need FMA:
# where there is none, the kernels of the fast tier are those of the default. Bounds are of normal results; below them,
# results are within one least subnormal.

from libc.math cimport copysignf, fabsf

cdef extern from *:
    """
    #define fastsig_fmaf(a, b, c) __builtin_fmaf((a), (b), (c))
    static inline uint32_t fastsig_bits_f32(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
    static inline float fastsig_from_bits_f32(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }
    """
    float fmaf "fastsig_fmaf"(float a, float b, float c) noexcept nogil
    unsigned int bits_f32 "fastsig_bits_f32"(float x) noexcept nogil
    float from_bits_f32 "fastsig_from_bits_f32"(unsigned int u) noexcept nogil

    const float FAST_LOG2E "0x1.715476p+0f"
    const float FAST_LN2_HI "0x1.62e4p-1f"  # 16 bits: n*FAST_LN2_HI is exact for |n| < 2^8
    const float FAST_LN2_LO "0x1.7f7d1cp-20f"  # FAST_LN2_HI + FAST_LN2_LO = ln 2 (1 + 2^-43)
    const float FAST_MOST "110.0f"  # 110 exp(-110) < 2^-150, half the least subnormal

    # As for float64: an exponential in units of 2^-64 is a normal number down to exp(-110). n + FAST_SHIFT holds the
    # exponent of 2^n in the unit, n + 127 + 64, in its low bits: shifted to their place they are that number.
    const float FAST_UNIT_INVERSE "0x1p-64f"
    const float FAST_SHIFT "(0x1.8p+23f + (127.0f + 64.0f))"

    # exp(r) = 1 + r + C2 r^2 + ... + C6 r^6 on |r| <= ln2/2 + 2^-12: relative error 2^-28.22
    const float FAST_EXP_C2 "0x1.fffffcp-2f"
    const float FAST_EXP_C3 "0x1.55549p-3f"
    const float FAST_EXP_C4 "0x1.5558ap-5f"
    const float FAST_EXP_C5 "0x1.123abep-7f"
    const float FAST_EXP_C6 "0x1.6a6016p-10f"

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
