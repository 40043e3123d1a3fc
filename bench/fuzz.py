"""Call the ufuncs with arguments of every kind that hypothesis can draw, and look for one that changes a result.

    python bench/fuzz.py                    for ten minutes
    python bench/fuzz.py --seconds 3600 --log bench/logs/builds/fuzz.md

It covers every function of both tiers on every instruction set: shapes that broadcast, strides that are negative, 0, no
multiple of the type's size or interleaved with another operand's, types of all widths and mixed, either byte order,
inputs that overlap outputs, `where`, `out`, `casting`, `order`, `dtype`, and `threaded`. Whatever the arguments,
results have to have the bits, types and flags of the same call on contiguous copies, and the bits of a call on copies
that were converted beforehand; no byte outside the outputs may change; and a call that is refused has to be refused
for copies too.

An example that fails is kept in the database of hypothesis, and tried first the next time. So is the number of rounds
that are done: a run goes on where the last one ended, with other examples.
"""

import argparse
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import chunks
import machine
import numpy as np
from fastsig._ufuncs import bind
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

import fastsig
from fastsig import _dispatch, _threaded
from fastsig._docs import FAST_DOCS
from fastsig._reference import REFERENCE

with suppress(ImportError):
    import ml_dtypes

ROUND = 500  # examples
PROGRESS = b"fastsig fuzz progress"  # the key of the database
FLOATS = ("float16", "float32", "float64", "longdouble")
OTHERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
# Around the kernels' blocks of 240 and 960 elements, the widths of vectors, and NumPy's buffers of 8192 elements.
SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 239, 240, 241, 481, 959, 960, 961, 1921, 8192, 8193)
MOST = 10_000  # elements
MARGIN = 64  # bytes around the operands, which are checked afterwards
# Smaller limits of `threaded`, so that it cuts arrays of these sizes into parts, and parts into blocks.
SMALL_PARTS = {"LEAST": 2, "PART": 64, "BLOCK": 32}


def tiers():
    """Return every ufunc by tier, ISA and name; the ISA "public" stands for what users call, with bfloat16."""
    found = {}
    for isa in _dispatch.available():
        kernels = _dispatch.load(isa)
        right = bind(kernels.KERNELS, kernels.BFLOAT16)
        found |= {("default", isa.name, name): ufunc for name, ufunc in right.items()}
        fast = bind(kernels.FAST, kernels.BFLOAT16, FAST_DOCS, "fastsig.fast")
        found |= {("fast", isa.name, name): ufunc for name, ufunc in fast.items()}
    for tier, module in (("default", fastsig), ("fast", fastsig.fast)):
        found |= {(tier, "public", name): getattr(module, name) for name in REFERENCE}
    return found


UFUNCS = tiers()
BFLOAT16 = ("bfloat16",) if "ml_dtypes" in sys.modules else ()


def type_of(name):
    """Return a type by its name."""
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


class View(NamedTuple):
    """An operand in its arena, an array of bytes: the type, shape, strides and first element's offset."""

    arena: int
    type: str
    swapped: bool
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    start: int

    @property
    def dtype(self):
        """Return the type, in the byte order that it has in memory."""
        dtype = type_of(self.type)
        return dtype.newbyteorder() if self.swapped else dtype

    def of(self, arenas):
        """Return the operand as an array."""
        return np.ndarray(self.shape, self.dtype, arenas[self.arena], self.start, self.steps)

    def bytes_of(self, arenas):
        """Return its bytes as an array of one more dimension."""
        size = self.dtype.itemsize
        return np.ndarray((*self.shape, size), np.uint8, arenas[self.arena], self.start, (*self.steps, 1))


