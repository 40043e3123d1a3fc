"""Where a function that fastsig replaces behaves otherwise: README's table, and a check of each row of it.

`bench/tables.py` writes the table. A name is the path from which Python imports it.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from libraries import library

from fastsig import log_sigmoid, logistic_loss, logistic_loss_gradient_hessian, logit, sigmoid, silu, softplus

ROWS = []
LIBRARIES = {"scipy": "SciPy", "numpy": "NumPy", "torch": "PyTorch", "jax": "JAX", "sklearn": "scikit-learn"}

SCIPY = {"scipy.special.expit": sigmoid, "scipy.special.log_expit": log_sigmoid, "scipy.special.logit": logit}
BCE = {"torch.nn.functional.binary_cross_entropy_with_logits": logistic_loss}
HALF = {"sklearn._loss.HalfBinomialLoss": logistic_loss_gradient_hessian}
LOGISTIC = {"jax.lax.logistic": sigmoid, "jax.nn.swish": silu}
OF_JAX = {"jax.scipy.special.logit": logit, "jax.nn.softplus": softplus, "jax.numpy.logaddexp": softplus}
OF_TORCH = {"torch.sigmoid": sigmoid, "torch.logit": logit}
FLOATS_OF_TORCH = {
    "torch.nn.functional.logsigmoid": log_sigmoid,
    "torch.nn.functional.softplus": softplus,
    "torch.nn.functional.silu": silu,
}
INTEGERS = "?bBhHiIlL"


class Row(NamedTuple):
    """What functions of others do, and what fastsig does in their place."""

    functions: dict  # from the path of each to the ufunc that replaces it
    original: str
    fastsig: str
    check: Callable  # of the original, which takes NumPy's arrays, and the ufunc

    def shown(self):
        """Return the names as they are called, by the libraries that they are from."""
        names = {}
        for path in self.functions:
            names.setdefault(LIBRARIES[path.split(".")[0]], []).append(f"`{called(path)}`")
        return "; ".join(f"{origin} {', '.join(of_it)}" for origin, of_it in names.items())


def called(path):
    """Return the name of a function, as it is called for what fastsig computes."""
    name = path.rpartition(".")[2]
    return f"{name}(0, x)" if name == "logaddexp" else name


def row(functions, original, fastsig):
    """Return a decorator that adds a row, which the decorated function checks."""

    def add(check):
        ROWS.append(Row(functions, original, fastsig, check))
        return check

    return add


def imported(path):
    """Return the function of a path, which takes NumPy's arrays; numbers go in as they are."""
    module, _, name = path.rpartition(".")
    found = getattr(library(module), name)
    if path in HALF:
        return lambda x, t: found().gradient_hessian(y_true=t, raw_prediction=x)
    if name == "logaddexp":
        return partial(found, 0)
    if not module.startswith("torch"):
        return found
    from_numpy = library("torch").from_numpy
    return lambda *inputs, **how: found(*(from_numpy(x) if isinstance(x, np.ndarray) else x for x in inputs), **how)


def type_of(result):
    """Return the name of the type that NumPy knows a result by."""
    return np.asarray(result).dtype.name


@row(
    {"scipy.special.logit": logit, "torch.logit": logit, "jax.scipy.special.logit": logit},
    "is silent at 0, at 1 and beyond",
    "gives the same -inf, inf and NaN, and warns as `np.log` does",
)
def logit_warns_at_its_ends(theirs, ours):
    p = np.array([0, 1, 2, -1], np.float32)
    with np.errstate(all="raise"):
        result = np.asarray(theirs(p))
        with pytest.raises(FloatingPointError, match="divide by zero"):
            ours(p[:2])
        with pytest.raises(FloatingPointError, match="invalid value"):
            ours(p[2:])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ours(p), result)


@row(
    {"scipy.special.logit": logit},
    "is silent about a number beyond [0, 1] under a mask or a null",
    "warns about it; the result keeps the mask and the null",
)
def logit_warns_about_what_is_hidden(theirs, ours):
    masked = np.ma.array([0.5, 2.0], mask=[False, True])
    null = library("pandas").array([0.5, 2.0], dtype="Float64")
    null[1] = None
    for x in (masked, null):
        result = theirs(x)
        with pytest.warns(RuntimeWarning, match="invalid value"):
            y = ours(x)
        for z in (result, y):
            assert type(z) is type(x)
            assert z[0] == 0
            assert (np.ma.getmaskarray(z) if x is masked else z.isna()).tolist() == [False, True]


@row(SCIPY, "float16 becomes float32 or float64", "float16 stays float16")
def float16_is_kept(theirs, ours):
    x = np.full(3, 0.5, np.float16)
    assert type_of(theirs(x)) in ("float32", "float64")
    assert type_of(ours(x)) == "float16"


@row(
    SCIPY,
    "bool and integers become float64; in 1.18.1, `expit` and `log_expit` make those of up to 16 bits float32",
    "they become float64",
)
def integers_of_scipy(theirs, ours):
    version = tuple(map(int, library("scipy").__version__.split(".")[:2]))
    narrow = "float32" if version >= (1, 18) and ours is not logit else "float64"
    with np.errstate(divide="ignore"):
        for code in INTEGERS:
            x = np.ones(1, code)
            assert type_of(theirs(x)) == (narrow if x.itemsize <= 2 else "float64")
            assert type_of(ours(x)) == "float64"


