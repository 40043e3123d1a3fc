# THE SIGMOID OF A REAL, from which the pages make their functions.


cdef bint near_zero(const Real *x) noexcept nogil:
    # |x| < 2^-6
    return x.exponent <= -6 or x.m[0] == 0


cdef void logistic(Real *lower, Real *upper, Real *excess, const Real *x, int limbs) noexcept nogil:
    # lower = sigmoid(-|x|), upper = sigmoid(|x|), excess = upper - 1/2; a pointer is NULL if its value is not needed.
    # Near 0 the excess is computed first: all three then have a small error relative to themselves, and the smaller x
    # is, the nearer an end is to 1/2 + x/4, which may be a midpoint.
    cdef Real one, half, first, second, t = x[0]
    t.negative = False
    set_integer(&one, 1, 0)
    set_integer(&half, 1, -1)
    if near_zero(x):
        half_tanh_half(&first, &t, limbs)
        if excess != NULL:
            excess[0] = first
        if lower != NULL:
            subtract_reals(lower, &half, &first, limbs)
        if upper != NULL:
            add_reals(upper, &half, &first, limbs)
        return
    exp_minus_real(&first, &t, limbs)
    add_reals(&second, &one, &first, limbs)
    if lower == NULL and excess == NULL:
        divide_reals(upper, &one, &second, limbs)
        return
    divide_reals(&first, &first, &second, limbs)
    if lower != NULL:
        lower[0] = first
    if upper != NULL:
        subtract_reals(upper, &one, &first, limbs)
    if excess != NULL:
        subtract_reals(excess, &half, &first, limbs)
