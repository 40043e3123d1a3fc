"""Build fastsig: one extension per row of the ISA table, and those that are the same for all."""

import importlib.util
import platform
import shutil
import sysconfig
import tempfile
from itertools import takewhile
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

ROOT = Path(__file__).parent
SHARED = "fastsig._shared"  # what Cython adds to each module, memoryviews above all, compiled once
WITHOUT_LOOPS = (SHARED, "fastsig._cpu", "fastsig._promotion", "fastsig._waitgroup")
MODULES = (*WITHOUT_LOOPS, "fastsig._ufuncs", "fastsig.cython_api")

# Set here and not at the top of a file, where they would not reach the inline functions of a .pxd.
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "freethreading_compatible": True,
}

# These come after CFLAGS and LDFLAGS and override them: an environment that asks for -Ofast, -march=native or -flto
# gets the same bits. They undo -ffast-math and its parts, at linking too, where it would add code that sets
# flush-to-zero for the whole process. Then they restore what lets loops vectorise without changing a bit: no trap and
# no errno has to be preserved. They forbid contraction, which would make an FMA of a product and a sum.
GNU_FLAGS = [
    "-O3",
    "-fno-lto",
    "-fno-fast-math",
    "-fno-unsafe-math-optimizations",
    "-fno-finite-math-only",
    "-fno-associative-math",
    "-fno-reciprocal-math",
    "-fsigned-zeros",
    "-fno-rounding-math",
    "-fno-signaling-nans",
    "-fno-trapping-math",
    "-fno-math-errno",
    "-ffp-contract=off",
]
# GCC from 14 on, where it threads jumps, computes what is masked away, even if the result is subnormal, and leaves
# loops of the logit scalar, which then take much longer, above all in the fast tier.
NEWER_GCC_FLAGS = ["-fno-thread-jumps"]
SMALL = ["-Os"]  # for modules without loops; the driver's would be several times slower on strided arrays
ALIGNED = ["-falign-loops=32"]  # for the driver: a copying loop that lies across two cache lines is slower
NO_DEBUG_INFORMATION = ["-g0"]  # which is installed only by a build that asks for it, build_ext --debug
GNU_LINK_FLAGS = ["-O3", "-fno-lto", "-fno-fast-math", "-fno-unsafe-math-optimizations"]
# MSVC has never been run: this follows its documentation. It gets the baseline's kernels alone: it has /arch:AVX2 and
# /arch:AVX512, but no macro for FMA and F16C, and whether it vectorises loops that take their formula as a function is
# not known. From Visual Studio 2022 on, /fp:precise fuses nothing; before, it does on ARM64: do not use it there.
MSVC_FLAGS = ["/O2", "/fp:precise"]
# Each row adds what it needs to this, and no more: with FMA the baseline's fast tier would have other bits.
X86_64_FLAGS = ["-march=x86-64", "-mno-avx", "-mfpmath=sse"]
# Pentium 4 is the first CPU with SSE2. x87, which compilers for 32 bits use by default, rounds to types of its own.
I386_FLAGS = ["-march=pentium4", "-mno-avx", "-mfpmath=sse"]

# CPython's stable ABI as of 3.11: one wheel runs on this and on every later version. A free-threaded CPython has none
# before 3.15, and PyPy has none at all.
STABLE_ABI = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
OLDEST_TAG, OLDEST_HEX = "cp311", "0x030B0000"  # pyproject.toml has the same version in `requires-python`

MACROS = [
    *([("Py_LIMITED_API", OLDEST_HEX)] if STABLE_ABI else []),
    ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
    ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
    ("FASTSIG_LONGDOUBLE_BITS", str(np.finfo(np.longdouble).nmant + 1)),
]

# For kernels. A loop takes its formula as a function: unless both are inlined into the kernel, each element costs an
# indirect call and nothing is vectorised.
INLINE = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]

EMPTY = "int probe(void);\nint probe(void) { return 0; }\n"
X86_64_ONLY = "#if !defined(__x86_64__) && !defined(_M_X64)\n#error not x86-64\n#endif\n" + EMPTY
NEWER_GCC_ONLY = "#if defined(__clang__) || __GNUC__ < 14\n#error not GCC from 14 on\n#endif\n" + EMPTY
OTHERS_ONLY = "#if defined(__x86_64__) || defined(_M_X64)\n#error x86-64\n#endif\n" + EMPTY

NO_COMPILER = """fastsig is compiled when it is installed, and there is no C compiler {command!r} here.
Install one, or name one in the variable CC:
  Debian, Ubuntu: apt install build-essential
  Fedora:         dnf install gcc
  Alpine:         apk add build-base
  macOS:          xcode-select --install
  Windows:        the Build Tools for Visual Studio, with C++"""
BROKEN_COMPILER = "the C compiler {command!r} does not compile an empty function; what it says stands above"
OTHER_MACHINE = """the C compiler {command!r} builds for another machine than this one ({machine}), or for several.
fastsig would lack the kernels for the instruction sets of that machine. Build it there, or for this machine alone:
by a Python of 64 bits, without -m32 or a cross compiler, and on a Mac with ARCHFLAGS='-arch {machine}'."""
REFUSED_FLAGS = "the C compiler {command!r} does not take the flags that fastsig's arithmetic needs: {flags}"


