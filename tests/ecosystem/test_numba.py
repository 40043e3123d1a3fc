"""Functions that Numba compiles call the ufuncs by their names, and get the same bits."""

import environments
import numpy as np
import pytest
from catalog import FUNCTIONS, outputs, same_bits
from libraries import library
from processes import run_python
from samples import everywhere, unit

import fastsig

numba = library("numba")
njit = numba.njit

TYPES = (np.float64, np.float32)
X = np.linspace(-5, 5, 24).reshape(2, 3, 4)
READ_ONLY = X.copy()
READ_ONLY.flags.writeable = False
UNALIGNED = np.zeros(5, [("label", "i1"), ("score", "f8")])["score"]
UNALIGNED[:] = np.linspace(-5, 5, 5)


def arguments(name, dtype, n=1000):
    """Return n elements for each input of a function: of all numbers, and of 0 to 1 where it is a probability."""
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 40.0], dtype)
    x = np.resize(np.concatenate([special, everywhere(dtype, n)]), n)
    p = np.resize(unit(dtype, n), n)
    return (p,) if name == "logit" else (x, p)[: getattr(fastsig, name).nin]


def compiled_loop(ufunc):
    """Return a function that calls a ufunc for one number after the other, and takes arrays for its results."""
    if (ufunc.nin, ufunc.nout) == (1, 1):

        @njit
        def loop(x, y):
            for i in range(len(x)):
                y[i] = ufunc(x[i])

    elif (ufunc.nin, ufunc.nout) == (2, 1):

        @njit
        def loop(x1, x2, y):
            for i in range(len(x1)):
                y[i] = ufunc(x1[i], x2[i])

    elif (ufunc.nin, ufunc.nout) == (1, 2):

        @njit
        def loop(x, y1, y2):
            for i in range(len(x)):
                y1[i], y2[i] = ufunc(x[i])

    else:

        @njit
        def loop(x1, x2, y1, y2):
            for i in range(len(x1)):
                y1[i], y2[i] = ufunc(x1[i], x2[i])

    return loop


def assert_same(results, wanted):
    """Compare results with those of the ufunc: their number, types, shapes and bits."""
    results, wanted = outputs(results), outputs(wanted)
    assert len(results) == len(wanted)
    for result, right in zip(results, wanted, strict=True):
        assert (np.shape(result), np.asarray(result).dtype) == (right.shape, right.dtype)
        assert same_bits(np.asarray(result), np.asarray(right))


