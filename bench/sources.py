"""What the kernels are made from, definition by definition: a log says by a hash which of them it ran.

A kernel consists of what it reaches: its own definition, the formulas and loops that it names, and so on, down to
constants. A log of the float32 kernels of the default tier is valid as long as those definitions are unchanged,
whatever happens to others. It names the functions that it is of, and stays valid when one is added.
"""

import hashlib
import re
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath

from fastsig import _dispatch
from fastsig._digest import digest

KERNELS = Path(__file__).parents[1] / "fastsig" / "kernels"

TIERS = {"default": "KERNELS", "fast": "FAST"}
TYPES = ("float16", "float32", "float64", "longdouble")  # in the order of a row of the tables
ALL = "all"

SOURCES = re.compile(
    r'^include "([\w/]+\.pxi)"|^cdef extern from "([\w/]+\.h)"|^from fastsig\.kernels\.([\w.]+) cimport', re.M
)
COMMENT = re.compile(r"\s*#( .*)?$")  # of Cython, at the end of a line too; C's directives have no space there
ROW = re.compile(r'^(\w+)\["(\w+)"\] = row\(\s*signature\(\d, \d\),\s*([\w\s,]+)\)', re.M)
VERBATIM = re.compile(r'^ +"""\n(.*?)^ +"""\n', re.M | re.S)  # C within Cython
DEFINED_IN_C = re.compile(  # a macro, a function, a constant, a type
    r"#define (\w+)|(\w+)\([^()]*\)\s*\{|static const [\w ]*?(\w+)(?:\[\w*\])*\s*=|\}\s*(\w+);"
)
STRING = re.compile(r'"[^"]*"')
DECLARED = re.compile(r'\b([A-Za-z_]\w*)\s*(?=["=,:]|$)', re.M)
POINTER = re.compile(r"\(\*(\w+)\)")  # to a function: what its type is called
WORD = re.compile(r"[A-Za-z_]\w*")
KEYWORDS = {"enum", "pass", "struct"}


def kernel_sources(name="baseline.pyx"):
    """Return what a kernels module is compiled from, by its path in `kernels`: its source and all that it includes."""
    text = (KERNELS / name).read_text("utf-8")
    found, folder = {name: text}, PurePosixPath(name).parent  # from which a file includes others
    for included, header, cimported in SOURCES.findall(text):
        found |= kernel_sources(str(folder / included) if included else header or cimported.replace(".", "/") + ".pxd")
    return found


def are_installed():
    """Tell whether the kernels that are installed were compiled from these sources."""
    here = digest(KERNELS)
    return all(here == _dispatch.load(isa).SOURCES for isa in _dispatch.available())


def without_comments(source):
    """Return a source without what changes no kernel: comments, empty lines, and the names of the system's headers."""
    lines = (COMMENT.sub("", line) for line in source.splitlines())
    return "\n".join(line for line in lines if line and "#include <" not in line) + "\n"


def blocks(text, indent):
    """Return the lines of a text by blocks: each begins at an indent, and goes on to where the next one begins."""
    return [block for block in re.split(rf"(?m)^(?= {{{indent}}}[^\s)])", text) if block.strip()]


def names(block):
    """Return the names that a block of Cython defines."""
    head, *rest = STRING.sub('"', block).splitlines()
    if head.strip() in ("enum:", "cdef enum:"):
        return set().union(*map(names, rest))
    pointer = POINTER.search(head)
    return {pointer[1]} if pointer else set(DECLARED.findall(head.split("(")[0])) - KEYWORDS


def definitions(sources):
    """Return each definition's text by its name. One piece of C defines several names.

    Parameters
    ----------
    sources : dict of str to str
        By file, as `kernel_sources` returns them.

    Returns
    -------
    dict of str to str
    """
    found = {}

    def enter(text, defined):
        for name in defined:
            found[name] = found.get(name, "") + text

    def enter_c(text):
        enter(text, filter(None, chain(*DEFINED_IN_C.findall(text))))

    for file, source in sources.items():
        text = without_comments(source)
        if file.endswith(".h"):
            enter_c(text)
            continue
        for block in blocks(text, 0):
            if block.startswith("cdef extern"):
                for c in VERBATIM.findall(block):
                    enter_c(c)
                for declaration in blocks(VERBATIM.sub("", block).partition("\n")[2], 4):
                    enter(declaration, names(declaration))
            elif block.startswith(("cdef", "ctypedef")):
                enter(block, names(block))
    return found


def rows(sources, which):
    """Return some kernels.

    Parameters
    ----------
    sources : dict of str to str
    which : str
        A tier and types, as "default float32" or "fast float16 float64"; a tier alone stands for all types; or
        "all". After the word "of" come names of functions; without them it is all functions.

    Returns
    -------
    list of (str, str)
        The name of the function, and that of the kernel.
    """
    which, _, functions = which.partition(" of ")
    words, functions = {*TIERS, *TYPES} if which == ALL else set(which.split()), functions.split()
    tables, types = {table for tier, table in TIERS.items() if tier in words}, words & set(TYPES) or set(TYPES)
    if not tables or words - {*TIERS, *TYPES}:
        raise ValueError(f"kernels are of {' or '.join(TIERS)}, and of {', '.join(TYPES)}, or {ALL}, not {which!r}")
    return [
        (function, kernel)
        for text in sources.values()
        for table, function, kernels in ROW.findall(text)
        if table in tables and (function in functions or not functions)
        for type_of, kernel in zip(TYPES, re.split(r",\s*", kernels.strip()), strict=True)
        if type_of in types
    ]


def reached(defined, kernels):
    """Return the names of the definitions that kernels reach."""
    found, open_names = set(), set(kernels)
    while open_names:
        found |= open_names
        words = set().union(*(WORD.findall(defined[name]) for name in open_names))
        open_names = (words & defined.keys()) - found
    return found


@cache
def kernels(which=ALL):
    """Return a name for some kernels, with a hash of the definitions that they reach, comments left out.

    Parameters
    ----------
    which : str
        As `rows` takes it.

    Returns
    -------
    str
        `which` with the names of the functions, so that it stays valid when one is added, and the hash.
    """
    sources = kernel_sources()
    defined = definitions(sources)
    functions, roots = map(set, zip(*rows(sources, which), strict=True))
    texts = {defined[name] for name in reached(defined, roots)}
    code = "".join(sorted(texts | {without_comments(sources["arithmetic.h"])}))
    of_functions = f"{which.partition(' of ')[0]} of {' '.join(sorted(functions))}"
    return f"{of_functions}, {hashlib.sha256(code.encode()).hexdigest()[:16]}"


def still_are(named):
    """Tell whether the kernels that a log names are those of the sources."""
    which = named.rpartition(", ")[0]
    return " of " in which and named == kernels(which)


def functions_of(named):
    """Return the names of the functions whose kernels a log names."""
    return set(named.rpartition(", ")[0].partition(" of ")[2].split())
