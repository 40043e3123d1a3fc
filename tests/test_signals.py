"""Signals and forks that come while threads compute: handlers run, results stay whole, and processes end when told.

What Ctrl-C does to a call is in test_threaded.py.
"""

import os
import signal
import subprocess
import sys

import pytest
from processes import run_python

if not hasattr(signal, "SIGUSR1") or not hasattr(os, "fork"):
    pytest.skip("there are no such signals, or no fork, here", allow_module_level=True)

SECONDS = 60

HANDLED = """
import os, signal, threading, time
import numpy as np
from fastsig import _threaded, sigmoid, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 4096, 4096
x = np.linspace(-30, 30, 1 << 18)
small, expected = x[::1000], sigmoid(x)
seen, within, stop = 0, 0, False


def handle(number, frame):
    # A handler may call it as well, where the frame below is in the middle of a call.
    global seen, within
    assert np.array_equal(threaded(sigmoid, small, workers=2), expected[::1000])
    while frame is not None and frame.f_code is not _threaded._compute.__code__:
        frame = frame.f_back
    within += frame is not None
    seen += 1


def send():
    # A signal is sent once the last has been handled: on a slow machine handlers would nest without end.
    sent = 0
    while not stop:
        if seen == sent:
            sent += 1
            os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(1e-3)


signal.signal(signal.SIGUSR1, handle)
sender = threading.Thread(target=send)
sender.start()
end, whole = time.monotonic() + 30, True
while within < 20 and time.monotonic() < end:
    whole &= np.array_equal(threaded(sigmoid, x, workers=3), expected)
stop = True
sender.join()
print(whole, within >= 20, seen >= within)
"""


def test_a_handler_runs_within_a_call_and_leaves_its_results_whole():
    done = run_python("-c", HANDLED, text=True, timeout=SECONDS)
    assert (done.stdout, done.stderr, done.returncode) == ("True True True\n", "", 0)


ENDLESS = """
import signal, sys, threading, time
import numpy as np
from fastsig import threaded


def leave(number, frame):
    sys.exit(3)


if "leave" in sys.argv:
    signal.signal(signal.SIGTERM, leave)
x, out = np.full(1 << 23, 0.3), np.zeros(1 << 23)


def tell():
    time.sleep(0.2)
    print("computing", flush=True)


threading.Thread(target=tell).start()
while True:
    threaded(np.sin, x, out=out, workers=3)
"""


@pytest.mark.parametrize(("how", "status"), [("die", -signal.SIGTERM), ("leave", 3)])
def test_a_process_that_is_told_to_end_ends(how, status):
    # By default at once; by a handler that raises SystemExit once the parts that are being computed are done.
    command = [sys.executable, "-P", "-c", ENDLESS, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "computing\n"
        process.terminate()
        try:
            assert process.wait(timeout=SECONDS) == status
        finally:
            process.kill()


FORKS = """
import os, signal, threading, time
import numpy as np
from fastsig import _threaded, sigmoid, threaded

_threaded.LEAST, _threaded.PART, _threaded.BLOCK = 2, 64, 32
x = np.linspace(-20, 20, 1 << 12)
expected, stop, whole = sigmoid(x), False, True


def agree():
    return np.array_equal(threaded(sigmoid, x, workers=3), expected)


def call():
    global whole
    while not stop:
        whole &= agree()


def slowly(**hooks):
    # What the first call imports is still being imported when the first child is forked.
    importing.set()
    time.sleep(0.3)
    register(**hooks)


importing = threading.Event()
register, os.register_at_fork = os.register_at_fork, slowly
callers = [threading.Thread(target=call) for _ in range(2)]
for caller in callers:
    caller.start()
importing.wait()
statuses = set()
for _ in range(40):
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # ends a child that waits for a thread that it does not have
        os._exit(0 if agree() and agree() else 1)
    statuses.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop = True
for caller in callers:
    caller.join()
print(statuses, whole, agree())
"""


def test_children_forked_while_other_threads_call_have_threads_of_their_own():
    done = run_python("-W", "ignore::DeprecationWarning", "-c", FORKS, text=True, timeout=SECONDS)
    assert (done.stdout, done.stderr) == ("{0} True True\n", "")
