"""Check every float32 there is: all 2^32 inputs of each function of one argument, on each ISA that this CPU has.

    python bench/verify_float32.py                        all of it: minutes a function
    python bench/verify_float32.py --share 0.01           a random hundredth, with all ties and all subnormal results

A result is right if it has the bits of the float32 nearest to the exact value, NaN for NaN, and a zero the exact
value's sign. The exact value is that of bench/wide.py: long double, and MPFR where that leaves a doubt.

Ctrl-C stops a run, and the same command goes on from there. Progress is kept in a file, and void when the kernels or
the references change. Exit status: 0 all right, 1 a mismatch, 2 no wide long double here, 130 stopped.
"""

import contextlib
import hashlib
import json
import math
import secrets
import sys
import time
from pathlib import Path

import chunks
import machine
import numpy as np
import wide
from chunks import SAVE_SECONDS, SHOWN, Mismatches, Progress

from fastsig import _reference, _ufuncs

CHUNK = 1 << 20  # inputs: a task of a worker
CHUNKS = (1 << 32) // CHUNK
BLOCK = 1 << 12  # inputs: long doubles of a block come from the heap, not page by page from the system
STATE = chunks.FOLDER / "verify_float32.json"


# ---------------------------------------------------------------------------------------------------------------
# The check
# ---------------------------------------------------------------------------------------------------------------


def compare(x, y, nearest):
    """Return the mismatches of results y."""
    found, expected = y.view(np.uint32), nearest.view(np.uint32)
    wrong = found != expected
    if not wrong.any():
        return Mismatches()
    wrong &= ~(np.isnan(y) & np.isnan(nearest))
    at = np.flatnonzero(wrong)
    bits = x.view(np.uint32)
    return Mismatches(at.size, tuple((int(bits[i]), int(found[i]), int(expected[i])) for i in at[:SHOWN]))


def check(name, outputs, first, count):
    """Check callables against a row of bench/wide.py, over a run of bit patterns.

    Parameters
    ----------
    name : str
        The row.
    outputs : list of callable
        Each takes an array of float32 and returns one.
    first, count : int
        The first bit pattern, and how many.

    Returns
    -------
    mismatches : list of Mismatches
        Those of each callable.
    hard : int
        How many inputs were left to MPFR.
    """
    mismatches, hard = [Mismatches()] * len(outputs), 0
    for start in range(first, first + count, BLOCK):
        x = np.arange(start, min(start + BLOCK, first + count), dtype=np.uint32).view(np.float32)
        nearest, by_mpfr = wide.nearest_float32(name, x)
        hard += by_mpfr
        mismatches = [m + compare(x, output(x), nearest) for m, output in zip(mismatches, outputs, strict=True)]
    return mismatches, hard


def check_chunk(name, outputs, chunk):
    """Check one chunk, and time it."""
    start = time.perf_counter()
    mismatches, hard = check(name, outputs, chunk * CHUNK, CHUNK)
    return mismatches, hard, time.perf_counter() - start


# ---------------------------------------------------------------------------------------------------------------
# Which inputs
# ---------------------------------------------------------------------------------------------------------------


