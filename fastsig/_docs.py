"""The docstrings of the ufuncs, in numpydoc form. Tests hold their bounds to those stated in kernels/functions."""

import re

_COMMON = """out : ndarray, None, or tuple of ndarray and None, optional
    Where the result is stored; it must have the broadcast shape of the inputs. It may be, or overlap, an input.
where : array_like of bool, optional
    Compute only where true; elsewhere `out` keeps what it held.
**kwargs
    `dtype`, `casting`, `order`, `subok` and the rest, as for every `numpy.ufunc`."""

_TYPES = """float16, float32, float64, longdouble and the bfloat16 of ml_dtypes are each computed in their own type;
    integers of every width, and bool, in float64. Complex, object and other arrays raise TypeError."""

_PAIR = """Of two float types the wider decides, and a float type decides for integers and bool: float32 scores with
    int64 labels stay float32. Python numbers take the type of an array. The shapes are broadcast."""

_LABELS = """Labels are 0 or 1, or anything between (a soft label: the probability of class 1). Labels of -1 and +1 are
another convention: here -1 is invalid and gives NaN with a warning. (t + 1)/2 converts them, exactly."""

_CONVERTED = """Labels -1 and +1, converted:

>>> labels = np.array([-1, 1])
>>>"""

_ENVIRONMENT = """The caller's floating-point environment (flush-to-zero, rounding mode, traps) changes no result, and
is put back as it was."""

_ROUNDED = """Correctly rounded in float16, float32 and float64: for every input the result is the number of its
type that is nearest to the exact value, and has the same bits on every machine. longdouble results are within 2 ULP."""

_SILENT = "No floating-point flag is raised by any input."

_SOURCE = """.. [1] Lin (2019), "Neural networks: Deriving the sigmoid derivative via chain and quotient rules"."""

_LOG1PEXP = """.. [1] Mächler (2012), "Accurately computing log(1 - exp(-abs(a)))", a vignette of the R package Rmpfr,
   which treats log(1 + exp(x)) too."""

