"""What fastsig costs a process: the time of its import, and memory."""

from .data import FUNCTIONS, LAYOUTS, function, operands

SIZE = 10**7


class Import:
    """The import, in a process of its own that has imported NumPy."""

    def timeraw_import(self):
        """Return what is timed, and what comes before."""
        return "import fastsig", "import numpy"


class Memory:
    """The most memory that a process holds: the operands are in it, and a call is to add nothing."""

    params = (FUNCTIONS, LAYOUTS)
    param_names = ("function", "layout")

    def setup(self, name, layout):
        """Make the operands."""
        self.inputs, self.out = operands(name, "float64", SIZE, layout=layout)

    def peakmem_call(self, name, _):
        """Measure a call."""
        function(name)(*self.inputs, out=self.out)
