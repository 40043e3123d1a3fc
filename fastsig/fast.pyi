from typing import Final

import numpy as np

sigmoid: Final[np.ufunc]
sigmoid_derivative: Final[np.ufunc]
sigmoid_with_derivative: Final[np.ufunc]
log_sigmoid: Final[np.ufunc]
softplus: Final[np.ufunc]
silu: Final[np.ufunc]

__all__ = [
    "log_sigmoid",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_with_derivative",
    "silu",
    "softplus",
]