def chunks_of(interval):
    """Return the chunks that an interval of float32 meets; its ends have one sign, that of zero included."""
    ends = sorted(int(b) // CHUNK for b in np.array(interval, np.float32).view(np.uint32))
    return range(ends[0], ends[1] + 1)


def chosen(name, share, seed):
    """Return the chunks of a random share of all inputs, and all those where a row has its subnormal results."""
    drawn = np.random.default_rng(seed).permutation(CHUNKS)[: math.ceil(share * CHUNKS)]
    return sorted({int(c) for c in drawn}.union(*map(chunks_of, wide.ROWS[name].subnormal)))


def ties_outside(name, chunks):
    """Return the ties of a row that are in none of the chunks, which is no tie where they are all chunks."""
    ties = wide.ROWS[name].ties
    return ties[~np.isin(ties.view(np.uint32) // CHUNK, list(chunks))]


def check_ties(name, outputs, chunks):
    """Check the ties of a row that are in none of the chunks.

    Parameters
    ----------
    name : str
        The row.
    outputs : list of callable
        As of `check`.
    chunks : iterable of int
        Those that have been checked.

    Returns
    -------
    dict
        How many inputs, how many of them were left to MPFR, and the mismatches of each callable.
    """
    x = ties_outside(name, chunks)
    nearest, hard = wide.nearest_float32(name, x)
    return {"inputs": x.size, "hard": hard, "mismatches": [compare(x, output(x), nearest) for output in outputs]}


# ---------------------------------------------------------------------------------------------------------------
# What has been done
# ---------------------------------------------------------------------------------------------------------------


def fingerprint():
    """Return a hash of all that a result depends on: kernels, driver, references."""
    modules = (wide, _reference, _ufuncs, sys.modules[__name__])
    files = [*machine.kernel_files(), *(Path(m.__file__) for m in modules)]
    return hashlib.sha256(b"".join(hashlib.sha256(f.read_bytes()).digest() for f in files)).hexdigest()


class State:
    """What has been checked so far, by row and outputs, in a file."""

    def __init__(self, path, afresh=False):
        self.path = path
        self.fingerprint = fingerprint()
        self.entries = {}
        self.saved = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(Path(path).read_text())
            if kept["fingerprint"] == self.fingerprint and not afresh:
                self.entries = kept["entries"]

    def entry(self, name, outputs):
        """Return what is known of some outputs that a row is the reference of."""
        labels = ", ".join(f"{output} {output.isa}" for output in outputs)
        nothing = {"hard": 0, "mismatches": [Mismatches()] * len(outputs)}
        fresh = {"chunks": [], "seconds": 0.0, **nothing, "ties": {"inputs": 0, **nothing}}
        return self.entries.setdefault(f"{name}: {labels}", fresh)

    def add(self, name, outputs, chunk, mismatches, hard, seconds):
        """Enter a chunk's result, and save every other second."""
        entry = self.entry(name, outputs)
        entry["chunks"].append(chunk)
        entry["hard"] += hard
        entry["seconds"] += seconds
        entry["mismatches"] = [Mismatches(*a) + b for a, b in zip(entry["mismatches"], mismatches, strict=True)]
        if time.monotonic() - self.saved > SAVE_SECONDS:
            self.save()

    def save(self):
        """Write the file."""
        machine.write(self.path, json.dumps({"fingerprint": self.fingerprint, "entries": self.entries}))
        self.saved = time.monotonic()


# ---------------------------------------------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------------------------------------------


def check_task(task):
    """Return what came of a task: a row's name, its outputs and a chunk."""
    return check_chunk(*task)


def verify(outputs, share, seed, state, workers):
    """Check what the state lacks.

    Parameters
    ----------
    outputs : dict of str to list of Output
        What is checked against each row.
    share : float
        Of all inputs, 1 for all.
    seed : int
        Of the share.
    state : State
        Read, and added to.
    workers : int
        Processes.
    """
    tasks = []
    for name, of_row in outputs.items():
        done = set(state.entry(name, of_row)["chunks"])
        tasks += [(name, of_row, chunk) for chunk in chosen(name, share, seed) if chunk not in done]
    progress = Progress(len(tasks))
    try:
        with contextlib.closing(chunks.run(check_task, tasks, workers)) as results:
            for task, (result, _) in results:
                state.add(*task, *result)
                progress.step(task[0], CHUNK)
        # Ties take a moment. They come last, and again in each run, which decides what ties are in no chunk.
        for name, of_row in outputs.items():
            entry = state.entry(name, of_row)
            entry["ties"] = check_ties(name, of_row, entry["chunks"])
    finally:
        state.save()
        progress.end()


def results(outputs, state):
    """Yield each output with the entry that it is part of, and its mismatches."""
    for name, of_row in outputs.items():
        entry = state.entry(name, of_row)
        ties = entry["ties"]
        for output, of_chunks, of_ties in zip(of_row, entry["mismatches"], ties["mismatches"], strict=True):
            yield output, entry, Mismatches(*of_chunks) + Mismatches(*of_ties)


def table(outputs, state):
    """Return the rows of the report."""
    return [
        {
            "function": str(output),
            "ISA": output.isa,
            "inputs checked": f"{len(entry['chunks']) * CHUNK + entry['ties']['inputs']:,}",
            "mismatches": f"{mismatches.count:,}",
            "decided by MPFR": f"{entry['hard'] + entry['ties']['hard']:,}",
            "core s, all ISAs": round(entry["seconds"], 1),
        }
        for output, entry, mismatches in results(outputs, state)
    ]


def complaints(outputs, state):
    """Return a line for each mismatch kept."""
    return [
        f"{output} {output.isa}: {bits:#010x} ({np.uint32(bits).view(np.float32)!s}) gives {got:#010x}, "
        f"and the nearest float32 is {right:#010x}"
        for output, _, mismatches in results(outputs, state)
        for bits, got, right in mismatches.first
    ]


def main(argv=None):
    """Run the command, and return its exit status."""
    options = chunks.parser(__doc__, wide.functions(), STATE, "inputs, at random").parse_args(argv)
    if reason := wide.unusable():
        print(f"verify_float32: {reason}", file=sys.stderr)
        return 2
    seed = secrets.randbits(32) if options.seed is None else options.seed
    outputs = wide.outputs(options.function, options.isa)
    state = State(options.state, options.afresh)
    parameters = {"share": options.share}
    if options.share < 1:
        parameters["seed"] = seed
        print(f"a share of {options.share} by --seed {seed}")
    try:
        verify(outputs, options.share, seed, state, options.workers)
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on from {options.state}", file=sys.stderr)
        return 130
    rows = table(outputs, state)
    print(machine.markdown(rows))
    if options.log:
        about = {**machine.facts(kernels="default float32"), **wide.facts(), **parameters}
        machine.write_log(options.log, "float32: every result against the nearest", about, rows)
    for line in complaints(outputs, state):
        print(line)
    return int(any(mismatches.count for _, _, mismatches in results(outputs, state)))


if __name__ == "__main__":
    sys.exit(main())
