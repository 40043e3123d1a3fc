"""fastsig.threaded gives what the ufunc gives, to the bit, however the work is cut; and it leaves nothing behind."""

import contextlib
import gc
import os
import signal
import sys
import threading
import time
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_all_start_methods

import numpy as np
import pytest
from catalog import BITS, outputs, same_bits
from hypothesis import given
from hypothesis import strategies as st
from processes import run_python
from scipy import special

from fastsig import _threaded, sigmoid, sigmoid_derivative, sigmoid_with_derivative, threaded

UNARY = (sigmoid, sigmoid_derivative, sigmoid_with_derivative, np.exp, np.log, np.sin, np.frexp, special.expit)
BINARY = (np.hypot, np.divmod, np.power, np.less, special.xlogy)
N = 1000


class Subclass(np.ndarray):
    """An array of a class of its own, which might do anything with a ufunc."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Have small arrays cut too, into parts of at least a vector or two, whose bits are those of long arrays."""
    monkeypatch.setattr(_threaded, "LEAST", 2)
    monkeypatch.setattr(_threaded, "PART", 64)
    monkeypatch.setattr(_threaded, "BLOCK", 32)


def numbers(*shape, dtype=np.float64, seed=1):
    """Return positive and negative numbers, of sizes where the functions vary."""
    return np.random.default_rng(seed).normal(scale=8, size=shape).astype(dtype)


def assert_same(results, expected):
    """Check types, shapes, layout and bits."""
    assert type(results) is type(expected)
    for y, z in zip(outputs(results), outputs(expected), strict=True):
        assert type(y) is type(z)
        assert (y.dtype, y.shape) == (z.dtype, z.shape)
        assert [s for s, n in zip(y.strides, y.shape, strict=True) if n > 1] == [
            s for s, n in zip(z.strides, z.shape, strict=True) if n > 1
        ]
        if y.dtype in BITS or y.dtype == np.longdouble:
            assert same_bits(y, z)
        else:
            assert y.tolist() == z.tolist()


def check(ufunc, *inputs, workers=3):
    """Check against one call of the ufunc."""
    with np.errstate(all="ignore"):
        assert_same(threaded(ufunc, *inputs, workers=workers), ufunc(*inputs))


def parts_of(x, **kwargs):
    """Return in how many parts the logarithms of these zeros are computed: each part calls back once."""
    seen = []
    with np.errstate(all="call", call=lambda *_: seen.append(1)):
        threaded(np.log, x, **{"workers": 2, **kwargs})
    return len(seen)


