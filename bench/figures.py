"""Draw the pictures of docs/: each function, and the largest errors of each of its outputs over an input.

    python bench/figures.py            draw them into docs/figures
    python bench/figures.py --check    exit with 1 if a picture does not show the log, or the log is of other kernels

The errors are those of bench/accuracy/curves.json, which bench/accuracy.py writes. A picture holds a hash of what
it was drawn from, so that the check needs no matplotlib. It has a white background, and is as wide as a page on a
desktop and a little wider than a phone.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sources
from contenders import CONTENDERS

import fastsig
from fastsig._reference import DOMAINS, REFERENCE

ROOT = Path(__file__).resolve().parents[1]
CURVES = ROOT / "bench" / "accuracy" / "curves.json"
FIGURES = ROOT / "docs" / "figures"
REACH = 8  # a function is drawn from minus this to this
TARGETS = (0.0, 0.5, 1.0)
TYPES = ("float32", "float64")
OUTPUTS = {  # how the outputs are named in a picture, where there are two
    "sigmoid_with_derivative": ("sigmoid", "derivative"),
    "logistic_loss_gradient_hessian": ("gradient", "hessian"),
    "logistic_loss_with_gradient": ("loss", "gradient"),
}


class Picture(NamedTuple):
    """A picture's file, without its ending, and what is drawn: lines of a function, or rows of the log."""

    stem: str
    function: str
    output: str  # its name, or nothing where there is one
    data: object

    def digest(self):
        """Return a hash of what is drawn."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()[:16]


def numbers(values):
    """Return numbers as they are logged."""
    return " ".join(f"{value:.9g}" for value in values)


def values(text):
    """Return the numbers of a log."""
    return np.array(text.split(), float)


def lines(name):
    """Return what is drawn of a function: the inputs, and each line by its label."""
    ufunc, domains = getattr(fastsig, name), DOMAINS.get(name, ("real",))
    over = np.linspace(-REACH, REACH, 321)
    if "unit" in domains and not name.startswith("logistic"):
        over = np.linspace(0, 1, 321)[1:-1]
    if name == "sigmoid_backward":
        calls = {"grad = 1": (1.0, over)}
    elif ufunc.nin == 2:
        calls = {f"t = {t:g}": (over, t) for t in TARGETS}
    else:
        calls = {"": (over,)}
    drawn = {}
    for label, inputs in calls.items():
        outputs = ufunc(*inputs)
        for i, y in enumerate(outputs if isinstance(outputs, tuple) else (outputs,)):
            output = OUTPUTS.get(name, ("",))[i]
            if output == "hessian":  # which does not depend on t
                label = ""
            drawn[", ".join(filter(None, (output, label)))] = numbers(y)
    return {"over": numbers(over), "lines": drawn}


def pictures():
    """Return all pictures."""
    rows = json.loads(CURVES.read_text("utf-8"))["rows"]
    found = []
    for name in REFERENCE:
        found.append(Picture(name, name, "", lines(name)))
        for output in dict.fromkeys(row["function"] for row in rows if row["function"].partition("[")[0] == name):
            of_output = [row for row in rows if row["function"] == output]
            at = re.search(r"\[(\d)\]", output)
            label = OUTPUTS[name][int(at[1])] if at else ""
            stem = "_".join([name, "error", *([at[1], label] if at else [])])
            found.append(Picture(stem, name, label, of_output))
    return found


# ---------------------------------------------------------------------------------------------------------------
# Drawing
# ---------------------------------------------------------------------------------------------------------------

STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e2e2e2",
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "fastsig",
}
LIBRARIES = ("fastsig", "numpy", "scipy", "torch", "jax")
COLORS = {CONTENDERS[name].label: CONTENDERS[name].color for name in LIBRARIES}
DASHES = dict(zip(COLORS, ("-", (0, (1, 1)), (0, (4, 2)), "-.", (0, (6, 1, 1, 1, 1, 1))), strict=True))
BY_TARGET = {"t = 0": ("#0072B2", "o"), "t = 0.5": ("#009E73", "s"), "t = 1": ("#D55E00", "^")}
WIDTH = 5.4  # inches
TOP, BOTTOM = 1e4, 0.1  # ULP: what is beyond is drawn here
ULPS = {0.1: r"$\leq 0.1$", 0.5: "½", 10: "10", 100: "100", 1000: "1000", TOP: r"$\geq 10^4$"}
PROBABILITIES = {p: f"$10^{{{round(np.log10(p))}}}$" for p in (1e-12, 1e-8, 1e-4, 1e-2)}
PROBABILITIES |= {0.5: "½"} | {1 - q: f"$1 - 10^{{{round(np.log10(q))}}}$" for q in (1e-4, 1e-7)}
TICKS = (-100, -10, -1, 0, 1, 10, 100)


def draw_function(figure, picture):
    """Draw the values of a function."""
    panel = figure.subplots()
    over = values(picture.data["over"])
    letter = "x" if over[0] < 0 else "y" if picture.function == "sigmoid_backward" else "p"
    _, *second = OUTPUTS.get(picture.function, ("",))
    for label, line in picture.data["lines"].items():
        color, marker = BY_TARGET.get(label.rpartition(", ")[2], ("#000000", None))
        dash = "--" if label.split(",")[0] in second else "-"
        panel.plot(over, values(line), dash, color=color, marker=marker, markevery=40, linewidth=2, label=label)
    if len(picture.data["lines"]) > 1:
        figure.legend(loc="outside lower center", ncols=3)
    panel.axhline(0, color="#777777", linewidth=0.8, zorder=1)
    panel.set_xlabel(letter)
    panel.set_title(picture.function + (", grad = 1" if letter == "y" else ""), fontsize=11)


def axis(panel, over, edges):
    """Scale a panel's axis as the log's bins are spaced, and return the bins' middles."""
    if over == "x":
        panel.set_xscale("asinh", linear_width=1)
        scale, inverse, ticks = np.arcsinh, np.sinh, {t: f"${t}$" for t in TICKS}
    else:
        panel.set_xscale("logit")
        scale, inverse, ticks = fastsig.logit, fastsig.sigmoid, PROBABILITIES
    shown = {t: text for t, text in ticks.items() if edges[0] <= t <= edges[-1]}
    panel.set_xticks(list(shown), list(shown.values()))
    panel.minorticks_off()
    low, high = scale(edges[0]), scale(edges[-1])
    margin = 0.03 * (high - low)
    panel.set_xlim(*inverse(np.array([low - margin, high + margin])))
    return inverse((scale(edges)[1:] + scale(edges)[:-1]) / 2)


