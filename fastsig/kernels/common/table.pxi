# THE TABLES of kernels, to which each page adds its row: the default tier's, the fast tier's, and that of
# bfloat16, which the two tiers share.

cdef extern from *:
    """
    #define FASTSIG_TEXT_OF(name) #name
    #define FASTSIG_TEXT(name) FASTSIG_TEXT_OF(name)
    """
    const char *SOURCES_TEXT "FASTSIG_TEXT(FASTSIG_SOURCES)"

KERNELS = {}
FAST = {}
BFLOAT16 = {}
FMA = HAS_FMA  # tells which of the bounds hold
SOURCES = SOURCES_TEXT.decode()  # the hash of the sources, as setup.py took it


cdef void free_row(object capsule) noexcept:
    PyMem_Free(PyCapsule_GetPointer(capsule, ROW_CAPSULE))


cdef object row(Signature of_row, kernel_t e, kernel_t f, kernel_t d, kernel_t g):
    # A ufunc copies the row that it is made from, so that no row is needed for longer than its capsule.
    cdef Row *r = <Row *> PyMem_Malloc(sizeof(Row))
    if r == NULL:
        raise MemoryError
    r.signature = of_row
    r.kernels[0], r.kernels[1], r.kernels[2], r.kernels[3] = e, f, d, g
    return PyCapsule_New(r, ROW_CAPSULE, free_row)


cdef object kernel_of(kernel_t k):
    return PyCapsule_New(<void *> k, KERNEL_CAPSULE, NULL)
