"""The programs under bench/ run, at sizes at which they measure nothing, and write what they should."""

import importlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import builds
import numpy as np
import pytest
from catalog import FAST, FUNCTIONS
from libraries import library

import fastsig
from fastsig._bounds import bounds
from fastsig._isa import ISAS
from fastsig._reference import REFERENCE

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir():
    pytest.skip("only a checkout holds the benchmarks", allow_module_level=True)
sys.path.insert(0, str(BENCH))
data = importlib.import_module("benchmarks.data")
functions = importlib.import_module("benchmarks.functions")
process = importlib.import_module("benchmarks.process")

TYPES = ("float16", "float32", "float64")
MEASURES = ("time_", "peakmem_")
SMALL = 100


def run(folder, program, *arguments):
    """Run one of the programs as a user does, and return what it prints."""
    command = [sys.executable, str(BENCH / program), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(path):
    """Return the table of a Markdown file: a dict for each row."""
    lines = [line.strip("| ").split(" | ") for line in path.read_text().splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines]
    assert all(len(row) == len(head) for row in rows)
    return [dict(zip(head, row, strict=True)) for row in rows]


# ---------------------------------------------------------------------------------------------------------------
# The comparison with peers
# ---------------------------------------------------------------------------------------------------------------


def test_peers_are_timed_and_told(tmp_path):
    pytest.importorskip("scipy")
    names = ("sigmoid", "sigmoid_with_derivative", "logit")
    limits = ("--sizes", str(SMALL), "--rounds", "2", "--peers", "fast", "numpy", "scipy", "--functions", *names)
    printed = run(tmp_path, "peers.py", *limits, "--log", "a/peers.json", "--check")
    told = json.loads((tmp_path / "a" / "peers.json").read_text())
    assert told["about"]["ISA"] == fastsig.isa()
    assert {"CPU", "commit", "compiler", "date", "kernels", "NumPy", "scipy"} <= told["about"].keys()
    timed = {(row["function"], row["type"], row["contender"]) for row in told["rows"]}
    assert timed >= set(itertools.product(names, TYPES, ("fastsig", "numpy", "scipy", "np.exp")))
    assert {name for name, _, contender in timed if contender == "fast"} == {*names} & {*fastsig.fast.__all__}
    assert all(row["ns per element"] > 0 and row["ratio"] > 0 for row in told["rows"])
    assert told["bars"] == []  # there are none of that size
    assert len([line for line in printed.splitlines() if line.startswith(names)]) == len(names) * len(TYPES)


def test_peers_are_held_to_an_isa(tmp_path):
    limits = ("--sizes", str(SMALL), "--rounds", "1", "--peers", "numpy", "--functions", "silu", "--types", "float32")
    run(tmp_path, "peers.py", *limits, "--isa", fastsig._dispatch.available()[-1].name, "--log", "peers.json")
    about = json.loads((tmp_path / "peers.json").read_text())["about"]
    assert about["ISA"] == fastsig._dispatch.available()[-1].name


@pytest.mark.parametrize(
    ("least", "arguments", "status"), [(1e9, [], 0), (1e9, ["--check"], 1), (1e-9, ["--check"], 0)]
)
def test_a_run_fails_for_a_bar_if_that_is_asked(least, arguments, status, monkeypatch):
    peers = importlib.import_module("peers")
    monkeypatch.setenv(peers.RUNNING, "1")
    monkeypatch.setattr(peers, "on_one_cpu", lambda: None)
    monkeypatch.setattr(peers, "BARS", [peers.Bar("fastsig", "logit", "float32", peers.EXP, least, 1)])
    limits = ["--sizes", "1", "--rounds", "1", "--peers", "numpy", "--functions", "logit", "--types", "float32"]
    assert peers.main([*limits, *arguments]) == status


def test_a_bar_tells_met_from_missed():
    peers = importlib.import_module("peers")
    bar = peers.Bar("fastsig", "sigmoid", "float64", "torch", 1.35)
    row = {"function": "sigmoid", "type": "float64", "size": bar.size, "contender": "torch"}
    assert bar.line([{**row, "ratio": 1.4}])[0] is True
    assert bar.line([{**row, "ratio": 1.3}])[0] is False
    assert bar.line([{**row, "ratio": 1.4, "size": 100}])[0] is None
    assert bar._replace(of="fast").line([{**row, "ratio": 1.4, "fast ratio": 1.3}])[0] is False
    assert bar._replace(of="fast").line([{**row, "ratio": 1.4}])[0] is None


def test_each_bar_is_of_what_is_timed():
    peers = importlib.import_module("peers")
    assert len({bar[:4] + bar[5:] for bar in peers.BARS}) == len(peers.BARS)
    for bar in peers.BARS:
        assert bar.of in peers.RATIOS
        assert bar.function in peers.FUNCTIONS
        assert bar.dtype in peers.TYPES
        assert bar.size in peers.SIZES
        assert bar.against in {*peers.CONTENDERS, *peers.YARDSTICKS}
        assert bar.isa in {None, *(row.name for row in ISAS)}


def test_a_contender_that_computes_something_else_is_refused():
    peers = importlib.import_module("peers")
    contenders = importlib.import_module("contenders")
    wrong = contenders.CONTENDERS["numpy"]._replace(prepare=lambda _, x: lambda: (np.tanh(x),))
    with pytest.raises(AssertionError, match="NumPy does not compute silu float32"):
        peers.prepared("silu", peers.numbers("silu", "float32", SMALL), {**contenders.installed(()), "numpy": wrong})


def test_a_log_is_named_after_the_cpu_and_the_instruction_set(monkeypatch):
    peers = importlib.import_module("peers")
    monkeypatch.setattr(peers.machine, "cpu", lambda: "Intel(R) Xeon(R) @ 2.10GHz (family 6, model 143)")
    assert (
        peers.log_file() == BENCH / "logs" / "peers" / f"intel-r-xeon-r-2-10ghz-family-6-model-143-{fastsig.isa()}.json"
    )
    assert peers.arguments(["--log"]).log == peers.log_file()
    assert peers.arguments([]).log is None


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_a_log_names_the_commit_that_it_ran(tmp_path, monkeypatch):
    machine = importlib.import_module("machine")
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "a")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert machine.commit() == "not recorded"
    machine.git("init")
    source, log = tmp_path / "bench" / "peers.py", tmp_path / "bench" / "logs" / "peers.json"
    log.parent.mkdir(parents=True)
    source.write_text("")
    machine.git("add", ".")
    machine.git("commit", "-m", "a")
    head = machine.git("rev-parse", "HEAD")[:12]
    log.write_text("")
    assert machine.commit() == head
    source.write_text("pass")
    assert machine.commit() == f"{head}, with uncommitted changes"
    monkeypatch.setattr(machine, "ROOT", source.parent)  # a copy within somebody else's checkout
    assert machine.commit() == "not recorded"
    monkeypatch.setattr(machine, "ROOT", tmp_path)


