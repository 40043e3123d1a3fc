"""Fill in the tables of README.md and of docs/: from docstrings, tests of names, and logs of runs.

    python bench/tables.py           write them
    python bench/tables.py --check   exit with 1 where a table is not what it should be, or a log of other kernels

A table stands between two comments, `<!-- table NAME -->` and `<!-- end -->`.
"""

import argparse
import json
import re
import sys
from itertools import product
from pathlib import Path
from typing import NamedTuple

import bfloat16
import sources
from contenders import CONTENDERS
from peers import ALONE, COPY, FUNCTIONS, TYPES, label, timed
from peers import LOGS as RACES

import fastsig
from fastsig._docs import DOCS
from fastsig._reference import REFERENCE

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "bench" / "logs"
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("accuracy", "speed", "scipy", "bfloat16", "cython")),
]
sys.path.insert(0, str(ROOT / "tests"))  # two of them hold the rows of tables
BLOCK = re.compile(r"(<!-- table (?P<name>[\w ]+) -->\n).*?(?=<!-- end -->)", re.S)


def rows(cells):
    """Return a Markdown table, its head first."""
    head, *body = cells
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *body])


def described(name):
    """Return how a function is called, and what it computes, as the first sentence of its docstring has it.

    Raises
    ------
    LookupError
        If its docstring has no such sentence, or its parameters no entries.
    """
    sentence = re.match(r"\s*(?P<text>[^\n]*), elementwise(?P<more>[^\n]*?)\.(?: |\n)", DOCS.get(name, ""))
    inputs = re.findall(r"^(\w+) : array_like of float", DOCS.get(name, ""), re.M)
    if sentence is None or not inputs:
        raise LookupError(
            f"fastsig/_docs.py: the docstring of {name} in DOCS has to begin with a sentence `what it computes, "
            "elementwise.` on one line, and to have an entry `x : array_like of float` for each input"
        )
    return f"`{name}({', '.join(inputs)})`", sentence["text"] + sentence["more"]


def functions():
    """Return the table of functions."""
    return rows([["ufunc", "what it computes"], *map(described, REFERENCE)])


def names():
    """Return the table of the names used elsewhere, and of what their hand-written forms get wrong."""
    from test_names import NAMES

    table = [["known as", "from", "fastsig", "written by hand", "at", "gives", "right"]]
    for row in NAMES:
        wrong, right = (", ".join(texts) for texts in zip(*row.shown(), strict=True))
        at = f"{row.x:g}" if len(str(row.x)) < 8 else str(row.x)
        at = ("float32 " if row.x.dtype == "float32" else "") + at + ("" if row.t is None else f", t = {row.t:g}")
        table.append([f"`{row.name}`", row.origin, f"`{row.function}`", f"`{row.by_hand}`", at, wrong, right])
    return rows(table)


def otherwise():
    """Return the table of what functions of other libraries do otherwise than those that replace them."""
    from ecosystem.test_names_of_others import ROWS

    return rows(
        [["the original", "what it does", "what fastsig does"]]
        + [[row.shown(), row.original, row.fastsig] for row in ROWS]
    )


def about(file):
    """Return what a log says of its run: the machine, the compiler, the kernels, the day."""
    return dict(re.findall(r"^- (.+?): (.*)$", (LOGS / file).read_text("utf-8"), re.M))


def logged(file):
    """Return a function that returns the table of a log, with the facts of its run below."""

    def table():
        lines, facts = re.findall(r"^\|.*\n", (LOGS / file).read_text("utf-8"), re.M), about(file)
        return f"{''.join(lines)}\n{facts['CPU']}, {facts['compiler']}, {facts['date'][:10]}.\n"

    return table


def rows_of(file):
    """Return the table of a log: a dict for each row."""
    lines = re.findall(r"^\|(.*)\|$", (LOGS / file).read_text("utf-8"), re.M)
    head, _, *body = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [dict(zip(head, row, strict=True)) for row in body]


def beside_torch():
    """Return how many times as fast as PyTorch's functions of bfloat16 are, for each log of an ISA."""
    found = {isa: {row["function"]: row[bfloat16.TIMES] for row in rows_of(file)} for isa, file in BFLOAT16.items()}
    table = [["function", *found]]
    table += [[f"`{name}`", *(times[f"`{name}`"] for times in found.values())] for name in REFERENCE]
    ran = {f"{facts['CPU']}, {facts['compiler']}, {facts['date'][:10]}" for facts in map(about, BFLOAT16.values())}
    return f"{rows(table)}\n{'; '.join(sorted(ran))}.\n"


