"""bfloat16: importing this module lets every function take and return the bfloat16 of the package ml_dtypes.

NumPy remembers for good which loop a ufunc took for a type. So it is imported before the first bfloat16 is computed; if
fastsig is imported after ml_dtypes, that does it.
"""

try:
    import ml_dtypes
except ImportError as _missing:
    raise ImportError("fastsig.bfloat16 takes its type from the package ml_dtypes: pip install ml_dtypes") from _missing

import numpy as np

import fastsig
from fastsig import _dispatch, _ufuncs, fast

_KERNELS = _dispatch.load(_dispatch.PICKED).BFLOAT16

_LATE = [
    f"{_tier.__name__}.{name}"
    for _tier in (fastsig, fast)
    for name in _ufuncs.add_bfloat16(
        {name: getattr(_tier, name) for name in _KERNELS}, _KERNELS, np.dtype(ml_dtypes.bfloat16)
    )
]
if _LATE:  # all others take bfloat16 from now on
    raise ImportError(
        f"computed before in bfloat16, which NumPy has taken for float32 and keeps to: {', '.join(_LATE)}. "
        "Import fastsig.bfloat16, or ml_dtypes before fastsig, before the first call"
    )