def test_no_log_is_written_of_other_kernels_than_the_sources(monkeypatch):
    machine = importlib.import_module("machine")
    assert machine.sources.are_installed()
    monkeypatch.setattr(machine.sources, "digest", lambda folder: f"of another build than {folder}")
    with pytest.raises(RuntimeError, match="pip install"):
        machine.facts()


def race(cpu, isa, date, **about):
    """Return a race in which fastsig took as many ns as the day of its date."""
    rows = [
        {"function": "sigmoid", "type": "float32", "size": n, "contender": name, "ns per element": ns}
        for n in (1, 10**5)
        for name, ns in (("fastsig", int(date[-2:])), ("torch", 10.5), ("np.exp", 1))
    ]
    about = {"CPU": cpu, "ISA": isa, "date": date, "compiler": "GCC", "kernels": "", **about}
    return importlib.import_module("tables").Race(f"bench/logs/peers/{date}.json", about, rows)


def test_the_page_on_speed_shows_the_newest_race_of_each_family_side_by_side(monkeypatch):
    tables = importlib.import_module("tables")
    intel, old, zen = (
        "Intel(R) Xeon(R) (family 6, model 143)",
        "AMD EPYC (family 25, model 1)",
        "AMD EPYC (family 25, model 17)",
    )
    found = [
        race(zen, "avx2", "2026-01-09", commit="abc"),
        race(zen, "avx512", "2026-01-08"),
        race("Power", "baseline", "2026-01-07"),
    ]
    found += [race(intel, "avx512", "2026-01-12"), race(old, "avx2", "2026-01-05")]
    monkeypatch.setattr(tables, "races", lambda: found)
    lines = tables.speed().replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines[2:6] == [
        "| `sigmoid` | float32 | AMD family 25, avx2 | **9.00** / - | 10.50 / - |",
        "| `sigmoid` | float32 | AMD family 25, avx512 | **8.00** / - | 10.50 / - |",
        "| `sigmoid` | float32 | Intel family 6, avx512 | 12.00 / - | **10.50** / - |",
        "| `sigmoid` | float32 | Power, baseline | **7.00** / - | 10.50 / - |",
    ]
    assert "| `sigmoid` | float32 | AMD family 25, avx2 | **9** | 10 | 1 |" in lines
    log = "[log](../bench/logs/peers/2026-01-09.json)"
    assert f"- AMD family 25, avx2: {zen}, GCC, 2026-01-09, commit abc ({log})." in lines


