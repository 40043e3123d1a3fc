"""Fill in the tables of README.md: from the names, from their own test, and from the logs of the runs.

    python bench/readme.py           write them
    python bench/readme.py --check   exit with 1 where a table is not what it should be, or a log of other kernels

A table stands between two comments, `<!-- table NAME -->` and `<!-- end -->`.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import sources

import fastsig
from fastsig._reference import REFERENCE

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "bench" / "logs"
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- table (?P<name>\w+) -->\n).*?(?=<!-- end -->)", re.S)

FORMULAS = {
    "sigmoid": ("x", "1/(1 + e^-x) = e^x/(e^x + 1)"),
    "sigmoid_derivative": ("x", "s(1 - s) = e^-x/(1 + e^-x)^2, s = sigmoid(x), from x"),
    "sigmoid_with_derivative": ("x", "both from one exponential, each with the bits of the single one"),
    "sigmoid_second_derivative": ("x", "s(1 - s)(1 - 2s), odd, with no cancellation around 0"),
    "log_sigmoid": ("x", "min(x, 0) - log(1 + e^-abs(x))"),
    "softplus": ("x", "max(x, 0) + log(1 + e^-abs(x)), without a threshold"),
    "logit": ("p", "log(p/(1 - p)), with no cancellation around 1/2"),
    "silu": ("x", "x sigmoid(x)"),
    "silu_derivative": ("x", "s(1 + x(1 - s)), with no cancellation at its zero"),
    "sigmoid_backward": ("grad, y", "grad y (1 - y), from the output"),
    "logistic_loss": ("x, t", "log(1 + e^x) - t x, the cross-entropy with logits, 0 <= t <= 1"),
    "logistic_loss_gradient_hessian": ("x, t", "(s - t, s(1 - s))"),
}


def rows(cells):
    """Return a Markdown table, its head first."""
    head, *body = cells
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *body])


def functions():
    """Return the table of functions."""
    table = [["ufunc", "what it computes"]]
    for name in REFERENCE:
        arguments, text = FORMULAS[name]
        table.append([f"`{name}({arguments})`", text])
    return rows(table)


def names():
    """Return the table of the names used elsewhere, and of what their hand-written forms get wrong."""
    sys.path.insert(0, str(ROOT / "tests"))
    from test_names import NAMES

    table = [["known as", "from", "fastsig", "written by hand", "at", "gives", "right"]]
    for row in NAMES:
        wrong, right = (", ".join(texts) for texts in zip(*row.shown(), strict=True))
        at = f"{row.x:g}" if len(str(row.x)) < 8 else str(row.x)
        at = ("float32 " if row.x.dtype == "float32" else "") + at + ("" if row.t is None else f", t = {row.t:g}")
        table.append([f"`{row.name}`", row.origin, f"`{row.function}`", f"`{row.by_hand}`", at, wrong, right])
    return rows(table)


def about(file):
    """Return what a log says of its run: the machine, the compiler, the kernels, the day."""
    path = LOGS / file
    found = dict(re.findall(r"^- (.+?): (.*)$", path.read_text("utf-8"), re.M))
    return found or json.loads(path.with_suffix(".json").read_text("utf-8"))["about"]


def logged(file):
    """Return a function that returns the table of a log, with the facts of its run below."""

    def table():
        lines, facts = re.findall(r"^\|.*\n", (LOGS / file).read_text("utf-8"), re.M), about(file)
        return f"{''.join(lines)}\n{facts['CPU']}, {facts['compiler']}, {facts['date'][:10]}.\n"

    return table


FILES = {
    "float32": "verify_float32.md",
    "accuracy": "../accuracy/table.md",
    "speed": "peers_avx2.md",
    "fast": "verify_fast.md",
    "allocation": "allocation.md",
}
LINKED = (  # logs that README and CONTRIBUTING.md link to, and do not show
    "verify_float64.md",
    "verify_float16_pairs.md",
    "hunt_float64.md",
    "fast_phase.md",
    "shares.md",
    "against_avx2.md",
    "against_avx512.md",
    "peers_avx512.md",
)
TABLES = {"functions": functions, "names": names} | {name: logged(file) for name, file in FILES.items()}


def complaints(text):
    """Return what is wrong with the README's text and with the logs."""
    found = [] if filled(text) == text else ["README.md's tables are stale: python bench/readme.py fills them in"]
    ran = {file: about(file).get("kernels", "not named") for file in (*FILES.values(), *LINKED)}
    return found + [
        f"{(LOGS / file).resolve().relative_to(ROOT)} is of other kernels than the sources' ({kernels}): "
        "it has to be made again"
        for file, kernels in ran.items()
        if not sources.still_are(kernels)
    ]


def filled(text):
    """Return the README's text with its tables filled in."""
    return BLOCK.sub(lambda match: match[1] + "\n" + TABLES[match["name"]]() + "\n", text)


def main(argv=None):
    """Write or check the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args(argv)
    text = README.read_text("utf-8")
    if arguments.check:
        wrong = complaints(text)
        print(f"fastsig {fastsig.__version__}:", *(wrong or ["README.md's tables are as they should be"]), sep="\n")
        return int(bool(wrong))
    README.write_text(filled(text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
