"""Newton's logistic regression on the breast-cancer data, through the loss and its two derivatives.

It reaches the optimum that scikit-learn's own loss and solver reach; and for a boosting objective, the two derivatives
are those of scikit-learn's loss, element by element.
"""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn._loss import HalfBinomialLoss
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fastsig import logistic_loss, logistic_loss_gradient_hessian, logistic_loss_with_gradient

PENALTY = 1.0  # of half the squared weights, not of the intercept


@pytest.fixture(scope="module")
def cancer():
    """Return the standardised features, with a column of ones, and the targets."""
    features, target = load_breast_cancer(return_X_y=True)
    features = StandardScaler().fit_transform(features)
    return np.column_stack([features, np.ones(len(features))]), target.astype(float)


def objective(weights, features, target):
    """Return the penalised loss."""
    return logistic_loss(features @ weights, target).sum() + PENALTY / 2 * (weights[:-1] ** 2).sum()


def newton(features, target, steps):
    """Return the weights after each step from 0."""
    penalty = np.diag([*[PENALTY] * (features.shape[1] - 1), 0.0])
    weights = np.zeros(features.shape[1])
    path = [weights]
    for _ in range(steps):
        gradient, hessian = logistic_loss_gradient_hessian(features @ weights, target)
        slope = features.T @ gradient + penalty @ weights
        weights = weights - np.linalg.solve(features.T @ (hessian[:, None] * features) + penalty, slope)
        path.append(weights)
    return path


def test_newton_reaches_the_optimum_of_scikit_learn(cancer):
    features, target = cancer
    *_, before, weights = newton(features, target, 12)
    theirs = LogisticRegression(C=1 / PENALTY, tol=1e-12, max_iter=10_000).fit(features[:, :-1], target)
    theirs = np.append(theirs.coef_[0], theirs.intercept_)
    # Newton has converged: its last step is rounding. The other solver stops at a gradient of about 1e-6, and near an
    # optimum the error of the loss goes with the square of the weights'.
    assert np.abs(weights - before).max() < 1e-12
    assert np.abs(weights - theirs).max() < 1e-3
    ours, other = objective(weights, features, target), objective(theirs, features, target)
    assert ours <= other
    assert other - ours < 1e-7
    half_binomial = HalfBinomialLoss().loss(y_true=target, raw_prediction=features @ weights).sum()
    assert ours == pytest.approx(half_binomial + PENALTY / 2 * (weights[:-1] ** 2).sum(), rel=1e-13)


def test_minimize_with_jac_reaches_the_coefficients_of_scikit_learn(cancer):
    features, target = cancer
    penalty = np.append(np.full(features.shape[1] - 1, PENALTY), 0.0)

    def of(weights):
        loss, gradient = logistic_loss_with_gradient(features @ weights, target)
        return loss.sum() + penalty @ weights**2 / 2, gradient @ features + penalty * weights

    found = minimize(of, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", tol=1e-12)
    theirs = LogisticRegression(C=1 / PENALTY, tol=1e-12, max_iter=10_000).fit(features[:, :-1], target)
    assert np.abs(found.x - np.append(theirs.coef_[0], theirs.intercept_)).max() < 1e-3
    assert np.abs(found.x - newton(features, target, 12)[-1]).max() < 1e-3
    assert found.fun == pytest.approx(objective(found.x, features, target), rel=1e-13)


def test_newton_converges_quadratically(cancer):
    features, target = cancer
    *path, best = newton(features, target, 12)
    off = [np.abs(weights - best).max() for weights in path]
    last = next(k for k, o in enumerate(off) if o < 1e-2)
    assert off[last + 1] < 10 * off[last] ** 2


def test_a_boosting_objective_gets_what_scikit_learns_loss_gives(cancer):
    features, target = cancer
    raw = features @ newton(features, target, 4)[-1] * 2  # some predictions far out, as boosting makes them
    gradient, hessian = logistic_loss_gradient_hessian(raw, target)
    their_gradient, their_hessian = HalfBinomialLoss().gradient_hessian(y_true=target, raw_prediction=raw)
    np.testing.assert_allclose(gradient, their_gradient, rtol=1e-12)
    np.testing.assert_allclose(hessian, their_hessian, rtol=1e-10)
    assert np.abs(raw).max() > 20


def test_confident_predictions_keep_a_hessian_where_the_hand_written_one_dies():
    raw, target = np.array([40.0, 300.0]), np.array([1.0, 1.0])
    gradient, hessian = logistic_loss_gradient_hessian(raw, target)
    s = 1 / (1 + np.exp(-raw))
    assert (s - target == 0).all()
    assert (s * (1 - s) == 0).all()
    assert (gradient < 0).all()
    assert (hessian > 0).all()
