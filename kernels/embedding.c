/* Look-up of rows and its gradient, the scatter-add. A one-hot input is the same look-up in U transposed. Threads split
 * the columns, so that every element of the gradient is summed in the order of the tokens. */
#include "context.h"
#include "simd.h"

static int64_t embedding_work(const void *record) {
  const struct embedding_forward_record *r = record;
  return (int64_t)r->count * r->width;
}

static void embedding_forward(const struct context *context, const void *record) {
  const struct embedding_forward_record *r = record;
  const int32_t *tokens = at(context, r->tokens);
  const float *table = at(context, r->table);
  float *y = at(context, r->y);
  size_t bytes = (size_t)r->width * 4;
  struct range mine = partition(r->count, 1, context->thread, context->threads);
  for (ptrdiff_t i = mine.from; i < mine.to; i++) {
    if (tokens[i] >= 0 && tokens[i] < r->vocabulary)
      __builtin_memcpy(y + i * r->width, table + (ptrdiff_t)tokens[i] * r->width, bytes);
    else
      __builtin_memset(y + i * r->width, 0, bytes);
  }
  context_barrier(context);
}

static void embedding_backward(const struct context *context, const void *record) {
  const struct embedding_backward_record *r = record;
  const int32_t *tokens = at(context, r->tokens);
  const float *d_y = at(context, r->d_y);
  float *d_table = at(context, r->d_table);
  struct range mine = partition(r->width, 16, context->thread, context->threads);
  for (ptrdiff_t i = 0; i < r->count; i++) {
    if (tokens[i] < 0 || tokens[i] >= r->vocabulary) continue;
    float *to = d_table + (ptrdiff_t)tokens[i] * r->width;
    const float *from = d_y + i * r->width;
    for (int j = mine.from; j < mine.to; j += LANES) {
      const int n = lesser(mine.to - j, LANES);
      if (ASKS_AHEAD) fetch_line(from + 4 * r->width + j); /* parts of rows lie apart: the processor does not foresee them */
      PUT(to, GET(to) + GET(from));
    }
  }
  context_barrier(context);
}
