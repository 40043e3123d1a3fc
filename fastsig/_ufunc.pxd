# NUMPY'S UFUNC as its header has it. NumPy's own .pxd lacks some of these fields from version 2.5 on, and Cython would
# use the Python attributes of the same names instead: `types`, for one, is a list of str.

from cpython.ref cimport PyObject
from numpy cimport PyUFuncGenericFunction

cdef extern from "numpy/ufuncobject.h":
    ctypedef struct Ufunc "PyUFuncObject":
        int nin
        int nargs
        int ntypes
        PyUFuncGenericFunction *functions
        void **data
        const char *types
        PyObject *obj
