"""Networks trained on real data through the ufuncs: gradients, accuracy, and a start in saturation.

The data are two sets of measurements that ship inside scikit-learn: breast-cancer (569 samples, 30 features, 2 classes)
and digits (1797 images of 8x8 pixels, 10 classes). A network is a list of matrices, one a layer, whose last row is the
bias; a logistic regression is a network of one layer.
"""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, label_binarize
from threadpoolctl import threadpool_limits

from fastsig import sigmoid, sigmoid_derivative, sigmoid_with_derivative

LOADERS = {"breast_cancer": load_breast_cancer, "digits": load_digits}
HIDDEN = {"breast_cancer": (), "digits": (32,)}


@pytest.fixture(autouse=True)
def one_thread():
    """Keep BLAS to one thread: its matrices are small here, and how it shares them out would move the last bits."""
    with threadpool_limits(1):
        yield


class Data(NamedTuple):
    """One split of a data set: features in [0, 1] on the training part, classes as 0 and 1 in a column each."""

    x_train: np.ndarray
    x_test: np.ndarray
    t_train: np.ndarray
    t_test: np.ndarray
    rival: float  # the test accuracy of scikit-learn's LogisticRegression


@cache
def data(name):
    """Return a data set, split and scaled, and what LogisticRegression makes of it."""
    x, labels = LOADERS[name](return_X_y=True)
    x_train, x_test, train, test = train_test_split(x, labels, random_state=0, stratify=labels)
    scaler = MinMaxScaler().fit(x_train)
    x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)
    rival = LogisticRegression(max_iter=1000).fit(x_train, train).score(x_test, test)
    t_train, t_test = (label_binarize(some, classes=np.unique(labels)).astype(float) for some in (train, test))
    return Data(x_train, x_test, t_train, t_test, rival)


def random_weights(name, scale=1.0):
    """Return the weights that a network starts from; the features' and the biases' are drawn alike."""
    rng = np.random.default_rng(0)
    sizes = (data(name).x_train.shape[1], *HIDDEN[name], data(name).t_train.shape[1])
    return [scale * rng.normal(size=(m + 1, n)) / np.sqrt(m) for m, n in pairwise(sizes)]


# ---------------------------------------------------------------------------------------------------------------
# Forward and backward
# ---------------------------------------------------------------------------------------------------------------


def affine(a, w):
    """Return what a layer feeds to its activation."""
    return a @ w[:-1] + w[-1]


def cross_entropy(z, t, activation):
    """Return the mean over samples of the summed -log(probability given to the truth), and its gradient by z."""
    # 1 - sigmoid(z) is sigmoid(-z), without the cancellation: with z's sign turned where t is 0, one formula does.
    signs = 2 * t - 1
    p, dp = activation(signs * z)
    return -np.log(p).sum() / len(z), -signs * dp / p / len(z)


def squared_error(z, t, activation):
    """Return the mean over samples of half the summed squares, and its gradient by z."""
    y, dy = activation(z)
    return ((y - t) ** 2).sum() / (2 * len(z)), (y - t) * dy / len(z)


def loss_and_gradient(
    weights, x, t, criterion=cross_entropy, hidden=sigmoid_with_derivative, output=sigmoid_with_derivative
):
    """Return the loss and its gradient by each weight; an activation returns a value and a derivative, as the ufunc."""
    layers, slopes = [x], []
    for w in weights[:-1]:
        y, dy = hidden(affine(layers[-1], w))
        layers.append(y)
        slopes.append(dy)
    loss, delta = criterion(affine(layers[-1], weights[-1]), t, output)
    gradient = [np.vstack([layers[-1].T @ delta, delta.sum(axis=0)])]
    for w, a, dy in zip(weights[:0:-1], layers[-2::-1], slopes[::-1], strict=True):
        delta = (delta @ w[:-1].T) * dy
        gradient.insert(0, np.vstack([a.T @ delta, delta.sum(axis=0)]))
    return loss, gradient


def without_derivative(z):
    """Return the sigmoid and 1, as in a backward pass that forgets the activation's derivative."""
    y = sigmoid(z)
    return y, np.ones_like(y)


def derivative_from_y(z):
    """Return the sigmoid and y(1 - y)."""
    y = sigmoid(z)
    return y, y * (1 - y)


def derivative_from_x(z):
    """Return the sigmoid and its derivative from x."""
    return sigmoid(z), sigmoid_derivative(z)


# ---------------------------------------------------------------------------------------------------------------
# Gradients against central differences
# ---------------------------------------------------------------------------------------------------------------

