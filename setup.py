"""Build fastsig: one extension per row of the ISA table, and one each for the ufuncs and the CPU's features."""

import importlib.util
import platform
import tempfile
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

ROOT = Path(__file__).parent

# Set here and not at the top of a file, where they would not reach the inline functions of a .pxd.
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "freethreading_compatible": True,
}

# What makes the loops vectorise without changing a bit: no traps and no errno to preserve, no fusing by itself.
# -ffast-math would be neither.
GNU_FLAGS = ["-O3", "-fno-trapping-math", "-fno-math-errno", "-ffp-contract=off"]
MSVC_FLAGS = ["/O2", "/fp:precise"]


def isa_rows():
    """Return the rows of the ISA table for this machine; the package itself cannot be imported before it is built."""
    spec = importlib.util.spec_from_file_location("_isa", ROOT / "fastsig" / "_isa.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.isas_of(platform.machine())


def extension(name, cflags=()):
    """Return one extension module of the package."""
    return Extension(
        f"fastsig.{name}",
        [f"fastsig/{name}.pyx"],
        include_dirs=[np.get_include()],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"), ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")],
        extra_compile_args=list(cflags),
    )


def loops(isa):
    """Return the extension of one row of the ISA table."""
    return extension(isa.module.rpartition(".")[2], isa.cflags)


class BuildExt(build_ext):
    """Leave out the rows that the compiler has no flags for; give each compiler its spelling of the others."""

    def build_extensions(self):
        """Build the extensions that this compiler can."""
        msvc = self.compiler.compiler_type == "msvc"
        self.extensions = [e for e in self.extensions if self.accepts(e.extra_compile_args)]
        for e in self.extensions:
            e.extra_compile_args += MSVC_FLAGS if msvc else GNU_FLAGS
        super().build_extensions()

    def accepts(self, cflags):
        """Tell whether the compiler takes these flags."""
        if not cflags:
            return True
        if self.compiler.compiler_type == "msvc":  # it warns about -mavx2 and goes on
            return False
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder, "probe.c")
            probe.write_text("int probe(void) { return 0; }\n")
            try:
                self.compiler.compile([str(probe)], output_dir=folder, extra_preargs=cflags)
            except CompileError:
                print(f"fastsig: the compiler refuses {' '.join(cflags)}; the kernels that need them are left out")
                return False
        return True


setup(
    ext_modules=cythonize(
        [extension("_cpu"), extension("_ufuncs"), *map(loops, isa_rows())],
        compiler_directives=DIRECTIVES,
        build_dir="build",
    ),
    cmdclass={"build_ext": BuildExt},
)
