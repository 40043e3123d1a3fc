"""Which of the features in the ISA table this CPU and its operating system have."""

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
    /* The builtin takes a literal, and asks the operating system about the registers as well. */
    #define fastsig_cpu_supports(feature) (__builtin_cpu_init(), __builtin_cpu_supports(feature) != 0)
    /* Not known to every builtin. Its registers are AVX's, about which each row that needs it asks too. */
    #include <cpuid.h>
    static inline int fastsig_cpu_has_f16c(void)
    {
        unsigned int a, b, c, d;
        return __get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 29) != 0;
    }
    #else
    #define fastsig_cpu_supports(feature) 0
    #define fastsig_cpu_has_f16c() 0
    #endif
    """
    bint AVX2 'fastsig_cpu_supports("avx2")'
    bint AVX512BW 'fastsig_cpu_supports("avx512bw")'
    bint AVX512DQ 'fastsig_cpu_supports("avx512dq")'
    bint AVX512F 'fastsig_cpu_supports("avx512f")'
    bint AVX512VL 'fastsig_cpu_supports("avx512vl")'
    bint F16C "fastsig_cpu_has_f16c()"
    bint FMA 'fastsig_cpu_supports("fma")'


KNOWN = {
    "avx2": AVX2,
    "avx512bw": AVX512BW,
    "avx512dq": AVX512DQ,
    "avx512f": AVX512F,
    "avx512vl": AVX512VL,
    "f16c": F16C,
    "fma": FMA,
}


def features() -> frozenset:
    """Return the names of the features that this CPU has, of those that are known."""
    return frozenset(name for name, has in KNOWN.items() if has)
