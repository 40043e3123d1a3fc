"""The fast phases of the kernels' sources, step by step, for any arithmetic.

`errors.Bounds` runs them over an interval and bounds their errors; `rounded.Rounded` runs them on a number and gives
the bits that a kernel has to give. Where exact arithmetic gives 0 or another form of the same, or where a formula drops
a term, the model says so (`ideal`, `lacks`): that is the algebra of the sources, which balls do not show.
"""

from errors import above, exactly
from flint import arb


def horner(m, v, coefficients):
    """Return a polynomial, by its coefficients from the last to the first."""
    p = coefficients[0]
    for c in coefficients[1:]:
        p = m.fma(v, p, c)
    return p


def coth(m, c, r):
    """Return n_h, d_h, w_l and r: coth_f64."""
    v, v_l = m.two_product(r, r)
    v2, q = m.mul(v, v), [m.number(c[f"COTH_Q{k}"]) for k in range(5)]
    u = m.fma(v, m.fma(v2, m.fma(v, q[4], q[3]), m.fma(v, q[2], q[1])), q[0])
    u = m.fma(v2, u, v_l)
    twelve, six_r = m.number(12.0), m.mul(m.number(6.0), r)
    w_h = m.add(m.add(twelve, v), u) if m.fused else m.sub(m.add(m.add(v, u), m.number(60.0)), m.number(48.0))
    w_l = m.add(m.add(m.sub(twelve, w_h), v, ideal=lambda: -u.exact), u, ideal=m.zero)
    return m.sub(w_h, six_r), m.add(w_h, six_r), w_l, r


def numerator(m, e, r_l, n):
    """Return the numerator of exp(-t) times 2^n; exp(-r_l) is 1 - r_l but for r_l^2/2, and w_l r_l is dropped."""
    n_h, _, w_l, _ = e
    h = m.scale(n_h, n)
    l = m.fma(m.minus(r_l), h, m.scale(w_l, n))
    return h, m.lacks(l, lambda: (m.most(w_l) + m.most(n_h) * m.most(r_l)) * m.most(r_l) * 2.0**n)


def in_unit(m, e, r_l, n):
    """Return exp(-t) as a ratio of pairs: in_unit."""
    return numerator(m, e, r_l, n + m.unit), (m.scale(e[1], m.unit), m.scale(e[2], m.unit))


def total(m, n, d):
    """Return d + n: sum_f64; and sum_out_of_unit, which drops an n of less than 2^-323."""
    h, l = m.fast_two_sum(d[0], m.beside(n[0]))
    return h, m.lacks(m.add(l, m.add(d[1], m.beside(n[1]))), lambda: 2.0**-323)


def sigmoid(m, c, negative, t, e, r_l, k):
    """Return a rounding test's q, rest and r: sigmoid_f64."""
    n, d = in_unit(m, e, r_l, k)
    a = m.divide(n if negative else d, total(m, n, d))
    return a.q, a.rest, a.r


def less_square(m, q, unit=None):
    """Return q - q^2 as a pair.

    q - y_h is exact by Sterbenz, since q/2 <= y_h <= q for q <= 1/2; the tail is rounded once.
    """
    small = m.beside(q if unit is None else m.mul(unit, q))
    if m.fused:
        h = m.fma(m.minus(small), q, q)
        return h, m.fma(m.minus(small), q, m.difference(q, h), ideal=m.zero)
    p, p_l = m.two_product(small, q)
    h, l = m.fast_two_sum(q, m.minus(p), lemma="p <= q/2")
    return h, m.sub(l, p_l, ideal=m.zero)


def derivative_parts(m, e, r_l, k):
    """Return q as a division, its slope 1 - 2q, and q - q^2 as a pair."""
    n, d = in_unit(m, e, r_l, k)
    a = m.divide(n, total(m, n, d))
    h, l = less_square(m, a.q)
    l = m.lacks(l, lambda: 2.0**-323 * m.most(a.q))
    m.scaled = True
    plain = m.beside(a.q)
    return a, m.sub(m.sub(m.number(1.0), plain), plain), h, l


def sigmoid_derivative(m, c, negative, t, e, r_l, k):
    """Return a rounding test's q and c: sigmoid_derivative_f64, near; the square of what q lacks is dropped."""
    a, slope, h, l = derivative_parts(m, e, r_l, k)
    return h, m.lacks(m.fma(a.rest, m.mul(a.r, slope), l), lambda: m.most(a.rest) ** 2), m.number(1.0)


