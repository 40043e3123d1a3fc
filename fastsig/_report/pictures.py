"""What was measured, as pictures: SVG to stand in a page, which gives it the fonts and colours.

A picture is 360 units wide, so that at a phone's width its text has the size of the page's. Colours are written as
stand-ins, which become the page's variables: only so do the pictures follow the page's dark mode.
"""

import io
import re
from html import escape

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from fastsig._report.errors import FROM_S, FROM_X, WIDTH
from fastsig._report.speed import BY_HAND, FAST, NAMES, OURS

SIZE, TALL = (5, 3.5), (5, 4.4)  # inches of 72 units
LEAST = 1e-17  # where an error of 0 is drawn, since a logarithmic axis has no place for it

# For each variable of page.css a colour that nothing else here has.
STAND_INS = {name: f"#0102{i:02x}" for i, name in enumerate(("ink", "muted", "rule", *(f"c{i}" for i in range(8))), 3)}
INK, MUTED, RULE, *SERIES = STAND_INS.values()
# Each has a colour and a marker, for readers who do not see the colours.
LOOKS = {
    OURS: (SERIES[0], "o"),
    FAST: (SERIES[1], "D"),
    BY_HAND: (SERIES[2], "s"),
    "scipy expit": (SERIES[3], "^"),
    "torch.sigmoid": (SERIES[4], "v"),
    "jax.nn.sigmoid": (SERIES[5], "P"),
    "numexpr": (SERIES[6], "X"),
    "numba.vectorize": (SERIES[7], "*"),
    FROM_X: (SERIES[0], "o"),
    FROM_S: (SERIES[2], "s"),
}
STYLE = {
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib; the page sets its own
    "font.size": 12.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.titlesize": 12.5,
    "axes.titlecolor": MUTED,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
}
GLUE = "\N{NO-BREAK SPACE}"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value, _=None):
    """Return a power of ten as text."""
    return "10" + str(int(f"{value:e}".split("e")[1])).translate(SUPERSCRIPTS)


def scientific(value):
    """Return a number as two digits times a power of ten, as text that no line breaks."""
    digits, _ = f"{value:.1e}".split("e")
    return f"{digits}{GLUE}×{GLUE}{power(float(f'{value:.1e}'))}"


