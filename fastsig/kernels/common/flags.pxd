# THE EXCEPTIONS that an input calls for, as integers, which a loop ORs. They are as wide as a double, so that comparing
# and collecting vectorise together.

from fastsig.kernels.abi cimport INVALID
from fastsig.kernels.common.exact cimport bits


cdef inline unsigned long long top_bit(unsigned long long u) noexcept nogil:
    return u >> 63


cdef inline bint outside(double p) noexcept nogil:
    return (p < 0.0) | (p > 1.0)


cdef inline unsigned long long target_flags(double t) noexcept nogil:
    # INVALID if t < 0 or t > 1, and 0 for NaN. The borrows of 64-bit integers tell, since not every instruction set can
    # turn a comparison of doubles into such an integer.
    cdef unsigned long long u = bits(t), magnitude = u & 0x7fffffffffffffffULL
    cdef unsigned long long beyond = (0x3ff0000000000000ULL - magnitude) | (u & (0 - magnitude))
    return top_bit(beyond & ~(0x7ff0000000000000ULL - magnitude)) * INVALID


cdef inline unsigned long long signs_outside(double t) noexcept nogil:
    # The top bit is set for a t outside [0, 1], and also for -0 and some NaN: it takes a loop two operations to tell
    # whether target_flags has to be asked at all.
    return bits(t) | bits(1.0 - t)