def run_script(*arguments):
    """Run a script in a process of its own and return what it prints."""
    done = run_python(*arguments, text=True, timeout=300, check=False)  # long enough for an emulated CPU
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", "int8", "int32"])
@pytest.mark.parametrize("ufunc", UNARY, ids=lambda f: f.__name__)
def test_one_input_gives_the_bits_of_one_call(ufunc, dtype):
    check(ufunc, numbers(N, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
def test_two_inputs_give_the_bits_of_one_call(ufunc, dtype):
    check(ufunc, numbers(N, dtype=dtype), numbers(N, dtype=dtype, seed=2))


@pytest.mark.parametrize("ufunc", UNARY, ids=lambda f: f.__name__)
def test_parts_as_shipped_give_the_bits_of_one_call(ufunc, monkeypatch):
    monkeypatch.undo()
    check(ufunc, numbers(_threaded.LEAST + 12345))
    check(ufunc, numbers(_threaded.LEAST + 12345, dtype=np.float32))


@pytest.mark.parametrize(
    "layout",
    [
        lambda x: x,
        lambda x: x.T,
        lambda x: x[::2],
        lambda x: x[..., ::3],
        lambda x: x[:, ::-1],
        lambda x: x[::-1, ::-1, ::-1],
        lambda x: x.transpose(1, 0, 2),
        lambda x: x.transpose(2, 0, 1)[1:, ::2],
        lambda x: x[:1],
        lambda x: x[:, :1],
        lambda x: x[3, ..., 2],
        lambda x: x[np.newaxis, :, np.newaxis],
        lambda x: x.ravel()[::-2],
        lambda x: np.asfortranarray(x),
        lambda x: np.broadcast_to(x[0], x.shape),
        lambda x: x[0, 0, 0],
        lambda x: x[:0],
    ],
)
def test_layouts_are_those_of_one_call(layout):
    x = layout(numbers(12, 9, 10))
    check(sigmoid, x)
    check(np.hypot, x, np.ones_like(x))


@pytest.mark.parametrize(
    "shapes",
    [
        ((40, 50), (50,)),
        ((40, 1), (1, 50)),
        ((7, 1, 30), (11, 1)),
        ((), (300,)),
        ((2, 500), (500,)),
        ((1, 1), (300, 3)),
    ],
    ids=str,
)
def test_inputs_broadcast(shapes):
    a, b = (numbers(*shape, seed=seed) for seed, shape in enumerate(shapes))
    check(np.hypot, a, b)
    check(np.divmod, b, a)


@pytest.mark.parametrize("scalar", [2, 2.5, True, np.float64(2.5), np.int8(2), np.array(2.5), np.float32(2.5), 1j])
@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8", "complex64"])
def test_scalars_keep_their_part_in_the_result_type(scalar, dtype):
    x = np.arange(N).astype(dtype)
    check(np.add, x, scalar)
    check(np.multiply, scalar, x)


@pytest.mark.parametrize("dtype", ["bool", "int16", "uint64", "complex128", ">f8", "M8[s]"])
def test_other_types_of_number_are_split(dtype):
    x = np.arange(N).astype(dtype)
    check(np.equal, x, x[::-1])
    check(np.isfinite, x)
    assert _threaded._plan(np.isfinite, (x,), None) is not None


def test_misaligned_input_is_split():
    x = np.zeros(8 * N + 1, np.uint8)[1:].view(np.float64)
    x[:] = numbers(N)
    check(sigmoid, x)


def test_work_is_cut_into_parts():
    assert parts_of(np.zeros(1024)) == 1024 // 64
    assert parts_of(np.zeros((32, 40)).T) == 1280 // 64
    assert parts_of(np.zeros((30, 40))[:, :20]) == 30 * 20 // 60


def test_threads_compute_at_the_same_time():
    both = threading.Barrier(2)
    with np.errstate(divide="call", call=lambda *_: both.wait(timeout=20)):
        threaded(np.log, np.zeros(128), workers=2)


@pytest.mark.parametrize("kwargs", [{"workers": 1}, {"out": np.empty(1)}], ids=["one worker", "one element"])
def test_one_call_does_what_cannot_be_split(kwargs):
    assert parts_of(np.zeros(1 if "out" in kwargs else 1024), **kwargs) == 1


def test_one_call_does_what_is_too_small(monkeypatch):
    monkeypatch.setattr(_threaded, "LEAST", 1025)
    assert parts_of(np.zeros(1024)) == 1


def test_more_threads_need_more_work(monkeypatch):
    monkeypatch.setattr(_threaded, "LEAST", 128)
    monkeypatch.setattr(_threaded, "PARTS_PER_WORKER", 1)
    assert parts_of(np.zeros(128), workers=64) == 2


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(1, 300))
def test_parts_hold_each_element_once(shape, most):
    times = np.zeros(shape, int)
    for part in _threaded._parts(shape, most):
        assert 0 < times[part].size < max(most, _threaded.BLOCK) + _threaded.BLOCK
        times[part] += 1
    assert np.all(times == 1)


@st.composite
def arrays(draw, shape):
    """Return an array that broadcasts to the shape, of any layout."""
    ndim = draw(st.integers(0, len(shape)))
    shape = [n if draw(st.booleans()) else 1 for n in shape[len(shape) - ndim :]]
    steps = [draw(st.sampled_from([1, 2, -1, -2])) for _ in shape]
    order = draw(st.permutations(range(ndim)))
    made = numbers(*(shape[i] * abs(steps[i]) for i in order), dtype=draw(st.sampled_from(["f4", "f8", "i4"])))
    return made.transpose(np.argsort(order))[tuple(slice(None, None, step) for step in steps)]


@given(st.data())
def test_any_shape_and_layout_gives_the_bits_of_one_call(data):
    shape = data.draw(st.lists(st.integers(0, 25), max_size=3))
    workers = data.draw(st.integers(1, 4))
    a, b = data.draw(arrays(shape)), data.draw(arrays(shape))
    check(sigmoid_with_derivative, a, workers=workers)
    check(np.divmod, a, b, workers=workers)


@pytest.mark.parametrize(
    "made",
    [
        lambda: np.empty((40, 50)),
        lambda: np.empty((50, 40)).T,
        lambda: np.empty((80, 100))[::2, ::-2],
        lambda: np.empty((3, 40, 50)),
        lambda: np.empty((40, 50), np.float32),
        lambda: np.empty((40, 50), ">f8"),
        lambda: np.empty((40, 50), object),
    ],
)
def test_out_is_filled_and_returned(made):
    x, out, expected = numbers(40, 50), made(), made()
    assert threaded(sigmoid, x, out=out, workers=2) is out
    sigmoid(x, out=expected)
    assert_same(out, expected)
    assert threaded(sigmoid, x, out=(out,), workers=2) is out


def test_out_of_some_outputs_only():
    x, out = numbers(N), np.empty(N)
    results = threaded(sigmoid_with_derivative, x, out=(None, out), workers=2)
    assert results[1] is out
    assert_same(results, sigmoid_with_derivative(x))


def test_out_larger_than_scalar_inputs():
    out = np.zeros(N)
    assert threaded(sigmoid, 1.0, out=out, workers=2) is out
    assert np.all(out == sigmoid(1.0))


def test_in_place():
    x = numbers(N)
    expected = sigmoid(x)
    assert parts_of(np.zeros(1024), out=np.zeros(1024)) == parts_of(z := np.zeros(1024), out=z)
    assert threaded(sigmoid, x, out=x, workers=2) is x
    assert same_bits(x, expected)


@pytest.mark.parametrize(
    ("ufunc", "views"),
    [
        (np.exp, lambda m: (m[:-1], m[1:])),
        (np.exp, lambda m: (m[1:], m[:-1])),
        (np.exp, lambda m: (m[::-1], m)),
        (np.exp, lambda m: (m[:500], m[::2][:500])),
        (np.exp, lambda m: (m[:900].reshape(30, 30).T, m[:900].reshape(30, 30))),
        (np.exp, lambda m: (m[:30], m[:900].reshape(30, 30))),
        (np.add, lambda m: (m, m[::-1], m)),
        (np.exp, lambda m: (m.view(np.float32)[:N], m)),
        (np.exp, lambda m: (m.view(np.int64), m)),
        (np.exp, lambda m: (numbers(N), np.lib.stride_tricks.as_strided(m, (N,), (0,)))),
        (np.exp, lambda m: (numbers(20, 30), np.lib.stride_tricks.as_strided(m, (20, 30), (80, 8)))),
        (np.frexp, lambda m: (numbers(N), m, m.view(np.int32)[:N])),
    ],
)
def test_overlap_is_as_in_one_call(ufunc, views):
    mine, theirs = numbers(N), numbers(N)
    with np.errstate(all="ignore"):
        for m, call in ((mine, lambda *a, **k: threaded(ufunc, *a, workers=2, **k)), (theirs, ufunc)):
            operands = views(m)
            call(*operands[: ufunc.nin], out=operands[ufunc.nin :])
    assert mine.tobytes() == theirs.tobytes()


def test_output_between_the_inputs_elements_is_split():
    m = np.zeros(2048)
    assert parts_of(m[::2], out=m[1::2]) == 1024 // 64


@pytest.mark.parametrize(
    ("ufunc", "inputs"),
    [
        (sigmoid, (numbers(N).tolist(),)),
        (sigmoid, (np.ma.masked_less(numbers(N), 0),)),
        (np.negative, (numbers(N).astype(object),)),
        (np.frompyfunc(lambda x: x + 1, 1, 1), (numbers(N),)),
        (np.add, (numbers(N).view(Subclass), 1.0)),
        (np.add, (numbers(N), [1.0])),
        (np.equal, (np.full(N, "a"), "a")),
        (sigmoid, (1.5,)),
    ],
    ids=["list", "masked", "object", "frompyfunc", "subclass", "mixed", "strings", "scalar"],
)
def test_what_is_not_plain_numbers_takes_one_call(ufunc, inputs):
    assert _threaded._plan(ufunc, inputs, None) is None
    results, expected = threaded(ufunc, *inputs, workers=2), ufunc(*inputs)
    assert type(results) is type(expected)
    assert np.all(results == expected)


def test_overrides_are_asked_once():
    class Loud:
        def __array_ufunc__(self, *call, **kwargs):
            return call, kwargs

    x, loud = numbers(N), Loud()
    assert threaded(np.add, x, loud, workers=2) == ((np.add, "__call__", x, loud), {})


def test_files_are_mapped_and_split(tmp_path):
    x = np.memmap(tmp_path / "x", mode="w+", shape=1024)
    y = np.memmap(tmp_path / "y", mode="w+", dtype=np.float64, shape=1024)
    assert_same(threaded(np.sqrt, x, workers=2), np.sqrt(x))
    assert threaded(np.sqrt, x, out=y, workers=2) is y
    assert parts_of(x, out=y) == 1024 // 64


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((np.sum, 1), r"threaded\(\) takes a numpy.ufunc first, such as numpy.exp, .*, not <function sum"),
        ((np.ones(3),), r"threaded\(\) takes a numpy.ufunc first, .* or a function of numba.vectorize, not array"),
        ((np.matmul, 1, 1), r"threaded\(\) takes elementwise ufuncs; matmul is generalised, with signature \(n\?,k\)"),
        ((np.exp,), r"exp takes 1 input, not 0; outputs are given as out="),
        ((np.exp, 1, 2), r"exp takes 1 input, not 2; outputs are given as out="),
        ((np.hypot, 1), r"hypot takes 2 inputs, not 1; outputs are given as out="),
    ],
)
def test_other_callables_and_numbers_of_inputs_are_refused(args, message):
    with pytest.raises(TypeError, match=message):
        threaded(*args)


