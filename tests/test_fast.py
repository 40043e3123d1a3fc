"""The fast tier: float32 and float64 within their stated bounds; everything else the default's."""

import itertools
import pickle

import numpy as np
import pytest
from catalog import FAST, FAST_UFUNCS, FMA, ISAS, UFUNCS, outputs, same_bits
from catalog import TYPES as ALL_TYPES
from reference import Reference, exact, ulp_error
from samples import inputs as sample_of
from samples import unit
from stubs import ufuncs_of
from test_docs import SECTIONS, run_doctest
from test_flags import arguments as within_domain

import fastsig
import fastsig.fast
from fastsig import _dispatch
from fastsig._bounds import bounds
from fastsig._reference import DOMAINS, REFERENCE

EVERY = 1021  # a prime: every so many bit patterns of all 2^32
TYPES = ("float32", "float64")  # of the fast tier
WITH_FMA = [isa for isa in ISAS if FMA[isa]]
TABLES = _dispatch.load(_dispatch.PICKED)
OWN = [name for name in FAST if TABLES.FAST[name] is not TABLES.KERNELS[name]]
DEFAULTS = [name for name in FAST if name not in OWN]
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


def takes_two(name):
    """Tell whether a function takes two numbers."""
    return len(DOMAINS.get(name, ("real",))) == 2


def with_partners(name, x):
    """Return a function's inputs for numbers x: if it takes two, the others are from 0 to 1, long runs of each kind."""
    if not takes_two(name):
        return (x,)
    t = np.resize(unit(x.dtype, 8000), len(x))
    t[1::7], t[2::7] = 0, 1
    return (x, t)


def drawn(name, dtype, n):
    """Return about n inputs of a function within its domain."""
    return sample_of(name, dtype, n) if name == "logit" else with_partners(name, *sample_of("sigmoid", dtype, n))


def special(name, dtype):
    """Return a function's special inputs, also outside its domain; all pairs of them if it takes two."""
    x, info = np.array(SPECIAL[dtype], dtype), np.finfo(dtype)
    least, eps, large = info.smallest_subnormal, info.eps, float(info.max) ** 0.8
    p = [0, -0.0, least, info.tiny, eps, 0.25, 0.5, 0.75, 1 - eps, 1, -least, 1 + eps, -1, 2, large, np.inf, -np.inf]
    p = np.array([*p, np.nan], dtype)
    if name == "logit":
        return (p,)
    x = np.append(x, x.dtype.type(np.nan))
    return tuple(np.array(list(itertools.product(x, p))).T.astype(dtype)) if takes_two(name) else (x,)


def with_flags(ufunc, *inputs):
    """Return a ufunc's outputs and the floating-point flags that it raises."""
    raised = set()
    with np.errstate(all="call", call=lambda kind, _: raised.add(kind)):
        return outputs(ufunc(*inputs)), raised


def errors(y, v):
    """Return the errors in ULP of float32 results, given exact values in float64."""
    ulp = np.ldexp(1.0, np.frexp(np.maximum(np.abs(v), 2.0**-126))[1] - 24)
    with np.errstate(invalid="ignore"):  # infinity less infinity
        error = np.abs(y.astype(np.float64) - v) / ulp
    error[(y == v) | (np.isnan(y) & np.isnan(v))] = 0
    return np.where(np.isnan(error), np.inf, error)


@pytest.fixture(scope="module")
def inputs():
    return sample()


@pytest.mark.parametrize("isa", WITH_FMA)
@pytest.mark.parametrize("name", OWN)
def test_float32_is_within_the_stated_bounds(name, isa, inputs):
    """The reference is the default's float64, whose own error counts 2^-29 as much."""
    arrays = with_partners(name, inputs)
    with np.errstate(divide="ignore", invalid="ignore"):  # logit's own
        exact = outputs(UFUNCS[isa][name](*(a.astype(np.float64) for a in arrays)))
        found = outputs(FAST_UFUNCS[isa][name](*arrays))
    for formula, y, v in zip(REFERENCE[name], found, exact, strict=True):
        error = errors(y, v)
        k = np.argmax(error)
        limit = bounds()[f"fast_{formula.__name__}", "float32", True].ulp + 2.0**-20
        assert error[k] <= limit, f"{name} {isa}: {error[k]:.4f} ulp at {[float(a[k]).hex() for a in arrays]}"


@pytest.mark.parametrize("isa", WITH_FMA)
@pytest.mark.parametrize("name", [name for name in OWN if len(REFERENCE[name]) == 1])  # pairs have the bits of these
def test_float64_is_within_the_stated_bound(name, isa):
    (formula,) = REFERENCE[name]
    arrays = drawn(name, "float64", 100_000)
    bound = bounds()[f"fast_{name}", "float64", True].ulp
    error, k = Reference(formula, *arrays).worst(FAST_UFUNCS[isa][name](*arrays), bound)
    assert error <= bound, f"{name} {isa}: {error:.4f} ulp at {[a[k].item().hex() for a in arrays]}, over {bound}"


