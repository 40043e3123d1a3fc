"""What the stubs say of the ufuncs, read as text."""

import re
from pathlib import Path

UFUNC = re.compile(r"^(\w+): Final\[((?:One|Two)To(?:One|Two))\]$", re.M)


def ufuncs_of(module):
    """Return the class of each ufunc in the stub beside a module, by the ufunc's name."""
    return dict(UFUNC.findall(Path(module.__file__).with_suffix(".pyi").read_text("utf-8")))
