/* exp, tanh and sigmoid on vectors. Errors are in units in the last place of the float32 result, measured against
 * float64 over the whole range by tests/engine/math.test.ts.
 *
 * Range reduction as in Cephes: x = n ln 2 + r, |r| <= ln 2 / 2, with ln 2 in two parts; the polynomials are minimax on
 * that interval. */
#ifndef RECURRA_MATH_H
#define RECURRA_MATH_H

#include "simd.h"

#define LOG2_E 1.44269504088896341f
#define LN2_HIGH 0.693359375f      /* 10 bits: n times it is exact */
#define LN2_LOW -2.12194440e-4f
#define ROUNDER 12582912.0f        /* 1.5 * 2^23: adding it rounds to an integer, kept in the low bits */

/* Functions of `count` vectors go in step, as one vector's chain of operations is longer than the processor looks ahead.
 * count is known when this is compiled. */
#define EACH for (int i = 0; i < count; i++)
#define IN_STEP 4

/* 2^n for the integer that rounding left in `shifted`, n from -126 to 127. */
INLINE vec power_of_two(vec shifted) {
  return (vec)(((ivec)shifted << 23) + v_splat_int(0x3f800000));
}

/* exp(r) - 1 of `count` vectors, |r| <= ln 2 / 2, relative error below 2^-25. */
INLINE void expm1_reduced(const vec *r, vec *p, const int count) {
  EACH p[i] = v_fma(v_splat(1.9875691500e-4f), r[i], v_splat(1.3981999507e-3f));
  EACH p[i] = v_fma(p[i], r[i], v_splat(8.3334519073e-3f));
  EACH p[i] = v_fma(p[i], r[i], v_splat(4.1665795894e-2f));
  EACH p[i] = v_fma(p[i], r[i], v_splat(1.6666665459e-1f));
  EACH p[i] = v_fma(p[i], r[i], v_splat(5.0000001201e-1f));
  EACH p[i] = v_fma(p[i] * r[i], r[i], r[i]);
}

/* x = n ln 2 + r, |x| at most 88: scale is 2^n, m is exp(r) - 1. */
INLINE void exp_parts(const vec *x, vec *scale, vec *m, const int count) {
  vec shifted[IN_STEP], n[IN_STEP], r[IN_STEP];
  EACH shifted[i] = v_fma(x[i], v_splat(LOG2_E), v_splat(ROUNDER));
  EACH n[i] = shifted[i] - v_splat(ROUNDER);
  EACH r[i] = v_fma(n[i], v_splat(-LN2_HIGH), x[i]);
  EACH r[i] = v_fma(n[i], v_splat(-LN2_LOW), r[i]);
  EACH scale[i] = power_of_two(shifted[i]);
  expm1_reduced(r, m, count);
}

/* exp(x) of x up to 0, as the softmax has it: at most 1.5 ulp from -87.3 up; 0 below, as the result would be denormal. NaN
 * stays NaN. */
INLINE void v_exps(vec *x, const int count) {
  vec bounded[IN_STEP], scale[IN_STEP], m[IN_STEP];
  EACH bounded[i] = v_at_least(v_splat(-87.3f), x[i]);
  exp_parts(bounded, scale, m, count);
  EACH x[i] = v_select(x[i] < v_splat(-87.3f), v_splat(0.0f), v_fma(scale[i], m[i], scale[i]));
}

/* sigmoid(x) = 1 / (1 + exp(-x)): at most 2.5 ulp from -87.3 up; 0 below, as the result would be denormal. */
INLINE void v_sigmoids(vec *x, const int count) {
  vec one = v_splat(1.0f), bounded[IN_STEP], scale[IN_STEP], m[IN_STEP];
  EACH bounded[i] = v_at_least(v_splat(-87.3f), v_at_most(v_splat(87.3f), (vec){0} - x[i]));
  exp_parts(bounded, scale, m, count);
  EACH m[i] = one / (one + v_fma(scale[i], m[i], scale[i]));
  EACH x[i] = v_select(x[i] < v_splat(-87.3f), v_splat(0.0f), m[i]);
}

/* tanh(x) = m / (m + 2) with m = exp(2|x|) - 1, which keeps small x right to the last digit: at most 2.5 ulp. */
INLINE void v_tanhs(vec *x, const int count) {
  vec doubled[IN_STEP], scale[IN_STEP], m[IN_STEP];
  EACH doubled[i] = v_at_most(v_splat(18.1f), v_abs(x[i]) + v_abs(x[i])); /* tanh(9.01) is 1 in float32 */
  exp_parts(doubled, scale, m, count);
  EACH m[i] = v_fma(scale[i], m[i], scale[i] - v_splat(1.0f));
  EACH x[i] = v_with_sign(m[i] / (m[i] + v_splat(2.0f)), x[i]);
}

INLINE vec v_exp(vec x) { v_exps(&x, 1); return x; }
INLINE vec v_sigmoid(vec x) { v_sigmoids(&x, 1); return x; }
INLINE vec v_tanh(vec x) { v_tanhs(&x, 1); return x; }

/* to[j] = f(from[j]) of a row; to may be from. */
#define DEFINE_ROW(name, f)                                                                      \
  static void name(int count, float *to, const float *from) {                                    \
    int whole = count - count % (IN_STEP * LANES);                                               \
    for (int j = 0; j < whole; j += IN_STEP * LANES) {                                           \
      vec x[IN_STEP];                                                                            \
      for (int i = 0; i < IN_STEP; i++) x[i] = v_load(from + j + i * LANES);                     \
      f(x, IN_STEP);                                                                             \
      for (int i = 0; i < IN_STEP; i++) v_store(to + j + i * LANES, x[i]);                       \
    }                                                                                            \
    to += whole, from += whole;                                                                  \
    FOR_ROW(count - whole, { vec x = GET(from); f(&x, 1); PUT(to, x); })                         \
  }
DEFINE_ROW(sigmoid_row, v_sigmoids)
DEFINE_ROW(tanh_row, v_tanhs)

/* log(x) of one positive normal float, in float64: x = 2^e m with m in [2/3, 4/3], log m = 2 atanh((m - 1) / (m + 1)).
 * Right to the last digit of a float32. NaN stays NaN. */
static inline float natural_logarithm(float x) {
  if (!(x > 0) || x == __builtin_inff()) return x;
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  int exponent = (int)((bits + 0x00555555u) >> 23) - 127;
  bits -= (uint32_t)exponent << 23;
  float mantissa;
  __builtin_memcpy(&mantissa, &bits, 4);
  double s = ((double)mantissa - 1) / ((double)mantissa + 1), z = s * s;
  double series = 1.0 / 13;
  for (int odd = 11; odd > 0; odd -= 2) series = series * z + 1.0 / odd;
  return (float)(exponent * 0.69314718055994530942 + 2 * s * series);
}

#endif
