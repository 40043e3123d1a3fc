"""The same input gives the same bits at each position, length, stride, alignment and in place."""

import ctypes
import time

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from samples import inputs

LENGTHS = (*range(70), 127, 128, 129, 255, 256, 257, 511, 512, 513, 700, 959, 960, 961, 1024, 1025)
N = 1100


def data(ufunc, dtype):
    """Return N elements of each input of a ufunc."""
    arrays = inputs(ufunc.__name__, dtype, 2 * N)
    order = np.random.default_rng(1).permutation(len(arrays[0]))[:N]
    return [a[order] for a in arrays]


def cut(arrays, key):
    """Return the same part of each array."""
    return [a[key] for a in arrays]


def pointwise(ufunc, arrays):
    """Return the outputs computed one scalar at a time."""
    columns = [outputs(ufunc(*ones)) for ones in zip(*arrays, strict=True)]
    return [np.array([c[k] for c in columns], arrays[0].dtype) for k in range(ufunc.nout)]


def unaligned(array, offset):
    """Return a copy that begins some bytes off where it should."""
    copy = np.zeros(array.nbytes + 16, np.uint8)[offset : offset + array.nbytes].view(array.dtype)
    copy[:] = array
    return copy


def assert_same(results, expected):
    """Fail unless all outputs have the bits expected."""
    for y, e in zip(outputs(results), expected, strict=True):
        assert same_bits(np.ascontiguousarray(y), np.ascontiguousarray(e))


@pytest.fixture(params=TYPES)
def dtype(request):
    return np.dtype(request.param)


@pytest.fixture(params=FUNCTIONS)
def ufunc(request, ufuncs):
    return ufuncs[request.param]


def empties(ufunc, shape, dtype):
    return tuple(np.full(shape, -7, dtype) for _ in range(ufunc.nout))


def test_every_position_and_length_gives_the_bits_of_the_scalar(ufunc, dtype):
    x = data(ufunc, dtype)
    expected = pointwise(ufunc, x)
    for n in LENGTHS:
        for start in (0, 1, 3):
            key = slice(start, start + n)
            assert_same(ufunc(*cut(x, key)), cut(expected, key))


def test_a_result_does_not_depend_on_its_neighbours(ufunc, dtype):
    # Some kernels correct results near 0, or at the ends, in a loop that runs only for a block that holds any.
    x = data(ufunc, dtype)
    k = np.arange(N) % 97
    expected = outputs(ufunc(*x))
    for plain in (0.75, 0.0):
        with np.errstate(divide="ignore"):  # logit at 0
            alone = outputs(ufunc(*(dtype.type(plain) for _ in x)))
        for at in range(97):
            mixed = [np.where(k == at, a, dtype.type(plain)) for a in x]
            with np.errstate(divide="ignore"):
                results = outputs(ufunc(*mixed))
            for y, whole, one in zip(results, expected, alone, strict=True):
                assert same_bits(y[k == at], whole[k == at])
                assert same_bits(y[k != at], np.full((k != at).sum(), one, dtype))


def test_strided_equals_contiguous(ufunc, dtype):
    x = data(ufunc, dtype)
    expected = outputs(ufunc(*x))
    for step in (2, 3, 7, -1, -2, -5):
        key = slice(None, None, step)
        assert_same(ufunc(*cut(x, key)), cut(expected, key))
        assert_same(ufunc(*(a[key].copy() if k else a[key] for k, a in enumerate(x))), cut(expected, key))
        n = len(x[0][key])
        frames = empties(ufunc, 3 * n, dtype)
        ufunc(*cut(x, key), out=tuple(f[::3] for f in frames))
        assert_same(tuple(f[::3] for f in frames), cut(expected, key))
        assert all((f[1::3] == -7).all() and (f[2::3] == -7).all() for f in frames)


def test_nothing_is_written_beyond_the_output(ufunc, dtype):
    x = data(ufunc, dtype)
    for n in LENGTHS:
        frames = empties(ufunc, n + 64, dtype)
        ufunc(*cut(x, slice(n)), out=tuple(f[32 : 32 + n] for f in frames))
        assert_same(tuple(f[32 : 32 + n] for f in frames), outputs(ufunc(*cut(x, slice(n)))))
        assert all((f[:32] == -7).all() and (f[32 + n :] == -7).all() for f in frames)


def test_misaligned_equals_aligned(ufunc, dtype):
    x = data(ufunc, dtype)
    for offset in (1, 2, 3, dtype.itemsize - 1):
        out = tuple(unaligned(np.zeros(N, dtype), offset) for _ in range(ufunc.nout))
        ufunc(*(unaligned(a, offset) for a in x), out=out)
        assert_same(out, outputs(ufunc(*x)))


def test_in_place_equals_out_of_place(ufunc, dtype):
    x = data(ufunc, dtype)
    for operand in range(ufunc.nin):
        for k in range(ufunc.nout):
            for step in (1, -1, 2):
                key = slice(None, None, step)
                expected = outputs(ufunc(*cut(x, key)))
                mine = [a.copy() for a in x]
                out = list(empties(ufunc, len(mine[0][key]), dtype))
                out[k] = mine[operand][key]
                ufunc(*cut(mine, key), out=tuple(out))
                assert_same(tuple(out), expected)


