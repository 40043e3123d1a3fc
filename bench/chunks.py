"""Long checks in chunks, by several processes, that can be stopped and resumed: a file keeps what is done."""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import machine
import numpy as np
import wide

SHOWN = 5  # mismatches kept of each output
SAVE_SECONDS = 2.0
FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fastsig"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
BITS = {np.dtype("float16"): np.uint16, np.dtype("float32"): np.uint32, np.dtype("float64"): np.uint64}


def parser(text, functions, state, share):
    """Return a program's command line, from its docstring, functions, file of progress and what a share is of."""
    summary, *rest = text.splitlines()
    made = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--function", choices=functions, help="one function only")
    made.add_argument("--isa", choices=list(wide.kernels()), help="one instruction set only")
    made.add_argument("--share", type=machine.share, default=1.0, metavar="F", help=f"of the {share}; default 1, all")
    made.add_argument("--seed", type=int, help="of what is random, to repeat a run or go on with it")
    made.add_argument("--workers", type=int, default=CORES, metavar="N", help=f"processes; here {CORES}")
    made.add_argument("--state", type=Path, default=state, metavar="FILE", help=f"progress; default {state}")
    made.add_argument("--afresh", action="store_true", help="forget earlier progress")
    made.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    return made


class Mismatches(NamedTuple):
    """How many results of an output are wrong, and the first of them: inputs, result and the right one, in hex."""

    count: int = 0
    first: tuple[tuple[str, ...], ...] = ()

    def __add__(self, other):
        """Return both together."""
        return Mismatches(self.count + other.count, tuple(sorted(map(tuple, (*self.first, *other.first)))[:SHOWN]))


def is_nan(y):
    """Tell of each number whether it is NaN, by its bits: NumPy's isnan is slow for float16."""
    bits = BITS[y.dtype]
    sign, infinity = bits(1 << (8 * y.itemsize - 1)), np.array(np.inf, y.dtype).view(bits)
    return (y.view(bits) & ~sign) > infinity


def compare(inputs, y, right):
    """Return the mismatches of results y: any NaN equals any, and all else has to have the same bits."""
    bits = BITS[y.dtype]
    wrong = y.view(bits) != right.view(bits)
    if not wrong.any():
        return Mismatches()
    wrong &= ~(is_nan(y) & is_nan(right))
    at = np.flatnonzero(wrong)
    columns = [np.broadcast_to(x, y.shape)[at[:SHOWN]] for x in (*inputs, y, right)]
    return Mismatches(at.size, tuple(tuple(float(a).hex() for a in row) for row in zip(*columns, strict=True)))


class Task(NamedTuple):
    """A chunk of the check of some outputs against one reference."""

    name: str
    outputs: tuple
    chunk: int

    @property
    def label(self):
        """Return what its entry in the state is called."""
        return f"{self.name}: {', '.join(f'{output} {output.isa}' for output in self.outputs)}"


class Result(NamedTuple):
    """What came of a chunk."""

    mismatches: list[Mismatches]
    inputs: int
    by_mpfr: int


class State:
    """What has been checked so far, by reference and outputs, in a file; void when the fingerprint has changed."""

    def __init__(self, path, fingerprint, afresh=False):
        self.path, self.fingerprint = path, fingerprint
        self.entries = {}
        self.saved = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(Path(path).read_text())
            if kept["fingerprint"] == fingerprint and not afresh:
                self.entries = kept["entries"]

    def entry(self, task):
        """Return what is known of the outputs of a task."""
        nothing = [Mismatches()] * len(task.outputs)
        fresh = {"chunks": [], "seconds": 0.0, "inputs": 0, "by MPFR": 0, "mismatches": nothing}
        return self.entries.setdefault(task.label, fresh)

    def done(self, task):
        """Tell whether a task's result is there."""
        return task.chunk in self.entry(task)["chunks"]

    def add(self, task, result, seconds):
        """Enter a chunk's result, and save every other second."""
        entry = self.entry(task)
        entry["chunks"].append(task.chunk)
        entry["seconds"] += seconds
        entry["inputs"] += result.inputs
        entry["by MPFR"] += result.by_mpfr
        entry["mismatches"] = [Mismatches(*a) + b for a, b in zip(entry["mismatches"], result.mismatches, strict=True)]
        if time.monotonic() - self.saved > SAVE_SECONDS:
            self.save()

    def save(self):
        """Write the file."""
        machine.write(self.path, json.dumps({"fingerprint": self.fingerprint, "entries": self.entries}))
        self.saved = time.monotonic()


