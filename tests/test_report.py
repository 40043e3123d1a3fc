"""The console command: what it prints, and that it fails when an accuracy check does."""

import sysconfig
from pathlib import Path

import numpy as np
import pytest
from catalog import FUNCTIONS, ISAS, outputs
from processes import run_python
from reference import exact, ulp_error

import fastsig
from fastsig import __main__ as report


def test_the_script_prints_the_whole_report():
    done = run_python(str(Path(sysconfig.get_path("scripts")) / "fastsig"), text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    out = done.stdout
    assert out.startswith(f"fastsig {fastsig.__version__}")
    assert f"ISA {fastsig.isa()} (available: {', '.join(ISAS)}" in out
    assert "CPU " in out
    for name in FUNCTIONS:
        line = next(line for line in out.splitlines() if line.startswith(f"{name} "))
        assert line.count("(") == 4
    for label in ("1/(1+np.exp(-x))", "scipy expit", "1,000 ", "1,000,000 ", "float32", "float64"):
        assert label in out
    assert "FAILED" not in out


def test_the_module_is_the_same_command():
    done = run_python("-m", "fastsig", "--version", text=True)
    assert done.stdout == f"fastsig {fastsig.__version__}\n"


def test_a_failing_check_is_named_and_makes_the_exit_status_1(monkeypatch, capsys):
    sigmoid = fastsig.sigmoid
    monkeypatch.setattr(fastsig, "sigmoid", lambda x: np.nextafter(sigmoid(x), np.asarray(2, x.dtype)))
    monkeypatch.setattr(report, "report_speed", lambda: None)
    monkeypatch.setattr(report, "SAMPLES", 300)
    assert report.main([]) == 1
    out = capsys.readouterr().out
    failures = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert {line.split()[1] for line in failures} == {"sigmoid"}
    assert len(failures) >= 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_decimal_errors_agree_with_mpfr(name):
    for dtype in map(np.dtype, ("float32", "float64", "longdouble")):
        arrays = report.inputs(name, dtype)
        results = outputs(getattr(fastsig, name)(*arrays))
        errors = [ulp_error(y, v).max() for y, v in zip(results, exact(name, *arrays), strict=True)]
        assert report.accuracy(name, dtype) == pytest.approx(max(errors), abs=1e-6)


def test_unknown_arguments_are_refused(capsys):
    with pytest.raises(SystemExit) as refused:
        report.main(["--no-such-option"])
    assert refused.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err
