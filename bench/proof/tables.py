"""Write the tables of the accurate phase: limbs of 64 bits in hexadecimal, rounded down."""

import argparse
import sys
from math import ceil, factorial, floor
from pathlib import Path

import gmpy2
from gmpy2 import mpfr, mpz

LIMBS = 8
BITS = 2000  # far beyond the limbs: none of these numbers is so near to a multiple of 2^-576
TARGET = Path(__file__).parents[2] / "fastsig" / "kernels" / "accurate" / "tables.pxi"

gmpy2.get_context().precision = BITS


def limbs(value, count=LIMBS):
    """Return the leading limbs of a fraction, rounded down."""
    n = mpz(gmpy2.floor(gmpy2.mul_2exp(mpfr(value), 64 * count)))
    assert 0 <= n < 1 << 64 * count
    return [int(n >> 64 * i) & 2**64 - 1 for i in reversed(range(count))]


def zeros(value):
    """Return how many zeros a fraction begins with, so that it is below 2^-zeros."""
    return 64 * LIMBS - sum(v << 64 * i for i, v in enumerate(reversed(limbs(value)))).bit_length()


def coarse_factors():
    """Return 1/(1 + i/2^5), rounded up to 10 bits."""
    return [ceil(mpz(2**15) / mpfr(32 + i)) for i in range(32)]


def fine_factors(coarse):
    """Return 1/(1 + (j + 1)/2^10), rounded down to 16 bits and 2^-16 less, as far as u c - 1 may go."""
    most = max(gmpy2.mpq(c * (33 + i), 2**15) for i, c in enumerate(coarse)) - 1
    return [floor(mpz(2**26) / mpfr(1025 + j)) - 1 for j in range(int(most * 1024) + 1)]


def tables():
    """Return the tables by name: numbers, what they are, and whether a table of their leading zeros is made too."""
    coarse = coarse_factors()
    fine = fine_factors(coarse)
    exp, log = gmpy2.exp, gmpy2.log
    return (
        {
            "EXP_COARSE": ("exp(i/2^5)/2, up to ln2", [exp(mpfr(i) / 32) / 2 for i in range(23)]),
            "EXP_FINE": ("exp(j/2^10)/2", [exp(mpfr(j) / 1024) / 2 for j in range(32)]),
            "HALF_FACTORIALS": ("1/(2 (k + 1)!)", [1 / (2 * mpfr(factorial(k + 1))) for k in range(53)]),
            "HALF_ODDS": ("1/(2 (2 k + 1))", [1 / mpfr(4 * k + 2) for k in range(38)]),
            "LOG_COARSE": ("-log(c), c = LOG_FACTORS_COARSE/2^10", [-log(mpfr(c) / 1024) for c in coarse]),
            "LOG_FINE": ("-log(d), d = LOG_FACTORS_FINE/2^16", [-log(mpfr(d) / 65536) for d in fine]),
        },
        coarse,
        fine,
    )


def integers(name, kind, values, per_line):
    """Return the lines of a table of integers."""
    lines = [", ".join(map(str, values[i : i + per_line])) for i in range(0, len(values), per_line)]
    return [f"    static const {kind} {name}[{len(values)}] = {{", *(f"        {line}," for line in lines), "    };"]


def text():
    """Return the file."""
    wide, coarse, fine = tables()
    c, declared = [], []
    for name, (gloss, values) in wide.items():
        c += ["", f"    /* {gloss} */"]
        c += integers(name, "uint64_t", [f"0x{limb:016x}" for value in values for limb in limbs(value)], 4)
        declared.append(f"    const uint64_t {name}[{LIMBS * len(values)}]")
    for name, table in (("HALF_FACTORIAL_ZEROS", "HALF_FACTORIALS"), ("HALF_ODD_ZEROS", "HALF_ODDS")):
        c += ["", f"    /* the leading zeros of {table} */"]
        c += integers(name, "unsigned char", [min(zeros(value), 255) for value in wide[table][1]], 20)
        declared.append(f"    const unsigned char {name}[{len(wide[table][1])}]")
    for name, values, gloss in (
        ("LOG_FACTORS_COARSE", coarse, "1/(1 + i/2^5), rounded up to 10 bits"),
        ("LOG_FACTORS_FINE", fine, "1/(1 + (j + 1)/2^10), rounded down to 16 bits, less 2^-16"),
    ):
        c += ["", f"    /* {gloss} */", *integers(name, "uint64_t", values, 16)]
        declared.append(f"    const uint64_t {name}[{len(values)}]")
    c += ["", "    /* ln2, a limb more; log2(e) - 1, rounded up */"]
    c += integers("LN2_LIMBS", "uint64_t", [f"0x{limb:016x}" for limb in limbs(gmpy2.const_log2(), LIMBS + 1)], 4)
    c += [f"    static const uint64_t LOG2E_FRACTION = 0x{limbs(1 / gmpy2.const_log2() - 1, 1)[0] + 1:016x};"]
    declared += [f"    const uint64_t LN2_LIMBS[{LIMBS + 1}]", "    const uint64_t LOG2E_FRACTION"]
    head = [
        "# Tables of the accurate phase, made by bench/proof/tables.py: fractions of 8 limbs each, the leading one",
        "# first, rounded down.",
        "",
        "cdef extern from *:",
        '    """',
        "    #include <stdint.h>",
    ]
    return "\n".join([*head, *c, '    """', *declared, ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if they are not what is there")
    if parser.parse_args().check:
        sys.exit(TARGET.read_text() != text())
    TARGET.write_text(text())
