"""Results are the nearest numbers, and those of long double within their bounds, on every instruction set.

Long double, with a bound of its own error, shows this of nearly all results (`reference.Ball`); MPFR decides about the
others, with as many bits as it needs. It measures all results whose type is long double.
"""

from functools import cache

import gmpy2
import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from reference import EPS, HAS_WIDE, LIBRARY, LONG, Reference, exact, exact_of, to_mpfr, ulp_error
from samples import by_bits, inputs, unit

from fastsig._bounds import CORRECTLY_ROUNDED, most_ulp
from fastsig._reference import DOMAINS, REFERENCE

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


def complaint(reference, y, wrong):
    """Return what is said of results that are not the nearest numbers: how many, and of the first where and what."""
    at = ", ".join(float(x[wrong[0]]).hex() for x in reference.inputs)
    got, right = (float(v).hex() for v in (y[wrong[0]], reference.nearest(wrong)[0]))
    return f"{reference.formula.__name__}({at}) is {got} and not {right}; {wrong.size} are not the nearest"


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", CORRECTLY_ROUNDED)
@pytest.mark.parametrize("name", SINGLE)
def test_results_are_the_nearest_numbers(name, dtype, isa):
    results = outputs(UFUNCS[isa][name](*sample(name, dtype)))
    for y, reference in zip(results, references(name, dtype), strict=True):
        wrong = reference.wrong(y)
        assert not wrong.size, complaint(reference, y, wrong)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", SINGLE)
def test_long_double_is_within_the_stated_bound(name, isa):
    x = sample(name, "longdouble")
    results = outputs(UFUNCS[isa][name](*x))
    for formula, y, reference in zip(REFERENCE[name], results, references(name, "longdouble"), strict=True):
        bound = most_ulp(formula.__name__, "longdouble")
        error, k = reference.worst(y, bound)
        at = [a[k] for a in x]
        assert error <= bound, f"{formula.__name__} longdouble {isa}: {error:.4f} ulp at {at!r}, over {bound}"


@cache
def ends(name):
    """Return inputs of a function over the whole range of long double: the least, the largest, and by their bits."""
    info = np.finfo(LONG)
    few = np.array([info.smallest_subnormal, info.smallest_normal, 1, 2 * info.eps, info.max / 2, info.max], LONG)
    x = np.concatenate([few, -few, by_bits(info.smallest_subnormal, info.max, 1000, LONG)])
    p = np.resize(unit(LONG, 1000, 1), len(x))
    domains = DOMAINS.get(name, ("real",))
    return (p,) if domains == ("unit",) else (x, np.round(p) if domains[-1] == "target" else p)[: len(domains)]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", SINGLE)
def test_long_double_is_within_the_stated_bound_from_the_least_to_the_largest_operands(name, isa):
    x = ends(name)
    with np.errstate(all="raise"):
        results = outputs(UFUNCS[isa][name](*x))
    for formula, y in zip(REFERENCE[name], results, strict=True):
        bound = most_ulp(formula.__name__, "longdouble")
        errors = ulp_error(y, exact_of(formula, *x))
        k = int(errors.argmax())
        at = [a[k] for a in x]
        assert errors[k] <= bound, f"{formula.__name__} longdouble {isa}: {errors[k]:.4f} ulp at {at!r}, over {bound}"


@cache
def soft(dtype):
    """Return raw predictions and soft targets, of which every second is as near to the gradient's zero as can be."""
    (x, _), t = inputs("logistic_loss_gradient_hessian", dtype, 10_000), unit(dtype, 10_000)
    if dtype == "longdouble":  # nearer to 0 the reference's own digits cancel
        x = x[np.abs(x) > 1e-30]
    x = np.resize(x, len(t))
    t[::2] = UFUNCS[ISAS[0]]["sigmoid"](x[::2])
    return x, t


@cache
def soft_reference(dtype):
    """Return the `Reference` of the gradient with soft targets."""
    return Reference(REFERENCE["logistic_loss_gradient_hessian"][0], *soft(dtype))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", CORRECTLY_ROUNDED)
def test_gradient_with_soft_targets_is_the_nearest_number_next_to_its_zero_too(dtype, isa):
    gradient, _ = UFUNCS[isa]["logistic_loss_gradient_hessian"](*soft(dtype))
    s = UFUNCS[isa]["sigmoid"](soft(dtype)[0])
    assert ((gradient != 0) & (np.abs(gradient) <= np.spacing(s))).sum() > 1000  # these are next to the zero
    wrong = soft_reference(dtype).wrong(gradient)
    assert not wrong.size, complaint(soft_reference(dtype), gradient, wrong)


