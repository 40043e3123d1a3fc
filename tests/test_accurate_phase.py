"""The accurate phase by itself: limbs, enclosures, elementary functions, each page's formula, and rounding.

A kernel asks it about few elements, and most of those need 128 bits: what it does with 256 and 512, and an error that
it counts too small, hardly show in a ufunc's results. Here each layer is compared with Python's integers or MPFR at
every width, once with the compiler's integers of 128 bits and once, as far as products go, without. A page is a file of
fastsig/kernels/functions. FASTSIG_PROOF_SEED repeats what was drawn.
"""

import importlib
import importlib.util
import os
import random
import re
import secrets
import sys
from pathlib import Path

import builds
import gmpy2
import numpy as np
import pytest
import samples
from catalog import BITS
from gmpy2 import mpfr, mpq

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir():
    pytest.skip("only a checkout holds the proof's tools", allow_module_level=True)
sys.path.insert(0, str(BENCH))
nearest = importlib.import_module("nearest")

pytestmark = pytest.mark.skipif(not builds.version_of_compiler(), reason="there is no C compiler here")

SEED = int(os.environ.get("FASTSIG_PROOF_SEED") or secrets.randbits(32))
PAGES = builds.ROOT / "fastsig" / "kernels" / "functions"
FORMULAS = sorted(
    name for page in PAGES.iterdir() for name in re.findall(r"^cdef void (\w+)_exact\(", page.read_text("utf-8"), re.M)
)
LIMBS = (2, 4, 8)
UNKNOWN = 1 << 61  # an error that says that nothing is known
UNDECIDED = 4
EXACTLY = 1024  # bits: more than both ends of an enclosure have


# ---------------------------------------------------------------------------------------------------------------
# The builds
# ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    """Return the accurate phase twice: as it is built by default, and with products by halves."""
    folder = builds.copy_of_sources(tmp_path_factory.mktemp("accurate") / "sources")
    with (folder / "tests" / "accurate_phase.pyx").open("a", encoding="utf-8") as source:
        source.writelines(f'FORMULAS["{name}"] = <uintptr_t> {name}_exact\n' for name in FORMULAS)
    built = {
        "default": builds.one_module(folder, "tests/accurate_phase.pyx", "lib"),
        "by halves": builds.one_module(folder, "tests/accurate_phase.pyx", "halves", CFLAGS="-DFASTSIG_NO_INT128"),
    }
    loaded = {}
    for key, path in built.items():
        spec = importlib.util.spec_from_file_location("accurate_phase", path)
        loaded[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded[key])
    return loaded


@pytest.fixture
def phase(modules):
    """Return the accurate phase as it is built by default."""
    return modules["default"]


@pytest.fixture(params=["default", "by halves"])
def either(modules, request):
    """Return the accurate phase of each build."""
    return modules[request.param]


@pytest.mark.skipif(sys.maxsize < 2**32, reason="32-bit compilers have no integers of 128 bits")
def test_the_two_builds_are_not_the_same(modules):
    # If they were, the macro would have another name, and products by halves would not be tested.
    one, other = (Path(module.__file__).read_bytes() for module in modules.values())
    assert one != other


@pytest.fixture
def draw():
    """Return what draws inputs, and print the seed that draws them again."""
    print(f"FASTSIG_PROOF_SEED={SEED}")
    return random.Random(SEED)


def test_each_page_has_a_formula_that_is_held_against_mpfr(phase):
    # The pages name the formulas here; a new one needs its reference in bench/nearest.py, and its errors in MOST.
    assert set(FORMULAS) == set(phase.FORMULAS) - {"never_decided"} == set(nearest.FORMULAS) == set(MOST)


# ---------------------------------------------------------------------------------------------------------------
# Limbs
# ---------------------------------------------------------------------------------------------------------------


def integer(draw, bits):
    """Return an integer, often with long runs of zeros and ones: through those a carry goes far."""
    if draw.random() < 0.4:
        return draw.getrandbits(bits)
    return ((1 << draw.randint(0, bits)) - (1 << draw.randint(0, bits)) + draw.choice([-1, 0, 1])) % (1 << bits)


def with_leading_bit(draw, bits):
    """Return an integer of just so many bits."""
    return integer(draw, bits) | 1 << (bits - 1)


