"""The GIL is free while a ufunc runs."""

import sys
import threading
import time

import numpy as np
import pytest
from catalog import FUNCTIONS


@pytest.fixture
def no_switching():
    """Let a thread keep the GIL for as long as it wants, so that only a release passes it on."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("no_switching")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_thread_runs_while_a_ufunc_does(ufuncs, name):
    # If it kept the GIL, the other thread would never get to say so.
    x = np.linspace(0.1, 0.9, 100_000)
    heard = []
    started, stop = threading.Event(), threading.Event()

    def compute():
        started.set()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not heard:
            ufuncs[name](*[x] * ufuncs[name].nin)
            if stop.is_set():
                heard.append(True)

    thread = threading.Thread(target=compute)
    thread.start()
    started.wait()
    stop.set()
    thread.join()
    assert heard
