"""Modules that are imported where they are first used: `--help` works where one is missing."""

from importlib import import_module


class Module:
    """A stand-in for a module, which it imports when first asked for something in it."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, attribute):
        """Return what the module holds by that name, and keep it."""
        value = getattr(import_module(self.name), attribute)
        setattr(self, attribute, value)
        return value
