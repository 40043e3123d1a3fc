"""Cython calls each function without the GIL, for numbers and for arrays, and gets the bits of the ufunc."""

import ctypes
import importlib
import re
import shutil
import sys
from pathlib import Path

import builds
import environments
import numpy as np
import pytest
from catalog import FUNCTIONS, outputs, same_bits
from processes import run_python
from samples import everywhere, unit

import fastsig
from fastsig import cython_api

EXAMPLE = Path(__file__).with_name("cython_example")
PAGE = Path(__file__).parents[2] / "docs" / "cython.md"
TYPES = {"f64": ("double", ctypes.c_double, np.float64), "f32": ("float", ctypes.c_float, np.float32)}
LENGTHS = (0, 1, 7, 959, 960, 961, 10**5)
EACH = [(name, of_type) for name in FUNCTIONS for of_type in TYPES]

CAPSULE_NAME = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
CAPSULE_POINTER = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def signatures():
    """Return what cython_api is to export, a C signature by name, as Cython writes it."""
    all_of_them = {}
    for name, (of_type, (number, *_)) in ((name, item) for name in FUNCTIONS for item in TYPES.items()):
        nin, nout = getattr(fastsig, name).nin, getattr(fastsig, name).nout
        ones = [number] * nin + ([f"{number} *"] * nout if nout > 1 else [])
        arrays = [f"{number} const *"] * nin + [f"{number} *"] * nout + ["Py_ssize_t"]
        all_of_them[f"{name}_{of_type}"] = f"{'void' if nout > 1 else number} ({', '.join(ones)})"
        all_of_them[f"{name}_array_{of_type}"] = f"void ({', '.join(arrays)})"
    return all_of_them


def function(name, restype, argtypes):
    """Return a function of cython_api that ctypes calls, without the GIL."""
    assert name in cython_api.__pyx_capi__, f"fastsig/cython_api.pyx lacks {name}"
    capsule = cython_api.__pyx_capi__[name]
    return ctypes.CFUNCTYPE(restype, *argtypes)(CAPSULE_POINTER(capsule, CAPSULE_NAME(capsule)))


def of_arrays(name, of_type):
    """Return a function that takes the inputs as arrays and returns the results of NAME_array_f64 or f32 as arrays."""
    ufunc = getattr(fastsig, name)
    call = function(f"{name}_array_{of_type}", None, [ctypes.c_void_p] * ufunc.nargs + [ctypes.c_ssize_t])

    def compute(*inputs):
        results = tuple(np.empty_like(inputs[0]) for _ in range(ufunc.nout))
        call(*(a.ctypes.data for a in inputs + results), len(inputs[0]))
        return results

    return compute


def arguments(name, of_type, n):
    """Return n elements for each input: of all numbers, and of 0 to 1 where it is a probability."""
    dtype = TYPES[of_type][2]
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 40.0], dtype)
    x = np.resize(np.concatenate([special, everywhere(dtype, 5000)]), n)
    p = np.resize(np.concatenate([unit(dtype, 2500), special]), n)
    return (p,) if name == "logit" else (x, p)[: getattr(fastsig, name).nin]


def expected(name, inputs):
    """Return the results of the ufunc, as a tuple."""
    with np.errstate(all="ignore"):
        return outputs(getattr(fastsig, name)(*inputs))


def test_names_and_signatures_are_those_of_the_table():
    there = {name: CAPSULE_NAME(capsule).decode() for name, capsule in cython_api.__pyx_capi__.items()}
    wanted = signatures()
    missing = [f"{signature.replace('(', name + '(', 1)}" for name, signature in wanted.items() if name not in there]
    assert not missing, f"fastsig/cython_api.pyx lacks {'; '.join(missing)}"
    assert not set(there) - set(wanted), "fastsig/cython_api.pyx has functions that are no ufuncs"
    assert there == wanted, "a signature in fastsig/cython_api.pxd is not that of the ufunc"


def test_the_declarations_are_installed_beside_the_module():
    declared = re.findall(r"^cdef \w+ (\w+)\(", Path(cython_api.__file__).with_name("cython_api.pxd").read_text(), re.M)
    assert sorted(declared) == sorted(cython_api.__pyx_capi__)


@pytest.mark.parametrize(("name", "of_type"), EACH)
def test_a_call_for_one_number_gives_the_bits_of_the_ufunc(name, of_type):
    _, number, dtype = TYPES[of_type]
    ufunc = getattr(fastsig, name)
    inputs = arguments(name, of_type, 1500)
    results = np.empty((len(inputs[0]), ufunc.nout), dtype)
    if ufunc.nout == 1:
        call = function(f"{name}_{of_type}", number, [number] * ufunc.nin)
        results[:, 0] = [call(*ones) for ones in zip(*(a.tolist() for a in inputs), strict=True)]
    else:
        call = function(f"{name}_{of_type}", None, [number] * ufunc.nin + [ctypes.c_void_p] * ufunc.nout)
        for i, ones in enumerate(zip(*(a.tolist() for a in inputs), strict=True)):
            call(*ones, *(results[i, j:].ctypes.data for j in range(ufunc.nout)))
    assert all(map(same_bits, results.T, expected(name, inputs)))