def sigmoid_derivative_far(m, c, negative, t, e, r_l, k):
    """Return a rounding test's q, rest and r: sigmoid_derivative_f64, far, and sigmoid_derivative_deep.

    The square of what q lacks is dropped, and where n is below 2^-323 that of q.
    """
    a, slope, h, l = derivative_parts(m, e, r_l, k)
    return h, m.lacks(m.fma(l, a.d, m.mul(a.rest, slope)), lambda: m.most(a.rest) ** 2), a.r


def silu(m, c, negative, t, e, r_l, k):
    """Return a rounding test's q, rest and r: silu_f64."""
    n, d = in_unit(m, e, r_l, k)
    s = total(m, n, d)
    a = m.divide(m.times(t, m.cut(*(n if negative else d))), s)
    return a.q, a.rest, a.r


def second_derivative(m, c, negative, t, e, r_l, k):
    """Return the head and the tail of -sigmoid_second_derivative(|x|): sigmoid_second_derivative_f64.

    g(r) = p tau, p = q - q^2, tau = 1 - 2q, of r_h. With q = q' + rho and tau = tau' + sigma, rho and sigma what the
    heads lack, and 1 - 2q' = tau' + sigma + 2 rho:
      g = (q' - q'^2) tau' + p' sigma + tau'^2 rho + terms of two of rho, sigma and the tail of p', which are dropped.
    g' = p (6p - 1), and g'' = g (1 - 12p): r_l is below 0.6 r_h, and the term of r_l^2 is below 4 r_l^2 g. For r_h =
    0 the result is r_l/8, exactly rounded but for a share of r_l^2.

    Near 0 what counts is that r_l/8 is added to next to nothing: see `Bounds.near_zero`.
    """
    unit, n_h, n_l = m.number(2.0**-m.unit), m.scale(e[0], k + m.unit), m.scale(e[2], k + m.unit)
    d, tail = m.sum_with(unit, m.beside(n_h), e[1])
    d = d, m.add(tail, m.fma(unit, m.beside(n_l), e[2]))
    difference = m.difference_of_parts(e, unit, n_h, n_l, k)
    a, b = m.divide((n_h, n_l), d), m.divide(difference, d)
    p, p_l = m.cut(*less_square(m, a.q, unit))
    slope = m.mul(p, m.fma(m.scale(m.number(6.0), -m.unit), m.beside(p), m.number(-1.0)))
    if m.is_near_zero(e[3], k):
        b, p, p_l, slope = m.near_zero(e[3], e)
    m.scaled = True
    g_h, g_l = m.two_product(p, b.q)
    low = m.fma(a.r, m.fma(p, b.rest, m.mul(m.mul(b.q, b.q), a.rest)), m.fma(b.q, p_l, g_l))
    rho, sigma = a.rest, b.rest
    low = m.lacks(low, lambda: m.most(sigma) * (m.most(p_l) + 2 * m.most(rho)) + 4 * m.most(rho) ** 2 * m.most(b.q))
    low = m.lacks(m.fma(r_l, slope, low), lambda: 4 * m.most(r_l) ** 2 * m.most(g_h))
    return m.fast_two_sum(g_h, low, lemma=m.not_larger(g_h, low))


def silu_derivative(m, c, negative, t, e, r_l, k):
    """Return a rounding test's q, rest and r, and the terms of which its margin is a share: silu_derivative_f64.

    The sum of b and |x| q: b is the larger up to |x| = 0.7 and beyond the zero, 1.278; in between, both are multiples
    of 2^-55 and below 0.3. There a sum below 1/4 is exact; any other is a multiple of 2^-54, and so is its difference
    from b, a multiple of 2^-53, which is exact as well.
    """
    n, d = in_unit(m, e, r_l, k)
    s = total(m, n, d)
    q = m.divide(n, s)
    p, tail = m.two_product(t, m.beside(q.q))
    p_l = m.fma(t, m.beside(m.correction(q)), tail)
    b, b_l = m.two_sum(m.number(1.0), m.minus(t) if negative else m.number(0.0))
    f, f_l = m.fast_two_sum(b, p, lemma="b is the larger, or the sum has 53 bits")
    f, f_l = m.cut(f, m.add(f_l, m.add(b_l, p_l)))
    a, a_l = m.cut(*(n if negative else d))
    v, tail = m.two_product(a, f)
    v_l = m.lacks(m.fma(a, f_l, m.fma(a_l, f, tail)), lambda: m.most(a_l) * m.most(f_l))
    y = m.divide((v, v_l), s)
    return y.q, y.rest, y.r, (a, f, p, s)


def logistic_loss_gradient(m, c, negative, t, e, r_l, k):
    """Return sigmoid(-|x|), of which the margin of logistic_loss_gradient_f64 is a share, as q, rest and r."""
    return sigmoid(m, c, True, t, e, r_l, k)


