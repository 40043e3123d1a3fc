# THE FAST TIER: float32 computed in float32, on twice the lanes of the float64 that correct rounding requires.
#
# The formulas are those of the default tier, of e = exp(-|x|), arranged so that no rounding counts twice. They need
# FMA: without it the fast tier's kernels are the default's. Below the normal range, bounds are in least subnormals.
#
# A block is `near` where every |x| is 0 or between FAST_TINY and FAST_NEAR_MOST: products of two of its terms are
# normal numbers. In any other block, `far`, what may be subnormal is kept in the unit, multiplied by 2^100, to the end,
# where it is rounded to the subnormals' grid as an integer: on many CPUs operations on subnormal numbers are slow. A
# near x has the same result in both.

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
    const float FAST_TINY "0x1p-60f"  # the exponential of what is smaller is 1, and products with it may be subnormal
    const float FAST_NEAR_MOST "42.0f"  # exp(-42) > 2^-62

    const unsigned int FAST_LEAST_BITS "((uint32_t)1 << 23)"  # of the least normal number; the last bit of an exponent
    const float FAST_UNIT "0x1p+100f"
    const float FAST_UNIT_INVERSE "0x1p-100f"
    const float FAST_SHIFT "0x1.8p+23f"  # the low bits of a sum with it hold n
    const float FAST_UNIT_SHIFT "(0x1.8p+23f + (127.0f + 100.0f))"  # with this, the exponent of 2^n, in the unit
    const float FAST_LOW "0x1p+38f"  # in the unit, 2^-62: less than the exponential of any near x
    const float FAST_LEAST_NORMAL "0x1p-26f"  # in the unit
    const float FAST_GRID "0x1p+49f"  # 1 in the unit, counted in least subnormals
    const float FAST_UINT_BASE "0x1p+23f"  # where an ulp is 1: the low bits of a sum are an integer

    # exp(r) = 1 + r + C2 r^2 + ... + C6 r^6 on |r| <= ln2/2 + 2^-12: relative error 2^-28.22
    const float FAST_EXP_C2 "0x1.fffffcp-2f"
    const float FAST_EXP_C3 "0x1.55549p-3f"
    const float FAST_EXP_C4 "0x1.5558ap-5f"
    const float FAST_EXP_C5 "0x1.123abep-7f"
    const float FAST_EXP_C6 "0x1.6a6016p-10f"

    # log(1 + e) = e + C2 e^2 + ... + C11 e^11 on 0 <= e <= 1: relative error 2^-30.16
    const float FAST_LOG_C2 "(-0x1.fffff8p-2f)"
    const float FAST_LOG_C3 "0x1.5553b4p-2f"
    const float FAST_LOG_C4 "(-0x1.ffc552p-3f)"
    const float FAST_LOG_C5 "0x1.97890ep-3f"
    const float FAST_LOG_C6 "(-0x1.4a6966p-3f)"
    const float FAST_LOG_C7 "0x1.fefbf4p-4f"
    const float FAST_LOG_C8 "(-0x1.54af5ap-4f)"
    const float FAST_LOG_C9 "0x1.588ab6p-5f"
    const float FAST_LOG_C10 "(-0x1.bfbf76p-7f)"
    const float FAST_LOG_C11 "0x1.107bacp-9f"

    # 2 atanh(q/2) = q + C3 q^3 + C5 q^5 + C7 q^7 on 0 <= q <= 2/5 + 2^-13: relative error 2^-28.39
    const float FAST_ATANH_C3 "0x1.5555b4p-4f"
    const float FAST_ATANH_C5 "0x1.992ac2p-7f"
    const float FAST_ATANH_C7 "0x1.36e986p-9f"

ctypedef struct FastExp:
    float u  # exp(-|x|), in the unit if far
    float e  # the same, out of the unit; if far no less than 2^-62, negligible compared with 1
    bint far


