"""Count the vector operations of a kernel's loops, in the compiler's assembly.

    python bench/operations.py sigmoid_d fast_sigmoid_f
    python bench/operations.py sigmoid_d --isa avx512

A kernel is named as in fastsig/kernels/functions. A row is a loop, in the order of the assembly: how many bytes its
vectors have, its FMA, divisions and other operations on numbers in registers; loads, stores and copies are left out,
conversions are not.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

import machine

TESTS = Path(__file__).parents[1] / "tests"
LABEL = re.compile(r"^(\.L\w+):")
JUMP = re.compile(r"^\tj\w+\t(\.L\w+)")
VECTOR = re.compile(r"^\t(v?\w+)\t.*%([xyz])mm\d+$")
BYTES = {"x": 16, "y": 32, "z": 64}
MOVES = ("vmov", "mov", "vbroadcast", "vextract", "vinsert", "vunpck", "vperm", "vzero")


def assembly(isa):
    """Return the assembly of an instruction set's kernels: the compiler keeps it beside the object files."""
    sys.path.insert(0, str(TESTS))
    import builds

    with tempfile.TemporaryDirectory() as folder:
        (found,) = (builds.built(folder, CFLAGS="-save-temps=obj") / "temp").rglob(f"{isa}.s")
        return found.read_text("utf-8")


def body(text, kernel):
    """Return the lines of a kernel's function."""
    found = re.search(rf"^(\w*kernels_[a-z0-9]+_{kernel}):\n(.*?)^\t\.size\t\1,", text, re.M | re.S)
    if found is None:
        raise SystemExit(f"there is no kernel {kernel}; a kernel is named as on its page, such as sigmoid_d")
    return found[2].splitlines()


def loops(lines):
    """Yield the lines of each innermost loop: from a label to a jump back to it, with no other such jump between."""
    at = {}
    for i, line in enumerate(lines):
        if label := LABEL.match(line):
            at[label[1]] = i
        elif (jump := JUMP.match(line)) and jump[1] in at:
            start = at[jump[1]]
            yield lines[start:i]
            at = {name: j for name, j in at.items() if j > start}


def counts(loop):
    """Return a loop's row, or None where it computes nothing with vectors."""
    found = [match for line in loop if (match := VECTOR.match(line)) and not match[1].startswith(MOVES)]
    packed = [match for match in found if not match[1].endswith(("sd", "ss"))]
    if len(packed) < 3:
        return None
    fma = sum(match[1].startswith(("vfm", "vfnm")) for match in packed)
    divisions = sum("div" in match[1] for match in packed)
    width = max(BYTES[match[2]] for match in packed)
    return {"bytes": width, "FMA": fma, "divisions": divisions, "other": len(packed) - fma - divisions}


def main(argv=None):
    """Run the command, and return its exit status."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kernels", nargs="+", metavar="KERNEL")
    parser.add_argument("--isa", default="avx2", help="default: %(default)s")
    options = parser.parse_args(argv)
    text = assembly(options.isa)
    table = [
        {"kernel": kernel, "loop": i, **row}
        for kernel in options.kernels
        for i, row in enumerate(filter(None, map(counts, loops(body(text, kernel)))), 1)
    ]
    print(machine.markdown(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