def far(m, c, negative, t, e, r_l, k):
    """Return a rounding test's q, rest and r of e alone: softplus_far, quotient_in_unit."""
    a = m.divide(numerator(m, e, r_l, k + m.unit), (e[1], e[2]))
    return a.q, a.rest, a.r


def loss_far(m, e, r_l, p, p_l, k):
    """Return a rounding test's q, rest and r of p + e, p = |x| t a pair: logistic_loss_far; it drops p_l w_l."""
    n_h, n_l = numerator(m, e, r_l, k + m.unit)
    h, tail = m.two_product(p, e[1])
    l = m.fma(p_l, e[1], m.fma(p, e[2], tail))
    l = m.lacks(l, lambda: m.most(p_l) * m.most(e[2]))
    s, s_l = m.two_sum(h, m.beside(n_h))
    a = m.divide((s, m.add(s_l, m.add(l, m.beside(n_l)))), (e[1], e[2]))
    return a.q, a.rest, a.r


# The functions of two inputs in float32 and float16, computed in float64


def exp_narrow(m, c, r, k):
    """Return exp(-t) = 2^k 2^-r as numerator and denominator: exp_narrow."""
    w = horner(m, m.mul(r, r), [m.number(c[f"COTH_NARROW_C{i}"]) for i in (8, 6, 4, 2, 0)])
    return m.scale(m.sub(w, r), k), m.add(w, r)


def lower_narrow(m, c, r, k):
    """Return sigmoid(-|x|): lower_ratio_narrow."""
    n, d = exp_narrow(m, c, r, k)
    return m.quotient(n, m.add(d, m.beside(n)))


def log1p_narrow(m, c, r, k):
    """Return log(1 + e) = 2 atanh(q/2): log1p_ratio_narrow, log1p_narrow."""
    n, d = exp_narrow(m, c, r, k)
    q = m.quotient(n, m.fma(m.number(0.5), m.beside(n), d))
    a = {i: m.number(c[f"LOG_NARROW_C{i}"]) for i in range(3, 21, 2)}
    plain = m.beside(q)
    v = m.mul(plain, plain)
    v2 = m.mul(v, v)
    even = horner(m, v2, [a[19], a[15], a[11], a[7], a[3]])
    odd = horner(m, v2, [a[17], a[13], a[9], a[5]])
    return m.add(q, m.mul(m.mul(q, v), m.fma(v, odd, even)))


# Logarithms


def log1p_quotient(m, c, near, e, r_l, k):
    """Return the quotient whose atanh is half of log((1 + e)/c), e = 2^(k + 1) exp(-r): plus_log1p."""
    n_h, d_h, w_l, _ = e
    g = 0.25 if near else 0.0
    factor, scaled = m.number(1.0 + 2.0 * g), m.scale(n_h, k)
    h = m.fma(m.number(-g), d_h, scaled)
    l = m.fma(m.minus(r_l), scaled, m.mul(m.number(2.0**k - g), w_l))
    l = m.lacks(l, lambda: (m.most(w_l) + m.most(n_h) * m.most(r_l)) * m.most(r_l) * 2.0**k)
    d, tail = m.fused_sum(factor, d_h, m.beside(h))
    return m.quotient_pair((h, l), (d, m.add(m.fma(factor, w_l, tail), m.beside(l))))


def atanh_series(m, c, v):
    """Return A5 + A7 v + ... + A17 v^6: atanh_series."""
    a = {k: m.number(c[f"ATANH_A{k}"]) for k in range(5, 19, 2)}
    v2 = m.mul(v, v)
    low = m.fma(v2, m.fma(v, a[13], a[11]), m.fma(v, a[9], a[7]))
    return m.fma(v, m.fma(v2, m.mul(v2, m.fma(v, a[17], a[15])), low), a[5])


def slope_error(m, c, v):
    """Return the error of SLOPE as the slope of u = A3 v + A5 v^2 + ..., which is A3 + 2 A5 v + ... + 8 A17 v^7."""
    slope = arb(0)
    for k in range(8, 0, -1):
        slope = slope * v.exact + k * exactly(c[f"ATANH_A{2 * k + 1}"])
    return above(slope - exactly(c["SLOPE"]))


def tail_error(m, c, v, h, l):
    """Return the error of l (v + CURVE v^2) as l v/(1 - v), and l^2 h/(1 - v)^2, in parts of l."""
    curve = v.exact**2 * (exactly(c["CURVE"]) - 1 / (1 - v.exact))
    return above(curve) + m.most(l) * m.most(h) / (1 - m.most(v)) ** 2


