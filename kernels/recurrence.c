/* The loop over time, forward and backward, once for every cell. A cell supplies what one row does at one step: a
 * forward and a backward function, pointwise in the hidden units.
 *
 * Rows of the batch are independent, so each thread takes some rows through all of time and meets nobody; whoever has done
 * takes over half the rows of another that is still on the way. With fewer rows than threads (a stream of one) the threads
 * share the columns of each step's product instead, and meet twice a step; with more it costs speed, even where W fills a
 * core's own cache. W is packed once for the whole sequence. */
#include "context.h"
#include "simd.h"

/* gates, apart: this row and step's slices, read and written in place. d_ values: see kernels.h.
 * backward: in, dh is the whole gradient of h and dc what later steps gave c; out, dh is the gradient of h_{t-1} that
 * does not come through W, dc that of c_{t-1}, dc_whole (if not 0) that of c_t; gates and apart become the gradients of
 * U x + b and W h + apart_bias. */
typedef void cell_forward(int hidden, float *gates, const float *apart, const float *h, const float *c, float *h_next,
                          float *c_next);
typedef void cell_backward(int hidden, float *gates, float *apart, const float *h, const float *c, const float *h_next,
                           const float *c_next, float *dh, float *dc, float *dc_whole);

struct cell_entry {
  int gates, apart, has_cell;
  cell_forward *forward;
  cell_backward *backward;
};

#include "elman.c"
#include "gru.c"
#include "lstm.c"

static const struct cell_entry cells[] = {
  [CELL_ELMAN_TANH] = {1, 0, 0, elman_tanh_forward, elman_tanh_backward},
  [CELL_ELMAN_RELU] = {1, 0, 0, elman_relu_forward, elman_relu_backward},
  [CELL_ELMAN_SIGMOID] = {1, 0, 0, elman_sigmoid_forward, elman_sigmoid_backward},
  [CELL_GRU] = {3, 1, 0, gru_forward, gru_backward},
  [CELL_LSTM] = {4, 0, 1, lstm_forward, lstm_backward},
};

static inline int shares_columns(const struct context *context, int batch) { return batch < context->threads; }

/* The rows of the batch that a thread takes through time, and how many steps are behind them: in its part of the
 * workspace, where others write what they hand over. */
struct rows {
  int32_t *count, *done, *list, *active, *order;
  float *own;    /* rows that only this thread reads and writes */
  float *copies; /* of the operand of a step, where its rows do not stand in line */
};
/* Workspace: what is carried from step to step for each row of the batch, and each thread's part. */
struct recurrence_workspace {
  int batch;
  int64_t carried_bytes, own_bytes, thread_bytes;
};

/* Row pointers of one block of the rows at work; a block is walked as a whole, so that they fit the stack. */
#define ROWS_AT_ONCE (TILE_ROWS * MOST_TILES)

static int64_t floats_bytes(int64_t floats) { return round_up(floats * 4, 64); }
static int64_t lists_bytes(int batch) { return round_up(8 + (int64_t)batch * 12, 64); }
/* carried, own: floats for all rows, and of one thread. terms: of the operand of a step. */
static struct recurrence_workspace lay_out(int batch, int64_t carried, int64_t own, int terms) {
  int64_t copies = copies_floats(lesser(batch, ROWS_AT_ONCE), terms);
  return (struct recurrence_workspace){batch, floats_bytes(carried), floats_bytes(own),
                                       lists_bytes(batch) + floats_bytes(own) + floats_bytes(copies)};
}
static int64_t workspace_bytes(struct recurrence_workspace w, int threads) {
  return w.carried_bytes + w.thread_bytes * threads;
}
static struct rows rows_of_thread(const struct recurrence_workspace *w, char *workspace, int thread) {
  char *from = workspace + w->carried_bytes + w->thread_bytes * thread, *own = from + lists_bytes(w->batch);
  int32_t *head = (int32_t *)from, *lists = head + 2;
  return (struct rows){head,         head + 1,     lists, lists + w->batch, lists + 2 * w->batch,
                       (float *)own, (float *)(own + w->own_bytes)};
}

