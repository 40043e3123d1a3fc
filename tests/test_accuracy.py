"""Errors in ULP against MPFR, on every instruction set, within the bounds that are stated beside the formulas."""

from functools import cache

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from reference import exact, ulp_error
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
def reference(name, dtype):
    """Return the exact values of a function's outputs at its sample of a type."""
    return exact(name, *sample(name, dtype))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", SINGLE)
def test_error_is_within_the_stated_bound(name, dtype, isa):
    x = sample(name, dtype)
    results = outputs(UFUNCS[isa][name](*x))
    for formula, y, v in zip(REFERENCE[name], results, reference(name, dtype), strict=True):
        errors = ulp_error(y, v)
        k = int(errors.argmax())
        bound = bounds()[formula.__name__, dtype, FMA[isa]].ulp
        at = [a[k] for a in x]
        assert errors[k] <= bound, f"{formula.__name__} {dtype} {isa}: {errors[k]:.4f} ulp at {at!r}, over {bound}"


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
def test_gradient_with_soft_targets_is_off_by_half_an_ulp_of_sigmoid_next_to_its_zero(dtype, isa):
    (x, _), t = inputs("logistic_loss_gradient_hessian", dtype, 10_000), unit(dtype, 10_000)
    x = np.resize(x[np.abs(x) > 1e-30], len(t))  # nearer to 0 the reference's own digits cancel
    ufuncs = UFUNCS[isa]
    t[::2] = ufuncs["sigmoid"](x[::2])  # as near to the zero as can be
    gradient, _ = ufuncs["logistic_loss_gradient_hessian"](x, t)
    v = exact("logistic_loss_gradient_hessian", x, t)[0]
    errors = ulp_error(gradient, v)
    bound = bounds()["logistic_loss_gradient", dtype, FMA[isa]].ulp
    gap = exact("sigmoid", x)[0].gap_exponent - v.gap_exponent  # an ULP of sigmoid(x), in those of the gradient
    share = bounds()["sigmoid", dtype, FMA[isa]].ulp if dtype == "longdouble" else 0.5
    assert (errors <= np.maximum(bound, np.ldexp(share, np.minimum(gap, 200)))).all()
    far = gap <= (0 if dtype == "longdouble" else 1)
    assert far.sum() > 1000
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


def test_the_reference_sees_an_error_of_a_hundredth_of_an_ulp():
    x = np.array([-1.0])
    v = exact("sigmoid", x)[0]
    nearest = np.float64(0.2689414213699951)
    assert ulp_error(np.array([nearest]), v)[0] <= 0.5
    assert ulp_error(np.array([np.nextafter(nearest, 1)]), v)[0] > 0.5
    assert ulp_error(np.array([np.nan]), v)[0] == np.inf
