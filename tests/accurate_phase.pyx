# THE ACCURATE PHASE FROM PYTHON, for its tests: its arithmetic and its formulas, which only loops call in the kernels.
#
# Arrays of limbs are integers here, and an enclosure is a tuple: whether it is negative, the exponent of a unit, and in
# units its significand and its error.

include "../fastsig/kernels/all.pxi"

from libc.stdint cimport uintptr_t

FORMULAS = {}  # the test that builds this module adds a line for each page's formula: FORMULAS[NAME] = its address


cdef void never_decided_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    set_unknown(y)


FORMULAS["never_decided"] = <uintptr_t> never_decided_exact


cdef exact_formula formula_of(str name) except NULL:
    return <exact_formula> <uintptr_t> FORMULAS[name]


cdef int put(uint64_t *y, a, int limbs) except -1:
    cdef int i
    for i in range(limbs):
        y[i] = a >> 64 * (limbs - 1 - i) & 0xffffffffffffffff
    return 0


cdef taken(const uint64_t *y, int limbs):
    cdef int i
    a = 0
    for i in range(limbs):
        a = a << 64 | y[i]
    return a


cdef int put_real(Real *y, value, int limbs) except -1:
    clear_limbs(y.m, MOST_LIMBS)
    y.negative, y.exponent, y.error = value[0], value[1] + 64 * limbs, value[3]
    return put(y.m, value[2], limbs)


cdef taken_real(const Real *y, int limbs):
    return bool(y.negative), y.exponent - 64 * limbs, taken(y.m, limbs), y.error


# ---------------------------------------------------------------------------------------------------------------
# Limbs
# ---------------------------------------------------------------------------------------------------------------


def on_limbs(str operation, a, b, uint64_t c, int64_t shift, int limbs):
    """Return what an operation leaves in its array, and what it returns; for a division, the remainder."""
    cdef uint64_t x[MOST_LIMBS]
    cdef uint64_t z[MOST_LIMBS]
    cdef uint64_t y[2 * MOST_LIMBS]
    cdef object returned = None
    put(x, a, limbs)
    put(z, b, limbs)
    copy_limbs(y, x, limbs)
    if operation == "leading_zeros_of":
        returned = leading_zeros_of(x, limbs)
    elif operation == "add_limbs":
        returned = add_limbs(y, x, z, limbs)
    elif operation == "subtract_limbs":
        returned = subtract_limbs(y, x, z, limbs)
    elif operation == "subtract_to":
        returned = subtract_to(y, x, z, c, limbs)
    elif operation == "add_small":
        returned = add_small(y, c, limbs)
    elif operation == "subtract_small":
        returned = subtract_small(y, c, limbs)
    elif operation == "add_scaled":
        returned = add_scaled(y, z, c, limbs)
    elif operation == "halve_limbs":
        halve_limbs(y, limbs)
    elif operation == "shift_left":
        shift_left(y, <int> shift, limbs)
    elif operation == "shift_right":
        returned = shift_right(y, x, c, shift, limbs)
    elif operation == "full_product":
        full_product(y, x, z, limbs)
        limbs *= 2
    elif operation == "short_product":
        short_product(y, x, z, limbs)
    elif operation == "divide_fractions":
        divide_fractions(y, x, z, limbs)
        returned = taken(x, limbs)
    else:
        raise ValueError(operation)
    return taken(y, limbs), returned


def product_of_words(uint64_t a, uint64_t b, uint64_t c, uint64_t d):
    """Return a b + c + d, of which an operation leaves one half and returns the other."""
    cdef uint64_t low, high = mul_add(a, b, c, d, &low)
    return int(high) << 64 | low


def quotient_of_words(uint64_t h, uint64_t l, uint64_t d):
    """Return (2^64 h + l)/d, rounded down, for h < d, and d with its leading bit set."""
    return quotient_limb(h, l, d, reciprocal_of(d))


def reciprocal_of_word(uint64_t d):
    """Return (2^128 - 1)/d - 2^64, rounded down."""
    return reciprocal_of(d)


def series_of(str coefficients, v, int64_t zeros, int limbs):
    """Return the sum of a series of a fraction v < 2^-zeros."""
    cdef uint64_t x[MOST_LIMBS]
    cdef uint64_t y[MOST_LIMBS]
    put(x, v, limbs)
    if coefficients == "HALF_FACTORIALS":
        series(y, HALF_FACTORIALS, HALF_FACTORIAL_ZEROS, x, zeros, limbs)
    elif coefficients == "HALF_ODDS":
        series(y, HALF_ODDS, HALF_ODD_ZEROS, x, zeros, limbs)
    else:
        raise ValueError(coefficients)
    return taken(y, limbs)


# ---------------------------------------------------------------------------------------------------------------
# Enclosures
# ---------------------------------------------------------------------------------------------------------------


def of_double(double x, int limbs):
    """Return a number as an enclosure."""
    cdef Real y
    set_double(&y, x)
    return taken_real(&y, limbs)


def arithmetic(str operation, a, b, int limbs):
    """Return what an operation makes of two enclosures."""
    cdef Real x, z, y
    put_real(&x, a, limbs)
    put_real(&z, b, limbs)
    if operation == "add":
        add_reals(&y, &x, &z, limbs)
    elif operation == "subtract":
        subtract_reals(&y, &x, &z, limbs)
    elif operation == "multiply":
        multiply_reals(&y, &x, &z, limbs)
    elif operation == "divide":
        divide_reals(&y, &x, &z, limbs)
    else:
        raise ValueError(operation)
    return taken_real(&y, limbs)


def elementary(str name, a, int limbs):
    """Return what an elementary function makes of an enclosure."""
    cdef Real x, y
    put_real(&x, a, limbs)
    if name == "exp_minus":
        exp_minus_real(&y, &x, limbs)
    elif name == "expm1_small":
        expm1_small(&y, &x, limbs)
    elif name == "half_tanh_half":
        half_tanh_half(&y, &x, limbs)
    elif name == "log":
        log_real(&y, &x, limbs)
    elif name == "log1p":
        log1p_real(&y, &x, limbs)
    elif name == "twice_atanh":
        twice_atanh(&y, &x, limbs)
    else:
        raise ValueError(name)
    return taken_real(&y, limbs)


def enclosure(str name, int limbs, double x, double t=0.0):
    """Return the enclosure of a function's value."""
    cdef Real y, a, b
    set_double(&a, x)
    set_double(&b, t)
    formula_of(name)(&y, &a, &b, limbs)
    return taken_real(&y, limbs)


# ---------------------------------------------------------------------------------------------------------------
# Rounding
# ---------------------------------------------------------------------------------------------------------------


def bits_rounded(value, int precision, int least, int limbs):
    """Return the bits of the number that an enclosure rounds to, without its sign, or None where it does not decide."""
    cdef Real y
    cdef uint64_t bits
    put_real(&y, value, limbs)
    return bits if round_to(&bits, &y, precision, least, limbs) else None


def nearest_number(str name, str dtype, y, double x, double t=0.0):
    """Return the number of a type nearest to a function's value, and the flags.

    `y` is the result of the fast phase. For float16, it and the number returned are given by their bits.
    """
    cdef int flags = 0
    cdef object found
    if dtype == "float64":
        found = nearest_f64(formula_of(name), x, t, y, &flags)
    elif dtype == "float32":
        found = nearest_f32(formula_of(name), x, t, y, &flags)
    elif dtype == "float16":
        found = nearest_f16(formula_of(name), x, t, y, &flags)
    else:
        raise ValueError(dtype)
    return found, flags
