"""The polynomials and constants of the kernels are what their comments state, in 80 digits."""

import re
from pathlib import Path

import mpmath as mp
import pytest

KERNELS = Path(__file__).parents[1] / "fastsig" / "kernels"
SOURCE = "".join(path.read_text("utf-8") for folder in ("common", "functions") for path in (KERNELS / folder).iterdir())
LITERAL = r'"\(?(-?[\w.+-]+)\)?"'  # a negative one stands in parentheses
WORKING_DIGITS = 80
POINTS = 4000

HALF_LN2 = mp.log(2) / 2 + mp.mpf(2) ** -12
TWO_THIRDS = mp.mpf(2) / 3 + mp.mpf(2) ** -10


def atanh2(q):
    """Return 2 atanh(q/2)."""
    return mp.log((1 + q / 2) / (1 - q / 2))


def ratio(base):
    """Return the error that a polynomial for r coth(r ln(base)/2) makes in (w - r)/(w + r) for base^-r."""
    return lambda r, w: (w - r) / (w + r) * base**r - 1


def relative(function):
    """Return the relative error of a polynomial for a function."""
    return lambda x, y: y / function(x) - 1


# For each polynomial: how its error is computed, its first terms, which are fixed, and the interval of the argument.
POLYNOMIALS = {
    "COTH_NARROW": (ratio(mp.mpf(2)), {}, (mp.mpf(0), mp.mpf(1) / 2 + mp.mpf(2) ** -12)),
    "FAST_COTH": (ratio(mp.mpf(2)), {}, (mp.mpf(0), mp.mpf(1) / 2 + mp.mpf(2) ** -12)),
    "LOG_NARROW": (relative(atanh2), {1: 1}, (mp.mpf(2) ** -12, TWO_THIRDS)),
    "FAST_EXP": (relative(mp.exp), {0: 1, 1: 1}, (-HALF_LN2, HALF_LN2)),
    "FAST_LOG": (relative(mp.log1p), {1: 1}, (mp.mpf(2) ** -30, mp.mpf(1))),
    "FAST_ATANH": (relative(atanh2), {1: 1}, (mp.mpf(2) ** -12, mp.mpf(2) / 5 + mp.mpf(2) ** -13)),
    "FAST_ATANH_F64": (relative(atanh2), {1: 1}, (mp.mpf(2) ** -12, TWO_THIRDS)),
    "HALF_COTH": (ratio(mp.e), {0: 2}, (mp.mpf(0), HALF_LN2)),
    "HALF_LOG": (relative(atanh2), {1: 1}, (mp.mpf(2) ** -12, TWO_THIRDS)),
}


def number(text):
    """Return a C literal, exactly."""
    text = text.removesuffix("f")
    return mp.mpf(float.fromhex(text) if "0x" in text else float(text))


def constant(name):
    """Return the value of a constant of the source."""
    (literal,) = re.findall(rf"\b{name} {LITERAL}", SOURCE)
    return number(literal)


def constants_of_long_double(name):
    """Return the values of a constant that C defines for each width of long double, the widest first."""
    found = re.findall(rf"\blong double {name} = (-?)0x1\.(\w+)p([+-]\d+)L;", SOURCE)
    return [mp.ldexp(int(f"{sign}1{digits}", 16), int(exponent) - 4 * len(digits)) for sign, digits, exponent in found]


def coefficients(name):
    """Return the coefficients of a polynomial, by power."""
    return {int(k): number(v) for k, v in re.findall(rf"\b{name}_C(\d+) {LITERAL}", SOURCE)}


def stated(name):
    """Return the binary logarithm of the error that the comment above a polynomial states."""
    before = SOURCE[: re.search(rf"\b{name}_C\d+ {LITERAL}", SOURCE).start()]
    return float(re.findall(r"relative error (?:of )?2\^(-[\d.]+)$", before, re.M)[-1])


