"""The fast tier: float32 computed in float32 and float64 without a second phase; the other types are the default's."""

from fastsig._dispatch import PICKED, load
from fastsig._docs import FAST_DOCS
from fastsig._ufuncs import bind

UFUNCS = bind(load(PICKED).FAST, FAST_DOCS, __name__)

sigmoid = UFUNCS["sigmoid"]
sigmoid_derivative = UFUNCS["sigmoid_derivative"]
sigmoid_with_derivative = UFUNCS["sigmoid_with_derivative"]
log_sigmoid = UFUNCS["log_sigmoid"]
softplus = UFUNCS["softplus"]
silu = UFUNCS["silu"]

del UFUNCS

__all__ = [
    "log_sigmoid",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_with_derivative",
    "silu",
    "softplus",
]
