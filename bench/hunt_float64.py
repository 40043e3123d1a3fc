"""Hunt for the worst float64 results of the fast tier: drive each function towards its worst input, on each ISA.

    python bench/hunt_float64.py                          fifty million points a function: seconds each
    python bench/hunt_float64.py --function sigmoid --points 500000000

It tries samples by bit pattern, evenly over the binades where the function varies; the points where the range reduction
of exp changes its integer; the neighbours of thresholds; then numbers around the worst found so far. The second input
of a function of two is drawn from 0 to 1. Errors are ranked by the long double of bench/wide.py, and MPFR measures the
worst of them again, in fractions of an ULP. Outputs that are the default tier's are left out.
"""

import argparse
import secrets
import sys
import time
from pathlib import Path

import machine
import numpy as np
import wide

from fastsig import _dispatch
from fastsig._bounds import bounds
from fastsig._reference import REFERENCE

TIER = "FAST"  # the default tier is correctly rounded: verify_float64.py
BLOCK = 1 << 12  # points: long doubles of a block come from the heap, not page by page from the system
BATCH = 256 * BLOCK
KEPT = 300  # candidates of an output, each the worst of its own neighbourhood
NEIGHBOURHOOD = 42  # bits: a 1024th of a binade
LEAST_BINADE = -30  # of the even sample: below, every function is a line or a logarithm
EVERYWHERE = 760.0  # beyond, no function of two inputs varies in x
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


