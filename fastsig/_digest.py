"""The hash of the sources that the kernels are compiled from: setup.py writes it into each kernels module."""

import hashlib
from pathlib import Path

SUFFIXES = (".h", ".pxd", ".pxi", ".pyx")


def digest(folder: Path) -> str:
    """Return the hash of the sources in a folder, of their names and lines, in hexadecimal."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        found.update(path.relative_to(folder).as_posix().encode())
        found.update(path.read_text("utf-8").encode())
    return found.hexdigest()[:16]
