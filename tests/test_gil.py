"""The GIL is free while a ufunc runs."""

import sys
import threading

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
    x = np.linspace(-50, 50, 2_000_000)
    order = []
    started = threading.Event()

    def compute():
        started.set()
        ufuncs[name](x)
        order.append("computed")

    thread = threading.Thread(target=compute)
    thread.start()
    started.wait()
    order.append("meanwhile")
    thread.join()
    assert order == ["meanwhile", "computed"]