# What each operation leaves in its array, and what it returns, for integers a and b below 2^n, and c below 2^64.
ON_LIMBS = {
    "leading_zeros_of": lambda a, _b, _c, _shift, n: (a, n - a.bit_length()),
    "add_limbs": lambda a, b, _c, _shift, n: ((a + b) % 2**n, a + b >> n),
    "subtract_limbs": lambda a, b, _c, _shift, n: ((a - b) % 2**n, a < b),
    "subtract_to": lambda a, b, c, _shift, n: ((a - b - c) % 2**n, a >= b + c),
    "add_small": lambda a, _b, c, _shift, n: ((a + c) % 2**n, a + c >> n),
    "subtract_small": lambda a, _b, c, _shift, n: ((a - c) % 2**n, a < c),
    "add_scaled": lambda a, b, c, _shift, n: ((a + b * c) % 2**n, a + b * c >> n),
    "halve_limbs": lambda a, _b, _c, _shift, n: (2**n + a >> 1, None),
    "shift_left": lambda a, _b, _c, shift, n: ((a << shift) % 2**n, None),
    "shift_right": lambda a, _b, c, shift, _n: (a >> shift, -(-(a + c) >> shift) - (a >> shift)),
    "full_product": lambda a, b, _c, _shift, _n: (a * b, None),
}


@pytest.mark.parametrize("operation", ON_LIMBS)
def test_operations_on_limbs_are_those_on_integers(either, draw, operation):
    # All else rests on these, and numbers at random would hardly ever carry through a whole limb.
    for _ in range(3000):
        limbs = draw.choice(LIMBS)
        n = 64 * limbs
        a, b, c = integer(draw, n), integer(draw, n), integer(draw, 64)
        if draw.random() < 0.2:  # next to each other, so that the last limb decides which is the larger
            b = max(min(a + draw.choice([-1, 0, 1]), 2**n - 1), 0)
        shift = draw.choice([draw.randrange(n), 64 * draw.randrange(limbs)])
        if operation == "shift_right":
            shift, c = draw.choice([shift, n, n + 1, n + draw.randrange(200), 2**40]), min(c, 2**63)
        expected = ON_LIMBS[operation](a, b, c, shift, n)
        assert either.on_limbs(operation, a, b, c, shift, limbs) == expected, (hex(a), hex(b), hex(c), shift, limbs)


def test_words_are_multiplied_and_divided_exactly(either, draw):
    # Products are the one place where the two builds differ. Digits of a quotient are estimated and then corrected.
    for _ in range(5000):
        a, b, c = (integer(draw, 64) for _ in range(3))
        d = with_leading_bit(draw, 64)
        assert either.product_of_words(a, b, c, d) == a * b + c + d
        assert either.reciprocal_of_word(d) == (2**128 - 1) // d - 2**64
        assert either.quotient_of_words(a % d, b, d) == ((a % d << 64) + b) // d


def test_fractions_are_divided_exactly(either, draw):
    # A limb of the quotient is estimated from one of the divisor, and corrected where the others matter.
    for _ in range(3000):
        limbs = draw.choice(LIMBS)
        d = with_leading_bit(draw, 64 * limbs)
        r = draw.choice([integer(draw, 64 * limbs) % d, d - 1, d - 1 - integer(draw, 64) % d])
        expected = divmod(r << 64 * limbs, d)
        assert either.on_limbs("divide_fractions", r, d, 0, 0, limbs) == expected, (hex(r), hex(d), limbs)


def test_a_short_product_lacks_two_units_a_limb_at_most(either, draw):
    # The error bounds of exp count these units, and those of a series.
    for _ in range(3000):
        limbs = draw.choice(LIMBS)
        a, b = integer(draw, 64 * limbs), integer(draw, 64 * limbs)
        y, _ = either.on_limbs("short_product", a, b, 0, 0, limbs)
        assert y << 64 * limbs <= a * b < y + 2 * limbs << 64 * limbs, (hex(a), hex(b), limbs)


# For each table: its sum as a function of v, and with how many zeros v has to begin for the coefficients to suffice.
SERIES = {
    "HALF_FACTORIALS": (lambda v: gmpy2.expm1(v) / v / 2, 6),
    "HALF_ODDS": (lambda v: gmpy2.atanh(gmpy2.sqrt(v)) / gmpy2.sqrt(v) / 2, 14),
}


