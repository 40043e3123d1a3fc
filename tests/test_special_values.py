"""Infinities, NaN, zeros, and the two ends of every type's range."""

import numpy as np
import pytest
from catalog import FUNCTIONS, TYPES, outputs

# The outputs at -inf and at +inf, and at 0.
LIMITS = {
    "sigmoid": [(0.0, 1.0, 0.5)],
    "sigmoid_derivative": [(0.0, 0.0, 0.25)],
    "sigmoid_with_derivative": [(0.0, 1.0, 0.5), (0.0, 0.0, 0.25)],
}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_infinities_give_the_limits_and_zeros_the_value_at_zero(ufuncs, name, dtype):
    x = np.array([-np.inf, np.inf, 0.0, -0.0], dtype)
    for y, (low, high, middle) in zip(outputs(ufuncs[name](x)), LIMITS[name], strict=True):
        assert y.tolist() == [low, high, middle, middle]
        assert not np.signbit(y).any()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_largest_numbers_give_the_limits(ufuncs, name, dtype):
    x = np.array([np.finfo(dtype).min, np.finfo(dtype).max], dtype)
    # In float16 the largest number, 65504, is far in the tail as well.
    for y, (low, high, _) in zip(outputs(ufuncs[name](x)), LIMITS[name], strict=True):
        assert y.tolist() == [low, high]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_smallest_numbers_give_the_value_at_zero(ufuncs, name, dtype):
    least = np.finfo(dtype).smallest_subnormal
    for y, (_, _, middle) in zip(outputs(ufuncs[name](np.array([-least, least]))), LIMITS[name], strict=True):
        assert y.tolist() == [middle, middle]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_nan_gives_nan(ufuncs, name):
    payloads = np.array([1, 2, 3, 0x3FF, 2**50 + 1, 2**51, 2**51 + 0xFFF, 2**52 - 1], np.uint64)
    quiet_and_signalling = np.concatenate([payloads | 0x7FF << 52, payloads | 0xFFF << 52]).view(np.float64)
    for y in outputs(ufuncs[name](quiet_and_signalling)):
        assert np.isnan(y).all()
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    for y in outputs(ufuncs[name](halves)):
        assert (np.isnan(y) == np.isnan(halves)).all()
    singles = np.concatenate([np.arange(2**23 - 4096, 2**23), np.arange(1, 4096)]).astype(np.uint32) | 0x7F800000
    singles = np.concatenate([singles, singles | 1 << 31]).view(np.float32)
    for y in outputs(ufuncs[name](singles[np.isnan(singles)])):
        assert np.isnan(y).all()
    for y in outputs(ufuncs[name](np.array([np.nan, -np.nan], np.longdouble))):
        assert np.isnan(y).all()
