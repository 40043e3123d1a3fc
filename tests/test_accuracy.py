"""Errors in ULP against MPFR, on every instruction set, within the bounds that are stated beside the formulas.

MPFR measures each result whose error may exceed its bound, so that a failure tells the exact figure. That no other
result's does is shown by long double, with a bound of its own error: `reference.Ball`.
"""

from functools import cache

import gmpy2
import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from reference import EPS, HAS_WIDE, LIBRARY, LONG, Reference, exact, exact_of, to_mpfr, ulp_error
from samples import inputs, unit

from fastsig import _dispatch
from fastsig._bounds import bounds
from fastsig._reference import DOMAINS, REFERENCE

FMA = {isa.name: _dispatch.load(isa).FMA for isa in _dispatch.available()}
SINGLE = [name for name in FUNCTIONS if name != "sigmoid_with_derivative"]  # whose outputs are two of the others
N = {"float16": 60_000, "float32": 60_000, "float64": 100_000, "longdouble": 10_000}


@cache
def sample(name, dtype):
    """Return the inputs of a function in a type: every float16 where there is one input, many of the wider types."""
    domains = DOMAINS.get(name, ("real",))
    if dtype == "float16" and len(domains) == 1:
        every = np.arange(2**16, dtype=np.uint16).view(np.float16)
        return (every[np.isfinite(every) if domains == ("real",) else (every > 0) & (every < 1)],)
    return inputs(name, dtype, N[dtype])


@cache
def references(name, dtype):
    """Return a `Reference` of each of a function's outputs at its sample of a type."""
    return [Reference(formula, *sample(name, dtype)) for formula in REFERENCE[name]]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", SINGLE)
def test_error_is_within_the_stated_bound(name, dtype, isa):
    x = sample(name, dtype)
    results = outputs(UFUNCS[isa][name](*x))
    for formula, y, reference in zip(REFERENCE[name], results, references(name, dtype), strict=True):
        bound = bounds()[formula.__name__, dtype, FMA[isa]].ulp
        error, k = reference.worst(y, bound)
        at = [a[k] for a in x]
        assert error <= bound, f"{formula.__name__} {dtype} {isa}: {error:.4f} ulp at {at!r}, over {bound}"


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
def test_gradient_with_soft_targets_is_off_by_half_an_ulp_of_sigmoid_next_to_its_zero(dtype, isa):
    (x, _), t = inputs("logistic_loss_gradient_hessian", dtype, 10_000), unit(dtype, 10_000)
    x = np.resize(x[np.abs(x) > 1e-30], len(t))  # nearer to 0 the reference's own digits cancel
    ufuncs = UFUNCS[isa]
    t[::2] = ufuncs["sigmoid"](x[::2])  # as near to the zero as can be
    gradient, _ = ufuncs["logistic_loss_gradient_hessian"](x, t)
    assert (np.abs(gradient) >= 2 * ufuncs["sigmoid"](x)).sum() > 1000  # these are far from the zero
    formula = REFERENCE["logistic_loss_gradient_hessian"][0]
    bound = bounds()["logistic_loss_gradient", dtype, FMA[isa]].ulp
    over = Reference(formula, x, t).doubtful(gradient, bound)  # all others are within the bound, far or near
    x, t, gradient = x[over], t[over], gradient[over]
    v = exact_of(formula, x, t)
    errors = ulp_error(gradient, v)
    gap = exact("sigmoid", x)[0].gap_exponent - v.gap_exponent  # an ULP of sigmoid(x), in those of the gradient
    share = bounds()["sigmoid", dtype, FMA[isa]].ulp if dtype == "longdouble" else 0.5
    assert (errors <= np.maximum(bound, np.ldexp(share, np.minimum(gap, 200)))).all()
    far = gap <= (0 if dtype == "longdouble" else 1)
    assert (errors[far] <= bound).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", SINGLE)
