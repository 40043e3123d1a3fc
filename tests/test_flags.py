"""No input raises a floating-point flag, and flags that others raised in the same call are kept.

The driver puts the flags back and raises those that a kernel returns: only `logit` and the losses return any.
"""

import numpy as np
import pytest
from catalog import FUNCTIONS, TYPES
from samples import everywhere, unit


def arguments(ufunc, dtype):
    """Return arguments of a ufunc from all of its domain, but for the ends of logit's."""
    info = np.finfo(dtype)
    ends = [np.nan, np.inf, -np.inf, 0.0, -0.0, info.max, info.min, info.tiny, info.smallest_subnormal]
    x = np.concatenate([np.array(ends, dtype), everywhere(dtype, 20_000)])
    p = np.resize(unit(dtype, 5000), len(x))
    if ufunc.__name__ == "logit":
        return (p,)
    p[1::7], p[2::7] = 0, 1
    return (x, p)[: ufunc.nin]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_flag_is_raised_by_any_input(ufuncs, name, dtype):
    ufunc = ufuncs[name]
    arrays = arguments(ufunc, dtype)
    with np.errstate(all="raise"):
        ufunc(*arrays)
        ufunc(*(a[::-1][::2] for a in arrays))  # the staged path
        for ones in zip(*(a[:2000] for a in arrays), strict=True):
            ufunc(*ones)


def test_signalling_nan_is_silent(ufuncs):
    x = np.array([0x7FF0000000000001], np.uint64).view(np.float64)
    with np.errstate(all="raise"):
        for name in FUNCTIONS:
            ufuncs[name](*[x] * ufuncs[name].nin)


def test_flags_of_the_casts_around_the_loop_survive(ufuncs):
    # 1e300 overflows on its way to float32: NumPy's cast raises that, and the kernel must not clear it.
    x = np.array([1e300])
    for name in FUNCTIONS:
        with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="overflow"):
            ufuncs[name](*[x] * ufuncs[name].nin, dtype=np.float32, casting="unsafe")


def test_rounding_to_a_smaller_output_still_warns(ufuncs):
    out = np.zeros(1, np.float32)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="underflow"):
        ufuncs["sigmoid"](np.array([-200.0]), out=out, casting="unsafe")
