"""All that a report says, in one dict of plain numbers and texts."""

from fastsig._reference import REFERENCE
from fastsig._report import accuracy, errors, machine, speed

SIZES = tuple(10**k for k in range(1, 8))
ROUNDS = 7
ELEMENTS = 2 * 10**5


def steps(for_page, sizes=SIZES):
    """Return how many times the functions below say what is measured next."""
    of_accuracy, of_types = len(REFERENCE) * len(accuracy.TYPES), len(speed.TYPES)
    if not for_page:
        return of_accuracy + of_types * len(speed.SIZES)
    parts = sum(map(len, errors.PARTS.values())) + len(errors.DERIVATIVE)
    return of_accuracy + parts + 1 + of_types * len(sizes)


def for_text(step):
    """Return what the text and the JSON say: this machine, the accuracy of each function, the speed of the sigmoid."""
    contenders = speed.installed(speed.CONTENDERS)
    return {
        "machine": machine.measured(packages(contenders)),
        "accuracy": accuracy.measured(step),
        "speed": speed.measured(step, contenders),
    }


def for_page(step, samples=errors.SAMPLES, sizes=SIZES, peers=speed.PEERS):
    """Return the same, with the speed at more sizes and of all that is installed, and with the errors over x.

    Parameters
    ----------
    step : callable
        Called with what is measured next.
    samples, sizes, peers
        Fewer of them make a quick page for a test.
    """
    found = {"accuracy": accuracy.measured(step), "errors": errors.measured(step, samples)}
    step("libraries to compare with")
    ours, *others = speed.CONTENDERS
    wanted = (ours, speed.TIER, *others, *peers)
    with speed.one_cpu():
        contenders = speed.installed(wanted)
        found["speed"] = speed.measured(step, contenders, sizes, ROUNDS, ELEMENTS)
    found["speed"]["missing"] = [c.label for c in wanted if c not in contenders]
    return {"machine": machine.measured(packages(contenders)), **found}


def packages(contenders):
    """Return the distributions of contenders by name, but for those whose versions are stated anyway."""
    return {c.name: c.package for c in contenders if c.package not in ("fastsig", "numpy")}
