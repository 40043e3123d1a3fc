# logistic_loss(x, t) = softplus(x) - t x = |x| (x > 0 ? 1 - t : t) + log1p(e): every term >= 0, for t in [0, 1]

cdef extern from *:
    const double LEAST_SHARE "0x1p-500"  # negligible in a sum with log(1 + e) for |x| <= LOG_TAIL, and no subnormal
    const double MOST_SMALL_TERM "0x1p-100"
    const float FAST_ALONE "1024.0f"  # exp(-1024) is below half the least subnormal float64


cdef inline Ratio logistic_loss_ratio_narrow(double x, double t, Exp e) noexcept nogil:
    return log1p_ratio_narrow(e)


cdef inline Value logistic_loss_narrow(double x, double t, double q) noexcept nogil:
    cdef double share = 1.0 - t if x > 0.0 else t
    cdef double v = (fabs(x) * share if share != 0.0 else 0.0) + log1p_narrow(q)
    return Value(NAN if outside(t) else v, NARROW_ERROR * v)


cdef inline Sum logistic_loss_sum(double x, double t, double q) noexcept nogil:
    # The product is a pair, so that where it is a tie the logarithm decides, however small it is.
    cdef Pair share = fast_two_sum(1.0, -t), a, s
    cdef double b = log1p_narrow(q), l
    share.h = share.h if x > 0.0 else t
    share.l = share.l if x > 0.0 else 0.0
    a = times(fabs(x), share)
    a.h = a.h if share.h != 0.0 else 0.0  # an infinite x counts for nothing where its share is 0
    a.l = a.l if share.h != 0.0 else 0.0
    s = two_sum(a.h, b)
    l = s.l + a.l
    return Sum(NAN if outside(t) else s.h, l, fma(b, NARROW_ERROR, fabs(l) * SUM_ERROR))


cdef inline Pair share_of(double x, double t) noexcept nogil:
    # x > 0 ? 1 - t : t, exactly; NaN for a t outside [0, 1]
    cdef double v = NAN if outside(t) else t
    cdef Pair p
    p.h = 1.0 - v
    p.l = (1.0 - p.h) - v if x > 0.0 else 0.0
    p.h = p.h if x > 0.0 else v
    return p


cdef inline LogParts logistic_loss_f64(double x, double t, ExpF64 e) noexcept nogil:
    # |x| share + log(1 + e), for |x| <= LOG_TAIL
    cdef Pair share = share_of(x, t), z
    share.h = LEAST_SHARE if share.h < LEAST_SHARE else share.h
    z.h = fabs(x) * share.h
    z.l = fma(fabs(x), share.l, product_tail(fabs(x), share.h, z.h))
    return plus_log1p(x, z, 1.0, e)


cdef inline Rounding logistic_loss_end(double x, Rounding a) noexcept nogil:
    return a


cdef inline double barely_more(double l) noexcept nogil:
    # l plus a positive number below its last bit, rounded to odd; for l = 0 it is no subnormal.
    cdef uint64_t u = bits(l + LEAST_SHARE)
    return from_bits((u - (u >> 63)) | 1)


cdef inline Rounding logistic_loss_far(double x, double t, ExpF64 e) noexcept nogil:
    # For |x| > LOG_TAIL log(1 + e) is e, below 2^-245. Where the first term is 2^-100 or more, e only breaks ties,
    # upwards: its tail, which is exact unless 1 - t has a tail itself, is rounded to odd. Elsewhere the share is 0 or a
    # t < 2^-107, a number without a tail, and the loss is (|x| t d + n)/d.
    cdef Pair share = share_of(x, t), n, p, product, s
    cdef bint there = share.h != 0.0
    cdef double z, z_l, unit_share = share.h * UNIT, margin = 0.0 if share.l == 0.0 else MARGINS * LOG_ERROR
    cdef Rounding large, small
    z = fabs(x) * share.h
    if HAS_FMA:
        z_l = product_tail(fabs(x), share.h, z)
    else:  # the head of the largest numbers would be infinite
        z_l = UNIT * product_tail(UNIT_INVERSE * fabs(x), share.h, UNIT_INVERSE * z)
    z_l = fma(fabs(x), share.l, z_l)
    z = z if there else 0.0
    z_l = barely_more(z_l if there else 0.0)
    large = rounding(z + fma(z, margin, z_l), z + fma(z, -margin, z_l))
    large = large if z <= LARGEST else rounding(z, z)
    p.h = fabs(x) * unit_share
    p.l = product_tail(fabs(x), unit_share, p.h) if there else 0.0
    p.h = p.h if there else 0.0
    product.h = p.h * e.of_r_h.d_h
    product.l = fma(p.l, e.of_r_h.d_h, fma(p.h, e.of_r_h.w_l, product_tail(p.h, e.of_r_h.d_h, product.h)))
    n = numerator(e)
    s = two_sum(product.h, n.h)
    s.l += product.l + n.l
    small = quotient_in_unit(s, e.of_r_h.d_h, e.of_r_h.w_l)
    return small if z < MOST_SMALL_TERM else large


