"""The console command: what it prints and writes, and that it fails when an accuracy check does."""

import copy
import importlib.util
import io
import json
import math
import re
import sys
import sysconfig
import xml.etree.ElementTree as ET
from fractions import Fraction
from functools import partial
from inspect import signature
from pathlib import Path

import gmpy2
import numpy as np
import pages
import pytest
from catalog import FUNCTIONS, ISAS, outputs
from processes import run_python
from reference import exact, ulp_error

import fastsig
from fastsig import __main__ as command
from fastsig import _reference
from fastsig._report import accuracy, errors, mathematics, measure, speed

WITH_PAGES = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in command.FOR_PAGES),
    reason="the extra report is not installed",
)
PICTURES = len(speed.TYPES) * 5  # near, histogram, tail, speed, derivative


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


@pytest.fixture(scope="module")
def found():
    return pages.measured()


@pytest.fixture
def quick(monkeypatch):
    """Have the command take few inputs and no library that is slow to import, and time nothing."""
    monkeypatch.setattr(accuracy, "SAMPLES", 60)
    monkeypatch.setattr(speed, "timings", lambda contenders, *_: {c.label: 2.0**i for i, c in enumerate(contenders)})
    monkeypatch.setattr(measure, "for_page", partial(measure.for_page, samples=64, sizes=speed.SIZES, peers=()))


# ---------------------------------------------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------------------------------------------


def test_the_script_prints_the_whole_report_and_nothing_else():
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
    assert done.stderr == ""


def test_the_module_is_the_same_command():
    done = run_python("-m", "fastsig", "--version", text=True)
    assert done.stdout == f"fastsig {fastsig.__version__}\n"


@pytest.fixture
def wrong(quick, monkeypatch):  # noqa: ARG001
    """Have the sigmoid be the number above the right one."""
    sigmoid = fastsig.sigmoid
    monkeypatch.setattr(
        fastsig, "sigmoid", lambda x, out=None: np.nextafter(sigmoid(x), np.asarray(2, x.dtype), out=out)
    )
    monkeypatch.setattr(accuracy, "SAMPLES", 300)


@pytest.mark.usefixtures("wrong")
def test_a_failing_check_is_named_and_makes_the_exit_status_1(capsys):
    assert command.main([]) == 1
    out = capsys.readouterr().out
    failures = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert {line.split()[1] for line in failures} == {"sigmoid"}
    assert len(failures) >= 3


@pytest.mark.usefixtures("wrong")
def test_a_failing_check_is_told_where_json_is_written_too(capsys):
    assert command.main(["--json"]) == 1
    told = capsys.readouterr()
    assert {line.split()[:2] == ["FAILED", "sigmoid"] for line in told.err.splitlines()} == {True}
    assert json.loads(told.out)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_decimal_errors_agree_with_mpfr(name):
    for dtype in map(np.dtype, ("float32", "float64", "longdouble")):
        arrays = accuracy.inputs(name, dtype)
        results = outputs(getattr(fastsig, name)(*arrays))
        worst = [ulp_error(y, v).max() for y, v in zip(results, exact(name, *arrays), strict=True)]
        assert accuracy.accuracy(name, dtype) == pytest.approx(max(worst), abs=1e-6)


