"""The loss with its gradient: each output has the bits of the function that gives it alone, so that its proof holds.

The formulas and their margins are those of the two functions; only the loops are new, which make one exponential for
both. So all that could be wrong shows as a difference. `bench/verify_float16_pairs.py` tries all pairs of float16, with
`--function logistic_loss_with_gradient`.
"""

import numpy as np
import pytest
from catalog import FAST_UFUNCS, ISAS, TYPES, UFUNCS, same_bits
from samples import everywhere

NAME = "logistic_loss_with_gradient"
INVALID = (-0.5, -1.0, 1.25, np.inf, -np.inf)
# Scores for each of the ranges of a block of float64: near, beyond LOG_TAIL, far, deep; and saturated ones.
SCALES = (1e-300, 1e-30, 1e-3, 3.0, 160.0, 175.0, 400.0, 720.0, 5000.0, 1e30)


def differences(ufuncs, x, t):
    """Return which outputs are not those of the functions alone."""
    with np.errstate(all="ignore"):
        loss, gradient = ufuncs[NAME](x, t)
        alone = ufuncs["logistic_loss"](x, t), ufuncs["logistic_loss_gradient_hessian"](x, t)[0]
    return [i for i, (a, b) in enumerate(zip((loss, gradient), alone, strict=True)) if not same_bits(a, b)]


def labels(dtype, n, rng):
    """Return labels: classes, shares, shares next to 0 and 1, and some that are invalid or NaN."""
    t = np.where(rng.random(n) < 0.4, rng.integers(0, 2, n), rng.random(n))
    tiny = np.exp2(-rng.uniform(0, 60, n))
    t = np.where(rng.random(n) < 0.2, np.where(rng.random(n) < 0.5, tiny, 1 - tiny), t)
    t = np.where(rng.random(n) < 0.2, rng.integers(0, 9, n) / 8, t).astype(dtype)
    t[rng.integers(0, n, 20)] = [*INVALID, np.nan, -np.nan, -0.0, *[0.5] * 12]
    return t


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("table", [UFUNCS, FAST_UFUNCS], ids=["default", "fast"])
@pytest.mark.parametrize("isa", ISAS)
def test_each_output_has_the_bits_of_the_function_alone(isa, table, dtype):
    rng = np.random.default_rng(7)
    n = 4000 if dtype == "longdouble" else 60_000
    for scale in SCALES:
        with np.errstate(over="ignore"):
            x = (rng.normal(0, scale, n)).astype(dtype)
            whole = np.rint(rng.normal(0, min(scale, 1e3), n)).astype(dtype)  # where float32 and float16 have ties
        for scores in (x, whole, np.float64(np.sign(x)).astype(dtype) * np.dtype(dtype).type(min(scale, 6e4))):
            assert not differences(table[isa], scores, labels(dtype, n, rng)), (scale, isa, dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_all_magnitudes_and_all_lengths_of_a_block(isa, dtype):
    rng = np.random.default_rng(8)
    x = everywhere(dtype, 4000)
    x[rng.integers(0, x.size, 30)] = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0] * 6, dtype)
    assert not differences(UFUNCS[isa], x, labels(dtype, x.size, rng))
    for n in (1, 2, 7, 31, 33, 239, 241, 959, 961):
        start = int(rng.integers(0, x.size - n))
        t = rng.random(n).astype(dtype)
        assert not differences(UFUNCS[isa], x[start : start + n], t), n


@pytest.mark.parametrize("isa", ISAS)
def test_some_float16_beside_all_others(isa):
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    some = np.float16([0, -0.0, 6e-8, -3e-5, 1e-3, 0.25, -0.5, 1, -2, 5, 11, -17, 30, -300, 65504, np.inf, np.nan])
    assert not differences(UFUNCS[isa], some[:, None], every[None, :])
    assert not differences(
        UFUNCS[isa], every[:, None], np.float16([0, 6e-8, 0.125, 0.3, 0.5, 0.75, 0.9995, 1])[None, :]
    )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_only_labels_outside_are_invalid_and_each_of_them_is(isa, dtype):
    x = np.linspace(-30, 30, 1000).astype(dtype)
    least = np.finfo(dtype).smallest_subnormal
    with np.errstate(all="raise"):
        for t in (0.0, -0.0, 1.0, 0.5, least, 1 - np.finfo(dtype).epsneg, np.nan, -np.nan):
            UFUNCS[isa][NAME](x, np.full_like(x, t))
    for t in (*INVALID, -least, 1 + np.finfo(dtype).eps):
        targets = np.ones_like(x)
        targets[777] = t
        with np.errstate(all="ignore", invalid="raise"), pytest.raises(FloatingPointError, match="invalid value"):
            UFUNCS[isa][NAME](x, targets)
