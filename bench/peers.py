"""Measure how fast fastsig is beside its peers.

    python bench/peers.py                                 every function, type and size: minutes
    python bench/peers.py --isa avx2 --json peers.json    with one instruction set, the peers held to it as well
    python bench/peers.py --functions sigmoid --types float64 --sizes 100000

One thread each, on one CPU where the system lets a process choose; outputs given where a library takes them, pages
touched. The contenders take turns in every round, and a ratio is the median of the rounds' own. Losses are told like
wins. The program starts itself again with the environment that the libraries read when they are imported.

Exit status: 0, or 1 where a bar that was measured is missed.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import machine
import numpy as np
from contenders import CONTENDERS, installed

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
TYPES = ("float32", "float64")
SIZES = tuple(10**k for k in range(2, 8))
SHOWN = (10**5, 10**7)  # in the Markdown table
SPAN = 2e-3  # seconds that a timing lasts at the least, by calling again
TOLERANCE = 1e-5  # a contender off by more, at half its inputs, computes something else
SEED = 20190613
ALONE = "fastsig sigmoid"  # timed beside sigmoid_with_derivative, whose bar is a multiple of it
COPY = "copyto"  # timed beside the sigmoid: the least that any function of so many numbers takes


BAR_SIZE = 10**5


class Bar(NamedTuple):
    """What is asked of a function."""

    function: str
    dtype: str
    against: str
    least: float  # how many times as fast
    of: str = "fastsig"  # or "fast", the fast tier
    size: int = BAR_SIZE

    def line(self, rows):
        """Return whether the bar is met, and a line that says so; None and a line where it was not measured."""
        what = f"{'fast.' if self.of == 'fast' else ''}{self.function} {self.dtype} {self.size:,}"
        key = {"function": self.function, "type": self.dtype, "size": self.size, "contender": self.against}
        found = [row for row in rows if row.items() >= key.items() and RATIOS[self.of] in row]
        if not found:
            return None, f"----  {what}: not measured against {label(self.against)}"
        ratio = found[0][RATIOS[self.of]]
        if self.against in (ALONE, COPY):
            told = f"{1 / ratio:.2f} x the time of {self.against} (at most {1 / self.least:.2f})"
        else:
            told = f"{ratio:.2f} x as fast as {label(self.against)} (at least {self.least:.2f})"
        return ratio >= self.least, f"{'PASS' if ratio >= self.least else 'FAIL'}  {what}: {told}"


RATIOS = {"fastsig": "ratio", "fast": "fast ratio"}  # the names of the columns
BARS = (
    Bar("sigmoid", "float64", "torch", 1.35),
    Bar("sigmoid", "float64", "scipy", 4.0),
    Bar("sigmoid", "float32", "torch", 1.0),
    Bar("sigmoid", "float32", "scipy", 4.0),
    Bar("sigmoid_derivative", "float64", "scipy", 3.6),
    Bar("sigmoid_derivative", "float64", "torch", 1.7),
    Bar("sigmoid_derivative", "float32", "torch", 1.7),
    Bar("sigmoid_with_derivative", "float64", ALONE, 1 / 1.35),
    Bar("sigmoid_with_derivative", "float32", ALONE, 1 / 1.35),
    Bar("log_sigmoid", "float64", "scipy", 6.0),
    Bar("log_sigmoid", "float32", "scipy", 6.0),
    Bar("log_sigmoid", "float64", "torch", 2.0),
    Bar("log_sigmoid", "float32", "torch", 1.4),
    Bar("softplus", "float64", "scipy", 6.0),
    Bar("softplus", "float32", "scipy", 6.0),
    Bar("softplus", "float64", "torch", 2.0),
    Bar("softplus", "float32", "torch", 1.4),
    Bar("logit", "float64", "scipy", 3.0),
    Bar("logit", "float32", "scipy", 3.0),
    Bar("silu", "float64", "torch", 1.0),
    Bar("silu", "float32", "torch", 1.0),
    Bar("sigmoid", "float32", "torch", 2.0, "fast"),
    Bar("sigmoid", "float32", "onnxruntime", 0.85, "fast"),
    Bar("sigmoid", "float32", COPY, 1 / 1.15, "fast", 10**7),
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
# How the libraries are told which instruction set is the most that they may use. SciPy and numexpr are compiled for the
# baseline and leave exp to the C library; ONNX Runtime takes no such wish, and its Sigmoid has no AVX-512 code.
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
    """Return how a contender is called in what people read."""
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
        for y, right in zip(call(), expected, strict=True):
            y = np.asarray(y)
            if y.dtype != right.dtype or not np.median(np.abs(y - right)) < TOLERANCE:
                raise AssertionError(f"{label(name)} does not compute {function} {x.dtype}")
    if function == "sigmoid_with_derivative":
        out = np.ones_like(x)
        calls[ALONE] = lambda: sigmoid(x, out=out)
    if function == "sigmoid":
        copy = np.ones_like(x)
        calls[COPY] = lambda: np.copyto(copy, x)
    return calls


def seconds(call, times):
    """Return the seconds that one of so many calls takes."""
    start = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - start) / times


def compare(calls, rounds):
    """Return the seconds of a call of each contender, a list with an entry per round."""
    times = {name: max(1, round(SPAN / min(seconds(call, 1) for _ in range(3)))) for name, call in calls.items()}
    taken = [{name: seconds(call, times[name]) for name, call in calls.items()} for _ in range(rounds)]
    return {name: [of_round[name] for of_round in taken] for name in calls}


def measure(function, dtype, n, contenders, rounds):
    """Return a row for each contender: its ns per element, and how many times as fast fastsig is."""
    taken = compare(prepared(function, numbers(function, dtype, n), contenders), rounds)

    def ratios(series):
        """Return the medians of its rounds' ratios to fastsig, and to the fast tier where that is timed."""
        return {
            column: median(t / o for t, o in zip(series, taken[of], strict=True))
            for of, column in RATIOS.items()
            if of in taken
        }

    return [
        {
            "function": function,
            "type": dtype,
            "size": n,
            "contender": name,
            "ns per element": median(series) / n * 1e9,
            **ratios(series),
        }
        for name, series in taken.items()
    ]


