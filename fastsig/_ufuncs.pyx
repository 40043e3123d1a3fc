"""THE UFUNCS: strides, overlap, flags, registration; knows no mathematics.

One driver serves every signature: the kernel, the number of its operands and their size travel in the ufunc's
``data`` pointer.
"""

from cpython.mem cimport PyMem_Malloc
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.string cimport memcpy

from contextlib import suppress

cimport numpy as cnp
from numpy cimport NPY_DOUBLE, NPY_FLOAT, NPY_FLOAT16, NPY_LONGDOUBLE, PyUFunc_None

from fastsig._kernel cimport DIVIDE, INVALID, NARROW_BLOCK, ROW_CAPSULE, TYPES, WIDE_BLOCK, Row, kernel_t

from fastsig import _dispatch
from fastsig._docs import DOCS, FAST_DOCS

cnp.import_array()
cnp.import_umath()

cdef extern from *:
    """
    #include <fenv.h>
    #include <stdint.h>
    #if defined(__x86_64__) || defined(_M_X64)
    #include <xmmintrin.h>
    #endif

    /* The floating-point environment of one call: saved before, restored after, so that flags raised by earlier
       chunks survive and ours do not leak. On x86-64 only long double uses the slow x87 half of it. */
    typedef struct { fenv_t all; unsigned int sse; } fastsig_env;

    static inline void fastsig_save_env(fastsig_env *env, int extended)
    {
    #if defined(__x86_64__) || defined(_M_X64)
        env->sse = _mm_getcsr();
        if (!extended) return;
    #endif
        (void)extended;
        fegetenv(&env->all);
    }

    static inline void fastsig_restore_env(const fastsig_env *env, int extended)
    {
    #if defined(__x86_64__) || defined(_M_X64)
        if (!extended) { _mm_setcsr(env->sse); return; }
    #endif
        (void)extended;
        fesetenv(&env->all);
    }

    static inline void fastsig_raise(int flags, int invalid, int divide)
    {
        int excepts = (flags & invalid ? FE_INVALID : 0) | (flags & divide ? FE_DIVBYZERO : 0);
        if (excepts) feraiseexcept(excepts);
    }
    """
    ctypedef struct Env "fastsig_env":
        pass
    void save_env "fastsig_save_env"(Env *env, bint extended) noexcept nogil
    void raise_flags "fastsig_raise"(int flags, int invalid, int divide) noexcept nogil
    void restore_env "fastsig_restore_env"(const Env *env, bint extended) noexcept nogil
    ctypedef size_t uintptr_t

cdef enum:
    OPERANDS = 4  # the most that any signature has
    BLOCK_BYTES = NARROW_BLOCK * 4  # no type has a larger block: float32's are 4 bytes, long double's at most 16

ctypedef struct Loop:
    kernel_t run
    int nin
    int nout
    Py_ssize_t itemsize
    Py_ssize_t block
    bint extended  # long double


# ---------------------------------------------------------------------------------------------------------------
# The driver
# ---------------------------------------------------------------------------------------------------------------

