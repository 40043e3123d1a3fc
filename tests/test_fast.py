"""The fast tier: float32 in float32, within its stated bounds; everything else the default's."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from catalog import FAST, FAST_UFUNCS, FMA, ISAS, UFUNCS, outputs, same_bits
from test_docs import SECTIONS, run_doctest

import fastsig
import fastsig.fast
from fastsig._bounds import bounds
from fastsig._reference import REFERENCE

EVERY = 1021  # a prime: every so many bit patterns of all 2^32
SUBNORMAL_BOUND = 1.0  # least subnormals
LEAST_NORMAL = 2.0**-126
SPECIAL = np.array([-np.inf, -3e38, -104.5, -88, -1, -0.0, 0, 1e-45, 1, 20, 20.1, 88, 104.5, 3e38, np.inf], np.float32)


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


def test_bounds_are_at_most_2_ulp_and_the_docstrings_state_them():
    stated = {key: bound for key, bound in bounds().items() if key[0].startswith("fast_")}
    formulas = {f.__name__ for name in FAST for f in REFERENCE[name]}
    assert set(stated) == {(f"fast_{name}", "float32", True) for name in formulas}
    assert all(bound.ulp <= 2.0 for bound in stated.values())
    for name in FAST:
        text = " ".join(getattr(fastsig.fast, name).__doc__.split())
        figures = " and ".join(f"{stated[f'fast_{f.__name__}', 'float32', True].ulp:.2f}" for f in REFERENCE[name])
        assert f"within {figures} ULP, subnormal ones within the least subnormal number" in text


@pytest.mark.parametrize("name", FAST)
def test_instruction_sets_with_fma_give_the_same_bits(name, inputs):
    with_fma = [outputs(FAST_UFUNCS[isa][name](inputs)) for isa in ISAS if FMA[isa]]
    for other in with_fma[1:]:
        assert all(map(same_bits, with_fma[0], other))


@pytest.mark.parametrize("isa", [isa for isa in ISAS if not FMA[isa]])
@pytest.mark.parametrize("name", FAST)
def test_without_fma_it_is_the_default(name, isa, inputs):
    found, default = (outputs(table[isa][name](inputs)) for table in (FAST_UFUNCS, UFUNCS))
    assert all(map(same_bits, found, default))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", FAST)
def test_limits_and_signs_of_zero_are_those_of_the_default_and_nothing_is_flagged(name, isa):
    with np.errstate(all="raise"):
        found = outputs(FAST_UFUNCS[isa][name](SPECIAL))
        for y in outputs(FAST_UFUNCS[isa][name](np.full(300, np.nan, np.float32))):
            assert np.isnan(y).all()
    for y, v in zip(found, outputs(UFUNCS[isa][name](SPECIAL)), strict=True):
        assert y.dtype == np.float32
        assert np.array_equal(np.signbit(y), np.signbit(v))
        np.testing.assert_allclose(y, v, rtol=4e-7, atol=2e-45)
        ends = np.isinf(SPECIAL) | (np.abs(SPECIAL) > 200)
        assert same_bits(y[ends], v[ends])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", FAST)
def test_bits_do_not_depend_on_position_length_or_stride(name, isa):
    x = np.random.default_rng(20190613).normal(0, 20, 2000).astype(np.float32)
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


@pytest.mark.parametrize("dtype", ["float16", "float64", "longdouble"])
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
