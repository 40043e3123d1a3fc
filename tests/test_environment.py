"""Nobody's floating-point environment changes a result: not flush-to-zero, not a rounding mode, not a trap."""

import os
import sys
import threading
from pathlib import Path

import environments
import numpy as np
import pytest
from catalog import FAST, FAST_UFUNCS, FUNCTIONS, ISAS, TYPES, UFUNCS, outputs, same_bits
from processes import run_python
from samples import inputs

from fastsig import _threaded, logit, sigmoid, threaded

if not environments.SUPPORTED:
    pytest.skip("the layout of fenv_t is known for glibc on x86-64 and AArch64", allow_module_level=True)

TIERS = [(table, name) for table, names in ((UFUNCS, FUNCTIONS), (FAST_UFUNCS, FAST)) for name in names]


def label(value):
    """Return the name of a tier's function for the name of a test."""
    return f"{'fast.' if value[0] is FAST_UFUNCS else ''}{value[1]}" if isinstance(value, tuple) else None


def operands(name, dtype):
    """Return inputs of a function, subnormal ones, tails, ends and NaN among them."""
    info = np.finfo(dtype)
    tiny = np.arange(1, 9).astype(dtype) * info.smallest_subnormal
    ends = np.array([0, -0.0, 1, np.nan, np.inf, -np.inf, info.max, info.smallest_normal], dtype)
    return [np.concatenate([a, tiny, -tiny, ends]) for a in inputs(name, dtype, 3000)]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("tier", TIERS, ids=label)
def test_results_have_the_same_bits_in_every_environment(tier, dtype, isa):
    table, name = tier
    ufunc = table[isa][name]
    x = operands(name, dtype)
    with np.errstate(all="ignore"):
        expected = outputs(ufunc(*x))
        for state in environments.STATES:
            whole, staged = ([np.zeros_like(x[0]) for _ in expected] for _ in range(2))
            with environments.environment(state):
                ufunc(*x, out=tuple(whole))
                ufunc(*(a[::-1] for a in x), out=tuple(y[::-1] for y in staged))
            for y, z, e in zip(whole, staged, expected, strict=True):
                assert same_bits(y, e), state
                assert same_bits(z, e), state


@pytest.mark.parametrize("state", environments.STATES)
@pytest.mark.parametrize("dtype", TYPES)
def test_the_callers_environment_is_put_back(dtype, state):
    x = np.linspace(-1, 2, 1000).astype(dtype)
    out = np.empty_like(x)
    with np.errstate(all="ignore"), environments.environment(state):
        before = environments.control()
        sigmoid(x, out=out)
        logit(x, out=out)  # which has exceptions to report
        after = environments.control()
    assert before == after
    assert before != environments.control()


@pytest.mark.parametrize("state", environments.STATES)
@pytest.mark.parametrize("dtype", TYPES)
def test_exceptions_of_the_mathematics_are_reported_in_every_environment(dtype, state):
    for p, message in ((0.0, "divide by zero"), (2.0, "invalid value")):
        x = np.array([p], dtype)
        with environments.environment(state), np.errstate(all="raise"), pytest.raises(FloatingPointError) as caught:
            logit(x)
        assert message in str(caught.value)


def test_python_numbers_too():
    with environments.environment("subnormals flushed"):
        y, z = sigmoid(-720.0), logit(1e-310)
    assert y == 2.0322308024e-313
    assert z == -713.8013788281542


# ---------------------------------------------------------------------------------------------------------------
# Traps
# ---------------------------------------------------------------------------------------------------------------

TRAPPED = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import environments
from catalog import FAST_UFUNCS, UFUNCS
from fastsig import logit
calls = []
for table in (UFUNCS, FAST_UFUNCS):
    for ufuncs in table.values():
        for ufunc in ufuncs.values():
            for dtype in ("f2", "f4", "f8", "g"):
                x = np.array([np.nan, 0.5, 0.25, np.nan, 1e-3] + [0.75] * 500, dtype)
                if ufunc.__name__ not in ("logit", "sigmoid_backward") and "loss" not in ufunc.__name__:
                    x[:5] = [-np.inf, np.nan, np.finfo(dtype).min, np.finfo(dtype).tiny, np.finfo(dtype).max]
                calls.append((ufunc, [x] * ufunc.nin, tuple(np.empty_like(x) for _ in range(ufunc.nout))))
for ufunc, inputs, out in calls:
    ufunc(*inputs, out=out)
    for y in out:
        y[:] = 7
