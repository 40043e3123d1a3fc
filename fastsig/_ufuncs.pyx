"""THE UFUNCS: strides, overlap, flags, registration; no mathematics.

One driver serves every signature: the kernel, the number of its operands and their size travel in the ufunc's
``data`` pointer.
"""

cimport cython
from cpython.exc cimport PyErr_SetString
from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.ref cimport Py_INCREF, PyObject
from libc.string cimport memcpy

import numpy as np

cimport numpy as cnp
from numpy cimport NPY_DOUBLE, NPY_FLOAT, NPY_FLOAT16, NPY_LONGDOUBLE, PyUFunc_None

from fastsig._fenv cimport Env, enter, leave
from fastsig._ufunc cimport Ufunc
from fastsig.kernels.abi cimport (
    DIVIDE, INVALID, KERNEL_CAPSULE, NARROW_BLOCK, OPERANDS, ROW_CAPSULE, TYPES, UNDECIDED, WIDE_BLOCK, Row, kernel_t
)

from fastsig import _dispatch
from fastsig._docs import DOCS
from fastsig._promotion import add_promoters

# Not `import_array`, which makes an ImportError of any other: without memory it is a MemoryError.
cnp._import_array()
cnp._import_umath()

cdef extern from *:
    """
    /* The buffer of an operand: a block of the type that needs most. */
    #define FASTSIG_BLOCK_BYTES (FASTSIG_NARROW_BLOCK * sizeof(float))

    static inline void fastsig_check_blocks(void)
    {
        Py_BUILD_ASSERT(FASTSIG_NARROW_BLOCK * sizeof(npy_half) <= FASTSIG_BLOCK_BYTES);
        Py_BUILD_ASSERT(FASTSIG_WIDE_BLOCK * sizeof(double) <= FASTSIG_BLOCK_BYTES);
        Py_BUILD_ASSERT(FASTSIG_WIDE_BLOCK * sizeof(npy_longdouble) <= FASTSIG_BLOCK_BYTES);
        Py_BUILD_ASSERT(LDBL_MANT_DIG == FASTSIG_LONGDOUBLE_BITS);  /* NumPy's: -mlong-double-128 makes it another */
    }
    """
    enum:
        BLOCK_BYTES "FASTSIG_BLOCK_BYTES"
    ctypedef size_t uintptr_t

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


cdef inline bint interleaved(
    const char *a, Py_ssize_t a_step, const char *b, Py_ssize_t b_step, Py_ssize_t size
) noexcept nogil:
    # Whether no element of one operand overlaps one of the other, however many there are, as in two columns of a table:
    # all distances from one to the other are equal modulo the greatest common divisor of the steps.
    cdef Py_ssize_t unit = a_step, rest = b_step, distance
    while rest:
        unit, rest = rest, unit % rest
    if unit == 0:
        return False
    unit = -unit if unit < 0 else unit
    distance = (b - a) % unit
    distance = distance + unit if distance < 0 else distance
    return size <= distance <= unit - size


cdef inline bint disjoint(
    const char *a, Py_ssize_t a_step, const char *b, Py_ssize_t b_step, Py_ssize_t n, Py_ssize_t size
) noexcept nogil:
    # Whether the bytes of the two operands, each from its first to its last element, lie apart, or the elements of one
    # between those of the other.
    cdef Py_ssize_t a_span = (n - 1) * a_step, b_span = (n - 1) * b_step
    cdef const char *a_low = a + a_span if a_span < 0 else a
    cdef const char *a_high = (a if a_span < 0 else a + a_span) + size
    cdef const char *b_low = b + b_span if b_span < 0 else b
    cdef const char *b_high = (b if b_span < 0 else b + b_span) + size
    return a_high <= b_low or b_high <= a_low or interleaved(a, a_step, b, b_step, size)


cdef inline bint direct(const char *a, Py_ssize_t step, Py_ssize_t n, Py_ssize_t size) noexcept nogil:
    # Whether an operand is contiguous and aligned. Sizes are powers of 2: a remainder would cost a division.
    return (step == size or n == 1) and <uintptr_t> a & <uintptr_t> (size - 1) == 0


cdef inline bint all_direct(
    char **args, const cnp.npy_intp *steps, Py_ssize_t n, Py_ssize_t size, int nin, int nop
) noexcept nogil:
    # Whether all operands are direct, and no output overlaps an input.
    cdef int i, j
    for i in range(nop):
        if not direct(args[i], steps[i], n, size):
            return False
    for i in range(nin):
        for j in range(nin, nop):
            if -n * size < args[i] - args[j] < n * size:
                return False
    return True


cdef void drive(char **args, const cnp.npy_intp *dims, const cnp.npy_intp *steps, void *data) noexcept nogil:
    # `where=` makes a call of each run of elements, most of them short: a block that needs no staging goes straight to
    # the kernel.
    cdef Loop *loop = <Loop *> data
    cdef Py_ssize_t n = dims[0]
    cdef int flags
    cdef Env env
    if not (0 < n <= loop.block and all_direct(args, steps, n, loop.itemsize, loop.nin, loop.nin + loop.nout)):
        drive_blocks(args, n, steps, loop)
        return
    enter(&env, loop.extended)
    flags = loop.run(args, n)
    leave(&env, loop.extended, flags & INVALID, flags & DIVIDE)
    if flags & UNDECIDED:
        refuse()


