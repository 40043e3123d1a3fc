"""Checksums of the results for every float32: a CPU whose kernels give them is as right as the one that was proved.

    python tests/float32_checksums.py                 checks all kernels of this machine, each for all 2^32 inputs
    python tests/float32_checksums.py --share 1/16    checks a random share of them
    python tests/float32_checksums.py --write         writes float32_checksums.json again, from the best kernels

`bench/verify_float32.py` compares each result with the exact value, and needs a long double that is wider than double.
These checksums need nothing but the functions. Kernels that give them, on whatever CPU, give the bits that it compared.
"""

import argparse
import json
import math
import os
import secrets
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from catalog import FUNCTIONS, UFUNCS, outputs

import fastsig

FILE = Path(__file__).with_name("float32_checksums.json")
NAMES = tuple(name for name in FUNCTIONS if getattr(fastsig, name).nin == 1)
GROUPS = 256  # of inputs, a checksum each
GROUP = (1 << 32) // GROUPS
BLOCK = 1 << 18  # inputs at a time: they stay in cache


def checksum(ufunc, group):
    """Return the CRC-32 of a function's outputs for a group of inputs, in 8 digits; every NaN counts as one."""
    crc = 0
    with np.errstate(all="ignore"):
        for first in range(group * GROUP, (group + 1) * GROUP, BLOCK):
            x = np.arange(first, first + BLOCK, dtype=np.uint32).view(np.float32)
            for y in outputs(ufunc(x)):
                y[np.isnan(y)] = np.nan
                crc = zlib.crc32(y.astype("<f4", copy=False), crc)
    return f"{crc:08x}"


def checksums(ufunc, groups):
    """Return the checksums of some groups, computed by all CPUs."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(partial(checksum, ufunc), groups))


def stated():
    """Return the checksums in the file: for each function one of each group."""
    return {name: sums.split() for name, sums in json.loads(FILE.read_text("utf-8")).items()}


def drawn(share, seed):
    """Return the groups of a random share of all inputs."""
    return sorted(np.random.default_rng(seed).permutation(GROUPS)[: math.ceil(share * GROUPS)].tolist())


def differences(isa, name, groups):
    """Return a line for each of some groups in which an instruction set gives other bits than the file has."""
    right = stated()[name]
    return [
        f"{isa} gives other bits for {name}: float32 from {group * GROUP:#010x} to {(group + 1) * GROUP - 1:#010x}"
        for group, crc in zip(groups, checksums(UFUNCS[isa][name], groups), strict=True)
        if crc != right[group]
    ]


def main(argv=None):
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=Fraction, default=Fraction(1), help="of all inputs, such as 1/16; default all")
    parser.add_argument("--write", action="store_true", help="write the file")
    options = parser.parse_args(argv)
    if options.write:
        best = next(iter(UFUNCS.values()))
        sums = {name: " ".join(checksums(best[name], range(GROUPS))) for name in NAMES}
        FILE.write_text(json.dumps(sums, indent=1) + "\n", "utf-8")
        return 0
    seed = secrets.randbits(32)
    groups, wrong = drawn(options.share, seed), 0
    print(f"{len(groups) * GROUP:,} inputs of each function, seed {seed}", flush=True)
    for isa in UFUNCS:
        for name in NAMES:
            found = differences(isa, name, groups)
            wrong += len(found)
            print(f"{isa} {name}:", *(found or ["as written down"]), sep="\n    " if found else " ", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