@pytest.fixture(autouse=True)
def many_digits():
    """Compute in many digits."""
    with mp.workdps(WORKING_DIGITS):
        yield


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_error_of_each_polynomial_is_as_stated(name):
    error_of, first, (low, high) = POLYNOMIALS[name]
    terms = {**first, **coefficients(name)}
    assert len(terms) == len(first) + len(coefficients(name))
    worst = mp.mpf(0)
    for k in range(POINTS + 1):  # Chebyshev's points: as dense at the ends as the error needs
        x = (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * k / POINTS)
        if x:
            worst = max(worst, abs(error_of(x, mp.fsum(c * x**k for k, c in terms.items()))))
    error = float(mp.log(worst, 2))
    assert stated(name) - 0.02 < error <= stated(name)


def test_parts_of_constants_add_up():
    assert abs(constant("LOG2E") * mp.log(2) - 1) < mp.mpf(2) ** -55.9  # closer than float64 guarantees
    for parts, bits in ((("LN2_HI", "LN2_LO"), 96), (("LN2", "LN2_TAIL"), 106)):
        assert abs(sum(map(constant, parts)) / mp.log(2) - 1) < mp.mpf(2) ** -bits
    high, low = constant("LOG2E_HI"), constant("LOG2E_LO")
    assert abs((high + low) * mp.log(2) - 1) < mp.mpf(2) ** -82
    assert high * 2**27 == mp.floor(high * 2**27)  # 28 bits
    # n LN2_HI is exact for |n| < 2^11
    assert mp.ldexp(constant("LN2_HI"), 42) == int(mp.ldexp(constant("LN2_HI"), 42))
    zero = mp.findroot(lambda x: 1 + x + mp.exp(x), constant("ZERO_H"))
    for parts, value, bits in (
        (("ZERO_H", "ZERO_M"), zero, 106),
        (("EXP_ZERO_H",), mp.exp(zero), 53),
        (("LN2_HI", "LN2_LO", "LN2_REST"), mp.log(2), 150),
    ):
        assert abs(sum(map(constant, parts)) / value - 1) < mp.mpf(2) ** -bits, parts


def test_the_zero_of_the_derivative_of_silu_is_known_in_twice_the_bits_of_each_long_double():
    zero = mp.findroot(lambda x: 1 + x + mp.exp(x), constant("ZERO_H"))
    highs, lows = constants_of_long_double("ZERO_LD_H"), constants_of_long_double("ZERO_LD_L")
    for high, low, bits in zip(highs, lows, (113, 64, 53), strict=True):
        with mp.workprec(bits):
            assert +high == high
            assert +low == low
        assert abs(high / zero - 1) < mp.mpf(2) ** -bits
        assert abs((high + low) / zero - 1) < mp.mpf(2) ** (-2 * bits)
    (exp_of_zero,) = constants_of_long_double("EXP_ZERO_LD")
    assert abs(exp_of_zero / mp.exp(zero) - 1) < mp.mpf(2) ** -113


def test_parts_of_constants_of_the_fast_tier_add_up():
    assert abs(constant("FAST_LOG2E") * mp.log(2) - 1) < mp.mpf(2) ** -24
    high, low = constant("FAST_LN2_HI"), constant("FAST_LN2_LO")
    assert abs((high + low) / mp.log(2) - 1) < mp.mpf(2) ** -43
    assert high * 2**16 == mp.floor(high * 2**16)  # n FAST_LN2_HI is exact for |n| < 2^8
    assert abs((constant("LOG2E") + constant("LOG2E_TAIL")) * mp.log(2) - 1) < mp.mpf(2) ** -109


def test_constants_of_float16_in_float32_differ_in_their_last_bits_only():
    twos = [number(literal) for literal in re.findall(rf"\b\w+_TWO {LITERAL}", SOURCE)]
    assert len(twos) == 6
    assert all(abs(two / 2 - 1) < mp.mpf(2) ** -19 for two in twos)
    most = constant("HALF_MOST")
    assert most * mp.exp(-most) < mp.mpf(2) ** -25
    assert mp.ceil(most / mp.log(2)) * abs(constant("HALF_LN2") - mp.log(2)) < mp.mpf(2) ** -23
    assert abs(mp.log(constant("LOGIT_LN2") * (1 - mp.mpf(2) ** -24) / mp.log(2) - 1, 2) + 25.03) < 0.01