def count(value, _=None):
    """Return a number of elements, short."""
    for unit, name in ((10**6, "M"), (10**3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def short(value, _=None):
    """Return a number as people write it."""
    return f"{value:,g}"


def logarithmic(axis, form, tenfold=1):
    """Label an axis at powers of ten, or at every so-many-th of them."""
    axis.set_major_locator(LogLocator(10**tenfold, numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(form))


def drawn(name, title, fill, size=SIZE):
    """Return a picture as SVG.

    Parameters
    ----------
    name : str
        An id that no other picture of the page has.
    title : str
        What the picture shows, for readers who do not see it.
    fill : callable
        Takes the axes and draws.
    size : tuple of float
        Of the picture, in inches of 72 units.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))  # more numbers would touch
        fill(axes)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=3)
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    return inline(file.getvalue(), name, title)


def inline(svg, name, title):
    """Return matplotlib's file as a part of a page: without its head, in the page's colours, with ids of its own."""
    svg = svg[svg.index("<svg") :]
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    svg = re.sub(
        r"<svg[^>]*>",
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}"><title id="{name}">'
        f"{escape(title)}</title>",
        svg,
        count=1,
    )
    svg = re.sub(r"<style.*?</style>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'(?<= id=")(?=\w+_|[mp][0-9a-f])|(?<=xlink:href="#)|(?<=url\(#)', f"{name}-", svg)
    svg = svg.replace("xlink:href", "href")
    for variable, color in STAND_INS.items():
        svg = svg.replace(color, f"var(--{variable})")
    return svg.strip()


def lines(axes, x, series, **options):
    """Draw a line for each of what was measured, ours above all others."""
    for who, y in series.items():
        color, _ = LOOKS[who]
        axes.plot(x, y, color=color, label=NAMES.get(who, who), zorder=3 if who in (OURS, FROM_X) else 2, **options)


def errors_near(row):
    """Return the picture of the errors near 0."""

    def fill(axes):
        lines(axes, row["x"], row["ulp"])
        axes.set(title="largest error, ULP", xlabel="x", ylim=(0, None), xlim=(row["x"][0], row["x"][-1]))

    return drawn(f"near-{row['type']}", f"Largest error of the sigmoid in ULP over x, {row['type']}", fill)


def errors_tail(row):
    """Return the picture of the errors where results are subnormal."""

    def fill(axes):
        lines(axes, row["x"], {who: [max(u, LEAST) for u in ulp] for who, ulp in row["ulp"].items()})
        axes.set(title="largest error, ULP (logarithmic)", xlabel="x", yscale="log")
        axes.set(ylim=(0.1, None), xlim=(row["x"][0], row["x"][-1]))
        logarithmic(axes.yaxis, lambda value, _: short(value) if value < 10**4 else power(value), 3)

    return drawn(f"tail-{row['type']}", f"Largest error of the sigmoid in its tail, in ULP over x, {row['type']}", fill)


def errors_histogram(row):
    """Return the picture of how the errors are distributed."""
    found = row["histogram"]

    def fill(axes):
        for who, share in found["share"].items():
            color, _ = LOOKS[who]
            some = [i for i, s in enumerate(share) if s]  # a line at 0 would hide others
            bins = slice(some[0], some[-1] + 1) if some else slice(0)
            percents, edges = [100 * s for s in share[bins]], found["edges"][bins.start : bins.stop + 1]
            axes.stairs(percents, edges, color=color, linewidth=1.6, label=NAMES[who], zorder=3 if who == OURS else 2)
            if who == OURS:
                axes.stairs(percents, edges, color=color, fill=True, alpha=0.15)
        axes.set(title=f"% of results, in bins of {WIDTH} ULP", xlabel="signed error, ULP", ylim=(0, None))

    return drawn(f"histogram-{row['type']}", f"Histogram of the sigmoid's signed errors in ULP, {row['type']}", fill)


def speed(rows, dtype):
    """Return the picture of ns per element over the length of the array."""
    rows = [row for row in rows if row["type"] == dtype]

    def fill(axes):
        for who in dict.fromkeys(row["who"] for row in rows):
            color, marker = LOOKS[who]
            points = [(row["n"], row["ns"]) for row in rows if row["who"] == who]
            n, ns = zip(*points, strict=True)
            axes.plot(n, ns, color=color, marker=marker, label=NAMES[who], zorder=3 if who == OURS else 2)
        axes.set(title="ns per element (logarithmic)", xlabel="elements", xscale="log", yscale="log")
        logarithmic(axes.xaxis, count)
        logarithmic(axes.yaxis, short)

    return drawn(f"speed-{dtype}", f"Time per element in ns over the length of the array, {dtype}", fill, TALL)


def derivative(row, dies):
    """Return the picture of the relative errors of two forms of the derivative."""

    def fill(axes):
        lines(axes, row["x"], {form: [max(e, LEAST) for e in errors] for form, errors in row["relative"].items()})
        axes.set(title="relative error (logarithmic)", xlabel="x", yscale="log", xlim=(0, row["x"][-1]))
        axes.set(ylim=(np.finfo(row["type"]).eps / 100, 10))
        logarithmic(axes.yaxis, lambda value, _: "1" if value == 1 else power(value), 4)
        axes.axvline(dies, color=MUTED, linewidth=1, linestyle=(0, (2, 2)))
        axes.annotate(
            f"0 from\nx = {dies:.2f} on",
            (dies, 0.4),
            xycoords=axes.get_xaxis_transform(),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
        )

    return drawn(f"derivative-{row['type']}", f"Relative error of the derivative over x, {row['type']}", fill)
