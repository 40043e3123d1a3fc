# THE LOOPS: typed memoryviews in, typed memoryviews out, and the table of kernels.
#
# One loop a shape, written once; a formula is passed to it and, since everything here is inlined, becomes its
# body. Each loop is short on purpose: the phases of a block (reduction; ratio; value) leave their results in
# buffers that stay in L1, and their dependence chains are short enough to overlap.

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdint cimport uint16_t

from fastsig._fast cimport *
from fastsig._half cimport double_to_half, half_to_double
from fastsig._kernel cimport NARROW_BLOCK, ROW_CAPSULE, WIDE_BLOCK, Row, Signature, kernel_t, signature
from fastsig._math cimport *

cdef extern from *:
    """
    /* A loop is a function of its formula: unless both are inlined into the kernel, each element costs an indirect
       call and nothing is vectorised. */
    #if defined(__GNUC__) || defined(__clang__)
    #undef CYTHON_INLINE
    #define CYTHON_INLINE __inline__ __attribute__((always_inline))
    #endif

    /* A limit that the compiler does not know: against a constant, GCC makes two operations of a clamp that lets NaN
       pass, and two clamps in a row become branches; against a variable each is one vminpd or vmaxpd. */
    static inline double fastsig_opaque(double x) { volatile double v = x; return v; }

    /* Lend a typed memoryview an operand: it owns nothing, so nothing is acquired or released. */
    #define fastsig_lend(view, operand, n) ((view).data = (operand), (view).shape[0] = (n))
    """
    double opaque "fastsig_opaque"(double x) noexcept nogil
    void lend "fastsig_lend"(...) noexcept nogil

ctypedef Ratio (*narrow_ratio)(double x, Exp e) noexcept nogil
ctypedef double (*narrow_value)(double x, double q) noexcept nogil
ctypedef double (*near_formula)(double x) noexcept nogil
ctypedef double (*pair_formula)(double x, RatioPair e) noexcept nogil
ctypedef long double (*libm_formula)(long double x, long double e) noexcept nogil

ctypedef float (*fast_formula)(float x, float e) noexcept nogil
ctypedef float (*fast_pair_formula)(float x, FastExp e) noexcept nogil

ctypedef Ratio (*narrow_ratio_with)(double x, double t, Exp e) noexcept nogil
ctypedef double (*narrow_value_with)(double x, double t, double q) noexcept nogil
ctypedef double (*pair_formula_with)(double x, double t, RatioPair e) noexcept nogil
ctypedef long double (*libm_formula_with)(long double x, long double t, long double e) noexcept nogil

ctypedef double (*plain_formula)(double x) noexcept nogil
ctypedef long double (*plain_formula_ld)(long double x) noexcept nogil
ctypedef double (*plain_formula_with)(double x, double t) noexcept nogil
ctypedef long double (*plain_formula_with_ld)(long double x, long double t) noexcept nogil

# The exceptions that an input calls for.
# As wide as a double, so that comparing and collecting vectorise together.
ctypedef unsigned long long (*flags_formula)(double x) noexcept nogil

cdef enum:
    LAG = 64  # elements: long enough that a quotient does not wait for its ratio

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


cdef inline bint has_sign(narrow x) noexcept nogil:
    # An integer's comparison does not compete with the multiplications, as a float's does.
    if narrow is float:
        return <int> bits_f32(x) < 0
    else:
        return x >> 15


