"""The logistic loss as an objective of gradient boosters: XGBoost, LightGBM and CatBoost, none of which is imported.

Each of them asks for the first and the second derivative of the loss by the score, CatBoost with the other sign. Here
they are those of `fastsig.logistic_loss_gradient_hessian`, which do not become 0 where sigmoid(x) is rounded to 1: from
x = 17.4 on in float32, from 37.5 on in float64.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fastsig import logistic_loss_gradient_hessian

__all__ = ["CatBoostLogistic", "lightgbm_logistic", "xgboost_logistic"]


@dataclass(frozen=True)
class _Logistic:
    """The weighted loss of smoothed labels, and the check of what it is given."""

    pos_weight: float = 1.0
    label_smoothing: float = 0.0

    LEAST_HESSIAN = 0.0

    def __post_init__(self) -> None:
        for name in ("pos_weight", "label_smoothing"):
            try:
                # A Python float takes the type of the arrays; a NumPy float64 would make them float64.
                object.__setattr__(self, name, float(getattr(self, name)))
            except (TypeError, ValueError):
                raise TypeError(f"{name} must be a number, not {getattr(self, name)!r}") from None
        if not (isfinite(self.pos_weight) and self.pos_weight > 0):
            raise ValueError(f"pos_weight must be finite and above 0, not {self.pos_weight}")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must be at least 0 and below 1, not {self.label_smoothing}")

    def __deepcopy__(self, memo: Any) -> Self:
        """Return itself, which never changes: scikit-learn's clone checks that it finds the object that it gave."""
        return self

    def _fill(self, scores: Any, labels: Any, weights: Any, gradient: np.ndarray, hessian: np.ndarray) -> None:
        """Compute both derivatives, weighted, into two arrays."""
        if scores.shape != labels.shape:
            raise ValueError(f"the logistic loss takes one score for each label, not {scores.shape} for {labels.shape}")
        if labels.size and not (labels.min() >= 0 and labels.max() <= 1):
            raise ValueError(
                f"labels must be 0 or 1, or between; they reach from {labels.min()} to {labels.max()}. "
                "Labels t of -1 and +1 are converted by (t + 1)/2"
            )
        targets = labels
        if self.label_smoothing:
            targets = labels * (1 - self.label_smoothing) + self.label_smoothing / 2
        with np.errstate(under="ignore"):  # below the range of float32, 0 is the nearest
            logistic_loss_gradient_hessian(scores, targets, out=(gradient, hessian))
        np.maximum(hessian, self.LEAST_HESSIAN, out=hessian)
        if self.pos_weight != 1:
            self._scale(labels * self.pos_weight + (1 - labels), gradient, hessian)
        if weights is not None:
            self._scale(np.asarray(weights), gradient, hessian)

    @staticmethod
    def _scale(weights: np.ndarray, gradient: np.ndarray, hessian: np.ndarray) -> None:
        with np.errstate(under="ignore"):
            gradient *= weights
            hessian *= weights