def module(name):
    """Return a module of the package by its file; the package itself cannot be imported before it is built."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "fastsig" / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


ISA = module("_isa")
SOURCES = [("FASTSIG_SOURCES", module("_digest").digest(ROOT / "fastsig" / "kernels"))]
ON_X86_64 = platform.machine().lower() in ISA.X86_64
ON_I386 = platform.machine().lower() in ("i386", "i486", "i586", "i686")
MACHINE_FLAGS = X86_64_FLAGS if ON_X86_64 else I386_FLAGS if ON_I386 else []


def extension(name, cflags=()):
    """Return one extension module of the package, by its dotted name."""
    return Extension(
        name,
        [name.replace(".", "/") + (".c" if name == SHARED else ".pyx")],
        include_dirs=[np.get_include(), "fastsig/kernels"],
        define_macros=MACROS,
        extra_compile_args=list(cflags),
        py_limited_api=STABLE_ABI,
    )


def kernels(isa):
    """Return the extension of one row of the ISA table."""
    made = extension(isa.module, isa.cflags)
    made.define_macros = [*made.define_macros, *SOURCES]
    return made


def translate(ext):
    """Return an extension whose sources are in C, in the folder `build`."""
    (translated,) = cythonize(
        [Extension(ext.name, ext.sources)],
        compiler_directives=DIRECTIVES,
        build_dir="build",
        shared_utility_qualified_name=SHARED,
    )
    return translated


class BuildExt(build_ext):
    """Ask the compiler what it can do before anything is built; leave out the rows whose flags it refuses."""

    def build_extensions(self):
        """Build the extensions that this compiler can, or say what is missing."""
        msvc = self.compiler.compiler_type == "msvc"  # it warns about flags like -mavx2 and goes on
        common = MSVC_FLAGS
        if not msvc:
            common = [*GNU_FLAGS, *MACHINE_FLAGS, *([] if self.debug else NO_DEBUG_INFORMATION)]
        self.check_compiler(common, any_machine=msvc)
        if not msvc and self.compiles(NEWER_GCC_ONLY):
            common = [*common, *NEWER_GCC_FLAGS]
        left_out = [
            e
            for e in self.extensions
            if e.extra_compile_args and (msvc or not self.compiles(EMPTY, e.extra_compile_args))
        ]
        if left_out:
            names = ", ".join(e.name.rpartition(".")[2] for e in left_out)
            print(f"fastsig: the compiler refuses the flags of the kernels for {names}, which are left out")
        kept = [e for e in self.extensions if e not in left_out]
        for e in kept:
            e.extra_compile_args = [*common, *e.extra_compile_args]
            if not msvc and e.name.startswith("fastsig.kernels."):
                e.define_macros = [*e.define_macros, *INLINE]
            elif not msvc:
                e.extra_compile_args += SMALL if e.name in WITHOUT_LOOPS else ALIGNED
            e.extra_link_args = [] if msvc else GNU_LINK_FLAGS
            # libm is not left to what Python has loaded: a name without its version is bound to the oldest, and on
            # s390x that is the logl of a long double of 64 bits.
            e.libraries = [] if msvc else ["m"]
        self.extensions = kept
        super().build_extensions()

    def build_extension(self, ext):
        """Translate an extension, here and not sooner, so that a source distribution holds no C; then compile it."""
        translated = translate(ext)
        ext.sources, ext.depends = translated.sources, translated.depends
        super().build_extension(ext)

    def check_compiler(self, flags, any_machine):
        """Raise CompileError unless there is a compiler for this machine that takes the flags common to all.

        MSVC may be for any machine: it builds the baseline alone, and no kernels can be missing.
        """
        words = list(takewhile(lambda word: word[0] != "-", getattr(self.compiler, "compiler_so", ["cl"])))
        command = " ".join(words)  # more than one where a wrapper such as ccache comes first
        if not self.compiles(EMPTY):
            there = all(map(shutil.which, words))
            raise CompileError((BROKEN_COMPILER if there else NO_COMPILER).format(command=command))
        if not any_machine and not self.compiles(X86_64_ONLY if ON_X86_64 else OTHERS_ONLY):
            raise CompileError(OTHER_MACHINE.format(command=command, machine=platform.machine()))
        if not self.compiles(EMPTY, flags):
            raise CompileError(REFUSED_FLAGS.format(command=command, flags=" ".join(flags)))

    def compiles(self, source, flags=()):
        """Tell whether the compiler takes a source with these flags."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder, "probe.c")
            probe.write_text(source)
            try:
                self.compiler.compile([str(probe)], output_dir=folder, extra_postargs=list(flags))
            except CompileError:
                return False
        return True


setup(
    ext_modules=[*map(extension, MODULES), *map(kernels, ISA.isas_of(platform.machine()))],
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": OLDEST_TAG}} if STABLE_ABI else {},
)
