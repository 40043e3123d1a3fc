"""fastsig.threaded with other libraries: functions of numba.vectorize, and what pandas has."""

import threading
import warnings

import numpy as np
import pytest
from libraries import library
from processes import run_python

from fastsig import _threaded, sigmoid, sigmoid_with_derivative, threaded

N = 2000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Have small arrays cut too."""
    monkeypatch.setattr(_threaded, "LEAST", 2)
    monkeypatch.setattr(_threaded, "PART", 64)
    monkeypatch.setattr(_threaded, "BLOCK", 32)


@pytest.fixture
def parts(monkeypatch):
    """Return a list in which the sizes of what is computed in parts are noted."""
    sizes, compute = [], _threaded._compute

    def note(ufunc, reads, writes, *rest):
        sizes.append(writes[0].size)
        compute(ufunc, reads, writes, *rest)

    monkeypatch.setattr(_threaded, "_compute", note)
    return sizes


def numbers(*shape, dtype=np.float64, seed=1):
    """Return positive and negative numbers."""
    return np.random.default_rng(seed).normal(scale=8, size=shape).astype(dtype)


# ---------------------------------------------------------------------------------------------------------------
# Numba
# ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[(), (["float32(float32)", "float64(float64)"],)], ids=["when called", "at once"])
def logistic(request):
    """Return a function of numba.vectorize, compiled when it is called or at once."""

    def logistic(x):
        return 1 / (1 + np.exp(-x))

    return library("numba").vectorize(*request.param)(logistic)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_functions_of_vectorize_are_split_with_the_bits_of_one_call(logistic, parts, dtype):
    x = (numbers(N)).astype(dtype)
    ours = threaded(logistic, x, workers=3)
    expected = logistic(x)
    assert parts == [N]
    assert ours.dtype == expected.dtype
    assert ours.tobytes() == expected.tobytes()
    out = np.empty_like(expected)
    assert threaded(logistic, x, out=out, workers=3) is out
    assert out.tobytes() == expected.tobytes()


def test_functions_of_vectorize_take_two_inputs_and_scalars(parts):
    @library("numba").vectorize
    def mix(x, y):
        return 3 * x - y

    x = numbers(N, dtype=np.float32)
    for inputs in ((x, x[::-1]), (x, 2.5), (x, np.float32(2.5)), (3, x)):
        ours, expected = threaded(mix, *inputs, workers=2), mix(*inputs)
        assert ours.dtype == expected.dtype
        assert ours.tobytes() == expected.tobytes()
    assert parts == [N] * 4
    assert threaded(mix, 1.0, 2.0) == 1


def test_functions_of_vectorize_that_numba_runs_on_threads_itself_are_ufuncs(parts):
    cube = library("numba").vectorize(["float64(float64)"], target="parallel")(lambda x: x * x * x)
    x = numbers(N)
    assert threaded(cube, x, workers=2).tobytes() == cube(x).tobytes()
    assert parts == [N]


def test_functions_of_vectorize_take_a_series(logistic, parts):
    pd = library("pandas")
    x = pd.Series(numbers(N), name="x")
    pd.testing.assert_series_equal(threaded(logistic, x, workers=2), logistic(x))
    assert parts == [N]


def test_functions_of_guvectorize_are_refused():
    guvectorize = library("numba").guvectorize

    def copy(x, y):
        y[:] = x

    for made in (guvectorize("(n)->(n)")(copy), guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")(copy)):
        with pytest.raises(TypeError, match=r"copy is generalised, with signature \(n\)->\(n\)"):
            threaded(made, np.ones(3))


# ---------------------------------------------------------------------------------------------------------------
# pandas
# ---------------------------------------------------------------------------------------------------------------


def series(**kwargs):
    """Return a Series with all that one may have."""
    x = library("pandas").Series(numbers(N), **{"index": np.arange(N)[::-1], "name": "score", **kwargs})
    x.attrs["source"] = "here"
    return x


def frame():
    """Return a DataFrame of two types."""
    pd = library("pandas")
    x = pd.DataFrame(numbers(N, 3), columns=["a", "b", "c"], index=pd.RangeIndex(5, N + 5, name="row"))
    x["d"] = numbers(N, dtype=np.float32)
    x.attrs["source"] = "here"
    return x


def check(ufunc, *inputs, workers=2):
    """Check against one call; return both results."""
    pd = library("pandas")
    with np.errstate(all="ignore"):
        ours, expected = threaded(ufunc, *inputs, workers=workers), ufunc(*inputs)
    assert type(ours) is type(expected)
    for y, z in zip(*((r if isinstance(r, tuple) else (r,)) for r in (ours, expected)), strict=True):
        assert type(y) is type(z)
        same = {pd.Series: pd.testing.assert_series_equal, pd.DataFrame: pd.testing.assert_frame_equal}
        same.get(type(y), np.testing.assert_array_equal)(y, z, **({"check_exact": True} if type(y) in same else {}))
        assert getattr(y, "attrs", None) == getattr(z, "attrs", None)
    return ours, expected


@pytest.mark.parametrize("ufunc", [sigmoid, sigmoid_with_derivative, np.log, np.isfinite, np.frexp])
def test_a_series_is_split_and_labelled_as_in_one_call(ufunc, parts):
    ours, _ = check(ufunc, series())
    assert parts == [N]
    first = ours[0] if isinstance(ours, tuple) else ours
    assert first.name == "score"
    assert first.attrs == {"source": "here"}
    assert first.index[0] == N - 1


def test_a_frame_is_split_by_its_blocks_and_labelled_as_in_one_call(parts):
    ours, _ = check(sigmoid, frame())
    assert sorted(parts) == [N, 3 * N]
    assert [t.name for t in ours.dtypes] == ["float64"] * 3 + ["float32"]
    check(sigmoid_with_derivative, frame())


def test_pandas_aligns_two_inputs(parts):
    a, b = series(), series(index=np.arange(N) + 10, name="other")
    check(np.hypot, a, b)
    assert parts == [N + 10]
    check(np.hypot, a, a)
    check(np.hypot, a, numbers(N, seed=2))
    check(np.hypot, 2.5, a)
    check(np.hypot, frame(), frame().iloc[::-1])
    assert len(parts) == 5


def test_operators_of_pandas_take_the_place_of_arithmetic():
    check(np.add, series(), series(index=np.arange(N) + 10))
    check(np.divmod, frame(), 3.0)


@pytest.mark.parametrize(
    ("kwargs", "split"),
    [
        ({"dtype": "float32"}, True),
        ({"dtype": "int64"}, True),
        ({"dtype": "Float64"}, False),
        ({"dtype": "float64[pyarrow]"}, False),
        ({"dtype": "Sparse[float64]"}, False),
    ],
    ids=lambda value: value.get("dtype") if isinstance(value, dict) else "",
)
def test_extension_types_take_one_call(parts, kwargs, split):
    if "pyarrow" in kwargs["dtype"]:
        library("pyarrow")
    check(sigmoid, series().round().astype(kwargs["dtype"]))
    assert (parts == [N]) is split


@pytest.mark.parametrize("of", ["inputs", "out", "both"])
def test_out_may_be_of_pandas(parts, of):
    pd = library("pandas")
    x = series() if of != "out" else numbers(N)
    ours, theirs = (np.zeros(N) if of == "inputs" else pd.Series(np.zeros(N), name="y") for _ in range(2))
    threaded(sigmoid, x, out=ours, workers=2)
    sigmoid(x, out=theirs)
    assert parts == [N]
    assert type(ours) is type(theirs)
    assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes() == sigmoid(np.asarray(x)).tobytes()


def test_one_worker_and_few_elements_take_one_call(parts, monkeypatch):
    check(sigmoid, series(), workers=1)
    monkeypatch.setattr(_threaded, "LEAST", N + 1)
    check(sigmoid, series())
    assert not parts


@pytest.mark.parametrize(
    "inputs",
    [
        lambda: (series(), series().to_frame()),
        lambda: (frame(), np.ones(N)),
        lambda: (series(dtype=object).map(lambda _: "text"), 1.0),
    ],
)
def test_errors_are_those_of_pandas(inputs):
    inputs = inputs()
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        np.hypot(*inputs)
    with pytest.raises(theirs.type) as ours:
        threaded(np.hypot, *inputs, workers=2)
    assert str(ours.value) == str(theirs.value)


def test_logical_ufuncs_of_dates_are_refused_as_by_pandas():
    dates = library("pandas").Series(np.arange(N).astype("M8[s]"))
    with pytest.raises(TypeError) as theirs:
        np.logical_not(dates)
    with pytest.raises(TypeError) as ours:
        threaded(np.logical_not, dates, workers=2)
    assert str(ours.value) == str(theirs.value)


def test_others_that_override_ufuncs_are_asked_as_in_one_call():
    class Loud:
        def __array_ufunc__(self, ufunc, *_, **kwargs):
            return ufunc, kwargs

    assert threaded(np.hypot, series(), Loud(), workers=2) == (np.hypot, {})


def test_a_warning_of_pandas_points_to_the_callers_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threaded(np.log, series(), workers=2)
        np.log(numbers(N))
    ours, expected = caught
    assert (ours.filename, ours.lineno, str(ours.message)) == (__file__, expected.lineno - 1, str(expected.message))


def test_threads_compute_a_series_at_the_same_time():
    both = threading.Barrier(2)
    with np.errstate(divide="call", call=lambda *_: both.wait(timeout=20)):
        threaded(np.log, library("pandas").Series(np.zeros(128)), workers=2)


def test_pandas_is_not_imported():
    code = "import fastsig, numpy, sys; fastsig.threaded(numpy.exp, numpy.ones(9)); print('pandas' in sys.modules)"
    done = run_python("-c", code, text=True, check=False, environment={"FASTSIG_NUM_THREADS": "2"})
    assert done.stdout == "False\n", done.stderr
