"""Nanoseconds per element of the sigmoid, for fastsig and for other libraries.

Each contender makes a call without arguments for an input and an output array. It computes with one thread, and into
that output where its library can.
"""

import importlib.util
import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np

import fastsig

TYPES = ("float32", "float64")
SEED = 20190613
SIZES = (10**3, 10**6)
ROUNDS = 15
ELEMENTS = 10**6  # computed in a round, by as many calls as that takes
OURS, FAST, BY_HAND = "fastsig.sigmoid", "fastsig.fast.sigmoid", "1/(1+np.exp(-x))"


def with_fastsig(x, out):
    """Return a call of the default tier."""
    return partial(fastsig.sigmoid, x, out=out)


def with_fast(x, out):
    """Return a call of the fast tier."""
    return partial(fastsig.fast.sigmoid, x, out=out)


def by_hand(x, out):
    """Return a call of the NumPy idiom, 1/(1 + exp(-x)), without temporaries."""

    def call():
        np.negative(x, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        np.divide(1, out, out=out)

    return call


def with_scipy(x, out):
    """Return a call of SciPy."""
    from scipy.special import expit

    return partial(expit, x, out=out)


def with_torch(x, out):
    """Return a call of PyTorch."""
    import torch

    torch.set_num_threads(1)
    return partial(torch.sigmoid, torch.from_numpy(x), out=torch.from_numpy(out))


def with_jax(x, _):
    """Return a call of JAX, awaited. It has no `out=`."""
    import jax

    jax.config.update("jax_enable_x64", True)
    function, x = jax.jit(jax.nn.sigmoid), jax.numpy.asarray(x)
    return lambda: function(x).block_until_ready()


def with_numexpr(x, out):
    """Return a call of numexpr."""
    import numexpr

    numexpr.set_num_threads(1)
    return partial(numexpr.evaluate, "1/(1 + exp(-x))", {"x": x}, out=out)


def with_numba(x, out):
    """Return a call of a ufunc that Numba compiles from the idiom."""
    import math

    import numba

    one = x.dtype.type(1)  # Python's 1 would make everything float64
    return partial(numba.vectorize(lambda x: one / (one + math.exp(-x))), x, out=out)


class Contender(NamedTuple):
    """What is timed: its label where it is measured, its name for people, its package, and how it is called."""

    label: str
    name: str
    package: str
    prepare: Callable


CONTENDERS = (
    Contender(OURS, "fastsig", "fastsig", with_fastsig),
    Contender(BY_HAND, "NumPy idiom", "numpy", by_hand),
    Contender("scipy expit", "SciPy", "scipy", with_scipy),
)
TIER = Contender(FAST, "fastsig.fast", "fastsig", with_fast)
PEERS = (
    Contender("torch.sigmoid", "PyTorch", "torch", with_torch),
    Contender("jax.nn.sigmoid", "JAX", "jax", with_jax),
    Contender("numexpr", "numexpr", "numexpr", with_numexpr),
    Contender("numba.vectorize", "Numba", "numba", with_numba),
)

NAMES = {contender.label: contender.name for contender in (*CONTENDERS, TIER, *PEERS)}


def installed(contenders):
    """Return those of the contenders whose libraries are there and work."""
    found = []
    for contender in contenders:
        if importlib.util.find_spec(contender.package) is not None:
            x = np.zeros(1)
            try:
                contender.prepare(x, np.ones_like(x))()
            except Exception:  # a library may be broken in any way, and is then as good as missing
                continue
            found.append(contender)
    return found


@contextmanager
def one_cpu():
    """Stay on one CPU, so that no library finds others for its threads; macOS and Windows have no such call."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def timings(contenders, n, dtype, rounds, elements):
    """Return ns per element of each contender, the least of the rounds, in which they take turns."""
    x = np.random.default_rng(SEED).normal(0, 3, n).astype(dtype)
    out = np.ones_like(x)
    calls = {contender.label: contender.prepare(x, out) for contender in contenders}
    repeat = max(1, elements // max(n, 100))  # not more calls than of 100 elements: JAX is slow to call
    times = dict.fromkeys(calls, float("inf"))
    for call in calls.values():  # some compile at the first call
        call()
    for _ in range(rounds):
        for label, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeat):
                call()
            times[label] = min(times[label], (time.perf_counter() - start) / (repeat * n) * 1e9)
    return times


def measured(step, contenders, sizes=SIZES, rounds=ROUNDS, elements=ELEMENTS):
    """Return ns per element, the least of the rounds, and its ratio to that of the default tier.

    Parameters
    ----------
    step : callable
        Called with what is measured next.
    contenders : sequence of Contender
        The default tier among them.
    sizes : sequence of int
        Lengths of the arrays.
    rounds, elements : int
        How often each is timed, and how many elements it computes each time, in as many calls as that takes.

    Returns
    -------
    dict
        Its rows have ``type``, ``n``, ``who``, ``ns`` and ``ratio``, 2 for twice our time.

    Notes
    -----
    Whatever else runs on the machine only adds to a time, so that the least of many is the best estimate.
    """
    rows = []
    for dtype in TYPES:
        for n in sizes:
            step(f"speed, {n:,} elements of {dtype}")
            times = timings(contenders, n, dtype, rounds, elements)
            for label, ns in times.items():
                rows.append({"type": dtype, "n": n, "who": label, "ns": ns, "ratio": ns / times[OURS]})
    return {"unit": "ns per element", "threads": 1, "rounds": rounds, "rows": rows}
