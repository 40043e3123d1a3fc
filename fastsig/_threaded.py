"""An elementwise ufunc on all the CPUs: its work is cut into parts, which threads compute side by side.

A ufunc releases the GIL while it computes, which is what makes this worth while. Whatever is out of the ordinary is
left to one call of the ufunc, which then answers, or refuses, in its own words: overrides, subclasses, objects, shapes
that do not fit, outputs that overlap. So a part is always plain numbers, and computed by that same ufunc. A Series or
DataFrame is left to pandas, which calls the ufunc on its arrays: it is handed one that computes them in parts.
"""

import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from functools import cache, lru_cache, partial
from itertools import combinations, pairwise, product
from math import prod
from operator import index
from threading import get_ident, local
from typing import TYPE_CHECKING, Any

import numpy as np

from fastsig._waitgroup import WaitGroup

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Elements below which one call may be faster: at this many, two threads on two CPUs of a Zen 4 took 0.61 to 0.81 of one
# call's time, and at half as many 0.74 to 1.22 (python bench/threads.py --ufuncs fast.sigmoid sigmoid).
LEAST = 1 << 21
# The most elements of a part. Between two parts Ctrl-C is answered and an idle thread finds work; each part has a cost.
PART = 1 << 18
# The least number of parts for each worker, so that one that is held up leaves work to the others.
PARTS_PER_WORKER = 4
# Cuts along the innermost axis lie at multiples of this, the size of the buffer in which NumPy casts: its blocks and
# vectors begin where they do in one call, so that results that depend on that have the same bits; and threads seldom
# write to the same cache line.
BLOCK = 8192

# What is cut into parts: other classes may override the ufunc, other types may need the GIL.
CLASSES = (np.ndarray, np.memmap)
SCALARS = (bool, int, float, complex)
KINDS = "biufcmM"

# The kinds of floating-point error, in the order in which NumPy reports them, and their names in `numpy.errstate`.
ERRORS = {"divide by zero": "divide", "overflow": "over", "underflow": "under", "invalid value": "invalid"}

ENVIRON = "FASTSIG_NUM_THREADS"
ROOT = "/"  # of the file system, in which Linux states CPU quotas

_HERE = local()  # of each thread: whether it is handing work to the pool
_IMPORTING = set()  # which threads import the pool's class: process and thread


