/* One instruction set's translation unit: all kernels, static, behind one table. The build compiles this file once for
 * each instruction set, with -DUNIT=name and the flags that go with it. */
#include "context.h"
#include "simd.h"
#include "math.h"
#include "matmul.c"
#include "recurrence.c"
#include "embedding.c"
#include "softmax.c"
#include "attention.c"
#include "elementwise.c"
#include "layernorm.c"
#include "dropout.c"
#include "optimizer.c"
#include "ceiling.c"

static int64_t matmul_work(const void *record) {
  const struct matmul_record *r = record;
  return (int64_t)r->m * r->n * r->k / 16;
}
static int64_t pack_work(const void *record) {
  const struct pack_record *r = record;
  return (int64_t)r->n * r->k;
}
/* Multiply-adds of one step of the recurrence, of all rows. */
static int64_t step_work(int cell, int batch, int hidden) { return (int64_t)batch * cells[cell].gates * hidden * hidden; }
static int64_t recurrence_work(int cell, int time, int batch, int hidden) {
  return (int64_t)time * batch * cells[cell].gates * hidden * (hidden / 16 + 1);
}
/* With fewer rows than threads, the threads meet at every step. Each needs enough of it: on two threads an LSTM of 64 gains a
 * quarter, a smaller layer nothing. */
#define WORTH_A_MEETING 8192
static int recurrence_threads(int cell, int batch, int hidden, int threads) {
  int64_t meeting = step_work(cell, batch, hidden) / WORTH_A_MEETING, most = meeting > batch ? meeting : batch;
  return lesser(most > 1 ? most : 1, threads);
}
static int64_t recurrence_forward_work(const void *record) {
  const struct recurrence_forward_record *r = record;
  return recurrence_work(r->cell, r->time, r->batch, r->hidden);
}
static int recurrence_forward_threads(const void *record, int threads) {
  const struct recurrence_forward_record *r = record;
  return recurrence_threads(r->cell, r->batch, r->hidden, threads);
}
static int64_t recurrence_backward_work(const void *record) {
  const struct recurrence_backward_record *r = record;
  return recurrence_work(r->cell, r->time, r->batch, r->hidden);
}
static int recurrence_backward_threads(const void *record, int threads) {
  const struct recurrence_backward_record *r = record;
  return recurrence_threads(r->cell, r->batch, r->hidden, threads);
}
static int64_t output_loss_work(const void *record) {
  const struct output_loss_record *r = record;
  return (int64_t)r->rows * r->vocabulary * (r->hidden / 16 + 1);
}

#define NAME_OF(unit) #unit
#define STRING(unit) NAME_OF(unit)
#define SYMBOL_OF(unit) recurra_unit_##unit
#define SYMBOL(unit) SYMBOL_OF(unit)

const struct unit SYMBOL(UNIT) = {
  STRING(UNIT),
  PANEL,
  {
    [KERNEL_MATMUL] = {matmul, matmul_workspace, matmul_work, 0},
    [KERNEL_PACK] = {pack, 0, pack_work, 0},
    [KERNEL_RECURRENCE_FORWARD] = {recurrence_forward, recurrence_forward_workspace, recurrence_forward_work,
                                   recurrence_forward_threads},
    [KERNEL_RECURRENCE_BACKWARD] = {recurrence_backward, recurrence_backward_workspace, recurrence_backward_work,
                                    recurrence_backward_threads},
    [KERNEL_EMBEDDING_FORWARD] = {embedding_forward, 0, embedding_work, 0},
    [KERNEL_EMBEDDING_BACKWARD] = {embedding_backward, 0, embedding_work, 0},
    [KERNEL_OUTPUT_LOSS] = {output_loss, output_loss_workspace, output_loss_work, 0},
    [KERNEL_ATTENTION_FORWARD] = {attention_forward, 0, attention_forward_work, 0},
    [KERNEL_ATTENTION_BACKWARD] = {attention_backward, 0, attention_backward_work, 0},
    [KERNEL_ELEMENTWISE] = {elementwise, 0, elementwise_work, 0},
    [KERNEL_ADD_ROW] = {add_row, 0, add_row_work, 0},
    [KERNEL_SUM_ROWS] = {sum_rows, 0, sum_rows_work, 0},
    [KERNEL_TRANSPOSE] = {transpose, 0, transpose_work, 0},
    [KERNEL_COPY_ROWS] = {copy_rows, 0, copy_rows_work, 0},
    [KERNEL_LAYER_NORM_FORWARD] = {layer_norm_forward, 0, layer_norm_forward_work, 0},
    [KERNEL_LAYER_NORM_BACKWARD] = {layer_norm_backward, 0, layer_norm_backward_work, 0},
    [KERNEL_SUM] = {sum, sum_workspace, sum_work, 0},
    [KERNEL_DROPOUT] = {dropout, 0, dropout_work, 0},
    [KERNEL_SGD] = {sgd, 0, sgd_work, 0},
    [KERNEL_ADAM] = {adam, 0, adam_work, 0},
    [KERNEL_RMSPROP] = {rmsprop, 0, rmsprop_work, 0},
    [KERNEL_CEILING] = {ceiling, 0, 0, 0},
  },
};