class _FromDataset(_Logistic):
    """An objective that is handed scores and a data set, or labels and scores."""

    def __call__(
        self, first: Any, second: Any, sample_weight: Any = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return gradient and hessian, in float32, as both boosters keep them.

        Parameters
        ----------
        first, second : array_like and data set, or two array_like
            The scores and a `DMatrix` or `Dataset`, which has labels and weights, as `train` passes them; or labels
            and scores, as the scikit-learn interfaces do.
        sample_weight : array_like, optional
            The weights that go with labels and scores.
        """
        scores, labels, weights = second, first, sample_weight
        if hasattr(second, "get_label"):
            scores, labels, weights = first, second.get_label(), second.get_weight()
            # Without weights LightGBM has None, and XGBoost an empty array.
            weights = weights if weights is not None and len(weights) else None
        scores, labels = np.asarray(scores), np.asarray(labels)
        gradient, hessian = np.empty((2, *scores.shape), np.float32)
        self._fill(scores, labels, weights, gradient, hessian)
        return gradient, hessian


class XGBoostLogistic(_FromDataset):
    """What `xgboost_logistic` returns."""

    # The least normal number: XGBoost gives no weight to a leaf whose hessians are 0, as they are from abs(x) = 104 on.
    LEAST_HESSIAN = float(np.finfo(np.float32).tiny)


class LightGBMLogistic(_FromDataset):
    """What `lightgbm_logistic` returns."""

    # LightGBM adds 1e-15 to the sums of hessians, from whose shares it estimates how many rows a leaf has; where what
    # it adds is most of the sum it finds none, and fails.
    LEAST_HESSIAN = 1e-14


def xgboost_logistic(pos_weight: float = 1.0, label_smoothing: float = 0.0) -> XGBoostLogistic:
    r"""Return the logistic loss as an objective of XGBoost.

    Parameters
    ----------
    pos_weight : float, optional
        The weight of label 1, as XGBoost's `scale_pos_weight`, which custom objectives do not see; a label t between 0
        and 1 weighs t pos_weight + 1 - t. Unless it is finite and above 0, ValueError is raised.
    label_smoothing : float, optional
        A label t is replaced by (1 - label_smoothing) t + label_smoothing/2. Unless it is at least 0 and below 1,
        ValueError is raised.

    Returns
    -------
    objective : callable
        For ``xgboost.train(..., obj=objective)`` and ``XGBClassifier(objective=objective)``. It returns gradient and
        hessian in float32, the type of XGBoost's scores, labels and weights, of which nothing is copied. Sample weights
        are honoured. It can be pickled, and compares equal to others of the same parameters.

        Labels outside [0, 1], or NaN, raise ValueError, and so does more than one score for a label.

    See Also
    --------
    fastsig.logistic_loss_gradient_hessian : the derivatives themselves.

    Notes
    -----
    .. math:: w (\sigma(x) - t), \quad w \sigma'(x)

    with t the smoothed label and w the weight. XGBoost's own objective has 0 for the gradient of label 1 from x = 17.4
    on, and 1e-16 for the hessian where it would be less. Here the hessian is at least 1.2e-38, the least normal number,
    since XGBoost gives no weight to a leaf whose hessians are all 0.

    A custom objective begins at the score `base_score`, which XGBoost estimates from the labels for its own objectives:
    give it to begin at the same score. If you also set ``params["objective"] = "binary:logistic"``, as XGBClassifier
    does itself, predictions are probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from fastsig.objectives import xgboost_logistic
    >>> objective = xgboost_logistic(pos_weight=2)
    >>> labels, scores = np.float32([0, 1, 1]), np.float32([0, 0, 40])
    >>> gradient, hessian = objective(labels, scores)
    >>> gradient.tolist(), hessian.tolist()
    ([0.5, -1.0, -8.49670826227732e-18], [0.25, 0.5, 8.49670826227732e-18])
    """
    return XGBoostLogistic(pos_weight, label_smoothing)


def lightgbm_logistic(pos_weight: float = 1.0, label_smoothing: float = 0.0) -> LightGBMLogistic:
    r"""Return the logistic loss as an objective of LightGBM.

    Parameters
    ----------
    pos_weight : float, optional
        The weight of label 1, as LightGBM's `scale_pos_weight`, which custom objectives do not see; a label t between 0
        and 1 weighs t pos_weight + 1 - t. Unless it is finite and above 0, ValueError is raised.
    label_smoothing : float, optional
        A label t is replaced by (1 - label_smoothing) t + label_smoothing/2. Unless it is at least 0 and below 1,
        ValueError is raised.

    Returns
    -------
    objective : callable
        For ``lightgbm.train({"objective": objective}, ...)`` and ``LGBMClassifier(objective=objective)``. It computes
        in float64, the type of LightGBM's scores, and returns gradient and hessian in float32, the type in which
        LightGBM keeps them. Sample weights are honoured. It can be pickled, and compares equal to others of the same
        parameters.

        Labels outside [0, 1], or NaN, raise ValueError, and so does more than one score for a label.

    See Also
    --------
    fastsig.logistic_loss_gradient_hessian : the derivatives themselves.

    Notes
    -----
    .. math:: w (\sigma(x) - t), \quad w \sigma'(x)

    with t the smoothed label and w the weight. LightGBM's own objective has 0 for the hessian of a score that is wrong
    by 37 or more, label 1 at x = -40, and then learns nothing, or fails. Here the hessian is at least 1e-14, with which
    LightGBM can go on, provided that ``min_sum_hessian_in_leaf`` allows it and ``lambda_l2`` or ``max_delta_step``
    bounds the step.

    With a custom objective LightGBM begins at the score 0, or at the data set's `init_score`, as its own objective does
    with ``boost_from_average=False``; and it predicts scores: apply `fastsig.sigmoid` to them for probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from fastsig.objectives import lightgbm_logistic
    >>> objective = lightgbm_logistic(label_smoothing=0.5)
    >>> gradient, hessian = objective(np.array([0, 1]), np.array([0.0, -800.0]), sample_weight=np.array([1, 2]))
    >>> gradient.tolist(), hessian[0].item()
    ([0.25, -1.5], 0.25)
    """
    return LightGBMLogistic(pos_weight, label_smoothing)


class CatBoostLogistic(_Logistic):
    r"""The logistic loss as an objective of CatBoost.

    Parameters
    ----------
    pos_weight : float, optional
        The weight of label 1 in both derivatives; a label t between 0 and 1 weighs t pos_weight + 1 - t. CatBoost's own
        `scale_pos_weight`, refused with custom objectives, is also a weight of the rows: for that give
        ``sample_weight``. Unless it is finite and above 0, ValueError is raised.
    label_smoothing : float, optional
        A label t is replaced by (1 - label_smoothing) t + label_smoothing/2. Unless it is at least 0 and below 1,
        ValueError is raised.

    Attributes
    ----------
    no_jit : bool
        Tells CatBoost not to compile `calc_ders_range` with Numba, which cannot compile it and would warn.

    See Also
    --------
    fastsig.logistic_loss_gradient_hessian : the derivatives themselves.

    Notes
    -----
    .. math:: w (t - \sigma(x)), \quad -w \sigma'(x)

    with t the smoothed label and w the weight: CatBoost maximises, so that both have the other sign. It computes in
    float64. CatBoost's own Logloss has 0 for the first derivative of label 1 from x = 37.5 on.

    Give it as `loss_function`, together with an `eval_metric`, which CatBoost then requires. CatBoost's defaults for
    custom objectives are one iteration for the values of leaves, and no backtracking. Instances can be pickled, and
    compare equal to others of the same parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from fastsig.objectives import CatBoostLogistic
    >>> CatBoostLogistic().calc_ders_range(np.array([0.0, 40.0]), np.array([0.0, 1.0]), None).tolist()
    [[-0.5, -0.25], [4.248354255291589e-18, -4.248354255291589e-18]]
    """

    no_jit = True

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> npt.NDArray[np.float64]:
        """Return the first and the second derivative of the log-likelihood, one row for each score.

        Parameters
        ----------
        approxes, targets : array_like
            The scores, and as many labels; a label outside [0, 1], or NaN, raises ValueError.
        weights : array_like or None
            The weights of the rows.
        """
        approxes, targets = np.asarray(approxes), np.asarray(targets)
        derivatives = np.empty((*approxes.shape, 2))
        self._fill(approxes, targets, weights, *derivatives.T)
        return np.negative(derivatives, out=derivatives)