def threaded(ufunc: Any, *inputs: Any, out: Any = None, workers: int | None = None) -> Any:
    """Call an elementwise ufunc with its work split over threads, which leaves the result the same to the bit.

    Parameters
    ----------
    ufunc : numpy.ufunc or function of numba.vectorize
        Any elementwise ufunc: of fastsig, NumPy, SciPy or other libraries. What `numba.vectorize` makes is not always a
        ufunc but holds one, and is accepted as well; it is compiled for the types of the inputs first, as in one call.
        Generalised ufuncs such as `numpy.matmul` raise TypeError, and so does anything that is not a ufunc.
    *inputs : array_like
        The ufunc's inputs, of shapes that broadcast together; as many as it takes, or TypeError is raised.
    out : ndarray, None, or tuple of ndarray and None, optional
        Where the results are stored, as for the ufunc itself; a tuple has an entry for each output. It may be, or
        overlap, an input.
    workers : int, optional
        The most threads that compute, the caller's among them. A number below 1 raises ValueError, and what is not an
        integer raises TypeError. By default it is what the environment variable FASTSIG_NUM_THREADS says, which has to
        be an integer of at least 1 or ValueError is raised; where that is unset or empty, one for each CPU that the
        process may use, by its affinity and, on Linux, by the CPU quota of its cgroups, version 1 or 2, rounded up. The
        quota is read once in a process.

    Returns
    -------
    y : ndarray, scalar, Series or DataFrame, or tuple of them
        What the ufunc returns: same values, types, shapes and memory layout, same index, columns, name and attrs.

    Raises
    ------
    Exception
        Whatever the ufunc raises, also what `numpy.errstate` makes it raise. The other threads then stop after the part
        they are at, about 262144 elements at the most, and have stopped before the exception leaves. The same holds for
        Ctrl-C, which waits for them. `out` may then be computed in part only.
    RuntimeError
        In the child of a fork that comes during the call, if other threads were computing: the child lacks them.

    Warns
    -----
    RuntimeWarning
        Of floating-point errors, subject to `numpy.errstate`: once for each kind, when all is computed, pointing to the
        caller's line.

    Notes
    -----
    One call does everything where threads do not pay or cannot help: for fewer than 2097152 elements, and where an
    argument is neither a scalar nor an array of numbers (lists, masked arrays, objects, other libraries' arrays), or
    where an output overlaps an input without being that input.

    A pandas Series or DataFrame is computed by its arrays: pandas aligns its operands and labels the result, as in one
    call, and threads compute each array of numbers that is large enough. Nullable, Arrow-backed and other extension
    types take one call, and so do the ufuncs that pandas replaces by its operators, such as `numpy.add`.

    Threads are started by the first call that needs them and kept, waiting, for the next; a forked child starts its
    own. The calling thread computes too and never waits for one that has not begun, so that calls within threads cannot
    deadlock. All see the caller's context, `numpy.errstate` included, and compute in its floating-point environment:
    rounding mode, flush-to-zero and traps. What `numpy.errstate` calls, prints or logs comes once for each part.

    Examples
    --------
    >>> import numpy as np
    >>> from fastsig import sigmoid, threaded
    >>> x = np.linspace(-20, 20, 4_000_000)
    >>> y = threaded(sigmoid, x)
    >>> bool(np.all(y == sigmoid(x)))
    True
    """
    core = _check(ufunc, inputs)
    workers = _cpus() if workers is None else _positive(workers)
    errors, callback = np.geterr(), np.geterrcall()
    # NumPy itself is to name a missing callback; and Python code that runs in the call may meet other ufuncs' errors.
    missing = callback is None and not {"call", "log"}.isdisjoint(errors.values())
    if missing or "warn" not in errors.values() or _runs_python(core, inputs, out):
        return _call(ufunc, inputs, out, workers)
    noted = _Noted(errors, callback)
    with np.errstate(**{kind: "call" if how == "warn" else how for kind, how in errors.items()}, call=noted):
        results = _call(ufunc, inputs, out, workers)
    for error in ERRORS:
        if error in noted.errors:
            warnings.warn(f"{error} encountered in {core.__name__}", RuntimeWarning, stacklevel=2)
    return results


class _Noted:
    """What `numpy.errstate` calls: it notes errors to warn of, and hands on those that the caller has called or logged.

    NumPy itself would warn at the line that runs, which is one of this file.
    """

    def __init__(self, modes: dict, callback: Any) -> None:
        self.modes, self.callback, self.errors = modes, callback, set()

    def __call__(self, error: str, flag: int) -> None:
        if self.modes[ERRORS[error]] == "warn":
            self.errors.add(error)
        else:
            with np.errstate(**self.modes, call=self.callback):
                self.callback(error, flag)

    def write(self, message: str) -> None:
        with np.errstate(**self.modes, call=self.callback):
            self.callback.write(message)


def _runs_python(ufunc: np.ufunc, inputs: tuple, out: Any) -> bool:
    """Tell whether a call may run others' Python code: of classes that override ufuncs, of objects, of `frompyfunc`."""
    if ufunc.ntypes == 1 and "O" in ufunc.types[0]:
        return True
    operands = (*inputs, *_outs(out))
    if any(isinstance(x, np.ndarray) and x.dtype.hasobject for x in operands):
        return True
    return any(map(_overrides, operands)) and not _frames(inputs, out)