@pytest.mark.parametrize("bits", [53, 64, 113])
@pytest.mark.parametrize("formula", [_reference.logit, _reference.sigmoid_backward, _reference.logistic_loss])
def test_digits_suffice_next_to_one_for_long_double_of_every_cpu(formula, bits):
    gap = Fraction(1, 2**bits)
    beside = [middle - n * gap for middle in (Fraction(1, 2), Fraction(1)) for n in (1, 3, 2 ** (bits // 2) + 1)]
    inputs = [[Fraction(1024)] * len(beside)] * (len(signature(formula).parameters) - 2) + [beside]
    values = accuracy.exact_values(formula, *inputs, precision=accuracy.digits(bits))
    for value, *at in zip(values, *inputs, strict=True):
        right = Fraction(*map(int, formula(gmpy2, *map(gmpy2.mpfr, at)).as_integer_ratio()))
        assert abs(Fraction(value) - right) < abs(right) * gap / 10**6


# ---------------------------------------------------------------------------------------------------------------
# Progress
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("arguments", [["--json"], pytest.param(["--html", "page.html"], marks=WITH_PAGES)])
def test_progress_is_told_to_a_terminal_alone(arguments, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert command.main(arguments) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert command.main(arguments) == 0
    said = sys.stderr.getvalue()
    assert "accuracy of silu, float64" in said
    assert re.search(r"\b[4-6]\d%", said)
    assert re.search(r"\r(\x1b\[K| *\r)$", said), "it is taken back in the end"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("for_page", [False, True])
def test_progress_knows_how_much_there_is_to_do(for_page):
    said = []
    (measure.for_page if for_page else measure.for_text)(said.append)
    assert len(said) == len(set(said)) == measure.steps(for_page, speed.SIZES)


# ---------------------------------------------------------------------------------------------------------------
# JSON
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_json_holds_what_the_text_says(capsys, tmp_path):
    file = tmp_path / "measured.json"
    assert command.main(["--json", str(file)]) == 0
    assert capsys.readouterr() == ("", "")
    found = json.loads(file.read_text("utf-8"))
    assert set(found) == {"machine", "accuracy", "speed"}
    assert {"date", "cpu", "system", "isa", "isas", "versions"} <= set(found["machine"])
    assert {"fastsig", "NumPy", "Python"} <= set(found["machine"]["versions"])
    rows = found["accuracy"]["rows"]
    assert [(row["function"], row["type"]) for row in rows] == [(f, t) for f in FUNCTIONS for t in accuracy.TYPES]
    assert all(0 < row["ulp"] <= row["bound"] for row in rows)
    rows = found["speed"]["rows"]
    assert {(row["type"], row["n"]) for row in rows} == {(t, n) for t in speed.TYPES for n in speed.SIZES}
    assert all(row["ns"] > 0 and row["ratio"] > 0 for row in rows)
    assert {row["ratio"] for row in rows if row["who"] == speed.OURS} == {1}


@WITH_PAGES
@pytest.mark.usefixtures("quick")
def test_json_of_a_page_holds_what_the_page_draws(tmp_path):
    assert command.main(["--html", str(tmp_path / "a.html"), "--json", str(tmp_path / "a.json")]) == 0
    found = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert set(found) == {"machine", "accuracy", "speed", "errors"}
    assert (tmp_path / "a.html").read_text("utf-8") == pages.page(found)


def test_what_is_no_number_is_null():
    assert command.plain({"a": [1, float("inf"), float("nan")], "b": "inf"}) == {"a": [1, None, None], "b": "inf"}


# ---------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--no-such-option"], "unrecognized arguments"),
        (["--html"], "expected one argument"),
        (["--html", "-"], "--html: the name of a file is wanted"),
        (["--html", "missing/page.html"], "there is no folder 'missing' to write 'page.html' into"),
        (["--json", "missing/deep/a.json"], "there is no folder 'missing/deep' to write 'a.json' into"),
        (["--json", "."], "'.' is a folder"),
        (["--html", ""], "'' is a folder"),
        (["--html", "folder/"], "'folder/' is a folder"),
        (["--html", "x" * 999], "cannot be written: File name too long"),
        (["--html", "a", "--json", "folder/../a"], "--html and --json name the same file"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_measured(arguments, said, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("for_page", "for_text"):
        monkeypatch.setattr(measure, name, None)
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)
    assert refused.value.code == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def without(*packages):
    """Return a find_spec that does not find some packages."""
    find = importlib.util.find_spec
    return lambda name, *rest: None if name in packages else find(name, *rest)


@pytest.mark.parametrize("missing", [["tqdm"], ["matplotlib", "tqdm"]])
def test_what_a_page_needs_is_named_where_it_is_missing(missing, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", without(*missing))
    with pytest.raises(SystemExit) as refused:
        command.main(["--html", "page.html"])
    assert refused.value.code == 2
    said = capsys.readouterr().err
    absent = [name for name in command.FOR_PAGES if importlib.util.find_spec(name) is None]
    assert set(missing) <= set(absent)
    assert f"not installed: {', '.join(absent)}." in said
    assert 'pip install "fastsig-ufuncs[report]"' in said


def test_nothing_of_the_report_is_imported_with_fastsig_or_for_the_text():
    program = (
        "import sys, fastsig; assert not [m for m in sys.modules if m.startswith('fastsig._report')]\n"
        "import fastsig.__main__; assert not {'matplotlib', 'tqdm', 'scipy', 'torch'} & set(sys.modules)"
    )
    done = run_python("-c", program, text=True)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------------------------------------------------------
# The page
# ---------------------------------------------------------------------------------------------------------------


def test_the_page_needs_nothing_else(found):
    html = pages.page(found)
    assert len(html.encode()) < 10**6
    for outside in ("http:", "https:", "//", "src=", "@import", "<script", "@font-face"):
        assert outside not in html, outside
    assert re.findall(r'<link[^>]*href="([^"]*)"', html) == ["data:,"]
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))


def test_the_page_has_every_picture_with_a_title_and_a_sentence(found):
    html = pages.page(found)
    figures = re.findall(r"<figure>.*?</figure>", html, re.S)
    assert len(figures) == html.count("<svg") == PICTURES
    for figure in figures:
        name = re.search(r'<svg [^>]*role="img" aria-labelledby="([^"]+)"><title id="([^"]+)">.+?</title>', figure)
        assert name[1] == name[2]
        assert re.search(r"<figcaption>[^<]+.*\.</figcaption></figure>$", figure, re.S)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', html)) <= set(ids)


def test_pictures_take_their_colours_from_the_page(found):
    for picture in re.findall(r"<svg.*?</svg>", pages.page(found), re.S):
        assert not re.search(r"#[0-9a-f]{3,6}\b(?!-)", re.sub(r'(href="|url\()#', "", picture))
        assert {"--ink", "--muted", "--rule"} <= set(re.findall(r"var\((--\w+)\)", picture))


def test_the_page_says_what_was_measured(found):
    html = pages.page(found)
    for name in FUNCTIONS:
        assert name.replace("_", "_<wbr>") in html
    versions = found["machine"]["versions"]
    assert all(f"{name} {version}" in html for name, version in versions.items())
    assert html.index("(unit in the last place)") < html.index("</table>")
    other = copy.deepcopy(found)
    other["machine"]["cpu"] = "Some & Other"
    for row in other["speed"]["rows"]:
        row["ns"], row["ratio"] = 7.25, 0.625
    other["accuracy"]["rows"][0]["ulp"] = math.inf
    for row in other["errors"]["derivative"]["dies"]:
        row["zero_from"][errors.FROM_S] = 12.625
    html = pages.page(other)
    assert "Some &amp; Other" in html
    assert "0.62 ×, faster" in html
    assert "∞" in html
    assert f"{len(FUNCTIONS) * 4 - 1} of {len(FUNCTIONS) * 4}" in html
    assert "Over their bounds: <code>sigmoid</code> in float16" in html
    assert html.count("12.62") >= 3


def test_the_page_does_without_scipy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", without("scipy"))
    html = pages.page(pages.measured())
    assert html.count("<svg") == PICTURES
    assert "Not installed here, or not working: SciPy." in html


def test_a_library_that_does_not_work_counts_as_missing():
    def broken(*_):
        raise OSError("cannot open shared object file")

    assert speed.installed([speed.Contender("a", "A", "numpy", broken), speed.CONTENDERS[0]]) == [speed.CONTENDERS[0]]


@pytest.mark.parametrize("contender", [speed.TIER, *speed.CONTENDERS, *speed.PEERS[:1]], ids=lambda c: c.name)
def test_contenders_compute_the_sigmoid(contender):
    if not speed.installed([contender]):
        pytest.skip(f"{contender.name} is not installed")
    for dtype in speed.TYPES:
        x = np.linspace(-20, 20, 101, dtype=dtype)
        np.testing.assert_allclose(errors.computed(contender, x), fastsig.sigmoid(x), rtol=1e-6)


def test_errors_are_signed_and_largest_where_they_are(found):
    for row in found["errors"]["sigmoid"]:
        assert len(row["x"]) == errors.BINS
        for who, ulp in row["ulp"].items():
            assert max(ulp) == row["largest"][who]
        assert row["largest"][speed.OURS] <= 0.5
        if row["part"] == "near":
            shares = row["histogram"]
            for who, share in shares["share"].items():
                assert sum(share) + shares["beyond"][who] == pytest.approx(1)
            ours = zip(shares["share"][speed.OURS], shares["edges"][:-1], strict=True)
            assert {-0.5 <= edge < 0.5 for share, edge in ours if share} == {True}
        else:
            assert row["largest"][speed.BY_HAND] > 10**6
            zero = row["zero_from"]
            assert zero[speed.OURS] < row["x"][0] + 3 < zero[speed.BY_HAND]
            assert fastsig.sigmoid(np.array(zero[speed.OURS], row["type"])) == 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_point_where_gradients_die_is_the_first_zero(found, dtype):
    zero = next(row["zero_from"] for row in found["errors"]["derivative"]["dies"] if row["type"] == dtype)
    for form, function in ((errors.FROM_S, errors.from_s), (errors.FROM_X, fastsig.sigmoid_derivative)):
        x = np.array(zero[form], dtype)
        assert function(x) == 0 < function(np.nextafter(x, x.dtype.type(0)))


# ---------------------------------------------------------------------------------------------------------------
# The derivation
# ---------------------------------------------------------------------------------------------------------------


def as_python(node):
    """Return MathML as an expression of Python."""
    parts = list(map(as_python, node))
    if node.tag == "mfrac":
        return "(({})/({}))".format(*parts)
    if node.tag == "msup":
        return "{}**({})".format(*parts)
    if node.tag == "mo" and node.get("form"):  # the bars of an absolute value
        return "abs(" if node.get("form") == "prefix" else ")"
    signs = {"−": "-", "·": "*", "σ": "s", "=": ""}
    return "".join([signs.get(node.text, node.text) or "", *parts])


DERIVATIONS = [
    mathematics.BY_THE_CHAIN_RULE,
    mathematics.BY_THE_QUOTIENT_RULE,
    mathematics.THE_FORM_THAT_CANCELS,
    mathematics.THE_FORM_THAT_DOES_NOT,
]


@pytest.mark.parametrize("x", [-1.5, 0.75])
def test_each_line_of_the_derivation_is_the_derivative(x):
    checked = 0
    for derivation in DERIVATIONS:
        for line in ET.fromstring(derivation).iter("mtr"):
            _, _, right = line
            if any(letter.text == "d" for letter in right.iter("mi")):
                continue  # what is still to be differentiated
            expression = as_python(right).replace("s(", "*s*(").lstrip("*").replace("ab*s*(", "abs(")
            value = eval(expression, {"e": math.e, "x": x, "s": float(fastsig.sigmoid(x))})
            assert value == pytest.approx(float(fastsig.sigmoid_derivative(x)), rel=1e-12), expression
            checked += 1
    assert checked == 9
