# WHAT THE LOOPS SHARE: typed memoryviews that borrow their operands, and the exceptions of a block.
#
# A loop is written once; a formula is passed to it and, since everything here is inlined, becomes its body. Each loop
# is short on purpose: the phases of a block (reduction; ratio; value) leave their results in buffers that stay in L1,
# and their dependence chains are short enough to overlap.

cdef extern from *:
    """
    /* Let a typed memoryview borrow an operand: it owns nothing, so nothing is acquired or released. */
    #define fastsig_borrow(view, operand, n) ((view).data = (operand), (view).shape[0] = (n))
    """
    void borrow "fastsig_borrow"(...) noexcept nogil

ctypedef unsigned long long (*flags_formula)(double x) noexcept nogil


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
    # A double on the same side of 0 and 1 as x, or on them where x is: conversion could round a neighbour to 0 or 1.
    return <double> x if x == 0.0 or x == 1.0 or x != x else (-1.0 if x < 0.0 else (2.0 if x > 1.0 else 0.5))
