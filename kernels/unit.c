/* One instruction set's translation unit: all kernels, static, behind one table. The build compiles this file once for
 * each instruction set, with -DUNIT=name and the flags that go with it. */
#include "context.h"
#include "simd.h"
#include "math.h"
#include "matmul.c"
#include "recurrence.c"
#include "embedding.c"
#include "softmax.c"
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
static int64_t recurrence_forward_work(const void *record) {
  const struct recurrence_forward_record *r = record;
  return (int64_t)r->time * r->batch * cells[r->cell].gates * r->hidden * (r->hidden / 16 + 1);
}
static int64_t recurrence_backward_work(const void *record) {
  const struct recurrence_backward_record *r = record;
  return (int64_t)r->time * r->batch * cells[r->cell].gates * r->hidden * (r->hidden / 16 + 1);
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
    [KERNEL_MATMUL] = {matmul, matmul_workspace, matmul_work},
    [KERNEL_PACK] = {pack, 0, pack_work},
    [KERNEL_RECURRENCE_FORWARD] = {recurrence_forward, recurrence_forward_workspace, recurrence_forward_work},
    [KERNEL_RECURRENCE_BACKWARD] = {recurrence_backward, recurrence_backward_workspace, recurrence_backward_work},
    [KERNEL_EMBEDDING_FORWARD] = {embedding_forward, 0, embedding_work},
    [KERNEL_EMBEDDING_BACKWARD] = {embedding_backward, 0, embedding_work},
    [KERNEL_OUTPUT_LOSS] = {output_loss, output_loss_workspace, output_loss_work},
    [KERNEL_ELEMENTWISE] = {elementwise, 0, elementwise_work},
    [KERNEL_ADD_ROW] = {add_row, 0, add_row_work},
    [KERNEL_SUM_ROWS] = {sum_rows, 0, sum_rows_work},
    [KERNEL_TRANSPOSE] = {transpose, 0, transpose_work},
    [KERNEL_COPY_ROWS] = {copy_rows, 0, copy_rows_work},
    [KERNEL_LAYER_NORM_FORWARD] = {layer_norm_forward, 0, layer_norm_forward_work},
    [KERNEL_LAYER_NORM_BACKWARD] = {layer_norm_backward, 0, layer_norm_backward_work},
    [KERNEL_SUM] = {sum, sum_workspace, sum_work},
    [KERNEL_DROPOUT] = {dropout, 0, dropout_work},
    [KERNEL_SGD] = {sgd, 0, sgd_work},
    [KERNEL_ADAM] = {adam, 0, adam_work},
    [KERNEL_RMSPROP] = {rmsprop, 0, rmsprop_work},
    [KERNEL_CEILING] = {ceiling, 0, 0},
  },
};
