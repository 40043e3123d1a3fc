"""Calls that are refused: a type checker has to find an error in each line that says so, and in no other."""

import numpy as np
import numpy.typing as npt

import fastsig
from fastsig import logistic_loss, logistic_loss_gradient_hessian, sigmoid, sigmoid_with_derivative, threaded


def refused(
    x: npt.NDArray[np.float32],
    z: npt.NDArray[np.complex128],
    words: npt.NDArray[np.str_],
    dates: npt.NDArray[np.datetime64],
    objects: npt.NDArray[np.object_],
    ints: npt.NDArray[np.int64],
) -> None:
    # Too many arguments, or too few.
    sigmoid()  # error
    sigmoid(x, x, x)  # error
    sigmoid_with_derivative(x, x, x, x)  # error
    logistic_loss(x)  # error
    logistic_loss(x, x, x, x)  # error
    logistic_loss_gradient_hessian(x)  # error
    logistic_loss_gradient_hessian(x, x, x, x, x)  # error
    sigmoid(x, axis=0)  # error
    sigmoid(x=x)  # error

    # What is no real number.
    sigmoid("1")  # error
    sigmoid(b"1")  # error
    sigmoid(["1"])  # error
    sigmoid(None)  # error
    sigmoid(1j)  # error
    sigmoid([1j])  # error
    sigmoid(np.complex64(1))  # error
    sigmoid(np.str_("1"))  # error
    sigmoid(z)  # error
    sigmoid(words)  # error
    sigmoid(dates)  # error
    sigmoid(objects)  # error
    sigmoid({0.5})  # error
    sigmoid_with_derivative("1")  # error
    sigmoid_with_derivative(z)  # error
    logistic_loss("1", 1.0)  # error
    logistic_loss(1.0, "1")  # error
    logistic_loss(x, z)  # error
    logistic_loss(1j, x)  # error
    logistic_loss_gradient_hessian(x, "1")  # error
    logistic_loss_gradient_hessian(z, x)  # error

    # Results of a wrong type.
    text: str = sigmoid(1.0)  # error
    texts: npt.NDArray[np.str_] = sigmoid(x)  # error
    y = sigmoid(x)
    doubles: npt.NDArray[np.float64] = y  # error
    single: np.float32 = sigmoid_with_derivative(1.0)  # error
    three: tuple[np.float64, np.float64, np.float64] = sigmoid_with_derivative(1.0)  # error

    # Keywords of wrong types.
    sigmoid(x, out=ints)  # error
    sigmoid(x, out=[0.5])  # error
    sigmoid(x, out=(x, x))  # error
    sigmoid_with_derivative(x, out=x)  # error
    sigmoid_with_derivative(x, out=(x,))  # error
    sigmoid(x, dtype=np.int64)  # error
    sigmoid(x, dtype=int)  # error
    sigmoid(x, dtype=complex)  # error
    sigmoid(x, dtype="int64")  # error
    sigmoid(x, where="all")  # error
    sigmoid(x, where=[0, 1])  # error
    sigmoid(x, casting="loose")  # error
    sigmoid(x, order="Z")  # error
    sigmoid(x, subok="yes")  # error

    # The methods that there are.
    sigmoid.at(ints, [0])  # error
    sigmoid.at(x, [0], 1.0)  # error
    logistic_loss.at(x, [0])  # error
    logistic_loss.outer(x)  # error
    logistic_loss.outer(x, z)  # error
    logistic_loss.reduce("1")  # error
    logistic_loss.reduce(z)  # error

    # threaded, and the rest.
    threaded(abs, 1.0)  # error
    threaded(sigmoid, 1.0, workers="2")  # error
    threaded(sigmoid, 1.0, where=True)  # error
    number: int = fastsig.isa()  # error
    fastsig.no_such_function  # error
    fastsig.OneToOne  # error


# Methods that there are not for such a ufunc.
def reduced(x: npt.NDArray[np.float32]) -> None:
    sigmoid.reduce(x)  # error


def accumulated(x: npt.NDArray[np.float32]) -> None:
    sigmoid.accumulate(x)  # error


def reduced_at(x: npt.NDArray[np.float32]) -> None:
    sigmoid.reduceat(x, [0])  # error


def outer(x: npt.NDArray[np.float32]) -> None:
    sigmoid.outer(x, x)  # error


def two_outputs_at(x: npt.NDArray[np.float32]) -> None:
    sigmoid_with_derivative.at(x, [0])  # error


def two_outputs_reduced(x: npt.NDArray[np.float32]) -> None:
    logistic_loss_gradient_hessian.reduce(x)  # error


def two_and_two_at(x: npt.NDArray[np.float32]) -> None:
    logistic_loss_gradient_hessian.at(x, [0])  # error
