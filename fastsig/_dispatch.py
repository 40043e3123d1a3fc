"""Pick the kernels for this CPU: the first row of the ISA table that it can run and that was built.

The CPU is asked before a module is imported: an illegal instruction ends the process and raises no exception.
"""

import os
import platform
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from fastsig._cpu import features
from fastsig._isa import Isa, isas_of

VARIABLE = "FASTSIG_ISA"


def available() -> tuple[Isa, ...]:
    """Return the rows that this build holds and this CPU runs, best first."""
    has = features()
    return tuple(
        isa for isa in isas_of(platform.machine()) if has.issuperset(isa.needs) and find_spec(isa.module) is not None
    )


def pick(wanted: str | None) -> Isa:
    """Return the row of that name, in upper or lower case, or the best one where no name is given.

    Raises
    ------
    ImportError
        If the name is not that of a row that this build holds and this CPU runs, or there is none at all.
    """
    rows = {isa.name: isa for isa in available()}
    if not rows:
        modules = ", ".join(isa.module for isa in isas_of(platform.machine()))
        raise ImportError(
            f"this fastsig holds no kernels that this machine runs: none of {modules}. They are imported by name, "
            "which a tool that freezes programs does not see: tell it to include them, or all of fastsig"
        )
    if wanted is None:
        return next(iter(rows.values()))
    if wanted.lower() not in rows:
        raise ImportError(
            f"{VARIABLE}={wanted!r} names no instruction set that this build of fastsig and this CPU support; "
            f"valid here: {', '.join(rows)}"
        )
    return rows[wanted.lower()]


def load(isa: Isa) -> ModuleType:
    """Import and return the kernels module of a row."""
    return import_module(isa.module)


# An empty value counts as none, as a shell's `FASTSIG_ISA= command` means it.
PICKED = pick(os.environ.get(VARIABLE) or None)


def isa() -> str:
    """Return the name of the instruction set whose kernels are in use.

    It is chosen once, at import: the best that the CPU has and the build holds, or the one that the environment
    variable ``FASTSIG_ISA`` names, in upper or lower case.

    Returns
    -------
    str
        A name of the ISA table, such as ``"avx2"`` or ``"baseline"``.

    Examples
    --------
    >>> import fastsig
    >>> fastsig.isa() in ("avx512", "avx2", "baseline")
    True
    """
    return PICKED.name