def accuracy_in_short():
    """Return the largest error of each function and library, over all outputs, in float32 and float64."""
    errors, by = {}, {}
    for output, dtype, library, error, *_ in (row.values() for row in rows_of(FILES["accuracy"])):
        key = output.partition("[")[0], dtype, library.partition(" ")[0]
        by.setdefault(key[2])
        errors[key] = max(errors.get(key, 0.0), float(error))
    table = [["function", *by]]
    for name in REFERENCE:
        pairs = ([errors[name, dtype, library] for dtype in ("float32", "float64")] for library in by)
        table.append([f"`{name}`", *(" / ".join(map(in_short, pair)) for pair in pairs)])
    return rows(table)


def in_short(error):
    """Return an error in ULP as a table has room for it."""
    if error > 1e300:
        return "∞"
    return f"{error:.1f}" if error < 100 else re.sub(r"e\+0?", "e", f"{error:.0e}")


# ---------------------------------------------------------------------------------------------------------------
# The race
# ---------------------------------------------------------------------------------------------------------------

SHOWN = (10**5, 10**7)  # elements
ONE = (1,)  # element: a call
IN_SHORT = (
    *(("sigmoid", dtype) for dtype in TYPES),
    ("sigmoid_derivative", "float32"),
    ("log_sigmoid", "float64"),
    ("logit", "float64"),
)


class Race(NamedTuple):
    """A log of `bench/peers.py`."""

    path: str  # from ROOT
    about: dict
    rows: list

    def kind(self):
        """Return the kind of which one race is shown: the CPU's maker and family, where known, and the ISA."""
        cpu = re.fullmatch(r"(\w+).* \((family \d+), model \d+\)", self.about["CPU"])
        return f"{' '.join(cpu.groups()) if cpu else self.about['CPU']}, {self.about['ISA']}"

    def cells(self, function, dtype, sizes, names):
        """Return ns per element of each contender at each size, in bold the least of a size."""
        found = {name: [] for name in names}
        for n in sizes:
            key = {"function": function, "type": dtype, "size": n}
            ns = {row["contender"]: row["ns per element"] for row in self.rows if row.items() >= key.items()}
            least = min((ns[name] for name in ns.keys() & CONTENDERS), default=None)
            for name, cell in found.items():
                told = f"{ns[name]:.{0 if n == 1 else 2}f}" if name in ns else "-"
                cell.append(f"**{told}**" if name in CONTENDERS and ns.get(name, "") == least else told)
        return [" / ".join(cell) if set(cell) != {"-"} else "-" for cell in found.values()]


def races():
    """Return all races, the newest first."""
    logs = [(path, json.loads(path.read_text("utf-8"))) for path in sorted(RACES.glob("*.json"))]
    found = [Race(path.relative_to(ROOT).as_posix(), log["about"], log["rows"]) for path, log in logs]
    return sorted(found, key=lambda race: race.about["date"], reverse=True)


def side_by_side(shown, sizes, names, functions):
    """Return a table of races: a line for each function, type and race."""
    table = [["function", "type", "CPU", *map(label, names)]]
    for function, dtype, race in product(functions, TYPES, shown):
        cells = race.cells(function, dtype, sizes, names)
        table += [[f"`{function}`", dtype, *map(unbroken, [race.kind(), *cells])]] if set(cells) != {"-"} else []
    return rows(table)