/* Which rows a thread begins with. Without lengths, an equal stretch. With lengths, the longest row left goes to the
 * thread with the fewest steps so far: every thread finds the same deal by itself. */
static void deal_rows(const struct context *context, int batch, const int32_t *lengths, int shared, struct rows *mine) {
  *mine->count = *mine->done = 0;
  if (!lengths || context->threads == 1 || shared) {
    struct range all = shared ? (struct range){0, batch} : partition(batch, 1, context->thread, context->threads);
    for (int b = all.from; b < all.to; b++) mine->list[(*mine->count)++] = b;
    return;
  }
  for (int b = 0; b < batch; b++) {
    int i = b;
    for (; i > 0 && lengths[mine->order[i - 1]] < lengths[b]; i--) mine->order[i] = mine->order[i - 1];
    mine->order[i] = b;
  }
  int64_t steps[MOST_THREADS] = {0};
  for (int i = 0; i < batch; i++) {
    int least = 0;
    for (int t = 1; t < context->threads; t++) if (steps[t] < steps[least]) least = t;
    steps[least] += lengths[mine->order[i]];
    if (least == context->thread) mine->list[(*mine->count)++] = mine->order[i];
  }
}

/* Before a step: if a thread has no rows left, it gets every second one of these, unless they are but one tile. */
static void hand_rows_over(const struct context *context, const struct recurrence_workspace *w, place workspace,
                           struct rows *mine) {
  int to = context->threads > 1 && *mine->count > TILE_ROWS ? team_take_idle(context->team, context->threads) : -1;
  if (to < 0) return;
  struct rows others = rows_of_thread(w, at(context, workspace), to);
  int kept = 0, given = 0;
  for (int i = 0; i < *mine->count; i++)
    if (i % 2 == 0) mine->list[kept++] = mine->list[i];
    else others.list[given++] = mine->list[i];
  *mine->count = kept, *others.count = given, *others.done = *mine->done;
  team_give(context->team, to);
}

/* The columns of a step's product that this thread makes, in whole panels. */
static inline struct range product_columns(const struct context *context, int shared, int columns) {
  return shared ? partition(columns, PANEL, context->thread, context->threads) : (struct range){0, columns};
}

/* to[i] = from[i] + row i of a times W, n columns of k terms; from 0 starts at 0. W's packed panels are `pitch` apart. Where
 * the threads share columns, this thread's panels of them. Not inlined, as it is called from six places. */
static __attribute__((noinline)) void step_product(const struct context *context, int shared, const struct tiling *tiles,
                                                   int n, int k, struct operand a, const float *weight, ptrdiff_t pitch,
                                                   const float *const *from, float *const *to) {
  int rows = tiles->start[tiles->count];
  struct range columns = product_columns(context, shared, n);
  struct range mine = {columns.from / PANEL, (columns.to + PANEL - 1) / PANEL};
  for (int p = mine.from; p < mine.to; p++) {
    int column = p * PANEL;
    const float *panel = weight + p * pitch;
    if (rows == 1 && p + WIDE <= mine.to && n - column >= WIDE * PANEL) {
      tile_wide(k, a.at, panel, pitch, from ? from[0] + column : 0, to[0] + column);
      p += WIDE - 1;
      continue;
    }
    for (int i = 0; i < tiles->count; i++) {
      int first = tiles->start[i], size = tile_size(tiles, i);
      float *targets[TILE_ROWS];
      const float *starts[TILE_ROWS];
      for (int r = 0; r < size; r++) {
        targets[r] = to[first + r] + column;
        if (from) starts[r] = from[first + r] + column;
        touch(targets[r] + PANEL, PANEL); /* for the next panel */
      }
      tile(ROWS, size, lesser(n - column, PANEL), k, a.at + first * a.next, a.next, 0, panel, PANEL, from ? starts : 0,
           targets);
    }
  }
}

