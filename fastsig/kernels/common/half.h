/* float16 to float32, exactly, and back, to the nearest, by the instructions that some CPUs have: a block at once. */

#ifndef FASTSIG_HALF_H
#define FASTSIG_HALF_H

#ifdef __F16C__

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define FASTSIG_HAS_F16C 1

static inline void fastsig_halves_to_floats(const uint16_t *x, float *y, ptrdiff_t n)
{
    ptrdiff_t i = 0;
#ifdef __AVX512F__
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(y + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) (x + i))));
#endif
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) (x + i))));
    for (; i < n; i++) y[i] = _cvtsh_ss(x[i]);
}

static inline void fastsig_floats_to_halves(const float *x, uint16_t *y, ptrdiff_t n)
{
    ptrdiff_t i = 0;
#ifdef __AVX512F__
    for (; i + 16 <= n; i += 16)
        _mm256_storeu_si256((__m256i *) (y + i), _mm512_cvtps_ph(_mm512_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#endif
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *) (y + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < n; i++) y[i] = _cvtss_sh(x[i], _MM_FROUND_TO_NEAREST_INT);
}

#else  /* kernels ask FASTSIG_HAS_F16C first */

#define FASTSIG_HAS_F16C 0
#define fastsig_halves_to_floats(x, y, n) ((void) (x), (void) (y), (void) (n))
#define fastsig_floats_to_halves(x, y, n) ((void) (x), (void) (y), (void) (n))

#endif

#endif
