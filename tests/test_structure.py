"""Each function has three places in the sources; these tests name the place that lacks it."""

import gc
import inspect
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from catalog import FAST, UFUNCS
from fastsig._ufuncs import bind
from processes import run_python
from stubs import ufuncs_of

import fastsig
from fastsig import _dispatch, fast
from fastsig._bounds import bounds, most_ulp, stated
from fastsig._docs import DOCS, FAST_DOCS
from fastsig._reference import REFERENCE

KERNELS = Path(__file__).parents[1] / "fastsig" / "kernels"
NAMES = {name for name in fastsig.__all__ if isinstance(getattr(fastsig, name), np.ufunc)}
ALIASES = {"expit": "sigmoid", "log_expit": "log_sigmoid"}
PUBLIC = NAMES - set(ALIASES)


def complaint(named, where):
    """Return what is wrong with the functions that are named in a place, or nothing."""
    lacking, unknown = sorted(PUBLIC - set(named)), sorted(set(named) - PUBLIC)
    said = [f"lacks {', '.join(lacking)}"] if lacking else []
    said += [f"names {', '.join(unknown)}, of which fastsig has no kernels"] if unknown else []
    return f"{where} {' and '.join(said)}" if said else ""


def test_what_is_missing_is_said_in_a_sentence():
    assert complaint(PUBLIC, "here") == ""
    assert complaint(PUBLIC - {"silu", "logit"}, "DOCS in _docs.py") == "DOCS in _docs.py lacks logit, silu"
    assert complaint(PUBLIC | {"relu"}, "all.pxi") == "all.pxi names relu, of which fastsig has no kernels"


def test_a_function_without_a_docstring_is_refused_in_a_sentence():
    picked = _dispatch.load(_dispatch.PICKED)
    lacking = {name: text for name, text in DOCS.items() if name != "silu"}
    with pytest.raises(
        LookupError, match=r"^fast.silu has kernels and no docstring: fastsig/_docs.py lacks it in _FAST$"
    ):
        bind(picked.KERNELS, picked.BFLOAT16, lacking, "fast")


def test_a_bound_that_no_page_states_is_asked_for_in_a_sentence():
    with pytest.raises(LookupError, match=r"wants `# BOUND relu longdouble: U ulp` above it$"):
        most_ulp("relu", "longdouble")
    with pytest.raises(LookupError, match=r"wants `# BOUND fast_relu float32 fma: U ulp` above it$"):
        stated("fast_relu", "float32", True)


def test_the_first_place_is_the_page_and_its_line_in_all_pxi():
    pages = {page.stem: page.read_text("utf-8") for page in (KERNELS / "functions").iterdir()}
    assert not (said := complaint(pages, "kernels/functions, as pages,")), said
    included = re.findall(r'^include "functions/(\w+)\.pxi"$', (KERNELS / "all.pxi").read_text("utf-8"), re.M)
    assert not (said := complaint(included, "kernels/all.pxi, as included pages,")), said
    assert len(included) == len(PUBLIC), "kernels/all.pxi includes a page twice"
    for name, page in pages.items():
        rows = re.findall(r'^(KERNELS|FAST)\["(\w+)"\] = (?:row\(|KERNELS\["\2"\])', page, re.M)
        assert rows == [("KERNELS", name), ("FAST", name)], f"the rows on the page of {name}"
        of_bfloat16 = re.findall(r'^BFLOAT16\["(\w+)"\] = ', page, re.M)
        assert of_bfloat16 == [name], f"the page of {name} lacks its line of BFLOAT16"
    for isa, ufuncs in UFUNCS.items():
        assert not (said := complaint(ufuncs, f"the table of kernels ({isa})")), said