cdef inline void copy_items(
    char *to, Py_ssize_t to_step, const char *src, Py_ssize_t src_step, Py_ssize_t n, Py_ssize_t size
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        memcpy(to + i * to_step, src + i * src_step, size)


cdef inline void copy_strided(
    char *to, Py_ssize_t to_step, const char *src, Py_ssize_t src_step, Py_ssize_t n, Py_ssize_t size
) noexcept nogil:
    # A constant size turns each memcpy into a load and a store.
    if to_step == size and src_step == size:
        memcpy(to, src, n * size)
    elif size == 8:
        copy_items(to, to_step, src, src_step, n, 8)
    elif size == 4:
        copy_items(to, to_step, src, src_step, n, 4)
    elif size == 2:
        copy_items(to, to_step, src, src_step, n, 2)
    else:
        copy_items(to, to_step, src, src_step, n, size)


cdef inline bint disjoint(
    const char *a, Py_ssize_t a_step, const char *b, Py_ssize_t b_step, Py_ssize_t n, Py_ssize_t size
) noexcept nogil:
    # Whether the bytes from the first to the last element of one operand lie clear of those of the other.
    cdef Py_ssize_t a_span = (n - 1) * a_step, b_span = (n - 1) * b_step
    cdef const char *a_low = a + a_span if a_span < 0 else a
    cdef const char *a_high = (a if a_span < 0 else a + a_span) + size
    cdef const char *b_low = b + b_span if b_span < 0 else b
    cdef const char *b_high = (b if b_span < 0 else b + b_span) + size
    return a_high <= b_low or b_high <= a_low


cdef void drive(char **args, const cnp.npy_intp *dims, const cnp.npy_intp *steps, void *data) noexcept nogil:
    # Contiguous, aligned operands go to the kernel as they are; any other is staged, a block at a time, in a buffer:
    # an input gathered before the kernel runs, an output scattered after.
    cdef Loop *loop = <Loop *> data
    cdef Py_ssize_t n = dims[0], size = loop.itemsize, block = loop.block, done, m
    cdef int nin = loop.nin, nop = loop.nin + loop.nout, flags = 0, i, j
    cdef bint staged[OPERANDS]
    cdef char *at[OPERANDS]
    cdef char *operands[OPERANDS]
    cdef char buffers[OPERANDS][BLOCK_BYTES + 64]
    cdef Env env
    if n < 1:
        return
    for i in range(nop):
        at[i] = args[i]
        staged[i] = (steps[i] != size and n > 1) or <uintptr_t> args[i] % <uintptr_t> size != 0
    for i in range(nin):
        for j in range(nin, nop):
            if not disjoint(args[i], steps[i], args[j], steps[j], n, size):
                staged[i] = True
                # In place, element i is read and written at one address, and block by block is safe. Any other
                # overlap (an accumulation, say) means one element after the other.
                if args[i] != args[j] or steps[i] != steps[j] or steps[i] == 0:
                    block = 1
    save_env(&env, loop.extended)
    done = 0
    while done < n:
        m = min(block, n - done)
        for i in range(nop):
            operands[i] = at[i]
            if staged[i]:
                operands[i] = buffers[i] + (64 - <uintptr_t> buffers[i] % 64)
                if i < nin:
                    copy_strided(operands[i], size, at[i], steps[i], m, size)
        flags |= loop.run(operands, m)
        for i in range(nop):
            if i >= nin and staged[i]:
                copy_strided(at[i], steps[i], operands[i], size, m, size)
            at[i] += m * steps[i]
        done += m
    restore_env(&env, loop.extended)
    raise_flags(flags, INVALID, DIVIDE)  # on purpose: these are the mathematics' own


# ---------------------------------------------------------------------------------------------------------------
# Registration
# ---------------------------------------------------------------------------------------------------------------

# In this order promotion is NumPy's own: int8 -> float16, int16 -> float32, int32 and int64 -> float64.
cdef int[TYPES] TYPE_NUMBERS = [NPY_FLOAT16, NPY_FLOAT, NPY_DOUBLE, NPY_LONGDOUBLE]
cdef Py_ssize_t[TYPES] ITEMSIZES = [2, sizeof(float), sizeof(double), sizeof(long double)]
cdef Py_ssize_t[TYPES] BLOCKS = [NARROW_BLOCK, NARROW_BLOCK, WIDE_BLOCK, WIDE_BLOCK]


ctypedef struct Ufunc:
    # What a ufunc borrows and never frees; it lives as long as the process, as the ufunc does.
    Loop loops[TYPES]
    cnp.PyUFuncGenericFunction drivers[TYPES]
    void *data[TYPES]
    char types[TYPES * OPERANDS]


cdef object ufunc(str name, object capsule, str doc, str module):
    cdef const Row *row = <const Row *> PyCapsule_GetPointer(capsule, ROW_CAPSULE)
    cdef Ufunc *u = <Ufunc *> PyMem_Malloc(sizeof(Ufunc))
    cdef int nop = row.nin + row.nout, i, j
    cdef bytes c_name = name.encode(), c_doc = doc.encode()
    if u == NULL:
        raise MemoryError
    KEPT.append((c_name, c_doc))
    for i in range(TYPES):
        u.loops[i] = Loop(
            row.kernels[i], row.nin, row.nout, ITEMSIZES[i], BLOCKS[i], TYPE_NUMBERS[i] == NPY_LONGDOUBLE
        )
        u.drivers[i] = <cnp.PyUFuncGenericFunction> drive
        u.data[i] = &u.loops[i]
        for j in range(nop):
            u.types[i * nop + j] = TYPE_NUMBERS[i]
    made = cnp.PyUFunc_FromFuncAndData(
        u.drivers, u.data, u.types, TYPES, row.nin, row.nout, PyUFunc_None, c_name, c_doc, 0
    )
    with suppress(AttributeError):
        made.__module__ = module  # where pickle looks first; NumPy 2.0 has no place for it
    return made


KEPT = []  # the names and docstrings that the ufuncs point to


def bind(table, docs=DOCS, module="fastsig"):
    """Make a ufunc of each row of a table of kernels.

    Parameters
    ----------
    table : dict of str to capsule
        The ``KERNELS`` or the ``FAST`` of a kernels module.
    docs : dict of str to str
        A docstring for each.
    module : str
        Whose names they are.

    Returns
    -------
    dict of str to numpy.ufunc
    """
    return {name: ufunc(name, capsule, docs[name], module) for name, capsule in table.items()}


# In a dict and not as names of this module: where `__module__` is missing, pickle takes the path from the first module
# that holds the ufunc under its name, and that is to be the package.
UFUNCS = bind(_dispatch.load(_dispatch.PICKED).KERNELS)
FAST_UFUNCS = bind(_dispatch.load(_dispatch.PICKED).FAST, FAST_DOCS, "fastsig.fast")
