# THE LOOPS: typed memoryviews in, typed memoryviews out, and the table of kernels.
#
# One loop a shape, written once; a formula is passed to it and, since everything here is inlined, becomes its
# body. Each loop is short on purpose: the phases of a block (widen; exponential; formula) leave their results in
# buffers that stay in L1, and their dependence chains are short enough to overlap.

from cpython.mem cimport PyMem_Malloc
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport uint16_t

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

ctypedef double (*narrow_formula)(double x, double e) noexcept nogil
ctypedef double (*pair_formula)(double x, Pair e) noexcept nogil
ctypedef long double (*libm_formula)(long double x, long double e) noexcept nogil

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


cdef inline void widen_and_exp(const narrow[::1] x, double *w, double *e, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef Reduced a
    cdef double r[BLOCK]
    cdef double s[BLOCK]
    for i in range(n):
        if narrow is float:
            w[i] = x[i]
        else:
            w[i] = half_to_double(x[i])
    for i in range(n):
        a = reduce_narrow(-fabs(w[i]))
        r[i] = a.r
        s[i] = a.s
    for i in range(n):
        e[i] = exp_narrow(Reduced(s[i], r[i], 0.0))


cdef inline void exp_pairs(const double[::1] x, double *e_h, double *e_l, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef Pair e
    cdef Reduced a
    cdef double r[BLOCK]
    cdef double r_l[BLOCK]
    cdef double s[BLOCK]
    for i in range(n):
        a = reduce_f64(-fabs(x[i]))
        r[i] = a.r
        r_l[i] = a.r_l
        s[i] = a.s
    for i in range(n):
        e = exp_f64(Reduced(s[i], r[i], r_l[i]))
        e_h[i] = e.h
        e_l[i] = e.l


# ---------------------------------------------------------------------------------------------------------------
# One output
# ---------------------------------------------------------------------------------------------------------------

cdef inline void map_narrow(narrow_formula f, char **operands, Py_ssize_t n, const narrow *tag) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[BLOCK]
    cdef double e[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    widen_and_exp(x, w, e, n)
    for i in range(n):
        y[i] = rounded(f(w[i], e[i]), tag)


cdef inline void map_f64(pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    exp_pairs(x, e_h, e_l, n)
    for i in range(n):
        y[i] = f(x[i], Pair(e_h[i], e_l[i]))


cdef inline void map_ld(libm_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef long double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i], expl(-fabsl(x[i])))


# ---------------------------------------------------------------------------------------------------------------
# Two outputs of the same exponential: each has the bits that its formula gives alone
# ---------------------------------------------------------------------------------------------------------------

cdef inline void map2_narrow(
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
    widen_and_exp(x, w, e, n)
    for i in range(n):
        y[i] = rounded(f(w[i], e[i]), tag)
        z[i] = rounded(g(w[i], e[i]), tag)


cdef inline void map2_f64(pair_formula f, pair_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double[::1] z
    cdef double e_h[BLOCK]
    cdef double e_l[BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    exp_pairs(x, e_h, e_l, n)
    for i in range(n):
        y[i] = f(x[i], Pair(e_h[i], e_l[i]))
        z[i] = g(x[i], Pair(e_h[i], e_l[i]))


cdef inline void map2_ld(libm_formula f, libm_formula g, char **operands, Py_ssize_t n) noexcept nogil:
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


# ---------------------------------------------------------------------------------------------------------------
# Kernels, a name and a type each
# ---------------------------------------------------------------------------------------------------------------

cdef const uint16_t *HALF = NULL
cdef const float *SINGLE = NULL


cdef void sigmoid_e(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(sigmoid_narrow, p, n, HALF)


cdef void sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(sigmoid_narrow, p, n, SINGLE)


cdef void sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    map_f64(sigmoid_f64, p, n)


cdef void sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    map_ld(sigmoid_ld, p, n)


cdef void sigmoid_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(sigmoid_derivative_narrow, p, n, HALF)


cdef void sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(sigmoid_derivative_narrow, p, n, SINGLE)


cdef void sigmoid_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    map_f64(sigmoid_derivative_f64, p, n)


cdef void sigmoid_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    map_ld(sigmoid_derivative_ld, p, n)


cdef void sigmoid_with_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    map2_narrow(sigmoid_narrow, sigmoid_derivative_narrow, p, n, HALF)


cdef void sigmoid_with_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map2_narrow(sigmoid_narrow, sigmoid_derivative_narrow, p, n, SINGLE)


cdef void sigmoid_with_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    map2_f64(sigmoid_f64, sigmoid_derivative_f64, p, n)


cdef void sigmoid_with_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    map2_ld(sigmoid_ld, sigmoid_derivative_ld, p, n)


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
        1, 2, sigmoid_with_derivative_e, sigmoid_with_derivative_f, sigmoid_with_derivative_d,
        sigmoid_with_derivative_g
    ),
}
