"""How far results may be off: half an ULP; in long double and in the fast tier, the bound that the page states.

A function's page is its file in ``kernels/functions``.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

CORRECTLY_ROUNDED = ("float16", "float32", "float64")  # every function of the default tier
LINE = re.compile(
    r"^# BOUND (?P<name>\w+) (?P<type>float32|float64|longdouble)(?: (?P<group>fma|no-fma))?: "
    r"(?P<ulp>\d+\.\d+) ulp(?:; worst (?P<worst>\d+\.\d+) at (?P<at>\S+))?$"
)


class Bound(NamedTuple):
    """The most that a function's result may be off, and the worst input found."""

    ulp: float
    worst: float | None = None
    at: str | None = None  # float.hex of the input


@cache
def bounds() -> dict[tuple[str, str, bool], Bound]:
    """Return the bounds that are stated above the formulas on the pages.

    They are those of long double, and as ``fast_NAME`` those of the fast tier.

    Returns
    -------
    dict
        By function, type, and whether the kernels use FMA.

    Raises
    ------
    ValueError
        If a line that begins as a bound is not in the grammar, or a bound is stated twice.
    """
    found = {}
    for page in files("fastsig").joinpath("kernels", "functions").iterdir():
        for line in page.read_text("utf-8").splitlines():
            if not line.startswith("# BOUND"):
                continue
            match = LINE.match(line)
            if match is None:
                raise ValueError(f"{page.name} states a bound that is not in the grammar: {line!r}")
            bound = Bound(float(match["ulp"]), match["worst"] and float(match["worst"]), match["at"])
            for fma in {"fma": (True,), "no-fma": (False,), None: (True, False)}[match["group"]]:
                key = (match["name"], match["type"], fma)
                if key in found:
                    raise ValueError(f"{page.name} states a bound twice: {line!r}")
                found[key] = bound
    return found


def most_ulp(name: str, dtype: str) -> float:
    """Return the most that a result of a function of the default tier may be off, in ULP."""
    return 0.5 if dtype in CORRECTLY_ROUNDED else stated(name, dtype, True).ulp


def stated(name: str, dtype: str, fma: bool) -> Bound:
    """Return a bound that a page states.

    Raises
    ------
    LookupError
        If none does.
    """
    try:
        return bounds()[name, dtype, fma]
    except KeyError:
        line = f"# BOUND {name} {dtype}{'' if dtype == 'longdouble' else ' fma'}: U ulp"
        raise LookupError(
            f"no page in fastsig/kernels/functions states a bound of {name} in {dtype}: "
            f"the formula wants `{line}` above it"
        ) from None
