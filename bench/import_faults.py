"""Import fastsig as often as its import asks for memory, and refuse another of these requests each time.

    python bench/import_faults.py                           every request: minutes
    python bench/import_faults.py --every 100               every hundredth request
    python bench/import_faults.py --log bench/logs/builds/import_faults.md

A request is refused alone, and with many that follow. NumPy is imported before. CPython's `_testcapi` counts and
refuses what CPython's allocators are asked for, which is all objects and more. Each import runs in a forked child. It
has to raise MemoryError or to succeed; it must not crash in fastsig's code, hang or raise anything else.

CPython, NumPy and what Cython adds to modules have flaws of their own, which are counted: they crash, or raise another
exception in MemoryError's place, such as "can't allocate lock". The C frames of a crash tell in whose code it is; to
write them needs a C compiler. A crash of CPython that fastsig called directly has been handed a null pointer. What
Cython adds does so for a request or two of each module: more than one import in fifty is reported.
"""

import argparse
import compileall
import ctypes
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np

SECONDS = 20  # after which an import is taken to hang
ROWS = {"once": 1, "50 times": 50}
MOST = 1 << 20  # an import asks for memory less often than this
# Exit statuses of children that no signal ends.
IMPORTED, NO_MEMORY, ANOTHER, BROKEN = range(4)
MEANING = {IMPORTED: "imported", NO_MEMORY: "MemoryError", ANOTHER: "another exception", BROKEN: "does not compute"}
CALLED = "CPython, called by fastsig"
FLAWS = ("an exception of CPython's, NumPy's or Cython's", "crash in CPython", f"crash in {CALLED}", "crash in NumPy")
MOST_CALLED = 1 / 50  # of all imports
# Parts of the C frames of the handler, and of those of each owner, the innermost folder first.
HANDLER = re.compile(r"/watch\.so|/libc[.-]|/libpthread")
OWNERS = {"/fastsig/": "fastsig", "/numpy/": "NumPy", "python": "CPython"}
# What the exceptions say that replace MemoryError.
THEIRS = re.compile(
    r"can't allocate (?:read )?lock|without (?:setting an )?exception|__set_name__|thread-state dictionary"
    r"|_multiarray_umath failed to import|_(?:ARRAY|UFUNC)_API not found"
    r"|fastsig\._shared does not export expected C (?:function|variable)"
    r"|<(?:method '\w+' of '\w+' objects|class '\w+')> returned a result with an exception set"
    r"|has no attribute '__(?:orig_bases|pyx_vtable)__'|KeyError: '__dictoffset__'"
)

WATCH = """
#include <execinfo.h>
#include <signal.h>

static int file;

static void tell(int number)
{
    void *frames[40];
    backtrace_symbols_fd(frames, backtrace(frames, 40), file);
    signal(number, SIG_DFL);
    raise(number);
}

void watch(int to)
{
    void *frame;
    file = to;
    backtrace(&frame, 1);  /* which loads what it needs */
    signal(SIGSEGV, tell);
    signal(SIGBUS, tell);
    signal(SIGABRT, tell);
}
"""


