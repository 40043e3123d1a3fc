"""Results have the bits that are written down, on whatever machine, so that none changes unless somebody means it.

Of all float32 it is a random share. FASTSIG_PROOF_SEED repeats it, and FASTSIG_PROOF_SHARE, such as 1/16, makes it
larger.
"""

import os
import secrets
from fractions import Fraction

import float32_checksums
import numpy as np
import pytest
from catalog import FAST, FUNCTIONS, ISAS
from checksums import DEFAULT, FAST_TYPES, TYPES, checksum, differences, stated

SEED = int(os.environ.get("FASTSIG_PROOF_SEED") or secrets.randbits(32))
SHARE = Fraction(os.environ.get("FASTSIG_PROOF_SHARE") or "1/256")


@pytest.mark.parametrize("isa", ISAS)
def test_every_function_and_type_has_the_checksum_written_down(isa):
    assert not differences(isa)


def test_the_file_holds_every_function_and_type_once_and_the_fast_tier_with_fma_and_without():
    fast, default = (
        {f"{name} {dtype}" for name in names for dtype in types}
        for names, types in ((FAST, FAST_TYPES), (FUNCTIONS, TYPES))
    )
    expected = {DEFAULT: default, "fast, FMA": fast, "fast, no FMA": fast}
    assert {group: set(sums) for group, sums in stated().items()} == expected


def test_without_fma_the_fast_tier_has_the_bits_of_the_default():
    default, fast = stated()[DEFAULT], stated()["fast, no FMA"]
    assert all(fast[f"{name} {dtype}"] == default[f"{name} {dtype}"] for name in FAST for dtype in FAST_TYPES)


def test_one_bit_of_one_result_changes_the_checksum():
    def flawed(x):
        y = np.tanh(x)
        y[1000] = np.nextafter(y[1000], 2)
        return y

    flawed.__name__, flawed.nin = "flawed", 1
    assert checksum(flawed, "float64") != checksum(np.tanh, "float64")


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", float32_checksums.NAMES)
def test_a_random_share_of_all_float32_has_the_checksums_written_down(name, isa):
    print(f"FASTSIG_PROOF_SEED={SEED}")
    assert not float32_checksums.differences(isa, name, float32_checksums.drawn(SHARE, SEED))


def test_every_float32_is_in_one_group_of_each_function():
    assert float32_checksums.GROUPS * float32_checksums.GROUP == 2**32
    assert float32_checksums.GROUP % float32_checksums.BLOCK == 0
    assert float32_checksums.drawn(1, SEED) == list(range(float32_checksums.GROUPS))
    sums = float32_checksums.stated()
    assert tuple(sums) == float32_checksums.NAMES
    assert {len(of_groups) for of_groups in sums.values()} == {float32_checksums.GROUPS}


def test_one_bit_of_one_float32_is_found(monkeypatch):
    def flawed(x):
        y = right(x)
        y[x == 0.75] = np.nextafter(y[x == 0.75], np.float32(2))
        return y

    right = float32_checksums.UFUNCS[ISAS[0]]["sigmoid"]
    monkeypatch.setitem(float32_checksums.UFUNCS[ISAS[0]], "sigmoid", flawed)
    group = int(np.float32(0.75).view(np.uint32)) // float32_checksums.GROUP
    (found,) = float32_checksums.differences(ISAS[0], "sigmoid", [group - 1, group])
    assert "float32 from 0x3f000000 to 0x3fffffff" in found