def test_worst_float64_input_is_as_bad_as_stated_and_no_worse(name, isa):
    for output, formula in enumerate(REFERENCE[name]):
        bound = bounds()[formula.__name__, "float64", FMA[isa]]
        nin = UFUNCS[isa][name].nin
        x = [np.array([float.fromhex(part)]) for part in bound.at.split(",")]
        x += [np.ones(1)] * (nin - len(x))  # the hessian's bound is that of a function of one input
        error = ulp_error(outputs(UFUNCS[isa][name](*x))[output], exact(name, *x)[output])[0]
        assert error == pytest.approx(bound.worst, abs=1e-4)
        assert bound.worst + 0.01 <= bound.ulp


@pytest.mark.parametrize("dtype", TYPES)
def test_functions_of_two_outputs_have_the_bits_of_the_single_ones(ufuncs, dtype):
    (x,) = sample("sigmoid", dtype)
    y, dy = ufuncs["sigmoid_with_derivative"](x)
    _, hessian = ufuncs["logistic_loss_gradient_hessian"](x, np.ones_like(x))
    assert same_bits(y, ufuncs["sigmoid"](x))
    assert same_bits(dy, ufuncs["sigmoid_derivative"](x))
    assert same_bits(hessian, dy)


@pytest.mark.parametrize("dtype", TYPES)
def test_log_sigmoid_is_softplus_mirrored_to_the_bit(ufuncs, dtype):
    (x,) = sample("softplus", dtype)
    assert same_bits(ufuncs["log_sigmoid"](x), -ufuncs["softplus"](-x))


def test_results_reach_the_least_subnormal_before_they_become_zero(ufuncs):
    for dtype, last in (("float32", -103.9), ("float64", -745.0)):
        x = np.array([last], dtype)
        for name in ("sigmoid", "sigmoid_derivative", "sigmoid_second_derivative", "softplus"):
            assert ufuncs[name](x)[0] == np.finfo(dtype).smallest_subnormal, (name, dtype)
        assert ufuncs["log_sigmoid"](-x)[0] == -np.finfo(dtype).smallest_subnormal
    for dtype, last in (("float32", -108.5), ("float64", -751.0)):
        for name in ("silu", "silu_derivative"):
            assert -2 * np.finfo(dtype).smallest_subnormal <= ufuncs[name](np.array([last], dtype))[0] < 0, (
                name,
                dtype,
            )


def test_instruction_sets_with_fma_give_the_same_bits():
    isas = [isa for isa in ISAS if FMA[isa]]
    for dtype in ("float16", "float32", "float64"):
        for name in FUNCTIONS:
            x = sample(name, dtype)
            first, *rest = (outputs(UFUNCS[isa][name](*x)) for isa in isas)
            for other in rest:
                assert all(map(same_bits, first, other)), (name, dtype, isas)


