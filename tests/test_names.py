"""For those who come from elsewhere: the names that they know, and what their hand-written forms get wrong."""

from typing import NamedTuple

import numpy as np
import pytest
from catalog import FUNCTIONS, outputs
from reference import exact, ulp_error
from samples import by_value, unit
from scipy import special

import fastsig
from fastsig import expit, log_expit, logit
from fastsig._bounds import most_ulp
from fastsig._reference import REFERENCE


class Name(NamedTuple):
    """A name in use elsewhere, the function that replaces it, and an input on which a hand-written form fails."""

    name: str
    origin: str
    function: str
    by_hand: str  # of `x`, and `t` where there is a second input
    x: np.floating
    t: np.floating | None = None
    digits: int = 3  # that show the two results to differ

    @property
    def inputs(self):
        """Return the inputs, one or two."""
        return (self.x,) if self.t is None else (self.x, self.t)

    def hand_written(self):
        """Return the outputs of the hand-written form."""
        with np.errstate(all="ignore"):
            return outputs(eval(self.by_hand, {"np": np, "x": self.x, "t": self.t}))

    def replaced(self):
        """Return the outputs of the function that replaces it."""
        return outputs(getattr(fastsig, self.function)(*self.inputs))

    def shown(self):
        """Return what to show of the two: for each output, the text of what is wrong and of what is right."""
        return [
            tuple(f"{y:.{self.digits}g}" for y in pair)
            for pair in zip(self.hand_written(), self.replaced(), strict=True)
        ]


F32, F64 = np.float32, np.float64

NAMES = (
    Name("expit", "SciPy", "sigmoid", "1 / (1 + np.exp(-x))", F64(-720)),
    Name("inv_logit", "Stan", "sigmoid", "np.exp(x) / (1 + np.exp(x))", F64(710)),
    Name("plogis", "R", "sigmoid", "(1 + np.tanh(x / 2)) / 2", F64(-40)),
    Name("logistic", "JAX", "sigmoid", "1 / (1 + np.exp(-x))", F32(-89)),
    Name("dlogis", "R", "sigmoid_derivative", "np.exp(-x) / (1 + np.exp(-x)) ** 2", F64(-400)),
    Name("log_expit", "SciPy", "log_sigmoid", "np.log(1 / (1 + np.exp(-x)))", F64(40)),
    Name("logsigmoid", "PyTorch", "log_sigmoid", "-np.log1p(np.exp(-x))", F64(-710)),
    Name("log1pexp", "R (Rmpfr)", "softplus", "np.log1p(np.exp(x))", F64(710)),
    # np.logaddexp itself is right; this is the form that it replaces.
    Name("logaddexp(0, x)", "NumPy, JAX", "softplus", "np.log(1 + np.exp(x))", F64(-40)),
    Name("softplus", "PyTorch", "softplus", "np.where(x > 20, x, np.log1p(np.exp(x)))", F64(20.5), digits=12),
    Name("logit", "SciPy, PyTorch", "logit", "-np.log(1 / x - 1)", F64(1e-310)),
    Name("qlogis", "R", "logit", "np.log(x / (1 - x))", F64(0.50000001), digits=10),
    Name("swish", "JAX, Keras", "silu", "x / (1 + np.exp(-x))", F64(-710)),
    Name(
        "binary_cross_entropy_with_logits",
        "PyTorch",
        "logistic_loss",
        "-t * np.log(s := 1 / (1 + np.exp(-x))) - (1 - t) * np.log(1 - s)",
        F64(40),
        F64(0),
    ),
    Name(
        "HalfBinomialLoss",
        "scikit-learn",
        "logistic_loss_gradient_hessian",
        "((s := 1 / (1 + np.exp(-x))) - t, s * (1 - s))",
        F64(40),
        F64(1),
    ),
)
NAMELESS = {  # nobody else has a name for these
    "sigmoid_backward",
    "sigmoid_second_derivative",
    "sigmoid_with_derivative",
    "silu_derivative",
    "logistic_loss_with_gradient",
}
WRONG = 1000  # ulp
CLOSE = 4  # ulp: SciPy's results are not correctly rounded

