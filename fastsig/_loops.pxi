# THE LOOPS: typed memoryviews in, typed memoryviews out, and the table of kernels.
#
# One loop a shape, written once; a formula is passed to it and, since everything here is inlined, becomes its
# body. Each loop is short on purpose: the phases of a block (widen; exponential; formula) leave their results in
# buffers that stay in L1, and their dependence chains are short enough to overlap.

from cpython.mem cimport PyMem_Malloc
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport uint16_t

from fastsig._fast cimport *
from fastsig._half cimport double_to_half, half_to_double
from fastsig._kernel cimport BLOCK, ROW_CAPSULE, Row, kernel_t
from fastsig._math cimport *

cdef extern from *:
    """
    /* A loop is a function of its formula: unless both are inlined into the kernel, each element costs an indirect
       call and nothing is vectorised. */
    #if defined(__GNUC__) || defined(__clang__)
    #undef CYTHON_INLINE
    #define CYTHON_INLINE __inline__ __attribute__((always_inline))
    #endif

    /* Lend a typed memoryview an operand: it owns nothing, so nothing is acquired or released. */
    #define fastsig_lend(view, operand, n) ((view).data = (operand), (view).shape[0] = (n))
    """
    void lend "fastsig_lend"(...) noexcept nogil

ctypedef double (*narrow_formula)(double x, Exp e) noexcept nogil
ctypedef double (*pair_formula)(double x, ExpPair e) noexcept nogil
ctypedef long double (*libm_formula)(long double x, long double e) noexcept nogil

ctypedef float (*fast_formula)(float x, float e) noexcept nogil
ctypedef float (*fast_pair_formula)(float x, FastExp e) noexcept nogil

ctypedef double (*narrow_formula_with)(double x, double t, Exp e) noexcept nogil
ctypedef double (*pair_formula_with)(double x, double t, ExpPair e) noexcept nogil
ctypedef long double (*libm_formula_with)(long double x, long double t, long double e) noexcept nogil

ctypedef double (*plain_formula)(double x) noexcept nogil
ctypedef long double (*plain_formula_ld)(long double x) noexcept nogil
ctypedef double (*plain_formula_with)(double x, double t) noexcept nogil
ctypedef long double (*plain_formula_with_ld)(long double x, long double t) noexcept nogil

# The exceptions that an input calls for.
# As wide as a double, so that comparing and collecting vectorise together.
ctypedef unsigned long long (*flags_formula)(double x) noexcept nogil

ctypedef fused narrow:
    uint16_t  # float16, by its bits
    float


# ---------------------------------------------------------------------------------------------------------------
# Phases
# ---------------------------------------------------------------------------------------------------------------

cdef inline narrow rounded(double v, const narrow *tag) noexcept nogil:
    if narrow is float:
        return <float> v
    else:
        return double_to_half(v)


