/* Layer normalisation over each row (Ba, Kiros & Hinton 2016): y = gain n + shift, n = (x - mean) / sqrt(variance +
 * epsilon). Backward: with d = gain d_y, d_x = (d - mean(d) - n mean(d n)) / sqrt(variance + epsilon); d_gain and d_shift
 * are sums over rows. */
#include "context.h"
#include "simd.h"

/* The order of a row's sum is fixed by SUM_LANES, not by the machine's vectors. */
#define SUM_LANES 16
#define ROW_SUM(columns, term)                                            \
  ({                                                                      \
    double lane[SUM_LANES] = {0}, total = 0;                              \
    for (int j = 0; j < (columns); j++) lane[j % SUM_LANES] += (term);    \
    for (int l = 0; l < SUM_LANES; l++) total += lane[l];                 \
    total;                                                                \
  })

static int64_t layer_norm_forward_work(const void *record) {
  const struct layer_norm_forward_record *r = record;
  return (int64_t)r->rows * r->columns * 4;
}

static void layer_norm_forward(const struct context *context, const void *record) {
  const struct layer_norm_forward_record *r = record;
  const float *gain = at(context, r->gain), *shift = r->shift ? at(context, r->shift) : 0;
  float *statistics = at(context, r->statistics);
  int columns = r->columns;
  struct range mine = partition(r->rows, 1, context->thread, context->threads);
  for (ptrdiff_t i = mine.from; i < mine.to; i++) {
    const float *x = (const float *)at(context, r->x) + i * columns;
    float *y = (float *)at(context, r->y) + i * columns;
    double mean = ROW_SUM(columns, (double)x[j]) / columns;
    double variance = ROW_SUM(columns, (x[j] - mean) * (x[j] - mean)) / columns;
    float center = (float)mean, factor = (float)(1 / __builtin_sqrt(variance + r->epsilon));
    statistics[2 * i] = center;
    statistics[2 * i + 1] = factor;
    for (int j = 0; j < columns; j++) y[j] = gain[j] * ((x[j] - center) * factor) + (shift ? shift[j] : 0);
  }
  context_barrier(context);
}

static int64_t layer_norm_backward_work(const void *record) {
  const struct layer_norm_backward_record *r = record;
  return (int64_t)r->rows * r->columns * 6;
}

static void layer_norm_backward(const struct context *context, const void *record) {
  const struct layer_norm_backward_record *r = record;
  const float *gain = at(context, r->gain), *statistics = at(context, r->statistics);
  const float *x = at(context, r->x), *d_y = at(context, r->d_y);
  int columns = r->columns;
  struct range rows = partition(r->d_x ? r->rows : 0, 1, context->thread, context->threads);
  for (ptrdiff_t i = rows.from; i < rows.to; i++) {
    const float *here = x + i * columns, *d = d_y + i * columns;
    float *d_x = (float *)at(context, r->d_x) + i * columns, center = statistics[2 * i], factor = statistics[2 * i + 1];
    double plain = ROW_SUM(columns, (double)gain[j] * d[j]) / columns;
    double along = ROW_SUM(columns, (double)gain[j] * d[j] * ((here[j] - center) * factor)) / columns;
    for (int j = 0; j < columns; j++) {
      float n = (here[j] - center) * factor, value = factor * (gain[j] * d[j] - (float)plain - n * (float)along);
      d_x[j] = r->accumulate ? d_x[j] + value : value;
    }
  }
  struct range mine = partition(columns, 16, context->thread, context->threads);
  float *d_gain = r->d_gain ? at(context, r->d_gain) : 0, *d_shift = r->d_shift ? at(context, r->d_shift) : 0;
  for (ptrdiff_t i = 0; i < r->rows; i++) {
    const float *here = x + i * columns, *d = d_y + i * columns;
    float center = statistics[2 * i], factor = statistics[2 * i + 1];
    if (d_gain) for (int j = mine.from; j < mine.to; j++) d_gain[j] += d[j] * ((here[j] - center) * factor);
    if (d_shift) for (int j = mine.from; j < mine.to; j++) d_shift[j] += d[j];
  }
  context_barrier(context);
}