@pytest.mark.parametrize("coefficients", SERIES)
def test_a_series_lacks_three_units_a_limb_at_most(either, draw, coefficients):
    # The higher a power, the fewer limbs are kept of it: too few would show in the last bits only.
    sum_of, least = SERIES[coefficients]
    for _ in range(1000):
        limbs = draw.choice(LIMBS)
        n = 64 * limbs
        zeros = draw.choice([least, least + 1, draw.randrange(least, 40), draw.randrange(least, n)])
        v = max(integer(draw, n - zeros), 1)
        y = either.series_of(coefficients, v, zeros, limbs)
        with gmpy2.context(precision=EXACTLY):
            exact = gmpy2.mul_2exp(sum_of(gmpy2.div_2exp(mpfr(v), n)), n)
        assert y <= exact <= y + 3 * limbs, (hex(v), zeros, limbs)


# ---------------------------------------------------------------------------------------------------------------
# Enclosures: sign, exponent of a unit, significand, error
# ---------------------------------------------------------------------------------------------------------------


def power(exponent):
    """Return a power of two, exactly."""
    return mpq(1 << exponent) if exponent >= 0 else mpq(1, 1 << -exponent)


def ends(value):
    """Return the ends of an enclosure, exactly."""
    negative, exponent, m, error = value
    low, high = m * power(exponent), (m + error) * power(exponent)
    return (-high, -low) if negative else (low, high)


def number(draw, limbs, error_bits):
    """Return an enclosure of any kind: exact, tight or wide, of few digits or of all."""
    bits = 64 * limbs
    m = with_leading_bit(draw, bits)
    if draw.random() < 0.3:
        m = m >> (bits - 53) << (bits - 53)
    error = draw.choice([0, 0, 1, 2, draw.getrandbits(10), draw.getrandbits(error_bits)])
    exponent = draw.choice([0, 1, 2, draw.randint(-70, 70), draw.randint(-700, 700)])
    return bool(draw.getrandbits(1)), exponent - bits, m, error


def addend(draw, limbs):
    """Return an enclosure that need not have its leading bit set: one from 0 upwards, or what cancelling has left."""
    negative, unit, m, error = number(draw, limbs, 50)
    kind = draw.random()
    if kind < 0.05:
        return negative, unit, 0, error
    if kind < 0.1:
        shift = draw.choice([0, draw.randrange(64 * limbs)])
        return negative, unit, m >> shift, with_leading_bit(draw, draw.randint(50, 61))
    return negative, unit, m, error


OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}


def operands(draw, operation, limbs):
    """Return two operands of an operation; some nearly cancel."""
    a, b = addend(draw, limbs), addend(draw, limbs)
    if operation == "divide":
        b = number(draw, limbs, 50)
    elif draw.random() < 0.2:
        b = (b[0], a[1] + draw.choice([-1, 0, 0, 1]), a[2] + draw.choice([0, 0, -1, 1, 64]), b[3])
        b = b if b[2] >> (64 * limbs - 1) == 1 else a
    return a, b


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_encloses_all_results_and_hardly_more(phase, draw, operation):
    # An enclosure that lacks a result ends in a wrong number, and one that is too wide leaves numbers undecided.
    for _ in range(8000):
        limbs = draw.choice(LIMBS)
        a, b = operands(draw, operation, limbs)
        y = phase.arithmetic(operation, a, b, limbs)
        results = [OPERATIONS[operation](p, q) for p in ends(a) for q in ends(b)]
        low, high = min(results), max(results)
        said = (operation, a, b, limbs, y)
        if y[3] >= UNKNOWN:
            # The results have both signs, an operand lacks its leading bit, or the greater error is so large that the
            # result's, which may be four times as large, reaches the one that says that nothing is known.
            leading_bits = all(v[2] >> (64 * limbs - 1) for v in (a, b))
            assert low <= 0 <= high or not leading_bits or 4 * max(a[3], b[3]) >= UNKNOWN, said
            continue
        if operation == "divide":  # each error counts twice, and the remainder
            most = (2 * (a[3] + b[3]) + 1) * power(a[1] - b[1] - 64 * limbs + (a[2] >= b[2]))
        elif operation == "multiply":
            most = high - low + 2 * power(a[1] + b[1] + 64 * limbs)  # a unit at either end
        else:  # the lesser counts one unit of the greater at most, which may be two of the result's
            most = high - low + 2 * max((power(v[1]) for v in (a, b, y) if v[2] or v[3]), default=0)
        below, above = ends(y)
        assert below <= low, said
        assert high <= above, said
        assert above - below <= most, said
        if a[3] == b[3] == 0 < y[3]:  # the result is neither end: rounding relies on it
            assert below < low == high < above, said
        assert y[2] == 0 or y[2] >> (64 * limbs - 1) == 1 or y[3] >> 49, said