@pytest.mark.parametrize("workers", [2.0, "2", [2]])
def test_workers_must_be_an_integer(workers):
    with pytest.raises(TypeError, match="workers must be an integer or None, not "):
        threaded(np.exp, np.ones(N), workers=workers)


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_must_be_positive(workers):
    with pytest.raises(ValueError, match=f"workers must be at least 1, not {workers}"):
        threaded(np.exp, np.ones(N), workers=workers)


def test_workers_may_be_any_integer():
    check(np.exp, numbers(N), workers=np.int8(2))
    check(np.exp, numbers(N), workers=1000)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Return a folder for the files in which Linux tells of quotas, and have eight CPUs."""
    monkeypatch.delenv("FASTSIG_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.setattr(_threaded, "ROOT", str(tmp_path))
    _threaded._quota.cache_clear()
    yield tmp_path
    _threaded._quota.cache_clear()


def write_files(folder, files):
    """Write files, given by their paths and contents."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.usefixtures("machine")
def test_workers_are_the_cpus_by_default(monkeypatch):
    assert _threaded._cpus() == 8
    assert parts_of(np.zeros(1024), workers=None) > 1
    monkeypatch.setattr(os, "process_cpu_count", lambda: None)
    assert _threaded._cpus() == 1
    monkeypatch.delattr(os, "process_cpu_count")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    assert _threaded._cpus() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert _threaded._cpus() == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity is set as on Linux")
