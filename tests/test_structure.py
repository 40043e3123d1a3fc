"""A function stands in four places; which one is missing is said here, by name."""

import re
from pathlib import Path

import numpy as np
from catalog import TYPES, UFUNCS
from processes import run_python

import fastsig
from fastsig._bounds import bounds
from fastsig._docs import DOCS
from fastsig._reference import REFERENCE

PACKAGE = Path(fastsig.__file__).parent
PUBLIC = {name for name in fastsig.__all__ if isinstance(getattr(fastsig, name), np.ufunc)}


def test_the_first_place_is_the_formula_and_its_bounds_in_math_pxd():
    needed = {
        (formula.__name__, dtype, fma)
        for formulas in REFERENCE.values()
        for formula in formulas
        for dtype in TYPES
        for fma in (True, False)
    }
    assert needed == set(bounds()), "bounds in _math.pxd and formulas in _reference.py differ"


def test_the_second_place_is_the_row_of_the_table_in_loops_pxi():
    for isa, ufuncs in UFUNCS.items():
        assert set(ufuncs) == PUBLIC, f"the table of kernels ({isa}) and the public names differ"


def test_the_third_place_is_the_docstring_and_the_public_name():
    assert set(DOCS) == PUBLIC, "_docs.py and the public names differ"
    stub = (PACKAGE / "__init__.pyi").read_text("utf-8")
    assert set(re.findall(r"^(\w+): Final\[np\.ufunc\]$", stub, re.M)) == PUBLIC, "the stub and the public names differ"


def test_the_fourth_place_is_the_reference():
    assert set(REFERENCE) == PUBLIC, "_reference.py and the public names differ"
    for name, formulas in REFERENCE.items():
        assert len(formulas) == getattr(fastsig, name).nout, name


def test_public_ufuncs_are_those_of_the_instruction_set_in_use():
    kept = {name: getattr(fastsig, name) for name in PUBLIC}
    assert all(ufunc.__name__ == name for name, ufunc in kept.items())
    x = np.linspace(-40, 40, 1001)
    for name, ufunc in kept.items():
        picked = UFUNCS[fastsig.isa()][name]
        assert np.asarray(ufunc(x)).tobytes() == np.asarray(picked(x)).tobytes()


def test_importing_the_sources_says_so_in_one_clear_import_error():
    root = Path(__file__).parents[1]
    done = run_python("-c", f"import sys; sys.path.insert(0, {str(root)!r}); import fastsig", text=True)
    if any((root / "fastsig").glob("_ufuncs.*so")):  # built in place, the sources are compiled
        assert done.returncode == 0
        return
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert done.stderr.splitlines()[-1].startswith(
        "ImportError: these are the sources of fastsig, which are not compiled"
    )