# ---------------------------------------------------------------------------------------------------------------
# What is told
# ---------------------------------------------------------------------------------------------------------------


def facts(contenders, wanted, rounds):
    """Return when, where, with what and how it was measured."""
    packages = [p for name, c in contenders.items() if name not in ("fastsig", "fast", "numpy") for p in c.packages]
    about = machine.facts(packages)
    if "torch" in contenders:
        import torch

        about["PyTorch's CPU capability"] = torch.backends.cpu.get_cpu_capability()
    held = {name: os.environ[name] for name in HELD.get(wanted, {})}
    return {**about, "ISA": isa(), "peers held to": held or "nothing", "threads": 1, "rounds": rounds}


def table(rows):
    """Yield a line for each function, type and size: ns per element, and how many times as fast fastsig is."""
    names = list(dict.fromkeys(row["contender"] for row in rows))
    yield f"{'function':26}{'type':9}{'size':>10}" + "".join(f"{label(name):>18}" for name in names)
    for of_size in groups(rows):
        cells = {row["contender"]: f"{row['ns per element']:.3f} ({row['ratio']:.2f}x)" for row in of_size}
        cells["fastsig"] = f"{of_size[0]['ns per element']:.3f}"
        first = of_size[0]
        yield f"{first['function']:26}{first['type']:9}{first['size']:>10,}" + "".join(
            f"{cells.get(name, '-'):>18}" for name in names
        )


def groups(rows):
    """Return lists of rows, one for each function, type and size; fastsig's row is the first of each."""
    found = {}
    for row in rows:
        found.setdefault((row["function"], row["type"], row["size"]), []).append(row)
    return list(found.values())


def markdown(rows):
    """Return the table for people to read: at two sizes, fastsig's ns per element and the peers' ratios to it."""
    names = list(dict.fromkeys(row["contender"] for row in rows if row["contender"] not in ("fastsig", ALONE, COPY)))
    sizes = [n for n in SHOWN if any(row["size"] == n for row in rows)] or sorted({row["size"] for row in rows})[:1]
    kinds = dict.fromkeys((row["function"], row["type"]) for row in rows)
    lines = []
    for function, dtype in kinds:
        found = {
            (row["contender"], row["size"]): row for row in rows if (row["function"], row["type"]) == (function, dtype)
        }
        line = {"function": f"`{function}`", "type": dtype}
        line["fastsig, ns"] = " / ".join(f"{found['fastsig', n]['ns per element']:.2f}" for n in sizes)
        for name in names:
            ratios = [f"{found[name, n]['ratio']:.2f}" for n in sizes if (name, n) in found]
            line[label(name)] = " / ".join(ratios) or "-"
        lines.append(line)
    told = " / ".join(f"10^{len(str(n)) - 1}" for n in sizes)
    return f"{machine.markdown(lines)}\n\nAt {told} elements: ns per element, and times as fast as each peer.\n"


def draw(path, rows, about):
    """Draw ns per element over the size, a panel for each function and type."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    kinds = list(dict.fromkeys((row["function"], row["type"]) for row in rows))
    columns = min(4, len(kinds))
    lines = -(-(len(kinds) + 1) // columns)  # a panel more, for the legend
    figure = Figure(figsize=(3.4 * columns, 2.7 * lines), dpi=100, layout="constrained")
    panels = list(figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).flat)
    for panel, (function, dtype) in zip(panels, kinds, strict=False):
        for name, contender in CONTENDERS.items():
            at = [r for r in rows if (r["function"], r["type"], r["contender"]) == (function, dtype, name)]
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
    for panel in panels[len(kinds) :]:
        panel.axis("off")
    shown = {text: line for panel in panels for line, text in zip(*panel.get_legend_handles_labels(), strict=True)}
    panels[-1].legend(shown.values(), shown.keys(), loc="center", frameon=False, fontsize=11)
    figure.supxlabel("elements")
    figure.supylabel("ns per element, one thread")
    figure.suptitle(f"{about['CPU']}, {about['ISA']}, {about['date'][:10]}", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


# ---------------------------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------------------------


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
    parser.add_argument("--json", type=Path, metavar="FILE", help="for all that was measured")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="for a table")
    parser.add_argument("--png", type=Path, metavar="FILE", help="for a picture; needs matplotlib")
    return parser.parse_args(argv)


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
    rows = []
    for function in options.functions:
        for dtype in options.types:
            for n in options.sizes:
                rows += measure(function, dtype, n, contenders, options.rounds)
                print(f"{function} {dtype} {n}", file=sys.stderr, flush=True)
    print("ns per element (how many times as fast fastsig is)", *table(rows), sep="\n")
    bars = [bar.line(rows) for bar in BARS]
    print(f"\nBars, at {BAR_SIZE} elements, {isa()}", *(line for _, line in bars), sep="\n")
    if options.json:
        told = [{"met": met, "bar": line[6:]} for met, line in bars]
        machine.write(options.json, json.dumps({"about": about, "rows": rows, "bars": told}, indent=1) + "\n")
    if options.markdown:
        machine.write(options.markdown, markdown(rows))
    if options.png:
        draw(options.png, rows, about)
    return int(any(met is False for met, _ in bars))


if __name__ == "__main__":
    sys.exit(main())
