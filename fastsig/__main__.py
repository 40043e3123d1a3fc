"""``fastsig`` and ``python -m fastsig``: how accurate and how fast fastsig is on this machine."""

import argparse
import importlib.util
import json
import math
import os
import sys
from pathlib import Path

import fastsig
from fastsig._report import accuracy, measure, progress, text

STDOUT = "-"
FOR_PAGES = ("matplotlib", "tqdm")


def to_write(name):
    """Return the name of a file that can be written, or that of standard output.

    Raises
    ------
    argparse.ArgumentTypeError
        If it cannot.
    """
    if name == STDOUT:
        return name
    folder, file = os.path.split(name)
    if folder and not os.path.isdir(folder):
        raise argparse.ArgumentTypeError(f"there is no folder {folder!r} to write {file!r} into")
    if not file or os.path.isdir(name):
        raise argparse.ArgumentTypeError(f"{name!r} is a folder, where the name of a file is wanted")
    there = os.path.exists(name)
    try:
        with open(name, "ab"):
            pass
        if not there:
            os.remove(name)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name!r} cannot be written: {error.strerror}") from None
    return name


def arguments(argv):
    """Return what was asked for; whatever is wrong with it ends the program, before anything is measured."""
    parser = argparse.ArgumentParser(
        prog="fastsig",
        description="Report how accurate and fast fastsig is here. Without options the report is text. "
        "The exit status is 1 if a result was off by more than its bound.",
    )
    parser.add_argument("--version", action="version", version=f"fastsig {fastsig.__version__}")
    parser.add_argument(
        "--html", metavar="FILE", type=to_write, help="write a page with pictures; needs the extra report"
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        type=to_write,
        nargs="?",
        const=STDOUT,
        help="write what was measured as JSON, to standard output where no file is named",
    )
    asked = parser.parse_args(argv)
    if asked.html == STDOUT:
        parser.error("--html: the name of a file is wanted, and '-' is none")
    if asked.html and asked.json and os.path.realpath(asked.html) == os.path.realpath(asked.json):
        parser.error(f"--html and --json name the same file, {asked.html!r}")
    missing = [name for name in FOR_PAGES if importlib.util.find_spec(name) is None]
    if asked.html and missing:
        parser.error(
            f"--html needs {' and '.join(FOR_PAGES)}; not installed: {', '.join(missing)}. "
            'Install them with: pip install "fastsig-ufuncs[report]"'
        )
    return asked


def plain(value):
    """Return a value with None for each number that is not finite, since JSON has no infinity and no NaN."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main(argv=None):
    """Print the report, or write what was asked for; return 0 if every accuracy check passed, 1 if not."""
    asked = arguments(argv)
    if asked.html:
        from fastsig._report import page  # first of all, in case matplotlib does not work

        with progress.bar(measure.steps(True)) as step:
            found = measure.for_page(step)
        Path(asked.html).write_text(page.of(found), "utf-8")
    else:
        with progress.line(measure.steps(False)) as step:
            found = measure.for_text(step)
    if asked.json:
        written = json.dumps(plain(found), indent=1, allow_nan=False)
        if asked.json == STDOUT:
            print(written)
        else:
            Path(asked.json).write_text(written + "\n", "utf-8")
    if not asked.html and not asked.json:
        print(text.of(found))
    else:
        for line in text.of_failed(found["accuracy"]):
            print(line, file=sys.stderr)
    return 1 if accuracy.failed(found["accuracy"]) else 0


if __name__ == "__main__":
    sys.exit(main())