def test_a_page_states_a_bound_for_long_double_and_for_the_fast_tier():
    default = {formula.__name__ for formulas in REFERENCE.values() for formula in formulas}
    picked = _dispatch.load(_dispatch.PICKED)
    own = [name for name in FAST if picked.FAST[name] is not picked.KERNELS[name]]
    fast = {f"fast_{formula.__name__}" for name in own for formula in REFERENCE[name]}
    needed = {(name, "longdouble", fma) for name in default for fma in (True, False)}
    needed |= {(name, dtype, True) for name in fast for dtype in ("float32", "float64")}  # else it is the default
    for name, dtype, fma in sorted(needed):
        assert stated(name, dtype, fma).ulp > 0
    assert not (set(bounds()) - needed), "pages state bounds of formulas that fastsig/_reference.py has not"


def test_default_results_are_off_by_half_an_ulp_at_most_but_for_long_double():
    assert {most_ulp("sigmoid", dtype) for dtype in ("float16", "float32", "float64")} == {0.5}
    assert {most_ulp(formula.__name__, "longdouble") for (formula, *_) in REFERENCE.values()} == {2.0}


def test_the_second_place_is_the_docstring_and_the_public_name():
    assert not (said := complaint(DOCS, "DOCS in fastsig/_docs.py")), said
    assert not (said := complaint(FAST_DOCS, "_FAST in fastsig/_docs.py")), said
    for module, aliases in ((fastsig, set(ALIASES)), (fast, set())):
        named = set(ufuncs_of(module))
        assert aliases <= named
        assert not (said := complaint(named - aliases, f"the stub of {module.__name__}")), said


def test_the_third_place_is_the_reference():
    assert not (said := complaint(REFERENCE, "REFERENCE in fastsig/_reference.py")), said
    for name, formulas in REFERENCE.items():
        assert len(formulas) == getattr(fastsig, name).nout, name


def test_aliases_are_the_same_objects():
    for alias, name in ALIASES.items():
        assert getattr(fastsig, alias) is getattr(fastsig, name)
        assert alias in fastsig.__all__


def test_what_is_public_is_the_ufuncs_their_aliases_and_three_names_more():
    assert set(fastsig.__all__) - NAMES == {"__version__", "isa", "threaded"}
    visible = {name for name, value in vars(fastsig).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert visible == set(fastsig.__all__) - {"__version__"}


IMPORTED_WHEN_NAMED = """
import sys
import fastsig
assert "fast" in dir(fastsig)
assert "fastsig.fast" not in sys.modules
print(fastsig.fast.sigmoid.__name__, fastsig.fast is sys.modules["fastsig.fast"])
try:
    fastsig.slow
except AttributeError as error:
    print(error)
"""


def test_the_fast_tier_is_an_attribute_that_is_imported_when_it_is_first_named():
    done = run_python("-c", IMPORTED_WHEN_NAMED, text=True)
    assert done.stdout.splitlines() == ["sigmoid True", "module 'fastsig' has no attribute 'slow'"], done.stderr


def test_a_ufunc_owns_what_it_points_to_and_frees_it():
    picked = _dispatch.load(_dispatch.PICKED)
    tables = picked.KERNELS, picked.BFLOAT16
    alive = bind(*tables)["softplus"]
    assert "Parts" in {type(owned).__name__ for owned in gc.get_referents(alive)}
    tracemalloc.start()
    try:
        bind(*tables)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(100):
            bind(*tables)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # This is less than the docstrings, which are freed with the rest. NumPy 2.3 and older keep promoters: half as much.
    assert after - before < 80 * sum(map(len, DOCS.values()))
    assert alive.__name__ == "softplus"
    assert alive.__doc__.endswith(DOCS["softplus"])
    assert alive(0.0) == np.log1p(1.0)


def test_public_ufuncs_are_those_of_the_instruction_set_in_use():
    kept = {name: getattr(fastsig, name) for name in PUBLIC}
    assert all(ufunc.__name__ == name for name, ufunc in kept.items())
    x = np.linspace(0, 1, 1001)  # where every function is defined, of either input
    for name, ufunc in kept.items():
        picked = UFUNCS[fastsig.isa()][name]
        with np.errstate(divide="ignore"):  # logit, at both ends
            results = [np.asarray(function(*(x,) * function.nin)) for function in (ufunc, picked)]
        assert results[0].tobytes() == results[1].tobytes()


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