cdef inline void widen(const narrow[::1] x, double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        if narrow is float:
            w[i] = x[i]
        else:
            w[i] = half_to_double(x[i])


cdef inline void reduce_widened(const double *w, double *r, double *exponent, bint even, Py_ssize_t n) noexcept nogil:
    # For e = exp(-|x|) where the function needs no other, else exp(-x)
    cdef double most = opaque(NARROW_MOST), least = opaque(-NARROW_MOST), t
    cdef Reduced a
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(w[i]) if even else w[i]
        t = most if most < t else t
        if not even:
            t = least if least > t else t
        a = reduce_narrow(t)
        r[i] = a.r
        exponent[i] = a.exponent


cdef inline void reduce_narrows(
    const narrow[::1] x, double *w, double *r, double *exponent, bint even, Py_ssize_t n
) noexcept nogil:
    # The same, of float32 clamped before it is widened: on twice the lanes. What was clamped is kept, unless w is NULL.
    cdef float most = <float> opaque(NARROW_MOST), least = <float> opaque(-NARROW_MOST), t
    cdef double wide[NARROW_BLOCK]
    cdef Reduced a
    cdef Py_ssize_t i
    if narrow is float:
        for i in range(n):
            t = fabsf(x[i]) if even else x[i]
            t = most if most < t else t
            if not even:
                t = least if least > t else t
            if w != NULL:
                w[i] = t
            a = reduce_narrow(t)
            r[i] = a.r
            exponent[i] = a.exponent
    else:
        widen(x, wide, n)
        reduce_widened(wide, r, exponent, even, n)


cdef inline Exp exp_of(double r, double exponent) noexcept nogil:
    return exp_narrow(Reduced(r, exponent))


cdef inline void exp_of_doubles(
    const double[::1] x, double *n_h, double *d_h, double *d_l, double *s, Py_ssize_t n
) noexcept nogil:
    cdef double most = opaque(MOST), t
    cdef ReducedPair a
    cdef RatioPair e
    cdef Pair r
    cdef Py_ssize_t i
    for i in range(n):
        t = fabs(x[i])
        a = reduce_f64(most if most < t else t)
        d_h[i] = a.r.h
        d_l[i] = a.r.l
        s[i] = a.s
    for i in range(n):
        r.h = d_h[i]
        r.l = d_l[i]
        e = exp_f64(r)
        n_h[i] = e.n.h
        d_h[i] = e.d.h
        d_l[i] = e.d.l


cdef inline RatioPair ratio_of(double n_h, double d_h, double d_l, double s) noexcept nogil:
    cdef RatioPair e
    e.n.h = n_h
    e.n.l = -d_l
    e.d.h = d_h
    e.d.l = d_l
    return in_unit(e, s)


cdef inline int mend(
    near_formula f, double low, double high, char *x_at, char *y_at, Py_ssize_t n
) noexcept nogil:
    # float32 results for 0 < |x| < low and for |x| > high, of which most blocks have none. For float16, float64 is fine
    # enough.
    cdef const float[::1] x
    cdef float[::1] y
    cdef unsigned int least = 0xffffffff, most = 0, magnitude
    cdef double w, mended
    cdef Py_ssize_t i
    lend(x, x_at, n)
    lend(y, y_at, n)
    for i in range(n):
        magnitude = bits_f32(x[i]) & 0x7fffffff
        least = magnitude - 1 if magnitude - 1 < least else least  # of 0 it is the largest
        if high < INFINITY:
            most = magnitude if magnitude > most else most
    if least < bits_f32(<float> low) - 1 or most > bits_f32(<float> high):
        for i in range(n):
            w = x[i]
            mended = f(w)
            y[i] = <float> mended if (fabs(w) < low) | (fabs(w) > high) else y[i]
    return 0


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

cdef inline int map_narrow(
    narrow_ratio f, narrow_value g, bint even, bint keep, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    # Of functions that need x, if at all, as clamped for its exponential, and in the ratio. The quotients of a stretch
    # are taken beside the ratios of the next: divisions and multiplications overlap.
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef Ratio a
    cdef Py_ssize_t i, k
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    if keep:
        reduce_narrows(x, w, p, q, even, n)
    else:
        reduce_narrows(x, NULL, p, q, even, n)
    for i in range(min(n, LAG)):
        a = f(w[i] if keep else 0.0, exp_of(p[i], q[i]))
        p[i] = a.n
        q[i] = a.d
    for i in range(n - LAG):
        y[i] = rounded(g(0.0, p[i] / q[i]), tag)
        k = i + LAG
        a = f(w[k] if keep else 0.0, exp_of(p[k], q[k]))
        p[k] = a.n
        q[k] = a.d
    for i in range(max(n - LAG, 0), n):
        y[i] = rounded(g(0.0, p[i] / q[i]), tag)
    return 0


cdef inline void ratios(
    narrow_ratio f, const double *w, double *p, double *q, bint even, Py_ssize_t n
) noexcept nogil:
    cdef Ratio a
    cdef Py_ssize_t i
    reduce_widened(w, p, q, even, n)
    for i in range(n):
        a = f(w[i], exp_of(p[i], q[i]))
        p[i] = a.n
        q[i] = a.d


cdef inline int map_narrow_with_x(
    narrow_ratio f, narrow_value g, bint even, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    widen(x, w, n)
    ratios(f, w, p, q, even, n)
    for i in range(n):
        y[i] = rounded(g(w[i], p[i] / q[i]), tag)
    return 0


cdef inline int map_f64(pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
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


cdef inline int map_sigmoid_and_narrow(narrow_value g, char **operands, Py_ssize_t n, const narrow *tag) noexcept nogil:
    # The sigmoid, and what follows from that of -|x|. Both of its sides are rounded before one is chosen: on twice the
    # lanes.
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef narrow[::1] z
    cdef narrow lower, upper
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef double a
    cdef Ratio e
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    reduce_narrows(x, NULL, p, q, True, n)
    for i in range(n):
        e = lower_ratio_narrow(0.0, exp_of(p[i], q[i]))
        p[i] = e.n
        q[i] = e.d
    for i in range(n):
        a = p[i] / q[i]
        lower = rounded(a, tag)
        upper = rounded(1.0 - a, tag)
        y[i] = lower if has_sign(x[i]) else upper
        z[i] = rounded(g(0.0, a), tag)
    return 0


cdef inline int map2_f64(pair_formula f, pair_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef double[::1] z
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
        z[i] = g(x[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
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

cdef inline void ratios_with(
    narrow_ratio_with f, const double *w, const double *u, double *p, double *q, Py_ssize_t n
) noexcept nogil:
    cdef Ratio a
    cdef Py_ssize_t i
    reduce_widened(w, p, q, True, n)
    for i in range(n):
        a = f(w[i], u[i], exp_of(p[i], q[i]))
        p[i] = a.n
        q[i] = a.d


cdef inline int map_with_narrow(
    narrow_ratio_with f, narrow_value_with g, flags_formula flags, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef const narrow[::1] t
    cdef narrow[::1] y
    cdef double w[NARROW_BLOCK]
    cdef double u[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    widen(x, w, n)
    widen(t, u, n)
    ratios_with(f, w, u, p, q, n)
    for i in range(n):
        y[i] = rounded(g(w[i], u[i], p[i] / q[i]), tag)
    return flags_of_widened(flags, u, n)


cdef inline int map_with_f64(pair_formula_with f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], t[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
    return flags_of_doubles(flags, t, n)


cdef inline int map_with_ld(libm_formula_with f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
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
    return flags_of_long_doubles(flags, t, n)


cdef inline int map2_with_narrow(
    narrow_ratio_with f, narrow_value_with g, narrow_value_with h, flags_formula flags,
    char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef const narrow[::1] t
    cdef narrow[::1] y
    cdef narrow[::1] z
    cdef double w[NARROW_BLOCK]
    cdef double u[NARROW_BLOCK]
    cdef double p[NARROW_BLOCK]
    cdef double q[NARROW_BLOCK]
    cdef double a
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    lend(z, operands[3], n)
    widen(x, w, n)
    widen(t, u, n)
    ratios_with(f, w, u, p, q, n)
    for i in range(n):
        a = p[i] / q[i]
        y[i] = rounded(g(w[i], u[i], a), tag)
        z[i] = rounded(h(w[i], u[i], a), tag)
    return flags_of_widened(flags, u, n)


cdef inline int map2_with_f64(
    pair_formula_with f, pair_formula_with g, flags_formula flags, char **operands, Py_ssize_t n
) noexcept nogil:
    cdef const double[::1] x
    cdef const double[::1] t
    cdef double[::1] y
    cdef double[::1] z
    cdef double n_h[WIDE_BLOCK]
    cdef double d_h[WIDE_BLOCK]
    cdef double d_l[WIDE_BLOCK]
    cdef double s[WIDE_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(t, operands[1], n)
    lend(y, operands[2], n)
    lend(z, operands[3], n)
    exp_of_doubles(x, n_h, d_h, d_l, s, n)
    for i in range(n):
        y[i] = f(x[i], t[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
        z[i] = g(x[i], t[i], ratio_of(n_h[i], d_h[i], d_l[i], s[i]))
    return flags_of_doubles(flags, t, n)


cdef inline int map2_with_ld(
    libm_formula_with f, libm_formula_with g, flags_formula flags, char **operands, Py_ssize_t n
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
    return flags_of_long_doubles(flags, t, n)


# ---------------------------------------------------------------------------------------------------------------
# x -> y and (x, t) -> y, without an exponential
# ---------------------------------------------------------------------------------------------------------------

cdef inline int plain_narrow(
    plain_formula f, flags_formula flags, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef narrow[::1] y
    cdef double w[NARROW_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    widen(x, w, n)
    for i in range(n):
        y[i] = rounded(f(w[i]), tag)
    return flags_of_widened(flags, w, n)


cdef inline int plain_f64(plain_formula f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const double[::1] x
    cdef double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i])
    return flags_of_doubles(flags, x, n)


cdef inline int plain_ld(plain_formula_ld f, flags_formula flags, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const long double[::1] x
    cdef long double[::1] y
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        y[i] = f(x[i])
    return flags_of_long_doubles(flags, x, n)


cdef inline int plain_with_narrow(
    plain_formula_with f, char **operands, Py_ssize_t n, const narrow *tag
) noexcept nogil:
    cdef const narrow[::1] x
    cdef const narrow[::1] t
    cdef narrow[::1] y
    cdef double w[NARROW_BLOCK]
    cdef double u[NARROW_BLOCK]
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
    cdef const float[::1] x
    cdef float[::1] y
    cdef float e[NARROW_BLOCK]
    cdef float v[NARROW_BLOCK]
    cdef Py_ssize_t i, k
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    reduce_floats(x, e, v, n)
    for i in range(min(n, LAG)):
        e[i] = exp_fast(e[i], v[i])
    for i in range(n - LAG):
        y[i] = f(x[i], e[i])
        k = i + LAG
        e[k] = exp_fast(e[k], v[k])
    for i in range(max(n - LAG, 0), n):
        y[i] = f(x[i], e[i])
    return 0


cdef inline int map_fast_pair(fast_pair_formula f, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x
    cdef float[::1] y
    cdef float e_h[NARROW_BLOCK]
    cdef float e_l[NARROW_BLOCK]
    cdef float most = <float> opaque(FAST_MOST), t
    cdef FastExp v
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    for i in range(n):
        t = fabsf(x[i])
        v = exp_fast_pair(most if most < t else t)
        e_h[i] = v.h
        e_l[i] = v.l
    for i in range(n):
        y[i] = f(x[i], FastExp(e_h[i], e_l[i]))
    return 0


cdef inline int map2_fast(fast_formula f, fast_formula g, char **operands, Py_ssize_t n) noexcept nogil:
    cdef const float[::1] x
    cdef float[::1] y
    cdef float[::1] z
    cdef float e[NARROW_BLOCK]
    cdef float v[NARROW_BLOCK]
    cdef Py_ssize_t i
    lend(x, operands[0], n)
    lend(y, operands[1], n)
    lend(z, operands[2], n)
    reduce_floats(x, e, v, n)
    for i in range(n):
        e[i] = exp_fast(e[i], v[i])
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
    return map_narrow(sigmoid_ratio_narrow, itself, False, False, p, n, HALF)


cdef int sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(sigmoid_ratio_narrow, itself, False, False, p, n, SINGLE)
    return mend(sigmoid_near_zero, LEAN, INFINITY, p[0], p[1], n)


cdef int sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_f64, p, n)


cdef int sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_ld, p, n)


cdef int sigmoid_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(lower_ratio_narrow, sigmoid_derivative_narrow, True, False, p, n, HALF)


cdef int sigmoid_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow(lower_ratio_narrow, sigmoid_derivative_narrow, True, False, p, n, SINGLE)


cdef int sigmoid_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_derivative_f64, p, n)


cdef int sigmoid_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_derivative_ld, p, n)


cdef int sigmoid_with_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_sigmoid_and_narrow(sigmoid_derivative_narrow, p, n, HALF)


cdef int sigmoid_with_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_sigmoid_and_narrow(sigmoid_derivative_narrow, p, n, SINGLE)
    return mend(sigmoid_near_zero, LEAN, INFINITY, p[0], p[1], n)


cdef int sigmoid_with_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map2_f64(sigmoid_f64, sigmoid_derivative_f64, p, n)


cdef int sigmoid_with_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map2_ld(sigmoid_ld, sigmoid_derivative_ld, p, n)


cdef int sigmoid_second_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow_with_x(
        sigmoid_second_derivative_ratio_narrow, sigmoid_second_derivative_narrow, True, p, n, HALF
    )


cdef int sigmoid_second_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(
        sigmoid_second_derivative_ratio_narrow, sigmoid_second_derivative_narrow, True, p, n, SINGLE
    )
    return mend(sigmoid_second_derivative_near_zero, TINY, INFINITY, p[0], p[1], n)


cdef int sigmoid_second_derivative_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(sigmoid_second_derivative_f64, p, n)


cdef int sigmoid_second_derivative_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(sigmoid_second_derivative_ld, p, n)


cdef int log_sigmoid_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow_with_x(softplus_ratio_narrow, log_sigmoid_narrow, True, p, n, HALF)


cdef int log_sigmoid_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(softplus_ratio_narrow, log_sigmoid_narrow, True, p, n, SINGLE)
    return mend(log_sigmoid_near_zero, SERIES, INFINITY, p[0], p[1], n)


cdef int log_sigmoid_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(log_sigmoid_f64, p, n)


cdef int log_sigmoid_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(log_sigmoid_ld, p, n)


cdef int softplus_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow_with_x(softplus_ratio_narrow, softplus_narrow, True, p, n, HALF)


cdef int softplus_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(softplus_ratio_narrow, softplus_narrow, True, p, n, SINGLE)
    return mend(softplus_near_zero, SERIES, INFINITY, p[0], p[1], n)


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
    return map_narrow_with_x(silu_ratio_narrow, silu_narrow, False, p, n, HALF)


cdef int silu_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow(silu_ratio_narrow, itself, False, True, p, n, SINGLE)
    return mend(silu_mended, SILU_LEAN, NARROW_MOST, p[0], p[1], n)


cdef int silu_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_f64(silu_f64, p, n)


cdef int silu_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_ld(silu_ld, p, n)


cdef int silu_derivative_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_narrow_with_x(silu_derivative_ratio_narrow, itself, True, p, n, HALF)


cdef int silu_derivative_f(char **p, Py_ssize_t n) noexcept nogil:
    map_narrow_with_x(silu_derivative_ratio_narrow, itself, True, p, n, SINGLE)
    return mend(silu_derivative_near_zero, LEAN, INFINITY, p[0], p[1], n)


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
    return map_with_narrow(logistic_loss_ratio_narrow, logistic_loss_narrow, target_flags, p, n, HALF)


cdef int logistic_loss_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(logistic_loss_ratio_narrow, logistic_loss_narrow, target_flags, p, n, SINGLE)


cdef int logistic_loss_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_f64(logistic_loss_f64, target_flags, p, n)


cdef int logistic_loss_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_ld(logistic_loss_ld, target_flags, p, n)


cdef int logistic_loss_gradient_hessian_e(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_hessian_narrow,
        target_flags, p, n, HALF
    )


cdef int logistic_loss_gradient_hessian_f(char **p, Py_ssize_t n) noexcept nogil:
    return map2_with_narrow(
        logistic_loss_gradient_ratio_narrow, logistic_loss_gradient_narrow, logistic_loss_hessian_narrow,
        target_flags, p, n, SINGLE
    )


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

cdef void free_row(object capsule) noexcept:
    PyMem_Free(PyCapsule_GetPointer(capsule, ROW_CAPSULE))


cdef object row(Signature of_row, kernel_t e, kernel_t f, kernel_t d, kernel_t g):
    # A ufunc copies the row that it is made of: none is needed for longer than its capsule.
    cdef Row *r = <Row *> PyMem_Malloc(sizeof(Row))
    if r == NULL:
        raise MemoryError
    r.signature = of_row
    r.kernels[0], r.kernels[1], r.kernels[2], r.kernels[3] = e, f, d, g
    return PyCapsule_New(r, ROW_CAPSULE, free_row)


FMA = HAS_FMA  # which of the bounds hold

KERNELS = {
    "sigmoid": row(signature(1, 1), sigmoid_e, sigmoid_f, sigmoid_d, sigmoid_g),
    "sigmoid_derivative": row(
        signature(1, 1), sigmoid_derivative_e, sigmoid_derivative_f, sigmoid_derivative_d, sigmoid_derivative_g
    ),
    "sigmoid_with_derivative": row(
        signature(1, 2), sigmoid_with_derivative_e, sigmoid_with_derivative_f,
        sigmoid_with_derivative_d, sigmoid_with_derivative_g
    ),
    "sigmoid_second_derivative": row(
        signature(1, 1), sigmoid_second_derivative_e, sigmoid_second_derivative_f,
        sigmoid_second_derivative_d, sigmoid_second_derivative_g
    ),
    "log_sigmoid": row(signature(1, 1), log_sigmoid_e, log_sigmoid_f, log_sigmoid_d, log_sigmoid_g),
    "softplus": row(signature(1, 1), softplus_e, softplus_f, softplus_d, softplus_g),
    "logit": row(signature(1, 1), logit_e, logit_f, logit_d, logit_g),
    "silu": row(signature(1, 1), silu_e, silu_f, silu_d, silu_g),
    "silu_derivative": row(signature(1, 1), silu_derivative_e, silu_derivative_f, silu_derivative_d, silu_derivative_g),
    "sigmoid_backward": row(
        signature(2, 1), sigmoid_backward_e, sigmoid_backward_f, sigmoid_backward_d, sigmoid_backward_g
    ),
    "logistic_loss": row(signature(2, 1), logistic_loss_e, logistic_loss_f, logistic_loss_d, logistic_loss_g),
    "logistic_loss_gradient_hessian": row(
        signature(2, 2), logistic_loss_gradient_hessian_e, logistic_loss_gradient_hessian_f,
        logistic_loss_gradient_hessian_d, logistic_loss_gradient_hessian_g
    ),
}

# float32 of its own; every other type the default's.
FAST = {
    "sigmoid": row(signature(1, 1), sigmoid_e, fast_sigmoid_f, sigmoid_d, sigmoid_g),
    "sigmoid_derivative": row(
        signature(1, 1), sigmoid_derivative_e, fast_sigmoid_derivative_f, sigmoid_derivative_d, sigmoid_derivative_g
    ),
    "sigmoid_with_derivative": row(
        signature(1, 2), sigmoid_with_derivative_e, fast_sigmoid_with_derivative_f,
        sigmoid_with_derivative_d, sigmoid_with_derivative_g
    ),
    "log_sigmoid": row(signature(1, 1), log_sigmoid_e, fast_log_sigmoid_f, log_sigmoid_d, log_sigmoid_g),
    "softplus": row(signature(1, 1), softplus_e, fast_softplus_f, softplus_d, softplus_g),
    "silu": row(signature(1, 1), silu_e, fast_silu_f, silu_d, silu_g),
}
