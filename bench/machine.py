"""What a log says of the machine and the software that made it, and how it is written."""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

import numpy as np
import sources

from fastsig import _dispatch
from fastsig._report.machine import cpu
from fastsig._version import __version__

UNKNOWN = "not recorded"
ROOT = Path(__file__).parents[1]
SOURCES = ("setup.py", "pyproject.toml", "fastsig", "bench", ":!bench/logs", ":!bench/accuracy")  # what is run


def kernel_files():
    """Return the files that hold the kernels of the ISAs that this CPU has."""
    return [Path(_dispatch.load(row).__file__) for row in _dispatch.available()]


def compilers():
    """Return the compilers that the kernels' files name as theirs."""
    named = re.compile(rb"GCC: \([^)]*\) [\d.]+|clang version [\d.]+")
    found = {match.decode() for path in kernel_files() for match in named.findall(path.read_bytes())}
    return ", ".join(sorted(found)) or UNKNOWN


def git(*arguments):
    """Return what git says of the checkout."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit():
    """Return the commit that a program is run from, as far as that is known: a source distribution has none."""
    try:
        if git("rev-parse", "--show-prefix"):  # the folder is part of somebody else's checkout
            return UNKNOWN
        head, changed = git("rev-parse", "HEAD"), git("status", "--porcelain", "--", *SOURCES)
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return f"{head[:12]}, with uncommitted changes" if changed else head[:12]


def facts(packages=(), kernels=sources.ALL):
    """Return when, where and with what a program is run.

    Parameters
    ----------
    packages : iterable of str
        Distributions whose versions are listed too.
    kernels : str
        Which kernels it runs, as `sources.kernels` takes them.

    Returns
    -------
    dict of str to str

    Raises
    ------
    RuntimeError
        If the kernels that are installed were compiled from other sources than those beside this file.
    """
    if not sources.are_installed():
        raise RuntimeError(
            f"fastsig was not installed from the kernels in {sources.KERNELS}: run `pip install .` there"
        )
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "CPU": cpu(),
        "system": platform.platform(),
        "compiler": compilers(),
        "fastsig": __version__,
        "kernels": sources.kernels(kernels),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        **{package: metadata.version(package) for package in packages},
    }


def share(text):
    """Return a share of the inputs that is given on a command line: more than 0, and 1 at the most."""
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"a share is more than 0 and 1 at the most, not {text}")
    return value


def timing_parser(summary):
    """Return the command line of a program that times calls with so many elements, in so many rounds."""
    parser = argparse.ArgumentParser(description=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elements", type=int, default=10**5, metavar="N", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=100, metavar="N", help="default: %(default)s")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    return parser


def markdown(rows):
    """Return a table: equal-keyed dicts as Markdown, in columns of equal width."""
    cells = [list(rows[0]), *([str(v) for v in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * w for w in widths])
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells)


def write_log(path, title, about, rows):
    """Write what a run was and what it found: JSON if the file's name ends so, else Markdown."""
    if Path(path).suffix == ".json":
        text = json.dumps({"check": title, **about, "rows": rows}, indent=1)
    else:
        text = f"# {title}\n\n" + "\n".join(f"- {k}: {v}" for k, v in about.items()) + "\n\n" + markdown(rows)
    write(path, text + "\n")


def write(path, text):
    """Write a file atomically."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)
