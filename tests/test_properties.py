"""Properties of the functions themselves, with inputs that hypothesis looks for."""

import numpy as np
import pytest
from catalog import BITS, ISAS, UFUNCS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

WIDTHS = {"float16": 16, "float32": 32, "float64": 64}

# By bit pattern as well as by value: hypothesis' floats favour the simple ones.
numbers = {
    dtype: st.one_of(
        st.floats(width=width, allow_nan=False),
        st.floats(-50, 50, width=width),
        st.integers(0, 2**width - 1).map(lambda u, d=dtype: BITS[np.dtype(d)](u).view(d).item()),
    ).filter(lambda v: v == v)
    for dtype, width in WIDTHS.items()
}

isas = st.sampled_from(ISAS)


def array_of(dtype, **shape):
    """Return a strategy for one-dimensional arrays of a type, without NaN."""
    return arrays(dtype, st.integers(1, 40), elements=numbers[dtype], **shape)


@pytest.mark.parametrize("dtype", WIDTHS)
def test_sigmoid_lies_in_0_1_and_the_derivative_in_0_a_quarter(dtype):
    @given(isas, array_of(dtype))
    def check(isa, x):
        y, dy = UFUNCS[isa]["sigmoid_with_derivative"](x)
        assert ((y >= 0) & (y <= 1)).all()
        assert ((dy >= 0) & (dy <= 0.25)).all()

    check()


@pytest.mark.parametrize("dtype", WIDTHS)
def test_sigmoid_never_decreases(dtype):
    @given(isas, array_of(dtype))
    def check(isa, x):
        # Neighbours are where a decrease would be.
        x = x[np.abs(x) < np.finfo(dtype).max]
        x = np.sort(np.concatenate([x, np.nextafter(x, np.inf, dtype=dtype), np.nextafter(x, -np.inf, dtype=dtype)]))
        y = UFUNCS[isa]["sigmoid"](x)
        assert (y[1:] >= y[:-1]).all()

    check()


def test_sigmoid_never_decreases_over_all_float16(ufuncs):
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = np.sort(every[~np.isnan(every)])
    assert (np.diff(ufuncs["sigmoid"](every).astype(float)) >= 0).all()


@pytest.mark.parametrize("dtype", WIDTHS)
def test_sigmoid_of_x_and_of_minus_x_sum_to_1_within_an_ulp(dtype):
    @given(isas, array_of(dtype))
    def check(isa, x):
        total = UFUNCS[isa]["sigmoid"](x).astype(np.longdouble) + UFUNCS[isa]["sigmoid"](-x)
        assert (np.abs(total - 1) <= np.finfo(dtype).eps).all()

    check()


@pytest.mark.parametrize("dtype", WIDTHS)
def test_the_derivative_is_even_to_the_bit(dtype):
    @given(isas, array_of(dtype))
    def check(isa, x):
        f = UFUNCS[isa]["sigmoid_derivative"]
        assert f(x).tobytes() == f(-x).tobytes()

    check()


@pytest.mark.parametrize("dtype", WIDTHS)
def test_the_derivative_is_positive_as_long_as_it_can_be(dtype):
    least = -np.log(float(np.finfo(dtype).smallest_subnormal))

    @given(isas, array_of(dtype))
    def check(isa, x):
        x = np.clip(x, -least + 0.01, least - 0.01).astype(dtype)
        assert (UFUNCS[isa]["sigmoid_derivative"](x) > 0).all()

    check()


@settings(max_examples=200)
@given(isas, st.sampled_from(sorted(WIDTHS)), st.data())
def test_a_slice_of_the_result_is_the_result_of_the_slice(isa, dtype, data):
    x = data.draw(array_of(dtype))
    slices = st.slices(len(x))
    cut = data.draw(slices)
    for name, f in UFUNCS[isa].items():
        with np.errstate(divide="ignore", invalid="ignore"):  # of logit and of the losses beyond 0 and 1
            whole, part = f(*[x] * f.nin), f(*[x[cut]] * f.nin)
        for w, p in zip(np.atleast_2d(whole), np.atleast_2d(part), strict=True):
            assert w[cut].tobytes() == p.tobytes(), name


@pytest.mark.parametrize("dtype", WIDTHS)
def test_the_second_derivative_and_logit_are_odd_to_the_bit(dtype):
    @given(isas, array_of(dtype))
    def check(isa, x):
        f = UFUNCS[isa]["sigmoid_second_derivative"]
        assert (-f(x)).tobytes() == f(-x).tobytes()
        p = np.abs(x)[(np.abs(x) < 0.5) & (1 - np.abs(x) < 1) & (1 - (1 - np.abs(x)) == np.abs(x))]
        g = UFUNCS[isa]["logit"]
        p = p[p > 0]
        assert (g(1 - p) == -g(p)).all()  # where 1 - p is exact

    check()


@pytest.mark.parametrize("dtype", WIDTHS)
def test_softplus_and_the_loss_are_never_negative_and_never_nan(dtype):
    @given(isas, array_of(dtype), st.floats(0, 1, width=16))
    def check(isa, x, t):
        assert (UFUNCS[isa]["softplus"](x) >= np.maximum(x, 0)).all()
        assert (UFUNCS[isa]["logistic_loss"](x, np.full_like(x, t)) >= 0).all()

    check()


@pytest.mark.parametrize("dtype", WIDTHS)
def test_the_gradient_lies_between_minus_t_and_1_minus_t(dtype):
    @given(isas, array_of(dtype), st.floats(0, 1, width=16))
    def check(isa, x, t):
        t = np.full_like(x, t)
        g, h = UFUNCS[isa]["logistic_loss_gradient_hessian"](x, t)
        assert ((g >= -t) & (g <= 1 - t)).all()
        assert ((h >= 0) & (h <= 0.25)).all()

    check()
