from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fastsig import fast as fast
from fastsig import objectives as objectives

__version__: Final[str]

def isa() -> str: ...
def threaded(
    ufunc: np.ufunc,
    *inputs: Any,
    out: npt.NDArray[Any] | tuple[npt.NDArray[Any] | None, ...] | None = None,
    workers: int | None = None,
) -> Any: ...

sigmoid: Final[np.ufunc]
sigmoid_derivative: Final[np.ufunc]
sigmoid_with_derivative: Final[np.ufunc]
sigmoid_second_derivative: Final[np.ufunc]
sigmoid_backward: Final[np.ufunc]
log_sigmoid: Final[np.ufunc]
softplus: Final[np.ufunc]
logit: Final[np.ufunc]
silu: Final[np.ufunc]
silu_derivative: Final[np.ufunc]
logistic_loss: Final[np.ufunc]
logistic_loss_gradient_hessian: Final[np.ufunc]
logistic_loss_with_gradient: Final[np.ufunc]

expit: Final[np.ufunc]
log_expit: Final[np.ufunc]

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
