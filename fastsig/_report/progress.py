"""How far measuring has come, written to stderr where that is a terminal."""

import shutil
import sys
from contextlib import contextmanager

TAKE_BACK = "\r\x1b[K"


@contextmanager
def line(total):
    """Give a function that writes what is measured next, in one line that is gone in the end."""
    done = 0

    def step(what):
        nonlocal done
        if sys.stderr.isatty():
            said = f"{100 * done // total:3}%  {what}"
            width = shutil.get_terminal_size().columns - 1  # a line that wraps cannot be taken back
            print(f"{TAKE_BACK}{said:.{width}}", end="", file=sys.stderr, flush=True)
        done += 1

    try:
        yield step
    finally:
        if sys.stderr.isatty():
            print(TAKE_BACK, end="", file=sys.stderr, flush=True)


@contextmanager
def bar(total):
    """Give such a function that draws tqdm's bar, which shows how long it will take."""
    from tqdm import tqdm

    # disable=None: only where stderr is a terminal
    form = "{percentage:3.0f}% {bar:20} {elapsed}<{remaining}  {desc}"
    with tqdm(total=total, disable=None, leave=False, bar_format=form) as drawn:
        begun = False

        def step(what):
            nonlocal begun
            drawn.update(begun)  # the step before this one is done now
            begun = True
            drawn.set_description_str(what)

        yield step