def test_workers_are_no_more_than_the_cpus_that_affinity_leaves(monkeypatch):
    monkeypatch.delenv("FASTSIG_NUM_THREADS", raising=False)
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert _threaded._cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"}, 3),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n"}, 3),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "1000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "6400000 100000\n"}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 8),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "unheard of\n"}, 8),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/a:b\n", "sys/fs/cgroup/a:b/cpu.max": "150000 100000\n"}, 2),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
                "sys/fs/cgroup/a/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/cpu.max": "500000 100000\n",
            },
            4,
        ),
        ({"proc/self/cgroup": "0::/outside/docker\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/../other\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        (
            {
                "proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/a\n0::/\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "150000\n",
                "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/docker/a\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "500000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            5,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            8,
        ),
    ],
)
def test_workers_are_no_more_than_the_quota_of_the_cgroups(machine, files, expected):
    write_files(machine, files)
    assert _threaded._cpus() == expected


def test_the_quota_is_read_once(machine):
    write_files(machine, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"})
    assert _threaded._cpus() == 3
    write_files(machine, {"sys/fs/cgroup/cpu.max": "200000 100000\n"})
    assert _threaded._cpus() == 3


def test_the_quota_of_this_machine_can_be_read():
    _threaded._quota.cache_clear()
    assert _threaded._quota() is None or _threaded._quota() >= 1


def test_the_environment_decides_on_the_workers(machine, monkeypatch):
    write_files(machine, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"})
    monkeypatch.setenv("FASTSIG_NUM_THREADS", "12")
    assert _threaded._cpus() == 12
    monkeypatch.setenv("FASTSIG_NUM_THREADS", "1")
    assert parts_of(np.zeros(1024), workers=None) == 1
    assert parts_of(np.zeros(1024), workers=2) > 1
    monkeypatch.setenv("FASTSIG_NUM_THREADS", "")
    assert _threaded._cpus() == 3


@pytest.mark.parametrize("given", ["0", "-2", "two", "1.5", " "])
def test_the_environment_is_checked_at_the_call(monkeypatch, given):
    monkeypatch.setenv("FASTSIG_NUM_THREADS", given)
    with pytest.raises(ValueError, match=f"FASTSIG_NUM_THREADS must be an integer of at least 1, .*; it is '{given}'"):
        threaded(np.exp, np.ones(N))
    threaded(np.exp, np.ones(N), workers=2)


@pytest.mark.parametrize(
    ("ufunc", "inputs", "out"),
    [
        (np.add, (np.ones(N), np.ones(N + 1)), None),
        (np.exp, (np.ones(N),), np.empty(N + 1)),
        (np.exp, (np.ones((N, 2)),), np.empty(N * 2)),
        (np.exp, (np.ones(N),), np.empty(N, int)),
        (np.exp, (np.ones(N),), np.broadcast_to(0.0, N)),
        (np.exp, (np.ones(N),), [0.0] * N),
        (np.exp, (np.ones(N),), (np.empty(N), np.empty(N))),
        (np.frexp, (np.ones(N),), np.empty(N)),
        (np.add, (np.ones(N, np.uint8), 300), None),
        (sigmoid, (np.ones(N, complex),), None),
        (sigmoid, (np.ones(N, "M8[s]"),), None),
    ],
)
def test_errors_are_the_ufuncs_own(ufunc, inputs, out):
    with pytest.raises((TypeError, ValueError, OverflowError)) as theirs:
        ufunc(*inputs, out=out)
    with pytest.raises(theirs.type) as ours:
        threaded(ufunc, *inputs, out=out, workers=2)
    assert str(ours.value) == str(theirs.value)


def test_errstate_raises_from_any_thread():
    x = np.ones(1024)
    for place in (0, 511, 1023):
        x[:] = 1
        x[place] = 0
        with (
            np.errstate(divide="raise"),
            pytest.raises(FloatingPointError, match=r"^divide by zero encountered in log$"),
        ):
            threaded(np.log, x, workers=2)


def test_errstate_warns_and_ignores():
    with np.errstate(divide="ignore"):
        threaded(np.log, np.zeros(1024), workers=2)
    with np.errstate(divide="warn"), pytest.warns(RuntimeWarning, match=r"^divide by zero encountered in log$"):
        threaded(np.log, np.zeros(1024), workers=2)


def warnings_of(call):
    """Return what a call warns of: class, message, file and line of each warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [(w.category, str(w.message), w.filename, w.lineno) for w in caught]


@pytest.mark.parametrize("n", [1, 100_000], ids=["one call", "threads"])
@pytest.mark.parametrize(
    ("ufunc", "inputs", "out"),
    [
        (np.log, [0.0], None),
        (np.log, [-1.0, 0.0], None),
        (np.exp, [1e4, -1e4], None),
        (np.sqrt, [-1.0], np.float32),
        (np.negative, [1e300], np.float32),
        (special.expit, [1.0], None),
    ],
)
def test_warnings_are_those_of_one_call_at_the_callers_line(ufunc, inputs, out, n):
    x = np.tile(inputs, n)
    y = None if out is None else np.empty(x.size, out)
    expected = warnings_of(lambda: ufunc(x, out=y))
    line = expected[0][3] + 2 if expected else None
    assert warnings_of(lambda: threaded(ufunc, x, out=y, workers=2)) == [(*w[:3], line) for w in expected]


def test_warnings_follow_the_callers_filters():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            threaded(np.log, np.zeros(1024), workers=2)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match=r"^divide by zero encountered in log$"):
            threaded(np.log, np.zeros(1024), workers=2)
    assert np.geterr()["divide"] == "warn"


def test_errstate_calls_and_logs_beside_warnings():
    calls, lines = [], []

    class Log:
        def write(self, message):
            lines.append((message, np.geterr(), np.geterrcall()))

    def call(error, flag):
        calls.append((error, flag, np.geterr(), np.geterrcall()))

    x = np.tile([-1.0, 0.0], 512)
    with np.errstate(divide="call", call=call):
        with pytest.warns(RuntimeWarning, match=r"^invalid value encountered in log$"):
            threaded(np.log, x, workers=2)
        assert calls == [("divide by zero", 9, np.geterr(), call)] * 16
    with np.errstate(divide="log", call=(log := Log())):
        with pytest.warns(RuntimeWarning, match=r"^invalid value encountered in log$"):
            threaded(np.log, x, workers=2)
        assert lines == [("Warning: divide by zero encountered in log\n", np.geterr(), log)] * 16


def test_a_missing_callback_is_named_by_numpy():
    with np.errstate(divide="call", call=None):
        with pytest.raises(NameError) as theirs:
            np.log(np.zeros(1024))
        with pytest.raises(NameError) as ours:
            threaded(np.log, np.zeros(1024), workers=2)
    assert str(ours.value) == str(theirs.value)


def test_python_code_within_a_ufunc_warns_by_itself():
    ufunc = np.frompyfunc(lambda x: np.log(np.float64(x)), 1, 1)
    expected, ours = (warnings_of(call) for call in (lambda: ufunc(np.zeros(3)), lambda: threaded(ufunc, np.zeros(3))))
    assert [message for _, message, _, _ in ours] == [message for _, message, _, _ in expected]
    assert ours[0] == expected[0]


def test_a_thread_that_fails_stops_the_others():
    both, failed = threading.Barrier(2), threading.Event()

    def fail_elsewhere(*_):
        # Without the barrier, the one that fails could be done before the other begins.
        if threading.current_thread() is threading.main_thread():
            both.wait(timeout=20)
            assert failed.wait(timeout=20)
        else:
            both.wait(timeout=20)
            failed.set()
            raise LookupError("of a worker")

    out = np.ones(1 << 16)
    with np.errstate(divide="call", call=fail_elsewhere), pytest.raises(LookupError, match="of a worker"):
        threaded(np.log, np.zeros_like(out), out=out, workers=2)
    assert out[-1] == 1


def test_a_failure_of_the_caller_waits_for_the_others():
    both, left = threading.Barrier(2), []

    def fail_here(*_):
        both.wait(timeout=20)
        if threading.current_thread() is threading.main_thread():
            raise LookupError("of the caller")
        time.sleep(0.1)
        left.append(1)

    with np.errstate(divide="call", call=fail_here), pytest.raises(LookupError, match="of the caller"):
        threaded(np.log, np.zeros(1 << 16), workers=2)
    assert left == [1]


def test_a_failure_keeps_no_array():
    both = threading.Barrier(2)

    def fail(*_):
        both.wait(timeout=20)
        raise LookupError

    def call():
        x = np.zeros(128)
        with np.errstate(divide="call", call=fail), pytest.raises(LookupError):
            threaded(np.log, x, workers=2)
        return weakref.ref(x)

    gc.disable()
    try:
        gone = call()
        # A thread of the pool lets go of what it ran last in its own time, soon after the caller has gone on.
        for _ in range(200):
            if gone() is None:
                break
            time.sleep(0.01)
        assert gone() is None
    finally:
        gc.enable()


def test_no_thread_to_be_had_leaves_the_caller_all_the_work(monkeypatch):
    def start(_):
        raise RuntimeError("can't start new thread")

    _threaded._pool.cache_clear()
    cut_off = _threaded._pool(os.getpid())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        check(sigmoid, numbers(N))
    assert _threaded._pool(os.getpid()) is not cut_off
    check(sigmoid, numbers(N))


def test_ctrl_c_within_the_pools_own_code_gives_it_up(monkeypatch):
    def submit(*_):
        raise KeyboardInterrupt

    cut_off = _threaded._pool(os.getpid())
    monkeypatch.setattr(cut_off, "submit", submit)
    with pytest.raises(KeyboardInterrupt):
        threaded(sigmoid, numbers(N), workers=2)
    assert _threaded._pool(os.getpid()) is not cut_off
    check(sigmoid, numbers(N))


def test_a_thread_that_comes_late_is_waited_for_or_turned_away(monkeypatch):
    # The pool's one thread is at another caller's work when this call queues its own, and no second can be started: so
    # the call gets no future for what it queued. The thread takes that up while the caller is at the last part.
    start, begun, free, late, done = threading.Thread.start, *(threading.Event() for _ in range(4))

    def start_one(thread):
        if begun.is_set():
            raise RuntimeError("can't start new thread")
        start(thread)

    def compute(*_):
        if threading.current_thread() is not threading.main_thread():
            late.set()
            time.sleep(0.2)
            done.set()
        elif not free.is_set():
            free.set()
            assert late.wait(timeout=20)

    _threaded._pool.cache_clear()
    busy = _threaded._pool(os.getpid()).submit(lambda: begun.set() or free.wait(timeout=20))
    assert begun.wait(timeout=20)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start_one)
        with np.errstate(divide="call", call=compute):
            threaded(np.log, np.zeros(128), workers=2)
    assert busy.result()
    assert done.is_set()
    _threaded._pool.cache_clear()


def test_a_busy_pool_keeps_no_array():
    _threaded._pool.cache_clear()
    pool = _threaded._pool(os.getpid())
    all_there, free = threading.Barrier(os.cpu_count() + 1), threading.Event()
    for _ in range(os.cpu_count()):
        pool.submit(lambda: (all_there.wait(20), free.wait(20)))
    all_there.wait(20)
    x = numbers(N)
    y = threaded(sigmoid, x, workers=3)
    kept = [weakref.ref(x), weakref.ref(y)]
    del x, y
    alive = [array() for array in kept]
    free.set()
    assert alive == [None, None]


def test_an_interruption_at_any_line_waits_for_the_threads():
    # A trace function, as debuggers set it, raises at any line; CPython looks for signals at fewer places.
    counts, helped = {"begun": 0, "ended": 0, "cut": 0}, threading.Event()

    def slow(*_):
        if threading.current_thread() is threading.main_thread():
            helped.wait(timeout=0.01)
        else:
            counts["begun"] += 1
            helped.set()
            time.sleep(0.005)
            counts["ended"] += 1

    def trace(frame, event, _):
        if frame.f_code.co_filename != _threaded.__file__:
            return trace
        counts["line"] += event != "call"
        if counts["line"] == at and event == "line":
            counts["cut"] += 1
            raise KeyboardInterrupt
        return trace

    with np.errstate(divide="call", call=slow):
        for at in range(1, 120):
            counts["line"] = 0
            helped.clear()
            before = sys.gettrace()
            sys.settrace(trace)
            with contextlib.suppress(KeyboardInterrupt):
                threaded(np.log, np.zeros(512), workers=2)
            sys.settrace(before)
            assert counts["begun"] == counts["ended"], at
            assert np.geterrcall() is slow
    assert counts["cut"] > 50
    assert counts["ended"] > 0
    assert not _threaded._HERE.submitting


FINALISER = """
import gc
import numpy as np
from fastsig import _threaded, sigmoid, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 64
x = np.linspace(-5, 5, 1 << 10)
expected = sigmoid(x)


class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        assert np.array_equal(threaded(sigmoid, x, workers=2), expected)


for k in range(2000):
    gc.set_threshold(3 + k % 80, 2, 2)
    Cycle()
    assert np.array_equal(threaded(sigmoid, x, workers=2), expected)
print("done")
"""


def test_a_finaliser_that_comes_while_work_is_shared_may_call_it():
    assert run_script("-c", FINALISER) == "done\n"


FORKING = """
import os, threading, time
import numpy as np
from fastsig import _threaded, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 64
both, child = threading.Barrier(2), None


def fork(*_):
    global child
    if child is None:
        main = threading.current_thread() is threading.main_thread()
        both.wait(10)
        if main:
            child = os.fork()
        else:
            time.sleep(0.2)


try:
    with np.errstate(divide="call", call=fork):
        y = threaded(np.log, np.zeros(1 << 12), workers=2)
except RuntimeError as error:
    os._exit(7 if child == 0 and "forked" in str(error) else 1)
if child == 0:
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), np.all(np.isneginf(y)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_forked_within_a_call_is_told_that_its_parents_threads_left_work_undone():
    assert run_script("-c", FORKING) == "7 True\n"


SENT = """
import _thread, ctypes, sys, threading, time
import numpy as np
from fastsig import _threaded, sigmoid, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 1024, 1024  # elements for which NumPy lets go of the GIL
sys.setswitchinterval(1e-5)
x = np.linspace(-5, 5, 1 << 14)
expected, stop, caught, helpers = sigmoid(x), threading.Event(), 0, []


class Sent(BaseException):
    pass


class Pool:
    # Python's own threads and pools have locks of their own, which such an exception leaves held.
    def submit(self, function, *arguments):
        helpers.append(_thread.start_new_thread(function, arguments))


def send():
    while not stop.is_set():
        for helper in helpers[-4:]:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(helper), ctypes.py_object(Sent))
        time.sleep(1e-4)


_threaded._pool = lambda pid: Pool()
sys.unraisablehook = lambda _: None
threading.Thread(target=send, daemon=True).start()
end = time.monotonic() + 2
while time.monotonic() < end:
    try:
        assert np.array_equal(threaded(sigmoid, x, workers=2), expected)
    except Sent:
        caught += 1
stop.set()
print("caught" if caught else "never met")
"""


def test_an_exception_sent_to_a_helper_ends_the_call_and_no_more():
    assert run_script("-c", SENT) == "caught\n"


LIMITED = """
import resource, threading
import numpy as np
from fastsig import _threaded, sigmoid, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 32
_threaded.os.cpu_count = lambda: 64
x = np.linspace(-20, 20, 1 << 14)
expected = sigmoid(x)
threading.stack_size(256 << 20)
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (1100 << 20), resource.RLIM_INFINITY))  # room for four stacks


def call(at, out, wrong):
    for _ in range(50):
        out[:] = -1
        threaded(sigmoid, x, out=out, workers=64)
        if not np.array_equal(out, expected):
            wrong.append(at)


wrong, callers = [], []
for at in range(2):
    callers.append(threading.Thread(target=call, args=(at, np.empty_like(x), wrong)))
    callers[-1].start()
for caller in callers:
    caller.join()
try:
    for _ in range(64):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    print("no limit")
except RuntimeError:
    print(wrong, threading.active_count() < 8)
import os, sys
sys.stdout.flush()
os._exit(0)  # the daemons wait for ever
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="address space is limited as on Linux")
def test_results_are_whole_under_a_limit_of_threads():
    assert run_script("-c", LIMITED) == "[] True\n"


def test_calls_from_many_threads_all_end():
    x = numbers(1 << 12)
    expected = sigmoid(x)
    with ThreadPoolExecutor(8) as pool:
        for y in pool.map(lambda _: threaded(sigmoid, x, workers=4), range(100)):
            assert same_bits(y, expected)


def test_calls_within_the_threads_all_end():
    seen = []

    def again(*_):
        with np.errstate(divide="ignore"):
            seen.append(threaded(np.log, np.zeros(256), workers=4))

    with np.errstate(divide="call", call=again):
        threaded(np.log, np.zeros(1024), workers=4)
    assert len(seen) == 16
    assert all(np.all(y == -np.inf) for y in seen)


def test_docstring_tells_the_sizes(monkeypatch):
    monkeypatch.undo()
    assert f"fewer than {_threaded.LEAST} elements" in threaded.__doc__
    assert f"about {_threaded.PART} elements at the most" in threaded.__doc__


def test_importing_starts_no_thread():
    assert run_script("-c", "import threading, fastsig\nprint(threading.active_count())") == "1\n"


INTERRUPTED = """
import signal, threading, time
import numpy as np
from fastsig import _threaded, threaded
from scipy.special import smirnov

signal.signal(signal.SIGINT, signal.default_int_handler)  # shells have what runs in the background ignore Ctrl-C
_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 64
x, out = np.full(1_000_000, 0.3), np.zeros(1_000_000)
smirnov(500, x[:1])


def interrupt():
    while not out.any():
        time.sleep(0.01)
    signal.raise_signal(signal.SIGINT)


threading.Thread(target=interrupt).start()
begun = time.perf_counter()
try:
    threaded(smirnov, 500, x, out=out, workers=2)
except KeyboardInterrupt:
    took, left = time.perf_counter() - begun, np.count_nonzero(out)
    time.sleep(0.2)
    print(took < 10, 0 < left == np.count_nonzero(out) < out.size)
"""


def test_ctrl_c_ends_all_threads():
    # Ctrl-C comes once there are first results; all of them would take minutes.
    assert run_script("-c", INTERRUPTED) == "True True\n"


STORM = """
import concurrent.futures.thread, random, signal, threading, time
import numpy as np
from fastsig import _threaded, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 4096, 4096
x, out = np.full(1 << 15, 0.3), np.zeros(1 << 15)
FOREIGN = (threading.__file__, concurrent.futures.thread.__file__)


def strike(_, frame):
    # Up to four times, one soon after the other, wherever the call is once it has begun to share its work; but not in
    # the pool's own code, whose locks it could leave taken.
    global left
    left -= 1
    if left:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, took / 3))
    while frame is not None and frame.f_code is not _threaded._compute.__code__:
        frame = None if frame.f_code.co_filename in FOREIGN else frame.f_back
    if frame is not None:
        raise KeyboardInterrupt


