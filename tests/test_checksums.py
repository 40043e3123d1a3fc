"""Results have the bits that are written down, on whatever machine, so that none changes unless somebody means it."""

import numpy as np
import pytest
from catalog import FAST, FUNCTIONS, ISAS
from checksums import DEFAULT, FAST_TYPES, TYPES, checksum, differences, stated


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