DOCS = {
    "sigmoid": f"""
Logistic sigmoid, 1/(1 + exp(-x)), elementwise.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
y : ndarray or scalar
    Same shape as `x`, in [0, 1]. 0 at -inf, 1 at +inf, NaN at NaN.

See Also
--------
sigmoid_derivative : its derivative, from x.
sigmoid_with_derivative : both from one exponential.

Notes
-----
.. math:: \\sigma(x) = \\frac{{1}}{{1 + e^{{-x}}}} = \\frac{{e^x}}{{e^x + 1}}

Computed from e = exp(-abs(x)), as (e if x < 0 else 1)/(1 + e): nothing overflows and nothing cancels, and results run
down through the subnormal numbers before they become 0.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_SOURCE}

Examples
--------
>>> import numpy as np
>>> from fastsig import sigmoid
>>> sigmoid(0.0).item()
0.5
>>> sigmoid(np.array([-745.0, -1.0, 40.0])).tolist()
[5e-324, 0.2689414213699951, 1.0]
""",
    "sigmoid_derivative": f"""
Derivative of the logistic sigmoid, exp(-x)/(1 + exp(-x))^2, elementwise.

It is taken from x, not from the sigmoid's value: s*(1 - s) is 0 from x = 37.5 on, since there s is 1 in float64.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
dy : ndarray or scalar
    Same shape as `x`, in [0, 1/4]. 0 at -inf and +inf, NaN at NaN.

See Also
--------
sigmoid : the function itself.
sigmoid_with_derivative : both from one exponential.

Notes
-----
.. math:: \\sigma'(x) = \\sigma(x) (1 - \\sigma(x)) = \\frac{{e^{{-x}}}}{{(1 + e^{{-x}})^2}}

by the chain rule from (1 + e^-x)^-1, or by the quotient rule from 1/(1 + e^-x) [1]_. Computed from e = exp(-abs(x)) as
e/(1 + e)^2, which is even in x to the bit.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_SOURCE}

Examples
--------
>>> import numpy as np
>>> from fastsig import sigmoid, sigmoid_derivative
>>> x = np.array([0.0, 1.0, 40.0])
>>> sigmoid_derivative(x).tolist()
[0.25, 0.19661193324148185, 4.248354255291589e-18]
>>> s = sigmoid(x)
>>> (s * (1 - s))[2].item()
0.0
""",
    "sigmoid_with_derivative": f"""
Logistic sigmoid and its derivative, elementwise, from one exponential.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}
    `out` is a tuple of two.

Returns
-------
y : ndarray or scalar
    ``sigmoid(x)``, to the bit. Same shape as `x`.
dy : ndarray or scalar
    ``sigmoid_derivative(x)``, to the bit. Same shape as `x`.

See Also
--------
sigmoid, sigmoid_derivative : each alone.

Notes
-----
.. math:: (\\sigma(x), \\sigma'(x)) = \\left(\\frac{{1}}{{1 + e^{{-x}}}}, \\frac{{e^{{-x}}}}{{(1 + e^{{-x}})^2}}\\right)

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_SOURCE}

Examples
--------
>>> import numpy as np
>>> from fastsig import sigmoid_with_derivative
>>> y, dy = sigmoid_with_derivative(np.array([0.0, 40.0]))
>>> y.tolist(), dy.tolist()
([0.5, 1.0], [0.25, 4.248354255291589e-18])
""",
    "sigmoid_second_derivative": f"""
Second derivative of the logistic sigmoid, s'(1 - 2s), elementwise.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
ddy : ndarray or scalar
    Same shape as `x`, between -0.0963 and 0.0963, with the sign opposite to that of `x`. 0 at -inf, -0 at +inf and at
    0, NaN at NaN.

See Also
--------
sigmoid_derivative : the first derivative.

Notes
-----
.. math:: \\sigma''(x) = \\sigma'(x) (1 - 2 \\sigma(x)) = -\\sigma'(x) \\tanh(x/2)
    = -\\operatorname{{sign}}(x) \\frac{{e (1 - e)}}{{(1 + e)^3}}, \\quad e = e^{{-|x|}}

by the product rule from s' = s(1 - s) [1]_. Computed by the last form, which is odd in x to the bit, with 1 - e as
precise as e itself: nothing cancels around 0, where 1 - 2s is 0 long before x is.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_SOURCE}

Examples
--------
>>> import numpy as np
>>> from fastsig import sigmoid, sigmoid_second_derivative
>>> x = np.array([1e-20, 40.0])
>>> sigmoid_second_derivative(x).tolist()
[-1.25e-21, -4.248354255291589e-18]
>>> s = sigmoid(x)
>>> np.abs(s * (1 - s) * (1 - 2 * s)).tolist()
[0.0, 0.0]
""",
    "log_sigmoid": f"""
Logarithm of the logistic sigmoid, log(1/(1 + exp(-x))), elementwise. SciPy's name for it is `log_expit`.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
y : ndarray or scalar
    Same shape as `x`, in [-inf, 0]. -inf at -inf, -0 at +inf, NaN at NaN.

See Also
--------
softplus : minus this, at -x.
sigmoid : what the logarithm is taken of.

Notes
-----
.. math:: \\log \\sigma(x) = -\\log(1 + e^{{-x}}) = \\min(x, 0) - \\log(1 + e^{{-|x|}})

Computed by the last form [1]_, whose exponential lies in [0, 1] and whose terms have one sign: nothing overflows and
nothing cancels. Results go up through the subnormal numbers, to x = 745 in float64, before they become -0.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_LOG1PEXP}

Examples
--------
>>> import numpy as np
>>> from fastsig import log_sigmoid, sigmoid
>>> x = np.array([-800.0, 40.0, 745.0])
>>> log_sigmoid(x).tolist()
[-800.0, -4.248354255291589e-18, -5e-324]
>>> with np.errstate(divide="ignore"):
...     np.log(sigmoid(x)).tolist()
[-inf, 0.0, 0.0]
""",
    "softplus": f"""
Softplus, log(1 + exp(x)), elementwise.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
y : ndarray or scalar
    Same shape as `x`, in [0, inf]. 0 at -inf, inf at +inf, NaN at NaN.

See Also
--------
log_sigmoid : minus this, at -x.
sigmoid : its derivative.

Notes
-----
.. math:: \\log(1 + e^x) = \\max(x, 0) + \\log(1 + e^{{-|x|}})

Computed by the last form [1]_, whose exponential lies in [0, 1] and whose terms are not negative: nothing overflows and
nothing cancels. There is no threshold from which on the result is x: one at 20 would cost more than 500000 ULP there.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_LOG1PEXP}

Examples
--------
>>> import numpy as np
>>> from fastsig import softplus
>>> x = np.array([-40.0, 20.5, 800.0])
>>> softplus(x).tolist()
[4.248354255291589e-18, 20.500000001250154, 800.0]
>>> with np.errstate(over="ignore"):
...     np.log(1 + np.exp(x))[[0, 2]].tolist()
[0.0, inf]
""",
    "logit": f"""
Logit, log(p/(1 - p)), elementwise: the inverse of `sigmoid`.

Parameters
----------
p : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
x : ndarray or scalar
    Same shape as `p`. -inf at 0, +inf at 1, 0 at 1/2, NaN outside [0, 1] and at NaN.

Warns
-----
RuntimeWarning
    "divide by zero" for p = 0 and p = 1, "invalid value" outside [0, 1]; subject to `numpy.errstate`. No other
    floating-point flag is raised, and none by NaN.

See Also
--------
sigmoid : its inverse.

Notes
-----
.. math:: \\operatorname{{logit}}(p) = \\log \\frac{{p}}{{1 - p}} = -j \\log 2
    + 2 \\operatorname{{artanh}} \\frac{{2^j a - b}}{{2^j a + b}}

for p <= 1/2, where a = p and b = 1 - p; for p > 1/2 it is -logit(1 - p). The function and its name are from [1]_. The
integer j brings 2^j a within a factor of 3/2 of b. Around 1/2, j is 0 and a - b is exact: nothing cancels, while
p/(1 - p) is rounded to a number next to 1, in whose logarithm few digits are left.

{_ROUNDED}

{_ENVIRONMENT}

References
----------
.. [1] Berkson (1944), "Application of the logistic function to bio-assay", Journal of the American Statistical
   Association 39, 357-365.

Examples
--------
>>> import numpy as np
>>> from fastsig import logit
>>> logit(np.array([5e-324, 0.25, 0.5])).tolist()
[-744.4400719213812, -1.0986122886681098, 0.0]
>>> p = 0.50000001
>>> print(f"{{logit(p):.12g}} {{np.log(p / (1 - p)):.12g}}")
4.0000000201e-08 4.00000002892e-08
>>> with np.errstate(divide="ignore", invalid="ignore"):
...     logit(np.array([0.0, 1.0, 1.5])).tolist()
[-inf, inf, nan]
""",
    "silu": f"""
Sigmoid linear unit, x/(1 + exp(-x)), elementwise. It is also known as swish.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
y : ndarray or scalar
    Same shape as `x`, from -0.2785 up. -0 at -inf, inf at +inf, NaN at NaN.

See Also
--------
silu_derivative : its derivative.
sigmoid : what x is multiplied by.

Notes
-----
.. math:: x \\sigma(x) = \\frac{{x}}{{1 + e^{{-x}}}}

The function is from [1]_. Computed from e = exp(-abs(x)), as x times (e if x < 0 else 1), divided by 1 + e and rounded
once: nothing overflows and nothing cancels, and results run on through the subnormal numbers to x = -751, where exp(x)
alone is 0 in float64, before they become -0.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
.. [1] Elfwing, Uchibe and Doya (2018), "Sigmoid-weighted linear units for neural network function approximation in
   reinforcement learning", Neural Networks 107, 3-11.

Examples
--------
>>> import numpy as np
>>> from fastsig import silu
>>> x = np.array([-750.0, -710.0, 1.0])
>>> silu(x).tolist()
[-1.5e-323, -3.1781632202293424e-306, 0.7310585786300049]
>>> with np.errstate(over="ignore"):
...     (x / (1 + np.exp(-x)))[:2].tolist()
[-0.0, -0.0]
""",
    "silu_derivative": f"""
Derivative of the sigmoid linear unit, s(1 + x(1 - s)), elementwise.

Parameters
----------
x : array_like of float, any shape
    {_TYPES}
{_COMMON}

Returns
-------
dy : ndarray or scalar
    Same shape as `x`, between -0.0999 and 1.0999. -0 at -inf, 1 at +inf, NaN at NaN.

See Also
--------
silu : the function itself.

Notes
-----
.. math:: (x \\sigma(x))' = \\sigma(x) (1 + x (1 - \\sigma(x)))

by the product rule [1]_. Computed from e = exp(-abs(x)), as e(1 + x + e)/(1 + e)^2 if x < 0 and otherwise as
(1 + e(1 + x))/(1 + e)^2. Next to its zero, which is -1.2784645427610738 to 17 digits, 1 + x + e cancels; the result is
correctly rounded there as everywhere.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
.. [1] Elfwing, Uchibe and Doya (2018), "Sigmoid-weighted linear units for neural network function approximation in
   reinforcement learning", Neural Networks 107, 3-11.

Examples
--------
>>> import numpy as np
>>> from fastsig import sigmoid, silu_derivative
>>> x = np.array([-750.0, -1.2784645427610738, 0.0])
>>> silu_derivative(x).tolist()
[-1.5e-323, -2.452007938935708e-17, 0.5]
>>> s = sigmoid(x)
>>> bool(abs(s * (1 + x * (1 - s)) - silu_derivative(x))[1] > 2e-17)  # no digit of it is right
True
""",
    "sigmoid_backward": f"""
Gradient of a loss by x from its gradient by y = sigmoid(x): grad y (1 - y), elementwise.

Use it in a backward pass that has kept y and no longer has x. Where y is rounded to 1 (from x = 37.5 on in float64,
17.4 in float32), or to 0, it says nothing more of x, and the result can only be 0. If you still have x, compute
``grad * sigmoid_derivative(x)``, which is not 0 there.

Parameters
----------
grad : array_like of float, any shape
    The gradient by y.
    {_TYPES}
y : array_like of float, any shape
    The sigmoid's value, in [0, 1]; values outside are put into the formula as well.
    {_PAIR}
{_COMMON}

Returns
-------
dx : ndarray or scalar
    Of the broadcast shape. 0 where y is 0 or 1, unless `grad` is infinite: then it is NaN there, and infinite for all
    y between. NaN where an input is NaN.

See Also
--------
sigmoid_derivative : the factor that grad is multiplied by, from x.
sigmoid_with_derivative : what a forward pass computes best, since the backward pass then only multiplies.

Notes
-----
.. math:: \\frac{{\\partial L}}{{\\partial x}} = \\frac{{\\partial L}}{{\\partial y}} \\, y (1 - y)

by the chain rule [1]_. It is rounded once, where the formula in the type itself rounds three times. The exact value is
that for the given `y`, which may itself be far from the sigmoid, as above.

{_ROUNDED}
{_SILENT}

{_ENVIRONMENT}

References
----------
{_SOURCE}

Examples
--------
>>> import numpy as np
>>> from fastsig import sigmoid, sigmoid_backward, sigmoid_derivative
>>> x, grad = np.array([1.0, 40.0]), np.array([2.0, 2.0])
>>> sigmoid_backward(grad, sigmoid(x)).tolist()
[0.3932238664829637, 0.0]
>>> (grad * sigmoid_derivative(x)).tolist()
[0.3932238664829637, 8.496708510583178e-18]

Written by hand in a narrow type, each operation rounds:

>>> grad, y = np.float16(3.0), np.float16(0.04193)
>>> print(sigmoid_backward(grad, y), grad * y * (1 - y))
0.12054 0.1204
""",
    "logistic_loss": f"""
Logistic loss of a raw prediction, log(1 + exp(x)) - t x, elementwise. It is binary cross-entropy with logits.

{_LABELS}

Parameters
----------
x : array_like of float, any shape
    The raw prediction, which is the logit of the probability given to class 1.
    {_TYPES}
t : array_like of float, any shape
    The label, as described above.
    {_PAIR}
{_COMMON}

Returns
-------
loss : ndarray or scalar
    Of the broadcast shape, in [0, inf]. At infinite `x` it is the limit, for which inf times 0 counts as 0: 0 at -inf
    for t = 0 and at +inf for t = 1, otherwise inf. NaN for `t` outside [0, 1], and where an input is NaN.

Warns
-----
RuntimeWarning
    "invalid value" for `t` outside [0, 1]; subject to `numpy.errstate`. No other floating-point flag is raised, and
    none by NaN.

See Also
--------
logistic_loss_with_gradient : the loss and its derivative by x, in one call.
logistic_loss_gradient_hessian : its first and second derivative by x.
softplus : the loss for t = 0; for t = 1 it is softplus(-x).

Notes
-----
.. math:: -t \\log \\sigma(x) - (1 - t) \\log(1 - \\sigma(x)) = \\log(1 + e^x) - t x

It is minus the log-likelihood of logistic regression [1]_. Computed from e = exp(-abs(x)), as abs(x) times (1 - t if
x > 0 else t), plus log(1 + e): neither term is negative, so that nothing overflows, and nothing cancels where the
prediction is right.

{_ROUNDED}

{_ENVIRONMENT}

References
----------
.. [1] Cox (1958), "The regression analysis of binary sequences", Journal of the Royal Statistical Society B 20,
   215-242.

Examples
--------
>>> import numpy as np
>>> from fastsig import logistic_loss, sigmoid
>>> x, t = np.array([40.0, 40.0, np.inf]), np.array([0.0, 1.0, 1.0])
>>> logistic_loss(x, t).tolist()
[40.0, 4.248354255291589e-18, 0.0]
>>> s = sigmoid(40.0)
>>> with np.errstate(divide="ignore"):
...     (-np.log(1 - s)).item(), abs(np.log(s)).item()
(inf, 0.0)
>>> (np.logaddexp(0.0, 40.0) - 1.0 * 40.0).item()
0.0

{_CONVERTED} logistic_loss(np.array([40.0, 40.0]), (labels + 1) / 2).tolist()
[40.0, 4.248354255291589e-18]
""",
    "logistic_loss_gradient_hessian": f"""
First and second derivative of `logistic_loss` by x, sigmoid(x) - t and sigmoid'(x), elementwise.

{_LABELS}

Parameters
----------
x : array_like of float, any shape
    The raw prediction, which is the logit of the probability given to class 1.
    {_TYPES}
t : array_like of float, any shape
    The label, as described above.
    {_PAIR}
{_COMMON}
    `out` is a tuple of two.

Returns
-------
gradient : ndarray or scalar
    Of the broadcast shape, in [-1, 1]. -t at -inf, 1 - t at +inf. NaN for `t` outside [0, 1], and where an input is
    NaN.
hessian : ndarray or scalar
    ``sigmoid_derivative(x)``, to the bit, whatever `t` is. Of the broadcast shape.

Warns
-----
RuntimeWarning
    "invalid value" for `t` outside [0, 1]; subject to `numpy.errstate`. No other floating-point flag is raised, and
    none by NaN.

See Also
--------
logistic_loss : the loss itself.
logistic_loss_with_gradient : the loss and the first output, in one call.
sigmoid_derivative : the second output alone.

Notes
-----
.. math:: \\left(\\sigma(x) - t, \\sigma'(x)\\right), \\quad \\sigma(x) - t = (1 - t) - \\sigma(-x)

The hessian is s' = s(1 - s) [1]_, for every t. For t = 1 the gradient is -sigmoid(-x), which is not 0 where sigmoid(x)
is rounded to 1. For a label between 0 and 1 the difference cancels next to its zero, sigmoid(x) = t: float16, float32
and float64 are correctly rounded there too, while a longdouble may be off by 2 ULP of sigmoid(x).

{_ROUNDED}

{_ENVIRONMENT}

References
----------
{_SOURCE}

Examples
--------
>>> import numpy as np
>>> from fastsig import logistic_loss_gradient_hessian, sigmoid
>>> gradient, hessian = logistic_loss_gradient_hessian(np.array([0.0, 40.0]), 1.0)
>>> gradient.tolist(), hessian.tolist()
([-0.5, -4.248354255291589e-18], [0.25, 4.248354255291589e-18])
>>> s = sigmoid(40.0)
>>> (s - 1.0).item(), (s * (1 - s)).item()
(0.0, 0.0)

{_CONVERTED} gradient, _ = logistic_loss_gradient_hessian(np.array([40.0, 40.0]), (labels + 1) / 2)
>>> gradient.tolist()
[1.0, -4.248354255291589e-18]
""",
    "logistic_loss_with_gradient": f"""
Logistic loss of a raw prediction and its derivative by x, log(1 + exp(x)) - t x and sigmoid(x) - t, elementwise.

{_LABELS}

Parameters
----------
x : array_like of float, any shape
    The raw prediction, which is the logit of the probability given to class 1.
    {_TYPES}
t : array_like of float, any shape
    The label, as described above.
    {_PAIR}
{_COMMON}
    `out` is a tuple of two.

Returns
-------
loss : ndarray or scalar
    ``logistic_loss(x, t)``, to the bit. Of the broadcast shape.
gradient : ndarray or scalar
    ``logistic_loss_gradient_hessian(x, t)[0]``, to the bit. Of the broadcast shape.

Warns
-----
RuntimeWarning
    "invalid value" for `t` outside [0, 1], where both are NaN; subject to `numpy.errstate`. No other floating-point
    flag is raised, and none by NaN.

See Also
--------
logistic_loss : the loss alone.
logistic_loss_gradient_hessian : its first and second derivative.

Notes
-----
.. math:: \\left(\\log(1 + e^x) - t x, \\sigma(x) - t\\right)

Minus the log-likelihood of logistic regression [1]_ and its slope, from one exponential: what
``scipy.optimize.minimize(..., jac=True)`` and each step of a training loop need. The chain rule turns the gradient by
the predictions into that by the weights, as the example shows.

{_ROUNDED}

{_ENVIRONMENT}

References
----------
.. [1] Cox (1958), "The regression analysis of binary sequences", Journal of the Royal Statistical Society B 20,
   215-242.

Examples
--------
>>> import numpy as np
>>> from fastsig import logistic_loss_with_gradient
>>> loss, gradient = logistic_loss_with_gradient(np.array([0.0, 40.0]), 1.0)
>>> loss.tolist(), gradient.tolist()
([0.6931471805599453, 4.248354255291589e-18], [-0.5, -4.248354255291589e-18])

A logistic regression with an L2 penalty:

>>> def objective(w):
...     loss, gradient = logistic_loss_with_gradient(X @ w, t)
...     return loss.sum() + w @ w / 2, gradient @ X + w
>>> X, t = np.array([[1.0, -1.0], [1.0, 0.5], [1.0, 2.0], [1.0, 3.0]]), np.array([0.0, 1.0, 0.0, 1.0])
>>> from scipy.optimize import minimize
>>> minimize(objective, np.zeros(2), jac=True).x.round(3).tolist()
[-0.179, 0.326]

{_CONVERTED} loss, gradient = logistic_loss_with_gradient(np.array([40.0, 40.0]), (labels + 1) / 2)
>>> loss.tolist(), gradient.tolist()
([40.0, 4.248354255291589e-18], [1.0, -4.248354255291589e-18])
""",
}

