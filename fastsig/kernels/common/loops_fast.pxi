# THE LOOPS OF THE FAST TIER: float32 in float32 throughout, float64 in pairs.

ctypedef float (*fast_formula)(float x, float e) noexcept nogil
ctypedef double (*fast_f64_formula)(double x, RatioPair e) noexcept nogil
ctypedef float (*fast_pair_formula)(float x, FastExp e) noexcept nogil


cdef inline void reduce_floats(const float[::1] x, float *s, float *v, Py_ssize_t n) noexcept nogil:
    cdef float most = <float> opaque(FAST_MOST), t
    cdef FastReduced a
    cdef Py_ssize_t i
    for i in range(n):
        t = fabsf(x[i])
        a = reduce_fast(most if most < t else t)
        s[i] = a.s
        v[i] = fmaf(a.n, FAST_LN2_LO, a.v)


cdef inline int map_fast(fast_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    # Values beside the exponentials of the next stretch, as in map_narrow
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef float e[NARROW_BLOCK]
    cdef float v[NARROW_BLOCK]
    cdef Py_ssize_t i, k
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    reduce_floats(x, e, v, n)
    for i in range(min(n, DISTANCE)):
        e[i] = exp_fast(e[i], v[i])
    for i in range(n - DISTANCE):
        y[i] = f(x[i], e[i])
        k = i + DISTANCE
        e[k] = exp_fast(e[k], v[k])
    for i in range(max(n - DISTANCE, 0), n):
        y[i] = f(x[i], e[i])
    return 0


cdef inline int map_fast_pair(fast_pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef float e_h[NARROW_BLOCK]
    cdef float e_l[NARROW_BLOCK]
    cdef float most = <float> opaque(FAST_MOST), t
    cdef FastExp v
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    for i in range(n):
        t = fabsf(x[i])
        v = exp_fast_pair(most if most < t else t)
        e_h[i] = v.h
        e_l[i] = v.l
    for i in range(n):
        y[i] = f(x[i], FastExp(e_h[i], e_l[i]))
    return 0


cdef inline int map2_fast(fast_formula f, fast_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x = None
    cdef float[::1] y = None
    cdef float[::1] z = None
    cdef float e[NARROW_BLOCK]
    cdef float v[NARROW_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    reduce_floats(x, e, v, n)
    for i in range(n):
        e[i] = exp_fast(e[i], v[i])
    for i in range(n):
        y[i] = f(x[i], e[i])
        z[i] = g(x[i], e[i])
    return 0


cdef inline void exp_fast_of_doubles(
    const double[::1] x, double *n_h, double *d_h, double *d_l, double *s, Py_ssize_t n
) noexcept nogil:
    cdef double most = opaque(MOST), t
    cdef FastReducedPair a
    cdef RatioPair e
    cdef Pair r
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        a = reduce_fast_f64(most if most < t else t)
        d_h[i] = a.r.h
        d_l[i] = a.r.l
        s[i] = a.s
    for i in range(n):
        r.h = d_h[i]
        r.l = d_l[i]
        e = exp_fast_f64(r)
        n_h[i] = e.n.h
        d_h[i] = e.d.h
        d_l[i] = e.d.l


cdef inline RatioPair ratio_fast_of(double n_h, double d_h, double d_l, double s) noexcept nogil:
    cdef RatioPair e
    e.n.h = n_h
    e.n.l = -d_l
    e.d.h = d_h
    e.d.l = d_l
    return in_unit_fast_f64(e, s)


cdef inline int map_fast_f64(fast_f64_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    exp_fast_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], ratio_fast_of(n_h[i], d_h[i], d_l[i], s[i]))
    return 0


cdef inline int map2_fast_f64(fast_f64_formula f, fast_f64_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x = None
    cdef double[::1] y = None
    cdef double[::1] z = None
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    borrow(x, operands[0], n)
    borrow(y, operands[1], n)
    borrow(z, operands[2], n)
    exp_fast_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], ratio_fast_of(n_h[i], d_h[i], d_l[i], s[i]))
        z[i] = g(x[i], ratio_fast_of(n_h[i], d_h[i], d_l[i], s[i]))
    return 0
