"""Threads that share inputs, Python without a GIL, and subinterpreters."""

import pkgutil
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


def test_every_module_can_be_imported_and_leaves_the_gil_off():
    modules = [module.name for module in pkgutil.iter_modules(fastsig.__path__, "fastsig.")]
    wanted = [name for name in modules if name not in ("fastsig.__main__", "fastsig._numba")]  # which needs Numba
    wanted += [isa.module for isa in fastsig._dispatch.available()]
    done = run_python(
        "-c",
        f"""import sys, importlib
for name in {wanted}:
    importlib.import_module(name)
    assert not ({FREE_THREADED} and sys._is_gil_enabled()), name""",
        environment={"PYTHON_GIL": None},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_threads_that_share_inputs_get_the_bits_of_one(ufuncs, name, dtype):
    ufunc, rng = ufuncs[name], np.random.default_rng(12)
    x, t = rng.normal(0, 8, 4001).astype(dtype), rng.uniform(0.01, 0.99, 4001).astype(dtype)
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
import sys, FIRST
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

told = interpreters.create(*["isolated"] if sys.version_info >= (3, 13) else [])
interpreters.run_string(told, r'''
import warnings
warnings.simplefilter("ignore")
try:
    import MODULE
    said = "imported"
except Exception as error:
    said = f"{type(error).__name__}: {error}"
with open(r"FILE", "w") as file:
    file.write(said)
''')
interpreters.destroy(told)
"""


@pytest.mark.parametrize("first", ["numpy", "sys"])
def test_a_subinterpreter_gets_the_answer_that_numpy_gives(first, tmp_path):
    said = []
    for module in ("numpy", "fastsig"):
        program = IN_A_SUBINTERPRETER.replace("FIRST", first).replace("MODULE", module)
        done = run_python("-c", program.replace("FILE", str(tmp_path / module)))
        if module == "numpy" and done.returncode < 0:
            pytest.skip("this NumPy crashes in a subinterpreter")
        assert done.returncode == 0, done.stderr
        said.append((tmp_path / module).read_text())
    assert said[1] == said[0]