@row({"numpy.logaddexp": softplus}, "integers of 8 bits become float16, of 16 bits float32", "they become float64")
def integers_of_numpy(theirs, ours):
    for code, expected in zip("bBhH", ["float16", "float16", "float32", "float32"], strict=True):
        assert type_of(theirs(np.ones(1, code))) == expected
        assert type_of(ours(np.ones(1, code))) == "float64"


@row(OF_TORCH | OF_JAX, "bool and integers become float32", "they become float64")
def integers_of_torch_and_jax(theirs, ours):
    with np.errstate(divide="ignore"):
        for code in "?bil":
            assert type_of(theirs(np.ones(1, code))) == "float32"
            assert type_of(ours(np.ones(1, code))) == "float64"


@row(FLOATS_OF_TORCH | LOGISTIC, "bool and integers are an error", "they become float64")
def integers_that_others_refuse(theirs, ours):
    for code in "?bil":
        with pytest.raises((NotImplementedError, TypeError), match=r"not implemented|does not accept"):
            theirs(np.ones(1, code))
        assert type_of(ours(np.ones(1, code))) == "float64"


@row(
    LOGISTIC | OF_JAX,
    "computes float64 in float32 unless `jax_enable_x64` is set; a number gives an array without dimensions",
    "float64 stays float64; a number gives a NumPy scalar",
)
def types_and_scalars_of_jax(theirs, ours):
    assert type_of(theirs(np.full(1, 0.5))) == "float32"
    assert type_of(ours(np.full(1, 0.5))) == "float64"
    assert isinstance(theirs(0.5), library("jax").Array)
    assert theirs(0.5).shape == ()
    assert type(ours(0.5)) is np.float64


@row(OF_TORCH | FLOATS_OF_TORCH | BCE | HALF, "a number that is no array is an error", "it gives a NumPy scalar")
def scalars_that_others_refuse(theirs, ours):
    inputs = (0.5,) * ours.nin
    with pytest.raises((TypeError, AttributeError), match=r"must be Tensor|no attribute '(ndim|size)'"):
        theirs(*inputs)
    result = ours(*inputs)
    assert all(type(y) is np.float64 for y in (result if ours.nout == 2 else (result,)))


@row(
    {"torch.sigmoid": sigmoid, "torch.nn.functional.silu": silu} | LOGISTIC | {"jax.numpy.logaddexp": softplus},
    "takes complex numbers",
    "they are a TypeError, as in SciPy and `np.logaddexp`",
)
def complex_is_refused(theirs, ours):
    z = np.ones(1, np.complex64)
    assert type_of(theirs(z)) == "complex64"
    for refuses in (ours, *map(imported, SCIPY), imported("numpy.logaddexp")):
        with pytest.raises(TypeError, match="not supported for the input types"):
            refuses(z)


@row(
    BCE,
    'gives the mean, unless `reduction="none"`; scores and labels must have the same shape',
    "gives each element's loss; the inputs are broadcast",
)
def losses_are_not_reduced(theirs, ours):
    x, t = np.array([[-3.0], [0.5]]), np.array([0.0, 1.0])
    with pytest.raises(ValueError, match="must be the same as input size"):
        theirs(x, t)
    assert ours(x, t).shape == (2, 2)
    of_one_shape = np.broadcast_arrays(x, t)
    each, mean = theirs(*map(np.array, of_one_shape), reduction="none"), theirs(*map(np.array, of_one_shape))
    np.testing.assert_allclose(ours(x, t), each, rtol=1e-14)
    np.testing.assert_allclose(ours(x, t).mean(), mean, rtol=1e-14)


@row(BCE | HALF, "labels that are integers are an error", "they are taken; float32 scores stay float32")
def labels_may_be_integers(theirs, ours):
    x, t = np.array([-3.0, 0.5], np.float32), np.array([0, 1])
    with pytest.raises((RuntimeError, TypeError), match=r"result type Float|ambiguous argument types"):
        theirs(x, t)
    assert all(y.dtype == np.float32 for y in np.atleast_2d(ours(x, t)))


@row(
    BCE | HALF,
    "a target outside [0, 1] gives a number, silently",
    "the loss and its gradient are NaN, with the warning of an invalid value",
)
def targets_beyond_warn(theirs, ours):
    x, t = np.array([0.5, 1.0]), np.array([2.0, -1.0])
    with np.errstate(all="raise"):
        assert np.isfinite(np.asarray(theirs(x, t))).all()
    with pytest.warns(RuntimeWarning, match="invalid value"):
        result = ours(x, t)
    assert np.isnan(result[0] if ours.nout == 2 else result).all()


@row(
    OF_TORCH | FLOATS_OF_TORCH,
    "takes part in autograd",
    "does not: a tensor that requires a gradient is a RuntimeError, from PyTorch",
)
def there_is_no_autograd(theirs, ours):
    x = library("torch").tensor([0.25], requires_grad=True)
    assert theirs(x).requires_grad
    with pytest.raises(RuntimeError, match="requires grad"):
        ours(x)


@pytest.mark.parametrize(
    ("row", "path"),
    [pytest.param(row, path, id=f"{row.check.__name__}-{path}") for row in ROWS for path in row.functions],
)
def test_others_and_fastsig_do_what_the_table_says(row, path):
    row.check(imported(path), row.functions[path])