class Case(NamedTuple):
    """A call: the ufunc, and the arguments."""

    ufunc: tuple[str, str, str]
    inputs: tuple[View | int | float | bool, ...]
    out: tuple[View | None, ...] | None
    where: View | None
    keywords: dict
    workers: int | None  # of `threaded`; None for a call of the ufunc
    values: tuple[str, int]  # kind and seed

    def kinds(self, arenas):
        """Return the kinds of calls that the case counts as in the log."""
        views = [view for view in self.inputs if isinstance(view, View)]
        arrays = [view.of(arenas) for view in views]
        outs = [view.of(arenas) for view in self.out or () if view]
        said = {
            f"{self.ufunc[0]} tier": True,
            "`threaded`": self.workers,
            "`out`": outs,
            "`where`": self.where,
            "a negative step": any(step < 0 for a in arrays + outs for step in a.strides),
            "a step of 0": any(n > 1 and step == 0 for a in arrays for n, step in zip(a.shape, a.strides, strict=True)),
            "misaligned": not all(a.flags.aligned for a in arrays + outs),
            "bytes swapped": any(not a.dtype.isnative for a in arrays + outs),
            "several types": len({a.dtype.newbyteorder("=") for a in arrays + outs}) > 1,
            "an integer or bool": any(view.type in OTHERS for view in views),
            "a scalar": len(views) < len(self.inputs),
            "an output meets an input": any(np.may_share_memory(a, y) for a in arrays for y in outs),
            "more than a block": any(a.size > 960 for a in arrays),
            "no element": any(a.size == 0 for a in arrays),
        }
        said |= {f"`{keyword}`": True for keyword in self.keywords}
        return [kind for kind, is_so in said.items() if is_so]


# ---------------------------------------------------------------------------------------------------------------
# Cases
# ---------------------------------------------------------------------------------------------------------------


@st.composite
def shapes(draw):
    """Draw a shape of up to four axes and MOST elements."""
    shape, most = [], MOST
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 2, 3, 4, 0)))):
        n = draw(st.sampled_from(SIZES).filter(lambda n, most=most: n <= most))
        shape.append(n)
        most = most // max(n, 1)
    return tuple(draw(st.permutations(shape)))


@st.composite
def steps_of(draw, shape, unit, repeats):
    """Draw strides that keep elements at least `unit` bytes apart; those of an input may be 0."""
    steps = [0] * len(shape)
    for axis in draw(st.permutations(range(len(shape)))):
        unit *= draw(st.sampled_from((1, 1, 1, 2, 3)))
        unit += draw(st.sampled_from((0, 0, 0, 0, 1, 4)))
        if repeats and draw(st.integers(0, 7)) == 0:
            continue
        steps[axis] = -unit if draw(st.integers(0, 3)) == 0 else unit
        unit *= max(shape[axis], 1)
    return tuple(steps)


def least_start(shape, steps):
    """Return how many bytes an operand reaches back from its first element."""
    return sum((n - 1) * -step for n, step in zip(shape, steps, strict=True) if n and step < 0)


def size_of(view):
    """Return the bytes that an arena needs for an operand."""
    forward = sum(max(n - 1, 0) * max(step, 0) for n, step in zip(view.shape, view.steps, strict=True))
    return view.start + forward + view.dtype.itemsize


