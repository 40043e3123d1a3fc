"""The constants of the kernels, read from their sources: what is proved is what is compiled."""

import ast
import operator
import re
from pathlib import Path

KERNELS = Path(__file__).parents[2] / "fastsig" / "kernels"
DECLARED = re.compile(r"^ +const (?:double|uint64_t) (.*)$", re.M)
NAMED = re.compile(r'(\w+) "([^"]*)"')
CHOICE = re.compile(r"\(FASTSIG_HAS_FMA \? (.+?) : (.+?)\)")
NUMBER = re.compile(r"0x[0-9a-fA-F]*\.?[0-9a-fA-F]*p[+-]?\d+|0x[0-9a-fA-F]+|\d+\.?\d*(?:e[+-]?\d+)?")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def number(text):
    """Return the value of a literal of C, as a float, or as an integer where it is one."""
    if "p" in text:
        return float.fromhex(text)
    return float(text) if "." in text or "e" in text.removeprefix("0x") else int(text, 0)


def value(expression):
    """Return the value of an arithmetic expression of literals, in float64 as the compiler has it."""
    literals = []

    def numbered(match):
        literals.append(number(match[0]))
        return f"n{len(literals) - 1}"

    tree = ast.parse(NUMBER.sub(numbered, expression), mode="eval").body

    def of(node):
        if isinstance(node, ast.Name):
            return literals[int(node.id[1:])]
        operands = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        return OPERATORS[type(node.op)](*map(of, operands))

    return of(tree)


def sources():
    """Return the text of the kernels' pages."""
    pages = sorted([*KERNELS.glob("common/*.pxd"), *KERNELS.glob("functions/*.pxi")])
    return "".join(page.read_text("utf-8") for page in pages)


def constants(fused, text=None):
    """Return the constants by name.

    Parameters
    ----------
    fused : bool
        Whether the instruction set has FMA; some differ by it.
    text : str, optional
        The sources; by default those of the repository.

    Returns
    -------
    dict of str to float
    """
    found = {}
    for line in DECLARED.findall(sources() if text is None else text):
        for name, expression in NAMED.findall(line):
            chosen = CHOICE.sub(lambda match: match[1 if fused else 2], expression.replace("ULL", ""))
            if not re.search(r"[A-Z_]{3}|uint64", chosen):
                found[name] = value(chosen)
    return found