cdef inline float exp_fast(float t, bint far) noexcept nogil:
    # exp(-t) = 2^n exp(-v), n = -round(t log2 e), for 0 <= t <= FAST_MOST in the unit, or a near t out of it. No near t
    # is NaN, so that n can be added to the exponent as an integer, which leaves a port free that multiplies.
    cdef float shift = FAST_UNIT_SHIFT if far else FAST_SHIFT, shifted = fmaf(t, -FAST_LOG2E, shift)
    cdef float n = shifted - shift, v = fmaf(n, FAST_LN2_LO, fmaf(n, FAST_LN2_HI, t)), p
    p = fmaf(v, fmaf(v, fmaf(v, fmaf(v, FAST_EXP_C6, -FAST_EXP_C5), FAST_EXP_C4), -FAST_EXP_C3), FAST_EXP_C2)
    p = fmaf(v, fmaf(v, p, -1.0), 1.0)
    if far:
        return from_bits_f32(bits_f32(shifted) << 23) * p
    return from_bits_f32(bits_f32(p) + (bits_f32(shifted) << 23))


cdef inline float at_least(float a, float least) noexcept nogil:
    # The larger of two numbers >= 0, or NaN. They are compared as integers: of floats, GCC would multiply both before
    # it chooses, and the product of the smaller may be subnormal.
    cdef unsigned int u = bits_f32(a), low = bits_f32(least)
    return from_bits_f32(u if u > low else low)


cdef inline float at_most(float a, float most) noexcept nogil:
    # The smaller of two numbers >= 0, compared as integers
    cdef unsigned int u = bits_f32(a), high = bits_f32(most)
    return from_bits_f32(u if u < high else high)


cdef inline float zero_or_at_least(float a, float least) noexcept nogil:
    # As at_least, except that 0 stays 0: with 1 subtracted, it is the largest integer.
    cdef unsigned int u = bits_f32(a) - 1, low = bits_f32(least) - 1
    return from_bits_f32((u if u > low else low) + 1)


cdef inline bint negative_f32(float x) noexcept nogil:
    # As an integer, on a port that does not multiply: -0 and a negative NaN are negative.
    return <int> bits_f32(x) < 0


cdef inline float positive_part(float x) noexcept nogil:
    # The larger of x and 0, compared as integers
    cdef int b = <int> bits_f32(x)
    return from_bits_f32(b if b > 0 else 0)


cdef inline float beside_one(float a, bint far) noexcept nogil:
    # a >= 0 out of the unit, for a sum to which less than 2^-62 adds nothing. That of a near x is unchanged, so that
    # its result has the same bits whatever else its block holds.
    return at_least(a, FAST_LOW) * FAST_UNIT_INVERSE if far else a


cdef inline float settled(float a, bint far) noexcept nogil:
    # a >= 0 out of the unit, as a result: below the normal range as a multiple of the least subnormal
    cdef float whole, normal
    if not far:
        return a
    whole = fmaf(a, FAST_GRID, FAST_UINT_BASE)
    normal = at_least(a, FAST_LEAST_NORMAL) * FAST_UNIT_INVERSE
    whole = from_bits_f32(bits_f32(whole) - bits_f32(FAST_UINT_BASE))
    return whole if a < FAST_LEAST_NORMAL else normal  # compared as floats: as an integer, a negative NaN is less


cdef inline FastExp fast_exp_of(float u, bint far) noexcept nogil:
    return FastExp(u, beside_one(u, far), far)


cdef inline float log1p_share_fast(FastExp e) noexcept nogil:
    # s of log(1 + e) = e + e s. A polynomial of degree 11 is as cheap as atanh's with its division, and more accurate.
    cdef float t = e.e, q
    q = fmaf(t, fmaf(t, fmaf(t, FAST_LOG_C11, FAST_LOG_C10), FAST_LOG_C9), FAST_LOG_C8)
    q = fmaf(t, fmaf(t, fmaf(t, fmaf(t, q, FAST_LOG_C7), FAST_LOG_C6), FAST_LOG_C5), FAST_LOG_C4)
    q = fmaf(t, fmaf(t, q, FAST_LOG_C3), FAST_LOG_C2)
    return t * q


cdef inline float atanh_rest_fast(float q) noexcept nogil:
    # 2 atanh(q/2) - q
    cdef float v = q * q
    return (q * v) * fmaf(v, fmaf(v, FAST_ATANH_C7, FAST_ATANH_C5), FAST_ATANH_C3)
