"""Hunt for the worst float64 results of the fast tier: drive each function towards its worst input, on each ISA.

    python bench/hunt_float64.py                          fifty million points a function: seconds each
    python bench/hunt_float64.py --function sigmoid --points 500000000

Samples by bit pattern, evenly over the binades where the function varies; the points where the reduction of exp
changes its integer; the neighbours of thresholds; then a search around the worst found so far. Errors are ranked by the
long double of bench/wide.py, and the worst of them are measured again by MPFR, in ULP with their fraction.
"""

import argparse
import secrets
import sys
import time
from pathlib import Path

import machine
import numpy as np
import wide

TIER = "FAST"  # the default tier is correctly rounded: verify_float64.py
BLOCK = 1 << 12  # points: long doubles of a block come from the heap, not page by page from the system
BATCH = 256 * BLOCK
KEPT = 300  # candidates of an output, each the worst of its own neighbourhood
NEIGHBOURHOOD = 42  # bits: a 1024th of a binade
LEAST_BINADE = -30  # of the even sample: below, every function is a line or a logarithm
NEIGHBOURS = 128  # on either side of a point of interest

LN2 = 0.6931471805599453
THRESHOLDS = (
    0.5, 0.25, 0.75, 1.0,  # of logit
    1.2784645427610738,  # -x is the zero of silu's derivative
    2.3993572805154677,  # that derivative is greatest
    36.04365338911715, 36.7368005696771, 37.42994775023705,  # 52, 53 and 54 ln 2: 1 + e rounds to 1
    708.3964185322641,  # 1022 ln 2: exp(-x) becomes subnormal
    709.782712893384,  # 1024 ln 2: exp(x) overflows
    744.4400719213812, 745.1332191019411,  # 1074 and 1075 ln 2: the least subnormal, and half of it
    746.0,
)  # fmt: skip


def bits(x):
    """Return the bit pattern of a positive number, as an integer."""
    return int(np.float64(x).view(np.int64))


def signed(patterns, span):
    """Return numbers and their mirror images as far as they lie in a span."""
    x = np.asarray(patterns, np.int64).view(np.float64)
    x = np.concatenate([x, -x])
    return x[(x >= span[0]) & (x <= span[1])]


def from_binades(span, n, rng):
    """Return numbers of random bits, as many of each binade from the least up to the ends of the span."""
    binades = []
    for end in (e for e in span if e):
        starts = [bits(2.0**k) for k in range(LEAST_BINADE, int(np.frexp(abs(end))[1]))]
        binades += [(end, a, b) for a, b in zip(starts, [*starts[1:], bits(abs(end)) + 1], strict=True)]
    each = n // len(binades) + 1
    return np.concatenate([np.copysign(rng.integers(a, b, each).view(np.float64), end) for end, a, b in binades])


def of_all_patterns(n, rng):
    """Return numbers of random bits: most are tiny or huge, and a few are NaN."""
    return rng.integers(-(2**63), 2**63, n).view(np.float64)


def of_interest(span):
    """Return the neighbours of 0, powers of 2, thresholds, and the points where n = round(x log2 e) changes."""
    points = [*THRESHOLDS, *(2.0**k for k in range(-1022, 10)), *((k + 0.5) * LN2 for k in range(1080))]
    around = np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    patterns = [0 + around[around >= 0], *(bits(p) + around for p in points)]
    return signed(np.concatenate(patterns), span)


class Worst:
    """The worst inputs found of one output, at most one of each neighbourhood."""

    def __init__(self):
        self.x = np.empty(0)
        self.error = np.empty(0)
        self.floor = 0.0  # an error that is not larger need not be looked at

    def add(self, x, error):
        """Enter the errors of some inputs."""
        above = error > self.floor
        if not above.any():
            return
        x, error = np.concatenate([self.x, x[above]]), np.concatenate([self.error, error[above]])
        order = np.argsort(-error, kind="stable")
        _, first = np.unique(x[order].view(np.int64) >> NEIGHBOURHOOD, return_index=True)
        kept = order[np.sort(first)][:KEPT]
        self.x, self.error = x[kept], error[kept]
        self.floor = float(self.error[-1]) if kept.size == KEPT else 0.0

    def confirmed(self, name, output):
        """Return the worst input and its error, by MPFR."""
        errors = [wide.ulp_error_by_mpfr(name, x, y) for x, y in zip(self.x, output(self.x), strict=True)]
        at = int(np.argmax(errors))
        return float(self.x[at]), errors[at]