def draw_errors(figure, picture):
    """Draw the largest errors of one output, a panel for each type."""
    panels = figure.subplots(len(TYPES), 1)
    by_type = {row["type"]: row for row in picture.data}
    for panel, dtype in zip(panels, TYPES, strict=True):
        row = by_type[dtype]
        middles = axis(panel, row["over"], values(row["edges"]))
        for label in reversed([label for label in COLORS if label in row]):  # fastsig on top
            errors = values(row[label])
            known = ~np.isnan(errors)
            y = np.clip(errors[known], BOTTOM, TOP)
            width = 2.6 if label == "fastsig" else 1.6
            panel.plot(middles[known], y, color=COLORS[label], linestyle=DASHES[label], linewidth=width, label=label)
        panel.set_yscale("log")
        panel.set_ylim(0.8 * BOTTOM, 1.7 * TOP)
        panel.set_yticks(list(ULPS), list(ULPS.values()))
        panel.minorticks_off()
        of_output = f", {picture.output}" if picture.output else ""
        panel.set_title(f"{picture.function}{of_output}, {dtype}", fontsize=11)
        panel.set_xlabel(row["over"])
        panel.set_ylabel("largest error, ULP")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=len(labels), fontsize=9)


def draw(picture, folder):
    """Draw a picture into a folder."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        of_errors = isinstance(picture.data, list)
        figure = Figure(figsize=(WIDTH, 5.4 if of_errors else 2.8), layout="constrained")
        (draw_errors if of_errors else draw_function)(figure, picture)
        about = {"Date": None, "Creator": None, "Description": f"drawn from {picture.digest()}"}
        figure.savefig(folder / f"{picture.stem}.svg", metadata=about)


def stale(folder):
    """Return a sentence for each picture that is missing, drawn from other data, or not wanted."""
    wanted = {picture.stem: picture for picture in pictures()}
    there = {path.stem: path.read_text("utf-8") for path in folder.glob("*.svg")}
    found = [f"{stem}.svg is missing" for stem in wanted.keys() - there.keys()]
    found += [f"{stem}.svg is a picture of nothing" for stem in there.keys() - wanted.keys()]
    found += [
        f"{stem}.svg is drawn from other data"
        for stem in wanted.keys() & there.keys()
        if f"drawn from {wanted[stem].digest()}" not in there[stem]
    ]
    return sorted(found)


def unlogged():
    """Return a sentence if the log is of other kernels than the sources', and one for each function that it lacks."""
    log = json.loads(CURVES.read_text("utf-8"))
    there = {row["function"].partition("[")[0] for row in log["rows"]}
    found = [f"curves.json has no errors of {name}" for name in REFERENCE if name not in there]
    if not sources.still_are(log["kernels"]):
        found.append("curves.json is of other kernels than the sources': python bench/accuracy.py makes it again")
    return found


def main(argv=None):
    """Draw or check the pictures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="draw nothing")
    parser.add_argument("--folder", type=Path, default=FIGURES, metavar="DIR", help="default: docs/figures")
    options = parser.parse_args(argv)
    if options.check:
        wrong = unlogged() + stale(options.folder)
        print(*(wrong or ["the pictures are as they should be"]), sep="\n")
        return int(bool(wrong))
    options.folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures():
        draw(picture, options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
