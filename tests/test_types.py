"""Types in and types out, what is refused, and everything that a ufunc's call accepts."""

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from libraries import library

INTEGERS = tuple("?bBhHiIlLqQ")


@pytest.fixture(params=FUNCTIONS)
def ufunc(request, ufuncs):
    return ufuncs[request.param]


@pytest.fixture(params=[name for name in FUNCTIONS if UFUNCS[ISAS[0]][name].nin == 2])
def binary(request):
    """Return a function of two inputs; which types it takes has nothing to do with the instruction set."""
    return UFUNCS[ISAS[0]][request.param]


def call(ufunc, x, **kwargs):
    """Call a ufunc with x for each of its inputs; the logit of 0 and of 1 may divide by 0."""
    with np.errstate(divide="ignore"):
        return ufunc(*[x] * ufunc.nin, **kwargs)


def test_public_functions_are_ufuncs(ufunc):
    assert type(ufunc) is np.ufunc
    # In this order: Polars takes the first that holds a column's type, and computes nothing in float16.
    assert ufunc.types == [t * ufunc.nin + "->" + t * ufunc.nout for t in "fedg"]


@pytest.mark.parametrize("dtype", TYPES)
def test_each_floating_type_gives_itself(ufunc, dtype):
    for y in outputs(call(ufunc, np.full(3, 0.5, dtype))):
        assert y.dtype == np.dtype(dtype)
    for y in outputs(call(ufunc, np.dtype(dtype).type(0.5))):
        assert type(y) is np.dtype(dtype).type


def assert_computed_as(results, expected, dtype):
    """Fail unless all outputs have this type, and the bits expected."""
    for y, e in zip(outputs(results), outputs(expected), strict=True):
        assert y.dtype == dtype
        assert same_bits(np.asarray(y), np.asarray(e))


@pytest.mark.parametrize("code", INTEGERS)
def test_integers_and_bool_alone_become_float64(ufunc, code):
    x = np.array([0, 1, 1, 0], code)
    assert_computed_as(call(ufunc, x), call(ufunc, x.astype(float)), np.float64)
    assert_computed_as(call(ufunc, x[1]), call(ufunc, 1.0), np.float64)
    assert_computed_as(call(ufunc, x[1:2].reshape(())), call(ufunc, 1.0), np.float64)
    assert_computed_as(call(ufunc, x[::-2]), call(ufunc, x[::-2].astype(float)), np.float64)


@pytest.mark.parametrize("other", INTEGERS)
@pytest.mark.parametrize("code", INTEGERS)
def test_two_kinds_of_integer_become_float64(binary, code, other):
    x, t = np.array([0, 1, 1, 0], code), np.array([0, 0, 1, 1], other)
    assert_computed_as(binary(x, t), binary(x.astype(float), t.astype(float)), np.float64)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("code", INTEGERS)
def test_beside_a_float_the_float_decides(binary, code, dtype):
    x, t = np.array([0.25, 0.5, 0.75], dtype), np.array([0, 1, 1], code)
    expected = binary(x, t.astype(dtype))
    assert_computed_as(binary(x, t), expected, dtype)
    assert_computed_as(binary(t, x), binary(t.astype(dtype), x), dtype)
    assert_computed_as(binary(x[1], t[1]), binary(x[1], np.dtype(dtype).type(1)), dtype)
    assert_computed_as(binary(x, t[1]), binary(x, np.ones(3, dtype)), dtype)
    assert_computed_as(binary(x[:, None], t), binary(x[:, None], t.astype(dtype)), dtype)


@pytest.mark.parametrize("dtype", TYPES)
def test_python_numbers_take_the_type_of_the_array_beside_them(binary, dtype):
    x = np.array([0.25, 0.5, 0.75], dtype)
    for number in (1, 1.0, True, 0.5):
        typed = np.full(3, number, dtype)
        assert_computed_as(binary(x, number), binary(x, typed), dtype)
        assert_computed_as(binary(number, x), binary(typed, x), dtype)
    for code in INTEGERS:
        t = np.array([0, 1, 1], code)
        for number in (1, 0.5, True):
            assert_computed_as(binary(t, number), binary(t.astype(float), float(number)), np.float64)


