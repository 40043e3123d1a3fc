"""The fast tier: float32 and float64 within their stated bounds; everything else the default's."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from catalog import FAST, FAST_UFUNCS, FMA, ISAS, UFUNCS, outputs, same_bits
from reference import Reference, exact, ulp_error
from samples import inputs as sample_of
from test_docs import SECTIONS, run_doctest

import fastsig
import fastsig.fast
from fastsig._bounds import bounds
from fastsig._reference import REFERENCE

EVERY = 1021  # a prime: every so many bit patterns of all 2^32
SUBNORMAL_BOUND = 1.0  # least subnormals
LEAST_NORMAL = 2.0**-126
TYPES = ("float32", "float64")  # of the fast tier
SPECIAL = {
    "float32": [-np.inf, -3e38, -104.5, -88, -1, -0.0, 0, 1e-45, 1, 20, 20.1, 88, 104.5, 3e38, np.inf],
    "float64": [-np.inf, -1e308, -760, -708.5, -1, -0.0, 0, 5e-324, 1, 36.5, 38, 708.5, 760, 1e308, np.inf],
}


def sample():
    """Return float32 inputs by bit pattern: over all of them, and closely where results are not trivial."""
    wide = np.arange(0, 1 << 32, EVERY, dtype=np.int64).astype(np.uint32)
    low, high = np.array([2**-14, 110], np.float32).view(np.uint32).tolist()
    close = np.arange(low, high, 211, dtype=np.uint32)
    x = np.concatenate([wide, close, close | np.uint32(1 << 31)]).view(np.float32)
    return x[~np.isnan(x)]


@pytest.fixture(scope="module")
def inputs():
    return sample()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", FAST)
def test_float32_is_within_the_stated_bounds(name, isa, inputs):
    """The reference is the default's float64, whose own error counts 2^-29 as much."""
    exact = outputs(UFUNCS[isa][name](inputs.astype(np.float64)))
    found = outputs(FAST_UFUNCS[isa][name](inputs))
    for formula, y, v in zip(REFERENCE[name], found, exact, strict=True):
        normal = np.abs(v) >= LEAST_NORMAL
        ulp = np.ldexp(1.0, np.maximum(np.frexp(v)[1], -125) - 24)
        error = np.where(
            y == v, 0.0, np.abs(np.where(y == v, 0.0, y.astype(np.float64)) - np.where(y == v, 0.0, v)) / ulp
        )
        bound = bounds()[f"fast_{formula.__name__}", "float32", True].ulp if FMA[isa] else 0.5
        bound += 2.0**-20
        worst = np.argmax(np.where(normal, error, 0))
        assert error[worst] <= bound, f"{name} {isa}: {error[worst]:.4f} ulp at {float(inputs[worst]).hex()}"
        worst = np.argmax(np.where(normal, 0, error))
        limit = SUBNORMAL_BOUND if FMA[isa] else bound
        assert error[worst] <= limit, f"{name} {isa}: {error[worst]:.4f} at {float(inputs[worst]).hex()}"


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", [name for name in FAST if name != "sigmoid_with_derivative"])
def test_float64_is_within_the_stated_bound(name, isa):
    (formula,) = REFERENCE[name]
    (x,) = sample_of(name, "float64", 100_000)
    bound = bounds()[f"fast_{name}", "float64", FMA[isa]].ulp
    error, k = Reference(formula, x).worst(FAST_UFUNCS[isa][name](x), bound)
    assert error <= bound, f"{name} {isa}: {error:.4f} ulp at {x[k].item().hex()}, over {bound}"


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", [name for name in FAST if name != "sigmoid_with_derivative"])
def test_worst_float64_input_is_as_bad_as_stated_and_no_worse(name, isa):
    bound = bounds()[f"fast_{name}", "float64", FMA[isa]]
    x = np.array([float.fromhex(bound.at)])
    error = ulp_error(FAST_UFUNCS[isa][name](x), exact(name, x)[0])[0]
    assert error == pytest.approx(bound.worst, abs=1e-4)
    assert bound.worst + 0.01 <= bound.ulp


def test_the_pair_has_the_float64_bits_of_the_single_functions():
    (x,) = sample_of("sigmoid", "float64", 10_000)
    for ufuncs in FAST_UFUNCS.values():
        y, dy = ufuncs["sigmoid_with_derivative"](x)
        assert same_bits(y, ufuncs["sigmoid"](x))
        assert same_bits(dy, ufuncs["sigmoid_derivative"](x))


