"""The sigmoid's derivative, line by line, and the compiled ufunc against the last line.

The derivations are those of Lin (2019), "Neural networks: Deriving the sigmoid derivative via chain and quotient
rules", with the examples given there for each rule. Every line is an expression that sympy is kept from evaluating, so
that it stays as it is written; two lines are equal where their difference, evaluated, simplifies to 0.
"""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from catalog import ISAS, UFUNCS
from samples import by_bits
from sympy import Derivative, Function, Rational, S, Subs, evaluate, exp, simplify, symbols

import fastsig
from fastsig._bounds import most_ulp

x, u = symbols("x u", real=True)
SIGMA = Function("sigma")(x)
ONE, TWO, THREE = S(1), S(2), S(3)  # Python would work out 1 - 1 by itself

with evaluate(False):
    D = 1 + exp(-x)
    G = -3 * x**2 + 2 * x
    DERIVATIONS = {
        "sigmoid by the chain rule": (
            Derivative(SIGMA, x),
            Derivative(D**-1, x),
            Subs(Derivative(u**-1, u), u, D) * Derivative(D, x),
            -1 * D**-2 * Derivative(D, x),
            -1 * D**-2 * -exp(-x),
            -exp(-x) / -(D**2),
            exp(-x) / D**2,
            1 / D * (exp(-x) / D),
            1 / D * ((exp(-x) + (ONE - ONE)) / D),
            1 / D * ((D - 1) / D),
            1 / D * (D / D - 1 / D),
            1 / D * (1 - 1 / D),
            SIGMA * (1 - SIGMA),
        ),
        "sigmoid by the quotient rule": (
            Derivative(SIGMA, x),
            Derivative(1 / D, x),
            (Derivative(ONE, x) * D - 1 * Derivative(D, x)) / D**2,
            (0 * D - 1 * -exp(-x)) / D**2,
            exp(-x) / D**2,
            1 / D * (exp(-x) / D),
            1 / D * ((exp(-x) + (ONE - ONE)) / D),
            1 / D * ((D - 1) / D),
            1 / D * (D / D - 1 / D),
            1 / D * (1 - 1 / D),
            SIGMA * (1 - SIGMA),
        ),
        "power by the chain rule": (
            Derivative((x**2 + 1) ** 3, x),
            Subs(Derivative(u**3, u), u, x**2 + 1) * Derivative(x**2 + 1, x),
            3 * (x**2 + 1) ** (THREE - 1) * (2 * x ** (TWO - 1)),
            3 * (x**2 + 1) ** 2 * (2 * x),
            6 * x * (x**2 + 1) ** 2,
        ),
        "fraction by the quotient rule": (
            Derivative(3 * x / (1 + x), x),
            (Derivative(3 * x, x) * (1 + x) - 3 * x * Derivative(1 + x, x)) / (1 + x) ** 2,
            (3 * (1 + x) - 3 * x * 1) / (1 + x) ** 2,
            (3 + 3 * x - 3 * x) / (1 + x) ** 2,
            3 / (1 + x) ** 2,
        ),
        "exponential by the chain rule": (
            Derivative(exp(G), x),
            Subs(Derivative(exp(u), u), u, G) * Derivative(G, x),
            exp(G) * Derivative(G, x),
            exp(G) * (-3 * (2 * x ** (TWO - 1)) + 2),
            (-6 * x + 2) * exp(G),
        ),
    }
    # Slips that such derivations invite: the derivation, the line's number, and the line with the slip.
    SLIPS = {
        "inner derivative without its sign": ("sigmoid by the chain rule", 4, -1 * D**-2 * exp(-x)),
        "power not lowered": ("sigmoid by the chain rule", 3, -1 * D**-1 * Derivative(D, x)),
        "inner derivative left out": ("power by the chain rule", 3, 3 * (x**2 + 1) ** 2),
        "exponent's constant lost": ("exponential by the chain rule", 3, exp(G) * (-3 * (2 * x ** (TWO - 1)))),
        "numerator's terms swapped": (
            "sigmoid by the quotient rule",
            2,
            (1 * Derivative(D, x) - Derivative(ONE, x) * D) / D**2,
        ),
        "denominator not squared": ("fraction by the quotient rule", 2, (3 * (1 + x) - 3 * x * 1) / (1 + x)),
        "complement of the wrong sign": ("sigmoid by the quotient rule", 9, 1 / D * (1 + 1 / D)),
    }

STEPS = [
    pytest.param(before, line, id=f"{name}, line {number}")
    for name, lines in DERIVATIONS.items()
    for number, (before, line) in enumerate(pairwise(lines), 1)
]