/* The row of a [S, ...] array that step t of sequence b is. */
static inline ptrdiff_t row_at(const int32_t *rows_of, int batch, int t, int b) {
  ptrdiff_t place_in_batch = (ptrdiff_t)t * batch + b;
  return rows_of ? rows_of[place_in_batch] : place_in_batch;
}

/* Of the rows at work, those whose pointwise part this thread does. */
static inline struct range pointwise_rows(const struct context *context, int shared, int rows) {
  return shared ? partition(rows, 1, context->thread, context->threads) : (struct range){0, rows};
}

/* Of its own a thread keeps a row of zeros, which stands for a token outside the table, and the masked states of a block. */
static struct recurrence_workspace forward_workspace(const struct recurrence_forward_record *r) {
  int64_t zeros = r->tokens ? (int64_t)cells[r->cell].gates * r->hidden : 0;
  int64_t masked = r->mask ? (int64_t)lesser(r->batch, ROWS_AT_ONCE) * r->hidden : 0;
  return lay_out(r->batch, 0, zeros + masked, r->hidden);
}

static int64_t recurrence_forward_workspace(const void *record, int threads) {
  return workspace_bytes(forward_workspace(record), threads);
}

/* Takes its rows through the steps that are left. */
static void forward_rows(const struct context *context, const struct recurrence_forward_record *r, int shared,
                         const struct recurrence_workspace *w, struct rows *mine) {
  const struct cell_entry *cell = &cells[r->cell];
  int hidden = r->hidden, batch = r->batch, summed = (cell->gates - cell->apart) * hidden;
  int outputs = r->projection ? r->outputs : hidden;
  const float *projection = r->projection ? at(context, r->projection) : 0;
  float *projected = r->projection ? at(context, r->projected) : 0;
  ptrdiff_t gates_row = (ptrdiff_t)cell->gates * hidden, apart_row = (ptrdiff_t)cell->apart * hidden;
  const int32_t *lengths = r->lengths ? at(context, r->lengths) : 0, *rows_of = lengths ? at(context, r->rows) : 0;
  const float *mask = r->mask ? at(context, r->mask) : 0, *weight = at(context, r->weight);
  const float *apart_bias = r->apart_bias ? at(context, r->apart_bias) : 0;
  const float *weight_apart = weight + round_up(summed, PANEL) * outputs;
  float *gates = at(context, r->gates), *apart = r->apart ? at(context, r->apart) : 0;
  const int32_t *tokens = r->tokens ? at(context, r->tokens) : 0;
  const float *table = r->table ? at(context, r->table) : 0;
  float *zeros = mine->own, *masked_rows = tokens ? zeros + gates_row : zeros;
  if (tokens) __builtin_memset(zeros, 0, (size_t)gates_row * 4);
  float *states = at(context, r->states), *cell_states = cell->has_cell ? at(context, r->cells) : 0;
  int leads = !shared || context->thread == 0;

  for (; *mine->done < r->time; ++*mine->done) {
    if (!shared) hand_rows_over(context, w, r->workspace, mine);
    int step = *mine->done, t = r->reverse ? r->time - 1 - step : step;
    ptrdiff_t before = (ptrdiff_t)(r->reverse ? t + 1 : t) * batch, after = (ptrdiff_t)(r->reverse ? t : t + 1) * batch;
    int active = 0;
    for (int i = 0; i < *mine->count; i++) {
      int b = mine->list[i];
      if (!lengths || t < lengths[b]) {
        mine->active[active++] = b;
        continue;
      }
      if (!leads) continue;
      __builtin_memcpy(states + (after + b) * outputs, states + (before + b) * outputs, (size_t)outputs * 4);
      if (cell_states)
        __builtin_memcpy(cell_states + (after + b) * hidden, cell_states + (before + b) * hidden, (size_t)hidden * 4);
    }
    for (int first = 0; first < active; first += ROWS_AT_ONCE) {
      int rows = lesser(active - first, ROWS_AT_ONCE);
      struct tiling tiles = cut(rows);
      const int32_t *row = mine->active + first;
      float *gate_rows[ROWS_AT_ONCE], *apart_rows[ROWS_AT_ONCE];
      const float *inputs[ROWS_AT_ONCE]; /* U x + b */
      float *made[ROWS_AT_ONCE], *next[ROWS_AT_ONCE]; /* what the cell puts out, and the state that comes of it */
      const float *biases[ROWS_AT_ONCE], *operand[ROWS_AT_ONCE];
      for (int i = 0; i < rows; i++) {
        ptrdiff_t here = row_at(rows_of, batch, t, row[i]);
        inputs[i] = gate_rows[i] = gates + here * gates_row;
        if (tokens) inputs[i] = tokens[here] >= 0 && tokens[here] < r->vocabulary ? table + tokens[here] * gates_row : zeros;
        apart_rows[i] = apart ? apart + here * apart_row : 0;
        biases[i] = apart_bias;
        operand[i] = states + (before + row[i]) * outputs;
        next[i] = states + (after + row[i]) * outputs;
        made[i] = projected ? projected + here * hidden : next[i];
        if (mask) {
          float *masked = masked_rows + (ptrdiff_t)i * outputs;
          for (int j = 0; j < outputs; j++) masked[j] = operand[i][j] * mask[(ptrdiff_t)row[i] * outputs + j];
          operand[i] = masked;
        }
      }
      struct operand h = in_line(&tiles, outputs, operand, mine->copies);
      ptrdiff_t pitch = (ptrdiff_t)outputs * PANEL;
      if (summed) step_product(context, shared, &tiles, summed, outputs, h, weight, pitch, inputs, gate_rows);
      if (apart)
        step_product(context, shared, &tiles, (int)apart_row, outputs, h, weight_apart, pitch, apart_bias ? biases : 0,
                     apart_rows);
      if (shared) context_barrier(context);
      struct range own = pointwise_rows(context, shared, rows);
      for (int i = own.from; i < own.to; i++) {
        ptrdiff_t old = (before + row[i]) * hidden, new = (after + row[i]) * hidden;
        if (apart && tokens) __builtin_memcpy(gate_rows[i] + summed, inputs[i] + summed, (size_t)apart_row * 4);
        cell->forward(hidden, gate_rows[i], apart_rows[i], states + (before + row[i]) * outputs,
                      cell_states ? cell_states + old : 0, made[i], cell_states ? cell_states + new : 0);
      }
      if (!projection) continue;
      if (shared) context_barrier(context);
      step_product(context, shared, &tiles, outputs, hidden, in_line(&tiles, hidden, (const float *const *)made, mine->copies),
                   projection, (ptrdiff_t)hidden * PANEL, 0, next);
    }
    if (shared) context_barrier(context);
  }
}

