"""Measure how fast fastsig is compared with its peers.

    python bench/peers.py                                 every function, type and size, each at its best: ten minutes
    python bench/peers.py --isa avx2                      with one instruction set, the peers held to it as well
    python bench/peers.py --log                           into the log of this CPU and instruction set, with a picture
    python bench/peers.py --functions sigmoid --types float64 --sizes 100000

Each has one thread, on one CPU where the system lets a process choose; outputs are given where a library takes them,
and all pages are touched before. The contenders take turns, round by round, and the time of each is that of its best
round, which other programs have disturbed the least. Losses are reported like wins. The program starts itself again
with the environment that the libraries read when they are imported.

Exit status: 0; with --check, 1 where a bar is missed or was not measured.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import machine
import numpy as np
from contenders import CONTENDERS, INSTALL, absent, installed, of_ufunc

from fastsig import _dispatch, isa, sigmoid

FUNCTIONS = (
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_with_derivative",
    "log_sigmoid",
    "softplus",
    "logit",
    "silu",
)
TYPES = ("float16", "float32", "float64")
KERNELS = f"default fast {' '.join(TYPES)}"
SIZES = tuple(10**k for k in range(8))
DRAWN = 100  # elements from which on there is a picture
SPAN = 2e-3  # seconds that a timing lasts at the least, by calling again
TOLERANCE = 8  # epsilons times the result, or 1 if that is more; with a larger median error a contender is refused
SEED = 20190613
ALONE = "fastsig sigmoid"  # timed with sigmoid_with_derivative, whose bar is a multiple of it
COPY = "copyto"  # timed with the sigmoid: the least that any function of so many numbers takes
EXP = "np.exp"  # timed with every function: what a call costs, and what one exponential does
YARDSTICKS = (ALONE, COPY, EXP)
LOGS = Path(__file__).parent / "logs" / "peers"


# ---------------------------------------------------------------------------------------------------------------
# The bars
# ---------------------------------------------------------------------------------------------------------------

RATIOS = {"fastsig": "ratio", "fast": "fast ratio"}  # the names of the columns


class Bar(NamedTuple):
    """The speed that is required of a function of a tier."""

    of: str  # "fastsig", or "fast", the fast tier
    function: str
    dtype: str
    against: str
    least: float  # how many times as fast
    size: int = 10**5
    isa: str | None = None  # where it is required with one instruction set only

    def line(self, rows):
        """Return whether the bar is met, and a line that says so; None and a line where it was not measured."""
        what = f"{'fast.' if self.of == 'fast' else ''}{self.function} {self.dtype} {self.size:,}"
        key = {"function": self.function, "type": self.dtype, "size": self.size, "contender": self.against}
        found = [row for row in rows if row.items() >= key.items() and RATIOS[self.of] in row]
        if not found:
            return None, f"----  {what}: not measured against {label(self.against)}"
        ratio = found[0][RATIOS[self.of]]
        if self.against in YARDSTICKS:
            told = f"{1 / ratio:.2f} x the time of {self.against} (at most {1 / self.least:.2f})"
        else:
            told = f"{ratio:.2f} x as fast as {label(self.against)} (at least {self.least:.2f})"
        return ratio >= self.least, f"{'PASS' if ratio >= self.least else 'FAIL'}  {what}: {told}"


BARS = (
    Bar("fastsig", "sigmoid", "float32", "torch", 0.65, isa="avx512"),
    Bar("fastsig", "sigmoid", "float32", "torch", 1.0, isa="avx2"),
    Bar("fastsig", "sigmoid", "float32", "numpy", 1.3),
    Bar("fastsig", "sigmoid", "float32", "scipy", 5.0),
    Bar("fastsig", "sigmoid_derivative", "float32", "torch", 1.4),
    Bar("fastsig", "sigmoid_derivative", "float64", "scipy", 3.6),
    Bar("fastsig", "sigmoid_with_derivative", "float32", ALONE, 1 / 1.35),
    Bar("fastsig", "sigmoid_with_derivative", "float64", ALONE, 1 / 1.35),
    Bar("fastsig", "log_sigmoid", "float32", "scipy", 6.0),
    Bar("fastsig", "log_sigmoid", "float32", "torch", 1.4, isa="avx2"),
    Bar("fastsig", "log_sigmoid", "float64", "torch", 2.0, isa="avx2"),
    Bar("fastsig", "softplus", "float32", "scipy", 6.0),
    Bar("fastsig", "softplus", "float32", "torch", 1.4, isa="avx2"),
    Bar("fastsig", "softplus", "float64", "torch", 2.0, isa="avx2"),
    Bar("fastsig", "logit", "float32", "scipy", 6.0),
    Bar("fastsig", "logit", "float64", "scipy", 3.0),
    Bar("fastsig", "silu", "float32", "torch", 1.0, isa="avx2"),
    Bar("fastsig", "silu", "float64", "torch", 1.0, isa="avx2"),
    # float16, against PyTorch's half
    Bar("fastsig", "sigmoid", "float16", "torch", 1.15),
    Bar("fastsig", "silu", "float16", "torch", 1.15),
    Bar("fastsig", "log_sigmoid", "float16", "torch", 2.0),
    # The fast tier
    Bar("fast", "sigmoid", "float32", "torch", 1.3),
    Bar("fast", "sigmoid", "float32", "torch", 2.0, isa="avx2"),
    Bar("fast", "sigmoid", "float32", "onnxruntime", 1.0),
    Bar("fast", "sigmoid_derivative", "float32", "torch", 2.4),
    Bar("fast", "silu", "float32", "torch", 1.2),
    Bar("fast", "logit", "float32", "torch", 1.0),
    Bar("fast", "sigmoid", "float64", "torch", 1.35),
    Bar("fast", "sigmoid", "float64", "scipy", 6.0),
    Bar("fast", "silu", "float64", "torch", 1.35),
    Bar("fast", "silu", "float64", "scipy", 6.0),
    Bar("fast", "log_sigmoid", "float64", "torch", 3.0),
    Bar("fast", "logit", "float64", "torch", 1.2),
    # Beyond the caches
    Bar("fastsig", "sigmoid", "float32", "torch", 0.85, 10**7),
    Bar("fast", "sigmoid", "float32", "torch", 1.15, 10**7),
    Bar("fast", "sigmoid", "float32", "onnxruntime", 1.0, 10**7),
    Bar("fast", "sigmoid", "float32", COPY, 1 / 1.15, 10**7),
    # Calls of one element
    *(
        Bar(of, function, dtype, EXP, 1 / 1.1, 1)
        for of in RATIOS
        for function in FUNCTIONS
        if function != "sigmoid_with_derivative"  # two outputs
        for dtype in TYPES
    ),
)


# ---------------------------------------------------------------------------------------------------------------
# The environment
# ---------------------------------------------------------------------------------------------------------------


def beyond_avx2():
    """Return NumPy's names of what it dispatches to on this CPU beyond AVX2."""
    from numpy._core import _multiarray_umath as core

    wide = [name for name in core.__cpu_dispatch__ if name == "X86_V4" or name.startswith("AVX512")]
    return " ".join(name for name in wide if core.__cpu_features__[name])


ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
# These tell the libraries the widest instruction set that they may use. SciPy and numexpr are compiled for the baseline
# and leave exp to the C library. ONNX Runtime has no such setting: its Sigmoid has no AVX-512 code, but what it makes
# of silu has.
HELD = {
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # PyTorch's exp is MKL's
        "NPY_DISABLE_CPU_FEATURES": beyond_avx2(),
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+f16c",
    },
}
RUNNING = "FASTSIG_PEERS_RUNNING"  # set in the process that measures


