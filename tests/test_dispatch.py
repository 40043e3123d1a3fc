"""Which kernels are used: the best that the CPU has, or the ones that FASTSIG_ISA names, or a refusal that helps."""

import zlib

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, UFUNCS, outputs
from processes import run_python
from samples import unit

import fastsig
from fastsig import _cpu, _dispatch
from fastsig._isa import ISAS as ROWS
from fastsig._isa import isas_of

SCRIPT = """
import sys, zlib
import numpy as np
import fastsig
x = np.load(sys.argv[1])
ufuncs = [getattr(fastsig, name) for name in sys.argv[2:]]
results = [ufunc(*[x] * ufunc.nin) for ufunc in ufuncs]
print(fastsig.isa(), *(zlib.crc32(np.concatenate(np.atleast_2d(r)).tobytes()) for r in results))
"""


def run(isa, *arguments, script=SCRIPT):
    """Run a script in a process of its own, with FASTSIG_ISA set or, for None, unset."""
    return run_python("-c", script, *arguments, text=True, environment={"FASTSIG_ISA": isa})


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return a file of float64 inputs, and the inputs."""
    path = tmp_path_factory.mktemp("dispatch") / "x.npy"
    x = unit("float64", 20_000)
    np.save(path, x)
    return str(path), x


@pytest.mark.parametrize("wanted", ["Baseline", "BASELINE"])
def test_names_may_be_in_upper_case(wanted):
    assert run(wanted, script="import fastsig; print(fastsig.isa())").stdout.split() == ["baseline"]


@pytest.mark.parametrize("isa", ISAS)
def test_each_instruction_set_can_be_forced_and_gives_its_own_bits(isa, inputs):
    path, x = inputs
    done = run(isa, path, *FUNCTIONS)
    assert done.returncode == 0, done.stderr
    used, *sums = done.stdout.split()
    assert used == isa
    results = (
        np.concatenate(np.atleast_2d(*outputs(UFUNCS[isa][name](*[x] * UFUNCS[isa][name].nin)))) for name in FUNCTIONS
    )
    assert [int(s) for s in sums] == [zlib.crc32(r.tobytes()) for r in results]


@pytest.mark.parametrize("unset", [None, ""])
def test_the_best_instruction_set_is_picked_by_default(unset):
    done = run(unset, script="import fastsig; print(fastsig.isa())")
    assert done.stdout.split() == [ISAS[0]]


@pytest.mark.parametrize("wanted", ["sse9", "avx2 ", "kernels.baseline"])
def test_an_unknown_name_is_an_import_error_that_lists_the_valid_ones(wanted):
    done = run(wanted, script="import fastsig")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert repr(wanted) in last
    assert last.endswith(f"valid here: {', '.join(ISAS)}")


def test_a_row_that_the_cpu_lacks_is_refused_as_an_unknown_one(monkeypatch):
    monkeypatch.setattr(_dispatch, "features", frozenset)
    assert [isa.name for isa in _dispatch.available()] == ["baseline"]
    assert _dispatch.pick(None).name == "baseline"
    for row in isas_of("x86_64")[:-1]:
        with pytest.raises(ImportError, match=f"'{row.name}'.*valid here: baseline$"):
            _dispatch.pick(row.name)


def test_a_row_that_was_not_built_is_passed_over(monkeypatch):
    monkeypatch.setattr(_dispatch, "find_spec", lambda module: module.endswith("baseline") or None)
    assert [isa.name for isa in _dispatch.available()] == ["baseline"]


def test_no_kernels_at_all_is_one_import_error_that_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(_dispatch, "find_spec", lambda _: None)
    for wanted in (None, "baseline"):
        with pytest.raises(ImportError, match=r"holds no kernels .*: none of .*fastsig\.kernels\.baseline\."):
            _dispatch.pick(wanted)


def test_isa_names_the_kernels_in_use():
    assert fastsig.isa() in ISAS
    assert fastsig.isa() == _dispatch.PICKED.name


def test_the_table_ends_with_a_baseline_that_needs_nothing_on_any_machine():
    for machine in ("x86_64", "AMD64", "aarch64", "arm64", "riscv64"):
        *others, last = isas_of(machine)
        assert last.name == "baseline"
        assert last.needs == last.cflags == ()
        assert all(row.needs and row.cflags for row in others)
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_a_row_needs_each_feature_that_the_compiler_may_use_for_it():
    for row in ROWS:
        used = {flag.removeprefix("-m") for flag in row.cflags if "=" not in flag}
        assert used == set(row.needs)


def test_every_feature_that_a_row_needs_can_be_asked_for():
    assert {feature for row in ROWS for feature in row.needs} <= set(_cpu.KNOWN)
    assert _cpu.features() <= set(_cpu.KNOWN)
