"""What was measured, as one page that needs nothing else: no network, no script, no font."""

from html import escape
from importlib.resources import files

import numpy as np

from fastsig._bounds import stated
from fastsig._report import mathematics, pictures
from fastsig._report.accuracy import TYPES, failed
from fastsig._report.errors import FROM_S, FROM_X
from fastsig._report.pictures import GLUE, scientific
from fastsig._report.speed import BY_HAND, FAST, NAMES, OURS, SIZES
from fastsig._report.speed import TYPES as TIMED

MANY = SIZES[-1]
IN_SENTENCES = {**NAMES, BY_HAND: "the NumPy idiom", FAST: "its fast tier"}


# ---------------------------------------------------------------------------------------------------------------
# Numbers and elements
# ---------------------------------------------------------------------------------------------------------------


def ulp(value):
    """Return an error in ULP, with as many digits as mean something."""
    if not np.isfinite(value):
        return "∞"
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}" if value < 10**5 else scientific(value)


def at(x):
    """Return a place on the x axis, with a minus sign and not a hyphen, as text that no line breaks."""
    return f"x{GLUE}={GLUE}{x:.2f}".replace("-", "−")


def code(text):
    """Return a name as it is typed."""
    return f"<code>{escape(text)}</code>"


def listed(parts):
    """Return parts as a sentence lists them."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def table(head, rows, caption=""):
    """Return a table; a row is its class, its head, and cells that are complete elements."""
    caption = caption and f"<caption>{caption}</caption>"
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr class="{kind}"><th scope="row">{first}</th>{"".join(cells)}</tr>\n' for kind, first, cells in rows
    )
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table>"


def figure(svg, caption):
    """Return a picture and the sentence that says what it shows."""
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def pair(parts):
    """Return parts that stand side by side where there is room."""
    return f'<div class="pair">{"".join(parts)}</div>'


def section(title, *parts):
    """Return a section."""
    return f"<section><h2>{title}</h2>{''.join(parts)}</section>"


def part(found, dtype, name):
    """Return the errors of the sigmoid in one type and one part of x."""
    return next(row for row in found["errors"]["sigmoid"] if (row["type"], row["part"]) == (dtype, name))


def timed(found, dtype, n):
    """Return the times for one type and size, by contender."""
    return {row["who"]: row for row in found["speed"]["rows"] if (row["type"], row["n"]) == (dtype, n)}


# ---------------------------------------------------------------------------------------------------------------
# Sections
# ---------------------------------------------------------------------------------------------------------------


def facts(machine):
    """Return where and when it was measured."""
    versions = " · ".join(f"{name} {version}" for name, version in machine["versions"].items())
    rows = {
        "CPU": machine["cpu"],
        "Instruction set": f"{machine['isa']} (available: {', '.join(machine['isas'])})",
        "System": machine["system"],
        "Versions": versions,
        "Measured": machine["date"].replace("T", " ").replace("+00:00", " UTC"),
    }
    return (
        '<dl class="facts">'
        + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
        + "</dl>"
    )


def figures(found):
    """Return the four numbers that matter most."""
    rows = found["accuracy"]["rows"]
    over = failed(found["accuracy"])
    near = part(found, "float64", "near")["largest"]
    times = timed(found, "float64", MANY)
    dies = found["errors"]["derivative"]["dies"][-1]["zero_from"]
    cards = {
        f"{len(rows) - len(over)} of {len(rows)}": "functions and types have their largest error within its bound",
        f"{ulp(near[OURS])} ULP": "is the sigmoid’s largest error found near 0, in float64; "
        + listed([f"{ulp(most)} ULP that of {IN_SENTENCES[who]}" for who, most in near.items() if who != OURS]),
        f"{times[OURS]['ns']:.2f} ns": f"for each of {MANY:,} sigmoids in float64; "
        + listed([f"{times[who]['ns']:.2f} ns for {IN_SENTENCES[who]}" for who in near if who != OURS]),
        at(dies[FROM_X]): f"is where {code(FROM_X)} becomes 0 in float64; {code(FROM_S)} is 0 from "
        f"{at(dies[FROM_S])} on",
    }
    items = "".join(f"<li><strong>{number}</strong> {text}</li>" for number, text in cards.items())
    return f'<ul class="figures">{items}</ul>'


def accuracy(found):
    """Return the table of each function's largest error."""
    rows = {}
    for row in found["rows"]:
        kind = "" if row["ulp"] <= row["bound"] else ' class="failed"'
        cell = f"<td{kind}>{ulp(row['ulp'])}<small>≤ {row['bound']:.2f}</small></td>"
        rows.setdefault(row["function"], []).append(cell)
    eps = np.finfo("float32").eps
    return section(
        "How accurate",
        "<p>Floating-point numbers lie on a grid. One <b>ULP</b> (unit in the last place) is the gap between two "
        f"neighbours on it, at the exact value: in float32 between {scientific(eps / 2)} and {scientific(eps)} of it. "
        "An exact value almost never lies on the grid, so the nearest number is off by up to half an ULP; an error of "
        "0.5 ULP or less in every result is called correct rounding, and no function can do better.</p>",
        f"<p>Largest error found over {found['samples']:,} inputs for each function and type, against "
        f"{found['against']} with {found['digits']} digits; below it the bound that fastsig states.</p>",
        table(
            ["function, ULP", *(t.replace("longdouble", "long double") for t in TYPES)],
            [("", f"<code>{name.replace('_', '_<wbr>')}</code>", cells) for name, cells in rows.items()],
        ),
        f'<p class="note">{verdict(found)}</p>',
    )