class Progress:
    """A line with rate and time left: kept up to date on a terminal, a new one now and then elsewhere."""

    def __init__(self, total):
        self.done, self.total, self.inputs = 0, total, 0
        self.start = self.shown = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self, name, inputs):
        """Count a chunk."""
        self.done += 1
        self.inputs += inputs
        now = time.monotonic()
        if now - self.shown < (0.5 if self.terminal else 20.0):
            return
        self.shown = now
        minutes, seconds = divmod(round((self.total - self.done) * (now - self.start) / self.done), 60)
        start, end = ("\r\x1b[K", "") if self.terminal else ("", "\n")
        rate = self.inputs / (now - self.start) / 1e6
        line = f"{name}: {self.done / self.total:.1%}, {rate:.2f} million/s, {minutes} min {seconds:02} s left"
        print(f"{start}{line}", end=end, file=sys.stderr, flush=True)

    def end(self):
        """Clear the line."""
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def timed(check, task):
    """Return what a check says of a task, and the seconds that it took."""
    start = time.perf_counter()
    return check(task), time.perf_counter() - start


def run(check, tasks, workers):
    """Yield each task with its result and time, in any order."""
    if workers == 1:
        for task in tasks:
            yield task, timed(check, task)
        return
    # Ctrl-C stops the parent alone: a worker finishes its chunk.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=signal.signal, initargs=ignore)
    tasks = iter(tasks)
    with pool:
        try:
            pending = {pool.submit(timed, check, task): task for task in islice(tasks, 2 * workers)}
            while pending:
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    yield pending.pop(future), future.result()
                    pending |= {pool.submit(timed, check, task): task for task in islice(tasks, 1)}
        finally:
            pool.shutdown(cancel_futures=True)


def complete(check, tasks, state, workers):
    """Run a check on each of the tasks whose result the state lacks, and enter what it says."""
    left = [task for task in tasks if not state.done(task)]
    progress = Progress(len(left))
    try:
        with contextlib.closing(run(check, left, workers)) as results:
            for task, (result, seconds) in results:
                state.add(task, result, seconds)
                progress.step(task.name, result.inputs)
    finally:
        state.save()
        progress.end()


def results(tasks, state):
    """Yield each output that the tasks check with the entry that it is part of, and its mismatches."""
    for task in {task.label: task for task in tasks}.values():
        entry = state.entry(task)
        for output, mismatches in zip(task.outputs, entry["mismatches"], strict=True):
            yield output, entry, Mismatches(*mismatches)


def table(tasks, state):
    """Return the rows of the report."""
    return [
        {
            "function": str(output),
            "ISA": output.isa,
            "inputs checked": f"{entry['inputs']:,}",
            "not nearest": f"{mismatches.count:,}",
            "decided by MPFR": f"{entry['by MPFR']:,}",
            "core s, all ISAs": round(entry["seconds"], 1),
        }
        for output, entry, mismatches in results(tasks, state)
    ]


def complaints(tasks, state):
    """Return a line for each mismatch kept."""
    return [
        f"{output} {output.isa}: ({', '.join(inputs)}) gives {got}, and the nearest number is {right}"
        for output, _, mismatches in results(tasks, state)
        for *inputs, got, right in mismatches.first
    ]
