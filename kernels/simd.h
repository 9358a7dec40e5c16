/* The only file that knows the machine: how many lanes a vector has, how multiply-adds are done, how many rows of
 * accumulators the registers hold. Vectors are the vector extension of gcc and clang, so + - * / < & work on them; the
 * compiler is told never to contract, so a fused multiply-add happens where v_fma stands and nowhere else.
 *
 * TILE_ROWS x 2 vectors of accumulators, two vectors of the panel and one broadcast must fit the registers: 32 on
 * AVX-512 and NEON, 16 elsewhere. */
#ifndef RECURRA_SIMD_H
#define RECURRA_SIMD_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm__)
#include <wasm_simd128.h>
#endif

#if defined(PAIRS)
/* The 16-lane source on a machine with 8: what AVX-512 would compute, lane for lane. For tests. */
#pragma GCC diagnostic ignored "-Wpsabi"
#define LANES 16
#define TILE_ROWS 13
#elif defined(__AVX512F__)
#define LANES 16
#define TILE_ROWS 13
#elif defined(__AVX2__)
#define LANES 8
#define TILE_ROWS 6
#elif defined(__aarch64__)
#define LANES 4
#define TILE_ROWS 12
#elif defined(__wasm__)
#define LANES 4
#define TILE_ROWS 4 /* V8 keeps one of the 16 registers, and a product needs one more */
#else
#define LANES 4
#define TILE_ROWS 6
#endif

#define PANEL (2 * LANES) /* columns that one tile computes at once */

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * LANES)));
typedef float unaligned_vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vec v_load(const float *at) { return *(const unaligned_vec *)at; }
INLINE void v_store(float *at, vec x) { *(unaligned_vec *)at = x; }
#define FOUR(x) x, x, x, x
#if LANES == 16
#define EVERY_LANE(x) FOUR(x), FOUR(x), FOUR(x), FOUR(x)
#elif LANES == 8
#define EVERY_LANE(x) FOUR(x), FOUR(x)
#else
#define EVERY_LANE(x) FOUR(x)
#endif
INLINE vec v_splat(float x) { return (vec){EVERY_LANE(x)}; }
INLINE ivec v_splat_int(int32_t x) { return (ivec){EVERY_LANE(x)}; }

/* Before the loops that a kernel's time goes into: less counting, where two of a machine's threads share a decoder. In
 * wasm the longer loop runs out of registers and is a quarter slower. */
#if defined(__wasm__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

/* Asks the caches for floats that are wanted soon: fetch_line for a line that packing reads, touch for `count` floats that
 * are read and written; touch may name any place. Wasm cannot ask: there fetch_line is a load whose value is dropped, which
 * does as much where many stand together, and touch does nothing. */
#define LINE 16 /* floats of a cache's line */
#if defined(__wasm__)
#define ASKS_AHEAD 0
INLINE void fetch_line(const float *at) { (void)*(const volatile float *)at; }
INLINE void touch(const float *at, int count) { (void)at, (void)count; }
#else
#define ASKS_AHEAD 1
INLINE void fetch_line(const float *at) { __builtin_prefetch(at, 0, 2); }
INLINE void touch(const float *at, int count) {
  for (int i = 0; i < count; i += LINE) __builtin_prefetch(at + i, 1);
}
#endif

/* The first `count` lanes; the others are 0 when read and untouched when written. */
INLINE vec v_load_part(const float *at, int count) {
  vec x = {0};
  __builtin_memcpy(&x, at, (size_t)count * 4);
  return x;
}
INLINE void v_store_part(float *at, vec x, int count) { __builtin_memcpy(at, &x, (size_t)count * 4); }

/* All bits of the first `count` lanes. */
#define UP_FROM(n) (n), (n) + 1, (n) + 2, (n) + 3
#if LANES == 16
#define EACH_LANE UP_FROM(0), UP_FROM(4), UP_FROM(8), UP_FROM(12)
#elif LANES == 8
#define EACH_LANE UP_FROM(0), UP_FROM(4)
#else
#define EACH_LANE UP_FROM(0)
#endif
INLINE ivec v_first(int count) { return (ivec){EACH_LANE} < v_splat_int(count); }