def verdict(found):
    """Return the sentence under the table."""
    over = failed(found)
    if over:
        names = listed([f"{code(row['function'])} in {row['type']}" for row in over])
        return f"Over their bounds: {names}. This build is not to be trusted; please report it."
    return "All errors are within their bounds."


def largest(row):
    """Return the largest errors in a part of x, as a sentence lists them."""
    return listed([f"{ulp(most)} ULP for {IN_SENTENCES[who]}" for who, most in row["largest"].items()])


def near(row):
    """Return the picture of the sigmoid's errors near 0."""
    return figure(
        pictures.errors_near(row),
        f"{row['type']}: the largest error in each of {len(row['x'])} intervals of x, over all of which it is "
        f"{largest(row)}.",
    )


def distribution(row):
    """Return the picture of how they are distributed."""
    shares = listed(
        [f"{100 * share:.1f}% for {IN_SENTENCES[who]}" for who, share in row["histogram"]["within_half"].items()]
    )
    return figure(
        pictures.errors_histogram(row),
        f"{row['type']}: of {row['samples']:,} results, those off by no more than half an ULP, and so the nearest "
        f"numbers, are {shares}.",
    )


def tail(row):
    """Return the picture of the errors where results are subnormal and become 0."""
    becomes = listed(
        [
            f"{IN_SENTENCES[who]} is off by up to {ulp(row['largest'][who])} ULP and becomes 0 at {at(x)}"
            for who, x in row["zero_from"].items()
        ]
    )
    return figure(pictures.errors_tail(row), f"{row['type']}: {becomes}.")


def errors(found):
    """Return the pictures of the sigmoid's errors."""
    of_near = [part(found, dtype, "near") for dtype in TIMED]
    least = " and ".join(f"{scientific(float(np.finfo(dtype).tiny))} in {dtype}" for dtype in TIMED)
    return section(
        "Errors over x",
        f"<p>fastsig beside SciPy’s {code('expit')}, where SciPy is installed, and what people write with NumPy, "
        f"{code(BY_HAND)}, each in the type of its input.</p>",
        "<h3>Near 0, where the sigmoid goes from 0 to 1</h3>",
        pair(map(near, of_near)),
        "<h3>How these errors are distributed</h3>",
        pair(map(distribution, of_near)),
        "<h3>Far below 0, where it becomes 0</h3>",
        f"<p>Results below {least} are subnormal: they hold fewer digits the smaller they are. The idiom gives 0 too "
        "early, since e<sup>−x</sup> overflows while 1/e<sup>−x</sup> is still a number of the type.</p>",
        pair(tail(part(found, dtype, "tail")) for dtype in TIMED),
    )


def times_table(found, dtype):
    """Return the times at two sizes, and how they compare with ours."""
    columns = [timed(found, dtype, n) for n in SIZES]
    rows = []
    for who in columns[0]:
        cells = []
        for column in columns:
            row = column[who]
            kind = ' class="faster"' if row["ratio"] < 1 and who not in (OURS, FAST) else ""
            ratio = "" if who == OURS else f"<small>{row['ratio']:.2f} ×{', faster' if kind else ''}</small>"
            cells.append(f"<td{kind}>{row['ns']:.2f}{ratio}</td>")
        rows.append(("ours" if who in (OURS, FAST) else "", escape(NAMES[who]), cells))
    head = ["ns per element", *(f"{n:,} elements" for n in SIZES)]
    return f"<div>{table(head, rows, dtype)}</div>"


def compared(found, dtype):
    """Return the sentence under a picture of times."""
    times = timed(found, dtype, MANY)
    first, *others = sorted((row for who, row in times.items() if who != OURS), key=lambda row: row["ratio"])
    shares = [f"{IN_SENTENCES[first['who']]} {first['ratio']:.2f} times that"]
    shares += [f"{IN_SENTENCES[row['who']]} {row['ratio']:.2f}" for row in others]
    return f"{dtype}: at {MANY:,} elements fastsig takes {times[OURS]['ns']:.2f} ns for each, {listed(shares)}."