def test_what_fits_is_exact(phase, draw):
    # A tie is only known as one if nothing has been added to its error.
    for _ in range(300):
        limbs = draw.choice(LIMBS)
        x, t = (draw.choice([-1, 1]) * np.ldexp(draw.getrandbits(20) + 1, draw.randint(-40, 40)) for _ in range(2))
        a, b = phase.of_double(x, limbs), phase.of_double(t, limbs)
        assert ends(a) == (mpq(x), mpq(x))
        for operation in ("add", "subtract", "multiply"):
            exact = OPERATIONS[operation](mpq(x), mpq(t))
            assert ends(phase.arithmetic(operation, a, b, limbs)) == (exact, exact)
        product = phase.arithmetic("multiply", a, b, limbs)
        assert ends(phase.arithmetic("divide", product, b, limbs)) == (mpq(x), mpq(x))


# ---------------------------------------------------------------------------------------------------------------
# Elementary functions
# ---------------------------------------------------------------------------------------------------------------


def exponent_between(draw, low, high):
    """Return the exponent of a number from 2^low to 2^high, often one at an end: branches end there."""
    return draw.choice([low + 1, high, draw.randint(low + 1, high), draw.randint(low + 1, high)])


def floats(low, high):
    """Return what draws a float64 from 2^low to 2^high, of all digits or of few, as an enclosure."""

    def drawn(draw, limbs):
        m = with_leading_bit(draw, draw.choice([53, 53, 24, 11, 3, 1]))
        bits = 64 * limbs
        return False, exponent_between(draw, low, high) - bits, m << (bits - m.bit_length()), 0

    return drawn


def reals(low, high):
    """Return what draws an enclosure from 2^low to 2^high, its error larger than any that a formula makes."""

    def drawn(draw, limbs):
        _, _, m, error = number(draw, limbs, 30)
        return False, exponent_between(draw, low, high) - 64 * limbs, m, error

    return drawn


def above_one(draw, limbs):
    """Return an enclosure from 1 + 2^-6, half of the time below 2: there every entry of the tables is looked up."""
    bits = 64 * limbs
    negative, unit, m, error = reals(0, draw.choice([1, 1100]))(draw, limbs)
    m = draw.choice([m, 1 << (bits - 1) | draw.getrandbits(bits - 1)])
    return negative, unit, m | 1 << (bits - 7), error


def one_to_two(draw, limbs):
    """Return a float64 from 1 to 2, each as likely: modulo ln2 they look up every entry of the tables."""
    return False, 1 - 64 * limbs, (1 << 52 | draw.getrandbits(52)) << (64 * limbs - 53), 0


# MPFR's function; what draws arguments; and the most that the error may be for an exact argument, in units a limb and
# units besides, which follows from the comments at each step. For a logarithm below 1 they are units of 1.
ELEMENTARY = {
    "exp_minus": (lambda t: gmpy2.exp(-t), floats(-6, 29), 20, 0),
    "exp_minus, tables": (lambda t: gmpy2.exp(-t), one_to_two, 20, 0),
    "exp_minus, small": (lambda t: gmpy2.exp(-t), floats(-1074, -6), 0, 5),
    "expm1_small": (gmpy2.expm1, floats(-1074, -6), 6, 4),
    "half_tanh_half": (lambda t: gmpy2.tanh(t / 2) / 2, floats(-56, -6), 12, 11),
    "half_tanh_half, small": (lambda t: gmpy2.tanh(t / 2) / 2, floats(-1074, -248), 0, 2**14),
    "log": (gmpy2.log, above_one, 0, 14),
    "log1p": (gmpy2.log1p, reals(-6, 1100), 0, 22),
    "log1p, small": (gmpy2.log1p, reals(-1100, -6), 8, 8),
    "twice_atanh": (lambda s: 2 * gmpy2.atanh(s), reals(-1100, -7), 8, 3),
}