def unbroken(text):
    """Return a text that stays on one line, so that a table of many columns has rows of one line and is scrolled."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def newest():
    """Return the newest race of each kind."""
    found = {race.kind(): race for race in reversed(races())}
    return [found[kind] for kind in sorted(found)]


def speed_in_short():
    """Return some rows of the newest races, a number for each kind."""
    shown = newest()
    names = [name for name in timed([row for race in shown for row in race.rows]) if name in CONTENDERS]
    table = [["function", "type", *map(label, names)]]
    for function, dtype in IN_SHORT:
        cells = zip(*(race.cells(function, dtype, SHOWN[:1], names) for race in shown), strict=True)
        table.append([f"`{function}`", dtype, *(" / ".join(cell) if set(cell) != {"-"} else "-" for cell in cells)])
    kinds = " / ".join(race.kind() for race in shown)
    return f"{SHOWN[0]:,} elements; in each cell {kinds}.\n\n{rows(table)}"


def speed():
    """Return the newest race of each kind side by side, and what each of them was."""
    shown = newest()
    names = timed([row for race in shown for row in race.rows])
    text = side_by_side(shown, SHOWN, [name for name in names if name in CONTENDERS], FUNCTIONS)
    text += "\nA call of one element, ns:\n\n"
    text += side_by_side(shown, ONE, [name for name in names if name not in (ALONE, COPY)], ("sigmoid",))
    text += "\n"
    for race in shown:
        about = {"commit": "not recorded", **race.about}
        picture = race.path.replace(".json", ".png")
        text += (
            f"- {race.kind()}: {about['CPU']}, {about['compiler']}, {about['date'][:10]}, commit {about['commit']} "
            f"([log](../{race.path}){f', [picture](../{picture})' if (ROOT / picture).exists() else ''}).\n"
        )
    return text


# ---------------------------------------------------------------------------------------------------------------
# All tables, and whether they are up to date
# ---------------------------------------------------------------------------------------------------------------

FILES = {
    "float32": "verify_float32.md",
    "accuracy": "../accuracy/table.md",
    "fast": "verify_fast.md",
    "allocation": "allocation.md",
    "cython": "cython_calls.md",
}
BFLOAT16 = {"AVX-512": "bfloat16_avx512.md", "AVX2": "bfloat16_avx2.md"}
LINKED = (  # logs that pages link to, and do not show
    "verify_float64.md",
    "verify_float16_pairs.md",
    "hunt_float64.md",
    "fast_phase.md",
    "shares.md",
    "against_avx2.md",
    "against_avx512.md",
)
ALL_LOGS = (*FILES.values(), *BFLOAT16.values(), *LINKED)  # but for races
TABLES = {"functions": functions, "names": names, "otherwise": otherwise, "speed": speed, "bfloat16": beside_torch}
TABLES |= {"accuracy in short": accuracy_in_short, "speed in short": speed_in_short}
TABLES |= {name: logged(file) for name, file in FILES.items()}


PROOFS = ("verify_float32.md", "verify_float64.md", "verify_float16_pairs.md")


def unproved(named):
    """Return the functions that a log does not cover, by name or by functions that have the same outputs."""
    proved = {formula for name in sources.functions_of(named) for formula in REFERENCE.get(name, ())}
    return sorted(name for name, formulas in REFERENCE.items() if not proved.issuperset(formulas))


def complaints():
    """Return what is wrong with the tables and the logs. Races on other CPUs than the last one's may be old."""
    texts = {page.relative_to(ROOT): page.read_text("utf-8") for page in PAGES}
    stale = [page for page, text in texts.items() if filled(text) != text]
    found = [f"the tables of {page} are stale: python bench/tables.py fills them in" for page in stale]
    ran = {(LOGS / file).resolve().relative_to(ROOT): about(file) for file in ALL_LOGS}
    last_cpu = races()[0].about["CPU"]
    for race in races():
        if race.about["CPU"] == last_cpu:
            ran[race.path] = race.about
        elif "commit" not in race.about:
            found.append(f"{race.path} is of another CPU than the last race, and names no commit that it ran")
    for file in PROOFS:
        found += [f"bench/logs/{file} proves nothing of {name}" for name in unproved(about(file).get("kernels", ""))]
    return found + [
        f"{path} is of other kernels than the sources' ({facts.get('kernels', 'not named')}): it has to be made again"
        for path, facts in ran.items()
        if not sources.still_are(facts.get("kernels", ""))
    ]


def filled(text):
    """Return a page's text with its tables filled in."""
    return BLOCK.sub(lambda match: match[1] + "\n" + TABLES[match["name"]]() + "\n", text)


def main(argv=None):
    """Write or check the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args(argv)
    if arguments.check:
        wrong = complaints()
        print(f"fastsig {fastsig.__version__}:", *(wrong or ["all tables are as they should be"]), sep="\n")
        return int(bool(wrong))
    for page in PAGES:
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