def _call(ufunc: Any, inputs: tuple, out: Any, workers: int) -> Any:
    """Call a ufunc, in parts where threads pay."""
    frames = _frames(inputs, out)
    if frames and workers > 1:
        keywords = {} if out is None else {"out": _outs(out)}
        for frame in frames:
            results = frame.__array_ufunc__(_Parted(ufunc, workers), "__call__", *inputs, **keywords)
            if results is not NotImplemented:
                return results
    plan = _plan(ufunc, inputs, out) if workers > 1 else None
    if plan is None:
        return ufunc(*inputs) if out is None else ufunc(*inputs, out=out)
    reads, writes, results = plan
    size = writes[0].size
    # Each thread has at least half of LEAST, as two have from LEAST on.
    workers = min(workers, 2 * size // LEAST)
    parts = _parts(writes[0].shape, min(PART, max(BLOCK, size // (workers * PARTS_PER_WORKER))))
    _compute(_core(ufunc), reads, writes, parts, workers)
    return results if len(results) > 1 else results[0]


def _compute(ufunc: np.ufunc, reads: list, writes: list, parts: Iterable[tuple[slice, ...]], workers: int) -> None:
    """Compute all parts on so many threads; when this returns, or raises, none of them computes any more."""
    todo, group = deque(parts), WaitGroup()

    def work() -> None:
        while not group.closed:
            try:
                part = todo.popleft()
            except IndexError:
                return
            ufunc(
                *(x[part] if isinstance(x, np.ndarray) else x for x in reads),
                out=tuple(y[part] for y in writes),
            )

    def share() -> None:
        _submit(partial(group.help, work), workers - 1)
        work()

    try:
        group.lead(share)
    finally:
        # A busy pool may hold this call's tasks after the call has returned; they must not keep its arrays alive.
        reads.clear()
        writes.clear()


def _submit(function: Callable[[], None], times: int) -> None:
    """Hand a function to the pool so many times, in the caller's context; fewer where no more threads can start."""
    if getattr(_HERE, "submitting", False):  # a finaliser or a signal handler within `submit`, whose locks are held
        return
    try:
        _HERE.submitting = True
        for _ in range(times):
            _pool(os.getpid()).submit(copy_context().run, function)
    except BaseException as failure:
        # A pool that was interrupted is given up: it would keep what it was handed, and Ctrl-C may have left one of its
        # locks held. Where no thread can be started, at a limit or at exit, those that run do all the work.
        _pool.cache_clear()
        if not isinstance(failure, RuntimeError):
            raise
    finally:
        _HERE.submitting = False


@lru_cache(maxsize=1)
def _pool(pid: int) -> "ThreadPoolExecutor":
    """Return the threads of this process, started when needed: a fork leaves its child none, and it makes its own."""
    # A child that was forked while another thread was importing would wait for the import's locks for good.
    if any(process != pid for process, _ in tuple(_IMPORTING)):
        raise RuntimeError("this process was forked while another thread imported concurrent.futures")
    me = pid, get_ident()
    _IMPORTING.add(me)
    try:
        from concurrent.futures import ThreadPoolExecutor
    finally:
        _IMPORTING.discard(me)
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix=f"fastsig-{pid}")


def _core(ufunc: Any) -> np.ufunc | None:
    """Return the NumPy ufunc that computes: itself, or that which Numba keeps in `ufunc`; None where there is none."""
    core = ufunc if isinstance(ufunc, np.ufunc) else getattr(ufunc, "ufunc", None)
    return core if isinstance(core, np.ufunc) else None


def _check(ufunc: Any, inputs: tuple) -> np.ufunc:
    """Return the ufunc that computes; raise TypeError unless it is elementwise and has as many inputs as it takes."""
    core = _core(ufunc)
    if core is None:
        raise TypeError(
            f"threaded() takes a numpy.ufunc first, such as numpy.exp, or a function of numba.vectorize, not {ufunc!r}"
        )
    # Numba keeps the signature of a generalised ufunc that is not yet compiled for itself.
    signature = getattr(ufunc, "signature", core.signature)
    if signature is not None:
        raise TypeError(
            f"threaded() takes elementwise ufuncs; {core.__name__} is generalised, with signature {signature}"
        )
    if len(inputs) != core.nin:
        raise TypeError(
            f"{core.__name__} takes {core.nin} input{'s' if core.nin > 1 else ''}, not {len(inputs)}; "
            "outputs are given as out="
        )
    return core


class _Parted:
    """A ufunc for pandas to call on its arrays: it behaves as the ufunc, but computes calls in parts."""

    def __init__(self, ufunc: Any, workers: int) -> None:
        self._ufunc, self._workers = ufunc, workers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)

    def __repr__(self) -> str:
        return repr(self._ufunc)

    def __eq__(self, other: object) -> bool:
        return self._ufunc == other

    def __hash__(self) -> int:
        return hash(self._ufunc)

    def __call__(self, *inputs: Any, out: Any = None) -> Any:
        return _call(self._ufunc, inputs, out, self._workers)


def _frames(inputs: tuple, out: Any) -> list:
    """Return what is a Series or a DataFrame, if nothing else overrides ufuncs."""
    pandas = sys.modules.get("pandas")
    # A subclass that overrides ufuncs in its own way is not pandas's; and a pandas being imported may lack the names.
    classes = [getattr(pandas, name) for name in ("Series", "DataFrame") if hasattr(pandas, name)]
    own = [x for x in (*inputs, *_outs(out)) if _overrides(x)]
    return own if all(any(type(x).__array_ufunc__ is c.__array_ufunc__ for c in classes) for x in own) else []


def _outs(out: Any) -> tuple:
    """Return the argument `out` as a tuple."""
    return out if isinstance(out, tuple) else (out,)


def _overrides(x: Any) -> bool:
    """Tell whether a class has a ufunc do something of its own."""
    return getattr(type(x), "__array_ufunc__", np.ndarray.__array_ufunc__) is not np.ndarray.__array_ufunc__


def _positive(workers: Any) -> int:
    """Return the number of workers, once it is known to be one."""
    try:
        workers = index(workers)
    except TypeError:
        raise TypeError(f"workers must be an integer or None, not {workers!r}") from None
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    return workers


def _cpus() -> int:
    """Return how many threads are to compute by default."""
    given = os.environ.get(ENVIRON)
    if given:
        try:
            return _positive(int(given))
        except ValueError:
            raise ValueError(f"{ENVIRON} must be an integer of at least 1, or not set; it is {given!r}") from None
    if hasattr(os, "process_cpu_count"):  # from Python 3.13
        cpus = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):  # Linux
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count() or 1
    return min(cpus, _quota() or cpus)


@cache
def _quota() -> int | None:
    """Return how many CPUs the process may keep busy by the quotas of its cgroups, rounded up; None without a quota.

    A group is bound by the quotas of those above it. The path of a container's group may be that outside of the
    container, which sees its own group as the topmost.
    """
    quotas = []
    for line in _lines("proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        folders = [part for part in path.split("/") if part not in ("", "..")]
        for mount in (controllers, "cpu") if controllers else ("", "unified"):
            for depth in range(len(folders) + 1):
                group = os.path.join("sys/fs/cgroup", mount, *folders[:depth])
                if controllers:
                    numbers = _lines(f"{group}/cpu.cfs_quota_us") + _lines(f"{group}/cpu.cfs_period_us")
                else:
                    numbers = " ".join(_lines(f"{group}/cpu.max")).split()
                # Without a quota there is "max" in version 2, and -1 in version 1.
                if len(numbers) == 2 and all(map(str.isdecimal, numbers)) and int(numbers[1]):
                    quotas.append(max(1, -(-int(numbers[0]) // int(numbers[1]))))
    return min(quotas, default=None)


def _lines(path: str) -> list[str]:
    """Return the lines of a file; none where it cannot be read."""
    try:
        with open(os.path.join(ROOT, path)) as file:
            return file.read().splitlines()
    except OSError:
        return []


def _plan(ufunc: Any, inputs: tuple, out: Any) -> tuple[list, list, tuple] | None:
    """Return inputs and outputs as views of one shape, and the results; or None if one call is to do everything."""
    outs = out if isinstance(out, tuple) else (out,) * (ufunc.nout if out is None else 1)
    if not outs or len(outs) != ufunc.nout:
        return None
    # Scalars stay what they are, since Python's numbers take the type of the arrays.
    is_array = [not (type(x) in SCALARS or isinstance(x, np.generic)) for x in inputs]
    arrays = [x for x, is_one in zip(inputs, is_array, strict=True) if is_one]
    given = [y for y in outs if y is not None]
    if not all(type(a) in CLASSES and _may_be_cut(a.dtype) for a in arrays + given):
        return None
    try:
        size = np.broadcast(*arrays, *given).size
    except ValueError:  # as the ufunc will say
        return None
    if size < LEAST:
        return None

    # The types are the ufunc's own choice, made here on arrays of no elements.
    found = ufunc(
        *(np.empty(0, x.dtype) if is_one else x for x, is_one in zip(inputs, is_array, strict=True)),
        **({"out": tuple(y if y is None else np.empty(0, y.dtype) for y in outs)} if given else {}),
    )
    dtypes = [y.dtype for y in (found if isinstance(found, tuple) else (found,))]
    if not all(map(_may_be_cut, dtypes)):
        return None
    # And so is the layout: ufuncs use this iterator too. It checks and allocates outputs, and its views have all
    # operands broadcast and the axes reordered, and merged where they can be: contiguous arrays become flat.
    output = ["writeonly", "allocate", "no_broadcast", "no_subtype"]
    try:
        walk = np.nditer(
            [*arrays, *outs],
            op_flags=[["readonly"]] * len(arrays) + [output] * len(outs),
            op_dtypes=[None] * len(arrays) + [t if y is None else None for t, y in zip(dtypes, outs, strict=True)],
        )
    except ValueError:  # as the ufunc will say
        return None
    reads, writes = list(walk.itviews[: len(arrays)]), list(walk.itviews[len(arrays) :])
    if (
        any(_overlaps_itself(y) for y in writes)
        or any(_overlap(x, y) and not _same_elements(x, y) for x, y in product(reads, writes))
        or any(_overlap(*pair) for pair in combinations(writes, 2))
    ):
        return None
    results = [made if y is None else y for y, made in zip(outs, walk.operands[len(arrays) :], strict=True)]
    views = iter(reads)
    return [next(views) if is_one else x for x, is_one in zip(inputs, is_array, strict=True)], writes, tuple(results)


def _may_be_cut(dtype: np.dtype) -> bool:
    """Tell whether arrays of a type may be cut: those of KINDS, and bfloat16, which is of no kind of its own."""
    return dtype.kind in KINDS or dtype.type is getattr(sys.modules.get("ml_dtypes"), "bfloat16", np.number)


def _overlaps_itself(y: np.ndarray) -> bool:
    """Tell whether elements of an array may share memory with each other."""
    reach = y.itemsize
    for stride, n in sorted((abs(stride), n) for stride, n in zip(y.strides, y.shape, strict=True)):
        if n > 1 and stride < reach:
            return True
        reach += stride * (n - 1)
    return False


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays may share memory; with this limit NumPy is quick and sees that x[::2], x[1::2] do not."""
    return np.may_share_memory(a, b, max_work=1)


def _same_elements(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays of one shape have each element at the same place, so that a part meets only its own."""
    return (
        a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
        and a.strides == b.strides
        and a.dtype == b.dtype
    )


def _parts(shape: Sequence[int], most: int) -> Iterator[tuple[slice, ...]]:
    """Cut a shape, outer axes first, into parts of `most` elements or less; the last may have up to a block more."""
    n, *inner = shape
    row = prod(inner)
    if inner and row > most:
        for i in range(n):
            for part in _parts(inner, most):
                yield slice(i, i + 1), *part
        return
    unit = 1 if inner else BLOCK
    step = max(1, most // (row * unit)) * unit
    # A remainder of less than a unit joins the part before it.
    cuts = [*range(0, max(1, n - unit + 1), step), n]
    for start, stop in pairwise(cuts):
        yield (slice(start, stop),)