def atanh_pair(m, c, q):
    """Return atanh of a pair that is cut, as a pair: atanh_factor and atanh_of.

    What it drops: of v's tail the error of SLOPE, and the square times u''/2 < 0.5; of q's tail the error of CURVE, and
    the square times q/(1 - v)^2.
    """
    h, l = q
    plain_h, plain_l, a3 = m.beside(h), m.beside(l), m.number(c["ATANH_A3"])
    v, v_l = m.two_product(plain_h, plain_h)
    rest = m.mul(v, m.fma(v, atanh_series(m, c, v), m.number(c["ATANH_A3_TAIL"])))
    if m.fused:
        u = m.fma(v, a3, rest)
        u_l = m.add(m.fma(v, a3, m.minus(u), ideal=lambda: -rest.exact), rest, ideal=m.zero)
    else:
        p, p_l = m.two_product(v, a3)
        u, tail = m.fast_two_sum(p, rest, lemma="rest < v/2")
        u_l = m.add(tail, p_l)
    u_l = m.fma(v_l, m.number(c["SLOPE"]), u_l)
    u_l = m.lacks(u_l, lambda: m.most(v_l) * slope_error(m, c, v) + m.most(v_l) ** 2)
    u, u_l = m.cut(u, u_l)
    low = m.fma(l, m.fma(m.number(c["CURVE"]), m.mul(v, v), v), l)
    low = m.lacks(low, lambda: m.most(l) * tail_error(m, c, v, plain_h, plain_l))
    low = m.fma(h, u_l, low)
    if m.fused:
        a = m.fma(h, u, h)
        return a, m.add(m.fma(h, u, m.difference(h, a), ideal=m.zero), low)
    p, p_l = m.two_product(h, u)
    a, tail = m.fast_two_sum(h, p, lemma="u < 1/2")
    return a, m.add(tail, m.add(p_l, low))


def softplus(m, c, near, z, q):
    """Return the sum of a logarithm and what is added, z >= 0, as h and l: softplus_f64.

    LN15 is a multiple of 2^-52, and the last bit of z < 2 is 2^-52 or less: the first sum is exact.
    """
    log_c, log_c_l = (m.number(c[name] if near else 0.0) for name in ("LN15", "LN15_TAIL"))
    b, b_l = m.fast_two_sum(log_c, z, lemma="LN15 is 0 or a multiple of z's last bit")
    a_h, a_l = m.cut(*atanh_pair(m, c, q))
    a_h, a_l = m.beside_sum(b, a_h), m.beside_sum(b, a_l)
    h, l = m.sum_with(m.number(2.0), a_h, b)
    l = m.add(l, m.fma(m.number(2.0), a_l, m.add(b_l, log_c_l)))
    return h, m.lacks(l, lambda: 2.0**-110 if near else 0.0)


def logistic_loss(m, c, near, z, z_l, q):
    """Return the sum of z + z_l = |x| share and a logarithm, as h and l: logistic_loss_f64."""
    log_c, log_c_l = (m.number(c[name] if near else 0.0) for name in ("LN15", "LN15_TAIL"))
    a_h, a_l = m.cut(*atanh_pair(m, c, q))
    b, b_l = m.fast_two_sum(log_c, z, lemma="LN15 is 0 or a multiple of z's last bit")
    h, l = m.two_sum(b, m.scale(m.beside_sum(b, a_h), 1))
    l = m.add(l, m.fma(m.number(2.0), m.beside_sum(b, a_l), m.add(b_l, m.add(log_c_l, z_l))))
    return h, m.lacks(l, lambda: 2.0**-110 if near else 0.0)


def logit_quotient(m, c, low, ratio, b, b_l):
    """Return the quotient of logit, of m and 1 - p = b + b_l or p = b: logit_f64.

    The difference b - c m is exact: b - m by Sterbenz, m/b in 0.551 .. 1.242; b - 1.5 m as a multiple of ulp(m)/2 below
    0.42 m. Its sum with b_l is a pair: |b_l| is smaller, or, where the difference is 2^-55 or less, that is a multiple
    of the last bit of b_l. The divisor c m + b + b_l is 2b - first + b_l.
    """
    two = m.number(2.0)
    first = m.logit_first(1.5 if low else 1.0, ratio, b)
    n_h, n_l = m.fast_two_sum(first, b_l, lemma="a multiple of the last bit of b_l")
    d, tail = m.fused_sum(two, b, m.minus(first))
    return m.quotient_pair((n_h, n_l), (d, m.add(tail, b_l)))


def logit(m, c, rest_h, rest_l, q):
    """Return log(b/a) = rest + 2 atanh(q) as h and l: logit_f64."""
    a_h, a_l = m.cut(*atanh_pair(m, c, q))
    two = m.number(2.0)
    h, l = m.sum_with(two, a_h, rest_h)
    return h, m.add(l, m.fma(two, a_l, rest_l))