@pytest.mark.parametrize("isa", WITH_FMA)
def test_worst_inputs_that_are_stated_are_as_bad_as_stated_and_no_worse(isa):
    for (key, dtype, fma), bound in bounds().items():
        name = key.removeprefix("fast_")
        if name == key or not fma or bound.worst is None:
            continue
        x = np.array([float.fromhex(bound.at)], dtype)
        error = ulp_error(FAST_UFUNCS[isa][name](x), exact(name, x)[0])[0]
        assert error == pytest.approx(bound.worst, abs=1e-4), f"{name} {dtype}"
        hunted = dtype == "float64"  # there may be a worse one; of float32 all were tried
        assert bound.worst + 0.01 * hunted <= bound.ulp, f"{name} {dtype}"


@pytest.mark.parametrize("dtype", TYPES)
def test_the_pair_has_the_bits_of_the_single_functions(dtype):
    (x,) = sample_of("sigmoid", dtype, 10_000)
    for ufuncs in FAST_UFUNCS.values():
        y, dy = ufuncs["sigmoid_with_derivative"](x)
        assert same_bits(y, ufuncs["sigmoid"](x))
        assert same_bits(dy, ufuncs["sigmoid_derivative"](x))


def test_bounds_are_at_most_2_ulp_and_the_docstrings_state_them():
    assert all(bound.ulp <= 2.0 for (name, *_), bound in bounds().items() if name.startswith("fast_"))
    for name in OWN:
        single, double = (
            " and ".join(f"{bounds()[f'fast_{f.__name__}', dtype, True].ulp:.2f}" for f in REFERENCE[name])
            for dtype in TYPES
        )
        sentence = f"float32 results are within {single} ULP and float64 results within {double} ULP"
        assert sentence in " ".join(getattr(fastsig.fast, name).__doc__.split()), name
    for name in DEFAULTS:
        sentence = f"computed by the same kernels as `fastsig.{name}`"
        assert sentence in " ".join(getattr(fastsig.fast, name).__doc__.split()), name


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_instruction_sets_with_fma_give_the_same_bits(name, dtype, inputs):
    arrays = with_partners(name, inputs) if dtype == "float32" else drawn(name, dtype, 100_000)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, *others = [outputs(FAST_UFUNCS[isa][name](*arrays)) for isa in WITH_FMA] or [()]
    for other in others:
        assert all(map(same_bits, first, other))


@pytest.mark.parametrize("isa", [isa for isa in ISAS if not FMA[isa]])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_without_fma_both_types_are_the_default(name, dtype, isa, inputs):
    arrays = with_partners(name, inputs) if dtype == "float32" else drawn(name, dtype, 100_000)
    with np.errstate(divide="ignore", invalid="ignore"):
        found, default = (outputs(table[isa][name](*arrays)) for table in (FAST_UFUNCS, UFUNCS))
    assert all(map(same_bits, found, default))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(
    ("name", "dtype"), [*itertools.product(OWN, {*ALL_TYPES} - {*TYPES}), *itertools.product(DEFAULTS, ALL_TYPES)]
)
def test_every_other_type_and_function_is_the_default(name, dtype, isa):
    arrays = drawn(name, dtype, 20_000)
    found, default = (outputs(table[isa][name](*arrays)) for table in (FAST_UFUNCS, UFUNCS))
    assert all(map(same_bits, found, default))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_limits_signs_of_zero_and_flags_are_those_of_the_default(name, dtype, isa):
    info = np.finfo(dtype)
    arrays = special(name, dtype)
    for k in range(len(arrays[0])):
        one = [a[k : k + 1] for a in arrays]
        (found, raised), (default, expected) = (with_flags(table[isa][name], *one) for table in (FAST_UFUNCS, UFUNCS))
        assert raised == expected, f"{name} {one}"
        for y, v in zip(found, default, strict=True):
            assert y.dtype == dtype
            if v == 0 or np.isinf(v) or (np.abs(one[0]) > 1000 and len(one) == 1):
                assert same_bits(y, v), f"{name} {one}: {y} and not {v}"
            assert np.isnan(v) or np.signbit(y) == np.signbit(v), f"{name} {one}: {y} and not {v}"
            least = 2 * float(info.smallest_subnormal)
            np.testing.assert_allclose(y, v, rtol=4 * float(info.eps), atol=least, err_msg=f"{name} {one}")


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_nothing_within_the_domain_raises_a_flag(name, dtype, isa):
    ufunc = FAST_UFUNCS[isa][name]
    arrays = within_domain(ufunc, dtype)
    with np.errstate(all="raise"):
        ufunc(*arrays)
        ufunc(*(a[::-1][::2] for a in arrays))
        for ones in zip(*(a[:500] for a in arrays), strict=True):  # blocks of one kind
            ufunc(*ones)
        for k in range(ufunc.nin):
            nan = [np.full(300, np.nan if i == k else 0.25, dtype) for i in range(ufunc.nin)]
            assert np.isnan(outputs(ufunc(*nan))[0]).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FAST)
