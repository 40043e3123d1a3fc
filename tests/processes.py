"""Python in a process of its own."""

import os
import subprocess
import sys


def run_python(*arguments, environment=None, **options):
    """Run Python with these arguments and return what subprocess.run does, its output captured.

    The current folder is kept off the module path (-P): in the checkout it holds the sources, which are not
    compiled. Variables of `environment` are set, or unset where their value is None.
    """
    variables = {**os.environ, **(environment or {})}
    variables = {name: value for name, value in variables.items() if value is not None}
    return subprocess.run([sys.executable, "-P", *arguments], capture_output=True, env=variables, **options)