# (f(w + h) - f(w - h))/2h is f'(w) + h^2/6 f'''(v) for some v between, and off by d/h more where f is computed to
# within d. h = eps^(1/3) weighs the one against the other. Both bounds, on f''' and on d, are worked out below from the
# weights and the data. The gradient's own rounding errors are d's without the 1/h, and do not count.
EPS = np.finfo(np.float64).eps
STEP = float(np.cbrt(EPS))

# The most that the first, second and third derivative of the sigmoid come to; -log(sigmoid) has those of one order
# less, and 1 for its first.
SIGMOID_1, SIGMOID_2, SIGMOID_3 = 1 / 4, 1 / (6 * np.sqrt(3)), 1 / 8


def central_differences(weights, x, t):
    """Return the central difference of the loss by each weight."""
    weights = [w.copy() for w in weights]
    differences = [np.empty_like(w) for w in weights]
    for w, d in zip(weights, differences, strict=True):
        for at in np.ndindex(w.shape):
            middle = w[at]
            w[at] = above = middle + STEP
            high, _ = loss_and_gradient(weights, x, t)
            w[at] = below = middle - STEP
            low, _ = loss_and_gradient(weights, x, t)
            w[at] = middle
            d[at] = (high - low) / (above - below)
    return differences


def third_derivative_bound(weights, x):
    """Return a bound on the third derivative of the loss by any one weight of a network of one or two layers."""
    inputs = max(1.0, np.abs(x).max()) ** 3  # 1 for the biases, and for what a hidden layer passes on
    bounds = [SIGMOID_2 * inputs]
    if len(weights) == 2:
        # A hidden weight v acts on each output through z = w*sigmoid(v*input + ...): Faa di Bruno's formula for
        # -log(sigmoid(z)), term by term.
        z1, z2, z3 = (np.abs(weights[1][:-1]) * order for order in (SIGMOID_1, SIGMOID_2, SIGMOID_3))
        by_output = SIGMOID_2 * z1**3 + 3 * SIGMOID_1 * z1 * z2 + z3
        bounds.append(inputs * by_output.sum(axis=1).max())
    return max(bounds)


def rounding_bound(weights, x, t):
    """Return a bound on the rounding error of the loss, to first order in EPS.

    A sum of m products, in whatever order, is off by at most m*EPS/2 times the sum of their magnitudes.
    """
    a, error = x, np.zeros_like(x)
    for w in weights:
        z_error = len(w) * EPS * affine(np.abs(a), np.abs(w)) + error @ np.abs(w[:-1])
        a, error = sigmoid(affine(a, w)), SIGMOID_1 * z_error + EPS
    # -log(sigmoid) is no steeper than 1. Counting EPS where EPS/2 would do covers the errors of p and of log, an EPS or
    # two each.
    loss, _ = loss_and_gradient(weights, x, t)
    return z_error.sum() / len(x) + t.size * EPS * loss


class Check(NamedTuple):
    """A gradient check: where, what the differences say, and how far off they may be."""

    weights: list
    x: np.ndarray
    t: np.ndarray
    differences: list
    tolerance: float

    def worst(self, **activations):
        """Return the greatest error of the gradient's components, by layer, in units of the tolerance."""
        _, gradient = loss_and_gradient(self.weights, self.x, self.t, **activations)
        return [np.abs(g - d).max() / self.tolerance for g, d in zip(gradient, self.differences, strict=True)]


@cache
def check(name):
    """Return the gradient check of a data set's network, at its start and on the first samples."""
    weights, x, t = random_weights(name), data(name).x_train[:64], data(name).t_train[:64]
    tolerance = STEP**2 / 6 * third_derivative_bound(weights, x) + rounding_bound(weights, x, t) / STEP
    return Check(weights, x, t, central_differences(weights, x, t), tolerance)


@pytest.mark.parametrize("name", LOADERS)
def test_every_component_of_the_gradient_agrees_with_central_differences(name):
    """Within what the size of the step and float64 leave open, and no more."""
    assert all(error <= 1 for error in check(name).worst())


@pytest.mark.parametrize(
    ("name", "dropped", "layers"),
    [("breast_cancer", "output", [0]), ("digits", "output", [0, 1]), ("digits", "hidden", [0])],
)
def test_gradient_without_one_derivative_is_rejected_in_the_layers_that_it_reaches(name, dropped, layers):
    """The tolerance is far narrower than the error that a forgotten factor makes."""
    activations = {"hidden": sigmoid_with_derivative, "output": sigmoid_with_derivative} | {dropped: without_derivative}
    worst = check(name).worst(**activations)
    assert [i for i, error in enumerate(worst) if error > 1] == layers


