"""The stubs: what mypy says of right calls and of wrong ones, and that they name what there is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mypy import api
from stubs import UFUNC, ufuncs_of

import fastsig

TYPED = Path(__file__).parent / "typed"
REFUSED = (TYPED / "refused.py").read_text("utf-8")
MARKED = [i for i, line in enumerate(REFUSED.splitlines(), 1) if line.endswith("# error")]
CLASSES = {(1, 1): "OneToOne", (1, 2): "OneToTwo", (2, 1): "TwoToOne", (2, 2): "TwoToTwo"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return a folder that mypy's runs share, so that NumPy's stubs are read once."""
    return tmp_path_factory.mktemp("mypy")


def mypy(cache, name):
    """Return mypy's report of one of the files, and the lines with errors."""
    copy = shutil.copy(TYPED / name, cache)
    report, errors, _ = api.run(["--strict", "--cache-dir", str(cache / "cache"), copy])
    assert not errors
    return report, sorted({int(n) for n in re.findall(rf"^.*{name}:(\d+): error:", report, re.M)})


def test_mypy_agrees_with_every_type_of_the_accepted_calls(cache):
    report, lines = mypy(cache, "accepted.py")
    assert lines == [], report


def test_mypy_finds_an_error_in_each_marked_line_and_in_no_other(cache):
    report, lines = mypy(cache, "refused.py")
    assert len(MARKED) > 50
    assert lines == MARKED, report


def test_stubtest_finds_nothing(tmp_path):
    options = ["--concise", "--mypy-config-file", TYPED / "stubtest.ini", "--allowlist", TYPED / "allowed.txt"]
    command = [sys.executable, "-P", "-m", "mypy.stubtest", "fastsig", *options, "--ignore-unused-allowlist"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)  # the checkout is not compiled
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", [fastsig, fastsig.fast], ids=["fastsig", "fastsig.fast"])
def test_each_ufunc_has_the_class_of_its_signature(module):
    for name, kind in ufuncs_of(module).items():
        ufunc = getattr(module, name)
        assert isinstance(ufunc, np.ufunc)
        assert kind == CLASSES[ufunc.nin, ufunc.nout], name


def test_a_line_of_a_ufunc_names_it_and_its_class():
    assert UFUNC.findall("sigmoid: Final[OneToOne]\n__version__: Final[str]\n") == [("sigmoid", "OneToOne")]