def test_correctly_rounded_types_have_the_same_bits_on_every_instruction_set():
    for dtype in ("float16", "float32"):
        for name in FUNCTIONS:
            if len(DOMAINS.get(name, ("real",))) > 1:  # not quite correctly rounded
                continue
            x = sample(name, dtype)
            first, *rest = (outputs(UFUNCS[isa][name](*x)) for isa in ISAS)
            for other in rest:
                assert all(map(same_bits, first, other)), (name, dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", SINGLE)
def test_a_few_results_that_are_an_ulp_off_are_reported(name, dtype):
    isa = ISAS[0]
    x = sample(name, dtype)
    at = np.sort(np.random.default_rng(3).choice(len(x[0]), 20, replace=False))
    results = outputs(UFUNCS[isa][name](*x))
    for formula, y, reference in zip(REFERENCE[name], results, references(name, dtype), strict=True):
        bound = bounds()[formula.__name__, dtype, FMA[isa]].ulp
        moved = []
        for side in (-np.inf, np.inf):
            wrong = y.copy()
            for _ in range(1 if bound < 1 else 2):
                wrong[at] = np.nextafter(wrong[at], np.array(side, dtype))
            moved.append((wrong, reference.errors(wrong, at)))
        # One of the two goes away from the exact value.
        (down, errors_down), (up, errors_up) = moved
        wrong = down.copy()
        wrong[at] = np.where(errors_up > errors_down, up[at], down[at])
        errors = np.maximum(errors_up, errors_down)
        assert (errors > bound).all()
        assert np.isin(at, reference.doubtful(wrong, bound)).all()
        assert reference.worst(wrong, bound) == (errors.max(), at[errors.argmax()])


@pytest.mark.skipif(not HAS_WIDE, reason="MPFR measures every result here")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", SINGLE)
def test_exact_values_lie_within_the_doubt_of_long_double(name, dtype):
    x = sample(name, dtype)
    at = np.random.default_rng(4).choice(len(x[0]), 300, replace=False)
    for formula, reference in zip(REFERENCE[name], references(name, dtype), strict=True):
        value, doubt = (part[at] for part in reference.approximate)
        for k, v, d in zip(at, value, doubt, strict=True):
            exactly = formula(gmpy2, *(to_mpfr(a[k]) for a in x))
            assert not np.isfinite(d) or abs(to_mpfr(v) - exactly) <= to_mpfr(d)


@pytest.mark.skipif(not HAS_WIDE, reason="MPFR measures every result here")
@pytest.mark.parametrize(
    ("function", "low", "high"),
    [("exp", -750, 750), ("expm1", -750, 0), ("log", 0, 1), ("log1p", -1, 0), ("log1p", 0, 1)],
)
def test_long_double_functions_are_off_by_half_of_what_is_counted_at_most(function, low, high):
    rng = np.random.default_rng(5)
    small = np.exp2(rng.uniform(-1100, 10, 2000)) * rng.choice([-1, 1], 2000)
    x = np.concatenate([rng.uniform(low, high, 2000), rng.uniform(-1, 1, 2000), small]).astype(LONG)
    x = x[(x > low) & (x < high)]
    for a, value in zip(x, getattr(np, function)(x), strict=True):
        exactly = getattr(gmpy2, function)(to_mpfr(a))
        assert abs(to_mpfr(value) - exactly) <= to_mpfr(LIBRARY / 2) * abs(exactly), (function, a)


def test_cancellation_in_long_double_leaves_a_result_to_mpfr():
    x = np.array([np.nextafter(0.5, 1)])  # log p - log(1 - p) loses 51 bits here, and long double keeps 13 or 62
    y = UFUNCS[ISAS[0]]["logit"](x)
    reference = Reference(REFERENCE["logit"][0], x)
    assert reference.approximate.doubt[0] > 2.0**50 * EPS * y[0]
    assert reference.worst(y, 0.0)[0] <= 0.5
    assert reference.worst(np.nextafter(y, 1), 0.53)[0] > 0.53


def test_nan_for_a_number_is_reported():
    x = np.array([1.0, 2.0, 3.0])
    y = UFUNCS[ISAS[0]]["sigmoid"](x)
    y[1] = np.nan
    assert Reference(REFERENCE["sigmoid"][0], x).worst(y, 0.53) == (np.inf, 1)


def test_mpfr_measures_every_result_where_long_double_is_no_wider(monkeypatch):
    (x,) = (part[:100] for part in sample("sigmoid", "float64"))
    y = UFUNCS[ISAS[0]]["sigmoid"](x)
    assert Reference(REFERENCE["sigmoid"][0], x.astype(LONG)).doubtful(y.astype(LONG), 0.53).size == x.size
    monkeypatch.setattr("reference.HAS_WIDE", False)
    assert Reference(REFERENCE["sigmoid"][0], x).doubtful(y, 0.53).size == x.size


def test_the_reference_sees_an_error_of_a_hundredth_of_an_ulp():
    x = np.array([-1.0])
    v = exact("sigmoid", x)[0]
    nearest = np.float64(0.2689414213699951)
    assert ulp_error(np.array([nearest]), v)[0] <= 0.5
    assert ulp_error(np.array([np.nextafter(nearest, 1)]), v)[0] > 0.5
    assert ulp_error(np.array([np.nan]), v)[0] == np.inf
