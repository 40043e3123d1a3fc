"""The GIL is free while a ufunc runs.

NumPy itself releases it around the inner loop of every ufunc that has no operand of dtype object, and here one driver
is the inner loop of all ufuncs: no function and no instruction set can make a difference, so that one stands for all.
What could make one: a driver that takes the GIL, a loop registered for objects, a function that is no ufunc any more.
"""

import sys
import threading
import time

import numpy as np
import pytest

import fastsig


@pytest.fixture
def no_switching():
    """Let a thread keep the GIL for as long as it wants, so that only a release passes it on."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("no_switching")
def test_another_thread_runs_while_a_ufunc_does():
    # If it kept the GIL, the other thread would never get to say so.
    x = np.linspace(0.1, 0.9, 100_000)
    heard = []
    started, stop = threading.Event(), threading.Event()

    def compute():
        started.set()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not heard:
            fastsig.sigmoid(x)
            if stop.is_set():
                heard.append(True)

    thread = threading.Thread(target=compute)
    thread.start()
    started.wait()
    stop.set()
    thread.join()
    assert heard