# The fast tier: each function's formula, and the bounds of its float32 and of its float64. A function with None is
# computed by the default tier's kernels.
_FAST = {
    "sigmoid": ("a/(1 + a) for x < 0 and 1 minus that otherwise, a = exp(-abs(x))", "1.70", "1.70"),
    "sigmoid_derivative": ("s (1 - s), s = a/(1 + a), a = exp(-abs(x))", "2.00", "1.75"),
    "sigmoid_with_derivative": (
        "in `fastsig.fast.sigmoid` and `fastsig.fast.sigmoid_derivative`, from one exponential",
        "1.70 and 2.00",
        "1.70 and 1.75",
    ),
    "sigmoid_second_derivative": None,
    "log_sigmoid": ("min(x, 0) - log(1 + a), a = exp(-abs(x))", "2.00", "1.80"),
    "softplus": ("max(x, 0) + log(1 + a), a = exp(-abs(x)), without a threshold", "2.00", "1.80"),
    "logit": (
        "log(b/a), negated for p < 1/2, a the smaller and b the larger of p and 1 - p, the powers of 2 between them\n"
        "taken out first",
        "1.90",
        "1.80",
    ),
    "silu": ("x a/(1 + a) for x < 0 and x minus that otherwise, a = exp(-abs(x))", "1.90", "1.95"),
    "silu_derivative": None,
    "sigmoid_backward": ("grad times (y - y^2), which is rounded once", "1.50", "1.50"),
    "logistic_loss": ("abs(x) (1 - t if x > 0 else t) + log(1 + a), a = exp(-abs(x))", "2.00", "1.95"),
    "logistic_loss_gradient_hessian": None,
    "logistic_loss_with_gradient": (
        "in `fastsig.fast.logistic_loss` for the loss; the gradient is the default tier's, correctly rounded",
        "2.00 and 0.50",
        "1.95 and 0.50",
    ),
}
_EXAMPLES = {  # operands
    "logit": "x = np.linspace(0.05, 0.95, 9, dtype=np.float32)",
    "sigmoid_backward": "x = np.linspace(-4, 4, 9, dtype=np.float32), np.linspace(0, 1, 9, dtype=np.float32)",
    "logistic_loss": "x = np.linspace(-20, 20, 9, dtype=np.float32), np.linspace(0, 1, 9, dtype=np.float32)",
}
_EXAMPLES["logistic_loss_gradient_hessian"] = _EXAMPLES["logistic_loss_with_gradient"] = _EXAMPLES["logistic_loss"]


