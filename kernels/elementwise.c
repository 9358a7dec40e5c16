/* What is done element by element, and the sums. Plain loops where the compiler makes vectors of them by itself. */
#include "context.h"
#include "math.h"

#define SUM_BLOCK 4096 /* elements of one block sum: fixed, so that the bits do not depend on the threads */

static int64_t elementwise_work(const void *record) { return ((const struct elementwise_record *)record)->count; }

/* y[i] = value, or y[i] += value, over this thread's part; the value sees vectors a and b. A part is walked period by
 * period, `other` being set back at each. */
#define FOR_PART(value)                                                                  \
  for (int from = mine.from, end; from < mine.to; from = end) {                          \
    int phase = period ? from % period : 0;                                              \
    end = period ? lesser((int64_t)from - phase + period, mine.to) : mine.to;            \
    const float *other = operand && period ? operand + phase - from : operand;           \
    for (int start = from; start < end; start += LANES) {                                \
      const int n = end - start < LANES ? end - start : LANES, j = start;                \
      vec a = GET(x), b = other ? GET(other) : a;                                        \
      (void)b;                                                                           \
      vec result = (value);                                                              \
      if (r->accumulate) result = GET(y) + result;                                       \
      PUT(y, result);                                                                    \
    }                                                                                    \
  }

static void elementwise(const struct context *context, const void *record) {
  const struct elementwise_record *r = record;
  struct range mine = partition(r->count, 1024, context->thread, context->threads);
  const float *x = at(context, r->a), *operand = r->b ? at(context, r->b) : 0;
  float *y = at(context, r->y);
  const int period = r->period;
  vec alpha = v_splat((float)r->alpha), one = v_splat(1.0f), zero = v_splat(0.0f);
  switch ((enum elementwise)r->operation) {
    case ELEMENTWISE_SCALE: FOR_PART(alpha * a) break;
    case ELEMENTWISE_ADD: FOR_PART(a + alpha * b) break;
    case ELEMENTWISE_MULTIPLY: FOR_PART(alpha * a * b) break;
    case ELEMENTWISE_TANH: FOR_PART(v_tanh(a)) break;
    case ELEMENTWISE_SIGMOID: FOR_PART(v_sigmoid(a)) break;
    case ELEMENTWISE_RELU: FOR_PART(v_at_least(zero, a)) break;
    case ELEMENTWISE_TANH_GRADIENT: FOR_PART(b * (one - a * a)) break;
    case ELEMENTWISE_SIGMOID_GRADIENT: FOR_PART(b * a * (one - a)) break;
    case ELEMENTWISE_RELU_GRADIENT: FOR_PART(v_select(a > zero, b, zero)) break;
    case ELEMENTWISE_CLAMP: FOR_PART(v_at_least(zero - alpha, v_at_most(alpha, a))) break;
    case ELEMENTWISE_FILL: FOR_PART(alpha) break;
    case ELEMENTWISE_SIGN: FOR_PART(v_select(a > zero, alpha, v_select(a < zero, zero - alpha, zero))) break;
  }
  context_barrier(context);
}

static int64_t add_row_work(const void *record) {
  const struct add_row_record *r = record;
  return (int64_t)r->rows * r->columns;
}

static void add_row(const struct context *context, const void *record) {
  const struct add_row_record *r = record;
  const float *a = at(context, r->a), *row = at(context, r->row);
  float *y = at(context, r->y);
  struct range mine = partition(r->rows, 1, context->thread, context->threads);
  for (ptrdiff_t i = mine.from; i < mine.to; i++)
    for (ptrdiff_t j = 0; j < r->columns; j++) y[i * r->columns + j] = a[i * r->columns + j] + row[j];
  context_barrier(context);
}

static int64_t sum_rows_work(const void *record) {
  const struct sum_rows_record *r = record;
  return (int64_t)r->rows * r->columns;
}

/* Four rows at a time, so that y is read and written once for them; the rows after them are asked for meanwhile. */
static void sum_rows(const struct context *context, const void *record) {
  const struct sum_rows_record *r = record;
  const float *a = at(context, r->a);
  float *y = at(context, r->y);
  struct range mine = partition(r->columns, 16, context->thread, context->threads);
  if (!r->accumulate) __builtin_memset(y + mine.from, 0, (size_t)(mine.to - mine.from) * 4);
  for (int i = 0; i < r->rows; i += 4, a += 4 * (ptrdiff_t)r->stride) {
    int rows = lesser(r->rows - i, 4), whole = rows < 4 ? mine.from : mine.to - (mine.to - mine.from) % LANES;
    for (int j = mine.from; j < whole; j += LANES) {
      vec sum = v_load(y + j);
      for (int row = 0; row < 4; row++) {
        const float *from = a + row * r->stride + j;
        sum = sum + v_load(from);
        if (ASKS_AHEAD) fetch_line(from + 4 * r->stride);
      }
      v_store(y + j, sum);
    }
    for (int row = 0; row < rows; row++)
      for (int j = whole; j < mine.to; j++) y[j] += a[row * r->stride + j];
  }
  context_barrier(context);
}