signalling = np.array([0x7FF0000000000001], np.uint64).view(np.float64)
reported = [
    (np.array([0.5, p], dtype), np.empty(2, dtype)) for dtype in ("f2", "f4", "f8", "g") for p in (2, 0)
]
warned = []
old = np.seterr(all="call")
np.seterrcall(lambda kind, flag: warned.append(kind))
environments.trap()
for ufunc, inputs, out in calls:
    ufunc(*inputs, out=out)
for ufunc in UFUNCS[next(iter(UFUNCS))].values():
    ufunc(*[signalling] * ufunc.nin)
silent = list(warned)
for p, y in reported:
    logit(p, out=y)
print("alive", silent, warned)
sys.stdout.flush()
import os
os._exit(0)  # what Python computes at its end may trap
"""


def test_traps_kill_nothing_and_numpy_still_reports():
    done = run_python("-c", TRAPPED, str(Path(__file__).parent), text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"alive [] {['invalid value', 'divide by zero'] * 4}\n"


# ---------------------------------------------------------------------------------------------------------------
# The threads of `threaded`
# ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch):
    """Have small arrays cut too."""
    monkeypatch.setattr(_threaded, "LEAST", 2)
    monkeypatch.setattr(_threaded, "PART", 64)
    monkeypatch.setattr(_threaded, "BLOCK", 32)


def divided_by_two_threads(numerator, denominator, state):
    """Return the quotients that two threads compute together, and those of one call, in an environment.

    Every part holds a denominator of 0, at which NumPy calls back: the first to do so waits for the other.
    """
    both, seen = threading.Barrier(2), set()

    def call(*_):
        if (me := threading.get_ident()) not in seen:
            seen.add(me)
            both.wait(timeout=20)

    split, one = np.zeros_like(numerator), np.zeros_like(numerator)
    with np.errstate(all="ignore", divide="call", call=call), environments.environment(state):
        threaded(np.divide, numerator, denominator, out=split, workers=2)
    with np.errstate(all="ignore"), environments.environment(state):
        np.divide(numerator, denominator, out=one)
    return split, one


@pytest.fixture
def fractions():
    """Return numerators and denominators: every 16th of these is 0; other quotients are subnormal, 1/3 and 5/3."""
    numerator, denominator = np.resize([2.0**-1060, 1, 5], 1024), np.full(1024, 3.0)
    denominator[::16] = 0
    return numerator, denominator


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("state", environments.STATES)
def test_threads_compute_in_the_callers_environment(fractions, state):
    # NumPy's own functions give other bits in most of these states, and threads have to give those of one call.
    split, one = divided_by_two_threads(*fractions, state)
    assert same_bits(split, one)
    with np.errstate(all="ignore"):
        assert same_bits(one, np.divide(*fractions)) == (state == "x87 in single precision")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("state", environments.STATES)
def test_fastsig_computes_the_same_on_threads_too(state):
    x = np.concatenate([np.linspace(-750, 750, 1 << 16), np.arange(96) * 5e-324])
    out, expected = np.zeros_like(x), sigmoid(x)
    with environments.environment(state):
        threaded(sigmoid, x, out=out, workers=3)
    assert same_bits(out, expected)


@pytest.mark.usefixtures("small_parts")
def test_threads_get_their_own_environment_back(fractions):
    _threaded._pool.cache_clear()
    threads = _threaded._pool(os.getpid())
    all_there = threading.Barrier(os.cpu_count())
    list(threads.map(lambda _: all_there.wait(20), range(os.cpu_count())))  # threads inherit the present environment
    divided_by_two_threads(*fractions, "upward")
    found = [future.result() for future in [threads.submit(environments.control) for _ in range(8)]]
    assert found == [environments.control()] * 8


def test_the_environments_are_what_their_names_say():
    one, tiny = np.ones(1), np.array([2.0**-1070])
    third, zero = np.array([1.0]), np.array([0.0])
    nearest = np.divide(one, 3.0)[0]
    found = {}
    for state in environments.STATES:
        with environments.environment(state):
            np.divide(one, 3.0, out=third)
            np.multiply(tiny, 2.0, out=zero)
        found[state] = (third[0] - nearest, zero[0])
    assert found["upward"][0] > 0
    assert found["downward"][0] == found["towards zero"][0] == 0
    assert found["subnormals flushed"][1] == 0
    assert found["upward"][1] == 2.0**-1069
    assert sys.float_info.rounds == 1