def environment(wanted):
    """Return the variables for a run with an instruction set, or with the best where none is wanted."""
    variables = {**ONE_THREAD, RUNNING: "1"}
    if wanted:
        variables |= {_dispatch.VARIABLE: wanted, **HELD.get(wanted, {})}
    return variables


def on_one_cpu():
    """Stay on one CPU, so that no library finds others for its threads; macOS and Windows have no such call."""
    with contextlib.suppress(AttributeError):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


# ---------------------------------------------------------------------------------------------------------------
# Timing
# ---------------------------------------------------------------------------------------------------------------


def label(name):
    """Return a contender's label; of any other name, the name."""
    return CONTENDERS[name].label if name in CONTENDERS else name


def numbers(function, dtype, n):
    """Return the input."""
    rng = np.random.default_rng(SEED)
    return (rng.uniform(0.001, 0.999, n) if function == "logit" else rng.normal(0, 3, n)).astype(dtype)


def prepared(function, x, contenders):
    """Return a call of each contender that has the function for the type, and that computes it."""
    calls = {}
    for name, contender in contenders.items():
        with contextlib.suppress(NotImplementedError):
            calls[name] = contender.prepare(function, x)
    expected = calls["fastsig"]()
    for name, call in calls.items():
        for y, right in zip(arrays(call()), arrays(expected), strict=True):
            off = np.median(np.abs(y - right) / np.maximum(1, np.abs(right)))
            if y.dtype != x.dtype or not off < TOLERANCE * np.finfo(x.dtype).eps:
                raise AssertionError(f"{label(name)} does not compute {function} {x.dtype}")
    if function == "sigmoid_with_derivative":
        calls[ALONE] = of_ufunc(sigmoid, x)
    if function == "sigmoid":
        calls[COPY] = partial(np.copyto, np.ones_like(x), x)
    return {**calls, EXP: of_ufunc(np.exp, x)}