def test_bits_do_not_depend_on_position_length_or_stride(name, dtype, isa):
    rng = np.random.default_rng(20190613)
    x, t = rng.normal(0, 20, 2000).astype(dtype), rng.random(2000).astype(dtype)
    arrays = (t,) if name == "logit" else (x, t) if takes_two(name) else (x,)
    ufunc = FAST_UFUNCS[isa][name]

    def of(cut):
        return outputs(ufunc(*(a[cut] for a in arrays)))

    whole = of(slice(None))
    for y, alone in zip(whole, zip(*(of(k) for k in range(2000)), strict=True), strict=True):
        assert same_bits(y, np.array(alone))
    for cut in (slice(None, None, step) for step in (2, 3, -1)):
        assert all(same_bits(a[cut], b) for a, b in zip(whole, of(cut), strict=True))
    for cut in (slice(start, -start) for start in range(1, 9)):
        assert all(same_bits(a[cut], b) for a, b in zip(whole, of(cut), strict=True))
    if ufunc.nout == 1:
        for k in range(ufunc.nin):
            placed = [a.copy() for a in arrays]
            assert same_bits(ufunc(*placed, out=placed[k]), whole[0])


@pytest.mark.parametrize("isa", WITH_FMA)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", OWN)
def test_bits_do_not_depend_on_what_else_a_block_holds(name, dtype, isa):
    """A kernel may compute a block in another way if it holds a number far out, or a tiny one."""
    rng = np.random.default_rng(20190613)
    x, t = rng.normal(0, 10, 200_000).astype(dtype), rng.random(200_000).astype(dtype)
    x[1::100], x[2::100], x[3::100] = 0.0, -0.0, np.nan
    arrays = [t] if name == "logit" else [x, t] if takes_two(name) else [x]
    ufunc = FAST_UFUNCS[isa][name]
    alone = outputs(ufunc(*arrays))
    tiny = np.finfo(dtype).smallest_subnormal * 5
    kinds = {"tiny": (tiny, 0.5)}
    if name != "logit":
        kinds |= {"far": (90 if dtype == "float32" else 740, 0.5), "ordinary beside a tiny one": (1, tiny)}
    for kind, values in kinds.items():
        mixed = [a.copy() for a in arrays]
        for a, value in zip(mixed, values, strict=False):
            a[::100] = value
        for y, v in zip(outputs(ufunc(*mixed)), alone, strict=True):
            differ = (y != v) & ~(np.isnan(y) & np.isnan(v))
            # A NaN has to keep its sign as well, unless the gradient is the default tier's, which does not keep it.
            signs = ~np.isnan(y) if name == "logistic_loss_with_gradient" else True
            differ |= (np.signbit(y) != np.signbit(v)) & signs
            k = np.flatnonzero(differ & (np.arange(len(y)) % 100 > 0))
            inputs = [[a[k[0]].item().hex() for a in arrays] for _ in k[:1]]
            assert not k.size, f"{name} {isa}: {k.size} change if numbers in their blocks are {kind}: {inputs}"


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", FAST)
def test_nan_of_either_sign_stays_nan_in_vectors_and_in_what_is_left_of_them(name, isa, dtype):
    ufunc = FAST_UFUNCS[isa][name]
    for n in (1, 7, 33, 1000):
        for nan in (np.nan, -np.nan):
            x = np.full(n, nan, dtype)
            for inputs in {1: [(x,)], 2: [(x, np.full(n, 0.5, dtype)), (np.full(n, 0.5, dtype), x)]}[ufunc.nin]:
                found = outputs(ufunc(*inputs))
                depend = found if inputs[0] is x else found[:1]  # the hessian does not depend on the label
                assert all(np.isnan(y).all() for y in depend), f"{n} of {nan}"


@pytest.mark.parametrize("name", FAST)
def test_they_are_public_ufuncs_that_pickle_by_their_path(name):
    ufunc = getattr(fastsig.fast, name)
    assert type(ufunc) is np.ufunc
    assert ufunc.__name__ == name
    assert ufunc.types == getattr(fastsig, name).types
    assert pickle.loads(pickle.dumps(ufunc)) is ufunc
    assert ufunc is not getattr(fastsig, name)


def test_names_stub_and_docstrings_agree():
    assert set(ufuncs_of(fastsig.fast)) == set(FAST) == set(fastsig.fast.__all__)
    assert set(FAST_UFUNCS[ISAS[0]]) == set(FAST)
    public = [getattr(fastsig, name) for name in fastsig.__all__]
    assert {ufunc.__name__ for ufunc in public if isinstance(ufunc, np.ufunc)} == set(FAST)


@pytest.mark.parametrize("name", FAST)
def test_docstrings_are_whole_and_their_examples_run(name):
    text = getattr(fastsig.fast, name).__doc__
    positions = [text.index(f"\n{section}\n{'-' * len(section)}\n") for section in SECTIONS]
    assert positions == sorted(positions)
    attempted, failed = run_doctest(text, name)
    assert attempted >= 3
    assert failed == 0
