"""What the stubs say of right calls: read by type checkers, never run."""

from collections.abc import Sequence
from typing import Any, Literal, assert_type

import numpy as np
import numpy.typing as npt

import fastsig
from fastsig import (
    expit,
    logistic_loss,
    logistic_loss_gradient_hessian,
    sigmoid,
    sigmoid_with_derivative,
    threaded,
)


class Column:
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> "Column":
        raise NotImplementedError


class Signal(np.lib.mixins.NDArrayOperatorsMixin):
    def __array_ufunc__(
        self,
        ufunc: np.ufunc,
        method: Literal["__call__", "reduce", "reduceat", "accumulate", "outer", "at"],
        *inputs: Any,
        **kwargs: Any,
    ) -> Any:
        raise NotImplementedError


class Tensor:
    def __array__(self) -> npt.NDArray[np.float32]:
        raise NotImplementedError


def accepted(
    f16: np.float16,
    f32: np.float32,
    f64: np.float64,
    g: np.longdouble,
    i8: np.int8,
    b: np.bool,
    of16: npt.NDArray[np.float16],
    of32: npt.NDArray[np.float32],
    of64: npt.NDArray[np.float64],
    of_g: npt.NDArray[np.longdouble],
    of_ints: npt.NDArray[np.int64],
    of_bools: npt.NDArray[np.bool],
    vector: np.ndarray[tuple[int], np.dtype[np.float32]],
    matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    integer_vector: np.ndarray[tuple[int], np.dtype[np.uint8]],
    masked: np.ma.MaskedArray[tuple[int], np.dtype[np.float32]],
    floats: list[float],
    rows: list[list[float]],
    singles: Sequence[np.float32],
    mask: npt.NDArray[np.bool],
    anything: Any,
    array: npt.NDArray[Any],
) -> None:
    # They pass for ufuncs, wherever one is asked for.
    u: np.ufunc = sigmoid
    v: np.ufunc = logistic_loss_gradient_hessian
    w: np.ufunc = fastsig.fast.sigmoid
    assert_type(sigmoid.nin, Literal[1])
    assert_type(sigmoid.nout, Literal[1])
    assert_type(sigmoid.nargs, Literal[2])
    assert_type(sigmoid.ntypes, Literal[4])
    assert_type(sigmoid.identity, None)
    assert_type(sigmoid.signature, None)
    assert_type(sigmoid_with_derivative.nout, Literal[2])
    assert_type(logistic_loss.nin, Literal[2])
    assert_type(logistic_loss_gradient_hessian.nargs, Literal[4])

    # One input, one output: scalars.
    assert_type(sigmoid(1.0), np.float64)
    assert_type(sigmoid(1), np.float64)
    assert_type(sigmoid(True), np.float64)
    assert_type(sigmoid(f16), np.float16)
    assert_type(sigmoid(f32), np.float32)
    assert_type(sigmoid(f64), np.float64)
    assert_type(sigmoid(g), np.longdouble)
    assert_type(sigmoid(i8), np.float64)
    assert_type(sigmoid(b), np.float64)
    assert_type(expit(1.0), np.float64)
    assert_type(fastsig.fast.sigmoid(f32), np.float32)

    # Arrays, whose shapes are kept.
    assert_type(sigmoid(of16), npt.NDArray[np.float16])
    assert_type(sigmoid(of32), npt.NDArray[np.float32])
    assert_type(sigmoid(of64), npt.NDArray[np.float64])
    assert_type(sigmoid(of_g), npt.NDArray[np.longdouble])
    assert_type(sigmoid(of_ints), npt.NDArray[np.float64])
    assert_type(sigmoid(of_bools), npt.NDArray[np.float64])
    assert_type(sigmoid(vector), np.ndarray[tuple[int], np.dtype[np.float32]])
    assert_type(sigmoid(matrix), np.ndarray[tuple[int, int], np.dtype[np.float64]])
    assert_type(sigmoid(integer_vector), np.ndarray[tuple[int], np.dtype[np.float64]])
    y_masked: npt.NDArray[np.float32] = sigmoid(masked)

    # Sequences.
    assert_type(sigmoid([0.5, 1.0]), npt.NDArray[np.float64])
    assert_type(sigmoid([0, 1]), npt.NDArray[np.float64])
    assert_type(sigmoid([True, False]), npt.NDArray[np.float64])
    assert_type(sigmoid([]), npt.NDArray[np.float64])
    assert_type(sigmoid((0.5, 1)), npt.NDArray[np.float64])
    assert_type(sigmoid(range(3)), npt.NDArray[np.float64])
    assert_type(sigmoid(floats), npt.NDArray[np.float64])
    assert_type(sigmoid(rows), npt.NDArray[np.float64])
    assert_type(sigmoid(singles), npt.NDArray[np.floating[Any]])
    assert_type(sigmoid([of32, of32]), npt.NDArray[np.floating[Any]])

    # out, where, casting, order, subok, dtype.
    assert_type(sigmoid(of32, out=of32), npt.NDArray[np.float32])
    assert_type(sigmoid(of32, of64), npt.NDArray[np.float64])
    assert_type(sigmoid(1.0, out=(of32,)), npt.NDArray[np.float32])
    assert_type(sigmoid([0.5], out=vector), np.ndarray[tuple[int], np.dtype[np.float32]])
    assert_type(sigmoid(of32, out=masked), np.ma.MaskedArray[tuple[int], np.dtype[np.float32]])
    assert_type(sigmoid(of32, out=None), npt.NDArray[np.float32])
    assert_type(sigmoid(of32, None), npt.NDArray[np.float32])
    assert_type(sigmoid(1.0, out=...), npt.NDArray[np.float64])
    assert_type(sigmoid(vector, out=...), np.ndarray[tuple[int], np.dtype[np.float32]])
    assert_type(sigmoid(of32, out=of32, where=mask), npt.NDArray[np.float32])
    assert_type(sigmoid(of32, where=[True, False]), npt.NDArray[np.float32])
    assert_type(sigmoid(1.0, where=True), np.float64)
    assert_type(sigmoid(1.0, where=mask), npt.NDArray[np.float64])
    assert_type(sigmoid(of32, casting="safe", order="F", subok=False), npt.NDArray[np.float32])
    assert_type(sigmoid(1.0, dtype=np.float32), np.float32)
    assert_type(sigmoid(1.0, dtype=np.dtype(np.float32)), np.float32)
    assert_type(sigmoid(1.0, dtype="float32"), np.float32)
    assert_type(sigmoid(f32, dtype=float), np.float64)
    assert_type(sigmoid(of32, dtype=np.float64), npt.NDArray[np.float64])
    assert_type(sigmoid(of32, dtype=float), npt.NDArray[np.float64])
    assert_type(sigmoid(of64, dtype="f4", casting="same_kind"), npt.NDArray[np.float32])
    assert_type(sigmoid(of_ints, dtype="float64"), npt.NDArray[np.float64])
    assert_type(sigmoid(of_ints, dtype="float16"), npt.NDArray[np.floating[Any]])
    assert_type(sigmoid([1], dtype=np.float16), npt.NDArray[np.float16])
    assert_type(sigmoid(of32, dtype=None), npt.NDArray[np.float32])
    assert_type(sigmoid(of64, out=of32, dtype=np.float32, casting="same_kind"), npt.NDArray[np.float32])
    assert_type(sigmoid(of64, signature="f->f", casting="same_kind"), Any)
    assert_type(sigmoid(of32, signature=(np.float64, np.float64)), Any)

    # One input, two outputs.
    assert_type(sigmoid_with_derivative(1.0), tuple[np.float64, np.float64])
    assert_type(sigmoid_with_derivative(f32), tuple[np.float32, np.float32])
    assert_type(sigmoid_with_derivative(of32), tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]])
    assert_type(sigmoid_with_derivative(of_ints), tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]])
    assert_type(sigmoid_with_derivative([0.5]), tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]])
    assert_type(
        sigmoid_with_derivative(of32, out=(None, None)), tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
    )
    assert_type(
        sigmoid_with_derivative(of32, out=(of32, of64)), tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]
    )
    assert_type(sigmoid_with_derivative(of32, of32, of64), tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]])
    assert_type(
        sigmoid_with_derivative(of32, out=(None, of64)), tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.float64]]
    )
    assert_type(sigmoid_with_derivative(of32, of64), tuple[npt.NDArray[np.float64], npt.NDArray[np.floating[Any]]])
    assert_type(sigmoid_with_derivative(1.0, dtype=np.float32, where=True), tuple[np.float32, np.float32])
    assert_type(
        sigmoid_with_derivative(vector),
        tuple[np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.float32]]],
    )

    # Two inputs: the floating one decides beside a number or an integer, and of two floating ones the wider.
    assert_type(logistic_loss(1.0, 0), np.float64)
    assert_type(logistic_loss(f32, 1), np.float32)
    assert_type(logistic_loss(f32, 0.5), np.float32)
    assert_type(logistic_loss(1.0, f32), np.float32)
    assert_type(logistic_loss(f32, f32), np.float32)
    assert_type(logistic_loss(f32, i8), np.float32)
    assert_type(logistic_loss(f64, f32), np.float64)
    assert_type(logistic_loss(f32, f64), np.float64)
    assert_type(logistic_loss(f64, 1.0), np.float64)
    assert_type(logistic_loss(1.0, f64), np.float64)
    assert_type(logistic_loss(i8, b), np.float64)
    widest: np.longdouble = logistic_loss(g, g)
    assert_type(logistic_loss(of32, of32), npt.NDArray[np.float32])
    assert_type(logistic_loss(of32, 1.0), npt.NDArray[np.float32])
    assert_type(logistic_loss(0, of32), npt.NDArray[np.float32])
    assert_type(logistic_loss(of32, f32), npt.NDArray[np.float32])
    assert_type(logistic_loss(of32, of_ints), npt.NDArray[np.float32])
    assert_type(logistic_loss(of_bools, of32), npt.NDArray[np.float32])
    assert_type(logistic_loss(of32, of64), npt.NDArray[np.float64])
    assert_type(logistic_loss(of64, of32), npt.NDArray[np.float64])
    assert_type(logistic_loss(of32, f64), npt.NDArray[np.float64])
    assert_type(logistic_loss(of64, of_ints), npt.NDArray[np.float64])
    assert_type(logistic_loss(of64, of64), npt.NDArray[np.float64])
    assert_type(logistic_loss(of64, [0, 1]), npt.NDArray[np.float64])
    assert_type(logistic_loss([0.5, 0.25], [0, 1]), npt.NDArray[np.float64])
    assert_type(logistic_loss(of_ints, of_ints), npt.NDArray[np.float64])
    assert_type(logistic_loss(of32, [0, 1]), npt.NDArray[np.floating[Any]])
    assert_type(logistic_loss(vector, integer_vector), np.ndarray[tuple[int], np.dtype[np.float32]])
    assert_type(logistic_loss(of32, of32, out=of64), npt.NDArray[np.float64])
    assert_type(logistic_loss(of32, 1.0, of32), npt.NDArray[np.float32])
    assert_type(logistic_loss(of32, of64, dtype=np.float32, casting="same_kind"), npt.NDArray[np.float32])
    assert_type(logistic_loss(1.0, 1, dtype="float32"), np.float32)
    assert_type(logistic_loss(of32, of32, where=mask, order="C", subok=True), npt.NDArray[np.float32])

    # Two inputs, two outputs.
    assert_type(logistic_loss_gradient_hessian(1.0, 1), tuple[np.float64, np.float64])
    assert_type(logistic_loss_gradient_hessian(f32, 1), tuple[np.float32, np.float32])
    assert_type(logistic_loss_gradient_hessian(of32, of_ints), tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]])
    assert_type(logistic_loss_gradient_hessian(of32, of64), tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]])
    assert_type(logistic_loss_gradient_hessian([0.5], [1]), tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]])
    assert_type(
        logistic_loss_gradient_hessian(of32, 1, out=(of32, of64)),
        tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]],
    )
    assert_type(
        logistic_loss_gradient_hessian(of32, 1, of32, of64), tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]
    )
    assert_type(
        logistic_loss_gradient_hessian(of32, of64, dtype=np.float32),
        tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
    )

    # The methods that there are.
    sigmoid.at(of32, [0, 1])
    sigmoid.at(of32, mask)
    sigmoid.at(matrix, (0, slice(1)))
    logistic_loss.at(of32, of_ints, 1.0)
    assert_type(logistic_loss.outer(of32, of32), npt.NDArray[np.float32])
    assert_type(logistic_loss.outer([0.5], [0, 1]), npt.NDArray[np.float64])
    assert_type(logistic_loss.outer(of32, of32, out=of64), npt.NDArray[np.float64])
    assert_type(logistic_loss.outer(of64, of64, dtype=np.float32, casting="same_kind"), npt.NDArray[np.float32])
    assert_type(
        logistic_loss_gradient_hessian.outer(of32, of32), tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
    )
    assert_type(logistic_loss.reduce(of32), Any)
    assert_type(logistic_loss.reduce(of32, axis=0, keepdims=True), npt.NDArray[np.float32])
    assert_type(logistic_loss.reduce(matrix, 1, out=of32), npt.NDArray[np.float32])
    assert_type(logistic_loss.accumulate(vector), np.ndarray[tuple[int], np.dtype[np.float32]])
    assert_type(logistic_loss.accumulate(of_ints, axis=-1), npt.NDArray[np.float64])
    assert_type(logistic_loss.accumulate([0.5, 0.25]), npt.NDArray[np.float64])
    assert_type(logistic_loss.reduceat(of32, [0, 2]), npt.NDArray[np.float32])
    assert_type(logistic_loss.reduceat(of32, [0, 2], out=of64), npt.NDArray[np.float64])

    # What takes the call over may return anything.
    assert_type(sigmoid(Column()), Any)
    assert_type(sigmoid(Signal()), Any)
    assert_type(sigmoid(Tensor()), Any)
    assert_type(sigmoid_with_derivative(Column()), tuple[Any, Any])
    assert_type(logistic_loss(Column(), of32), Any)
    assert_type(logistic_loss(1.0, Column()), Any)

    # Of an input of unknown type the result is Any, or an array of it.
    y1: npt.NDArray[np.float32] = sigmoid(anything)
    y2: npt.NDArray[np.float32] = sigmoid(array)

    # threaded, and the rest.
    assert_type(threaded(sigmoid, of32), npt.NDArray[np.float32])
    assert_type(threaded(sigmoid, vector, workers=2), np.ndarray[tuple[int], np.dtype[np.float32]])
    assert_type(threaded(sigmoid_with_derivative, of64), tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]])
    assert_type(threaded(sigmoid, of64, out=of32), npt.NDArray[np.float32])
    assert_type(
        threaded(sigmoid_with_derivative, of64, out=(of32, of64)),
        tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]],
    )
    assert_type(threaded(np.add, 1.0, of64), Any)
    assert_type(threaded(sigmoid_with_derivative, of64, out=(None, of64)), Any)
    name: str = fastsig.__version__
    assert_type(fastsig.isa(), str)