# ---------------------------------------------------------------------------------------------------------------
# Training
# ---------------------------------------------------------------------------------------------------------------


def train(weights, x, t, steps, penalty=0.0, **functions):
    """Return the weights after a number of steps of Rprop (Riedmiller and Braun, 1993) on all samples.

    Each weight moves by a step of its own, which grows while the gradient keeps its sign and shrinks when it turns. Of
    the gradient only the sign counts: one of 1e-20 trains as well as one of 1, and one of 0 not at all.
    """
    weights = [w.copy() for w in weights]
    sizes = [np.full_like(w, 0.01) for w in weights]
    before = [np.zeros_like(w) for w in weights]
    for _ in range(steps):
        _, gradient = loss_and_gradient(weights, x, t, **functions)
        for w, g, size, last in zip(weights, gradient, sizes, before, strict=True):
            g[:-1] += penalty * w[:-1]
            sign = np.sign(g)
            size[sign * last > 0] *= 1.2
            size[sign * last < 0] *= 0.5
            np.clip(size, 1e-6, 0.1, out=size)
            w -= size * sign
            last[...] = sign
    return weights


def accuracy(weights, x, t):
    """Return the share of samples whose class is the one with the greatest output, or the side of 1/2 it lies on."""
    for w in weights[:-1]:
        x = sigmoid(affine(x, w))
    z = affine(x, weights[-1])
    right = (z > 0) == (t > 0) if t.shape[1] == 1 else z.argmax(axis=1) == t.argmax(axis=1)
    return right.mean()


@pytest.mark.parametrize("name", LOADERS)
def test_training_reaches_the_accuracy_of_logistic_regression_within_a_point(name):
    """On the same split, with the same L2 penalty."""
    x_train, x_test, t_train, t_test, rival = data(name)
    # LogisticRegression adds |w|^2/2 to the sum of the losses; here the loss is their mean.
    weights = train(random_weights(name), x_train, t_train, steps=400, penalty=1 / len(x_train))
    assert accuracy(weights, x_test, t_test) >= rival - 0.01


# ---------------------------------------------------------------------------------------------------------------
# A start in saturation
# ---------------------------------------------------------------------------------------------------------------

SATURATED_STEPS = 400


def saturated():
    """Return the digits and a network, in float32, whose every unit starts near a pre-activation of 20."""
    weights = random_weights("digits", scale=0.1)
    for w in weights:
        w[-1] = 20
    *arrays, _ = data("digits")
    return [a.astype(np.float32) for a in arrays], [w.astype(np.float32) for w in weights]


def train_saturated(activation):
    """Return the losses and the test accuracies before and after, and the weights before and after."""
    (x_train, x_test, t_train, t_test), weights = saturated()
    functions = {"criterion": squared_error, "hidden": activation, "output": activation}
    trained = train(weights, x_train, t_train, SATURATED_STEPS, **functions)
    losses = [loss_and_gradient(some, x_train, t_train, **functions)[0] for some in (weights, trained)]
    return losses, [accuracy(some, x_test, t_test) for some in (weights, trained)], weights, trained


def test_saturated_network_has_outputs_of_exactly_one_and_still_a_derivative():
    """In both layers and for every sample: y is 1 and y(1 - y) is 0 in float32, and the derivative from x is not."""
    (x, *_), weights = saturated()
    for w in weights:
        z = affine(x, w)
        y, dy = derivative_from_y(z)
        assert z.dtype == y.dtype == dy.dtype == np.float32
        assert np.all(y == 1)
        assert np.all(dy == 0)
        assert np.all(sigmoid_derivative(z) > 0)
        x = y


def test_saturated_network_stands_still_with_the_derivative_from_y():
    """No weight changes in any of the steps, and the network is as wrong as it was."""
    losses, accuracies, before, after = train_saturated(derivative_from_y)
    assert all(np.array_equal(w, v) for w, v in zip(before, after, strict=True))
    assert losses[0] == losses[1]
    assert accuracies[0] == accuracies[1]


def test_saturated_network_learns_with_the_derivative_from_x():
    """The same start, data, steps and optimiser, and the other derivative."""
    losses, accuracies, _, after = train_saturated(derivative_from_x)
    assert all(w.dtype == np.float32 for w in after)
    # At the start each of the nine wrong outputs costs 1/2. A network that had learned no more than how often each
    # class occurs would answer 1/10 everywhere, which costs 9/20, and guess one class in ten.
    assert losses[0] == 4.5
    assert losses[1] < 0.45 / 10
    assert accuracies[0] < 0.15
    assert accuracies[1] > 0.9
