"""The fast tier: float32 in float32, float64 with hardly any pairs and no second phase, each within a stated bound."""

from fastsig._dispatch import PICKED, load
from fastsig._docs import FAST_DOCS
from fastsig._ufuncs import bind

UFUNCS = bind(load(PICKED).FAST, FAST_DOCS, __name__)

sigmoid = UFUNCS["sigmoid"]
sigmoid_derivative = UFUNCS["sigmoid_derivative"]
sigmoid_with_derivative = UFUNCS["sigmoid_with_derivative"]
sigmoid_second_derivative = UFUNCS["sigmoid_second_derivative"]
log_sigmoid = UFUNCS["log_sigmoid"]
softplus = UFUNCS["softplus"]
logit = UFUNCS["logit"]
silu = UFUNCS["silu"]
silu_derivative = UFUNCS["silu_derivative"]
sigmoid_backward = UFUNCS["sigmoid_backward"]
logistic_loss = UFUNCS["logistic_loss"]
logistic_loss_gradient_hessian = UFUNCS["logistic_loss_gradient_hessian"]

del UFUNCS

__all__ = [
    "log_sigmoid",
    "logistic_loss",
    "logistic_loss_gradient_hessian",
    "logit",
    "sigmoid",
    "sigmoid_backward",
    "sigmoid_derivative",
    "sigmoid_second_derivative",
    "sigmoid_with_derivative",
    "silu",
    "silu_derivative",
    "softplus",
]
