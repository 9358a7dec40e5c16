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

/* 2^n for the integer that rounding left in `shifted`, n from -126 to 127. */
INLINE vec power_of_two(vec shifted) {
  return (vec)(((ivec)shifted << 23) + v_splat_int(0x3f800000));
}

/* exp(r) - 1 for |r| <= ln 2 / 2, relative error below 2^-25. */
INLINE vec expm1_reduced(vec r) {
  vec p = v_splat(1.9875691500e-4f);
  p = v_fma(p, r, v_splat(1.3981999507e-3f));
  p = v_fma(p, r, v_splat(8.3334519073e-3f));
  p = v_fma(p, r, v_splat(4.1665795894e-2f));
  p = v_fma(p, r, v_splat(1.6666665459e-1f));
  p = v_fma(p, r, v_splat(5.0000001201e-1f));
  return v_fma(p * r, r, r);
}

/* exp(x): at most 1.5 ulp from -87.3 to 88.7; 0 below, as the result would be denormal; infinity above. NaN stays NaN. */
INLINE vec v_exp(vec x) {
  vec bounded = v_at_least(v_splat(-87.5f), v_at_most(v_splat(89.0f), x));
  vec shifted = v_fma(bounded, v_splat(LOG2_E), v_splat(ROUNDER));
  vec n = shifted - v_splat(ROUNDER);
  vec r = v_fma(n, v_splat(-LN2_HIGH), bounded);
  r = v_fma(n, v_splat(-LN2_LOW), r);
  /* 2^n in two halves, so that n = 128 reaches the largest floats. */
  ivec whole = (ivec)shifted - v_splat_int(0x4b400000); /* the bits of ROUNDER */
  ivec half = whole >> 1;
  vec low = (vec)((half << 23) + v_splat_int(0x3f800000));
  vec high = (vec)(((whole - half) << 23) + v_splat_int(0x3f800000));
  vec y = (expm1_reduced(r) + v_splat(1.0f)) * low * high;
  return v_select(x < v_splat(-87.33654f), v_splat(0.0f), y);
}

/* sigmoid(x) = 1 / (1 + exp(-x)): at most 2.5 ulp from -87.3 up; 0 below, as the result would be denormal. */
INLINE vec v_sigmoid(vec x) {
  vec one = v_splat(1.0f);
  vec bounded = v_at_least(v_splat(-87.3f), v_at_most(v_splat(87.3f), x));
  vec shifted = v_fma(bounded, v_splat(-LOG2_E), v_splat(ROUNDER));
  vec n = v_splat(ROUNDER) - shifted;
  vec r = v_fma(n, v_splat(LN2_HIGH), (vec){0} - bounded);
  r = v_fma(n, v_splat(LN2_LOW), r);
  vec scale = power_of_two(shifted);
  vec y = one / (one + v_fma(scale, expm1_reduced(r), scale));
  return v_select(x < v_splat(-87.3f), v_splat(0.0f), y);
}

/* tanh(x) = m / (m + 2) with m = exp(2|x|) - 1, which keeps small x right to the last digit: at most 2.5 ulp. */
INLINE vec v_tanh(vec x) {
  vec doubled = v_at_most(v_splat(18.1f), v_abs(x) + v_abs(x)); /* tanh(9.01) is 1 in float32 */
  vec shifted = v_fma(doubled, v_splat(LOG2_E), v_splat(ROUNDER));
  vec n = shifted - v_splat(ROUNDER);
  vec r = v_fma(n, v_splat(-LN2_HIGH), doubled);
  r = v_fma(n, v_splat(-LN2_LOW), r);
  vec scale = power_of_two(shifted);
  vec m = v_fma(scale, expm1_reduced(r), scale - v_splat(1.0f));
  return v_with_sign(m / (m + v_splat(2.0f)), x);
}

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
