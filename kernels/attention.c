/* Attention of a batch of queries over sequences with lengths of their own: scores, softmax and context in one pass. Forward
 * splits the queries over threads, backward the sequences, so that every gradient of keys and values has one owner.
 *
 * Backward: da_s = d_context value_s; de_s = a_s (da_s - sum_i a_i da_i). Then, of a product, d_q += de_s k_s and
 * d_k_s += de_s q; of v tanh(u), u = q + k_s: du = de_s v (1 - tanh(u)^2) goes to q and k_s, and de_s tanh(u) to v. */
#include "context.h"
#include "math.h"

static float lanes_summed(vec x) {
  float lane[LANES], sum = 0;
  v_store(lane, x);
  for (int l = 0; l < LANES; l++) sum += lane[l];
  return sum;
}

static float dot_row(const float *a, const float *b, int count) {
  vec even = {0}, odd = {0};
  int j = 0;
  for (; j + 2 * LANES <= count; j += 2 * LANES) {
    even = v_fma(v_load(a + j), v_load(b + j), even);
    odd = v_fma(v_load(a + j + LANES), v_load(b + j + LANES), odd);
  }
  for (; j < count; j += LANES) {
    int n = lesser(count - j, LANES);
    even = v_fma(v_load_part(a + j, n), v_load_part(b + j, n), even);
  }
  return lanes_summed(even + odd);
}

/* y += factor x */
static void add_row_times(float *y, const float *x, float factor, int count) {
  vec by = v_splat(factor);
  FOR_ROW(count, { PUT(y, v_fma(by, GET(x), GET(y))); })
}

/* v tanh(q + k) */
static float additive_score(const float *v, const float *q, const float *k, int count) {
  vec sum = {0};
  FOR_ROW(count, { sum = v_fma(GET(v), v_tanh(GET(q) + GET(k)), sum); })
  return lanes_summed(sum);
}

/* In place; returns nothing where there is nothing. */
static void softmax_few(float *e, int count) {
  float most = -__builtin_inff(), total = 0;
  for (int s = 0; s < count; s++) if (e[s] > most) most = e[s];
  FOR_ROW(count, { PUT(e, v_exp(GET(e) - v_splat(most))); })
  for (int s = 0; s < count; s++) total += e[s];
  for (int s = 0; s < count; s++) e[s] /= total;
}

static int64_t attention_forward_work(const void *record) {
  const struct attention_forward_record *r = record;
  return (int64_t)r->rows * r->time * (r->width + r->hidden) / 8;
}

static void attention_forward(const struct context *context, const void *record) {
  const struct attention_forward_record *r = record;
  const float *keys = at(context, r->keys), *values = at(context, r->values);
  const float *score = r->score ? at(context, r->score) : 0;
  const int32_t *sequences = at(context, r->sequences), *lengths = at(context, r->lengths);
  struct range mine = partition(r->rows, 1, context->thread, context->threads);
  for (ptrdiff_t i = mine.from; i < mine.to; i++) {
    const float *q = (const float *)at(context, r->queries) + i * r->width;
    float *a = (float *)at(context, r->weights) + i * r->time, *y = (float *)at(context, r->contexts) + i * r->hidden;
    int b = sequences[i], length = lengths[b];
    for (ptrdiff_t s = 0; s < length; s++) {
      const float *k = keys + (s * r->batch + b) * r->width;
      a[s] = score ? additive_score(score, q, k, r->width) : dot_row(q, k, r->width);
    }
    softmax_few(a, length);
    __builtin_memset(a + length, 0, (size_t)(r->time - length) * 4);
    __builtin_memset(y, 0, (size_t)r->hidden * 4);
    for (ptrdiff_t s = 0; s < length; s++) add_row_times(y, values + (s * r->batch + b) * r->hidden, a[s], r->hidden);
  }
  context_barrier(context);
}

static int64_t attention_backward_work(const void *record) {
  const struct attention_backward_record *r = record;
  return (int64_t)r->rows * r->time * (r->width + r->hidden) / 4;
}

/* One step s of one query: what de does to q, k_s and v. */
static void score_backward(const float *v, const float *q, const float *k, float de, int count, float *d_q, float *d_k,
                           float *d_v) {
  if (!v) {
    if (d_q) add_row_times(d_q, k, de, count);
    if (d_k) add_row_times(d_k, q, de, count);
    return;
  }
  vec by = v_splat(de), one = v_splat(1.0f);
  FOR_ROW(count, {
    vec u = v_tanh(GET(q) + GET(k)), du = by * GET(v) * ((one - u) * (one + u)); /* 1 - u is exact */
    if (d_q) PUT(d_q, GET(d_q) + du);
    if (d_k) PUT(d_k, GET(d_k) + du);
    if (d_v) PUT(d_v, v_fma(by, u, GET(d_v)));
  })
}

static void attention_backward(const struct context *context, const void *record) {
  const struct attention_backward_record *r = record;
  const float *keys = at(context, r->keys), *values = at(context, r->values);
  const float *score = r->score ? at(context, r->score) : 0;
  const int32_t *sequences = at(context, r->sequences), *lengths = at(context, r->lengths);
  struct range mine = partition(r->batch, 1, context->thread, context->threads);
  for (ptrdiff_t i = 0; i < r->rows; i++) {
    int b = sequences[i], width = r->width, hidden = r->hidden;
    if (b < mine.from || b >= mine.to) continue;
    const float *q = (const float *)at(context, r->queries) + i * width;
    const float *a = (const float *)at(context, r->weights) + i * r->time;
    const float *d_y = (const float *)at(context, r->d_contexts) + i * hidden;
    float *d_q = r->d_queries ? (float *)at(context, r->d_queries) + i * width : 0;
    float *d_v = r->d_score ? (float *)at(context, r->d_score) + (ptrdiff_t)b * width : 0;
    /* The same products as below, so that the de of a query sum up to 0 as nearly as float32 lets them. */
    double mean = 0;
    for (ptrdiff_t s = 0; s < lengths[b]; s++)
      mean += (double)a[s] * dot_row(d_y, values + (s * r->batch + b) * hidden, hidden);
    for (ptrdiff_t s = 0; s < lengths[b]; s++) {
      ptrdiff_t row = s * r->batch + b;
      float de = (float)(a[s] * (dot_row(d_y, values + row * hidden, hidden) - mean));
      if (r->d_values) add_row_times((float *)at(context, r->d_values) + row * hidden, d_y, a[s], hidden);
      float *d_k = r->d_keys ? (float *)at(context, r->d_keys) + row * width : 0;
      score_backward(score, q, keys + row * width, de, width, d_q, d_k, d_v);
    }
  }
  context_barrier(context);
}
