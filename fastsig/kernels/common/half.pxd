# float16 by its bits: 1 sign, 5 exponent, 10 fraction. Both conversions are free of branches, so that the loops
# vectorise; that to float16 rounds a float64 once, where F16C has an instruction from float32 only.

from libc.math cimport fabs, fabsf
from libc.stdint cimport uint16_t

from fastsig.kernels.common.exact cimport ONE_EXPONENT, bits, from_bits
from fastsig.kernels.common.fast cimport bits_f32, from_bits_f32

cdef extern from *:
    const double HALF_MIN_NORMAL "0x1p-14"
    const double HALF_OVERFLOW "0x1p+16"  # the first power of two beyond float16; encoded as infinity
    const double HALF_ROUND "0x1.8p+42"  # times 2^k: adding it rounds a number in [2^k, 2^(k+1)) to 11 bits
    const float HALF_ROUND_F32 "0x1.8p+13f"
    const unsigned int HALF_REBIAS_F32 "((uint32_t)(127 - 15) << 23)"
    const unsigned long long HALF_REBIAS "((uint64_t)(1023 - 15) << 52)"
    const unsigned long long HALF_REBIAS_INF "((uint64_t)(2047 - 31) << 52)"
    const unsigned long long LAST_F32 "0x20000000ULL"  # the last bit of a float64 that float32 has
    const unsigned long long TAIL_F32 "0x1fffffffULL"


cdef inline double half_to_double(uint16_t v) noexcept nogil:
    # The selections compare doubles: not every instruction set can compare 64-bit integers.
    cdef unsigned long long u = v, magnitude = (u & 0x7fff) << 42, sign = (u & 0x8000) << 48
    cdef double a = from_bits(magnitude + HALF_REBIAS)
    cdef double special = from_bits(magnitude + HALF_REBIAS_INF)
    a = 2.0 * a - HALF_MIN_NORMAL if a < HALF_MIN_NORMAL else a  # a subnormal f 2^-24 came out as 2^-15 (1 + f 2^-10)
    a = special if a >= HALF_OVERFLOW else a
    return from_bits(bits(a) | sign)


cdef inline float float_to_odd(double v) noexcept nogil:
    # v rounded to odd: itself if it is a float32, else the neighbour in float32 whose last bit is set. Rounded to
    # float16 that gives what v does. Below the normal float32 it may be another number, but then both give 0.
    cdef unsigned long long u = bits(v), tail = (u & TAIL_F32) + TAIL_F32
    return <float> from_bits((u | (tail & LAST_F32)) & ~TAIL_F32)


cdef inline uint16_t double_to_half(double v) noexcept nogil:
    # To the nearest, ties to even.
    cdef double a = fabs(v), least, s
    cdef unsigned long long u, sign = bits(v) >> 48 & 0x8000
    a = HALF_OVERFLOW if a > HALF_OVERFLOW else a
    least = HALF_MIN_NORMAL if a < HALF_MIN_NORMAL else a  # below the normal range the grid gets no finer
    s = from_bits(bits(least) & 0x7ff0000000000000ULL) * HALF_ROUND
    a = (a + s) - s
    u = bits(a + HALF_MIN_NORMAL) - ONE_EXPONENT if a < HALF_MIN_NORMAL else bits(a)
    u = (u - HALF_REBIAS) >> 42
    return <uint16_t> ((u if v == v else 0x7e00) | sign)


cdef inline uint16_t float_to_half(float v) noexcept nogil:
    # As double_to_half, from float32 and so on twice the lanes
    cdef float a = fabsf(v), least, s
    cdef unsigned int u, sign = bits_f32(v) >> 16 & 0x8000
    a = <float> HALF_OVERFLOW if a > <float> HALF_OVERFLOW else a
    least = <float> HALF_MIN_NORMAL if a < <float> HALF_MIN_NORMAL else a
    s = from_bits_f32(bits_f32(least) & 0x7f800000) * HALF_ROUND_F32
    a = (a + s) - s
    u = bits_f32(a + <float> HALF_MIN_NORMAL) - 0x800000 if a < <float> HALF_MIN_NORMAL else bits_f32(a)
    u = (u - HALF_REBIAS_F32) >> 13
    return <uint16_t> ((u if v == v else 0x7e00) | sign)
