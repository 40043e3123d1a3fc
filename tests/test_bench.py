"""The programs under bench/ run, at sizes at which they measure nothing, and write what they should."""

import importlib
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import builds
import numpy as np
import pytest
from catalog import FAST

import fastsig
from fastsig._isa import ISAS
from fastsig._reference import REFERENCE

BENCH = Path(__file__).parents[1] / "bench"
if not BENCH.is_dir():
    pytest.skip("only a checkout holds the benchmarks", allow_module_level=True)
sys.path.insert(0, str(BENCH))
data = importlib.import_module("benchmarks.data")
functions = importlib.import_module("benchmarks.functions")
process = importlib.import_module("benchmarks.process")

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
    limits = ("--sizes", str(SMALL), "--rounds", "2", "--peers", "numpy", "scipy", "--functions", *names)
    printed = run(tmp_path, "peers.py", *limits, "--json", "a/peers.json", "--markdown", "peers.md")
    told = json.loads((tmp_path / "a" / "peers.json").read_text())
    assert told["about"]["ISA"] == fastsig.isa()
    assert {"CPU", "compiler", "date", "NumPy", "scipy"} <= told["about"].keys()
    timed = {(row["function"], row["type"], row["contender"]) for row in told["rows"]}
    assert timed >= set(itertools.product(names, ("float32", "float64"), ("fastsig", "numpy", "scipy")))
    assert all(row["ns per element"] > 0 and row["ratio"] > 0 for row in told["rows"])
    assert all(bar["met"] is None for bar in told["bars"])
    assert "not measured" in printed
    assert [row["function"] for row in table(tmp_path / "peers.md")] == [f"`{n}`" for n in names for _ in range(2)]


def test_peers_are_held_to_an_isa(tmp_path):
    limits = ("--sizes", str(SMALL), "--rounds", "1", "--peers", "numpy", "--functions", "silu", "--types", "float32")
    run(tmp_path, "peers.py", *limits, "--isa", fastsig._dispatch.available()[-1].name, "--json", "peers.json")
    about = json.loads((tmp_path / "peers.json").read_text())["about"]
    assert about["ISA"] == fastsig._dispatch.available()[-1].name


def test_a_bar_tells_met_from_missed():
    peers = importlib.import_module("peers")
    bar = peers.Bar("sigmoid", "float64", "torch", 1.35)
    row = {"function": "sigmoid", "type": "float64", "size": peers.BAR_SIZE, "contender": "torch"}
    assert bar.line([{**row, "ratio": 1.4}])[0] is True
    assert bar.line([{**row, "ratio": 1.3}])[0] is False
    assert bar.line([{**row, "ratio": 1.4, "size": 100}])[0] is None


def test_a_contender_that_computes_something_else_is_refused():
    peers = importlib.import_module("peers")
    contenders = importlib.import_module("contenders")
    wrong = contenders.CONTENDERS["numpy"]._replace(prepare=lambda _, x: lambda: (np.tanh(x),))
    with pytest.raises(AssertionError, match="NumPy does not compute silu float32"):
        peers.prepared("silu", peers.numbers("silu", "float32", SMALL), {**contenders.installed(()), "numpy": wrong})


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


def test_pictures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    run(tmp_path, "accuracy.py", "--points", "2000", "--peers", "numpy", "--functions", "logit", "--plots", "plots")
    limits = ("--sizes", "10", str(SMALL), "--rounds", "1", "--peers", "numpy", "--functions", "silu")
    run(tmp_path, "peers.py", *limits, "--png", "plots/speed.png")
    for name in ("logit.png", "speed.png"):
        assert (tmp_path / "plots" / name).read_bytes().startswith(b"\x89PNG")


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
    assert 2 < worst.at < 4