signal.signal(signal.SIGALRM, strike)
random.seed(20190613)
threaded(np.sin, x, out=out, workers=2)
begun = time.monotonic()
threaded(np.sin, x, out=out, workers=2)
took = time.monotonic() - begun
written = cut = 0
end = time.monotonic() + 30  # enough for fewer on a slow machine
for _ in range(1500):
    if time.monotonic() > end:
        break
    left = 4
    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, took))
    while left:
        try:
            threaded(np.sin, x, out=out, workers=2)
        except KeyboardInterrupt:
            cut += 1
            out[:] = 7
            for _ in range(5):
                written += np.count_nonzero(out != 7)
print(cut > 0, written)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no such signals here")
def test_no_ctrl_c_however_often_ends_a_call_whose_threads_compute():
    assert run_script("-c", STORM) == "True 0\n"


FORKED = """
import sys
from multiprocessing import get_context
import numpy as np
from fastsig import _threaded, sigmoid, threaded

x = np.linspace(-20, 20, 1000)


def both_agree():
    _threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 32
    return np.array_equal(threaded(sigmoid, x, workers=3), sigmoid(x))


def child():
    sys.exit(0 if both_agree() and both_agree() else 1)


if __name__ == "__main__":
    assert both_agree()
    process = get_context(sys.argv[1]).Process(target=child)
    process.start()
    process.join(30)
    print(process.exitcode, both_agree())
"""


@pytest.mark.parametrize("method", [name for name in get_all_start_methods() if "loky" not in name])  # joblib's
def test_child_processes_have_threads_of_their_own(method, tmp_path):
    path = tmp_path / "forked.py"
    path.write_text(FORKED)
    assert run_script(str(path), method) == "0 True\n"


AT_EXIT = """
import atexit
import numpy as np
from fastsig import _threaded, sigmoid, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 32
x = np.linspace(-20, 20, 1000)
atexit.register(lambda: print(np.array_equal(threaded(sigmoid, x, workers=3), sigmoid(x))))
"""


@pytest.mark.parametrize("before", ["", "threaded(sigmoid, x, workers=3)\n"], ids=["first call", "later call"])
def test_calls_at_exit_give_results(before):
    assert run_script("-c", AT_EXIT + before) == "True\n"
