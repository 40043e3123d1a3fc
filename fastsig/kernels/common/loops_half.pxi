# THE LOOPS OF float16 IN float32: a block is widened, computed in float32 throughout, and rounded once at the end.

ctypedef float (*half_formula)(float x, float most) noexcept nogil


cdef inline void values_f16c(half_formula f, const float *x, char *y_at, Py_ssize_t n) noexcept nogil:
    cdef float y[NARROW_BLOCK]
    cdef float most = <float> opaque(HALF_MOST)
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = f(x[i], most)
    floats_to_halves(y, <unsigned short *> y_at, n)


cdef inline int map_f16c(half_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef float x[NARROW_BLOCK]
    halves_to_floats(<const unsigned short *> operands[0], x, n)
    values_f16c(f, x, operands[1], n)
    return 0


cdef inline int map2_f16c(half_formula f, half_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef float x[NARROW_BLOCK]
    halves_to_floats(<const unsigned short *> operands[0], x, n)
    values_f16c(f, x, operands[1], n)
    values_f16c(g, x, operands[2], n)
    return 0


cdef inline int plain_with_f16c(plain_value_with f, char **operands, Py_ssize_t n) noexcept nogil:
    # For float16 of two inputs: f is exact in float64
    cdef float x[NARROW_BLOCK]
    cdef float t[NARROW_BLOCK]
    cdef float y[NARROW_BLOCK]
    cdef Py_ssize_t i
    halves_to_floats(<const unsigned short *> operands[0], x, n)
    halves_to_floats(<const unsigned short *> operands[1], t, n)
    for i in range(n):
        y[i] = float_to_odd(f(x[i], t[i]))
    floats_to_halves(y, <unsigned short *> operands[2], n)
    return 0


cdef inline float abs_at_most(float x, float most) noexcept nogil:
    # NaN passes
    cdef float t = fabsf(x)
    return most if most < t else t
