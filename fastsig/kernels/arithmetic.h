/* What the mathematics asks of the compiler. setup.py passes the flags that give it, after everybody else's; a build
   that does not get it ends here, and not in wrong results. */

#ifndef FASTSIG_ARITHMETIC_H
#define FASTSIG_ARITHMETIC_H

#include <float.h>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) \
    || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) \
    || defined(_M_FP_FAST)
#error "fastsig cannot be built with -ffast-math, a part of it or /fp:fast: NaN, infinities and digits would be lost"
#endif

/* 16 is float and double as they are, and _Float16 likewise. */
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "fastsig needs each operation rounded to its own type, which x87 arithmetic is not: use -msse2 -mfpmath=sse"
#endif

#if LDBL_MANT_DIG == 106
#error "fastsig has no formulas for a long double that is a pair of doubles: use an IEEE one (-mabi=ieeelongdouble)"
#endif

/* With -fsingle-precision-constant this array has a negative size. */
typedef char fastsig_constants_are_doubles[sizeof 1.0 == sizeof(double) ? 1 : -1];

#endif
