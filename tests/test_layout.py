"""The same input gives the same bits at each position, length, stride, alignment and in place."""

import numpy as np
import pytest
from catalog import FUNCTIONS, TYPES, outputs, same_bits
from samples import everywhere

LENGTHS = (*range(70), 127, 128, 129, 255, 256, 257, 511, 512, 513, 700, 1024, 1025)


def data(dtype, n=1100):
    return np.random.default_rng(1).permutation(everywhere(dtype, n))[:n]


def pointwise(ufunc, x):
    """Return the outputs computed one scalar at a time."""
    columns = [outputs(ufunc(v)) for v in x]
    return [np.array([c[k] for c in columns], x.dtype) for k in range(ufunc.nout)]


@pytest.fixture(params=TYPES)
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture(params=FUNCTIONS)
def ufunc(request, ufuncs):
    return ufuncs[request.param]


def empties(ufunc, shape, dtype):
    return tuple(np.full(shape, -7, dtype) for _ in range(ufunc.nout))


def test_every_position_and_length_gives_the_bits_of_the_scalar(ufunc, dtype):
    x = data(dtype)
    expected = pointwise(ufunc, x)
    for n in LENGTHS:
        for start in (0, 1, 3):
            for y, e in zip(outputs(ufunc(x[start : start + n])), expected, strict=True):
                assert same_bits(y, e[start : start + n]), (n, start)


def test_strided_equals_contiguous(ufunc, dtype):
    x = data(dtype)
    expected = outputs(ufunc(x))
    for step in (2, 3, 7, -1, -2, -5):
        for y, e in zip(outputs(ufunc(x[::step])), expected, strict=True):
            assert same_bits(y, e[::step])
        out = tuple(np.full(3 * len(x), -7, dtype)[::3] for _ in expected)
        ufunc(x[::step], out=tuple(o[: len(x[::step])] for o in out))
        for y, e in zip(out, expected, strict=True):
            assert same_bits(y[: len(e[::step])], e[::step])
            assert (y[len(e[::step]) :] == -7).all()
            assert (y.base[1::3] == -7).all()
            assert (y.base[2::3] == -7).all()


def test_nothing_is_written_beyond_the_output(ufunc, dtype):
    x = data(dtype)
    for n in LENGTHS:
        frames = empties(ufunc, n + 64, dtype)
        ufunc(x[:n], out=tuple(f[32 : 32 + n] for f in frames))
        for frame, y in zip(frames, outputs(ufunc(x[:n])), strict=True):
            assert same_bits(frame[32 : 32 + n], y)
            assert (frame[:32] == -7).all()
            assert (frame[32 + n :] == -7).all()


def test_misaligned_equals_aligned(ufunc, dtype):
    x = data(dtype)
    for offset in (1, 2, 3, dtype.itemsize - 1):
        shifted = np.zeros(x.nbytes + 16, np.uint8)[offset : offset + x.nbytes].view(dtype)
        shifted[:] = x
        out = tuple(
            np.zeros(x.nbytes + 16, np.uint8)[offset : offset + x.nbytes].view(dtype) for _ in range(ufunc.nout)
        )
        ufunc(shifted, out=out)
        for y, e in zip(out, outputs(ufunc(x)), strict=True):
            assert same_bits(y.copy(), e)


def test_in_place_equals_out_of_place(ufunc, dtype):
    x = data(dtype)
    expected = outputs(ufunc(x))
    for k in range(ufunc.nout):
        for step in (1, -1, 2):
            mine = x.copy()
            out = list(empties(ufunc, len(mine[::step]), dtype))
            out[k] = mine[::step]
            ufunc(mine[::step], out=tuple(out))
            for y, e in zip(out, expected, strict=True):
                assert same_bits(y.copy(), e[::step])


def test_overlapping_input_and_output_are_safe(ufunc, dtype):
    for shift in (1, 2, 5, 300):
        for forward in (True, False):
            whole = data(dtype)
            n = len(whole) - shift
            source, target = (slice(0, n), slice(shift, None)) if forward else (slice(shift, None), slice(0, n))
            expected = outputs(ufunc(whole[source].copy()))
            out = list(empties(ufunc, n, dtype))
            out[0] = whole[target]
            ufunc(whole[source], out=tuple(out))
            for y, e in zip(out, expected, strict=True):
                assert same_bits(y.copy(), e)
    whole = data(dtype)
    expected = outputs(ufunc(whole[::-1].copy()))
    out = list(empties(ufunc, len(whole), dtype))
    out[0] = whole
    ufunc(whole[::-1], out=tuple(out))
    for y, e in zip(out, expected, strict=True):
        assert same_bits(y.copy(), e)


def test_byte_swapped_equals_native(ufunc, dtype):
    x = data(dtype)
    swapped = x.astype(dtype.newbyteorder())
    for y, e in zip(outputs(ufunc(swapped)), outputs(ufunc(x)), strict=True):
        assert y.dtype == dtype
        assert same_bits(y, e)


def test_several_dimensions_and_orders_equal_the_flat_array(ufunc, dtype):
    x = data(dtype)[:1080].reshape(4, 9, 30)
    flat = [e.reshape(x.shape) for e in outputs(ufunc(x.ravel()))]
    for view, pick in (
        (x, lambda e: e),
        (np.asfortranarray(x), lambda e: e),
        (x.transpose(2, 0, 1), lambda e: e.transpose(2, 0, 1)),
        (x[::2, ::-1, 1::3], lambda e: e[::2, ::-1, 1::3]),
    ):
        for order in "KCF":
            for y, e in zip(outputs(ufunc(view, order=order)), flat, strict=True):
                assert same_bits(np.ascontiguousarray(y), np.ascontiguousarray(pick(e)))
    assert all(y.flags.f_contiguous for y in outputs(ufunc(x, order="F")))


def test_broadcast_input_equals_the_repeated_one(ufunc, dtype):
    x = data(dtype)[:40]
    stretched = np.broadcast_to(x[:, None], (40, 600))
    for y, e in zip(outputs(ufunc(stretched)), outputs(ufunc(x)), strict=True):
        assert same_bits(y, np.repeat(e[:, None], 600, 1))
    out = empties(ufunc, (3, 40), dtype)
    ufunc(x, out=out)
    for y, e in zip(out, outputs(ufunc(x)), strict=True):
        assert same_bits(y, np.broadcast_to(e, (3, 40)).copy())


def test_where_leaves_the_rest_alone(ufunc, dtype):
    x = data(dtype)
    where = np.random.default_rng(2).random(len(x)) < 0.5
    out = empties(ufunc, len(x), dtype)
    ufunc(x, out=out, where=where)
    for y, e in zip(out, outputs(ufunc(x)), strict=True):
        assert same_bits(y[where], e[where])
        assert (y[~where] == -7).all()


def test_read_only_input_is_read_and_read_only_output_refused(ufunc, dtype):
    x = data(dtype)
    x.flags.writeable = False
    for y, e in zip(outputs(ufunc(x)), outputs(ufunc(x.copy())), strict=True):
        assert same_bits(y, e)
    with pytest.raises(ValueError, match="read-only"):
        ufunc(x, out=(x,) * ufunc.nout)


def test_both_outputs_in_one_array_are_written_as_views(ufuncs):
    pair = np.zeros((500, 2))
    x = data(np.dtype("float64"))[:500]
    ufuncs["sigmoid_with_derivative"](x, out=(pair[:, 0], pair[:, 1]))
    assert same_bits(pair[:, 0].copy(), ufuncs["sigmoid"](x))
    assert same_bits(pair[:, 1].copy(), ufuncs["sigmoid_derivative"](x))
