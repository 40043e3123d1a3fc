"""FASTSIG FOR CYTHON, see cython_api.pxd: each function has two loops, those of its ufunc for float64 and float32.

A loop is the driver with its data and not a bare kernel, since the driver does all that a caller in C needs as well:
blocks, alignment, overlap, the floating-point environment and its flags.
"""

cimport numpy as cnp
from cpython.ref cimport Py_INCREF
from numpy cimport NPY_DOUBLE, NPY_FLOAT

from fastsig._ufunc cimport Ufunc

from fastsig._ufuncs import UFUNCS

ctypedef fused floating:
    double
    float

# NumPy's PyUFuncGenericFunction, of which it does not say that it needs no GIL.
ctypedef void (*loop_t)(char **operands, const cnp.npy_intp *n, const cnp.npy_intp *steps, void *data) noexcept nogil

ctypedef struct Loop:
    loop_t run
    void *data
    cnp.npy_intp[4] steps  # of the most operands that any function has

ctypedef struct Loops:
    Loop f64
    Loop f32


cdef Loop loop_of(cnp.ufunc ufunc, int number, Py_ssize_t itemsize) except *:
    cdef Ufunc *fields = <Ufunc *> ufunc
    cdef int i
    Py_INCREF(ufunc)  # it owns its loops, which may be called for as long as the process lives
    for i in range(fields.ntypes):
        if fields.types[i * fields.nargs] == number:
            return Loop(<loop_t> <void *> fields.functions[i], fields.data[i], [itemsize, itemsize, itemsize, itemsize])
    raise TypeError(f"{ufunc} has no loop for NumPy's type {number}")


cdef Loops loops_of(str name) except *:
    ufunc = UFUNCS[name]
    return Loops(loop_of(ufunc, NPY_DOUBLE, sizeof(double)), loop_of(ufunc, NPY_FLOAT, sizeof(float)))


def addresses(ufunc, dtype):
    """Return where a ufunc's loop for a type is in memory: the address of its code, and that of its data.

    Parameters
    ----------
    ufunc : numpy.ufunc
    dtype : numpy.dtype

    Returns
    -------
    tuple of int
        The function that NumPy calls, and the last of its arguments; those before are operands, length and steps.
    """
    cdef Loop loop = loop_of(ufunc, dtype.num, dtype.itemsize)
    return <size_t> loop.run, <size_t> loop.data


cdef inline void run(
    const Loop *loop, Py_ssize_t n, const void *a, const void *b, const void *c, const void *d
) noexcept nogil:
    # The operands in the ufunc's order; NULL after the last one.
    cdef char *operands[4]
    cdef cnp.npy_intp length = n
    operands[0], operands[1], operands[2], operands[3] = <char *> a, <char *> b, <char *> c, <char *> d
    loop.run(operands, &length, loop.steps, loop.data)


cdef inline floating of_one(const Loop *loop, floating x) noexcept nogil:
    cdef floating y
    run(loop, 1, &x, &y, NULL, NULL)
    return y


cdef inline floating of_two(const Loop *loop, floating a, floating b) noexcept nogil:
    cdef floating y
    run(loop, 1, &a, &b, &y, NULL)
    return y


cdef Loops SIGMOID = loops_of("sigmoid")

cdef double sigmoid_f64(double x) noexcept nogil:
    return of_one(&SIGMOID.f64, x)

cdef float sigmoid_f32(float x) noexcept nogil:
    return of_one(&SIGMOID.f32, x)

cdef void sigmoid_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID.f64, n, x, y, NULL, NULL)

cdef void sigmoid_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID.f32, n, x, y, NULL, NULL)


cdef Loops SIGMOID_DERIVATIVE = loops_of("sigmoid_derivative")

cdef double sigmoid_derivative_f64(double x) noexcept nogil:
    return of_one(&SIGMOID_DERIVATIVE.f64, x)

cdef float sigmoid_derivative_f32(float x) noexcept nogil:
    return of_one(&SIGMOID_DERIVATIVE.f32, x)

cdef void sigmoid_derivative_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_DERIVATIVE.f64, n, x, y, NULL, NULL)

