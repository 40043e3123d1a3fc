# What passes between the loops and the ufuncs: a row of the table of kernels.

cdef extern from *:
    """
    #define FASTSIG_NARROW_BLOCK 960
    #define FASTSIG_WIDE_BLOCK 240
    #define FASTSIG_ROW_CAPSULE "fastsig.row"
    """
    enum:
        # What a kernel computes at once: long enough that a call costs nothing beside it, and short enough that
        # its buffers and operands stay in L1. A float64 kernel has more of them.
        NARROW_BLOCK "FASTSIG_NARROW_BLOCK"
        WIDE_BLOCK "FASTSIG_WIDE_BLOCK"
    const char *ROW_CAPSULE "FASTSIG_ROW_CAPSULE"

cdef enum:
    INVALID = 1
    DIVIDE = 2

# A kernel computes a block or less. Its operands, inputs first, are contiguous and aligned, and no output shares
# memory with another operand. It returns the exceptions that the mathematics calls for, or 0.
ctypedef int (*kernel_t)(char **operands, Py_ssize_t n) noexcept nogil

cdef enum:
    TYPES = 4  # float16, float32, float64, long double

ctypedef struct Row:
    int nin
    int nout
    kernel_t kernels[TYPES]