# A small share is refused of the fast tier alone: for the default tier, ties and subnormal results are checked besides.
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
    folder = Path(fastsig.__file__).parent / "kernels"
    paths = [path for path in folder.rglob("*.*") if path.suffix in (".h", ".pxd", ".pxi", ".pyx")]
    held = {path.relative_to(folder).as_posix() for path in paths}
    others = {"common/__init__.pxd"} | {f"{row.name}.pyx" for row in ISAS} - {"baseline.pyx"}
    assert set(texts) == held - others
    defined = sources.definitions(texts)
    assert defined.keys() - sources.reached(defined, sources.roots(texts, "all")) == {"FASTSIG_ARITHMETIC_H"}
    assert len(sources.roots(texts, "default float32")) == len(sources.roots(texts, "default")) / 4 == len(REFERENCE)


SETS = ("all", "default", "default float16", "default float32", "default float64", "fast float32", "fast float64")


@pytest.mark.parametrize(
    ("file", "before", "after", "touched"),
    [
        (
            "common/exp_f64.pxd",
            'COTH_Q3 "0x1.0cfbef80444bbp-22"',
            'COTH_Q3 "0x1.0cfbef80444bcp-22"',
            {"default float64"},
        ),
        (
            "common/loops.pxi",
            "DISTANCE = 64 ",
            "DISTANCE = 32 ",
            {"default float16", "default float32", "fast float32"},
        ),
        ("common/exact.pxd", "#define FASTSIG_HAS_FMA 1", "#define FASTSIG_HAS_FMA 0", set(SETS)),
        ("common/fast.pxd", 'FAST_MOST "110.0f"', 'FAST_MOST "111.0f"', {"fast float32"}),
        ("arithmetic.h", "#define FASTSIG_ARITHMETIC_H", "#define FASTSIG_ARITHMETIC_H 1", set(SETS)),
        ("common/exp_f64.pxd", "# THE EXPONENTIAL ", "# AN EXPONENTIAL ", set()),
        ("common/loops.pxi", "  # elements: long enough", "  # so many elements: long enough", set()),
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


def test_readme_is_not_right_while_a_log_is_of_other_kernels(sources, monkeypatch):
    readme = importlib.import_module("readme")
    text = readme.README.read_text("utf-8")
    assert readme.complaints(text) == []
    monkeypatch.setattr(sources, "still_are", lambda _: False)
    assert len(readme.complaints(text)) == len(readme.FILES) + len(readme.LINKED)
    assert all("it has to be made again" in complaint for complaint in readme.complaints(text))


# ---------------------------------------------------------------------------------------------------------------
# The accurate phase, and one build against another
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not builds.version_of_compiler(), reason="there is no compiler")
def test_shares_of_the_accurate_phase_are_counted(tmp_path):
    # Of float64 and of a function of two inputs in every type; hard inputs are there to need it, and others are not
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
    names = ("--functions", "logit", "logistic_loss", "--types", "float64", "--kinds", "normal", "hard")
    names += ("--elements", str(SMALL))
    run(tmp_path, "against.py", sys.executable, *names, "--log", "against.md")
    rows = table(tmp_path / "against.md")
    kinds = [("logit", "normal"), ("logit", "hard")]
    kinds += [("logistic_loss", kind) for kind in ("normal label", "normal soft", "hard")]
    assert [(row["function"], row["inputs"]) for row in rows] == kinds
    assert all(float(row["ratio"]) > 0 for row in rows)
    assert [row["times normal"] for row in rows if row["inputs"] in ("normal", "normal label")] == ["1.00", "1.00"]
    assert float(rows[1]["times normal"]) > 1


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
            except NotImplementedError:  # of a kind of inputs that the function does not take
                assert "distribution" in benchmark_class.param_names
                continue
            for measure in measures:
                getattr(benchmark, measure)(*parameters)


def test_asv_benchmarks_enumerate_every_function():
    assert list(REFERENCE) == data.FUNCTIONS
    assert sorted(FAST) == sorted(data.FAST)
    tables = {c.__name__: data.FAST if c is functions.Fast else data.FUNCTIONS for c in benchmarks()}
    assert all(c.params[0] == tables[c.__name__] for c in benchmarks())


def test_asv_leaves_out_what_an_older_fastsig_lacks():
    with pytest.raises(NotImplementedError):
        data.function("cubic")


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
    assert {settings[key].split("/")[0] for key in ("env_dir", "results_dir", "html_dir")} == {".asv"}
