"""Which of the features that the ISA table asks for this CPU, and its operating system, have."""

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
    /* The builtin takes a literal, and asks the operating system about the registers as well. */
    #define fastsig_cpu_supports(feature) (__builtin_cpu_init(), __builtin_cpu_supports(feature) != 0)
    #else
    #define fastsig_cpu_supports(feature) 0
    #endif
    """
    bint AVX2 'fastsig_cpu_supports("avx2")'
    bint AVX512BW 'fastsig_cpu_supports("avx512bw")'
    bint AVX512DQ 'fastsig_cpu_supports("avx512dq")'
    bint AVX512F 'fastsig_cpu_supports("avx512f")'
    bint AVX512VL 'fastsig_cpu_supports("avx512vl")'
    bint FMA 'fastsig_cpu_supports("fma")'


KNOWN = {
    "avx2": AVX2,
    "avx512bw": AVX512BW,
    "avx512dq": AVX512DQ,
    "avx512f": AVX512F,
    "avx512vl": AVX512VL,
    "fma": FMA,
}


def features() -> frozenset:
    """Return the names of the features that this CPU has, of those that are known."""
    return frozenset(name for name, has in KNOWN.items() if has)