def test_two_floats_are_promoted_to_the_wider(binary):
    for i, narrow in enumerate(TYPES):
        for wide in TYPES[i:]:
            x, t = np.array([0.25, 0.75], narrow), np.array([0.5, 1], wide)
            assert_computed_as(binary(x, t), binary(x.astype(wide), t), wide)
            assert_computed_as(binary(t, x), binary(t, x.astype(wide)), wide)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("code", INTEGERS)
def test_dtype_decides_for_integers_too(ufunc, code, dtype):
    x = np.array([0, 1], code)
    assert_computed_as(call(ufunc, x, dtype=dtype), call(ufunc, x.astype(dtype)), dtype)
    assert_computed_as(call(ufunc, x, signature=(dtype,) * ufunc.nargs), call(ufunc, x.astype(dtype)), dtype)
    with pytest.raises(TypeError, match="No loop matching the specified signature"):
        call(ufunc, x, dtype=code)
    with pytest.raises(TypeError, match=r"(?i)cannot cast"):
        call(ufunc, x, out=(x,) * ufunc.nout)


def test_wide_integers_are_as_near_as_float64_has_them(ufuncs):
    for value in (2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1):
        x = np.array([value], np.uint64 if value > 2**63 else np.int64)
        assert ufuncs["softplus"](x)[0] == max(float(value), 0)
        assert ufuncs["softplus"](np.full(1000, 200, np.uint8)).sum() == 200_000


def test_an_integer_beyond_float16_is_not_lost_in_silence(ufuncs):
    x, t = np.array([0.5], np.float16), np.array([70_000])
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="overflow encountered in cast"):
        ufuncs["sigmoid_backward"](x, t)


def test_reductions_of_integers_are_those_of_float64(ufuncs):
    backward = ufuncs["sigmoid_backward"]
    for code in INTEGERS:
        y = np.array([1, 0, 1], code)
        assert_computed_as(backward.reduce(y), backward.reduce(y.astype(float)), np.float64)
        assert_computed_as(backward.accumulate(y), backward.accumulate(y.astype(float)), np.float64)
        assert_computed_as(backward.outer(y, y), backward.outer(y.astype(float), y), np.float64)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if UFUNCS[ISAS[0]][name].nout == 1])
def test_columns_of_polars_are_computed_whatever_integers_they_hold(name):
    # Polars takes functions of one output, and names the type itself: float32 for integers of 8 and 16 bits.
    ufunc, polars = UFUNCS[ISAS[0]][name], library("polars")
    for kind in ("Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float32", "Float64"):
        column = polars.Series([0, 1, 1]).cast(getattr(polars, kind))
        y = call(ufunc, column)
        dtype = np.float32 if kind in ("Int8", "UInt8", "Int16", "UInt16", "Float32") else np.float64
        assert_computed_as(y.to_numpy(), call(ufunc, column.to_numpy().astype(dtype)), dtype)


def test_types_are_resolved_without_arrays_too(binary):
    resolved = binary.resolve_dtypes((np.dtype("f4"), np.dtype("i8"), *[None] * binary.nout))
    assert set(resolved) == {np.dtype("f4")}


def test_python_numbers_and_lists_are_float64(ufunc):
    for x in (0, 0.5, True, [0, 1], [0.5, 0.75], [True], []):
        for y in outputs(call(ufunc, x)):
            assert np.asarray(y).dtype == np.float64
            assert np.shape(y) == np.shape(x)


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
    """A subclass of ndarray."""


def test_subclasses_come_back(ufunc):
    x = np.linspace(0.1, 0.9, 7).view(Tagged)
    assert all(type(y) is Tagged for y in outputs(call(ufunc, x)))
    assert all(type(y) is np.ndarray for y in outputs(call(ufunc, x, subok=False)))


class Intercepting:
    """An object that is no array, and takes the call over."""

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
