# ALL KERNELS: what a module compiled for one instruction set holds.
#
# Every function but logit and sigmoid_backward is made from e = exp(-t), t = |x|: it lies in [0, 1], so that nothing
# overflows, and little cancels. From float16 to float64 e is not formed: it is a ratio n/d, and each function is a
# quotient in which n and d stand as they are, or the logarithm of one, so that the one division that it needs anyway
# makes the exponential as well. Long double, bfloat16 and the fast tier's float32 form e.
#
# Each function has a page in functions/: its identity, its formulas, scalar and free of branches, its kernels, one for
# each type, and its rows of the tables. Formulas and kernels are named by type, after the function's name:
#     _narrow  float16 and float32, computed in float64 and rounded once at the end     kernels _e and _f
#     _half    float16 in float32, where the instruction set converts between them       kernel _e
#     _f64     float64, in pairs, with a rounding test                                  kernel _d
#     _ld      long double, in pairs where needed                                       kernel _g
#     _exact   the accurate phase: the value of any type, in integers of many limbs
#     _fast    float32 of the fast tier, in float32                                     kernel fast_NAME_f
#     _fast_f64  float64 of the fast tier, with hardly any pairs                        kernel fast_NAME_d
#     _bf16    bfloat16 in float32, of inputs and results that are normal numbers
# The kernel of bfloat16, NAME_b, uses _bf16, or rounds what a float32 kernel returns and asks the accurate phase where
# it must. What functions share is in common/ (arithmetic in .pxd files, loops in .pxi files) and in accurate/. A page
# may use what a page included before it defines.
#
# float16, float32 and float64 are correctly rounded. Long double and the fast tier have bounds, each stated once, above
# its formula, from where _bounds.py reads it:
#     # BOUND name type: U ulp; worst W at X
# U holds over the whole range of the type, in ulp of the type at the exact result (the least subnormal's below the
# normal range); W is the error at X, the worst input found; both may be left out. "fma" or "no-fma" after the type says
# for which instruction sets.

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.float cimport LDBL_MAX
from libc.math cimport copysign, copysignf, copysignl, fabs, fabsf, fabsl, logl
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from fastsig.kernels.abi cimport (
    DIVIDE, INVALID, KERNEL_CAPSULE, NARROW_BLOCK, OPERANDS, ROW_CAPSULE, UNDECIDED, WIDE_BLOCK, Row, Signature,
    kernel_t, signature
)
from fastsig.kernels.common.exact cimport *
from fastsig.kernels.common.exp_f64 cimport *
from fastsig.kernels.common.exp_half cimport *
from fastsig.kernels.common.exp_narrow cimport *
from fastsig.kernels.common.fast cimport *
from fastsig.kernels.common.fast_f64 cimport *
from fastsig.kernels.common.flags cimport *
from fastsig.kernels.common.half cimport double_to_half, float_to_half, float_to_odd, half_to_double
from fastsig.kernels.common.log cimport *
from fastsig.kernels.common.log_f64 cimport *
from fastsig.kernels.common.longdouble cimport *
from fastsig.kernels.common.rounding cimport *

include "accurate/limbs.pxi"
include "accurate/tables.pxi"
include "accurate/real.pxi"
include "accurate/exp.pxi"
include "accurate/log.pxi"
include "accurate/rounding.pxi"
include "accurate/logistic.pxi"

include "common/table.pxi"
include "common/loops.pxi"
include "common/loops_narrow.pxi"
include "common/loops_half.pxi"
include "common/loops_f64.pxi"
include "common/loops_log_f64.pxi"
include "common/loops_longdouble.pxi"
include "common/loops_fast.pxi"
include "common/loops_bfloat16.pxi"

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
include "functions/logistic_loss_with_gradient.pxi"