def scaled(m, exponent):
    """Return 2^exponent m."""
    return gmpy2.mul_2exp(mpfr(m), exponent) if exponent > 0 else gmpy2.div_2exp(mpfr(m), -exponent)


def mpfr_ends(value):
    """Return the ends of an enclosure as numbers of MPFR, infinite where it says that nothing is known."""
    negative, exponent, m, error = value
    if error >= UNKNOWN:
        return mpfr("-inf"), mpfr("inf")
    low, high = scaled(m, exponent), scaled(m + error, exponent)
    return (-high, -low) if negative else (low, high)


@pytest.mark.parametrize("case", ELEMENTARY)
def test_an_elementary_function_encloses_its_value_and_hardly_more(phase, draw, case):
    # MPFR rounds down and up, to more bits than the ends have: comparing is exact then.
    function, drawn, per_limb, more = ELEMENTARY[case]
    name = case.partition(",")[0]
    for _ in range(6000):
        limbs = draw.choice(LIMBS)
        x = drawn(draw, limbs)
        y = phase.elementary(name, x, limbs)
        with gmpy2.context(precision=EXACTLY, round=gmpy2.RoundDown):
            below, above = mpfr_ends(y)
            least = min(map(function, mpfr_ends(x)))
        with gmpy2.context(precision=EXACTLY, round=gmpy2.RoundUp):
            most = max(map(function, mpfr_ends(x)))
        assert below <= least, (name, x, limbs, y)
        assert most <= above, (name, x, limbs, y)
        if x[3] == 0:
            allowed = per_limb * limbs + more
            if case in ("log", "log1p"):
                allowed <<= max(-64 * limbs - y[1], 0)
            assert y[3] <= allowed, (name, x, limbs, y)


def test_exponentials_too_small_for_mpfr_are_enclosed(phase, draw):
    # The exponents of these values do not fit in MPFR's; their logarithms do.
    for _ in range(300):
        limbs = draw.choice(LIMBS)
        t = floats(29, draw.choice([45, 1024]))(draw, limbs)
        _, unit, m, error = phase.elementary("exp_minus", t, limbs)
        with gmpy2.context(precision=2 * EXACTLY):
            exact, _ = mpfr_ends(t)
            least, most = (gmpy2.log(mpfr(n)) + unit * gmpy2.const_log2() for n in (m, m + error))
            assert least < -exact < most, (t, limbs)
        assert error <= 20 * limbs


# ---------------------------------------------------------------------------------------------------------------
# The pages' formulas
# ---------------------------------------------------------------------------------------------------------------


def few_digits(x, draw):
    """Return numbers with their digits cut after the first few: their results lie next to numbers and midpoints."""
    m, exponent = np.frexp(x)
    kept = np.array([draw.randint(1, 12) for _ in x])
    return np.ldexp(np.ldexp(np.trunc(np.ldexp(m, kept)), -kept), exponent)


