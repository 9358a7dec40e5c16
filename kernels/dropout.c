/* Dropout (Srivastava et al. 2014) with the mask from a counter generator: Threefry-2x32-20 (Salmon et al. 2011), whose
 * key is (seed, step) and whose counter is (site, element). So a mask is never stored: backward draws it again, and it is
 * the same on every backend and thread. Known answers: tests/engine/reference.test.ts. */
#include "context.h"
#include "simd.h"

#define TURN(x, by) (((x) << (by)) | ((x) >> (32 - (by))))
#define MIX(by) x0 += x1, x1 = TURN(x1, by) ^ x0;
#define FOUR_MIXES(a, b, c, d) MIX(a) MIX(b) MIX(c) MIX(d)
#define ADD_KEY(a, b, round) x0 += a, x1 += b + round;

/* Counters (site, first … first + LANES - 1) under the key: two words a lane. */
INLINE void threefry(uint32_t seed, uint32_t step, uint32_t site, uint32_t first, uvec *word0, uvec *word1) {
  static const uint32_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  uvec k0 = (uvec)v_splat_int((int32_t)seed), k1 = (uvec)v_splat_int((int32_t)step), lane;
  uvec k2 = k0 ^ k1 ^ (uvec)v_splat_int(0x1bd11bda), x0 = (uvec)v_splat_int((int32_t)site) + k0;
  __builtin_memcpy(&lane, lanes, sizeof lane);
  uvec x1 = lane + (uvec)v_splat_int((int32_t)first) + k1;
  FOUR_MIXES(13, 15, 26, 6) ADD_KEY(k1, k2, 1)
  FOUR_MIXES(17, 29, 16, 24) ADD_KEY(k2, k0, 2)
  FOUR_MIXES(13, 15, 26, 6) ADD_KEY(k0, k1, 3)
  FOUR_MIXES(17, 29, 16, 24) ADD_KEY(k1, k2, 4)
  FOUR_MIXES(13, 15, 26, 6) ADD_KEY(k2, k0, 5)
  *word0 = x0;
  *word1 = x1;
}

static int64_t dropout_work(const void *record) { return ((const struct dropout_record *)record)->count; }

static void dropout_lanes(const struct dropout_record *r, const float *x, float *y, int j, uvec draw, vec scale,
                          uvec least) {
  if (j >= r->count) return;
  const int n = r->count - j < LANES ? r->count - j : LANES;
  vec kept = (vec)((ivec)(draw >= least) & (ivec)(GET(x) * scale));
  PUT(y, r->accumulate ? GET(y) + kept : kept);
}

static void dropout(const struct context *context, const void *record) {
  const struct dropout_record *r = record;
  const float *x = at(context, r->x);
  float *y = at(context, r->y);
  vec scale = v_splat((float)(1 / (1 - r->probability)));
  uvec least = (uvec)v_splat_int((int32_t)(uint32_t)(r->probability * 4294967296.0));
  struct range mine = partition(r->count, 1024, context->thread, context->threads);
  for (int block = mine.from; block < mine.to; block += 64)
    for (int lane = 0; lane < 32; lane += LANES) {
      uvec word0, word1;
      threefry(r->seed, r->step, r->site, (uint32_t)(block / 2 + lane), &word0, &word1);
      dropout_lanes(r, x, y, block + lane, word0, scale, least);
      dropout_lanes(r, x, y, block + lane + 32, word1, scale, least);
    }
  context_barrier(context);
}
