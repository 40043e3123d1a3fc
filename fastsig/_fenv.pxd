# THE FLOATING-POINT ENVIRONMENT: rounding mode, flush-to-zero, traps and flags. A kernel runs in the default one,
# whatever its caller's is, and the caller's is put back.

cdef extern from *:
    """
    #include <fenv.h>
    #if defined(__x86_64__) || defined(_M_X64)
    #include <xmmintrin.h>
    #define FASTSIG_SSE 1
    #define FASTSIG_SSE_DEFAULT 0x1f80u  /* to nearest, subnormals kept, nothing trapped, no flag */
    #else
    #define FASTSIG_SSE 0
    #endif

    typedef struct { fenv_t all; unsigned int sse; } fastsig_env;

    /* Save the caller's environment and set the default one. On x86-64 only long double uses the slow x87 half of it,
       and the other half is written only where it differs in more than its flags: to read it is quicker. */
    static inline void fastsig_enter(fastsig_env *env, int extended)
    {
    #if FASTSIG_SSE
        env->sse = _mm_getcsr();
        if (!extended) {
            if ((env->sse & ~(unsigned int) _MM_EXCEPT_MASK) != FASTSIG_SSE_DEFAULT) _mm_setcsr(FASTSIG_SSE_DEFAULT);
            return;
        }
    #endif
        (void) extended;
        fegetenv(&env->all);
        fesetenv(FE_DFL_ENV);
    #if FASTSIG_SSE
        _mm_setcsr(FASTSIG_SSE_DEFAULT);  /* some C libraries leave flush-to-zero as it is */
    #endif
    }

    /* Put the caller's environment back: without the flags that the kernel raised by the way, and with those that the
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