def evaluated(line):
    """Return a line with the sigmoid's definition put in and everything in it carried out."""
    return line.xreplace({SIGMA: 1 / (1 + exp(-x))}).doit()


def equal(line, other):
    """Tell whether two lines are the same function of x."""
    return simplify(evaluated(line) - evaluated(other)) == 0


def broken_steps(lines):
    """Return the numbers of the lines that do not equal the line before them."""
    return [number for number, (before, line) in enumerate(pairwise(lines), 1) if not equal(before, line)]


@pytest.mark.parametrize(("before", "line"), STEPS)
def test_line_equals_the_line_before_it(before, line):
    """The first line of each derivation is the derivative itself, so that every line equals it."""
    assert equal(before, line)


@pytest.mark.parametrize(("before", "line"), STEPS)
def test_line_with_its_sign_flipped_is_caught(before, line):
    """No step is so written that any line would pass."""
    assert not equal(before, -line)


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_going_in_and_coming_out(slip):
    """A wrong line breaks the step to it and the step from it, and no other."""
    name, number, wrong = SLIPS[slip]
    lines = list(DERIVATIONS[name])
    lines[number] = wrong
    assert broken_steps(lines) == [number, number + 1]


@pytest.mark.parametrize("name", DERIVATIONS)
def test_lines_of_a_derivation_are_all_written_differently(name):
    """Lines that sympy had evaluated after all would be the same line, and prove nothing of each other."""
    lines = DERIVATIONS[name]
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("name", DERIVATIONS)
def test_derivation_leads_from_a_derivative_to_an_expression_without_one(name):
    """Nothing is left for sympy to differentiate in the last line."""
    first, *_, last = DERIVATIONS[name]
    assert isinstance(first, Derivative)
    assert not last.has(Derivative)


# ---------------------------------------------------------------------------------------------------------------
# The page of the documentation
# ---------------------------------------------------------------------------------------------------------------

HEADINGS = {
    "sigmoid by the chain rule": "The sigmoid by the chain rule",
    "sigmoid by the quotient rule": "The sigmoid by the quotient rule",
    "power by the chain rule": "The chain rule, by an example",
    "fraction by the quotient rule": "The quotient rule, by an example",
    "exponential by the chain rule": "The chain rule and an exponential",
}
TOKEN = re.compile(r"\\left\. |\\right|\\left|\\cdot|\\frac|\\sigma\(x\)|\d+|[a-z]|[-+^_=|(){}]")
BRACKETS = {"(": ")", "{": "}"}


class Formula:
    """A line of the page as sympy has it: fractions, powers, products, sums and derivatives."""

    def __init__(self, text):
        """Take a line in LaTeX."""
        self.tokens = [token for token in TOKEN.findall(text) if token not in ("\\left", "\\cdot")]
        assert "".join(TOKEN.findall(text)).replace(" ", "") == text.replace(" ", ""), f"cannot read {text}"

    def next_is(self, *tokens):
        """Tell whether some tokens come next, and go past them if so."""
        there = self.tokens[: len(tokens)] == list(tokens)
        if there:
            del self.tokens[: len(tokens)]
        return there

    def line(self):
        """Return the whole line."""
        self.next_is("=")
        with evaluate(False):
            found = self.sum()
        assert not self.tokens, f"left over: {self.tokens}"
        return found

    def sum(self):
        """Return terms and what lies between them."""
        if self.tokens[0] == "-" and self.tokens[1].isdigit():
            self.tokens[:2] = ["".join(self.tokens[:2])]
        found = -self.product() if self.next_is("-") else self.product()
        while self.tokens and self.tokens[0] in "+-":
            found = found + self.product() if self.next_is("+") else self.minus(found)
        return found

    def minus(self, found):
        """Return what is left of a number when the next term is taken away."""
        self.next_is("-")
        return found - self.product()

    def product(self):
        """Return factors, and what a derivative is taken of."""
        found = self.factor()
        while self.tokens and self.tokens[0] not in "+-)}|" and self.tokens[0] != "\\right":
            found = found * self.factor()
        return found

    def factor(self):
        """Return a number with its exponent."""
        base = self.base()
        return base ** self.base() if self.next_is("^") else base

    def base(self):
        """Return a number, a function, a fraction, a derivative, or what stands in brackets."""
        if self.next_is("\\left. "):
            return self.at()
        if self.next_is("\\frac", "{", "d", "}", "{", "d"):
            variable = {"x": x, "u": u}[self.tokens.pop(0)]
            self.next_is("}")
            return Derivative(self.factor(), variable)
        if self.next_is("\\frac"):
            above = self.base()
            return above / self.base()
        token = self.tokens.pop(0)
        if token in BRACKETS:
            found = self.sum()
            self.next_is("\\right")
            assert self.tokens.pop(0) == BRACKETS[token]
            return found
        if token == "e":
            assert self.next_is("^")
            return exp(self.base())
        return {"x": x, "u": u, "\\sigma(x)": SIGMA}.get(token) or S(int(token))

    def at(self):
        """Return a derivative that is taken at an inner function."""
        outer = self.product()
        assert self.next_is("\\right", "|", "_", "{", "u", "=")
        inner = self.sum()
        assert self.next_is("}")
        return Subs(outer, u, inner)


