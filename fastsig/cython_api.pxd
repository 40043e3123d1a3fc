# FASTSIG FOR CYTHON: each function for one number, and for an array of them, in float64 and in float32.
#
# NAME_f64 and NAME_f32 take numbers and return one; the two results of a pair go where the pointers after the inputs
# point. NAME_array_f64 and NAME_array_f32 take the operands of the ufunc in its order, inputs first, as pointers to n
# numbers that follow each other, at any address; an output may be one of the inputs, and no output may overlap another.
# Where n is 0 or less nothing is read or written.
#
# All of them run the ufunc's own loop: they give the same bits, whatever rounding mode or flush-to-zero the caller has
# set, and add the exceptions that the mathematics calls for (for the logit of a number outside [0, 1], say) to the
# flags that fetestexcept reads. They need no GIL and may be called in any thread. None reports a failure; if a float64
# result were ever too near to a midpoint to be rounded, which is not known to happen, an ArithmeticError would be set,
# as PyErr_SetString does.
#
# docs/cython.md has an example package. Names and signatures stay as they are from one version to the next.

cdef double sigmoid_f64(double x) noexcept nogil
cdef float sigmoid_f32(float x) noexcept nogil
cdef void sigmoid_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void sigmoid_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef double sigmoid_derivative_f64(double x) noexcept nogil
cdef float sigmoid_derivative_f32(float x) noexcept nogil
cdef void sigmoid_derivative_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void sigmoid_derivative_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef void sigmoid_with_derivative_f64(double x, double *y, double *dy) noexcept nogil
cdef void sigmoid_with_derivative_f32(float x, float *y, float *dy) noexcept nogil
cdef void sigmoid_with_derivative_array_f64(const double *x, double *y, double *dy, Py_ssize_t n) noexcept nogil
cdef void sigmoid_with_derivative_array_f32(const float *x, float *y, float *dy, Py_ssize_t n) noexcept nogil

cdef double sigmoid_second_derivative_f64(double x) noexcept nogil
cdef float sigmoid_second_derivative_f32(float x) noexcept nogil
cdef void sigmoid_second_derivative_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void sigmoid_second_derivative_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef double sigmoid_backward_f64(double grad, double y) noexcept nogil
cdef float sigmoid_backward_f32(float grad, float y) noexcept nogil
cdef void sigmoid_backward_array_f64(const double *grad, const double *y, double *out, Py_ssize_t n) noexcept nogil
cdef void sigmoid_backward_array_f32(const float *grad, const float *y, float *out, Py_ssize_t n) noexcept nogil

cdef double log_sigmoid_f64(double x) noexcept nogil
cdef float log_sigmoid_f32(float x) noexcept nogil
cdef void log_sigmoid_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void log_sigmoid_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef double softplus_f64(double x) noexcept nogil
cdef float softplus_f32(float x) noexcept nogil
cdef void softplus_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void softplus_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef double logit_f64(double p) noexcept nogil
cdef float logit_f32(float p) noexcept nogil
cdef void logit_array_f64(const double *p, double *y, Py_ssize_t n) noexcept nogil
cdef void logit_array_f32(const float *p, float *y, Py_ssize_t n) noexcept nogil

cdef double silu_f64(double x) noexcept nogil
cdef float silu_f32(float x) noexcept nogil
cdef void silu_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void silu_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef double silu_derivative_f64(double x) noexcept nogil
cdef float silu_derivative_f32(float x) noexcept nogil
cdef void silu_derivative_array_f64(const double *x, double *y, Py_ssize_t n) noexcept nogil
cdef void silu_derivative_array_f32(const float *x, float *y, Py_ssize_t n) noexcept nogil

cdef double logistic_loss_f64(double x, double t) noexcept nogil
cdef float logistic_loss_f32(float x, float t) noexcept nogil
cdef void logistic_loss_array_f64(const double *x, const double *t, double *loss, Py_ssize_t n) noexcept nogil
cdef void logistic_loss_array_f32(const float *x, const float *t, float *loss, Py_ssize_t n) noexcept nogil

cdef void logistic_loss_gradient_hessian_f64(double x, double t, double *gradient, double *hessian) noexcept nogil
cdef void logistic_loss_gradient_hessian_f32(float x, float t, float *gradient, float *hessian) noexcept nogil
cdef void logistic_loss_gradient_hessian_array_f64(
    const double *x, const double *t, double *gradient, double *hessian, Py_ssize_t n
) noexcept nogil
cdef void logistic_loss_gradient_hessian_array_f32(
    const float *x, const float *t, float *gradient, float *hessian, Py_ssize_t n
) noexcept nogil

cdef void logistic_loss_with_gradient_f64(double x, double t, double *loss, double *gradient) noexcept nogil
cdef void logistic_loss_with_gradient_f32(float x, float t, float *loss, float *gradient) noexcept nogil
cdef void logistic_loss_with_gradient_array_f64(
    const double *x, const double *t, double *loss, double *gradient, Py_ssize_t n
) noexcept nogil
cdef void logistic_loss_with_gradient_array_f32(
    const float *x, const float *t, float *loss, float *gradient, Py_ssize_t n
) noexcept nogil
