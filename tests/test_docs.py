"""Docstrings, stubs, README and the pages of docs/ say what is so."""

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from catalog import FUNCTIONS

import fastsig
from fastsig._bounds import most_ulp
from fastsig._reference import REFERENCE

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
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
    assert re.search(r"\n\.\. \[1\] \w[^()]+ \(\d{4}\), \"", text)
    attempted, failed = run_doctest(text, name)
    assert attempted >= 3
    assert failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_ufunc_docstrings_say_that_results_are_correctly_rounded_and_how_far_longdouble_is_off(name):
    text = " ".join(getattr(fastsig, name).__doc__.split())
    assert "Correctly rounded in float16, float32 and float64: for every input the result is the number" in text
    (bound,) = {most_ulp(formula.__name__, "longdouble") for formula in REFERENCE[name]}
    assert f"longdouble results are within {bound:g} ULP." in text


def test_the_gradient_says_what_holds_next_to_its_zero():
    text = " ".join(fastsig.logistic_loss_gradient_hessian.__doc__.split())
    assert (
        "float32 and float64 are correctly rounded there too, while a longdouble may be off by 2 ULP of sigmoid(x)"
        in text
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_ufunc_docstrings_name_the_parameters_and_the_outputs(name):
    """A function of two inputs, or outputs, has an entry for each, and `See Also` names functions that exist."""
    text = getattr(fastsig, name).__doc__
    parameters, returns, see = (
        re.findall(r"^([a-z_]+(?:, [a-z_]+)*) : ", part, re.M)
        for part in re.split(r"\n(?:Parameters|Returns|See Also|Notes)\n-+\n", text)[1:4]
    )
    ufunc = getattr(fastsig, name)
    assert parameters[ufunc.nin :] == ["out", "where"]
    assert len(returns) == ufunc.nout
    assert set(", ".join(see).split(", ")) <= set(FUNCTIONS) - {name}


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


def test_readme_can_be_read_in_one_sitting():
    assert README.count("\n") <= 180
    assert len(README.encode()) <= 14_000


def test_tables_are_those_of_the_names_and_the_logs():
    done = subprocess.run([sys.executable, ROOT / "bench" / "tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_readme_first_sentence_is_the_promise():
    first = README.split("\n\n")[1]
    assert "every function, in float16, float32 and float64, gives the number nearest to the exact value" in first
    assert "for every input" in first


def test_the_stub_names_what_is_public():
    stub = (ROOT / "fastsig" / "__init__.pyi").read_text("utf-8")
    assert re.findall(r'"(\w+)"', re.search(r"__all__ = \[(.*?)\]", stub, re.S)[1]) == fastsig.__all__


# ---------------------------------------------------------------------------------------------------------------
# The documentation site
# ---------------------------------------------------------------------------------------------------------------


def bench(*command):
    """Run a program of bench/ and return what it prints; it has to succeed."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT / "bench", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_of_functions_names_all_that_is_public():
    """Functions have a row with the first sentence of their docstrings, as in README; others have an entry."""
    page = (DOCS / "functions.md").read_text("utf-8")
    rows = bench(
        "-c", "import tables; print(*map('{0[0]} {0[1]}'.format, map(tables.described, tables.REFERENCE)), sep='\\n')"
    )
    for name, row in zip(FUNCTIONS, rows.splitlines(), strict=True):
        call, text = re.fullmatch(r"(`\w+\(.*?\)`) (.*)", row).groups()
        assert f"| [{call}](api/{name}.md) | {text} |" in page
    entries = set(re.findall(r"^\.\. auto\w+:: fastsig\.([\w.]+)$", page, re.M))
    assert entries == {"isa", "threaded", *(f"objectives.{name}" for name in fastsig.objectives.__all__)}
    public = {*entries, *FUNCTIONS, "__version__", *re.findall(r"`(expit|log_expit)`", page)}
    assert set(fastsig.__all__) <= public


def test_every_page_is_in_a_table_of_contents_once():
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    listed = re.findall(
        r"^[\w/]+$",
        "\n".join(re.findall(r"^```{toctree}\n(.*?)^```", (DOCS / "index.md").read_text("utf-8"), re.M | re.S)),
        re.M,
    )
    assert len(set(listed)) == len(listed)
    assert {page for page in pages if not page.startswith("api/")} == {"index", *listed}
    assert "\napi/*\n" in (DOCS / "functions.md").read_text("utf-8")


def test_pictures_are_drawn_from_the_log():
    bench("figures.py", "--check")


def test_every_picture_is_described_and_there():
    for page in DOCS.glob("*.md"):
        for described, picture in re.findall(r"!\[(.*?)\]\((.*?)\)", page.read_text("utf-8")):
            assert described, page
            assert (page.parent / picture).is_file(), (page, picture)


def test_the_package_says_that_it_is_typed():
    assert (Path(fastsig.__file__).parent / "py.typed").exists()