static void recurrence_forward(const struct context *context, const void *record) {
  const struct recurrence_forward_record *r = record;
  struct recurrence_workspace w = forward_workspace(r);
  struct rows mine = rows_of_thread(&w, at(context, r->workspace), context->thread);
  int shared = shares_columns(context, r->batch);
  deal_rows(context, r->batch, r->lengths ? at(context, r->lengths) : 0, shared, &mine);
  do forward_rows(context, r, shared, &w, &mine);
  while (!shared && context->threads > 1 && team_wait_for_work(context->team, context->thread));
  context_barrier(context);
}

/* Carried are dh, dc and what comes through W of each sequence, and with a projection the gradient of m. */
static struct recurrence_workspace backward_workspace(const struct recurrence_backward_record *r) {
  int64_t rows = (int64_t)r->batch * (r->projection ? 4 : 3);
  return lay_out(r->batch, rows * r->hidden, 0, cells[r->cell].gates * r->hidden);
}

static int64_t recurrence_backward_workspace(const void *record, int threads) {
  return workspace_bytes(backward_workspace(record), threads);
}

static void add_row_to(int count, float *to, const float *from) {
  for (int i = 0; i < count; i++) to[i] += from[i];
}

/* Takes its rows back through the steps that are left. */
static void backward_rows(const struct context *context, const struct recurrence_backward_record *r, int shared,
                          const struct recurrence_workspace *w, struct rows *mine) {
  const struct cell_entry *cell = &cells[r->cell];
  int hidden = r->hidden, batch = r->batch, terms = cell->gates * hidden;
  int apart_terms = cell->apart * hidden, summed = terms - apart_terms, outputs = r->projection ? r->outputs : hidden;
  const float *projection = r->projection ? at(context, r->projection) : 0;
  const int32_t *lengths = r->lengths ? at(context, r->lengths) : 0, *rows_of = lengths ? at(context, r->rows) : 0;
  const float *mask = r->mask ? at(context, r->mask) : 0, *weight = at(context, r->weight);
  float *gates = at(context, r->gates), *apart = apart_terms ? at(context, r->apart) : 0;
  const float *states = at(context, r->states), *cell_states = cell->has_cell ? at(context, r->cells) : 0;
  const float *d_outputs = r->d_outputs ? at(context, r->d_outputs) : 0;
  const float *d_cells = r->d_cells && cell->has_cell ? at(context, r->d_cells) : 0;
  float *dh_steps = r->dh_steps ? at(context, r->dh_steps) : 0;
  float *dc_steps = r->dc_steps && cell->has_cell ? at(context, r->dc_steps) : 0;
  float *dh = at(context, r->workspace), *dc = dh + (ptrdiff_t)batch * hidden, *through = dc + (ptrdiff_t)batch * hidden;
  float *d_made = projection ? through + (ptrdiff_t)batch * hidden : dh; /* of what the cell put out */
  int leads = !shared || context->thread == 0;
  size_t row_bytes = (size_t)hidden * 4, output_bytes = (size_t)outputs * 4;

  for (int i = 0; leads && *mine->done == 0 && i < *mine->count; i++) {
    ptrdiff_t row = (ptrdiff_t)mine->list[i] * hidden, output = (ptrdiff_t)mine->list[i] * outputs;
    if (r->d_final_hidden) __builtin_memcpy(dh + output, (float *)at(context, r->d_final_hidden) + output, output_bytes);
    else __builtin_memset(dh + output, 0, output_bytes);
    if (r->d_final_cell) __builtin_memcpy(dc + row, (float *)at(context, r->d_final_cell) + row, row_bytes);
    else __builtin_memset(dc + row, 0, row_bytes);
  }
  if (shared) context_barrier(context);
  for (; *mine->done < r->time; ++*mine->done) {
    if (!shared) hand_rows_over(context, w, r->workspace, mine);
    int step = r->time - 1 - *mine->done, t = r->reverse ? r->time - 1 - step : step;
    ptrdiff_t before = (ptrdiff_t)(r->reverse ? t + 1 : t) * batch, after = (ptrdiff_t)(r->reverse ? t : t + 1) * batch;
    int active = 0;
    for (int i = 0; i < *mine->count; i++)
      if (!lengths || t < lengths[mine->list[i]]) mine->active[active++] = mine->list[i];
    for (int first = 0; first < active; first += ROWS_AT_ONCE) {
      int rows = lesser(active - first, ROWS_AT_ONCE);
      struct tiling tiles = cut(rows);
      const int32_t *row = mine->active + first;
      float *targets[ROWS_AT_ONCE], *of_state[ROWS_AT_ONCE], *of_made[ROWS_AT_ONCE];
      const float *operand[ROWS_AT_ONCE];
      struct range own = pointwise_rows(context, shared, rows);
      for (int i = 0; i < rows; i++) {
        ptrdiff_t here = row_at(rows_of, batch, t, row[i]);
        of_state[i] = dh + (ptrdiff_t)row[i] * outputs;
        of_made[i] = d_made + (ptrdiff_t)row[i] * hidden;
        targets[i] = mask ? through + (ptrdiff_t)row[i] * outputs : of_state[i];
        if (i < own.from || i >= own.to) continue;
        if (d_outputs) add_row_to(outputs, of_state[i], d_outputs + here * outputs);
        if (dh_steps) __builtin_memcpy(dh_steps + here * outputs, of_state[i], output_bytes);
      }
      if (projection) {
        if (shared) context_barrier(context);
        step_product(context, shared, &tiles, hidden, outputs,
                     in_line(&tiles, outputs, (const float *const *)of_state, mine->copies), projection,
                     (ptrdiff_t)outputs * PANEL, 0, of_made);
        if (shared) context_barrier(context);
        for (int i = own.from; i < own.to; i++) __builtin_memset(of_state[i], 0, output_bytes);
      }
      for (int i = own.from; i < own.to; i++) {
        ptrdiff_t here = row_at(rows_of, batch, t, row[i]), carried = (ptrdiff_t)row[i] * hidden;
        ptrdiff_t old = (before + row[i]) * hidden, new = (after + row[i]) * hidden;
        /* The next row's gates come from far away while this row's are worked on. */
        if (i + 1 < own.to) touch(gates + row_at(rows_of, batch, t, row[i + 1]) * terms, terms);
        if (d_cells) add_row_to(hidden, dc + carried, d_cells + here * hidden);
        cell->backward(hidden, gates + here * terms, apart ? apart + here * apart_terms : 0,
                       states + (before + row[i]) * outputs, cell_states ? cell_states + old : 0,
                       states + (after + row[i]) * outputs, cell_states ? cell_states + new : 0, of_made[i], dc + carried,
                       dc_steps ? dc_steps + here * hidden : 0);
      }
      if (shared) context_barrier(context);
      const float *const *start = mask ? 0 : (const float *const *)targets;
      ptrdiff_t pitch = (ptrdiff_t)terms * PANEL;
      for (int i = 0; i < rows; i++) operand[i] = gates + row_at(rows_of, batch, t, row[i]) * terms;
      if (summed) {
        struct operand d_summed = in_line(&tiles, summed, operand, mine->copies);
        step_product(context, shared, &tiles, outputs, summed, d_summed, weight, pitch, start, targets);
        start = (const float *const *)targets;
      }
      if (apart) {
        for (int i = 0; i < rows; i++) operand[i] = apart + row_at(rows_of, batch, t, row[i]) * apart_terms;
        struct operand d_apart = in_line(&tiles, apart_terms, operand, mine->copies);
        const float *weight_apart = weight + (ptrdiff_t)summed * PANEL;
        step_product(context, shared, &tiles, outputs, apart_terms, d_apart, weight_apart, pitch, start, targets);
      }
      /* The mask on the columns whose product this thread has made: one barrier then serves both. */
      struct range columns = mask ? product_columns(context, shared, outputs) : (struct range){0, 0};
      for (int i = 0; mask && i < rows; i++) {
        const float *of_row = mask + (ptrdiff_t)row[i] * outputs;
        for (int j = columns.from; j < columns.to; j++) of_state[i][j] += targets[i][j] * of_row[j];
      }
      if (shared) context_barrier(context);
    }
  }
  for (int i = 0; leads && i < *mine->count; i++) {
    ptrdiff_t row = (ptrdiff_t)mine->list[i] * hidden, output = (ptrdiff_t)mine->list[i] * outputs;
    if (r->d_initial_hidden) __builtin_memcpy((float *)at(context, r->d_initial_hidden) + output, dh + output, output_bytes);
    if (r->d_initial_cell) __builtin_memcpy((float *)at(context, r->d_initial_cell) + row, dc + row, row_bytes);
  }
}

static void recurrence_backward(const struct context *context, const void *record) {
  const struct recurrence_backward_record *r = record;
  struct recurrence_workspace w = backward_workspace(r);
  struct rows mine = rows_of_thread(&w, at(context, r->workspace), context->thread);
  int shared = shares_columns(context, r->batch);
  deal_rows(context, r->batch, r->lengths ? at(context, r->lengths) : 0, shared, &mine);
  do backward_rows(context, r, shared, &w, &mine);
  while (!shared && context->threads > 1 && team_wait_for_work(context->team, context->thread));
  context_barrier(context);
}