def from_unit(n, rng):
    """Return numbers from 0 to 1. One in eight is 0 or 1.

    One block in eight holds numbers of random bits: a kernel may compute the block another way for the tiny among them.
    """
    t = rng.random(n)
    of_bits = np.repeat(rng.random(n // BLOCK + 1) < 1 / 8, BLOCK)[:n]
    t[of_bits] = rng.integers(0, bits(1.0), int(of_bits.sum()), endpoint=True).view(np.float64)
    return np.where(rng.random(n) < 1 / 8, rng.integers(0, 2, n), t)


class Worst:
    """The worst inputs found of one output, at most one of each neighbourhood of the first input."""

    def __init__(self, several):
        self.inputs = np.empty((several, 0))
        self.error = np.empty(0)
        self.floor = 0.0  # no error up to this one is kept

    def add(self, inputs, error):
        """Enter the errors of some inputs, a row for each argument."""
        above = error > self.floor
        if not above.any():
            return
        inputs = np.concatenate([self.inputs, inputs[:, above]], axis=1)
        error = np.concatenate([self.error, error[above]])
        order = np.argsort(-error, kind="stable")
        _, first = np.unique(inputs[0, order].view(np.int64) >> NEIGHBOURHOOD, return_index=True)
        kept = order[np.sort(first)][:KEPT]
        self.inputs, self.error = inputs[:, kept], error[kept]
        self.floor = float(self.error[-1]) if kept.size == KEPT else 0.0

    def confirmed(self, name, output):
        """Return the worst input, a number for each argument, and its error, by MPFR."""
        results = output(*self.inputs)
        errors = [wide.ulp_error_by_mpfr(name, y, *x) for y, x in zip(results, self.inputs.T, strict=True)]
        at = int(np.argmax(errors))
        return tuple(self.inputs[:, at].tolist()), errors[at]


def children(worst, n, rng):
    """Return numbers near the worst found, as many at each distance from one ULP to a 1024th of a binade."""
    parents = rng.choice(np.concatenate([w.inputs for w in worst], axis=1), n, axis=1)
    distance = np.exp2(rng.uniform(0, NEIGHBOURHOOD, parents.shape)).astype(np.int64)
    found = (parents.view(np.int64) + rng.choice([-1, 1], parents.shape) * distance).view(np.float64)
    found[1:] = np.where((found[1:] >= 0) & (found[1:] <= 1), found[1:], parents[1:])
    return found


def batches(name, points, worst, rng):
    """Yield arrays of inputs, a row for each argument, and whether they belong to the even sample."""
    pair = name in wide.PAIRS
    span = (-EVERYWHERE, EVERYWHERE) if pair else wide.ROWS[name].span

    def inputs(x):
        return np.stack([x, from_unit(x.size, rng)] if pair else [x])

    yield inputs(of_interest(span)), False
    yield inputs(of_all_patterns(points // 20, rng)), False
    sample, search = points * 11 // 20, points * 2 // 5
    for done in range(0, sample, BATCH):
        yield inputs(from_binades(span, min(BATCH, sample - done), rng)), True
    for done in range(0, search, BATCH):
        yield children(worst, min(BATCH, search - done), rng), False


def hunt(name, outputs, points, rng):
    """Search one row, or formula of two inputs, of bench/wide.py.

    Parameters
    ----------
    name : str
        Its name.
    outputs : list of callable
        Each takes an array of float64, or two, and returns one.
    points : int
        How many random inputs to try, over half of them an even sample, the rest mostly around the worst.
    rng : numpy.random.Generator

    Returns
    -------
    found : list of tuple
        The worst input of each output, as a tuple of one number or two, its error in ULP by MPFR, and the share of the
        even sample whose results are not the nearest float64.
    tried : int
        The inputs tried.
    """
    several = 2 if name in wide.PAIRS else 1
    worst, wrong, sampled, tried = [Worst(several) for _ in outputs], [0] * len(outputs), 0, 0
    for inputs, of_sample in batches(name, points, worst, rng):
        n = inputs.shape[1]
        for start in range(0, n, BLOCK):
            block = inputs[:, start : start + BLOCK]
            for i, errors in enumerate(wide.ulp_errors(name, [output(*block) for output in outputs], *block)):
                worst[i].add(block, errors)
                wrong[i] += of_sample * int(np.count_nonzero(errors > 0.5))
        tried += n
        sampled += of_sample * n
    confirmed = [w.confirmed(name, output) for w, output in zip(worst, outputs, strict=True)]
    return [(*c, w / sampled) for c, w in zip(confirmed, wrong, strict=True)], tried


def of_own_kernels(function, isa):
    """Return the outputs to be hunted, as `wide.outputs` does, without those that are the default tier's."""

    def is_own(output):
        name, tables = output.function, _dispatch.load(next(r for r in _dispatch.available() if r.name == output.isa))
        bound = bounds().get((f"fast_{REFERENCE[name][output.index].__name__}", "float64", tables.FMA))
        return tables.FAST[name] is not tables.KERNELS[name] and bound is not None and bound.ulp > 0.5

    found = wide.outputs(function, isa, inputs=(1, 2), tier=TIER)
    own = {name: [output for output in outputs if is_own(output)] for name, outputs in found.items()}
    return {name: outputs for name, outputs in own.items() if outputs}


def arguments(argv):
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--function", choices=wide.functions((1, 2), TIER), help="one function only")
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
    for name, outputs in of_own_kernels(options.function, options.isa).items():
        start = time.perf_counter()
        found, tried = hunt(name, outputs, options.points, np.random.default_rng(seed))
        print(f"{name}: {tried:,} points in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        for output, (x, error, share) in zip(outputs, found, strict=True):
            rows.append({
                "function": f"fast.{output}",
                "ISA": output.isa,
                "points": f"{tried:,}",
                "worst ULP": f"{error:.4f}",
                "at": ", ".join(a.hex() for a in x),
                "x": ", ".join(f"{a:.6g}" for a in x),
                "not nearest": f"{share:.2%}",
            })  # fmt: skip
    if not rows:
        print("hunt_float64: all of it is the default tier's")
        return 0
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(kernels="fast float64"), **wide.facts(), "seed": seed, "points": options.points}
        machine.write_log(options.log, "The fast tier in float64: the worst results found", about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
