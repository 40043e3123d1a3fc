"""bfloat16: the type of the package ml_dtypes, which every function takes and returns.

Nobody has to import this module. The first call that meets bfloat16 does, and lets all functions know their loops.
"""

try:
    import ml_dtypes
except ImportError as _missing:
    raise ImportError("fastsig.bfloat16 takes its type from the package ml_dtypes: pip install ml_dtypes") from _missing

import numpy as np

import fastsig
from fastsig import _dispatch, _ufuncs, fast

_KERNELS = _dispatch.load(_dispatch.PICKED).BFLOAT16

for _tier in (fastsig, fast):
    _ufuncs.add_bfloat16({name: getattr(_tier, name) for name in _KERNELS}, _KERNELS, np.dtype(ml_dtypes.bfloat16))
