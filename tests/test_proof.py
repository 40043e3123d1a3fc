"""A share of the proof that float32 results are nearest, and proof that its tools would see a wrong one.

`python bench/verify_float32.py` checks all 2^32 inputs; these tests check all ties, all inputs whose results are
subnormal, and a random share of the rest. FASTSIG_PROOF_SEED repeats a share.
"""

import importlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

import gmpy2
import numpy as np
import pytest
from reference import to_mpfr

from fastsig._reference import REFERENCE

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir():
    pytest.skip("only a checkout holds the proof's tools", allow_module_level=True)
sys.path.insert(0, str(BENCH))
hunt_float64 = importlib.import_module("hunt_float64")
verify_float32 = importlib.import_module("verify_float32")
wide = importlib.import_module("wide")
if reason := wide.unusable():
    pytest.skip(reason, allow_module_level=True)

LOG = BENCH / "logs" / "verify_float32.md"
SEED = int(os.environ.get("FASTSIG_PROOF_SEED") or secrets.randbits(32))
SHARE = 1 / 256
OUTPUTS = wide.outputs()
ISA = next(iter(wide.kernels()))
SUBNORMAL = np.array([-100.0, -90.0], np.float32)  # sigmoid is subnormal between


def naive(x):
    """Return sigmoid as it is often written: 0 where it should be subnormal."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def right(name):
    """Return the ufunc of the best ISA."""
    return wide.kernels()[ISA][name]


def command(tmp_path, *more):
    """Run the command on one function and one ISA, its state in a directory of the test's."""
    given = ("--function", "sigmoid_derivative", "--isa", ISA, "--share", "0.001", "--seed", "1", "--workers", "1")
    return verify_float32.main([*given, "--state", str(tmp_path / "state.json"), *more])


@pytest.mark.parametrize("name", OUTPUTS)
def test_ties_subnormals_and_a_random_share_are_nearest(name, tmp_path):
    outputs = {name: OUTPUTS[name]}
    state = verify_float32.State(tmp_path / "state.json")
    print(f"FASTSIG_PROOF_SEED={SEED}")
    verify_float32.verify(outputs, SHARE, SEED, state, workers=1)
    complaints = verify_float32.complaints(outputs, state)
    assert not complaints, "\n".join([f"FASTSIG_PROOF_SEED={SEED}", *complaints])


def test_wrong_kernel_is_caught():
    first = int(SUBNORMAL[1:].view(np.uint32)[0])
    (bad, good), _ = verify_float32.check("sigmoid", [naive, right("sigmoid")], first, 1 << 15)
    assert bad.count > 1 << 14
    assert bad.first[0][0] == first
    assert good.count == 0


@pytest.mark.parametrize(
    ("x", "wrong"),
    [
        (np.float32(1.0), lambda y: np.nextafter(y, np.float32(0))),
        (np.float32(-200.0), lambda y: -y),  # a zero of the wrong sign
        (np.float32(2.0), lambda _: np.float32(np.nan)),
        (np.float32(np.nan), lambda _: np.float32(0.5)),
    ],
    ids=["one ulp", "sign of zero", "NaN", "not NaN"],
)
def test_one_wrong_result_is_caught(x, wrong):
    def flawed(inputs):
        y = right("sigmoid")(inputs)
        y[inputs.view(np.uint32) == x.view(np.uint32)] = wrong(right("sigmoid")(x))
        return y

    bits = int(x.view(np.uint32))
    (found,), _ = verify_float32.check("sigmoid", [flawed], bits - 1000, 2000)
    assert found.count == 1
    assert found.first[0][0] == bits


def test_ties_are_left_to_mpfr():
    x = np.float32(2.0**-23) * np.arange(1, 33, 2, dtype=np.float32)  # 1/2 + x/4 is a midpoint
    nearest, hard = wide.nearest_float32("sigmoid", x)
    assert hard == x.size
    below = 0.5 + x.astype(np.float64) / 4 - 2.0**-25  # the exact value is just below the midpoint
    np.testing.assert_array_equal(nearest, below.astype(np.float32))


def hard_in_the_log():
    """Return how many of all 2^32 inputs the exhaustive run left to MPFR, by function."""
    lines = LOG.read_text().splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    rows = [dict(zip(head, row, strict=True)) for row in rows]
    assert {row["inputs checked"] for row in rows} == {f"{2**32:,}"}
    return {row["function"]: int(row["decided by MPFR"].replace(",", "")) for row in rows}


@pytest.mark.parametrize("name", wide.ROWS)
def test_ties_hold_every_input_that_the_exhaustive_run_left_to_mpfr(name):
    # How many these are depends on the last digit of long double and of its exponential: these have to be the log's.
    if f"- long double: {wide.facts()['long double']}\n" not in LOG.read_text():
        pytest.skip("the log was made with another long double")
    ties = wide.ROWS[name].ties
    assert np.unique(ties).size == ties.size
    assert wide.nearest_float32(name, ties)[1] == hard_in_the_log()[name]


def test_a_tie_that_is_wrong_is_caught():
    def flawed(inputs):
        return np.where(inputs == x, np.float32(0.5), right("sigmoid")(inputs))

    x = np.float32(3 * 2.0**-23)
    nothing, one = (verify_float32.check_ties("sigmoid", [f], [])["mismatches"][0] for f in (right("sigmoid"), flawed))
    assert nothing.count == 0
    assert (one.count, one.first[0][0]) == (1, int(x.view(np.uint32)))


