"""An elementwise ufunc on all the CPUs: its work is cut into parts, which threads compute side by side.

A ufunc lets go of the GIL while it computes, which is what makes this worth while. Whatever is out of the ordinary is
left to one call of the ufunc, which then answers, or refuses, in its own words: overrides, subclasses, objects, shapes
that do not fit, outputs that overlap. So a part is always plain numbers, and computed by that same ufunc.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from functools import lru_cache, partial
from itertools import combinations, pairwise, product
from math import prod
from operator import index
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

from fastsig._waitgroup import WaitGroup

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Elements below which one call is faster, since threads take 0.05 ms to wake: bench/threads.py measures it again.
LEAST = 1 << 18
# The most elements of a part. Between two parts Ctrl-C is answered and an idle thread finds work; a part costs 5 us.
PART = 1 << 18
# The parts that each worker gets at the least, so that one that is held up leaves work to the others.
PARTS_PER_WORKER = 4
# Cuts along the innermost axis lie at multiples of this, the buffer in which NumPy casts: its blocks and vectors begin
# where they do in one call, so that results that depend on it have the same bits; and threads seldom write to the same
# cache line.
BLOCK = 8192

# What is cut: other classes may override the ufunc, other types may need the GIL.
CLASSES = (np.ndarray, np.memmap)
SCALARS = (bool, int, float, complex)
KINDS = "biufcmM"

_HERE = local()  # of each thread: whether it is handing work to the pool


def threaded(ufunc: np.ufunc, *inputs: Any, out: Any = None, workers: int | None = None) -> Any:
    """Call an elementwise ufunc with its work split over threads, which leaves the result the same to the bit.

    Parameters
    ----------
    ufunc : numpy.ufunc
        Any elementwise ufunc: of fastsig, NumPy, SciPy or other libraries. Generalised ufuncs such as `numpy.matmul`
        raise TypeError.
    *inputs : array_like
        The ufunc's inputs, of shapes that broadcast together; as many as it takes, or TypeError is raised.
    out : ndarray, None, or tuple of ndarray and None, optional
        Where the results are stored, as for the ufunc itself; a tuple has an entry for each output. It may be, or
        overlap, an input.
    workers : int, optional
        The most threads that compute, the caller's among them; by default one for each CPU that the process may use.
        A number below 1 raises ValueError, and what is not an integer raises TypeError.

    Returns
    -------
    y : ndarray or scalar, or tuple of them
        What the ufunc returns: same values, types, shapes and memory layout.

    Raises
    ------
    Exception
        Whatever the ufunc raises, also what `numpy.errstate` or a warnings filter makes it raise. The other threads
        then stop after the part they are at, about 262144 elements at the most, and have stopped before the exception
        leaves; so it is with Ctrl-C, which waits for them. `out` may then be computed in part only.
    RuntimeError
        In the child of a fork that comes during the call, if other threads were computing: they are not there.

    Notes
    -----
    One call does everything where threads do not pay or cannot help: for fewer than 262144 elements, and where an
    argument is neither a scalar nor an array of numbers (lists, masked arrays, objects, other libraries' arrays), or
    where an output overlaps an input in other ways than being that input.

    Threads are started by the first call that needs them and kept, waiting, for the next; a forked child starts its
    own. The calling thread computes too and never waits for one that has not begun, so that calls within threads cannot
    lock each other out. All see the caller's context, `numpy.errstate` included, and compute in its floating-point
    environment: rounding mode, flush-to-zero and traps. A floating-point warning may come once for each part.

    Examples
    --------
    >>> import numpy as np
    >>> from fastsig import sigmoid, threaded
    >>> x = np.linspace(-20, 20, 1_000_000)
    >>> y = threaded(sigmoid, x)
    >>> bool(np.all(y == sigmoid(x)))
    True
    """
    _check(ufunc, inputs)
    workers = _cpus() if workers is None else _positive(workers)
    plan = _plan(ufunc, inputs, out) if workers > 1 else None
    if plan is None:
        return ufunc(*inputs) if out is None else ufunc(*inputs, out=out)
    reads, writes, results = plan
    size = writes[0].size
    # Each thread has to earn its start, as the second does from LEAST on.
    workers = min(workers, 2 * size // LEAST)
    parts = _parts(writes[0].shape, min(PART, max(BLOCK, size // (workers * PARTS_PER_WORKER))))
    _compute(ufunc, reads, writes, parts, workers)
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
    """Hand a function to the pool so many times, in the caller's context; to fewer threads where no more can be had."""
    if getattr(_HERE, "submitting", False):  # a finaliser or a signal handler within `submit`, whose locks are held
        return
    try:
        _HERE.submitting = True
        for _ in range(times):
            _pool(os.getpid()).submit(copy_context().run, function)
    except BaseException as failure:
        # A pool that was cut off is given up: it would keep what it was handed, and Ctrl-C may have left one of its
        # locks held. Where no thread can be had, at a limit or at exit, those that run do all the work.
        _pool.cache_clear()
        if not isinstance(failure, RuntimeError):
            raise
    finally:
        _HERE.submitting = False


@lru_cache(maxsize=1)
def _pool(pid: int) -> "ThreadPoolExecutor":
    """Return the threads of this process, started when needed: a fork leaves its child none, and it makes its own."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix=f"fastsig-{pid}")


def _check(ufunc: Any, inputs: tuple) -> None:
    """Raise TypeError unless this is an elementwise ufunc with as many inputs as it takes."""
    if not isinstance(ufunc, np.ufunc):
        raise TypeError(f"threaded() takes a numpy.ufunc first, such as numpy.exp, not {ufunc!r}")
    if ufunc.signature is not None:
        raise TypeError(
            f"threaded() takes elementwise ufuncs; {ufunc.__name__} is generalised, with signature {ufunc.signature}"
        )
    if len(inputs) != ufunc.nin:
        raise TypeError(
            f"{ufunc.__name__} takes {ufunc.nin} input{'s' if ufunc.nin > 1 else ''}, not {len(inputs)}; "
            "outputs are given as out="
        )


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
    """Return how many CPUs this process may use."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _plan(ufunc: np.ufunc, inputs: tuple, out: Any) -> tuple[list, list, tuple] | None:
    """Return inputs and outputs as views of one shape, and the results; or None if one call is to do everything."""
    outs = out if isinstance(out, tuple) else (out,) * (ufunc.nout if out is None else 1)
    if not outs or len(outs) != ufunc.nout:
        return None
    # Scalars stay what they are, since the types of Python's own bend to those of the arrays.
    is_array = [not (type(x) in SCALARS or isinstance(x, np.generic)) for x in inputs]
    arrays = [x for x, is_one in zip(inputs, is_array, strict=True) if is_one]
    given = [y for y in outs if y is not None]
    if not all(type(a) in CLASSES and a.dtype.kind in KINDS for a in arrays + given):
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
        out=tuple(y if y is None else np.empty(0, y.dtype) for y in outs),
    )
    dtypes = [y.dtype for y in (found if isinstance(found, tuple) else (found,))]
    if not all(dtype.kind in KINDS for dtype in dtypes):
        return None
    # And so is the layout: ufuncs use this iterator too. It checks and allocates outputs, and its views have all
    # operands broadcast and the axes put in order, those that can be one merged: contiguous arrays become flat.
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