static int64_t transpose_work(const void *record) {
  const struct transpose_record *r = record;
  return (int64_t)r->rows * r->columns;
}

static void transpose(const struct context *context, const void *record) {
  const struct transpose_record *r = record;
  const float *a = at(context, r->a);
  float *y = at(context, r->y);
  struct range mine = partition(r->columns, 16, context->thread, context->threads);
  for (ptrdiff_t j = mine.from; j < mine.to; j++)
    for (ptrdiff_t i = 0; i < r->rows; i++) {
      float value = a[i * r->columns + j], *to = &y[j * r->rows + i];
      *to = r->accumulate ? *to + value : value;
    }
  context_barrier(context);
}

static int64_t copy_rows_work(const void *record) {
  const struct copy_rows_record *r = record;
  return (int64_t)r->rows * r->columns;
}

static void copy_rows(const struct context *context, const void *record) {
  const struct copy_rows_record *r = record;
  const float *a = at(context, r->a);
  float *y = at(context, r->y);
  struct range mine = partition(r->rows, 1, context->thread, context->threads);
  for (ptrdiff_t i = mine.from; i < mine.to; i++) {
    const float *from = a + i * r->a_stride;
    float *to = y + i * r->y_stride;
    if (r->accumulate)
      for (int j = 0; j < r->columns; j++) to[j] += from[j];
    else __builtin_memcpy(to, from, (size_t)r->columns * 4);
  }
  context_barrier(context);
}

static int64_t sum_blocks(const struct sum_record *r) { return ((int64_t)r->count + SUM_BLOCK - 1) / SUM_BLOCK; }
static int64_t sum_work(const void *record) { return ((const struct sum_record *)record)->count; }
static int64_t sum_workspace(const void *record, int threads) {
  (void)threads;
  return sum_blocks(record) * 8 + 8;
}

/* lane[j] = the sum of the values of every element i of `count` with i mod 16 = j; the value sees x. Four vectors hold
 * the sums, as gcc keeps an array in memory. */
typedef double four_doubles __attribute__((vector_size(32)));
typedef float four_floats __attribute__((vector_size(16), aligned(4), may_alias));
#define FOUR_OF(at) __builtin_convertvector(*(const four_floats *)(at), four_doubles)
#define SUM_UP(from, count, lane, value)                                                                        \
  do {                                                                                                          \
    const float *at = (from), *last = at + (count);                                                             \
    four_doubles s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, x;                                                     \
    for (; last - at >= 16; at += 16) {                                                                         \
      if (ASKS_AHEAD) fetch_line(at + 1024); /* in the next page, where the processor does not look by itself */\
      x = FOUR_OF(at), s0 += (value);                                                                           \
      x = FOUR_OF(at + 4), s1 += (value);                                                                       \
      x = FOUR_OF(at + 8), s2 += (value);                                                                       \
      x = FOUR_OF(at + 12), s3 += (value);                                                                      \
    }                                                                                                           \
    for (int i = 0; i < 4; i++) lane[i] = s0[i], lane[4 + i] = s1[i], lane[8 + i] = s2[i], lane[12 + i] = s3[i]; \
    for (int i = 0; i < last - at; i++) {                                                                       \
      double x = at[i];                                                                                         \
      lane[i] += (value);                                                                                       \
    }                                                                                                           \
  } while (0)

static void sum(const struct context *context, const void *record) {
  const struct sum_record *r = record;
  const float *a = at(context, r->a);
  double *blocks = at(context, r->workspace);
  int count = (int)sum_blocks(r);
  struct range mine = partition(count, 1, context->thread, context->threads);
  for (int block = mine.from; block < mine.to; block++) {
    int from = block * SUM_BLOCK, to = lesser((int64_t)from + SUM_BLOCK, r->count);
    double lane[16];
    if (r->squares) SUM_UP(a + from, to - from, lane, x * x);
    else SUM_UP(a + from, to - from, lane, x);
    double total = 0;
    for (int i = 0; i < 16; i++) total += lane[i];
    blocks[block] = total;
  }
  context_barrier(context);
  if (context->thread != 0) return;
  double total = 0;
  for (int block = 0; block < count; block++) total += blocks[block];
  *(float *)at(context, r->y) = (float)total;
}