def shown(heading):
    """Return the displayed lines of a section of the page."""
    text = (Path(__file__).parents[1] / "docs" / "derivation.md").read_text("utf-8")
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## )", text, re.M | re.S)
    return [Formula(line).line() for line in re.findall(r"^\$\$(.*)\$\$$", section, re.M)]


@pytest.mark.parametrize("name", DERIVATIONS)
def test_page_shows_the_lines_of_a_derivation(name):
    """As they are written, not only what they are equal to."""
    assert shown(HEADINGS[name]) == list(DERIVATIONS[name])


@pytest.mark.parametrize(
    ("name", "number", "slip"),
    [
        ("sigmoid by the chain rule", 4, "= -1 (1 + e^{-x})^{-2} (e^{-x})"),
        ("sigmoid by the chain rule", 11, "= \\sigma(x) (1 - \\sigma(x))"),  # equal, and another line
        ("power by the chain rule", 3, "= 3 (x^2 + 1) (2 x)"),
    ],
)
def test_slip_on_the_page_is_caught(name, number, slip):
    assert Formula(slip).line() != DERIVATIONS[name][number]


# ---------------------------------------------------------------------------------------------------------------
# The last line against the compiled ufunc
# ---------------------------------------------------------------------------------------------------------------

# 1 - s is 0 from x = 37.5 on, and 700 is where the results come near the least normal number.
BOUND = most_ulp("sigmoid_derivative", "float64")
SPANS = ((1e-300, 1e-3, 60), (1e-3, 1.0, 300), (1.0, 40.0, 300), (40.0, 700.0, 120))
POINTS = (0.0, 1.0, 36.0, 37.0, 40.0, 700.0)


@pytest.fixture(scope="module")
def points():
    """Return sampled points of both signs: tiny, small, up to 40, and in the tail up to 700."""
    return np.concatenate([by_bits(*span, "float64", seed=2019) for span in SPANS] + [POINTS, np.negative(POINTS)])


@pytest.fixture(scope="module")
def exact(points):
    """Return the derivation's last line at each of the points, to 50 digits."""
    line = evaluated(DERIVATIONS["sigmoid by the chain rule"][-1])
    # 1 - sigma(700) cancels 304 digits: sympy may carry more than that, and raises where they would not do.
    return [line.evalf(50, subs={x: Rational(float(at))}, maxn=1000, strict=True) for at in points]


def ulp_error(y, v):
    """Return how far y lies from an exact value v, in gaps between the two float64 numbers next to v."""
    below = float(v)
    if Rational(below) > v:
        below = np.nextafter(below, 0.0)
    return float(abs(Rational(float(y)) - v) / Rational(float(np.spacing(below))))


def worst_ulp(results, exact, points):
    """Return the greatest error of the results, and the point where it is."""
    errors = np.array([ulp_error(y, v) for y, v in zip(results, exact, strict=True)])
    worst = errors.argmax()  # that of a NaN, where there is one, which is within no bound
    return errors[worst], float(points[worst])


@pytest.mark.parametrize("isa", ISAS)
def test_compiled_derivative_is_the_last_line_correctly_rounded(isa, points, exact):
    error, at = worst_ulp(UFUNCS[isa]["sigmoid_derivative"](points), exact, points)
    assert error <= BOUND, f"{isa}: {error:.3f} ulp at {at.hex()}"


def test_results_moved_by_one_bit_exceed_the_bound(points, exact):
    """The measure sees the smallest change that float64 has."""
    moved = np.nextafter(fastsig.sigmoid_derivative(points), 1.0)
    assert worst_ulp(moved, exact, points)[0] > BOUND


def test_last_line_computed_as_it_stands_exceeds_the_bound(points, exact):
    """Where s is rounded to 1 the last line gives 0, which is off by 2^52 gaps or more if the value is normal."""
    s = fastsig.sigmoid(points)
    assert worst_ulp(s * (1.0 - s), exact, points)[0] >= 2.0**52