def arrays(results):
    """Return what a call returns, one array or several of any library, as NumPy's."""
    return [np.asarray(y) for y in (results if isinstance(results, tuple) else (results,))]


def seconds(call, times):
    """Return the seconds that one of so many calls takes."""
    start = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - start) / times


def compare(calls, rounds):
    """Return the seconds of a call of each contender."""
    times = {name: max(1, round(SPAN / min(seconds(call, 1) for _ in range(3)))) for name, call in calls.items()}
    taken = [{name: seconds(call, times[name]) for name, call in calls.items()} for _ in range(rounds)]
    return {name: min(of_round[name] for of_round in taken) for name in calls}


def measure(function, dtype, n, contenders, rounds):
    """Return a row for each contender: its ns per element, and how many times as fast fastsig is."""
    taken = compare(prepared(function, numbers(function, dtype, n), contenders), rounds)
    return [
        {
            "function": function,
            "type": dtype,
            "size": n,
            "contender": name,
            "ns per element": time / n * 1e9,
            **{column: time / taken[of] for of, column in RATIOS.items() if of in taken},
        }
        for name, time in taken.items()
    ]


# ---------------------------------------------------------------------------------------------------------------
# The report
# ---------------------------------------------------------------------------------------------------------------


def facts(contenders, wanted, rounds):
    """Return when, where, with what and how it was measured."""
    packages = [p for name, c in contenders.items() if name not in ("fastsig", "fast", "numpy") for p in c.packages]
    about = {**machine.facts(packages, KERNELS), "commit": machine.commit()}
    if "torch" in contenders:
        import torch

        about["PyTorch's CPU capability"] = torch.backends.cpu.get_cpu_capability()
    held = {name: os.environ[name] for name in HELD.get(wanted, {})}
    return {**about, "ISA": isa(), "peers held to": held or "nothing", "threads": 1, "rounds": rounds}


def timed(rows):
    """Return the names of what was timed, in the order of the report."""
    found = {row["contender"] for row in rows}
    return [name for name in (*CONTENDERS, *YARDSTICKS) if name in found]


def table(rows):
    """Yield a line for each function, type and size: ns per element, and how many times as fast fastsig is."""
    names = timed(rows)
    yield f"{'function':26}{'type':9}{'size':>10}" + "".join(f"{label(name):>20}" for name in names)
    for of_size in groups(rows):
        cells = {row["contender"]: f"{row['ns per element']:.3f} ({row['ratio']:.2f}x)" for row in of_size}
        cells["fastsig"] = f"{of_size[0]['ns per element']:.3f}"
        first = of_size[0]
        yield f"{first['function']:26}{first['type']:9}{first['size']:>10,}" + "".join(
            f"{cells.get(name, '-'):>20}" for name in names
        )


def groups(rows):
    """Return lists of rows, one for each function, type and size; fastsig's row is the first of each."""
    found = {}
    for row in rows:
        found.setdefault((row["function"], row["type"], row["size"]), []).append(row)
    return list(found.values())


