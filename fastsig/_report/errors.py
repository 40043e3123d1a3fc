"""The errors of the sigmoid over x, compared with its peers', and where the textbook form of the derivative is 0."""

from functools import partial

import numpy as np

import fastsig
from fastsig import _reference
from fastsig._report.accuracy import SEED, exact_values, ulp_errors
from fastsig._report.speed import BY_HAND, CONTENDERS, OURS, installed

# The parts of x that are looked at. In "near" the sigmoid goes from 0 to 1; beyond it the type's results are 1. In
# "tail" the results become subnormal numbers, and 0 in the end.
PARTS = {
    "float32": {"near": (-20, 20), "tail": (-105, -85)},
    "float64": {"near": (-40, 40), "tail": (-747, -702)},
}
DERIVATIVE = {"float32": (0, 25), "float64": (0, 50)}  # where s (1 - s) goes from right to 0
BINS = 64
SAMPLES = 6400  # inputs in each part
WIDTH = 0.125  # of a bin of the histogram, in ULP; a power of two, so that 1/2 is an edge
FROM_X, FROM_S = "sigmoid_derivative(x)", "s*(1-s)"


def drawn(span, dtype, samples):
    """Return numbers of a type, in order, the same number of them in each bin of a span."""
    edges = np.linspace(*span, BINS + 1)
    x = np.random.default_rng(SEED).uniform(edges[:-1], edges[1:], (max(1, samples // BINS), BINS))
    return np.sort(x.T.astype(dtype), axis=1)


def computed(contender, x):
    """Return what a contender makes of an array, without its warnings."""
    out = np.empty_like(x)
    with np.errstate(all="ignore"):
        contender.prepare(x, out)()
    return out


def middles(span):
    """Return the middles of the bins."""
    edges = np.linspace(*span, BINS + 1)
    return ((edges[:-1] + edges[1:]) / 2).tolist()


def histogram(errors):
    """Return the shares of inputs by their signed error, in bins that reach to the largest error, or to 3 ULP."""
    last = min(3, max(1, np.ceil(max(abs(e).max() for e in errors.values()) / WIDTH) * WIDTH))
    edges = np.arange(-last, last + WIDTH / 2, WIDTH)
    shares = {who: (np.histogram(e, edges)[0] / e.size).tolist() for who, e in errors.items()}
    return {
        "edges": edges.tolist(),
        "share": shares,
        "within_half": {who: float((abs(e) <= 0.5).mean()) for who, e in errors.items()},
        "beyond": {who: float((abs(e) > last).mean()) for who, e in errors.items()},
    }


def of_sigmoid(step, samples):
    """Return the errors in ULP by type and part of x, and their histogram where x is near 0."""
    contenders = installed(CONTENDERS)
    rows = []
    for dtype, parts in PARTS.items():
        for part, span in parts.items():
            step(f"errors of sigmoid, {dtype}, x from {span[0]} to {span[1]}")
            x = drawn(span, dtype, samples)
            values = exact_values(_reference.sigmoid, x.ravel())
            errors = {c.label: ulp_errors(computed(c, x.ravel()), values) for c in contenders}
            row = {
                "type": dtype,
                "part": part,
                "x": middles(span),
                "ulp": {who: abs(e).reshape(x.shape).max(axis=1).tolist() for who, e in errors.items()},
                "largest": {who: float(abs(e).max()) for who, e in errors.items()},
                "samples": x.size,
            }
            if part == "near":
                row["histogram"] = histogram(errors)
            else:
                row["zero_from"] = {c.label: -first_zero(partial(at_minus, c), dtype) for c in contenders}
            rows.append(row)
    return rows


def at_minus(contender, x):
    """Return what a contender makes of -x, a number."""
    return computed(contender, -x[np.newaxis])[0]


def from_s(x):
    """Return the derivative in its textbook form, from the correctly rounded sigmoid."""
    s = fastsig.sigmoid(x)
    return s * (1 - s)


def first_zero(function, dtype):
    """Return the least positive number of a type at which a function that falls to 0 is 0."""
    bits = np.dtype(f"i{np.dtype(dtype).itemsize}")  # which are in the order of the positive numbers
    low, high = 0, int(np.array(np.finfo(dtype).max).view(bits))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if function(np.array(middle, bits).view(dtype)) == 0 else (middle, high)
    return float(np.array(high, bits).view(dtype))


def of_derivative(step, samples):
    """Return the relative errors of two forms of the derivative over x, and the least x at which each is 0."""
    forms = {FROM_X: fastsig.sigmoid_derivative, FROM_S: from_s}
    rows = []
    for dtype, span in DERIVATIVE.items():
        step(f"errors of the derivative, {dtype}")
        x = drawn(span, dtype, samples)
        values = exact_values(_reference.sigmoid_derivative, x.ravel())
        relative = {}
        for form, function in forms.items():
            pairs = zip(exact_values(lambda _, y: y, function(x.ravel())), values, strict=True)
            relative[form] = np.array([float(abs(y / value - 1)) for y, value in pairs])
        rows.append(
            {
                "type": dtype,
                "x": middles(span),
                "relative": {form: e.reshape(x.shape).max(axis=1).tolist() for form, e in relative.items()},
                "largest": {form: float(e.max()) for form, e in relative.items()},
                "samples": x.size,
            }
        )
    dies = [
        {"type": dtype, "zero_from": {form: first_zero(function, dtype) for form, function in forms.items()}}
        for dtype in ("float16", *DERIVATIVE)
    ]
    return {"rows": rows, "dies": dies}


def example(x=40.0):
    """Return the numbers at one x that show what cancels."""
    s = fastsig.sigmoid(x)
    return {"x": x, "s": float(s), FROM_S: float(s * (1 - s)), FROM_X: float(fastsig.sigmoid_derivative(x))}


def measured(step, samples=SAMPLES):
    """Return the errors that the page draws.

    Parameters
    ----------
    step : callable
        Called with what is measured next.
    samples : int
        Inputs for each part of x.

    Returns
    -------
    dict
        Of lists and numbers; errors of the sigmoid are in ULP, of the derivative relative.
    """
    return {
        "ours": OURS,
        "by_hand": BY_HAND,
        "sigmoid": of_sigmoid(step, samples),
        "derivative": of_derivative(step, samples),
        "example": example(),
    }
