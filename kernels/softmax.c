/* Output layer, softmax and cross-entropy as one kernel: o = V h + c, p = softmax(o), E = -sum_j y_j log p_j;
 * dE/do = p - y. Without label smoothing y is onehot(target); with it, (1 - s) onehot(target) + s / V. Rows are taken in
 * blocks, so that the logits of many rows never stand whole. */
#include "context.h"
#include "math.h"

/* Rows of a block. Each block goes through the weights and their gradient anew, so that it should not be small beside
 * them: 8 MB of logits, or twice as many logits as weights as far as 64 MB go. Blocks are equal. */
static int block_rows(const struct output_loss_record *r) {
  int64_t vocabulary = r->vocabulary > 0 ? r->vocabulary : 1, rows = r->rows > 0 ? r->rows : 1;
  int64_t most = (2 << 20) / vocabulary, beside = lesser((16 << 20) / vocabulary, 2 * (int64_t)r->hidden);
  if (most < beside) most = beside;
  if (most < 64) most = 64;
  int64_t blocks = (rows + most - 1) / most;
  return lesser(round_up((rows + blocks - 1) / blocks, 16), rows);
}

/* Rows of logits are kept in whole vectors, so that nothing is done by halves. */
static int logits_row(const struct output_loss_record *r) { return (int)round_up(r->vocabulary, LANES); }
static int64_t logits_bytes(const struct output_loss_record *r) {
  return round_up((int64_t)block_rows(r) * logits_row(r) * 4, 64);
}
static int64_t bias_bytes(const struct output_loss_record *r) { return round_up((int64_t)logits_row(r) * 4, 64); }

static int64_t output_loss_workspace(const void *record, int threads) {
  const struct output_loss_record *r = record;
  int64_t logits = product_workspace(logits_row(r), r->hidden, threads);
  int64_t d_h = product_workspace(r->hidden, r->vocabulary, threads);
  int64_t d_weight = transposed_workspace(r->hidden, block_rows(r), threads);
  int64_t most = logits > d_h ? logits : d_h;
  return logits_bytes(r) + bias_bytes(r) + (most > d_weight ? most : d_weight);
}

/* One row of logits, to whole vectors: returns E in nats; with `gradients`, the logits become factor (p - y). */
static float softmax_row(int count, float *logits, int target, float smoothing, int gradients, float factor) {
  vec most = v_splat(-__builtin_inff()), total = v_splat(0.0f), below = v_splat(0.0f);
  int whole = count / LANES * LANES, end = (int)round_up(count, LANES);
  ivec real = v_first(count - whole); /* of the last vector, if it is cut off */
  if (whole < end) v_store(logits + whole, v_select(real, v_load(logits + whole), most));
  for (int j = 0; j < end; j += LANES) most = v_at_least(most, v_load(logits + j));
  vec shift = v_most_of_lanes(most);
  float highest = shift[0], of_target = logits[target];
  int j = 0;
  for (; j + IN_STEP * LANES <= whole; j += IN_STEP * LANES) {
    vec e[IN_STEP];
    for (int i = 0; i < IN_STEP; i++) {
      e[i] = v_load(logits + j + i * LANES) - shift;
      below = below + e[i];
    }
    v_exps(e, IN_STEP);
    for (int i = 0; i < IN_STEP; i++) {
      v_store(logits + j + i * LANES, e[i]);
      total = total + e[i];
    }
  }
  for (; j < end; j += LANES) {
    vec under = v_load(logits + j) - shift, e = v_exp(under);
    v_store(logits + j, e);
    total = total + e;
    below = below + (j < whole ? under : v_select(real, under, v_splat(0.0f)));
  }
  float sum = v_sum_of_lanes(total)[0], share = smoothing / (float)count;
  if (gradients) {
    vec scale = v_splat(factor / sum), shared = v_splat(factor * share);
    for (int j = 0; j < end; j += LANES) v_store(logits + j, v_load(logits + j) * scale - shared);
    logits[target] -= factor * (1 - smoothing);
  }
  if (smoothing == 0) return natural_logarithm(sum) + (highest - of_target);
  return natural_logarithm(sum) + (1 - smoothing) * (highest - of_target) - share * v_sum_of_lanes(below)[0];
}

static void output_loss(const struct context *context, const void *record) {
  const struct output_loss_record *r = record;
  int block = block_rows(r), vocabulary = r->vocabulary, hidden = r->hidden;
  if (r->rows == 0 && r->gradients && context->thread == 0) {
    if (r->d_weight) __builtin_memset(at(context, r->d_weight), 0, (size_t)vocabulary * hidden * 4);
    if (r->d_bias) __builtin_memset(at(context, r->d_bias), 0, (size_t)vocabulary * 4);
  }
  const float *h = at(context, r->h), *weight = at(context, r->weight), *bias = r->bias ? at(context, r->bias) : 0;
  const int32_t *targets = at(context, r->targets);
  float *losses = at(context, r->losses), *logits = at(context, r->workspace);
  int logits_stride = logits_row(r);
  float *whole_bias = (float *)((char *)logits + logits_bytes(r)); /* as long as a row of logits */
  char *workspace = (char *)whole_bias + bias_bytes(r);
  if (bias && context->thread == 0)
    for (int j = 0; j < logits_stride; j++) whole_bias[j] = j < vocabulary ? bias[j] : 0;
  if (bias) context_barrier(context);
  const float *row_weights = r->row_weights ? at(context, r->row_weights) : 0;
  float factor = (float)r->scale, smoothing = (float)r->smoothing;
  for (int row = 0; row < r->rows; row += block) {
    int rows = lesser(r->rows - row, block);
    const float *h_block = h + (ptrdiff_t)row * hidden;
    product(context, rows, logits_stride, hidden, h_block, hidden, (struct matrix){weight, 1, hidden}, vocabulary, logits,
            logits_stride, bias ? whole_bias : 0, 0, workspace);
    struct schedule schedule = context_schedule(context, rows, 16);
    for (struct range mine = schedule_next(&schedule); mine.from < mine.to; mine = schedule_next(&schedule))
      for (int i = mine.from; i < mine.to; i++) {
        float *line = logits + (ptrdiff_t)i * logits_stride;
        int target = targets[row + i], known = target >= 0 && target < vocabulary;
        float weighted = row_weights ? factor * row_weights[row + i] : factor;
        losses[row + i] = known ? softmax_row(vocabulary, line, target, smoothing, r->gradients, weighted) : 0;
        if (!known && r->gradients) __builtin_memset(line, 0, (size_t)vocabulary * 4);
      }
    context_barrier(context);
    if (!r->gradients) continue;
    if (r->d_h)
      product(context, rows, hidden, vocabulary, logits, logits_stride, (struct matrix){weight, hidden, 1}, hidden,
              (float *)at(context, r->d_h) + (ptrdiff_t)row * hidden, hidden, 0, 0, workspace);
    struct sums d_bias = {r->d_bias ? at(context, r->d_bias) : 0, row > 0};
    if (r->d_weight || d_bias.of_rows)
      product_transposed(context, vocabulary, r->d_weight ? hidden : 0, rows, logits, logits_stride, h_block, hidden,
                         r->d_weight ? at(context, r->d_weight) : 0, hidden, 0, row > 0, d_bias, workspace);
  }
}