@pytest.mark.parametrize("name", wide.ROWS)
def test_each_input_counts_once(name, tmp_path, monkeypatch):
    def check_chunk(_name, outputs, _chunk):
        return [verify_float32.Mismatches()] * len(outputs), 0, 0.0

    def checked(share):
        verify_float32.verify(outputs, share, 0, state, 1)
        return int(verify_float32.table(outputs, state)[0]["inputs checked"].replace(",", ""))

    monkeypatch.setattr(verify_float32, "check_chunk", check_chunk)
    outputs, ties = {name: OUTPUTS[name]}, wide.ROWS[name].ties
    state = verify_float32.State(tmp_path / "state.json")
    chunks = set(verify_float32.chosen(name, 0.1, 0))
    outside = sum(int(bits) // verify_float32.CHUNK not in chunks for bits in ties.view(np.uint32))
    assert checked(0.1) == len(chunks) * verify_float32.CHUNK + outside
    assert checked(1.0) == 2**32


@pytest.mark.parametrize("name", [name for name in wide.ROWS if name in REFERENCE])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_double_keeps_well_within_its_bound(name, dtype):
    low, high = np.clip(wide.ROWS[name].span, -104, 104)
    rng = np.random.default_rng(SEED)
    near_zero = np.exp2(rng.uniform(-140, 3, 500)) * rng.choice([-1, 1], 500)
    x = np.concatenate([rng.uniform(low, high, 500), near_zero]).astype(dtype)
    x = x[(x >= low) & (x <= high)]
    values, doubts = wide.wide(name, x)
    for a, value, doubt in zip(x, values, doubts, strict=True):
        exact = wide.exactly(name, a)
        with gmpy2.context(precision=wide.MPFR_BITS):
            error = abs(to_mpfr(value) - exact)
        # Where no doubt is stated: one EPS for expm1 and for the step off the midpoint, half an EPS for each of six
        # roundings. Ties are exact there, and all else is 2^-24 away from a midpoint, or more.
        allowed = 5 * wide.EPS * abs(value) if doubt == 0 else abs(doubt) / 4
        assert error <= to_mpfr(allowed), f"{name}({float(a).hex()}), FASTSIG_PROOF_SEED={SEED}"


def test_mismatch_is_reported_and_fails_the_command(tmp_path, monkeypatch, capsys):
    found = verify_float32.Mismatches(7, ((0xBF800000, 0x3E800000, 0x3E49629C),))
    monkeypatch.setattr(verify_float32, "check_chunk", lambda *_: ([found], 3, 0.1))
    assert command(tmp_path) == 1
    assert "0xbf800000 (-1.0) gives 0x3e800000, and the nearest float32 is 0x3e49629c" in capsys.readouterr().out


def test_stopped_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    calls = []

    def check_chunk(_name, outputs, chunk):
        if len(calls) == 5:
            calls.append(None)
            raise KeyboardInterrupt
        calls.append(chunk)
        return [verify_float32.Mismatches(chunk == calls[0])] * len(outputs), 1, 0.0

    monkeypatch.setattr(verify_float32, "check_chunk", check_chunk)
    assert command(tmp_path) == 130
    assert command(tmp_path, "--log", str(tmp_path / "log.md")) == 1  # for a mismatch found before the stop
    calls.remove(None)
    assert sorted(calls) == verify_float32.chosen("sigmoid_derivative", 0.001, 1)
    checked = f"{len(calls) * verify_float32.CHUNK:,}"
    cells = (tmp_path / "log.md").read_text().splitlines()[-1].split()
    assert cells[1:-1:2][:5] == ["sigmoid_derivative", ISA, checked, "1", str(len(calls))]


def test_changed_kernels_void_the_state(tmp_path, monkeypatch):
    calls = []

    def check_chunk(*task):
        calls.append(task)
        return [verify_float32.Mismatches()], 0, 0.0

    monkeypatch.setattr(verify_float32, "check_chunk", check_chunk)
    command(tmp_path)
    once = len(calls)
    command(tmp_path)
    assert len(calls) == once
    monkeypatch.setattr(verify_float32, "fingerprint", lambda: "another")
    command(tmp_path)
    assert len(calls) == 2 * once


def test_several_processes_check_what_one_does(tmp_path):
    outputs = wide.outputs("sigmoid_derivative")
    state = verify_float32.State(tmp_path / "state.json")
    verify_float32.verify(outputs, 0.0, 0, state, workers=2)
    (entry,) = verify_float32.State(tmp_path / "state.json").entries.values()
    assert sorted(entry["chunks"]) == verify_float32.chosen("sigmoid_derivative", 0.0, 0)
    assert not verify_float32.complaints(outputs, state)


def test_hunt_finds_a_flaw():
    found, _ = hunt_float64.hunt("sigmoid", [naive, right("sigmoid")], 100_000, np.random.default_rng(SEED))
    ((at,), error, _), (_, good, _) = found
    assert at < -709
    assert error > 1e6
    assert 0.49 < good <= 0.5


def test_tables_of_the_accurate_phase_are_what_the_script_makes():
    done = subprocess.run([sys.executable, BENCH / "proof" / "tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
