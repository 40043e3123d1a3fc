"""Checksums of the results of every function in every type, over fixed inputs: other CPUs have to give them too.

    python tests/checksums.py          writes checksums.json again, from the kernels of this machine

Those of the default tier are the same for all kernels; where they are not, the file is not written. The fast tier has
one checksum for kernels that use FMA and one for those that do not. long double has none: it goes through the C library
and, on x86, through instructions whose last bits depend on the CPU's maker.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from catalog import BITS, FAST_UFUNCS, FMA, UFUNCS, outputs

from fastsig._reference import DOMAINS

FILE = Path(__file__).with_name("checksums.json")
TYPES = ("float16", "float32", "float64")
FAST_TYPES = ("float32", "float64")  # the other types are the default's
DEFAULT = "default"
N = 1 << 15


def spread(low, high, n, dtype):
    """Return n numbers whose bit patterns are evenly spread from that of low to that of high, both included."""
    least, most = (int(np.array(v, dtype).view(BITS[np.dtype(dtype)])) for v in (low, high))
    # Python's integers neither overflow nor round.
    return np.array([least + (most - least) * k // (n - 1) for k in range(n)], BITS[np.dtype(dtype)]).view(dtype)


def reals(dtype):
    """Return numbers of both signs: over all bit patterns, denser where functions vary, of few bits, and the ends."""
    info = np.finfo(dtype)
    size = np.concatenate([
        spread(0, info.max, N // 4, dtype),
        spread(2.0**-12, 800 if dtype == "float64" else 120, N // 2, dtype),
        (np.arange(N // 4) * 2.0**-7).astype(dtype),  # few bits: results are ties, or next to them
    ])  # fmt: skip
    ends = np.array([0, info.smallest_subnormal, info.smallest_normal, info.max, np.inf, np.nan], dtype)
    x = np.concatenate([size, ends])
    return np.concatenate([x, -x])


def probabilities(dtype, n):
    """Return n numbers from 0 to 1, and some outside, in an order that has nothing to do with that of `reals`."""
    below = spread(0, 1, n // 2, dtype)
    p = np.concatenate([below, 1 - below, np.array([-1, 2, np.inf, np.nan, 0, 1, 0.5], dtype)])
    return np.resize(p[(np.arange(len(p)) * 7919) % len(p)], n)


def checksum(ufunc, dtype):
    """Return the checksum of a function's outputs in a type; every NaN counts as one."""
    x = reals(dtype)
    p = probabilities(dtype, len(x))
    inputs = [x if domain == "real" else p for domain in DOMAINS.get(ufunc.__name__, ("real",))]
    digest = hashlib.sha256()
    with np.errstate(all="ignore"):
        for y in outputs(ufunc(*inputs)):
            bits = np.where(np.isnan(y), np.array(np.nan, dtype), y).astype(np.dtype(dtype).newbyteorder("<"))
            digest.update(bits.tobytes())
    return digest.hexdigest()[:16]


def found(isa):
    """Return the checksums of the kernels of an instruction set, by group, and function and type."""
    default, fast = (
        {f"{name} {dtype}": checksum(ufunc, dtype) for name, ufunc in ufuncs[isa].items() for dtype in types}
        for ufuncs, types in ((UFUNCS, TYPES), (FAST_UFUNCS, FAST_TYPES))
    )
    return {DEFAULT: default, fast_group(isa): fast}


def fast_group(isa):
    """Return the key of the checksums of an instruction set's fast tier."""
    return "fast, FMA" if FMA[isa] else "fast, no FMA"


def stated():
    """Return the checksums in the file, by group."""
    return json.loads(FILE.read_text("utf-8"))


def differences(isa):
    """Return a line for each function and type of which an instruction set gives other bits than the file has."""
    return [
        f"{isa} gives other bits for {group}: {key}"
        for group, sums in found(isa).items()
        for key in sorted(sums | stated()[group])
        if sums.get(key) != stated()[group].get(key)
    ]


def main():
    """Write the file; groups that this machine has no kernels for stay as they are."""
    sums = stated() if FILE.exists() else {}
    ours = [found(isa) for isa in UFUNCS]
    if any(theirs[DEFAULT] != ours[0][DEFAULT] for theirs in ours):
        return "checksums: the instruction sets differ, so that not all is correctly rounded; nothing is written"
    for theirs in ours:
        sums |= theirs
    FILE.write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
