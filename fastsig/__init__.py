"""fastsig: the sigmoid and its family as real NumPy ufuncs, right to the last bit and fast."""

import importlib.util
import inspect  # before anything of fastsig: Cython's modules import it, and crash where that fails

import numpy  # before anything of fastsig, so that NumPy's own message refuses a subinterpreter

if importlib.util.find_spec("fastsig._ufuncs") is None:
    raise ImportError(
        f"these are the sources of fastsig, which are not compiled: {__path__[0]}. "
        "Install them with `pip install .` in the folder above, and import fastsig from any other folder."
    )

from fastsig._dispatch import isa
from fastsig._threaded import threaded
from fastsig._ufuncs import UFUNCS
from fastsig._version import __version__

globals().update(UFUNCS)  # the stub names each of them for type checkers

# SciPy's names, for code that comes from there.
expit = UFUNCS["sigmoid"]
log_expit = UFUNCS["log_sigmoid"]

__all__ = ["__version__", "expit", "isa", "log_expit", "threaded"]
__all__ += UFUNCS.keys()
__all__.sort()

del UFUNCS, inspect, numpy

# Imported when first named, so that programs that do not use them do not wait for them.
_MODULES = ("fast", "objectives")


def __getattr__(name):
    """Import a module of this package where it is first named."""
    if name in _MODULES:
        return importlib.import_module(f"fastsig.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    """Return the public names, those of modules among them."""
    return sorted({*globals(), *_MODULES})
