"""Each function over sizes, types, layouts and distributions; and the cost of one call."""

from importlib import import_module

import numpy as np

from .data import DISTRIBUTIONS, FAST, FUNCTIONS, LAYOUTS, TYPES, function, operands

SIZES = [10**k for k in range(8)]
SIZE = 10**5  # where layouts and distributions are compared: in the second cache


class _Call:
    """What all have in common: one call with operands that are made, and touched, before."""

    def prepare(self, name, dtype, n, **kind):
        """Make the operands. In place, a function is applied over and over, and may leave its domain."""
        np.seterr(all="ignore")
        self.function = function(name)
        self.inputs, self.out = operands(name, dtype, n, **kind)

    def time_call(self, *_):
        """Time a call."""
        self.function(*self.inputs, out=self.out)


class Sizes(_Call):
    """Contiguous operands, normally distributed."""

    params = (FUNCTIONS, TYPES, SIZES)
    param_names = ("function", "type", "size")

    def setup(self, name, dtype, n):
        """Make the operands."""
        self.prepare(name, dtype, n)


class Fast(_Call):
    """The fast tier, in the type that is its own; a fastsig that has none is left out."""

    params = (FAST, SIZES)
    param_names = ("function", "size")

    def setup(self, name, n):
        """Make the operands."""
        self.prepare(name, "float32", n)
        try:
            self.function = getattr(import_module("fastsig.fast"), name)
        except ModuleNotFoundError as e:
            raise NotImplementedError from e


class Layouts(_Call):
    """Operands that the driver has to stage, beside those that it has not."""

    params = (FUNCTIONS, TYPES, LAYOUTS)
    param_names = ("function", "type", "layout")

    def setup(self, name, dtype, layout):
        """Make the operands."""
        self.prepare(name, dtype, SIZE, layout=layout)


class Distributions(_Call):
    """Inputs of other kinds: none is to be slower than another."""

    params = (FUNCTIONS, TYPES, DISTRIBUTIONS)
    param_names = ("function", "type", "distribution")

    def setup(self, name, dtype, distribution):
        """Make the operands."""
        self.prepare(name, dtype, SIZE, distribution=distribution)


class Overhead(_Call):
    """One element: an array with `out=`, a Python float, and an array of no dimension."""

    params = (FUNCTIONS,)
    param_names = ("function",)

    def setup(self, name):
        """Make the operands."""
        self.prepare(name, "float64", 1)
        self.scalars = [float(x[0]) for x in self.inputs]
        self.zero_dimensional = [x.reshape(()) for x in self.inputs]

    def time_float(self, _):
        """Time a call with Python floats."""
        self.function(*self.scalars)

    def time_zero_dimensional(self, _):
        """Time a call with arrays of no dimension."""
        self.function(*self.zero_dimensional)