def children(worst, n, rng):
    """Return numbers near the worst found, as many at each distance from one ULP to a 1024th of a binade."""
    parents = rng.choice(np.concatenate([w.x for w in worst]), n).view(np.int64)
    distance = np.exp2(rng.uniform(0, NEIGHBOURHOOD, n)).astype(np.int64)
    return (parents + rng.choice([-1, 1], n) * distance).view(np.float64)


def batches(span, points, worst, rng):
    """Yield arrays of inputs, and whether they belong to the even sample."""
    yield of_interest(span), False
    yield of_all_patterns(points // 20, rng), False
    sample, search = points * 11 // 20, points * 2 // 5
    for done in range(0, sample, BATCH):
        yield from_binades(span, min(BATCH, sample - done), rng), True
    for done in range(0, search, BATCH):
        yield children(worst, min(BATCH, search - done), rng), False


def hunt(name, outputs, points, rng):
    """Search one row of bench/wide.py.

    Parameters
    ----------
    name : str
        The row.
    outputs : list of callable
        Each takes an array of float64 and returns one.
    points : int
        How many random inputs to try, over half of them an even sample, the rest mostly around the worst.
    rng : numpy.random.Generator

    Returns
    -------
    found : list of tuple
        The worst input of each output, its error in ULP by MPFR, and the share of the even sample whose results are not
        the nearest float64.
    tried : int
        The inputs tried.
    """
    worst, wrong, sampled, tried = [Worst() for _ in outputs], [0] * len(outputs), 0, 0
    for x, of_sample in batches(wide.ROWS[name].span, points, worst, rng):
        for start in range(0, x.size, BLOCK):
            block = x[start : start + BLOCK]
            for i, errors in enumerate(wide.ulp_errors(name, block, [output(block) for output in outputs])):
                worst[i].add(block, errors)
                wrong[i] += of_sample * int(np.count_nonzero(errors > 0.5))
        tried += x.size
        sampled += of_sample * x.size
    confirmed = [w.confirmed(name, output) for w, output in zip(worst, outputs, strict=True)]
    return [(*c, w / sampled) for c, w in zip(confirmed, wrong, strict=True)], tried


def arguments(argv):
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--function", choices=wide.functions(tier=TIER), help="one function only")
    parser.add_argument("--isa", choices=list(wide.kernels()), help="one instruction set only")
    parser.add_argument("--points", type=int, default=50_000_000, metavar="N", help="a function; default fifty million")
    parser.add_argument("--seed", type=int, help="of the samples, to repeat a hunt")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the command, and return its exit status."""
    options = arguments(argv)
    if reason := wide.unusable():
        print(f"hunt_float64: {reason}", file=sys.stderr)
        return 2
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"--seed {seed}")
    rows = []
    for name, outputs in wide.outputs(options.function, options.isa, tier=TIER).items():
        start = time.perf_counter()
        found, tried = hunt(name, outputs, options.points, np.random.default_rng(seed))
        print(f"{name}: {tried:,} points in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        for output, (x, error, share) in zip(outputs, found, strict=True):
            rows.append({
                "function": f"fast.{output}",
                "ISA": output.isa,
                "points": f"{tried:,}",
                "worst ULP": f"{error:.4f}",
                "at": x.hex(),
                "x": f"{x:.6g}",
                "not nearest": f"{share:.2%}",
            })  # fmt: skip
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(kernels="fast float64"), **wide.facts(), "seed": seed, "points": options.points}
        machine.write_log(options.log, "The fast tier in float64: the worst results found", about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
