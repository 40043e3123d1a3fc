"""The fast tier: functions within a stated bound instead of correctly rounded.

float32 is computed in float32, and float64 with hardly any pairs of numbers and without a second phase.
"""

from fastsig._dispatch import PICKED, load
from fastsig._docs import FAST_DOCS
from fastsig._ufuncs import bind

_KERNELS = load(PICKED)
UFUNCS = bind(_KERNELS.FAST, _KERNELS.BFLOAT16, FAST_DOCS, __name__)

globals().update(UFUNCS)

__all__ = sorted(UFUNCS)

del UFUNCS
