"""What was measured, as lines for a terminal."""

from fastsig._report.accuracy import TYPES, failed
from fastsig._report.speed import OURS


def of_machine(found):
    """Return the lines that say what was measured where."""
    versions = ", ".join(f"{name} {found['versions'][name]}" for name in ("fastsig", "NumPy", "Python"))
    valid = ", ".join(found["isas"])
    return [
        versions,
        f"ISA {found['isa']} (available: {valid}; {found['isa_variable']} overrides)",
        f"CPU {found['cpu']}",
    ]


def of_accuracy(found):
    """Return the table of the largest error per function and type, and a line for each that is over its bound."""
    lines = [
        f"Largest error in ULP over {found['samples']} inputs each, against {found['against']} (bound)",
        "A bound of 0.50 is correct rounding: the result is the number nearest to the exact value.",
        f"{'':32}" + "".join(f"{t:>18}" for t in TYPES),
    ]
    cells = {}
    for row in found["rows"]:
        cells.setdefault(row["function"], []).append(f"{row['ulp']:.3f} ({row['bound']:.2f})")
    lines += [f"{name:32}" + "".join(f"{cell:>18}" for cell in row) for name, row in cells.items()]
    return lines + of_failed(found)


def of_failed(found):
    """Return a line for each error that is over its bound."""
    return [
        f"FAILED  {row['function']} {row['type']}: {row['ulp']:.3f} ULP, over its bound of {row['bound']:.2f}"
        for row in failed(found)
    ]


def of_speed(found):
    """Return the table of ns per element and, from the ratios, how many times as fast fastsig is."""
    lines = ["ns per element, one thread, out= given; (how many times as fast fastsig is)"]
    heads, cells = {}, {}
    for row in found["rows"]:
        heads[row["who"]] = f"{row['who']:>26}"
        ratio = f" ({row['ratio']:.2f}x)" if row["who"] != OURS else ""
        cells.setdefault((row["type"], row["n"]), []).append(f"{row['ns']:.3f}{ratio}")
    lines.append(f"{'':22}" + "".join(heads.values()))
    return lines + [f"{dtype:10}{n:>12,}" + "".join(f"{cell:>26}" for cell in row) for (dtype, n), row in cells.items()]


def of(found):
    """Return the whole report."""
    parts = of_machine(found["machine"]), of_accuracy(found["accuracy"]), of_speed(found["speed"])
    return "\n\n".join("\n".join(lines) for lines in parts)
