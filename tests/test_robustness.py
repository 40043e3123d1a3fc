"""The long-running programs of bench/, run for some seconds: arguments of every kind, many calls, faults.

The tests also check that these programs find what they are there to find.
"""

import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import builds
import numpy as np
import pytest
from libraries import library

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir() or not sys.platform.startswith("linux"):
    pytest.skip("only a checkout holds these programs, which ask Linux about memory", allow_module_level=True)
sys.path.insert(0, str(BENCH))
fuzz = importlib.import_module("fuzz")
soak = importlib.import_module("soak")
import_faults = importlib.import_module("import_faults")


def run(folder, program, *arguments):
    """Run one of the programs as a user does, and return what it prints and what it writes to its log."""
    command = [sys.executable, str(BENCH / program), *arguments, "--log", "log.md"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, (folder / "log.md").read_text("utf-8")


def test_no_argument_makes_a_difference_to_the_bits(tmp_path):
    said, log = run(tmp_path, "fuzz.py", "--seconds", "20", "--database", "database")
    assert said.endswith("nothing failed\n")
    assert "- failed: nothing" in log
    for kind in ("`threaded`", "`where`", "an output meets an input", "bytes swapped", "misaligned", "refused"):
        assert f"| {kind} " in log


def view(start, steps=(8,), arena=0, n=5):
    """Return the view of some float64."""
    return fuzz.View(arena, "float64", False, (n,), steps, start)


def case(inputs, out=None, where=None, name="sigmoid", workers=None):
    """Return a call with nothing else out of the ordinary."""
    return fuzz.Case(("default", "public", name), inputs, out, where, {}, workers, ("normal", 1))


APART = case((view(64),), (view(64, (-16,), arena=1)._replace(start=64 + 4 * 16),))
MASKED = case((view(64),), (view(64, arena=1),), fuzz.View(2, "bool", False, (5,), (1,), 64))


@pytest.mark.parametrize("call", [APART, MASKED, case((view(64),)), case((view(64), 0.5), name="logistic_loss")])
def test_the_fuzzer_passes_what_is_right(call):
    fuzz.check(call, Counter())


def test_the_fuzzer_passes_what_numpy_converts_in_passing():
    # An output of bfloat16 that meets the input is copied: its signalling NaNs are converted though all is masked out.
    library("ml_dtypes")
    y = fuzz.View(0, "bfloat16", False, (4000,), (2,), 64)
    call = case((y._replace(steps=(0,)),), (y,), fuzz.View(2, "bool", False, (4000,), (0,), 64))
    call = call._replace(keywords={"dtype": "float32", "casting": "unsafe"}, values=("any bits", 4))
    assert not call.where.of(fuzz.arenas_of(call)).any()
    fuzz.check(call, Counter())


@pytest.mark.parametrize("kind", ["last bit", "neighbour", "flag", "refusal"])
def test_the_fuzzer_finds_what_is_wrong(kind, monkeypatch):
    # The second call is the one in question, and the third the one on converted copies.
    real, calls = fuzz.outcome, []

    def outcome(call):
        calls.append(1)
        results, errors = real(call)
        if len(calls) == 2:
            if kind == "last bit":
                results[0].view(np.uint64)[2] ^= 1
            elif kind == "neighbour":
                np.ndarray(9, results[0].dtype, results[0].base, 64)[1] = 7
            elif kind == "flag":
                errors = errors | {"overflow"}
            else:
                results = ValueError
        return results, errors

    monkeypatch.setattr(fuzz, "outcome", outcome)
    with pytest.raises(AssertionError):
        fuzz.check(APART, Counter())


def test_the_fuzzer_goes_on_where_it_ended(tmp_path, monkeypatch):
    seeds = []
    monkeypatch.setattr(fuzz, "one_round", lambda number, *_: seeds.append(number) or len(seeds) % 3 or 1 / 0)
    database = fuzz.DirectoryBasedExampleDatabase(tmp_path)
    for _ in range(2):
        assert fuzz.fuzz(60, fuzz.Progress(database)).startswith("ZeroDivisionError")
    assert seeds == [0, 1, 2, 2, 3, 4]


def test_memory_stays_where_it_is(tmp_path):
    said, log = run(tmp_path, "soak.py", "--calls", "20000")
    assert said.endswith("memory is flat\n")
    assert "- grown or failed: nothing" in log


def test_the_soak_finds_what_grows():
    rows = [dict.fromkeys(("blocks", "traced", "malloc", "resident"), 0) for _ in range(2)]
    assert soak.complaints(rows, []) == []
    for name in rows[0]:
        grown = {**rows[1], name: 20 << 20}
        assert soak.complaints([rows[0], grown], []) == [f"{name} grew by 20971520, from 0"]
    assert soak.complaints(rows, [ValueError("no")]) == ["ValueError: no"]


def test_what_malloc_has_handed_out_is_counted():
    before = soak.malloc()
    if before == 0:
        pytest.skip("this C library does not tell")
    kept = np.zeros(1 << 16, np.uint8)
    assert kept.nbytes <= soak.malloc() - before < kept.nbytes + 20_000


@pytest.mark.skipif(not builds.version_of_compiler(), reason="without a C compiler no crash has an owner")
def test_imports_without_memory_raise_memory_error(tmp_path):
    pytest.importorskip("_testcapi", reason="CPython's own module for its tests is not here")
    said, _ = run(tmp_path, "import_faults.py", "--every", "25")
    assert said.endswith("nothing else\n")
    assert int(said.split("an import asks for memory ")[1].split()[0]) > 1000


def test_a_crash_is_told_by_its_innermost_code():
    handler = "/tmp/x/watch.so(+0x1)[0x1]\n/lib/x86_64-linux-gnu/libc.so.6(+0x3c050)[0x2]\n"
    python, numpy = "/usr/lib/libpython3.11.so.1.0(+0x1)[0x3]\n", "/lib/python3.11/numpy/_core/_m.so(+0x1)[0x4]\n"
    fastsig = "/lib/python3.11/site-packages/fastsig/_ufuncs.so(+0x1)[0x5]\n"
    assert import_faults.owner(handler + python + fastsig) == "CPython, called by fastsig"
    assert import_faults.owner(handler + python + python + fastsig) == "CPython"
    assert import_faults.owner(handler + numpy + fastsig + python) == "NumPy"
    assert import_faults.owner(handler + fastsig + python) == "fastsig"
    assert import_faults.owner("") == "unknown code"


def test_null_pointers_that_crash_cpython_are_few():
    row = {"refused": "once", "imports": 100, "crash in CPython, called by fastsig": 2}
    assert import_faults.complaints(row) == []
    said = "refused once: 3 imports crash in CPython, called by fastsig, 2 at most"
    assert import_faults.complaints({**row, "crash in CPython, called by fastsig": 3}) == [said]