/* a b + c, with one rounding where the machine can. */
#if defined(PAIRS)
INLINE vec v_fma(vec a, vec b, vec c) {
  union { vec whole; __m256 half[2]; } x = {a}, y = {b}, z = {c};
  z.half[0] = _mm256_fmadd_ps(x.half[0], y.half[0], z.half[0]);
  z.half[1] = _mm256_fmadd_ps(x.half[1], y.half[1], z.half[1]);
  return z.whole;
}
#elif defined(__AVX512F__)
INLINE vec v_fma(vec a, vec b, vec c) { return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
#elif defined(__AVX2__)
INLINE vec v_fma(vec a, vec b, vec c) { return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#elif defined(__aarch64__)
INLINE vec v_fma(vec a, vec b, vec c) { return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#elif defined(RELAXED)
INLINE vec v_fma(vec a, vec b, vec c) { return (vec)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c); }
#else
INLINE vec v_fma(vec a, vec b, vec c) { return a * b + c; }
#endif

/* x where the mask is set, else y. Masks are what comparisons give: all bits or none. */
INLINE vec v_select(ivec mask, vec x, vec y) { return (vec)((mask & (ivec)x) | (~mask & (ivec)y)); }
/* The bound first: a NaN in x passes through, as x86's minimum and maximum give their second operand then. */
#if defined(__AVX512F__)
INLINE vec v_at_most(vec bound, vec x) { return (vec)_mm512_min_ps((__m512)bound, (__m512)x); }
INLINE vec v_at_least(vec bound, vec x) { return (vec)_mm512_max_ps((__m512)bound, (__m512)x); }
#elif defined(__AVX2__) && !defined(PAIRS)
INLINE vec v_at_most(vec bound, vec x) { return (vec)_mm256_min_ps((__m256)bound, (__m256)x); }
INLINE vec v_at_least(vec bound, vec x) { return (vec)_mm256_max_ps((__m256)bound, (__m256)x); }
#elif defined(__wasm__)
INLINE vec v_at_most(vec bound, vec x) { return (vec)wasm_f32x4_pmin((v128_t)x, (v128_t)bound); }
INLINE vec v_at_least(vec bound, vec x) { return (vec)wasm_f32x4_pmax((v128_t)x, (v128_t)bound); }
#else
INLINE vec v_at_most(vec bound, vec x) { return v_select(x > bound, bound, x); }
INLINE vec v_at_least(vec bound, vec x) { return v_select(x < bound, bound, x); }
#endif
INLINE vec v_abs(vec x) { return (vec)((ivec)x & v_splat_int(0x7fffffff)); }
INLINE vec v_with_sign(vec magnitude, vec sign) {
  return (vec)((ivec)magnitude | ((ivec)sign & v_splat_int((int32_t)0x80000000)));
}

/* The lanes of the lower and of the upper halves of a and b, one of a, one of b. */
#if LANES == 16
#define LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOWER 0, 4, 1, 5
#define UPPER 2, 6, 3, 7
#endif
#if defined(__clang__)
INLINE vec v_lower(vec a, vec b) { return __builtin_shufflevector(a, b, LOWER); }
INLINE vec v_upper(vec a, vec b) { return __builtin_shufflevector(a, b, UPPER); }
#else
INLINE vec v_lower(vec a, vec b) { return __builtin_shuffle(a, b, (ivec){LOWER}); }
INLINE vec v_upper(vec a, vec b) { return __builtin_shuffle(a, b, (ivec){UPPER}); }
#endif

/* Every lane of the result is the sum of all lanes of x, or the greatest of them. */
INLINE vec v_sum_of_lanes(vec x) {
  for (int half = 1; half < LANES; half *= 2) x = v_lower(x, x) + v_upper(x, x);
  return x;
}
INLINE vec v_most_of_lanes(vec x) {
  for (int half = 1; half < LANES; half *= 2) x = v_at_least(v_lower(x, x), v_upper(x, x));
  return x;
}

/* LANES rows become LANES columns: each round of perfect shuffles moves one bit of the lane's number to the row's. */
INLINE void v_transpose(vec *rows) {
  vec other[LANES];
  for (int half = 1; half < LANES; half *= 2) {
    for (int i = 0; i < LANES / 2; i++) {
      other[2 * i] = v_lower(rows[i], rows[i + LANES / 2]);
      other[2 * i + 1] = v_upper(rows[i], rows[i + LANES / 2]);
    }
    for (int i = 0; i < LANES; i++) rows[i] = other[i];
  }
}

/* Walks a row in vectors: the code sees the offset j and the lanes that are real, n. */
#define FOR_ROW(hidden, ...)                                           \
  for (int j = 0; j < (hidden); j += LANES) {                          \
    const int n = (hidden) - j < LANES ? (hidden) - j : LANES;         \
    __VA_ARGS__                                                        \
  }
#define GET(x) (n == LANES ? v_load((x) + j) : v_load_part((x) + j, n))
#define PUT(x, value)                                                  \
  do {                                                                 \
    vec put = (value);                                                 \
    if (n == LANES) v_store((x) + j, put);                             \
    else v_store_part((x) + j, put, n);                                \
  } while (0)

#endif
