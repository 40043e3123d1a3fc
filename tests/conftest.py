"""What all tests share: the ufuncs of every instruction set that this CPU runs, not only of the one that is picked."""

import platform

import builds
import hypothesis
import pytest
from catalog import ISAS, UFUNCS

# No deadline for an example: a busy machine is no failure.
hypothesis.settings.register_profile("fastsig", deadline=None)
hypothesis.settings.load_profile("fastsig")


@pytest.fixture(params=ISAS)
def ufuncs(request):
    """Return the ufuncs of one instruction set, by name."""
    return UFUNCS[request.param]


# Flags that would change results, kernels or the whole process, if they came last.
HOSTILE_COMPILING = "-g -Os -Ofast -ffast-math -funsafe-math-optimizations -ffp-contract=fast -frounding-math -flto"
HOSTILE_LINKING = "-Ofast -ffast-math -funsafe-math-optimizations -flto"
HOSTILE_ON_X86_64 = " -march=native -mfpmath=387"


@pytest.fixture(scope="session")
def hostile_build(tmp_path_factory):
    """Return a folder with a build of its own, in an environment whose flags ask for everything but right results.

    The package is in its folder `lib`, the C sources in `build`; the file `report` is what GCC says of loops.
    """
    if not builds.version_of_compiler():
        pytest.skip("there is no C compiler here")
    folder = builds.copy_of_sources(tmp_path_factory.mktemp("hostile") / "sources")
    flags = HOSTILE_COMPILING + (HOSTILE_ON_X86_64 if platform.machine() == "x86_64" else "")
    report = " -fopt-info-vec-optimized" if builds.is_gcc() else ""
    done = builds.setup(
        folder, "build", "--build-lib", "lib", "--build-temp", "temp", CFLAGS=flags + report, LDFLAGS=HOSTILE_LINKING
    )
    assert done.returncode == 0, done.stdout
    (folder / "report").write_text(done.stdout, "utf-8")
    return folder
