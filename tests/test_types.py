"""Types in and types out, what is refused, and everything that a ufunc's call takes."""

import numpy as np
import pytest
from catalog import FUNCTIONS, TYPES, outputs, same_bits


@pytest.fixture(params=FUNCTIONS)
def ufunc(request, ufuncs):
    return ufuncs[request.param]


def call(ufunc, x, **kwargs):
    """Call a ufunc with x for each of its inputs; the logit of 0 and of 1 may divide by 0."""
    with np.errstate(divide="ignore"):
        return ufunc(*[x] * ufunc.nin, **kwargs)


def test_public_functions_are_ufuncs(ufunc):
    assert type(ufunc) is np.ufunc
    assert ufunc.types == [t * ufunc.nin + "->" + t * ufunc.nout for t in "efdg"]


@pytest.mark.parametrize("dtype", TYPES)
def test_each_floating_type_gives_itself(ufunc, dtype):
    for y in outputs(call(ufunc, np.full(3, 0.5, dtype))):
        assert y.dtype == np.dtype(dtype)
    for y in outputs(call(ufunc, np.dtype(dtype).type(0.5))):
        assert type(y) is np.dtype(dtype).type


@pytest.mark.parametrize("code", [*"?bBhHiIlLqQ"])
def test_integers_and_bool_promote_as_exp_does(ufunc, code):
    x = np.array([0, 1, 1, 0], code)
    expected = np.exp(x).dtype
    for y, e in zip(outputs(call(ufunc, x)), outputs(call(ufunc, x.astype(expected))), strict=True):
        assert y.dtype == expected
        assert same_bits(y, e)


def test_promotion_is_the_promised_one(ufunc):
    for integer, floating in (("i1", "f2"), ("i2", "f4"), ("i4", "f8"), ("i8", "f8"), ("?", "f2")):
        assert all(y.dtype == floating for y in outputs(call(ufunc, np.zeros(1, integer))))


def test_python_numbers_and_lists_are_float64(ufunc):
    for x in (0, 0.5, True, [0, 1], [0.5, 0.75]):
        expected = np.exp(x)
        for y in outputs(call(ufunc, x)):
            assert np.asarray(y).dtype == np.asarray(expected).dtype
            assert np.shape(y) == np.shape(expected)


@pytest.mark.parametrize(
    "refused",
    [
        np.zeros(2, complex),
        np.zeros(2, np.complex64),
        np.array([1.0, 2.0], object),
        np.array(["1", "2"]),
        np.array([b"1"]),
        np.zeros(2, "datetime64[s]"),
        np.zeros(2, "timedelta64[s]"),
        1j,
        "1",
        None,
    ],
    ids=str,
)
def test_what_is_not_a_real_number_is_a_type_error(ufunc, refused):
    with pytest.raises(TypeError, match=ufunc.__name__):
        call(ufunc, refused)


def test_wrong_number_of_arguments_is_a_type_error(ufunc):
    for arguments in ((), (1.0,) * (ufunc.nargs + 1)):
        with pytest.raises(TypeError, match="positional argument"):
            ufunc(*arguments)


def test_dtype_and_casting_are_honoured(ufunc):
    x = np.array([0.25, 0.5])
    for y, e in zip(
        outputs(call(ufunc, x, dtype=np.float32, casting="same_kind")),
        outputs(call(ufunc, x.astype("f4"))),
        strict=True,
    ):
        assert same_bits(y, e)
    for y, e in zip(
        outputs(call(ufunc, x.astype("f4"), dtype=np.float64)),
        outputs(call(ufunc, x.astype("f4").astype("f8"))),
        strict=True,
    ):
        assert same_bits(y, e)
    with pytest.raises(TypeError, match="Cannot cast"):
        call(ufunc, x, dtype=np.float32, casting="safe")
    with pytest.raises(TypeError):
        call(ufunc, np.zeros(2), out=(np.zeros(2, np.int64),) * ufunc.nout)
    with pytest.raises(TypeError):
        call(ufunc, x, dtype=np.int64)


def test_zero_dimensional_and_empty(ufunc):
    for y in outputs(call(ufunc, np.array(0.5))):
        assert isinstance(y, np.float64)
    for y in outputs(call(ufunc, np.array(0.5), out=tuple(np.empty(()) for _ in range(ufunc.nout)))):
        assert isinstance(y, np.ndarray)
        assert y.shape == ()
    for shape in ((0,), (3, 0), (0, 4)):
        for y in outputs(call(ufunc, np.zeros(shape, np.float32))):
            assert y.shape == shape
            assert y.dtype == np.float32


def test_out_is_returned_and_its_shape_checked(ufunc):
    x = np.linspace(0.1, 0.9, 7)
    out = tuple(np.zeros(7) for _ in range(ufunc.nout))
    for given, returned in zip(out, outputs(call(ufunc, x, out=out)), strict=True):
        assert returned is given
    for given, returned in zip(out, outputs(ufunc(*[x] * ufunc.nin, *out)), strict=True):
        assert returned is given
    with pytest.raises(ValueError, match="broadcast"):
        call(ufunc, x, out=tuple(np.zeros(6) for _ in range(ufunc.nout)))


def test_one_of_two_outputs_may_be_none(ufuncs):
    x = np.linspace(0.1, 0.9, 7)
    dy = np.zeros(7)
    y, returned = ufuncs["sigmoid_with_derivative"](x, out=(None, dy))
    assert returned is dy
    assert same_bits(y, ufuncs["sigmoid"](x))
    with pytest.raises(TypeError, match="tuple"):
        ufuncs["sigmoid_with_derivative"](x, out=dy)


def test_masked_arrays_keep_their_mask(ufunc):
    x = np.ma.array([0.25, 0.5, 0.75], mask=[False, True, False])
    for y, e in zip(outputs(call(ufunc, x)), outputs(call(ufunc, x.data)), strict=True):
        assert isinstance(y, np.ma.MaskedArray)
        assert y.mask.tolist() == [False, True, False]
        assert same_bits(y.compressed(), e[[0, 2]])


class Tagged(np.ndarray):
    """An ndarray that is not one."""


def test_subclasses_come_back(ufunc):
    x = np.linspace(0.1, 0.9, 7).view(Tagged)
    assert all(type(y) is Tagged for y in outputs(call(ufunc, x)))
    assert all(type(y) is np.ndarray for y in outputs(call(ufunc, x, subok=False)))


class Intercepting:
    """Not an array, and takes the call over."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        """Return what was called."""
        return ufunc, method, len(inputs), kwargs


def test_array_ufunc_overrides_are_respected(ufunc):
    assert call(ufunc, Intercepting()) == (ufunc, "__call__", ufunc.nin, {})


def test_at_and_outer_behave_as_for_other_unary_ufuncs(ufunc):
    if ufunc.nargs == 2:
        x = np.array([0.25, 0.5, 0.75, 0.375])
        expected = x.copy()
        expected[[0, 2]] = call(ufunc, x[[0, 2]])
        ufunc.at(x, [0, 2])
        assert same_bits(x, expected)
        with pytest.raises(ValueError, match="reduce only supported for binary functions"):
            ufunc.reduce(np.zeros(3))
