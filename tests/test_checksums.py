"""Results have the bits that are written down, on whatever machine, so that none changes unless somebody means it."""

import numpy as np
import pytest
from catalog import FAST, FUNCTIONS, ISAS
from checksums import TYPES, checksum, found, group, stated


@pytest.mark.parametrize("isa", ISAS)
def test_every_function_and_type_has_the_checksum_written_down(isa):
    ours, theirs = found(isa), stated()[group(isa)]
    assert set(ours) == set(theirs)
    different = sorted(key for key in ours if ours[key] != theirs[key])
    assert not different, f"{isa} gives other bits than tests/checksums.json, where FMA is the same, for {different}"


def test_the_file_holds_every_function_and_type_with_fma_and_without():
    expected = {f"{name} {dtype}" for name in FUNCTIONS for dtype in TYPES} | {f"fast.{name} float32" for name in FAST}
    assert set(stated()) == {"FMA", "no FMA"}
    assert all(set(sums) == expected for sums in stated().values())


def test_what_is_correctly_rounded_has_the_same_bits_without_fma():
    fma, plain = stated()["FMA"], stated()["no FMA"]
    rounded = [name for name in FUNCTIONS if not name.startswith("logistic_loss") and name != "sigmoid_backward"]
    assert all(
        fma[f"{name} {dtype}"] == plain[f"{name} {dtype}"] for name in rounded for dtype in ("float16", "float32")
    )


def test_one_bit_of_one_result_changes_the_checksum():
    def flawed(x):
        y = np.tanh(x)
        y[1000] = np.nextafter(y[1000], 2)
        return y

    flawed.__name__, flawed.nin = "flawed", 1
    assert checksum(flawed, "float64") != checksum(np.tanh, "float64")