def speed(found):
    """Return pictures and tables of the times."""
    missing = found["speed"]["missing"]
    bound = max(stated("fast_sigmoid", dtype, True).ulp for dtype in TIMED)
    absent = f" Not installed here, or not working: {listed([NAMES[who] for who in missing])}." if missing else ""
    return section(
        "How fast",
        "<p>Time for one element of a sigmoid over the length of the array: one thread, outputs given where a library "
        f"takes them, all in turn, the least of {found['speed']['rounds']} rounds. Lower is better. Short arrays show "
        f"what a call costs, long ones what memory costs. {code(OURS)} is correctly rounded; {code(FAST)} is within "
        f"{bound:.2f} ULP instead.{absent}</p>",
        pair([figure(pictures.speed(found["speed"]["rows"], dtype), compared(found, dtype)) for dtype in TIMED]),
        pair([times_table(found, dtype) for dtype in TIMED]),
        f'<p class="note">×: its time over that of {code(OURS)}.</p>',
    )


def derivative(found):
    """Return the pictures of the derivative's errors, and where gradients die."""
    measured = found["errors"]["derivative"]
    dies = {row["type"]: row["zero_from"] for row in measured["dies"]}
    drawn = [
        figure(
            pictures.derivative(row, dies[row["type"]][FROM_S]),
            f"{row['type']}: {code(FROM_S)} loses digits as x grows and is 0 from {at(dies[row['type']][FROM_S])} "
            f"on, an error of 100%; {code(FROM_X)} is off by {scientific(row['largest'][FROM_X])} of its value "
            "at most.",
        )
        for row in measured["rows"]
    ]
    rows = [("", dtype, [f"<td>{zero[form]:.2f}</td>" for form in (FROM_S, FROM_X)]) for dtype, zero in dies.items()]
    return section(
        "Where gradients die",
        f"<p>Textbooks have the derivative as {code(FROM_S)}, from s = σ(x). Where s is so near 1 that it is rounded "
        f"to 1, that is 0, and nothing is learnt from such an x any more. {code(FROM_X)} takes it from x. Below is the "
        f"relative error of both, with the s that is right to the last bit.</p>",
        pair(drawn),
        "<h3>From which x on the derivative is 0</h3>",
        f'<div class="narrow">{table(["type", code(FROM_S), code(FROM_X)], rows)}</div>',
    )


def derivation(example):
    """Return the derivation, to the form that cancels and the form that does not."""
    x = f"{example['x']:g}"
    return section(
        "Why: the derivation in short",
        "<p>After Lin (2019), “Neural networks: Deriving the sigmoid derivative via chain and quotient rules”.</p>",
        pair(
            [
                f"<div><h3>By the chain rule</h3>{mathematics.BY_THE_CHAIN_RULE}</div>",
                f"<div><h3>By the quotient rule</h3>{mathematics.BY_THE_QUOTIENT_RULE}</div>",
                "<div><h3>On to the form that cancels</h3>"
                f"{mathematics.THE_FORM_THAT_CANCELS}"
                f'<p class="note">At x = {x}, float64 has {example["s"]:g} for σ, and {example[FROM_S]:g} for '
                "σ(1 − σ): the difference 1 − σ has lost every digit.</p></div>",
                "<div><h3>Or to the form that does not</h3>"
                f"{mathematics.THE_FORM_THAT_DOES_NOT}"
                "<p>The derivative is the same at −x, so |x| may stand for x: then nothing overflows, and no numbers "
                "are subtracted.</p>"
                f'<p class="note">At x = {x} {code(FROM_X)} is {scientific(example[FROM_X])}.</p></div>',
            ]
        ),
    )


def of(found):
    """Return the page."""
    machine = found["machine"]
    css = files(__package__).joinpath("page.css").read_text("utf-8")
    title = f"fastsig {machine['versions']['fastsig']} on {machine['cpu'].split(' (')[0]}"
    body = "\n".join(
        (
            accuracy(found["accuracy"]),
            errors(found),
            speed(found),
            derivative(found),
            derivation(found["errors"]["example"]),
        )
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>
{css}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="lead">How accurate and how fast the logistic sigmoid and its family are on this machine, as measured here.</p>
{facts(machine)}
{figures(found)}
</header>
<main>
{body}
</main>
<footer>
<p>Made by <code>fastsig --html</code>. Every number on this page but the bounds was measured on the machine named
above; run it on yours.</p>
</footer>
</body>
</html>
"""