def test_overlapping_input_and_output_are_safe(ufunc, dtype):
    x = data(ufunc, dtype)
    for operand in range(ufunc.nin):
        for shift in (1, 2, 5, 300):
            for source, target in ((slice(N - shift), slice(shift, None)), (slice(shift, None), slice(N - shift))):
                expected = outputs(ufunc(*cut(x, source)))
                mine = [a.copy() for a in x]
                out = list(empties(ufunc, N - shift, dtype))
                out[0] = mine[operand][target]
                ufunc(*cut(mine, source), out=tuple(out))
                assert_same(tuple(out), expected)
        backwards = slice(None, None, -1)
        expected = outputs(ufunc(*cut(x, backwards)))
        mine = [a.copy() for a in x]
        out = list(empties(ufunc, N, dtype))
        out[0] = mine[operand]
        ufunc(*cut(mine, backwards), out=tuple(out))
        assert_same(tuple(out), expected)


def test_byte_swapped_equals_native(ufunc, dtype):
    x = data(ufunc, dtype)
    swapped = outputs(ufunc(*(a.astype(dtype.newbyteorder()) for a in x)))
    assert all(y.dtype == dtype for y in swapped)
    assert_same(swapped, outputs(ufunc(*x)))


def test_several_dimensions_and_orders_equal_the_flat_array(ufunc, dtype):
    shape = (4, 9, 30)
    x = [a[:1080].reshape(shape) for a in data(ufunc, dtype)]
    flat = [e.reshape(shape) for e in outputs(ufunc(*(a.ravel() for a in x)))]
    for view in (
        lambda a: a,
        lambda a: np.asfortranarray(a),
        lambda a: a.transpose(2, 0, 1),
        lambda a: a[::2, ::-1, 1::3],
    ):
        for order in "KCF":
            assert_same(ufunc(*map(view, x), order=order), [view(e) for e in flat])
    assert all(y.flags.f_contiguous for y in outputs(ufunc(*x, order="F")))


def test_broadcast_input_equals_the_repeated_one(ufunc, dtype):
    x = cut(data(ufunc, dtype), slice(40))
    expected = outputs(ufunc(*x))
    stretched = [np.broadcast_to(a[:, None], (40, 600)) for a in x]
    assert_same(ufunc(*stretched), [np.repeat(e[:, None], 600, 1) for e in expected])
    out = empties(ufunc, (3, 40), dtype)
    ufunc(*x, out=out)
    assert_same(out, [np.broadcast_to(e, (3, 40)) for e in expected])


def test_a_scalar_beside_an_array_equals_the_repeated_one(ufuncs, dtype):
    for name in FUNCTIONS:
        if ufuncs[name].nin == 2:
            x, t = data(ufuncs[name], dtype)
            assert_same(ufuncs[name](x, t[0]), outputs(ufuncs[name](x, np.full_like(t, t[0]))))
            assert_same(ufuncs[name](x[0], t), outputs(ufuncs[name](np.full_like(x, x[0]), t)))
            assert_same(ufuncs[name](x[:9, None], t), outputs(ufuncs[name](*np.broadcast_arrays(x[:9, None], t))))


def test_where_leaves_the_rest_alone(ufunc, dtype):
    x = data(ufunc, dtype)
    where = np.random.default_rng(2).random(N) < 0.5
    out = empties(ufunc, N, dtype)
    ufunc(*x, out=out, where=where)
    assert_same(tuple(y[where] for y in out), [e[where] for e in outputs(ufunc(*x))])
    assert all((y[~where] == -7).all() for y in out)


def test_read_only_input_is_read_and_read_only_output_refused(ufunc, dtype):
    x = data(ufunc, dtype)
    expected = outputs(ufunc(*x))
    for a in x:
        a.flags.writeable = False
    assert_same(ufunc(*x), expected)
    with pytest.raises(ValueError, match="read-only"):
        ufunc(*x, out=(x[0],) * ufunc.nout)


def columns(table, nop, dtype):
    """Return as many neighbouring columns of a table."""
    return [table[:, k].view(dtype) for k in range(nop)]


def fields(table, nop, dtype):
    """Return the fields of records with gaps between them, so that most are not aligned."""
    size = np.dtype(dtype).itemsize
    names = [f"f{k}" for k in range(nop)]
    offsets = [1 + k * (size + 3) for k in range(nop)]
    record = np.dtype({"names": names, "formats": [dtype] * nop, "offsets": offsets, "itemsize": nop * (size + 3) + 5})
    frame = np.zeros(len(table), record)
    return [frame[name] for name in names]


def steps_apart(table, nop, dtype):
    """Return views of one array whose steps differ and whose elements never meet: even places, and odd ones."""
    flat = np.zeros(8 * len(table), dtype)
    steps = [2 * (k + 1) for k in range(nop)]
    return [flat[k % 2 :: step][: len(table)] if k < 2 else np.zeros(len(table), dtype) for k, step in enumerate(steps)]


