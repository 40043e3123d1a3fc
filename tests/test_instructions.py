"""No module holds instructions that a CPU may lack, but for the kernels that are imported once the CPU was asked.

An illegal instruction is no exception that could be caught, so these tests read the disassembly of all that is
compiled: as it is installed, and as it is built where the environment asks for the instructions of this machine.
"""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import builds
import pytest
from processes import run_python

import fastsig
from fastsig._isa import ISAS as ROWS
from fastsig._isa import X86_64

OBJDUMP = shutil.which("objdump")
if OBJDUMP is None or platform.system() != "Linux" or platform.machine() not in X86_64:
    pytest.skip("this reads x86-64 code as GNU objdump prints it", allow_module_level=True)

PACKAGE = Path(fastsig.__file__).parent
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t(.+)$", re.M)

# What each feature adds to x86-64: the registers, or how the instructions are called. FMA, F16C and all else that is
# encoded as AVX begin with a v; AVX-512 is known by its registers, and by its own forms of older instructions.
AVX512 = r"%zmm|%k[0-7]|%[xy]mm(?:1[6-9]|2\d|3[01])\b|\{evex\}|^v\w+(?:32x[248]|64x[24]|[ao]r?[dq]u(?:8|16|32|64))\b"
AVX512 += r"|^vmovdq[au](?:8|16|32|64)\b|^vpternlog|^vperm[it]2"
AVX = r"^v|%ymm"
SSE3_TO_SSE4 = (
    r"^(?:addsubp[sd]|h(?:add|sub)p[sd]|lddqu|mov(?:ddup|s[hl]dup)|fisttp\w*|monitor|mwait"  # SSE3
    r"|pabs[bwd]|palignr|ph(?:add|sub)(?:sw|w|d)|pmaddubsw|pmulhrsw|pshufb|psign[bwd]"  # SSSE3
    r"|p?blend\w+|dpp[sd]|extractps|insertps|mpsadbw|packusdw|p(?:ext|ins)r[bdq]|pcmp(?:eqq|gtq|[ei]str[im])"  # SSE4
    r"|phminposuw|p(?:max|min)(?:sb|sd|uw|ud)|pmov[sz]x\w+|pmuldq|pmulld|ptest|round[ps][sd]|crc32\w*|popcnt\w*)\b"
)
BITS = r"^(?:andn[lq]?|bextr|bls(?:i|r|msk)|bzhi|[lt]zcnt\w*|mulx|pdep|pext|rorx|s[ah][lr]x|movbe|adcx|adox)\b"
OTHERS = r"^(?:aes\w+|pclmul\w+|sha(?:1|256)\w+|gf2p8\w+|rd(?:rand|seed)|prefetchw\w*|clwb|clflushopt|xsave\w*)\b"
NEVER = {"SSE3 to SSE4": SSE3_TO_SSE4, "BMI": BITS, "others": OTHERS}


def beyond(text, needs):
    """Return the instructions of a disassembly that a CPU with no more features than these may lack.

    Instructions older than AVX have another name where they are encoded as AVX.
    """
    forbidden = [*NEVER.values()]
    forbidden += [] if "avx512f" in needs else [AVX512]
    forbidden += [] if {"avx2", "avx512f"}.intersection(needs) else [AVX]
    pattern = re.compile("|".join(forbidden))
    return sorted({code for code in INSTRUCTION.findall(text) if pattern.search(code.strip())})


