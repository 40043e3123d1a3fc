"""Inputs whose exact results lie next to a midpoint of two numbers of the type, and ties: thousands a function.

A rounding test that is too narrow, or a flaw of the accurate phase, shows here and hardly anywhere else. The cases are
data, in tests/hard_cases, that `bench/proof/hard_cases.py` makes; MPFR checks a random share of them, and how far from
a midpoint they are. FASTSIG_PROOF_SEED repeats a share.
"""

import importlib
import os
import re
import secrets
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from catalog import BITS, outputs

from fastsig._reference import REFERENCE

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir():
    pytest.skip("only a checkout holds the proof's tools", allow_module_level=True)
sys.path.insert(0, str(BENCH))
nearest = importlib.import_module("nearest")

FOLDER = Path(__file__).parent / "hard_cases"
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))
SEED = int(os.environ.get("FASTSIG_PROOF_SEED") or secrets.randbits(32))
CHECKED = 150  # cases of a file that MPFR checks
PARITY = {"even": 1.0, "odd": -1.0}
HEADING = re.compile(r"# (?:at most 2\^(-\d+) ulp from a midpoint|(anywhere)|(ties)): .")
WITH_TWO_OUTPUTS = {}  # by formula: the functions of which it is one output of two, and which
for whole, formulas in REFERENCE.items():
    for place, formula in enumerate(formulas if len(formulas) > 1 else ()):
        WITH_TWO_OUTPUTS.setdefault(formula.__name__, []).append((whole, place))


class Cases(NamedTuple):
    """What a file holds: inputs, a row each; the right results; and log2 of the distance from a midpoint at most."""

    function: str
    dtype: str
    parity: float  # 1 for an even function, -1 for an odd one, 0 otherwise
    inputs: np.ndarray
    right: np.ndarray
    most: np.ndarray


def limit(heading):
    """Return log2 of the distance from a midpoint that the cases below a heading have at most."""
    found = HEADING.match(heading)
    assert found, heading
    most, anywhere, _ = found.groups()
    return float(most) if most else (np.inf if anywhere else -np.inf)


def read(file):
    """Return the cases of a file."""
    function, _, dtype = file.rpartition("_")
    first, second, *lines = (FOLDER / f"{file}.txt").read_text().splitlines()
    assert first.startswith(f"# {dtype} {function}: ")
    parity = next((PARITY[word] for word in PARITY if f"is {word}:" in second), 0.0)
    rows, limits, most = [], [], None
    for line in (second, *lines):
        if line.startswith("#"):
            most = limit(line) if HEADING.match(line) else most
        else:
            rows.append([float.fromhex(number) for number in line.split()])
            limits.append(most)
    numbers = np.array(rows).astype(dtype)
    assert (numbers == rows).all()  # all are of the type
    return Cases(function, dtype, parity, numbers[:, :-1].copy(), numbers[:, -1].copy(), np.array(limits))


CASES = {file: read(file) for file in FILES}


def wrong(call, cases):
    """Return a line for each result that does not have the bits of the right one."""
    with np.errstate(all="raise"):
        y = call(*np.ascontiguousarray(cases.inputs.T))
    bits = BITS[np.dtype(cases.dtype)]
    return [
        f"{cases.function}({', '.join(float(a).hex() for a in cases.inputs[i])}) = {float(cases.right[i]).hex()}, "
        f"and not {float(y[i]).hex()}"
        for i in np.flatnonzero(y.view(bits) != cases.right.view(bits))
    ]


def told(lines):
    """Return how many lines there are, and the first of them."""
    return "\n".join([f"{len(lines)} are wrong", *lines[:5]])


def function(ufuncs, name):
    """Return the ufunc, or what gives one output of the ufunc, of a name."""
    if name in ufuncs:
        return ufuncs[name]
    whole, i = WITH_TWO_OUTPUTS[name][0]
    return lambda *inputs: outputs(ufuncs[whole](*inputs))[i]


@pytest.mark.parametrize("file", FILES)
def test_hard_cases_are_right_to_the_bit(ufuncs, file):
    cases = CASES[file]
    call = function(ufuncs, cases.function)
    assert not (lines := wrong(call, cases)), told(lines)
    if cases.parity:
        mirrored = cases._replace(inputs=-cases.inputs, right=cases.parity * cases.right)
        assert not (lines := wrong(call, mirrored)), told(lines)


@pytest.mark.parametrize("file", [file for file in FILES if CASES[file].function in WITH_TWO_OUTPUTS])
def test_hard_cases_are_right_where_two_results_come_together(ufuncs, file):
    cases = CASES[file]
    for name, i in WITH_TWO_OUTPUTS[cases.function]:
        ufunc = ufuncs[name]  # whose second input has no effect where the case has none
        inputs = np.pad(cases.inputs, ((0, 0), (0, ufunc.nin - cases.inputs.shape[1])))
        lines = wrong(lambda *x, ufunc=ufunc, i=i: ufunc(*x)[i], cases._replace(inputs=inputs))
        assert not lines, f"{name}: {told(lines)}"


def test_hard_cases_of_log_sigmoid_are_those_of_softplus_mirrored(ufuncs):
    cases = CASES["softplus_float64"]
    mirrored = cases._replace(function="log_sigmoid", inputs=-cases.inputs, right=-cases.right)
    assert not (lines := wrong(ufuncs["log_sigmoid"], mirrored)), told(lines)


@pytest.mark.parametrize("file", FILES)
def test_the_data_are_right_and_as_near_to_midpoints_as_they_say(file):
    print(f"FASTSIG_PROOF_SEED={SEED}")
    cases = CASES[file]
    some = np.random.default_rng(SEED).permutation(len(cases.right))[:CHECKED]
    inputs = [tuple(map(float, row)) for row in cases.inputs[some]]
    exact = nearest.nearest(cases.function, cases.dtype, inputs)
    bits = BITS[np.dtype(cases.dtype)]
    np.testing.assert_array_equal(cases.right[some].view(bits), exact.view(bits))
    for numbers, most in zip(inputs, cases.most[some], strict=True):
        assert most == np.inf or nearest.from_midpoint(cases.function, cases.dtype, numbers) <= most, numbers


def test_there_are_many_cases_of_each_function_and_sign():
    hard = {file: cases.inputs[cases.most < np.inf, 0] for file, cases in CASES.items()}
    float64 = {CASES[file].function for file in FILES if CASES[file].dtype == "float64"}
    assert float64 == set(nearest.FORMULAS) - {"log_sigmoid"}
    for file, x in hard.items():
        cases = CASES[file]
        if cases.dtype == "float64":
            centre = 0.5 if cases.function == "logit" else 0.0
            sides = [np.sum(x > centre)] if cases.parity else [np.sum(x > centre), np.sum(x < centre)]
            assert min(sides) >= 800, (file, sides)
        else:
            assert x.size >= 400, file


@pytest.mark.parametrize("file", FILES)
def test_one_wrong_result_is_caught(file):
    cases = CASES[file]
    bits = BITS[np.dtype(cases.dtype)]
    for i in (0, len(cases.right) - 1):
        flawed = cases.right.copy()
        flawed.view(bits)[i] ^= 1
        lines = wrong(lambda *_, y=flawed: y, cases)
        assert len(lines) == 1
        assert float(cases.right[i]).hex() in lines[0]