def any_real(dtype, n, draw):
    """Return about n numbers of a type: where a sigmoid is hard, next to the zero of silu', near 0, and all others."""
    info, seed = np.finfo(dtype), draw.getrandbits(32)
    x = np.concatenate(
        [
            samples.inputs("silu_derivative", dtype, n // 4, seed)[0],
            samples.by_bits(info.smallest_subnormal, 1 / 64, n // 8, dtype, seed),
            samples.by_bits(info.smallest_subnormal, info.max, n // 8, dtype, seed),
        ]
    ).astype(float)
    return np.concatenate([x, few_digits(x, draw), [0.0, -0.0]])


def any_unit(dtype, n, draw):
    """Return about n numbers from 0 to 1, next to 0, 1/2 and 1 above all."""
    p = samples.unit(dtype, n // 2, draw.getrandbits(32)).astype(float)
    return np.concatenate([p, few_digits(p, draw), 1 - few_digits(1 - p, draw), [0.0, 0.5, 1.0]])


def drawn_inputs(name, dtype, n, draw):
    """Return about n sets of inputs of a function, all of a type."""
    choose = np.random.default_rng(draw.getrandbits(32))
    if name == "logit":
        p = any_unit(dtype, n, draw)
        return [(v,) for v in p[(p > 0) & (p < 1)].tolist()]
    x = any_real(dtype, n, draw)
    if name not in ("sigmoid_backward", "logistic_loss", "logistic_loss_gradient"):
        return [(v,) for v in x.tolist()]
    t = choose.choice(any_unit(dtype, n, draw), len(x))
    if name == "sigmoid_backward":  # which takes any y
        t[::4] = choose.permutation(x)[::4]
    if name == "logistic_loss_gradient":  # next to its zero
        s = 1 / (1 + np.exp(-np.clip(x[::3], -700, 700)))
        t[::3] = np.clip(s * (1 + choose.integers(-2, 3, len(s)) * np.finfo(dtype).eps), 0, 1)
    return list(zip(x.tolist(), t.astype(dtype).astype(float).tolist(), strict=True))


def structured(name):
    """Return sets of inputs of a function whose results are next to midpoints, or ties, by their algebra."""
    odd = [1, 3, 5, 7, 11, 101, 255, 257, 2**20 + 1, 2**26 - 1, 2**26 + 1]
    if name == "logit":
        # Next to 0 and 1/2, and 1/(2^k + 1), rounded, whose logit is nearly -k ln2
        p = [0.5 + k * 2.0**-54 for k in range(-40, 41)] + [1 - k * 2.0**-53 for k in range(1, 80)]
        p += [k * 2.0**-1074 for k in (1, 2, 3, 1001)] + [float(mpq(1, 2**k + 1)) for k in range(1, 80)]
        return [(v,) for v in (*p, 0.5 - 2.0**-8, 0.5 + 2.0**-8, 0.5 + 2.0**-7)]
    if name == "sigmoid_backward":
        # Ties: products of few digits, and subnormal ones. Overflow: the largest number, a little more, much more.
        ties = [(k * 2.0**-1074, y) for k in odd for y in (0.5, 0.25, 0.75, 2.0**-30, 2.0, -1.0)]
        ties += [(g * 2.0**30, y / 2.0**27) for g in odd for y in odd]
        largest = np.finfo(np.float64).max
        factors = (-1.0, 2.0, 0.5, -0.618, largest)
        return [*ties, *((g, y) for g in (largest, largest / 2, largest / 4) for y in factors)]
    # Near 0: 1/2 + x/4, 1/4 - x^2/16, -x/8, x/2 + x^2/4 and 1/2 + x/2 are numbers or midpoints; the next term decides.
    exponents = (-10, -12, -20, -25, -27, -28, -48, -53, -54, -56, -64, -105, -127, -149, -500, -1000, -1073, -1074)
    x = [sign * k * 2.0**e for k in odd for e in exponents for sign in (1, -1)]
    if not name.startswith("logistic"):
        return [(v,) for v in x]
    # Here 1 - t, 1/2 - t + x/4 or |x| t, of the digits of 2^53 + 3 2^26 + 1, is a midpoint, and the rest is tiny.
    t = [0.0, 0.5, 0.25, 1.0, 2.0**-54, 2.0**-1074, 0.5 - 2.0**-54, 0.25 - 2.0**-55, 0.25 + 2.0**-54]
    far = [40.0, 700.0, 745.5, 5000.0, 2.0**39, 2.0**41, 2.0**500, np.finfo(np.float64).max]
    far += [-v for v in far]
    products = [(-(2.0**27 + 1) * 2.0**a, (2.0**26 + 1) / 2.0**27) for a in (0, 5, 100, 900)]
    return [*((v, s) for v in (*x[::3], *far) for s in t), *products]


def all_inputs(name, dtype, n, draw):
    """Return about n sets of inputs of a function that are drawn, and those with a structure, if they are of a type."""
    with np.errstate(over="ignore"):
        of_type = [given for given in structured(name) if (np.array(given).astype(dtype) == given).all()]
    return drawn_inputs(name, dtype, n, draw) + of_type


def is_in(name, inputs, value):
    """Tell whether a function's exact value lies in an enclosure: inside, or on it where it says that it is exact."""
    with gmpy2.context(precision=EXACTLY):
        below, above = mpfr_ends(value)
    exact = nearest.rational(name, inputs)
    if exact is not None:
        return below <= exact <= above if value[3] == 0 else below < exact < above
    for bits in nearest.BITS:
        with gmpy2.context(precision=bits):
            low, high = nearest.bounds(name, [mpfr(v) for v in inputs], bits)
        if low == high:  # a zero
            return below == low == above
        if below < low and high < above:
            return True
        if high < below or above < low:
            return False
    raise ArithmeticError(f"5000 bits do not tell on which side of an end {name} of {inputs} is")


# The most that an enclosure's error may be, in units a limb and units besides, of the last place of the value or of the
# terms that cancel to it. For a logarithm they are units of 1, for values down to 2^-6. sigmoid - 1/2 is a difference
# that has lost 8 bits at 2^-6, and it counts 2^14 for the least x.
MOST = {
    "sigmoid": (110, 0),
    "sigmoid_derivative": (160, 0),
    "sigmoid_second_derivative": (8300, 2**14),
    "softplus": (200, 2000),
    "log_sigmoid": (200, 2000),
    "logit": (20, 1600),
    "silu": (110, 0),
    "silu_derivative": (110, 0),
    "sigmoid_backward": (0, 8),
    "logistic_loss": (200, 2000),
    "logistic_loss_gradient": (8300, 2**14),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_encloses_its_value_and_hardly_more(phase, draw, name):
    # Which of the widths decides does not show in a result: each of them has to hold the value by itself.
    per_limb, more = MOST[name]
    for inputs in all_inputs(name, "float64", 4000, draw):
        if name != "sigmoid_backward" and abs(inputs[0]) > nearest.LIMIT:  # beyond, the reference has exp(-LIMIT)
            continue
        with gmpy2.context(precision=EXACTLY):
            value, scale = nearest.FORMULAS[name](*map(mpfr, inputs))
        for limbs in LIMBS:
            y = phase.enclosure(name, limbs, *inputs)
            said = (name, [v.hex() for v in inputs], limbs, y)
            assert is_in(name, inputs, y), said
            with gmpy2.context(precision=EXACTLY):
                below, above = mpfr_ends(y)
                allowed = gmpy2.div_2exp(abs(scale) * (per_limb * limbs + more), 64 * limbs)
                assert above - below <= allowed or (y[3] >= UNKNOWN and abs(value) <= allowed), said


@pytest.mark.parametrize("name", FORMULAS)
def test_products_by_halves_make_the_same_enclosures(modules, draw, name):
    # Bits must not depend on the compiler.
    for inputs in all_inputs(name, "float64", 300, draw):
        for limbs in LIMBS:
            one, other = (module.enclosure(name, limbs, *inputs) for module in modules.values())
            assert one == other, (name, inputs, limbs)


# ---------------------------------------------------------------------------------------------------------------
# Rounding
# ---------------------------------------------------------------------------------------------------------------


def mpfr_rounding(dtype, values):
    """Return the bits of the numbers of a type that are nearest to numbers of MPFR, which rounds ties to even."""
    context = nearest.FORMATS[dtype].context()
    return np.array([float(context.plus(v)) for v in values]).astype(dtype).view(BITS[np.dtype(dtype)]).tolist()


def next_to_midpoint(draw, form, limbs):
    """Return an enclosure whose lower end is a number of a type, a midpoint of two, or a few units from one."""
    bits = 64 * limbs
    least = form.least - form.precision + 1
    top = draw.choice([draw.randint(least - 3, form.least + 3), draw.randint(least, form.most + 2)])
    digits = max(min(form.precision, top - least), 0)  # down to the last that a number has
    m = draw.choice([with_leading_bit(draw, max(digits, 1)), with_leading_bit(draw, digits + 1) | 1])
    m <<= bits - m.bit_length()
    m += draw.choice([0, 0, 1, -1, 5, -5, draw.getrandbits(40), -draw.getrandbits(40)])
    m = min(max(m, 1 << (bits - 1)), (1 << bits) - 1)
    return False, top - bits, m, draw.choice([0, 0, 1, 5, 6, draw.getrandbits(40)])


@pytest.mark.parametrize("dtype", nearest.OF_NUMPY)
def test_an_enclosure_is_rounded_as_mpfr_rounds_unless_a_midpoint_lies_inside(phase, draw, dtype):
    # Ties, subnormal numbers, overflow, ends at a midpoint: no function has all of them within reach.
    form = nearest.FORMATS[dtype]
    values, found = [], []
    for _ in range(8000):
        limbs = draw.choice(LIMBS)
        value = _, unit, m, error = next_to_midpoint(draw, form, limbs)
        found.append(phase.bits_rounded(value, form.precision, form.least - form.precision + 1, limbs))
        inside = 1 if error else 0  # the value lies between the ends, and is neither
        values += [(4 * m + inside, unit - 2), (4 * (m + error) - inside, unit - 2)]
    with gmpy2.context(precision=EXACTLY):
        bits = mpfr_rounding(dtype, [scaled(*v) for v in values])
    expected = [low if low == high else None for low, high in zip(bits[::2], bits[1::2], strict=True)]
    wrong = [i for i, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]]
    assert not wrong, [(values[2 * i : 2 * i + 2], found[i], expected[i]) for i in wrong[:3]]
    assert 250 < expected.count(None) < 4000  # midpoints are met often, and are not all that is met


def test_what_is_not_known_is_not_rounded_but_for_what_is_too_small(phase):
    for limbs in LIMBS:
        unit, half = -64 * limbs, 1 << (64 * limbs - 1)
        assert phase.bits_rounded((False, unit, half, UNKNOWN), 53, -1074, limbs) is None
        assert phase.bits_rounded((False, unit, 0, 1), 53, -1074, limbs) is None
        assert phase.bits_rounded((False, -1075, 0, 1), 53, -1074, limbs) == 0  # below half the least number
        assert phase.bits_rounded((False, -1074, 0, 1), 53, -1074, limbs) is None


# ---------------------------------------------------------------------------------------------------------------
# The nearest numbers
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", nearest.OF_NUMPY)
@pytest.mark.parametrize("name", FORMULAS)
def test_a_result_is_the_nearest_number(phase, draw, name, dtype):
    # A kernel asks for elements in doubt alone: here the phase has to be right about every input.
    inputs = all_inputs(name, dtype, 3000, draw)
    expected = nearest.nearest(name, dtype, inputs)
    found = [phase.nearest_number(name, dtype, 0, *given) for given in inputs]
    numbers, flags = zip(*found, strict=True)
    bits = BITS[np.dtype(dtype)]
    results = np.array(numbers, bits) if dtype == "float16" else np.array(numbers, dtype).view(bits)
    wrong = np.flatnonzero(results != expected.view(bits))
    assert not wrong.size, [([v.hex() for v in inputs[i]], numbers[i], expected[i]) for i in wrong[:5]]
    assert not any(flags)


def test_the_ends_of_logit_are_infinite(phase):
    assert phase.nearest_number("logit", "float64", 0, 0.0) == (-np.inf, 0)
    assert phase.nearest_number("logit", "float64", 0, 1.0) == (np.inf, 0)


@pytest.mark.parametrize("dtype", nearest.OF_NUMPY)
def test_what_no_width_decides_is_nan_and_is_flagged(phase, dtype):
    # No input is known that needs it: only this test shows that the result would be NaN, and not a wrong number.
    y, flags = phase.nearest_number("never_decided", dtype, 0, 1.0)
    assert np.isnan(np.uint16(y).view(np.float16) if dtype == "float16" else y)
    assert flags == UNDECIDED


@pytest.mark.parametrize("dtype", nearest.OF_NUMPY)
def test_of_what_is_not_finite_or_nan_already_the_fast_result_comes_back(phase, dtype):
    # Such is the NaN that the fast phase makes of a target outside [0, 1].
    for x, t, y in ((np.inf, 0.5, 0.25), (0.5, -np.inf, -0.0), (np.nan, 0.5, np.nan), (2.0, 3.0, np.nan)):
        given = int(np.float16(y).view(np.uint16)) if dtype == "float16" else y
        found, flags = phase.nearest_number("logistic_loss", dtype, given, x, t)
        assert flags == 0
        np.testing.assert_array_equal([found, np.signbit(found)], [given, np.signbit(given)])
