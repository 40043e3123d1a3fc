"""Infinities, NaN, zeros, the ends of every type's range, and the ends of a function's domain."""

import numpy as np
import pytest
from catalog import FUNCTIONS, TYPES, UFUNCS, outputs
from samples import everywhere

INF = np.inf
LN2 = np.log(np.longdouble(2))

# The outputs at -inf, at +inf, and at 0.
LIMITS = {
    "sigmoid": [(0.0, 1.0, 0.5)],
    "sigmoid_derivative": [(0.0, 0.0, 0.25)],
    "sigmoid_with_derivative": [(0.0, 1.0, 0.5), (0.0, 0.0, 0.25)],
    "sigmoid_second_derivative": [(0.0, -0.0, -0.0)],
    "softplus": [(0.0, INF, LN2)],
    "log_sigmoid": [(-INF, -0.0, -LN2)],
    "silu": [(-0.0, INF, 0.0)],
    "silu_derivative": [(-0.0, 1.0, 0.5)],
}
UNARY = [name for name in FUNCTIONS if UFUNCS["baseline"][name].nin == 1]
BINARY = [name for name in FUNCTIONS if UFUNCS["baseline"][name].nin == 2]


def same(y, expected):
    """Tell whether numbers equal others rounded to their type, the signs of zeros included."""
    expected = np.array(expected, np.longdouble).astype(y.dtype)
    return bool(((y == expected) & (np.signbit(y) == np.signbit(expected)) | np.isnan(y) & np.isnan(expected)).all())


def test_every_function_of_one_input_has_its_limits_here():
    missing = set(UNARY) - {"logit"} - set(LIMITS)
    assert not missing, f"LIMITS in {__file__} lacks the outputs at -inf, at +inf and at 0 of {sorted(missing)}"
    assert set(LIMITS) <= set(UNARY)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", LIMITS)
