"""Each function over sizes, types, layouts and distributions; and the cost of one call."""

import numpy as np

from .data import DISTRIBUTIONS, FUNCTIONS, LAYOUTS, SEED, TIERS, TYPES, function, operands

SIZES = [10**k for k in range(8)]
SIZE = 10**5  # where layouts, distributions and masks are compared: in the second cache
CALLS = 1000  # of few elements


def calls(n):
    """Return how many calls with n elements are timed at once: one from 10^5 elements on, and at most 1000 of fewer.

    asv runs `setup` before each time that it takes. A single small call would find the caches cold, and be shorter than
    the clock can tell.
    """
    return min(CALLS, max(1, SIZE // n))


class _Call:
    """What all have in common: calls with operands that are made, and touched, before."""

    def prepare(self, name, tier, dtype, n, **kind):
        """Make the operands. In place, a function is applied over and over, and may leave its domain."""
        np.seterr(all="ignore")
        self.function = function(name, tier)
        self.inputs, self.out = operands(name, dtype, n, **kind)
        self.calls = range(calls(n))

    def time_call(self, *_):
        """Time calls."""
        function, inputs, out = self.function, self.inputs, self.out
        for _ in self.calls:
            function(*inputs, out=out)


class Sizes(_Call):
    """Contiguous operands, normally distributed: 1000 calls up to 100 elements, then 10^5 elements, then one call."""

    params = (FUNCTIONS, list(TIERS), TYPES, SIZES)
    param_names = ("function", "tier", "type", "size")

    def setup(self, name, tier, dtype, n):
        """Make the operands."""
        self.prepare(name, tier, dtype, n)


class Layouts(_Call):
    """Operands that the driver has to copy into contiguous buffers, and those that it has not."""

    params = (FUNCTIONS, list(TIERS), TYPES, LAYOUTS)
    param_names = ("function", "tier", "type", "layout")

    def setup(self, name, tier, dtype, layout):
        """Make the operands."""
        self.prepare(name, tier, dtype, SIZE, layout=layout)


class Distributions(_Call):
    """Inputs of each kind, none but the hard ones much slower than the normal ones."""

    params = (FUNCTIONS, list(TIERS), TYPES, DISTRIBUTIONS)
    param_names = ("function", "tier", "type", "distribution")

    def setup(self, name, tier, dtype, distribution):
        """Make the operands."""
        self.prepare(name, tier, dtype, SIZE, distribution=distribution)


class Masked(_Call):
    """About half of the elements, at random, by `where=`."""

    params = (FUNCTIONS, list(TIERS), TYPES)
    param_names = ("function", "tier", "type")

    def setup(self, name, tier, dtype):
        """Make the operands and the mask."""
        self.prepare(name, tier, dtype, SIZE)
        self.where = np.random.default_rng(SEED).random(SIZE) < 0.5

    def time_call(self, *_):
        """Time a call."""
        self.function(*self.inputs, out=self.out, where=self.where)


class MaskedExp(Masked):
    """NumPy's exp of the same elements: what `where=` costs any ufunc."""

    params = (TYPES,)
    param_names = ("type",)

    def setup(self, dtype):
        """Make the operands and the mask."""
        super().setup("sigmoid", "default", dtype)
        self.function = np.exp


class Overhead(_Call):
    """A thousand calls with one element: an array with `out=`, a Python float, and an array of no dimension."""

    params = (FUNCTIONS, list(TIERS))
    param_names = ("function", "tier")

    def setup(self, name, tier):
        """Make the operands."""
        self.prepare(name, tier, "float64", 1)
        self.scalars = [float(x[0]) for x in self.inputs]
        self.zero_dimensional = [x.reshape(()) for x in self.inputs]

    def time_float(self, *_):
        """Time calls with Python floats."""
        function, scalars = self.function, self.scalars
        for _ in self.calls:
            function(*scalars)

    def time_zero_dimensional(self, *_):
        """Time calls with arrays of no dimension."""
        function, zero_dimensional = self.function, self.zero_dimensional
        for _ in self.calls:
            function(*zero_dimensional)
