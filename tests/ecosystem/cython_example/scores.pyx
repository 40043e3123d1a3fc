# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""Scores, losses and their derivatives, on all CPUs."""

from cython.parallel cimport prange

from fastsig.cython_api cimport logistic_loss_gradient_hessian_f64, sigmoid_array_f32, sigmoid_f64


def probabilities(const double[:] x, double[:] out):
    """One number at a time."""
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True):
        out[i] = sigmoid_f64(x[i])


def probabilities_by_row(const float[:, ::1] x, float[:, ::1] out):
    """An array at a time, which is quicker: its kernels are vectorised."""
    cdef Py_ssize_t i, width = x.shape[1]
    for i in prange(x.shape[0], nogil=True):
        if width > 0:
            sigmoid_array_f32(&x[i, 0], &out[i, 0], width)


def derivatives(const double[:] x, const double[:] t, double[:] gradient, double[:] hessian):
    """Two results, where the pointers point."""
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True):
        logistic_loss_gradient_hessian_f64(x[i], t[i], &gradient[i], &hessian[i])