def draw(path, rows, about):
    """Draw ns per element over the size, a panel for each function and type; below DRAWN elements all is overhead."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    kinds = list(dict.fromkeys((row["function"], row["type"]) for row in rows))
    columns = len({dtype for _, dtype in kinds})
    lines = len(kinds) // columns
    figure = Figure(figsize=(3.8 * columns, 2.5 * lines + 1), dpi=100, layout="constrained")
    panels = list(figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).flat)
    for panel, (function, dtype) in zip(panels, kinds, strict=True):
        for name, contender in CONTENDERS.items():
            at = [r for r in rows if (r["function"], r["type"], r["contender"]) == (function, dtype, name)]
            at = [r for r in at if r["size"] >= DRAWN]
            if at:
                panel.loglog(
                    [r["size"] for r in at],
                    [r["ns per element"] for r in at],
                    color=contender.color,
                    marker=contender.marker,
                    label=contender.label,
                    linewidth=2.4 if name == "fastsig" else 1.2,
                    markersize=5,
                    zorder=3 if name == "fastsig" else 2,
                )
        panel.set_title(f"{function}, {dtype}", fontsize=10)
        panel.grid(visible=True, which="major", color="#dddddd")
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_locator(NullLocator())
    shown = {text: line for panel in panels for line, text in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=5, frameon=False, fontsize=11)
    figure.suptitle(
        f"{about['CPU']}, {about['ISA']}, {about['date'][:10]}\nns per element over the number of elements, one thread",
        fontsize=11,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


# ---------------------------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------------------------


def log_file():
    """Return the log of this CPU and instruction set."""
    return LOGS / f"{re.sub('[^a-z0-9]+', '-', f'{machine.cpu()} {isa()}'.lower())}.json"


def arguments(argv):
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rows = [row.name for row in _dispatch.available()]
    parser.add_argument("--isa", choices=rows, help="for fastsig, and for the peers as far as they can be held to it")
    parser.add_argument("--functions", nargs="+", choices=FUNCTIONS, default=FUNCTIONS, metavar="NAME")
    parser.add_argument("--types", nargs="+", choices=TYPES, default=TYPES, metavar="TYPE")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, metavar="N")
    parser.add_argument("--peers", nargs="+", choices=CONTENDERS, default=tuple(CONTENDERS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--log",
        nargs="?",
        type=Path,
        const=log_file(),
        metavar="FILE",
        help=f"for all that was measured; by default named after the CPU and the instruction set, in {LOGS}; "
        "a picture beside it if matplotlib is installed",
    )
    parser.add_argument("--check", action="store_true", help="fail where a bar is missed or was not measured")
    return parser.parse_args(argv)


def asked(options):
    """Return the bars of what a run is to measure."""
    return [
        bar
        for bar in BARS
        if bar.isa in (None, isa())
        and bar.function in options.functions
        and bar.dtype in options.types
        and bar.size in options.sizes
    ]


def main(argv=None):
    """Run the command, and return its exit status."""
    options = arguments(argv)
    if RUNNING not in os.environ:
        command = [sys.executable, __file__, *(sys.argv[1:] if argv is None else argv)]
        return subprocess.run(command, env={**os.environ, **environment(options.isa)}, check=False).returncode
    on_one_cpu()
    contenders = installed(options.peers)
    about = facts(contenders, options.isa, options.rounds)
    print("\n".join(f"{key}: {value}" for key, value in about.items()), end="\n\n")
    if missing := absent(options.peers):
        print(f"Not installed: {', '.join(missing)}. {INSTALL}", file=sys.stderr)
    rows = []
    for function in options.functions:
        for dtype in options.types:
            for n in options.sizes:
                with np.errstate(all="ignore"):  # as people's formulas overflow, in float16 above all
                    rows += measure(function, dtype, n, contenders, options.rounds)
                print(f"{function} {dtype} {n}", file=sys.stderr, flush=True)
    print("ns per element (how many times as fast fastsig is)", *table(rows), sep="\n")
    bars = [bar.line(rows) for bar in asked(options)]
    print(f"\nBars, {isa()}", *(line for _, line in bars), sep="\n")
    if options.log:
        told = [{"met": met, "bar": line[6:]} for met, line in bars]
        machine.write(options.log, json.dumps({"about": about, "rows": rows, "bars": told}, indent=1) + "\n")
        if find_spec("matplotlib"):
            draw(options.log.with_suffix(".png"), rows, about)
    return int(options.check and not all(met for met, _ in bars))


if __name__ == "__main__":
    sys.exit(main())
