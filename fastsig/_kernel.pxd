# What passes between the loops and the ufuncs: a row of the table of kernels.

cdef extern from *:
    """
    #define FASTSIG_BLOCK 240
    #define FASTSIG_ROW_CAPSULE "fastsig.row"
    """
    enum:
        BLOCK "FASTSIG_BLOCK"  # what a kernel computes at once: its buffers, 2 KiB each, stay in L1
    const char *ROW_CAPSULE "FASTSIG_ROW_CAPSULE"

cdef enum:
    INVALID = 1
    DIVIDE = 2

# A kernel computes n <= BLOCK elements. Its operands, inputs first, are contiguous and aligned, and no output shares
# memory with another operand. It returns the exceptions that the mathematics calls for, or 0.
ctypedef int (*kernel_t)(char **operands, Py_ssize_t n) noexcept nogil

cdef enum:
    TYPES = 4  # float16, float32, float64, long double

ctypedef struct Row:
    int nin
    int nout
    kernel_t kernels[TYPES]
