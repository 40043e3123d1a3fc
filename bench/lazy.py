"""Modules that are imported where they are first used: whoever lacks one can still ask a program what it does."""

from importlib import import_module


class Module:
    """Stands for a module, and is asked for what it holds."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, attribute):
        """Return what the module holds by that name, and keep it."""
        value = getattr(import_module(self.name), attribute)
        setattr(self, attribute, value)
        return value
