"""The fast tier: float32 computed in float32, within 2 ULP; the other types are the default's."""

from fastsig._ufuncs import FAST_UFUNCS

sigmoid = FAST_UFUNCS["sigmoid"]
sigmoid_derivative = FAST_UFUNCS["sigmoid_derivative"]
sigmoid_with_derivative = FAST_UFUNCS["sigmoid_with_derivative"]
log_sigmoid = FAST_UFUNCS["log_sigmoid"]
softplus = FAST_UFUNCS["softplus"]
silu = FAST_UFUNCS["silu"]

del FAST_UFUNCS

__all__ = [
    "log_sigmoid",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_with_derivative",
    "silu",
    "softplus",
]
