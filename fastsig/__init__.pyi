from typing import Any, Final, TypeVar, overload

import numpy as np
import numpy.typing as npt

from fastsig import fast as fast
from fastsig import objectives as objectives
from fastsig._typing import OneToOne, OneToTwo, TwoToOne, TwoToTwo

_F = TypeVar("_F", bound=np.floating[Any])
_S = TypeVar("_S", bound=tuple[int, ...])
_Out = TypeVar("_Out", bound=npt.NDArray[Any])
_Out1 = TypeVar("_Out1", bound=npt.NDArray[Any])
_Out2 = TypeVar("_Out2", bound=npt.NDArray[Any])

__version__: Final[str]

def isa() -> str: ...

# Arrays of one type through fastsig's own ufuncs; into given arrays; and whatever else there may be.
@overload
def threaded(
    ufunc: OneToOne, x: np.ndarray[_S, np.dtype[_F]], /, *, out: None = None, workers: int | None = None
) -> np.ndarray[_S, np.dtype[_F]]: ...
@overload
def threaded(
    ufunc: OneToTwo, x: np.ndarray[_S, np.dtype[_F]], /, *, out: None = None, workers: int | None = None
) -> tuple[np.ndarray[_S, np.dtype[_F]], np.ndarray[_S, np.dtype[_F]]]: ...
@overload
def threaded(ufunc: np.ufunc, *inputs: Any, out: _Out | tuple[_Out], workers: int | None = None) -> _Out: ...
@overload
def threaded(
    ufunc: np.ufunc, *inputs: Any, out: tuple[_Out1, _Out2], workers: int | None = None
) -> tuple[_Out1, _Out2]: ...
@overload
def threaded(
    ufunc: np.ufunc,
    *inputs: Any,
    out: npt.NDArray[Any] | tuple[npt.NDArray[Any] | None, ...] | None = None,
    workers: int | None = None,
) -> Any: ...

sigmoid: Final[OneToOne]
sigmoid_derivative: Final[OneToOne]
sigmoid_with_derivative: Final[OneToTwo]
sigmoid_second_derivative: Final[OneToOne]
sigmoid_backward: Final[TwoToOne]
log_sigmoid: Final[OneToOne]
softplus: Final[OneToOne]
logit: Final[OneToOne]
silu: Final[OneToOne]
silu_derivative: Final[OneToOne]
logistic_loss: Final[TwoToOne]
logistic_loss_gradient_hessian: Final[TwoToTwo]
logistic_loss_with_gradient: Final[TwoToTwo]

expit: Final[OneToOne]
log_expit: Final[OneToOne]

__all__ = [
    "__version__",
    "expit",
    "isa",
    "log_expit",
    "log_sigmoid",
    "logistic_loss",
    "logistic_loss_gradient_hessian",
    "logistic_loss_with_gradient",
    "logit",
    "sigmoid",
    "sigmoid_backward",
    "sigmoid_derivative",
    "sigmoid_second_derivative",
    "sigmoid_with_derivative",
    "silu",
    "silu_derivative",
    "softplus",
    "threaded",
]
