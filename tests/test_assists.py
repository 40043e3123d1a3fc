"""Large inputs cost no operation with a subnormal operand or result: some CPUs need slow microcode assists for these.

Kernels are called with traps for both, which a handler counts. Kernels without FMA are left out: they round products
before they add them.
"""

import ctypes
import importlib
import platform
import subprocess
import sys

import builds
import numpy as np
import pytest
from catalog import FMA, FUNCTIONS, ISAS

COUNTER = r"""
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>
#include <xmmintrin.h>

enum { FLAGS = 0x3f, MASKS = 0x1f80, TRAPPED = 0x0900, SINGLE_STEP = 0x100 };  /* denormal operands, underflow */
static int count;

/* Count an operation, let it pass, and trap the next one again. */
static void on_operation(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    (void) signal, (void) info;
    count++;
    at->uc_mcontext.fpregs->mxcsr = MASKS;
    at->uc_mcontext.gregs[REG_EFL] |= SINGLE_STEP;
}

static void after_operation(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    (void) signal, (void) info;
    at->uc_mcontext.fpregs->mxcsr = MASKS & ~TRAPPED;
    at->uc_mcontext.gregs[REG_EFL] &= ~SINGLE_STEP;
}

int operations(int (*kernel)(char **, ptrdiff_t), char **operands, ptrdiff_t n)
{
    struct sigaction fpe = {.sa_sigaction = on_operation, .sa_flags = SA_SIGINFO}, old_fpe;
    struct sigaction trap = {.sa_sigaction = after_operation, .sa_flags = SA_SIGINFO}, old_trap;
    unsigned int before = _mm_getcsr();
    count = 0;
    sigaction(SIGFPE, &fpe, &old_fpe);
    sigaction(SIGTRAP, &trap, &old_trap);
    _mm_setcsr(MASKS & ~TRAPPED);
    kernel(operands, n);
    _mm_setcsr(before);
    sigaction(SIGFPE, &old_fpe, NULL);
    sigaction(SIGTRAP, &old_trap, NULL);
    return count;
}
"""

if sys.platform != "linux" or platform.machine() != "x86_64" or not builds.version_of_compiler():
    pytest.skip("the handler is for Linux on x86-64, and compiled", allow_module_level=True)

N = 240  # elements: a block of float64
PLACES = {"float32": 1, "float64": 2}  # of the kernel in its row


def scores(far, least_normal, subnormal, beyond, huge):
    """Return the kinds of scores of a type, each a function of numbers from 0 to 1, given the ranges of some kinds."""

    def between(low, high):
        return lambda u: low + (high - low) * u

    return {
        "normal": between(-4, 4),
        "far": between(*far),
        "least normal results": between(*least_normal),
        "subnormal results": between(*subnormal),
        "beyond": between(*beyond),
        "huge": between(*huge),
        "infinite": lambda u: np.full(u.size, np.inf),
        "NaN": lambda u: np.full(u.size, np.nan),
        "normal and beyond": lambda u: np.where(np.arange(u.size) % 2, 8 * u - 4, 1000.0),
        "zero and beyond": lambda u: np.where(np.arange(u.size) % 2, 0.0, 1000.0),
    }


INPUTS = {
    "float64": scores((240, 700), (705, 709), (710, 745), (752, 1752), (1e300, 1e308)),
    "float32": scores((30, 84), (86, 88), (88, 103), (104, 1104), (1e30, 1e38)),
}
TARGETS = {"classes": lambda u: np.rint(u), "shares": lambda u: u}
LARGE = [name for name in FUNCTIONS if name not in ("logit", "sigmoid_backward")]  # functions of a score
ARE_DEFAULT = (  # in the fast tier too, one output at least
    "sigmoid_second_derivative",
    "silu_derivative",
    "logistic_loss_gradient_hessian",
    "logistic_loss_with_gradient",
)
# The default tier's float32 is left out: it is narrowed from float64, and that operation has subnormal results.
CASES = [
    ("KERNELS", "float64", LARGE),
    ("FAST", "float64", LARGE),
    ("FAST", "float32", [name for name in LARGE if name not in ARE_DEFAULT]),
]


class Row(ctypes.Structure):
    """A row of the table of kernels."""

    _fields_ = (("nin", ctypes.c_int), ("nout", ctypes.c_int), ("kernels", ctypes.c_void_p * 4))


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    """Return a function that counts such operations of a kernel."""
    folder = tmp_path_factory.mktemp("counter")
    source, library = folder / "counter.c", folder / "counter.so"
    source.write_text(COUNTER)
    subprocess.run([*builds.CC, "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
    counted = ctypes.CDLL(str(library)).operations
    counted.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ssize_t)
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)

    def count(isa, table, name, inputs):
        capsule = getattr(importlib.import_module(f"fastsig.kernels.{isa}"), table)[name]
        row = Row.from_address(pointer(capsule, b"fastsig.row"))
        arrays = [*inputs[: row.nin], *(np.empty_like(inputs[0]) for _ in range(row.nout))]
        operands = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
        return counted(row.kernels[PLACES[inputs[0].dtype.name]], operands, N)

    return count


def test_operations_are_counted(operations):
    tiny = np.full(N, 5e-324)
    assert operations(ISAS[0], "KERNELS", "sigmoid", [tiny]) > 0


@pytest.mark.parametrize(
    ("table", "dtype", "name", "kind"),
    [(table, dtype, name, kind) for table, dtype, names in CASES for name in names for kind in INPUTS[dtype]],
)
@pytest.mark.parametrize("isa", [isa for isa in ISAS if FMA[isa]])
def test_no_operation_is_subnormal(operations, isa, table, dtype, name, kind):
    u = np.random.default_rng(0).uniform(0, 1, N)
    made = INPUTS[dtype][kind](u).astype(dtype)
    for x in (made, -made):
        for target in TARGETS.values():
            assert operations(isa, table, name, [x, target(u).astype(dtype)]) == 0