def test_bounds_are_at_most_2_ulp_and_the_docstrings_state_them():
    assert all(bound.ulp <= 2.0 for (name, *_), bound in bounds().items() if name.startswith("fast_"))
    for name in FAST:
        text = " ".join(getattr(fastsig.fast, name).__doc__.split())
        single, double = (
            " and ".join(f"{bounds()[f'fast_{f.__name__}', dtype, True].ulp:.2f}" for f in REFERENCE[name])
            for dtype in TYPES
        )
        assert f"within {single} ULP, subnormal ones within the least subnormal number" in text
        assert f"float64 results are within {double} ULP." in text
        for fma in FMA.values():
            figures = [f"{bounds()[f'fast_{f.__name__}', 'float64', fma].ulp:.2f}" for f in REFERENCE[name]]
            assert double == " and ".join(figures)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_instruction_sets_with_fma_give_the_same_bits(name, dtype, inputs):
    x = inputs if dtype == "float32" else sample_of("sigmoid", dtype, 100_000)[0]
    with_fma = [outputs(FAST_UFUNCS[isa][name](x)) for isa in ISAS if FMA[isa]]
    for other in with_fma[1:]:
        assert all(map(same_bits, with_fma[0], other))


@pytest.mark.parametrize("isa", [isa for isa in ISAS if not FMA[isa]])
@pytest.mark.parametrize("name", FAST)
def test_without_fma_float32_is_the_default(name, isa, inputs):
    found, default = (outputs(table[isa][name](inputs)) for table in (FAST_UFUNCS, UFUNCS))
    assert all(map(same_bits, found, default))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_limits_and_signs_of_zero_are_those_of_the_default_and_nothing_is_flagged(name, dtype, isa):
    x, info = np.array(SPECIAL[dtype], dtype), np.finfo(dtype)
    with np.errstate(all="raise"):
        found = outputs(FAST_UFUNCS[isa][name](x))
        for y in outputs(FAST_UFUNCS[isa][name](np.full(300, np.nan, dtype))):
            assert np.isnan(y).all()
    for y, v in zip(found, outputs(UFUNCS[isa][name](x)), strict=True):
        assert y.dtype == dtype
        assert np.array_equal(np.signbit(y), np.signbit(v))
        np.testing.assert_allclose(y, v, rtol=4 * float(info.eps), atol=float(info.smallest_subnormal))
        ends = np.isinf(x) | (np.abs(x) > 1000)
        assert same_bits(y[ends], v[ends])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_bits_do_not_depend_on_position_length_or_stride(name, dtype, isa):
    x = np.random.default_rng(20190613).normal(0, 20, 2000).astype(dtype)
    ufunc = FAST_UFUNCS[isa][name]
    whole = outputs(ufunc(x))
    for y, alone in zip(whole, zip(*(outputs(ufunc(v)) for v in x), strict=True), strict=True):
        assert same_bits(y, np.array(alone))
    for step in (2, 3, -1):
        assert all(same_bits(a[::step], b) for a, b in zip(whole, outputs(ufunc(x[::step])), strict=True))
    for start in range(1, 9):
        assert all(same_bits(a[start:-start], b) for a, b in zip(whole, outputs(ufunc(x[start:-start])), strict=True))
    if ufunc.nout == 1:
        placed = x.copy()
        assert same_bits(ufunc(placed, out=placed), whole[0])


@pytest.mark.parametrize("dtype", ["float16", "longdouble"])
@pytest.mark.parametrize("name", FAST)
def test_every_other_type_is_the_default(name, dtype):
    x = np.linspace(-30, 30, 999).astype(dtype)
    found, default = (outputs(getattr(module, name)(x)) for module in (fastsig.fast, fastsig))
    assert all(map(same_bits, found, default))


@pytest.mark.parametrize("name", FAST)
def test_they_are_public_ufuncs_that_pickle_by_their_path(name):
    ufunc = getattr(fastsig.fast, name)
    assert type(ufunc) is np.ufunc
    assert ufunc.__name__ == name
    assert ufunc.types == getattr(fastsig, name).types
    assert pickle.loads(pickle.dumps(ufunc)) is ufunc
    assert ufunc is not getattr(fastsig, name)


def test_names_stub_and_docstrings_agree():
    stub = Path(fastsig.fast.__file__).with_suffix(".pyi").read_text("utf-8")
    assert set(re.findall(r"^(\w+): Final\[np\.ufunc\]$", stub, re.M)) == set(FAST) == set(fastsig.fast.__all__)
    assert set(FAST_UFUNCS[ISAS[0]]) == set(FAST)


@pytest.mark.parametrize("name", FAST)
def test_docstrings_are_whole_and_their_examples_run(name):
    text = getattr(fastsig.fast, name).__doc__
    positions = [text.index(f"\n{section}\n{'-' * len(section)}\n") for section in SECTIONS]
    assert positions == sorted(positions)
    attempted, failed = run_doctest(text, name)
    assert attempted >= 3
    assert failed == 0
