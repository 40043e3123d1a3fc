"""The fast tier: float32 in float32, float64 with hardly any pairs and no second phase, each within a stated bound."""

from fastsig._dispatch import PICKED, load
from fastsig._docs import FAST_DOCS
from fastsig._ufuncs import bind

_KERNELS = load(PICKED)
UFUNCS = bind(_KERNELS.FAST, _KERNELS.BFLOAT16, FAST_DOCS, __name__)

globals().update(UFUNCS)

__all__ = sorted(UFUNCS)

del UFUNCS