def _overlaps_itself(y: np.ndarray) -> bool:
    """Tell whether elements of an array may share memory with each other."""
    reach = y.itemsize
    for stride, n in sorted((abs(stride), n) for stride, n in zip(y.strides, y.shape, strict=True)):
        if n > 1 and stride < reach:
            return True
        reach += stride * (n - 1)
    return False


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays may share memory; at this limit NumPy sees that halves of a comb do not, and is quick."""
    return np.may_share_memory(a, b, max_work=1)


def _same_elements(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two arrays of one shape have each element at the same place, so that parts only meet their own."""
    return (
        a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
        and a.strides == b.strides
        and a.dtype == b.dtype
    )


def _parts(shape: Sequence[int], most: int) -> Iterator[tuple[slice, ...]]:
    """Cut a shape, outer axes first, into parts of `most` elements or less, and a block at the most besides."""
    n, *inner = shape
    row = prod(inner)
    if inner and row > most:
        for i in range(n):
            for part in _parts(inner, most):
                yield slice(i, i + 1), *part
        return
    unit = 1 if inner else BLOCK
    step = max(1, most // (row * unit)) * unit
    # What is left at the end and less than a unit joins the part before it.
    cuts = [*range(0, max(1, n - unit + 1), step), n]
    for start, stop in pairwise(cuts):
        yield (slice(start, stop),)