SCIPY = {"expit": expit, "log_expit": log_expit, "logit": logit}
SPECIAL = {
    "expit": (-np.inf, np.inf, np.nan, -0.0, 0.0),
    "log_expit": (-np.inf, np.inf, np.nan, -0.0, 0.0),
    "logit": (-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan),
}


# ---------------------------------------------------------------------------------------------------------------
# The names, and what is written by hand
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", NAMES, ids=lambda row: row.name)
def test_hand_written_form_fails_where_the_function_that_replaces_it_is_within_its_bound(row):
    values = exact(row.function, *(np.array([x]) for x in row.inputs))
    for by_hand, y, v, formula in zip(row.hand_written(), row.replaced(), values, REFERENCE[row.function], strict=True):
        assert np.isfinite(v.near[0])
        assert ulp_error(np.array([y]), v)[0] <= most_ulp(formula.__name__, y.dtype.name)
        assert ulp_error(np.array([by_hand]), v)[0] > WRONG


@pytest.mark.parametrize("row", NAMES, ids=lambda row: row.name)
def test_hand_written_form_is_the_same_function_where_it_does_not_fail(row):
    x, *t = (np.array(values, type(row.x)) for values in ((0.125, 0.25, 0.75), (0.0, 0.25, 1.0))[: len(row.inputs)])
    plain = row._replace(x=x, t=t[0] if t else None)
    for by_hand, y in zip(plain.hand_written(), plain.replaced(), strict=True):
        np.testing.assert_allclose(by_hand, y, rtol=16 * np.finfo(y.dtype).eps)


@pytest.mark.parametrize("row", NAMES, ids=lambda row: row.name)
def test_what_is_shown_tells_the_two_apart(row):
    assert all(wrong != right for wrong, right in row.shown())


def test_every_name_stands_once_and_every_function_that_has_another_name_is_there():
    assert len({row.name for row in NAMES}) == len(NAMES)
    named, unnamed = {row.function for row in NAMES}, set(FUNCTIONS) - NAMELESS
    assert named <= unnamed
    assert named >= unnamed, f"{sorted(unnamed - named)} are in neither NAMES nor NAMELESS of {__file__}"


# ---------------------------------------------------------------------------------------------------------------
# SciPy's three
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SCIPY)
def test_special_points_are_scipys_to_the_sign_of_zero(name, dtype):
    x = np.array(SPECIAL[name], dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        ours, theirs = SCIPY[name](x), getattr(special, name)(x)
    np.testing.assert_allclose(ours, theirs, rtol=np.finfo(dtype).eps)
    number = ~np.isnan(theirs)
    assert (np.signbit(ours) == np.signbit(theirs))[number].all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SCIPY)
def test_results_are_scipys_within_a_few_ulp_in_the_body(name, dtype):
    x = unit(dtype, 20_000) if name == "logit" else by_value(-30, 30, 20_000, dtype)
    if name == "logit":  # around 1/2, where SciPy's versions differ, the exact values decide: test_accuracy.py
        x = x[np.abs(x - 0.5) > 0.2]
    ours, theirs = SCIPY[name](x), getattr(special, name)(x)
    apart = np.abs(ours.astype(np.longdouble) - theirs) / np.spacing(np.abs(ours))
    assert apart.max() <= CLOSE


@pytest.mark.parametrize("name", SCIPY)
def test_types_and_scalars_are_scipys(name):
    for code in "iIlLqQfdg":  # narrower ones: ecosystem/test_names_of_others.py
        x = np.ones(1, code)
        with np.errstate(divide="ignore"):  # logit, fastsig's
            assert SCIPY[name](x).dtype == getattr(special, name)(x).dtype
    for x in (0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), np.array(0.5, "f4"), [0.5], np.full((2, 3), 0.5)):
        ours, theirs = SCIPY[name](x), getattr(special, name)(x)
        assert type(ours) is type(theirs)
        assert np.shape(ours) == np.shape(theirs)