cdef inline void widen(const narrow[::1] x, double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        if narrow is float:
            w[i] = x[i]
        else:
            w[i] = half_to_double(x[i])


# Most formulas have no use for the complement of e: NULL spares its stores, which the compiler would keep.

cdef inline void exp_of_widened(const double *w, double *e, double *c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef Reduced a
    cdef Exp v
    cdef double r[BLOCK]
    cdef double s[BLOCK]
    for i in range(n):
        a = reduce_narrow(-fabs(w[i]))
        r[i] = a.r
        s[i] = a.s
    for i in range(n):
        v = exp_narrow(Reduced(s[i], r[i], 0.0))
        e[i] = v.e
        if c != NULL:
            c[i] = v.c


cdef inline void exp_of_doubles(
    const double[::1] x, double *e_h, double *e_l, double *c_h, double *c_l, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    cdef Reduced a
    cdef ExpPair v
    cdef double r[BLOCK]
    cdef double r_l[BLOCK]
    cdef double s[BLOCK]
    for i in range(n):
        a = reduce_f64(fabs(x[i]))
        r[i] = a.r
        r_l[i] = a.r_l
        s[i] = a.s
    for i in range(n):
        v = exp_f64(Reduced(s[i], r[i], r_l[i]))
        e_h[i] = v.e.h
        e_l[i] = v.e.l
        if c_h != NULL:
            c_h[i] = v.c.h
            c_l[i] = v.c.l


cdef inline ExpPair pair_of(double e_h, double e_l, double c_h, double c_l) noexcept nogil:
    cdef ExpPair v
    v.e.h = e_h
    v.e.l = e_l
    v.c.h = c_h
    v.c.l = c_l
    return v


cdef inline int flags_of_widened(flags_formula g, const double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned long long flags = 0
    for i in range(n):
        flags |= g(w[i])
    return flags


cdef inline int flags_of_doubles(flags_formula g, const double[::1] x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned long long flags = 0
    for i in range(n):
        flags |= g(x[i])
    return flags


cdef inline int flags_of_long_doubles(flags_formula g, const long double[::1] x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned long long flags = 0
    for i in range(n):
        flags |= g(clamped(x[i]))
    return flags


cdef inline double clamped(long double x) noexcept nogil:
    # On the same side of 0 and 1, and on them where x is: a double cannot tell their neighbours from them.
    return <double> x if x == 0.0 or x == 1.0 or x != x else (-1.0 if x < 0.0 else (2.0 if x > 1.0 else 0.5))


# ---------------------------------------------------------------------------------------------------------------
# x -> y, and x -> (y, z): each of two outputs has the bits that its formula gives alone
# ---------------------------------------------------------------------------------------------------------------

cdef inline int map_narrow(narrow_formula f, char **operands, Py_ssize_t n, const narrow *tag) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[BLOCK]
    cdef double e[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    widen(x, w, n)
    exp_of_widened(w, e, NULL, n)
    for i in range(n):
        y[i] = rounded(f(w[i], Exp(e[i], 0.0)), tag)
    return 0


cdef inline int map_f64(pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    exp_of_doubles(x, e_h, e_l, NULL, NULL, n)
    for i in range(n):
        y[i] = f(x[i], pair_of(e_h[i], e_l[i], 0.0, 0.0))
    return 0


cdef inline int map_complement_narrow(
    narrow_formula f, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[BLOCK]
    cdef double e[BLOCK]
    cdef double c[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    widen(x, w, n)
    exp_of_widened(w, e, c, n)
    for i in range(n):
        y[i] = rounded(f(w[i], Exp(e[i], c[i])), tag)
    return 0


cdef inline int map_complement_f64(pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef double c_h[BLOCK]
    cdef double c_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    exp_of_doubles(x, e_h, e_l, c_h, c_l, n)
    for i in range(n):
        y[i] = f(x[i], pair_of(e_h[i], e_l[i], c_h[i], c_l[i]))
    return 0


cdef inline int map_ld(libm_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef long double[::1] y
    cdef long double e
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        e = expl(-fabsl(x[i]))
        y[i] = f(x[i], e)
    return 0


cdef inline int map2_narrow(
    narrow_formula f, narrow_formula g, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef narrow[::1] z
    cdef double w[BLOCK]
    cdef double e[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    widen(x, w, n)
    exp_of_widened(w, e, NULL, n)
    for i in range(n):
        y[i] = rounded(f(w[i], Exp(e[i], 0.0)), tag)
        z[i] = rounded(g(w[i], Exp(e[i], 0.0)), tag)
    return 0


cdef inline int map2_f64(pair_formula f, pair_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double[::1] z
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    exp_of_doubles(x, e_h, e_l, NULL, NULL, n)
    for i in range(n):
        y[i] = f(x[i], pair_of(e_h[i], e_l[i], 0.0, 0.0))
        z[i] = g(x[i], pair_of(e_h[i], e_l[i], 0.0, 0.0))
    return 0


cdef inline int map2_ld(libm_formula f, libm_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef long double[::1] y
    cdef long double[::1] z
    cdef long double e
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    for i in range(n):
        e = expl(-fabsl(x[i]))
        y[i] = f(x[i], e)
        z[i] = g(x[i], e)
    return 0


# ---------------------------------------------------------------------------------------------------------------
# (x, t) -> y, and (x, t) -> (y, z)
# ---------------------------------------------------------------------------------------------------------------

cdef inline int map_with_narrow(
    narrow_formula_with f, flags_formula h, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef const narrow[::1] t
    cdef narrow[::1] y
    cdef double w[BLOCK]
    cdef double e[BLOCK]
    cdef double u[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    widen(x, w, n)
    widen(t, u, n)
    exp_of_widened(w, e, NULL, n)
    for i in range(n):
        y[i] = rounded(f(w[i], u[i], Exp(e[i], 0.0)), tag)
    return flags_of_widened(h, u, n)


cdef inline int map_with_f64(pair_formula_with f, flags_formula h, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    exp_of_doubles(x, e_h, e_l, NULL, NULL, n)
    for i in range(n):
        y[i] = f(x[i], t[i], pair_of(e_h[i], e_l[i], 0.0, 0.0))
    return flags_of_doubles(h, t, n)


cdef inline int map_with_ld(libm_formula_with f, flags_formula h, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef const long double[::1] t
    cdef long double[::1] y
    cdef long double e
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    for i in range(n):
        e = expl(-fabsl(x[i]))
        y[i] = f(x[i], t[i], e)
    return flags_of_long_doubles(h, t, n)


cdef inline int map2_with_narrow(
    narrow_formula_with f, narrow_formula_with g, flags_formula h, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef const narrow[::1] t
    cdef narrow[::1] y
    cdef narrow[::1] z
    cdef double w[BLOCK]
    cdef double e[BLOCK]
    cdef double u[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    lend(z, operands[3], n)
    widen(x, w, n)
    widen(t, u, n)
    exp_of_widened(w, e, NULL, n)
    for i in range(n):
        y[i] = rounded(f(w[i], u[i], Exp(e[i], 0.0)), tag)
        z[i] = rounded(g(w[i], u[i], Exp(e[i], 0.0)), tag)
    return flags_of_widened(h, u, n)


cdef inline int map2_with_f64(
    pair_formula_with f, pair_formula_with g, flags_formula h, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef double[::1] z
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    lend(z, operands[3], n)
    exp_of_doubles(x, e_h, e_l, NULL, NULL, n)
    for i in range(n):
        y[i] = f(x[i], t[i], pair_of(e_h[i], e_l[i], 0.0, 0.0))
        z[i] = g(x[i], t[i], pair_of(e_h[i], e_l[i], 0.0, 0.0))
    return flags_of_doubles(h, t, n)


cdef inline int map2_with_ld(
    libm_formula_with f, libm_formula_with g, flags_formula h, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const long double[::1] x
    cdef const long double[::1] t
    cdef long double[::1] y
    cdef long double[::1] z
    cdef long double e
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    lend(z, operands[3], n)
    for i in range(n):
        e = expl(-fabsl(x[i]))
        y[i] = f(x[i], t[i], e)
        z[i] = g(x[i], t[i], e)
    return flags_of_long_doubles(h, t, n)


# ---------------------------------------------------------------------------------------------------------------
# x -> y and (x, t) -> y, without an exponential
# ---------------------------------------------------------------------------------------------------------------

cdef inline int plain_narrow(
    plain_formula f, flags_formula h, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    widen(x, w, n)
    for i in range(n):
        y[i] = rounded(f(w[i]), tag)
    return flags_of_widened(h, w, n)


cdef inline int plain_f64(plain_formula f, flags_formula h, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i])
    return flags_of_doubles(h, x, n)


cdef inline int plain_ld(plain_formula_ld f, flags_formula h, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef long double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i])
    return flags_of_long_doubles(h, x, n)


cdef inline int plain_with_narrow(
    plain_formula_with f, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef const narrow[::1] t
    cdef narrow[::1] y
    cdef double w[BLOCK]
    cdef double u[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    widen(x, w, n)
    widen(t, u, n)
    for i in range(n):
        y[i] = rounded(f(w[i], u[i]), tag)
    return 0


cdef inline int plain_with_f64(plain_formula_with f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    for i in range(n):
        y[i] = f(x[i], t[i])
    return 0


cdef inline int plain_with_ld(plain_formula_with_ld f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef const long double[::1] t
    cdef long double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    for i in range(n):
        y[i] = f(x[i], t[i])
    return 0


# ---------------------------------------------------------------------------------------------------------------
# The fast tier: x -> y and x -> (y, z), in float32 throughout
# ---------------------------------------------------------------------------------------------------------------

cdef inline void exp_of_floats(const float[::1] x, float *e, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        e[i] = exp_fast(fabsf(x[i]))


cdef inline int map_fast(fast_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x
    cdef float[::1] y
    cdef float e[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    exp_of_floats(x, e, n)
    for i in range(n):
        y[i] = f(x[i], e[i])
    return 0


cdef inline int map_fast_pair(fast_pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x
    cdef float[::1] y
    cdef float e_h[BLOCK]
    cdef float e_l[BLOCK]
    cdef FastExp v
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        v = exp_fast_pair(fabsf(x[i]))
        e_h[i] = v.h
        e_l[i] = v.l
    for i in range(n):
        y[i] = f(x[i], FastExp(e_h[i], e_l[i]))
    return 0


cdef inline int map2_fast(fast_formula f, fast_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x
    cdef float[::1] y
    cdef float[::1] z
    cdef float e[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    exp_of_floats(x, e, n)
    for i in range(n):
        y[i] = f(x[i], e[i])
        z[i] = g(x[i], e[i])
    return 0


# ---------------------------------------------------------------------------------------------------------------
# Kernels, a name and a type each
# ---------------------------------------------------------------------------------------------------------------

# What tells the two types of `narrow` apart: only the pointer's type is looked at.
cdef const uint16_t *HALF = NULL
cdef const float *SINGLE = NULL


cdef int sigmoid_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(sigmoid_narrow, p, n, HALF)


cdef int sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(sigmoid_narrow, p, n, SINGLE)


cdef int sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_f64, p, n)


cdef int sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_ld, p, n)


cdef int sigmoid_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(sigmoid_derivative_narrow, p, n, HALF)


cdef int sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(sigmoid_derivative_narrow, p, n, SINGLE)


cdef int sigmoid_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_derivative_f64, p, n)


cdef int sigmoid_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_derivative_ld, p, n)


cdef int sigmoid_with_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map2_narrow(sigmoid_narrow, sigmoid_derivative_narrow, p, n, HALF)


cdef int sigmoid_with_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map2_narrow(sigmoid_narrow, sigmoid_derivative_narrow, p, n, SINGLE)


cdef int sigmoid_with_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map2_f64(sigmoid_f64, sigmoid_derivative_f64, p, n)


cdef int sigmoid_with_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_ld(sigmoid_ld, sigmoid_derivative_ld, p, n)


cdef int sigmoid_second_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_complement_narrow(sigmoid_second_derivative_narrow, p, n, HALF)


cdef int sigmoid_second_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_complement_narrow(sigmoid_second_derivative_narrow, p, n, SINGLE)


cdef int sigmoid_second_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_complement_f64(sigmoid_second_derivative_f64, p, n)


cdef int sigmoid_second_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_second_derivative_ld, p, n)


cdef int log_sigmoid_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(log_sigmoid_narrow, p, n, HALF)


cdef int log_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(log_sigmoid_narrow, p, n, SINGLE)


cdef int log_sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(log_sigmoid_f64, p, n)


cdef int log_sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(log_sigmoid_ld, p, n)


cdef int softplus_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(softplus_narrow, p, n, HALF)


cdef int softplus_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(softplus_narrow, p, n, SINGLE)


cdef int softplus_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(softplus_f64, p, n)


cdef int softplus_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(softplus_ld, p, n)


cdef int logit_e(char **p, Py_ssize_t n) noexcept nogil:
    return plain_narrow(logit_narrow, logit_flags, p, n, HALF)


cdef int logit_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_narrow(logit_narrow, logit_flags, p, n, SINGLE)


cdef int logit_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_f64(logit_f64, logit_flags, p, n)


cdef int logit_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_ld(logit_ld, logit_flags, p, n)


cdef int silu_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(silu_narrow, p, n, HALF)


cdef int silu_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(silu_narrow, p, n, SINGLE)


cdef int silu_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(silu_f64, p, n)


cdef int silu_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(silu_ld, p, n)


cdef int silu_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(silu_derivative_narrow, p, n, HALF)


cdef int silu_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(silu_derivative_narrow, p, n, SINGLE)


cdef int silu_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(silu_derivative_f64, p, n)


cdef int silu_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(silu_derivative_ld, p, n)


cdef int sigmoid_backward_e(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_narrow(sigmoid_backward_narrow, p, n, HALF)


cdef int sigmoid_backward_f(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_narrow(sigmoid_backward_narrow, p, n, SINGLE)


cdef int sigmoid_backward_d(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_f64(sigmoid_backward_f64, p, n)


cdef int sigmoid_backward_g(char **p, Py_ssize_t n) noexcept nogil:
    return plain_with_ld(sigmoid_backward_ld, p, n)


cdef int logistic_loss_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(logistic_loss_narrow, target_flags, p, n, HALF)


cdef int logistic_loss_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(logistic_loss_narrow, target_flags, p, n, SINGLE)


cdef int logistic_loss_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_f64(logistic_loss_f64, target_flags, p, n)


cdef int logistic_loss_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_ld(logistic_loss_ld, target_flags, p, n)


cdef int logistic_loss_gradient_hessian_e(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(logistic_loss_gradient_narrow, logistic_loss_hessian_narrow, target_flags, p, n, HALF)


cdef int logistic_loss_gradient_hessian_f(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(logistic_loss_gradient_narrow, logistic_loss_hessian_narrow, target_flags, p, n, SINGLE)


cdef int logistic_loss_gradient_hessian_d(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_f64(logistic_loss_gradient_f64, logistic_loss_hessian_f64, target_flags, p, n)


cdef int logistic_loss_gradient_hessian_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_ld(logistic_loss_gradient_ld, logistic_loss_hessian_ld, target_flags, p, n)


# Those of the fast tier; without FMA they are the default's.

cdef int fast_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(sigmoid_fast, p, n) if HAS_FMA else sigmoid_f(p, n)


cdef int fast_sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(sigmoid_derivative_fast, p, n) if HAS_FMA else sigmoid_derivative_f(p, n)


cdef int fast_sigmoid_with_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    if not HAS_FMA:
        return sigmoid_with_derivative_f(p, n)
    return map2_fast(sigmoid_fast, sigmoid_derivative_fast, p, n)


cdef int fast_log_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(log_sigmoid_fast, p, n) if HAS_FMA else log_sigmoid_f(p, n)


cdef int fast_softplus_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast(softplus_fast, p, n) if HAS_FMA else softplus_f(p, n)


cdef int fast_silu_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_pair(silu_fast, p, n) if HAS_FMA else silu_f(p, n)


# ---------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------

cdef object row(int nin, int nout, kernel_t e, kernel_t f, kernel_t d, kernel_t g):
    # It lives as long as the process, as the ufuncs that point to it do.
    cdef Row *r = <Row *> PyMem_Malloc(sizeof(Row))
    if r == NULL:
        raise MemoryError
    r.nin, r.nout = nin, nout
    r.kernels[0], r.kernels[1], r.kernels[2], r.kernels[3] = e, f, d, g
    return PyCapsule_New(r, ROW_CAPSULE, NULL)


FMA = HAS_FMA  # which of the bounds hold

KERNELS = {
    "sigmoid": row(1, 1, sigmoid_e, sigmoid_f, sigmoid_d, sigmoid_g),
    "sigmoid_derivative": row(
        1, 1, sigmoid_derivative_e, sigmoid_derivative_f, sigmoid_derivative_d, sigmoid_derivative_g
    ),
    "sigmoid_with_derivative": row(
        1, 2, sigmoid_with_derivative_e, sigmoid_with_derivative_f, sigmoid_with_derivative_d, sigmoid_with_derivative_g
    ),
    "sigmoid_second_derivative": row(
        1, 1, sigmoid_second_derivative_e, sigmoid_second_derivative_f,
        sigmoid_second_derivative_d, sigmoid_second_derivative_g
    ),
    "log_sigmoid": row(1, 1, log_sigmoid_e, log_sigmoid_f, log_sigmoid_d, log_sigmoid_g),
    "softplus": row(1, 1, softplus_e, softplus_f, softplus_d, softplus_g),
    "logit": row(1, 1, logit_e, logit_f, logit_d, logit_g),
    "silu": row(1, 1, silu_e, silu_f, silu_d, silu_g),
    "silu_derivative": row(1, 1, silu_derivative_e, silu_derivative_f, silu_derivative_d, silu_derivative_g),
    "sigmoid_backward": row(2, 1, sigmoid_backward_e, sigmoid_backward_f, sigmoid_backward_d, sigmoid_backward_g),
    "logistic_loss": row(2, 1, logistic_loss_e, logistic_loss_f, logistic_loss_d, logistic_loss_g),
    "logistic_loss_gradient_hessian": row(
        2, 2, logistic_loss_gradient_hessian_e, logistic_loss_gradient_hessian_f,
        logistic_loss_gradient_hessian_d, logistic_loss_gradient_hessian_g
    ),
}

# float32 of its own; every other type the default's.
FAST = {
    "sigmoid": row(1, 1, sigmoid_e, fast_sigmoid_f, sigmoid_d, sigmoid_g),
    "sigmoid_derivative": row(
        1, 1, sigmoid_derivative_e, fast_sigmoid_derivative_f, sigmoid_derivative_d, sigmoid_derivative_g
    ),
    "sigmoid_with_derivative": row(
        1, 2, sigmoid_with_derivative_e, fast_sigmoid_with_derivative_f,
        sigmoid_with_derivative_d, sigmoid_with_derivative_g
    ),
    "log_sigmoid": row(1, 1, log_sigmoid_e, fast_log_sigmoid_f, log_sigmoid_d, log_sigmoid_g),
    "softplus": row(1, 1, softplus_e, fast_softplus_f, softplus_d, softplus_g),
    "silu": row(1, 1, silu_e, fast_silu_f, silu_d, silu_g),
}