def watcher(folder):
    """Return a function that makes crashes write their C frames to a file, or that does nothing without a compiler."""
    source, made = Path(folder, "watch.c"), Path(folder, "watch.so")
    source.write_text(WATCH)
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    try:
        subprocess.run([*command, "-shared", "-fPIC", "-o", str(made), str(source)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return lambda _: None
    return ctypes.CDLL(str(made)).watch


def owner(frames):
    """Return in whose code a crash is, by its C frames, those of the handler left out."""
    frames = [frame for frame in re.findall(r"(?m)^/.*", frames) if not HANDLER.search(frame)]
    owners = [next((name for part, name in OWNERS.items() if part in frame), frame) for frame in frames]
    if owners[:2] == ["CPython", "fastsig"]:
        return CALLED
    return owners[0] if owners else "unknown code"


def child(limits, said, watch):
    """Import fastsig with memory refused between two counts, and end the process; messages go to a file."""
    os.dup2(said.fileno(), 2)
    watch(said.fileno())
    signal.alarm(SECONDS)
    status = ANOTHER
    try:
        import _testcapi

        _testcapi.set_nomemory(*limits)
        import fastsig

        _testcapi.remove_mem_hooks()
        status = IMPORTED if fastsig.sigmoid(np.zeros(3)).tolist() == [0.5] * 3 else BROKEN
    except MemoryError:
        _testcapi.remove_mem_hooks()
        status = NO_MEMORY
    except BaseException as error:
        _testcapi.remove_mem_hooks()
        os.write(2, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(status)


def outcome(limits, watch):
    """Return how an import ends, and what it wrote."""
    with tempfile.TemporaryFile("w+") as said:
        pid = os.fork()
        if pid == 0:
            child(limits, said, watch)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        text = said.read() or (signal.Signals(-status).name if status < 0 else "")
    if status == ANOTHER and THEIRS.search(text):
        return FLAWS[0], text
    if status < 0:
        return "hangs" if status == -signal.SIGALRM else f"crash in {owner(text)}", text
    return MEANING[status], text


def times(watch):
    """Return how often an import asks for memory: the least count from which on a refusal changes nothing."""
    low, high = 0, MOST
    while low < high:
        middle = (low + high) // 2
        ended, _ = outcome((middle, middle + max(ROWS.values())), watch)
        low, high = (low, middle) if ended == MEANING[IMPORTED] else (middle + 1, high)
    return low


def sweep(most, every, watch):
    """Return a row of the table for each number of refusals, and a line for each import that ended as it must not."""
    rows, bad = [], []
    for said, length in ROWS.items():
        ended = Counter()
        for n in range(0, most, every):
            how, text = outcome((n, n + length), watch)
            ended[how] += 1
            if how not in (MEANING[IMPORTED], MEANING[NO_MEMORY], *FLAWS):
                bad.append(f"refused {said} at {n}: {how}: {text}")
        imports = ended.total()
        allowed = {how: ended.pop(how, 0) for how in (MEANING[IMPORTED], MEANING[NO_MEMORY], *FLAWS)}
        rows.append({"refused": said, "imports": imports, **allowed, "anything else": ended.total()})
        bad += complaints(rows[-1])
    return rows, bad


def complaints(row):
    """Return a line where more crashes than Cython's own are of null pointers that fastsig hands to CPython."""
    name, most = f"crash in {CALLED}", int(MOST_CALLED * row["imports"])
    return [f"refused {row['refused']}: {row[name]} imports {name}, {most} at most"] if row[name] > most else []


def arguments():
    """Return the parsed command line."""
    summary, *rest = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        description=summary, epilog="\n".join(rest), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each N-th time only; default 1")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the table: .json, or Markdown")
    return parser.parse_args()


def main():
    """Sweep; return 1 if an import ended as it must not."""
    given, start = arguments(), time.monotonic()
    if find_spec("_testcapi") is None:
        sys.exit("this Python lacks `_testcapi`, CPython's module for its tests, which refuses memory")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # CPython's compiler, which is not tested here, aborts without memory: the modules are compiled before.
    compileall.compile_dir(Path(find_spec("fastsig").origin).parent, quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        watch = watcher(folder)
        most = times(watch)
        rows, bad = sweep(most, given.every, watch)
    import machine  # it imports fastsig, which children have to do first

    print(f"an import asks for memory {most} times\n")
    print(machine.markdown(rows))
    print("\n".join(bad) or "nothing else")
    if given.log:
        about = {
            **machine.facts(),
            "times that an import asks for memory": most,
            "of these": f"each {given.every}." if given.every > 1 else "each",
            "time": f"{time.monotonic() - start:.0f} s",
        }
        machine.write_log(given.log, "Imports without memory", about, rows)
    return 1 if bad or not most else 0


if __name__ == "__main__":
    sys.exit(main())