@pytest.mark.parametrize(("name", "of_type"), EACH)
def test_arrays_of_any_length_give_the_bits_of_the_ufunc(name, of_type):
    compute = of_arrays(name, of_type)
    for n in LENGTHS:
        inputs = arguments(name, of_type, n)
        assert all(map(same_bits, compute(*inputs), expected(name, inputs))), n


@pytest.mark.parametrize(("name", "of_type"), EACH)
def test_arrays_may_lie_at_any_address_and_be_computed_in_place(name, of_type):
    _, _, dtype = TYPES[of_type]
    ufunc = getattr(fastsig, name)
    n = 2000
    inputs = arguments(name, of_type, n)
    size = n * inputs[0].itemsize
    operands = [np.zeros(size + 1, np.uint8)[1:] for _ in range(ufunc.nargs)]
    for operand, values in zip(operands, inputs, strict=False):
        operand[:] = values.view(np.uint8)
    call = function(f"{name}_array_{of_type}", None, [ctypes.c_void_p] * ufunc.nargs + [ctypes.c_ssize_t])
    call(*(operand.ctypes.data for operand in operands), n)
    wanted = expected(name, inputs)
    found = [operand.copy().view(dtype) for operand in operands[ufunc.nin :]]
    assert all(map(same_bits, found, wanted))
    operands[ufunc.nin] = operands[0]
    call(*(operand.ctypes.data for operand in operands), n)
    assert same_bits(operands[0].copy().view(dtype), wanted[0])


def test_nothing_is_read_or_written_where_there_are_no_elements():
    for n in (0, -1):
        function("sigmoid_array_f64", None, [ctypes.c_void_p] * 2 + [ctypes.c_ssize_t])(None, None, n)


@pytest.mark.skipif(not environments.SUPPORTED, reason="the environment is set by glibc")
@pytest.mark.parametrize("state", environments.CHANGES)
def test_the_environment_of_the_caller_changes_no_bit(state):
    for name, of_type in EACH:
        inputs = arguments(name, of_type, 1000)
        wanted = expected(name, inputs)
        compute = of_arrays(name, of_type)
        with environments.environment(state):
            results = compute(*inputs)
        assert all(map(same_bits, results, wanted)), f"{name}_array_{of_type}"


@pytest.mark.skipif(not environments.SUPPORTED, reason="flags are read by glibc")
def test_flags_are_those_that_the_mathematics_calls_for():
    every, invalid, divide = (0x3D, 1, 4) if environments.MACHINE == "x86_64" else (0x1F, 1, 2)
    logit = function("logit_f64", ctypes.c_double, [ctypes.c_double])
    sigmoid = function("sigmoid_f64", ctypes.c_double, [ctypes.c_double])
    for call, x, flags in [(logit, 0.0, divide), (logit, 2.0, invalid), (logit, 0.3, 0), (sigmoid, -750.0, 0)]:
        environments.LIBM.feclearexcept(every)
        call(x)
        assert environments.LIBM.fetestexcept(every) == flags
    environments.LIBM.feclearexcept(every)


def test_it_is_imported_by_those_alone_who_ask_for_it():
    done = run_python("-c", "import sys, fastsig; print('fastsig.cython_api' in sys.modules)", text=True)
    assert done.stdout == "False\n", done.stderr


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Return the module of the example package, built from a copy."""
    if not builds.is_gcc():
        pytest.skip("the example takes GCC, with OpenMP")
    folder = Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("example") / "scores"))
    done = builds.setup(folder, "build_ext", "--inplace")
    assert done.returncode == 0, done.stdout
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("scores")
    finally:
        sys.path.remove(str(folder))


def assert_example_has_the_bits_of_the_ufuncs(scores):
    x, t = arguments("logistic_loss", "f64", 10**5)
    out, wanted = np.empty_like(x), fastsig.sigmoid(x)
    scores.probabilities(x, out)
    assert same_bits(out, wanted)
    out[:] = 0
    scores.probabilities(x[::-1], out[::-1])
    assert same_bits(out, wanted)
    (narrow,) = arguments("sigmoid", "f32", 10**5)
    out = np.empty((100, 1000), np.float32)
    scores.probabilities_by_row(narrow.reshape(100, 1000), out)
    assert same_bits(out.ravel(), fastsig.sigmoid(narrow))
    gradient, hessian = np.empty_like(x), np.empty_like(x)
    scores.derivatives(x, t, gradient, hessian)
    wanted = expected("logistic_loss_gradient_hessian", (x, t))
    assert all(map(same_bits, (gradient, hessian), wanted))


def test_an_example_package_with_prange_gives_the_bits_of_the_ufuncs(scores):
    assert_example_has_the_bits_of_the_ufuncs(scores)


@pytest.mark.skipif(not environments.SUPPORTED, reason="the environment is set by glibc")
def test_an_example_package_that_flushes_subnormals_gives_them(scores):
    with environments.environment("subnormals flushed"):
        assert_example_has_the_bits_of_the_ufuncs(scores)


def test_the_page_shows_the_example_as_it_is():
    page = PAGE.read_text("utf-8")
    for name in ("setup.py", "scores.pyx", "pyproject.toml"):
        assert (EXAMPLE / name).read_text("utf-8").strip() in page, f"docs/cython.md has another {name}"
