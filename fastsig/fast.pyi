from typing import Final

from fastsig._typing import OneToOne, OneToTwo, TwoToOne, TwoToTwo

sigmoid: Final[OneToOne]
sigmoid_derivative: Final[OneToOne]
sigmoid_with_derivative: Final[OneToTwo]
sigmoid_second_derivative: Final[OneToOne]
log_sigmoid: Final[OneToOne]
softplus: Final[OneToOne]
logit: Final[OneToOne]
silu: Final[OneToOne]
silu_derivative: Final[OneToOne]
sigmoid_backward: Final[TwoToOne]
logistic_loss: Final[TwoToOne]
logistic_loss_gradient_hessian: Final[TwoToTwo]
logistic_loss_with_gradient: Final[TwoToTwo]

__all__ = [
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
]