def test_races_of_other_cpus_stay_with_the_commit_that_they_ran(sources, monkeypatch):
    tables = importlib.import_module("tables")
    here, other, stale = "AMD EPYC (family 25, model 17)", "AMD EPYC (family 25, model 1)", "all, 0123456789abcdef"
    monkeypatch.setattr(tables, "filled", lambda text: text)
    before = tables.complaints()
    found = [
        race(here, "avx2", "2026-01-09", kernels=sources.kernels("all")),
        race(other, "avx2", "2026-01-05", kernels=stale, commit="abc"),
    ]
    monkeypatch.setattr(tables, "races", lambda: found)
    assert tables.complaints() == before
    found.append(race(here, "avx512", "2026-01-04", kernels=stale))
    found.append(race(other, "avx512", "2026-01-03", kernels=sources.kernels("all")))
    assert sorted(set(tables.complaints()) - set(before)) == [
        "bench/logs/peers/2026-01-03.json is of another CPU than the last race, and names no commit that it ran",
        f"bench/logs/peers/2026-01-04.json is of other kernels than the sources' ({stale}): it has to be made again",
    ]


# ---------------------------------------------------------------------------------------------------------------
# What the programs need
# ---------------------------------------------------------------------------------------------------------------

MAIN = 'if __name__ == "__main__":'
PROGRAMS = sorted(
    path
    for path in BENCH.rglob("*.py")
    if path.relative_to(BENCH).parts[0] != ".asv" and MAIN in path.read_text("utf-8")  # which holds asv's checkouts
)
# This runs a program in which the modules that are named before a dash cannot be imported.
WITHOUT = """
import runpy, sys
n = sys.argv.index("-")
sys.modules.update(dict.fromkeys(sys.argv[1:n]))
sys.argv = sys.argv[n + 1 :]
sys.path[0] = sys.argv[0].rpartition("/")[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_without(modules, folder, program, *arguments, **variables):
    """Run a program where some modules cannot be imported, and return what became of it."""
    command = [sys.executable, "-c", WITHOUT, *modules, "-", program.as_posix(), *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def peers_modules():
    """Return the modules of the peers."""
    contenders = importlib.import_module("contenders").CONTENDERS.values()
    return {package for contender in contenders for package in contender.packages} - {"fastsig", "numpy"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.relative_to(BENCH).as_posix())
def test_each_program_says_what_it_does_without_its_peers(program, tmp_path):
    """The programs of bench/proof compute with flint and gmpy2, and need them; nothing else in bench/ does."""
    needless = {*peers_modules(), "asv", "matplotlib"} | ({"flint", "gmpy2"} if program.parent == BENCH else set())
    done = run_without(needless, tmp_path, program, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")


def test_a_program_lists_what_it_lacks_and_how_to_install_it(tmp_path):
    limits = ("--sizes", "1", "--rounds", "1", "--functions", "silu", "--types", "float32")
    limits += ("--peers", "numpy", "torch", "onnxruntime")
    running = {importlib.import_module("peers").RUNNING: "1"}
    done = run_without(["torch", "onnx"], tmp_path, BENCH / "peers.py", *limits, **running)
    assert done.returncode == 0, done.stderr
    assert 'Not installed: PyTorch, ONNX Runtime. pip install "fastsig-ufuncs[bench]"' in done.stderr.splitlines()


def test_the_extra_installs_all_that_the_benchmarks_use():
    project = tomllib.loads((BENCH.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extra = {re.match(r"[\w-]+", requirement)[0] for requirement in project["optional-dependencies"]["bench"]}
    assert extra == peers_modules() | {"asv", "gmpy2", "hypothesis", "matplotlib", "virtualenv"}
    assert f'pip install "{project["name"]}[bench]"' == importlib.import_module("contenders").INSTALL


# ---------------------------------------------------------------------------------------------------------------
# The accuracy of the peers
# ---------------------------------------------------------------------------------------------------------------


def test_accuracy_is_measured_and_told(tmp_path):
    wide = importlib.import_module("wide")
    if reason := wide.unusable():
        pytest.skip(reason)
    names = ("sigmoid", "silu_derivative", "logistic_loss")
    run(tmp_path, "accuracy.py", "--points", "2000", "--peers", "numpy", "--functions", *names, "--markdown", "a.md")
    rows = table(tmp_path / "a.md")
    ours = [row for row in rows if row["by"].startswith("fastsig")]
    assert {(row["function"], row["type"]) for row in ours} == set(
        itertools.product(names, ("float16", "float32", "float64"))
    )
    assert all(float(row["largest error, ULP"]) < 1 for row in ours)
    assert all(row["not nearest"] == "0.00%" for row in ours)
    (naive,) = [row for row in rows if (row["by"], row["function"], row["type"]) == ("NumPy", "sigmoid", "float64")]
    assert float(naive["largest error, ULP"]) > 1e6
    assert float.fromhex(naive["the same, exactly"]) < -709


def test_curves_of_the_errors_are_logged(tmp_path):
    wide = importlib.import_module("wide")
    if reason := wide.unusable():
        pytest.skip(reason)
    names = ("logit", "logistic_loss_with_gradient")
    run(tmp_path, "accuracy.py", "--points", "20000", "--peers", "numpy", "--functions", *names, "--curves", "c.json")
    log = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert {"CPU", "compiler", "date", "kernels", "NumPy"} <= log.keys()
    outputs = ("logit", "logistic_loss_with_gradient[0]", "logistic_loss_with_gradient[1]")
    assert [(row["function"], row["type"]) for row in log["rows"]] == list(
        itertools.product(outputs[:1], ("float32", "float64"))
    ) + [(output, dtype) for dtype in ("float32", "float64") for output in outputs[1:]]
    for row in log["rows"]:
        edges, ours, numpy = (np.array(row[key].split(), float) for key in ("edges", "fastsig", "NumPy"))
        assert np.all(np.diff(edges) > 0)
        assert edges.size - 1 == ours.size == numpy.size
        assert np.nanmax(ours) <= 0.5
        assert np.nanmax(numpy) > 1000
    assert log["rows"][0]["over"] == "p"


def test_pictures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    limits = ("--sizes", "1", str(SMALL), "1000", "--rounds", "1", "--peers", "numpy", "--functions", "silu")
    run(tmp_path, "peers.py", *limits, "--log", "plots/speed.json")
    assert (tmp_path / "plots" / "speed.png").read_bytes().startswith(b"\x89PNG")


def test_pictures_of_other_data_are_told(tmp_path):
    pytest.importorskip("matplotlib")
    figures = importlib.import_module("figures")
    for picture in figures.pictures()[:2]:
        figures.draw(picture, tmp_path)
    found = figures.stale(tmp_path)
    assert "softplus.svg is missing" in found
    assert not any(text.startswith(("sigmoid.svg", "sigmoid_error.svg")) for text in found)
    of_old = (tmp_path / "sigmoid.svg").read_text("utf-8").replace("drawn from ", "drawn from 0")
    (tmp_path / "sigmoid.svg").write_text(of_old, "utf-8")
    (tmp_path / "relu.svg").touch()
    assert {"sigmoid.svg is drawn from other data", "relu.svg is a picture of nothing"} < set(figures.stale(tmp_path))


# ---------------------------------------------------------------------------------------------------------------
# Shares of a proof, and which kernels a log is of
# ---------------------------------------------------------------------------------------------------------------


def test_a_share_of_the_fast_tiers_inputs_is_spread_evenly_over_all_bit_patterns():
    verify_fast = importlib.import_module("verify_fast")
    assert verify_fast.drawn(1.0, 0) == range(2**32)
    for share in (0.5, 0.01, 0.001):
        patterns = verify_fast.drawn(share, 3)
        ends = np.arange(0, 2**32 + 1, verify_fast.BINADE)
        of_binades = np.diff([len(range(patterns.start, int(end), patterns.step)) for end in ends])
        assert of_binades.max() - of_binades.min() <= 1
        assert of_binades.min() >= int(share * verify_fast.BINADE) - 1
    assert len({verify_fast.drawn(0.001, seed).start for seed in range(20)}) > 10


def test_a_share_finds_a_flaw_in_one_binade(monkeypatch):
    verify_fast = importlib.import_module("verify_fast")
    if not verify_fast.kernels():
        pytest.skip("the fast tier is the default's where there is no FMA")
    right = verify_fast.kernels()

    def flawed(x):
        return np.where((x > 2) & (x < 4), right[isa]["silu"](x) * np.float32(1 + 2**-20), right[isa]["silu"](x))

    isa = next(iter(right))
    monkeypatch.setattr(verify_fast, "kernels", lambda: {isa: {**right[isa], "silu": flawed}})
    (worst,) = verify_fast.check("silu", verify_fast.drawn(0.0002, 1))
    assert worst.normal > 4
    assert 2 < worst.at[0] < 4


@pytest.mark.parametrize("name", ["logit", "sigmoid_backward", "logistic_loss"])
def test_a_share_judges_the_second_input_zeros_and_infinities_rightly(name):
    verify_fast = importlib.import_module("verify_fast")
    ends = [0x7F800000, 0xFF800000, 0x7F7FFFFF, 0x3F800000, 0x3F000000]  # infinities, the largest, 1 and 1/2
    patterns = np.concatenate([np.arange(0, 2**32, 50_021, dtype=np.uint64), np.array(ends, np.uint64)])
    x, t = patterns.astype(np.uint32).view(np.float32), verify_fast.partners(patterns)
    assert t.dtype == np.float32
    assert t.min() == 0
    assert t.max() == 1
    assert np.mean((t == 0) | (t == 1)) == pytest.approx(1 / 8, abs=0.01)
    assert 0.01 < np.mean((t > 0) & (t < 2.0**-40)) < 0.1
    inputs = (x,) if name == "logit" else (x, t)
    with np.errstate(all="ignore"):
        right = getattr(fastsig, name)(*inputs)
    (worst,) = verify_fast.errors(name, inputs, [right])
    assert max(worst.normal, worst.subnormal) <= 0.5 + 2.0**-20
    assert worst.nan == 0
    for wrong in (np.where(np.isinf(right), np.float32(3e38), right), np.where(right == 0, np.float32(1e-40), right)):
        (worst,) = verify_fast.errors(name, inputs, [wrong])
        assert max(worst.normal, worst.subnormal) > 1000
    (worst,) = verify_fast.errors(name, inputs, [np.nan_to_num(right, nan=0.0)])
    assert worst.nan == np.isnan(right).sum()


def test_a_function_that_the_tables_know_nothing_of_is_asked_for_in_a_sentence(monkeypatch):
    tables, contenders = importlib.import_module("tables"), importlib.import_module("contenders")
    with pytest.raises(
        LookupError, match=r"^fastsig/_docs.py: the docstring of relu in DOCS has to begin with a sentence"
    ):
        tables.described("relu")
    monkeypatch.setitem(
        tables.DOCS, "relu", "\nThe larger of x and 0, elementwise.\n\nx : array_like of float, any shape\n"
    )
    assert tables.described("relu") == ("`relu(x)`", "The larger of x and 0")
    library = contenders.Library(*[None] * 5)
    with pytest.raises(LookupError, match=r"^relu needs a formula in WRITTEN, in .*contenders.py"):
        library.function("relu")


def test_every_function_with_a_bound_is_verified_and_hunted():
    verify_fast, hunt_float64 = importlib.import_module("verify_fast"), importlib.import_module("hunt_float64")
    fast = {name: bound for (name, *_), bound in bounds().items() if name.startswith("fast_")}
    stated = {name.removeprefix("fast_") for name, bound in fast.items() if bound.ulp > 0.5}  # or it is the default's
    assert set(verify_fast.FORMULAS) == stated
    assert set(hunt_float64.of_own_kernels(None, None)) == (stated if verify_fast.kernels() else set())


def test_a_hunt_goes_around_the_worst_pair_and_stays_within_the_domain():
    hunt_float64 = importlib.import_module("hunt_float64")
    seen = []

    def flawed(grad, y):
        seen.append(y)
        return grad * (1 - y) * y * np.where((grad > 1) & (grad < 2) & (y > 0.7), 1 + 1e-12, 1)

    ((((grad, y), error, _),), tried) = hunt_float64.hunt(
        "sigmoid_backward", [flawed], 50_000, np.random.default_rng(1)
    )
    assert 1 < grad < 2
    assert y > 0.7
    assert error > 1000
    y = np.concatenate(seen)
    assert tried <= y.size
    assert np.all((y >= 0) & (y <= 1))


# A small share is refused for the fast tier alone: the default tier's ties and subnormal results are checked as well.
NOTHING = ("0", "-0.5", "1.5", "nan")
REFUSED = [("verify_float32.py", share) for share in NOTHING] + [
    ("verify_fast.py", share) for share in (*NOTHING, "1e-9", "1e-320")
]


@pytest.mark.parametrize(("program", "share"), REFUSED)
def test_a_share_that_shows_nothing_is_refused(program, share, tmp_path):
    command = [sys.executable, str(BENCH / program), "--share", share]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "a share" in done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def sources():
    return importlib.import_module("sources")


def test_kernels_are_made_of_all_that_is_in_their_sources(sources):
    texts = sources.kernel_sources()
    folder = sources.KERNELS
    paths = [path for path in folder.rglob("*.*") if path.suffix in (".h", ".pxd", ".pxi", ".pyx")]
    held = {path.relative_to(folder).as_posix() for path in paths}
    others = {"common/__init__.pxd"} | {f"{row.name}.pyx" for row in ISAS} - {"baseline.pyx"}
    assert set(texts) == held - others
    defined = sources.definitions(texts)
    kernels = {kernel for _, kernel in sources.rows(texts, "all")}
    of_bfloat16 = (re.findall(r"= kernel_of\((\w+)\)", text) for text in texts.values())
    kernels.update(itertools.chain(["kernel_of", "SOURCES_TEXT"], *of_bfloat16))
    assert defined.keys() - sources.reached(defined, kernels) == {"FASTSIG_ARITHMETIC_H"}
    assert {function for function, _ in sources.rows(texts, "default float32")} == set(FUNCTIONS)
    assert len(sources.rows(texts, "default")) == 4 * len(REFERENCE)
    assert sources.rows(texts, "fast float64 of silu") == [("silu", "fast_silu_d")]


def test_a_log_names_its_functions_and_stands_when_one_is_added(sources, monkeypatch):
    named = sources.kernels("default float32")
    assert sources.functions_of(named) == set(REFERENCE)
    texts = sources.kernel_sources()
    added = {**texts, "functions/new.pxi": 'KERNELS["new"] = row(signature(1, 1), silu_e, new_f, silu_d, silu_g)\n'}
    added["common/new.pxd"] = "cdef int new_f(char **p, Py_ssize_t n) noexcept nogil:\n    return silu_f(p, n)\n"
    monkeypatch.setattr(sources, "kernel_sources", lambda: added)
    sources.kernels.cache_clear()
    assert sources.still_are(named)
    assert sources.functions_of(sources.kernels("default float32")) == {*REFERENCE, "new"}
    assert sources.kernels("default float32")[-16:] != named[-16:]
    sources.kernels.cache_clear()


SETS = ("all", "default", "default float16", "default float32", "default float64", "fast float32", "fast float64")


@pytest.mark.parametrize(
    ("file", "before", "after", "touched"),
    [
        (
            "common/exp_f64.pxd",
            'COTH_Q3 "0x1.0cfbef80444bbp-22"',
            'COTH_Q3 "0x1.0cfbef80444bcp-22"',
            {"default float64", "fast float64"},  # which is the default's without FMA
        ),
        (
            "common/loops_narrow.pxi",
            "APART = 32 ",
            "APART = 64 ",
            {"default float16", "default float32", "fast float32"},
        ),
        ("common/exact.pxd", "#define FASTSIG_HAS_FMA 1", "#define FASTSIG_HAS_FMA 0", set(SETS)),
        ("common/fast.pxd", 'FAST_MOST "110.0f"', 'FAST_MOST "111.0f"', {"fast float32"}),
        ("arithmetic.h", "#define FASTSIG_ARITHMETIC_H", "#define FASTSIG_ARITHMETIC_H 1", set(SETS)),
        ("common/exp_f64.pxd", "# THE EXPONENTIAL ", "# AN EXPONENTIAL ", set()),
        ("common/loops.pxi", "# WHAT THE LOOPS SHARE", "# WHAT LOOPS SHARE", set()),
    ],
)
def test_a_log_stands_as_long_as_what_its_kernels_reach(sources, file, before, after, touched, monkeypatch):
    texts, hashes = sources.kernel_sources(), {which: sources.kernels(which) for which in SETS}
    assert before in texts[file]
    assert all(map(sources.still_are, hashes.values()))
    changed = {**texts, file: texts[file].replace(before, after)}
    monkeypatch.setattr(sources, "kernel_sources", lambda: changed)
    sources.kernels.cache_clear()
    stale = {which for which, hashed in hashes.items() if not sources.still_are(hashed)}
    sources.kernels.cache_clear()
    wider = {"all"} if touched else set()
    wider |= {"default"} if any(which.startswith("default") for which in touched) else set()
    assert stale == touched | wider


def test_a_log_that_names_no_kernels_stands_for_none(sources):
    assert not any(map(sources.still_are, ("", "0123456789abcdef", "not named")))
    for which in ("float32", "default float8", "quick"):
        with pytest.raises(ValueError, match="kernels are of default or fast"):
            sources.kernels(which)


def test_readme_says_of_which_function_there_is_no_proof(sources):
    tables = importlib.import_module("tables")
    named = sources.kernels("default float64")
    assert tables.unproved(named) == []
    assert tables.unproved(named.replace(" silu ", " ")) == ["silu"]
    assert tables.unproved(named.replace(" sigmoid_with_derivative ", " ")) == []  # has the outputs of two others


def test_readme_is_not_right_while_a_log_is_of_other_kernels(sources, monkeypatch):
    tables = importlib.import_module("tables")
    assert tables.complaints() == []
    monkeypatch.setattr(sources, "still_are", lambda _: False)
    of_last_cpu = [race for race in tables.races() if race.about["CPU"] == tables.races()[0].about["CPU"]]
    assert len(tables.complaints()) == len(tables.ALL_LOGS) + len(of_last_cpu)
    assert all("it has to be made again" in complaint for complaint in tables.complaints())


# ---------------------------------------------------------------------------------------------------------------
# The accurate phase, and one build against another
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not builds.version_of_compiler(), reason="there is no compiler")
def test_shares_of_the_accurate_phase_are_counted(tmp_path):
    # The log has float64, and functions of two inputs in every type. Hard inputs are made to need the phase.
    run(tmp_path, "shares.py", "--functions", "silu", "logistic_loss", "--elements", "20000", "--log", "shares.md")
    rows = table(tmp_path / "shares.md")
    assert {(row["function"], row["type"]) for row in rows} == {
        ("silu", "float64"),
        *(("logistic_loss", dtype) for dtype in ("float16", "float32", "float64")),
    }
    share = {(row["function"], row["type"], row["inputs"]): float(row[fastsig.isa()].rstrip("%")) for row in rows}
    assert share["silu", "float64", "hard"] > 50
    assert share["silu", "float64", "normal"] < 0.5
    assert share["silu", "float64", "NaN"] == 0


def test_one_build_is_timed_against_another(tmp_path):
    names = ("--functions", "log_sigmoid", "logistic_loss", "--types", "float64", "--kinds", "normal", "hard")
    names += ("--elements", str(SMALL))
    run(tmp_path, "against.py", sys.executable, *names, "--log", "against.md")
    rows = table(tmp_path / "against.md")
    kinds = [("log_sigmoid", "normal"), ("log_sigmoid", "hard")]
    kinds += [("fast.log_sigmoid", "normal"), ("fast.log_sigmoid", "hard")]
    losses = [("logistic_loss", kind) for kind in ("normal label", "normal soft", "hard")]
    losses += [(f"fast.{name}", kind) for name, kind in losses if name in FAST]
    kinds += losses
    assert [(row["function"], row["inputs"]) for row in rows] == kinds
    assert all(float(row["ratio"]) > 0 for row in rows)
    assert {row["times normal"] for row in rows if row["inputs"] in ("normal", "normal label")} == {"1.00"}
    assert float(rows[1]["times normal"]) > 1


@pytest.mark.skipif(not builds.version_of_compiler(), reason="there is no compiler")
def test_calls_from_cython_are_timed(tmp_path):
    run(tmp_path, "cython_calls.py", "--elements", str(SMALL), "--rounds", "2", "--log", "calls.md")
    rows = table(tmp_path / "calls.md")
    assert [(row.pop("function"), row.pop("type")) for row in rows] == [
        ("`sigmoid`", t) for t in ("float64", "float32")
    ]
    assert all(float(ns) > 0 for row in rows for ns in row.values())
    assert [path.name for path in tmp_path.iterdir()] == ["calls.md"]


def test_bfloat16_is_timed_beside_torch(tmp_path):
    library("ml_dtypes")
    library("torch")
    run(tmp_path, "bfloat16.py", "--elements", str(SMALL), "--rounds", "2", "--log", "bfloat16.md")
    rows = table(tmp_path / "bfloat16.md")
    assert {row["function"] for row in rows} == {f"`{name}`" for name in FUNCTIONS}
    assert all(float(row["times as fast"]) > 0 for row in rows)


def test_operations_are_told_from_moves_and_inner_loops_from_outer():
    lines = [
        ".L1:",
        "\tvaddpd\t%ymm0, %ymm1, %ymm1",
        ".L2:",
        "\tvmovapd\t(%rax), %ymm0",
        "\tvfmadd132pd\t(%rbx), %ymm0, %ymm1",
        "\tvdivpd\t%ymm1, %ymm2, %ymm3",
        "\tvmulpd\t%ymm1, %ymm2, %ymm4",
        "\tvmovapd\t%ymm4, (%rcx)",
        "\tjne\t.L2",
        "\tjne\t.L1",
    ]
    operations = importlib.import_module("operations")
    (loop,) = operations.loops(lines)
    assert operations.counts(loop) == {"bytes": 32, "FMA": 1, "divisions": 1, "other": 1}


# ---------------------------------------------------------------------------------------------------------------
# The benchmarks of asv
# ---------------------------------------------------------------------------------------------------------------


def benchmarks():
    """Return each class of benchmarks that takes parameters."""
    found = [value for module in (functions, process) for value in vars(module).values()]
    return [c for c in found if isinstance(c, type) and not c.__name__.startswith("_") and hasattr(c, "params")]


@pytest.mark.parametrize("benchmark_class", benchmarks(), ids=lambda c: c.__name__)
def test_asv_benchmark_runs_with_each_parameter(benchmark_class, monkeypatch):
    monkeypatch.setattr(functions, "SIZE", SMALL)
    monkeypatch.setattr(process, "SIZE", SMALL)
    measures = [name for name in dir(benchmark_class) if name.startswith(MEASURES)]
    assert measures
    assert len(benchmark_class.params) == len(benchmark_class.param_names)
    with np.errstate():  # which the benchmarks set
        for parameters in itertools.product(*benchmark_class.params):
            if isinstance(parameters[-1], int) and parameters[-1] > SMALL:
                continue
            benchmark = benchmark_class()
            try:
                benchmark.setup(*parameters)
            except NotImplementedError:  # of a function that the fast tier lacks, or inputs that it does not take
                assert parameters[0] not in FAST or "distribution" in benchmark_class.param_names
                continue
            for measure in measures:
                getattr(benchmark, measure)(*parameters)


def test_asv_benchmarks_enumerate_every_function():
    assert list(REFERENCE) == data.FUNCTIONS
    by_name = [c for c in benchmarks() if "function" in c.param_names]
    assert len(by_name) > 4
    assert all(c.params[0] == data.FUNCTIONS for c in by_name)
    of_tiers = [c for c in by_name if c is not process.Memory]
    assert all(c.params[1] == list(data.TIERS) for c in of_tiers)


def test_asv_asks_the_tier_that_it_names():
    for tier, module in (("default", fastsig), ("fast", fastsig.fast)):
        assert all(data.function(name, tier) is getattr(module, name) for name in FAST)


def test_asv_leaves_out_what_an_older_fastsig_lacks(monkeypatch):
    with pytest.raises(NotImplementedError):
        data.function("cubic")
    monkeypatch.setitem(data.TIERS, "fast", "fastsig.quick")
    with pytest.raises(NotImplementedError):
        data.function("sigmoid", "fast")


def test_asv_does_not_leave_out_everything(monkeypatch):
    monkeypatch.delattr(fastsig, "sigmoid")
    with pytest.raises(AttributeError):
        data.function("sigmoid")


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("dtype", data.TYPES)
def test_asv_inputs_are_what_their_names_say(name, dtype):
    info, unit = np.finfo(dtype), data.TABLE.DOMAINS.get(name, ("real",))[0] == "unit"
    kinds = {called: inputs for _, called, inputs in data.cases(name, dtype, 1000)}
    assert len(kinds) > 8
    for called, (x, *more) in kinds.items():
        assert x.dtype == dtype
        assert len(more) == getattr(fastsig, name).nin - 1
        assert np.isnan(x).any() == ("NaN" in called)
        assert called == data.HARD or all(np.all(np.isin(t, (0, 1)) == ("label" in called)) for t in more)
        kind = called.partition(" label")[0].partition(" soft")[0]
        size = np.abs(x.astype(float))
        if kind == "tail":
            y = size if unit else fastsig.sigmoid(x)
            assert np.all(y < float(info.smallest_normal) * 1.01)
            assert np.mean(y > 0) > 0.8
        elif kind == "beyond":
            assert np.all(np.isin(fastsig.sigmoid(x), (0, 1)))
        elif kind == "huge":
            assert size.min() > np.sqrt(float(info.max))
            assert size.max() < np.inf
        elif kind == "near 0":
            assert 0 < size.max() <= 0.5
        elif kind == "tiny":
            assert size.max() <= float(info.eps)
            assert size.min() < float(info.smallest_normal)
        elif kind == "0 and 1":
            assert set(x.tolist()) == {0, 1}


def test_asv_leaves_out_kinds_that_a_function_does_not_take():
    with pytest.raises(NotImplementedError):
        data.operands("logit", "float64", 10, "huge")
    with pytest.raises(NotImplementedError):
        data.operands("sigmoid", "float32", 10, data.HARD)


def test_asv_layouts_are_what_their_names_say():
    (x,), (out,) = data.operands("sigmoid", "float32", 1000, layout="strided")
    assert x.strides == out.strides == (8,)
    (x,), (out,) = data.operands("sigmoid", "float32", 1000, layout="in place")
    assert x is out
    (x, t), (y, z) = data.operands("logistic_loss_gradient_hessian", "float64", 1000, layout="columns")
    assert {a.strides for a in (x, t, y, z)} == {(32,)}
    assert [a.ctypes.data - x.ctypes.data for a in (t, y, z)] == [8, 16, 24]
    assert x.std() > 1
    assert set(t) == {0, 1}


def test_import_is_timed_in_a_process_that_can_run_it(tmp_path):
    code, before = process.Import().timeraw_import()
    subprocess.run([sys.executable, "-c", f"{before}\n{code}"], cwd=tmp_path, env=os.environ, check=True)


def test_asv_is_configured():
    settings = json.loads((BENCH / "asv.conf.json").read_text())
    assert (BENCH / settings["repo"] / "pyproject.toml").is_file()
    assert (BENCH / settings["benchmark_dir"] / "functions.py").is_file()
    assert {settings[key].split("/")[0] for key in ("env_dir", "html_dir")} == {".asv"}


def test_asv_has_the_history_of_ten_commits_on_one_machine():
    folder = BENCH / json.loads((BENCH / "asv.conf.json").read_text())["results_dir"]
    known = json.loads((folder / "benchmarks.json").read_text())
    by_machine = {}
    for path in folder.glob("*/*-*.json"):
        run = json.loads(path.read_text())
        by_machine.setdefault(path.parent.name, {})[run["commit_hash"]] = run
    runs = max(by_machine.values(), key=len)
    assert len(runs) >= 10
    for run in runs.values():
        for name, row in run["results"].items():
            measured = dict(zip(run["result_columns"], row, strict=False))
            assert measured["version"] == known[name]["version"], f"{name} has changed: run asv again"
            assert any(value is not None for value in measured["result"])
