# ALL KERNELS: what a module compiled for one instruction set holds.
#
# Everything follows from e = exp(-t), t = |x|: it lies in [0, 1], so that nothing overflows and nothing cancels. And e
# is never formed: it is a ratio n/d, and each function a quotient in which n and d stand as they are, or the logarithm
# of one, so that the one division that it has anyway makes the exponential as well.
#
# A function is a page of functions/: its identity, its formulas, scalar and free of branches, its kernels, one for each
# type, and its rows of the tables. Formulas and kernels are named by type, after the function's name:
#     _narrow  float16 and float32, computed in float64 and rounded once at the end     kernels _e and _f
#     _f64     float64, in pairs                                                        kernel _d
#     _ld      long double, through the C library                                       kernel _g
#     _fast    float32 of the fast tier, in float32                                     kernel fast_NAME_f
# What functions share is in common/: arithmetic in .pxd files, loops in .pxi files. A page may use what stands in one
# that is included before it.
#
# A bound is stated above its formula, once, and everybody else reads it from there (_bounds.py):
#     # BOUND name type: U ulp; worst W at X
# U holds over the whole range of the type, in ulp of the type at the exact result (the least subnormal's below the
# normal range); W is the error at the worst input found, X, and may be left out. "fma" or "no-fma" after the type
# says for which instruction sets. A bound of 0.5 ulp is correct rounding.

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.float cimport LDBL_MAX
from libc.math cimport copysign, copysignf, copysignl, expl, expm1l, fabs, fabsf, fabsl, fmal, logl
from libc.stdint cimport uint16_t

from fastsig.kernels.abi cimport DIVIDE, NARROW_BLOCK, ROW_CAPSULE, WIDE_BLOCK, Row, Signature, kernel_t, signature
from fastsig.kernels.common.exact cimport *
from fastsig.kernels.common.exp_f64 cimport *
from fastsig.kernels.common.exp_narrow cimport *
from fastsig.kernels.common.fast cimport *
from fastsig.kernels.common.flags cimport *
from fastsig.kernels.common.half cimport double_to_half, half_to_double
from fastsig.kernels.common.log cimport *
from fastsig.kernels.common.longdouble cimport *

include "common/table.pxi"
include "common/loops.pxi"
include "common/loops_narrow.pxi"
include "common/loops_f64.pxi"
include "common/loops_longdouble.pxi"
include "common/loops_fast.pxi"

include "functions/sigmoid.pxi"
include "functions/sigmoid_derivative.pxi"
include "functions/sigmoid_with_derivative.pxi"
include "functions/sigmoid_second_derivative.pxi"
include "functions/softplus.pxi"
include "functions/log_sigmoid.pxi"
include "functions/logit.pxi"
include "functions/silu.pxi"
include "functions/silu_derivative.pxi"
include "functions/sigmoid_backward.pxi"
include "functions/logistic_loss.pxi"
include "functions/logistic_loss_gradient_hessian.pxi"