cdef void sigmoid_derivative_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_DERIVATIVE.f32, n, x, y, NULL, NULL)


cdef Loops SIGMOID_WITH_DERIVATIVE = loops_of("sigmoid_with_derivative")

cdef void sigmoid_with_derivative_f64(double x, double *y, double *dy) noexcept nogil:
    run(&SIGMOID_WITH_DERIVATIVE.f64, 1, &x, y, dy, NULL)

cdef void sigmoid_with_derivative_f32(float x, float *y, float *dy) noexcept nogil:
    run(&SIGMOID_WITH_DERIVATIVE.f32, 1, &x, y, dy, NULL)

cdef void sigmoid_with_derivative_array_f64(const double *x, double *y, double *dy, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_WITH_DERIVATIVE.f64, n, x, y, dy, NULL)

cdef void sigmoid_with_derivative_array_f32(const float *x, float *y, float *dy, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_WITH_DERIVATIVE.f32, n, x, y, dy, NULL)


cdef Loops SIGMOID_SECOND_DERIVATIVE = loops_of("sigmoid_second_derivative")

cdef double sigmoid_second_derivative_f64(double x) noexcept nogil:
    return of_one(&SIGMOID_SECOND_DERIVATIVE.f64, x)

cdef float sigmoid_second_derivative_f32(float x) noexcept nogil:
    return of_one(&SIGMOID_SECOND_DERIVATIVE.f32, x)

cdef void sigmoid_second_derivative_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_SECOND_DERIVATIVE.f64, n, x, y, NULL, NULL)

cdef void sigmoid_second_derivative_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_SECOND_DERIVATIVE.f32, n, x, y, NULL, NULL)


cdef Loops SIGMOID_BACKWARD = loops_of("sigmoid_backward")

cdef double sigmoid_backward_f64(double grad, double y) noexcept nogil:
    return of_two(&SIGMOID_BACKWARD.f64, grad, y)

cdef float sigmoid_backward_f32(float grad, float y) noexcept nogil:
    return of_two(&SIGMOID_BACKWARD.f32, grad, y)

cdef void sigmoid_backward_array_f64(const double *grad, const double *y, double *out, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_BACKWARD.f64, n, grad, y, out, NULL)

cdef void sigmoid_backward_array_f32(const float *grad, const float *y, float *out, Py_ssize_t n) noexcept nogil:
    run(&SIGMOID_BACKWARD.f32, n, grad, y, out, NULL)


cdef Loops LOG_SIGMOID = loops_of("log_sigmoid")

cdef double log_sigmoid_f64(double x) noexcept nogil:
    return of_one(&LOG_SIGMOID.f64, x)

cdef float log_sigmoid_f32(float x) noexcept nogil:
    return of_one(&LOG_SIGMOID.f32, x)

cdef void log_sigmoid_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&LOG_SIGMOID.f64, n, x, y, NULL, NULL)

cdef void log_sigmoid_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&LOG_SIGMOID.f32, n, x, y, NULL, NULL)


cdef Loops SOFTPLUS = loops_of("softplus")

cdef double softplus_f64(double x) noexcept nogil:
    return of_one(&SOFTPLUS.f64, x)

cdef float softplus_f32(float x) noexcept nogil:
    return of_one(&SOFTPLUS.f32, x)

cdef void softplus_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&SOFTPLUS.f64, n, x, y, NULL, NULL)

cdef void softplus_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&SOFTPLUS.f32, n, x, y, NULL, NULL)


cdef Loops LOGIT = loops_of("logit")

cdef double logit_f64(double p) noexcept nogil:
    return of_one(&LOGIT.f64, p)

cdef float logit_f32(float p) noexcept nogil:
    return of_one(&LOGIT.f32, p)

cdef void logit_array_f64(const double *p, double *y, Py_ssize_t n) noexcept nogil:
    run(&LOGIT.f64, n, p, y, NULL, NULL)

cdef void logit_array_f32(const float *p, float *y, Py_ssize_t n) noexcept nogil:
    run(&LOGIT.f32, n, p, y, NULL, NULL)


cdef Loops SILU = loops_of("silu")

