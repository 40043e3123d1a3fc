"""What each function is, in arithmetic of any width: the report checks against it, and so do the tests.

A formula takes the arithmetic `m`, of which it uses `exp`, `expm1`, `log` and `log1p`, and numbers of that arithmetic.
The formulas share nothing with the kernels. Each is the definition or, where that would cancel so far that no width is
enough, an identity of it.
"""

from functools import wraps


def sigmoid(m, x):
    """Return 1/(1 + e^-x)."""
    return 1 / (1 + m.exp(-x))


def sigmoid_derivative(m, x):
    """Return e^-|x|/(1 + e^-|x|)^2, which is even."""
    e = m.exp(-abs(x))
    return e / (1 + e) ** 2


def sigmoid_second_derivative(m, x):
    """Return -s'(x) tanh(x/2)."""
    p = m.expm1(x) if x < 0 else -m.expm1(-x)
    return -sigmoid_derivative(m, x) * p / (1 + m.exp(-abs(x)))


def softplus(m, x):
    """Return log(1 + e^x)."""
    return (x if x > 0 else 0) + m.log1p(m.exp(-abs(x)))


def log_sigmoid(m, x):
    """Return log(1/(1 + e^-x))."""
    return -softplus(m, -x)


def logit(m, p):
    """Return log(p/(1 - p))."""
    return m.log(p) - m.log1p(-p)


def silu(m, x):
    """Return x/(1 + e^-x)."""
    return x / (1 + m.exp(-x))


def silu_derivative(m, x):
    """Return s (1 + x (1 - s))."""
    return sigmoid(m, x) * (1 + x * sigmoid(m, -x))


def sigmoid_backward(_, grad, y):
    """Return grad y (1 - y)."""
    return grad * y * (1 - y)


def logistic_loss(m, x, t):
    """Return log(1 + e^x) - t x."""
    return m.log1p(m.exp(-abs(x))) + (x * (1 - t) if x > 0 else -x * t)


def logistic_loss_gradient(m, x, t):
    """Return sigmoid(x) - t."""
    return (1 - t) * sigmoid(m, x) - t * sigmoid(m, -x)


def of_first(formula):
    """Return a formula of the first of two inputs as one of both."""

    @wraps(formula)
    def of_both(m, x, _):
        return formula(m, x)

    return of_both


# What an input may be, where that is not any real number: "unit", from 0 to 1, or "target", 0 or 1. The gradient has
# soft targets too, but next to its zero long double's error has no bound in ULP of the result.
DOMAINS = {
    "logit": ("unit",),
    "sigmoid_backward": ("real", "unit"),
    "logistic_loss": ("real", "unit"),
    "logistic_loss_gradient_hessian": ("real", "target"),
    "logistic_loss_with_gradient": ("real", "target"),
}

# One formula for each output.
REFERENCE = {
    "sigmoid": (sigmoid,),
    "sigmoid_derivative": (sigmoid_derivative,),
    "sigmoid_with_derivative": (sigmoid, sigmoid_derivative),
    "sigmoid_second_derivative": (sigmoid_second_derivative,),
    "log_sigmoid": (log_sigmoid,),
    "softplus": (softplus,),
    "logit": (logit,),
    "silu": (silu,),
    "silu_derivative": (silu_derivative,),
    "sigmoid_backward": (sigmoid_backward,),
    "logistic_loss": (logistic_loss,),
    "logistic_loss_gradient_hessian": (logistic_loss_gradient, of_first(sigmoid_derivative)),
    "logistic_loss_with_gradient": (logistic_loss, logistic_loss_gradient),
}