cdef void drive_blocks(char **args, Py_ssize_t n, const cnp.npy_intp *steps, Loop *loop) noexcept nogil:
    # Contiguous, aligned operands go to the kernel as they are; any other is staged, a block at a time, in a buffer:
    # an input gathered before the kernel runs, an output scattered after.
    cdef Py_ssize_t size = loop.itemsize, block = loop.block, done, m
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
        staged[i] = not direct(args[i], steps[i], n, size)
    for i in range(nin):
        for j in range(nin, nop):
            if not disjoint(args[i], steps[i], args[j], steps[j], n, size):
                staged[i] = True
                # In place, element i is read and written at one address, and block by block is safe. Any other
                # overlap (an accumulation, say) means one element after the other.
                if args[i] != args[j] or steps[i] != steps[j] or -size < steps[i] < size:
                    block = 1
    enter(&env, loop.extended)
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
    leave(&env, loop.extended, flags & INVALID, flags & DIVIDE)
    if flags & UNDECIDED:
        refuse()


cdef void refuse() noexcept with gil:
    # NumPy passes it on as the cause of a SystemError.
    PyErr_SetString(ArithmeticError, b"fastsig: a result lies too near to the middle of two numbers to be rounded")


# ---------------------------------------------------------------------------------------------------------------
# Registration
# ---------------------------------------------------------------------------------------------------------------

# By a row's order; and the order in which a ufunc lists its types. A library that picks the first of these that holds
# an input, as Polars does, finds float32 for 8-bit integers and not float16, in which Polars computes nothing.
cdef int[TYPES] LISTED = [1, 0, 2, 3]
cdef int[TYPES] TYPE_NUMBERS = [NPY_FLOAT16, NPY_FLOAT, NPY_DOUBLE, NPY_LONGDOUBLE]
cdef Py_ssize_t[TYPES] ITEMSIZES = [2, sizeof(float), sizeof(double), sizeof(long double)]
cdef Py_ssize_t[TYPES] BLOCKS = [NARROW_BLOCK, NARROW_BLOCK, WIDE_BLOCK, WIDE_BLOCK]


cdef class Parts:
    """What a ufunc points to and does not copy; the ufunc owns it and frees it in the end."""

    cdef Loop[TYPES] loops
    cdef Loop bfloat16
    cdef bint knows_bfloat16
    cdef cnp.PyUFuncGenericFunction[TYPES] drivers
    cdef void *data[TYPES]
    cdef char[TYPES * OPERANDS] types
    cdef bytes name
    cdef bytes doc

    def add_bfloat16(self, cnp.ufunc owner, dtype):
        """Let the ufunc that owns this compute bfloat16, given NumPy's class of that DType; once is enough."""
        cdef int[OPERANDS] types
        cdef int number = np.dtype(dtype.type).num, i
        for i in range(OPERANDS):
            types[i] = number
        with cython.critical_section(self):
            if not self.knows_bfloat16:
                cnp.PyUFunc_RegisterLoopForType(
                    owner, number, <cnp.PyUFuncGenericFunction> drive, types, &self.bfloat16
                )
                self.knows_bfloat16 = True


cdef object ufunc(str name, object capsule, object bfloat16, str doc, str module):
    cdef const Row *row = <const Row *> PyCapsule_GetPointer(capsule, ROW_CAPSULE)
    cdef int nin = row.signature.nin, nout = row.signature.nout, nop = nin + nout, i, j, k
    cdef Parts parts = Parts()
    parts.name, parts.doc = name.encode(), doc.encode()
    for i, k in enumerate(LISTED):
        parts.loops[i] = Loop(row.kernels[k], nin, nout, ITEMSIZES[k], BLOCKS[k], TYPE_NUMBERS[k] == NPY_LONGDOUBLE)
        parts.drivers[i] = <cnp.PyUFuncGenericFunction> drive
        parts.data[i] = &parts.loops[i]
        for j in range(nop):
            parts.types[i * nop + j] = TYPE_NUMBERS[k]
    parts.bfloat16 = Loop(
        <kernel_t> PyCapsule_GetPointer(bfloat16, KERNEL_CAPSULE), nin, nout, 2, NARROW_BLOCK, False
    )
    made = cnp.PyUFunc_FromFuncAndData(
        parts.drivers, parts.data, parts.types, TYPES, nin, nout, PyUFunc_None, parts.name, parts.doc, 0
    )
    Py_INCREF(parts)
    (<Ufunc *> made).obj = <PyObject *> parts  # NumPy's place for what a ufunc owns
    add_promoters(made)
    try:  # not `with suppress`, for which Cython passes on a traceback that is not there when memory is short
        made.__module__ = module  # where pickle looks first; NumPy 2.0 has no place for it
    except AttributeError:
        pass
    return made


def bind(table, bfloat16, docs=DOCS, module="fastsig"):
    """Make a ufunc of each row of a table of kernels.

    Parameters
    ----------
    table : dict of str to capsule
        The ``KERNELS`` or the ``FAST`` of a kernels module.
    bfloat16 : dict of str to capsule
        The ``BFLOAT16`` of that module. NumPy learns of the type from the package that defines it: a ufunc gets its
        loop when it first meets it.
    docs : dict of str to str
        A docstring for each.
    module : str
        Whose names they are.

    Returns
    -------
    dict of str to numpy.ufunc

    Raises
    ------
    LookupError
        If a function has no docstring.
    """
    for name in table:
        if name not in docs:
            raise LookupError(
                f"{module}.{name} has kernels and no docstring: fastsig/_docs.py lacks it in "
                f"{'DOCS' if docs is DOCS else '_FAST'}"
            )
    return {name: ufunc(name, capsule, bfloat16[name], docs[name], module) for name, capsule in table.items()}


# In a dict and not as names of this module: where `__module__` is missing, pickle uses the first module that holds the
# ufunc under its name, and that is to be the package.
PICKED = _dispatch.load(_dispatch.PICKED)
UFUNCS = bind(PICKED.KERNELS, PICKED.BFLOAT16)
