# float16 IN float32, where the instruction set converts between them.
#
# exp(-t) = 2^n exp(-r),  r = t + n ln2,  exp(-r) = (w - r)/(w + r),  w = r coth(r/2), as in float64.
#
# float32 has 13 bits more than float16, and a result is off by an ulp or two of float32: of 65,536 inputs, some ten lie
# so near to a midpoint that this matters. They are known. Each formula is arranged, and its constants are chosen within
# their last bits (the 2 that w begins with; HALF_LESS and HALF_MORE for 1), so that these are rounded correctly too:
# tests/test_accuracy.py tries every input. The operations are the same for all instruction sets, and so are the bits.

from fastsig.kernels.common.fast cimport FAST_LOG2E, bits_f32, fmaf, from_bits_f32

cdef extern from "common/half.h":
    const bint HAS_F16C "FASTSIG_HAS_F16C"
    void halves_to_floats "fastsig_halves_to_floats"(const unsigned short *x, float *y, Py_ssize_t n) noexcept nogil
    void floats_to_halves "fastsig_floats_to_halves"(const float *x, unsigned short *y, Py_ssize_t n) noexcept nogil

cdef extern from *:
    const float HALF_MOST "24.0f"  # 24 exp(-24) < 2^-25, half the least subnormal float16
    const float HALF_SHIFT "0x1.8p+23f"
    const float HALF_LN2 "0x1.62e43p-1f"  # n HALF_LN2 is n ln2 to within 2^-23
    const float HALF_LESS "(1.0f - 0x1p-24f)"
    const float HALF_MORE "(1.0f + 0x1p-23f)"
    const unsigned int ONE_BITS_F32 "0x3f800000u"

    # Each coefficient is that of the best polynomial in real numbers, rounded; the last bits may differ.
    # r coth(r/2) = 2 + C2 r^2 + C4 r^4 on |r| <= ln2/2 + 2^-12: exp_half to a relative error of 2^-30.74
    const float HALF_COTH_C2 "0x1.555514p-3f"
    const float HALF_COTH_C4 "(-0x1.6a8b42p-9f)"

    # 2 atanh(q/2) = q + C3 q^3 + ... + C9 q^9 on 0 <= q <= 2/3 + 2^-10: relative error 2^-27.57
    const float HALF_LOG_C3 "0x1.5555p-4f"
    const float HALF_LOG_C5 "0x1.99d292p-7f"
    const float HALF_LOG_C7 "0x1.1eb348p-9f"
    const float HALF_LOG_C9 "0x1.1f0bfp-11f"

ctypedef struct HalfExp:
    float num  # exp(-t) = num/den
    float den
    float complement  # 1 - exp(-t) = complement/den


cdef inline HalfExp exp_half(float t, float two) noexcept nogil:
    # For |t| <= HALF_MOST, of either sign; `two` is 2 but for its last bits.
    cdef float shifted = fmaf(t, -FAST_LOG2E, HALF_SHIFT), r = fmaf(shifted - HALF_SHIFT, HALF_LN2, t), v = r * r
    cdef float w = fmaf(v, fmaf(v, HALF_COTH_C4, HALF_COTH_C2), two), s
    cdef unsigned int exponent = bits_f32(shifted) << 23  # n, in the exponent's place
    cdef HalfExp e
    s = from_bits_f32(exponent + ONE_BITS_F32)
    e.num = from_bits_f32(bits_f32(w - r) + exponent)
    e.den = w + r
    e.complement = fmaf(w, <float> 1.0 - s, r * (<float> 1.0 + s))  # in which nothing cancels
    return e


cdef inline float atanh_rest_half(float q) noexcept nogil:
    # 2 atanh(q/2) - q
    cdef float v = q * q
    return q * v * fmaf(v, fmaf(v, fmaf(v, HALF_LOG_C9, HALF_LOG_C7), HALF_LOG_C5), HALF_LOG_C3)
