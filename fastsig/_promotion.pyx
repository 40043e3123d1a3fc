"""THE TYPE in which inputs without a kernel of their own are computed: integers, bool, and two types of float.

Integers of every width, and bool, become float64. With a float the float decides, as for scores with labels: 0 and 1
are exact in each. Of two floats it is the wider. By themselves ufuncs would take the first type that holds all
integers of a width, float16 for int8, and would compute float32 with int64 in float64.

bfloat16 is a type of another package, ml_dtypes, which may be imported later. A ufunc without a loop for it would
compute float32 instead when it first meets bfloat16, and NumPy keeps to that choice for good. So its loop for bfloat16
is added at that moment, before NumPy chooses.

Without a GIL, NumPy holds a lock of the ufunc while it asks a promoter. So a promoter changes no other ufunc, and runs
no Python code, imports included: a signal handler, a finalizer or a debugger that calls the ufunc would wait for ever.
"""

import sys
from itertools import product

cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_New
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject

from fastsig._ufunc cimport Ufunc

# Not `import_array`, which makes an ImportError of any other: without memory it is a MemoryError.
cnp._import_array()
cnp._import_umath()

cdef extern from "numpy/arrayobject.h":
    ctypedef struct DType "PyArray_DTypeMeta":
        pass
    DType BOOL "PyArray_BoolDType"
    DType FLOAT64 "PyArray_DoubleDType"
    DType PYTHON_FLOAT "PyArray_PyFloatDType"
    DType INTEGER "PyArray_IntAbstractDType"  # of which that of Python's int is one
    DType FLOATING "PyArray_FloatAbstractDType"  # likewise
    DType *PyArray_CommonDType(DType *a, DType *b) except NULL

cdef extern from "numpy/ufuncobject.h":
    int PyUFunc_AddPromoter(PyObject *ufunc, PyObject *dtypes, PyObject *promoter) except -1

cdef extern from "Python.h":
    ctypedef struct Type "PyTypeObject":
        pass
    bint is_subtype "PyType_IsSubtype"(Type *a, Type *b) noexcept


ctypedef int (*promoter_t)(PyObject *, DType *const *, DType *const *, DType **) except -1


cdef int promote(PyObject *ufunc, DType *const *given, DType *const *signature, DType **wanted) except -1:
    # NumPy's PyArrayMethod_PromoterFunction: from the types of the inputs, and of the outputs if there is a `dtype=`,
    # those of a loop. Python's own numbers are weak: any other float decides.
    cdef int nin = (<Ufunc *> ufunc).nin, nargs = (<Ufunc *> ufunc).nargs, i
    cdef object common = None, chosen
    for i in range(nin):
        if not (given[i] == &PYTHON_FLOAT or given[i] == &BOOL or is_subtype(<Type *> given[i], <Type *> &INTEGER)):
            common = dtype(given[i]) if common is None else common_type(<DType *> <PyObject *> common, given[i])
    common = dtype(&FLOAT64) if common is None else common
    for i in range(nin, nargs):
        common = common if given[i] == NULL else dtype(given[i])
    if is_bfloat16(common):
        (<object> (<Ufunc *> ufunc).obj).add_bfloat16(<object> ufunc, common)
    for i in range(nargs):
        chosen = common if signature[i] == NULL else dtype(signature[i])
        Py_INCREF(chosen)
        wanted[i] = <DType *> <PyObject *> chosen
    return 0


cdef int promote_bfloat16(PyObject *ufunc, DType *const *given, DType *const *signature, DType **wanted) except -1:
    # Promote likewise if any type is bfloat16. -1 without an error lets NumPy go on as if there were no promoter.
    cdef DType *reduced[3]
    cdef int i
    if given[0] == NULL:  # a reduction: the type of what is accumulated is that of the operand
        reduced[0], reduced[1], reduced[2] = given[1], given[1], given[2]
        return promote(ufunc, reduced, signature, wanted)
    for i in range((<Ufunc *> ufunc).nargs):
        if given[i] != NULL and is_bfloat16(dtype(given[i])):
            return promote(ufunc, given, signature, wanted)
    return -1


cdef inline bint is_bfloat16(object dtype) except -1:
    ml_dtypes = sys.modules.get("ml_dtypes")  # which may be in the middle of its import
    return ml_dtypes is not None and dtype.type is getattr(ml_dtypes, "bfloat16", ml_dtypes)


cdef inline object dtype(DType *d):
    return <object> <PyObject *> d


cdef inline object common_type(DType *a, DType *b):
    # NumPy's function returns a new reference.
    common = dtype(PyArray_CommonDType(a, b))
    Py_DECREF(common)
    return common


def kinds():
    """Return the types of numbers that promoters are made for: integers, bool and floats."""
    return [dtype(&INTEGER), dtype(&BOOL), dtype(&FLOATING)]


cdef add_promoter(ufunc, inputs, promoter_t chosen=promote):
    # Let a ufunc take inputs of these types by one of the promoters above.
    promoter = PyCapsule_New(<void *> chosen, "numpy._ufunc_promoter", NULL)
    dtypes = (*inputs, *[None] * ufunc.nout)
    PyUFunc_AddPromoter(<PyObject *> ufunc, <PyObject *> dtypes, <PyObject *> promoter)


def add_promoters(ufunc):
    """Let a ufunc take integers, bool and floats of any type in each of its inputs."""
    for inputs in product(kinds(), repeat=ufunc.nin):
        add_promoter(ufunc, inputs)
    add_promoter(ufunc, [None] * ufunc.nin, promote_bfloat16)  # for types that no other promoter is for