@st.composite
def views(draw, arena, dtype, shape, repeats=False, most_offset=16):
    """Draw an operand of a type and shape."""
    swapped = dtype not in ("bool", "bfloat16", "int8", "uint8") and draw(st.integers(0, 15)) == 0
    steps = draw(steps_of(shape, type_of(dtype).itemsize, repeats))
    aligned = draw(st.integers(0, most_offset // type_of(dtype).itemsize)) * type_of(dtype).itemsize
    offset = aligned if draw(st.integers(0, 3)) else draw(st.integers(0, most_offset))
    return View(arena, dtype, swapped, shape, steps, MARGIN + least_start(shape, steps) + offset)


@st.composite
def narrower(draw, shape):
    """Draw a shape that broadcasts to a shape."""
    if draw(st.integers(0, 2)):
        return shape
    kept = [n if draw(st.integers(0, 2)) else 1 for n in shape]
    return tuple(kept[draw(st.integers(0, len(kept))) :])


scalars = st.one_of(st.booleans(), st.integers(-9, 9), st.floats(-900, 900), st.sampled_from((0.0, 1.0, 1e300)))


@st.composite
def operands_apart(draw, nin, nout, types, shape):
    """Draw inputs and outputs in arenas of their own, though an output may be an input.

    Outputs are floats: C leaves open what becomes of a float that the integer type cannot hold.
    """
    floats = [name for name in types if name not in OTHERS]
    inputs = []
    for arena in range(nin):
        if draw(st.integers(0, 7)) == 0:
            inputs.append(draw(scalars))
        else:
            inputs.append(draw(views(arena, draw(st.sampled_from(types)), draw(narrower(shape)), repeats=True)))
    outs = []
    for arena in range(nin, nin + nout):
        of_shape = draw(st.sampled_from((shape, shape, shape, (2, *shape))))
        made = draw(views(arena, draw(st.sampled_from(floats)), of_shape))
        outs.append(draw(st.sampled_from((made, made, made, None))))
    whole = [x for x in inputs if isinstance(x, View) and x.type in floats and x.shape == shape]
    if whole and draw(st.integers(0, 3)) == 0:
        outs[draw(st.integers(0, nout - 1))] = draw(st.sampled_from(whole))
    return inputs, outs


@st.composite
def operands_together(draw, nin, nout, types, shape):
    """Draw inputs and outputs of one type in one arena: side by side, interleaved, or overlapping."""
    dtype = draw(st.sampled_from([name for name in types if name not in OTHERS]))
    itemsize, nop = type_of(dtype).itemsize, nin + nout
    if draw(st.booleans()):  # as the columns of a table, or its rows backwards
        steps = draw(steps_of(shape, itemsize * (nop + draw(st.integers(0, 1))), False))
        places = draw(st.permutations(range(nop)))
        starts = [MARGIN + least_start(shape, steps) + place * itemsize for place in places]
        made = [View(0, dtype, False, shape, steps, start) for start in starts]
    else:
        span = draw(st.sampled_from((0, itemsize, 4 * itemsize, 64 * itemsize, 2000 * itemsize)))
        made = [draw(views(0, dtype, shape, repeats=k < nin, most_offset=span)) for k in range(nop)]
        made = [view._replace(swapped=made[0].swapped) for view in made]
        if dtype == "longdouble":  # parts of two are no number
            made = [view._replace(steps=tuple(step // itemsize * itemsize for step in view.steps)) for view in made]
            starts = [MARGIN + least_start(shape, view.steps) + view.start % 4 * itemsize for view in made]
            made = [view._replace(start=start) for view, start in zip(made, starts, strict=True)]
    return made[:nin], made[nin:]


def apart(outs):
    """Return outputs of which no two share memory, nor one with itself: results would be undefined."""
    kept, marks = [], {}
    for k, view in enumerate(outs):
        if view is None:
            kept.append(None)
            continue
        size = size_of(view)
        mark = np.zeros(size, np.uint8)
        every = view.bytes_of({view.arena: mark})
        every[...] = 1
        before = marks.get(view.arena, np.zeros(0, np.uint8))
        meets = np.any(mark[: len(before)] & before[:size])
        if mark.sum() < every.size or meets:
            kept.append(View(10 + k, view.type, view.swapped, view.shape, contiguous(view), MARGIN))
        else:
            both = np.zeros(max(size, len(before)), np.uint8)
            both[:size] |= mark
            both[: len(before)] |= before
            marks[view.arena] = both
            kept.append(view)
    return kept


def contiguous(view):
    """Return the steps that a view would have in an array of its own."""
    return np.empty(view.shape, view.dtype).strides


@st.composite
def cases(draw):
    """Draw a call."""
    key = draw(st.sampled_from(sorted(UFUNCS)))
    ufunc = UFUNCS[key]
    types = (*FLOATS, *(BFLOAT16 if key[1] == "public" else ()))
    types = draw(st.sampled_from((types, types, (*types, *OTHERS))))
    shape = draw(shapes())
    placed = draw(st.sampled_from((operands_apart, operands_apart, operands_together)))
    inputs, outs = draw(placed(ufunc.nin, ufunc.nout, types, shape))
    out = apart(outs) if draw(st.integers(0, 3)) or placed is operands_together else None
    out = None if out is None or all(view is None for view in out) else tuple(out)
    workers = draw(st.integers(1, 4)) if draw(st.integers(0, 3)) == 0 else None
    where, keywords = None, {}
    if workers is None:
        if draw(st.integers(0, 3)) == 0:
            where = draw(views(20, "bool", draw(narrower(shape)), repeats=True))
        if draw(st.integers(0, 7)) == 0:
            keywords["order"] = draw(st.sampled_from("KACF"))
        if draw(st.integers(0, 7)) == 0:
            keywords["dtype"] = draw(st.sampled_from(FLOATS))
        if draw(st.integers(0, 3)) == 0 or "dtype" in keywords:
            keywords["casting"] = draw(st.sampled_from(("unsafe", "unsafe", "same_kind", "safe", "equiv", "no")))
    values = draw(st.tuples(st.sampled_from(VALUES), st.integers(0, 2**32 - 1)))
    return Case(key, tuple(inputs), out, where, keywords, workers, values)


# ---------------------------------------------------------------------------------------------------------------
# What a case is held against
# ---------------------------------------------------------------------------------------------------------------

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, 1e-300, -1e-40, 1e-8, 88.0, -104.0, 710.0, -745.5, 1e30)
VALUES = ("any bits", "normal", "shares", "special", "mixed")


def numbers(kind, dtype, n, rng):
    """Return n numbers of a kind, in a type."""
    if dtype.kind not in "fV":
        low, high = (0, 2) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if kind != "any bits" and dtype.kind != "b":
            low, high = max(low, -40), 40
        return rng.integers(low, high, n, dtype, endpoint=dtype.kind != "b")
    if kind == "any bits" and dtype.itemsize <= 8:
        return np.frombuffer(rng.bytes(n * dtype.itemsize), dtype)
    if kind == "shares":
        found = rng.random(n)
    elif kind == "special":
        found = rng.choice(SPECIAL, n)
    else:
        found = rng.normal(0, rng.choice((0.01, 1, 8, 100)), n) * np.exp2(rng.integers(-30, 3, n) * (kind == "mixed"))
        found = np.where(rng.random(n) < (0.05 if kind == "mixed" else 0), rng.choice(SPECIAL, n), found)
    with np.errstate(all="ignore"):
        return found.astype(dtype)


def arenas_of(case):
    """Return the arenas of a case's operands, by number, filled with its inputs."""
    rng = np.random.default_rng(case.values[1])
    inputs = [x for x in case.inputs if isinstance(x, View)]
    every = [*inputs, *(view for view in case.out or () if view), *([case.where] if case.where else [])]
    sizes = Counter()
    for view in every:
        sizes[view.arena] = max(sizes[view.arena], size_of(view) + MARGIN)
    arenas = {}
    for arena, size in sizes.items():
        memory = np.zeros(size + 64, np.uint8)
        arenas[arena] = memory[-memory.ctypes.data % 64 :][:size]
        if all(view.type != "longdouble" for view in every if view.arena == arena):
            arenas[arena][:] = np.frombuffer(rng.bytes(size), np.uint8)
    for view in every:
        if view in inputs or view is case.where:
            a = view.of(arenas)
            a[...] = numbers(case.values[0], a.dtype.newbyteorder("="), a.size, rng).reshape(a.shape)
    return arenas


def outcome(call):
    """Return the results of a call as a tuple, or the type of what it raises, and the floating-point errors."""
    seen = set()
    with np.errstate(all="call", call=lambda error, _: seen.add(error)):
        try:
            results = call()
        except Exception as error:
            return type(error), seen
    return results if isinstance(results, tuple) else (results,), seen


def same(y, z):
    """Tell whether results have one shape, one type and the same bits; any NaN equals any."""
    if (y.shape, y.dtype) != (z.shape, z.dtype):
        return False
    y, z = np.ascontiguousarray(y), np.ascontiguousarray(z)
    if y.dtype.kind not in "fV":
        return np.array_equal(y, z)
    with np.errstate(invalid="ignore"):  # of signalling NaN
        nan = np.isnan(y) & np.isnan(z)
    if y.dtype.itemsize > 8:  # there is padding in a long double
        return bool(np.all(nan | ((y == z) & (np.signbit(y) == np.signbit(z)))))
    bits = f"u{y.dtype.itemsize}"
    return bool(np.all(nan | (y.view(bits) == z.view(bits))))


def converted(case, inputs):
    """Return the results of the plainest call, its floating-point errors, and the type that computes.

    That call is on contiguous copies of one shape, in that type.
    """
    ufunc = UFUNCS[case.ufunc]
    given = [type(x) if type(x) in (int, float) else np.asarray(x).dtype for x in inputs]
    asked = np.dtype(case.keywords["dtype"]) if "dtype" in case.keywords else None
    signature = {"signature": (*[None] * ufunc.nin, *[asked] * ufunc.nout)} if asked else {}
    computed = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout), casting="unsafe", **signature)[0]
    with np.errstate(all="ignore"):
        arrays = np.broadcast_arrays(*(np.asarray(x).astype(computed) for x in inputs))
    results, errors = outcome(lambda: ufunc(*(np.array(a, order="C") for a in arrays)))
    return results, errors, computed


def meets(y, inputs):
    """Tell whether an output may share memory with an input."""
    return any(np.may_share_memory(y, x) for x in inputs if isinstance(x, np.ndarray))


def check(case, counts):
    """Raise AssertionError if a call differs from the same call on contiguous copies; count its kinds."""
    ufunc, arenas = UFUNCS[case.ufunc], arenas_of(case)
    counts.update(["calls", *case.kinds(arenas)])
    inputs = [x.of(arenas) if isinstance(x, View) else x for x in case.inputs]
    copies = [np.array(x, order="C") if isinstance(x, np.ndarray) else x for x in inputs]
    outs = case.out and tuple(view and view.of(arenas) for view in case.out)
    mask = case.where.of(arenas) if case.where else np.True_
    there = {"out": outs} if outs else {}
    beside = {"out": tuple(None if y is None else np.array(y, order="C") for y in outs)} if outs else {}
    if case.where:
        nothing = {"out": (None,) * ufunc.nout}  # without it NumPy warns that results are left unset
        there = {**nothing, **there, "where": mask}
        beside = {**nothing, **beside, "where": np.array(mask, order="C")}
    before = {arena: memory.copy() for arena, memory in arenas.items()}

    plain, plain_errors = outcome(lambda: ufunc(*copies, **beside, **case.keywords))
    if case.workers is None:
        results, errors = outcome(lambda: ufunc(*inputs, **there, **case.keywords))
    else:
        results, errors = outcome(lambda: fastsig.threaded(ufunc, *inputs, workers=case.workers, **there))

    if not isinstance(plain, tuple) or not isinstance(results, tuple):
        assert results is plain, f"{results} and not {plain}"
        counts["refused"] += 1
        return
    exact, exact_errors, computed = converted(case, copies)
    assert isinstance(exact, tuple), f"raises {exact} on converted copies"
    given = outs or (None,) * ufunc.nout
    # What `where` masks out keeps its value, but is converted where NumPy has to copy an output of another type. The
    # conversion of a signalling NaN is invalid.
    copied = [y is not None and y.dtype.newbyteorder("=") != computed and meets(y, inputs) for y in given]
    more = {"invalid value"} if case.where and any(copied) else set()
    assert plain_errors <= errors <= plain_errors | more, f"errors {errors} and not {plain_errors}"
    for k, (y, z, e) in enumerate(zip(results, plain, exact, strict=True)):
        assert given[k] is None or y is given[k], f"output {k} is not returned"
        assert given[k] is not None or y.dtype == computed, f"output {k} is {y.dtype} and not {computed}"
        with np.errstate(all="ignore"):
            e = np.asarray(e.astype(y.dtype))
        read = np.True_ if given[k] is not None and not copied[k] else np.broadcast_to(mask, y.shape)
        y, z, e = (np.where(read, a, a.dtype.type(0)) for a in (y, z, np.broadcast_to(e, y.shape)))
        assert same(y, z), f"output {k} differs from that of contiguous copies"
        written = np.broadcast_to(mask, y.shape)
        assert same(y[written], e[written]), f"output {k} differs from that of converted copies"
        if case.keywords.get("order") in ("C", "F") and given[k] is None:
            assert results[k].flags.f_contiguous if case.keywords["order"] == "F" else results[k].flags.c_contiguous
    if not case.where and all(y.size for y in results):
        assert exact_errors <= errors, f"errors {errors} and not {exact_errors}"
    for view in case.out or ():
        if view:
            view.bytes_of(before)[...] = view.bytes_of(arenas)
    for arena, memory in arenas.items():
        assert np.array_equal(memory, before[arena]), "bytes beside the outputs were written"


# ---------------------------------------------------------------------------------------------------------------
# Runs
# ---------------------------------------------------------------------------------------------------------------


class Progress:
    """The progress, as an entry of hypothesis' database."""

    def __init__(self, database):
        self.database = database
        self.entries = list(database.fetch(PROGRESS))
        latest = max((json.loads(entry) for entry in self.entries), key=lambda done: done["rounds"], default={})
        self.rounds, self.seconds = latest.get("rounds", 0), latest.get("seconds", 0.0)
        self.counts = Counter(latest.get("counts", {}))

    def save(self):
        """Save the progress in place of the last entry."""
        done = {"rounds": self.rounds, "seconds": self.seconds, "counts": self.counts}
        for entry in self.entries:
            self.database.delete(PROGRESS, entry)
        self.entries = [json.dumps(done).encode()]
        self.database.save(PROGRESS, self.entries[0])


def one_round(number, database, counts):
    """Try a round of examples, those that have failed before first."""

    @seed(number)
    @settings(
        max_examples=ROUND,
        database=database,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(cases())
    def fuzz(case):
        check(case, counts)

    fuzz()


def fuzz(seconds, progress):
    """Run rounds until the time is over, and return what failed, in words, or an empty string."""
    before = {name: getattr(_threaded, name) for name in SMALL_PARTS}
    end = time.monotonic() + seconds
    try:
        for name, value in SMALL_PARTS.items():
            setattr(_threaded, name, value)
        while (start := time.monotonic()) < end:
            try:
                one_round(progress.rounds, progress.database, progress.counts)
            except Exception as failure:
                return "\n".join([f"{type(failure).__name__}: {failure}", *getattr(failure, "__notes__", ())])
            progress.rounds += 1
            progress.seconds += time.monotonic() - start
            progress.save()
    finally:
        for name, value in before.items():
            setattr(_threaded, name, value)
    return ""


def arguments():
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600.0, metavar="S", help="how long; default 600")
    folder = chunks.FOLDER / "fuzz"
    parser.add_argument("--database", type=Path, default=folder, metavar="DIR", help=f"of hypothesis; default {folder}")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for what was tried: .json, or Markdown")
    return parser.parse_args()


def main():
    """Run the command; return 1 if anything failed."""
    given = arguments()
    progress = Progress(DirectoryBasedExampleDatabase(given.database))
    failure = fuzz(given.seconds, progress)
    rows = [{"kind": kind, "number": f"{number:,}"} for kind, number in progress.counts.most_common()]
    print(machine.markdown(rows) if rows else "no round was completed")
    print(failure or "nothing failed")
    if given.log:
        about = {
            **machine.facts(("hypothesis",)),
            "ISAs": ", ".join(isa.name for isa in _dispatch.available()),
            "rounds": f"{progress.rounds}, of {ROUND} examples each",
            "time": f"{progress.seconds:.0f} s",
            "failed": failure.replace("\n", " ") or "nothing",
        }
        machine.write_log(given.log, "Fuzzing: arguments of every kind, against contiguous copies", about, rows)
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
