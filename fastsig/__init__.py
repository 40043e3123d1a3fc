"""fastsig: the logistic sigmoid and its derivative as real NumPy ufuncs, right to the last bit and fast."""

from importlib.util import find_spec

if find_spec("fastsig._ufuncs") is None:
    raise ImportError(
        f"these are the sources of fastsig, which are not compiled: {__path__[0]}. "
        "Install them with `pip install .` in the folder above, and import fastsig from any other folder."
    )

from fastsig._dispatch import isa
from fastsig._ufuncs import UFUNCS
from fastsig._version import __version__

sigmoid = UFUNCS["sigmoid"]
sigmoid_derivative = UFUNCS["sigmoid_derivative"]
sigmoid_with_derivative = UFUNCS["sigmoid_with_derivative"]

del UFUNCS

__all__ = ["__version__", "isa", "sigmoid", "sigmoid_derivative", "sigmoid_with_derivative"]
