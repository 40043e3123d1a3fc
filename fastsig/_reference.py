"""What each function is, in arithmetic of any width: the report checks against it, and so do the tests.

A formula takes the arithmetic's exponential and a number of that arithmetic. It shares nothing with the kernels, and
is the definition itself: wide numbers neither overflow here nor run out of digits, whatever x is.
"""


def sigmoid(exp, x):
    """Return 1/(1 + e^-x)."""
    return 1 / (1 + exp(-x))


def sigmoid_derivative(exp, x):
    """Return e^-x/(1 + e^-x)^2."""
    return exp(-x) / (1 + exp(-x)) ** 2


# One formula an output.
REFERENCE = {
    "sigmoid": (sigmoid,),
    "sigmoid_derivative": (sigmoid_derivative,),
    "sigmoid_with_derivative": (sigmoid, sigmoid_derivative),
}
