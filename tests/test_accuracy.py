"""Errors in ULP against MPFR, on every instruction set, within the bounds that are stated beside the formulas."""

from functools import cache

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from reference import exact, ulp_error
from samples import everywhere

from fastsig import _dispatch
from fastsig._bounds import bounds
from fastsig._reference import REFERENCE

FMA = {isa.name: _dispatch.load(isa).FMA for isa in _dispatch.available()}
SINGLE = [name for name in FUNCTIONS if len(REFERENCE[name]) == 1]
N = {"float32": 200_000, "float64": 200_000, "longdouble": 20_000}


@cache
def sample(dtype):
    """Return the inputs of a type: every float16, and many of the wider types."""
    if dtype == "float16":
        every = np.arange(2**16, dtype=np.uint16).view(np.float16)
        return every[np.isfinite(every)]
    return everywhere(dtype, N[dtype])


@cache
def reference(name, dtype):
    """Return the exact values of a function of one output at the sample of a type."""
    return exact(name, sample(dtype))[0]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", SINGLE)
def test_error_is_within_the_stated_bound(name, dtype, isa):
    x = sample(dtype)
    errors = ulp_error(UFUNCS[isa][name](x), reference(name, dtype))
    worst = int(errors.argmax())
    bound = bounds()[name, dtype, FMA[isa]].ulp
    assert errors[worst] <= bound, f"{name} {dtype} {isa}: {errors[worst]:.4f} ulp at {x[worst]!r}, over {bound}"


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", SINGLE)
def test_worst_float64_input_is_as_bad_as_stated_and_no_worse(name, isa):
    bound = bounds()[name, "float64", FMA[isa]]
    x = np.array([float.fromhex(bound.at)])
    error = ulp_error(UFUNCS[isa][name](x), exact(name, x)[0])[0]
    assert error == pytest.approx(bound.worst, abs=1e-4)
    assert bound.worst + 0.01 <= bound.ulp


@pytest.mark.parametrize("dtype", TYPES)
def test_functions_of_two_outputs_have_the_bits_of_the_single_ones(ufuncs, dtype):
    x = sample(dtype)
    for name in set(FUNCTIONS) - set(SINGLE):
        singles = [ufuncs[formula.__name__](x) for formula in REFERENCE[name]]
        for both, single in zip(outputs(ufuncs[name](x)), singles, strict=True):
            assert same_bits(both, single), name


def test_results_reach_the_least_subnormal_before_they_become_zero(ufuncs):
    for dtype, last in (("float32", -103.9), ("float64", -745.0)):
        x = np.array([last], dtype)
        for name in SINGLE:
            assert ufuncs[name](x)[0] == np.finfo(dtype).smallest_subnormal, (name, dtype)


def test_instruction_sets_with_fma_give_the_same_bits():
    isas = [isa for isa in ISAS if FMA[isa]]
    for dtype in ("float16", "float32", "float64"):
        x = sample(dtype)
        for name in FUNCTIONS:
            first, *rest = (outputs(UFUNCS[isa][name](x)) for isa in isas)
            for other in rest:
                assert all(map(same_bits, first, other)), (name, dtype, isas)


def test_correctly_rounded_types_have_the_same_bits_on_every_instruction_set():
    for dtype in ("float16", "float32"):
        x = sample(dtype)
        for name in FUNCTIONS:
            first, *rest = (outputs(UFUNCS[isa][name](x)) for isa in ISAS)
            for other in rest:
                assert all(map(same_bits, first, other)), (name, dtype)


def test_the_reference_sees_an_error_of_a_hundredth_of_an_ulp():
    x = np.array([-1.0])
    v = exact("sigmoid", x)[0]
    nearest = np.float64(0.2689414213699951)
    assert ulp_error(np.array([nearest]), v)[0] <= 0.5
    assert ulp_error(np.array([np.nextafter(nearest, 1)]), v)[0] > 0.5
    assert ulp_error(np.array([np.nan]), v)[0] == np.inf
