"""Threads that share inputs, Python without a GIL, and subinterpreters."""

import pkgutil
import sys
import sysconfig
import threading

import numpy as np
import pytest
from catalog import FUNCTIONS, TYPES, outputs, same_bits
from processes import run_python

import fastsig

THREADS = 8
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def in_threads(compute, n=THREADS):
    """Return what so many threads computed that began at once."""
    begin, results = threading.Barrier(n), [None] * n

    def work(i):
        begin.wait()
        results[i] = compute()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.skipif(not FREE_THREADED, reason="this Python has a GIL")
def test_no_import_switches_the_gil_on():
    modules = [module.name for module in pkgutil.iter_modules(fastsig.__path__, "fastsig.")]
    compiled = [f"fastsig.kernels.{isa.name}" for isa in fastsig._dispatch.available()]
    wanted = [name for name in modules if name not in ("fastsig.__main__", "fastsig._numba")] + compiled
    done = run_python(
        *("-X", "gil=1") if sys.flags.gil == 1 else (),
        "-W",
        "error",
        "-c",
        f"""import sys, importlib
before = sys._is_gil_enabled()
for name in {wanted}:
    importlib.import_module(name)
    assert sys._is_gil_enabled() == before, name""",
        environment={"PYTHON_GIL": None},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_threads_that_share_inputs_get_the_bits_of_one(ufuncs, name, dtype):
    ufunc, rng = ufuncs[name], np.random.default_rng(12)
    x, t = rng.normal(0, 8, 4001).astype(dtype), rng.random(4001).astype(dtype)
    inputs = (t,) if name == "logit" else (x, t)[: ufunc.nin]
    alone = outputs(ufunc(*inputs))
    views = [view[::-2] for view in inputs]
    for results in in_threads(lambda: (outputs(ufunc(*inputs)), outputs(ufunc(*views)))):
        for y, strided, right in zip(*results, alone, strict=True):
            assert same_bits(y, right)
            assert same_bits(strided, right[::-2])


def test_threads_that_write_into_parts_of_one_array_get_the_bits_of_one(ufuncs):
    x = np.random.default_rng(13).normal(0, 8, 8 * 1001)
    y, parts = np.empty_like(x), iter(range(THREADS))
    in_threads(lambda: [ufuncs["sigmoid"](x[i::THREADS], out=y[i::THREADS]) for i in [next(parts)]])
    assert same_bits(y, ufuncs["sigmoid"](x))


def test_the_first_calls_of_a_process_may_be_of_several_threads():
    # NumPy looks for the loop of each type, and asks fastsig's promoters, at the first call that meets the type.
    done = run_python(
        "-c",
        f"""import threading, numpy as np, fastsig
of_two = fastsig.logistic_loss, fastsig.logistic_loss_gradient_hessian, fastsig.sigmoid_backward
of_one = fastsig.sigmoid, fastsig.silu, fastsig.softplus
types, seen = (bool, "i1", "u8", "e", "f", "d", "g"), []
begin = threading.Barrier({THREADS})
def work(k):
    begin.wait()
    for i in range(len(types)):
        x = np.zeros(3, types[(i + k) % len(types)])
        for f in of_one: seen.append(f(x).dtype == (x.dtype if x.dtype.kind == "f" else "d"))
        for f in of_two: seen.append(f(x, np.ones(3, bool)) is not None)
        seen.append(f(x, 1) is not None)
threads = [threading.Thread(target=work, args=(k,)) for k in range({THREADS})]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(seen) == {THREADS} * 7 * 7 and all(seen), seen""",
    )
    assert done.returncode == 0, done.stderr


IN_A_SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def answer(module):
    told = interpreters.create(*isolation)
    interpreters.run_string(told, f'''
import os, warnings
warnings.simplefilter("ignore")
try:
    import {module}
    said = "imported"
except ImportError as error:
    said = f"{{type(error).__name__}}: {{error}}"
with open(r"{sys.argv[1]}", "w") as file:
    file.write(said)
''')
    with open(sys.argv[1]) as file:
        return file.read()

isolation = ("isolated",) if sys.version_info >= (3, 13) else ()
import MODULE
print([answer(name) for name in ("numpy", "fastsig")])
"""


@pytest.mark.parametrize("first", ["numpy", "sys"])
def test_a_subinterpreter_gets_the_answer_that_numpy_gives(first, tmp_path):
    done = run_python("-c", IN_A_SUBINTERPRETER.replace("MODULE", first), tmp_path / "said", text=True)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stderr
