# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The loops that `bench/cython_calls.py` times: the C library's formula, a call for each number, a call for all."""

from libc.math cimport exp, expf

from fastsig.cython_api cimport sigmoid_array_f32, sigmoid_array_f64, sigmoid_f32, sigmoid_f64


def formula_f64(const double[::1] x, double[::1] out):
    """The formula as people write it."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        out[i] = 1 / (1 + exp(-x[i]))


def formula_f32(const float[::1] x, float[::1] out):
    """The same, in float32."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        out[i] = 1 / (1 + expf(-x[i]))


def numbers_f64(const double[::1] x, double[::1] out):
    """A call for each number."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        out[i] = sigmoid_f64(x[i])


def numbers_f32(const float[::1] x, float[::1] out):
    """The same, in float32."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        out[i] = sigmoid_f32(x[i])


def array_f64(const double[::1] x, double[::1] out):
    """One call for all of them."""
    sigmoid_array_f64(&x[0], &out[0], x.shape[0])


def array_f32(const float[::1] x, float[::1] out):
    """The same, in float32."""
    sigmoid_array_f32(&x[0], &out[0], x.shape[0])
