"""Docstrings, stubs and README say what is so."""

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from catalog import FUNCTIONS
from mypy import api

import fastsig
from fastsig._bounds import bounds
from fastsig._reference import REFERENCE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = ("Parameters", "Returns", "See Also", "Notes", "References", "Examples")


def run_doctest(text, name):
    """Run the examples of a text and return how many ran and how many failed."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
    return results.attempted, results.failed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_ufunc_docstrings_are_whole_and_their_examples_run(name):
    text = getattr(fastsig, name).__doc__
    positions = [text.index(f"\n{section}\n{'-' * len(section)}\n") for section in SECTIONS]
    assert positions == sorted(positions)
    assert "Lin (2019)" in text
    attempted, failed = run_doctest(text, name)
    assert attempted >= 3
    assert failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_ufunc_docstrings_state_the_bounds(name):
    text = " ".join(getattr(fastsig, name).__doc__.split())
    if len(REFERENCE[name]) > 1:
        assert all(f"`{formula.__name__}`" in text for formula in REFERENCE[name])
        return
    table = bounds()
    assert table[name, "float16", True].ulp == table[name, "float32", True].ulp == 0.5
    assert "float16 and float32 results are correctly rounded" in text
    fma, plain = (f"{table[name, 'float64', group].ulp:.2f}" for group in (True, False))
    assert f"float64 results are within {fma} ULP, or {plain} ULP where the CPU has no FMA" in text
    assert f"longdouble within {table[name, 'longdouble', True].ulp:g} ULP" in text


def test_other_public_docstrings_run():
    for name in fastsig.__all__:
        public = getattr(fastsig, name)
        if inspect.isroutine(public) and not isinstance(public, np.ufunc):
            attempted, failed = run_doctest(inspect.getdoc(public), name)
            assert attempted >= 1, name
            assert failed == 0, name


def test_readme_example_runs_and_prints_what_it_says():
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) == 6
    shown = re.findall(r"print\(.*\)\s+# (.*)", code)
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == shown
    assert "0.0" in shown
    assert "4.248354255291589e-18" in shown


def test_readme_begins_with_a_sentence_and_the_two_commands():
    commands = re.findall(r"^```sh\n(.*?)\n```", README, re.M | re.S)
    assert commands[:2] == ["pip install . && fastsig", 'pip install ".[test]" && pytest']
    first = README.split("\n\n")[1]
    assert first.count(". ") == 0
    assert first.endswith(".")
    assert "`fastsig-ufuncs`" in README


def test_stubs_name_what_is_public_and_type_checkers_accept_them(tmp_path):
    stub = (ROOT / "fastsig" / "__init__.pyi").read_text("utf-8")
    assert (
        re.search(r"__all__ = \[(.*?)\]", stub, re.S)[1].replace('"', "").replace("\n", "").split(", ")
        == fastsig.__all__
    )
    program = tmp_path / "program.py"
    program.write_text(
        "import numpy as np\nimport fastsig\nfrom fastsig import sigmoid, sigmoid_with_derivative\n"
        "u: np.ufunc = sigmoid\nname: str = fastsig.isa()\ny, dy = sigmoid_with_derivative(np.zeros(3))\n"
        "wrong: int = fastsig.isa()\nfastsig.no_such_function\n",
        "utf-8",
    )
    report, _, status = api.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(program)])
    assert status == 1
    errors = [line for line in report.splitlines() if "error:" in line]
    assert ["program.py:7:" in errors[0], "program.py:8:" in errors[1], len(errors)] == [True, True, 2], report


def test_the_package_says_that_it_is_typed():
    assert (Path(fastsig.__file__).parent / "py.typed").exists()
