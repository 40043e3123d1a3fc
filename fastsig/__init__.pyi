from typing import Final

import numpy as np

__version__: Final[str]

def isa() -> str: ...

sigmoid: Final[np.ufunc]
sigmoid_derivative: Final[np.ufunc]
sigmoid_with_derivative: Final[np.ufunc]

__all__ = ["__version__", "isa", "sigmoid", "sigmoid_derivative", "sigmoid_with_derivative"]