@pytest.mark.parametrize("tier", [fastsig, fastsig.fast], ids=["default", "fast"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_both_tiers_takes_numbers(name, tier):
    ufunc = getattr(tier, name)
    loop = compiled_loop(ufunc)
    for dtype in TYPES:
        inputs = arguments(name, dtype)
        results = tuple(np.empty_like(inputs[0]) for _ in range(ufunc.nout))
        loop(*inputs, *results)
        with np.errstate(all="ignore"):
            assert_same(results, ufunc(*inputs))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_takes_arrays(name):
    ufunc = getattr(fastsig, name)
    compiled = njit((lambda x: ufunc(x)) if ufunc.nin == 1 else (lambda x1, x2: ufunc(x1, x2)))
    for dtype in TYPES:
        inputs = arguments(name, dtype)
        with np.errstate(all="ignore"):
            assert_same(compiled(*inputs), ufunc(*inputs))


@njit
def sigmoid(x):
    return fastsig.sigmoid(x)


@njit
def derivatives(x, t):
    return fastsig.logistic_loss_gradient_hessian(x, t)


@pytest.mark.parametrize(
    "x",
    [
        X,
        X[::-1],
        X.T,
        X[:, ::2],
        X[0, 0],
        X[0, 0, ::-2],
        X.astype("f4")[:, :, 0],
        X[:0],
        np.arange(5),
        X > 0,
        READ_ONLY,
        UNALIGNED,
    ],
    ids=[
        "3d",
        "reversed",
        "Fortran",
        "gaps",
        "1d",
        "1d reversed",
        "float32",
        "empty",
        "integers",
        "bool",
        "read-only",
        "unaligned",
    ],
)
def test_arrays_have_any_layout_and_keep_their_shape(x):
    assert_same(sigmoid(x), fastsig.sigmoid(x))


def test_an_array_of_no_dimensions_gives_a_number():
    assert sigmoid(np.array(2.0)) == fastsig.sigmoid(2.0)


def test_integers_and_bool_are_computed_in_float64():
    assert [sigmoid(3), sigmoid(True), sigmoid(np.int8(3))] == [fastsig.sigmoid(x) for x in (3.0, 1.0, 3.0)]
    x, labels = X[0, 0].astype(np.float32), np.array([0, 1, 1, 0])
    assert_same(derivatives(x, labels), fastsig.logistic_loss_gradient_hessian(x, labels))


@pytest.mark.parametrize(
    ("x", "t"),
    [(X, 0.5), (0.5, X / 10 + 0.5), (X, np.array([0.0, 1.0, 0.5, 1.0])), (X[:, :1], X[:1] / 10 + 0.5)],
    ids=["array and number", "number and array", "row", "both"],
)
def test_two_inputs_are_broadcast(x, t):
    assert_same(derivatives(x, t), fastsig.logistic_loss_gradient_hessian(x, t))


def test_results_go_into_out_in_place_too():
    @njit
    def into(x, out):
        return fastsig.sigmoid(x, out)

    @njit
    def pair_into(x, value, slope):
        fastsig.sigmoid_with_derivative(x, out=(value, slope))

    out = np.empty_like(X)
    assert_same(into(X, out), fastsig.sigmoid(X))
    assert_same(out, fastsig.sigmoid(X))
    x = np.linspace(-5, 5, 2001)
    wanted = fastsig.sigmoid(x)
    into(x, x)
    assert_same(x, wanted)
    x, columns = np.linspace(-5, 5, 2001), np.zeros((2001, 2))
    pair_into(x, columns[:, 0], columns[:, 1])
    assert_same(tuple(columns.T), fastsig.sigmoid_with_derivative(x))
    with pytest.raises(ValueError, match=r"fastsig.sigmoid takes as `out` what has the shape of the result"):
        into(X, np.empty((1, 1, 1)))
    with pytest.raises(numba.TypingError, match=r"fastsig.sigmoid takes as `out` here an array of float64 in 3 dimen"):
        into(X, np.empty(3))
    with pytest.raises(numba.TypingError, match=r"fastsig.sigmoid takes no `out` for numbers"):
        into(1.0, out)


@pytest.mark.parametrize("x", [1j, "a", X.astype("f2")], ids=["complex", "text", "float16"])
def test_other_types_are_refused_in_one_sentence(x):
    with pytest.raises(numba.TypingError, match=r"fastsig.sigmoid takes numbers and arrays of float32, float64, integ"):
        sigmoid(x)


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="shape mismatch"):
        derivatives(X, np.ones(3))


def test_vectorize_makes_ufuncs_of_them():
    @numba.vectorize(["float32(float32, float32)", "float64(float64, float64)"])
    def relative_gradient(x, t):
        gradient, _ = fastsig.logistic_loss_gradient_hessian(x, t)
        return gradient * x

    for dtype in TYPES:
        x, t = arguments("logistic_loss", dtype)
        with np.errstate(all="ignore"):
            assert_same(relative_gradient(x, t), fastsig.logistic_loss_gradient_hessian(x, t)[0] * x)


def test_guvectorize_makes_generalized_ufuncs_of_them():
    @numba.guvectorize(["(float64[:], float64[:])"], "(n)->(n)")
    def rows(x, out):
        fastsig.sigmoid(x, out)

    assert_same(rows(X), fastsig.sigmoid(X))


def test_loops_run_in_parallel_and_under_fastmath():
    @njit(parallel=True, fastmath=True)
    def numbers(x, t, out):
        for i in numba.prange(len(x)):
            out[i] = fastsig.logistic_loss(x[i], t[i])

    @njit(parallel=True)
    def rows(x, out):
        for i in numba.prange(len(x)):
            out[i] = fastsig.sigmoid(x[i])

    x, t = arguments("logistic_loss", np.float64, 10**5)
    out = np.empty_like(x)
    numbers(x, t, out)
    with np.errstate(all="ignore"):
        assert_same(out, fastsig.logistic_loss(x, t))
    out = np.empty((100, 1000))
    rows(x.reshape(out.shape), out)
    assert_same(out.ravel(), fastsig.sigmoid(x))


@pytest.mark.skipif(not environments.SUPPORTED, reason="the environment is set by glibc")
@pytest.mark.parametrize("state", ["subnormals flushed", "upward"])
def test_the_environment_of_the_caller_changes_no_bit(state):
    (x,) = arguments("sigmoid", np.float64)
    wanted = fastsig.sigmoid(x)
    sigmoid(x)
    with environments.environment(state):
        results = sigmoid(x)
    assert_same(results, wanted)


CACHED = """
import numba
import numpy as np
import fastsig

@numba.njit(cache=True)
def both_tiers(x, out):
    for i in range(len(x)):
        out[i] = fastsig.fast.sigmoid(x[i])
    return fastsig.logistic_loss_gradient_hessian(x, 0.3)

x = np.linspace(-800, 800, 4001)
out = np.empty_like(x)
pair = both_tiers(x, out)
assert out.tobytes() == fastsig.fast.sigmoid(x).tobytes()
assert [y.tobytes() for y in pair] == [y.tobytes() for y in fastsig.logistic_loss_gradient_hessian(x, 0.3)]
print(sum(both_tiers.stats.cache_hits.values()), sum(both_tiers.stats.cache_misses.values()))
"""


def test_another_process_takes_what_was_compiled_from_the_cache(tmp_path):
    """There the driver has another address, and with other kernels so has the data."""
    (tmp_path / "cached.py").write_text(CACHED, "utf-8")
    for isa, counted in [(None, "0 1"), (None, "1 0"), ("baseline", "1 0")]:
        variables = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "FASTSIG_ISA": isa}
        done = run_python(tmp_path / "cached.py", environment=variables, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == counted


def test_fastsig_imports_nothing_of_numba():
    code = "import sys, fastsig.fast; print({'numba', 'llvmlite', 'fastsig._numba'} & set(sys.modules))"
    done = run_python("-c", code, text=True)
    assert done.stdout == "set()\n", done.stderr