def disassembly(path):
    """Return the code of a module, one instruction a line."""
    command = [OBJDUMP, "--disassemble", "--no-show-raw-insn", "-M", "att", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def modules(package):
    """Return the compiled modules of a package with the features that each may use."""
    needs = {row.name: row.needs for row in ROWS}
    found = dict.fromkeys(package.glob("*.so"), ())
    return found | {path: needs[path.name.split(".")[0]] for path in package.glob("kernels/*.so")}


@pytest.fixture(scope="module", params=["installed", "hostile"])
def package(request):
    """Return the folder of the installed package, and of one that is built with -march=native in the environment."""
    if request.param == "installed":
        return PACKAGE
    return request.getfixturevalue("hostile_build") / "lib" / "fastsig"


def test_no_instruction_is_used_that_the_cpu_was_not_asked_for(package):
    found = modules(package)
    assert {path.name.split(".")[0] for path in found} >= {"_cpu", "_ufuncs", "_waitgroup", "cython_api", "baseline"}
    for path, needs in found.items():
        code = disassembly(path)
        assert len(INSTRUCTION.findall(code)) > 500
        assert not (used := beyond(code, needs)), f"{path}: {used[:20]}"
        if needs:  # what is looked for is found where it has to be
            width = "zmm" if "avx512f" in needs else "ymm"
            assert re.search(rf"\tvfmadd\d+pd .*%{width}", code)
            assert any(f"%{width}" in used for used in beyond(code, ()))


LOADED = """
import sys
import fastsig, fastsig.cython_api, fastsig.fast
print(fastsig.isa(), *(m.__file__ for name, m in sys.modules.items() if name.startswith("fastsig.")), sep="\\n")
"""


def test_the_baseline_loads_no_module_that_needs_more():
    done = run_python("-c", LOADED, environment={"FASTSIG_ISA": "baseline"}, text=True, check=True)
    isa, *files = done.stdout.splitlines()
    assert isa == "baseline"
    compiled = [path for path in map(Path, files) if path.suffix == ".so"]
    assert len(compiled) == 7
    assert all(modules(PACKAGE)[path] == () for path in compiled)


@pytest.mark.parametrize(
    ("code", "lacking"),
    [
        ("addpd  %xmm0,%xmm1", ""),
        ("andnpd %xmm0,%xmm1", ""),
        ("shufpd $0x1,%xmm0,%xmm1", ""),
        ("bt     %rax,%rdx", ""),
        ("vaddpd %xmm0,%xmm1,%xmm2", "baseline"),
        ("vcvtph2ps %xmm0,%xmm0", "baseline"),
        ("vzeroupper", "baseline"),
        ("vandpd %ymm0,%ymm1,%ymm2", "baseline"),
        ("vaddpd %xmm0,%xmm1,%xmm17", "baseline avx2"),
        ("vaddpd %zmm0,%zmm1,%zmm2", "baseline avx2"),
        ("vmovdqu64 (%rax),%ymm1", "baseline avx2"),
        ("kmovb  %k1,%eax", "baseline avx2"),
        ("{evex} vpandn %xmm0,%xmm1,%xmm2", "baseline avx2"),
        ("pshufb %xmm0,%xmm1", "baseline avx2 avx512"),
        ("roundsd $0x9,%xmm0,%xmm0", "baseline avx2 avx512"),
        ("andn   %rax,%rdx,%rcx", "baseline avx2 avx512"),
        ("tzcnt  %rax,%rdx", "baseline avx2 avx512"),
        ("shlx   %rax,%rdx,%rcx", "baseline avx2 avx512"),
    ],
)
def test_instructions_are_known_by_what_they_need(code, lacking):
    rows = [row for row in ROWS if beyond(f"    1f40:\t{code}\n", row.needs)]
    assert {row.name for row in rows} == set(lacking.split())


@pytest.mark.skipif(not builds.is_gcc(), reason="the flags are GCC's")
@pytest.mark.parametrize("flag", ["-mavx", "-mavx2", "-mfma", "-mavx512f", "-msse4.1", "-mbmi2"])
def test_what_a_compiler_makes_of_a_flag_is_found(flag, tmp_path):
    # Each of these flags makes something else of this loop or of this shift.
    source, made = tmp_path / "wide.c", tmp_path / "wide.o"
    source.write_text(
        "void f(double *a, int n) { for (int i = 0; i < n; i++) a[i] = __builtin_floor(a[i] * a[i] + 1); }\n"
        "unsigned long g(unsigned long x, int n) { return x << n; }\n"
    )
    for flags, is_found in (([], False), ([flag], True)):
        command = [*builds.CC, "-O3", "-ffast-math", "-march=x86-64", *flags, "-c", str(source), "-o", str(made)]
        subprocess.run(command, check=True)
        assert bool(beyond(disassembly(made), ())) is is_found
