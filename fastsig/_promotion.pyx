"""IN WHICH TYPE inputs are computed that have no kernel of their own: integers, bool, and two types of float.

Integers of every width, and bool, become float64. Beside a float that float decides, as for labels beside scores: 0 and
1 are exact in each. Of two floats it is the wider. By themselves ufuncs would take the first type that holds all
integers of a width, float16 for int8, and would compute float32 beside int64 in float64.
"""

from itertools import product

cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_New
from cpython.ref cimport Py_INCREF, PyObject

cnp.import_array()
cnp.import_umath()

cdef extern from "numpy/arrayobject.h":
    ctypedef struct DType "PyArray_DTypeMeta":
        pass
    DType BOOL "PyArray_BoolDType"
    DType FLOAT64 "PyArray_DoubleDType"
    DType PYTHON_FLOAT "PyArray_PyFloatDType"
    DType INTEGER "PyArray_IntAbstractDType"  # of which Python's own is one
    DType FLOATING "PyArray_FloatAbstractDType"  # likewise
    object PyArray_CommonDType(DType *a, DType *b)

cdef extern from "numpy/ufuncobject.h":
    int PyUFunc_AddPromoter(PyObject *ufunc, PyObject *dtypes, PyObject *promoter) except -1

cdef extern from "Python.h":
    bint is_subtype "PyType_IsSubtype"(void *a, void *b) noexcept


cdef int promote(PyObject *ufunc, DType *const *given, DType *const *signature, DType **wanted) except -1:
    # NumPy's PyArrayMethod_PromoterFunction: from the types of the inputs, and of the outputs if there is a `dtype=`,
    # those of a loop. Python's own numbers are weak: any other float decides.
    cdef int nin = (<cnp.ufunc> ufunc).nin, nargs = (<cnp.ufunc> ufunc).nargs, i
    cdef object common = None, chosen
    for i in range(nin):
        if not (given[i] == &PYTHON_FLOAT or given[i] == &BOOL or is_subtype(given[i], &INTEGER)):
            common = dtype(given[i]) if common is None else PyArray_CommonDType(<DType *> <PyObject *> common, given[i])
    common = dtype(&FLOAT64) if common is None else common
    for i in range(nin, nargs):
        common = common if given[i] == NULL else dtype(given[i])
    for i in range(nargs):
        chosen = common if signature[i] == NULL else dtype(signature[i])
        Py_INCREF(chosen)
        wanted[i] = <DType *> <PyObject *> chosen
    return 0


cdef inline object dtype(DType *d):
    return <object> <PyObject *> d


def kinds():
    """Return the types of numbers that promoters are made for: integers, bool and floats."""
    return [dtype(&INTEGER), dtype(&BOOL), dtype(&FLOATING)]


def add_promoter(ufunc, inputs):
    """Let a ufunc take inputs of these types as this module has it."""
    promoter = PyCapsule_New(<void *> promote, "numpy._ufunc_promoter", NULL)
    dtypes = (*inputs, *[None] * ufunc.nout)
    PyUFunc_AddPromoter(<PyObject *> ufunc, <PyObject *> dtypes, <PyObject *> promoter)


def add_promoters(ufunc):
    """Let a ufunc take integers, bool and floats of any type in each of its inputs."""
    for inputs in product(kinds(), repeat=ufunc.nin):
        add_promoter(ufunc, inputs)


def add_promoters_beside(ufunc, added):
    """Let a ufunc take those beside a type of float that it has a loop for, and that is none of NumPy's."""
    for inputs in product([*kinds(), added], repeat=ufunc.nin):
        if len(set(inputs)) > 1 and added in inputs:
            add_promoter(ufunc, inputs)