def _sections(text):
    """Return the sections of a docstring by their titles; the text before the first of them is under an empty title."""
    first, *rest = re.split(r"\n(?=[A-Z][A-Za-z ]+\n-{3,}\n)", text)
    return {"": first} | {section.split("\n")[0]: section.strip("\n") for section in rest}


def _fast_doc(name):
    """Return the docstring of a function of the fast tier: the default's with other notes and another example."""
    if name not in DOCS:
        raise LookupError(f"fastsig/_docs.py has {name} in _FAST and no docstring of it in DOCS")
    default = _sections(DOCS[name])
    summary = default[""].strip().split(", elementwise")[0]
    if _FAST[name] is None:
        head = f"{summary}, elementwise: what `fastsig.{name}` is."
        accuracy = f"""Correctly rounded, computed by the same kernels as `fastsig.{name}`: kernels within 2 ULP would
need pairs of numbers too, and be no faster."""
    else:
        head = f"{summary}, elementwise, within a bound instead of correctly rounded."
        formula, single, double = _FAST[name]
        accuracy = f"""Computed as {formula}.

float32 results are within {single} ULP and float64 results within {double} ULP,
those below the normal range in units of the least subnormal number. float16, bfloat16 and longdouble, and CPUs without
FMA, use the kernels of `fastsig.{name}`. The bits of a result do not depend on position, length, stride or threads;
they may differ between CPUs with FMA and without."""
    operands = _EXAMPLES.get(name, "x = np.linspace(-20, 20, 9, dtype=np.float32)")
    x = "*x" if ", np." in operands else "x"
    see = f"""See Also
--------
fastsig.{name} : correctly rounded."""
    notes = "\n\n".join(["Notes\n-----\n" + accuracy, *([] if "Warns" in default else [_SILENT]), _ENVIRONMENT])
    examples = f"""Examples
--------
>>> import numpy as np
>>> from fastsig import {name} as exact
>>> from fastsig.fast import {name} as fast
>>> {operands}
>>> np.allclose(fast({x}), exact({x}), rtol=5e-7, atol=0)
True
"""
    kept = [default[title] for title in ("Parameters", "Returns", "Warns") if title in default]
    return "\n\n".join(["\n" + head, *kept, see, notes, default["References"], examples])


FAST_DOCS = {name: _fast_doc(name) for name in _FAST}
