"""The derivation in short, as MathML, line by line as Lin (2019) has it."""


def element(name, *parts):
    """Return an element of MathML."""
    return f"<{name}>{''.join(parts)}</{name}>"


def row(*parts):
    """Return parts side by side."""
    return element("mrow", *parts)


def letter(name):
    """Return a variable."""
    return element("mi", name)


def number(value):
    """Return a number."""
    return element("mn", str(value))


def sign(name):
    """Return an operator or a parenthesis."""
    return element("mo", name)


def over(above, below):
    """Return a fraction."""
    return element("mfrac", above, below)


def power(base, exponent):
    """Return a power."""
    return element("msup", base, exponent)


def within(*parts, exponent=""):
    """Return parts in parentheses, which keep their size: an exponent within would make them too large."""
    closed = '<mo stretchy="false">)</mo>'
    return row('<mo stretchy="false">(</mo>', *parts, power(closed, exponent) if exponent else closed)


def around(*parts):
    """Return parts in parentheses as large as they are."""
    return row(sign("("), *parts, sign(")"))


def absolute(part):
    """Return an absolute value."""
    bars = (f'<mo stretchy="false" form="{form}" lspace="0" rspace="0">|</mo>' for form in ("prefix", "postfix"))
    return row(next(bars), part, next(bars))


ONE, TWO, MINUS, PLUS, TIMES, EQUALS = number(1), number(2), sign("−"), sign("+"), sign("·"), sign("=")
X, SIGMA = letter("x"), letter("σ")
SPACE = '<mspace width="0.2em"></mspace>'
E = power(letter("e"), row(MINUS, X))
D = row(ONE, PLUS, E)
SQUARE = within(D, exponent=TWO)
LAST = over(E, SQUARE)


def by_x(of=""):
    """Return the derivative of something by x, or the operator d/dx."""
    return over(row(letter("d"), of), row(letter("d"), X))


def aligned(left, *right):
    """Return lines that are equal, with the left side on the first alone."""
    rows = [
        element("mtr", element("mtd", left if i == 0 else ""), element("mtd", EQUALS), element("mtd", line))
        for i, line in enumerate(right)
    ]
    return f'<math display="block"><mtable displaystyle="true">{"".join(rows)}</mtable></math>'


BY_THE_CHAIN_RULE = aligned(
    by_x(SIGMA),
    row(by_x(), SPACE, within(D, exponent=row(MINUS, ONE))),
    row(MINUS, within(D, exponent=row(MINUS, TWO)), TIMES, by_x(), SPACE, within(D)),
    row(MINUS, within(D, exponent=row(MINUS, TWO)), TIMES, within(MINUS, E)),
    LAST,
)
BY_THE_QUOTIENT_RULE = aligned(
    by_x(SIGMA),
    row(by_x(), SPACE, over(ONE, D)),
    over(row(by_x(ONE), within(D), MINUS, ONE, TIMES, by_x(), SPACE, within(D)), SQUARE),
    over(row(number(0), TIMES, within(D), MINUS, ONE, TIMES, within(MINUS, E)), SQUARE),
    LAST,
)
THE_FORM_THAT_CANCELS = aligned(
    LAST,
    row(over(ONE, D), TIMES, over(E, D)),
    row(over(ONE, D), TIMES, over(row(within(D), MINUS, ONE), D)),
    row(over(ONE, D), TIMES, around(ONE, MINUS, over(ONE, D))),
    row(SIGMA, within(ONE, MINUS, SIGMA)),
)
OF_ABSOLUTE = power(letter("e"), row(MINUS, absolute(X)))
THE_FORM_THAT_DOES_NOT = aligned(LAST, over(OF_ABSOLUTE, within(ONE, PLUS, OF_ABSOLUTE, exponent=TWO)))
