"""The functions, types and instruction sets that the tests run through, enumerated from the package's own tables."""

import numpy as np
from fastsig._ufuncs import bind

from fastsig import _dispatch
from fastsig._docs import FAST_DOCS
from fastsig._reference import REFERENCE

KERNELS = {isa.name: _dispatch.load(isa) for isa in _dispatch.available()}
ISAS = tuple(KERNELS)
UFUNCS = {isa: bind(kernels.KERNELS, kernels.BFLOAT16) for isa, kernels in KERNELS.items()}
FMA = {isa: kernels.FMA for isa, kernels in KERNELS.items()}
FAST_UFUNCS = {isa: bind(kernels.FAST, kernels.BFLOAT16, FAST_DOCS, "fastsig.fast") for isa, kernels in KERNELS.items()}
FAST = tuple(FAST_DOCS)
FUNCTIONS = tuple(REFERENCE)
TYPES = ("float16", "float32", "float64", "longdouble")
BITS = {np.dtype("float16"): np.uint16, np.dtype("float32"): np.uint32, np.dtype("float64"): np.uint64}


def outputs(result):
    """Return a ufunc's results as a tuple, whether there are several or one."""
    return result if isinstance(result, tuple) else (result,)


def same_bits(a, b):
    """Tell whether two arrays hold the same numbers to the bit, signs of zero included; any NaN equals any."""
    nan = np.isnan(a) & np.isnan(b)
    if a.dtype in BITS:
        equal = a.view(BITS[a.dtype]) == b.view(BITS[b.dtype])
    else:  # the padding of a long double holds anything
        equal = (a == b) & (np.signbit(a) == np.signbit(b))
    return bool(np.all(equal | nan))
