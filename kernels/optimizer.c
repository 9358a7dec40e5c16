/* One step of an optimizer over one parameter, in PyTorch's order of operations. Gradient clipping comes in as
 * gradient_scale, so that it costs no pass of its own; and whether the weights are still numbers is seen here, where they
 * are written. */
#include "context.h"
#include "simd.h"

/* A float's bits without its sign: among them NaN and infinity are the largest. */
static inline int32_t magnitude(float x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  return bits & 0x7fffffff;
}
#define WATCH(w) largest = magnitude(w) > largest ? magnitude(w) : largest
static inline void tell(const struct context *context, place broken, int32_t largest) {
  if (broken && largest >= 0x7f800000) __atomic_store_n((int32_t *)at(context, broken), 1, __ATOMIC_RELAXED);
}

static int64_t sgd_work(const void *record) { return ((const struct sgd_record *)record)->count; }
static int64_t adam_work(const void *record) { return ((const struct adam_record *)record)->count; }
static int64_t rmsprop_work(const void *record) { return ((const struct rmsprop_record *)record)->count; }

static void sgd(const struct context *context, const void *record) {
  const struct sgd_record *r = record;
  struct range mine = partition(r->count, 1024, context->thread, context->threads);
  float *restrict w = at(context, r->w);
  const float *restrict d_w = at(context, r->d_w);
  const float rate = (float)r->learning_rate, momentum = (float)r->momentum, decay = (float)r->weight_decay;
  const float scale = (float)r->gradient_scale;
  int32_t largest = 0;
  if (!r->velocity) {
    for (int i = mine.from; i < mine.to; i++) {
      w[i] -= rate * (scale * d_w[i] + decay * w[i]);
      WATCH(w[i]);
    }
  } else {
    float *restrict velocity = at(context, r->velocity);
    for (int i = mine.from; i < mine.to; i++) {
      float g = scale * d_w[i] + decay * w[i], v = momentum * velocity[i] + g;
      velocity[i] = v;
      w[i] -= rate * (r->nesterov ? g + momentum * v : v);
      WATCH(w[i]);
    }
  }
  tell(context, r->broken, largest);
  context_barrier(context);
}

static void adam(const struct context *context, const void *record) {
  const struct adam_record *r = record;
  struct range mine = partition(r->count, 1024, context->thread, context->threads);
  float *restrict w = at(context, r->w), *restrict m = at(context, r->first), *restrict s = at(context, r->second);
  const float *restrict d_w = at(context, r->d_w);
  const float beta1 = (float)r->beta1, beta2 = (float)r->beta2, rest1 = (float)(1 - r->beta1), rest2 = (float)(1 - r->beta2);
  const float epsilon = (float)r->epsilon, scale = (float)r->gradient_scale;
  const float rate = (float)(r->learning_rate / r->correction1), root = (float)(1 / __builtin_sqrt(r->correction2));
  const float kept = r->decoupled ? (float)(1 - r->learning_rate * r->weight_decay) : 1;
  const float decay = r->decoupled ? 0 : (float)r->weight_decay;
  int32_t largest = 0;
  for (int i = mine.from; i < mine.to; i++) {
    float g = scale * d_w[i] + decay * w[i];
    float first = beta1 * m[i] + rest1 * g, second = beta2 * s[i] + rest2 * (g * g);
    m[i] = first;
    s[i] = second;
    w[i] = kept * w[i] - rate * first / (__builtin_sqrtf(second) * root + epsilon);
    WATCH(w[i]);
  }
  tell(context, r->broken, largest);
  context_barrier(context);
}

static void rmsprop(const struct context *context, const void *record) {
  const struct rmsprop_record *r = record;
  struct range mine = partition(r->count, 1024, context->thread, context->threads);
  float *restrict w = at(context, r->w), *restrict s = at(context, r->second);
  const float *restrict d_w = at(context, r->d_w);
  const float kept = (float)r->kept, fresh = (float)r->fresh, epsilon = (float)r->epsilon, scale = (float)r->gradient_scale;
  const float rate = (float)r->learning_rate, momentum = (float)r->momentum, decay = (float)r->weight_decay;
  float *restrict velocity = r->velocity ? at(context, r->velocity) : 0;
  int32_t largest = 0;
  for (int i = mine.from; i < mine.to; i++) {
    float g = scale * d_w[i] + decay * w[i], second = kept * s[i] + fresh * (g * g);
    float d = g / (__builtin_sqrtf(second) + epsilon);
    s[i] = second;
    if (velocity) velocity[i] = d = momentum * velocity[i] + d;
    w[i] -= rate * d;
    WATCH(w[i]);
  }
  tell(context, r->broken, largest);
  context_barrier(context);
}
