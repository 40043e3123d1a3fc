"""Every loop is compiled to vectors of the instruction set's full width, in every kernel that runs it.

The build that is looked at is one whose environment asks for other flags.
"""

import re
from collections import Counter

import builds
import pytest
from catalog import FAST, FMA, FUNCTIONS, ISAS

from fastsig import _dispatch
from fastsig._isa import ISAS as ROWS

WIDTH = {"avx512": 64, "avx2": 32, "baseline": 16}  # bytes
F16C = {row.name: "f16c" in row.needs for row in ROWS}

# These compute elements and blocks in doubt, of which there are few: with integers, one after the other, or by sums
# rounded to odd.
RARE = ("accurate_f64", "accurate_narrow", "decide_narrow", "decide_of_exp", "leave_to_accurate")
# GCC 12 makes no vectors of these with SSE2 alone, which lacks the comparisons for their choices between numbers.
NOT_WITH_SSE2 = ("settle", "map_far_f64", "map_far_with_f64", "plain_with_single", "plain_values", "any_of")

# GCC 16 leaves these scalar there, in some kernels, while GCC 12 and 14 make vectors of them.
NOT_BY_GCC_16 = ("flags_of_widened", "flags_of_doubles") if builds.version_of_gcc() >= 16 else ()

FUNCTION = re.compile(
    r"^static (?:CYTHON_INLINE )?(?:void|int|uint64_t|(?:struct|enum) \w+) (?P<name>__pyx\w+\dkernels_\w+)\(.*\) \{$"
)
CALL = re.compile(r"\b(__pyx\w+\dkernels_\w+)\(")
LOOP = re.compile(r"^\s*for \(")
KERNEL = re.compile(rf"\dkernels_[a-z0-9]+_(?P<function>{'|'.join(FUNCTIONS)})_(?P<type>[efd])$")
FAST_KERNEL = re.compile(rf"\dkernels_[a-z0-9]+_fast_(?P<function>{'|'.join(FAST)})_[fd]$")
BFLOAT16_KERNEL = re.compile(rf"\dkernels_[a-z0-9]+_(?P<function>{'|'.join(FUNCTIONS)})_b$")
BFLOAT16_LOOPS = re.compile(r"_(?:values|backward|gradients|inside|factors|probabilities|targets)_bf16$")
REPORT = re.compile(r"(?P<file>\w+)\.c:(?P<line>\d+):\d+: optimized:\s+loop vectorized using (?P<width>\d+) byte")


def loops_by_function(source):
    """Return, per C function of the loops, the lines of its own loops and the functions that it calls."""
    found, current = {}, None
    for number, line in enumerate(source.splitlines(), 1):
        start = FUNCTION.match(line)
        if start:
            current = found[start["name"]] = ([], set())
        elif line.startswith("}"):
            current = None
        elif current is not None:
            if LOOP.match(line):
                current[0].append(number)
            current[1].update(CALL.findall(line))
    return found


def run_of(callees, f16c):
    """Return which of a function's callees it runs: where some ask for F16C, those with it and the others without."""
    asking = {callee for callee in callees if callee.endswith("_f16c")}
    return callees if not asking else asking if f16c else callees - asking


def loops_of(name, functions, f16c):
    """Return the lines of all loops that a function runs, its callees' included, with F16C or without.

    A kernel that calls another one runs loops that are compiled there.
    """
    lines, callees = functions.get(name, ((), set()))
    callees = {callee for callee in callees if not KERNEL.search(callee) and not FAST_KERNEL.search(callee)}
    return [*lines, *(line for callee in run_of(callees, f16c) for line in loops_of(callee, functions, f16c))]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.skipif(not builds.is_gcc(), reason="only GCC reports loops by -fopt-info-vec")
def test_every_kernel_loop_is_vectorised_at_full_width(hostile_build, isa):
    functions = loops_by_function((hostile_build / "build" / "fastsig" / "kernels" / f"{isa}.c").read_text("utf-8"))
    kernels = [name for name in functions if KERNEL.search(name)]
    assert len(kernels) == 3 * len(FUNCTIONS)  # one a type, but for long double
    fast = [name for name in functions if FAST_KERNEL.search(name)]
    tables = _dispatch.load(_dispatch.PICKED)
    assert len(fast) == 2 * sum(tables.FAST[name] is not tables.KERNELS[name] for name in FAST)  # that have their own
    # Without FMA they run the default's loops, and the compiler drops their own. With FMA it is the other way round.
    own = {line for name in fast for line in loops_of(name, functions, F16C[isa])} - {
        line for name in kernels for line in loops_of(name, functions, F16C[isa])
    }
    assert own
    # Of bfloat16 those that are inlined into its kernels; the others run the loops of float32.
    bfloat16 = [name for name in functions if BFLOAT16_KERNEL.search(name)]
    assert len(bfloat16) == len(FUNCTIONS)
    own_bfloat16 = {line for name, (lines, _) in functions.items() if BFLOAT16_LOOPS.search(name) for line in lines}
    assert own_bfloat16
    if not FMA[isa]:
        fast, own, bfloat16 = [], set(), []

    left_out = RARE + (NOT_WITH_SSE2 + NOT_BY_GCC_16 if isa == "baseline" else ())
    spared = {line for name, (lines, _) in functions.items() if name.endswith(left_out) for line in lines}
    assert spared

    users = Counter(line for name in kernels for line in loops_of(name, functions, F16C[isa]))
    users += Counter(line for name in fast for line in loops_of(name, functions, F16C[isa]) if line in own)
    users += Counter(line for name in bfloat16 for line in loops_of(name, functions, F16C[isa]) if line in own_bfloat16)
    assert all(loops_of(name, functions, F16C[isa]) for name in kernels)

    vectorised = Counter(
        int(match["line"])
        for match in REPORT.finditer((hostile_build / "report").read_text("utf-8"))
        if match["file"] == isa and int(match["width"]) == WIDTH.get(isa, 16)
    )
    # Everything is inlined into the kernels, and the compiler reports a loop once for each of them.
    short = {line: (vectorised[line], n) for line, n in users.items() if vectorised[line] < n and line not in spared}
    assert not short, f"loops of {isa}.c that are vectorised in fewer kernels than run them: {short}"


@pytest.mark.parametrize("isa", ISAS)
def test_the_modules_are_declared_safe_without_the_gil(hostile_build, isa):
    for module in ("_ufuncs", "_cpu", "_promotion", "_waitgroup", "cython_api", f"kernels/{isa}"):
        source = (hostile_build / "build" / "fastsig" / f"{module}.c").read_text("utf-8")
        assert "{Py_mod_gil, __Pyx_FREETHREADING_COMPATIBLE}" in source
        assert "#define __Pyx_FREETHREADING_COMPATIBLE Py_MOD_GIL_NOT_USED" in source
