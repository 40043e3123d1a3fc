"""The machine, and the versions of what is measured on it."""

import datetime
import platform
from importlib import metadata
from pathlib import Path

import numpy as np

import fastsig
from fastsig import _dispatch


def cpu():
    """Return the CPU's name, as well as the operating system knows it."""
    try:
        fields = dict(
            (part.strip() for part in line.split(":", 1))
            for line in Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0].splitlines()
        )
        return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
    except (OSError, KeyError, ValueError):
        return platform.processor() or platform.machine()


def measured(packages):
    """Return when and on what a report was made, and the versions of distributions, given their names."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": cpu(),
        "system": platform.platform(),
        "isa": fastsig.isa(),
        "isas": [isa.name for isa in _dispatch.available()],
        "isa_variable": _dispatch.VARIABLE,
        "versions": {
            "fastsig": fastsig.__version__,
            "NumPy": np.__version__,
            "Python": platform.python_version(),
            **{name: metadata.version(package) for name, package in packages.items()},
        },
    }
