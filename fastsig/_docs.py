"""The docstrings of the ufuncs, in numpydoc form. Their figures are those of ``_math.pxd``, as a test makes sure."""

_COMMON = """out : ndarray, None, or tuple of ndarray and None, optional
    Where the result is stored; it must have the broadcast shape of the inputs. It may be, or overlap, an input.
where : array_like of bool, optional
    Compute only where true; elsewhere `out` keeps what it held.
**kwargs
    `dtype`, `casting`, `order`, `subok` and the rest, as for every `numpy.ufunc`."""

_TYPES = """float16, float32, float64 and longdouble are computed each in its own type; integers and bool are
    promoted as by `numpy.exp` (int8 to float16, int16 to float32, int32 and int64 to float64). Complex, object and
    other arrays raise TypeError."""

_SOURCE = """.. [1] Lin (2019), "Neural networks: Deriving the sigmoid derivative via chain and quotient rules"."""

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
down through the subnormal numbers before they become 0. float16 and float32 results are correctly rounded; float64
results are within 0.57 ULP, or 0.77 ULP where the CPU has no FMA; longdouble within 2 ULP. No floating-point flag is
raised by any input.

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

It is taken from x, not from the sigmoid's value: s*(1 - s) is 0 from x = 37 on, since there s is 1 in float64.

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
e/(1 + e)^2, which is even in x to the bit. float16 and float32 results are correctly rounded; float64 results are
within 0.57 ULP, or 0.77 ULP where the CPU has no FMA; longdouble within 2 ULP. No floating-point flag is raised by any
input.

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

The bounds are those of `sigmoid` and of `sigmoid_derivative`. No floating-point flag is raised by any input.

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
}