@pytest.mark.parametrize("isa", ISAS)
def test_long_double_gradient_next_to_its_zero_is_off_by_2_ulp_of_sigmoid_at_most(isa):
    x, t = soft("longdouble")
    gradient, _ = UFUNCS[isa]["logistic_loss_gradient_hessian"](x, t)
    bound = most_ulp("logistic_loss_gradient", "longdouble")
    over = soft_reference("longdouble").doubtful(gradient, bound)  # all others are within the bound, far or near
    v = exact_of(REFERENCE["logistic_loss_gradient_hessian"][0], x[over], t[over])
    errors = ulp_error(gradient[over], v)
    gap = exact("sigmoid", x[over])[0].gap_exponent - v.gap_exponent  # an ULP of sigmoid(x), in those of the gradient
    assert (errors <= np.maximum(bound, np.ldexp(most_ulp("sigmoid", "longdouble"), np.minimum(gap, 200)))).all()
    assert (errors[gap <= 0] <= bound).all()


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


# Exponents of factors: at the limits from which sigmoid_backward scales factors of float64, next to them, and between.
LIMITS = (-1074, -1060, -1022, -1000, -701, -700, -401, -400, -399, -1, 0, 149, 150, 151, 699, 700, 701, 1000, 1023)


@pytest.mark.parametrize("isa", ISAS)
def test_gradients_through_a_sigmoid_are_the_nearest_numbers_for_factors_of_any_size(isa):
    rng = np.random.default_rng(20190613)
    sizes = np.ldexp(1.0, LIMITS)
    between = np.ldexp(rng.uniform(1, 2, 20), rng.integers(-1074, 1024, 20))
    grad = np.concatenate([sizes, between, np.nextafter(sizes, 0), [0.0, np.finfo(float).max]])
    y = np.concatenate([grad, [0.5, 0.75, np.nextafter(1.0, 0), np.nextafter(1.0, 2), 2.0, -0.5]])
    grad, y = (a.ravel() for a in np.meshgrid(np.concatenate([grad, -grad]), np.concatenate([y, -y])))
    with np.errstate(all="raise"):
        found = UFUNCS[isa]["sigmoid_backward"](grad, y)
    with gmpy2.context(gmpy2.ieee(64), precision=4000, emax=10**6, emin=-(10**6), subnormalize=False):
        exact_values = [
            gmpy2.mpfr(float(g)) * gmpy2.mpfr(float(s)) * (1 - gmpy2.mpfr(float(s)))
            for g, s in zip(grad, y, strict=True)
        ]
    with gmpy2.context(gmpy2.ieee(64)):
        right = np.array([float(gmpy2.mpfr(v)) for v in exact_values])
    wrong = np.flatnonzero((found != right) | (np.signbit(found) != np.signbit(right)))
    assert not wrong.size, [(grad[k].hex(), y[k].hex(), found[k].hex(), right[k].hex()) for k in wrong[:5]]


@pytest.mark.parametrize("dtype", CORRECTLY_ROUNDED)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_bits_are_the_same_on_every_instruction_set(name, dtype):
    x = sample(name, dtype)
    first, *rest = (outputs(UFUNCS[isa][name](*x)) for isa in ISAS)
    for isa, other in zip(ISAS[1:], rest, strict=True):
        assert all(map(same_bits, first, other)), (ISAS[0], isa)


@pytest.mark.parametrize("dtype", CORRECTLY_ROUNDED)
@pytest.mark.parametrize("name", SINGLE)
def test_a_few_results_that_are_next_to_the_nearest_are_reported(name, dtype):
    x = sample(name, dtype)
    at = np.sort(np.random.default_rng(3).choice(len(x[0]), 20, replace=False))
    results = outputs(UFUNCS[ISAS[0]][name](*x))
    for y, reference in zip(results, references(name, dtype), strict=True):
        for side in (-np.inf, np.inf):
            wrong = y.copy()
            wrong[at] = np.nextafter(wrong[at], np.array(side, dtype))
            moved = at[wrong[at] != y[at]]
            assert moved.size > 10
            assert np.isin(moved, reference.wrong(wrong)).all()


@pytest.mark.skipif(not HAS_WIDE, reason="MPFR measures every result here")
@pytest.mark.parametrize("dtype", CORRECTLY_ROUNDED)
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
    assert reference.wrong(np.nextafter(y, 1)).tolist() == [0]


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