cdef double silu_f64(double x) noexcept nogil:
    return of_one(&SILU.f64, x)

cdef float silu_f32(float x) noexcept nogil:
    return of_one(&SILU.f32, x)

cdef void silu_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&SILU.f64, n, x, y, NULL, NULL)

cdef void silu_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&SILU.f32, n, x, y, NULL, NULL)


cdef Loops SILU_DERIVATIVE = loops_of("silu_derivative")

cdef double silu_derivative_f64(double x) noexcept nogil:
    return of_one(&SILU_DERIVATIVE.f64, x)

cdef float silu_derivative_f32(float x) noexcept nogil:
    return of_one(&SILU_DERIVATIVE.f32, x)

cdef void silu_derivative_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil:
    run(&SILU_DERIVATIVE.f64, n, x, y, NULL, NULL)

cdef void silu_derivative_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil:
    run(&SILU_DERIVATIVE.f32, n, x, y, NULL, NULL)


cdef Loops LOGISTIC_LOSS = loops_of("logistic_loss")

cdef double logistic_loss_f64(double x, double t) noexcept nogil:
    return of_two(&LOGISTIC_LOSS.f64, x, t)

cdef float logistic_loss_f32(float x, float t) noexcept nogil:
    return of_two(&LOGISTIC_LOSS.f32, x, t)

cdef void logistic_loss_array_f64(const double *x, const double *t, double *loss, Py_ssize_t n) noexcept nogil:
    run(&LOGISTIC_LOSS.f64, n, x, t, loss, NULL)

cdef void logistic_loss_array_f32(const float *x, const float *t, float *loss, Py_ssize_t n) noexcept nogil:
    run(&LOGISTIC_LOSS.f32, n, x, t, loss, NULL)


cdef Loops LOGISTIC_LOSS_GRADIENT_HESSIAN = loops_of("logistic_loss_gradient_hessian")

cdef void logistic_loss_gradient_hessian_f64(double x, double t, double *gradient, double *hessian) noexcept nogil:
    run(&LOGISTIC_LOSS_GRADIENT_HESSIAN.f64, 1, &x, &t, gradient, hessian)

cdef void logistic_loss_gradient_hessian_f32(float x, float t, float *gradient, float *hessian) noexcept nogil:
    run(&LOGISTIC_LOSS_GRADIENT_HESSIAN.f32, 1, &x, &t, gradient, hessian)

cdef void logistic_loss_gradient_hessian_array_f64(
    const double *x, const double *t, double *gradient, double *hessian, Py_ssize_t n
) noexcept nogil:
    run(&LOGISTIC_LOSS_GRADIENT_HESSIAN.f64, n, x, t, gradient, hessian)

cdef void logistic_loss_gradient_hessian_array_f32(
    const float *x, const float *t, float *gradient, float *hessian, Py_ssize_t n
) noexcept nogil:
    run(&LOGISTIC_LOSS_GRADIENT_HESSIAN.f32, n, x, t, gradient, hessian)


cdef Loops LOGISTIC_LOSS_WITH_GRADIENT = loops_of("logistic_loss_with_gradient")

cdef void logistic_loss_with_gradient_f64(double x, double t, double *loss, double *gradient) noexcept nogil:
    run(&LOGISTIC_LOSS_WITH_GRADIENT.f64, 1, &x, &t, loss, gradient)

cdef void logistic_loss_with_gradient_f32(float x, float t, float *loss, float *gradient) noexcept nogil:
    run(&LOGISTIC_LOSS_WITH_GRADIENT.f32, 1, &x, &t, loss, gradient)

cdef void logistic_loss_with_gradient_array_f64(
    const double *x, const double *t, double *loss, double *gradient, Py_ssize_t n
) noexcept nogil:
    run(&LOGISTIC_LOSS_WITH_GRADIENT.f64, n, x, t, loss, gradient)

cdef void logistic_loss_with_gradient_array_f32(
    const float *x, const float *t, float *loss, float *gradient, Py_ssize_t n
) noexcept nogil:
    run(&LOGISTIC_LOSS_WITH_GRADIENT.f32, n, x, t, loss, gradient)
