# THE FLOATING-POINT ENVIRONMENT: rounding mode, flush-to-zero, traps and flags. A kernel runs in the default one,
# whatever its caller's is; afterwards the caller's is put back.

cdef extern from *:
    """
    #include <fenv.h>
    #if defined(__x86_64__) || defined(_M_X64) || (defined(__i386__) && defined(__SSE2__))
    #include <xmmintrin.h>
    #define FASTSIG_SSE 1
    #define FASTSIG_SSE_DEFAULT 0x1f80u  /* to nearest, subnormals kept, nothing trapped, no flag */
    #else
    #define FASTSIG_SSE 0
    #endif

    typedef struct { fenv_t all; unsigned int sse; } fastsig_env;

    static inline int fastsig_x87_is_default(void)
    {
    #if FASTSIG_SSE && (defined(__GNUC__) || defined(__clang__))
        unsigned short control;
        __asm__ __volatile__("fnstcw %0" : "=m"(control));
        return control == 0x37f;  /* to nearest, all of its precision, nothing trapped */
    #else
        return 0;
    #endif
    }

    /* Save the caller's environment and set the default one. On x86 only long double uses the slow x87 half of it,
       and both halves are written only where they differ in more than flags: to read them is quicker. */
    static inline void fastsig_enter(fastsig_env *env, int extended)
    {
    #if FASTSIG_SSE
        int differs;
        env->sse = _mm_getcsr();
        differs = (env->sse & ~(unsigned int) _MM_EXCEPT_MASK) != FASTSIG_SSE_DEFAULT;
        if (extended) {
            fegetenv(&env->all);
            if (!fastsig_x87_is_default()) fesetenv(FE_DFL_ENV);
        }
        if (differs) _mm_setcsr(FASTSIG_SSE_DEFAULT);  /* flush-to-zero too, which some C libraries leave as it is */
    #else
        (void) extended;
        fegetenv(&env->all);
        fesetenv(FE_DFL_ENV);
    #endif
    }

    /* Put the caller's environment back: without the flags that the kernel raised in passing, and with those that the
       mathematics calls for. These are set and not raised: where the caller traps one, NumPy still gives its answer. */
    static inline void fastsig_leave(const fastsig_env *env, int extended, int invalid, int divide)
    {
    #if FASTSIG_SSE
        if (extended) fesetenv(&env->all);
        _mm_setcsr(env->sse | (invalid ? _MM_EXCEPT_INVALID : 0u) | (divide ? _MM_EXCEPT_DIV_ZERO : 0u));
    #else
        int excepts = (invalid ? FE_INVALID : 0) | (divide ? FE_DIVBYZERO : 0);
        fexcept_t raised;
        (void) extended;
        if (excepts) {
            feraiseexcept(excepts);
            fegetexceptflag(&raised, excepts);
        }
        fesetenv(&env->all);
        if (excepts) fesetexceptflag(&raised, excepts);
    #endif
    }
    """
    ctypedef struct Env "fastsig_env":
        pass
    void enter "fastsig_enter"(Env *env, bint extended) noexcept nogil
    void leave "fastsig_leave"(const Env *env, bint extended, bint invalid, bint divide) noexcept nogil
    ctypedef struct fenv_t:
        pass
    int fegetenv(fenv_t *env) noexcept nogil
    int fesetenv(const fenv_t *env) noexcept nogil
