# What passes between the loops and the ufuncs: a row of the table of kernels.

cdef extern from "arithmetic.h":
    pass

cdef extern from *:
    """
    #define FASTSIG_NARROW_BLOCK 960
    #define FASTSIG_WIDE_BLOCK 240
    #define FASTSIG_OPERANDS 4
    #define FASTSIG_ROW_CAPSULE "fastsig.row"

    typedef struct { int nin, nout; } fastsig_signature;

    /* Of constants: it does not compile where the driver has no room for so many operands. */
    #define FASTSIG_SIGNATURE(nin, nout) \\
        ((fastsig_signature){(nin), (nout) + (int) Py_BUILD_ASSERT_EXPR((nin) + (nout) <= FASTSIG_OPERANDS)})
    """
    enum:
        # How many elements a kernel computes at once: enough that a call costs nothing in comparison, and few enough
        # that its buffers and operands stay in L1. A float64 kernel has more buffers.
        NARROW_BLOCK "FASTSIG_NARROW_BLOCK"
        WIDE_BLOCK "FASTSIG_WIDE_BLOCK"
        OPERANDS "FASTSIG_OPERANDS"  # the most that any signature has
    const char *ROW_CAPSULE "FASTSIG_ROW_CAPSULE"
    ctypedef struct Signature "fastsig_signature":
        int nin
        int nout
    Signature signature "FASTSIG_SIGNATURE"(int nin, int nout) noexcept nogil

cdef enum:
    INVALID = 1
    DIVIDE = 2
    UNDECIDED = 4  # no exception: not even the most digits decide the rounding, which is not known to happen

# A kernel computes a block or less. Its operands, inputs first, are contiguous and aligned, and no output shares
# memory with another operand. It returns the exceptions that the mathematics calls for, or 0.
ctypedef int (*kernel_t)(char **operands, Py_ssize_t n) noexcept nogil

cdef extern from *:
    """
    #define FASTSIG_KERNEL_CAPSULE "fastsig.kernel"
    """
    const char *KERNEL_CAPSULE "FASTSIG_KERNEL_CAPSULE"

cdef enum:
    TYPES = 4  # float16, float32, float64, long double

ctypedef struct Row:
    Signature signature
    kernel_t kernels[TYPES]
