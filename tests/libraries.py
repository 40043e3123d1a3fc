"""Other people's libraries, which fastsig is tried with where they are installed."""

import importlib
import os
import shutil

import pytest


def library(name):
    """Import a library and return it; where it is missing, skip the tests, or fail if ALL_LIBRARIES is set.

    `pip install ".[ecosystem,docs]"` installs all of them.
    """
    if os.environ.get("ALL_LIBRARIES"):
        return importlib.import_module(name)
    return pytest.importorskip(name, reason=f"{name} is not installed; the extra ecosystem or docs has it")


def program(*names):
    """Return the path of the first of these programs that is installed; where none is, skip, or fail, as above."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("ALL_LIBRARIES"):
        raise FileNotFoundError(f"none of these programs is installed: {', '.join(names)}")
    return found or pytest.skip(f"none of these programs is installed: {', '.join(names)}")