cdef void logistic_loss_exact(Real *y, const Real *x, const Real *t, int limbs) noexcept nogil:
    # |x| (x > 0 ? 1 - t : t) + log1p(exp(-|x|))
    cdef Real u = x[0], share = t[0], one
    u.negative = False
    set_integer(&one, 1, 0)
    if not x.negative:
        subtract_reals(&share, &one, t, limbs)
    multiply_reals(&share, &u, &share, limbs)
    exp_minus_real(y, &u, limbs)
    log1p_real(y, y, limbs)
    add_reals(y, y, &share, limbs)


# BOUND logistic_loss longdouble: 2.0 ulp
cdef inline long double logistic_loss_ld(long double x, long double t, ExpLd e) noexcept nogil:
    cdef long double share = 1.0 - t if x > 0.0 else t, share_l = (1.0 - share) - t if x > 0.0 else 0.0
    if t < 0.0 or t > 1.0:
        return NAN
    return plus_log1p_ld(fabsl(x) * share if share != 0.0 else 0.0, fabsl(x) * share_l, e.e)


cdef int logistic_loss_e(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(
        logistic_loss_ratio_narrow, logistic_loss_narrow, logistic_loss_sum, logistic_loss_exact, target_flags,
        p, n, HALF
    )


cdef int logistic_loss_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_narrow(
        logistic_loss_ratio_narrow, logistic_loss_narrow, logistic_loss_sum, logistic_loss_exact, target_flags,
        p, n, SINGLE
    )


cdef int logistic_loss_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_log_with_f64(
        logistic_loss_f64, logistic_loss_end, logistic_loss_far, logistic_loss_exact, target_flags, p, n
    )


cdef int logistic_loss_g(char **p, Py_ssize_t n) noexcept nogil:
    return map_with_ld(logistic_loss_ld, target_flags, p, n)


# BOUND fast_logistic_loss float32 fma: 2.00 ulp
cdef inline float logistic_loss_fast(float x, float t, FastExp e) noexcept nogil:
    # |x| share + log(1 + e); if far it is made in the unit, unless only the first term counts
    cdef float share = <float> 1.0 - t if x > 0.0 else t, size = fabsf(x), a, v, alone
    a = fmaf(e.u, log1p_share_fast(e), e.u)
    if e.far:
        alone = size * share if share != 0.0 else <float> 0.0
        size = FAST_ALONE if FAST_ALONE < size else size
        v = settled(fmaf(size, share * FAST_UNIT, a), True)
        v = alone if fabsf(x) > FAST_ALONE else v
    else:
        v = fmaf(size, share, a)
    return <float> NAN if (t < 0.0) | (t > 1.0) else v


# BOUND fast_logistic_loss float64 fma: 1.95 ulp
cdef inline double logistic_loss_fast_f64(double x, double t, FastRatio e) noexcept nogil:
    cdef double share = 1.0 - t if x > 0.0 else t, size = fabs(x), v, alone
    cdef Pair a = log1p_fast_f64(e)
    if e.far:
        alone = size * share if share != 0.0 else 0.0
        size = FAST_ALONE if FAST_ALONE < size else size
        v = settled_f64(fma(size, share * FAST_UNIT_F64, a.h) + a.l, e)
        v = alone if fabs(x) > FAST_ALONE else v
    else:
        v = fma(size, share, a.h) + a.l
    return NAN if outside(t) else v


cdef int fast_logistic_loss_f(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_with(logistic_loss_fast, p, n) if HAS_FMA else logistic_loss_f(p, n)


cdef int fast_logistic_loss_d(char **p, Py_ssize_t n) noexcept nogil:
    return map_fast_with_f64(logistic_loss_fast_f64, p, n) if HAS_FMA else logistic_loss_d(p, n)


cdef int logistic_loss_b(char **p, Py_ssize_t n) noexcept nogil:
    return map_bf16(fast_logistic_loss_f, signature(2, 1), logistic_loss_exact, NULL, p, n)


KERNELS["logistic_loss"] = row(signature(2, 1), logistic_loss_e, logistic_loss_f, logistic_loss_d, logistic_loss_g)
FAST["logistic_loss"] = row(
    signature(2, 1), logistic_loss_e, fast_logistic_loss_f,
    fast_logistic_loss_d, logistic_loss_g
)
BFLOAT16["logistic_loss"] = kernel_of(logistic_loss_b)