def test_infinities_give_the_limits_and_zero_the_value_at_zero(ufuncs, name, dtype):
    for y, expected in zip(outputs(ufuncs[name](np.array([-INF, INF, 0.0], dtype))), LIMITS[name], strict=True):
        assert same(y, expected), (y, expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", LIMITS)
def test_the_largest_numbers_give_the_limits_or_themselves(ufuncs, name, dtype):
    ends = np.array([np.finfo(dtype).min, np.finfo(dtype).max], dtype)
    for y, limits in zip(outputs(ufuncs[name](ends)), LIMITS[name], strict=True):
        expected = [end if np.isinf(limit) else limit for end, limit in zip(ends, limits[:2], strict=True)]
        assert same(y, expected), (y, expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", LIMITS)
def test_the_smallest_numbers_give_the_value_at_zero(ufuncs, name, dtype):
    least = np.finfo(dtype).smallest_subnormal
    for y, (_, _, middle) in zip(outputs(ufuncs[name](np.array([-least, least]))), LIMITS[name], strict=True):
        if name == "silu":  # x/2 is halfway between 0 and x
            assert same(np.abs(y), [0, 0]) or same(y, [-0.0, least])
        elif name == "sigmoid_second_derivative":
            assert same(y, [0.0, -0.0])
        else:
            assert same(y, [middle, middle])


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", ["sigmoid_second_derivative", "silu"])
def test_ties_between_subnormals_are_broken_by_the_next_term(ufuncs, name, dtype):
    # An odd number of least subnormals, times 1/2 or 1/8, is or is not halfway; the next term of the series decides.
    least = np.finfo(dtype).smallest_subnormal
    k = np.arange(1, 200)
    y = ufuncs[name](np.concatenate([k, -k]).astype(dtype) * least) / least
    if name == "silu":
        expected = np.concatenate([(k + 1) // 2, -(k // 2)])  # + x^2/4: up, on both sides
    else:
        rounded = (k + 3) // 8  # 4/8 goes towards 0
        expected = np.concatenate([-rounded, rounded])
    assert (y == expected).all()


@pytest.mark.parametrize("name", UNARY)
def test_every_nan_gives_nan(ufuncs, name):
    payloads = np.array([1, 2, 3, 0x3FF, 2**50 + 1, 2**51, 2**51 + 0xFFF, 2**52 - 1], np.uint64)
    quiet_and_signalling = np.concatenate([payloads | 0x7FF << 52, payloads | 0xFFF << 52]).view(np.float64)
    with np.errstate(all="raise"):
        for y in outputs(ufuncs[name](quiet_and_signalling)):
            assert np.isnan(y).all()
        halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
        for y in outputs(ufuncs[name](halves[np.isnan(halves)])):
            assert np.isnan(y).all()
        singles = np.concatenate([np.arange(2**23 - 4096, 2**23), np.arange(1, 4096)]).astype(np.uint32) | 0x7F800000
        singles = np.concatenate([singles, singles | 1 << 31]).view(np.float32)
        for y in outputs(ufuncs[name](singles[np.isnan(singles)])):
            assert np.isnan(y).all()
        for y in outputs(ufuncs[name](np.array([np.nan, -np.nan], np.longdouble))):
            assert np.isnan(y).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", LIMITS)
def test_only_nan_gives_nan(ufuncs, name, dtype):
    for y in outputs(ufuncs[name](everywhere(dtype, 4000))):
        assert not np.isnan(y).any()


# ---------------------------------------------------------------------------------------------------------------
# logit
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
def test_logit_is_infinite_at_the_ends_and_divides_by_zero_there(ufuncs, dtype):
    p = np.array([0.0, -0.0, 1.0], dtype)
    with np.errstate(all="raise", divide="ignore"):
        assert ufuncs["logit"](p).tolist() == [-INF, -INF, INF]
    for one in p:
        with np.errstate(all="ignore", divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
            ufuncs["logit"](np.array([0.25, one], dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_logit_beyond_the_ends_is_nan_and_invalid(ufuncs, dtype):
    least, above = np.finfo(dtype).smallest_subnormal, np.nextafter(np.array(1, dtype), np.array(2, dtype))
    for one in (-least, -0.5, -1.0, -2.0, -INF, above, 2.0, INF):
        p = np.array([0.25, one, 0.75], dtype)
        with np.errstate(all="raise", invalid="ignore"):
            assert np.isnan(ufuncs["logit"](p)).tolist() == [False, True, False]
        with np.errstate(all="ignore", invalid="raise"), pytest.raises(FloatingPointError, match="invalid value"):
            ufuncs["logit"](p)


@pytest.mark.parametrize("dtype", TYPES)
def test_logit_within_the_ends_is_silent_and_zero_at_a_half(ufuncs, dtype):
    least, most = np.finfo(dtype).smallest_subnormal, np.nextafter(np.array(1, dtype), np.array(0, dtype))
    with np.errstate(all="raise"):
        y = ufuncs["logit"](np.array([least, 0.5, most], dtype))
    assert same(y[1:2], [0.0])
    assert np.isfinite(y).all()
    assert y[0] < 0 < y[2]


# ---------------------------------------------------------------------------------------------------------------
# Functions of two inputs
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BINARY)
def test_a_nan_in_either_input_gives_nan_in_silence(ufuncs, name, dtype):
    nan, half = np.array([np.nan], dtype), np.array([0.5], dtype)
    with np.errstate(all="raise"):
        for x, t in ((nan, half), (half, nan), (nan, nan)):
            assert np.isnan(outputs(ufuncs[name](x, t))[0]).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_backward_of_nan_or_infinity_beside_numbers_of_any_size(ufuncs, dtype):
    info = np.finfo(dtype)
    sizes = np.array([0.5, 2.0, info.max, info.smallest_normal, info.smallest_subnormal], dtype)
    nan, infinite = np.full_like(sizes, np.nan), np.full_like(sizes, INF)
    with np.errstate(all="raise"):
        for grad, y in ((nan, sizes), (sizes, nan), (nan, -sizes), (-sizes, nan)):
            assert np.isnan(ufuncs["sigmoid_backward"](grad, y)).all()
        assert ufuncs["sigmoid_backward"](infinite, sizes).tolist() == [INF, -INF, -INF, INF, INF]
        assert ufuncs["sigmoid_backward"](-sizes, infinite).tolist() == [INF] * 5


@pytest.mark.parametrize("dtype", TYPES)
def test_the_loss_at_infinity_is_a_limit(ufuncs, dtype):
    x = np.array([-INF, -INF, -INF, INF, INF, INF], dtype)
    t = np.array([0.0, 0.5, 1.0, 0.0, 0.5, 1.0], dtype)
    with np.errstate(all="raise"):
        assert same(ufuncs["logistic_loss"](x, t), [0.0, INF, INF, INF, INF, 0.0])
        gradient, hessian = ufuncs["logistic_loss_gradient_hessian"](x, t)
        pair = ufuncs["logistic_loss_with_gradient"](x, t)
    assert same(pair[0], [0.0, INF, INF, INF, INF, 0.0])
    assert same(pair[1], gradient)
    assert gradient.tolist() == [0.0, -0.5, -1.0, 1.0, 0.5, 0.0]
    assert hessian.tolist() == [0.0] * 6


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("target", [-1.0, -0.25, 1.25, 2.0, INF, -INF])
def test_a_target_outside_0_1_is_nan_and_invalid(ufuncs, dtype, target):
    x, t = np.array([-1.0, 2.0], dtype), np.array([target, 0.5], dtype)
    for name in ("logistic_loss", "logistic_loss_gradient_hessian", "logistic_loss_with_gradient"):
        with np.errstate(all="raise", invalid="ignore"):
            assert np.isnan(outputs(ufuncs[name](x, t))[0]).tolist() == [True, False]
        with np.errstate(all="ignore", invalid="raise"), pytest.raises(FloatingPointError, match="invalid value"):
            ufuncs[name](x, t)
    with np.errstate(all="ignore"):
        assert np.isnan(ufuncs["logistic_loss_with_gradient"](x, t)[1]).tolist() == [True, False]
        _, hessian = ufuncs["logistic_loss_gradient_hessian"](x, t)
    assert (hessian == ufuncs["sigmoid_derivative"](x)).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_the_gradient_for_target_1_is_minus_sigmoid_of_minus_x(ufuncs, dtype):
    x = everywhere(dtype, 4000)
    gradient, _ = ufuncs["logistic_loss_gradient_hessian"](x, np.ones_like(x))
    assert (gradient == -ufuncs["sigmoid"](-x)).all()
    gradient, _ = ufuncs["logistic_loss_gradient_hessian"](x, np.zeros_like(x))
    assert (gradient == ufuncs["sigmoid"](x)).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_products_keep_the_sign_of_their_zero(ufuncs, dtype):
    zeros = np.array([0.0, -0.0], dtype)
    assert same(ufuncs["silu"](zeros), [0.0, -0.0])
    grad, y = np.array([2.0, -2.0, -2.0, -0.0, 0.0], dtype), np.array([0.0, 0.0, 1.0, 0.5, 0.5], dtype)
    assert same(ufuncs["sigmoid_backward"](grad, y), [0.0, -0.0, -0.0, -0.0, 0.0])


@pytest.mark.parametrize("dtype", TYPES)
def test_backward_is_zero_where_y_is_saturated_and_infinite_with_grad(ufuncs, dtype):
    y = np.array([0.0, 1.0, 0.5, 0.5, 0.5], dtype)
    grad = np.array([3.0, 3.0, INF, -INF, np.finfo(dtype).max], dtype)
    with np.errstate(all="raise"):
        result = ufuncs["sigmoid_backward"](grad, y)
    assert result.tolist() == [0.0, 0.0, INF, -INF, float(grad[4] / 4) if dtype != "longdouble" else grad[4] / 4]
