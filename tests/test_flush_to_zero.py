"""A caller who flushes subnormals goes on doing so, on 32-bit x86 too: the tests read the register without fenv.h."""

import ctypes
import platform
import subprocess

import builds
import numpy as np
import pytest
from catalog import TYPES

from fastsig import logit, sigmoid

X86 = ("x86_64", "i386", "i486", "i586", "i686")
if platform.machine() not in X86 or not builds.version_of_compiler():
    pytest.skip("the register is x86's, and a compiler makes the functions for it", allow_module_level=True)

SOURCE = """
unsigned int get(void) { return __builtin_ia32_stmxcsr(); }
void set(unsigned int value) { __builtin_ia32_ldmxcsr(value); }
"""
FLUSH = 0x8040  # results to zero, and operands
FLAGS = 0x3F


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    """Return the functions that read the register of SSE and write it."""
    folder = tmp_path_factory.mktemp("register")
    (folder / "register.c").write_text(SOURCE)
    command = [*builds.CC, "-shared", "-fPIC", "-msse2", "-nostdlib", "-o", "register.so", "register.c"]
    subprocess.run(command, cwd=folder, check=True)
    library = ctypes.CDLL(folder / "register.so")
    library.get.restype = ctypes.c_uint
    return library


@pytest.mark.parametrize("dtype", TYPES)
def test_flush_to_zero_is_put_back_and_changes_no_bit(register, dtype):
    x, p = np.linspace(-700, 700, 999).astype(dtype), np.linspace(0, 2, 999).astype(dtype)
    y, z = np.empty_like(x), np.empty_like(x)
    with np.errstate(all="ignore"):
        right = sigmoid(x)
        before = register.get()
        register.set(before | FLUSH)
        try:
            sigmoid(x, out=y)
            logit(p, out=z)  # which has exceptions to report
            after = register.get()
        finally:
            register.set(before)
    assert after & ~FLAGS == (before | FLUSH) & ~FLAGS
    assert np.array_equal(y, right)
