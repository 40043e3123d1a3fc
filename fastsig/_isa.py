"""The instruction sets that the kernels are compiled for, as plain data.

``setup.py`` compiles one kernels module per row; ``_dispatch`` imports the first whose needs the CPU meets.
Best first: the last row of each machine is its baseline and needs nothing.
"""

from typing import NamedTuple


class Isa(NamedTuple):
    """One row: what it is called, where it exists, what the CPU must have, what the compiler must be told."""

    name: str
    machines: tuple[str, ...] = ()  # platform.machine(), lower case; empty for all
    needs: tuple[str, ...] = ()
    cflags: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Return the dotted name of the row's kernels module."""
        return f"fastsig.kernels.{self.name}"


X86_64 = ("x86_64", "amd64")

ISAS = (
    Isa(
        "avx512",
        machines=X86_64,
        needs=("avx512f", "avx512bw", "avx512dq", "avx512vl", "f16c", "fma"),
        # The features by name and not a -march, which would prefer vectors of 32 bytes.
        cflags=("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mf16c", "-mfma", "-mprefer-vector-width=512"),
    ),
    Isa("avx2", machines=X86_64, needs=("avx2", "f16c", "fma"), cflags=("-mavx2", "-mf16c", "-mfma")),
    Isa("baseline"),
)


def isas_of(machine: str) -> tuple[Isa, ...]:
    """Return the rows that exist on a machine, best first."""
    return tuple(isa for isa in ISAS if not isa.machines or machine.lower() in isa.machines)
