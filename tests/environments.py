"""Floating-point environments that a thread may be in: with flushed subnormals, other roundings, and traps.

They are set through the C library, since nothing in Python does; the layouts of its `fenv_t` are those of glibc.
"""

import contextlib
import ctypes
import platform

MACHINE = platform.machine()
SUPPORTED = platform.libc_ver()[0] == "glibc" and MACHINE in ("x86_64", "aarch64")
LIBM = ctypes.CDLL(None) if SUPPORTED else None  # the C library that Python has loaded
SIZE = 32  # bytes: x86-64's fenv_t, the larger one

# The places of fenv_t and what is set there: (offset, bits to clear, bits to set).
if MACHINE == "aarch64":
    CHANGES = {
        "subnormals flushed": ((0, 0, 1 << 24),),
        "upward": ((0, 0, 1 << 22),),
        "downward": ((0, 0, 2 << 22),),
        "towards zero": ((0, 0, 3 << 22),),
    }
else:  # the x87 control word, and the SSE register
    CHANGES = {
        "subnormals flushed": ((28, 0, 0x8040),),
        "upward": ((0, 0, 0x800), (28, 0, 0x4000)),
        "downward": ((0, 0, 0x400), (28, 0, 0x2000)),
        "towards zero": ((0, 0, 0xC00), (28, 0, 0x6000)),
        "x87 in single precision": ((0, 0x300, 0),),
    }
STATES = tuple(CHANGES)
CONTROL = (0,) if MACHINE == "aarch64" else (0, 28)  # offsets of the words that hold more than flags
SSE_FLAGS = 0x3F
TRAPPED = 0x1F if MACHINE == "aarch64" else 0x3D  # all exceptions that feenableexcept knows


def current():
    """Return the environment of this thread, as bytes that can be changed."""
    environment = ctypes.create_string_buffer(SIZE)
    LIBM.fegetenv(environment)
    return environment


def control():
    """Return the environment without its flags; None where its layout is not known."""
    if not SUPPORTED:
        return None
    environment = bytes(current())
    words = [int.from_bytes(environment[at : at + 4], "little") for at in CONTROL]
    return [words[0] & 0xFFFF if MACHINE == "x86_64" else words[0], *(word & ~SSE_FLAGS for word in words[1:])]


@contextlib.contextmanager
def environment(state):
    """Put this thread into one of the states, and back afterwards."""
    before, changed = current(), current()
    for at, clear, bits in CHANGES[state]:
        word = int.from_bytes(changed[at : at + 4], "little") & ~clear | bits
        changed[at : at + 4] = word.to_bytes(4, "little")
    LIBM.fesetenv(changed)
    try:
        yield
    finally:
        LIBM.fesetenv(before)


def trap():
    """Have every floating-point exception of this thread end the process."""
    LIBM.feenableexcept(TRAPPED)