@pytest.mark.parametrize("neighbours", [columns, fields, steps_apart], ids=lambda f: f.__name__)
def test_operands_between_each_others_elements_equal_separate_ones(ufunc, dtype, neighbours):
    x = data(ufunc, dtype)
    expected = outputs(ufunc(*x))
    for n in (1, 2, 3, N):
        for backwards in (slice(None), slice(None, None, -1)):
            operands = [a[backwards] for a in neighbours(np.zeros((n, ufunc.nargs + 1), dtype), ufunc.nargs, dtype)]
            for a, values in zip(operands, x, strict=False):
                a[:] = values[:n]
            ufunc(*operands[: ufunc.nin], out=tuple(operands[ufunc.nin :]))
            assert_same(tuple(operands[ufunc.nin :]), cut(expected, slice(n)))
            assert_same(tuple(operands[: ufunc.nin]), cut(x, slice(n)))


def test_real_to_imaginary_part(ufuncs):
    (x,) = data(ufuncs["sigmoid"], np.dtype("float64"))
    z = x + 0j
    ufuncs["sigmoid"](z.real, out=z.imag)
    assert_same((z.real, z.imag), (x, ufuncs["sigmoid"](x)))


def quickest(call, rounds=25):
    """Return the least time that a call takes."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("dtype", TYPES[:3])
def test_a_neighbouring_column_is_no_slower_than_any_other_stride(ufuncs, dtype):
    # Element by element it would take many times as long.
    sigmoid, table = ufuncs["sigmoid"], np.zeros((5000, 2), dtype)
    apart = np.zeros((5000, 2), dtype)
    there = quickest(lambda: sigmoid(table[:, 0], out=apart[:, 1]))
    beside = quickest(lambda: sigmoid(table[:, 0], out=table[:, 1]))
    assert beside < 3 * there


@pytest.fixture(scope="module")
def driver():
    """Return the driver's own call of the sigmoid of float64, which no iterator of NumPy's protects from overlaps."""
    address = id(UFUNCS[ISAS[0]]["sigmoid"]) + object.__basicsize__ + 4 * ctypes.sizeof(ctypes.c_int)
    functions, datas = (ctypes.c_void_p * 2).from_address(address)  # of PyUFuncObject, behind four integers
    at = UFUNCS[ISAS[0]]["sigmoid"].types.index("d->d")
    function, data = ((ctypes.c_void_p * (at + 1)).from_address(table)[at] for table in (functions, datas))
    loop = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(function)

    def call(x, y, x_step, y_step, n):
        """Compute n elements between two addresses."""
        loop((ctypes.c_void_p * 2)(x, y), (ctypes.c_ssize_t * 1)(n), (ctypes.c_ssize_t * 2)(x_step, y_step), data)

    return call


STEPS = (-32, -24, -20, -16, -12, -8, -4, 0, 4, 8, 12, 16, 20, 24, 32)


@pytest.mark.parametrize("y_step", STEPS)
@pytest.mark.parametrize("x_step", STEPS)
def test_overlaps_of_any_kind_are_computed_as_one_element_after_the_other(driver, x_step, y_step):
    sigmoid, n, middle = UFUNCS[ISAS[0]]["sigmoid"], 4, 200
    start = np.linspace(-3, 3, 2 * middle // 8).view(np.uint8)
    for offset in range(-60, 64, 4):
        memory, expected = start.copy(), start.copy()
        driver(memory.ctypes.data + middle, memory.ctypes.data + middle + offset, x_step, y_step, n)
        for i in range(n):
            x, y = (slice(at, at + 8) for at in (middle + i * x_step, middle + offset + i * y_step))
            expected[y] = sigmoid(expected[x].copy().view(np.float64)).view(np.uint8)
        assert memory.tobytes() == expected.tobytes(), offset


def test_one_element_in_place_of_the_first_output_leaves_the_second_right(ufunc, dtype):
    x = data(ufunc, dtype)
    for k in range(40):
        mine = [a[k : k + 1].copy() for a in x]
        rest = empties(ufunc, 1, dtype)[1:]
        expected = outputs(ufunc(*(a.copy() for a in mine)))
        assert_same(ufunc(*mine, out=(mine[0], *rest)), expected)


def test_both_outputs_in_one_array_are_written_as_views(ufuncs):
    (x,) = data(ufuncs["sigmoid"], np.dtype("float64"))
    pair = np.zeros((N, 2))
    ufuncs["sigmoid_with_derivative"](x, out=(pair[:, 0], pair[:, 1]))
    assert_same((pair[:, 0], pair[:, 1]), [ufuncs["sigmoid"](x), ufuncs["sigmoid_derivative"](x)])


def test_reductions_and_accumulations_go_element_by_element(ufuncs):
    # This is the only binary ufunc of one output whose reduction has a meaning: grad y1 (1 - y1) y2 (1 - y2) ...
    backward = ufuncs["sigmoid_backward"]
    y = np.linspace(0.2, 0.8, 1000)
    running = [y[0]]
    for v in y[1:]:
        running.append(backward(running[-1], v))
    assert same_bits(backward.accumulate(y), np.array(running))
    assert backward.reduce(y) == running[-1]
